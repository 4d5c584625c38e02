package archive

import (
	"slices"

	"candor"
)

// Named gives the lines that a question is about, each once: those of conditions
// that do not exclude.
func (q Question) Named() (lines []candor.ID) {
	for _, c := range q.Where {
		for _, v := range c.Values {
			if c.Field == FieldLine && !c.Not && v.Line != "" && !slices.Contains(lines, v.Line) {
				lines = append(lines, v.Line)
			}
		}
	}
	return lines
}

// OfHousehold tells whether a question is about what somebody does: it names a
// line, or the address of one.
func (q Question) OfHousehold() bool {
	return len(q.Named()) > 0 || slices.ContainsFunc(q.Where, func(c Condition) bool { return c.Field == FieldLocal && !c.Not })
}

// Personal tells whether an answer says who talks with whom: the question is about
// a household or an address, or tells lines apart together with other ends.
// Flows themselves always do.
func (q Question) Personal() bool {
	if q.OfHousehold() || slices.ContainsFunc(q.Where, func(c Condition) bool { return c.Field == FieldPeer || c.Field == FieldLocal }) {
		return true
	}
	var own, other bool
	for _, f := range q.By {
		own = own || f == FieldLine || f == FieldLocal
		other = other || f == FieldPeer || f == FieldPeerNet
	}
	return own && other
}
