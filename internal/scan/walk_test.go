package scan

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"candor"
)

// walkAll gives the paths that a walk of targets emits.
func walkAll(t *testing.T, paths ...string) (found []string, failures map[string]error, p *Progress) {
	t.Helper()
	p, failures = new(Progress), make(map[string]error)
	w := &walker{
		progress: p,
		emit: func(b *batch) bool {
			for _, e := range b.entries {
				found = append(found, join(b.dir.path, e.name))
			}
			b.free()
			return true
		},
		fail: func(path string, err error) { failures[path] = err },
	}
	if err := w.walk(t.Context(), Paths(paths...)); err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found, failures, p
}

func TestWalkLeavesNothingOpen(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/b/c/d", "a/b/e", "f", "g/h"} {
		put(t, filepath.Join(dir, name), "")
	}
	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	before := open()
	found, failures, _ := walkAll(t, dir, filepath.Join(dir, "f"))
	if len(found) != 5 || len(failures) != 0 {
		t.Errorf("found %q, failures %v", found, failures)
	}
	if after := open(); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func TestWalkDepth(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, strings.Repeat("d/", maxDepth))
	put(t, filepath.Join(deep, "last"), "")
	put(t, filepath.Join(deep, "d", "beyond"), "")
	found, failures, _ := walkAll(t, dir)
	if len(found) != 1 || len(failures) != 1 {
		t.Errorf("found %d files, %d failures", len(found), len(failures))
	}
}

func TestWalkPassesOver(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "file"), "")
	if err := os.Symlink("file", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	found, failures, p := walkAll(t, dir, filepath.Join(dir, "none"))
	if s := p.summary().Skipped; len(found) != 1 || s.Links != 1 || s.Special != 1 || s.Total() != 2 {
		t.Errorf("found %q, passed over %+v", found, s)
	}
	if len(failures) != 1 || !errors.Is(failures[filepath.Join(dir, "none")], candor.ErrNotFound) {
		t.Errorf("failures %v", failures)
	}
}

func TestPseudoFileSystem(t *testing.T) {
	for path, want := range map[string]bool{"/proc": true, "/sys": true, t.TempDir(): false} {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := isPseudo(fd); got != want {
			t.Errorf("isPseudo(%s) = %v", path, got)
		}
		unix.Close(fd)
	}
}

// TestSwapped changes what stands under a name between the look and the open.
func TestSwapped(t *testing.T) {
	for name, swap := range map[string]func(path string) error{
		"another file": func(path string) error {
			// The first file is kept, so that its inode number is not given anew.
			if err := os.Rename(path, path+".old"); err != nil {
				return err
			}
			return os.WriteFile(path, []byte("other"), 0o600)
		},
		"link":        func(path string) error { return errors.Join(os.Remove(path), os.Symlink("/etc/passwd", path)) },
		"FIFO":        func(path string) error { return errors.Join(os.Remove(path), unix.Mkfifo(path, 0o600)) },
		"gone":        os.Remove,
		"a directory": func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			path := put(t, filepath.Join(t.TempDir(), "f"), "seen")
			here := &directory{fd: unix.AT_FDCWD}
			var st unix.Stat_t
			if err := unix.Lstat(path, &st); err != nil {
				t.Fatal(err)
			}
			if err := swap(path); err != nil {
				t.Fatal(err)
			}
			r := &reader{}
			err := r.open(here, entry{name: path, ino: st.Ino})
			if name == "another file" {
				// Under one name there is one file again: what was opened is what
				// another look shows, so it is scanned rather than refused.
				if err != nil {
					t.Fatal(err)
				}
				r.close()
				return
			}
			if !errors.Is(err, candor.ErrChanged) {
				t.Errorf("error %v, want ErrChanged", err)
			}
		})
	}
}

func TestReadSizes(t *testing.T) {
	dir := t.TempDir()
	here := &directory{fd: unix.AT_FDCWD}
	r := &reader{}
	for _, size := range []int{0, 1, 4095, 4096, 4097, 262143, 262144, 262145, 3 << 20, mapFrom, mapFrom + 1, 5} {
		content := strings.Repeat("0123456789abcdef", size/16+1)[:size]
		path := put(t, filepath.Join(dir, "f"), content)
		var st unix.Stat_t
		if err := unix.Stat(path, &st); err != nil {
			t.Fatal(err)
		}
		if err := r.open(here, entry{name: path, ino: st.Ino}); err != nil {
			t.Fatal(err)
		}
		data, err := r.read()
		if err != nil || string(data) != content {
			t.Errorf("%d bytes: %d read, %v", size, len(data), err)
		}
		if mapped := r.mapped != nil; mapped != (size > mapFrom) {
			t.Errorf("%d bytes: mapped is %v", size, mapped)
		}
		r.close()
	}
}

// TestReadVirtual reads a file that claims to be empty and is not.
func TestReadVirtual(t *testing.T) {
	want, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Stat("/proc/self/limits", &st); err != nil {
		t.Fatal(err)
	}
	r := &reader{}
	if err := r.open(&directory{fd: unix.AT_FDCWD}, entry{name: "/proc/self/limits", ino: st.Ino, follow: true}); err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if data, err := r.read(); err != nil || len(data) < 100 || string(data[:20]) != string(want[:20]) {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

func TestExcludeMatch(t *testing.T) {
	for _, tt := range []struct {
		glob, dir, name string
		want            bool
	}{
		{"*.jpg", "/srv/a", "b.jpg", true},
		{"*.jpg", "/srv/a.jpg", "b", false},
		{"/srv/*/cache", "/srv/shop", "cache", true},
		{"/srv/*/cache", "/srv/shop/x", "cache", false},
		{"/srv/**/cache", "/srv/shop/x", "cache", true},
		{"/srv/**/cache", "/srv", "cache", true},
		{"**/.git", "site/x", ".git", true},
		{"**/.git/**", "site/.git", "objects", true},
		{"site/**", "other", "site", false},
		{"./x/y", "x", "y", true},
		{"x/y", ".", "x", false},
		{"x/y", "./x", "y", true},
		{"**/a/**/b/**/c", strings.Repeat("a/b/", 30), "d", false},
	} {
		x, err := ParseExclude([]string{tt.glob})
		if err != nil {
			t.Fatal(err)
		}
		if got := x.Match(tt.dir, tt.name); got != tt.want {
			t.Errorf("%s on %s in %s: %v", tt.glob, tt.name, tt.dir, got)
		}
	}
}
