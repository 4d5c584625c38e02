//go:build cgo && duckdb

package duckdb

import (
	"slices"
	"time"

	"candor/internal/flow/archive"
)

// ten are sums of ten minutes. They are no tier of their own: answers of the tier
// of minutes are told from them where they can be, since an hour has fewer of
// them. They are made only where there are many rows.
const ten archive.Tier = "ten"

// tiers are all that is kept, in the order in which it gives way.
var tiers = []archive.Tier{archive.Raw, ten, archive.Minute, archive.Hour}

// aTen is of how many rows of minutes they are made.
const aTen = 4_000_000

// length is the time that a sum stands for.
func length(t archive.Tier) time.Duration {
	if t == ten {
		return 10 * time.Minute
	}
	return t.Length()
}

// toTen gives files of minutes of one hour whose ten minutes are over, by the last
// flow in each, and that have many rows; none if there is nothing to do. Over tells
// that nothing more comes to the hour.
func toTen(files []file, many uint64, over bool) []file {
	var rows uint64
	for i, f := range files {
		if rows >= many && floor(f.until, ten) != floor(files[0].until, ten) {
			return files[:i]
		}
		rows += f.rows
	}
	if over && rows >= many {
		return files
	}
	return nil
}

// runs cuts files of minutes wherever two that follow each other have not the same.
func runs(minutes []file, same func(a, b file) bool) (all [][]file) {
	begin := 0
	for i := 1; i <= len(minutes); i++ {
		if i == len(minutes) || !minutes[i].hour.Equal(minutes[begin].hour) || !same(minutes[begin], minutes[i]) {
			all, begin = append(all, minutes[begin:i]), i
		}
	}
	return all
}

// apart cuts files of minutes at the hours, and at sums of ten minutes: what is
// joined is all in one of them, or in none.
func (c catalogue) apart() [][]file {
	return runs(c.minute, func(a, b file) bool { return slices.Equal(within(a, c.ten), within(b, c.ten)) })
}

// open gives the files of minutes, cut at the hours and at what has sums already,
// that no coarser sums have.
func (c catalogue) open() (all [][]file) {
	summed := func(f file) bool { return len(within(f, c.ten)) > 0 || len(within(f, c.hour)) > 0 }
	for _, files := range runs(c.minute, func(a, b file) bool { return summed(a) == summed(b) }) {
		if !summed(files[0]) {
			all = append(all, files)
		}
	}
	return all
}

// missing gives the flows whose minutes are not all there.
func (c catalogue) missing() (all []file) {
	for _, f := range c.raw {
		next := f.first
		for _, m := range within(f, c.minute) {
			if m.first > next {
				break
			}
			next = m.last + 1
		}
		if next <= f.last {
			all = append(all, f)
		}
	}
	return all
}
