//go:build cgo && duckdb

package duckdb

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"candor/internal/flow/archive"
	"candor/internal/flow/archive/archivetest"
)

// crashFolder names the folder that the process under TestKilled writes.
const crashFolder = "CANDOR_TEST_ARCHIVE"

// TestWriter is no test: it writes batches, says when each is there, and is
// killed.
func TestWriter(t *testing.T) {
	dir := os.Getenv(crashFolder)
	if dir == "" {
		t.Skip("it is run by TestKilled")
	}
	a, err := Open(Options{Dir: dir, Clock: time.Now, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Every: time.Hour, Memory: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	begun := a.next
	d := archivetest.NewDice(begun)
	for {
		flows := d.Flows(5)
		for i := range flows {
			flows[i].From, flows[i].To, flows[i].Bytes, flows[i].Sampling = "", "", 1, 0
		}
		a.Keep(flows)
		a.write(nil)
		fmt.Printf("there %d\n", a.next-begun)
		if err := a.tidy(nil); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKilled kills a writer at random moments. What was said to be there is
// there once, and sums agree with flows.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	told := 0
	for range 5 {
		c := exec.Command(os.Args[0], "-test.run=^TestWriter$", "-test.v")
		c.Env = append(os.Environ(), crashFolder+"="+dir)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		last, die := 0, 1+rand.IntN(30)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), "there "); ok {
				if _, err := fmt.Sscan(text, &last); err != nil {
					t.Fatal(err)
				}
			}
			if last == die {
				// While the next batch is written, its minutes are added up, or files are joined.
				time.AfterFunc(time.Duration(rand.IntN(40))*time.Millisecond, func() { _ = c.Process.Kill() })
			}
		}
		_ = c.Wait() // it was killed
		if last < die {
			t.Fatalf("the writer ended by itself after %d batches", last)
		}
		told += last
	}
	a := opened(t, Options{Dir: dir})
	a.settled(t)
	q := archive.Question{Since: archivetest.Begin, Until: archivetest.Begin.Add(4 * time.Hour)}
	sums, err := a.Ask(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	q.By = []archive.Field{archive.FieldLocal}
	raw, err := a.Ask(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if sums.Tier == archive.Raw || raw.Tier != archive.Raw || sums.Total != raw.Total {
		t.Errorf("%s has %+v, where %s has %+v", sums.Tier, sums.Total, raw.Tier, raw.Total)
	}
	// Batches that were written, but whose writer had no time to say so, are there too.
	if got := raw.Total.Flows; got < uint64(5*told) || got != 5*a.next || raw.Total.Bytes != got {
		t.Errorf("there are %+v; %d batches were told, %d written", raw.Total, told, a.next)
	}
}
