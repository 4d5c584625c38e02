package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// infected begins what must not be opened.
const infected = "INFECTED"

// judge reads a file by its descriptor.
func judge(_ context.Context, fd int, _ string) (bool, error) {
	b := make([]byte, 64)
	n, err := unix.Pread(fd, b, 0)
	return !strings.HasPrefix(string(b[:max(n, 0)]), infected), err
}

// later is a clock by which all files are old.
func later() time.Time { return time.Now().Add(time.Hour) }

// guard runs a Guard until the test ends.
func guard(t testing.TB, o GuardOptions) *Guard {
	t.Helper()
	if o.check == 0 {
		o.check = 10 * time.Millisecond
	}
	if o.Clock == nil {
		o.Clock = later
	}
	g, err := NewGuard(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
	})
	until(t, "guarded", func() bool { return len(*g.atlas.Load()) > 0 })
	return g
}

// opens has another process open files, and gives what it could read.
func opens(t testing.TB, paths ...string) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	out, err := exec.CommandContext(ctx, "cat", paths...).CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("an open blocks: %v", err)
	}
	return string(out)
}

func TestGuard(t *testing.T) {
	each(t, func(t *testing.T, _ ground, dir string) {
		root, outside := makeDir(t, dir, "root"), makeDir(t, dir, "outside")
		good, bad, other := filepath.Join(root, "good"), filepath.Join(root, "bad"), filepath.Join(outside, "bad")
		write(t, good, "fine")
		write(t, bad, infected)
		write(t, other, infected)
		g := guard(t, GuardOptions{Roots: []string{root}, Verdict: judge})
		for range 3 {
			if got := opens(t, good); got != "fine" {
				t.Errorf("good: %q", got)
			}
			if got := opens(t, bad); !strings.Contains(got, "Operation not permitted") || strings.Contains(got, infected) {
				t.Errorf("bad: %q", got)
			}
			if got := opens(t, other); got != infected {
				t.Errorf("outside: %q", got)
			}
		}
		if b, err := os.ReadFile(bad); err != nil || string(b) != infected {
			t.Errorf("its own process: %q, %v", b, err)
		}
		if s := g.Status(); s.Asked != 2 || s.Known != 4 || s.Denied != 3 || s.Late != 0 || s.Failed != 0 {
			t.Errorf("%+v", s)
		}
		write(t, good, infected)
		if got := opens(t, good); strings.Contains(got, infected) {
			t.Errorf("changed: %q", got)
		}
		g.Forget()
		opens(t, good, bad)
		if s := g.Status(); s.Asked != 5 {
			t.Errorf("%+v", s)
		}
		// A mount that comes later is guarded too.
		point := makeDir(t, root, "mount")
		mountAt(t, point, "tmpfs", "none", "")
		write(t, filepath.Join(point, "bad"), infected)
		until(t, "denied", func() bool { return !strings.Contains(opens(t, filepath.Join(point, "bad")), infected) })
	})
}

// TestGuardLate has verdicts come too late, more than may wait.
func TestGuardLate(t *testing.T) {
	for _, shut := range []bool{false, true} {
		t.Run(fmt.Sprint("closed ", shut), func(t *testing.T) {
			root := tmpfs(t)
			var script strings.Builder
			for i := range slots + 100 {
				name := filepath.Join(root, fmt.Sprint("f", i))
				write(t, name, "fine")
				fmt.Fprintf(&script, "cat %s & ", name)
			}
			var working atomic.Int64
			g := guard(t, GuardOptions{Roots: []string{root}, Deadline: 200 * time.Millisecond, Closed: shut, Workers: 3,
				Verdict: func(ctx context.Context, _ int, _ string) (bool, error) {
					if working.Add(1) > 3 {
						t.Error("too many work")
					}
					defer working.Add(-1)
					<-ctx.Done()
					if _, err := os.ReadFile(filepath.Join(root, "f0")); err != nil { // blocks nobody
						t.Error(err)
					}
					return !shut, nil
				}})
			ctx, stop := context.WithTimeout(t.Context(), limit)
			defer stop()
			out, err := exec.CommandContext(ctx, "sh", "-c", script.String()+"wait").CombinedOutput()
			if err != nil {
				t.Fatal(err)
			}
			want := slots + 100
			if shut {
				want = 0
			}
			if n := strings.Count(string(out), "fine"); n != want {
				t.Errorf("%d could be opened, want %d", n, want)
			}
			if s := g.Status(); s.Late != slots+100 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestGuardFails has no verdicts come, for errors and for panics.
func TestGuardFails(t *testing.T) {
	root := tmpfs(t)
	file := filepath.Join(root, "file")
	write(t, file, "fine")
	var panics atomic.Bool
	g := guard(t, GuardOptions{Roots: []string{root}, Closed: true, Verdict: func(context.Context, int, string) (bool, error) {
		if panics.Load() {
			panic("a test")
		}
		return true, errors.New("a test")
	}})
	for range 2 {
		if got := opens(t, file); !strings.Contains(got, "Operation not permitted") {
			t.Errorf("%q", got)
		}
		panics.Store(true)
	}
	if s := g.Status(); s.Failed != 2 || s.Asked != 2 {
		t.Errorf("%+v", s)
	}
}

// TestGuardExecuted asks about programs only.
func TestGuardExecuted(t *testing.T) {
	root := tmpfs(t)
	for name, content := range map[string]string{"good": "#!/bin/sh\necho ran\n", "bad": infected} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	g := guard(t, GuardOptions{Roots: []string{root}, Executed: true, Verdict: judge})
	if got := opens(t, filepath.Join(root, "bad")); got != infected {
		t.Errorf("read: %q", got)
	}
	for name, want := range map[string]string{"good": "ran", "bad": "not permitted"} {
		// The shell starts it: this process may not.
		out, _ := exec.Command("sh", "-c", filepath.Join(root, name)).CombinedOutput() // its status is that of the program
		if !strings.Contains(string(out), want) {
			t.Errorf("%s: %q", name, out)
		}
	}
	if s := g.Status(); s.Asked != 2 || s.Denied != 1 {
		t.Errorf("%+v", s)
	}
}

// TestGuardExempt lets processes of some users open what others may not.
func TestGuardExempt(t *testing.T) {
	root := tmpfs(t)
	for up := root; up != os.TempDir(); up = filepath.Dir(up) { // nobody is to get there
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	bad := filepath.Join(root, "bad")
	write(t, bad, infected)
	denied := make(chan string, 10)
	g := guard(t, GuardOptions{Roots: []string{root}, Verdict: judge, Exempt: []int{0}, Denied: func(path string, pid int) { denied <- fmt.Sprint(path, pid > 0) }})
	for range 2 {
		if got := opens(t, bad); got != infected {
			t.Errorf("root: %q", got)
		}
		// A program that root started for another user is not root's.
		c := exec.Command("cat", bad)
		c.Dir, c.SysProcAttr = "/", &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		if out, _ := c.CombinedOutput(); !strings.Contains(string(out), "Operation not permitted") { // its status says the same
			t.Errorf("nobody: %q", out)
		}
		select {
		case got := <-denied:
			if got != fmt.Sprint(bad, true) {
				t.Errorf("told of %s", got)
			}
		case <-time.After(limit):
			t.Fatal("nobody is told")
		}
	}
	if s := g.Status(); s.Exempt != 2 || s.Denied != 2 || s.Asked != 1 {
		t.Errorf("%+v", s)
	}
	if ids, err := users(os.Getpid()); err != nil || !slices.Equal(ids, []int{0, 0, 0, 0}) {
		t.Errorf("own users: %v, %v", ids, err)
	}
}

// TestGuardBusy has this process and others open files, change them and watch
// them at the same time, and collects garbage.
func TestGuardBusy(t *testing.T) {
	root := tmpfs(t)
	var names []string
	for i := range 50 {
		names = append(names, filepath.Join(root, fmt.Sprint("f", i)))
		write(t, names[i], "fine")
	}
	bad := filepath.Join(root, "bad")
	write(t, bad, infected)
	both := append(slices.Clone(names), bad)
	begin(t, ground{}, Options{Roots: []string{root}, Quiet: time.Millisecond}, func(batch []Change) {
		for _, c := range batch {
			_, _ = os.ReadFile(c.Path) // as a scan would
		}
	})
	guard(t, GuardOptions{Roots: []string{root}, Capacity: 20, Closed: true, Deadline: limit, Clock: time.Now,
		Verdict: func(ctx context.Context, fd int, path string) (bool, error) {
			if _, err := os.ReadFile(path); err != nil {
				return false, err
			}
			return judge(ctx, fd, path)
		}})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				if got := opens(t, both...); strings.Count(got, "fine") != len(names) || strings.Contains(got, infected) {
					t.Errorf("%.200q", got)
				}
			}
		})
		all.Go(func() {
			for i := range 1000 {
				if i%50 == 0 {
					runtime.GC()
				}
				if f, err := os.OpenFile(names[i%len(names)], os.O_WRONLY, 0); err == nil {
					_, _ = f.WriteString("fine")
					f.Close()
				}
			}
		})
	}
	all.Wait()
}

// TestGuardEnds lets pass what waits when it ends.
func TestGuardEnds(t *testing.T) {
	root := tmpfs(t)
	file := filepath.Join(root, "file")
	write(t, file, "fine")
	asked := make(chan struct{})
	g, err := NewGuard(GuardOptions{Roots: []string{root}, Deadline: time.Hour, Verdict: func(ctx context.Context, _ int, _ string) (bool, error) {
		close(asked)
		<-ctx.Done()
		return false, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	until(t, "guarded", func() bool { return len(*g.atlas.Load()) > 0 })
	read := make(chan string)
	go func() { read <- opens(t, file) }()
	<-asked
	stop()
	if got := <-read; got != "fine" {
		t.Errorf("%q", got)
	}
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestVerdicts(t *testing.T) {
	v := newVerdicts(10)
	of := func(i int) stamp { return stamp{device: 1, inode: uint64(i + 1), size: 1} }
	_, generation := v.of(of(0))
	for i := range 1000 {
		v.keep(of(i), i%2 == 0, generation)
		if got, _ := v.of(of(0)); !got.given || !got.allow {
			t.Fatalf("what is asked for often is forgotten after %d", i)
		}
		if n := len(v.young) + len(v.old); n > 10 {
			t.Fatalf("%d are remembered", n)
		}
	}
	changed := of(999)
	changed.ctime.Nsec++
	if got, _ := v.of(changed); got.given {
		t.Error("a file that changed has its old verdict")
	}
	v.forget()
	v.keep(of(5), true, generation)
	if got, _ := v.of(of(5)); got.given {
		t.Error("a verdict of before is remembered")
	}
	now := time.Unix(1000, 0)
	for age, want := range map[time.Duration]bool{racy: false, racy + 1: true, -time.Hour: false} {
		s := of(1)
		s.ctime = unix.NsecToTimespec(now.Add(-age).UnixNano())
		if s.settled(now) != want {
			t.Errorf("after %v: %v", age, !want)
		}
	}
}

func TestGuardInvalid(t *testing.T) {
	for _, o := range []GuardOptions{{Roots: []string{"/"}}, {Roots: []string{"x"}, Verdict: judge}} {
		if _, err := NewGuard(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
