package yara

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// verdict is what the yara program says of a rule compared to us.
type verdict int

const (
	good   verdict = iota // both accept
	bad                   // both reject
	newer                 // we accept what YARA has only since 4.3, or what YARA-X has
	strict                // we reject what the yara program lets pass, for a reason given beside the case
)

// peerCase is a group of sources that get the same verdict.
type peerCase struct {
	want verdict
	wrap func(string) string
	srcs []string
}

// whole takes a source as it is.
func whole(s string) string { return s }

// condition puts a condition into a rule with some strings and rules around it.
// Its first operand refers to all strings, as YARA 4.2 demands.
func condition(s string) string {
	return `import "pe" import "math" rule r1 { condition: true } rule r2 { condition: false } rule q { condition: true }
rule t { strings: $_a = "aa" $_b = /b+/ $_c1 = { 01 02 } $_c2 = "d" condition: any of them or ` + s + "\n}"
}

// declaration puts the declaration of $a into a rule.
func declaration(s string) string { return "rule t { strings: $a = " + s + "\n condition: $a }" }

// hexString puts the inside of a hex string into a rule.
func hexString(s string) string { return declaration("{" + s + "}") }

// regexpString puts a regular expression into a rule.
func regexpString(s string) string { return declaration("/" + s + "/") }

// TestPeer compares what Parse accepts with what the yara program accepts.
func TestPeer(t *testing.T) {
	yara, err := exec.LookPath("yara")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the yara program is missing: install the package yara")
		}
		t.Log("the yara program is missing: only our own answers are checked")
	}
	for _, c := range peerCases {
		accept := c.want == good || c.want == newer
		for _, s := range c.srcs {
			_, problems := Parse("rule.yar", []byte(c.wrap(s)), Options{})
			if ours := len(problems) == 0; ours != accept {
				t.Errorf("accepted: %v, want %v: %s\n%v", ours, accept, s, problems)
			}
		}
		if yara != "" {
			peerVerdicts(t, yara, c)
		}
	}
}

// peerVerdicts checks that the yara program's answer to each source of c is the
// expected one. Sources that are all to be accepted are tried in one call first.
func peerVerdicts(t *testing.T, yara string, c peerCase) {
	accept := c.want == good || c.want == strict
	dir := t.TempDir()
	var paths []string
	for i, s := range c.srcs {
		path := filepath.Join(dir, fmt.Sprintf("n%d.yar", i))
		if err := os.WriteFile(path, []byte(c.wrap(s)), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	if accept {
		args := []string{"-w"}
		for i, path := range paths {
			args = append(args, fmt.Sprintf("n%d:%s", i, path))
		}
		if exec.Command(yara, append(args, os.DevNull)...).Run() == nil {
			return
		}
	}
	for i, path := range paths {
		out, err := exec.Command(yara, "-w", path, os.DevNull).CombinedOutput()
		if theirs := err == nil; theirs != accept {
			t.Errorf("yara accepted: %v, want %v: %s\n%s", theirs, accept, c.srcs[i], out)
		}
	}
}
