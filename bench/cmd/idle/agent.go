package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"candor"
	"candor/internal/store"
)

// Goals of an agent that waits: resident memory in MB of 10⁶ bytes, and percent
// of one processor.
const (
	agentGoal = 80
	cpuGoal   = 0.5
)

// shelf is how long an agent keeps definitions ready that nobody uses, and some
// more.
const shelf = 75 * time.Second

// runAgent starts a desk and an agent that watches sites, lets both come to rest,
// and prints what the agent takes.
func runAgent(ctx context.Context, definitions string, sites int, rest time.Duration) (missed bool, err error) {
	dir, err := os.MkdirTemp("", "candor-idle-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	program, err := build(ctx, dir)
	if err != nil {
		return false, err
	}
	address, err := freeAddress()
	if err != nil {
		return false, err
	}
	data := filepath.Join(dir, "data")
	args := []string{"serve", "--data", data, "--listen", "127.0.0.1:0", "--agents", address}
	if definitions != "" {
		conf, err := configuration(dir, definitions)
		if err != nil {
			return false, err
		}
		args = append(args, "--config", conf)
	}
	desk, err := start(exec.CommandContext(ctx, program, args...), "/first/")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, end(desk)) }()
	s, err := store.Open(ctx, store.Options{URL: filepath.Join(data, "candor.db"), Existing: true, Conceal: func(string) (digest, salt string) { return "", "" }})
	if err != nil {
		return false, err
	}
	defer s.Close()
	if err := fill(ctx, s, filepath.Join(dir, "sites"), sites); err != nil {
		return false, err
	}
	token, err := exec.CommandContext(ctx, program, "enrol", "--data", data, "web1").Output()
	if err != nil {
		return false, fmt.Errorf("enrol: %w", err)
	}
	agent, err := start(exec.CommandContext(ctx, program, "agent", "--server", address, "--data", filepath.Join(dir, "agent"), "--cpu", "0", "--log", "error",
		"--token", strings.TrimSpace(string(token))), "at work")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, end(agent)) }()
	if err := scanned(ctx, s, sites); err != nil {
		return false, err
	}
	time.Sleep(shelf)
	return measure(agent.Process.Pid, sites, rest)
}

// measure prints what a process takes while it rests.
func measure(pid, sites int, rest time.Duration) (missed bool, err error) {
	before, err := used(pid)
	if err != nil {
		return false, err
	}
	began := time.Now()
	time.Sleep(rest)
	after, err1 := used(pid)
	memory, err2 := status(pid, "VmRSS")
	most, err3 := status(pid, "VmHWM")
	share := 100 * float64(after-before) / float64(time.Since(began))
	fmt.Printf("agent that watches %d sites: resident %.0f MB (goal %d; at most, while it scanned: %.0f MB), processor %.2f %% over %s (goal %.1f %%)\n",
		sites, memory, agentGoal, most, share, rest, cpuGoal)
	return memory > agentGoal || share > cpuGoal, errors.Join(err1, err2, err3)
}

// used gives the time on processors that a process had, as proc(5) counts it: in
// hundredths of a second.
func used(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:]) // from the third one on
	if len(fields) < 13 {
		return 0, errors.New("the kernel's figures are not understood")
	}
	user, err1 := strconv.Atoi(string(fields[11]))
	system, err2 := strconv.Atoi(string(fields[12]))
	return time.Duration(user+system) * time.Second / 100, errors.Join(err1, err2)
}

// fill adds a server with sites.
func fill(ctx context.Context, s *store.Store, folder string, sites int) error {
	for i := range sites {
		root := filepath.Join(folder, fmt.Sprint(i))
		if err := os.MkdirAll(root, 0o755); err != nil {
			return err
		}
		for k := range 20 {
			if err := os.WriteFile(filepath.Join(root, fmt.Sprintf("%d.html", k)), fmt.Appendf(nil, "<p>page %d of site %d</p>\n", k, i), 0o644); err != nil {
				return err
			}
		}
	}
	now := time.Now().UTC()
	return s.Tx(ctx, func(tx *store.Tx) error {
		p := candor.Party{ID: candor.NewID(now), Kind: candor.Customer, Name: "bench", Language: "en", Created: now, Updated: now}
		server := candor.Asset{ID: candor.NewID(now), Kind: candor.Server, Owner: p.ID, Name: "web1", Reference: "web1", Created: now, Updated: now}
		if err := errors.Join(tx.AddParty(ctx, p), tx.AddAsset(ctx, server, time.Time{})); err != nil {
			return err
		}
		for i := range sites {
			a := candor.Asset{ID: candor.NewID(now), Kind: candor.Site, Owner: p.ID, Name: fmt.Sprintf("site%d.example", i), Server: server.ID, Roots: []string{filepath.Join(folder, fmt.Sprint(i))}, Created: now, Updated: now}
			if err := tx.AddAsset(ctx, a, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// scanned waits until all sites were scanned.
func scanned(ctx context.Context, s *store.Store, sites int) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for last := time.After(10 * time.Minute); ; {
		page, err := s.Scans(ctx, candor.Everything, candor.ScanFilter{States: []candor.ScanState{candor.ScanComplete}}, candor.Cut{Limit: 1})
		if err != nil || page.Count >= sites {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-last:
			return fmt.Errorf("only %d of %d sites were scanned", page.Count, sites)
		case <-tick.C:
		}
	}
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// start starts a program, and waits until it says some words.
func start(c *exec.Cmd, words string) (*exec.Cmd, error) {
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), words) {
			go func() { _, _ = io.Copy(io.Discard, out) }() // what it says later
			return c, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s ended before it began", c.Args[1]), c.Wait())
}

// end has a program end. An agent's status is not 0 then.
func end(c *exec.Cmd) error {
	err := c.Process.Signal(syscall.SIGTERM)
	_ = c.Wait()
	return err
}

func build(ctx context.Context, dir string) (program string, err error) {
	program = filepath.Join(dir, "candor")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/candor").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return program, nil
}

// configuration writes one that names the definitions.
func configuration(dir, definitions string) (name string, err error) {
	if definitions, err = filepath.Abs(definitions); err != nil {
		return "", err
	}
	name = filepath.Join(dir, "candor.yml")
	text := fmt.Sprintf("definitions:\n  sources:\n    - {name: bench, kind: folder, path: %q}\n", definitions)
	return name, os.WriteFile(name, []byte(text), 0o600)
}
