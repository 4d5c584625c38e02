// Package support is the part of the console that is about people who ask for
// help: tickets, answers that are kept ready, and guides.
package support

//go:generate go tool -modfile=../../../tools/go.mod templ generate

import (
	"context"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// pages holds what the pages share.
type pages struct {
	site  *web.Site
	house *house.House
}

// Register adds the pages to the site.
func Register(s *web.Site, h *house.House) {
	p := &pages{s, h}
	reads, acts, erases := web.Needs{access.ReadCases}, web.Needs{access.ActCases}, web.Needs{access.ManagePeople}
	s.Page("GET /tickets", reads, p.tickets)
	s.Page("GET /tickets/new", acts, func(r *web.Request) (web.View, error) { return p.newPage(r, "") })
	s.Action("POST /tickets/new", acts, p.open)
	s.Page("GET /tickets/{id}", reads, func(r *web.Request) (web.View, error) { return p.ticketPage(r, "", "") })
	s.Action("POST /tickets/{id}/answer", acts, p.answer)
	s.Action("POST /tickets/{id}/note", acts, p.note)
	s.Action("POST /tickets/{id}/move", acts, p.move)
	s.Action("POST /tickets/{id}/assign", acts, p.assign)
	s.Action("POST /tickets/{id}/give", acts, p.give)
	s.Action("POST /tickets/{id}/merge", acts, p.merge)
	s.Action("POST /tickets/{id}/hand", acts, p.hand)
	s.Page("GET /tickets/{id}/erase", erases, p.askErase)
	s.Action("POST /tickets/{id}/erase", erases, p.erase)

	s.Page("GET /answers", reads, p.answers)
	s.Page("GET /answers/new", acts, func(r *web.Request) (web.View, error) { return p.cannedPage(r, candor.Canned{}, "") })
	s.Page("GET /answers/{id}", reads, p.canned)
	s.Action("POST /answers/save", acts, p.saveCanned)
	s.Action("POST /answers/{id}/delete", acts, p.deleteCanned)

	s.Page("GET /articles", reads, p.articles)
	s.Page("GET /articles/new", acts, func(r *web.Request) (web.View, error) { return p.articlePage(r, candor.Article{}, "") })
	s.Page("GET /articles/{slug}", reads, p.article)
	s.Action("POST /articles/save", acts, p.saveArticle)
	s.Action("POST /articles/{slug}/delete", acts, p.deleteArticle)

	const group = "tickets.nav"
	s.Nav(
		web.NavEntry{Key: "tickets", Text: "tickets.title", Icon: "comment", Href: "/tickets", Group: group, Order: 16, Needs: reads, Count: p.waiting},
		web.NavEntry{Key: "answers", Text: "tickets.canned", Icon: "mail", Href: "/answers", Group: group, Order: 17, Needs: reads},
		web.NavEntry{Key: "articles", Text: "tickets.articles", Icon: "catalogue", Href: "/articles", Group: group, Order: 18, Needs: reads},
	)
}

// waiting tells how many tickets nobody looked at, and whether one is overdue.
func (p *pages) waiting(ctx context.Context, who candor.Principal) (int, bool) {
	fresh, err := p.house.Tickets(ctx, who, candor.TicketFilter{States: []candor.TicketState{candor.TicketNew}}, candor.Cut{Limit: 1})
	if err != nil {
		return 0, false // the page itself will say so
	}
	late, err := p.house.Tickets(ctx, who, candor.TicketFilter{DueBefore: p.site.Clock()}, candor.Cut{Limit: 1})
	return fresh.Count, err == nil && late.Count > 0
}

// languages are those that people are answered in.
func languages() []string { return []string{"en", "zh", "ar", "es", "fr", "ru"} }

func cells(all ...templ.Component) []templ.Component { return all }

func anchor(text, href string) templ.Component { return ui.Anchor(ui.Link{Text: text, Href: href}) }

func path(id candor.ID) string { return "/tickets/" + string(id) }

// names tells whose an ID is, and remembers it for one page.
type names struct {
	p     *pages
	r     *web.Request
	known map[candor.ID]string
}

func (p *pages) names(r *web.Request) *names { return &names{p, r, map[candor.ID]string{}} }

func (n *names) of(id candor.ID, look func() (string, error)) string {
	if id == "" {
		return ""
	}
	name, ok := n.known[id]
	if !ok {
		var err error
		if name, err = look(); err != nil || name == "" {
			name = string(id)
		}
		n.known[id] = name
	}
	return name
}

func (n *names) party(id candor.ID) string {
	return n.of(id, func() (string, error) {
		p, err := n.p.house.Store.Party(n.r.Context(), n.r.Who.Scope(), id)
		return p.Name, err
	})
}

func (n *names) user(id candor.ID) string {
	return n.of(id, func() (string, error) {
		u, err := n.p.house.Store.Access().User(n.r.Context(), id)
		return u.Name, err
	})
}

func stateBadge(r *web.Request, s candor.TicketState) templ.Component {
	tone := ui.Neutral
	switch s {
	case candor.TicketNew:
		tone = ui.Accent
	case candor.TicketWaiting:
		tone = ui.Warn
	case candor.TicketSolved:
		tone = ui.Good
	}
	return ui.Badge(r.Printer.T("tickets.state."+string(s)), tone)
}
