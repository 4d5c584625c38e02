package flow

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// nfcapd is nfdump's collector, which writes records to a file.
type nfcapd struct {
	cmd *exec.Cmd
	dir string
	out bytes.Buffer
}

func (n *nfcapd) name() string { return "nfcapd" }

func (n *nfcapd) start(ctx context.Context, address string) (err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if n.dir, err = os.MkdirTemp("", "candor-nfcapd-"); err != nil {
		return err
	}
	n.cmd = exec.CommandContext(ctx, "nfcapd", "-b", host, "-p", port, "-w", n.dir, "-t", "3600", "-B", "33554432")
	n.cmd.Stdout, n.cmd.Stderr = &n.out, &n.out
	if err := n.cmd.Start(); err != nil {
		return errors.Join(err, os.RemoveAll(n.dir))
	}
	time.Sleep(time.Second) // nothing tells that it listens
	return nil
}

func (n *nfcapd) stop() (t taken, err error) {
	defer os.RemoveAll(n.dir)
	time.Sleep(2 * quiet)
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return t, err
	}
	if err := n.cmd.Wait(); err != nil {
		return t, fmt.Errorf("%w: %s", err, n.out.Bytes())
	}
	t.CPU, t.Lost = used(n.cmd), -1
	_, after, ok := strings.Cut(n.out.String(), "Flows: ")
	if !ok {
		return t, fmt.Errorf("nfcapd does not say what it took: %s", n.out.Bytes())
	}
	number, _, _ := strings.Cut(after, ",")
	t.Received, err = strconv.Atoi(number)
	return t, err
}

// goflow2 is netsampler's collector. It writes records as protobuf, to nowhere.
type goflow2 struct {
	cmd     *exec.Cmd
	metrics string
}

func (g *goflow2) name() string { return "goflow2" }

// patience is how long it may go on with what it holds.
const patience = 10 * time.Second

// goflow2Version is the one that is measured.
const goflow2Version = "v2.2.6"

// program gives the path of goflow2, built if it is not there.
func program(ctx context.Context) (string, error) {
	if path, err := exec.LookPath("goflow2"); err == nil {
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "candor-bench", "bin")
	path := filepath.Join(dir, "goflow2")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	cmd := exec.CommandContext(ctx, "go", "install", "github.com/netsampler/goflow2/v2/cmd/goflow2@"+goflow2Version)
	cmd.Env, cmd.Dir = append(os.Environ(), "GOBIN="+dir), os.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go install: %w: %s", err, out)
	}
	return path, nil
}

func (g *goflow2) start(ctx context.Context, address string) error {
	path, err := program(ctx)
	if err != nil {
		return err
	}
	g.metrics, err = free()
	if err != nil {
		return err
	}
	g.cmd = exec.CommandContext(ctx, path, "-listen", "netflow://"+address, "-format", "bin", "-transport", "file", "-transport.file", os.DevNull, "-addr", g.metrics, "-loglevel", "error")
	if err := g.cmd.Start(); err != nil {
		return err
	}
	for range 100 {
		if _, err = g.records(); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.Join(err, g.cmd.Process.Kill())
}

func (g *goflow2) stop() (t taken, err error) {
	began := time.Now()
	for before := -1; t.Received != before && time.Since(began) < patience; time.Sleep(quiet) {
		before = t.Received
		if t.Received, err = g.records(); err != nil {
			return t, errors.Join(err, g.cmd.Process.Kill())
		}
	}
	if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return t, err
	}
	_ = g.cmd.Wait() // it does not end well
	t.CPU, t.Lost = used(g.cmd), -1
	return t, nil
}

// records is how many data records it says that it decoded.
func (g *goflow2) records() (n int, err error) {
	client := http.Client{Timeout: 2 * time.Second}
	answer, err := client.Get("http://" + g.metrics + "/metrics")
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(io.LimitReader(answer.Body, 1<<20))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), "} ")
		if strings.HasPrefix(name, "goflow2_flow_process_nf_flowset_records_") && strings.Contains(name, `type="DataFlowSet"`) {
			f, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return 0, err
			}
			n += int(f)
		}
	}
	return n, lines.Err()
}
