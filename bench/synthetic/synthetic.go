// Package synthetic makes a provider of whom it is known who held what at every
// moment, writes reports about it as reporters do, and counts whether any of them
// would be told to a party that it was not about.
//
// The world is five weeks of spring, in which clocks go forward and back in many
// zones. Addresses are leased by DHCP and RADIUS, shared by translators, and static;
// leases overlap, end unheard, and are told of late, some of them hours late. Names
// move between sites, addresses and assets between parties. Reporters have clocks
// that are up to two minutes off, zones, words for them that are wrong, or none.
package synthetic

import (
	"io"
	"math/rand/v2"
	"time"
)

// Config says how large a world is.
type Config struct {
	Folder      string // for all that is written
	Seed        uint64
	Subscribers int
	Mails       int // reports
	Workers     int // that read them at once
	Log         io.Writer
}

// The world begins before clocks go forward in America (8 March), has that of Europe
// (29 March), and ends after they go back in Chile, Australia and New Zealand (5
// April).
var (
	begin = time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	end   = time.Date(2026, 4, 8, 0, 0, 0, 0, time.UTC)
)

const (
	margin = 2 * time.Minute    // that reporters' clocks may be off (attribute.Options)
	settle = 2 * time.Minute    // that records come late, if nothing is cut off
	keep   = 8 * 24 * time.Hour // that leases are known
)

func between(r *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(r.Int64N(int64(high-low)+1))
}

func anyTime(r *rand.Rand, from, until time.Time) time.Time {
	return from.Add(between(r, 0, until.Sub(from)))
}

func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
