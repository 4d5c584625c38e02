package unpack_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/bits"
	"testing"

	"candor/internal/scan/unpack"
)

// quine gives a content that a reader of deflate behind the head unpacks to
// the content itself: a program in two instructions, "print what follows" and
// "repeat what was printed last", which prints its own text (R. Cox, "Zip
// Files All The Way Down"). Each instruction takes five bytes; so that the
// second one can, the head must have 15 or 60 bytes, and the tail 15.
func quine(head []byte, tail int) []byte {
	const unit = 5
	h, s := len(head)+unit, tail+unit
	lit := func(n int) []byte { // a stored block's header
		b := binary.LittleEndian.AppendUint16([]byte{0}, uint16(n))
		return binary.LittleEndian.AppendUint16(b, ^uint16(n))
	}
	join := func(p ...[]byte) []byte { return bytes.Join(p, nil) }
	headAgain, tailAgain, four, end := again(h, false), again(s, true), again(4*unit, false), make([]byte, tail)
	first := join(headAgain, lit(unit), lit(unit), lit(4*unit))
	second := join(four, lit(4*unit), four, lit(4*unit))
	third := join(four, lit(0), lit(0), lit(s))
	return join(head,
		lit(h), head, lit(h),
		headAgain,
		lit(unit), headAgain,
		lit(unit), lit(unit),
		lit(4*unit), first, four,
		lit(4*unit), second, four,
		lit(4*unit), third, four,
		lit(0), lit(0), lit(s), tailAgain, end,
		tailAgain, end)
}

// again is five bytes of fixed Huffman codes that repeat the last n bytes: 20
// in two copies, or 65 in one and an empty block.
func again(n int, last bool) []byte {
	var v uint64
	at := 0
	put := func(value uint64, n int) { v, at = v|value<<at, at+n }
	code := func(value uint64, n int) { put(bits.Reverse64(value)>>(64-n), n) }
	block := func(last uint64) { put(last|1<<1, 3) }
	final := uint64(0)
	if last {
		final = 1
	}
	switch n {
	case 20:
		block(final)
		for range 2 { // length 10, distance 20
			code(264-256, 7)
			code(8, 5)
			put(20-17, 3)
		}
		code(0, 7)
	case 65:
		block(0)
		code(276-256, 7) // length 59 to 66
		put(65-59, 3)
		code(12, 5) // distance 65 to 96
		put(0, 5)
		code(0, 7)
		block(final)
		code(0, 7)
	}
	if at != 40 {
		panic("not five bytes")
	}
	return binary.LittleEndian.AppendUint64(nil, v)[:5]
}

func TestQuine(t *testing.T) {
	content := quine(localHeader(60), 15)
	depth := 0
	_, err := unpack.New(unpack.Options{}).Unpack(context.Background(), "", content, func(p unpack.Part) error {
		if bytes.Equal(p.Data, content) {
			depth++
		}
		return nil
	})
	check(t, err)
	if depth != 16 {
		t.Errorf("the content lies in itself %d times", depth)
	}
}
