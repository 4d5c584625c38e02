package capture

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"slices"

	"candor/internal/flow"
)

// connection is what a log tells of packets of both ways.
type connection struct {
	start, end       int64 // microseconds since 1970
	src, dst         netip.Addr
	srcPort, dstPort uint16
	protocol         uint8
	sampling         uint32 // as that of a record
	out, in          side
}

// side is what one end sent.
type side struct {
	packets, bytes uint64
	flags          uint8
}

const (
	// mostConnections bounds what is read of a log: it is sorted in memory.
	mostConnections = 4 << 20
	// mostLine bounds a line of a log.
	mostLine = 1 << 20
)

var errLong = errors.New("it tells of more connections than can be sorted")

// log tells of connections, a line each.
type log interface {
	// read reads a line; false if it tells of no connection of IP.
	read(line []byte) (connection, bool, error)
}

// connections gives what a log tells of, in the order in which connections
// ended, as exporters tell of them.
func (f *File) connections() iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		all, err := f.readLog()
		slices.SortStableFunc(all, func(a, b connection) int { return cmp.Compare(a.end, b.end) })
		var b Batch
		for i := range all {
			b.Records = all[i].records(b.Records)
			if b.At = all[i].end; len(b.Records) >= dumpBatch || i == len(all)-1 {
				if len(b.Records) > 0 && !yield(b, nil) {
					return
				}
				b.Records = b.Records[:0]
			}
		}
		if err != nil {
			yield(Batch{}, fmt.Errorf("%s: %w", f.path, err))
		}
	}
}

func (f *File) readLog() (all []connection, err error) {
	in := bufio.NewScanner(f.text)
	in.Buffer(make([]byte, 64<<10), mostLine)
	for n := 1; in.Scan(); n++ {
		c, ok, err := f.log.read(in.Bytes())
		switch {
		case err != nil:
			return all, fmt.Errorf("line %d: %w", n, err)
		case ok && len(all) == mostConnections:
			return all, errLong
		case ok:
			all = append(all, c)
		default:
			f.Counts.Skipped++
		}
		if n%4096 == 0 && f.ctx.Err() != nil {
			return all, f.ctx.Err()
		}
	}
	return all, in.Err()
}

// records are those of either way in which there were packets.
func (c *connection) records(dst []flow.Record) []flow.Record {
	r := flow.Record{
		Start: c.start, End: max(c.start, c.end), Bytes: c.out.bytes, Packets: c.out.packets, Flags: c.out.flags, Protocol: c.protocol,
		Sampling: c.sampling, Src: flow.FromIP(c.src), Dst: flow.FromIP(c.dst), SrcPort: c.srcPort, DstPort: c.dstPort,
	}
	icmp := r.Protocol == flow.ICMP || r.Protocol == flow.ICMPv6
	if icmp {
		r.SrcPort, r.DstPort = 0, c.srcPort<<8|c.dstPort&0xff
	}
	if r.Packets > 0 {
		dst = append(dst, r)
	}
	if c.in.packets == 0 {
		return dst
	}
	r.Src, r.Dst, r.SrcPort, r.DstPort = r.Dst, r.Src, r.DstPort, r.SrcPort
	r.Bytes, r.Packets, r.Flags = c.in.bytes, c.in.packets, c.in.flags
	if icmp {
		r.SrcPort, r.DstPort = 0, echoed(c.srcPort)
	}
	return append(dst, r)
}

// echoed is what answers a type of ICMP: a reply to an echo, else nothing that
// is known.
func echoed(kind uint16) uint16 {
	if kind == 128 {
		return 129 << 8
	}
	return 0
}

// protocolNamed is the number of a protocol, 0 of others than these.
func protocolNamed(name string, six bool) uint8 {
	switch name {
	case "tcp":
		return flow.TCP
	case "udp":
		return flow.UDP
	case "icmp":
		if six {
			return flow.ICMPv6
		}
		return flow.ICMP
	case "ipv6-icmp", "icmp6":
		return flow.ICMPv6
	}
	return 0
}

// logOf is what reads a log that begins like this, nil if nothing does.
func logOf(head []byte) (Kind, log) {
	switch {
	case isZeek(head):
		return Zeek, &zeekLog{}
	case isArgus(head):
		return Argus, &argusLog{}
	case isStored(head):
		return Stored, storedLog{}
	}
	return "", nil
}

// peek is the beginning of a file, as far as it goes.
func peek(in *bufio.Reader) []byte {
	head, err := in.Peek(256)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	return head
}
