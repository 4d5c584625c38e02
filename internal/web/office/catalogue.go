package office

import (
	"net/http"
	"strings"

	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
	"candor/internal/x1207"
)

// catalogueDetail is what the page of X.1207 shows.
type catalogueDetail struct {
	tiles  []ui.Stat
	groups []catalogueGroup
}

// catalogueGroup is a clause with what it asks for.
type catalogueGroup struct {
	clause string
	items  []x1207.Requirement
}

func states() []x1207.State { return []x1207.State{x1207.Carried, x1207.Partly, x1207.NotYet} }

// stateKey is a state as a part of a key.
func stateKey(s x1207.State) string { return strings.ReplaceAll(string(s), " ", "-") }

func (o *office) catalogue(r *web.Request) (web.View, error) {
	wanted := r.Query("state")
	n := map[x1207.State]int{}
	var d catalogueDetail
	all := x1207.Requirements()
	for _, q := range all {
		n[q.State]++
		if wanted != "" && wanted != stateKey(q.State) {
			continue
		}
		clause := group(q)
		if len(d.groups) == 0 || d.groups[len(d.groups)-1].clause != clause {
			d.groups = append(d.groups, catalogueGroup{clause: clause})
		}
		last := &d.groups[len(d.groups)-1]
		last.items = append(last.items, q)
	}
	for _, s := range states() {
		d.tiles = append(d.tiles, ui.Stat{Label: r.Printer.T("office.x1207.state." + stateKey(s)), Value: r.Printer.Number(int64(n[s])), Known: true,
			Href: "/x1207?state=" + stateKey(s), Note: r.T("office.x1207.of", phrase.Args{"all": len(all)})})
	}
	p := ui.Page{Title: r.T("office.x1207"), Active: "x1207", Lead: r.T("office.x1207.lead")}
	if wanted != "" {
		p.Actions = ui.ButtonLink(ui.Link{Text: r.T("office.x1207.all"), Href: "/x1207"}, ui.Plain, "")
	}
	return web.View{Page: p, Body: cataloguePage(d, o.pages())}, nil
}

// group is the clause without its item: 11.2 of "11.2 f)".
func group(q x1207.Requirement) string {
	clause, _, _ := strings.Cut(q.Clause, " ")
	return strings.TrimRight(clause, ",")
}

// pages are the pages of the site that an address alone leads to.
func (o *office) pages() map[string]bool {
	all := map[string]bool{}
	for _, route := range o.site.Routes() {
		if route.Method == http.MethodGet && !strings.Contains(route.Pattern, "{") {
			all[route.Pattern] = true
		}
	}
	return all
}

// stateTone goes with a state; what is not there is not drawn as bad, and
// never as good.
func stateTone(s x1207.State) ui.Tone {
	switch s {
	case x1207.Carried:
		return ui.Good
	case x1207.Partly:
		return ui.Accent
	}
	return ui.Unknown
}
