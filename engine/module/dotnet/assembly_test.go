package dotnet

import (
	"encoding/binary"

	"candor/engine/module/pe/petest"
)

// heapWriter collects a heap and gives where things are in it.
type heapWriter struct{ data []byte }

func (h *heapWriter) name(s string) uint16 {
	at := len(h.data)
	h.data = append(append(h.data, s...), 0)
	return uint16(at)
}

func (h *heapWriter) blob(b ...byte) uint16 {
	at := len(h.data)
	if len(b) >= 0x80 {
		h.data = append(h.data, 0x80|byte(len(b)>>8))
	}
	h.data = append(append(h.data, byte(len(b))), b...)
	return uint16(at)
}

const metadataAddress = 0x2100

// program makes an assembly that has something of everything that the module
// reads.
func program(wide bool) []byte {
	text := &petest.Layout{Address: 0x2000}
	metadata := metadataBytes()
	resource := metadataAddress + uint32(len(metadata))
	cli := text.Put(petest.Words(cliHeaderSize, 2|5<<16, metadataAddress, uint32(len(metadata)), 1, 0, resource, 64,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
	text.Data = append(text.Data, make([]byte, metadataAddress-0x2000-len(text.Data))...)
	text.Data = append(text.Data, metadata...)
	text.Data = append(text.Data, petest.Words(7)...)
	text.Data = append(text.Data, "content and more, so that all blobs end before the file does"...)
	m := petest.Image{
		Wide: wide, Machine: 0x14c, Flags: 0x2102, // a DLL: old yara programs want code at the entry point of others
		Sections: []petest.Section{{Name: ".text", Address: 0x2000, Flags: 0x60000020, Data: text.Data}},
	}
	m.Directories[14] = [2]uint32{cli, cliHeaderSize}
	return m.Bytes()
}

// stream headers and the streams themselves.
func metadataBytes() []byte {
	names, blobs := &heapWriter{[]byte{0}}, &heapWriter{[]byte{0}}
	tilde := tableStream(names, blobs)
	us := []byte{0, 5, 'h', 0, 'i', 0, 0, 1, 0, 3, 0xe4, 4, 1}
	guids := []byte("0123456789abcdef\x01\x02\x03")
	streams := []struct {
		name string
		data []byte
	}{{"#~", tilde}, {"#Strings", names.data}, {"#US", us}, {"#GUID", guids}, {"#Blob", blobs.data}}
	var headers, contents []byte
	size := 16 + 12 + 4
	for _, s := range streams {
		size += 8 + len(s.name) + 4 - len(s.name)%4
	}
	for _, s := range streams {
		headers = append(headers, petest.Words(uint32(size+len(contents)), uint32(len(s.data)))...)
		headers = append(append(headers, s.name...), make([]byte, 4-len(s.name)%4)...)
		contents = append(contents, s.data...)
		contents = append(contents, make([]byte, (4-len(contents)%4)%4)...)
	}
	root := append(petest.Words(metadataMagic, 1|1<<16, 0, 12), "v4.0.30319\x00\x00"...)
	root = append(root, petest.Halves(0, uint16(len(streams)))...)
	return append(append(root, headers...), contents...)
}

// cells is a row: numbers of 2 bytes, or of 4 if they are uint32.
type cells []any

func tableStream(names, blobs *heapWriter) []byte {
	const typeDef, typeRef, typeSpec = 0, 1, 2
	n, b := names.name, blobs.blob
	guidValue := append([]byte{1, 0, 36}, "01234567-89ab-cdef-0123-456789abcdef\x00\x00"...)
	rows := map[int][]cells{
		tModule:  {{0, n("sample.exe"), 1, 0, 0}},
		tTypeRef: {{6, n("GuidAttribute"), n("System.Runtime.InteropServices")}, {6, n("List`1"), n("System")}},
		tTypeDef: {
			{uint32(0), n("<Module>"), 0, 0, 1, 1},
			{uint32(0x101), n("Outer`1"), n("App"), 2<<2 | typeRef, 1, 1},
			{uint32(0x82), n("Inner"), 0, 1<<2 | typeSpec, 1, 3},
			{uint32(0xa0), n("IThing"), 0, 0, 1, 4},
			{uint32(5), n("Deep"), 0, 9<<2 | typeRef, 1, 5},
		},
		tField: {{0x16, n("data"), b(6, 8)}},
		tMethodDef: {
			{uint32(0x2050), 0, 0x0056, n("Run"), b(0x30, 1, 2, 1, 0x15, 0x12, 2<<2|typeRef, 1, 0x13, 0, 0x1d, 0x1e, 0), 1},
			{uint32(0), 0, 0x1806, n(".ctor"), b(0x20, 0, 1), 3},
			{uint32(0), 0, 0x0421, n("Shape"), b(0, 1, 0x0e, 0x14, 8, 2, 1, 5, 2, 0, 0x7f), 9},
			{uint32(0), 0, 0x0444, n("Call"), b(0, 2, 1, 0x10, 0x0f, 8, 0x1b, 0, 1, 1, 0x0e), 3},
			{uint32(0), 0, 0x0003, n("NoNames"), b(0, 1, 0x1f, 9, 0x11, 3<<2|typeDef, 0x1c), 0},
			{uint32(0), 0, 0x0003, n("Broken"), b(0, 1, 0x41), 1},
			{uint32(0), 0, 0x0003, n("Modified"), b(0, 1, 1, 0x20, 9, 0x11, 3<<2|typeDef), 1},
		},
		tParam:            {{0, 1, n("first")}, {0, 2, n("second")}, {0, 1, n("third")}, {0, 2, n("")}},
		tInterfaceImpl:    {{2, 4<<2 | typeDef}},
		tMemberRef:        {{1<<3 | 1, n(".ctor"), b(0x20, 1, 1, 0x0e)}},
		tConstant:         {{0x0e, 4, b(petest.Wide("constant")...)}, {8, 4, b(1, 0, 0, 0)}, {0x0e, 4, b()}},
		tCustomAttribute:  {{1<<5 | 0x0e, 1<<3 | 3, b(guidValue...)}, {1<<5 | 1, 1<<3 | 3, 0}},
		tModuleRef:        {{n("user32.dll")}, {n("kernel32.dll")}},
		tTypeSpec:         {{b(0x15, 0x12, 2<<2|typeRef, 2, 0x0e, 0x1c)}},
		tFieldRVA:         {{uint32(0x2050), 1}, {uint32(0x999999), 1}},
		tAssembly:         {{uint32(0x8004), 1, 2, 3, 4, uint32(0), 0, n("sample"), n("de-DE")}},
		tAssemblyRef:      {{4, 0, 0, 0, uint32(0), b(0xb7, 0x7a, 0x5c, 0x56, 0x19, 0x34, 0xe0, 0x89), n("mscorlib"), 0, 0}, {1, 0, 0, 0, uint32(0), b(), n("Other"), 0, 0}},
		tManifestResource: {{uint32(0), uint32(1), n("embedded"), 0}, {uint32(0), uint32(1), n("linked"), 1 << 2}},
		tNestedClass:      {{3, 2}, {5, 3}},
		tGenericParam:     {{0, 0, 2 << 1, n("T")}, {0, 0, 1<<1 | 1, n("U")}},
	}
	var valid uint64
	var counts, body []byte
	for number := range numTables {
		if len(rows[number]) == 0 {
			continue
		}
		valid |= 1 << number
		counts = binary.LittleEndian.AppendUint32(counts, uint32(len(rows[number])))
		for _, row := range rows[number] {
			for _, c := range row {
				switch c := c.(type) {
				case int:
					body = binary.LittleEndian.AppendUint16(body, uint16(c))
				case uint16:
					body = binary.LittleEndian.AppendUint16(body, c)
				case uint32:
					body = binary.LittleEndian.AppendUint32(body, c)
				}
			}
		}
	}
	header := append(petest.Words(0, 2), binary.LittleEndian.AppendUint64(nil, valid)...)
	header = append(header, make([]byte, 8)...)
	return append(append(header, counts...), body...)
}
