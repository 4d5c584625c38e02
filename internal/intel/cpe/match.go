package cpe

import "strings"

// Relation is how the values that an attribute or name stands for lie to those of
// another (NISTIR 7696, 6.2).
type Relation uint8

// The relations.
const (
	Undefined Relation = iota // the other one has wildcards: that is not told
	Disjoint
	Subset
	Superset
	Equal
)

// Compare tells how an attribute lies to another (NISTIR 7696, table 6-2).
func (a Attribute) Compare(to Attribute) Relation {
	switch {
	case to.Kind == Text && to.Wild():
		return Undefined
	case a.Kind == Any && to.Kind == Any, a.Kind == None && to.Kind == None:
		return Equal
	case a.Kind == Any:
		return Superset
	case to.Kind == Any:
		return Subset
	case a.Kind == None || to.Kind == None:
		return Disjoint
	case !a.Wild() && a.Text == to.Text:
		return Equal
	case a.Wild() && a.holds(to.Text):
		return Superset
	}
	return Disjoint
}

// holds tells whether a value with wildcards stands for another one.
func (a Attribute) holds(text string) bool {
	for at := 0; ; at++ {
		n := strings.Index(text[at:], a.Text)
		if n < 0 {
			return false
		}
		at += n
		if lets(a.Before, at) && lets(a.After, len(text)-at-len(a.Text)) {
			return true
		}
		if at >= len(text) {
			return false
		}
	}
}

// lets tells whether wildcards stand for so many bytes: "??" for up to two.
func lets(wild string, n int) bool { return wild == "*" || n <= len(wild) }

// Compare tells how a name lies to another: it holds it if it is Equal or Superset
// (NISTIR 7696, table 6-4).
func (n Name) Compare(to Name) Relation {
	a, b := n.attributes(), to.attributes()
	sub, super, undefined := false, false, false
	for i := range a {
		switch a[i].Compare(*b[i]) {
		case Disjoint:
			return Disjoint
		case Undefined:
			undefined = true
		case Subset:
			sub = true
		case Superset:
			super = true
		}
	}
	switch {
	case undefined || sub && super:
		return Undefined
	case sub:
		return Subset
	case super:
		return Superset
	}
	return Equal
}
