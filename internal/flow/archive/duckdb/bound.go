//go:build cgo && duckdb

package duckdb

import (
	"time"

	"golang.org/x/sys/unix"
)

func (o Options) filled() Options {
	if o.Memory == 0 {
		o.Memory = quarter()
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

// quarter is a quarter of the machine's memory, within bounds.
func quarter() int64 {
	var about unix.Sysinfo_t
	if err := unix.Sysinfo(&about); err != nil {
		return 1 << 30
	}
	return min(max(int64(about.Totalram)*int64(about.Unit)/4, 1<<30), 16<<30)
}
