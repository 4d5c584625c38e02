package engine

import "candor/engine/internal/match"

// Forms gives the forms of content that rules are matched against: the content
// itself, and the normal forms of texts and pages that ClamAV matches its
// signatures against. It belongs to one goroutine.
type Forms struct{ inner *match.Scanner }

// NewForms makes a Forms.
func NewForms() *Forms {
	set := &match.Set{CodeOff: []uint32{0}, Signatures: true}
	set.Init()
	return &Forms{match.NewScanner(set, nil)}
}

// Each calls yield with each form of data, valid until it returns. What the
// formula of a rule asks for is in one of them where the rule matches.
func (f *Forms) Each(data []byte, yield func(form []byte)) { f.inner.Forms(data, yield) }
