package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/lease"
	"candor/internal/respond/isolate"
)

// held tells what lines hold by the leases that this process hears of, and by
// addresses that are always theirs.
type held struct{ r *running }

func (h held) table() (*traffic, error) {
	if h.r.traffic == nil {
		return nil, candor.WithHint(fmt.Errorf("who holds which address is not known here: %w", candor.ErrUnavailable),
			"Give this process the role collector and traffic.listen, or name a file with isolation.lines.")
	}
	return h.r.traffic, nil
}

// Session implements isolate.Sessions.
func (h held) Session(_ context.Context, asset candor.Asset) (isolate.Session, error) {
	t, err := h.table()
	if err != nil {
		return isolate.Session{}, err
	}
	s := isolate.Session{Line: asset.Reference}
	line := t.watch.Number(asset.ID)
	if line == 0 {
		return s, fmt.Errorf("line %s is not watched: %w", asset.Name, candor.ErrNotFound)
	}
	own, err := asset.Access.Prefixes()
	if err != nil {
		return s, err
	}
	for _, l := range t.leases.table.Session(line) {
		own = append(own, l.Prefixes...)
		if s.ID == "" && len(l.Keys) > 0 && l.Server.IsValid() {
			s.ID, s.NAS, s.NASAddress = l.ID, l.Group, l.Server
			for _, k := range l.Keys {
				if k.Kind == lease.KeyUser {
					s.User = k.Text
				}
			}
		}
	}
	for _, p := range own {
		// What cannot be told for certain is left out; a lease may name an address
		// that is always the line's.
		if h.holds(t, p) == line && !slices.Contains(s.Addresses, p) {
			s.Addresses = append(s.Addresses, p)
		}
	}
	if len(s.Addresses) == 0 {
		for _, p := range own {
			if h.contested(t, p) {
				return s, fmt.Errorf("%s, which line %s held, may be another's now: %w", p, asset.Name, candor.ErrNotFound)
			}
		}
		if len(own) > 0 {
			return s, fmt.Errorf("line %s may hold %s, but not for certain: %w", asset.Name, own[0], candor.ErrUnavailable)
		}
		return s, fmt.Errorf("line %s holds no address: %w", asset.Name, candor.ErrNotFound)
	}
	return s, nil
}

// holds is the line that holds a network for certain: its first address and its
// last.
func (h held) holds(t *traffic, p netip.Prefix) flow.Line {
	now := h.r.setup.clock().UnixMicro()
	first := flow.FromIP(p.Masked().Addr())
	last := first
	bits := p.Bits()
	if p.Addr().Is4() {
		bits += 96
	}
	for bit := bits; bit < 128; bit++ {
		last[bit/8] |= 0x80 >> (bit % 8)
	}
	line := t.leases.table.Holder(first, 0, now)
	if t.leases.table.Holder(last, 0, now) != line {
		return 0
	}
	return line
}

// contested tells whether somebody else may hold an address too: what is
// enforced by it must not stay.
func (h held) contested(t *traffic, p netip.Prefix) bool {
	switch t.leases.table.Explain(p.Addr(), 0, h.r.setup.clock()).Reason {
	case lease.Twice, lease.Change, lease.Unmapped, lease.Disputed:
		return true
	}
	return false
}

// Holders implements isolate.Sessions.
func (h held) Holders(_ context.Context, network netip.Prefix) ([]string, error) {
	t, err := h.table()
	if err != nil {
		return nil, err
	}
	line := h.holds(t, network)
	reference := t.watch.Reference(line)
	if line == 0 || reference == "" {
		return nil, fmt.Errorf("who holds %s cannot be told for certain: %w", network, candor.ErrUnavailable)
	}
	return []string{reference}, nil
}
