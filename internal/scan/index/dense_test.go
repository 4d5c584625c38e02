package index

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"candor/engine"
	"candor/engine/gram"
)

// TestDense holds that rules which match something within what looks compressed,
// or near its ends, are not ruled out, and that most others are.
func TestDense(t *testing.T) {
	rules, report := engine.Compile([]engine.Source{{Name: "a.yar", Data: []byte(`
rule begin { strings: $a = "<?" condition: $a in (0..100) }
rule end { strings: $a = "<?" condition: $a in (filesize-1000..filesize) }
rule tree { strings: $a = /<%[^"]/ condition: $a in (0..1000) }
rule echo { strings: $a = /<\?=[^?]/ condition: $a }
rule keyed { strings: $a = "needle in the hay" xor(1-255) condition: $a }
rule plain { strings: $a = "needle" wide condition: $a }`)}}, engine.Options{})
	if len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	formulas, err := rules.Formulas(nil)
	if err != nil {
		t.Fatal(err)
	}
	var queries []*Query
	number := map[*engine.Rule]int{}
	for i, f := range formulas {
		queries = append(queries, NewQuery([]Asked{{Formula: f}}))
		number[rules.All()[i]] = i
	}
	r := rand.New(rand.NewPCG(15, 16))
	needles := []string{"<?", "<%a", "<?=$x", "n\x00e\x00e\x00d\x00l\x00e\x00", "", ""}
	k, scanner := new(Sketcher), rules.NewScanner(engine.ScanOptions{})
	scanner.Observe(k.Note, false)
	matched, possible := make([]int, len(queries)), make([]int, len(queries))
	const rounds = 600
	for range rounds {
		var c []byte
		for range 1000 + r.IntN(3000) {
			c = binary.LittleEndian.AppendUint64(c, r.Uint64())
		}
		c[0] = 0
		needle := []byte(needles[r.IntN(len(needles))])
		if r.IntN(6) == 0 {
			needle = []byte("needle in the hay")
			key := byte(1 + r.IntN(255))
			for i := range needle {
				needle[i] ^= key
			}
		}
		at := []int{1 + r.IntN(110), r.IntN(len(c) - 40), len(c) - 40 - r.IntN(1000)}[r.IntN(3)]
		copy(c[at:], needle)
		k.Begin(c, len(c))
		matches, err := scanner.Scan(c, engine.File{})
		if err != nil {
			t.Fatal(err)
		}
		s := k.End()
		if s.Kind != Dense {
			t.Fatal("it is of another kind")
		}
		shard, err := Open(Lay([]Numbered{{1, s}}))
		if err != nil {
			t.Fatal(err)
		}
		is := make([]bool, len(queries))
		for i, q := range queries {
			if is[i] = q.Possible(s); is[i] {
				possible[i]++
			}
			if (len(shard.Candidates(q)) > 0) != is[i] {
				t.Fatalf("the shard says otherwise of %s", rules.All()[i].Name)
			}
		}
		for _, m := range matches {
			if matched[number[m.Rule]]++; !is[number[m.Rule]] {
				t.Fatalf("%s matches and is said not to", m.Rule.Name)
			}
		}
	}
	for i, r := range rules.All() {
		t.Logf("%s: %d of %d match, %d may", r.Name, matched[i], rounds, possible[i])
		if matched[i] == 0 || possible[i]-matched[i] > rounds/5 {
			t.Errorf("%s: %d of %d match, %d may", r.Name, matched[i], rounds, possible[i])
		}
	}
}

// TestInsideDense holds that what lies inside an archive is known as what it is:
// text and what is compressed itself, each in its own way.
func TestInsideDense(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	noise := func(n int) (c []byte) {
		for range n {
			c = binary.LittleEndian.AppendUint64(c, r.Uint64())
		}
		return c
	}
	k := new(Sketcher)
	wrong := 0
	for range 200 {
		archive, image := noise(1000), noise(500)
		var page []byte
		for range 300 {
			page = fmt.Appendf(page, "word%x ", r.IntN(1<<16))
		}
		needle := fmt.Sprintf("needle%x", r.Uint64())
		copy([][]byte{archive, page, image}[r.IntN(3)][100:], needle)
		k.Begin(archive, 4*len(archive))
		k.Note(archive)
		for _, part := range [][]byte{page, image} {
			k.Inside()
			k.Note(part)
		}
		s := k.End()
		shard, err := Open(Lay([]Numbered{{1, s}}))
		if err != nil || s.Kind != Dense {
			t.Fatal(s.Kind, err)
		}
		may := func(text string) bool {
			q := NewQuery([]Asked{{Formula: &gram.Formula{Op: gram.Present, Set: gram.FromLiteral([]byte(text))}}})
			is := q.Possible(s)
			if (len(shard.Candidates(q)) > 0) != is {
				t.Fatalf("the shard says otherwise of %s", text)
			}
			return is
		}
		if !may(needle) {
			t.Fatalf("%s is there and is said not to be", needle)
		}
		if may(fmt.Sprintf("needle%x", r.Uint64())) {
			wrong++
		}
	}
	if wrong > 10 {
		t.Errorf("%d of 200 may hold what they do not", wrong)
	}
}
