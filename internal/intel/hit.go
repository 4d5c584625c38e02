package intel

import (
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel/tlp"
)

// Hit is that something of ours is what a feed names. There is one of each feed,
// value and asset.
type Hit struct {
	ID         candor.ID    `json:"id"`
	Feed       string       `json:"feed"`
	Kind       intake.Kind  `json:"kind"`
	Value      string       `json:"value"` // as the feed names it
	Asset      candor.ID    `json:"asset"`
	What       string       `json:"what"` // of the asset: a host name, a prefix, a digest
	Class      candor.Class `json:"class,omitempty"`
	Note       string       `json:"note,omitempty"`
	TLP        tlp.Mark     `json:"tlp"`
	Confidence int          `json:"confidence"` // 0 to 100
	First      time.Time    `json:"first"`      // when it was found here
	Last       time.Time    `json:"last"`       // when it was so last
	Filed      bool         `json:"filed"`      // as a finding
}
