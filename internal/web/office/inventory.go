package office

import (
	"cmp"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/house"
	"candor/internal/inventory"
	"candor/internal/phrase"
	"candor/internal/store"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// Bounds of what is shown of software: on the page of a site or a server, and on a
// page of its own.
const (
	mostProgramsShort = 10
	mostPrograms      = 500
)

func inventoryPath(id candor.ID) string { return assetPath(id) + "/software" }

// found is the software of a site or a server.
type found struct {
	view    house.InventoryView
	notes   []ui.Message
	facts   []ui.Fact
	exposed ui.Table
	items   ui.Table
	more    ui.Link // to all of it; none if its text is empty
}

// softwareOf is what the page of an asset shows of its software; nil for what has none.
func (o *office) softwareOf(r *web.Request, a candor.Asset) (*found, error) {
	if a.Kind != candor.Site && a.Kind != candor.Server {
		return nil, nil
	}
	v, err := o.house.SoftwareOf(r.Context(), r.Who, a.ID, store.ItemFilter{Most: mostProgramsShort})
	if err != nil {
		return nil, err
	}
	f := foundOf(r, a, v, mostProgramsShort)
	if v.State != nil {
		f.more = ui.Link{Text: r.T("office.inventory.all"), Href: inventoryPath(a.ID)}
	}
	return &f, nil
}

func foundOf(r *web.Request, a candor.Asset, v house.InventoryView, exposures int) found {
	f := found{view: v, items: itemTable(r, a, v.Items, false), exposed: foundTable(r, v.Exposures[:min(len(v.Exposures), exposures)])}
	f.notes = softwareNotes(r, v)
	if s := v.State; s != nil {
		f.facts = []ui.Fact{{Label: r.T("office.inventory.number"), Value: ui.Number(int64(s.Items), "")}, {Label: r.T("office.inventory.seen"), Value: ui.Time(s.Seen)}, {Label: r.T("office.inventory.changed"), Value: ui.Time(s.Changed)}}
		if s.System != "" {
			f.facts = append([]ui.Fact{{Label: r.T("office.inventory.system"), Value: ui.Text(s.System)}}, f.facts...)
		}
	}
	return f
}

// softwareNotes say what was written down and is not so, and what was not seen.
func softwareNotes(r *web.Request, v house.InventoryView) (all []ui.Message) {
	if c := v.Contradicted; c != nil {
		args := phrase.Args{"declared": c.Declared, "observed": strings.Join(c.Observed, r.T("office.list.comma"))}
		text := r.T("office.inventory.missing", args)
		switch c.How {
		case house.OtherVersion:
			text = r.T("office.inventory.version", args)
		case house.OtherProgram:
			text = r.T("office.inventory.application", args)
		}
		all = append(all, ui.Message{Tone: ui.Warn, Title: r.T("office.inventory.contradicted"), Text: text, Stays: true})
	}
	if v.State != nil && v.State.Gap != inventory.Complete {
		all = append(all, ui.Message{Tone: ui.Unknown, Title: r.T("office.inventory.gap"), Text: r.Printer.Word("office.inventory.gap.", string(v.State.Gap)), Stays: true})
	}
	return all
}

// itemTable lists software.
func itemTable(r *web.Request, a candor.Asset, items []inventory.Observed, gone bool) ui.Table {
	t := ui.Table{ID: "software", Caption: r.T("office.inventory"), Empty: noSoftware(r, a), Columns: []ui.Column{wide(column("name", r.T("office.name"))), column("kind", r.T("office.kind")), column("version", r.T("office.inventory.its-version")),
		minor(column("of", r.T("office.inventory.of"))), column("first", r.T("office.inventory.first"))}}
	if gone {
		t.Columns = append(t.Columns, column("last", r.T("office.inventory.last")))
	}
	for _, i := range items {
		k := i.Key()
		row := ui.Row{Key: strings.Join([]string{k.Program, k.Name, k.Architecture, k.Place}, "|"), Label: i.Name, Cells: cells(itemName(i.Item), oneLine(r.Printer.Word("office.inventory.kind.", string(i.Kind)), ""), versionCell(r, i.Version), itemOf(i.Item), ui.Time(i.First))}
		if gone {
			row.Cells = append(row.Cells, ui.Time(i.Last))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// itemName is how an item calls itself, and as what it is known.
func itemName(i inventory.Item) templ.Component {
	if i.Title == "" {
		return whole(i.Name)
	}
	return ui.Together(whole(i.Title), whole("("+i.Name+")"))
}

func versionCell(r *web.Request, version string) templ.Component {
	if version == "" {
		return ui.Badge(r.T("office.inventory.no-version"), ui.Unknown)
	}
	return code(version)
}

// itemOf is what an item belongs to: an application and a folder, a source package, or
// a package manager.
func itemOf(i inventory.Item) templ.Component {
	if i.Kind == inventory.Package {
		return ui.OrAbsent(strings.TrimSpace(i.Source + " " + i.SourceVersion))
	}
	of := cmp.Or(i.Of, i.Ecosystem)
	if i.Place == "" || i.Place == "." { // the root itself
		return ui.OrAbsent(of)
	}
	return ui.Together(ui.Text(of), code(i.Place))
}

// noSoftware is no good news: nobody looked, or nothing that is known was there.
func noSoftware(r *web.Request, a candor.Asset) ui.Situation {
	if a.Kind == candor.Server {
		return ui.Situation{Title: r.T("office.inventory.none"), Text: r.T("office.inventory.none.server"), Unmeasured: true}
	}
	return ui.Situation{Title: r.T("office.inventory.none"), Text: r.T("office.inventory.none.site"), Unmeasured: true}
}

// foundTable lists vulnerabilities of an asset's software.
func foundTable(r *web.Request, all []house.FoundExposure) ui.Table {
	t := ui.Table{ID: "exposures", Caption: r.T("office.exposures"), Columns: []ui.Column{column("id", r.T("office.exposure")), wide(column("program", r.T("office.software"))), column("verdict", r.T("office.exposure.verdict")), column("known", r.T("office.exposure.known")), column("mended", r.T("office.inventory.update"))}}
	for _, e := range all {
		verdict, known, mended := ui.Badge(r.T("office.exposure.verdict.maybe"), ui.Warn), ui.Absent(), ui.Absent()
		if e.Affected {
			verdict = ui.Badge(r.T("office.exposure.verdict.is"), ui.Bad)
		}
		if e.Exploited {
			known = ui.Badge(r.T("office.exposure.known.exploited"), ui.Bad)
		}
		if e.Mended {
			mended = oneLine(r.T("office.inventory.update.is"), "")
		}
		t.Rows = append(t.Rows, ui.Row{Key: e.ID + " " + e.Program, Label: e.ID, Href: exposurePath(e.ID), Cells: cells(unbroken(e.ID, exposurePath(e.ID)), whole(e.Program), verdict, known, mended)})
	}
	return t
}

// inventory is the page of all software of a site or a server.
func (o *office) inventory(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	a, err := o.house.Store.Asset(r.Context(), r.Who.Scope(), id)
	if err != nil {
		return web.View{}, err
	}
	gone := r.Query("state") == "gone"
	v, err := o.house.SoftwareOf(r.Context(), r.Who, id, store.ItemFilter{Kind: web.FilterOne(r, "kind", inventory.Kinds()), Text: r.Query("q"), Gone: gone, Most: mostPrograms})
	if err != nil {
		return web.View{}, err
	}
	f := foundOf(r, a, v, len(v.Exposures))
	f.items = itemTable(r, a, v.Items, gone)
	if v.State != nil && (gone || r.Query("q") != "" || r.Query("kind") != "") {
		f.items.Empty = ui.Situation{Title: r.T("office.none.filter"), Text: r.T("office.none.filter.text")}
	}
	if v.More {
		f.notes = append(f.notes, ui.Message{Title: r.T("office.inventory.more"), Stays: true})
	}
	l := ui.Listing{Label: r.T("office.inventory"), Table: f.items, Filters: []ui.Filter{{Name: "q", Label: r.T("office.inventory.words"), Kind: ui.Words}, {Name: "kind", Label: r.T("office.kind"), Kind: ui.Choice, Options: web.Options(r, "office.inventory.kind.", inventory.Kinds())}},
		Tabs: []ui.Tab{{Text: r.T("office.inventory.there"), Href: inventoryPath(id), Active: !gone}, {Text: r.T("office.inventory.gone"), Href: inventoryPath(id) + "?state=gone", Active: gone}}}
	p := ui.Page{Title: r.T("office.inventory"), Active: "sites", Lead: r.T("office.inventory.lead"), Crumbs: []ui.Link{{Text: assetsTitle(r, a.Kind), Href: listPath(a.Kind)}, {Text: a.Name, Href: assetPath(id)}}}
	return web.View{Page: p, Body: softwarePage(f, l)}, nil
}
