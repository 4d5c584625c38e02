package software

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"candor"
)

var start = time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

func build(version string) Build {
	b, err := NewBuild("toolbar", version, "windows/amd64", []File{{"setup.exe", sum("setup " + version)}, {"lib/core.dll", sum("core " + version)}})
	if err != nil {
		panic(err)
	}
	return b
}

func paper(name, version string) Paper { return Paper{name, version, sum(name + version)} }

func binding(b Build, agreement, policy string, since time.Time) Binding {
	return Binding{ID: candor.NewID(since), Product: b.Product, Build: b.Digest(), Agreement: paper("eula", agreement), Policy: paper("privacy", policy),
		Optional: []string{"stats", "ads"}, Since: since}
}

func shown(b Build, agreement, policy string) Shown {
	return Shown{b.Product, b.Digest(), paper("eula", agreement).SHA256, paper("privacy", policy).SHA256}
}

// TestDigest holds that the digest of a build is what sha256sum would give.
func TestDigest(t *testing.T) {
	b := build("1")
	want := sum(sum("core 1") + "  lib/core.dll\n" + sum("setup 1") + "  setup.exe\n")
	if b.Digest() != want {
		t.Errorf("%s, not %s", b.Digest(), want)
	}
}

func TestCheck(t *testing.T) {
	good := sum("x")
	for name, err := range map[string]error{
		"product without id":        Product{Name: "n", Publisher: "p"}.Check(),
		"product with odd id":       Product{ID: "A b", Name: "n", Publisher: "p"}.Check(),
		"product without publisher": Product{ID: "a", Name: "n"}.Check(),
		"build without files":       Build{"a", "1", "p", nil}.Check(),
		"build with a file twice":   Build{"a", "1", "p", []File{{"f", good}, {"f", good}}}.Check(),
		"build out of order":        Build{"a", "1", "p", []File{{"g", good}, {"f", good}}}.Check(),
		"build with a way out":      Build{"a", "1", "p", []File{{"a/../../f", good}}}.Check(),
		"build with a root":         Build{"a", "1", "p", []File{{"/f", good}}}.Check(),
		"build with a line break":   Build{"a", "1", "p", []File{{"a\nb", good}}}.Check(),
		"build with capitals":       Build{"a", "1", "p", []File{{"f", strings.ToUpper(good)}}}.Check(),
		"build without platform":    Build{"a", "1", "", []File{{"f", good}}}.Check(),
		"binding without build":     Binding{Product: "a", Agreement: paper("e", "1"), Policy: paper("p", "1"), Since: start}.Check(),
		"binding without policy":    Binding{Product: "a", Build: good, Agreement: paper("e", "1"), Since: start}.Check(),
		"binding without beginning": Binding{Product: "a", Build: good, Agreement: paper("e", "1"), Policy: paper("p", "1")}.Check(),
		"binding with clause twice": Binding{Product: "a", Build: good, Agreement: paper("e", "1"), Policy: paper("p", "1"), Since: start, Optional: []string{"c", "c"}}.Check(),
	} {
		if !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := errors.Join(build("1").Check(), binding(build("1"), "1", "1", start).Check(), Product{ID: "a", Name: "n", Publisher: "p"}.Check()); err != nil {
		t.Error(err)
	}
}

func TestJudge(t *testing.T) {
	b := build("1")
	now := start.Add(time.Hour)
	bound := Declared{b, true, []Binding{binding(b, "1", "1", start), binding(b, "2", "2", start.Add(30*time.Minute)), binding(b, "3", "3", now.Add(time.Hour))}}
	for _, tt := range []struct {
		name  string
		shown Shown
		given Declared
		want  Mismatch
		fits  string
	}{
		{"in force", shown(b, "2", "2"), bound, "", "2"},
		{"in force before", shown(b, "1", "1"), bound, "", "1"},
		{"not yet in force", shown(b, "3", "3"), bound, OtherAgreement, ""},
		{"another agreement", shown(b, "9", "1"), bound, OtherAgreement, ""},
		{"another policy", shown(b, "1", "2"), bound, OtherPolicy, ""},
		{"not bound", shown(b, "1", "1"), Declared{b, true, nil}, Unbound, ""},
		{"bound later", shown(b, "3", "3"), Declared{b, true, bound.Bindings[2:]}, Unbound, ""},
		{"not known", shown(build("2"), "1", "1"), Declared{}, UnknownBuild, ""},
	} {
		fits, got := Judge(tt.shown, tt.given, now)
		if got != tt.want || fits.Agreement.Version != tt.fits {
			t.Errorf("%s: %q, %s", tt.name, got, fits.Agreement.Version)
		}
	}
	if in, ok := bound.InForce(now); !ok || in.Agreement.Version != "2" {
		t.Errorf("in force is %+v", in)
	}
}

// TestFinding holds that each mismatch is worded, and that builds which nobody
// knows are one finding, whatever a device makes up.
func TestFinding(t *testing.T) {
	b := build("1")
	for _, m := range Mismatches() {
		f := m.Finding(shown(b, "1", "1"), b)
		if f.Rule == "" || f.Description == "" || f.Nature != candor.Deceptive || f.Severity < candor.Medium || f.Language != candor.OwnLanguage {
			t.Errorf("%s: %+v", m, f)
		}
	}
	one, two := UnknownBuild.Finding(shown(b, "1", "1"), Build{}), UnknownBuild.Finding(shown(build("2"), "1", "1"), Build{})
	if one.Path != two.Path || one.SHA256 != "" || two.SHA256 != "" {
		t.Errorf("%+v and %+v are two findings", one, two)
	}
}
