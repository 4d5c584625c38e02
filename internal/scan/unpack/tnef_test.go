package unpack_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"candor/internal/scan/unpack"
)

// tnefAttribute is one attribute of a TNEF stream.
func tnefAttribute(id uint32, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte{1}, id)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	return append(append(b, data...), 0, 0)
}

// mapiValues is a property of a type with a length.
func mapiValues(kind, id uint16, values ...string) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(le.AppendUint16(le.AppendUint16(nil, kind), id), uint32(len(values)))
	for _, v := range values {
		b = append(le.AppendUint32(b, uint32(len(v))), v...)
		b = append(b, make([]byte, -len(v)&3)...)
	}
	return b
}

func tnef(attributes ...[]byte) []byte {
	b := []byte("\x78\x9f\x3e\x22\x01\x00")
	for _, a := range attributes {
		b = append(b, a...)
	}
	return b
}

func wide(s string) string {
	b := []byte{}
	for _, c := range []byte(s) {
		b = append(b, c, 0)
	}
	return string(b)
}

// compressedRTF packs text as literals, then six bytes copied from its fourth
// on, then the end.
func compressedRTF(text string) []byte {
	const words = 207 // in the dictionary at the beginning
	var b []byte
	for i := 0; i < len(text); i += 8 {
		b = append(append(b, 0), text[i:min(len(text), i+8)]...)
	}
	if len(text)%8 != 0 {
		panic("a multiple of eight")
	}
	end := words + len(text)
	b = append(b, 3)
	b = binary.BigEndian.AppendUint16(b, uint16((words+4)<<4|4))
	b = binary.BigEndian.AppendUint16(b, uint16((end+6)<<4))
	return append([]byte("\x00\x00\x00\x00\x00\x00\x00\x00LZFu\x00\x00\x00\x00"), b...)
}

func TestTNEF(t *testing.T) {
	properties := func(list ...[]byte) []byte {
		b := binary.LittleEndian.AppendUint32(nil, uint32(len(list)))
		for _, p := range list {
			b = append(b, p...)
		}
		return b
	}
	number := []byte("\x03\x00\x05\x37\x01\x00\x00\x00")
	named := append([]byte("\x1e\x00\x01\x80"), make([]byte, 16)...)
	named = append(named, "\x01\x00\x00\x00\x04\x00\x00\x00n\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00x\x00\x00\x00"...)
	inner := tnef(tnefAttribute(0x0006800f, []byte(marker)))
	content := tnef(
		tnefAttribute(0x0002800c, []byte(marker)),
		tnefAttribute(0x00069003, properties(number, named, mapiValues(0x102, 0x1013, "<p>"+marker), mapiValues(0x102, 0x1009, string(compressedRTF(marker+"end!"))))),
		tnefAttribute(0x00069002, nil),
		tnefAttribute(0x0006800f, []byte(marker)),
		tnefAttribute(0x00018010, []byte("A.TXT\x00")),
		tnefAttribute(0x00069005, properties(number, mapiValues(0x1f, 0x3707, wide("a long name.txt\x00")))),
		tnefAttribute(0x00069002, nil),
		tnefAttribute(0x00069005, properties(mapiValues(0x0d, 0x3701, strings.Repeat("g", 16)+string(inner)))),
	)
	f := look(t, unpack.Options{}, "winmail.dat", content)
	for _, want := range []string{"body", "body.html", "body.rtf", "a long name.txt", "attachment-2//attachment-1"} {
		if !f.has(want) {
			t.Errorf("no %q in %q", want, f.paths)
		}
	}
	if len(f.gaps) > 0 {
		t.Errorf("gaps %v", f.gaps)
	}
	if f := look(t, unpack.Options{}, "", content[:len(content)-20]); !f.gap(unpack.Damaged) {
		t.Errorf("cut: %v", f.gaps)
	}
}

func TestCompressedRTF(t *testing.T) {
	var got string
	visit(t, tnef(tnefAttribute(0x00069003, append([]byte("\x01\x00\x00\x00"), mapiValues(0x102, 0x1009, string(compressedRTF("abcdefgh12345678")))...))), func(p unpack.Part) {
		if p.Path == "body.rtf" {
			got = string(p.Data)
		}
	})
	if want := "abcdefgh12345678" + "efgh12"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
