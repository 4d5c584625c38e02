package engine

import "candor/engine/internal/match"

// Forms gives the forms of content that rules are matched against: the content
// itself, and the normal forms of pages that ClamAV matches its signatures
// against. In place of the normal form of a text it gives what is contiguous
// there but not in the text: so of what a signature asks for, sequences of at
// most gram.MaxAtom bytes without white space and DEL are in a form where it
// matches, and others need not be. It belongs to one goroutine.
type Forms struct{ inner *match.Scanner }

// NewForms makes a Forms.
func NewForms() *Forms {
	set := &match.Set{CodeOff: []uint32{0}, Signatures: true}
	set.Init()
	return &Forms{match.NewScanner(set, nil)}
}

// Each calls yield with each form of data, valid until it returns.
func (f *Forms) Each(data []byte, yield func(form []byte)) { f.inner.Forms(data, yield) }
