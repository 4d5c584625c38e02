package version_test

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"candor/internal/intel/version"
)

// TestRPM has the order that rpm-version(7) tells, both ways.
func TestRPM(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"1.0", "1.0", 0}, {"1.0", "2.0", -1}, {"2.0.1", "2.0", 1}, {"2.0.1a", "2.0.1", 1}, {"5.5p1", "5.5p10", -1}, {"10xyz", "10.1xyz", -1}, {"xyz10", "xyz10.1", -1}, {"xyz.4", "8", -1}, {"10.0001", "10.1", 0},
		{"1.0~rc1", "1.0", -1}, {"1.0~rc1", "1.0~rc2", -1}, {"1.0~rc1~git1", "1.0~rc1", -1}, {"1.0^", "1.0", 1}, {"1.0^git1", "1.01", -1}, {"1.0^git1~pre", "1.0^git1", -1}, {"1.0~rc1^git1", "1.0~rc1", 1},
		{"2_0", "2.0", 0}, {"a+", "a", 0}, {"0:1.0-1.el9", "1.0-1.el9", 0}, {"1:1.0-1", "2.0-1", 1}, {"3.0.7-24.el9", "3.0.7-25.el9", -1}, {"3.0.7-24.el9_2.1", "3.0.7-24.el9", 1}, {"3.0.7", "3.0.7-24.el9", 0},
	} {
		got, ok := version.Compare(version.RPM, c.a, c.b)
		back, also := version.Compare(version.RPM, c.b, c.a)
		if !ok || !also || sign(got) != c.want || sign(back) != -c.want {
			t.Errorf("%s and %s: %d and %d, want %d", c.a, c.b, got, back, c.want)
		}
	}
	for _, bad := range []string{"", "x:1", "1 2", "1;2", "-1"} {
		if _, ok := version.Compare(version.RPM, bad, "1"); ok {
			t.Errorf("%q is compared", bad)
		}
	}
}

// TestRPMAsRPM compares random versions as rpm itself does.
func TestRPMAsRPM(t *testing.T) {
	path := tool(t, "rpm")
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		a, b := random(r, "0123ab.~^_"), random(r, "0123ab.~^_")
		out, err := exec.CommandContext(t.Context(), path, "--eval", fmt.Sprintf(`%%{lua:print(rpm.vercmp("%s","%s"))}`, a, b)).Output()
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := version.Compare(version.RPM, a, b); ok && fmt.Sprint(sign(got)) != strings.TrimSpace(string(out)) {
			t.Errorf("%s and %s: %d, rpm says %s", a, b, got, out)
		}
	}
}
