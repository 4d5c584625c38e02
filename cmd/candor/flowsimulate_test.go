package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor/internal/flow/capture"
)

// simulated runs candor flow simulate with an hour of some lines, and gives what
// it printed.
func simulated(t *testing.T, args ...string) string {
	t.Helper()
	var out, err bytes.Buffer
	args = append([]string{"flow", "simulate", "--lines", "40", "--to", "2026-03-02T00:20:00Z", "--abuse", "0.2"}, args...)
	if status := run(args, strings.NewReader(""), &out, &err); status != exitClean {
		t.Fatalf("%v: status %d: %s", args, status, err.String())
	}
	return out.String()
}

// amount is how many records there are, and of how many bytes.
type amount struct{ Records, Bytes uint64 }

// said is what the summary of JSON lines says.
func said(t *testing.T, lines string) (a amount) {
	t.Helper()
	lines = strings.TrimSpace(lines)
	if err := json.Unmarshal([]byte(lines[strings.LastIndexByte(lines, '\n')+1:]), &a); err != nil || a.Records < 100 {
		t.Fatalf("%+v: %v", a, err)
	}
	return a
}

func TestSimulateIntoFile(t *testing.T) {
	want := said(t, simulated(t, "--format", "json"))
	for _, format := range []string{"v9", "ipfix"} {
		name := filepath.Join(t.TempDir(), "flows.pcap")
		simulated(t, "--format", format, "--out", name)
		f, err := capture.Open(context.Background(), name, capture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var got amount
		for b, err := range f.Batches() {
			if err != nil {
				t.Fatal(err)
			}
			got.Records += uint64(len(b.Records))
			for i := range b.Records {
				got.Bytes += b.Records[i].Total()
			}
		}
		if got != want {
			t.Errorf("%s: the file holds %+v, not %+v", format, got, want)
		}
		if status := run([]string{"flow", "simulate", "--out", filepath.Join(name, "no")}, nil, os.Stdout, &bytes.Buffer{}); status != exitError {
			t.Errorf("a file that cannot be written: status %d", status)
		}
	}
}

func TestSimulateSends(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	simulated(t, "--send", c.LocalAddr().String(), "--speed", "0", "--format", "ipfix")
	if err := c.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 2000)
	n, _, err := c.ReadFrom(b)
	if err != nil || n < 16 || b[1] != 10 {
		t.Errorf("%d bytes: % x: %v", n, b[:min(n, 16)], err)
	}
}
