package generation

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
)

func TestDamaged(t *testing.T) {
	source := own(t)
	for name, damage := range map[string]func(dir string) error{
		"file changed": func(dir string) error { return os.WriteFile(dir+"/files/own/a.yar", []byte("rule x {}"), 0o600) },
		"file lost":    func(dir string) error { return os.Remove(dir + "/files/own/a.yar") },
		"file added":   func(dir string) error { return os.WriteFile(dir+"/files/own/b.yar", nil, 0o600) },
		"list changed": func(dir string) error { return os.WriteFile(dir+"/SHA256SUMS", nil, 0o600) },
		"state lost":   func(dir string) error { return os.Remove(dir + "/state.json") },
		"all lost":     os.RemoveAll,
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, source)
			u := d.open()
			put(t, source.Path+"/a.yar", rule("one", "first needle"))
			first := d.accepted(u)
			put(t, source.Path+"/a.yar", rule("two", "second needle"))
			second := d.accepted(u)
			if err := damage(filepath.Join(d.o.Dir, generationsDir, second.ID)); err != nil {
				t.Fatal(err)
			}
			u = d.open()
			h := u.Health()
			if h.Generation.ID != first.ID || h.Damaged[second.ID] == "" {
				t.Errorf("%+v", h)
			}
			if err := u.Use(t.Context(), second.ID); err == nil {
				t.Error("a damaged generation was used")
			}
			if g := d.accepted(u); g.ID != second.ID {
				t.Errorf("%+v", g)
			}
			if h := u.Health(); len(h.Damaged) != 0 {
				t.Errorf("%+v", h)
			}
		})
	}
}

// TestKilled kills a program that updates definitions, again and again.
func TestKilled(t *testing.T) {
	if os.Getenv("CANDOR_TEST_UPDATER") != "" {
		updateForever(t)
		return
	}
	source, dir := own(t), t.TempDir()
	d := newDesk(t, source)
	d.o.Dir = dir
	for i := range 8 {
		put(t, source.Path+"/x.yar", rule("x", fmt.Sprintf("at first %d", i)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(60+37*i)*time.Millisecond)
		c := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKilled$")
		c.Env = append(os.Environ(), "CANDOR_TEST_UPDATER="+dir, "CANDOR_TEST_SOURCE="+source.Path, "CANDOR_TEST_CACHE="+cacheDir)
		out, err := c.CombinedOutput()
		cancel()
		if err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("it was to be killed: %v: %s", err, out)
		}
		u := d.open()
		if h := u.Health(); len(h.Damaged) > 0 {
			t.Fatalf("damaged: %v", h.Damaged)
		}
		if h := u.Health(); h.Generation.ID != "" && h.Generation.State != candor.GenerationActive {
			t.Errorf("%+v", h.Generation)
		}
		d.check(u)
		current(t, u).Release()
		active := 0
		for _, s := range u.states() {
			if s.State == candor.GenerationActive {
				active++
			}
		}
		if active != 1 {
			t.Errorf("%d generations claim to be in use", active)
		}
	}
}

func updateForever(t *testing.T) {
	source := Source{Name: "own", Kind: Folder, Path: os.Getenv("CANDOR_TEST_SOURCE")}
	d := newDesk(t, source)
	d.o.Dir = os.Getenv("CANDOR_TEST_UPDATER")
	u := d.open()
	for i := 0; ; i++ {
		put(t, source.Path+"/x.yar", rule("x", fmt.Sprintf("needle number %d", i)))
		if _, err := u.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
