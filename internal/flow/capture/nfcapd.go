package capture

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"candor"
	"candor/internal/flow"
)

// dumped is a flow as nfdump writes it. Counts are multiplied by the rate of
// sampling already.
type dumped struct {
	First, Last    string
	Proto          uint8
	InPackets      uint64     `json:"in_packets"`
	InBytes        uint64     `json:"in_bytes"`
	OutPackets     uint64     `json:"out_packets"`
	OutBytes       uint64     `json:"out_bytes"`
	Flags          string     `json:"tcp_flags"`
	SrcPort        uint16     `json:"src_port"`
	DstPort        uint16     `json:"dst_port"`
	ICMPType       uint16     `json:"icmp_type"`
	ICMPCode       uint16     `json:"icmp_code"`
	Src4           netip.Addr `json:"src4_addr"`
	Dst4           netip.Addr `json:"dst4_addr"`
	Src6           netip.Addr `json:"src6_addr"`
	Dst6           netip.Addr `json:"dst6_addr"`
	In             uint32     `json:"input_snmp"`
	Out            uint32     `json:"output_snmp"`
	Router4        netip.Addr `json:"ip4_router"`
	Router6        netip.Addr `json:"ip6_router"`
	Translated4    netip.Addr `json:"src4_xlt_ip"`
	Translated6    netip.Addr `json:"src6_xlt_ip"`
	TranslatedPort any        `json:"src_xlt_port"` // a text, in some versions a number
}

// nfcapd has nfdump write a file as JSON, and reads that.
func (f *File) nfcapd() iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		ctx, stop := context.WithCancel(f.ctx)
		defer stop()
		program := f.o.Nfdump
		if program == "" {
			program = "nfdump"
		}
		path, err := filepath.Abs(f.path)
		if err != nil {
			yield(Batch{}, err)
			return
		}
		cmd := exec.CommandContext(ctx, program, "-r", path, "-o", "json")
		cmd.Env = []string{"TZ=UTC", "LC_ALL=C"} // times are written without a zone
		said := &head{}
		cmd.Stderr = said
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			yield(Batch{}, candor.WithHint(fmt.Errorf("%s: %w", f.path, err), "Files of nfcapd need nfdump: apt-get install nfdump."))
			return
		}
		err = f.dumped(out, yield)
		stopped := errors.Is(err, errStopped)
		if err != nil {
			stop()
		}
		if failed := cmd.Wait(); err == nil && failed != nil {
			err = fmt.Errorf("nfdump: %w: %s", failed, said.b)
		}
		if err == nil && len(said.b) > 0 { // of a damaged file it complains, but exits with 0
			err = fmt.Errorf("nfdump: %s", bytes.TrimSpace(said.b))
		}
		if err != nil && !stopped {
			yield(Batch{}, fmt.Errorf("%s: %w", f.path, err))
		}
	}
}

var errStopped = errors.New("stopped")

// dumpBatch is how many records of one exporter are given together.
const dumpBatch = 1024

// dumped reads an array of flows.
func (f *File) dumped(in io.Reader, yield func(Batch, error) bool) error {
	r := bufio.NewReader(in)
	if first, _ := r.Peek(64); bytes.Contains(first, []byte("No matching flows")) || len(first) == 0 {
		return nil
	}
	d := json.NewDecoder(r)
	t, err := d.Token()
	if err != nil || t != json.Delim('[') {
		return errors.Join(errors.New("nfdump wrote no list of flows"), err)
	}
	var b Batch
	for d.More() {
		var x dumped
		if err := d.Decode(&x); err != nil {
			return fmt.Errorf("what nfdump wrote: %w", err)
		}
		router := x.Router4
		if !router.IsValid() {
			router = x.Router6
		}
		if len(b.Records) > 0 && (router != b.Exporter || len(b.Records) >= dumpBatch) {
			if !yield(b, nil) {
				return errStopped
			}
			b.Records = b.Records[:0]
		}
		b.Exporter = router
		if b.Records, err = x.records(b.Records); err != nil {
			return err
		}
		if n := len(b.Records); n > 0 {
			b.At = b.Records[n-1].End
		}
	}
	if len(b.Records) > 0 && !yield(b, nil) {
		return errStopped
	}
	return nil
}

func (x *dumped) records(dst []flow.Record) ([]flow.Record, error) {
	start, err := time.Parse("2006-01-02T15:04:05.999", x.First)
	if err != nil {
		return dst, fmt.Errorf("what nfdump wrote: %w", err)
	}
	end, err := time.Parse("2006-01-02T15:04:05.999", x.Last)
	if err != nil {
		return dst, fmt.Errorf("what nfdump wrote: %w", err)
	}
	r := flow.Record{
		Start: flow.Time(start), End: flow.Time(end), Bytes: x.InBytes, Packets: x.InPackets, Protocol: x.Proto, Flags: tcpFlags(x.Flags),
		Src: either(x.Src4, x.Src6), Dst: either(x.Dst4, x.Dst6), SrcPort: x.SrcPort, DstPort: x.DstPort, In: x.In, Out: x.Out,
	}
	r.End = max(r.End, r.Start)
	if r.Bytes == 0 && r.Packets == 0 && x.OutBytes == 0 && x.OutPackets == 0 {
		return dst, nil // an event
	}
	if r.Protocol == flow.ICMP || r.Protocol == flow.ICMPv6 {
		r.DstPort = x.ICMPType<<8 | x.ICMPCode
	}
	if a := either(x.Translated4, x.Translated6); a.IP().IsValid() && !a.IP().IsUnspecified() {
		r.NatAddr = a
		port, _ := strconv.ParseUint(fmt.Sprint(x.TranslatedPort), 10, 16) // 0 if there is none
		r.NatPort = uint16(port)
	}
	dst = append(dst, r)
	if x.OutPackets == 0 && x.OutBytes == 0 {
		return dst, nil
	}
	r.Src, r.Dst, r.SrcPort, r.DstPort, r.In, r.Out = r.Dst, r.Src, r.DstPort, r.SrcPort, r.Out, r.In
	r.Bytes, r.Packets, r.NatAddr, r.NatPort, r.Flags = x.OutBytes, x.OutPackets, flow.Addr{}, 0, 0
	return append(dst, r), nil
}

func either(four, six netip.Addr) flow.Addr {
	if four.IsValid() {
		return flow.FromIP(four)
	}
	return flow.FromIP(six)
}

// tcpFlags reads flags as nfdump writes them: CWR, ECE, URG, ACK, PSH, RST, SYN,
// FIN, a dot for each that is not set.
func tcpFlags(s string) (flags uint8) {
	for i := range min(len(s), 8) {
		if s[i] != '.' {
			flags |= 0x80 >> i
		}
	}
	return flags
}

// head keeps the first part of what a program says.
type head struct{ b []byte }

func (h *head) Write(p []byte) (int, error) {
	h.b = append(h.b, p[:min(len(p), 1024-len(h.b))]...)
	h.b = bytes.TrimLeft(h.b, "\n")
	return len(p), nil
}
