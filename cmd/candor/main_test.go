package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"candor": main})
}

// TestScript runs the scripts of testdata/script, each on a directory of its
// own with caches of its own.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, ".cache"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"mkfifo":   mkfifo,
			"truncate": truncate,
			"validate": validate,
			"status":   status,
		},
	})
}

// TestDocuments runs every command of this program that some documents show.
func TestDocuments(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	for name, least := range map[string]int{"notice.md": 8, "receipt.md": 2, "terms.md": 7} {
		doc, err := os.ReadFile(filepath.Join("docs", name))
		if err != nil {
			t.Fatal(err)
		}
		ran := 0
		for line := range strings.Lines(string(doc)) {
			command, is := strings.CutPrefix(line, "    candor ")
			if !is || strings.Contains(command, "--data ") { // of a desk that is there
				continue
			}
			ran++
			command, _, _ = strings.Cut(command, ">")
			command = strings.Replace(command, "-o ", "-o "+t.TempDir()+"/", 1)
			var out, complaints bytes.Buffer
			if status := run(strings.Fields(command), strings.NewReader(""), &out, &complaints); status != exitClean || out.Len() == 0 && !strings.Contains(command, "-o ") {
				t.Errorf("%s: exit status %d: %s", command, status, complaints.String())
			}
		}
		if ran < least {
			t.Errorf("%s: only %d commands were found", name, ran)
		}
	}
}

// status N PROGRAM… runs a program, which must end with exit status N.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N PROGRAM…")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

// mkfifo PATH makes a FIFO.
func mkfifo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: mkfifo PATH")
	}
	ts.Check(syscall.Mkfifo(ts.MkAbs(args[0]), 0o644))
}

// truncate PATH… BYTES gives files a size, with zeros where they grow.
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: truncate PATH… BYTES")
	}
	size, err := strconv.ParseInt(args[len(args)-1], 10, 64)
	ts.Check(err)
	for _, path := range args[:len(args)-1] {
		f, err := os.OpenFile(ts.MkAbs(path), os.O_RDWR|os.O_CREATE, 0o644)
		ts.Check(err)
		ts.Check(f.Truncate(size))
		ts.Check(f.Close())
	}
}

// validate json|sarif FILE checks the structure of what a scan wrote.
func validate(ts *testscript.TestScript, neg bool, args []string) {
	checks := map[string]func([]byte) error{"json": checkJSON, "sarif": checkSARIF}
	if len(args) != 2 || checks[args[0]] == nil {
		ts.Fatalf("usage: validate json|sarif FILE")
	}
	err := checks[args[0]]([]byte(ts.ReadFile(args[1])))
	if neg && err == nil {
		err = fmt.Errorf("%s is valid, which was not expected", args[1])
	} else if neg {
		err = nil
	}
	ts.Check(err)
}
