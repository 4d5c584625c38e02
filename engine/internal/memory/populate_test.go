//go:build linux && !race

package memory

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// TestPopulated writes to memory and counts the faults that this takes, beside those of
// memory that was not asked for. With the race detector there are others.
func TestPopulated(t *testing.T) {
	const size = 16 << 20
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	plain := written(t, make([]byte, size))
	asked := written(t, Make[byte](size))
	if asked > plain/4+16 { // where memory comes in larger pieces, there are few of either
		t.Errorf("%d faults for memory that was asked for, %d for other", asked, plain)
	}
}

// written writes to each page, and gives how many faults that took.
func written(t *testing.T, b []byte) int {
	t.Helper()
	before := faults(t)
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
	n := faults(t) - before
	runtime.KeepAlive(b)
	return n
}

// faults are the minor faults of this thread so far: field 10 of its stat, see proc(5).
func faults(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/thread-self/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	n, err := strconv.Atoi(strings.Fields(rest)[7])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
