package plan

import "bytes"

// Route is a kind of content, told by its first bytes. Rules that ask for
// another kind are not looked for in it.
type Route uint8

// The routes. Other is all content that begins like none of the magics.
const (
	Other Route = iota
	MZ
	ELF
	MachO
	Zip
	OLE
	PDF
	Image
	Markup
	Routes
)

// magics give the beginnings of each route; a file that has one of them
// takes that route, so within Other none of them is at offset 0.
var magics = [Routes][][]byte{
	MZ:     {[]byte("MZ")},
	ELF:    {[]byte("\x7fELF")},
	MachO:  {{0xCA, 0xFE, 0xBA, 0xBE}, {0xCE, 0xFA, 0xED, 0xFE}, {0xCF, 0xFA, 0xED, 0xFE}, {0xFE, 0xED, 0xFA, 0xCE}, {0xFE, 0xED, 0xFA, 0xCF}},
	Zip:    {[]byte("PK")},
	OLE:    {{0xD0, 0xCF, 0x11, 0xE0}},
	PDF:    {[]byte("%PDF")},
	Image:  {[]byte("\x89PNG"), {0xFF, 0xD8, 0xFF}, []byte("GIF8")},
	Markup: {[]byte("<")},
}

// RouteOf tells the route of content that begins with head.
func RouteOf(head []byte) Route {
	if len(head) == 0 {
		return Other
	}
	for r := MZ; r < Routes; r++ {
		for _, m := range magics[r] {
			if bytes.HasPrefix(head, m) {
				return r
			}
		}
	}
	return Other
}

// starts gives the beginnings that content of the route can have; nil means
// that any but the magics of other routes are possible.
func (r Route) starts() [][]byte { return magics[r] }
