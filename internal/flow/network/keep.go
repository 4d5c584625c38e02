package network

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"candor/internal/flow/normal"
)

// magic begins what is kept; its last figure is the version of the form.
const magic = "CANDORP1"

// ErrForeign is what Load gives for what Save did not write, or is damaged.
var ErrForeign = errors.New("no history of the network's parts, or a damaged one")

// size is how many bytes a part is kept in.
const size = 1 + 1 + 1 + 2 + 4 + 16 + 8 + normal.FineSize + (measures+1)*12 + 4

// Save writes what is usual of all parts.
func (w *Watch) Save(to io.Writer) error {
	w.mu.Lock()
	b := make([]byte, 0, 16+size*len(w.parts))
	b = binary.LittleEndian.AppendUint32(append(b, magic...), uint32(len(w.parts)))
	for _, p := range w.parts {
		b = p.append(b)
	}
	w.mu.Unlock()
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	if _, err := to.Write(b); err != nil {
		return fmt.Errorf("save what is usual of the network: %w", err)
	}
	return nil
}

func (p *part) append(b []byte) []byte {
	le := binary.LittleEndian
	b = append(b, byte(p.Kind), p.Protocol, p.Bits)
	b = le.AppendUint32(le.AppendUint16(b, p.Port), p.Index)
	b = append(b, p.Addr[:]...)
	b = p.fine.Append(le.AppendUint64(b, math.Float64bits(p.weight)))
	for _, t := range append(p.tails[:], p.gaps) {
		b = le.AppendUint32(b, math.Float32bits(t.At))
		b = le.AppendUint32(b, math.Float32bits(t.Excess))
		b = le.AppendUint32(b, t.Count)
	}
	return le.AppendUint32(b, p.runs)
}

// Load reads what Save wrote, into a Watch that has counted nothing yet: as many
// parts as there is room for. It gives ErrForeign for anything else.
func (w *Watch) Load(from io.Reader) error {
	in := bufio.NewReaderSize(from, 1<<16)
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	read := func(b []byte) error {
		if _, err := io.ReadFull(in, b); err != nil {
			return fmt.Errorf("%w: %w", ErrForeign, err)
		}
		sum.Write(b)
		return nil
	}
	head := make([]byte, len(magic)+4)
	if err := read(head); err != nil {
		return err
	}
	n := binary.LittleEndian.Uint32(head[8:])
	if string(head[:8]) != magic || n > 1<<20 {
		return ErrForeign
	}
	var all []*part
	row := make([]byte, size)
	for range n {
		if err := read(row); err != nil {
			return err
		}
		p := new(part)
		if !p.parse(row) {
			return ErrForeign
		}
		all = append(all, p)
	}
	want, tail := sum.Sum32(), make([]byte, 4)
	if _, err := io.ReadFull(in, tail); err != nil || binary.LittleEndian.Uint32(tail) != want {
		return ErrForeign
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range all {
		if w.fits(p.Part) && w.of[p.Kind] < w.room(p.Kind) {
			*w.watch(p.Part, p.weight) = *p
		}
	}
	w.share()
	return nil
}

// parse reads what append wrote, and tells whether it is a part.
func (p *part) parse(b []byte) bool {
	le := binary.LittleEndian
	p.Kind, p.Protocol, p.Bits = Kind(b[0]), b[1], b[2]
	p.Port, p.Index = le.Uint16(b[3:]), le.Uint32(b[5:])
	b = b[9:]
	b = b[copy(p.Addr[:], b):]
	p.weight = math.Float64frombits(le.Uint64(b))
	p.fine.Parse(b[8:])
	b = b[8+normal.FineSize:]
	for i := range measures + 1 {
		t := &p.gaps
		if i < measures {
			t = &p.tails[i]
		}
		t.At, t.Excess, t.Count = math.Float32frombits(le.Uint32(b)), math.Float32frombits(le.Uint32(b[4:])), le.Uint32(b[8:])
		b = b[12:]
		if !finite(float64(t.At)) || !finite(float64(t.Excess)) {
			return false
		}
	}
	p.runs = le.Uint32(b)
	return p.Kind < kinds && finite(p.weight) && p.weight >= 0 && (p.Kind != Prefix || p.Bits == 24 && p.Addr.Is4() || p.Bits == 48 && !p.Addr.Is4())
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
