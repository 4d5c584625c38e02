//go:build cgo && duckdb

package duckdb

import (
	"io/fs"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

func (o Options) filled() Options {
	if o.Memory == 0 {
		o.Memory = quarter(memory())
	}
	if o.Patience == 0 {
		o.Patience = 30 * time.Second
	}
	if o.Room == 0 {
		o.Room = 1_000_000
	}
	if o.Every == 0 {
		o.Every = 5 * time.Second
	}
	return o
}

// quarter is a quarter of some memory, 1 to 16 GiB, but at most half of it.
func quarter(of int64) int64 {
	return min(max(of/4, 1<<30), 16<<30, of/2)
}

// memory is how much this process may have: of the machine, of its control group,
// and by GOMEMLIMIT.
func memory() int64 {
	most := min(grouped(os.DirFS("/")), debug.SetMemoryLimit(-1))
	var about unix.Sysinfo_t
	if err := unix.Sysinfo(&about); err == nil {
		most = min(most, int64(about.Totalram)*int64(about.Unit))
	}
	if most == math.MaxInt64 {
		return 4 << 30 // nobody says
	}
	return most
}

// grouped is what the control group (v2) of this process, and those that it is
// in, allow; without one it is without bounds.
func grouped(root fs.FS) int64 {
	const unbounded = math.MaxInt64
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return unbounded
	}
	most := int64(unbounded)
	for line := range strings.Lines(string(text)) {
		own, ok := strings.CutPrefix(strings.TrimSpace(line), "0::/")
		if !ok {
			continue
		}
		for at := path.Join("sys/fs/cgroup", own); strings.HasPrefix(at, "sys/fs/cgroup"); at = path.Dir(at) {
			text, err := fs.ReadFile(root, path.Join(at, "memory.max"))
			if err != nil {
				continue
			}
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
				most = min(most, n)
			}
		}
	}
	return most
}
