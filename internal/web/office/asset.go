package office

import (
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addAssets adds the pages of what the provider answers for.
func (o *office) addAssets() {
	s := o.site
	s.Page("GET /sites", readParties, func(r *web.Request) (web.View, error) { return o.assets(r, candor.Site) })
	s.Page("GET /assets", readParties, func(r *web.Request) (web.View, error) {
		return o.assets(r, web.FilterOne(r, "kind", candor.AssetKinds()))
	})
	s.Page("GET /sites/{id}", readParties, func(r *web.Request) (web.View, error) {
		id, err := r.ID("id")
		return web.See(assetPath(id)), err
	})
	s.Page("GET /assets/{id}", readParties, o.asset)
	s.Page("GET /assets/new", manageParties, o.newAsset)
	s.Action("POST /assets/new", manageParties, o.addAsset)
	s.Page("GET /assets/{id}/edit", manageParties, o.editAsset)
	s.Action("POST /assets/{id}/edit", manageParties, o.changeAsset)
	s.Action("POST /assets/{id}/scan", web.Needs{access.ActCases}, o.scan)
	s.Page("GET /assets/{id}/scans/{scan}", readCases, o.progress)
	s.Page("GET /assets/{id}/software", readParties, o.inventory)
}

func assetPath(id candor.ID) string { return "/assets/" + string(id) }

// listPath is the list that a kind of asset stands in.
func listPath(k candor.AssetKind) string {
	switch k {
	case candor.Site:
		return "/sites"
	case "":
		return "/assets"
	}
	return "/assets?kind=" + string(k)
}

// assetsTitle names the list of a kind.
func assetsTitle(r *web.Request, k candor.AssetKind) string {
	if k == "" {
		k = "all"
	}
	return r.Printer.T("office.assets." + string(k))
}

func (o *office) assets(r *web.Request, kind candor.AssetKind) (web.View, error) {
	f := candor.AssetFilter{Kind: kind, Owner: r.FilterID("owner"), Text: r.Query("q"), Retired: r.FilterYes("retired"), ScannedBefore: scannedBefore(r)}
	list, err := o.house.Assets(r.Context(), r.Who, f, r.Cut("name", "scanned"))
	if err != nil {
		return web.View{}, err
	}
	table, err := o.assetTable(r, kind, list.Items)
	if err != nil {
		return web.View{}, err
	}
	l := ui.Listing{Table: table, Cursor: web.Cursor(list), Label: r.T("office.assets.kinds"), Filters: []ui.Filter{
		{Name: "q", Label: r.T("office.assets.words"), Kind: ui.Words},
		{Name: "retired", Label: r.T("office.asset.retired"), Kind: ui.Choice, Options: web.Options(r, "office.", []string{"no", "yes"})},
		{Name: "scanned", Label: r.T("office.scanned.older"), Kind: ui.Choice, Options: web.Options(r, "office.scanned.older.", []string{"day", "week", "month"})},
	}}
	for _, k := range append(candor.AssetKinds(), "") {
		l.Tabs = append(l.Tabs, ui.Tab{Text: assetsTitle(r, k), Href: listPath(k), Active: k == kind})
	}
	p := ui.Page{Title: assetsTitle(r, kind), Active: "sites", Lead: r.T("office.assets.lead")}
	if r.May(access.ManageParties) {
		p.Actions = ui.InTurn(ui.ButtonLink(ui.Link{Text: r.T("office.import"), Href: "/import"}, ui.Plain, "download"),
			ui.ButtonLink(ui.Link{Text: r.T("office.asset.add"), Href: "/assets/new?kind=" + string(kind)}, ui.Primary, "plus"))
	}
	return web.View{Page: p, Body: ui.ListPage(l)}, nil
}

// scannedBefore is the latest time of a complete scan that is asked for.
func scannedBefore(r *web.Request) time.Time {
	days := map[string]int{"day": 1, "week": 7, "month": 30}[r.Query("scanned")]
	if days == 0 {
		return time.Time{}
	}
	return r.Now.AddDate(0, 0, -days)
}

// assetTable lists assets; that of one owner does not name it.
func (o *office) assetTable(r *web.Request, kind candor.AssetKind, all []candor.Asset) (ui.Table, error) {
	t := ui.Table{ID: "assets", Caption: assetsTitle(r, kind), Sort: r.Query(ui.SortParameter), Empty: o.noAssets(r),
		Columns: []ui.Column{wide(sorted(column("name", r.T("office.name")), false)), column("owner", r.T("office.owner")),
			minor(column("software", r.T("office.software"))), column("mark", r.T("office.asset.mark")),
			sorted(column("scanned", r.T("office.scanned")), true), number(column("open", r.T("office.cases.open")))}}
	n := o.names(r)
	for _, a := range all {
		open, err := o.openCases(r, a.ID)
		if err != nil {
			return t, err
		}
		owner := n.partyOf(a.Owner)
		t.Rows = append(t.Rows, ui.Row{Key: string(a.ID), Label: a.Name, Href: assetPath(a.ID), Muted: a.Retired, Cells: cells(
			named(a.Name, assetPath(a.ID), hostsBelow(r, a)), whole(partyName(r, owner)), ui.OrAbsent(a.Software), marks(r, a), lastScan(r, a), open)})
	}
	return t, nil
}

// openCases is how many cases of an asset are open, as a link to them.
func (o *office) openCases(r *web.Request, id candor.ID) (templ.Component, error) {
	open := true
	page, err := o.house.Cases(r.Context(), r.Who, candor.CaseFilter{Asset: id, Open: &open}, candor.Cut{Limit: 1})
	if err != nil || page.Count == 0 {
		return ui.Absent(), err
	}
	return numberLink(int64(page.Count), assetPath(id)+"#cases"), nil
}

func (o *office) noAssets(r *web.Request) ui.Situation {
	if r.Query("q") != "" || r.Query("owner") != "" {
		return ui.Situation{Title: r.T("office.none.filter"), Text: r.T("office.none.filter.text")}
	}
	s := ui.Situation{Title: r.T("office.assets.none"), Text: r.T("office.assets.none.text")}
	if r.May(access.ManageParties) {
		s.Action = ui.ButtonLink(ui.Link{Text: r.T("office.import"), Href: "/import"}, ui.Plain, "download")
	}
	return s
}

// hostsBelow are the names of an asset that its own name does not tell.
func hostsBelow(r *web.Request, a candor.Asset) string {
	rest := slices.DeleteFunc(slices.Clone(a.Hosts), func(h string) bool { return h == a.Name })
	switch len(rest) {
	case 0:
		return ""
	case 1:
		return rest[0]
	}
	return r.N("office.asset.hosts.more", len(rest)-1, phrase.Args{"host": rest[0]})
}

// marks are what sets an asset apart from others.
func marks(r *web.Request, a candor.Asset) templ.Component {
	var all []templ.Component
	if a.Retired {
		all = append(all, ui.Badge(r.T("office.asset.retired"), ui.Neutral))
	}
	if a.Vital != "" {
		all = append(all, ui.Badge(r.Printer.Word("office.asset.vital.", string(a.Vital)), ui.Accent))
	}
	if a.ObserveOnly {
		all = append(all, ui.Badge(r.T("office.asset.observe"), ui.Accent))
	}
	return ui.Together(all...)
}

// lastScan is when everything was looked at last. Never is said, and does not
// look like good news.
func lastScan(r *web.Request, a candor.Asset) templ.Component {
	switch {
	case !a.Scanned.IsZero():
		return ui.Time(a.Scanned)
	case len(a.Roots) == 0:
		return ui.Badge(r.T("office.scanned.cannot"), ui.Unknown)
	}
	return ui.Badge(r.T("office.scanned.never"), ui.Unknown)
}

// assetDetail is what the page of one asset shows.
type assetDetail struct {
	v       house.AssetView
	facts   []ui.Fact
	running []candor.Scan
	cases   ui.Table
	scans   ui.Table
	canScan bool
	traffic *lineTraffic // of a line
	found   *found       // software of a site or a server
}

func (o *office) asset(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, err := o.house.Asset(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	a := v.Asset
	facts, err := o.assetFacts(r, v)
	if err != nil {
		return web.View{}, err
	}
	d := assetDetail{v: v, facts: facts, scans: o.scanTable(r, v.Scans.Items),
		cases: caseTable(r, v.Cases.Items, noCases(r, a)), canScan: r.May(access.ActCases) && len(a.Roots) > 0 && !a.Retired}
	if d.traffic, err = o.trafficOf(r, a); err != nil {
		return web.View{}, err
	}
	if d.found, err = o.softwareOf(r, a); err != nil {
		return web.View{}, err
	}
	for _, s := range v.Scans.Items {
		if s.State == candor.ScanRunning || s.State == candor.ScanQueued {
			d.running = append(d.running, s)
		}
	}
	p := ui.Page{Title: a.Name, Active: "sites", Crumbs: []ui.Link{{Text: assetsTitle(r, a.Kind), Href: listPath(a.Kind)}}}
	p.Actions = assetActions(r, d)
	return web.View{Page: p, Body: assetPage(d)}, nil
}

func assetActions(r *web.Request, d assetDetail) templ.Component {
	var edit, scan templ.Component
	if r.May(access.ManageParties) {
		edit = ui.ButtonLink(ui.Link{Text: r.T("ui.edit"), Href: assetPath(d.v.Asset.ID) + "/edit"}, ui.Plain, "")
	}
	if d.canScan && len(d.running) == 0 {
		scan = web.Step(assetPath(d.v.Asset.ID)+"/scan", r.T("office.scan.now"), "search", ui.Primary)
	}
	if a := d.v.Asset; a.Kind == candor.Server && !a.Retired && r.May(access.ManageSettings) {
		scan = ui.ButtonLink(ui.Link{Text: r.T("office.agent.enrol"), Href: "/agents/new?server=" + string(a.ID)}, ui.Plain, "key")
	}
	if a := d.v.Asset; a.Kind == candor.Line && r.May(access.ReadFlows) {
		scan = ui.ButtonLink(ui.Link{Text: r.T("office.flows.day.of"), Href: linkTo(dayPath(a.ID), url.Values{forWhat: {purposeOf(d.v.Cases.Items)}})}, ui.Plain, "clock")
	}
	return ui.InTurn(edit, scan)
}

// purposeOf is what the flows of a line are looked at for: its open case; whoever
// looks without one has to say.
func purposeOf(cases []candor.Case) string {
	for _, c := range cases {
		if c.State.Open() {
			return c.Label()
		}
	}
	return ""
}

// noCases is good news only where somebody has looked.
func noCases(r *web.Request, a candor.Asset) ui.Situation {
	if a.Scanned.IsZero() {
		return ui.Situation{Title: r.T("office.cases.none"), Text: r.T("office.cases.none.unseen")}
	}
	return ui.Situation{Title: r.T("office.cases.none"), Text: r.T("office.cases.none.seen", phrase.Args{"ago": r.Printer.Ago(r.Now, a.Scanned)})}
}

func (o *office) assetFacts(r *web.Request, v house.AssetView) ([]ui.Fact, error) {
	a := v.Asset
	facts := []ui.Fact{
		{Label: r.T("office.kind"), Value: ui.Text(r.Printer.T("asset.kind." + string(a.Kind)))},
		{Label: r.T("office.owner"), Value: anchor(v.Owner.Name, partyPath(v.Owner.ID))},
		{Label: r.T("office.scanned"), Value: lastScan(r, a)},
		{Label: r.T("office.every"), Value: ui.Text(o.period(r, a))},
		{Label: r.T("office.software"), Value: ui.OrAbsent(a.Software)},
		{Label: r.T("office.reference"), Value: code(a.Reference)},
	}
	if len(a.Hosts) > 0 {
		facts = append(facts, ui.Fact{Label: r.T("office.hosts"), Value: hosts(a.Hosts)})
	}
	if len(a.Roots) > 0 {
		facts = append(facts, ui.Fact{Label: r.T("office.roots"), Value: paths(a.Roots)})
	}
	if a.Kind == candor.Line {
		facts = append(facts, accessFacts(r, a.Access)...)
	}
	if a.Kind == candor.Site && !a.Retired {
		facts = append(facts, ui.Fact{Label: r.T("office.gate"), Value: anchor(r.T("office.gate.see"), gatePath(a.ID))})
	}
	where, err := o.whereFacts(r, a)
	return append(append(facts, where...), ui.Fact{Label: r.T("office.added"), Value: ui.Time(a.Created)}), err
}

// whereFacts are the server of a site; of a server its agent and how many sites
// lie on it.
func (o *office) whereFacts(r *web.Request, a candor.Asset) ([]ui.Fact, error) {
	if a.Server != "" {
		server, err := o.house.Store.Asset(r.Context(), r.Who.Scope(), a.Server)
		return []ui.Fact{{Label: r.T("office.agent.server"), Value: anchor(server.Name, assetPath(server.ID))}}, err
	}
	if a.Kind != candor.Server {
		return nil, nil
	}
	sites, err := o.house.Store.SitesOn(r.Context(), a.ID)
	if err != nil {
		return nil, err
	}
	heard := ui.Badge(r.T("office.agent.none"), ui.Unknown)
	agent, err := o.house.Store.AgentOf(r.Context(), a.ID)
	if err == nil {
		heard = agentHeard(r, candor.AgentStatus{Agent: agent, Heard: agent.Heard(r.Now)})
	} else if !errors.Is(err, candor.ErrNotFound) {
		return nil, err
	}
	return []ui.Fact{{Label: r.T("office.assets.site"), Value: ui.Number(int64(len(sites)), "")}, {Label: r.T("office.agent"), Value: heard}}, nil
}

// period says how often an asset is scanned, and who decided that.
func (o *office) period(r *web.Request, a candor.Asset) string {
	own, usual := time.Duration(a.Every), o.usualPeriod()
	switch {
	case len(a.Roots) == 0:
		return r.T("office.every.no-roots")
	case a.Retired:
		return r.T("office.every.retired")
	case own > 0:
		return r.T("office.every.own", phrase.Args{"period": r.Printer.Span(own)})
	case usual > 0:
		return r.T("office.every.usual", phrase.Args{"period": r.Printer.Span(usual)})
	}
	return r.T("office.every.demand")
}

// usualPeriod is how often assets are scanned that say nothing of it; 0 for
// never.
func (o *office) usualPeriod() time.Duration {
	if o.house.Sites == nil {
		return 0
	}
	return o.house.Sites.Every
}
