package main

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const someMaps = `00400000-00429000 r--p 00000000 fe:00 1234                             /usr/bin/candor
Size:                164 kB
Rss:                 164 kB
Anonymous:             0 kB
VmFlags: rd mr mw me
00429000-056e0000 r-xp 00029000 fe:00 1234                             /usr/bin/candor
Anonymous:             0 kB
08f47000-08fc6000 r--p 08b46000 fe:00 1234                             /usr/bin/candor
Anonymous:           508 kB
08fc6000-09213000 rw-p 08bc5000 fe:00 1234                             /usr/bin/candor
Anonymous:             0 kB
09213000-0b487000 rw-p 00000000 00:00 0
Anonymous:             0 kB
7f0000000000-7f0000001000 r-xp 00000000 fe:00 99                       /usr/lib/candor
Anonymous:             0 kB
7f0000002000-7f0000003000 r--s 00000000 fe:00 1234                     /usr/bin/candor
Anonymous:             0 kB
7f0000004000-7f0000005000 r-xp 00000000 fe:00 1234                     /usr/bin/candor
`

func TestUnchanged(t *testing.T) {
	want := []span{{0x400000, 0x429000}, {0x429000, 0x56e0000}}
	if got := unchanged([]byte(someMaps), "/usr/bin/candor"); !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	if got := unchanged([]byte(someMaps), "/usr/bin/can"); got != nil {
		t.Errorf("of another file: %x", got)
	}
}

// TestUnmapStart looks at the program of the test itself, which has to go on.
func TestUnmapStart(t *testing.T) {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(smaps), "Anonymous:") && len(unchanged(smaps, self)) == 0 {
		t.Error("no mapping of the program is unchanged")
	}
	unmapStart()
	if got := (&program{}).command().Use; got != "candor" {
		t.Errorf("the program is %q", got)
	}
}

// TestLargePages asks the kernel how much of this program it maps in large pages.
func TestLargePages(t *testing.T) {
	want := largeHeap - 2*largePage
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		want = 0 // it knows none
	}
	before := advised(t)
	largePages(largeHeap)
	if got := advised(t) - before; got < want {
		t.Errorf("%d bytes more are of large pages, want %d", got, want)
	}
}

// advised is how many bytes are mapped in large pages because the program asked for it.
func advised(t *testing.T) (sum int) {
	t.Helper()
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for line := range strings.Lines(string(smaps)) {
		f := strings.Fields(line)
		switch {
		case f[0] == "Size:":
			if size, err = strconv.Atoi(f[1]); err != nil {
				t.Fatal(err)
			}
		case f[0] == "VmFlags:" && slices.Contains(f, "hg"):
			sum += size << 10
		}
	}
	return sum
}
