package unpack_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"candor/internal/scan/unpack"
)

// lzxWriter writes LZX with codes that hardly depend on what is packed. What it
// writes is held against cabextract.
type lzxWriter struct {
	plain  []byte
	at     int // in plain
	out    []byte
	word   uint32
	have   int
	before [256 + 8*30 + 249]byte // lengths of the codes of the block before
	recent [3]int
}

func (z *lzxWriter) put(v uint32, n int) {
	for i := n - 1; i >= 0; i-- {
		z.word = z.word<<1 | v>>i&1
		if z.have++; z.have == 16 {
			z.out = append(z.out, byte(z.word), byte(z.word>>8))
			z.have, z.word = 0, 0
		}
	}
}

func (z *lzxWriter) align() {
	for z.have != 0 {
		z.put(0, 1)
	}
}

// short writes a symbol of a complete code of two lengths, in which the first
// symbols have the shorter one.
func (z *lzxWriter) short(symbol, shorts, n int) {
	if symbol < shorts {
		z.put(uint32(symbol), n)
		return
	}
	z.put(uint32(2*shorts+symbol-shorts), n+1)
}

func (z *lzxWriter) main(s int)   { z.short(s, 16, 8) } // 496 symbols
func (z *lzxWriter) length(s int) { z.short(s, 7, 7) }  // 249
func (z *lzxWriter) pre(s int)    { z.short(s, 12, 4) } // 20

// lengths writes the lengths of a code of which the first symbols have n bits
// and the others one more, with runs where there are any.
func (z *lzxWriter) lengths(before []byte, shorts int, n byte) {
	for symbol := range 20 { // of the code for lengths
		bits := uint32(4)
		if symbol >= 12 {
			bits = 5
		}
		z.put(bits, 4)
	}
	want := make([]byte, len(before))
	for i := range want {
		if want[i] = n + 1; i < shorts {
			want[i] = n
		}
	}
	for i := 0; i < len(want); {
		delta := (int(before[i]) + 17 - int(want[i])) % 17
		if i+4 <= len(want) && want[i+3] == want[i] && i%3 == 0 {
			z.pre(19)
			z.put(0, 1)
			z.pre(delta)
			copy(before[i:], want[i:i+4])
			i += 4
			continue
		}
		z.pre(delta)
		before[i] = want[i]
		i++
	}
}

// block writes a block of a kind that ends with a frame.
func (z *lzxWriter) block(kind, size int) {
	z.put(uint32(kind), 3)
	z.put(uint32(size>>16), 8)
	z.put(uint32(size&0xffff), 16)
	if kind == 3 {
		if z.have == 0 {
			z.put(0, 16)
		}
		z.align()
		for _, r := range z.recent {
			z.out = binary.LittleEndian.AppendUint32(z.out, uint32(r))
		}
		z.out = append(z.out, z.plain[z.at:z.at+size]...)
		if size%2 == 1 {
			z.out = append(z.out, 0)
		}
		z.at += size
		return
	}
	if kind == 2 {
		for range 8 {
			z.put(3, 3)
		}
	}
	z.mainLengths()
	z.lengths(z.before[496:], 7, 7)
	for end := z.at + size; z.at < end; {
		z.step(kind, end)
	}
}

// mainLengths writes those of the main code, whose first 256 have a code of
// their own.
func (z *lzxWriter) mainLengths() {
	z.lengths(z.before[:256], 16, 8)
	z.lengths(z.before[256:496], 0, 8)
}

// step writes a match if there is one at a distance that was used, or some way
// back, or else a byte.
func (z *lzxWriter) step(kind, end int) {
	for slot, away := range []int{z.recent[0], z.recent[1], z.recent[2], 1, 45, 3000, 20_000} {
		n := 0
		for away <= z.at && n < 257 && z.at+n < end && z.plain[z.at+n] == z.plain[z.at+n-away] {
			n++
		}
		if n < 2 {
			continue
		}
		z.match(kind, slot, away, n)
		z.at += n
		return
	}
	z.main(int(z.plain[z.at]))
	z.at++
}

func (z *lzxWriter) match(kind, slot, away, n int) {
	low, extra := 0, 0
	if slot < 3 {
		z.recent[slot], z.recent[0] = z.recent[0], away
	} else {
		z.recent = [3]int{away, z.recent[0], z.recent[1]}
		for slot = 3; ; slot++ {
			base, bits := slot, 0
			if slot > 3 {
				bits = slot/2 - 1
				base = (2 + slot&1) << bits
			}
			if away+2 < base+1<<bits {
				low, extra = away+2-base, bits
				break
			}
		}
	}
	z.main(256 + 8*slot + min(n-2, 7))
	if n >= 9 {
		z.length(n - 9)
	}
	if kind == 2 && extra >= 3 {
		z.put(uint32(low>>3), extra-3)
		z.put(uint32(low&7), 3)
		return
	}
	z.put(uint32(low), extra)
}

// lzxCabinet packs a file "a" with blocks of the kinds in turn, two a frame. If
// calls is set, the targets of calls are made absolute first.
func lzxCabinet(plain []byte, calls bool, kinds ...int) []byte {
	packed := bytes.Clone(plain)
	if calls {
		moveCalls(packed)
	}
	z := &lzxWriter{plain: packed, recent: [3]int{1, 1, 1}}
	var blocks []byte
	count := 0
	for z.at < len(packed) {
		size := min(32768, len(packed)-z.at)
		z.out = nil
		switch {
		case count > 0:
		case calls:
			z.put(1, 1)
			z.put(uint32(len(plain)), 32)
		default:
			z.put(0, 1)
		}
		first := size / 3
		z.block(kinds[count%len(kinds)], first)
		z.block(kinds[(count+1)%len(kinds)], size-first)
		z.align()
		count++
		blocks = binary.LittleEndian.AppendUint32(blocks, 0)
		blocks = binary.LittleEndian.AppendUint16(blocks, uint16(len(z.out)))
		blocks = append(binary.LittleEndian.AppendUint16(blocks, uint16(size)), z.out...)
	}
	le := binary.LittleEndian
	head := append([]byte("MSCF"), make([]byte, 32)...)
	le.PutUint32(head[16:], 44)
	le.PutUint32(head[8:], uint32(44+18+len(blocks)))
	head[24], head[25], head[26], head[28] = 3, 1, 1, 1
	head = le.AppendUint32(head, 44+18)
	head = le.AppendUint16(head, uint16(count))
	head = le.AppendUint16(head, 15<<8|3)
	head = le.AppendUint32(head, uint32(len(plain)))
	head = append(head, 0, 0, 0, 0, 0, 0, 0x21, 0x5a, 0, 0, 0x20, 0, 'a', 0)
	return append(head, blocks...)
}

// moveCalls makes the targets of calls absolute, a frame at a time.
func moveCalls(b []byte) {
	for frame := 0; frame < len(b); frame += 32768 {
		end := min(32768, len(b)-frame)
		for i := frame; i < frame+end-10; i++ {
			if b[i] != 0xe8 {
				continue
			}
			to, here, size := int32(binary.LittleEndian.Uint32(b[i+1:])), int32(i), int32(len(b))
			switch {
			case to >= -here && to < size-here:
				to += here
			case to >= size-here && to < size:
				to -= size
			}
			binary.LittleEndian.PutUint32(b[i+1:], uint32(to))
			i += 4
		}
	}
}

func cabextracted(t *testing.T, cabinet []byte) []byte {
	t.Helper()
	if _, err := exec.LookPath("cabextract"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	name := filepath.Join(t.TempDir(), "a.cab")
	check(t, os.WriteFile(name, cabinet, 0o600))
	out, err := exec.Command("cabextract", "-q", "-p", name).Output()
	if err != nil {
		t.Errorf("cabextract: %v", err)
	}
	return out
}

func TestLZX(t *testing.T) {
	calls := mixed(100_001)
	for i := 10; i < len(calls)-10; i += 97 {
		calls[i] = 0xe8
		binary.LittleEndian.PutUint32(calls[i+1:], uint32(i*13)-uint32(i)<<3&0xfffff)
	}
	for name, tt := range map[string]struct {
		plain []byte
		calls bool
		kinds []int
	}{
		"verbatim": {mixed(100_000), false, []int{1}}, "aligned": {mixed(100_000), false, []int{2}}, "raw": {mixed(100_001), false, []int{3}},
		"all kinds": {mixed(300_003), false, []int{1, 2, 3, 3, 2}}, "calls": {calls, true, []int{1, 2, 3}}, "short": {[]byte(marker), false, []int{1}},
	} {
		content := lzxCabinet(tt.plain, tt.calls, tt.kinds...)
		if out := cabextracted(t, content); !bytes.Equal(out, tt.plain) {
			t.Errorf("%s: cabextract finds %d bytes different, of %d", name, differences(out, tt.plain), len(tt.plain))
		}
		var got []byte
		gaps := except(visit(t, content, func(p unpack.Part) {
			if p.Path == "a" && p.Kind == "cab" {
				got = bytes.Clone(p.Data)
			}
		}), "a//")
		if len(gaps) > 0 || !bytes.Equal(got, tt.plain) {
			t.Errorf("%s: %d bytes of %d, %d differ, %v", name, len(got), len(tt.plain), differences(got, tt.plain), gaps)
		}
	}
}

func TestDamagedLZX(t *testing.T) {
	content := lzxCabinet(mixed(100_000), false, 1, 2)
	for _, b := range [][]byte{content[:len(content)/2], append(bytes.Clone(content[:100]), make([]byte, 1000)...)} {
		if f := look(t, unpack.Options{}, "", b); !f.gap(unpack.Damaged) {
			t.Errorf("%v", f.gaps)
		}
	}
	content[36+7] = 22 // the window
	if f := look(t, unpack.Options{}, "", content); !f.gap(unpack.Unsupported) {
		t.Errorf("a window of 4 MiB: %v", f.gaps)
	}
}
