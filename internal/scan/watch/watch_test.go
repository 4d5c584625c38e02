package watch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestFiles(t *testing.T) {
	each(t, func(t *testing.T, g ground, dir string) {
		root, outside := makeDir(t, dir, "root", "sub"), makeDir(t, dir, "outside")
		root = filepath.Dir(root)
		w := begin(t, g, Options{Roots: []string{root}, Held: 50 * time.Millisecond}, nil)
		if got := w.Status().Places; len(got) != 1 || got[0].Way != g.way || got[0].Note != "" {
			t.Fatalf("status %+v", got)
		}
		w.settle()

		mark := w.mark()
		write(t, filepath.Join(root, "sub", "a"), "1")
		w.await(mark, filepath.Join(root, "sub", "a"), "")

		odd := filepath.Join(root, "sub", "caf\xe9\n\x01\xff (deleted)")
		makeDir(t, odd)
		w.settle()
		mark = w.mark()
		write(t, filepath.Join(odd, "\xff\xfe"), "1")
		w.await(mark, filepath.Join(odd, "\xff\xfe"), "")

		mark = w.mark()
		write(t, filepath.Join(outside, "new"), "1")
		rename(t, filepath.Join(outside, "new"), filepath.Join(root, "came"))
		w.await(mark, filepath.Join(root, "came"), "")

		mark = w.mark()
		if err := os.Link(filepath.Join(root, "came"), filepath.Join(root, "sub", "link")); err != nil {
			t.Fatal(err)
		}
		w.await(mark, filepath.Join(root, "sub", "link"), "")

		mark = w.mark()
		f, err := os.OpenFile(filepath.Join(root, "sub", "a"), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString("more"); err != nil {
			t.Fatal(err)
		}
		w.await(mark, filepath.Join(root, "sub", "a"), "") // it is still open

		mark = w.mark()
		if err := os.Truncate(filepath.Join(root, "came"), 0); err != nil {
			t.Fatal(err)
		}
		w.await(mark, filepath.Join(root, "came"), "")

		w.settle()
		for _, c := range w.since(0) {
			if _, in := below(root, c.Path); !in {
				t.Errorf("%q lies outside", c.Path)
			}
		}
	})
}

func TestTrees(t *testing.T) {
	each(t, func(t *testing.T, g ground, dir string) {
		root, outside := makeDir(t, dir, "root"), makeDir(t, dir, "outside")
		makeDir(t, outside, "tree", "deep")
		w := begin(t, g, Options{Roots: []string{root}}, nil)
		mark := w.mark()
		rename(t, filepath.Join(outside, "tree"), filepath.Join(root, "tree"))
		w.await(mark, filepath.Join(root, "tree"), Moved)
		mark = w.mark()
		write(t, filepath.Join(root, "tree", "deep", "a"), "1")
		w.await(mark, filepath.Join(root, "tree", "deep", "a"), "")

		mark = w.mark()
		rename(t, filepath.Join(root, "tree"), filepath.Join(root, "other"))
		w.await(mark, filepath.Join(root, "other"), Moved)
		mark = w.mark()
		write(t, filepath.Join(root, "other", "deep", "a"), "2")
		w.await(mark, filepath.Join(root, "other", "deep", "a"), "")

		// What happens outside is not told, also not of what was inside.
		rename(t, filepath.Join(root, "other"), filepath.Join(outside, "other"))
		w.settle()
		mark = w.mark()
		write(t, filepath.Join(outside, "other", "deep", "a"), "3")
		write(t, filepath.Join(outside, "b"), "3")
		w.settle()
		for _, c := range w.since(mark) {
			if c.Path != filepath.Join(root, ".settle") {
				t.Errorf("told %+v", c)
			}
		}
		rename(t, filepath.Join(outside, "other"), filepath.Join(root, "back"))
		w.await(mark, filepath.Join(root, "back"), Moved)

		// Directories come one in another, with content.
		mark = w.mark()
		deep := makeDir(t, root, "x", "y", "z")
		write(t, filepath.Join(deep, "file"), "1")
		until(t, "file is told", func() bool { return covers(w.since(mark), filepath.Join(deep, "file")) })
	})
}

func TestRoots(t *testing.T) {
	each(t, func(t *testing.T, g ground, dir string) {
		root := filepath.Join(dir, "a", "root")
		link := filepath.Join(dir, "link")
		w := begin(t, g, Options{Roots: []string{root, link}}, nil)
		if got := w.Status().Places; len(got) == 2 && got[0].Way != Absent {
			t.Fatalf("status %+v", got)
		}
		file := filepath.Join(root, "file")

		mark := w.mark()
		makeDir(t, root)
		write(t, file, "1")
		w.await(mark, root, Appeared)
		mark = w.mark()
		write(t, file, "2")
		w.await(mark, file, "")

		// It is replaced.
		mark = w.mark()
		rename(t, root, root+".old")
		makeDir(t, root)
		w.await(mark, root, Appeared)
		mark = w.mark()
		write(t, file, "3")
		w.await(mark, file, "")

		// What leads to it is moved away and back.
		mark = w.mark()
		rename(t, filepath.Dir(root), filepath.Join(dir, "b"))
		write(t, filepath.Join(dir, "b", "root", "file"), "4")
		rename(t, filepath.Join(dir, "b"), filepath.Dir(root))
		until(t, "file is told", func() bool { return covers(w.since(mark), file) })

		// A root is a link, which is turned.
		mark = w.mark()
		one, two := makeDir(t, dir, "one"), makeDir(t, dir, "two")
		if err := os.Symlink(one, link); err != nil {
			t.Fatal(err)
		}
		w.await(mark, link, Appeared)
		mark = w.mark()
		write(t, filepath.Join(one, "x"), "1")
		w.await(mark, filepath.Join(link, "x"), "")
		mark = w.mark()
		if err := os.Symlink(two, link+".new"); err != nil {
			t.Fatal(err)
		}
		rename(t, link+".new", link)
		w.await(mark, link, Appeared)
		mark = w.mark()
		write(t, filepath.Join(two, "x"), "1")
		w.await(mark, filepath.Join(link, "x"), "")
	})
}

func TestMounts(t *testing.T) {
	each(t, func(t *testing.T, g ground, dir string) {
		root := makeDir(t, dir, "root")
		point := makeDir(t, root, "mo unt")
		w := begin(t, g, Options{Roots: []string{root}}, nil)
		file := filepath.Join(point, "file")
		for range 2 { // the second time it has the same numbers
			mark := w.mark()
			mountAt(t, point, "tmpfs", "none", "")
			w.await(mark, point, Appeared)
			mark = w.mark()
			write(t, file, "1")
			until(t, "the file is told, or a tree that it lies in", func() bool { return covers(w.since(mark), file) })
			mark = w.mark()
			unmount(t, point)
			until(t, "what lay below is told", func() bool { return covers(w.since(mark), point) })
			mark = w.mark()
			write(t, file, "1")
			until(t, "the file is told, or a tree that it lies in", func() bool { return covers(w.since(mark), file) })
		}

		// The same directory is seen at two places.
		bound := makeDir(t, root, "bound")
		makeDir(t, root, "from", "sub")
		mark := w.mark()
		mountAt(t, bound, "bind", filepath.Join(root, "from"), "")
		w.await(mark, bound, Appeared)
		w.settle()
		mark = w.mark()
		write(t, filepath.Join(root, "from", "sub", "file"), "1")
		w.await(mark, filepath.Join(root, "from", "sub", "file"), "")
		w.await(mark, filepath.Join(bound, "sub", "file"), "")
	})
}

// TestRemount unmounts the root itself.
func TestRemount(t *testing.T) {
	for _, plain := range []bool{false, true} {
		t.Run(fmt.Sprint("inotify ", plain), func(t *testing.T) {
			image := filepath.Join(tmpfs(t), "root")
			root := makeDir(t, image)
			mountAt(t, root, "tmpfs", "none", "")
			w := begin(t, ground{plain: plain}, Options{Roots: []string{root}}, nil)
			for range 3 {
				mark := w.mark()
				unmount(t, root)
				mountAt(t, root, "tmpfs", "none", "")
				write(t, filepath.Join(root, "early"), "1")
				w.await(mark, root, Appeared)
				w.settle()
				mark = w.mark()
				write(t, filepath.Join(root, "late"), "1")
				w.await(mark, filepath.Join(root, "late"), "")
			}
		})
	}
}

// TestDeep goes as deep as a path can name, and deeper.
func TestDeep(t *testing.T) {
	each(t, func(t *testing.T, g ground, dir string) {
		root := makeDir(t, dir, "root")
		w := begin(t, g, Options{Roots: []string{root}, Rewalk: 200 * time.Millisecond}, nil)
		path, fd := root, openAt(t, unix.AT_FDCWD, root)
		for len(path) < unix.PathMax-1-250 {
			path, fd = path+"/"+strings.Repeat("d", 99), deeper(t, fd, strings.Repeat("d", 99))
		}
		w.settle()
		mark := w.mark()
		name := strings.Repeat("f", unix.PathMax-2-len(path))
		writeAt(t, fd, name)
		if longest := path + "/" + name; len(longest) != unix.PathMax-1 {
			t.Fatalf("%d bytes", len(longest))
		}
		w.await(mark, path+"/"+name, "")
		mark = w.mark()
		writeAt(t, fd, name+"f")
		w.await(mark, path, Unresolved)
		for range 4 {
			fd = deeper(t, fd, strings.Repeat("e", 200))
		}
		mark = w.mark()
		writeAt(t, fd, "x")
		if g.way == Inotify {
			until(t, "it is noted", func() bool { return w.Status().Places[0].Note != "" })
			w.await(mark, root, Unwatched)
			return
		}
		until(t, "it is told", func() bool { return covers(w.since(mark), path+"/x") })
		unix.Close(fd)
	})
}

func openAt(t testing.TB, dir int, name string) int {
	t.Helper()
	fd, err := unix.Openat(dir, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func deeper(t testing.TB, dir int, name string) int {
	t.Helper()
	if err := unix.Mkdirat(dir, name, 0o755); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(dir)
	return openAt(t, dir, name)
}

func writeAt(t testing.TB, dir int, name string) {
	t.Helper()
	fd, err := unix.Openat(dir, name, unix.O_WRONLY|unix.O_CREAT|unix.O_CLOEXEC, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
}

// TestNameless writes to files by names that they never had or have no more.
func TestNameless(t *testing.T) {
	for _, mount := range []func(testing.TB) string{tmpfs, ext4} {
		dir := mount(t)
		root, outside := makeDir(t, dir, "root"), makeDir(t, dir, "outside")
		w := begin(t, ground{}, Options{Roots: []string{root}, Held: 20 * time.Millisecond}, nil)
		for i, from := range []string{root, outside} {
			fd, err := unix.Open(from, unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o644)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(root, fmt.Sprint("named", i))
			mark := w.mark()
			if err := unix.Linkat(unix.AT_FDCWD, self(fd), unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW); err != nil {
				t.Fatal(err)
			}
			w.await(mark, name, "")
			w.settle()
			mark = w.mark()
			if _, err := unix.Write(fd, []byte("late")); err != nil {
				t.Fatal(err)
			}
			w.await(mark, name, "")
			unix.Close(fd)
		}
		// By a name that is another file's by now.
		first, second := filepath.Join(root, "first"), filepath.Join(root, "second")
		write(t, first, "1")
		held, err := os.OpenFile(first, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.Link(first, second), os.Remove(first)); err != nil {
			t.Fatal(err)
		}
		write(t, first, "another")
		w.settle()
		mark := w.mark()
		if _, err := held.WriteString("2"); err != nil {
			t.Fatal(err)
		}
		w.await(mark, second, "")
		held.Close()
		// By a name in a directory that is gone.
		dir = makeDir(t, root, "dir")
		if held, err = os.Create(filepath.Join(dir, "third")); err != nil {
			t.Fatal(err)
		}
		third := filepath.Join(root, "third")
		if err := errors.Join(os.Link(filepath.Join(dir, "third"), third), os.RemoveAll(dir)); err != nil {
			t.Fatal(err)
		}
		w.settle()
		mark = w.mark()
		if _, err := held.WriteString("3"); err != nil {
			t.Fatal(err)
		}
		w.await(mark, third, "")
		held.Close()
	}
}

// TestOverflow has the kernel drop events.
func TestOverflow(t *testing.T) {
	each(t, func(t *testing.T, g ground, dir string) {
		root := makeDir(t, dir, "root")
		gate := make(chan struct{}, 1)
		gate <- struct{}{}
		stalled := func() { gate <- <-gate }
		w := begin(t, g, Options{Roots: []string{root}, Held: -1, stall: stalled}, nil)
		w.settle()
		<-gate
		mark := w.mark()
		var queued int
		limits := map[Way]string{Fanotify: "/proc/sys/fs/fanotify/max_queued_events", Inotify: "/proc/sys/fs/inotify/max_queued_events"}
		b, err := os.ReadFile(limits[g.way])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(string(b), &queued); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(root, "first")
		write(t, name, "1")
		for i := range queued + 5000 { // a read may be under way
			next := filepath.Join(root, fmt.Sprint("n", i))
			rename(t, name, next)
			name = next
		}
		last := makeDir(t, root, "last")
		write(t, filepath.Join(last, "lost"), "1")
		gate <- struct{}{}
		// It may be told for another reason too.
		until(t, "an overflow is counted", func() bool { return w.Status().Overflows > 0 })
		until(t, "the root is told", func() bool { return covers(w.since(mark), filepath.Join(last, "lost")) })
		w.settle()
		mark = w.mark()
		write(t, filepath.Join(last, "found"), "1")
		w.await(mark, filepath.Join(last, "found"), "")
	})
}

func TestInvalid(t *testing.T) {
	for _, root := range []string{"", "relative", "/a/", "/a/../b"} {
		if _, err := New(Options{Roots: []string{root}}); err == nil {
			t.Errorf("%q is taken", root)
		}
	}
}
