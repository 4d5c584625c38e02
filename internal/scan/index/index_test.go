package index

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor/engine"
	"candor/engine/gram"
)

// contents are random texts of few words, and some that nothing repeats in; where
// they are hard, also of words that are tags, and some that seem to be programs or
// compressed.
func contents(r *rand.Rand, n int, hard bool) [][]byte {
	words := strings.Fields("eval base64_decode $_POST function return <script> </script> document.write http:// include if else while echo strrev gzinflate MZ \x7fELF GIF89a")
	if hard {
		words = append(words, strings.Fields("<? <?php ?> <% %> \\x65 $a")...)
	}
	all := make([][]byte, n)
	for i := range all {
		size, noise := 1<<r.IntN(15), 0
		kind := -1
		if hard {
			kind = r.IntN(5)
		}
		switch kind {
		case 0: // compressed, as it seems
			noise = 16
			all[i] = append(all[i], 0, 0xff, byte(i))
		case 1: // a program, say
			all[i] = append(all[i], "\x00\x01 <?"...)
		}
		for len(all[i]) < size {
			switch r.IntN(20) - noise {
			case -16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1:
				all[i] = binary.LittleEndian.AppendUint64(all[i], r.Uint64())
			case 0:
				all[i] = fmt.Appendf(all[i], "%x", r.Uint64())
			case 1:
				all[i] = append(all[i], byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()))
			default:
				all[i] = append(append(all[i], words[r.IntN(len(words))]...), ' ')
			}
		}
	}
	return all
}

// sketch makes the sketch of a content that has one form.
func sketch(k *Sketcher, content []byte) Sketch {
	k.Begin(content, len(content))
	k.Note(content)
	return k.End()
}

// formulas are random ones, of atoms that are cut out of contents; hard ones also say
// where they are, and of zero bytes.
func formulas(r *rand.Rand, from [][]byte, depth int, hard bool) *gram.Formula {
	sub := func() (all []*gram.Formula) {
		for range 1 + r.IntN(5) {
			all = append(all, formulas(r, from, depth-1, hard))
		}
		return all
	}
	kind := r.IntN(8)
	switch {
	case depth > 0 && kind == 0:
		return gram.And(sub()...)
	case depth > 0 && kind == 1:
		return gram.Or(sub()...)
	case depth > 0 && kind == 2:
		all := sub()
		return gram.Threshold(1+r.IntN(len(all)), all)
	case kind == 3:
		size := int64(1 << r.IntN(15))
		return &gram.Formula{Op: gram.Size, Min: size / 2, Max: size}
	case kind == 4:
		c := from[r.IntN(len(from))]
		at := r.IntN(min(len(c), 40))
		return &gram.Formula{Op: gram.Header, Offset: int64(at), Bytes: c[at:min(at+4, len(c))]}
	case kind == 5:
		size := int64(len(from[r.IntN(len(from))]))
		return &gram.Formula{Op: gram.FormSize, Min: size, Max: size}
	}
	f := &gram.Formula{Op: gram.Present}
	for range 1 + r.IntN(3) {
		c := from[r.IntN(len(from))]
		at := r.IntN(len(c))
		switch {
		case hard && kind == 6:
			at = r.IntN(min(len(c), 120))
			f.Within = max(f.Within, int64(at)+1)
		case hard && kind == 7:
			at = len(c) - 1 - r.IntN(min(len(c), 1000))
			f.Within = min(f.Within, int64(at-len(c)))
		}
		f.Set.Atoms = append(f.Set.Atoms, gram.Atom{Bytes: gram.FoldBytes(c[at:min(at+2+r.IntN(20), len(c))]), Zero: hard && bytes.IndexByte(c[at:min(at+2, len(c))], 0) >= 0})
	}
	return f
}

// holdsTrue evaluates a formula over a content itself, which has one form.
func holdsTrue(f *gram.Formula, content []byte) bool {
	folded := gram.FoldBytes(content)
	return sized(f).Possible(content, int64(len(content)), func(p *gram.Formula) bool {
		where := folded
		switch {
		case p.Within > 0:
			where = folded[:min(int(p.Within)+23, len(folded))]
		case p.Within < 0:
			where = folded[max(len(folded)+int(p.Within), 0):]
		}
		return slices.ContainsFunc(p.Set.Atoms, func(a gram.Atom) bool {
			at := bytes.Index(where, a.Bytes)
			return at >= 0 && (p.Within <= 0 || at < int(p.Within)) && (!a.Zero || bytes.IndexByte(content, 0) >= 0)
		})
	})
}

// sized asks for the size of the content where f asks for that of a form.
func sized(f *gram.Formula) *gram.Formula {
	out := *f
	if f.Op == gram.FormSize {
		out.Op = gram.Size
	}
	out.Sub = nil
	for _, s := range f.Sub {
		out.Sub = append(out.Sub, sized(s))
	}
	return &out
}

// TestNothingIsLost holds the candidates against the contents: whatever meets
// a formula is one, and a shard says of each sketch what the sketch says.
func TestNothingIsLost(t *testing.T) {
	for _, tt := range []struct {
		name string
		hard bool
		most int // candidates for each content that meets the formula
	}{{"plain", false, 2}, {"hard", true, 3}} {
		t.Run(tt.name, func(t *testing.T) { nothingIsLost(t, tt.hard, tt.most) })
	}
}

func nothingIsLost(t *testing.T, hard bool, most int) {
	r := rand.New(rand.NewPCG(1, 2))
	all := contents(r, 300, hard)
	sketcher := new(Sketcher)
	byClass := map[int][]Numbered{}
	for i, c := range all {
		s, err := Decode(sketch(sketcher, c).Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		byClass[s.Group()] = append(byClass[s.Group()], Numbered{uint32(i), s})
	}
	if len(byClass) < 4 {
		t.Fatalf("sketches of %d lengths only", len(byClass))
	}
	for _, numbered := range byClass {
		shard, err := Open(Lay(numbered))
		if err != nil {
			t.Fatal(err)
		}
		for i, n := range numbered {
			if diff := cmp.Diff(n.Sketch, shard.Sketch(i)); diff != "" {
				t.Fatalf("content %d (- what was laid down, + what is given back): %s", n.Number, diff)
			}
		}
	}
	met, candidates := 0, 0
	for range 800 {
		f := formulas(r, all, 3, hard)
		q := NewQuery([]Asked{{Formula: f}})
		for _, numbered := range byClass {
			shard, err := Open(Lay(numbered))
			if err != nil {
				t.Fatal(err)
			}
			got := shard.Candidates(q)
			candidates += len(got)
			for i, n := range numbered {
				is := slices.Contains(got, i)
				if shard.Number(i) != n.Number || is != q.Possible(n.Sketch) {
					t.Fatalf("content %d: the shard says %v, the sketch otherwise, of %+v", n.Number, is, f)
				}
				if holdsTrue(f, all[n.Number]) {
					if met++; !is {
						t.Fatalf("content %d, which meets it, is no candidate of %+v", n.Number, f)
					}
				}
			}
		}
	}
	t.Logf("%d candidates, of which %d meet the formula", candidates, met)
	if met == 0 || candidates > most*met {
		t.Errorf("%d candidates for %d that meet the formula", candidates, met)
	}
}

// TestRulesOfEngine holds that what a rule matches is a candidate of its
// formula, also where it matches a normal form.
func TestRulesOfEngine(t *testing.T) {
	rules, report := engine.Compile([]engine.Source{
		{Name: "a.yar", Data: []byte(`rule a { strings: $a = "Wide Needle" wide nocase $b = { 6e 65 [2-4] 64 6c 65 } $c = /ne+dle[0-9]{3}/ condition: any of them and filesize > 10 }
rule b { strings: $a = "xored needle" xor condition: $a }
rule c { strings: $a = "encoded needle" base64 condition: $a }`)},
		{Name: "a.ndb", Data: []byte("Html:3:*:6f6e636c69636b3d6576696c2829\nText:7:*:6576696c2863616c6c29\nSpaced:7:*:6f6e652074776f2074687265652066\nJoined:7:*:6a6f696e6564776f7264\n")},
		{Name: "a.hsb", Data: []byte(strings.Repeat("0", 64) + ":100:Digest\n")},
	}, engine.Options{})
	if len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	formulas, err := rules.Formulas(nil)
	if err != nil {
		t.Fatal(err)
	}
	index := map[*engine.Rule]int{}
	for i, r := range rules.All() {
		index[r] = i
	}
	wide := ""
	for _, c := range "wide needle" {
		wide += string(c) + "\x00"
	}
	xored := []byte("xored needle")
	for i := range xored {
		xored[i] ^= 0x5a
	}
	filler := strings.Repeat("this is only hay; ", 200)
	seen := map[string]bool{}
	sketcher, scanner := new(Sketcher), rules.NewScanner(engine.ScanOptions{})
	scanner.Observe(sketcher.Note, false)
	for _, c := range []string{wide, "neXXXdle, longer", "neeeeedle123", string(xored), "ZW5jb2RlZCBuZWVkbGU=", "<html><body><a ONCLICK='evil()' onclick=evil()>",
		"EVIL (   call ) evil(call)", "<html><a oncl&#105;ck=evil()>x</a>", "One \t\n two   three\nfour", "join\x01\x02ed\x80wo\x03rd"} {
		c = filler + c + filler
		sketcher.Begin([]byte(c), len(c))
		matches, err := scanner.Scan([]byte(c), engine.File{})
		if err != nil {
			t.Fatal(err)
		}
		s := sketcher.End()
		for _, m := range matches {
			seen[m.Rule.Name] = true
			if !NewQuery([]Asked{{formulas[index[m.Rule]], m.Rule.Language == "clamav"}}).Possible(s) {
				t.Errorf("%s matches %.60q and is said not to", m.Rule.Name, c[len(filler):])
			}
		}
	}
	if len(seen) < 7 {
		t.Errorf("only %v match", seen)
	}
}

// TestBeginnings holds that a content with parts is a candidate for the
// beginnings of what lies inside, and seldom for others.
func TestBeginnings(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	k := new(Sketcher)
	var all []Numbered
	for i := range 200 {
		c := contents(r, 1, true)[0]
		k.Begin(append([]byte("PK"), c...), 4*len(c)) // as large as what lies inside
		k.Note([]byte("PK"))
		k.Inside()
		k.Note(c)
		k.Inside()
		k.Note(fmt.Appendf(nil, "%s%d", []string{"MZ\x90\x00", "\x7fELF"}[i%2], i))
		s, err := Decode(k.End().Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		for s.Class() < 16 { // of one length, for one shard: longer, and says the same
			s.Bits = append(bytes.Clone(s.Bits), s.Bits...)
		}
		if s.Class() == 16 {
			all = append(all, Numbered{uint32(i), s})
		}
	}
	shard, err := Open(Lay(all))
	if err != nil {
		t.Fatal(err)
	}
	for _, head := range []string{"MZ", "MZ\x90", "MZ\x90\x00", "\x7fE", "\x7fELF", "\x7fELF1"} {
		q := NewQuery([]Asked{{Formula: &gram.Formula{Op: gram.Header, Bytes: []byte(head)}}})
		got, others := shard.Candidates(q), 0
		for i, n := range all {
			is := slices.Contains(got, i)
			if is != q.Possible(n.Sketch) || !is && (n.Number%2 == 0) == (head[0] == 'M') {
				t.Fatalf("%q in content %d: the shard says %v", head, n.Number, is)
			}
			if is && (n.Number%2 == 0) != (head[0] == 'M') {
				others++
			}
		}
		if others > len(all)/5 {
			t.Errorf("%q: %d of %d are candidates by accident", head, others, len(all))
		}
	}
}

// TestParts holds that of a content with parts its own size and beginning say
// nothing, and that whatever was noted is found, however much it is.
func TestParts(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	all := contents(r, 40, true)
	k := new(Sketcher)
	k.Begin([]byte("PK"), 10)
	k.Note([]byte("PK"))
	for _, c := range append(all, []byte("MZ, and more")) {
		k.Inside()
		k.Note(c)
	}
	s := k.End()
	for _, f := range []*gram.Formula{{Op: gram.Size, Min: 1e6, Max: 1e7}, {Op: gram.Header, Bytes: []byte("MZ")}, {Op: gram.FormSize, Min: int64(len(all[30])), Max: int64(len(all[30]))}} {
		shard, err := Open(Lay([]Numbered{{1, s}}))
		if err != nil {
			t.Fatal(err)
		}
		if q := NewQuery([]Asked{{Formula: f}}); !q.Possible(s) || len(shard.Candidates(q)) != 1 {
			t.Errorf("%+v is said to be impossible", f)
		}
	}
	for range 200 {
		c := all[r.IntN(len(all))]
		at := r.IntN(len(c))
		if f := (&gram.Formula{Op: gram.Present, Set: gram.Set{Atoms: []gram.Atom{{Bytes: gram.FoldBytes(c[at:min(at+12, len(c))])}}}}); !NewQuery([]Asked{{Formula: f}}).Possible(s) {
			t.Fatalf("%q is said not to be there", f.Set.Atoms[0].Bytes)
		}
	}
}

// TestFewCandidates says how seldom a content is a candidate by accident.
func TestFewCandidates(t *testing.T) {
	for _, tt := range []struct {
		name string
		hard bool
		size int // a sketch takes one part of so many of its content at most
	}{{"plain", false, 6}, {"hard", true, 5}} {
		t.Run(tt.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			sketcher := new(Sketcher)
			stored, size, wrong := 0, 0, 0
			const rounds = 2000
			for range rounds {
				c := contents(r, 1, tt.hard)[0]
				s := sketch(sketcher, c)
				stored, size = stored+len(s.Bits), size+len(c)
				atom := fmt.Appendf(nil, "%012x", r.Uint64()>>16)
				if NewQuery([]Asked{{Formula: &gram.Formula{Op: gram.Present, Set: gram.Set{Atoms: []gram.Atom{{Bytes: atom}}}}}}).Possible(s) && !bytes.Contains(c, atom) {
					wrong++
				}
			}
			t.Logf("sketches take %.1f %% of the contents; %d of %d are wrong candidates for twelve bytes", 100*float64(stored)/float64(size), wrong, rounds)
			if wrong > rounds/200 || stored > size/tt.size {
				t.Error("that is too many, or too large")
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	k := new(Sketcher)
	f.Add(sketch(k, []byte("a content")).Append(nil))
	f.Add(Lay([]Numbered{{1, sketch(k, []byte("another content"))}}))
	q := NewQuery([]Asked{{Formula: &gram.Formula{Op: gram.Present, Set: gram.FromLiteral([]byte("content"))}}, {Formula: &gram.Formula{Op: gram.Header, Bytes: []byte("MZ")}}, {Formula: &gram.Formula{Op: gram.Size, Max: 10}}})
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := Decode(b); err == nil {
			q.Possible(s)
		}
		if s, err := Open(b); err == nil {
			for _, i := range s.Candidates(q) {
				s.Number(i)
			}
		}
	})
}

func BenchmarkSketch(b *testing.B) {
	all := contents(rand.New(rand.NewPCG(5, 6)), 200, true)
	for name, all := range map[string][][]byte{"small": all, "large": {bytes.Join(all, nil)}} {
		b.Run(name, func(b *testing.B) {
			size := 0
			for _, c := range all {
				size += len(c)
			}
			b.SetBytes(int64(size))
			k := new(Sketcher)
			for b.Loop() {
				for _, c := range all {
					sketch(k, c)
				}
			}
		})
	}
}
