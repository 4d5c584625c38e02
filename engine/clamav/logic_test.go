package clamav

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// logicCases are expressions over three subsignatures: A, B and C.
var logicCases = []string{
	"0", "0&1&2", "0|1|2", "0&1|2", "0|1&2", "(0&1)|2", "(0|1)&2", "(0&1|2)", "(0|1&2)", "((0|1)&2)", "(0)&(1)&2",
	"0=0&1&2", "0=2&1&2", "0>1|1>1|2>1", "0<2&1&2", "(0|1|2)=0", "(0|1|2)=3", "(0|1|2)>2", "(0|1|2)<2", "(0|1|2)>2,2", "(0|1|2)>2,3", "(0|1|2)=0,1",
	"(0&1)=0&2", "(0&1)>2|2", "(0&1&2)<1", "((0|1)>2|2)>3,1", "((0|1)>2|2)>3,2", "((0|1)>0,2&2)>3", "(0|1)=2&2=0", "2=0&(0|1)",
}

// TestLogicIsClamscans holds Eval against clamscan for each expression and
// every count from 0 to 2 of each subsignature.
func TestLogicIsClamscans(t *testing.T) {
	program := clamscan(t)
	dir := t.TempDir()
	var db strings.Builder
	subsigs := []string{";4141414141", ";4242424242", ";4343434343"}
	for i, c := range logicCases {
		l, err := parseLogic(c)
		if err != nil {
			t.Fatalf("%s: %v", c, err)
		}
		fmt.Fprintf(&db, "L%d;Target:0;%s%s\n", i, c, strings.Join(subsigs[:l.greatest()+1], ""))
	}
	file := filepath.Join(dir, "x.ldb")
	if err := os.WriteFile(file, []byte(db.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for n := range 27 {
		counts := []uint32{uint32(n % 3), uint32(n / 3 % 3), uint32(n / 9)}
		text := "text"
		for i, c := range "ABC" {
			text += strings.Repeat("."+strings.Repeat(string(c), 5), int(counts[i]))
		}
		sample := filepath.Join(dir, "sample")
		if err := os.WriteFile(sample, []byte("\x00\x01\x00\x01\x00\x01"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ := exec.Command(program, "-d", file, "-z", "--disable-cache", sample).CombinedOutput()
		for i, c := range logicCases {
			l, err := parseLogic(c)
			if err != nil {
				t.Fatalf("%s: %v", c, err)
			}
			want := strings.Contains(string(out), fmt.Sprintf(" L%d.UNOFFICIAL FOUND", i))
			if got := l.Eval(counts); got != want {
				t.Errorf("%s with counts %v: %v, want %v", c, counts, got, want)
			}
		}
	}
}

func TestParseLogicErrors(t *testing.T) {
	for _, s := range []string{"", "(", ")", "0&", "&0", "0||1", "(0", "0)", "0=", "0>x", "64", "0,1", "(0&1)>", "()", "a", "0 & 1", strings.Repeat("(", 5000)} {
		if l, err := parseLogic(s); err == nil {
			t.Errorf("%q gives %+v, want an error", s, l)
		}
	}
}
