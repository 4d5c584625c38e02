package isolate

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"candor"
)

// Session is what a line holds of the network, and by what a network access
// server knows it.
type Session struct {
	Line       string         `json:"line"`                 // Asset.Reference
	Addresses  []netip.Prefix `json:"addresses,omitempty"`  // single addresses of IPv4, networks of IPv6; sorted
	ID         string         `json:"id,omitempty"`         // Acct-Session-Id (RFC 2866, 5.5)
	User       string         `json:"user,omitempty"`       // User-Name
	NAS        string         `json:"nas,omitempty"`        // NAS-Identifier
	NASAddress netip.Addr     `json:"nas_address,omitzero"` // NAS-IP-Address or NAS-IPv6-Address
}

// Sessions tells who holds what now. It is safe for concurrent use.
type Sessions interface {
	// Session gives what a line holds for certain at this moment. It is
	// candor.ErrNotFound if the line holds nothing, and candor.ErrUnavailable if
	// that cannot be told for certain. It never guesses.
	Session(ctx context.Context, line candor.Asset) (Session, error)
	// Holders gives the references of all lines that hold, or may hold, an
	// address of the network at this moment.
	Holders(ctx context.Context, network netip.Prefix) ([]string, error)
}

// same tells whether two sessions are one.
func (s Session) same(o Session) bool {
	return s.ID == o.ID && s.User == o.User && s.NAS == o.NAS && s.NASAddress == o.NASAddress && slices.Equal(s.Addresses, o.Addresses)
}

// without gives the session without addresses that another holds too.
func (s Session) without(o Session) Session {
	s.Addresses = slices.DeleteFunc(slices.Clone(s.Addresses), func(p netip.Prefix) bool { return slices.Contains(o.Addresses, p) })
	return s
}

// names gives the addresses for people: single ones without their length.
func (s Session) names() string {
	all := make([]string, len(s.Addresses))
	for i, p := range s.Addresses {
		if all[i] = p.String(); p.IsSingleIP() {
			all[i] = p.Addr().String()
		}
	}
	return strings.Join(all, ", ")
}

func (s Session) encode() json.RawMessage {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err) // texts and addresses always can be written
	}
	return data
}

// SessionOf reads the session of an isolation; the zero one if it has none.
func SessionOf(i candor.Isolation) (s Session, err error) {
	if len(i.Session) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(i.Session, &s); err != nil {
		return s, fmt.Errorf("read the session of isolation %s: %w: %w", i.Response, candor.ErrInvalid, err)
	}
	return s, nil
}
