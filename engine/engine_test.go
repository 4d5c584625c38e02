package engine

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// compile compiles one YARA source that must have no problems.
func compile(t testing.TB, src string) *Rules {
	t.Helper()
	rules, report := Compile([]Source{{Name: "test.yar", Data: []byte(src)}}, Options{
		Externals: map[string]any{"ext_int": 7, "ext_str": "seven", "ext_bool": true, "ext_float": 1.5},
	})
	for _, p := range report.Problems {
		t.Fatalf("unexpected problem: %v", p)
	}
	return rules
}

func TestConditions(t *testing.T) {
	data := "abc xyz ABC x123y\x00 abcabc end"
	tests := []struct {
		strings, condition string
		want               bool
	}{
		{`$a = "abc"`, `#a == 3 and @a[1] == 0 and @a[3] == 22 and !a[2] == 3`, true},
		{`$a = "abc"`, `#a in (1..20) == 1`, true},
		{`$a = "abc"`, `$a at 0 and not $a at 1 and $a in (19..19)`, true},
		{`$a = "abc" nocase`, `#a == 4`, true},
		{`$a = "abc" fullword`, `#a == 1`, true},
		{`$a = "abc" nocase fullword`, `#a == 2`, true},
		{`$a = /x[0-9]+y/ $b = "nope"`, `any of them and not all of them and 50% of them and none of ($b)`, true},
		{`$a = "abc" $b = "xyz" $c = "nope"`, `2 of them and for all of ($a, $b) : ( @ < 10 )`, true},
		{`$a = "abc"`, `for all i in (1..#a) : ( uint8(@a[i]) == 0x61 )`, true},
		{`$a = "abc"`, `for any i in (1, 2, 3) : ( @a[i] == 19 )`, true},
		{`$a = "abc"`, `@a[4] > 0`, false},
		{`$a = "abc"`, `not @a[4] > 0`, false},
		{`$a = "abc"`, `not (@a[4] > 0 and true)`, true},
		{`$a = "abc"`, `$a and defined @a[3] and not defined @a[4]`, true},
		{`$a = { 61 6? 63 [1-4] (78 | 79) ~00 7a }`, `$a at 0`, true},
		{`$a = "end"`, `$a at filesize - 3`, true},
		{``, `filesize == 29 and uint16be(0) == 0x6162 and int8(17) == 0`, true},
		{``, `1 + 2 * 3 == 7 and 7 \ 2 == 3 and 7 % 4 == 3 and (1 << 4 | 1) == 17 and ~0 == -1 and 2.5 > 2`, true},
		{``, `ext_int == 7 and ext_str == "seven" and ext_bool and ext_float == 1.5`, true},
		{``, `ext_str contains "eve" and ext_str istartswith "SEV" and ext_str iequals "SEVEN" and ext_str matches /^s.*n$/`, true},
		{``, `1 \ 0 == 0 or not (1 % 0 == 0)`, false},
	}
	for _, tt := range tests {
		src := "rule r { "
		if tt.strings != "" {
			src += "strings: " + tt.strings + " "
		}
		src += "condition: " + tt.condition + " }"
		s := compile(t, src).NewScanner(ScanOptions{})
		if got := len(s.names(t, []byte(data))) == 1; got != tt.want {
			t.Errorf("%s: %s: %v, want %v", tt.strings, tt.condition, got, tt.want)
		}
		if got := len(s.exhaustive(t, []byte(data))) == 1; got != tt.want {
			t.Errorf("%s: %s: exhaustively %v, want %v", tt.strings, tt.condition, got, tt.want)
		}
	}
}

func TestGlobalAndPrivateRules(t *testing.T) {
	rules := compile(t, `
		global private rule small { condition: filesize < 10 }
		private rule helper { strings: $a = "ab" condition: $a }
		rule found { condition: helper }
		rule other { condition: not helper }`)
	s := rules.NewScanner(ScanOptions{})
	for data, want := range map[string]string{"xab": "default:found", "xyz": "default:other", "abababababab": ""} {
		if got := strings.Join(s.names(t, []byte(data)), " "); got != want {
			t.Errorf("%q: %q, want %q", data, got, want)
		}
	}
}

func TestStringMatches(t *testing.T) {
	rules := compile(t, `rule r { strings: $a = "abc" wide ascii $p = "x" private $r = /b+/ condition: any of them }`)
	s := rules.NewScanner(ScanOptions{Strings: true})
	matches, err := s.Scan([]byte("abc a\x00b\x00c\x00 bbb x"), File{})
	if err != nil || len(matches) != 1 {
		t.Fatalf("%d matches, error %v", len(matches), err)
	}
	var got []string
	for _, m := range matches[0].Strings {
		got = append(got, m.Name+"@"+string(rune('0'+m.Offset/10))+string(rune('0'+m.Offset%10))+"="+string(m.Data))
	}
	want := []string{"$a@00=abc", "$a@04=a\x00b\x00c\x00", "$r@01=b", "$r@06=b", "$r@11=bbb", "$r@12=bb", "$r@13=b"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestProblemsAreNamed(t *testing.T) {
	src := `
rule good { condition: true }
rule unknown { condition: nothing_like_it }
rule untyped { condition: "a" + 1 == 2 }
rule module_missing { condition: pe.is_pe }
rule good { condition: false }
rule broken { condition: ( }
rule last { condition: good }`
	rules, report := Compile([]Source{{Name: "p.yar", Data: []byte(src)}}, Options{})
	if report.Rules != 2 || len(rules.All()) != 2 {
		t.Errorf("%d rules in force, want 2", report.Rules)
	}
	var names []string
	for _, p := range report.Problems {
		names = append(names, p.Rule)
		if p.File != "p.yar" || p.Line == 0 || p.Reason == "" {
			t.Errorf("incomplete problem %+v", p)
		}
	}
	if want := []string{"unknown", "untyped", "module_missing", "good", "broken"}; !slices.Equal(names, want) {
		t.Errorf("problems of %v, want %v", names, want)
	}
}

func TestCompiledFormRoundTrips(t *testing.T) {
	rules := compile(t, `import "math" import "hash"
		rule a : tag { meta: n = 1 s = "x" b = true strings: $a = /fo+/ nocase $b = "bar" xor condition: $a or #b > 1 }
		rule b { condition: math.entropy(0, filesize) < 8.0 and ext_int == 7 and hash.md5(0, 1) != "" }`)
	data, err := rules.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := *again.All()[0], *rules.All()[0]; got.Name != want.Name || !slices.Equal(got.Tags, want.Tags) || !slices.Equal(got.Meta, want.Meta) || got.Line != want.Line {
		t.Errorf("rule %+v, want %+v", got, want)
	}
	if first, second := again.All(), again.All(); first[0] != second[0] {
		t.Error("the description of a rule is another one each time")
	}
	if twice, err := again.AppendBinary(nil); err != nil || !bytes.Equal(twice, data) {
		t.Errorf("the compiled form of what was loaded is another: %v", err)
	}
	for _, content := range []string{"", "xFOOx", "bar", "\x03\x00\x13 \x03\x00\x13"} {
		got, want := again.NewScanner(ScanOptions{}).names(t, []byte(content)), rules.NewScanner(ScanOptions{}).names(t, []byte(content))
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", content, got, want)
		}
	}
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 0x40
		if _, err := Load(bad); err == nil {
			t.Fatalf("a changed byte at %d goes unnoticed", i)
		}
	}
	if _, err := Load(data[:len(data)-1]); err == nil {
		t.Error("a missing byte goes unnoticed")
	}
}

func TestExternals(t *testing.T) {
	s := compile(t, `rule r { condition: ext_int > 7 }`).NewScanner(ScanOptions{})
	for _, tt := range []struct {
		value any
		want  int
		bad   bool
	}{{8, 1, false}, {int64(7), 0, false}, {"8", 0, true}} {
		m, err := s.Scan(nil, File{Externals: map[string]any{"ext_int": tt.value}})
		if len(m) != tt.want || (err != nil) != tt.bad {
			t.Errorf("%v: %d matches, error %v", tt.value, len(m), err)
		}
	}
}

func TestExplain(t *testing.T) {
	rules := compile(t, `rule r { strings: $a = "abc" condition: $a and (filesize > 100 or #a == 2) }`)
	s := rules.NewScanner(ScanOptions{})
	parts, err := s.Explain([]byte("abc abc"), File{}, rules.All()[0])
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range parts {
		got[p.Text] = p.Result
	}
	for text, want := range map[string]string{"$a": "true", "filesize > 100": "false", "#a == 2": "true"} {
		if got[text] != want {
			t.Errorf("%s: %q, want %q (all: %v)", text, got[text], want, got)
		}
	}
}

func TestLint(t *testing.T) {
	rules := compile(t, `
		rule fine { strings: $a = "a rare enough sequence" condition: $a }
		rule always { condition: filesize > 3 }
		rule bare { strings: $a = /[0-9]+x?/ condition: $a }`)
	notes, err := rules.Lint()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, n := range notes {
		names = append(names, n.Rule.Name)
	}
	if want := []string{"always", "bare"}; !slices.Equal(names, want) {
		t.Errorf("notes on %v, want %v", names, want)
	}
}
