package notice

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"candor/internal/phrase"
)

const samples = "../../../docs/notice"

func texts(t testing.TB) *phrase.Catalogue {
	t.Helper()
	c, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sampleNames() []string { return strings.Fields("shop forum blog school clinic download") }

func sampleData(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(samples, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func sample(t testing.TB, name string) *Notice {
	t.Helper()
	n, problems := Decode(sampleData(t, name))
	if n == nil {
		t.Fatalf("%s: %v", name, problems)
	}
	return n
}

// TestSamples checks the notices of docs/notice: nothing is wrong with them,
// and they hold the bounds of length and reading in all six languages.
func TestSamples(t *testing.T) {
	c := texts(t)
	for _, name := range sampleNames() {
		n, problems := Check(sampleData(t, name), c)
		for _, p := range problems {
			what, do := p.In(c.For("en"))
			t.Errorf("%s: %s %s: %s %s", name, p.Severity, p.Pointer, what, do)
		}
		if n == nil {
			continue
		}
		for _, lang := range c.Languages() {
			r := n.Short(c.For(lang)).Reading()
			t.Logf("%-8s %s: %-16s %5.1f (limit %2.0f), %3d of %3d words; prose %+v", name, lang, r.Measure, r.Value, r.Limit, r.Words, r.Most, r.prose)
			if r.Words > r.Most {
				t.Errorf("%s: %s: %d words, more than %d", name, lang, r.Words, r.Most)
			}
		}
	}
	if times, keys := c.Missing(); times != 0 {
		t.Errorf("missing texts: %q", keys)
	}
}
