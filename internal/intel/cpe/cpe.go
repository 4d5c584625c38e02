// Package cpe reads names of products by Common Platform Enumeration 2.3: its
// formatted strings and the URIs of 2.2 (NISTIR 7695), and tells whether one holds
// another (NISTIR 7696).
package cpe

import (
	"errors"
	"fmt"
	"strings"

	"candor"
)

// most is how many bytes a name has at most.
const most = 2000

// Kind is whether an attribute has a value.
type Kind uint8

// The kinds.
const (
	Any  Kind = iota // all values, or nothing is said
	None             // it has no meaning here, "-"
	Text
)

// Attribute is the value of one attribute of a name.
type Attribute struct {
	Kind Kind
	// Text is the value in lower case without escapes. Before and After are what may
	// stand before and behind it: a sign "*" for anything, or as many "?" as there may
	// be signs.
	Text, Before, After string
}

// Of gives an attribute with a value.
func Of(text string) Attribute { return Attribute{Kind: Text, Text: strings.ToLower(text)} }

// Wild tells whether it stands for several values.
func (a Attribute) Wild() bool { return a.Kind == Any || a.Before != "" || a.After != "" }

// Name is a name of products. The zero value is that of all.
type Name struct {
	Part, Vendor, Product, Version, Update, Edition, Language, SoftwareEdition, TargetSoftware, TargetHardware, Other Attribute
}

// attributes are those of a name in the order of formatted strings.
func (n *Name) attributes() [11]*Attribute {
	return [...]*Attribute{&n.Part, &n.Vendor, &n.Product, &n.Version, &n.Update, &n.Edition, &n.Language, &n.SoftwareEdition, &n.TargetSoftware, &n.TargetHardware, &n.Other}
}

// Parse reads a name: "cpe:2.3:a:wordpress:wordpress:6.4.2:*:*:*:*:*:*:*", or
// "cpe:/a:wordpress:wordpress:6.4.2". What is none is candor.ErrInvalid.
func Parse(text string) (n Name, err error) {
	if len(text) > most {
		return n, fmt.Errorf("a name of more than %d bytes: %w", most, candor.ErrInvalid)
	}
	lower := strings.ToLower(text)
	switch {
	case strings.HasPrefix(lower, "cpe:2.3:"):
		err = n.formatted(lower[len("cpe:2.3:"):])
	case strings.HasPrefix(lower, "cpe:/"):
		err = n.uri(lower[len("cpe:/"):])
	default:
		err = errors.New("neither cpe:2.3: nor cpe:/ is before it")
	}
	if p := n.Part; err == nil && (p.Kind == None || p.Kind == Text && (p.Wild() || p.Text != "a" && p.Text != "o" && p.Text != "h")) {
		err = fmt.Errorf("%q is no part", p.Text)
	}
	if err != nil {
		return Name{}, fmt.Errorf("%.80q is no name of CPE: %w: %w", text, err, candor.ErrInvalid)
	}
	return n, nil
}

// formatted reads what follows the prefix of a formatted string.
func (n *Name) formatted(text string) error {
	fields, all := split(text), n.attributes()
	if len(fields) != len(all) {
		return fmt.Errorf("it has %d attributes, and not %d", len(fields), len(all))
	}
	for i, f := range fields {
		var err error
		if *all[i], err = parseAttribute(f); err != nil {
			return err
		}
	}
	return nil
}

// split cuts a formatted string at its colons, but for those behind a "\".
func split(text string) (fields []string) {
	begin := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case ':':
			fields, begin = append(fields, text[begin:i]), i+1
		}
	}
	return append(fields, text[begin:])
}

// parseAttribute reads an attribute of a formatted string.
func parseAttribute(field string) (a Attribute, err error) {
	switch field {
	case "*":
		return a, nil
	case "-":
		return Attribute{Kind: None}, nil
	case "":
		return a, errors.New("an attribute is empty")
	}
	a.Kind = Text
	a.Before, field = wild(field)
	var text strings.Builder
	for i := 0; i < len(field); i++ {
		switch c := field[i]; {
		case c == '\\' && i+1 < len(field):
			i++
			text.WriteByte(field[i])
		case c == '\\' || c <= ' ' || c == 0x7f:
			return a, fmt.Errorf("%q stands alone", c)
		case c == '*' || c == '?':
			var rest string
			if a.After, rest = wild(field[i:]); rest != "" {
				return a, fmt.Errorf("%q is within a value", c)
			}
			i = len(field)
		default:
			text.WriteByte(c)
		}
	}
	if a.Text = text.String(); a.Text == "" && (a.After != "" || a.Before == "") {
		return a, errors.New("a value has nothing but wildcards")
	}
	return a, nil
}

// wild gives the wildcards that a value begins with, and the rest.
func wild(field string) (signs, rest string) {
	if rest, ok := strings.CutPrefix(field, "*"); ok {
		return "*", rest
	}
	rest = strings.TrimLeft(field, "?")
	return field[:len(field)-len(rest)], rest
}

// String is the name as a formatted string.
func (n Name) String() string {
	var out strings.Builder
	out.WriteString("cpe:2.3")
	for _, a := range n.attributes() {
		out.WriteString(":" + a.String())
	}
	return out.String()
}

// String is the attribute as formatted strings have it.
func (a Attribute) String() string {
	switch a.Kind {
	case Any:
		return "*"
	case None:
		return "-"
	}
	var out strings.Builder
	out.WriteString(a.Before)
	for i := range len(a.Text) {
		c := a.Text[i]
		if plain := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80 || (c == '.' || c == '-') && len(a.Text) > 1; !plain {
			out.WriteByte('\\')
		}
		out.WriteByte(c)
	}
	return out.String() + a.After
}
