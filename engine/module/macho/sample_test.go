package macho

import (
	"bytes"
	"encoding/binary"
)

// samples gives files of 32 and 64 bits, little- and big-endian, some with
// LC_MAIN and some with LC_UNIXTHREAD, and universal binaries of them.
func samples() map[string][]byte {
	le, be := binary.LittleEndian, binary.BigEndian
	files := map[string][]byte{
		"x86":       sample(false, le, 7, 3, thread(le, 64, 40, false, 0x1010)),
		"arm":       sample(false, le, 12, 9, thread(le, 68, 60, false, 0x1020)),
		"powerpc":   sample(false, be, 18, 0, thread(be, 160, 0, false, 0x1030)),
		"sparc":     sample(false, be, 14, 0, thread(be, 76, 4, false, 0x1004)),
		"m68k":      sample(false, be, 6, 0, thread(be, 72, 68, false, 0x1008)),
		"m88k":      sample(false, be, 13, 0, thread(be, 136, 124, false, 0x100c)),
		"x86-64":    sample(true, le, 0x1000007, 3, thread(le, 168, 128, true, 0x1040)),
		"arm64":     sample(true, le, 0x100000c, 0, thread(le, 272, 256, true, 0x1050)),
		"powerpc64": sample(true, be, 0x1000012, 0, thread(be, 304, 0, true, 0x1060)),
		"main":      sample(true, le, 0x1000007, 3, mainCommand(le)),
		"main-big":  sample(true, be, 0x1000012, 0, mainCommand(be)),
		"outside":   sample(true, le, 0x1000007, 3, thread(le, 168, 128, true, 0x9999)),
		"unknown":   sample(true, le, 99, 3, thread(le, 168, 128, true, 0x1040)),
	}
	files["universal"] = fat(0xcafebabe, files["x86"], files["x86-64"], files["main"], files["outside"], files["powerpc"])
	files["universal64"] = fat(0xcafebabf, files["arm"], files["arm64"])
	files["universal-swapped"] = fat(0xbebafeca, files["arm"], files["arm64"])
	return files
}

// sample gives a file of two segments, each of two sections, and another command.
func sample(wide bool, order binary.AppendByteOrder, cpuType, cpuSubtype uint32, command []byte) []byte {
	magic, kind, commandSize, sectionSize := uint32(magic32), uint32(commandSegment32), 56, 68
	if wide {
		magic, kind, commandSize, sectionSize = magic64, commandSegment64, 72, 80
	}
	u32 := order.AppendUint32
	word := func(b []byte, v uint64) []byte {
		if wide {
			return order.AppendUint64(b, v)
		}
		return u32(b, uint32(v))
	}
	var commands []byte
	for i, name := range []string{"__TEXT", "__A_LONG_SEGMENT"} {
		size := commandSize + 2*sectionSize
		commands = u32(u32(commands, kind), uint32(size))
		commands = append(commands, padded(name)...)
		for _, v := range []uint64{0x1000 * uint64(i+1), 0x1000, 0x100 * uint64(i), 0x800} {
			commands = word(commands, v)
		}
		for _, v := range []uint32{7, 5, 2 + uint32(i), 4} {
			commands = u32(commands, v)
		}
		for j, section := range []string{"__text", "__cstring_is_16_"} {
			commands = append(append(commands, padded(section)...), padded(name)...)
			commands = word(word(commands, 0x1000+uint64(j)), 0x80)
			for k := range uint32(7) {
				commands = u32(commands, 0x80000000+k)
			}
			if wide {
				commands = u32(commands, 77)
			}
		}
	}
	commands = append(commands, command...)
	var file []byte
	for _, v := range []uint32{magic, cpuType, cpuSubtype, 2, 3, uint32(len(commands)), 0x85} {
		file = u32(file, v)
	}
	if wide {
		file = u32(file, 9)
	}
	return append(append(file, commands...), bytes.Repeat([]byte{0x90}, 64)...)
}

func padded(name string) []byte { return append([]byte(name), make([]byte, 16-len(name))...) }

// thread gives LC_UNIXTHREAD with registers of a size, one of which points.
func thread(order binary.AppendByteOrder, size, at int, wide bool, address uint64) []byte {
	var b []byte
	for _, v := range []uint32{commandUnixThread, uint32(threadHeader + size), 1, uint32(size / 4)} {
		b = order.AppendUint32(b, v)
	}
	registers := make([]byte, size, size+8)
	if wide {
		copy(registers[at:], order.AppendUint64(nil, address))
	} else {
		copy(registers[at:], order.AppendUint32(nil, uint32(address)))
	}
	return append(b, registers...)
}

func mainCommand(order binary.AppendByteOrder) []byte {
	b := order.AppendUint32(order.AppendUint32(nil, commandMain), 24)
	return order.AppendUint64(order.AppendUint64(b, 0x444), 0x100000)
}

// fat gives a universal binary of files, with another entry that leads nowhere
// before the last.
func fat(magic uint32, files ...[]byte) []byte {
	be := binary.BigEndian
	narrow := magic == fatMagic32
	u := &universal{narrow: narrow}
	header := be.AppendUint32(be.AppendUint32(nil, magic), uint32(len(files)+1))
	var body []byte
	start := fatHeaderSize + (len(files)+1)*u.archSize()
	entry := func(cpu []byte, off, size uint64) {
		header = append(header, cpu...)
		if narrow {
			header = be.AppendUint32(be.AppendUint32(header, uint32(off)), uint32(size))
		} else {
			header = be.AppendUint64(be.AppendUint64(header, off), size)
		}
		header = be.AppendUint32(header, 12)
		if !narrow {
			header = be.AppendUint32(header, 0)
		}
	}
	for i, file := range files {
		if i == len(files)-1 {
			entry([]byte{0, 0, 0, 99, 0, 0, 0, 1}, 1<<32-1, 1<<20)
		}
		order := openFile(file, allowance(file)).order
		cpu := be.AppendUint32(be.AppendUint32(nil, order.Uint32(file[4:])), order.Uint32(file[8:]))
		entry(cpu, uint64(start+len(body)), uint64(len(file)))
		body = append(body, file...)
	}
	return append(header, body...)
}
