package normal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"unsafe"
)

// magic begins a saved table; its last figure is the version of the form.
const magic = "CANDORN1"

// rowSize is how many bytes a row is in a saved table: its medians, spreads,
// and hours seen.
const rowSize = int(Metrics)*(Slots*5/8+1) + int(Metrics)*3 + 2

// ErrForeign is what Load gives for what is no saved table of this form, or is
// damaged.
var ErrForeign = errors.New("no table of baselines, or a damaged one")

// Save writes all rows. Rows that are learned meanwhile are in it as they were
// or as they are.
func (t *Table) Save(w io.Writer) error {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	out := bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<20)
	n := t.Len()
	peers := t.copyPeers()
	head := binary.LittleEndian.AppendUint64([]byte(magic), uint64(n))
	head = binary.LittleEndian.AppendUint32(head, uint32(len(peers)))
	if _, err := out.Write(head); err != nil {
		return fmt.Errorf("save baselines: %w", err)
	}
	buffer := make([]byte, 0, rowSize+2)
	for g, r := range peers {
		if _, err := out.Write(r.append(binary.LittleEndian.AppendUint16(buffer[:0], uint16(g)))); err != nil {
			return fmt.Errorf("save baselines: %w", err)
		}
	}
	for i := range n {
		t.with(i, func(r *Row, g *Group) {
			buffer = r.append(binary.LittleEndian.AppendUint16(buffer[:0], uint16(*g)))
		})
		if _, err := out.Write(buffer); err != nil {
			return fmt.Errorf("save baselines: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("save baselines: %w", err)
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint32(nil, sum.Sum32())); err != nil {
		return fmt.Errorf("save baselines: %w", err)
	}
	return nil
}

func (t *Table) copyPeers() map[Group]Row {
	t.mu.Lock()
	defer t.mu.Unlock()
	peers := make(map[Group]Row, len(t.peers))
	for g, r := range t.peers {
		peers[g] = *r
	}
	return peers
}

// Load reads what Save wrote: at most limit rows, otherwise, and if it is
// damaged, it gives ErrForeign.
func Load(r io.Reader, seed uint64, limit int) (*Table, error) {
	in := &summed{r: bufio.NewReaderSize(r, 1<<20), sum: crc32.New(crc32.MakeTable(crc32.Castagnoli))}
	head := make([]byte, len(magic)+12)
	if err := in.read(head); err != nil {
		return nil, err
	}
	n, groups := binary.LittleEndian.Uint64(head[8:]), binary.LittleEndian.Uint32(head[16:])
	if string(head[:8]) != magic || n > uint64(max(limit, 0)) || groups > 1<<16 {
		return nil, fmt.Errorf("load baselines: %w", ErrForeign)
	}
	t := NewTable(seed)
	buffer := make([]byte, rowSize+2)
	for range groups {
		if err := in.read(buffer); err != nil {
			return nil, err
		}
		row := new(Row)
		row.parse(buffer[2:])
		t.peers[Group(binary.LittleEndian.Uint16(buffer))] = row
	}
	for i := range int(n) {
		if err := in.read(buffer); err != nil {
			return nil, err
		}
		if i == len(t.rows) { // by doubling, so that a false number costs no more than what is there
			t.Grow(min(max(1024, 2*i), int(n)))
		}
		t.groups[i] = Group(binary.LittleEndian.Uint16(buffer))
		t.rows[i].parse(buffer[2:])
	}
	want, tail := in.sum.Sum32(), make([]byte, 4)
	if _, err := io.ReadFull(in.r, tail); err != nil || binary.LittleEndian.Uint32(tail) != want {
		return nil, fmt.Errorf("load baselines: %w", ErrForeign)
	}
	return t, nil
}

// summed reads, and sums what it reads.
type summed struct {
	r   io.Reader
	sum hash.Hash32
}

func (s *summed) read(b []byte) error {
	if _, err := io.ReadFull(s.r, b); err != nil {
		return fmt.Errorf("load baselines: %w: %w", ErrForeign, err)
	}
	s.sum.Write(b)
	return nil
}

func (r *Row) append(b []byte) []byte {
	for m := range Metrics {
		b = append(b, r.medians[m][:]...)
	}
	for m := range Metrics {
		b = append(b, r.spreads[m][:]...)
	}
	return binary.LittleEndian.AppendUint16(b, r.seen)
}

func (r *Row) parse(b []byte) {
	for m := range Metrics {
		b = b[copy(r.medians[m][:], b):]
	}
	for m := range Metrics {
		b = b[copy(r.spreads[m][:], b):]
	}
	r.seen = binary.LittleEndian.Uint16(b)
}

// Size is how many bytes a row takes in memory.
const Size = int(unsafe.Sizeof(Row{}))
