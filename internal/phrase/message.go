package phrase

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
)

// message is one text, or several by plural form.
type message struct {
	forms  []form
	plural bool
}

// form is the text for a plural form.
type form struct {
	of plural.Form
	text
}

// form gives the text for a plural form.
func (m message) form(f plural.Form) (text, bool) {
	for i := range m.forms {
		if m.forms[i].of == f {
			return m.forms[i].text, true
		}
	}
	return text{}, false
}

// text is what stands between placeholders, and the placeholders' names:
// literals[0] names[0] literals[1] … with one literal more than names.
type text struct {
	literals []string
	names    []string
}

var formNames = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two,
	"few": plural.Few, "many": plural.Many, "other": plural.Other,
}

// parseArea reads a file of texts; need are the plural forms that its language
// uses for whole numbers.
func parseArea(data []byte, need []plural.Form) (map[string]message, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, err
	}
	out := make(map[string]message, len(raw))
	for key, value := range raw {
		m, err := parseMessage(value, need)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", key, err)
		}
		out[key] = m
	}
	return out, nil
}

func parseMessage(value json.RawMessage, need []plural.Form) (message, error) {
	if value[0] == '"' {
		var s string
		if err := json.Unmarshal(value, &s); err != nil {
			return message{}, err
		}
		t, err := parseText(s)
		return message{forms: []form{{plural.Other, t}}}, err
	}
	var byForm map[string]string
	if err := json.Unmarshal(value, &byForm); err != nil {
		return message{}, err
	}
	m := message{plural: true}
	for name, s := range byForm {
		of, known := formNames[name]
		if !known {
			return m, fmt.Errorf("there is no plural form %q", name)
		}
		t, err := parseText(s)
		if err != nil {
			return m, err
		}
		m.forms = append(m.forms, form{of, t})
	}
	for name, of := range formNames {
		if _, has := m.form(of); !has && slices.Contains(need, of) {
			return m, fmt.Errorf("the plural form %q is missing", name)
		}
	}
	return m, nil
}

func parseText(s string) (text, error) {
	var t text
	for {
		before, rest, open := strings.Cut(s, "{")
		if strings.Contains(before, "}") {
			return t, errors.New("a brace is closed that was not opened")
		}
		t.literals = append(t.literals, before)
		if !open {
			return t, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || !isName(name) {
			return t, fmt.Errorf("a placeholder is damaged: {%s", rest)
		}
		t.names = append(t.names, name)
		s = after
	}
}

func isName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// plain gives a text without its placeholders.
func (m message) plain() string {
	t, _ := m.form(plural.Other)
	return strings.Join(t.literals, "")
}

// names gives the placeholders of all forms, sorted.
func (m message) names() []string {
	var out []string
	for _, t := range m.forms {
		out = append(out, t.names...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
