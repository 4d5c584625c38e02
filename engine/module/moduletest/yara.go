package moduletest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// program gives the path of the yara program. Without it the test is skipped,
// but fails where CI is true.
func program(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("yara")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no yara program to compare with: install the package yara")
		}
		t.Skip("no yara program to compare with")
	}
	return path
}

// YaraBefore tells whether the yara program is older than a version.
func YaraBefore(t testing.TB, major, minor int) bool {
	t.Helper()
	out, err := exec.Command(program(t), "-v").Output()
	if err != nil {
		t.Fatal(err)
	}
	var has [2]int
	if _, err := fmt.Sscanf(string(out), "%d.%d", &has[0], &has[1]); err != nil {
		t.Fatalf("yara -v wrote %q", out)
	}
	return slices.Compare(has[:], []int{major, minor}) < 0
}

// Yara runs the yara program with these rules over a file, and gives the lines
// that it writes. It is skipped or fails without the program, as program has it.
func Yara(t testing.TB, rules, file string, options ...string) []string {
	t.Helper()
	path := program(t)
	source := filepath.Join(t.TempDir(), "rules.yar")
	if err := os.WriteFile(source, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	cmd := exec.Command(path, append(options, "-w", source, file)...)
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("yara %s: %v\n%s", file, err, complaints.String())
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// YaraDump gives what yara tells of a file through a module, in the form of Dump.
func YaraDump(t testing.TB, name, file string) []string {
	t.Helper()
	rules := fmt.Sprintf("import %q rule r { condition: false }", name)
	var lines, path []string
	for _, line := range Yara(t, rules, file, "-D") {
		depth := len(line) - len(strings.TrimLeft(line, "\t"))
		label, value, leaf := strings.Cut(line[depth:], " = ")
		if depth > 0 && !strings.HasPrefix(label, "[") {
			label = "." + label
		}
		path = append(path[:min(depth, len(path))], label)
		if leaf && value != "YR_UNDEFINED" {
			lines = append(lines, strings.Join(path, "")+" = "+value)
		}
	}
	slices.Sort(lines)
	return lines
}

// Compare fails the test for the first lines by which two dumps differ.
func Compare(t testing.TB, got, want []string) {
	t.Helper()
	reported := 0
	report := func(what, line string) {
		if reported++; reported <= 10 {
			t.Errorf("%s: %s", what, line)
		}
	}
	for len(got) > 0 || len(want) > 0 {
		switch {
		case len(want) == 0 || len(got) > 0 && got[0] < want[0]:
			report("only here", got[0])
			got = got[1:]
		case len(got) == 0 || want[0] < got[0]:
			report("only in yara", want[0])
			want = want[1:]
		default:
			got, want = got[1:], want[1:]
		}
	}
}
