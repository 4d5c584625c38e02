package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"candor/internal/scan"
)

// self makes a command that runs this test binary as candor.
func self(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// A command that hangs is a failure of its test, not of the whole run.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, path)
	c.Args = append([]string{"candor"}, args...)
	c.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
	return c
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const badRule = `rule Bad { strings: $a = "eval($_POST" condition: $a }`
const badPage = "<?php eval($_POST['x']);"

// TestInterrupt interrupts a scan whose list of files is still open, once its
// first file is behind it: what was scanned must be told truthfully.
func TestInterrupt(t *testing.T) {
	for _, tt := range []struct {
		name, content, want string
		status              int
	}{
		{"found", badPage, `"findings":1`, exitFound},
		{"not found", "plain", `"findings":0`, exitError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			page := write(t, filepath.Join(dir, "page.php"), tt.content)
			rules := write(t, filepath.Join(dir, "rules.yar"), badRule)
			c := self(t, "scan", "--definitions", rules, "--format", "json", "--threads", "1", "--files-from", "-")
			in, err := c.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := c.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			c.Stderr = os.Stderr
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			// The one worker fails to read the second file, and says so, when it
			// is through with the first.
			const unreadable = "/proc/self/mem"
			if _, err := io.WriteString(in, page+"\n"+unreadable+"\n"); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(out)
			var got strings.Builder
			for !strings.Contains(got.String(), unreadable) {
				line, err := lines.ReadString('\n')
				if err != nil {
					t.Fatalf("%v after %q", err, got.String())
				}
				got.WriteString(line)
			}
			if err := c.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(&got, lines); err != nil {
				t.Fatal(err)
			}
			_ = c.Wait() // the status is looked at below
			if err := checkJSON([]byte(got.String())); err != nil {
				t.Errorf("%v in %s", err, got.String())
			}
			for _, want := range []string{`"interrupted":true`, `"files":1`, tt.want} {
				if !strings.Contains(got.String(), want) {
					t.Errorf("%s is not in %s", want, got.String())
				}
			}
			if status := c.ProcessState.ExitCode(); status != tt.status {
				t.Errorf("exit status %d, want %d", status, tt.status)
			}
		})
	}
}

func TestExitStatus(t *testing.T) {
	for _, tt := range []struct {
		summary scan.Summary
		want    int
	}{
		{scan.Summary{Files: 1}, exitClean},
		{scan.Summary{Findings: 1, Errors: 1, Interrupted: true}, exitFound},
		{scan.Summary{Errors: 1}, exitError},
		{scan.Summary{Interrupted: true}, exitError},
	} {
		if got := exitStatus(tt.summary); got != tt.want {
			t.Errorf("%+v gives %d, want %d", tt.summary, got, tt.want)
		}
	}
}

// TestUnreadable scans as somebody who may not read everything. Root may, so
// that root runs the scan as nobody.
func TestUnreadable(t *testing.T) {
	dir, err := os.MkdirTemp("", "candor-unreadable-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	rules := write(t, filepath.Join(dir, "rules.yar"), badRule)
	tree := filepath.Join(dir, "tree")
	write(t, filepath.Join(tree, "page.php"), "plain")
	for _, secret := range []string{write(t, filepath.Join(tree, "secret.php"), badPage), filepath.Dir(write(t, filepath.Join(tree, "closed", "page.php"), badPage))} {
		if err := os.Chmod(secret, 0); err != nil {
			t.Fatal(err)
		}
	}
	c := self(t, "scan", "--no-cache", "--definitions", rules, tree)
	asNobody(t, c, dir)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	_ = c.Run() // the status is looked at below
	if status := c.ProcessState.ExitCode(); status != exitError {
		t.Errorf("exit status %d, want %d", status, exitError)
	}
	for _, want := range []string{"tree/secret.php: could not open it: not permitted", "tree/closed: could not open it: not permitted"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("%q is not among the errors:\n%s", want, errs.String())
		}
	}
	if !strings.Contains(out.String(), "Scanned    1 file,") || !strings.Contains(out.String(), "only in part: 2 paths") {
		t.Errorf("summary:\n%s", out.String())
	}
}

// asNobody has root run a command as nobody. The test binary lies where nobody
// cannot reach it, so that a copy in dir is used.
func asNobody(t *testing.T, c *exec.Cmd, dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	program, err := os.ReadFile(c.Path)
	if err != nil {
		t.Fatal(err)
	}
	c.Path = filepath.Join(dir, "candor")
	if err := os.WriteFile(c.Path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	c.Dir = "/"
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}

// TestBrokenPipe makes sure that a result that nobody received is not passed
// over in silence.
func TestBrokenPipe(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	dir := t.TempDir()
	c := self(t, "scan", "--definitions", write(t, filepath.Join(dir, "rules.yar"), badRule), write(t, filepath.Join(dir, "page.php"), badPage))
	var errs bytes.Buffer
	c.Stdout, c.Stderr = full, &errs
	_ = c.Run() // the status is looked at below
	if status := c.ProcessState.ExitCode(); status != exitError || !strings.Contains(errs.String(), "no space left") {
		t.Errorf("exit status %d, errors %s", status, errs.String())
	}
}
