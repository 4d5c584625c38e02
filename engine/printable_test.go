package engine_test

import (
	"strings"
	"testing"

	"candor/engine"
)

// TestUnprintable looks for what plain text cannot hold, and for a sequence of two
// bytes, in content of which one byte matters.
func TestUnprintable(t *testing.T) {
	rules, report := engine.Compile([]engine.Source{{Name: "a.yar", Data: []byte(`
rule runs { strings: $a = /(function|return).{,40}[^\x09-\x0d\x20-\x7E]{3}/ condition: $a }
rule odd { strings: $a = "return\x7f" condition: #a == 1 }
rule tag { strings: $a = /<\?[^x]/ condition: $a }
rule later { strings: $a = /<\?[^x]/ condition: #a == 2 }`)}}, engine.Options{})
	if len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	s := rules.NewScanner(engine.ScanOptions{})
	pad := strings.Repeat("some plain text < and ? more\n", 5)
	for content, want := range map[string]string{
		pad:                                      "",
		pad + "return abc":                       "",
		pad + "return \x7f\x7f":                  "",
		pad + "return \x7f\x7f\x7f":              "runs",
		pad + "return\x7f\x7f" + pad:             "odd",
		pad + "return \x01\xff\x7f" + pad:        "runs",
		pad + "return \xe4\xbd\xa0" + pad:        "runs",
		"\x80" + pad + "return abc":              "",
		pad + "<?x <":                            "",
		"<?p" + pad:                              "tag",
		pad + "<?p":                              "tag",
		pad + "<?":                               "",
		pad + "<?x" + pad + "<?=" + pad + "<?x":  "tag",
		pad + "<? " + pad + "<?=" + pad + "<?x":  "tag later",
		pad + "<? " + strings.Repeat("<?x", 100): "tag",
	} {
		found, err := s.Scan([]byte(content), engine.File{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range found {
			names = append(names, m.Rule.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("of %q: %q, want %q", content, got, want)
		}
	}
}
