package plan

import (
	"bytes"

	"candor/engine/gram"
)

// Route is a kind of content, told by its first bytes. Rules that ask for
// another kind are not looked for in it.
type Route uint8

// The routes: content that begins like one of the binary formats that rules
// mostly ask for, and all other content.
const (
	Plain Route = iota
	Known
	Routes
)

// magics are the beginnings of the formats.
var magics = [][]byte{
	[]byte("MZ"),
	[]byte("\x7fELF"),
	{0xCA, 0xFE, 0xBA, 0xBE}, {0xCE, 0xFA, 0xED, 0xFE}, {0xCF, 0xFA, 0xED, 0xFE}, {0xFE, 0xED, 0xFA, 0xCE}, {0xFE, 0xED, 0xFA, 0xCF}, // Mach-O, Java
	[]byte("PK"),
	{0xD0, 0xCF, 0x11, 0xE0}, // OLE2
	[]byte("%PDF"),
	[]byte("\x89PNG"), {0xFF, 0xD8, 0xFF}, []byte("GIF8"),
}

// RouteOf tells the route of content that begins with head.
func RouteOf(head []byte) Route {
	for _, m := range magics {
		if bytes.HasPrefix(head, m) {
			return Known
		}
	}
	return Plain
}

// allows tells whether content of the route can pass a header test.
func (r Route) allows(f *gram.Formula) bool {
	if r == Plain {
		// Impossible only if the test asks for a whole magic.
		return f.Offset != 0 || RouteOf(f.Bytes) == Plain
	}
	for _, m := range magics {
		if compatible(f, m) {
			return true
		}
	}
	return false
}

// compatible tells whether content that begins with m can pass the test.
func compatible(f *gram.Formula, m []byte) bool {
	for i, c := range f.Bytes {
		if at := f.Offset + int64(i); at >= 0 && at < int64(len(m)) && m[at] != c {
			return false
		}
	}
	return true
}
