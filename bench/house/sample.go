package house

import (
	"context"
	"fmt"

	"candor"
	"candor/internal/store"
)

// sample are records of the database that pages are asked for.
type sample struct {
	count     int // of cases
	cases     []candor.ID
	large     []candor.ID // the cases with the most findings
	owned     []ownedCase
	findings  []candor.ID
	digests   []string
	contents  []string    // of open findings, those at most sites first
	parties   []candor.ID // large ones and small ones
	sites     []candor.ID
	names     []string // of sites
	responses []candor.ID
	users     []candor.ID
}

type ownedCase struct{ id, party candor.ID }

// draw takes a sample through the lists themselves.
func draw(ctx context.Context, s *store.Store) (sample, error) {
	var x sample
	const pages = 8
	for i := range pages {
		cut := candor.Cut{Limit: 500, Sort: "opened", Descending: i%2 == 0}
		p, err := s.Cases(ctx, candor.Everything, candor.CaseFilter{MinSeverity: candor.Severity(1 + i%4)}, cut)
		if err != nil {
			return x, err
		}
		for _, c := range p.Items {
			x.count = max(x.count, int(c.Number))
			x.cases, x.owned, x.sites = append(x.cases, c.ID), append(x.owned, ownedCase{c.ID, c.Party}), append(x.sites, c.Asset)
			x.parties = append(x.parties, c.Party)
			if c.Findings > 80 && len(x.large) < 40 {
				x.large = append(x.large, c.ID)
			}
		}
		f, err := s.Findings(ctx, candor.Everything, candor.FindingFilter{MinSeverity: candor.Severity(1 + i%4)}, candor.Cut{Limit: 500, Descending: i%2 == 0, Sort: "first_seen"})
		if err != nil {
			return x, err
		}
		for _, y := range f.Items {
			x.findings, x.digests, x.parties = append(x.findings, y.ID), append(x.digests, y.SHA256), append(x.parties, y.Party)
		}
	}
	hot, err := s.HotContents(ctx, candor.Cut{Limit: 500})
	if err != nil {
		return x, err
	}
	for _, h := range hot.Items {
		x.contents = append(x.contents, h.SHA256)
	}
	r, err := s.Responses(ctx, candor.Everything, candor.ResponseFilter{}, candor.Cut{Limit: 500})
	if err != nil {
		return x, err
	}
	for _, y := range r.Items {
		x.responses = append(x.responses, y.ID)
	}
	a, err := s.Assets(ctx, candor.Everything, candor.AssetFilter{}, candor.Cut{Limit: 500})
	if err != nil {
		return x, err
	}
	for _, y := range a.Items {
		x.names, x.parties = append(x.names, y.Name), append(x.parties, y.Owner)
	}
	p, err := s.Parties(ctx, candor.Everything, candor.PartyFilter{}, candor.Cut{Limit: 500})
	if err != nil {
		return x, err
	}
	for _, y := range p.Items {
		x.parties = append(x.parties, y.ID)
	}
	u, err := s.Users(ctx, "", candor.Cut{Limit: 100})
	for _, y := range u.Items {
		x.users = append(x.users, y.ID)
	}
	if err == nil && (len(x.large) == 0 || len(x.users) == 0 || len(x.responses) == 0 || len(x.contents) == 0) {
		err = fmt.Errorf("the database was not filled")
	}
	return x, err
}
