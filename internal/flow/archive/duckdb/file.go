//go:build cgo && duckdb

package duckdb

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"candor/internal/flow/archive"
)

// file is one file of a tier. Its name says all that must be known of it, so
// that the folder is the catalogue:
//
//	raw/2026-11-26T20/0000000001-0000000012.1795716625644664.1795716685644664.600000.parquet
//
// is of the batches 1 to 12, which came from 20:00 on, ended between two times in
// microseconds, and has 600,000 rows.
type file struct {
	tier        archive.Tier
	hour        time.Time // of UTC, in which its batches came
	first, last uint64    // batches
	from, until int64     // when its rows ended, both included
	rows        uint64
	size        int64 // bytes
}

const (
	hourForm = "2006-01-02T15"
	ending   = ".parquet"
)

func (f file) folder() string { return filepath.Join(string(f.tier), f.hour.Format(hourForm)) }

func (f file) name() string {
	return filepath.Join(f.folder(), fmt.Sprintf("%010d-%010d.%d.%d.%d%s", f.first, f.last, f.from, f.until, f.rows, ending))
}

func parseFile(tier archive.Tier, hour time.Time, name string) (file, bool) {
	f := file{tier: tier, hour: hour}
	n, err := fmt.Sscanf(name, "%d-%d.%d.%d.%d"+ending, &f.first, &f.last, &f.from, &f.until, &f.rows)
	return f, n == 5 && err == nil && filepath.Base(f.name()) == name
}

// covers tells whether all that is in g is also in f.
func (f file) covers(g file) bool {
	return f.hour.Equal(g.hour) && f.first <= g.first && g.last <= f.last
}

// part tells files that count from those that others cover.
func part(all []file) (live, covered []file) {
	for _, f := range all {
		if len(live) > 0 && live[len(live)-1].covers(f) {
			covered = append(covered, f)
		} else {
			live = append(live, f)
		}
	}
	return live, covered
}

// without gives the files that no other of by covers. Both are in the order of
// folders.list.
func without(all, by []file) []file {
	_, left := divided(all, by)
	return left
}

// divided tells files that others of by cover from those that none does.
func divided(all, by []file) (under, left []file) {
	for _, f := range all {
		for len(by) > 0 && by[0].hour.Before(f.hour) {
			by = by[1:]
		}
		covered := false
		for i := 0; i < len(by) && by[i].hour.Equal(f.hour) && !covered; i++ {
			covered = by[i].covers(f)
		}
		if covered {
			under = append(under, f)
		} else {
			left = append(left, f)
		}
	}
	return under, left
}

// byHour cuts files at the hours.
func byHour(all []file) (hours [][]file) {
	for len(all) > 0 {
		n := slices.IndexFunc(all, func(f file) bool { return !f.hour.Equal(all[0].hour) })
		if n < 0 {
			n = len(all)
		}
		hours, all = append(hours, all[:n]), all[n:]
	}
	return hours
}

// joined is the file that holds what files of one hour hold.
func joined(files []file) file {
	f := files[0]
	f.rows, f.size = 0, 0
	for _, g := range files {
		f.first, f.last, f.from, f.until, f.rows = min(f.first, g.first), max(f.last, g.last), min(f.from, g.from), max(f.until, g.until), f.rows+g.rows
	}
	return f
}

// largest is how many rows files are joined up to.
const largest = 8_000_000

// together is how many files of one size are joined.
const together = 12

// enough is how many rows a file has that is not joined any more.
const enough = 1_000_000

// toJoin gives files of one hour that should be one; none if there is nothing to do.
// Over tells that nothing more comes to the hour.
func toJoin(live []file, over bool) []file {
	for begin := range live {
		var rows uint64
		size := span(live[begin])
		for n, f := range live[begin:] {
			rows += f.rows
			switch {
			case rows > largest || f.rows >= enough || !over && span(f) != size:
				if over && n > 1 {
					return live[begin : begin+n]
				}
			case !over && n+1 == together || over && n > 0 && begin+n+1 == len(live):
				return live[begin : begin+n+1]
			default:
				continue
			}
			break
		}
	}
	return nil
}

// span is the magnitude of how many batches are in a file.
func span(f file) (n int) {
	for b := f.last - f.first + 1; b >= together; b /= together {
		n++
	}
	return n
}

func paths(dir string, files []file) []string {
	all := make([]string, len(files))
	for i, f := range files {
		all[i] = filepath.Join(dir, f.name())
	}
	return all
}
