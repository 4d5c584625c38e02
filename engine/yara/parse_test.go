package yara

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// ruleNames lists the rules of a file.
func ruleNames(f *File) string {
	var names []string
	for _, r := range f.Rules {
		names = append(names, r.Name)
	}
	return strings.Join(names, " ")
}

// TestRecovery breaks the middle one of three rules in every way that the
// parser has to find back from.
func TestRecovery(t *testing.T) {
	for _, b := range []string{
		`rule b {`, `rule b { condition: true`, `rule b { condition: true or }`, `rule b { condition: }`, `rule b condition: true }`, `}`,
		`rule b { meta: x = "no end` + "\n" + ` condition: true }`, `rule b { meta: x = "bad \q escape" y = "rule z { " condition: true }`,
		`rule b { meta: x = "rule z { condition: true }" condition: / }`, `rule b { meta: x = "rule z : t {" condition: ) }`,
		`rule b { strings: $a = { 01 0 } condition: $a }`, `rule b { strings: $a = { 01 ! } condition: $a }`, `rule b { strings: $a = { 01 condition: $a }`,
		`rule b { strings: $a = "x" private $c = "y" foo condition: $a }`, `rule b { strings: $a = "x" private private condition: }`,
		`rule b { strings: $a = /(/ condition: $a }`, `rule b { strings: $a = /x condition: $a }`, `rule b { strings: $a = /"/ xor condition: $a }`,
		`rule b { condition: $x }`, `rule b { strings: $a = "x" condition: true }`, `rule b { strings: $a = "x" $a = "y" condition: $a }`,
		`rule b : { condition: true }`, `rule b : t t { condition: true }`, `rule a { condition: true }`, `private global rule b {`, `private rule b { condition: 1 1 }`,
		`rule 9b { condition: true }`, `rule rule { condition: true }`, `private x`, `global private` + " {", `rule`, `b { condition: true }`, `é`, `"`, `'`, `/`, `/x`, `{ 01 02 }`,
		`import`, `import x`, `import "`, `include "x"`, `rule b { condition: include "x" }`, `rule b { condition: for any of them : ( true }`, `rule b { condition: 99999999999999999999 > 1 }`,
		`rule b { // rule z {` + "\n" + ` condition: ) }`, `rule b { /* rule z { */ condition: ) }`, `rule b { condition: "a" matches /"/ ( }`,
		`rule b { condition: ` + strings.Repeat("(", 5000) + ` }`, `rule b { condition: ` + strings.Repeat("not ", 5000) + `true }`,
		`rule b { condition: ` + strings.Repeat("-", 5000) + `1 }`, `rule b { condition: pe` + strings.Repeat("[pe", 5000) + ` }`,
		`rule b { strings: $a = { ` + strings.Repeat("(", 5000) + ` } condition: $a }`,
	} {
		src := "rule a { condition: true }\n" + b + "\nrule c : t { condition: true }\nprivate rule d { condition: true }"
		f, problems := Parse("x.yar", []byte(src), Options{})
		if got := ruleNames(f); got != "a c d" {
			t.Errorf("%.60q leaves %s", b, got)
		}
		if len(problems) == 0 || problems[0].Pos.Line < 2 {
			t.Errorf("%.60q: problems %v", b, problems)
		}
		if d := f.Rules[len(f.Rules)-1]; !d.Private || d.Pos.Line != strings.Count(src, "\n")+1 || d.Pos.Column != 14 {
			t.Errorf("%.60q: the last rule is %+v", b, d)
		}
	}
}

func TestProblems(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"rule a {\n  condition:\n    $x }", "f:3:5: rule a: undefined string $x"},
		{"rule a { strings: $x = \"a\"\n $y = \"\" condition: $y }", "f:2:2: rule a: empty string $y\nf:1:19: rule a: unreferenced string $x"},
		{"foo", `f:1:1: unexpected "foo", expecting rule, import or include`},
		{"rule a { condition: true", "f:1:25: rule a: unexpected end of file, expecting }"},
		{"rule a { strings: $x = { 01\n 0G } condition: $x }", "f:2:2: rule a: invalid hex string $x: uneven number of digits"},
		{"rule a { strings: $x = /ab(c/ condition: $x }", "f:1:27: rule a: invalid regular expression: missing )"},
		{"rule a { strings: $x = /a*b*?/ condition: $x }", "f:1:28: rule a: invalid regular expression: greedy and lazy quantifiers are mixed"},
		{"rule a { condition: true }\nrule a { condition: true }", "f:2:6: rule a: duplicated identifier a"},
		{"rule a { condition: $ }", "f:1:21: rule a: wrong use of anonymous string: $ stands outside of a for…of"},
		{"include \"x\"", `f:1:1: include "x": includes are disabled`},
		{"rule a { meta: x = \"a\nb\" condition: true }", "f:1:20: rule a: unterminated string"},
		{"rule a { condition: 99999999999999999999 }", "f:1:21: rule a: integer overflow: 99999999999999999999"},
	} {
		_, problems := Parse("f", []byte(c.src), Options{})
		var got []string
		for _, p := range problems {
			got = append(got, p.Error())
		}
		if s := strings.Join(got, "\n"); s != c.want {
			t.Errorf("%q gives\n%s\nwant\n%s", c.src, s, c.want)
		}
	}
}

func TestInclude(t *testing.T) {
	files := map[string]string{
		"main":   `include "one" rule m { condition: true } include   "two" import "pe" include "missing"`,
		"one":    `rule o { condition: true } include "deeper"`,
		"deeper": "import \"math\"\nrule d { condition: true }",
		"two":    `rule t { condition: true } rule o { condition: true } include "main"`,
	}
	f, problems := Parse("main", []byte(files["main"]), Options{Include: func(from, path string) (string, []byte, error) {
		src, ok := files[path]
		if !ok {
			return "", nil, fmt.Errorf("%s includes what is not there", from)
		}
		return path, []byte(src), nil
	}})
	if got := ruleNames(f); got != "o d m t" {
		t.Errorf("rules %s", got)
	}
	if got := fmt.Sprint(f.Imports); got != "[{{deeper 1 1} math} {{main 1 58} pe}]" {
		t.Errorf("imports %s", got)
	}
	want := []string{
		"two:1:33: rule o: duplicated identifier o",
		`two:1:55: include "main": includes circular reference`,
		`main:1:70: include "missing": main includes what is not there`,
	}
	for i, p := range problems {
		if i >= len(want) || p.Error() != want[i] {
			t.Errorf("problem %v", p)
		}
	}
	if len(problems) != len(want) {
		t.Errorf("%d problems, want %d", len(problems), len(want))
	}
}

func TestIncludeBounds(t *testing.T) {
	deep := func(from, path string) (string, []byte, error) { return from + "x", []byte(`include "x"`), nil }
	_, problems := Parse("x", []byte(`include "x"`), Options{Include: deep})
	if len(problems) != 1 || !strings.Contains(problems[0].Reason, "depth") {
		t.Errorf("endless depth gives %v", problems)
	}
	n := 0
	wide := func(from, path string) (string, []byte, error) {
		n++
		return fmt.Sprint(n), []byte(strings.Repeat("include \"x\"\n", 10)), nil
	}
	if _, problems = Parse("x", []byte(`include "x"`), Options{Include: wide}); n > maxIncludes || len(problems) == 0 {
		t.Errorf("%d files included, problems %v", n, problems)
	}
}

func TestRuleParts(t *testing.T) {
	f, problems := Parse("f", []byte(`import "pe"
global private rule a : one two {
  meta: s = "t\x41\n" i = 0x10 n = -3KB b = true s = false
  strings:
    $t = "a\\\"\t\r\n\x00" wide ascii nocase fullword private
    $ = "xy" xor(1-0x20)
    $x = "xy" xor
    $b = "xyz" base64 base64wide("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    $c = "xyz" base64("!@#$%^&*(){}[].,|ABCDEFGHIJ\x09LMNOPQRSTUVWXYZabcdefghijklmnopqrstu")
    $r = /a\/b./is wide
    $n = /[^a]/ nocase
    $h = { 01 ?2 /* c */ [2-] ~03 } private
  condition: all of them
}`), Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r := f.Rules[0]
	if !r.Global || !r.Private || !reflect.DeepEqual(r.Tags, []string{"one", "two"}) || r.Pos != (Pos{"f", 2, 21}) {
		t.Errorf("head %+v", r)
	}
	if want := []Meta{{"s", "tA\n"}, {"i", int64(16)}, {"n", int64(-3072)}, {"b", true}, {"s", false}}; !reflect.DeepEqual(r.Meta, want) {
		t.Errorf("meta %v", r.Meta)
	}
	var got []string
	for _, s := range r.Strings {
		node := ""
		if s.Node != nil {
			node = s.Node.String()
		}
		got = append(got, fmt.Sprintf("%s %d %q %08b %q %q %s %d-%d %d", s.Name, s.Kind, s.Text, s.Mods, s.Src, s.Flags, node, s.XorMin, s.XorMax, len(s.Alphabet)))
	}
	want := []string{
		`t 0 "a\\\"\t\r\n\x00" 00011111 "" ""  0-0 0`,
		` 0 "xy" 00100000 "" ""  1-32 0`,
		`x 0 "xy" 00100000 "" ""  0-255 0`,
		`b 0 "xyz" 11000000 "" ""  0-0 0`,
		`c 0 "xyz" 01000000 "" ""  0-0 64`,
		`r 2 "" 00000010 "a\\/b." "is" [Aa]\/[Bb]. 0-0 0`,
		`n 2 "" 00000001 "[^a]" "" [^Aa] 0-0 0`,
		`h 1 "" 00010000 " 01 ?2 /* c */ [2-] ~03 " "" \x01[\x02\x12"2BRbr\x82\x92\xa2\xb2\xc2\xd2\xe2\xf2].{2,}?[^\x03] 0-0 0`,
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("string %d is\n%s\nwant\n%s", i, got[i], want[i])
		}
	}
}

func TestHexNodes(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`41 42 43`, `ABC`}, {`41??42`, `A.B`}, {`4? 42`, `[@-O]B`}, {`~41`, `[^A]`}, {`~?0`, `[^\x00\x10 0@P` + "`" + `p\x80\x90\xa0\xb0\xc0\xd0\xe0\xf0]`},
		{`41 [3] 42`, `A.{3}?B`}, {`41 [1] 42`, `A.B`}, {`41 [0-0] 42`, `AB`}, {`41 [-] 42`, `A.*?B`}, {`41 [2-4] 42`, `A.{2,4}?B`}, {`41 [5-] 42`, `A.{5,}?B`},
		{`41 ( 42 43 | 44 | 45 ) 46`, `A(?:BC|[DE])F`}, {`41 ( 42 | ( 43 44 | ?? ) ) 45`, `A(?:B|CD|.)E`}, {`(41) 42`, `AB`}, {`41 ( 42 [1-2] 43 | 44 45 )`, `A(?:B.{1,2}?C|DE)`},
	} {
		f, problems := Parse("f", []byte(hexString(c.src)), Options{})
		if len(problems) > 0 {
			t.Errorf("%s: %v", c.src, problems)
			continue
		}
		if got := f.Rules[0].Strings[0].Node.String(); got != c.want {
			t.Errorf("{%s} is %s, want %s", c.src, got, c.want)
		}
	}
}
