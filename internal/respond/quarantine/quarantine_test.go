package quarantine_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"candor/internal/respond/quarantine"
	"candor/internal/respond/respondtest"
)

// TestMethod holds quarantine against the suite: with stubs and without.
func TestMethod(t *testing.T) {
	for _, forbid := range []bool{false, true} {
		name := "no stub"
		if forbid {
			name = "stub"
		}
		t.Run(name, func(t *testing.T) {
			respondtest.Run(t, func(t *testing.T) respondtest.Fixture { return fixture(t, forbid) })
		})
	}
}

func fixture(t *testing.T, forbid bool) respondtest.Fixture {
	s := newSite(t, memory(t))
	s.forbid = forbid
	shell := s.write(t, "wp-content/uploads/x.php", "<?php eval($_POST[0]);")
	other := s.write(t, "a b\n\xff.PHP", "<?php eval($_GET[0]);")
	page := s.write(t, "index.html", "<script>evil()</script>")
	at := time.Date(2024, 2, 3, 4, 5, 6, 789, time.UTC)
	for _, p := range []string{shell, other, page} {
		if err := os.Chtimes(p, at, at); err != nil {
			t.Fatal(err)
		}
	}
	return respondtest.Fixture{
		Method: s.method, Target: s.target(), Options: s.options(t),
		Snapshot: func(t *testing.T) any {
			files := tree(t, s.root)
			for name, f := range files { // stubs are new each time
				if f.Text == quarantine.PHPStub {
					f.Atime, f.Mtime = zero, zero
					files[name] = f
				}
			}
			return files
		},
		UndoOutside: func(t *testing.T) {
			if err := os.WriteFile(shell, []byte("<?php eval($_POST[0]);"), 0o644); err != nil {
				t.Fatal(err)
			}
		},
	}
}

// bases gives the file systems to test on: the usual temporary one, and one
// in memory.
func bases(t *testing.T) map[string]string {
	return map[string]string{"disk": "", "memory": memory(t)}
}

// memory gives a folder on a file system in memory, and the usual temporary
// one where there is none.
func memory(t testing.TB) string {
	if st, err := os.Stat("/dev/shm"); err == nil && st.IsDir() {
		return "/dev/shm"
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("CI must have a file system in memory at /dev/shm")
	}
	return ""
}

func TestLeavesNoNamesBehind(t *testing.T) {
	s := newSite(t, "")
	s.forbid = true
	s.write(t, "a.php", "one")
	s.write(t, "b.txt", "two")
	r := s.plan(t)
	for range 3 {
		if err := s.apply(t, &r); err != nil {
			t.Fatal(err)
		}
		if left, _ := filepath.Glob(filepath.Join(s.root, ".*")); left != nil {
			t.Fatalf("left behind: %q", left)
		}
		if err := s.revert(t, &r); err != nil {
			t.Fatal(err)
		}
		if left, _ := filepath.Glob(filepath.Join(s.root, ".*")); left != nil {
			t.Fatalf("left behind: %q", left)
		}
	}
	if got := len(s.vault.entries()); got != 2 {
		t.Errorf("the vault holds %d entries, want 2", got)
	}
}

var zero unix.Timespec
