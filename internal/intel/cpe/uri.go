package cpe

import (
	"errors"
	"fmt"
	"strings"
)

// uri reads what follows the prefix of a URI: up to seven attributes, the sixth of
// which may hold five (NISTIR 7695, 6.1.2.3).
func (n *Name) uri(text string) error {
	fields := strings.Split(text, ":")
	if len(fields) > 7 {
		return fmt.Errorf("it has %d attributes, and not at most 7", len(fields))
	}
	all := n.attributes()
	for i, f := range fields {
		if i == 5 && strings.HasPrefix(f, "~") {
			if err := n.packed(f); err != nil {
				return err
			}
			continue
		}
		var err error
		if *all[i], err = parseComponent(f); err != nil {
			return err
		}
	}
	return nil
}

// packed reads an edition that holds others: "~edition~sw_edition~target_sw~target_hw~other".
func (n *Name) packed(field string) error {
	parts := strings.Split(field[1:], "~")
	into := []*Attribute{&n.Edition, &n.SoftwareEdition, &n.TargetSoftware, &n.TargetHardware, &n.Other}
	if len(parts) != len(into) {
		return errors.New("a packed edition has five parts")
	}
	for i, p := range parts {
		var err error
		if *into[i], err = parseComponent(p); err != nil {
			return err
		}
	}
	return nil
}

// parseComponent reads an attribute of a URI.
func parseComponent(field string) (a Attribute, err error) {
	switch field {
	case "":
		return a, nil
	case "-":
		return Attribute{Kind: None}, nil
	}
	a.Kind = Text
	var text strings.Builder
	for i := 0; i < len(field); i++ {
		c := field[i]
		if c <= ' ' || c == 0x7f {
			return a, fmt.Errorf("%q stands in it", c)
		}
		sign := byte(0)
		if c == '%' {
			if i+2 >= len(field) {
				return a, errors.New("an escape is cut off")
			}
			high, low := hex(field[i+1]), hex(field[i+2])
			if high < 0 || low < 0 {
				return a, fmt.Errorf("%q is no escape", field[i:i+3])
			}
			i += 2
			if c = byte(high<<4 | low); c == 1 || c == 2 { //nolint:gosec // two digits
				sign = "?*"[c-1]
			} else if c <= ' ' || c >= 0x7f {
				return a, fmt.Errorf("%q stands in it", c)
			}
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
		}
		switch {
		case sign == 0 && a.After != "":
			return a, errors.New("a wildcard is within a value")
		case sign == 0:
			text.WriteByte(c)
		case text.Len() == 0:
			a.Before += string(sign)
		default:
			a.After += string(sign)
		}
	}
	a.Text = text.String()
	for _, w := range []string{a.Before, a.After} {
		if strings.Contains(w, "*") && w != "*" {
			return a, errors.New("wildcards that are no two together")
		}
	}
	if a.Text == "" && a.Before == "*" {
		return Attribute{}, nil
	}
	return a, nil
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
