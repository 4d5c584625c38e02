package index

import (
	"bytes"
	"slices"
	"testing"
)

// FuzzWide holds the ways that look at many bytes at once against those that do
// not.
func FuzzWide(f *testing.F) {
	f.Add([]byte("<?php echo \\x41 % $a; <% |\x1c\x05\x5c\x04 %> and more of it, for long enough that there are blocks"), uint8(10))
	f.Add(bytes.Repeat([]byte("$<%|;=&}"), 20), uint8(6))
	f.Fuzz(func(t *testing.T, form []byte, class uint8) {
		blocks := len(form) / 32
		masks := make([]uint32, blocks+1)[:blocks]
		if blocks > 0 {
			tagMasks(masks, form)
		}
		for i, c := range form[:32*blocks] {
			if _, is := tagOf(c | 0x20); is != (masks[i/32]>>(i%32)&1 != 0) {
				t.Fatalf("%q at %d: a tag is %v", c, i, is)
			}
		}
		slow := make([]uint32, blocks)
		tagBlocks(slow, form)
		if !slices.Equal(slow, masks) {
			t.Fatalf("tags %x, want %x", masks, slow)
		}
		high, slowHigh := make([]byte, 4*blocks), make([]byte, 4*blocks)
		if blocks > 0 {
			highBits(high, form)
		}
		highBytes(slowHigh, form)
		for i, c := range form[:32*blocks] {
			if high[i/8]>>(i%8)&1 != c>>7 {
				t.Fatalf("the highest bit of %x at %d is another", c, i)
			}
		}
		if !bytes.Equal(high, slowHigh) {
			t.Fatalf("the highest bits are %x, want %x", high, slowHigh)
		}
		k := Sketcher{marks: make(marks, 1<<12)}
		k.noteWords(form)
		words := make(marks, 1<<12)
		for i := 0; i+wordLen <= len(form); i++ {
			var v, high uint64
			for j, c := range form[i : i+wordLen] {
				v, high = v|uint64(c|0x20)<<(8*j), high|uint64(c)&0x80
			}
			if high == 0 {
				words.setThree(wordHashes(v))
			}
		}
		if !bytes.Equal(k.marks, words) {
			t.Fatal("words are noted elsewhere")
		}
		m, want := make(marks, 1<<(6+class%15)), make(marks, 1<<(6+class%15))
		m.noteFour(form)
		for i := 0; i+4 <= len(form); i++ {
			want.set(fourHash(uint32(form[i]|0x20) | uint32(form[i+1]|0x20)<<8 | uint32(form[i+2]|0x20)<<16 | uint32(form[i+3]|0x20)<<24))
		}
		if !bytes.Equal(m, want) {
			t.Fatal("sequences of four are noted elsewhere")
		}
		dense, wantDense := make(marks, len(m)), make(marks, len(m))
		dense.noteDense(form)
		for i := 0; i+4 <= len(form); i++ {
			wantDense.set(denseHash(uint32(form[i]|0x20) | uint32(form[i+1]|0x20)<<8 | uint32(form[i+2]|0x20)<<16 | uint32(form[i+3]|0x20)<<24))
		}
		if !bytes.Equal(dense, wantDense) {
			t.Fatal("sequences of four of what is dense are noted elsewhere")
		}
		b, count := m.appendBits(nil)
		for i, c := range want {
			if b[i/8]>>(i%8)&1 != c>>7 {
				t.Fatalf("mark %d is lost", i)
			}
		}
		if n := bytes.Count(want, []byte{set}); n != count {
			t.Fatalf("%d are set, counted %d", n, count)
		}
	})
}
