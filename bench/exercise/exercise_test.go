package exercise

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"regexp"
	"testing"

	"candor/engine/yara"
)

// cases parses one rule and writes content for it.
func cases(t *testing.T, source string, seed uint64) []Case {
	t.Helper()
	f, problems := yara.Parse("test.yar", []byte(source), yara.Options{})
	if len(problems) > 0 {
		t.Fatalf("rule: %v", problems[0])
	}
	x := New("default", seed, f)
	return x.Cases(f.Rules[len(f.Rules)-1])
}

// TestMeant checks content that is meant to satisfy a rule by other means
// than a scanner.
func TestMeant(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		ok         func(b []byte) bool
	}{
		{"text", `strings: $a = "needle" condition: $a`, has("needle")},
		{"all", `strings: $a = "one" $b = "two" condition: all of them`, both(has("one"), has("two"))},
		{"counts", `strings: $a = "abc" condition: #a == 4`, func(b []byte) bool { return bytes.Count(b, []byte("abc")) == 4 }},
		{"at", `strings: $a = "abc" condition: $a at 7`, func(b []byte) bool { return bytes.HasPrefix(b[7:], []byte("abc")) }},
		{"at the end", `strings: $a = "abc" condition: $a at filesize - 3`, func(b []byte) bool { return bytes.HasSuffix(b, []byte("abc")) }},
		{"in", `strings: $a = "abc" condition: $a in (100..200)`, func(b []byte) bool { i := bytes.Index(b, []byte("abc")); return i >= 100 && i <= 200 }},
		{"file size", `condition: filesize > 2KB and filesize < 2100`, func(b []byte) bool { return len(b) > 2048 && len(b) < 2100 }},
		{"integer", `condition: uint32be(4) == 0xCAFEBABE`, func(b []byte) bool { return binary.BigEndian.Uint32(b[4:]) == 0xCAFEBABE }},
		{"arithmetic", `condition: (uint16(2) ^ 0x1111) + 1 == 0x2223`, func(b []byte) bool { return binary.LittleEndian.Uint16(b[2:]) == 0x2222^0x1111 }},
		{"wide", `strings: $a = "ab" wide condition: $a`, has("a\x00b\x00")},
		{"nocase", `strings: $a = "needle" nocase condition: $a`, func(b []byte) bool { return bytes.Contains(bytes.ToLower(b), []byte("needle")) }},
		{"xor", `strings: $a = "ab" xor(5) condition: $a`, has("dg")},
		{"base64", `strings: $a = "a long needle" base64 condition: $a`, matches(`YSBsb25nIG5lZWRsZ|EgbG9uZyBuZWVkbG|hIGxvbmcgbmVlZGxl`)},
		{"hex", `strings: $a = { 41 [2-4] 42 ( 43 | 44 45 ) ?? } condition: $a`, matches(`(?s)A.{2,4}B(C|DE).`)},
		{"regular expression", `strings: $a = /eval\s{1,3}\([^)]+\)/ condition: $a`, matches(`eval[\s\v]{1,3}\([^)]+\)`)},
		{"not", `strings: $a = "one" $b = "two" condition: any of them and not $a`, both(has("two"), lacks("one"))},
		{"loop", `strings: $a = "abc" condition: for all i in (1..3) : ( @a[i] < 60 )`, func(b []byte) bool { return bytes.Count(b, []byte("abc")) >= 3 }},
		{"near", `strings: $a = "one" $b = "two" condition: $b in (@a..@a+20)`, matches(`(?s)one.{0,17}two`)},
	} {
		for seed := range uint64(20) {
			made := cases(t, "rule test { "+c.rule+" }", seed)
			if len(made) == 0 {
				t.Errorf("%s, seed %d: no content", c.name, seed)
				continue
			}
			if made[0].Kind != "meant" || !c.ok(made[0].Data) {
				t.Errorf("%s, seed %d: %q", c.name, seed, made[0].Data)
			}
		}
	}
}

func has(s string) func([]byte) bool {
	return func(b []byte) bool { return bytes.Contains(b, []byte(s)) }
}

func lacks(s string) func([]byte) bool { return func(b []byte) bool { return !has(s)(b) } }

func both(f, g func([]byte) bool) func([]byte) bool {
	return func(b []byte) bool { return f(b) && g(b) }
}

func matches(expression string) func([]byte) bool { return regexp.MustCompile(expression).Match }

func TestNoContentForWhatCannotBe(t *testing.T) {
	for _, condition := range []string{"false", "filesize < 10 and filesize > 20", "uint8(0) == 1 and uint8(0) == 2", "#a > 0 and not $a"} {
		made := cases(t, `rule test { strings: $a = "abc" condition: (`+condition+`) and #a >= 0 }`, 1)
		if len(made) != 0 {
			t.Errorf("%s: %q is no way to satisfy it", condition, made[0].Data)
		}
	}
}

func TestMissesDiffer(t *testing.T) {
	made := cases(t, `rule test { strings: $a = "needle" fullword $b = "thread" condition: all of them and filesize < 500 }`, 3)
	kinds := map[string]bool{}
	for _, c := range made {
		if kinds[c.Kind] {
			t.Errorf("two contents of kind %s", c.Kind)
		}
		kinds[c.Kind] = true
		if c.Kind != "meant" && bytes.Equal(c.Data, made[0].Data) {
			t.Errorf("%s does not differ from what was meant", c.Kind)
		}
	}
	if len(made) != 2+maxMisses {
		t.Errorf("%d contents, want %d", len(made), 2+maxMisses)
	}
}

func TestSameSeedSameContent(t *testing.T) {
	const rule = `rule test { strings: $a = /[a-z]{5,20}/ $b = "word" nocase condition: any of them }`
	a, b := cases(t, rule, 9), cases(t, rule, 9)
	if len(a) == 0 || len(a) != len(b) {
		t.Fatalf("%d and %d contents", len(a), len(b))
	}
	for i := range a {
		if !bytes.Equal(a[i].Data, b[i].Data) {
			t.Errorf("%s differs from run to run", a[i].Kind)
		}
	}
}

func TestSampleBody(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for body, want := range map[string]string{
		"6162":            `^ab$`,
		"61??62":          `(?s)^a.b$`,
		"61*62":           `(?s)^a.*b$`,
		"61{2-4}62":       `(?s)^a.{2,4}b$`,
		"61{3}62":         `(?s)^a.{3}b$`,
		"61{-2}62":        `(?s)^a.{0,2}b$`,
		"61(62|6364)65":   `^a(b|cd)e$`,
		"61!(62|63)64":    `^a[^bc]d$`,
		"(42)6f6e(4c|4d)": `^Bon[LM]$`,
	} {
		got, ok := sampleBody(rng, body)
		if !ok || !regexp.MustCompile(want).Match(got) {
			t.Errorf("%s: %q, want %s", body, got, want)
		}
	}
	if _, ok := sampleBody(rng, "6z"); ok {
		t.Error("a body that is not hexadecimal was accepted")
	}
}
