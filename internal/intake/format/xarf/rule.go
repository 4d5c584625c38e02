package xarf

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"candor/internal/regex"
)

// shape is what a value has to be like.
type shape struct {
	kind        string
	least, most float64 // of a length, or of a number
	values      []string
	like        *regex.Regexp
	closed      bool // no other fields
	required    []string
	fields      map[string]*shape // "*" stands for any
	item        *shape
}

func newShape(kind string) *shape {
	return &shape{kind: kind, least: math.Inf(-1), most: math.Inf(1)}
}

// parseRules reads rules.tsv, which is part of the program: what is wrong with it
// is wrong with that.
func parseRules(list string) map[string]*shape {
	all := make(map[string]*shape)
	for line := range strings.Lines(list) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if all[f[0]] == nil {
			all[f[0]] = newShape("object")
		}
		field, required := strings.CutSuffix(f[1], "!")
		all[f[0]].place(strings.Split(strings.ReplaceAll(field, "[]", ".[]"), "."), required).set(f[2])
	}
	return all
}

// place finds the shape of a field, and makes those on the way.
func (s *shape) place(path []string, required bool) *shape {
	if len(path) == 0 {
		return s
	}
	if path[0] == "[]" {
		if s.item == nil {
			s.item = newShape("")
		}
		return s.item.place(path[1:], required)
	}
	if s.fields == nil {
		s.fields = make(map[string]*shape)
	}
	next := s.fields[path[0]]
	if next == nil {
		next = newShape("")
		s.fields[path[0]] = next
	}
	if required && len(path) == 1 {
		s.required = append(s.required, path[0])
	}
	return next.place(path[1:], required)
}

func (s *shape) set(kind string) {
	kind, arg, _ := strings.Cut(kind, " ")
	s.kind = kind
	switch {
	case kind == "one":
		s.values = strings.Fields(arg)
	case kind == "like":
		s.like = regex.Of(arg)
	case arg == "closed":
		s.closed = true
	case arg != "":
		least, most, _ := strings.Cut(arg, "..")
		if n, err := strconv.ParseFloat(least, 64); err == nil {
			s.least = n
		}
		if n, err := strconv.ParseFloat(most, 64); err == nil {
			s.most = n
		}
	}
}

// problem is what is wrong with a field; its zero value is none.
type problem struct{ field, what string }

// deepest is how deep fields that a version knows lie in each other.
const deepest = 20

// check gives the first problem of a value.
func (s *shape) check(v any, field string, depth int) problem {
	if depth > deepest {
		return problem{}
	}
	if what := s.wrong(v); what != "" {
		return problem{field, what}
	}
	switch v := v.(type) {
	case map[string]any:
		return s.checkFields(v, field, depth)
	case []any:
		for i, one := range v {
			if s.item == nil {
				break
			}
			if p := s.item.check(one, fmt.Sprintf("%s[%d]", field, i), depth+1); p.what != "" {
				return p
			}
		}
	}
	return problem{}
}

func (s *shape) checkFields(v map[string]any, field string, depth int) problem {
	if field != "" {
		field += "."
	}
	for _, name := range s.required {
		if _, ok := v[name]; !ok {
			return problem{field + name, "is missing"}
		}
	}
	names := make([]string, 0, len(v))
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names) // so that the same report gives the same reason
	for _, name := range names {
		next := s.fields[name]
		if next == nil {
			next = s.fields["*"]
		}
		switch {
		case next == nil && s.closed:
			return problem{field + short(name), "is no field of it"}
		case next != nil:
			if p := next.check(v[name], field+short(name), depth+1); p.what != "" {
				return p
			}
		}
	}
	return problem{}
}

// wrong says what is wrong with a value by itself.
func (s *shape) wrong(v any) string {
	switch s.kind {
	case "":
		return ""
	case "object":
		m, ok := v.(map[string]any)
		return s.length("an object", ok, len(m), "fields")
	case "list":
		l, ok := v.([]any)
		return s.length("a list", ok, len(l), "items")
	case "whole", "number":
		return s.number(v)
	case "yesno":
		if _, ok := v.(bool); !ok {
			return fmt.Sprintf("%s is neither true nor false", show(v))
		}
		return ""
	case "plain":
		_, text := v.(string)
		n, whole := v.(json.Number)
		if !text && !(whole && isWhole(n)) {
			return show(v) + " is neither text nor a whole number"
		}
		return ""
	case "ports":
		return ports(v)
	case "sample":
		return sample(v)
	}
	text, ok := v.(string)
	if !ok {
		return show(v) + " is no text"
	}
	return s.text(text)
}

func (s *shape) text(text string) string {
	switch s.kind {
	case "text":
		return s.length("text", true, utf8.RuneCountInString(text), "characters")
	case "one":
		if !slices.Contains(s.values, text) {
			return fmt.Sprintf("%s is none of %s", show(text), strings.Join(s.values, ", "))
		}
	case "like":
		if !s.like.MatchString(text) {
			return fmt.Sprintf("%s is not like %s", show(text), s.like)
		}
	default:
		if !is[s.kind](text) {
			return fmt.Sprintf("%s is no %s", show(text), called[s.kind])
		}
	}
	return ""
}

func (s *shape) length(kind string, ok bool, n int, of string) string {
	switch {
	case !ok:
		return "is not " + kind
	case float64(n) < s.least:
		return fmt.Sprintf("has %d %s, and needs %g", n, of, s.least)
	case float64(n) > s.most:
		return fmt.Sprintf("has %d %s, and may have %g", n, of, s.most)
	}
	return ""
}

func (s *shape) number(v any) string {
	n, ok := v.(json.Number)
	if !ok {
		return show(v) + " is no number"
	}
	f, err := n.Float64()
	switch {
	case err != nil:
		return show(v) + " is no number"
	case s.kind == "whole" && !isWhole(n):
		return show(v) + " is no whole number"
	case f < s.least || f > s.most:
		return fmt.Sprintf("%s is not from %s to %s", show(v), plain(s.least), plain(s.most))
	}
	return ""
}

// plain is a bound as people write it.
func plain(f float64) string {
	if math.IsInf(f, 0) {
		return "any"
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func isWhole(n json.Number) bool {
	f, err := n.Float64()
	return err == nil && f == float64(int64(f))
}

// ports is one, or a list of them.
func ports(v any) string {
	port := shape{kind: "whole", most: math.MaxUint16}
	list, ok := v.([]any)
	if !ok {
		return port.number(v)
	}
	for _, one := range list {
		if what := port.number(one); what != "" {
			return what
		}
	}
	return ""
}

// sample is a text, or names a file.
func sample(v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return "is not an object"
	}
	optional := func(name, kind string) bool {
		x, has := m[name]
		return !has || newShape(kind).wrong(x) == ""
	}
	_, hasType := m["ContentType"].(string)
	_, hasPayload := m["Payload"].(string)
	if hasType && hasPayload && optional("Base64Encoded", "yesno") && optional("Description", "text") {
		return ""
	}
	if _, named := m["FileName"].(string); named && optional("FileSize", "whole") {
		return ""
	}
	return "has neither ContentType and Payload nor FileName, or one of another kind"
}

// called are the kinds in words.
var called = map[string]string{
	"time": "time with a zone (RFC 3339)", "date": "date", "address": "IP address", "uri": "URI",
	"mail": "mail address", "host": "host name", "uuid": "UUID", "base64": "base64",
}

var (
	hostname = regex.Of(`^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*\.?$`)
	uuid     = regex.Of(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
)

var is = map[string]func(string) bool{
	"time":    func(s string) bool { _, err := time.Parse(time.RFC3339, strings.ToUpper(s)); return err == nil },
	"date":    func(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil },
	"address": func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Zone() == "" },
	"uri": func(s string) bool {
		u, err := url.Parse(s)
		return err == nil && u.Scheme != "" && !strings.Contains(s, " ")
	},
	"mail": func(s string) bool {
		a, err := mail.ParseAddress(s)
		return err == nil && a.Address == s
	},
	"host": func(s string) bool { return len(s) <= 254 && hostname.MatchString(s) },
	"uuid": uuid.MatchString,
	"base64": func(s string) bool {
		s = strings.NewReplacer("\r", "", "\n", "").Replace(s)
		_, err := base64.StdEncoding.DecodeString(s)
		return err == nil
	},
}

// show is a value as people read it, if it is short.
func show(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%.60q", v)
	case json.Number:
		return fmt.Sprintf("%.30s", v)
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case []any:
		return "a list"
	}
	return "an object"
}

func short(name string) string {
	if len(name) > 60 {
		return fmt.Sprintf("%.60q", name)
	}
	return name
}
