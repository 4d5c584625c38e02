package clamav

import (
	"strings"

	"candor/engine/pattern"
)

// Body is a signature that is one byte pattern: a line of .ndb or .db.
type Body struct {
	Name   string
	Raw    string // the line
	Origin *Origin
	Line   int
	Target Target
	Offset Offset
	Pattern
}

// Pattern is a byte pattern with what must hold around it.
//
// In two respects libclamav matches something else, on purpose left behind:
// of bodies with gaps it remembers the last eight places of each part only,
// and where the data end within a body that has markers or alternatives of
// different lengths in its middle, it takes the begin for the whole.
type Pattern struct {
	// Node matches the bytes of the signature. The match begins where Offset
	// says; nothing else about the place is part of Node.
	Node *pattern.Node
	// Lead, if not nil, must match ending exactly where Node begins. It is the
	// single byte before an anchored gap ("aa[2-4]bbcc"), which does not
	// belong to the match for offsets and counts. It is only used where that
	// makes a difference (an offset is given); else Node includes it.
	Lead *pattern.Node
	// Before looks at the bytes that end where Node begins, After at the bytes
	// that begin where it ends.
	Before, After Check
	// Parts is the number of pieces that gaps cut the signature into; see
	// Subsig for its bearing on counts.
	Parts int
}

// readExtended reads "name:target:offset:body[:level[:level]]".
func readExtended(r *reader, l line) {
	var fields [7]string
	n := split(l.text, fields[:])
	name := cleanName(fields[0])
	if n < 4 || n > 6 {
		r.problem(l, nameOf(l.text), "%d fields, want 4 to 6", n)
		return
	}
	fits, ok := r.levels(fields[4:n])
	if !ok {
		r.problem(l, name, "functionality level is not a number")
		return
	}
	if !fits {
		r.ignore(l, name, otherLevel)
		return
	}
	target := uint32(Any)
	if fields[1] != "*" {
		if target, ok = number(fields[1]); !ok {
			r.problem(l, name, "target is not a number")
			return
		}
	}
	if target >= targets {
		r.ignore(l, name, "target that no engine knows")
		return
	}
	r.addBody(l, name, Target(target), fields[2], fields[3])
}

// readPlain reads "name=body", the oldest format.
func readPlain(r *reader, l line) {
	name, body, ok := strings.Cut(l.text, "=")
	if !ok {
		r.problem(l, nameOf(l.text), "no = in the line")
		return
	}
	if strings.HasPrefix(body, "=") { // libclamav skips such lines
		r.ignore(l, cleanName(name), "doubled =")
		return
	}
	r.addBody(l, cleanName(name), Any, "*", body)
}

func (r *reader) addBody(l line, name string, t Target, offset, body string) {
	if name == "" {
		r.problem(l, name, "no name")
		return
	}
	o, err := parseOffset(offset, t)
	if err != nil {
		r.problem(l, name, "%v", err)
		return
	}
	least := 2
	if plain(body) && fastTarget(t, o) {
		least = 3
	}
	p, err := parseBody(body, bodyOptions{offset: o, least: least})
	if err != nil {
		r.problem(l, name, "%v", err)
		return
	}
	r.db.Bodies = append(r.db.Bodies, Body{
		Name: name, Raw: l.text, Origin: l.origin, Line: l.number,
		Target: t, Offset: o, Pattern: p,
	})
}

// fastTarget tells whether libclamav gives a body without wildcards to its
// Boyer-Moore matcher, which wants one byte more.
func fastTarget(t Target, o Offset) bool {
	if o.Kind == VersionInfo || o.Kind == MacroGroup {
		return false
	}
	return t == Any || t == PE && o.Kind != Anywhere && o.MaxShift == 0
}

// plain tells whether body has no wildcards.
func plain(body string) bool { return !strings.ContainsAny(body, "?([{*") }
