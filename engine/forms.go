package engine

import (
	"crypto/sha256"
	"encoding/hex"

	"candor/engine/internal/match"
)

// FormsOf names the forms of content that rules are matched against. Rules
// whose FormsOf is the same are matched against the same forms.
type FormsOf string

const (
	// ContentOnly is the content itself, which all that YARA has is matched against.
	ContentOnly FormsOf = ""
	// StandardForms are also the normal forms of pages and texts that ClamAV
	// matches its signatures against. With file types of a user's own (.ftm)
	// they are others and have another name.
	StandardForms FormsOf = "standard"
)

// Forms names the forms that r is matched against.
func (r *Rules) Forms() FormsOf {
	switch {
	case !r.set.Signatures:
		return ContentOnly
	case len(r.set.Types) == 0:
		return StandardForms
	}
	return FormsOf(hex.EncodeToString(printSignatures(&match.Set{Types: r.set.Types})[:sha256.Size/2]))
}

// Forms calls each with the StandardForms of data, as Observe has them, and
// matches nothing.
func (s *Scanner) Forms(data []byte, each func(form []byte)) { s.inner.Forms(data, each) }

// Observe has Scan call each with the forms that it matches rules against. In
// place of the normal form of a text it gives what is contiguous there but not
// in the text: so of what a signature asks for, sequences of at most
// gram.MaxAtom bytes without white space and DEL are in a form where it
// matches, and others need not be. A form is valid until each returns.
//
// With all it is called with the StandardForms although no rule is matched
// against them; rules with signatures need no asking. Nil ends that.
func (s *Scanner) Observe(each func(form []byte), all bool) { s.inner.Observe(each, all) }
