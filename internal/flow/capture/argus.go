package capture

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"candor/internal/flow"
)

// argusLog reads flows of both ways as ra of Argus writes them (binetflow),
// with commas or tabs between. Their times have no zone: they are taken as
// UTC. Labels are left out.
type argusLog struct {
	column    map[string]int
	separator string
}

func isArgus(head []byte) bool {
	return bytes.HasPrefix(head, []byte("StartTime,Dur,")) || bytes.HasPrefix(head, []byte("StartTime\tDur\t"))
}

var errArgus = errors.New("no flow as Argus writes it")

func (a *argusLog) read(line []byte) (c connection, ok bool, err error) {
	text := strings.TrimRight(string(line), "\r\n")
	if isArgus(line) {
		a.head(text)
		return c, false, nil
	}
	if text == "" {
		return c, false, nil
	}
	values := strings.Split(text, a.separator)
	get := func(name string) string {
		if i, ok := a.column[name]; ok && i < len(values) {
			return strings.TrimSpace(values[i])
		}
		return ""
	}
	src, _ := netip.ParseAddr(get("SrcAddr")) // not valid is no flow of IP
	dst, _ := netip.ParseAddr(get("DstAddr"))
	c.protocol = protocolNamed(get("Proto"), src.Is6())
	if !src.IsValid() || !dst.IsValid() || c.protocol == 0 {
		return c, false, nil
	}
	c.src, c.dst = src.WithZone(""), dst.WithZone("")
	if err := a.times(&c, get("StartTime"), get("Dur")); err != nil {
		return c, false, err
	}
	if err := a.counts(&c, get); err != nil {
		return c, false, err
	}
	c.srcPort, c.dstPort = argusPort(get("Sport")), argusPort(get("Dport"))
	if c.protocol == flow.TCP {
		c.out.flags, c.in.flags = argusFlags(get("State"), c.in.packets > 0)
	}
	if get("Dir") == "<-" { // the other end began
		c.src, c.dst, c.srcPort, c.dstPort = c.dst, c.src, c.dstPort, c.srcPort
		c.out, c.in = c.in, c.out
	}
	return c, true, nil
}

func (a *argusLog) head(line string) {
	a.separator = ","
	if strings.Contains(line, "\t") {
		a.separator = "\t"
	}
	a.column = map[string]int{}
	for i, name := range strings.Split(line, a.separator) {
		a.column[strings.TrimSpace(name)] = i
	}
}

func (a *argusLog) times(c *connection, start, length string) error {
	at, err := time.Parse("2006/01/02 15:04:05.999999", start)
	seconds, err2 := strconv.ParseFloat(length, 64)
	if err := errors.Join(err, err2); err != nil {
		return fmt.Errorf("%w: %w", errArgus, err)
	}
	if !(seconds >= 0 && seconds < farthest) || at.Unix() < 0 || at.Unix() > farthest {
		return fmt.Errorf("%w: its time is none", errArgus)
	}
	c.start = flow.Time(at)
	c.end = c.start + int64(seconds*1e6)
	return nil
}

// counts reads what both sent. Where it is not told how many packets are of
// which, they are halved.
func (a *argusLog) counts(c *connection, get func(string) string) error {
	packets, err1 := strconv.ParseUint(get("TotPkts"), 10, 64)
	size, err2 := strconv.ParseUint(get("TotBytes"), 10, 64)
	sent, err3 := strconv.ParseUint(get("SrcBytes"), 10, 64)
	if err := errors.Join(err1, err2, err3); err != nil {
		return fmt.Errorf("%w: %w", errArgus, err)
	}
	sent = min(sent, size)
	c.out.bytes, c.in.bytes = sent, size-sent
	switch own, err := strconv.ParseUint(get("SrcPkts"), 10, 64); {
	case err == nil:
		c.out.packets = min(own, packets)
	case size == sent:
		c.out.packets = packets
	case sent > 0:
		c.out.packets = (packets + 1) / 2
	}
	c.in.packets = packets - c.out.packets
	return nil
}

// argusPort reads a port, also one in hexadecimal as of ICMP.
func argusPort(s string) uint16 {
	n, err := strconv.ParseUint(s, 0, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

// argusFlags reads a state: flags of both ends, such as SPA_SRA, or one word
// for the whole.
func argusFlags(state string, answered bool) (out, in uint8) {
	mine, others, both := strings.Cut(state, "_")
	if both {
		return letterFlags(mine), letterFlags(others)
	}
	switch state {
	case "REQ", "S0":
		return flow.SYN, 0
	case "REJ":
		return flow.SYN, flow.RST | flow.ACK
	case "RST", "FIN", "CON", "EST", "ACC", "SF", "S1", "RSTO", "RSTR":
		if answered {
			return flow.SYN | flow.ACK | flow.PSH, flow.SYN | flow.ACK | flow.PSH
		}
		return flow.SYN, 0
	}
	return 0, 0
}

func letterFlags(letters string) (flags uint8) {
	for _, l := range letters {
		switch l {
		case 'F':
			flags |= flow.FIN
		case 'S':
			flags |= flow.SYN
		case 'R':
			flags |= flow.RST
		case 'P':
			flags |= flow.PSH
		case 'A':
			flags |= flow.ACK
		case 'U':
			flags |= flow.URG
		}
	}
	return flags
}
