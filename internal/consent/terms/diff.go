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

// stretch is a run of edits: what was kept, and then what was exchanged.
type stretch struct{ kept, taken, added []token }

// gathered makes one change of two that less was kept between than either
// exchanged: people read phrases, not the odd word that happens to be in both.
// What was taken stands before what was added.
func gathered(all []edit) (out []edit) {
	for _, s := range merged(stretches(all)) {
		for _, part := range []struct {
			op     Op
			tokens []token
		}{{Kept, s.kept}, {Taken, s.taken}, {Added, s.added}} {
			for _, t := range part.tokens {
				out = append(out, edit{part.op, t})
			}
		}
	}
	return out
}

func stretches(all []edit) (out []stretch) {
	for _, e := range all {
		if n := len(out); n == 0 || e.op == Kept && len(out[n-1].taken)+len(out[n-1].added) > 0 {
			out = append(out, stretch{})
		}
		last := &out[len(out)-1]
		switch e.op {
		case Kept:
			last.kept = append(last.kept, e.token)
		case Taken:
			last.taken = append(last.taken, e.token)
		case Added:
			last.added = append(last.added, e.token)
		}
	}
	return out
}

func merged(all []stretch) (out []stretch) {
	for _, s := range all {
		for len(out) > 0 && slight(s.kept, out[len(out)-1], s) {
			before := out[len(out)-1]
			out = out[:len(out)-1]
			s = stretch{before.kept, slices.Concat(before.taken, s.kept, s.taken), slices.Concat(before.added, s.kept, s.added)}
		}
		out = append(out, s)
	}
	return out
}

// slight tells whether what was kept between two changes is not worth showing.
func slight(kept []token, before, after stretch) bool {
	if slices.ContainsFunc(kept, func(t token) bool { return t.begins }) {
		return false
	}
	n := length(kept)
	return n <= max(length(before.taken), length(before.added)) && n <= max(length(after.taken), length(after.added))
}

func length(tokens []token) (n int) {
	for _, t := range tokens {
		n += columns(t.Text)
	}
	return n
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
