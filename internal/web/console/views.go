package console

import (
	"fmt"
	"net/url"
	"slices"

	"candor"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// fixedView is a view of a list that everybody has: its word, and what of the
// address makes it, in the order in which url.Values writes it.
type fixedView struct{ key, query string }

// viewChoice is how a list is narrowed now, so that it can be kept.
type viewChoice struct {
	page, query string
	saved       string // the ID of the saved view that this is; empty if it is none
}

// listPages are the lists whose views can be kept, and the page of questions of
// flows.
var listPages = []string{"cases", "findings", "responses", "traffic/flows"}

// views gives the tabs of a list: the views that everybody has, and one's own.
func (c *console) views(r *web.Request, page string, fixed []fixedView) (viewChoice, []ui.Tab, error) {
	own, err := c.house.Views(r.Context(), r.Who, page)
	if err != nil {
		return viewChoice{}, nil, err
	}
	now := plainQuery(r.URL.Query()).Encode()
	v := viewChoice{page: page, query: now}
	href := func(query string) string { return (&url.URL{Path: "/" + page, RawQuery: query}).String() }
	var tabs []ui.Tab
	taken := false
	for _, f := range fixed {
		active := f.query == now
		taken = taken || active
		tabs = append(tabs, ui.Tab{Text: r.Printer.T("console.view." + page + "." + f.key), Href: href(f.query), Active: active})
	}
	for _, o := range own {
		active := o.Query == now && !taken
		if active {
			v.saved, taken = string(o.ID), true
		}
		tabs = append(tabs, ui.Tab{Text: o.Name, Href: href(o.Query), Active: active})
	}
	return v, tabs, nil
}

// saveView keeps a view under a name; one of that name is replaced.
func (c *console) saveView(r *web.Request) (web.View, error) {
	page := r.Line("page")
	if !slices.Contains(listPages, page) {
		return web.View{}, fmt.Errorf("views of %.40q: %w", page, candor.ErrInvalid)
	}
	q, err := url.ParseQuery(r.Line("query"))
	if err != nil {
		return web.View{}, fmt.Errorf("a view: %w: %w", candor.ErrInvalid, err)
	}
	query, name := plainQuery(q).Encode(), r.Line("view-name")
	back := web.See((&url.URL{Path: "/" + page, RawQuery: query}).String())
	if err := c.house.SaveView(r.Context(), r.Who, page, name, query); err != nil {
		if !readers(err) {
			return web.View{}, err
		}
		return back.SayAll(ui.Message{Tone: ui.Bad, Title: r.T("console.view.failed"), Text: r.T("console.view.failed.text")}), nil
	}
	return back.Say(ui.Good, r.T("console.view.saved", phrase.Args{"name": name})), nil
}

func (c *console) deleteView(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	if err := c.house.DeleteView(r.Context(), r.Who, id); err != nil {
		return web.View{}, err
	}
	return web.See(r.Return("/cases")).Say(ui.Good, r.T("console.view.deleted")), nil
}
