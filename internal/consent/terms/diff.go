package terms

import (
	"slices"

	"znkr.io/diff"
)

// Op says what happened to a piece of text.
type Op string

// The operations.
const (
	Kept  Op = "kept"
	Taken Op = "taken" // it is in the old version only
	Added Op = "added" // it is in the new version only
)

// Piece is text of one kind that was kept, taken out or added.
type Piece struct {
	Op Op `json:"op"`
	Span
}

// Passage is a block of two versions of a text laid over each other. Op is that
// of its beginning: a paragraph that was joined to the one before has a
// beginning that is taken.
type Passage struct {
	Op     Op       `json:"op"`
	List   ListKind `json:"list,omitempty"`
	Pieces []Piece  `json:"pieces"`
}

// edit is a token with what happened to it.
type edit struct {
	op Op
	token
}

// compare lays two texts over each other, word by word. Without what was added
// the edits are the old text, without what was taken the new one.
func compare(old, new []token) []edit {
	var all []edit
	for _, e := range diff.Edits(old, new) {
		switch e.Op {
		case diff.Match:
			all = append(all, edit{Kept, e.X})
		case diff.Delete:
			all = append(all, edit{Taken, e.X})
		case diff.Insert:
			all = append(all, edit{Added, e.Y})
		}
	}
	return gathered(all)
}

// gathered makes one change of two that only a space keeps apart, and puts what
// was taken before what was added.
func gathered(all []edit) (out []edit) {
	for i := 0; i < len(all); {
		if all[i].op == Kept {
			out = append(out, all[i])
			i++
			continue
		}
		var taken, added []edit
		for ; i < len(all); i++ {
			e := all[i]
			bridge := e.op == Kept && e.space() && i+1 < len(all) && all[i+1].op != Kept
			if e.op == Kept && !bridge {
				break
			}
			if e.op != Added {
				taken = append(taken, edit{Taken, e.token})
			}
			if e.op != Taken {
				added = append(added, edit{Added, e.token})
			}
		}
		out = append(append(out, taken...), added...)
	}
	return out
}

// side gives the tokens of one side: all but those of an operation.
func side(all []edit, not Op) (out []token) {
	for _, e := range all {
		if e.op != not {
			out = append(out, e.token)
		}
	}
	return out
}

// passages puts edits into blocks. A beginning that is taken where another is
// added in its place begins nothing.
func passages(all []edit) (out []Passage) {
	for _, e := range all {
		if e.begins {
			out = append(out, Passage{Op: e.op, List: e.list})
			continue
		}
		last := &out[len(out)-1]
		if n := len(last.Pieces); n > 0 {
			piece := &last.Pieces[n-1]
			if piece.Op == e.op && piece.Strong == e.Strong && piece.Em == e.Em && piece.Href == e.Href {
				piece.Text += e.Text
				continue
			}
		}
		last.Pieces = append(last.Pieces, Piece{e.op, e.Span})
	}
	return slices.DeleteFunc(out, func(p Passage) bool { return len(p.Pieces) == 0 })
}

// same tells whether nothing was changed.
func same(all []Passage) bool {
	return !slices.ContainsFunc(all, func(p Passage) bool {
		return p.Op != Kept || slices.ContainsFunc(p.Pieces, func(q Piece) bool { return q.Op != Kept })
	})
}

// line lays two lines of text over each other.
func line(old, new string) []Passage {
	of := func(s string) []token {
		if s == "" {
			return nil
		}
		return tokens([]Block{{Text: []Span{{Text: s}}}})
	}
	return passages(compare(of(old), of(new)))
}
