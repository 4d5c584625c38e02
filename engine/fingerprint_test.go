package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// print compiles sources and gives the fingerprints by name.
func printOf(t *testing.T, sources ...Source) map[string]Fingerprint {
	t.Helper()
	rules, report := Compile(sources, Options{Externals: map[string]any{"extension": ""}})
	for _, p := range report.Problems {
		t.Fatal(p)
	}
	out := map[string]Fingerprint{}
	for i, r := range rules.All() {
		out[r.Name] = rules.Fingerprints()[i]
	}
	return out
}

func source(text string) Source { return Source{Name: "a.yar", Data: []byte(text)} }

func TestFingerprintTellsWhatAVerdictRestsOn(t *testing.T) {
	const (
		base  = `rule base { strings: $a = "needle" condition: $a }`
		other = `rule other { meta: author = "A" strings: $b = "haystack" condition: $b and base }`
		plain = `rule plain { strings: $c = "straw" condition: $c and extension == ".php" }`
	)
	before := printOf(t, source(base+other+plain))
	for _, x := range []struct {
		name, text string
		changed    string
	}{
		{"nothing", base + other + plain, ""},
		{"a rule more", `rule first { condition: filesize == 1 }` + base + other + plain, ""},
		{"metadata and place", "\n\n" + base + strings.Replace(other, `"A"`, `"B"`, 1) + plain, ""},
		{"a string", base + other + strings.Replace(plain, "straw", "straws", 1), "plain"},
		{"a condition", base + other + strings.Replace(plain, ".php", ".js", 1), "plain"},
		{"a rule that another refers to", strings.Replace(base, "needle", "needles", 1) + other + plain, "base other"},
		{"a rule for all", `global rule every { condition: filesize < 10 }` + base + other + plain, "base other plain"},
	} {
		after := printOf(t, source(x.text))
		var changed []string
		for _, name := range []string{"base", "other", "plain"} {
			if before[name] != after[name] {
				changed = append(changed, name)
			}
		}
		if got := strings.Join(changed, " "); got != x.changed {
			t.Errorf("%s: the fingerprints of %q changed, not of %q", x.name, got, x.changed)
		}
	}
}

func TestFingerprintOfSignatures(t *testing.T) {
	ndb := Source{Name: "a.ndb", Data: []byte("Test.A:0:*:6e6565646c65\n")}
	hdb := Source{Name: "a.hdb", Data: []byte("d41d8cd98f00b204e9800998ecf8427e:10:Test.B\n")}
	before := printOf(t, ndb, hdb)
	if before["Test.A.UNOFFICIAL"] == before["Test.B.UNOFFICIAL"] {
		t.Fatal("two signatures have one fingerprint", before)
	}
	after := printOf(t, ndb, Source{Name: "a.hdb", Data: []byte("d41d8cd98f00b204e9800998ecf8427f:10:Test.B\n")})
	if before["Test.A.UNOFFICIAL"] != after["Test.A.UNOFFICIAL"] || before["Test.B.UNOFFICIAL"] == after["Test.B.UNOFFICIAL"] {
		t.Error("another digest is not what changed", before, after)
	}
	after = printOf(t, ndb, hdb, Source{Name: "a.fp", Data: []byte("d41d8cd98f00b204e9800998ecf8427e:10:fine\n")})
	if before["Test.A.UNOFFICIAL"] == after["Test.A.UNOFFICIAL"] {
		t.Error("what is not to be reported has no say")
	}
}

// TestOnly holds that some rules asked alone say what they say among all.
func TestOnly(t *testing.T) {
	text := `global rule small { condition: filesize < 1000 }
private rule base { strings: $a = "needle" condition: $a }
rule one { strings: $a = "haystack" condition: $a and base }
rule two { strings: $a = "straw" condition: $a }
rule three { condition: filesize > 3 }`
	sources := []Source{source(text), {Name: "a.ndb", Data: []byte("Test.A:0:*:6e6565646c65\n")}, {Name: "a.hsb", Data: []byte(strings.Repeat("0", 64) + ":10:Test.B\n")}}
	all, _ := Compile(sources, Options{})
	contents := []string{"", "needle in a haystack", "straw, needle", strings.Repeat("needle haystack straw ", 100)}
	for mask := range 1 << len(all.All()) {
		wanted := map[Fingerprint]bool{}
		for i, f := range all.Fingerprints() {
			wanted[f] = mask>>i&1 != 0
		}
		some, err := all.Only(func(f Fingerprint) bool { return wanted[f] })
		if err != nil || !slices.Equal(some.Fingerprints(), all.Fingerprints()) {
			t.Fatal("they are other rules", err)
		}
		for _, c := range contents {
			var want []string
			for i, r := range all.All() {
				if wanted[all.Fingerprints()[i]] && slices.Contains(names(t, all, c), r.Name) {
					want = append(want, r.Name)
				}
			}
			if got := names(t, some, c); !slices.Equal(got, want) {
				t.Fatalf("of %.30q, only %06b: %v, want %v", c, mask, got, want)
			}
		}
	}
}

func names(t *testing.T, r *Rules, content string) (out []string) {
	t.Helper()
	matches, err := r.NewScanner(ScanOptions{}).Scan([]byte(content), File{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range matches {
		out = append(out, m.Rule.Name)
	}
	return out
}

func TestConsulted(t *testing.T) {
	rules, report := Compile([]Source{source(`import "time"
rule a { strings: $a = "needle" condition: $a and extension == ".php" }
rule b { strings: $a = "straw" condition: $a and time.now() > 0 }
rule c { strings: $a = "hay" condition: $a }`)}, Options{Externals: map[string]any{"extension": "", "filename": ""}})
	if len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	s := rules.NewScanner(ScanOptions{})
	for content, want := range map[string]string{"needle": "[extension] false", "straw": "[] true", "hay": "[] false", "none": "[] false", "needle straw": "[extension] true"} {
		if _, err := s.Scan([]byte(content), File{}); err != nil {
			t.Fatal(err)
		}
		externals, clock := s.Consulted()
		if got := fmt.Sprint(externals, clock); got != want {
			t.Errorf("%s: %s had a say, want %s", content, got, want)
		}
	}
}

// TestSituation holds that situations differ where a condition hears another
// answer, and not where it hears the same.
func TestSituation(t *testing.T) {
	rules, report := Compile([]Source{source(`rule a { strings: $a = "needle" condition: $a and (extension == ".php" or filepath contains "deep") }
rule b { strings: $a = "straw" condition: $a and filename == owner }`)}, Options{Externals: map[string]any{"extension": "", "filepath": "", "filename": "", "owner": "", "filetype": ""}})
	if len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	s := rules.NewScanner(ScanOptions{})
	at := func(extension, filepath, filename, owner, filetype string) Situation {
		t.Helper()
		here, err := s.Situation(File{Externals: map[string]any{"extension": extension, "filepath": filepath, "filename": filename, "owner": owner, "filetype": filetype}})
		if err != nil {
			t.Fatal(err)
		}
		return here
	}
	base := at(".js", "/srv/a", "x", "y", "")
	for name, x := range map[string]struct {
		there Situation
		same  bool
	}{
		"another extension that nobody asks for": {at(".txt", "/srv/a", "x", "y", ""), true},
		"another folder":                         {at(".js", "/srv/b", "x", "y", ""), true},
		"what no rule asks for":                  {at(".js", "/srv/a", "x", "y", "PHP"), true},
		"the extension that is asked for":        {at(".php", "/srv/a", "x", "y", ""), false},
		"a folder that is asked for":             {at(".js", "/srv/deep/a", "x", "y", ""), false},
		"one of two that are compared":           {at(".js", "/srv/a", "y", "y", ""), false},
		"the other of the two":                   {at(".js", "/srv/a", "x", "x", ""), false},
	} {
		if (x.there == base) != x.same {
			t.Errorf("%s: the same situation is %v", name, x.there == base)
		}
	}
}
