package match

import (
	"candor/engine/gram"
	"candor/engine/internal/plan"
	"candor/engine/normal"
)

// form is a buffer that rules are matched against, and the ClamAV targets
// whose signatures are. See package normal for what libclamav matches against
// what.
type form struct {
	data       []byte
	rules      bool   // it is the content itself: YARA rules see it
	unsigned   bool   // signatures do not
	targets    [2]int // besides Any; 0 for none
	digests    bool   // digests are taken of it: not of the raw bytes, that has been done
	signatures bool   // signatures are wanted
	text       bool   // it is the normal form of the text, made when its turn comes
	size       int    // of the file that the form is of
}

// takes tells whether the rules of a group see the form; see Group.Target.
func (f *form) takes(target uint8) bool {
	if target == 0 {
		return f.rules
	}
	t := int(target) - 1
	return f.signatures && !f.unsigned && (t == 0 || t == f.targets[0] || t == f.targets[1])
}

const (
	targetHTML  = 3
	targetMail  = 4
	targetASCII = 7
)

// smallest is the size up to which libclamav looks at nothing.
const smallest = 5

// formsOf gives the forms of a file. Their memory is that of the Scanner. The
// normal form of a text is not made yet: see textForm.
func (s *Scanner) formsOf(data []byte) []form {
	raw := form{data: data, rules: true, size: len(data)}
	if len(data) <= smallest {
		raw.unsigned = true
		return append(s.forms[:0], raw)
	}
	t := s.set.types.Type(data)
	out := s.forms[:0]
	switch {
	case t == normal.TypeIgnored:
		raw.unsigned = true
		out = append(out, raw)
	case t == normal.TypeHTML:
		raw.unsigned = true
		out = s.pages(append(out, raw), data)
	case t == normal.TypeHTMLUTF16:
		out = s.pages(append(out, raw), normal.UTF16(nil, data))
	case t == normal.TypeScript:
		out = append(out, raw, form{text: true, size: len(data)})
	case t.Text():
		out = s.textForms(out, t, raw)
	default:
		raw.targets[0] = t.Target()
		out = append(out, raw)
		if t == normal.TypeGIF && s.anywhere(data) == normal.TypeHTML {
			out = s.pages(out, data)
		}
	}
	s.forms = out
	return out
}

// Forms calls yield with each form of data that any rule may be looked for in;
// of the normal form of a text with its seams. They are valid until it returns.
func (s *Scanner) Forms(data []byte, yield func(form []byte)) {
	defer s.trim()
	for _, f := range s.formsOf(data) {
		s.show(&f, data, 0, yield)
	}
}

// Observe has Scan call yield as Forms does: with the forms that the rules of
// the set are matched against, or with all. Nil ends that.
func (s *Scanner) Observe(yield func(form []byte), all bool) { s.observe, s.observeAll = yield, all }

// show yields a form. Before the offset plain, data is known to be plain text.
func (s *Scanner) show(f *form, data []byte, plain int, yield func(form []byte)) {
	switch {
	case !f.text:
		yield(f.data)
	case len(data) <= normal.MaxText:
		s.textBuffer = normal.Seams(s.textBuffer[:0], data, plain, gram.MaxAtom)
		yield(s.textBuffer)
	}
}

func (s *Scanner) textForms(out []form, t normal.FileType, raw form) []form {
	further := normal.TypeAny
	if t == normal.TypeTextASCII {
		further = s.anywhere(raw.data)
	}
	if further == normal.TypeMail {
		raw.targets[0] = targetMail
	}
	out = append(out, raw)
	if further == normal.TypeHTML {
		return s.pages(out, raw.data)
	}
	return append(out, form{text: true, size: len(raw.data)})
}

// anywhere is normal.Anywhere, but for content without a sign of HTML it may
// miss mail, if there are no signatures for mail.
func (s *Scanner) anywhere(data []byte) normal.FileType {
	if !s.set.mail && !normal.HTMLSign(data) {
		return normal.TypeAny
	}
	return normal.Anywhere(data)
}

// textForm makes the normal form of a text, if a signature may match it. It
// is called when the text itself has just been looked at.
func (s *Scanner) textForm(f *form, data []byte) bool {
	if len(data) > normal.MaxText || s.set.TextGated && !s.textOpened() {
		return false
	}
	s.textBuffer = normal.Text(s.textBuffer[:0], data)
	f.data, f.targets = s.textBuffer, [2]int{targetASCII}
	return true
}

// textOpened tells whether the gate of the normal form of the text is open, or
// opens it: for an atom in the text, or where the form joins what is apart
// there.
func (s *Scanner) textOpened() bool {
	p := s.set.Plans[Raw][plan.RouteOf(s.data)]
	gate := len(s.set.Groups)
	if p == nil || s.opened[gate] == s.epoch {
		return p != nil
	}
	s.find(&s.texts, &p.Text, 0) // its atoms are all of this gate
	if s.opened[gate] == s.epoch {
		return true
	}
	if s.observe == nil { // else they are there already: the form has just been shown
		s.textBuffer = normal.Seams(s.textBuffer[:0], s.data, s.plain, gram.MaxAtom)
	}
	return len(s.textBuffer) > 0 && (s.opens(&p.Strong[plan.Text]) || s.opens(&p.Lanes[0].Weak) || s.opens(&p.Text))
}

// textOpens tells whether an atom of the gate of the normal form of texts is
// where the form has its piece.
func (s *Scanner) textOpens(u plan.Use, f *gram.Finder, atom uint32) bool {
	number, off := u.Text()
	if number >= len(s.set.TextPieces) || f.Saturated(atom) {
		return true
	}
	for h := f.Head(atom); h >= 0; h = f.Hits[h].Next {
		if normal.TextHolds(s.data, f.Hits[h].Pos, s.set.TextPieces[number], off) {
			return true
		}
	}
	return false
}

// opens tells whether an atom of the text gate is in the seams.
func (s *Scanner) opens(x *plan.Index) bool {
	if x.Table.Atoms() == 0 {
		return false
	}
	f := &s.texts
	f.Limit = 1
	f.Find(x.Table, s.textBuffer)
	for _, atom := range f.Found {
		for _, u := range x.Uses[x.UseOff[atom]:x.UseOff[atom+1]] {
			if g, ok := plan.Use(u).Gate(); ok && g == len(s.set.Groups) {
				return true
			}
		}
	}
	return false
}

func (s *Scanner) pages(out []form, data []byte) []form {
	s.html.Read(data, 0)
	size := len(data)
	out = append(out, form{data: s.html.NoComment, targets: [2]int{targetHTML}, digests: true, size: size})
	out = append(out, form{data: s.html.NoTags, targets: [2]int{targetHTML}, digests: true, size: size})
	if s.html.Script != nil {
		out = append(out, form{data: s.html.Script, targets: [2]int{targetHTML, targetASCII}, digests: true, size: size})
	}
	return out
}

// digests reports the digests of the content and its sections.
func (s *Scanner) digests(data []byte) {
	digestsOf(data, s.set.Digests, s.report)
	s.sections(data)
}

// allowed tells whether the content is one that no signature is to report.
func (s *Scanner) allowed(data []byte) (yes bool) {
	digestsOf(data, s.set.Allowed, func(uint32) { yes = true })
	return yes
}
