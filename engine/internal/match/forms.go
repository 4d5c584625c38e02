package match

import "candor/engine/normal"

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

// formsOf gives the forms of a file. Their memory is that of the Scanner.
func (s *Scanner) formsOf(data []byte) []form {
	t := normal.Type(data)
	out := s.forms[:0]
	switch {
	case t == normal.TypeHTML:
		out = append(out, form{data: data, rules: true, unsigned: true})
		out = s.pages(out, data)
	case t == normal.TypeHTMLUTF16:
		out = append(out, form{data: data, rules: true})
		out = s.pages(out, normal.UTF16(nil, data))
	case t == normal.TypeScript:
		out = append(out, form{data: data, rules: true})
		out = s.text(out, data)
	case t.Text():
		out = s.textForms(out, t, data)
	default:
		out = append(out, form{data: data, rules: true, targets: [2]int{t.Target()}})
		if t == normal.TypeGIF && normal.Anywhere(data) == normal.TypeHTML {
			out = s.pages(out, data)
		}
	}
	s.forms = out
	return out
}

func (s *Scanner) textForms(out []form, t normal.FileType, data []byte) []form {
	raw := form{data: data, rules: true}
	further := normal.TypeAny
	if t == normal.TypeTextASCII {
		further = normal.Anywhere(data)
	}
	if further == normal.TypeMail {
		raw.targets[0] = targetMail
	}
	out = append(out, raw)
	if further == normal.TypeHTML {
		return s.pages(out, data)
	}
	return s.text(out, data)
}

func (s *Scanner) text(out []form, data []byte) []form {
	if len(data) > normal.MaxText {
		return out
	}
	s.textBuffer = normal.Text(s.textBuffer[:0], data)
	return append(out, form{data: s.textBuffer, targets: [2]int{targetASCII}})
}

func (s *Scanner) pages(out []form, data []byte) []form {
	s.html.Read(data, 0)
	out = append(out, form{data: s.html.NoComment, targets: [2]int{targetHTML}, digests: true})
	out = append(out, form{data: s.html.NoTags, targets: [2]int{targetHTML}, digests: true})
	if s.html.Script != nil {
		out = append(out, form{data: s.html.Script, targets: [2]int{targetHTML, targetASCII}, digests: true})
	}
	return out
}

// digests reports the digests of the content and its sections, and tells
// whether the content is one that no signature is to report.
func (s *Scanner) digests(data []byte) (allowed bool) {
	digestsOf(data, s.set.Allowed, func(uint32) { allowed = true })
	if !allowed {
		digestsOf(data, s.set.Digests, s.report)
		s.sections(data)
	}
	return allowed
}
