package house

import (
	"context"

	"candor"
	"candor/internal/access"
	"candor/internal/flow/line"
)

// Traffic tells of the traffic of lines. It is safe for concurrent use.
type Traffic interface {
	// Network tells of all lines.
	Network() line.Network
	// View tells of one line; false of an asset that is no line that is watched.
	View(candor.ID) (line.View, bool)
}

// Unmeasured says why nothing is known of traffic.
type Unmeasured string

// The reasons.
const (
	NotHere Unmeasured = "not-here" // this process hears no exporters: another does, or none
	NotYet  Unmeasured = "not-yet"  // the line is retired, or was added just now
	NoLine  Unmeasured = "no-line"  // the asset is of another kind
	NotKept Unmeasured = "not-kept" // this process has no flow archive: another does, or none
)

// What a LineTraffic is made of.
type (
	TrafficHour  = line.Hour
	TrafficRange = line.Range
)

// What a NetworkTraffic is made of.
type (
	TrafficNetwork = line.Network
	TrafficPart    = line.Part
	TrafficEvent   = line.Event
)

// NetworkTraffic is what is known of the traffic of all lines, or why nothing is.
type NetworkTraffic struct {
	Unmeasured Unmeasured    `json:"unmeasured,omitempty"`
	Network    *line.Network `json:"network,omitempty"` // missing if it is unmeasured
}

// LineTraffic is what is known of the traffic of one line, or why nothing is.
type LineTraffic struct {
	Unmeasured Unmeasured `json:"unmeasured,omitempty"`
	Traffic    *line.View `json:"traffic,omitempty"` // missing if it is unmeasured
}

// NetworkTraffic tells of the traffic of all lines those who may read cases.
func (h *House) NetworkTraffic(_ context.Context, who candor.Principal) (NetworkTraffic, error) {
	if err := may(who, access.ReadCases); err != nil {
		return NetworkTraffic{}, err
	}
	if h.Traffic == nil {
		return NetworkTraffic{Unmeasured: NotHere}, nil
	}
	n := h.Traffic.Network()
	return NetworkTraffic{Network: &n}, nil
}

// LineTraffic tells of the traffic of a line those who may read cases: when a
// household is at home is nobody else's business.
func (h *House) LineTraffic(ctx context.Context, who candor.Principal, id candor.ID) (LineTraffic, error) {
	if err := may(who, access.ReadCases); err != nil {
		return LineTraffic{}, err
	}
	a, err := h.Store.Asset(ctx, who.Scope(), id)
	switch {
	case err != nil:
		return LineTraffic{}, err
	case a.Kind != candor.Line:
		return LineTraffic{Unmeasured: NoLine}, nil
	case h.Traffic == nil:
		return LineTraffic{Unmeasured: NotHere}, nil
	}
	v, ok := h.Traffic.View(id)
	if !ok || a.Retired {
		return LineTraffic{Unmeasured: NotYet}, nil
	}
	return LineTraffic{Traffic: &v}, nil
}
