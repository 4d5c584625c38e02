package portal

import (
	"context"
	"errors"
	"net/http"

	"candor"
	"candor/internal/access/link"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// outcomeFacts count what became of what a report complains about.
func outcomeFacts(ctx context.Context, o house.ReportOutcome) (all []ui.Fact) {
	for _, x := range []struct {
		key string
		n   int
	}{{"reporter.told", o.Told}, {"reporter.mended", o.Mended}, {"reporter.open", o.Open}, {"reporter.foreign", o.Foreign}} {
		if x.n > 0 {
			all = append(all, ui.Fact{Label: phrase.T(ctx, x.key), Value: ui.Number(int64(x.n), "")})
		}
	}
	return all
}

// reported tells a reporter who holds a link what became of a report.
func (p *portal) reported(r *web.Request) (web.View, error) {
	if p.site.Links == nil {
		return web.View{}, candor.ErrNotFound
	}
	l, err := p.site.Links.Open(r.Context(), r.PathValue("token"), link.Report)
	v := visit{Request: r}
	switch {
	case errors.Is(err, link.ErrExpired), errors.Is(err, link.ErrRevoked):
		return p.dead(v, http.StatusGone, "revoked"), nil
	case errors.Is(err, candor.ErrNotFound):
		return p.dead(v, http.StatusNotFound, "missing"), nil
	case err != nil:
		return web.View{}, err
	}
	o, err := p.site.House.ReportOutcome(r.Context(), l.Subject)
	if err != nil {
		return web.View{}, err
	}
	return web.View{Document: reportedPage(r.Letter(r.T("reporter.title")), o, p.reach(""))}, nil
}
