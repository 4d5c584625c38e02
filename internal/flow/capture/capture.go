// Package capture plays captured files as records, in the order in which they
// were captured: pcap and pcapng that hold export datagrams, which go through a
// collect.Intake as if they had just come; pcap and pcapng of ordinary traffic,
// of which a Meter makes flows; files of nfcapd, which Debian's nfdump reads; and
// connections as Zeek and Argus log them; and flows that a desk kept and exported.
// Files may be compressed by gzip.
package capture

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"os"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/collect"
)

// Mode says what a capture of packets holds.
type Mode string

// The modes.
const (
	Auto    Mode = "auto"    // exports if some of its first packets are
	Exports Mode = "exports" // export datagrams; other packets are skipped
	Traffic Mode = "traffic" // packets that flows are made of
)

// Kind is what a file is.
type Kind string

// The kinds.
const (
	Pcap   Kind = "pcap"
	PcapNG Kind = "pcapng"
	Nfcapd Kind = "nfcapd"
	Zeek   Kind = "zeek"  // conn.log
	Argus  Kind = "argus" // flows of both ways as ra writes them, "binetflow"
	Stored Kind = "flows" // CSV that a desk exports
)

// Options of Open. The zero value is fine.
type Options struct {
	Mode Mode
	// Intake takes export datagrams; nil has one made that takes from all.
	Intake *collect.Intake
	Meter  MeterOptions
	Nfdump string // the program; nfdump of the path if empty
}

// Batch is what came at one time.
type Batch struct {
	At       int64      // when it was captured, microseconds since 1970
	Exporter netip.Addr // who told of it; not valid for traffic itself
	Records  []flow.Record
}

// Counts are what is counted of the packets of a file.
type Counts struct {
	Packets   int   `json:"packets"`
	Exports   int   `json:"exports"`   // export datagrams
	Skipped   int   `json:"skipped"`   // packets that are not of IP, or no exports
	Fragments int   `json:"fragments"` // of datagrams that came in pieces: lost
	Cut       int   `json:"cut"`       // packets of which not all was captured
	First     int64 `json:"-"`         // times of packets, microseconds
	Last      int64 `json:"-"`
}

// File is an open file. One goroutine at a time may use it.
type File struct {
	Kind   Kind
	Mode   Mode            // what it was found to hold; empty of logs and for nfcapd
	Intake *collect.Intake // that its exports went through
	Counts Counts

	ctx     context.Context
	o       Options
	path    string
	file    *os.File
	packets source
	text    io.Reader // of a log
	log     log
	ahead   []packet // read already, to see what it holds
	ports   map[netip.AddrPort]bool
}

// source reads packets, until io.EOF. What a packet holds is valid until the
// next.
type source interface {
	next() (packet, error)
}

// packet is a captured packet.
type packet struct {
	at   int64
	link int
	cut  bool // not all of it was captured
	data []byte
}

// ErrKind is of files that are none of these.
var ErrKind = errors.New("neither pcap, pcapng, a file of nfcapd nor a log of connections")

// Open opens a file and sees what it is.
func Open(ctx context.Context, path string, o Options) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{ctx: ctx, o: o, path: path, file: file, Intake: o.Intake, ports: map[netip.AddrPort]bool{}}
	if err := f.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return f, nil
}

func (f *File) open() (err error) {
	in, err := unzip(bufio.NewReaderSize(f.file, 1<<18))
	if err != nil {
		return err
	}
	head, err := in.Peek(4)
	if err != nil {
		return candor.WithHint(ErrKind, "The file is empty, or cut off.")
	}
	switch kindOf(head) {
	case Pcap:
		f.Kind = Pcap
		f.packets, err = newPcap(in)
	case PcapNG:
		f.Kind = PcapNG
		f.packets = newPcapNG(in)
	case Nfcapd:
		f.Kind = Nfcapd
	default:
		if f.Kind, f.log = logOf(peek(in)); f.log == nil {
			err = candor.WithHint(ErrKind, "Captures of tcpdump (-w), Wireshark and nfcapd can be read, logs of Zeek (conn.log) and Argus (binetflow), and flows that a desk exports as CSV.")
		}
		f.text = in
	}
	if err != nil || f.Kind == Nfcapd || f.log != nil {
		return err
	}
	if f.Mode = f.o.Mode; f.Mode == "" || f.Mode == Auto {
		f.Mode, err = f.look()
	}
	if err == nil && f.Intake == nil {
		f.Intake, err = collect.NewIntake(collect.Options{Accept: true})
	}
	return err
}

// unzip reads what gzip compressed, or what is there as it is.
func unzip(in *bufio.Reader) (*bufio.Reader, error) {
	if head, _ := in.Peek(2); !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return in, nil // also if there is nothing, which is told later
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(z, 1<<18), nil
}

func kindOf(head []byte) Kind {
	switch [4]byte(head) {
	case [4]byte{0xa1, 0xb2, 0xc3, 0xd4}, [4]byte{0xd4, 0xc3, 0xb2, 0xa1}, [4]byte{0xa1, 0xb2, 0x3c, 0x4d}, [4]byte{0x4d, 0x3c, 0xb2, 0xa1}:
		return Pcap
	case [4]byte{0x0a, 0x0d, 0x0d, 0x0a}:
		return PcapNG
	}
	if (head[0] == 0x0c && head[1] == 0xa5) || (head[0] == 0xa5 && head[1] == 0x0c) {
		return Nfcapd
	}
	return ""
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Batches gives what the file holds, once. Records are valid until the next
// batch. After an error, which is of the file and not of what an exporter sent,
// nothing follows.
func (f *File) Batches() iter.Seq2[Batch, error] {
	switch {
	case f.Kind == Nfcapd:
		return f.nfcapd()
	case f.log != nil:
		return f.connections()
	case f.Mode == Traffic:
		return f.traffic()
	default:
		return f.exports()
	}
}

// next gives the next packet, and counts it.
func (f *File) next() (p packet, err error) {
	if len(f.ahead) > 0 {
		p, f.ahead = f.ahead[0], f.ahead[1:]
	} else if p, err = f.packets.next(); err != nil {
		if !errors.Is(err, io.EOF) {
			err = fmt.Errorf("%s: %w", f.path, err)
		}
		return p, err
	}
	c := &f.Counts
	if c.Packets == 0 {
		c.First = p.at
	}
	c.Packets++
	c.First, c.Last = min(c.First, p.at), max(c.Last, p.at)
	if p.cut {
		c.Cut++
	}
	return p, f.ctx.Err()
}
