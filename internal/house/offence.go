package house

import (
	"context"
	"errors"
	"fmt"

	"candor"
	"candor/internal/access"
)

// Bounds of the list of those who offend again.
const (
	MostOffenders = 200
	mostOffending = 400 // days
	fewOffences   = 2   // cases, unless others are asked for
	OffenceDays   = 90  // that are looked at, unless others are asked for
)

// Offending asks who offends again.
type Offending struct {
	Days    int          // back from now; OffenceDays if 0
	Class   candor.Class // all if empty
	Party   candor.ID    // all if empty
	ByAsset bool
	Least   int64 // cases; 2 if 0
}

// Offender is a row of the list: a party, or an asset of one.
type Offender struct {
	candor.Offences
	Name      string `json:"name"` // of the party
	AssetName string `json:"asset_name,omitempty"`
}

// Offenders ranks parties or assets by their cases in a window, most first, at most
// MostOffenders. Cases that were false alarms do not count.
func (h *House) Offenders(ctx context.Context, who candor.Principal, q Offending) ([]Offender, error) {
	if err := may(who, access.ReadCases); err != nil {
		return nil, err
	}
	if q.Days == 0 {
		q.Days = OffenceDays
	}
	if q.Least == 0 {
		q.Least = fewOffences
	}
	if q.Days < 1 || q.Days > mostOffending || q.Least < 1 {
		return nil, candor.WithHint(fmt.Errorf("%d days, %d cases: %w", q.Days, q.Least, candor.ErrInvalid), fmt.Sprintf("Ask for 1 to %d days, and for 1 case or more.", mostOffending))
	}
	if q.Class != "" {
		if class, ok := candor.ParseClass(string(q.Class)); !ok || class != q.Class {
			return nil, candor.WithHint(fmt.Errorf("there is no class %.60q: %w", q.Class, candor.ErrInvalid), "Write it as RSIT does: fraud/phishing.")
		}
	}
	since := h.Clock().UTC().AddDate(0, 0, -q.Days)
	all, err := h.Store.Offences(ctx, candor.OffenceFilter{Since: since, Class: q.Class, Party: q.Party, ByAsset: q.ByAsset, Least: q.Least, Most: MostOffenders})
	if err != nil {
		return nil, err
	}
	out := make([]Offender, len(all))
	names := map[candor.ID]string{}
	for i, o := range all {
		out[i] = Offender{Offences: o}
		if out[i].Name, err = h.nameOf(names, o.Party, func() (string, error) {
			p, err := h.Store.Party(ctx, who.Scope(), o.Party)
			return p.Name, err
		}); err != nil {
			return nil, err
		}
		if o.Asset == "" {
			continue
		}
		if out[i].AssetName, err = h.nameOf(names, o.Asset, func() (string, error) {
			a, err := h.Store.Asset(ctx, who.Scope(), o.Asset)
			return a.Name, err
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// nameOf looks a name up once.
func (h *House) nameOf(names map[candor.ID]string, id candor.ID, look func() (string, error)) (string, error) {
	if name, ok := names[id]; ok {
		return name, nil
	}
	name, err := look()
	if err != nil && !errors.Is(err, candor.ErrNotFound) {
		return "", err
	}
	names[id] = name
	return name, nil
}
