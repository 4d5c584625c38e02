package gram

import "bytes"

// FormulaOp is what a Formula says.
type FormulaOp uint8

const (
	Anything FormulaOp = iota // nothing is known: always possible
	Nothing                   // never possible
	Present                   // one of the atoms of Set occurs
	AllOf                     // all of Sub
	AnyOf                     // one of Sub
	AtLeast                   // N of Sub
	Size                      // the content is Min to Max bytes long
	Header                    // Bytes stand at Offset
	FormSize                  // one of the forms of the content is Min to Max bytes long
)

// Formula is a condition on content that is necessary for a rule to match:
// where it is false, the rule cannot be true. It is the rule's own logic over
// the grams of its strings, its size limits and its header tests.
type Formula struct {
	Op       FormulaOp
	Set      Set
	Pattern  uint32 // Present: the number of the pattern that Set was made of
	Within   int64  // Present: it begins within the first so many bytes, or, below 0, the last; 0 for anywhere
	Sub      []*Formula
	N        int
	Min, Max int64
	Offset   int64
	Bytes    []byte
}

var (
	anything = &Formula{Op: Anything}
	nothing  = &Formula{Op: Nothing}
)

// Any is the Formula that says nothing.
func Any() *Formula { return anything }

// Never is the Formula that is never true.
func Never() *Formula { return nothing }

// And joins formulas of which all must hold.
func And(fs ...*Formula) *Formula {
	out := &Formula{Op: AllOf}
	for _, f := range fs {
		switch f.Op {
		case Anything:
		case Nothing:
			return nothing
		case AllOf:
			out.Sub = append(out.Sub, f.Sub...)
		default:
			out.Sub = append(out.Sub, f)
		}
	}
	switch len(out.Sub) {
	case 0:
		return anything
	case 1:
		return out.Sub[0]
	}
	return out
}

// Or joins formulas of which one must hold.
func Or(fs ...*Formula) *Formula {
	out := &Formula{Op: AnyOf}
	for _, f := range fs {
		switch f.Op {
		case Anything:
			return anything
		case Nothing:
		case AnyOf:
			out.Sub = append(out.Sub, f.Sub...)
		default:
			out.Sub = append(out.Sub, f)
		}
	}
	switch len(out.Sub) {
	case 0:
		return nothing
	case 1:
		return out.Sub[0]
	}
	return out
}

// Threshold joins formulas of which n must hold.
func Threshold(n int, fs []*Formula) *Formula {
	switch {
	case n <= 0:
		return anything
	case n > len(fs):
		return nothing
	case n == 1:
		return Or(fs...)
	case n == len(fs):
		return And(fs...)
	}
	return &Formula{Op: AtLeast, N: n, Sub: fs}
}

// Possible evaluates f for content of which the beginning (head) and the size
// are known. present answers for the atoms; nil means that every atom may be
// there. Of the size of forms nothing is known. Head must reach as far as
// Header tests are to be decided; tests past its end are taken for possible
// unless the content ends there too.
func (f *Formula) Possible(head []byte, size int64, present func(*Formula) bool) bool {
	switch f.Op {
	case Nothing:
		return false
	case Present:
		return present == nil || present(f)
	case AllOf:
		for _, s := range f.Sub {
			if !s.Possible(head, size, present) {
				return false
			}
		}
	case AnyOf, AtLeast:
		need := max(f.N, 1)
		for i, s := range f.Sub {
			if len(f.Sub)-i < need {
				return false
			}
			if s.Possible(head, size, present) {
				if need--; need == 0 {
					return true
				}
			}
		}
		return false
	case Size:
		return size >= f.Min && size <= f.Max
	case Header:
		return f.header(head, size)
	}
	return true
}

func (f *Formula) header(head []byte, size int64) bool {
	if f.Offset < 0 || f.Offset+int64(len(f.Bytes)) > size {
		return false
	}
	if f.Offset >= int64(len(head)) {
		return true
	}
	n := min(len(f.Bytes), len(head)-int(f.Offset))
	return bytes.Equal(head[f.Offset:int(f.Offset)+n], f.Bytes[:n])
}

// Cover chooses Present formulas such that f can only hold where at least one
// of them does, at the least cost. The cost is Impossible if there is no such
// choice.
func (f *Formula) Cover() ([]*Formula, float64) {
	switch f.Op {
	case Nothing:
		return nil, 0
	case Present:
		return []*Formula{f}, f.Set.Cost
	case AllOf:
		var best []*Formula
		cost := Impossible
		for _, s := range f.Sub {
			if c, k := s.Cover(); k < cost {
				best, cost = c, k
			}
		}
		return best, cost
	case AnyOf:
		return coverAny(f.Sub, 1)
	case AtLeast:
		return coverAny(f.Sub, f.N)
	}
	return nil, Impossible
}

// coverAny covers n of sub: of any n that hold one is among the len(sub)-n+1 cheapest.
func coverAny(sub []*Formula, n int) ([]*Formula, float64) {
	type choice struct {
		c    []*Formula
		cost float64
	}
	choices := make([]choice, len(sub))
	for i, s := range sub {
		choices[i].c, choices[i].cost = s.Cover()
	}
	for n > 1 { // drop the n-1 most expensive ones
		worst := 0
		for i := range choices {
			if choices[i].cost > choices[worst].cost {
				worst = i
			}
		}
		choices = append(choices[:worst], choices[worst+1:]...)
		n--
	}
	var out []*Formula
	total := 0.0
	for _, c := range choices {
		if c.cost >= Impossible {
			return nil, Impossible
		}
		out = append(out, c.c...)
		total += c.cost
	}
	return out, total
}
