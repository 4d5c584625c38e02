package unpack_test

import (
	"encoding/binary"
	"testing"

	"candor/internal/scan/unpack"
)

// literals packs text as VBA does ([MS-OVBA] 2.4.1), without any copying.
func literals(s string) []byte {
	var data []byte
	for i := 0; i < len(s); i += 8 {
		data = append(append(data, 0), s[i:min(len(s), i+8)]...)
	}
	return append(binary.LittleEndian.AppendUint16([]byte{1}, uint16(len(data)-1)|0xb000), data...)
}

// compoundFile has a storage "VBA" with a stream "Module1" of at most 1024
// bytes. next is where the chain of the stream goes after its second sector.
func compoundFile(stream []byte, next uint32) []byte {
	le := binary.LittleEndian
	b := make([]byte, 512*5)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	le.PutUint16(b[30:], 9)
	le.PutUint32(b[48:], 1)          // directory
	le.PutUint32(b[60:], 0xfffffffe) // mini FAT
	le.PutUint32(b[68:], 0xfffffffe) // DIFAT
	for p := 76; p < 512; p += 4 {
		le.PutUint32(b[p:], 0xffffffff)
	}
	le.PutUint32(b[76:], 0)
	fat := b[512:1024]
	for i, v := range []uint32{0xfffffffd, 0xfffffffe, 3, next} {
		le.PutUint32(fat[4*i:], v)
	}
	entry := func(i int, name string, kind byte, child, start, size uint32) {
		e := b[1024+128*i:]
		for j, c := range []byte(name) {
			e[2*j] = c
		}
		le.PutUint16(e[64:], uint16(2*len(name)+2))
		e[66] = kind
		le.PutUint32(e[68:], 0xffffffff)
		le.PutUint32(e[72:], 0xffffffff)
		le.PutUint32(e[76:], child)
		le.PutUint32(e[116:], start)
		le.PutUint32(e[120:], size)
	}
	entry(0, "Root Entry", 5, 1, 0xfffffffe, 0)
	entry(1, "VBA", 1, 2, 0, 0)
	entry(2, "Module1", 2, 0xffffffff, 2, 1024)
	copy(b[1536:], stream)
	return b
}

func TestMacros(t *testing.T) {
	stream := append([]byte("compiled"), literals("Attribute VB_Name = \"Module1\"\r\n' "+marker)...)
	f := look(t, unpack.Options{}, "", compoundFile(stream, 0xfffffffe))
	if !f.has("VBA/Module1//VBA/Module1/source@8") && !f.has("VBA/Module1/source@8") || len(f.gaps) > 0 {
		t.Errorf("%q %v", f.paths, f.gaps)
	}
}

func TestCircleOfSectors(t *testing.T) {
	content := compoundFile([]byte(marker), 2)
	binary.LittleEndian.PutUint32(content[1024+2*128+120:], 1<<30)
	if f := look(t, unpack.Options{}, "", content); !f.has("VBA/Module1") || f.bytes > 1<<16 {
		t.Errorf("%q, %d bytes, %v", f.paths, f.bytes, f.gaps)
	}
	binary.LittleEndian.PutUint32(content[512+4:], 1) // the directory goes in a circle
	if f := look(t, unpack.Options{}, "", content); !f.gap(unpack.Damaged) {
		t.Errorf("directory: %v", f.gaps)
	}
}
