package quarantine_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/respond"
	"candor/internal/respond/quarantine"
	"candor/internal/respond/respondtest"
)

func TestOptionsThatAreRefused(t *testing.T) {
	s := newSite(t, "")
	s.write(t, "x", "evil")
	good := s.spots[0]
	for name, change := range map[string]func(*quarantine.Spot){
		"up":             func(p *quarantine.Spot) { p.Path = "../x" },
		"up inside":      func(p *quarantine.Spot) { p.Path = "a/../../x" },
		"absolute":       func(p *quarantine.Spot) { p.Path = "/etc/passwd" },
		"the root":       func(p *quarantine.Spot) { p.Path = "." },
		"empty":          func(p *quarantine.Spot) { p.Path = "" },
		"nul":            func(p *quarantine.Spot) { p.Path = "x\x00y" },
		"not shortest":   func(p *quarantine.Spot) { p.Path = "./x" },
		"other root":     func(p *quarantine.Spot) { p.Root = "/etc" },
		"root above":     func(p *quarantine.Spot) { p.Root = quarantine.Raw(filepath.Dir(s.root)) },
		"no digest":      func(p *quarantine.Spot) { p.SHA256 = "abc" },
		"great digest":   func(p *quarantine.Spot) { p.SHA256 = strings.ToUpper(p.SHA256) },
		"relative root":  func(p *quarantine.Spot) { p.Root = "srv" },
		"root with dots": func(p *quarantine.Spot) { p.Root += "/../root" },
	} {
		s.spots = []quarantine.Spot{good}
		change(&s.spots[0])
		_, err := s.method.Plan(t.Context(), respond.Request{Options: s.options(t)}, s.target())
		if !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%s: error %v, hint %q", name, err, candor.Hint(err))
		}
	}
	s.spots = []quarantine.Spot{good, good}
	if _, err := s.method.Plan(t.Context(), respond.Request{Options: s.options(t)}, s.target()); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("a file named twice: %v", err)
	}
}

// TestLinksAreNotFollowed: neither as the file, nor in its folder, nor in the
// root, be they there at the plan or only later.
func TestLinksAreNotFollowed(t *testing.T) {
	for _, late := range []bool{false, true} {
		for _, at := range []string{"a/b/x", "a/b", "a", ""} {
			s := newSite(t, "")
			s.write(t, "a/b/x", "evil")
			s.write(t, "other", "evil too")
			var r candor.Response
			if late {
				r = s.plan(t)
			}
			victim, outside := filepath.Join(s.root, at), filepath.Join(filepath.Dir(s.root), "outside")
			if err := os.Rename(victim, outside); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(outside, victim); err != nil {
				t.Fatal(err)
			}
			before := tree(t, filepath.Dir(s.root))
			if !late {
				_, err := s.method.Plan(t.Context(), respond.Request{Options: s.options(t)}, s.target())
				if at == "" && !errors.Is(err, candor.ErrChanged) {
					t.Errorf("plan with the root a link: %v", err)
				}
				continue
			}
			if err := s.apply(t, &r); !errors.Is(err, candor.ErrChanged) {
				t.Errorf("apply with %q a link: %v", at, err)
			}
			for name := range before {
				if strings.HasPrefix(name, "outside") && !exists(filepath.Join(filepath.Dir(s.root), name)) {
					t.Errorf("%q was taken from outside by way of %q", name, at)
				}
			}
		}
	}
}

// TestSwappedFolders quarantines and restores in a loop while a folder on the
// way is swapped for a link to a folder outside that holds the same bytes.
func TestSwappedFolders(t *testing.T) {
	s := newSite(t, "")
	s.write(t, "d/x", "evil")
	outside := filepath.Join(filepath.Dir(s.root), "outside")
	if err := os.Mkdir(outside, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(outside+"/x", []byte("evil"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(s.root, "link")
	if err := os.Symlink(outside, link); err != nil {
		t.Fatal(err)
	}
	var before unix.Stat_t
	if err := unix.Stat(outside+"/x", &before); err != nil {
		t.Fatal(err)
	}
	r := s.plan(t)
	ctx, stop := context.WithCancel(t.Context())
	var swaps sync.WaitGroup
	swaps.Go(func() {
		for ctx.Err() == nil {
			_ = unix.Renameat2(unix.AT_FDCWD, link, unix.AT_FDCWD, filepath.Join(s.root, "d"), unix.RENAME_EXCHANGE)
		}
	})
	moved := 0
	for range 400 {
		_ = s.apply(t, &r)
		if places(t, r)[0].State == quarantine.Moved {
			moved++
		}
		_ = s.revert(t, &r)
		list, err := os.ReadDir(outside)
		if err != nil || len(list) != 1 || list[0].Name() != "x" {
			t.Fatalf("outside is now %v, %v", list, err)
		}
	}
	stop()
	swaps.Wait()
	var after unix.Stat_t
	if err := unix.Stat(outside+"/x", &after); err != nil || after.Ino != before.Ino || after.Ctim != before.Ctim {
		t.Errorf("the file outside was touched: %v", err)
	}
	if moved == 0 || moved == 400 {
		t.Errorf("%d of 400 were moved: there was no race", moved)
	}
}

// meddler is a vault that lets something happen while a file is on its way.
type meddler struct {
	*dirVault
	after  func() // each Put
	before func() // each Get
}

func (m *meddler) Get(ctx context.Context, digest string) (io.ReadCloser, error) {
	if m.before != nil {
		m.before()
	}
	return m.dirVault.Get(ctx, digest)
}

func (m *meddler) Put(ctx context.Context, r io.Reader) (string, int64, error) {
	d, n, err := m.dirVault.Put(ctx, r)
	m.after()
	return d, n, err
}

// TestChangedMeanwhile: what changes between the read and the move stays where
// it is, and the other file goes on.
func TestChangedMeanwhile(t *testing.T) {
	for name, meddle := range map[string]func(p string) error{
		"written": func(p string) error { return os.WriteFile(p, []byte("EVIL"), 0) },
		"grown": func(p string) error {
			f, err := os.OpenFile(p, os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteString("more")
				f.Close()
			}
			return err
		},
		"replaced": func(p string) error {
			return errors.Join(os.WriteFile(p+"~", []byte("a new file"), 0o644), os.Rename(p+"~", p))
		},
		"mode": func(p string) error { return os.Chmod(p, 0o777) },
		"a link": func(p string) error {
			return errors.Join(os.Remove(p), os.Symlink("/etc/passwd", p))
		},
		"a folder": func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o755)) },
	} {
		for _, forbid := range []bool{false, true} {
			s := newSite(t, "")
			s.forbid = forbid
			p := s.write(t, "x.php", "evil")
			other := s.write(t, "y", "bad")
			r := s.plan(t)
			once := sync.OnceFunc(func() {
				if err := meddle(p); err != nil {
					t.Fatal(err)
				}
			})
			s.method = quarantine.New(map[string]quarantine.Vault{"": &meddler{dirVault: s.vault, after: once}})
			err := s.apply(t, &r)
			if _, again := respond.RetryAfter(err); !errors.Is(err, candor.ErrChanged) || again {
				t.Errorf("%s: error %v, temporary %v", name, err, again)
			}
			if !exists(p) || exists(other) {
				t.Errorf("%s: want the one left and the other moved", name)
			}
			if left, _ := filepath.Glob(s.root + "/.candor*"); left != nil {
				t.Errorf("%s: left behind %q", name, left)
			}
			if err := s.method.Verify(t.Context(), r); err == nil {
				t.Errorf("%s: verified", name)
			}
			before := inspect(t, p)
			if err := s.revert(t, &r); err != nil {
				t.Errorf("%s: revert: %v", name, err)
			}
			if after := inspect(t, p); after.Text != before.Text || !exists(other) {
				t.Errorf("%s: revert touched what it had not moved, or left the other", name)
			}
		}
	}
}

// TestOccupied: a new file in the place is never replaced.
func TestOccupied(t *testing.T) {
	for _, forbid := range []bool{false, true} {
		s := newSite(t, "")
		s.forbid = forbid
		p := s.write(t, "x.php", "evil")
		r := s.plan(t)
		if err := s.apply(t, &r); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := s.method.Verify(t.Context(), r); !errors.Is(err, candor.ErrChanged) {
			t.Errorf("verify: %v", err)
		}
		if err := s.apply(t, &r); !errors.Is(err, candor.ErrChanged) {
			t.Errorf("apply again: %v", err)
		}
		if err := s.revert(t, &r); !errors.Is(err, candor.ErrChanged) || candor.Hint(err) == "" {
			t.Errorf("revert: %v, hint %q", err, candor.Hint(err))
		}
		if got := inspect(t, p).Text; got != "mine" {
			t.Fatalf("the new file is now %q", got)
		}
		if err := os.Remove(p); err != nil {
			t.Fatal(err)
		}
		if err := s.revert(t, &r); err != nil || inspect(t, p).Text != "evil" {
			t.Errorf("revert once the place is free: %v", err)
		}
	}
}

// TestTwoAtOnce: two workers carry out the same response.
func TestTwoAtOnce(t *testing.T) {
	for range 50 {
		s := newSite(t, memory(t))
		s.forbid = true
		for _, name := range []string{"a.php", "b", "c.php", "d"} {
			s.write(t, name, "evil "+name)
		}
		r := s.plan(t)
		kept, j := r, &respondtest.Journal{CrashAfter: 1}
		func() {
			defer func() { _ = recover() }()
			_, _ = s.method.Apply(t.Context(), r, j)
		}()
		kept.Result = j.Result
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { _, _ = s.method.Apply(t.Context(), kept, &respondtest.Journal{}) })
		}
		both.Wait()
		if err := s.apply(t, &kept); err != nil {
			t.Fatal(err)
		}
		if err := s.method.Verify(t.Context(), kept); err != nil {
			t.Fatal(err)
		}
		if err := s.revert(t, &kept); err != nil {
			t.Fatal(err)
		}
		for name, f := range tree(t, s.root) {
			if f.Text != "evil "+name {
				t.Fatalf("%q holds %q", name, f.Text)
			}
		}
	}
}
