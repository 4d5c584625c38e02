package scan

import (
	"sync/atomic"
	"time"
)

// Progress counts while a scan runs. Safe for concurrent use.
type Progress struct {
	files, bytes, flagged, findings, failures atomic.Int64
	links, special, excluded, large, mounts   atomic.Int64
	known, copies, forged, unread             atomic.Int64
}

// Files is the number of files of which all is known.
func (p *Progress) Files() int64 { return p.files.Load() }

// Bytes is the number of bytes in them.
func (p *Progress) Bytes() int64 { return p.bytes.Load() }

// Passed is the number of files that are behind us, for whatever reason.
func (p *Progress) Passed() int64 {
	return p.files.Load() + p.failures.Load() + p.large.Load()
}

// Findings is the number of findings so far.
func (p *Progress) Findings() int64 { return p.findings.Load() }

// Summary says what a scan amounts to.
type Summary struct {
	Files       int64     `json:"files"`            // scanned from the first byte to the last, or known
	Bytes       int64     `json:"bytes"`            // in them
	Seconds     float64   `json:"seconds"`          // wall time
	Findings    int64     `json:"findings"`         // a rule in a file, or in a part of one, is one
	Flagged     int64     `json:"flagged"`          // files with at least one
	Unread      int64     `json:"unread,omitempty"` // of Files: not looked at to the end of what lies inside, which is told as findings, too
	Errors      int64     `json:"errors"`           // files and directories that could not be scanned, or not as a whole
	Known       int64     `json:"known,omitempty"`  // of Files: not read, since they are as they were
	Copies      int64     `json:"copies,omitempty"` // of Files: read, and not matched, since their content is known
	Forged      int64     `json:"forged,omitempty"` // of Files: they had changed though their times said that they had not
	Skipped     Skipped   `json:"skipped"`
	Interrupted bool      `json:"interrupted"` // there was more to scan
	Started     time.Time `json:"started"`
}

// Skipped counts what was passed over on purpose, by reason.
type Skipped struct {
	Links    int64 `json:"links"`    // symbolic links inside the tree
	Special  int64 `json:"special"`  // devices, FIFOs, sockets
	Excluded int64 `json:"excluded"` // a directory counts as one
	Large    int64 `json:"large"`    // beyond the size limit
	Mounts   int64 `json:"mounts"`   // other file systems, and those that hold no files (proc, sys)
}

// Total is the sum of all reasons.
func (s Skipped) Total() int64 { return s.Links + s.Special + s.Excluded + s.Large + s.Mounts }

func (p *Progress) summary() Summary {
	return Summary{
		Files: p.files.Load(), Bytes: p.bytes.Load(),
		Known: p.known.Load(), Copies: p.copies.Load(), Forged: p.forged.Load(),
		Unread: p.unread.Load(), Findings: p.findings.Load(), Flagged: p.flagged.Load(), Errors: p.failures.Load(),
		Skipped: Skipped{
			Links: p.links.Load(), Special: p.special.Load(), Excluded: p.excluded.Load(),
			Large: p.large.Load(), Mounts: p.mounts.Load(),
		},
	}
}
