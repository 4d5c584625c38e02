package index

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"candor/engine/gram"
)

// edited is a content as a form of it may be: bytes changed, put in, left out,
// and pieces of it in another order.
func edited(r *rand.Rand, content []byte) []byte {
	var out []byte
	for len(content) > 0 {
		n := min(1+r.IntN(200), len(content))
		piece := bytes.Clone(content[:n])
		content = content[n:]
		switch r.IntN(7) {
		case 0:
			piece[r.IntN(n)] = byte(' ' + r.IntN(96))
		case 1:
			piece = append(piece, []byte(`"&<='x`)[:r.IntN(7)]...)
		case 2:
			piece = piece[:r.IntN(n)]
		case 3:
			piece = bytes.ReplaceAll(piece, []byte(" "), []byte{' ', ' ', '\n'})
		case 4:
			piece = bytes.Join(bytes.Fields(piece), nil)
		}
		if r.IntN(20) == 0 {
			out = append(piece, out...)
			continue
		}
		out = append(out, piece...)
	}
	return out
}

// TestForms holds that whatever signatures may ask for of a form is noted,
// however the form differs from its content, and that what both have is not
// noted twice.
func TestForms(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	k := new(Sketcher)
	for range 300 {
		content := contents(r, 1, true)[0]
		k.Begin(content, len(content))
		k.Note(content)
		var forms [][]byte
		for range 1 + r.IntN(3) {
			forms = append(forms, edited(r, content))
			k.Note(forms[len(forms)-1])
		}
		noted := k.noted
		s := k.End()
		for _, form := range forms {
			for range 50 {
				at := r.IntN(len(form) + 1)
				atom := gram.FoldBytes(form[at:min(at+2+r.IntN(14), len(form))])
				if bytes.ContainsAny(atom, " \x7f") {
					continue
				}
				f := &gram.Formula{Op: gram.Present, Set: gram.Set{Atoms: []gram.Atom{{Bytes: atom}}}}
				if !NewQuery([]Asked{{f, true}}).Possible(s) {
					t.Fatalf("%q is said not to be in %q, a form of %q", atom, form, content)
				}
			}
		}
		same := len(content)
		k.Begin(content, len(content))
		k.Note(content)
		upper := bytes.Clone(content)
		for i, c := range upper {
			if c >= 'a' && c <= 'z' {
				upper[i] = c - 'a' + 'A'
			}
		}
		k.Note(upper)
		if k.noted != same || noted < same {
			t.Fatalf("of %d bytes and the same in upper case %d were noted", same, k.noted)
		}
	}
}
