package house

import (
	"io"
	"path/filepath"
	"testing"
	"time"

	"candor/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// TestSmall fills a small database of each kind and measures it, so that what
// the figures rest on works.
func TestSmall(t *testing.T) {
	now := time.Now()
	size := Size{Parties: 30, Sites: 40, Cases: 200, Findings: 1000}
	for name, url := range map[string]string{"SQLite": filepath.Join(t.TempDir(), "x.db"), "PostgreSQL": storetest.PostgresURL(t)} {
		if err := Fill(t.Context(), url, size, now, io.Discard); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r, err := Run(t.Context(), Config{URL: url, Users: 5, Seconds: 1, Alone: 1, Folder: t.TempDir(), Clock: time.Now, Log: io.Discard})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r.Database != name || r.Pages.Count == 0 || len(r.Rates) == 0 {
			t.Errorf("%s: the report is %+v", name, r)
		}
		if err := r.Write(io.Discard); err != nil {
			t.Error(err)
		}
	}
}
