package memory

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

func TestMake(t *testing.T) {
	for _, n := range []int{0, 1, from/8 - 1, from / 8, 5 << 20} {
		b := Make[uint64](n)
		if len(b) != n {
			t.Fatalf("%d elements, want %d", len(b), n)
		}
		for i, x := range b {
			if x != 0 {
				t.Fatalf("element %d of %d is %d", i, n, x)
			}
		}
	}
}

// TestPopulated writes to memory and counts the faults that this takes.
func TestPopulated(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems are not asked")
	}
	const size = 16 << 20
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b := Make[byte](size)
	before := faults(t)
	for i := 0; i < size; i += 4096 {
		b[i] = 1
	}
	if n := faults(t) - before; n > size/4096/4 {
		t.Errorf("%d faults for %d pages that were asked for", n, size/4096)
	}
	runtime.KeepAlive(b)
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
