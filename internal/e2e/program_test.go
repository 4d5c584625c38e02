package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		if os.Getenv(subscriberAsks) != "" || os.Getenv(elsewhere) != "" { // it needs no program, or has one
			return m.Run()
		}
		dir, err := os.MkdirTemp("", "candor-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "candor")
		if out, err := exec.Command("go", "build", "-o", binary, "candor/cmd/candor").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// program is a running candor serve.
type program struct {
	cmd    *exec.Cmd
	URL    string      // where it answers
	links  chan string // the link for the first administrator, if there is none yet
	lock   sync.Mutex
	stderr bytes.Buffer
	ended  chan struct{}
}

// start starts the program and waits until it says where it is. It ends with
// the test at the latest.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	p, err := launch(args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

func launch(args ...string) (*program, error) {
	p := &program{cmd: exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...), ended: make(chan struct{}), links: make(chan string, 1)}
	p.cmd.Env = environment()
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.cmd.Stderr = writerFunc(func(b []byte) (int, error) {
		p.lock.Lock()
		defer p.lock.Unlock()
		return p.stderr.Write(b)
	})
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan struct{})
	go func() {
		said := false
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			line := strings.TrimSpace(lines.Text())
			if at, ok := strings.CutPrefix(line, "Candor is at "); ok && !said {
				p.URL, said = at, true
				close(ready)
			}
			if strings.Contains(line, "/first/") {
				p.links <- line
			}
		}
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	select {
	case <-ready:
		return p, nil
	case <-p.ended:
		return nil, fmt.Errorf("the program ended: %s", p.errors())
	case <-time.After(time.Minute):
		p.kill()
		return nil, fmt.Errorf("the program did not say where it is: %s", p.errors())
	}
}

// environment is the test's own, without what is meant for tests.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "CANDOR_") })
}

// first is the link for the first administrator.
func (p *program) first(t *testing.T) string {
	t.Helper()
	select {
	case link := <-p.links:
		return link
	case <-time.After(30 * time.Second):
		t.Fatalf("the program gave no link: %s", p.errors())
		return ""
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// errors is what the program has written to stderr.
func (p *program) errors() string {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.stderr.String()
}

// kill ends the program at once, as a crash does.
func (p *program) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.ended
}

// stop asks the program to end, and gives its exit status.
func (p *program) stop(t *testing.T) int {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		t.Fatalf("the program does not end: %s", p.errors())
	}
	return p.cmd.ProcessState.ExitCode()
}

// eventually waits for something that the program does by itself.
func eventually(t *testing.T, what string, patience time.Duration, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %s", what, patience)
		case <-tick.C:
		}
	}
}
