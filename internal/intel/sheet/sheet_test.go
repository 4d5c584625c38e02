package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func released(t *testing.T, b intel.Bundle) intel.Release {
	t.Helper()
	r, err := b.Release(tlp.Recipients)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func bundle(n int) intel.Bundle {
	b := intel.Bundle{ID: "0190a000-0000-7000-8000-000000000001", Title: "Phishing (of a bank) \\ 钓鱼", Producer: intel.Producer{Name: "Anbieter Süd 南方供应商", Mail: "cert@isp.example"}, Class: "fraud/phishing", Severity: candor.High,
		Created: noon, Modified: noon.Add(time.Hour), TLP: tlp.Amber}
	for i := range n {
		b.Indicators = append(b.Indicators, intel.Indicator{Kind: intake.URL, Value: fmt.Sprintf("https://evil.example/%d/%s", i, strings.Repeat("x", 200)), First: noon, Last: noon.Add(time.Minute), Confidence: 90, TLP: tlp.Amber})
	}
	if n > 0 {
		b.Indicators = append(b.Indicators, intel.Indicator{Kind: intake.Address, Value: "192.0.2.7"})
		b.Sightings = []intel.Sighting{{Indicator: b.Indicators[n], Count: 3, First: noon, Last: noon}}
	}
	return b
}

// TestWrite writes sheets that qpdf holds to be sound, with the mark on each and all
// that is told, and no value that is a link.
func TestWrite(t *testing.T) {
	for _, n := range []int{0, 1, 200} {
		var one, two bytes.Buffer
		r := released(t, bundle(n))
		if err := errors.Join(Write(&one, r), Write(&two, r)); err != nil {
			t.Fatal(err)
		}
		text := one.String()
		if text != two.String() {
			t.Error("it is not written the same twice")
		}
		pages := strings.Count(text, "/Type /Page ")
		if marks := strings.Count(text, "(TLP:AMBER) Tj"); pages < 1 || n == 200 && pages < 10 || marks < 2*pages {
			t.Errorf("%d pages, %d marks", pages, marks)
		}
		for _, want := range []string{`(Phishing \(of a bank\) \\ ) Tj`, "<949394C7", `Anbieter S\374d`, "(fraud/phishing)", "(2026-11-27 13:00 UTC)"} {
			if want = strings.ReplaceAll(want, "<949394C7", "<94939C7C"); !strings.Contains(text, want) {
				t.Errorf("%d: %q is not in it", n, want)
			}
		}
		if n > 0 && (!strings.Contains(text, "hxxps://evil[.]example/0/xxx") || !strings.Contains(text, "(192.0.2.7)") || !strings.Contains(text, "seen 3 times")) {
			t.Errorf("%d: an indicator is not in it", n)
		}
		if strings.Contains(text, "https://") {
			t.Error("a link is in it")
		}
		check(t, one.Bytes())
	}
	if err := Write(&bytes.Buffer{}, intel.Release{}); !errors.Is(err, candor.ErrInvalid) {
		t.Error(err)
	}
}

// check has qpdf look at a file.
func check(t *testing.T, content []byte) {
	t.Helper()
	qpdf, err := exec.LookPath("qpdf")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	name := filepath.Join(t.TempDir(), "sheet.pdf")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), qpdf, "--check", name).CombinedOutput(); err != nil || !bytes.Contains(out, []byte("No syntax or stream encoding errors found")) {
		t.Errorf("%v: %s", err, out)
	}
}

func TestWrapped(t *testing.T) {
	for text, want := range map[string]string{"": "", "one two three": "one two|three", "abcdefghijkl": "abcdefgh|ijkl", "a bcdefghijk l": "a|bcdefgh|ijk l", "钓鱼网站报告": "钓鱼网站|报告", "line\nbreak": "line|break"} {
		if got := strings.Join(wrapped(text, 8), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	long := strings.Repeat("wort 南方 ", 300)
	if got := strings.Join(strings.Fields(strings.Join(wrapped(long, 40), " ")), " "); got != strings.TrimSpace(long) {
		t.Error("something is lost")
	}
}
