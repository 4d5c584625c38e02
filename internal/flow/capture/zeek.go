package capture

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"candor/internal/flow"
)

// zeekLog reads conn.log of Zeek, as columns or as JSON. Labels are left out.
type zeekLog struct {
	column map[string]int
}

func isZeek(head []byte) bool {
	head = bytes.TrimLeft(head, " \t\r\n")
	return bytes.HasPrefix(head, []byte(`#separator \x09`)) || bytes.HasPrefix(head, []byte("#fields\tts\t")) || bytes.HasPrefix(head, []byte(`{"ts":`))
}

// zeekConn is a connection as Zeek words it. Counts are of layer 3.
type zeekConn struct {
	At       float64    `json:"ts"`
	Src      netip.Addr `json:"id.orig_h"`
	SrcPort  uint16     `json:"id.orig_p"`
	Dst      netip.Addr `json:"id.resp_h"`
	DstPort  uint16     `json:"id.resp_p"`
	Protocol string     `json:"proto"`
	Duration float64    `json:"duration"`
	State    string     `json:"conn_state"`
	History  string     `json:"history"`
	Sent     uint64     `json:"orig_pkts"`
	SentSize uint64     `json:"orig_ip_bytes"`
	Got      uint64     `json:"resp_pkts"`
	GotSize  uint64     `json:"resp_ip_bytes"`
}

var errColumns = errors.New("no line #fields of a conn.log says what the columns are")

func (z *zeekLog) read(line []byte) (c connection, ok bool, err error) {
	line = bytes.TrimRight(line, "\r")
	switch trimmed := bytes.TrimLeft(line, " \t"); {
	case len(trimmed) == 0:
		return c, false, nil
	case trimmed[0] == '#':
		z.head(string(trimmed))
		return c, false, nil
	case trimmed[0] == '{':
		var x zeekConn
		if err := json.Unmarshal(trimmed, &x); err != nil {
			return c, false, fmt.Errorf("no connection as Zeek writes it: %w", err)
		}
		return x.connection()
	case z.column == nil:
		return c, false, errColumns
	}
	x, err := z.row(strings.Split(string(line), "\t"))
	if err != nil {
		return c, false, err
	}
	return x.connection()
}

func (z *zeekLog) head(line string) {
	names, is := strings.CutPrefix(line, "#fields\t")
	if !is {
		return
	}
	z.column = map[string]int{}
	for i, name := range strings.Split(names, "\t") {
		z.column[name] = i
	}
}

// row reads columns; what is unset is zero.
func (z *zeekLog) row(values []string) (x zeekConn, err error) {
	get := func(name string) string {
		i, ok := z.column[name]
		if !ok || i >= len(values) || values[i] == "-" || values[i] == "(empty)" {
			return ""
		}
		return values[i]
	}
	number := func(name string, bits int) uint64 {
		text := get(name)
		if text == "" {
			return 0
		}
		n, failed := strconv.ParseUint(text, 10, bits)
		err = errors.Join(err, failed)
		return n
	}
	seconds := func(name string) float64 {
		text := get(name)
		if text == "" {
			return 0
		}
		f, failed := strconv.ParseFloat(text, 64)
		err = errors.Join(err, failed)
		return f
	}
	x = zeekConn{
		At: seconds("ts"), Duration: seconds("duration"), SrcPort: uint16(number("id.orig_p", 16)), DstPort: uint16(number("id.resp_p", 16)),
		Protocol: get("proto"), State: get("conn_state"), History: get("history"),
		Sent: number("orig_pkts", 64), SentSize: number("orig_ip_bytes", 64), Got: number("resp_pkts", 64), GotSize: number("resp_ip_bytes", 64),
	}
	x.Src, _ = netip.ParseAddr(get("id.orig_h")) // not valid is no connection of IP
	x.Dst, _ = netip.ParseAddr(get("id.resp_h"))
	return x, err
}

// farthest is the last time that is believed, in seconds since 1970: the year
// 2106.
const farthest = 1 << 32

func (x *zeekConn) connection() (c connection, ok bool, err error) {
	if !(x.At >= 0 && x.At < farthest && x.Duration >= 0 && x.Duration < farthest) {
		return c, false, errors.New("its time is none")
	}
	c = connection{
		src: x.Src.WithZone(""), dst: x.Dst.WithZone(""), srcPort: x.SrcPort, dstPort: x.DstPort, protocol: protocolNamed(x.Protocol, x.Src.Is6()),
		start: int64(math.Round(x.At * 1e6)), out: side{packets: x.Sent, bytes: x.SentSize}, in: side{packets: x.Got, bytes: x.GotSize},
	}
	c.end = c.start + int64(math.Round(x.Duration*1e6))
	if c.protocol == flow.TCP {
		c.out.flags, c.in.flags = historyFlags(x.History)
	}
	return c, c.protocol != 0 && x.Src.IsValid() && x.Dst.IsValid(), nil
}

// historyFlags are the flags that a history tells of: upper case of who began,
// lower case of the other.
func historyFlags(history string) (out, in uint8) {
	for _, letter := range history {
		to := &out
		if letter >= 'a' {
			to = &in
			letter -= 'a' - 'A'
		}
		switch letter {
		case 'S':
			*to |= flow.SYN
		case 'H':
			*to |= flow.SYN | flow.ACK
		case 'A':
			*to |= flow.ACK
		case 'D':
			*to |= flow.PSH | flow.ACK
		case 'F':
			*to |= flow.FIN | flow.ACK
		case 'R':
			*to |= flow.RST
		}
	}
	return out, in
}
