package index

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"candor/engine"
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
