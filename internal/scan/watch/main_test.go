package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// mounted says in the environment that the process has mounts of its own.
const mounted = "CANDOR_TEST_MOUNTS"

// TestMain runs the tests in a mount namespace, so that they may mount.
func TestMain(m *testing.M) {
	if os.Getenv(mounted) != "" {
		goleak.VerifyTestMain(m)
		return
	}
	c := exec.Command("/proc/self/exe", os.Args[1:]...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Env = append(os.Environ(), mounted+"=1")
	c.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread() // the child dies with the thread that started it
	err := c.Run()
	var failed *exec.ExitError
	switch {
	case err == nil:
		os.Exit(0)
	case errors.As(err, &failed):
		os.Exit(1)
	}
	if os.Getenv("CI") != "" {
		fmt.Fprintln(os.Stderr, "these tests mount file systems, which needs root:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// ground is a kind of file system to test on.
type ground struct {
	name  string
	way   Way
	plain bool // inotify although fanotify could be had
	mount func(t testing.TB) string
}

var grounds = []ground{
	{"tmpfs", Fanotify, false, tmpfs},
	{"ext4", Fanotify, false, ext4},
	{"overlay", Inotify, false, overlay},
	{"inotify", Inotify, true, tmpfs},
}

// each runs a test on all kinds of file systems.
func each(t *testing.T, test func(t *testing.T, g ground, dir string)) {
	for _, g := range grounds {
		t.Run(g.name, func(t *testing.T) { test(t, g, g.mount(t)) })
	}
}

// mountNew mounts on a new directory until the test ends.
func mountNew(t testing.TB, kind, source, data string) string {
	t.Helper()
	dir := t.TempDir()
	mountAt(t, dir, kind, source, data)
	return dir
}

func mountAt(t testing.TB, dir, kind, source, data string) {
	t.Helper()
	if os.Getenv(mounted) == "" {
		t.Skip("no mounts without root")
	}
	flags := uintptr(0)
	if kind == "bind" {
		kind, flags = "", unix.MS_BIND
	}
	if err := unix.Mount(source, dir, kind, flags, data); err != nil {
		t.Fatalf("mount %s: %v", kind, err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }) // the test may have done so
}

func unmount(t testing.TB, dir string) {
	t.Helper()
	until(t, "unmounted", func() bool { return unix.Unmount(dir, 0) == nil }) // busy while the watcher looks
}

func tmpfs(t testing.TB) string { return mountNew(t, "tmpfs", "none", "") }

func ext4(t testing.TB) string {
	t.Helper()
	image := filepath.Join(t.TempDir(), "image")
	if err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, 512<<20)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, args := range [][]string{{"mkfs.ext4", "-q", "-F", "-N", "100000", image}, {"mount", "-o", "loop", image, dir}} {
		if os.Getenv(mounted) == "" {
			t.Skip("no mounts without root")
		}
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v %s", args, err, out)
		}
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() }) // the test may have done so
	return dir
}

func overlay(t testing.TB) string {
	t.Helper()
	below := tmpfs(t)
	for _, name := range []string{"lower", "upper", "work"} {
		makeDir(t, below, name)
	}
	return mountNew(t, "overlay", "none", fmt.Sprintf("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", below, below, below))
}

// patience of tests with the kernel.
const limit = 20 * time.Second

// watching is a Watcher that runs.
type watching struct {
	*Watcher
	t    testing.TB
	tell func([]Change) // called besides, if not nil

	mu   sync.Mutex
	all  []Change
	more chan struct{} // closed when there is more
}

// begin runs a Watcher until the test ends, once all roots that exist are told.
func begin(t testing.TB, g ground, o Options, tell func([]Change)) *watching {
	t.Helper()
	o.NoFanotify = g.plain
	if o.check == 0 {
		o.check = 20 * time.Millisecond
	}
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r := &watching{Watcher: w, t: t, tell: tell, more: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx, r.told) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("run: %v", err)
			}
		case <-time.After(limit):
			t.Error("run does not end")
		}
	})
	until(t, "looked at", func() bool { return len(w.Status().Places) > 0 })
	for _, root := range o.Roots {
		if _, err := os.Stat(root); err == nil {
			r.await(0, root, Started)
		}
	}
	return r
}

func (r *watching) told(batch []Change) {
	if r.tell != nil {
		r.tell(batch)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, batch...)
	close(r.more)
	r.more = make(chan struct{})
}

// mark gives how much was told so far.
func (r *watching) mark() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.all)
}

// since gives what was told after a mark.
func (r *watching) since(mark int) []Change {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Change(nil), r.all[mark:]...)
}

// await waits for a change after a mark.
func (r *watching) await(mark int, path string, cause Cause) Change {
	r.t.Helper()
	for deadline := time.After(limit); ; {
		r.mu.Lock()
		more := r.more
		for _, c := range r.all[mark:] {
			if c.Path == path && c.Tree == cause {
				r.mu.Unlock()
				return c
			}
		}
		r.mu.Unlock()
		select {
		case <-more:
		case <-deadline:
			r.t.Fatalf("%.300q (%q) was not told, but %.2000q; %+v", path, cause, r.since(mark), r.Status())
		}
	}
}

// settle waits until all that happened before is told.
func (r *watching) settle() {
	r.t.Helper()
	for range 2 {
		for _, root := range r.o.Roots {
			mark := r.mark()
			name := filepath.Join(root, ".settle")
			write(r.t, name, "x")
			for !covers(r.since(mark), name) {
				r.next(mark)
				if covers(r.since(mark), name) {
					break
				}
			}
		}
		until(r.t, "quiet", func() bool { return r.Status().Waiting == 0 })
	}
}

// next waits until more is told than at a mark.
func (r *watching) next(mark int) {
	r.t.Helper()
	for deadline := time.After(limit); ; {
		r.mu.Lock()
		more, n := r.more, len(r.all)
		r.mu.Unlock()
		if n > mark {
			return
		}
		select {
		case <-more:
		case <-deadline:
			r.t.Fatalf("nothing more was told; %+v", r.Status())
		}
	}
}

// covers tells whether a path was told or lies in a tree that was.
func covers(all []Change, path string) bool {
	for _, c := range all {
		if _, in := below(c.Path, path); c.Path == path || c.Tree != "" && in {
			return true
		}
	}
	return false
}

// until waits for what tells nobody when it comes.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(limit); !is(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it is not so: %s", what)
		}
	}
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func makeDir(t testing.TB, parts ...string) string {
	t.Helper()
	dir := filepath.Join(parts...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func rename(t testing.TB, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}
