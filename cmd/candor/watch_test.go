package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// watcher is a candor watch that runs.
type watcher struct {
	t        *testing.T
	cmd      *exec.Cmd
	out, err chan string // lines
}

func startWatch(t *testing.T, args ...string) *watcher {
	t.Helper()
	w := &watcher{t: t, cmd: self(t, append([]string{"watch", "--no-cache"}, args...)...)}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	errs, err := w.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	w.out, w.err = lines(out), lines(errs)
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return w
}

func lines(from io.Reader) chan string {
	to := make(chan string, 1000)
	go func() {
		defer close(to)
		for all := bufio.NewScanner(from); all.Scan(); {
			to <- all.Text()
		}
	}()
	return to
}

// await gives the next line that has all words.
func (w *watcher) await(from chan string, words ...string) string {
	w.t.Helper()
	var passed []string
	for deadline := time.After(30 * time.Second); ; {
		select {
		case line, more := <-from:
			if !more {
				w.t.Fatalf("it ended without %q, after %q", words, passed)
			}
			missing := false
			for _, word := range words {
				missing = missing || !strings.Contains(line, word)
			}
			if !missing {
				return line
			}
			passed = append(passed, line)
		case <-deadline:
			w.t.Fatalf("it does not say %q, but %q", words, passed)
		}
	}
}

// end interrupts it, and gives what is left of its output, and its status.
func (w *watcher) end() (rest string, status int) {
	w.t.Helper()
	if err := w.cmd.Process.Signal(os.Interrupt); err != nil {
		w.t.Fatal(err)
	}
	for line := range w.out {
		rest += line + "\n"
	}
	for range w.err {
	}
	_ = w.cmd.Wait() // the status is given
	return rest, w.cmd.ProcessState.ExitCode()
}

// TestWatch has files scanned as they are written, by definitions that change.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	rules, root := write(t, filepath.Join(dir, "rules", "one.yar"), badRule), filepath.Join(dir, "root")
	write(t, filepath.Join(root, "old.php"), badPage)
	w := startWatch(t, "--definitions", filepath.Dir(rules), "--format", "json", "--exclude", "*.log", root)
	w.await(w.err, "watching "+root)
	write(t, filepath.Join(root, "fine.php"), "plain")
	write(t, filepath.Join(root, "passed.log"), badPage)
	page := write(t, filepath.Join(root, "deep", "new.php"), badPage)
	var found struct{ Type, Path, Rule, SHA256 string }
	if err := json.Unmarshal([]byte(w.await(w.out, "finding")), &found); err != nil {
		t.Fatal(err)
	}
	if found.Path != page || found.Rule != "Bad" || len(found.SHA256) != 64 {
		t.Errorf("found %+v", found)
	}
	write(t, filepath.Join(dir, "rules", "two.yar"), `rule Other { strings: $a = "harmless" condition: $a }`)
	if err := w.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	w.await(w.err, "2 definitions are in force")
	if err := os.Rename(write(t, filepath.Join(dir, "other"), "harmless"), filepath.Join(root, "came.php")); err != nil {
		t.Fatal(err)
	}
	w.await(w.out, "came.php", "Other")
	rest, status := w.end()
	if status != exitFound || !strings.Contains(rest, `"type":"summary"`) || !strings.Contains(rest, `"findings":2`) || !strings.Contains(rest, `"definitions":2`) {
		t.Errorf("ended with %d: %s", status, rest)
	}
}

// TestWatchFirst scans what is there, if that is asked for.
func TestWatchFirst(t *testing.T) {
	dir := t.TempDir()
	rules, root := write(t, filepath.Join(dir, "one.yar"), badRule), filepath.Join(dir, "root")
	old := write(t, filepath.Join(root, "old.php"), badPage)
	w := startWatch(t, "--definitions", rules, "--first", root)
	w.await(w.out, old+": Bad FOUND")
	if rest, status := w.end(); status != exitFound || !strings.Contains(rest, "1 finding in 1 file") {
		t.Errorf("ended with %d: %s", status, rest)
	}
	w = startWatch(t, "--definitions", rules, root)
	w.await(w.err, "watching")
	if rest, status := w.end(); status != exitClean || !strings.Contains(rest, "0 findings") {
		t.Errorf("ended with %d: %s", status, rest)
	}
}

// eicar gives the test file of EICAR, which is not here in the clear.
func eicar(t *testing.T) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString("WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FSLVNUQU5EQVJELUFOVElWSVJVUy1URVNULUZJTEUhJEgrSCo=")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// cat has another program read a file.
func cat(t *testing.T, path string) string {
	t.Helper()
	out, _ := exec.CommandContext(t.Context(), "cat", path).CombinedOutput() // its status says the same
	return string(out)
}

// aloneMount gives a folder on a file system of its own: nobody else's opens are
// asked about.
func aloneMount(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, ""); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("this test mounts a file system, which needs root: %v", err)
		}
		t.Skip("no mounts without root")
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestWatchBlocks has another program denied what is bad, and given the rest.
func TestWatchBlocks(t *testing.T) {
	for _, block := range []string{"open", "closed"} {
		t.Run(block, func(t *testing.T) {
			root := aloneMount(t)
			good, bad := write(t, filepath.Join(root, "good.txt"), "fine"), write(t, filepath.Join(root, "bad.com"), eicar(t))
			w := startWatch(t, "--block", block, "--deadline", "20s", root)
			w.await(w.err, "opens wait for a verdict")
			for range 2 {
				if got := cat(t, good); got != "fine" {
					t.Errorf("good: %q", got)
				}
				if got := cat(t, bad); !strings.Contains(got, "Operation not permitted") || strings.Contains(got, "EICAR") {
					t.Errorf("bad: %q", got)
				}
				w.await(w.err, bad+": the open by process", "was denied")
			}
			w.await(w.out, bad+": Candor_Test_EICAR")
			late := write(t, filepath.Join(root, "late.com"), eicar(t))
			if got := cat(t, late); !strings.Contains(got, "Operation not permitted") {
				t.Errorf("late: %q", got)
			}
			w.await(w.out, late+": Candor_Test_EICAR")
			rest, status := w.end()
			if status != exitFound || !strings.Contains(rest, "in 2 files") {
				t.Errorf("ended with %d: %s", status, rest)
			}
			if got := cat(t, bad); !strings.Contains(got, "EICAR") {
				t.Errorf("when it has ended: %q", got)
			}
		})
	}
}

// TestWatchDecides opens what nobody can look into, which --block decides of.
func TestWatchDecides(t *testing.T) {
	for block, want := range map[string]string{"open": "PK", "closed": "Operation not permitted"} {
		t.Run(block, func(t *testing.T) {
			root := aloneMount(t)
			zip := write(t, filepath.Join(root, "x.zip"), sealedZip())
			w := startWatch(t, "--block", block, "--deadline", "20s", root)
			w.await(w.err, "opens wait for a verdict")
			if got := cat(t, zip); !strings.Contains(got, want) {
				t.Errorf("%q", got)
			}
			w.await(w.out, zip, "Candor.NotFullyRead")
			if rest, status := w.end(); status != exitError {
				t.Errorf("ended with %d: %s", status, rest)
			}
		})
	}
}

// sealedZip is an archive whose one member is said to be encrypted.
func sealedZip() string {
	name, data := "secret.txt", strings.Repeat("x", 32)
	sizes := "\x00\x00\x00\x00\x20\x00\x00\x00\x14\x00\x00\x00\x0a\x00\x00\x00"
	local := "PK\x03\x04\x14\x00\x01\x00\x00\x00\x00\x00\x00\x00" + sizes + name + data
	central := "PK\x01\x02\x14\x00\x14\x00\x01\x00\x00\x00\x00\x00\x00\x00" + sizes + strings.Repeat("\x00", 14) + name
	end := "PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00" + string([]byte{byte(len(central)), 0, 0, 0, byte(len(local)), 0, 0, 0}) + "\x00\x00"
	return local + central + end
}

// TestWatchMayNot has a user block opens who may not.
func TestWatchMayNot(t *testing.T) {
	dir, err := os.MkdirTemp("", "candor-may-not-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c := self(t, "watch", "--no-cache", "--block", "closed", dir)
	asNobody(t, c, dir)
	var errs bytes.Buffer
	c.Stderr = &errs
	_ = c.Run() // the status is looked at below
	if status := c.ProcessState.ExitCode(); status != exitError || !strings.Contains(errs.String(), "opens cannot be blocked") || !strings.Contains(errs.String(), "Run it as root") {
		t.Errorf("exit status %d, errors %s", status, errs.String())
	}
}
