package index

import "golang.org/x/sys/cpu"

// wide tells whether 32 bytes are looked at together.
var wide = cpu.X86.HasAVX2

// noteFourSteps is marks.noteFour for so many times eight bytes at p, which three
// more are to follow.
//
//go:noescape
func noteFourSteps(m *byte, mask uint32, p *byte, steps int)

// tagMasksAVX2 writes tagMasks of so many times 32 bytes at p.
//
//go:noescape
func tagMasksAVX2(dst *uint32, p *byte, blocks int)

// highBitsAVX2 writes the highest bits of so many times 32 bytes.
//
//go:noescape
func highBitsAVX2(dst, of *byte, blocks int)

func (m marks) noteFourSteps(form []byte) (noted int) {
	if len(form) < 12 {
		return 0
	}
	steps := (len(form) - 4) / 8
	noteFourSteps(&m[0], uint32(len(m)-1), &form[0], steps)
	return 8 * steps
}
