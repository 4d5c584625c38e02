package pattern

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestParseRegexpNormalForm(t *testing.T) {
	pcre := RegexpFlags{Dialect: PCRE}
	nocase := RegexpFlags{Nocase: true}
	for _, c := range []struct {
		src   string
		flags RegexpFlags
		want  string
	}{
		{`abc`, RegexpFlags{}, `abc`},
		{`ab*c`, RegexpFlags{}, `ab*c`},
		{`a(bc)d`, RegexpFlags{}, `abcd`},
		{`a((b|c)|d)e`, RegexpFlags{}, `a[b-d]e`},
		{`ab|cd|`, RegexpFlags{}, `ab|cd|`},
		{`a|bc|(d|ef)`, RegexpFlags{}, `a|bc|d|ef`},
		{`(ab|cd)+?x`, RegexpFlags{}, `(?:ab|cd)+?x`},
		{`.`, RegexpFlags{}, `[^\x0a]`},
		{`.`, RegexpFlags{DotAll: true}, `.`},
		{`\x41\n\t\.`, RegexpFlags{}, `A\x0a\x09\.`},
		{`[a]`, RegexpFlags{}, `a`},
		{`[^\x00-\xff]`, RegexpFlags{}, `.\A`},
		{`[]a-c-]`, RegexpFlags{}, `[\-\]a-c]`},
		{`[\w-z]`, RegexpFlags{}, `[w-z]`},
		{`[\w-]`, RegexpFlags{}, `[\-0-9A-Z_a-z]`},
		{`a{0}b`, RegexpFlags{}, `b`},
		{`a{1}b`, RegexpFlags{}, `ab`},
		{`a{,3}`, RegexpFlags{}, `a{0,3}`},
		{`a{,}`, RegexpFlags{}, `a*`},
		{`a{2 , 3}`, RegexpFlags{}, `a{2,3}`},
		{`a{2,}?`, RegexpFlags{}, `a{2,}?`},
		{`a{x}`, RegexpFlags{}, `a\{x\}`},
		{`a{3`, RegexpFlags{}, `a\{3`},
		{`^a$\b\B`, RegexpFlags{}, `\Aa\z\b\B`},
		{`\v\h\q`, RegexpFlags{}, `vhq`},
		{`ab1`, nocase, `[Aa][Bb]1`},
		{`\x61`, nocase, `[Aa]`},
		{`[^a]`, nocase, `[^Aa]`},
		{`[^a-c\W]`, nocase, `[0-9D-Z_d-z]`},
		{`[@-b]`, nocase, "[@-z]"},

		{`(?:ab)(?<n>c)(?P<m>d)(?'k'e)`, pcre, `abcde`},
		{`a(?i)b(?-i)c`, pcre, `a[Bb]c`},
		{`a(?i:b)c`, pcre, `a[Bb]c`},
		{`(a(?i)b|c)c`, pcre, `(?:a[Bb]|[Cc])c`},
		{`(?s).(?-s).`, pcre, `.[^\x0a]`},
		{`(?m)^a$`, pcre, `(?m:^)a(?m:$)`},
		{`(?x) a b # c` + "\n" + ` [ ] \ `, pcre, `ab  `},
		{`(?xi) a (?#no) +`, pcre, `[Aa]+`},
		{`(?^)a`, RegexpFlags{Dialect: PCRE, Nocase: true}, `a`},
		{`(?U)a+b+?`, pcre, `a+?b+`},
		{`a$`, pcre, `a\x0a?\z`},
		{`a\Z`, pcre, `a\x0a?\z`},
		{`a$`, RegexpFlags{Dialect: PCRE, DollarEnd: true}, `a\z`},
		{`\Aa\z`, pcre, `\Aa\z`},
		{`a|b`, RegexpFlags{Dialect: PCRE, Anchored: true}, `\A[ab]`},
		{`\Qa.b*\E+`, pcre, `a\.b\*+`},
		{`\Q|)(`, pcre, `\|\)\(`},
		{`[\Q]^\E]`, pcre, `[\]\^]`},
		{`\h\v\R`, pcre, `[\x09 \xa0][\x0a-\x0d\x85](?:\x0d\x0a|[\x0a-\x0d\x85])`},
		{`\H`, pcre, `[^\x09 \xa0]`},
		{`\N\C`, pcre, `[^\x0a].`},
		{`\e\a\cA\0\012\x{7f}\o{101}\x`, pcre, `\x1b\x07\x01\x00\x0a\x7fA\x00`},
		{`[[:alpha:][:digit:]]`, pcre, `[0-9A-Za-z]`},
		{`[[:^ascii:]]`, pcre, `[\x80-\xff]`},
		{`(?i)[[:upper:]]`, pcre, `[A-Za-z]`},
		{`[[:a]:]`, pcre, `[:\[a]:\]`},
		{`[\w-a]`, pcre, `[\-0-9A-Z_a-z]`},
		{`[a-\d]`, pcre, `[\-0-9a]`},
		{`[]-a]`, pcre, "[\\]-a]"},
		{`[\b]`, pcre, `\x08`},
		{`a{,2}`, pcre, `a\{,2\}`},
		{`a{2}{3}`, pcre, `(?:a{2}){3}`},
		{`|a`, pcre, `|a`},
		{`()`, pcre, `(?:)`},
		{``, pcre, `(?:)`},
		{`^*a`, pcre, `a`},
		{`(?:\b)+a`, pcre, `\ba`},
		{"a\x00b", pcre, `a\x00b`},
		{`(a)(b)(c)(d)(e)(f)(g)(h)(i)\12`, pcre, `abcdefghi\x0a`},
	} {
		n, err := ParseRegexp(c.src, c.flags)
		if err != nil {
			t.Errorf("%q: %v", c.src, err)
			continue
		}
		got := n.String()
		if got != c.want {
			t.Errorf("%q gives %s, want %s", c.src, got, c.want)
		}
		again, err := ParseRegexp(got, RegexpFlags{Dialect: PCRE, DotAll: true})
		if err != nil || again.String() != got {
			t.Errorf("%s is read back as %v (%v)", got, again, err)
		}
	}
}

func TestParseRegexpErrors(t *testing.T) {
	pcre := RegexpFlags{Dialect: PCRE}
	for _, c := range []struct {
		src    string
		flags  RegexpFlags
		offset int
		reason string
	}{
		{``, RegexpFlags{}, 0, "empty"},
		{`a**`, RegexpFlags{}, 2, "nothing to repeat"},
		{`a{2}{3}`, RegexpFlags{}, 4, "nothing to repeat"},
		{`a{3,2}`, RegexpFlags{}, 1, "bad repeat interval"},
		{`a{32768}`, RegexpFlags{}, 1, "over 32767"},
		{`a{40000,}`, RegexpFlags{}, 1, "bad repeat interval"},
		{`a(b`, RegexpFlags{}, 1, "missing )"},
		{`ab)`, RegexpFlags{}, 2, "unmatched )"},
		{`a[bc`, RegexpFlags{}, 1, "missing ]"},
		{`[z-a]`, RegexpFlags{}, 1, "bad character range"},
		{`ab\1`, RegexpFlags{}, 2, "backreference"},
		{`\xg0`, RegexpFlags{}, 0, "illegal escape"},
		{`a*b*?`, RegexpFlags{Uniform: true}, 3, "mixed"},
		{`a{2}b+?`, RegexpFlags{Uniform: true}, 5, "mixed"},
		{strings.Repeat("(", 501) + "a" + strings.Repeat(")", 501), RegexpFlags{}, 500, "nested"},
		{strings.Repeat("a", 1<<17+1), RegexpFlags{}, 1 << 17, "too long"},

		{`a` + strings.Repeat("*", 1000), pcre, 12, "quantifiers behind quantifiers"},
		{`a(?=b)`, pcre, 1, "lookahead"}, {`a(?!b)`, pcre, 1, "negative lookahead"},
		{`(?<=a)b`, pcre, 0, "lookbehind"}, {`(?<!a)b`, pcre, 0, "negative lookbehind"},
		{`(?>a)`, pcre, 0, "atomic group"}, {`a++`, pcre, 2, "possessive"}, {`a{2}+`, pcre, 4, "possessive"}, {`a?+`, pcre, 2, "possessive"},
		{`(a)\1`, pcre, 3, "backreference"}, {`(?<n>a)\k<n>`, pcre, 7, "backreference"}, {`(a)\g1`, pcre, 3, "backreference"}, {`(?<n>a)(?P=n)`, pcre, 7, "backreference"},
		{`a(?R)`, pcre, 1, "recursion"}, {`(a)(?1)`, pcre, 3, "recursion"}, {`(?<n>a)(?&n)`, pcre, 7, "recursion"}, {`(a)(?-1)`, pcre, 3, "recursion"},
		{`(a)(?(1)b)`, pcre, 3, "conditional group"}, {`(*ACCEPT)`, pcre, 0, "verb"}, {`a(?C1)`, pcre, 1, "callout"},
		{`\pL`, pcre, 0, "Unicode property"}, {`a\K`, pcre, 1, `\K`}, {`\Ga`, pcre, 0, `\G`}, {`\y`, pcre, 0, "unknown escape"},
		{`(?i`, pcre, 0, "missing )"}, {`(?<n`, pcre, 0, "missing end"}, {`(?y)`, pcre, 2, "unknown group"}, {`(?#x`, pcre, 0, "comment"},
		{`a{65536}`, pcre, 1, "over 65535"}, {`\x{100}`, pcre, 0, "over 255"}, {`\o{9}`, pcre, 0, "bad"}, {`\`, pcre, 0, "at the end"}, {`[\pL]`, pcre, 1, "Unicode property"},
		{`[[:nope:]]`, pcre, 1, "POSIX"}, {`[[=a=]]`, pcre, 1, "POSIX"},
	} {
		n, err := ParseRegexp(c.src, c.flags)
		var re *RegexpError
		if !errors.As(err, &re) {
			t.Errorf("%.20q gives %v and %v, want an error", c.src, n, err)
			continue
		}
		if re.Offset != c.offset || !strings.Contains(re.Reason, c.reason) {
			t.Errorf("%.20q: %v, want offset %d and %q", c.src, err, c.offset, c.reason)
		}
	}
}

// subjects are what the expressions of the tests below are tried on.
var subjects = []string{
	"", "a", "b", "A", "ab", "abc", "aab", "abab", "abcabc", "ba", "bca", "x\ny", "a\n", "\na", "a\nb", "a b", "a_b", "a-b", "a.b", "foo bar", "FOObar",
	"0", "12", "a1", "1a", "--", "]", "[", "^", "a]b", "aaaa", "aaaaaaaa", "xyz", "zyx", "{2}", "a{2}", "\t", " ", "ab\ncd\n", "ab\n\ncd", "\n\n", "A_9",
}

func TestParseRegexpMatchesLikeGo(t *testing.T) {
	for _, src := range []string{
		`a`, `abc`, `a|b`, `ab|ba`, `a*b`, `a+b`, `a?b`, `a{2}`, `a{2,}`, `a{2,3}b`, `(ab)+`, `(ab|c){2}`, `^a`, `a$`, `^a$`, `^$`, `\bb`, `\Bb`, `\bbar\b`, `.`, `a.b`,
		`[a-c]+$`, `[^a-z]`, `[^\n]+`, `\d\d`, `\w+\s\w+`, `\D`, `\W`, `\S\s`, `[\w\s]+b`, `[\]\[]`, `(a|b)*c`, `x.y`, `(x|\n)y`, `a\nb`, `z|y|x`, `(^|\n)a`, `a(\n|$)`, `[^]a]`, `a*`,
	} {
		for _, mode := range []string{"", "i", "s", "is"} {
			want := regexp.MustCompile("(?" + mode + ")" + src)
			if mode == "" {
				want = regexp.MustCompile(src)
			}
			f := RegexpFlags{Nocase: strings.Contains(mode, "i"), DotAll: strings.Contains(mode, "s")}
			for _, f.Dialect = range []Dialect{YARA, PCRE} {
				f.DollarEnd = true
				n, err := ParseRegexp(src, f)
				if err != nil {
					t.Fatalf("%s: %v", src, err)
				}
				for _, s := range subjects {
					if got := found(n, s); got != want.MatchString(s) {
						t.Errorf("/%s/%s dialect %d on %q: %v", src, mode, f.Dialect, s, got)
					}
					if got := foundBack(n, s); got != want.MatchString(s) {
						t.Errorf("/%s/%s reversed on %q: %v", src, mode, s, got)
					}
				}
			}
		}
	}
}

func TestParseRegexpLines(t *testing.T) {
	for _, src := range []string{`^a`, `a$`, `^b`, `b$`, `^$`, `^cd$`, `b$\n`, `\n^c`} {
		want := regexp.MustCompile("(?m)" + src)
		n, err := ParseRegexp(src, RegexpFlags{Dialect: PCRE, Multiline: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range subjects {
			if got := found(n, s); got != want.MatchString(s) {
				t.Errorf("(?m)%s on %q: %v", src, s, got)
			}
		}
	}
}

func TestWide(t *testing.T) {
	widen := func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			b.WriteByte(s[i])
			b.WriteByte(0)
		}
		return b.String()
	}
	for _, src := range []string{`abc`, `a[bc]+`, `(ab|c)*b`, `^ab`, `b$`, `\bb`, `\Bb`, `a.b`, `a{2,3}`} {
		n, err := ParseRegexp(src, RegexpFlags{})
		if err != nil {
			t.Fatal(err)
		}
		w := Wide(n)
		for _, s := range subjects {
			if got, want := found(w, widen(s)), found(n, s); got != want {
				t.Errorf("wide /%s/ on %q: %v, want %v", src, s, got, want)
			}
		}
		if found(w, "aabbcc") {
			t.Errorf("wide /%s/ matches single bytes", src)
		}
	}
	n, _ := ParseRegexp(`a[bc]\b`, RegexpFlags{})
	if got, want := Wide(n).String(), `a\x00[bc]\x00\b{wide}`; got != want {
		t.Errorf("Wide gives %s, want %s", got, want)
	}
}

func TestFold(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`ab1c`, `[Aa][Bb]1[Cc]`}, {`123`, `123`}, {`[a-c1]x{2}`, `[1A-Ca-c][Xx]{2}`}, {`(ab|1)+`, `(?:[Aa][Bb]|1)+`},
		{`[@\[]`, `[@\[]`}, {"`{", "`\\{"}, {`\bz`, `\b[Zz]`},
	} {
		n, err := ParseRegexp(c.src, RegexpFlags{})
		if err != nil {
			t.Fatal(err)
		}
		f := Fold(n)
		if f.String() != c.want {
			t.Errorf("Fold of %s is %s, want %s", c.src, f, c.want)
		}
		if again := Fold(f).String(); again != c.want {
			t.Errorf("folding %s again gives %s", f, again)
		}
	}
}

func TestLengths(t *testing.T) {
	for _, c := range []struct {
		src      string
		min, max int
	}{
		{`abc`, 3, 3}, {`a|bc`, 1, 2}, {`a*`, 0, Unbounded}, {`a+b`, 2, Unbounded}, {`a?b`, 1, 2}, {`(ab){2,5}c`, 5, 11}, {`^\b$`, 0, 0}, {`(a|)b`, 1, 2},
		{`((a{32767}){32767}){32767}`, 1<<31 - 1, Unbounded}, {`(\b)*`[1:3] + `a`, 1, 1},
	} {
		n, err := ParseRegexp(c.src, RegexpFlags{})
		if err != nil {
			t.Fatal(err)
		}
		if MinLen(n) != c.min || MaxLen(n) != c.max {
			t.Errorf("%s is %d to %d bytes long, want %d to %d", c.src, MinLen(n), MaxLen(n), c.min, c.max)
		}
	}
}
