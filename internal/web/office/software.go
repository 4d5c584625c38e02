package office

import (
	"strings"

	"candor"
	client "candor/internal/consent/software"
	"candor/internal/house"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addSoftware adds the pages of client software.
func (o *office) addSoftware() {
	o.site.Page("GET /software", readParties, o.software)
	o.site.Page("GET /software/{product}", readParties, o.product)
}

func softwarePath(product string) string { return "/software/" + product }

// software lists products whose name, publisher or identifier holds the words.
func (o *office) software(r *web.Request) (web.View, error) {
	all, err := o.house.Software(r.Context(), r.Who, r.Query("q"), r.Cut("name", "created"))
	if err != nil {
		return web.View{}, err
	}
	t := ui.Table{ID: "software", Caption: r.T("office.client"), Sort: r.Query(ui.SortParameter), Empty: ui.Situation{Title: r.T("office.client.none"), Text: r.T("office.client.none.text")}, Columns: []ui.Column{
		wide(sorted(column("name", r.T("office.name")), false)), column("publisher", r.T("office.client.publisher")), number(column("builds", r.T("office.client.builds"))),
		number(column("devices", r.T("office.client.devices"))), number(column("findings", r.T("office.client.mismatches"))), sorted(minor(column("created", r.T("office.added"))), true)}}
	if r.Query("q") != "" {
		t.Empty = ui.Situation{Title: r.T("office.none.filter"), Text: r.T("office.none.filter.text")}
	}
	for _, p := range all.Items {
		v, err := o.house.Product(r.Context(), r.Who, p.ID)
		if err != nil {
			return web.View{}, err
		}
		found, err := o.mismatches(r, p, 1)
		if err != nil {
			return web.View{}, err
		}
		t.Rows = append(t.Rows, ui.Row{Key: p.ID, Label: p.Name, Href: softwarePath(p.ID), Cells: cells(named(p.Name, softwarePath(p.ID), p.ID), whole(p.Publisher),
			count(int64(len(v.Builds))), count(devices(v)), count(int64(found.Count)), ui.Time(p.Created))})
	}
	l := ui.Listing{Table: t, Cursor: web.Cursor(all), Filters: []ui.Filter{{Name: "q", Label: r.T("office.parties.words"), Kind: ui.Words}}}
	return web.View{Page: ui.Page{Title: r.T("office.client"), Active: "software", Lead: r.T("office.client.lead")}, Body: ui.ListPage(l)}, nil
}

// mismatches are open findings of what devices show and nobody declared.
func (o *office) mismatches(r *web.Request, p client.Product, most int) (candor.Page[candor.FiledFinding], error) {
	return o.house.Findings(r.Context(), r.Who, candor.FindingFilter{Asset: p.Asset, Rule: "Candor.Software.", States: []candor.FindingState{candor.FindingOpen}}, candor.Cut{Limit: most})
}

// devices are all that a version of the agreement stands on.
func devices(v house.SoftwareView) (n int64) {
	for _, i := range v.Installed {
		n += i.Devices
	}
	return n
}

// softwareDetail is what the page of a product shows.
type softwareDetail struct {
	facts     []ui.Fact
	tiles     []ui.Stat
	builds    ui.Table
	installed ui.Table
	findings  ui.Table
}

func (o *office) product(r *web.Request) (web.View, error) {
	v, err := o.house.Product(r.Context(), r.Who, r.PathValue("product"))
	if err != nil {
		return web.View{}, err
	}
	found, err := o.mismatches(r, v.Product, 50)
	if err != nil {
		return web.View{}, err
	}
	unbound := 0
	for _, b := range v.Builds {
		if !b.Bound {
			unbound++
		}
	}
	n := r.Printer.Number
	d := softwareDetail{builds: buildTable(r, v), installed: installedTable(r, v), findings: mismatchTable(r, found.Items), tiles: []ui.Stat{
		{Label: r.T("office.client.devices"), Value: n(devices(v)), Known: true, Note: r.T("office.client.devices.note")},
		{Label: r.T("office.client.unbound"), Value: n(int64(unbound)), Known: len(v.Builds) > 0},
		{Label: r.T("office.client.mismatches"), Value: n(int64(found.Count)), Known: true, Href: "/findings?asset=" + string(v.Product.Asset)},
	}, facts: []ui.Fact{
		{Label: r.T("office.client.id"), Value: ui.Mono(v.Product.ID)},
		{Label: r.T("office.client.publisher"), Value: ui.Text(v.Product.Publisher)},
		{Label: r.T("office.client.asset"), Value: anchor(r.T("office.client.asset.open"), assetPath(v.Product.Asset))},
		{Label: r.T("office.added"), Value: ui.Time(v.Product.Created)},
	}}
	if unbound > 0 {
		d.tiles[1].Tone = ui.Warn
	}
	if found.Count > 0 {
		d.tiles[2].Tone = ui.Bad
	}
	return web.View{Page: ui.Page{Title: v.Product.Name, Active: "software", Crumbs: []ui.Link{{Text: r.T("office.client"), Href: "/software"}}}, Body: softwareBody(d)}, nil
}

// buildTable lists builds with what they come with now.
func buildTable(r *web.Request, v house.SoftwareView) ui.Table {
	t := ui.Table{ID: "builds", Caption: r.T("office.client.builds"), Empty: ui.Situation{Title: r.T("office.client.builds.none"), Text: r.T("office.client.builds.none.text")}, Columns: []ui.Column{
		wide(column("version", r.T("office.client.build"))), column("agreement", r.T("office.client.agreement")), column("policy", r.T("office.client.policy")),
		minor(column("optional", r.T("office.client.optional"))), column("since", r.T("office.client.since"))}}
	for _, b := range v.Builds {
		name := b.Build.Version + " " + b.Build.Platform
		row := ui.Row{Key: b.Digest, Label: name, Cells: cells(ui.Together(ui.Text(name), ui.Digest(b.Digest)), ui.Badge(r.T("office.client.unbound.one"), ui.Warn), ui.Absent(), ui.Absent(), ui.Absent())}
		if i := latest(b, r); i != nil {
			row.Cells = cells(row.Cells[0], paper(i.Agreement), paper(i.Policy), ui.OrAbsent(strings.Join(i.Optional, r.T("office.list.comma"))), ui.Time(i.Since))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// latest is what a build comes with now, or soon if it has come with nothing yet.
func latest(b house.BuildView, r *web.Request) (last *client.Binding) {
	for i, x := range b.Bindings {
		now, is := !x.Since.After(r.Now), last != nil && !last.Since.After(r.Now)
		if last == nil || now && (!is || !x.Since.Before(last.Since)) {
			last = &b.Bindings[i]
		}
	}
	return last
}

// installedTable tells on how many devices which version stands.
func installedTable(r *web.Request, v house.SoftwareView) ui.Table {
	t := ui.Table{ID: "installed", Caption: r.T("office.client.installed"), Empty: ui.Situation{Title: r.T("office.client.installed.none")}, Columns: []ui.Column{
		wide(column("agreement", r.T("office.client.agreement"))), number(column("devices", r.T("office.client.devices")))}}
	for _, i := range v.Installed {
		name := r.T("office.client.unknown")
		for _, b := range v.Builds {
			for _, x := range b.Bindings {
				if x.Agreement.SHA256 == i.Agreement {
					name = x.Agreement.Document + " " + x.Agreement.Version
				}
			}
		}
		t.Rows = append(t.Rows, ui.Row{Key: i.Agreement, Label: name, Cells: cells(ui.Together(ui.Text(name), ui.Digest(i.Agreement)), ui.Number(i.Devices, ""))})
	}
	return t
}

func mismatchTable(r *web.Request, all []candor.FiledFinding) ui.Table {
	t := ui.Table{ID: "mismatches", Caption: r.T("office.client.mismatches"), Empty: ui.Situation{Title: r.T("office.client.mismatches.none")}, Columns: []ui.Column{
		column("severity", r.T("office.severity")), wide(column("rule", r.T("office.client.what"))), column("seen", r.T("office.client.seen"))}}
	for _, f := range all {
		kind, href := strings.TrimPrefix(f.Rule, "Candor.Software."), "/findings/"+string(f.ID)
		text := r.Printer.Word("office.client.mismatch.", strings.ToLower(kind))
		t.Rows = append(t.Rows, ui.Row{Key: string(f.ID), Label: text, Href: href, Cells: cells(ui.Severity(f.Severity), anchor(text, href), ui.Time(f.Last))})
	}
	return t
}
