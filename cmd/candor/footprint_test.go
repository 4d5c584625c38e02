package main

import (
	"os"
	"slices"
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
