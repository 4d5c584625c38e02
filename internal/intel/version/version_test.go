package version_test

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"candor/internal/intel/version"
)

// sign is -1, 0 or 1.
func sign(n int) int { return min(max(n, -1), 1) }

// tool finds a program that answers are compared with.
func tool(t *testing.T, name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return path
}

// random makes a version of some letters.
func random(r *rand.Rand, alphabet string) string {
	b := make([]byte, 1+r.IntN(7))
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// TestDebian compares random versions as dpkg does.
func TestDebian(t *testing.T) {
	dpkg := tool(t, "dpkg")
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[int]int{}
	for range 400 {
		a := fmt.Sprint(r.IntN(3)) + random(r, "0123a.~+-:b")
		b := a
		switch r.IntN(3) {
		case 0:
			b = fmt.Sprint(r.IntN(3)) + random(r, "0123a.~+-:b")
		case 1:
			at := r.IntN(len(a))
			b = a[:at] + random(r, "01a.~+") + a[at:]
		}
		got, ok := version.Compare(version.Debian, a, b)
		for _, v := range []string{a, b} {
			valid := exec.CommandContext(t.Context(), dpkg, "--validate-version", v).Run() == nil
			if _, ours := version.Compare(version.Debian, v, "1"); ours != valid {
				t.Fatalf("%q is a version: %v, and to dpkg %v", v, ours, valid)
			}
			ok = ok && valid
		}
		if !ok {
			continue
		}
		seen[sign(got)]++
		op := map[int]string{-1: "lt", 0: "eq", 1: "gt"}[sign(got)]
		if err := exec.CommandContext(t.Context(), dpkg, "--compare-versions", a, op, b).Run(); err != nil {
			t.Errorf("%s %s %s: dpkg does not say so", a, op, b)
		}
	}
	if seen[-1] < 20 || seen[0] < 20 || seen[1] < 20 {
		t.Errorf("the test shows little: %v", seen)
	}
}

// TestPHP compares random versions as PHP does, where there is one: no part of the
// program needs it.
func TestPHP(t *testing.T) {
	php := tool(t, "php")
	r := rand.New(rand.NewPCG(3, 4))
	words := []string{"1", "0", "2", "10", ".", ".", "-", "_", "+", "rc", "RC", "beta", "b", "a", "alpha", "dev", "p", "pl", "x", "007"}
	var in bytes.Buffer
	var pairs [][2]string
	for range 3000 {
		var v [2]string
		for i := range v {
			v[i] = fmt.Sprint(r.IntN(3))
			for range r.IntN(6) {
				v[i] += words[r.IntN(len(words))]
			}
			v[i] = strings.TrimRight(v[i], ".-_+") // PHP has no order there
		}
		pairs = append(pairs, v)
		fmt.Fprintln(&in, v[0], v[1])
	}
	cmd := exec.CommandContext(t.Context(), php, "-n", "-r", `while (($l = fgets(STDIN)) !== false) { [$a, $b] = explode(" ", trim($l)); echo version_compare($a, $b), "\n"; }`)
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewScanner(bytes.NewReader(out))
	for _, p := range pairs {
		if !answers.Scan() {
			t.Fatal("PHP says too little")
		}
		if got, ok := version.Compare(version.PHP, p[0], p[1]); !ok || fmt.Sprint(sign(got)) != answers.Text() {
			t.Errorf("%s and %s: %d, and to PHP %s", p[0], p[1], got, answers.Text())
		}
	}
}

// TestSemver is the order of the specification's example (11.4), and more.
func TestSemver(t *testing.T) {
	all := strings.Fields("0.0.1-0 0.0.1 0.9.10 1.0.0-1 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1 1.2.0 1.10.0 18446744073709551617.0.0")
	for i, a := range all {
		for j, b := range all {
			if got, ok := version.Compare(version.Semver, a, b); !ok || sign(got) != sign(i-j) {
				t.Errorf("%s and %s: %d", a, b, got)
			}
		}
	}
	for _, same := range [][2]string{{"v1.2", "1.2.0"}, {"1.0.0+a", "1.0.0+b"}, {"1", "v1.0.0"}} {
		if got, ok := version.Compare(version.Semver, same[0], same[1]); !ok || got != 0 {
			t.Error(same, got, ok)
		}
	}
	for _, bad := range []string{"", "x", "1.2.3.4", "1..2", "1.0.0-", "1.0.0-a..b", "1.0.0+", "1.0.0-ä"} {
		if _, ok := version.Compare(version.Semver, bad, "1.0.0"); ok {
			t.Errorf("%q is a version", bad)
		}
	}
}

func TestRange(t *testing.T) {
	for _, x := range []struct {
		r      version.Range
		s      version.Scheme
		v      string
		in, ok bool
	}{
		{version.Range{From: "1.0.0", Until: "2.0.0"}, version.Semver, "1.9.9", true, true},
		{version.Range{From: "1.0.0", Until: "2.0.0"}, version.Semver, "2.0.0", false, true},
		{version.Range{From: "1.0.0", Until: "2.0.0"}, version.Semver, "2.0.0-rc.1", true, true},
		{version.Range{From: "0", Until: "2.0.0"}, version.Semver, "0.0.1-a", true, true},
		{version.Range{Last: "1.2"}, version.PHP, "1.2", true, true},
		{version.Range{Last: "1.2"}, version.PHP, "1.2.1", false, true},
		{version.Range{Until: "1:1.0-1"}, version.Debian, "9.0-1", true, true},
		{version.Range{Until: "2"}, version.None, "1", false, false},
		{version.Range{Until: "2"}, version.Semver, "nonsense", false, false},
		{version.Range{}, version.None, "anything", true, true},
		{version.Range{}, version.None, "", false, false},
	} {
		if in, ok := x.r.Holds(x.s, x.v); in != x.in || ok != x.ok {
			t.Errorf("%+v holds %s: %v, %v", x.r, x.v, in, ok)
		}
	}
}

// FuzzCompare checks that order is one: what is before is not after.
func FuzzCompare(f *testing.F) {
	f.Add("1:2.3~rc1-1", "2.3.4-beta.1+x")
	f.Add("1.0.0-rc_1", "007pl")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, s := range []version.Scheme{version.None, version.Semver, version.Debian, version.PHP} {
			x, ok := version.Compare(s, a, b)
			y, good := version.Compare(s, b, a)
			if ok != good || sign(x) != -sign(y) {
				t.Fatalf("%s: %q and %q: %d, %d", s, a, b, x, y)
			}
			if z, ok := version.Compare(s, a, a); ok && z != 0 {
				t.Fatalf("%s: %q is not itself", s, a)
			}
		}
	})
}
