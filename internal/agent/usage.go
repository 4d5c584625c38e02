package agent

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// usage is what the process has used of the processors at a moment.
type usage struct {
	at  time.Time
	cpu time.Duration
}

func used() usage {
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &r) != nil {
		return usage{at: time.Now()}
	}
	return usage{time.Now(), time.Duration(r.Utime.Nano() + r.Stime.Nano())}
}

// since is the share of one processor that was used since.
func (u usage) since(before usage) float64 {
	wall := u.at.Sub(before.at)
	if wall <= 0 {
		return 0
	}
	return float64(u.cpu-before.cpu) / float64(wall)
}

// resident is the memory that the process has, in bytes; 0 if that cannot be
// read.
func resident() int64 {
	data, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(data)
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
