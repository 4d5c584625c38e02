package terms

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"candor/internal/phrase"
	"candor/internal/regex"
)

// reader puts values where they belong, and reports those of another shape.
type reader struct {
	report
	lines map[string]int // by pointer
}

func (r *reader) wrong(n *yaml.Node, at, code string, args phrase.Args) {
	r.fault(at, code, args)
	r.line(n.Line)
}

// lineAt gives the line of a place, or of what it is in.
func (r *reader) lineAt(pointer string) int {
	for pointer != "" && r.lines[pointer] == 0 {
		pointer = pointer[:strings.LastIndexByte(pointer, '/')]
	}
	return r.lines[pointer]
}

// member is a member of an object: how its value is read.
type member struct {
	name     string
	required bool
	read     func(n *yaml.Node, at string)
}

// object reads an object. Names that no member has are refused.
func (r *reader) object(n *yaml.Node, at string, members ...member) {
	r.lines[at] = n.Line
	if n.Kind != yaml.MappingNode {
		r.wrong(n, at, "type", phrase.Args{"want": "name: …"})
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		here := under(at, key.Value)
		m := slices.IndexFunc(members, func(m member) bool { return m.name == key.Value })
		switch {
		case seen[key.Value]:
			r.wrong(key, here, "duplicate", phrase.Args{"name": excerpt(key.Value)})
		case m >= 0 && key.Kind == yaml.ScalarNode:
			r.lines[here] = value.Line
			members[m].read(value, here)
		case slices.Contains([]string{"default", "chosen", "checked", "preselected", "selected", "value", "answer"}, key.Value):
			r.wrong(key, here, "chosen", phrase.Args{"name": key.Value})
		default:
			r.wrong(key, here, "unknown", phrase.Args{"name": excerpt(key.Value), "names": names(members)})
		}
		seen[key.Value] = true
	}
	for _, m := range members {
		if m.required && !seen[m.name] {
			r.wrong(n, at, "missing", phrase.Args{"name": m.name})
		}
	}
}

func names(members []member) string {
	all := make([]string, len(members))
	for i, m := range members {
		all[i] = m.name
	}
	return strings.Join(all, ", ")
}

// list reads a list of least to most items.
func (r *reader) list(n *yaml.Node, at string, least, most int, item func(*yaml.Node, string)) {
	switch {
	case n.Kind != yaml.SequenceNode:
		r.wrong(n, at, "type", phrase.Args{"want": "- …"})
		return
	case len(n.Content) < least:
		r.wrong(n, at, "few", phrase.Args{"least": least})
	case len(n.Content) > most:
		r.wrong(n, at, "many", phrase.Args{"most": most, "n": len(n.Content)})
		return
	}
	for i, c := range n.Content {
		here := at + "/" + strconv.Itoa(i)
		r.lines[here] = c.Line
		item(c, here)
	}
}

// set reads a list of words of a form that differ from each other.
func (r *reader) set(out *[]string, form string) func(*yaml.Node, string) {
	return func(n *yaml.Node, at string) {
		r.list(n, at, 0, 50, func(n *yaml.Node, at string) {
			var word string
			r.form(&word, form)(n, at)
			if word != "" && slices.Contains(*out, word) {
				r.wrong(n, at, "twice", phrase.Args{"name": word})
			}
			*out = append(*out, word)
		})
	}
}

func (r *reader) tags(out *[]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, at string) {
		r.set(out, "tag")(n, at)
		if n.Kind == yaml.SequenceNode && (len(n.Content) == 0 || len(n.Content) > 12) {
			r.wrong(n, at, "many", phrase.Args{"most": 12, "n": len(n.Content)})
		}
	}
}

func (r *reader) flag(out *bool) func(*yaml.Node, string) {
	return func(n *yaml.Node, at string) {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
			r.wrong(n, at, "type", phrase.Args{"want": "true, false"})
			return
		}
		*out = strings.EqualFold(n.Value, "true")
	}
}

// mostAge is above any age from which people act for themselves.
const mostAge = 25

func (r *reader) age(out *int) func(*yaml.Node, string) {
	return func(n *yaml.Node, at string) {
		years, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil || years < 1 || years > mostAge {
			r.wrong(n, at, "word", phrase.Args{"value": excerpt(n.Value), "words": "1 – " + strconv.Itoa(mostAge)})
			return
		}
		*out = years
	}
}

// scalar gives what was written where a text is wanted. Numbers and days need
// no quotes.
func (r *reader) scalar(n *yaml.Node, at string) (string, bool) {
	if n.Kind == yaml.ScalarNode && slices.Contains([]string{"!!str", "!!int", "!!float", "!!timestamp"}, n.Tag) {
		return n.Value, true
	}
	r.wrong(n, at, "type", phrase.Args{"want": `"…"`})
	return "", false
}

func (r *reader) word(out *string, words ...string) func(*yaml.Node, string) {
	return func(n *yaml.Node, at string) {
		s, ok := r.scalar(n, at)
		switch {
		case !ok:
		case slices.Contains(words, s):
			*out = s
		default:
			r.wrong(n, at, "word", phrase.Args{"value": excerpt(s), "words": strings.Join(words, ", ")})
		}
	}
}

var forms = map[string]*regex.Regexp{
	"id":          regex.Of(`^[a-z0-9][a-z0-9._-]{0,63}$`),
	"action":      regex.Of(`^[a-z][a-z0-9-]{0,31}$`),
	"requirement": regex.Of(`^[0-9A-Za-z][0-9A-Za-z.-]{0,15}$`),
	"version":     regex.Of(`^[0-9A-Za-z][0-9A-Za-z.+-]{0,31}$`),
	"sha256":      regex.Of(`^[0-9a-f]{64}$`),
	"tag":         regex.Of(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`),
	"contact":     regex.Of(`^(https://[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?(/[!-~]*)?|mailto:[0-9A-Za-z._+-]+@[0-9A-Za-z.-]+)$`),
}

// example is a text of a form.
func example(form string) string {
	return map[string]string{"id": "scanning", "action": "quarantine", "requirement": "2.2f", "version": "2027.1", "sha256": "9f86d081…",
		"tag": "en, zh, pt-BR", "contact": "mailto:help@example.net"}[form]
}

func (r *reader) form(out *string, form string) func(*yaml.Node, string) {
	return func(n *yaml.Node, at string) {
		s, ok := r.scalar(n, at)
		switch {
		case !ok:
		case len(s) > 300 || !forms[form].MatchString(s):
			r.wrong(n, at, "form", phrase.Args{"value": excerpt(s), "example": example(form)})
		default:
			*out = s
		}
	}
}

func (r *reader) moment(out *string) func(*yaml.Node, string) {
	return func(n *yaml.Node, at string) {
		s, ok := r.scalar(n, at)
		if !ok {
			return
		}
		if t, err := time.Parse(time.RFC3339, s); err != nil || t.Format(time.RFC3339) != s || t.Year() < 1900 {
			r.wrong(n, at, "date", phrase.Args{"value": excerpt(s)})
			return
		}
		*out = s
	}
}

// line1 reads a text of one line.
func (r *reader) line1(n *yaml.Node, at string, most int) string {
	s, ok := r.scalar(n, at)
	if !ok {
		return ""
	}
	s = strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c == ' ' || c == '\n' }), " ")
	return r.bounded(n, at, s, most)
}

func (r *reader) bounded(n *yaml.Node, at, s string, most int) string {
	switch count := utf8.RuneCountInString(s); {
	case count == 0:
		r.wrong(n, at, "few", phrase.Args{"least": 1})
	case count > most:
		r.wrong(n, at, "long", phrase.Args{"most": most, "n": count})
	case unfit(s) != 0:
		r.wrong(n, at, "character", phrase.Args{"value": strconv.FormatInt(int64(unfit(s)), 16)})
	default:
		return s
	}
	return ""
}

// unfit gives the first character that no text may have: controls, those that
// turn the direction of writing around, and what stands for damage.
func unfit(s string) rune {
	for _, c := range s {
		switch {
		case c == '\n':
		case c < 0x20, c >= 0x7f && c <= 0x9f, c == 0x2028, c == 0x2029, c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069,
			c == 0x200e, c == 0x200f, c == 0x200b, c == 0xfeff, c == 0xfffd, c == 0xfffe, c == 0xffff, c == 0x61c:
			return c
		}
	}
	return 0
}

// texts reads a text by language; marked ones are Markdown, and are brought
// into the one form that their blocks have.
func (r *reader) texts(out *Text, most int, marked bool) func(*yaml.Node, string) {
	return func(n *yaml.Node, at string) {
		*out = Text{}
		r.lines[at] = n.Line
		if n.Kind != yaml.MappingNode || len(n.Content) == 0 || len(n.Content) > 24 {
			r.wrong(n, at, "type", phrase.Args{"want": "en: …"})
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			tag, here := n.Content[i].Value, under(at, n.Content[i].Value)
			r.lines[here] = n.Content[i].Line
			if !forms["tag"].MatchString(tag) {
				r.wrong(n.Content[i], at, "tag", phrase.Args{"name": excerpt(tag)})
				continue
			}
			if _, twice := (*out)[tag]; twice {
				r.wrong(n.Content[i], here, "duplicate", phrase.Args{"name": tag})
			}
			if marked {
				(*out)[tag] = r.marked(n.Content[i+1], here, most)
			} else {
				(*out)[tag] = r.line1(n.Content[i+1], here, most)
			}
		}
	}
}

func (r *reader) marked(n *yaml.Node, at string, most int) string {
	s, ok := r.scalar(n, at)
	if !ok {
		return ""
	}
	if s = r.bounded(n, at, strings.Trim(s, " \n"), 2*most); s == "" {
		return ""
	}
	blocks, mark := parse(s)
	if mark != "" {
		r.wrong(n, at, "markup", phrase.Args{"mark": mark})
		return ""
	}
	return r.bounded(n, at, source(blocks), most)
}
