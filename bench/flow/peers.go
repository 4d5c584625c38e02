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
	"net/netip"
	"os"
	"os/exec"
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
	return listens(address)
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

// listens waits until somebody has a port of UDP on this machine.
func listens(address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	for range 200 {
		table, err := os.ReadFile("/proc/net/udp")
		if err != nil {
			return err
		}
		if bytes.Contains(table, fmt.Appendf(nil, ":%04X 00000000:0000", to.Port())) {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("nobody listens at %s", address)
}

// patience is how long a collector may go on with what it holds.
const patience = 10 * time.Second

// watched is a collector that tells by metrics what it took.
type watched struct {
	cmd     *exec.Cmd
	metrics string
	counts  func(name string) bool // whether a metric counts records
}

// run starts it, and waits until it answers.
func (w *watched) run(cmd *exec.Cmd, address string) (err error) {
	w.cmd = cmd
	if err := w.cmd.Start(); err != nil {
		return err
	}
	for range 200 {
		if _, err = w.records(); err == nil {
			return listens(address)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.Join(err, w.cmd.Process.Kill())
}

func (w *watched) stop() (t taken, err error) {
	began := time.Now()
	for before := -1; t.Received != before && time.Since(began) < patience; time.Sleep(2 * quiet) {
		before = t.Received
		if t.Received, err = w.records(); err != nil {
			return t, errors.Join(err, w.cmd.Process.Kill())
		}
	}
	if err := w.cmd.Process.Kill(); err != nil { // asked to end they go on with what they hold
		return t, err
	}
	_ = w.cmd.Wait() // it was killed
	t.CPU, t.Lost = used(w.cmd), -1
	return t, nil
}

// records is how many records it says that it took.
func (w *watched) records() (n int, err error) {
	client := http.Client{Timeout: 2 * time.Second}
	answer, err := client.Get("http://" + w.metrics + "/metrics")
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(io.LimitReader(answer.Body, 1<<20))
	for lines.Scan() {
		at := strings.LastIndexByte(lines.Text(), ' ')
		if at < 0 || !w.counts(lines.Text()[:at]) {
			continue
		}
		f, err := strconv.ParseFloat(lines.Text()[at+1:], 64)
		if err != nil {
			return 0, err
		}
		n += int(f)
	}
	return n, lines.Err()
}
