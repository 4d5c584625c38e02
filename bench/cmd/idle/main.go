// Command idle starts a desk with the sample provider and a folder of
// definitions, lets it come to rest, and prints the memory that it holds then.
//
//	go run ./bench/cmd/idle -definitions DIR
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// goal is the resident memory of a desk at rest, in MB of 10⁶ bytes.
const goal = 150

func main() {
	definitions := flag.String("definitions", "", "folder of definitions")
	rest := flag.Duration("rest", 30*time.Second, "how long it is left alone before it is looked at")
	flag.Parse()
	missed, err := run(*definitions, *rest)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "idle:", err)
		os.Exit(2)
	case missed:
		os.Exit(1)
	}
}

func run(definitions string, rest time.Duration) (missed bool, err error) {
	if definitions, err = filepath.Abs(definitions); err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "candor-idle-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	program, conf := filepath.Join(dir, "candor"), filepath.Join(dir, "candor.yml")
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/candor").CombinedOutput(); err != nil {
		return false, fmt.Errorf("build: %w: %s", err, out)
	}
	text := fmt.Sprintf("definitions:\n  sources:\n    - {name: bench, kind: folder, path: %q}\n", definitions)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return false, err
	}
	desk := exec.Command(program, "serve", "--sample", "--config", conf, "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0")
	desk.Stderr = os.Stderr
	out, err := desk.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := desk.Start(); err != nil {
		return false, err
	}
	for lines := bufio.NewScanner(out); lines.Scan() && !strings.Contains(lines.Text(), "/first/"); {
	}
	time.Sleep(rest)
	now, err1 := status(desk.Process.Pid, "VmRSS")
	most, err2 := status(desk.Process.Pid, "VmHWM")
	err = errors.Join(err1, err2, desk.Process.Signal(syscall.SIGTERM), desk.Wait())
	fmt.Printf("resident after %s of rest: %.0f MB (goal %d); at most, while definitions were compiled and sites scanned: %.0f MB\n", rest, now, goal, most)
	return now > goal, err
}

// status gives a figure of a process, in MB.
func status(pid int, name string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		var kb float64
		if _, err := fmt.Sscanf(line, name+": %f kB", &kb); err == nil {
			return kb * 1024 / 1e6, nil
		}
	}
	return 0, fmt.Errorf("%s is not in the status of the process", name)
}
