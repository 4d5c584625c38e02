package pattern

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// peer gives the path of a program that answers are compared with.
func peer(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the program %s is missing", name)
		}
		t.Skipf("the program %s is missing", name)
	}
	return path
}

// TestParseRegexpMatchesLikeYARA lets the yara program search the subjects for
// expressions whose meaning is particular to YARA.
func TestParseRegexpMatchesLikeYARA(t *testing.T) {
	yara := peer(t, "yara")
	sources := []string{
		`[\w-z]`, `[\d-]`, `[\w-]`, `[]a]b`, `[^]a]`, `[a^]`, `[\]]`, `[^a]`, `[^a-c\W]`, `[@-b]`, `[^@-b]`, `\v`, `\q|x`, `a{,2}b`, `a{2}`, `{2}`[:1] + `x`, `a\{2`, `a{2`,
		`a{x}|{`, `a{2,}`, `a|`[:1], `^a`, `a$`, `\bb`, `\Bb`, `b\b`, `.b`, `a.b`, `a[^b]b`, `\x41`, `[\x41-C]`, `(a|b)c`, `(ab|)c`, `x(\n|$)`, `[^\n]b`, `a\-b`, `a\sb`, `a\Sb`, `\x61\W`, `\D1`, `[[]`, `\[`,
	}
	type want struct{ src, mods string }
	var rules bytes.Buffer
	var wants []want
	for _, src := range sources {
		for _, mods := range []string{"", "nocase", "wide", "nocase wide"} {
			for _, flag := range []string{"", "s"} {
				fmt.Fprintf(&rules, "rule r%d { strings: $a = /%s/%s %s condition: $a }\n", len(wants), src, flag, mods)
				wants = append(wants, want{src, mods + flag})
			}
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules.yar"), rules.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	files := append([]string{"a\x00b\x00", "A\x00", "a\x00 \x00b\x00", "a\x00b\x00b", "z\x00a\x00a\x00b\x00", "\x00a\x00b"}, subjects...)
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	for i, s := range files {
		if err := os.WriteFile(filepath.Join(data, fmt.Sprint(i)), []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(yara, "-w", "-p", "1", "-r", filepath.Join(dir, "rules.yar"), data).Output()
	if err != nil {
		t.Fatal(err)
	}
	matched := make(map[string]bool)
	for line := range strings.Lines(string(out)) {
		rule, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		matched[rule+" "+filepath.Base(file)] = true
	}
	if len(matched) == 0 {
		t.Fatal("yara matched nothing")
	}
	for i, w := range wants {
		n, err := ParseRegexp(w.src, RegexpFlags{Nocase: strings.Contains(w.mods, "nocase"), DotAll: strings.HasSuffix(w.mods, "s")})
		if err != nil {
			t.Fatalf("%s: %v", w.src, err)
		}
		if strings.Contains(w.mods, "wide") {
			n = Wide(n)
		}
		for j, s := range files {
			theirs := matched[fmt.Sprintf("r%d %d", i, j)]
			if ours := found(n, s); ours != theirs {
				t.Errorf("/%s/ %s on %q: %v, yara %v", w.src, w.mods, s, ours, theirs)
			}
		}
	}
}

// perlMatrix reads pairs of hexadecimal lines, expressions first, and prints
// for each expression one digit a subject.
const perlMatrix = `
my ($n, @lines) = map { chomp; $_ } <STDIN>;
my @text = map { pack "H*", $_ } @lines;
for my $re (@text[0 .. $n - 1]) {
	print join("", map { $_ =~ /$re/ ? 1 : 0 } @text[$n .. $#text]), "\n";
}
`

// TestParseRegexpMatchesLikePerl compares the dialect PCRE with Perl itself.
func TestParseRegexpMatchesLikePerl(t *testing.T) {
	perl := peer(t, "perl")
	sources := []string{
		`a(?i)b`, `(?i:A)b`, `(a(?i)B|C)`, `(?s)a.b`, `(?m)^b$`, `(?m)^b|c$`, `(?x) a  b # c`, `(?xi: A b )c`, `a(?#no)b`, `a$`, `a\n$`, `b\Z`, `b\z`, `\Aa`,
		`[[:alpha:]][[:digit:]]`, `[[:^alnum:]]`, `(?i)[[:upper:]]b`, `(?i)[^a]`, `(?i)[^[:upper:]]`, `[\w-]`, `[a-\d]b`, `[]-a]`, `[^]a]`, `\h`, `\v`, `\H\V`, `\R`, `a\Rb`, `\Na`, `\cI`, `\x{61}b`, `\x9`, `\061`, `\o{141}`,
		`(?:ab)+`, `(?<n>a)b`, `(?'n'a)b`, `(?|ab|ba)`, `a{2}`, `a{2}b`, `a|`, `|a`, `()a`, `x.y`, `\bb\b`, `\Bb`, `a{`, `a{2`, `(?^)a`, `(?i)a(?^:b)`, `(?i)a(?-i)b`, `[\]\[]`, `[\^-]`, `[\b]`, `(?:\b)+b`, `^`, `(a|b)+?c`, `a[^\n]b`, `\{2\}`, `a(?s:.)b(?-s:.)`,
	}
	in := fmt.Sprintf("%d\n", len(sources))
	for _, s := range append(append([]string{}, sources...), subjects...) {
		in += fmt.Sprintf("%x\n", s)
	}
	cmd := exec.Command(perl, "-e", perlMatrix)
	cmd.Stdin = strings.NewReader(in)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaints.Bytes())
	}
	rows := strings.Fields(string(out))
	if len(rows) != len(sources) {
		t.Fatalf("perl answered %d of %d expressions", len(rows), len(sources))
	}
	for i, src := range sources {
		n, err := ParseRegexp(src, RegexpFlags{Dialect: PCRE})
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		for j, s := range subjects {
			if ours, theirs := found(n, s), rows[i][j] == '1'; ours != theirs {
				t.Errorf("/%s/ on %q: %v, perl %v", src, s, ours, theirs)
			}
		}
	}
}
