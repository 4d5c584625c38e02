//go:build cgo && duckdb

package duckdb

import (
	"math"
	"runtime/debug"
	"testing"
	"testing/fstest"
)

func TestMemoryOfTheGroup(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for _, tt := range []struct {
		name string
		root fstest.MapFS
		want int64
	}{
		{"no groups", fstest.MapFS{}, math.MaxInt64},
		{"the first version", fstest.MapFS{"proc/self/cgroup": file("4:memory:/a\n"), "sys/fs/cgroup/a/memory.max": file("1\n")}, math.MaxInt64},
		{"a container", fstest.MapFS{"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("2147483648\n")}, 2 << 30},
		{"a service", fstest.MapFS{"proc/self/cgroup": file("0::/system.slice/candor.service\n"), "sys/fs/cgroup/system.slice/candor.service/memory.max": file("max\n"), "sys/fs/cgroup/system.slice/memory.max": file("4096\n")}, 4096},
		{"the narrowest", fstest.MapFS{"proc/self/cgroup": file("0::/a/b\n"), "sys/fs/cgroup/a/b/memory.max": file("100\n"), "sys/fs/cgroup/a/memory.max": file("200\n")}, 100},
		{"elsewhere", fstest.MapFS{"proc/self/cgroup": file("0::/../../a\n"), "sys/fs/a/memory.max": file("100\n"), "a/memory.max": file("100\n")}, math.MaxInt64},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := grouped(tt.root); got != tt.want {
				t.Errorf("it allows %d, not %d", got, tt.want)
			}
		})
	}
}

func TestQuarter(t *testing.T) {
	for of, want := range map[int64]int64{512 << 20: 256 << 20, 2 << 30: 1 << 30, 3 << 30: 1 << 30, 8 << 30: 2 << 30, 1 << 40: 16 << 30} {
		if got := quarter(of); got != want {
			t.Errorf("a quarter of %d is %d, not %d", of, got, want)
		}
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(600 << 20))
	if o := (Options{}).filled(); o.Memory > 300<<20 {
		t.Errorf("of 600 MiB %d bytes are for questions", o.Memory)
	}
}
