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
	}{{"reporter.told", o.Told}, {"reporter.mended", o.Mended}, {"reporter.open", o.Open}, {"reporter.foreign", o.Foreign}, {"reporter.passed", o.PassedOn}} {
		if x.n > 0 {
			all = append(all, ui.Fact{Label: phrase.T(ctx, x.key), Value: ui.Number(int64(x.n), "")})
		}
	}
	return all
}

// reported tells a reporter who holds a link what became of a report.
func (p *portal) reported(r *web.Request) (web.View, error) {
	l, dead, err := p.reportLink(r)
	if err != nil || dead.Document != nil {
		return dead, err
	}
	o, err := p.site.House.ReportOutcome(r.Context(), l.Subject)
	if err != nil {
		return web.View{}, err
	}
	return web.View{Document: reportedPage(r.Letter(r.T("reporter.title")), o, p.reach(""), passingPart(o.Ask, r.PathValue("token"), l.Contact != link.Contact{}))}, nil
}

// reportLink opens the link of a reporter; one that opens nothing gives the page that
// says so.
func (p *portal) reportLink(r *web.Request) (l link.Link, dead web.View, err error) {
	if p.site.Links == nil {
		return l, dead, candor.ErrNotFound
	}
	l, err = p.site.Links.Open(r.Context(), r.PathValue("token"), link.Report)
	v := visit{Request: r}
	switch {
	case errors.Is(err, link.ErrExpired), errors.Is(err, link.ErrRevoked):
		return l, p.dead(v, http.StatusGone, "revoked"), nil
	case errors.Is(err, candor.ErrNotFound):
		return l, p.dead(v, http.StatusNotFound, "missing"), nil
	}
	return l, dead, err
}
