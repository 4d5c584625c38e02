package office

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/gate"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addGate adds the pages of the gate of sites.
func (o *office) addGate() {
	s, waives := o.site, web.Needs{access.WaiveChecks}
	s.Page("GET /gate", readParties, o.gates)
	s.Page("GET /gate/{id}", readParties, o.gate)
	s.Action("POST /gate/{id}/ask", manageParties, func(r *web.Request) (web.View, error) { return o.moveGate(r, o.house.AskGate) })
	s.Action("POST /gate/{id}/decide", web.Needs{access.ActCases}, func(r *web.Request) (web.View, error) { return o.moveGate(r, o.house.DecideGate) })
	s.Page("GET /gate/{id}/take-back", manageParties, o.askTakeBack)
	s.Action("POST /gate/{id}/take-back", manageParties, func(r *web.Request) (web.View, error) { return o.moveGate(r, o.house.TakeBackGate) })
	s.Page("GET /gate/{id}/waive", waives, o.newWaiver)
	s.Action("POST /gate/{id}/waive", waives, o.addWaiver)
	s.Page("GET /gate/{id}/waivers/{waiver}/end", waives, o.askEndWaiver)
	s.Action("POST /gate/{id}/waivers/{waiver}/end", waives, o.endWaiver)
	s.Page("GET /gate/policy", readPolicy, o.gatePolicy)
	s.Page("GET /gate/policy/edit", managePolicy, o.editGatePolicy)
	s.Action("POST /gate/policy/edit", managePolicy, o.setGatePolicy)
}

func gatePath(id candor.ID) string { return "/gate/" + string(id) }

func (o *office) gates(r *web.Request) (web.View, error) {
	state := web.FilterOne(r, "state", candor.GateStates())
	f := candor.GateFilter{}
	if state != "" {
		f.States = []candor.GateState{state}
	}
	list, err := o.house.Gates(r.Context(), r.Who, f, r.Cut("name", "since", "deadline"))
	if err != nil {
		return web.View{}, err
	}
	counts, err := o.house.GateCounts(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	l := ui.Listing{Table: o.gateTable(r, list.Items), Cursor: web.Cursor(list), Label: r.T("office.state"), Tabs: []ui.Tab{{Text: r.T("office.gate.all"), Href: "/gate", Active: state == ""}}}
	for _, s := range candor.GateStates() {
		text := r.T("office.gate.count", phrase.Args{"state": r.Printer.T("office.gate.state." + string(s)), "count": r.Printer.Number(counts[s])})
		l.Tabs = append(l.Tabs, ui.Tab{Text: text, Href: "/gate?state=" + string(s), Active: s == state})
	}
	waivers, err := o.house.WaiversInForce(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	p := ui.Page{Title: r.T("office.gate"), Active: "gate", Lead: r.T("office.gate.lead")}
	if r.May(access.ReadPolicy) {
		p.Actions = ui.ButtonLink(ui.Link{Text: r.T("office.gate.policy"), Href: "/gate/policy"}, ui.Plain, "policy")
	}
	return web.View{Page: p, Body: gatesPage(l, o.forceTable(r, waivers))}, nil
}

// gateTable lists sites with how they stand.
func (o *office) gateTable(r *web.Request, all []candor.SiteGate) ui.Table {
	t := ui.Table{ID: "gates", Caption: r.T("office.gate"), Sort: r.Query(ui.SortParameter), Empty: ui.Situation{Title: r.T("office.gate.none"), Text: r.T("office.gate.none.text")},
		Columns: []ui.Column{wide(sorted(column("name", r.T("office.name")), false)), column("owner", r.T("office.owner")), column("state", r.T("office.state")),
			column("unmet", r.T("office.gate.unmet")), sorted(column("deadline", r.T("office.gate.deadline")), false), sorted(minor(column("since", r.T("office.gate.since"))), true)}}
	n := o.names(r)
	for _, g := range all {
		t.Rows = append(t.Rows, ui.Row{Key: string(g.Site.ID), Label: g.Site.Name, Href: gatePath(g.Site.ID), Muted: g.Gate.State == candor.GateDraft, Cells: cells(
			anchor(g.Site.Name, gatePath(g.Site.ID)), whole(partyName(r, n.partyOf(g.Site.Owner))), gateBadge(r, g.Gate.State), unmet(r, g.Gate), orNever(g.Gate.Deadline, ui.Due), ui.Time(g.Gate.Since))})
	}
	return t
}

// unmet names what was not met when the gate decided last.
func unmet(r *web.Request, g candor.Gate) templ.Component {
	if g.Looked.IsZero() {
		return ui.Badge(r.T("office.gate.unlooked"), ui.Unknown)
	}
	var names []string
	for _, c := range gate.Unmet(g.Checks) {
		names = append(names, checkName(r, c.Check))
	}
	return whole(strings.Join(names, r.T("office.list.comma")))
}

func orNever(t time.Time, show func(time.Time) templ.Component) templ.Component {
	if t.IsZero() {
		return ui.Absent()
	}
	return show(t)
}

func checkName(r *web.Request, check string) string { return r.Printer.Word("gate.check.", check) }

func gateBadge(r *web.Request, s candor.GateState) templ.Component {
	tone := map[candor.GateState]ui.Tone{candor.GateLive: ui.Good, candor.GateGrace: ui.Warn, candor.GateSuspended: ui.Bad, candor.GateChecking: ui.Accent}[s]
	return ui.Badge(r.Printer.T("office.gate.state."+string(s)), tone)
}

func outcomeBadge(r *web.Request, o candor.GateOutcome) templ.Component {
	tone := map[candor.GateOutcome]ui.Tone{candor.GatePassed: ui.Good, candor.GateFailed: ui.Bad, candor.GateMissing: ui.Unknown, candor.GateStale: ui.Unknown, candor.GateWaived: ui.Warn}[o]
	return ui.Badge(r.Printer.T("gate.outcome."+string(o)), tone)
}

// gateDetail is what the page of one site at the gate shows.
type gateDetail struct {
	v       house.GateView
	note    ui.Message
	facts   []ui.Fact
	checks  ui.Table
	waivers ui.Table
	events  []ui.Event
}

func (o *office) gate(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, err := o.house.Gate(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	n := o.names(r)
	owner := n.partyOf(v.Site.Owner)
	d := gateDetail{v: v, note: gateNote(r, v), checks: checkTable(r, v), waivers: waiverTable(r, n, v), facts: []ui.Fact{
		{Label: r.T("office.assets.site"), Value: anchor(v.Site.Name, assetPath(v.Site.ID))},
		{Label: r.T("office.owner"), Value: anchor(partyName(r, owner), partyPath(owner.ID))},
		{Label: r.T("office.state"), Value: gateBadge(r, v.Gate.State)},
		{Label: r.T("office.gate.since"), Value: ui.Time(v.Gate.Since)},
		{Label: r.T("office.gate.asked"), Value: orNever(v.Gate.Asked, ui.Time)},
		{Label: r.T("office.gate.deadline"), Value: orNever(v.Gate.Deadline, ui.Due)},
		{Label: r.T("office.gate.looked"), Value: orNever(v.Gate.Looked, ui.Time)},
	}}
	if len(v.Site.Hosts) > 0 {
		d.facts = append(d.facts, ui.Fact{Label: r.T("office.hosts"), Value: hosts(v.Site.Hosts)})
	}
	for i := len(v.Moves) - 1; i >= 0; i-- {
		d.events = append(d.events, gateEvent(r, n, v.Moves[i]))
	}
	p := ui.Page{Title: r.T("office.gate.of", phrase.Args{"site": v.Site.Name}), Active: "gate", Crumbs: []ui.Link{{Text: r.T("office.gate"), Href: "/gate"}}, Actions: gateActions(r, v)}
	return web.View{Page: p, Body: gatePage(d)}, nil
}

// gateNote says in a sentence whether the site may be reached now.
func gateNote(r *web.Request, v house.GateView) ui.Message {
	switch {
	case v.Allowed && v.Gate.State == candor.GateGrace:
		return ui.Message{Tone: ui.Warn, Title: r.T("office.gate.allowed"), Text: r.T("office.gate.allowed.grace", phrase.Args{"time": r.Printer.Time(v.Gate.Deadline, r.Zone)})}
	case v.Allowed:
		return ui.Message{Tone: ui.Good, Title: r.T("office.gate.allowed"), Text: r.T("office.gate.allowed.text")}
	case v.Gate.State == candor.GateDraft:
		return ui.Message{Title: r.T("office.gate.refused"), Text: r.T("office.gate.refused.draft")}
	}
	return ui.Message{Tone: ui.Bad, Title: r.T("office.gate.refused"), Text: r.T("office.gate.refused.text")}
}

func gateActions(r *web.Request, v house.GateView) templ.Component {
	var steps []templ.Component
	path := gatePath(v.Site.ID)
	if r.May(access.ManageParties) && v.Gate.State != candor.GateDraft {
		steps = append(steps, ui.ButtonLink(ui.Link{Text: r.T("office.gate.back"), Href: path + "/take-back"}, ui.Plain, ""))
	}
	if r.May(access.WaiveChecks) {
		steps = append(steps, ui.ButtonLink(ui.Link{Text: r.T("office.gate.waive"), Href: path + "/waive"}, ui.Plain, ""))
	}
	switch {
	case v.Gate.State == candor.GateDraft && r.May(access.ManageParties) && !v.Site.Retired:
		steps = append(steps, web.Step(path+"/ask", r.T("office.gate.ask"), "next", ui.Primary))
	case v.Gate.State != candor.GateDraft && r.May(access.ActCases):
		steps = append(steps, web.Step(path+"/decide", r.T("office.gate.decide"), "search", ui.Primary))
	}
	return ui.InTurn(steps...)
}

// checkTable shows each check as it comes out now.
func checkTable(r *web.Request, v house.GateView) ui.Table {
	t := ui.Table{ID: "checks", Caption: r.T("office.gate.checks"), Columns: []ui.Column{column("check", r.T("office.gate.check")), column("outcome", r.T("office.gate.outcome")),
		wide(column("why", r.T("office.gate.why"))), minor(column("clause", r.T("office.gate.clause"))), minor(column("since", r.T("office.gate.since"))), minor(column("measured", r.T("office.gate.measured")))}}
	for _, c := range v.Checks {
		t.Rows = append(t.Rows, ui.Row{Key: c.Check, Label: checkName(r, c.Check), Muted: c.Outcome == candor.GateNotRequired, Cells: cells(
			whole(checkName(r, c.Check)), outcomeBadge(r, c.Outcome), whyCell(r, v, c), whole(c.Clause), ui.Time(c.Since), orNever(c.Measured, ui.Time))})
	}
	return t
}

// whyCell says what is in the way, and leads to it.
func whyCell(r *web.Request, v house.GateView, c gate.ShownCheck) templ.Component {
	switch {
	case c.Outcome == candor.GateWaived:
		return ui.Text(r.T("office.gate.waived", phrase.Args{"time": r.Printer.Date(c.Until, r.Zone)}))
	case c.Why == "":
		return ui.Absent()
	case c.Why == string(gate.Grave):
		return anchor(r.N("office.gate.grave", int(c.Count)), "/findings?state=open&asset="+string(v.Site.ID))
	}
	return ui.Text(r.Printer.Word("gate.why.", c.Why))
}

func gateEvent(r *web.Request, n *names, m candor.GateMove) ui.Event {
	icon := map[candor.GateState]string{candor.GateLive: "check", candor.GateSuspended: "lock"}[m.To]
	if icon == "" {
		icon = "next"
	}
	tone := map[candor.GateState]ui.Tone{candor.GateLive: ui.Good, candor.GateGrace: ui.Warn, candor.GateSuspended: ui.Bad}[m.To]
	e := ui.Event{At: m.At, Icon: icon, Tone: tone, Who: n.who(m.By), Text: r.T("office.gate.moved", phrase.Args{"from": r.Printer.T("office.gate.state." + string(m.From)), "to": r.Printer.T("office.gate.state." + string(m.To))})}
	var all []string
	for _, c := range m.Unmet {
		all = append(all, checkName(r, c.Check)+r.T("office.list.dash")+r.Printer.Word("gate.why.", c.Why))
	}
	if len(all) > 0 {
		e.Body = ui.Bullets(all)
	}
	return e
}
