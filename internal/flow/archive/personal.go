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

// About is the question as far as it is about one line: without the names of
// others.
func (q Question) About(line candor.ID) Question {
	all := q.Where
	q.Where = nil
	for _, c := range all {
		if c.Field == FieldLine {
			c.Values = slices.DeleteFunc(slices.Clone(c.Values), func(v Value) bool { return v.Line != "" && v.Line != line })
		}
		if len(c.Values) > 0 {
			q.Where = append(q.Where, c)
		}
	}
	return q
}

// OfHousehold tells whether a question is about what somebody does: it names a
// line, or the address of one; or it has to do with addresses of an end, and
// singles a household out: by interfaces or local ports, or by what it leaves out.
// Whose an address of the other end is, Others asks.
func (q Question) OfHousehold() bool {
	if len(q.Named()) > 0 || slices.ContainsFunc(q.Where, func(c Condition) bool { return c.Field == FieldLocal && !c.Not }) {
		return true
	}
	for i, c := range q.Where {
		others := q
		others.Where = slices.Delete(slices.Clone(q.Where), i, i+1)
		if c.singles() && others.ofEnds() {
			return true
		}
	}
	return false
}

// singles tells whether a condition may leave the flows of one household alone, or
// leave out those of one, together with others.
func (c Condition) singles() bool {
	switch c.Field {
	case FieldIn, FieldOut, FieldLocalPort:
		return true
	case FieldLine:
		return slices.ContainsFunc(c.Values, func(v Value) bool { return v.Line != "" })
	case FieldLocal:
		return true
	default:
		return false
	}
}

// Others is the question that tells whether a household has an address that q names
// as one of the other end: it has, if anything is found. It is false if q names
// none. What is as wide as the networks that others are told of by names nobody.
func (q Question) Others() (Question, bool) {
	of := Condition{Field: FieldLocal}
	for _, c := range q.Where {
		if c.Field != FieldPeer || c.Not {
			continue
		}
		for _, v := range c.Values {
			if p := v.Network; p.IsValid() && p.Bits() > NetBits(p.Addr()) {
				of.Values = append(of.Values, v)
			}
		}
	}
	noLine := Condition{Field: FieldLine, Not: true, Values: []Value{{}}}
	return Question{Since: q.Since, Until: q.Until, Where: []Condition{of, noLine}, Limit: 1}, len(of.Values) > 0
}

// Personal tells whether an answer says who talks with whom, or when lines are
// used: the question is about a household, has a condition on addresses of an end
// or tells such apart, or tells lines apart by steps. Flows themselves always do.
// With which networks the provider as a whole has to do says nothing of anybody.
func (q Question) Personal() bool {
	whole := len(q.Where) == 0 && !slices.Contains(q.By, FieldLine) && !slices.Contains(q.By, FieldLocal) && !slices.Contains(q.By, FieldPeer)
	return q.OfHousehold() || q.ofEnds() && !whole || q.Step > 0 && slices.Contains(q.By, FieldLine)
}

// ofEnds tells whether a question has to do with addresses of an end.
func (q Question) ofEnds() bool {
	end := func(f Field) bool { return f == FieldLocal || f == FieldPeer || f == FieldPeerNet }
	return slices.ContainsFunc(q.By, end) || slices.ContainsFunc(q.Where, func(c Condition) bool { return end(c.Field) })
}
