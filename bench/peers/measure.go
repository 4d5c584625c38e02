// Package peers measures Candor beside the scanners that people run today:
// yara, YARA-X, clamscan and clamd, on the same files and definitions in one
// run. What counts are the ratios: absolute figures drift with the machine.
package peers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Figure is what one run of a program cost.
type Figure struct {
	Seconds float64 // wall time
	Memory  int64   // peak resident memory, bytes
	Output  []byte  // what it wrote to standard output
}

// command is a program to run. Exit statuses in ok, besides 0, are fine.
type command struct {
	name  string
	args  []string
	env   []string
	stdin string // path
	ok    []int
}

// measure runs c once. The peak memory is the kernel's figure for the process:
// it includes what this program had resident when it forked, so this program
// stays small.
func measure(ctx context.Context, c command) (Figure, error) {
	cmd := exec.CommandContext(ctx, c.name, c.args...)
	cmd.Env = append(os.Environ(), c.env...)
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	if c.stdin != "" {
		f, err := os.Open(c.stdin)
		if err != nil {
			return Figure{}, err
		}
		defer f.Close()
		cmd.Stdin = f
	}
	start := time.Now()
	err := cmd.Run()
	f := Figure{Seconds: time.Since(start).Seconds(), Output: out.Bytes()}
	var exit *exec.ExitError
	if errors.As(err, &exit) && slices.Contains(c.ok, exit.ExitCode()) {
		err = nil
	}
	if err != nil {
		return f, fmt.Errorf("%s: %w\n%s", c.name, err, tail(problem.String(), 2000))
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		f.Memory = usage.Maxrss << 10
	}
	return f, nil
}

func tail(s string, n int) string {
	s = strings.TrimSpace(s)
	if len(s) > n {
		s = "…" + s[len(s)-n:]
	}
	return s
}

// runs is a number of figures of the same thing.
type runs []Figure

// repeat measures c n times.
func repeat(ctx context.Context, n int, c command) (runs, error) {
	var out runs
	for range n {
		f, err := measure(ctx, c)
		if err != nil {
			return nil, err
		}
		f.Output = nil
		out = append(out, f)
	}
	return out, nil
}

// median is the middle wall time.
func (r runs) median() float64 {
	s := r.seconds()
	return s[len(s)/2]
}

// spread is the distance of the slowest from the fastest run, as a share of
// the median.
func (r runs) spread() float64 {
	s := r.seconds()
	return (s[len(s)-1] - s[0]) / r.median()
}

// memory is the highest peak.
func (r runs) memory() int64 {
	var m int64
	for _, f := range r {
		m = max(m, f.Memory)
	}
	return m
}

func (r runs) seconds() []float64 {
	s := make([]float64, len(r))
	for i, f := range r {
		s[i] = f.Seconds
	}
	slices.Sort(s)
	return s
}
