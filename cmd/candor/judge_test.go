package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"candor"
	"candor/internal/config"
	"candor/internal/scan/starter"
)

// TestJudge looks at samples with the definitions in use, and says so if there
// are none.
func TestJudge(t *testing.T) {
	c := config.Defaults()
	c.Data.Dir = t.TempDir()
	s, err := makeSetup(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r, err := open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := r.judge(t.Context(), "/srv/x", []byte("x"), 0); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("without definitions: %v", err)
	}
	if _, err := r.Definitions.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found, err := r.judge(t.Context(), "/srv/x", []byte("<p>hello</p>"), 0); err != nil || len(found) > 0 {
		t.Errorf("harmless: %v, %v", found, err)
	}
	folder := t.TempDir()
	if err := starter.WriteSamples(folder); err != nil {
		t.Fatal(err)
	}
	n := 0
	err = filepath.WalkDir(folder, func(name string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		found, err := r.judge(t.Context(), name, content, 0)
		n += len(found)
		return err
	})
	if err != nil || n == 0 {
		t.Errorf("%d findings in the samples, %v", n, err)
	}
}
