package evidence

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"candor"
)

// appendForever appends from 8 goroutines and prints what was acknowledged,
// until it is killed.
func appendForever(dir string) error {
	l, err := Open(context.Background(), dir, fastOptions())
	if err != nil {
		return err
	}
	var next atomic.Int64
	next.Store(time.Now().UnixNano())
	failed := make(chan error)
	for range 8 {
		go func() {
			for {
				n := int(next.Add(1))
				indexes, err := l.Append(context.Background(), sample(n), sample(-n))
				if err != nil {
					failed <- err
					return
				}
				fmt.Printf("%d %s %d %s\n", indexes[0], sample(n).ID, indexes[1], sample(-n).ID)
			}
		}()
	}
	return <-failed
}

// TestKill kills a program that appends twenty times, at random moments: what
// it acknowledged is there, where it said, nothing is there twice, and the log
// verifies against the checkpoint of each earlier round.
func TestKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	acknowledged := map[uint64]string{}
	var earlier [][]byte
	for round := range 20 {
		appendUntilKilled(t, dir, time.Duration(20+rand.IntN(150))*time.Millisecond, acknowledged)
		if checkpoint, err := os.ReadFile(filepath.Join(dir, treeDir, "checkpoint")); err == nil {
			earlier = append(earlier, checkpoint)
		} else if round > 0 || !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	l := openLog(t, dir, fastOptions())
	seen := map[candor.ID]bool{}
	for e, err := range l.Since(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[e.Entry.ID] {
			t.Errorf("%s is there twice", e.Entry.ID)
		}
		seen[e.Entry.ID] = true
		if id, has := acknowledged[e.Index]; has && id != string(e.Entry.ID) {
			t.Errorf("entry %d is %s, acknowledged was %s", e.Index, e.Entry.ID, id)
		}
		delete(acknowledged, e.Index)
	}
	if len(acknowledged) > 0 || len(seen) == 0 {
		t.Errorf("%d acknowledged entries are missing, %d are there", len(acknowledged), len(seen))
	}
	closeLog(t, l)
	verified(t, dir, VerifyOptions{Earlier: earlier})
	t.Logf("%d entries after 20 kills", len(seen))
}

// appendUntilKilled runs a child until a while after its first answer, and
// collects its answers.
func appendUntilKilled(t *testing.T, dir string, while time.Duration, acknowledged map[uint64]string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "EVIDENCE_CHILD=append", "EVIDENCE_DIR="+dir)
	var stderr strings.Builder
	child.Stderr = &stderr
	out := must[interface{ Read([]byte) (int, error) }](t)(pipe(child))
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines, answers := bufio.NewScanner(out), 0
	var timer *time.Timer
	for lines.Scan() {
		if answers++; answers == 1 {
			timer = time.AfterFunc(while, func() { _ = child.Process.Kill() })
		}
		fields := strings.Fields(lines.Text())
		if len(fields) != 4 || len(fields[3]) < 20 {
			continue // cut off by the kill, so not acknowledged
		}
		for i := 0; i < 4; i += 2 {
			index := must[uint64](t)(strconv.ParseUint(fields[i], 10, 64))
			if before, has := acknowledged[index]; has {
				t.Fatalf("index %d was given to %s and to %s", index, before, fields[i+1])
			}
			acknowledged[index] = fields[i+1]
		}
	}
	_ = child.Wait() // killed: an error is right
	if timer == nil {
		t.Fatalf("the child said nothing: %s", stderr.String())
	}
	timer.Stop()
}

func pipe(c *exec.Cmd) (interface{ Read([]byte) (int, error) }, error) { return c.StdoutPipe() }
