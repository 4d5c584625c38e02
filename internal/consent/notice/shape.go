package notice

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"candor/internal/phrase"
	"candor/internal/regex"
)

// shape says what a JSON value looks like. The check of a document and the
// published schema both come from it.
type shape struct {
	kind        kind
	about       string
	members     []member // of an object
	least, most int      // items, members, or code points
	item        *shape   // of a list, or of texts by language
	form        string   // of a string: a name of forms
	words       []string // of a string: those that there are
}

type member struct {
	name     string
	required bool
	*shape
}

type kind int

const (
	object kind = iota
	list        // items differ from each other
	text        // a string
	flag        // true or false
	byTag       // strings by language
)

// forms are patterns that RE2 and ECMA-262 read alike. Control characters,
// directional overrides and U+FFFD are nowhere allowed.
var forms = map[string]*regex.Regexp{
	"line":       regex.Of("^[^\x00-\x1f\x7f-\u009f\u202a-\u202e\u2028\u2029\ufeff\ufffd]*[^\x00-\x20\x7f-\u00a0\u202a-\u202e\u2028\u2029\u3000\ufeff\ufffd][^\x00-\x1f\x7f-\u009f\u202a-\u202e\u2028\u2029\ufeff\ufffd]*$"),
	"id":         regex.Of(`^[a-z0-9][a-z0-9._-]{0,63}$`),
	"version":    regex.Of(`^[0-9A-Za-z][0-9A-Za-z.+-]{0,31}$`),
	"date":       regex.Of(`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`),
	"sha256":     regex.Of(`^[0-9a-f]{64}$`),
	"tag":        regex.Of(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`),
	"country":    regex.Of(`^[A-Z]{2}$`),
	"url":        regex.Of(`^https://[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?(/[!-~]*)?$`),
	"contact":    regex.Of(`^(https://[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?(/[!-~]*)?|mailto:[0-9A-Za-z._+-]+@[0-9A-Za-z.-]+)$`),
	"email":      regex.Of(`^[0-9A-Za-z._+-]+@[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+$`),
	"phone":      regex.Of(`^\+[0-9]([0-9 -]{3,24})[0-9]$`),
	"host":       regex.Of(`^(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*$`),
	"origin":     regex.Of(`^(self|inline|(https?|wss?)://(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*(:[0-9]{1,5})?)$`),
	"path":       regex.Of(`^/[!-~]*$`),
	"name":       regex.Of(`^[!-~]([ -~]*[!-~])?$`),
	"lifetime":   regex.Of(`^(session|unlimited|P[1-9][0-9]{0,3}[YMWD]|PT[1-9][0-9]{0,5}[HMS])$`),
	"retention":  regex.Of(`^(session|account|purpose|P[1-9][0-9]{0,3}[YMWD]|PT[1-9][0-9]{0,5}[HMS])$`),
	"identifier": regex.Of(`^[!-~]{1,128}$`),
}

// check reports where a value has another shape.
func (s *shape) check(v any, at string, r *report) {
	switch s.kind {
	case object:
		s.checkObject(v, at, r)
	case list:
		s.checkList(v, at, r)
	case byTag:
		s.checkTexts(v, at, r)
	case flag:
		if _, ok := v.(bool); !ok {
			r.fault(at, "type", phrase.Args{"want": "true, false"})
		}
	case text:
		s.checkText(v, at, r)
	}
}

func (s *shape) checkObject(v any, at string, r *report) {
	m, ok := v.(map[string]any)
	if !ok {
		r.fault(at, "type", phrase.Args{"want": "{…}"})
		return
	}
	for _, name := range sorted(m) {
		i := slices.IndexFunc(s.members, func(k member) bool { return k.name == name })
		if i < 0 {
			r.fault(under(at, name), "unknown", phrase.Args{"name": excerpt(name), "names": s.names()})
			continue
		}
		s.members[i].check(m[name], under(at, name), r)
	}
	for _, k := range s.members {
		if _, has := m[k.name]; k.required && !has {
			r.fault(at, "missing", phrase.Args{"name": k.name})
		}
	}
	if len(m) < s.least {
		r.fault(at, "few", phrase.Args{"least": s.least})
	}
}

func (s *shape) names() string {
	var all []string
	for _, m := range s.members {
		all = append(all, m.name)
	}
	return strings.Join(all, ", ")
}

func (s *shape) checkList(v any, at string, r *report) {
	items, ok := v.([]any)
	if !ok {
		r.fault(at, "type", phrase.Args{"want": "[…]"})
		return
	}
	s.checkCount(len(items), at, r)
	seen := map[string]bool{}
	for i, item := range items {
		here := at + "/" + strconv.Itoa(i)
		s.item.check(item, here, r)
		same, _ := json.Marshal(item) // maps are written sorted
		if seen[string(same)] {
			r.fault(here, "twice", phrase.Args{"name": excerpt(string(same))})
		}
		seen[string(same)] = true
	}
}

func (s *shape) checkCount(n int, at string, r *report) {
	switch {
	case n < s.least:
		r.fault(at, "few", phrase.Args{"least": s.least})
	case n > s.most:
		r.fault(at, "many", phrase.Args{"most": s.most, "n": n})
	}
}

func (s *shape) checkTexts(v any, at string, r *report) {
	m, ok := v.(map[string]any)
	if !ok {
		r.fault(at, "type", phrase.Args{"want": `{"en": "…"}`})
		return
	}
	s.checkCount(len(m), at, r)
	for _, tag := range sorted(m) {
		if !forms["tag"].MatchString(tag) {
			r.fault(under(at, tag), "tag", phrase.Args{"name": excerpt(tag)})
		}
		s.item.check(m[tag], under(at, tag), r)
	}
}

func (s *shape) checkText(v any, at string, r *report) {
	str, ok := v.(string)
	if !ok {
		r.fault(at, "type", phrase.Args{"want": `"…"`})
		return
	}
	n := utf8.RuneCountInString(str)
	switch {
	case s.words != nil:
		if !slices.Contains(s.words, str) {
			r.fault(at, "word", phrase.Args{"value": excerpt(str), "words": strings.Join(s.words, ", ")})
		}
	case n < s.least:
		r.fault(at, "short", phrase.Args{"least": s.least})
	case n > s.most:
		r.fault(at, "long", phrase.Args{"most": s.most, "n": n})
	case !forms[s.form].MatchString(str):
		r.fault(at, "form", phrase.Args{"value": excerpt(str), "example": example(s.form)})
	}
}

// excerpt is what a problem shows of a stranger's text.
func excerpt(s string) string {
	const most = 60
	s = strings.Map(func(c rune) rune {
		if !strconv.IsPrint(c) {
			return '·'
		}
		return c
	}, s)
	if utf8.RuneCountInString(s) > most {
		return string([]rune(s)[:most]) + "…"
	}
	return s
}

func sorted(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// example is a string of a form.
func example(form string) string {
	switch form {
	case "id":
		return "orders"
	case "version":
		return "2026.1"
	case "date":
		return "2026-11-05"
	case "sha256":
		return "9f86d081…"
	case "country":
		return "AT"
	case "url":
		return "https://example.net/privacy"
	case "contact":
		return "mailto:security@example.net"
	case "email":
		return "privacy@example.net"
	case "phone":
		return "+43 1 234567"
	case "host":
		return "*.example.net"
	case "origin":
		return "self, inline, https://cdn.example.net"
	case "path":
		return "/assets/*.js"
	case "name":
		return "_ga_*"
	case "lifetime":
		return "session, unlimited, P13M, PT30M"
	case "retention":
		return "session, account, purpose, P10Y"
	case "identifier":
		return "id@example.net"
	}
	return "…"
}
