// Package duckdb keeps flows in files of Parquet that DuckDB, in the process,
// writes and asks. It needs a program that was built with cgo and the tag
// duckdb; any other says so when it is opened.
//
// docs/design/archive.md tells why it is so.
package duckdb

import (
	"log/slog"
	"time"

	"candor"
	"candor/internal/flow/archive"
)

// Options are what an Archive is opened with.
type Options struct {
	Dir   string // made if it is not there
	Clock candor.Clock
	Log   *slog.Logger
	// Keep is for how long each tier is kept; 0 is for ever. What is coarser is not
	// kept shorter.
	Keep map[archive.Tier]time.Duration
	// MaxBytes bounds what is on disk: the oldest of the finest tier goes first.
	// So it does when less than Spare bytes of the disk are free. 0 bounds nothing.
	MaxBytes, Spare int64
	Memory          int64         // bytes for questions; 0: a quarter of what the process may have, 1 to 16 GiB. What is more goes to disk
	Threads         int           // for questions; 0: all processors
	Patience        time.Duration // for a question; 0: 30 s
	Room            int           // rows that wait to be written; 0: 1,000,000, of 200 bytes
	Every           time.Duration // between writes; 0: 5 s
	ReadOnly        bool          // another process writes
}
