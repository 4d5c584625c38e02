package portal

import (
	"errors"
	"slices"
	"strings"

	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
)

// estate is all that belongs to a customer.
type estate struct {
	view         house.PartyView
	open, closed []line
	gates        map[candor.ID]candor.GateState
	newer, older string        // cursors of the closed cases
	asked        []house.Offer // terms that wait for an answer
	account      *candor.User
}

// sites are what can be looked at: a subscriber's line has no content.
func (e estate) sites() []candor.Asset {
	return slices.DeleteFunc(slices.Clone(e.view.Assets), func(a candor.Asset) bool { return a.Kind == candor.Line })
}

// line is a case in a list.
type line struct {
	candor.Case
	site, seen string
}

// mostOpen is how many open cases are shown: more than anybody works on at a time.
const mostOpen = 500

// overview is the start page of a customer with an account.
func (p *portal) overview(r *web.Request) (web.View, error) {
	ctx, who := r.Context(), r.Who
	view, err := p.site.House.Party(ctx, who, who.Party)
	if err != nil {
		return web.View{}, err
	}
	r.Speak(view.Party.Language)
	r.In(view.Party.TimeZone)
	yes, no := true, false
	open, err1 := p.site.House.Cases(ctx, who, candor.CaseFilter{Open: &yes, Incident: &yes}, candor.Cut{Limit: mostOpen})
	cut := r.Cut()
	cut.Limit = 20
	closed, err2 := p.site.House.Cases(ctx, who, candor.CaseFilter{Open: &no, Incident: &yes}, cut)
	if err := errors.Join(err1, err2); err != nil {
		return web.View{}, err
	}
	e := estate{view: view, newer: closed.Previous, older: closed.Next, account: &r.User}
	if e.gates, err = p.gates(r); err != nil {
		return web.View{}, err
	}
	agreed, err := p.site.House.Control(ctx, who, who.Party)
	if err != nil {
		return web.View{}, err
	}
	e.asked = slices.DeleteFunc(agreed.Offers, func(o house.Offer) bool { return !o.Asked })
	if e.open, err = p.lines(r, view, open.Items); err != nil {
		return web.View{}, err
	}
	if e.closed, err = p.lines(r, view, closed.Items); err != nil {
		return web.View{}, err
	}
	return web.View{Document: overviewPage(r.Letter(r.T("portal.my.title")), e)}, nil
}

func (p *portal) lines(r *web.Request, view house.PartyView, cases []candor.Case) (out []line, err error) {
	names := map[candor.ID]candor.Asset{}
	for _, a := range view.Assets {
		names[a.ID] = a
	}
	for _, c := range cases {
		site, ok := names[c.Asset]
		if !ok { // of one who has very many
			if site, err = p.site.House.Store.Asset(r.Context(), r.Who.Scope(), c.Asset); err != nil {
				return nil, err
			}
			names[c.Asset] = site
		}
		out = append(out, line{c, site.Name, p.Advice.For(c, r.Printer, site.Software).Seen})
	}
	return out, nil
}

// allows says which methods an agreement allows, as words in a list.
func allows(p phrase.Printer, a candor.Agreement) string {
	var out []string
	for _, m := range a.Allows {
		if key := "portal.method." + m; p.Has(key) {
			m = p.T(key)
		}
		out = append(out, m)
	}
	return strings.Join(out, p.T("portal.list"))
}
