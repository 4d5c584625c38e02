// Package petest helps to test the modules that read Windows executables: it
// builds executables, compares values with those of the program yara, and
// touches everything that a module offers.
package petest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"candor/engine/module"
)

// Input gives the Input of a scan of data.
func Input(data []byte) *module.Input {
	return &module.Input{
		Data:  data,
		Cache: map[string]any{},
		Log:   func(string) {},
		Now:   func() int64 { return 1_700_000_000 },
	}
}

// Values maps the path of a value ("sections[0].name") to its text, as the
// program yara prints it. Undefined values have none.
type Values map[string]string

// Dump gives all values that a module has for data.
func Dump(m module.Module, data []byte) Values {
	v := Values{}
	v.add("", m.Type(), module.ObjectValue(m.Open(Input(data))))
	return v
}

func (d Values) add(path string, t *module.Type, v module.Value) {
	if v.Kind == module.Undefined {
		return
	}
	switch t.Kind {
	case module.Int:
		d[path] = fmt.Sprint(v.Int)
	case module.String:
		d[path] = quote(v.Str)
	case module.Struct:
		for name, m := range t.Fields {
			if m.Kind != module.Func {
				d.add(strings.TrimPrefix(path+"."+name, "."), m, v.Obj.Field(name))
			}
		}
	case module.Array:
		for i := range v.List.Len() {
			d.add(fmt.Sprintf("%s[%d]", path, i), t.Elem, v.List.At(i))
		}
	case module.Dict:
		for i := range v.Map.Len() {
			key, e := v.Map.Entry(i)
			d.add(fmt.Sprintf("%s[%s]", path, key), t.Elem, e)
		}
	}
}

func quote(b []byte) string {
	var s strings.Builder
	s.WriteByte('"')
	for _, c := range b {
		if c < ' ' || c > '~' {
			fmt.Fprintf(&s, "\\x%02x", c)
		} else {
			s.WriteByte(c)
		}
	}
	s.WriteByte('"')
	return s.String()
}

// Yara gives the path of the program yara (or what CANDOR_YARA names instead)
// and its version. Without one it skips the test, and fails it where CI is set.
func Yara(t testing.TB) (program, version string) {
	t.Helper()
	program = os.Getenv("CANDOR_YARA")
	if program == "" {
		program = "yara"
	}
	out, err := exec.Command(program, "--version").Output()
	if err != nil {
		Missing(t, "the program yara: install Debian's package yara")
	}
	return program, strings.TrimSpace(string(out))
}

// Missing skips the test for want of something, and fails it where CI is set.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("missing %s", what)
	}
	t.Skipf("missing %s", what)
}

// YaraDump gives the values that the program yara has for a file.
func YaraDump(t testing.TB, name, path string) Values {
	t.Helper()
	program, _ := Yara(t)
	rules := filepath.Join(t.TempDir(), "dump.yar")
	if err := os.WriteFile(rules, fmt.Appendf(nil, "import %q\nrule every { condition: true }\n", name), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "-D", rules, path).Output()
	if err != nil {
		t.Fatalf("yara -D %s: %v", path, err)
	}
	return parseDump(out)
}

var dumpLine = regexp.MustCompile(`^(\t*)(.*?)(?: = (.*))?$`)

// parseDump reads what yara -D prints: a tree by indentation.
func parseDump(out []byte) Values {
	d := Values{}
	var path []string
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<30)
	lines.Scan() // the module's name
	for lines.Scan() {
		m := dumpLine.FindStringSubmatch(lines.Text())
		depth := len(m[1])
		if depth == 0 {
			break // the rules that matched
		}
		path = append(path[:min(depth-1, len(path))], m[2])
		if m[3] != "" && m[3] != "YR_UNDEFINED" {
			d[join(path)] = m[3]
		}
	}
	return d
}

func join(path []string) string {
	var s strings.Builder
	for i, p := range path {
		switch {
		case strings.HasPrefix(p, "["):
		case i > 0 && path[i-1] == "version_info":
			p = "[" + p + "]"
		case i > 0:
			p = "." + p
		}
		s.WriteString(p)
	}
	return s.String()
}

// Diff gives the paths at which two sets of values differ, sorted, with both
// values. ignore tells which paths not to compare.
func Diff(got, want Values, ignore func(path string) bool) []string {
	var d []string
	for path, w := range want {
		if g, ok := got[path]; !ignore(path) && (!ok || g != w) {
			d = append(d, fmt.Sprintf("%s: got %q, want %s", path, g, w))
		}
	}
	for path, g := range got {
		if _, ok := want[path]; !ok && !ignore(path) {
			d = append(d, fmt.Sprintf("%s: got %s, want undefined", path, g))
		}
	}
	sort.Strings(d)
	return d
}
