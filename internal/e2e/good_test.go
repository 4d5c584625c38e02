package e2e

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
)

// TestKnownGood has a file that is known to be good stay where it is, though a
// policy moves away whatever is found, until its list is taken away.
func TestKnownGood(t *testing.T) {
	dir := t.TempDir()
	data, list, config := filepath.Join(dir, "data"), filepath.Join(dir, "cms.txt"), filepath.Join(dir, "candor.yml")
	files := makeEstate(t, data, filepath.Join(dir, "sites"), 1, 2)
	s := openStore(t, data)
	everySecond(t, s)
	var good, digest string
	for path, content := range files {
		good, digest = path, fmt.Sprintf("%x", sha256.Sum256(content))
	}
	put(t, list, digest+"  wp-includes/load.php\n")
	put(t, config, fmt.Sprintf("scanning: {good: [%q]}\n", list))
	p := start(t, "--config", config, "--data", data)
	eventually(t, "the file that is not known is in quarantine", time.Minute, func() bool { return verified(t, s) == 1 })
	there := func() bool {
		now, err := os.ReadFile(good)
		return err == nil && string(now) == string(files[good])
	}
	finding := func() candor.FiledFinding {
		t.Helper()
		page, err := s.Findings(t.Context(), candor.Everything, candor.FindingFilter{Content: digest}, candor.Cut{Limit: 10})
		if err != nil || len(page.Items) == 0 {
			t.Fatal(page.Items, err)
		}
		return page.Items[0]
	}
	f := finding()
	c, err := s.Case(t.Context(), candor.Everything, f.Case)
	if err != nil || !c.Good || c.Severity > candor.Low || !strings.HasPrefix(c.Title, "Probably a false alarm") || f.Good != "cms.txt: wp-includes/load.php" || f.State != candor.FindingOpen || !there() {
		t.Errorf("%+v of %+v, there: %v, %v", f, c, there(), err)
	}
	o := signIn(t, p)
	if state := o.health(t)["good"]; state != "well" {
		t.Errorf("the list is %s", state)
	}
	if status := o.status(t, "/api/v1/definitions/doubted"); status != http.StatusOK {
		t.Errorf("rules that match known-good files: %d", status)
	}

	put(t, list, "nonsense\n")
	eventually(t, "health tells of the broken list", 2*time.Minute, func() bool { return o.health(t)["good"] == "stale" })
	if f := finding(); f.Good == "" || !there() {
		t.Errorf("the list is broken, and the finding %+v, there: %v", f, there())
	}
	put(t, list, "# nothing\n")
	eventually(t, "the file that is known no longer is in quarantine", 2*time.Minute, func() bool { return !there() && finding().State == candor.FindingQuarantined })
	if f := finding(); f.Good != "" || f.Severity < candor.High {
		t.Errorf("the finding is %+v", f)
	}
	if status := p.stop(t); status != 0 {
		t.Errorf("the program ended with %d: %s", status, p.errors())
	}
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
