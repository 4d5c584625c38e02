package starter

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"candor"
	"candor/engine"
	"candor/internal/scan/starter/sealed"
)

func compile(t *testing.T) *engine.Rules {
	t.Helper()
	rules, report := engine.Compile(Sources(), engine.Options{})
	for _, p := range report.Problems {
		t.Error(p)
	}
	return rules
}

func names(matches []engine.Match) []string {
	var names []string
	for _, m := range matches {
		names = append(names, m.Rule.Name)
	}
	return names
}

func meta(r *engine.Rule) map[string]string {
	m := map[string]string{}
	for _, e := range r.Meta {
		m[e.Name], _ = e.Value.(string)
	}
	return m
}

var name = regexp.MustCompile(`^Candor_[A-Z][A-Za-z]+(_[A-Z][A-Za-z0-9]+){1,2}$`)

// TestMeta holds every rule to what docs/starter.md says of its description.
func TestMeta(t *testing.T) {
	all := compile(t).All()
	if len(all) == 0 {
		t.Fatal("there is no rule")
	}
	for _, r := range all {
		m := meta(r)
		if !name.MatchString(r.Name) {
			t.Errorf("%s: a name is Candor_Category_Kind_What", r.Name)
		}
		if len(m["description"]) < 20 || strings.HasSuffix(m["description"], ".") {
			t.Errorf("%s: description %q", r.Name, m["description"])
		}
		if c, ok := candor.ParseClass(m["class"]); !ok || string(c) != m["class"] {
			t.Errorf("%s: class %q is none of RSIT", r.Name, m["class"])
		}
		if _, err := candor.ParseSeverity(m["severity"]); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
		if word, ok := m["x1207"]; ok {
			if n, known := candor.ParseNature(word); !known || string(n) != word {
				t.Errorf("%s: x1207 %q is no kind of X.1207", r.Name, word)
			}
		}
		for ref := range strings.FieldsSeq(m["reference"]) {
			if !strings.HasPrefix(ref, "https://") {
				t.Errorf("%s: reference %q", r.Name, ref)
			}
		}
		if m["author"] != "Candor" || m["version"] == "" || len(m["date"]) != len("2006-01-02") {
			t.Errorf("%s: author %q, version %q, date %q", r.Name, m["author"], m["version"], m["date"])
		}
	}
}

// TestCases holds every rule against samples that it must match and clean
// ones that look alike, which no rule may match.
func TestCases(t *testing.T) {
	rules := compile(t)
	scanner := rules.NewScanner(engine.ScanOptions{})
	hits, misses := map[string]int{}, map[string]int{}
	for _, c := range cases(t) {
		kind, rest, _ := strings.Cut(c.Name, "/")
		rule, _, _ := strings.Cut(rest, "/")
		matches, err := scanner.Scan(c.Data, engine.File{Name: c.Name})
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		switch found := names(matches); {
		case kind == "hit":
			hits[rule]++
			if !slices.Contains(found, rule) {
				t.Errorf("%s is not found; others: %v", c.Name, found)
			}
		case kind == "miss":
			misses[rule]++
			if len(found) > 0 {
				t.Errorf("%s is clean, but found by %v", c.Name, found)
			}
		default:
			t.Errorf("%s: neither hit/ nor miss/", c.Name)
		}
	}
	for _, r := range rules.All() {
		if hits[r.Name] < 2 || misses[r.Name] < 2 {
			t.Errorf("%s has %d samples to match and %d to pass over; two of each are needed", r.Name, hits[r.Name], misses[r.Name])
		}
		delete(hits, r.Name)
		delete(misses, r.Name)
	}
	for rule := range hits {
		t.Errorf("there are samples for %s, which is no rule", rule)
	}
	for rule := range misses {
		t.Errorf("there are samples for %s, which is no rule", rule)
	}
}

func cases(t *testing.T) []sealed.File {
	t.Helper()
	archives, err := filepath.Glob("testdata/*.sealed")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	var all []sealed.File
	for _, name := range archives {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files, err := sealed.Parse(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, files...)
	}
	return all
}

// TestSamples makes sure that the tree for trying shows findings of every
// severity and holds clean files too.
func TestSamples(t *testing.T) {
	dir := t.TempDir()
	if err := WriteSamples(dir); err != nil {
		t.Fatal(err)
	}
	scanner := compile(t).NewScanner(engine.ScanOptions{})
	severities := map[string]int{}
	clean := 0
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		matches, err := scanner.Scan(data, engine.File{Name: path})
		if err != nil {
			return err
		}
		if len(matches) == 0 {
			clean++
		}
		for _, m := range matches {
			severities[meta(m.Rule)["severity"]]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []candor.Severity{candor.Info, candor.Low, candor.Medium, candor.High, candor.Critical} {
		if severities[s.String()] == 0 {
			t.Errorf("no sample is of severity %s", s)
		}
	}
	if clean < 4 {
		t.Errorf("%d clean files", clean)
	}
}

// TestArchivesAreQuiet makes sure that the repository can be scanned: what is
// in an archive shows only once it is opened.
func TestArchivesAreQuiet(t *testing.T) {
	scanner := compile(t).NewScanner(engine.ScanOptions{})
	archives, err := filepath.Glob("*/*.sealed")
	if err != nil || len(archives) < 2 {
		t.Fatalf("archives: %v, %v", archives, err)
	}
	for _, name := range archives {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		matches, err := scanner.Scan(data, engine.File{Name: name})
		if err != nil || len(matches) > 0 {
			t.Errorf("%s: found by %v, %v", name, names(matches), err)
		}
	}
}
