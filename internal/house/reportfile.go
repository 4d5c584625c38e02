package house

import (
	"context"
	"errors"

	"candor"
	"candor/internal/desk"
)

// fileComplaints makes findings of those complaints whose assets are known, all in
// one transaction, and notes in them what became of them. If it cannot be done so
// each asset is by itself, and what can never be is for a person.
func (h *House) fileComplaints(ctx context.Context, report candor.Report, all []candor.Complaint) error {
	places := atPlaces(all)
	err := h.fileAt(ctx, report, places)
	if err == nil || ctx.Err() != nil || errors.Is(err, candor.ErrUnavailable) || len(places) == 0 {
		return err
	}
	for _, p := range places {
		err := h.fileAt(ctx, report, []place{p})
		if errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrNotFound) {
			h.Logger.WarnContext(ctx, "what a report complains about cannot be filed", "report", report.ID, "asset", p.asset, "error", err)
			p.refuse("it could not be filed; the log says why")
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// place is an asset, whose it was, and what is complained about there.
type place struct {
	asset, party candor.ID
	all          []*candor.Complaint
	sames        []candor.Same
}

// refuse leaves to a person what was to be filed.
func (p place) refuse(why string) {
	for _, c := range p.all {
		c.State, c.Why, c.Asset, c.Party = candor.ComplaintPerson, why, "", ""
	}
}

// atPlaces gives what is to be filed, by assets, in the order in which they came.
func atPlaces(all []candor.Complaint) []place {
	type key struct{ asset, party candor.ID }
	at := map[key]int{}
	var places []place
	for i := range all {
		c := &all[i]
		if c.State != candor.ComplaintFiled {
			continue
		}
		k := key{c.Asset, c.Party}
		n, there := at[k]
		if !there {
			n = len(places)
			at[k] = n
			places = append(places, place{asset: c.Asset, party: c.Party})
		}
		places[n].all = append(places[n].all, c)
		places[n].sames = append(places[n].sames, desk.Same(complained(*c)))
	}
	return places
}

// fileAt files complaints about several assets.
func (h *House) fileAt(ctx context.Context, report candor.Report, places []place) error {
	var keys []candor.SameAt
	for _, p := range places {
		for _, s := range p.sames {
			keys = append(keys, candor.SameAt{Asset: p.asset, Same: s})
		}
	}
	known, err := h.Store.FindingsLikeAt(ctx, keys)
	if err != nil {
		return err
	}
	var filings []desk.Filing
	var of []place
	for _, p := range places {
		if f := p.filing(report, known); len(f.Findings) > 0 {
			filings, of = append(filings, f), append(of, p)
		}
	}
	if len(filings) > 0 {
		filed, err := h.Desk.FileAll(ctx, filings)
		if err != nil {
			return err
		}
		for i, f := range filed {
			if f.Refused != nil {
				of[i].refuse("it belonged to another party then")
			}
		}
		if known, err = h.Store.FindingsLikeAt(ctx, keys); err != nil {
			return err
		}
	}
	for _, p := range places {
		for i, c := range p.all {
			if was, ok := known[candor.SameAt{Asset: p.asset, Same: p.sames[i]}]; ok && c.State == candor.ComplaintFiled {
				c.Finding, c.Case = was.ID, was.Case
			}
		}
	}
	return nil
}

// filing is what of it is to be filed: not what happened before the same was mended.
func (p place) filing(report candor.Report, known map[candor.SameAt]candor.FiledFinding) desk.Filing {
	f := desk.Filing{Asset: p.asset, Scan: report.ID, Sensor: desk.Reported, Party: p.party}
	for i, c := range p.all {
		was, ok := known[candor.SameAt{Asset: p.asset, Same: p.sames[i]}]
		if ok && was.State != candor.FindingOpen && happened(*c, report).Before(was.Ended) {
			c.Why = "it happened before that was mended"
			continue
		}
		f.Findings = append(f.Findings, complained(*c))
		f.Seen = later(f.Seen, c.Last)
	}
	return f
}
