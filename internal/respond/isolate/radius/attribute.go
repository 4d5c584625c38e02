package radius

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"layeh.com/radius"
)

// Types of attributes (RFC 2865, 2866, 2869, 3162).
const (
	userName             radius.Type = 1
	nasIPAddress         radius.Type = 4
	framedIPAddress      radius.Type = 8
	vendorSpecific       radius.Type = 26
	nasIdentifier        radius.Type = 32
	acctSessionID        radius.Type = 44
	eventTimestamp       radius.Type = 55
	messageAuthenticator radius.Type = 80
	nasIPv6Address       radius.Type = 95
	framedIPv6Prefix     radius.Type = 97
	errorCause           radius.Type = 101
)

// attribute is one that a request carries.
type attribute struct {
	kind  radius.Type
	value radius.Attribute
}

// named are attributes that go by name: number of the vendor, 0 for none, and
// type.
func named() map[string][2]uint32 {
	return map[string][2]uint32{
		"Filter-Id": {0, 11}, "Reply-Message": {0, 18}, "Class": {0, 25}, "Session-Timeout": {0, 27}, "Idle-Timeout": {0, 28}, "Framed-Pool": {0, 88},
		"NAS-Filter-Rule": {0, 92}, "Cisco-AVPair": {9, 1}, "Mikrotik-Rate-Limit": {14988, 8}, "Mikrotik-Address-List": {14988, 19},
		"WISPr-Bandwidth-Max-Up": {14122, 7}, "WISPr-Bandwidth-Max-Down": {14122, 8}, "ERX-Service-Activate": {4874, 65}, "ERX-Service-Deactivate": {4874, 66},
	}
}

// ofSession are types that say which session is meant: who sets them up would
// have another one changed.
func ofSession(t uint32) bool {
	switch radius.Type(t) {
	case userName, nasIPAddress, framedIPAddress, nasIdentifier, acctSessionID, eventTimestamp, messageAuthenticator, nasIPv6Address, framedIPv6Prefix, errorCause:
		return true
	}
	return t == 24 || t == 33 // State, Proxy-State
}

func parseAll(texts []string) ([]attribute, error) {
	all := make([]attribute, len(texts))
	for i, text := range texts {
		a, err := parse(text)
		if err != nil {
			return nil, err
		}
		all[i] = a
	}
	return all, nil
}

// parse reads "Filter-Id=garden". What has no name here goes by number: "11=…"
// or, of a vendor, "9:1=…". A value is text, or int:512000, hex:0a0b or
// ip:192.0.2.1.
func parse(text string) (attribute, error) {
	const form = "Write attributes as Filter-Id=garden, 11=garden or, with the vendor's number, 9:1=value; values that are no text as int:…, hex:… or ip:…."
	name, written, ok := strings.Cut(text, "=")
	if !ok {
		return attribute{}, invalid(fmt.Sprintf("%.80q is no attribute", text), form)
	}
	id, known := named()[name]
	if !known {
		vendor, number, ofVendor := strings.Cut(name, ":")
		if !ofVendor {
			vendor, number = "0", name
		}
		v, err := strconv.ParseUint(vendor, 10, 32)
		n, err2 := strconv.ParseUint(number, 10, 8)
		if err != nil || err2 != nil || n == 0 || ofVendor && v == 0 {
			return attribute{}, invalid(fmt.Sprintf("the attribute %.80q is not known", name), form)
		}
		id = [2]uint32{uint32(v), uint32(n)}
	}
	if id[0] == 0 && (ofSession(id[1]) || id[1] == uint32(vendorSpecific)) {
		return attribute{}, invalid(fmt.Sprintf("the attribute %.80q is set by the program", name), "Leave it out.")
	}
	value, err := parseValue(written)
	if err != nil {
		return attribute{}, invalid(fmt.Sprintf("the value of %.80q: %v", name, err), form)
	}
	return pack(id, value)
}

func parseValue(text string) (radius.Attribute, error) {
	kind, rest, _ := strings.Cut(text, ":")
	switch kind {
	case "int":
		n, err := strconv.ParseUint(rest, 10, 32)
		return binary.BigEndian.AppendUint32(nil, uint32(n)), err
	case "hex":
		return hex.DecodeString(rest)
	case "ip":
		a, err := netip.ParseAddr(rest)
		return a.AsSlice(), err
	}
	return radius.Attribute(text), nil
}

// pack puts a vendor's attribute into one of Vendor-Specific (RFC 2865, 5.26).
func pack(id [2]uint32, value radius.Attribute) (attribute, error) {
	if id[0] != 0 {
		if len(value) > 247 {
			return attribute{}, invalid("the value is longer than 247 bytes", "Make it shorter.")
		}
		inner := binary.BigEndian.AppendUint32(nil, id[0])
		inner = append(inner, byte(id[1]), byte(len(value)+2))
		return attribute{vendorSpecific, append(inner, value...)}, nil
	}
	if len(value) == 0 || len(value) > 253 {
		return attribute{}, invalid("the value is empty, or longer than 253 bytes", "Change it.")
	}
	return attribute{radius.Type(id[1]), value}, nil
}

// stamp is a time as Event-Timestamp has it (RFC 2869, 5.3).
func stamp(t time.Time) radius.Attribute {
	return binary.BigEndian.AppendUint32(nil, uint32(t.Unix())) //nolint:gosec // until 2106
}
