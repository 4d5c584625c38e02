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
	"candor/internal/flow/archive"
)

// storedLog reads flows that a desk kept, as it exports them (CSV). Lines are left
// out: who is a line says whoever replays.
type storedLog struct{}

const storedHead = "start,end,source,source-port,destination,destination-port,protocol,flags,bytes,packets,sampling,"

func isStored(head []byte) bool { return bytes.HasPrefix(head, []byte(storedHead)) }

var errStored = errors.New("no flow as a desk exports it")

func (storedLog) read(line []byte) (c connection, ok bool, err error) {
	f := strings.SplitN(string(line), ",", 12)
	if isStored(line) || len(f) < 12 || f[1] == "" || nobody(f[2]) || nobody(f[4]) { // the columns' names, or what is said in the end
		return c, false, nil
	}
	start, err1 := time.Parse(time.RFC3339Nano, f[0])
	end, err2 := time.Parse(time.RFC3339Nano, f[1])
	src, err3 := netip.ParseAddr(f[2])
	dst, err4 := netip.ParseAddr(f[4])
	var errs []error
	number := func(text string, bits int) uint64 {
		n, err := strconv.ParseUint(text, 10, bits)
		errs = append(errs, err)
		return n
	}
	size, packets, sampling := number(f[8], 64), number(f[9], 64), number(f[10], 32)
	c.srcPort, c.dstPort = uint16(number(f[3], 16)), uint16(number(f[5], 16))
	if c.protocol, ok = archive.Protocol(f[6]); !ok {
		c.protocol = uint8(number(f[6], 8))
	}
	if err := errors.Join(append(errs, err1, err2, err3, err4)...); err != nil {
		return c, false, fmt.Errorf("%w: %w", errStored, err)
	}
	if start.Unix() < 0 || end.Before(start) || end.Unix() > farthest {
		return c, false, fmt.Errorf("%w: its time is none", errStored)
	}
	c.start, c.end, c.src, c.dst = flow.Time(start), flow.Time(end), src.WithZone("").Unmap(), dst.WithZone("").Unmap()
	if c.protocol == flow.ICMP || c.protocol == flow.ICMPv6 { // type and code
		c.srcPort, c.dstPort = c.dstPort>>8, c.dstPort&0xff
	}
	c.sampling = uint32(sampling)
	by := max(sampling, 1)
	c.out = side{packets: packets / by, bytes: size / by, flags: letterFlags(f[7])}
	return c, true, nil
}

// nobody tells whether a flow has no address there.
func nobody(text string) bool { return text == "" || text == (flow.Addr{}).String() || text == "::" }
