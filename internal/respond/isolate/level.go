package isolate

import (
	"slices"

	"candor"
)

// Level says how much of the network a line is kept from. Each keeps a line
// from more than the one before.
type Level string

const (
	// RateLimit slows the line down.
	RateLimit Level = "rate-limit"
	// BlockPorts keeps the line from ports that abuse goes by.
	BlockPorts Level = "block-ports"
	// WalledGarden keeps the line from all but the portal, name service and
	// allowed destinations.
	WalledGarden Level = "walled-garden"
	// Disconnect keeps the line from everything, but from lifelines where the
	// enforcement point can tell them apart.
	Disconnect Level = "disconnect"
)

// Levels are all levels, the mildest first.
func Levels() []Level { return []Level{RateLimit, BlockPorts, WalledGarden, Disconnect} }

// known tells whether it is a level.
func (l Level) known() bool { return slices.Contains(Levels(), l) }

// Strongest gives the strongest level of isolations; empty of none.
func Strongest(rows []candor.Isolation) Level {
	best, at := Level(""), -1
	for _, r := range rows {
		if n := slices.Index(Levels(), Level(r.Level)); n > at {
			best, at = Level(r.Level), n
		}
	}
	return best
}
