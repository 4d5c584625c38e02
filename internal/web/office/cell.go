package office

import (
	"context"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// cells are the cells of a row.
func cells(all ...templ.Component) []templ.Component { return all }

// anchor is a link.
func anchor(text, href string) templ.Component { return ui.Anchor(ui.Link{Text: text, Href: href}) }

// code is an identifier, or a dash for none.
func code(s string) templ.Component {
	if s == "" {
		return ui.Absent()
	}
	return ui.Mono(s)
}

// count is a number, and a dash for none.
func count(n int64) templ.Component {
	if n == 0 {
		return ui.Absent()
	}
	return ui.Number(n, "")
}

// whole is a short text that stays on one line, cut where it is too long; on a
// phone its column's name stands before it.
func whole(s string) templ.Component {
	if s == "" {
		return ui.Absent()
	}
	letters := []rune(s)
	if len(letters) <= mostWhole {
		return oneLine(s, "")
	}
	return oneLine(string(letters[:mostWhole-1])+"…", s)
}

const mostWhole = 40 // letters

// column is a column of a table.
func column(key, label string) ui.Column { return ui.Column{Key: key, Label: label} }

// wide is the column that takes what room is left.
func wide(c ui.Column) ui.Column { c.Wide = true; return c }

// minor is a column that is left out where there is little room.
func minor(c ui.Column) ui.Column { c.Minor = true; return c }

// number is a column of numbers.
func number(c ui.Column) ui.Column { c.Number = true; return c }

// sorted is a column by which the list can be sorted.
func sorted(c ui.Column, largest bool) ui.Column {
	c.Sortable, c.Largest = true, largest
	return c
}

// without takes a column away.
func without(t *ui.Table, key string) {
	i := slices.IndexFunc(t.Columns, func(c ui.Column) bool { return c.Key == key })
	t.Columns = slices.Delete(t.Columns, i, i+1)
	for k := range t.Rows {
		t.Rows[k].Cells = slices.Delete(t.Rows[k].Cells, i, i+1)
	}
}

// method names a way of responding.
func method(r *web.Request, name string) string { return r.Printer.Word("office.method.", name) }

// methods name ways of responding.
func methods(r *web.Request, names []string) string {
	var all []string
	for _, n := range names {
		all = append(all, method(r, n))
	}
	return strings.Join(all, r.T("office.list.comma"))
}

// yes is what fields for a box hold that is ticked.
func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// names tells whose an actor is, and remembers it for the rest of the page.
type names struct {
	o     *office
	ctx   context.Context
	r     *web.Request
	actor map[string]string
	party map[candor.ID]candor.Party
}

func (o *office) names(r *web.Request) *names {
	return &names{o, r.Context(), r, map[string]string{}, map[candor.ID]candor.Party{}}
}

// partyOf gives a party; one that cannot be read has its ID for a name.
func (n *names) partyOf(id candor.ID) candor.Party {
	p, ok := n.party[id]
	if !ok {
		var err error
		if p, err = n.o.house.Store.Party(n.ctx, n.r.Who.Scope(), id); err != nil {
			p = candor.Party{ID: id, Name: string(id)}
		}
		n.party[id] = p
	}
	return p
}

// who gives the name of whoever did something, as people know it.
func (n *names) who(actor string) string {
	name, ok := n.actor[actor]
	if !ok {
		name = n.find(actor)
		n.actor[actor] = name
	}
	return name
}

func (n *names) find(actor string) string {
	kind, id, _ := strings.Cut(actor, ":")
	switch kind {
	case "user":
		if u, err := n.o.house.Store.Access().User(n.ctx, candor.ID(id)); err == nil {
			return u.Name
		}
		return id
	case "customer":
		return n.partyOf(candor.ID(id)).Name
	case "policy":
		return n.r.T("office.policy")
	case "guest": // the holder of a ticket's link
		return n.r.T("office.actor.anonymous")
	case "system", "anonymous", "sensor":
		return n.r.Printer.T("office.actor." + kind)
	}
	return actor
}

// caseTable lists cases.
func caseTable(r *web.Request, cases []candor.Case, empty ui.Situation) ui.Table {
	t := ui.Table{ID: "cases", Caption: r.T("office.cases"), Empty: empty, Columns: []ui.Column{
		column("severity", r.T("office.severity")), wide(column("title", r.T("office.case"))), column("state", r.T("office.state")),
		number(column("open", r.T("office.case.open"))), minor(column("updated", r.T("office.updated")))}}
	for _, c := range cases {
		href := "/cases/" + string(c.ID)
		t.Rows = append(t.Rows, ui.Row{Key: string(c.ID), Label: c.Label(), Href: href, Muted: !c.State.Open(), Cells: cells(
			ui.Severity(c.Severity), anchor(c.Label()+" "+c.Title, href), ui.State(c.State), count(int64(c.Open)), ui.Time(c.Updated))})
	}
	return t
}

// rows is how many rows a text wants of a field that is only read.
func rows(text string) int { return min(max(strings.Count(text, "\n")+1, 3), 24) }
