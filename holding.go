package candor

import "time"

// Holding is that an asset had something, and a party the asset, for a time.
type Holding struct {
	Asset ID        `json:"asset"`
	Kind  AssetKind `json:"kind"`
	Party ID        `json:"party"` // who owned the asset then
	// What it had: a host name, perhaps with "*." before it; a prefix; a path;
	// empty for the asset as such.
	What  string    `json:"what,omitempty"`
	Since time.Time `json:"since"`          // the first moment
	Until time.Time `json:"until,omitzero"` // the first moment after; zero while it lasts
}
