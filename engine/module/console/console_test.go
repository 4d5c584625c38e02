package console

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"candor/engine/module"
	"candor/engine/module/moduletest"
)

func questions() []moduletest.Question {
	ask := moduletest.Ask
	return []moduletest.Question{
		ask("log", ""), ask("log", "text"), ask("log", "a\x00b\xff\t\\~\x7f"),
		ask("log", "note: ", "a\x01b"), ask("log", "cut\x00off ", "tail"), ask("log", "raw \xc3\xa9 ", ""),
		ask("log", 0), ask("log", -12), ask("log", "n=", math.MaxInt64),
		ask("log", 0.5), ask("log", -1.0), ask("log", "f=", 1234567.8901234),
		ask("hex", 255), ask("hex", -1), ask("hex", "h=", 4096),
	}
}

// TestAgainstYara compares what is logged with what yara writes.
func TestAgainstYara(t *testing.T) {
	file := t.TempDir() + "/rules"
	in, logged := moduletest.Input(nil)
	rules := []string{`import "console"`}
	for i, q := range questions() {
		if v := moduletest.Call(t, New(), in, q.Function, q.Args...); v.Int != 1 {
			t.Errorf("%s = %d", q, v.Int)
		}
		rules = append(rules, "rule r"+string(rune('a'+i))+" { condition: not console."+q.String()+" }")
	}
	source := strings.Join(rules, "\n")
	writeFile(t, file, source)
	if want := moduletest.Yara(t, source, file); !slices.Equal(*logged, want) {
		t.Errorf("logged %q, yara %q", *logged, want)
	}
}

func TestInfinity(t *testing.T) {
	in, logged := moduletest.Input(nil)
	for _, sign := range []int{1, -1} {
		moduletest.Call(t, New(), in, "log", module.FloatValue(math.Inf(sign)))
	}
	if want := []string{"inf", "-inf"}; !slices.Equal(*logged, want) {
		t.Errorf("logged %q, want %q", *logged, want)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
