package board

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
	"candor/internal/x1207"
)

// estate adds the pages of what the provider answers for, and of how the desk
// itself is.
func (b *board) estate() {
	s := b.site
	cases, parties, act := web.Needs{access.ReadCases}, web.Needs{access.ReadParties}, web.Needs{access.ActCases}
	evidence, settings, manage := web.Needs{access.ReadEvidence}, web.Needs{access.ReadSettings}, web.Needs{access.ManageSettings}
	s.Page("GET /sites", parties, b.sites)
	s.Page("GET /sites/{id}", parties, b.oneSite)
	s.Action("POST /sites/{id}/scan", act, b.scan)
	s.Page("GET /scans/{id}/progress", cases, b.progress)
	s.Page("GET /parties", parties, b.parties)
	s.Page("GET /parties/{id}", parties, b.party)
	s.Page("GET /definitions", cases, b.definitions)
	s.Action("POST /definitions/check", manage, b.checkDefinitions)
	s.Page("GET /evidence", evidence, b.evidence)
	s.Page("GET /evidence/{id}", evidence, b.record)
	s.Page("GET /evidence/checkpoint", evidence, b.checkpoint)
	s.Page("GET /health", settings, b.health)
	s.Page("GET /x1207", cases, b.x1207)
	estate, system := "board.nav.estate", "board.nav.system"
	s.Nav(
		web.NavEntry{Key: "sites", Text: "board.sites", Icon: "sites", Href: "/sites", Group: estate, Order: 20, Needs: parties},
		web.NavEntry{Key: "parties", Text: "board.parties", Icon: "parties", Href: "/parties", Group: estate, Order: 21, Needs: parties},
		web.NavEntry{Key: "definitions", Text: "board.definitions", Icon: "definitions", Href: "/definitions", Group: system, Order: 30, Needs: cases},
		web.NavEntry{Key: "evidence", Text: "board.evidence", Icon: "evidence", Href: "/evidence", Group: system, Order: 31, Needs: evidence},
		web.NavEntry{Key: "health", Text: "board.health", Icon: "health", Href: "/health", Group: system, Order: 32, Needs: settings},
		web.NavEntry{Key: "x1207", Text: "board.x1207", Icon: "catalogue", Href: "/x1207", Group: system, Order: 33, Needs: cases},
	)
}

// sites lists assets.
func (b *board) sites(r *web.Request) (web.View, error) {
	kind := web.FilterOne(r, "kind", candor.AssetKinds())
	list, err := b.Assets(r.Context(), r.Who, candor.AssetFilter{Kind: kind, Owner: r.FilterID("party"), Text: r.Query("q")}, r.Cut("id", "name", "scanned"))
	if err != nil {
		return web.View{}, err
	}
	d := listData{table: siteTable(r, list.Items), cursor: web.Cursor(list), filters: []ui.Filter{{Name: "q", Label: r.T("board.words"), Kind: ui.Words},
		{Name: "kind", Label: r.T("board.kind"), Kind: ui.Choice, Options: options(r, "board.asset.", candor.AssetKinds())}}}
	return web.View{Page: page("sites", r.T("board.sites")), Body: listPage(d)}, nil
}

func siteTable(r *web.Request, all []candor.Asset) ui.Table {
	t := ui.Table{ID: "sites", Caption: r.T("board.sites"), Sort: r.Query(ui.SortParameter), Empty: ui.Situation{Title: r.T("board.sites.none")},
		Columns: []ui.Column{{Key: "name", Label: r.T("board.site"), Sortable: true, Wide: true}, {Key: "kind", Label: r.T("board.kind"), Minor: true},
			{Key: "software", Label: r.T("board.software"), Minor: true}, {Key: "observe", Label: r.T("board.observe")}, {Key: "scanned", Label: r.T("board.scanned"), Sortable: true, Largest: true}}}
	for _, a := range all {
		href := "/sites/" + string(a.ID)
		scanned, observe := ui.Badge(r.T("board.scanned.never"), ui.Unknown), ui.Absent()
		if !a.Scanned.IsZero() {
			scanned = ui.Time(a.Scanned)
		}
		if a.ObserveOnly {
			observe = ui.Badge(r.T("board.observe"), ui.Accent)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(a.ID), Label: a.Name, Href: href, Muted: a.Retired, Cells: cells(ui.Anchor(ui.Link{Text: a.Name, Href: href}),
			ui.Text(word(r, "board.asset.", string(a.Kind))), ui.Text(a.Software), observe, scanned)})
	}
	return t
}

func (b *board) oneSite(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, err := b.Asset(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	a := v.Asset
	scanned := ui.Badge(r.T("board.scanned.never"), ui.Unknown)
	if !a.Scanned.IsZero() {
		scanned = ui.Time(a.Scanned)
	}
	d := detailData{facts: []ui.Fact{
		{Label: r.T("board.party"), Value: ui.Anchor(ui.Link{Text: v.Owner.Name, Href: "/parties/" + string(v.Owner.ID)})},
		{Label: r.T("board.roots"), Value: ui.FilePath(strings.Join(a.Roots, ", "))}, {Label: r.T("board.hosts"), Value: ui.Text(strings.Join(a.Hosts, ", "))},
		{Label: r.T("board.software"), Value: ui.Text(a.Software)}, {Label: r.T("board.scanned"), Value: scanned},
	}}
	if a.ObserveOnly {
		d.facts = append(d.facts, ui.Fact{Label: r.T("board.observe"), Value: ui.Text(r.T("board.observe.text"))})
	}
	scans := ui.Table{ID: "scans", Caption: r.T("board.scans"), Empty: ui.Situation{Title: r.T("board.scans.none")}, Columns: []ui.Column{
		{Key: "queued", Label: r.T("board.at"), Wide: true}, {Key: "state", Label: r.T("board.state")}, {Key: "files", Label: r.T("board.files"), Number: true},
		{Key: "bytes", Label: r.T("board.size"), Number: true}, {Key: "findings", Label: r.T("board.findings"), Number: true}, {Key: "error", Label: r.T("board.error"), Minor: true}}}
	tones := map[candor.ScanState]ui.Tone{candor.ScanComplete: ui.Good, candor.ScanPartial: ui.Warn, candor.ScanFailed: ui.Bad, candor.ScanRunning: ui.Accent}
	for _, s := range v.Scans.Items {
		scans.Rows = append(scans.Rows, ui.Row{Key: string(s.ID), Label: string(s.State), Cells: cells(ui.Time(s.Queued), ui.Badge(word(r, "board.scan.", string(s.State)), tones[s.State]),
			ui.Number(s.Files, ""), ui.Bytes(s.Bytes), ui.Number(s.Findings, ""), ui.Text(s.Error))})
	}
	d.lists = []part{{title: r.T("board.cases"), table: caseTable(r, "cases", v.Cases.Items, r.T("board.cases.none"))}, {title: r.T("board.scans"), table: scans}}
	if r.May(access.ActCases) && len(a.Roots) > 0 {
		d.steps = siteSteps("/sites/" + string(a.ID))
	}
	p := page("sites", a.Name)
	p.Crumbs = []ui.Link{{Text: r.T("board.sites"), Href: "/sites"}}
	return web.View{Page: p, Body: detailPage(d)}, nil
}

func (b *board) scan(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	_, err = b.Scan(r.Context(), r.Who, id)
	return web.See("/sites/"+string(id)).Say(ui.Good, r.T("board.done.scan")), err
}

// progress is how far a scan is: a part of a page.
func (b *board) progress(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	s, err := b.Store.Scan(r.Context(), r.Who.Scope(), id)
	if err != nil {
		return web.View{}, err
	}
	w := work(r, s)
	if s.State != candor.ScanRunning && s.State != candor.ScanQueued {
		w.Poll, w.Share, w.Left = "", 1, ""
	}
	return web.View{Page: page("today", r.T("board.scanning")), Body: ui.Progress(w)}, nil
}

func (b *board) parties(r *web.Request) (web.View, error) {
	list, err := b.Parties(r.Context(), r.Who, candor.PartyFilter{Kind: web.FilterOne(r, "kind", candor.PartyKinds()), Text: r.Query("q")}, r.Cut("updated", "name"))
	if err != nil {
		return web.View{}, err
	}
	t := ui.Table{ID: "parties", Caption: r.T("board.parties"), Sort: r.Query(ui.SortParameter), Empty: ui.Situation{Title: r.T("board.parties.none")},
		Columns: []ui.Column{{Key: "name", Label: r.T("board.party"), Sortable: true, Wide: true}, {Key: "kind", Label: r.T("board.kind")}, {Key: "reference", Label: r.T("board.reference")}, {Key: "updated", Label: r.T("board.updated"), Sortable: true, Largest: true, Minor: true}}}
	for _, p := range list.Items {
		href := "/parties/" + string(p.ID)
		t.Rows = append(t.Rows, ui.Row{Key: string(p.ID), Label: p.Name, Href: href, Cells: cells(ui.Anchor(ui.Link{Text: p.Name, Href: href}), ui.Text(word(r, "party.kind.", string(p.Kind))), ui.Mono(p.Reference), ui.Time(p.Updated))})
	}
	d := listData{table: t, cursor: web.Cursor(list), filters: []ui.Filter{{Name: "q", Label: r.T("board.words"), Kind: ui.Words},
		{Name: "kind", Label: r.T("board.kind"), Kind: ui.Choice, Options: options(r, "party.kind.", candor.PartyKinds())}}}
	return web.View{Page: page("parties", r.T("board.parties")), Body: listPage(d)}, nil
}

func (b *board) party(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, err := b.Party(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	d := detailData{facts: []ui.Fact{{Label: r.T("board.kind"), Value: ui.Text(word(r, "party.kind.", string(v.Party.Kind)))}, {Label: r.T("board.reference"), Value: ui.Mono(v.Party.Reference)},
		{Label: r.T("board.language"), Value: ui.Text(v.Party.Language)}, {Label: r.T("board.zone"), Value: ui.Text(v.Party.TimeZone)}}}
	for _, c := range v.Party.Contacts {
		d.facts = append(d.facts, ui.Fact{Label: r.T("board.contact") + " " + c.Purpose, Value: ui.Text(c.Address)})
	}
	terms := ui.Table{ID: "terms", Caption: r.T("board.agreements"), Empty: ui.Situation{Title: r.T("board.agreements.none"), Text: r.T("board.agreements.none.text")},
		Columns: []ui.Column{{Key: "terms", Label: r.T("board.terms"), Wide: true}, {Key: "allows", Label: r.T("board.allows")}, {Key: "accepted", Label: r.T("board.accepted")}, {Key: "withdrawn", Label: r.T("board.withdrawn")}}}
	for _, a := range v.Agreements {
		withdrawn := ui.Absent()
		if !a.Withdrawn.IsZero() {
			withdrawn = ui.Time(a.Withdrawn)
		}
		terms.Rows = append(terms.Rows, ui.Row{Key: string(a.ID), Label: a.Terms, Cells: cells(ui.Text(a.Terms+" "+a.Version), ui.Text(strings.Join(a.Allows, ", ")), ui.Time(a.Accepted), withdrawn)})
	}
	d.lists = []part{{title: r.T("board.agreements"), table: terms}, {title: r.T("board.sites"), table: siteTable(r, v.Assets)},
		{title: r.T("board.cases"), table: caseTable(r, "cases", v.Cases.Items, r.T("board.cases.none"))}}
	p := page("parties", v.Party.Name)
	p.Crumbs = []ui.Link{{Text: r.T("board.parties"), Href: "/parties"}}
	return web.View{Page: p, Body: detailPage(d)}, nil
}

func (b *board) definitions(r *web.Request) (web.View, error) {
	all, err := b.Generations(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	h := b.Definitions.Health()
	d := detailData{facts: []ui.Fact{{Label: r.T("board.generation"), Value: ui.Digest(h.Generation.ID)}, {Label: r.T("board.rules"), Value: ui.Number(int64(h.Generation.Rules), "")},
		{Label: r.T("board.problems"), Value: ui.Number(int64(h.Generation.Problems), "")}}}
	sources := ui.Table{ID: "sources", Caption: r.T("board.sources"), Columns: []ui.Column{{Key: "name", Label: r.T("board.source"), Wide: true}, {Key: "state", Label: r.T("board.state")}, {Key: "fresh", Label: r.T("board.fresh")}, {Key: "error", Label: r.T("board.error"), Minor: true}}}
	for _, s := range h.Sources {
		state, fresh := ui.Badge(r.T("board.state.well"), ui.Good), ui.Absent()
		if s.Stale {
			state = ui.Badge(r.T("board.state.stale"), ui.Warn)
		}
		if s.Error != "" {
			state = ui.Badge(r.T("board.state.ill"), ui.Bad)
		}
		if !s.Fresh.IsZero() {
			fresh = ui.Time(s.Fresh)
		}
		sources.Rows = append(sources.Rows, ui.Row{Key: s.Name, Label: s.Name, Cells: cells(ui.Text(s.Name+" · "+s.Location), state, fresh, ui.Text(s.Error))})
	}
	history := ui.Table{ID: "generations", Caption: r.T("board.generations"), Columns: []ui.Column{{Key: "id", Label: r.T("board.generation"), Wide: true}, {Key: "state", Label: r.T("board.state")}, {Key: "rules", Label: r.T("board.rules"), Number: true}, {Key: "made", Label: r.T("board.at")}, {Key: "error", Label: r.T("board.error"), Minor: true}}}
	for _, g := range all {
		history.Rows = append(history.Rows, ui.Row{Key: g.ID, Label: g.ID, Cells: cells(ui.Digest(g.ID), ui.Text(word(r, "board.generation.", string(g.State))), ui.Number(int64(g.Rules), ""), ui.Time(g.Made), ui.Text(g.Error))})
	}
	d.lists = []part{{title: r.T("board.sources"), table: sources}, {title: r.T("board.generations"), table: history}}
	if r.May(access.ManageSettings) {
		d.steps = step("/definitions/check", r.T("board.definitions.check"), ui.Primary, "definitions", nil)
	}
	return web.View{Page: page("definitions", r.T("board.definitions")), Body: detailPage(d)}, nil
}

func (b *board) checkDefinitions(r *web.Request) (web.View, error) {
	return web.See("/definitions").Say(ui.Good, r.T("board.done.check")), b.CheckDefinitions(r.Context(), r.Who)
}

func (b *board) evidence(r *web.Request) (web.View, error) {
	list, err := b.Records(r.Context(), r.Who, candor.RecordFilter{Kind: candor.RecordKind(r.Query("kind")), Case: r.FilterID("case")}, r.Cut("at"))
	if err != nil {
		return web.View{}, err
	}
	status, err := b.Log.Status(r.Context())
	if err != nil {
		return web.View{}, err
	}
	kinds := []candor.RecordKind{candor.RecordFinding, candor.RecordGone, candor.RecordDecision, candor.RecordResponse, candor.RecordConsent, candor.RecordDeadline,
		candor.RecordGeneration, candor.RecordAccess, candor.RecordErasure, candor.RecordPolicy}
	p := page("evidence", r.T("board.evidence"))
	p.Lead = r.T("board.evidence.lead", phrase.Args{"count": r.Printer.Number(int64(status.Size)), "name": status.Origin})
	p.Actions = ui.ButtonLink(ui.Link{Text: r.T("board.checkpoint"), Href: "/evidence/checkpoint"}, ui.Quiet, "download")
	d := listData{table: recordTable(r, "records", list.Items), cursor: web.Cursor(list), filters: []ui.Filter{{Name: "kind", Label: r.T("board.kind"), Kind: ui.Choice, Options: options(r, "board.record.", kinds)}}}
	return web.View{Page: p, Body: listPage(d)}, nil
}

func (b *board) record(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	l, err := b.Store.Record(r.Context(), id)
	if err != nil {
		return web.View{}, err
	}
	revealed, err := b.Store.PersonalOf(r.Context(), id)
	if err != nil {
		return web.View{}, err
	}
	index := ui.Badge(r.T("board.waiting"), ui.Unknown)
	if l.Index >= 0 {
		index = ui.Number(l.Index, "")
	}
	body, err := json.MarshalIndent(l.Body, "", "  ")
	if err != nil {
		return web.View{}, err
	}
	d := detailData{facts: []ui.Fact{{Label: r.T("board.record"), Value: ui.Text(word(r, "board.record.", string(l.Kind)))}, {Label: r.T("board.index"), Value: index},
		{Label: r.T("board.at"), Value: ui.ExactTime(l.At)}, {Label: r.T("board.actor"), Value: ui.Mono(l.Actor)}, {Label: r.T("board.body"), Value: ui.Mono(string(body))}}}
	if l.Case != "" {
		d.facts = append(d.facts, ui.Fact{Label: r.T("board.case"), Value: ui.Anchor(ui.Link{Text: r.T("board.case.open"), Href: "/cases/" + string(l.Case)})})
	}
	for _, blob := range l.Blobs {
		d.facts = append(d.facts, ui.Fact{Label: r.T("board.blob"), Value: ui.FullDigest(blob)})
	}
	held := map[string]string{}
	for _, c := range revealed {
		held[c.Name] = c.Value
	}
	for _, name := range slices.Sorted(maps.Keys(l.Concealed)) {
		value, ok := held[name]
		if !ok {
			value = r.T("board.erased")
		}
		d.facts = append(d.facts, ui.Fact{Label: name, Value: ui.Text(value)}, ui.Fact{Label: r.T("board.concealed"), Value: ui.FullDigest(l.Concealed[name])})
	}
	p := page("evidence", word(r, "board.record.", string(l.Kind)))
	p.Crumbs = []ui.Link{{Text: r.T("board.evidence"), Href: "/evidence"}}
	return web.View{Page: p, Body: detailPage(d)}, nil
}

func (b *board) checkpoint(*web.Request) (web.View, error) {
	c, err := b.Log.Checkpoint()
	return web.View{Send: &web.File{Name: "checkpoint.txt", Type: "text/plain; charset=utf-8", Write: func(w io.Writer) error {
		_, err := w.Write(c)
		return err
	}}}, err
}

func (b *board) health(r *web.Request) (web.View, error) {
	all, err := b.Health(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	tones := map[string]ui.Tone{"well": ui.Good, "stale": ui.Warn, "ill": ui.Bad}
	t := ui.Table{ID: "health", Caption: r.T("board.health"), Columns: []ui.Column{{Key: "name", Label: r.T("board.part")}, {Key: "state", Label: r.T("board.state")}, {Key: "facts", Label: r.T("board.facts"), Wide: true}, {Key: "error", Label: r.T("board.error")}}}
	for _, c := range all {
		var facts []string
		for _, k := range slices.Sorted(maps.Keys(c.Facts)) {
			v := c.Facts[k]
			if n, err := strconv.ParseInt(v, 10, 64); err == nil && (k == "free" || k == "total") {
				v = r.Printer.Bytes(n)
			}
			facts = append(facts, k+" "+v)
		}
		t.Rows = append(t.Rows, ui.Row{Key: c.Name, Label: c.Name, Cells: cells(ui.Text(word(r, "board.part.", c.Name)), ui.Badge(word(r, "board.state.", c.State), tones[c.State]),
			ui.Text(strings.Join(facts, " · ")), ui.Text(strings.TrimSpace(c.Error+" "+c.Hint)))})
	}
	return web.View{Page: page("health", r.T("board.health")), Body: listPage(listData{table: t})}, nil
}

// x1207 says what carries which requirement, and what does not yet.
func (b *board) x1207(r *web.Request) (web.View, error) {
	t := ui.Table{ID: "x1207", Caption: r.T("board.x1207"), Columns: []ui.Column{{Key: "id", Label: r.T("board.requirement")}, {Key: "title", Label: r.T("board.asks"), Wide: true}, {Key: "state", Label: r.T("board.state")}, {Key: "carriers", Label: r.T("board.carriers")}}}
	tones := map[x1207.State]ui.Tone{x1207.Carried: ui.Good, x1207.Partly: ui.Warn}
	for _, q := range x1207.Requirements() {
		var carriers []string
		for _, c := range q.Carriers {
			carriers = append(carriers, c.Name)
		}
		tone, ok := tones[q.State]
		if !ok {
			tone = ui.Unknown
		}
		t.Rows = append(t.Rows, ui.Row{Key: q.ID, Label: q.ID, Cells: cells(ui.Mono(q.ID), ui.Text(q.Title.In(r.Printer.Lang())), ui.Badge(r.T("board.x1207."+strings.ReplaceAll(string(q.State), " ", "-")), tone), ui.Text(strings.Join(carriers, ", ")))})
	}
	return web.View{Page: page("x1207", r.T("board.x1207")), Body: listPage(listData{table: t})}, nil
}
