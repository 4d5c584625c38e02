package receipt

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor/internal/consent"
)

var update = flag.Bool("update", false, "make the examples of docs/receipt anew")

// TestExamples holds the examples of docs/receipt: two receipts that verify by
// the keys there, of which the second follows the first.
func TestExamples(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "docs", "receipt")
	if *update {
		writeExamples(t, dir)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	keys, err := ReadKeys(read("keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	v := Verifier{Keys: keys, Clock: time.Now, Leeway: Leeway}
	var all []*Signed
	for _, name := range []string{"agreed.jws", "withdrawn.jws"} {
		s, err := v.Verify(strings.TrimSpace(string(read(name))))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, s)
	}
	if faults := Chains(all); len(faults) > 0 || all[1].Previous != all[0].Digest {
		t.Errorf("%v; the second follows %s, not %s", faults, all[1].Previous, all[0].Digest)
	}
	for _, word := range []string{Schema, Type, all[0].Digest} {
		if doc := read("../receipt.md"); !strings.Contains(string(doc), word) {
			t.Errorf("docs/receipt.md does not say %q", word)
		}
	}
}

func writeExamples(t *testing.T, dir string) {
	o := &office{now: time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)}
	ring, err := NewRing(o.now)
	if err != nil {
		t.Fatal(err)
	}
	o.use(t, ring)
	titles := map[string]string{"a": "What we host, and for how long", "b": "We may look through your files for malware", "c": "We may tell partners of attacks on your site"}
	index := int64(41)
	draw := func(act consent.Act, previous string, clauses ...string) *Signed {
		o.now = o.now.Add(time.Hour)
		r := sample(act, o.now, clauses...)
		for i := range r.Clauses {
			r.Clauses[i].Title = titles[r.Clauses[i].ID]
		}
		r.Agreement.Language, r.Previous = "en", previous
		r.Evidence = &Evidence{Log: "desk.example.net/evidence", Index: index}
		index++
		return o.sign(t, r)
	}
	agreed := draw(consent.Agreed, "", "b", "c")
	withdrawn := draw(consent.Withdrawn, agreed.Digest, "c")
	keys, err := json.MarshalIndent(ring.Keys(issuer), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"keys.json": string(keys), "agreed.jws": agreed.Text, "withdrawn.jws": withdrawn.Text} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
