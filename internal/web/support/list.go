package support

import (
	"cmp"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// tickets is the queue.
func (p *pages) tickets(r *web.Request) (web.View, error) {
	f := candor.TicketFilter{States: web.FilterMany(r, "state", candor.TicketStates()), Kind: web.FilterOne(r, "kind", candor.TicketKinds()), Party: r.FilterID("party"), Case: r.FilterID("case")}
	show := web.FilterOne(r, "show", []string{"mine", "unassigned", "overdue", "all"})
	switch show {
	case "mine":
		f.Assignee = r.Who.User
	case "unassigned":
		f.Unassigned = true
	case "overdue":
		f.DueBefore = r.Now
	}
	if show != "all" && len(f.States) == 0 {
		f.States = []candor.TicketState{candor.TicketNew, candor.TicketOpen, candor.TicketWaiting}
	}
	page, err := p.house.Tickets(r.Context(), r.Who, f, r.Cut("updated", "opened", "due"))
	if err != nil {
		return web.View{}, err
	}
	figures, err := p.house.TicketFigures(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	n := p.names(r)
	l := ui.Listing{Above: figureTiles(tiles(r, figures)), Label: r.T("tickets.show"), Table: p.table(r, page.Items, n), Cursor: web.Cursor(page), Filters: []ui.Filter{
		{Name: "state", Label: r.T("tickets.state"), Kind: ui.Many, Options: web.Options(r, "tickets.state.", candor.TicketStates())},
		{Name: "kind", Label: r.T("tickets.kind"), Kind: ui.Choice, Options: web.Options(r, "tickets.kind.", candor.TicketKinds())},
	}}
	if f.Party != "" {
		l.Filters = append(l.Filters, ui.Filter{Name: "party", Label: r.T("tickets.party"), Kind: ui.Choice, Options: []ui.Option{{Value: string(f.Party), Label: n.party(f.Party)}}})
	}
	for _, t := range []struct{ show, text string }{{"", r.T("tickets.show.open")}, {"mine", r.T("tickets.show.mine")}, {"unassigned", r.T("tickets.show.unassigned")}, {"overdue", r.T("tickets.show.overdue")}, {"all", r.T("tickets.show.all")}} {
		href := "/tickets"
		if t.show != "" {
			href += "?show=" + t.show
		}
		l.Tabs = append(l.Tabs, ui.Tab{Text: t.text, Href: href, Active: t.show == show})
	}
	v := web.View{Page: ui.Page{Title: r.T("tickets.title"), Active: "tickets"}, Body: ui.ListPage(l)}
	if r.May(access.ActCases) {
		v.Page.Actions = ui.ButtonLink(ui.Link{Text: r.T("tickets.new"), Href: "/tickets/new"}, ui.Primary, "")
	}
	return v, nil
}

// tiles are what the desk is measured by.
func tiles(r *web.Request, f candor.TicketFigures) []ui.Stat {
	number := r.Printer.Number
	var open int64
	for _, n := range f.Ages {
		open += n
	}
	all := []ui.Stat{
		{Label: r.T("tickets.figure.open"), Value: number(open), Known: true, Note: r.T("tickets.figure.ages", phrase.Args{"day": f.Ages[0], "three": f.Ages[1], "week": f.Ages[2], "older": f.Ages[3]}), Href: "/tickets"},
		{Label: r.T("tickets.figure.overdue"), Value: number(f.Overdue), Known: true, Href: "/tickets?show=overdue"},
		{Label: r.T("tickets.figure.first"), Value: r.Printer.Span(f.First), Known: f.Answered > 0, Note: r.T("tickets.figure.first.note", phrase.Args{"n": f.Answered})},
		{Label: r.T("tickets.figure.rating"), Value: r.Printer.Percent((f.Rating - 1) / 4), Known: f.Rated > 0, Note: r.T("tickets.figure.rating.note", phrase.Args{"n": f.Rated})},
	}
	if f.Overdue > 0 {
		all[1].Tone = ui.Bad
	}
	return all
}

func (p *pages) table(r *web.Request, all []candor.Ticket, n *names) ui.Table {
	sort := r.URL.Query().Get(ui.SortParameter)
	t := ui.Table{ID: "tickets", Caption: r.T("tickets.title"), Sort: cmp.Or(sort, "-updated"), Empty: ui.Situation{Title: r.T("tickets.none"), Text: r.T("tickets.none.text")}, Columns: []ui.Column{
		{Key: "subject", Label: r.T("tickets.subject"), Wide: true}, {Key: "state", Label: r.T("tickets.state")}, {Key: "party", Label: r.T("tickets.party")},
		{Key: "assignee", Label: r.T("tickets.assignee"), Minor: true}, {Key: "due", Label: r.T("tickets.due"), Sortable: true},
		{Key: "opened", Label: r.T("tickets.opened"), Sortable: true, Largest: true, Minor: true}, {Key: "updated", Label: r.T("tickets.updated"), Sortable: true, Largest: true}}}
	for _, x := range all {
		due := ui.Absent()
		if !x.Due.IsZero() {
			due = ui.Due(x.Due)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(x.ID), Label: x.Label(), Href: path(x.ID), Muted: !x.State.Open(), Cells: cells(
			anchor(x.Label()+" "+x.Subject, path(x.ID)), stateBadge(r, x.State), whose(r, x, n), ui.OrAbsent(n.user(x.Assignee)), due, ui.Time(x.Opened), ui.Time(x.Updated))})
	}
	return t
}

// whose names the party of a ticket, or who wrote it.
func whose(r *web.Request, t candor.Ticket, n *names) templ.Component {
	if t.Party != "" {
		return anchor(n.party(t.Party), "/parties/"+string(t.Party))
	}
	if name := cmp.Or(t.Mail, t.Name); name != "" {
		return ui.Text(name)
	}
	return ui.Text(r.T("tickets.nobody"))
}
