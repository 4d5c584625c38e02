package clamav

import (
	"errors"
	"fmt"
	"strings"

	"candor/engine/pattern"
)

// Subsig is a subsignature. Exactly one of Variants, Regexp, Compare and Macro
// speaks.
//
// Counts, which Logic is about, are of places:
//
//   - Variants: the offsets at which any of them matches, each counted once.
//     If there are gaps (Pattern.Parts above one), libclamav counts the places
//     of the last part that complete a match instead; with several first parts
//     for one last part that is one, with several last parts for one first
//     part it is several.
//   - Regexp: one if it matches; with Global, the number of matches found one
//     after the other, each search beginning at the end of the match before.
//   - Compare: one if the comparison holds.
//   - Macro: see there.
type Subsig struct {
	Raw      string
	Offset   Offset    // of Variants and Regexp
	Variants []Pattern // one, or with the modifiers w and a two: wide and plain
	Regexp   *Regexp
	Compare  *ByteCompare
	Macro    *Macro
}

// Regexp is a subsignature that is a regular expression.
//
// It is tried where Trigger is true for the counts of the subsignatures before
// it. The search begins at the offset. With Offset.Kind Anywhere, or Rolling,
// or a MaxShift above zero, the match may begin anywhere after that (with
// MaxShift at most that many bytes after it, which is checked for the first
// match only); else it must begin right there. With Encompass and a MaxShift
// the expression sees no more than MaxShift bytes. In any case what is before
// the offset is invisible: \A, ^ and lookbehind see the offset as the begin.
type Regexp struct {
	Trigger   *Logic
	Source    string
	Flags     string // those of PCRE among the flags: i s m x A E U
	Global    bool   // g
	Rolling   bool   // r
	Encompass bool   // e
	Node      *pattern.Node
}

// RegexpParser checks a regular expression of PCRE's dialect under flags (any
// of i s m x A E U) and lowers it. An error says why it cannot.
type RegexpParser func(source, flags string) (*pattern.Node, error)

// Macro is a subsignature "${min-max}group$". It stands for all the bodies of
// other signatures with Offset.Kind MacroGroup and this group, for the same
// target, and belongs to the subsignature before it.
//
// libclamav evaluates it thus: the first match of the subsignature before it
// counts as always. From its second match on, and once more at the end, it
// compares the last place at which a body of the group matched with the last
// remembered place of the subsignature: if the distance from the begin of the
// one to the begin of the other is not within Min and Max the match is not
// counted after all, else the macro's own count grows.
type Macro struct {
	Min, Max uint32
	Group    uint32
}

// subsig reads the subsignature with the given index.
func (r *reader) subsig(s string, index int, t Target) (Subsig, error) {
	sub := Subsig{Raw: s}
	var err error
	switch {
	case strings.HasPrefix(s, "$"):
		sub.Macro, err = parseMacro(s)
	case strings.Contains(s, "/"):
		err = r.regexp(&sub, index, t)
	case strings.Contains(s, "(") && strings.Count(s, "#") > 1:
		sub.Compare, err = parseCompare(s)
	case strings.HasPrefix(s, "fuzzy_img#"):
		err = errors.New("fuzzy hashes of images are not supported")
	default:
		err = sub.content(t)
	}
	return sub, err
}

func parseMacro(s string) (*Macro, error) {
	m := &Macro{}
	var ok bool
	rest := strings.TrimPrefix(s, "${")
	for _, f := range []struct {
		to  *uint32
		end string
	}{{&m.Min, "-"}, {&m.Max, "}"}, {&m.Group, "$"}} {
		if *f.to, rest, ok = leading(rest); !ok || !strings.HasPrefix(rest, f.end) {
			return nil, errors.New("invalid macro")
		}
		rest = rest[1:]
	}
	if rest != "" || !strings.HasPrefix(s, "${") {
		return nil, errors.New("invalid macro")
	}
	if m.Group >= macroGroups {
		return nil, errors.New("macro group out of range")
	}
	return m, nil
}

// content reads "[offset:]body[::modifiers]".
func (sub *Subsig) content(t Target) (err error) {
	fields := strings.Split(sub.Raw, ":")
	offset, body, mods := "*", fields[0], ""
	switch len(fields) {
	case 1:
	case 2:
		offset, body = fields[0], fields[1]
	case 3:
		mods = fields[2]
	case 4:
		offset, body, mods = fields[0], fields[1], fields[3]
	default:
		return fmt.Errorf("%d fields, want at most 4", len(fields))
	}
	if sub.Offset, err = parseOffset(offset, t); err != nil {
		return err
	}
	o := bodyOptions{offset: sub.Offset, least: 2, modified: mods != ""}
	var full, wide, ascii bool
	for _, m := range []byte(mods) {
		switch m {
		case 'i':
			o.nocase = true
		case 'f':
			full = true
		case 'w':
			wide = true
		case 'a':
			ascii = true
		default:
			return fmt.Errorf("unknown modifier %q", m)
		}
	}
	if full {
		body = "(W)" + braces(body) + "(W)"
	}
	if wide {
		text, err := widen(body)
		if err != nil {
			return err
		}
		w := o
		w.wide = true
		if err := sub.variant(text, w); err != nil {
			return err
		}
	}
	if !wide || ascii {
		return sub.variant(body, o)
	}
	return nil
}

func (sub *Subsig) variant(body string, o bodyOptions) error {
	p, err := parseBody(body, o)
	if err == nil {
		sub.Variants = append(sub.Variants, p)
	}
	return err
}

// braces turns anchored gaps into gaps, for they are no longer anchored at an
// end.
func braces(s string) string { return strings.NewReplacer("[", "{", "]", "}").Replace(s) }

// widen puts a zero after each byte. The numbers of gaps stay what they are.
func widen(s string) (string, error) {
	s = braces(s)
	var b strings.Builder
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '{':
			n := strings.IndexByte(s[i:], '}')
			if n < 0 {
				return "", errors.New("missing closing brace")
			}
			b.WriteString(s[i : i+n+1])
			i += n + 1
		case c == '(' && marker(s[i:]) != NoCheck:
			b.WriteString(s[i : i+3])
			i += 3
		case strings.IndexByte("*|)(!", c) >= 0:
			b.WriteByte(c)
			i++
		case i+1 < len(s):
			b.WriteString(s[i : i+2])
			b.WriteString("00")
			i += 2
		default:
			return "", errDigits
		}
	}
	return b.String(), nil
}

// regexp reads "[offset:]trigger/expression/[flags]".
func (r *reader) regexp(sub *Subsig, index int, t Target) (err error) {
	offset, s := "*", sub.Raw
	slash := strings.IndexByte(s, '/')
	if i := strings.IndexByte(s[:slash], ':'); i >= 0 {
		offset, s = s[:i], s[i+1:]
		slash -= i + 1
	}
	last := strings.LastIndexByte(s, '/')
	if slash == last {
		return errors.New("regular expression without a closing slash")
	}
	x := &Regexp{Source: s[slash+1 : last]}
	if slash == 0 || x.Source == "" {
		return errors.New("regular expression without trigger or expression")
	}
	if x.Trigger, err = parseLogic(s[:slash]); err != nil {
		return err
	}
	if x.Trigger.greatest() >= index {
		return errors.New("trigger of the regular expression is not before it")
	}
	if sub.Offset, err = parseOffset(offset, t); err != nil {
		return err
	}
	if err := x.flags(s[last+1:]); err != nil {
		return err
	}
	parse := r.o.Regexp
	if parse == nil {
		parse = parsePCRE
	}
	if x.Node, err = parse(x.Source, x.Flags); err != nil {
		return err
	}
	sub.Regexp = x
	return nil
}

// parsePCRE is the RegexpParser of the engine.
func parsePCRE(source, flags string) (*pattern.Node, error) {
	return pattern.ParseRegexp(source, pattern.RegexpFlags{
		Dialect:   pattern.PCRE,
		Nocase:    strings.Contains(flags, "i"),
		DotAll:    strings.Contains(flags, "s"),
		Multiline: strings.Contains(flags, "m"),
		Extended:  strings.Contains(flags, "x"),
		Anchored:  strings.Contains(flags, "A"),
		DollarEnd: strings.Contains(flags, "E"),
		Ungreedy:  strings.Contains(flags, "U"),
	})
}

func (x *Regexp) flags(s string) error {
	for _, f := range []byte(s) {
		switch f {
		case 'i', 's', 'm', 'x', 'A', 'E', 'U':
			x.Flags += string(f)
		case 'g':
			x.Global = true
		case 'r':
			x.Rolling = true
		case 'e':
			x.Encompass = true
		default:
			return fmt.Errorf("unknown flag %q of the regular expression", f)
		}
	}
	return nil
}
