package archive

import (
	"strconv"
	"strings"
)

// protocolNames are those of IANA that are met, in small letters.
var protocolNames = map[uint8]string{
	1: "icmp", 2: "igmp", 4: "ipip", 6: "tcp", 17: "udp", 41: "ipv6", 46: "rsvp", 47: "gre", 50: "esp", 51: "ah", 58: "icmp6",
	88: "eigrp", 89: "ospf", 103: "pim", 112: "vrrp", 115: "l2tp", 132: "sctp", 136: "udplite",
}

// Protocol is the number of a protocol by its name, as IANA has it.
func Protocol(name string) (uint8, bool) {
	name = strings.ToLower(name)
	if name == "ipv6-icmp" || name == "icmpv6" {
		return 58, true
	}
	for n, have := range protocolNames {
		if have == name {
			return n, true
		}
	}
	return 0, false
}

// flagLetters are the flags of TCP from bit 7 down: CWR, ECE, URG, ACK, PSH, RST,
// SYN, FIN (RFC 9293, 3.1).
const flagLetters = "CEUAPRSF"

// noFlags is how no flags are written.
const noFlags = "none"

func flagsOf(word string) (n uint32, ok bool) {
	if strings.EqualFold(word, noFlags) {
		return 0, true
	}
	for _, c := range strings.ToUpper(word) {
		i := strings.IndexRune(flagLetters, c)
		if i < 0 {
			return 0, false
		}
		n |= 1 << (7 - i)
	}
	return n, word != ""
}

func formatFlags(n uint32) string {
	if n == 0 {
		return noFlags
	}
	var b strings.Builder
	for i := range flagLetters {
		if n&(1<<(7-i)) != 0 {
			b.WriteByte(flagLetters[i])
		}
	}
	return b.String()
}

// FormatNumber writes a number of a field as people do: protocols by name, flags
// by letters.
func FormatNumber(f Field, n uint32) string {
	switch {
	case f == FieldProtocol && n <= 255 && protocolNames[uint8(n)] != "":
		return protocolNames[uint8(n)]
	case f == FieldFlags && n <= 255:
		return formatFlags(n)
	}
	return strconv.FormatUint(uint64(n), 10)
}
