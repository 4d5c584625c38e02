package quarantine_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/respond"
	"candor/internal/respond/respondtest"
)

// TestVaultInTrouble: while the vault does not work files stay where they are,
// and the failure is one to be tried again.
func TestVaultInTrouble(t *testing.T) {
	for _, cause := range []error{unix.ENOSPC, unix.EROFS, unix.EACCES, os.ErrNotExist, errors.New("server away")} {
		s := newSite(t, "")
		p := s.write(t, "x", "evil")
		r := s.plan(t)
		s.vault.err = cause
		err := s.apply(t, &r)
		if _, again := respond.RetryAfter(err); !again || !errors.Is(err, cause) || candor.Hint(err) == "" {
			t.Errorf("%v: apply: %v, temporary %v, hint %q", cause, err, again, candor.Hint(err))
		}
		if !exists(p) {
			t.Fatalf("%v: the file is gone", cause)
		}
		s.vault.err = nil
		if err := s.apply(t, &r); err != nil {
			t.Errorf("%v: apply once it works: %v", cause, err)
		}
		s.vault.err = cause
		if err := s.method.Verify(t.Context(), r); err == nil {
			t.Errorf("%v: verified", cause)
		}
		if err := s.revert(t, &r); err == nil || exists(p) {
			t.Errorf("%v: revert: %v", cause, err)
		}
		s.vault.err = nil
		if err := s.revert(t, &r); err != nil || inspect(t, p).Text != "evil" {
			t.Errorf("%v: revert once it works: %v", cause, err)
		}
	}
}

// TestDamagedVault: other bytes than were put are never put back.
func TestDamagedVault(t *testing.T) {
	s := newSite(t, "")
	p := s.write(t, "x", "evil")
	r := s.plan(t)
	if err := s.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"EVIL", "evi", "evil and more", ""} {
		if err := os.WriteFile(filepath.Join(s.vault.dir, digest("evil")), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.method.Verify(t.Context(), r); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("verify with %q: %v", text, err)
		}
		if err := s.revert(t, &r); err == nil || exists(p) {
			t.Errorf("revert with %q: %v", text, err)
		}
	}
	if left := tree(t, s.root); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestRootAway: a root that is not there is not taken for files that are gone.
func TestRootAway(t *testing.T) {
	s := newSite(t, "")
	s.write(t, "x", "evil")
	r := s.plan(t)
	if err := os.Rename(s.root, s.root+".away"); err != nil {
		t.Fatal(err)
	}
	if err := s.apply(t, &r); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("apply: %v", err)
	}
	if err := os.Rename(s.root+".away", s.root); err != nil {
		t.Fatal(err)
	}
	if err := s.apply(t, &r); err != nil {
		t.Errorf("apply once it is back: %v", err)
	}
}

// TestGone: a file that somebody else removed is no failure.
func TestGone(t *testing.T) {
	s := newSite(t, "")
	p := s.write(t, "x", "evil")
	r := s.plan(t)
	if err := os.Remove(p); err != nil {
		t.Fatal(err)
	}
	if err := s.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	if err := s.method.Verify(t.Context(), r); err != nil {
		t.Error(err)
	}
	if err := s.revert(t, &r); err != nil || exists(p) {
		t.Errorf("revert made up a file, or: %v", err)
	}
	if _, err := s.method.Plan(t.Context(), respond.Request{Options: s.options(t)}, s.target()); !errors.Is(err, candor.ErrChanged) {
		t.Errorf("plan without a file: %v", err)
	}
}

// TestDiskTrouble uses a file system of its own: one that fills, and one that
// turns read-only.
func TestDiskTrouble(t *testing.T) {
	needRoot(t)
	base := t.TempDir()
	if err := unix.Mount("tmpfs", base, "tmpfs", 0, "size=1m"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI must be able to mount: %v", err)
		}
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(base, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s := newSite(t, base)
	s.vault.dir = t.TempDir()
	p := s.write(t, "x", strings.Repeat("evil", 10_000))
	before := tree(t, s.root)
	r := s.plan(t)
	remount := func(flags uintptr) {
		t.Helper()
		if err := unix.Mount("", base, "", unix.MS_REMOUNT|flags, "size=1m"); err != nil {
			t.Fatal(err)
		}
	}

	remount(unix.MS_RDONLY)
	if err := s.apply(t, &r); !errors.Is(err, unix.EROFS) || candor.Hint(err) == "" || !exists(p) {
		t.Errorf("apply on a read-only disk: %v, hint %q", err, candor.Hint(err))
	}
	remount(0)
	if err := s.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	remount(unix.MS_RDONLY)
	if err := s.revert(t, &r); !errors.Is(err, unix.EROFS) {
		t.Errorf("revert on a read-only disk: %v", err)
	}
	remount(0)

	filler := filepath.Join(base, "filler")
	if err := os.WriteFile(filler, make([]byte, 2<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("fill the disk: %v", err)
	}
	err := s.revert(t, &r)
	if _, again := respond.RetryAfter(err); !errors.Is(err, unix.ENOSPC) || !again {
		t.Errorf("revert on a full disk: %v, temporary %v", err, again)
	}
	if left := tree(t, s.root); len(left) != 0 {
		t.Errorf("left on the full disk: %v", left)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := s.revert(t, &r); err != nil {
		t.Fatal(err)
	}
	if diff := diffTrees(before, tree(t, s.root)); diff != "" {
		t.Errorf("put back (-want +got):\n%s", diff)
	}
}

// TestInterrupted: a context that ends is told as that, with nothing changed.
func TestInterrupted(t *testing.T) {
	s := newSite(t, "")
	p := s.write(t, "x", "evil")
	r := s.plan(t)
	ctx, stop := contextOver(t)
	defer stop()
	if _, err := s.method.Apply(ctx, r, &respondtest.Journal{}); !errors.Is(err, ctx.Err()) || !exists(p) {
		t.Errorf("apply: %v", err)
	}
}
