// Command idle starts a desk with the sample provider and a folder of
// definitions twice, lets it come to rest, and prints the memory that it holds then; or
// an agent that watches sites, and what that takes of memory and processor.
//
// Set TMPDIR to a file system that nobody else writes to: what others do there
// desk and agent are told of, too.
//
//	go run ./bench/cmd/idle -definitions DIR
//	go run ./bench/cmd/idle -agent 100
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// goal is the resident memory of a desk at rest, in MB of 10⁶ bytes.
const goal = 150

func main() {
	definitions := flag.String("definitions", "", "folder of definitions; the starter set when not given")
	rest := flag.Duration("rest", 30*time.Second, "how long it is left alone and looked at")
	agents := flag.Int("agent", 0, "measure an agent that watches so many sites, instead of the desk")
	flag.Parse()
	measured := func() (bool, error) { return run(*definitions, *rest) }
	if *agents > 0 {
		measured = func() (bool, error) { return runAgent(context.Background(), *definitions, *agents, *rest) }
	}
	missed, err := measured()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "idle:", err)
		os.Exit(2)
	case missed:
		os.Exit(1)
	}
}

func run(definitions string, rest time.Duration) (missed bool, err error) {
	dir, err := os.MkdirTemp("", "candor-idle-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	program, err := build(context.Background(), dir)
	if err != nil {
		return false, err
	}
	args := []string{"serve", "--sample", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0"}
	if definitions != "" {
		conf, err := configuration(dir, definitions)
		if err != nil {
			return false, err
		}
		args = append(args, "--config", conf)
	}
	for _, which := range []string{"first", "next"} { // the first compiles definitions, the next reads what was kept
		desk, err := start(exec.Command(program, args...), "/first/")
		if err != nil {
			return false, err
		}
		time.Sleep(rest)
		now, err1 := status(desk.Process.Pid, "VmRSS")
		own, err2 := status(desk.Process.Pid, "RssAnon")
		most, err3 := status(desk.Process.Pid, "VmHWM")
		if err := errors.Join(err1, err2, err3, end(desk)); err != nil {
			return false, err
		}
		fmt.Printf("%s start, resident after %s of rest: %.0f MB (goal %d), %.0f of them not of files such as the program; at most: %.0f MB\n", which, rest, now, goal, own, most)
		missed = missed || now > goal
	}
	return missed, nil
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
