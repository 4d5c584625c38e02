package office

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/gate"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// moveGate does a step and tells how the site stands then.
func (o *office) moveGate(r *web.Request, do func(context.Context, candor.Principal, candor.ID) (house.GateView, error)) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, err := do(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	tone := ui.Neutral
	if v.Gate.State == candor.GateLive {
		tone = ui.Good
	}
	return web.See(gatePath(id)).Say(tone, r.T("office.gate.stands", phrase.Args{"site": v.Site.Name, "state": r.Printer.T("office.gate.state." + string(v.Gate.State))})), nil
}

func gateFrame(r *web.Request, a candor.Asset, title string) ui.Page {
	return ui.Page{Title: title, Active: "gate", Crumbs: []ui.Link{{Text: r.T("office.gate"), Href: "/gate"}, {Text: a.Name, Href: gatePath(a.ID)}}}
}

// gateOf is the site in the path, with its gate.
func (o *office) gateOf(r *web.Request) (house.GateView, error) {
	id, err := r.ID("id")
	if err != nil {
		return house.GateView{}, err
	}
	return o.house.Gate(r.Context(), r.Who, id)
}

func (o *office) askTakeBack(r *web.Request) (web.View, error) {
	v, err := o.gateOf(r)
	if err != nil {
		return web.View{}, err
	}
	path := gatePath(v.Site.ID)
	return web.Confirm(gateFrame(r, v.Site, r.T("office.gate.back")), ui.Confirmation{ID: "take-back", Title: r.T("office.gate.back.title", phrase.Args{"site": v.Site.Name}),
		What: []string{r.T("office.gate.back.what"), r.T("office.gate.back.told"), r.T("office.gate.back.record")}, Undo: r.T("office.gate.back.undo"),
		URL: path + "/take-back", Fields: r.Fields(), Submit: r.T("office.gate.back"), Destructive: true, Page: path + "/take-back", Back: path}), nil
}

// waiverTable lists the waivers of a site.
func waiverTable(r *web.Request, n *names, v house.GateView) ui.Table {
	t := ui.Table{ID: "waivers", Caption: r.T("office.gate.waivers"), Empty: ui.Situation{Title: r.T("office.gate.waivers.none")}, Columns: []ui.Column{column("check", r.T("office.gate.check")),
		column("by", r.T("office.gate.by")), wide(column("reason", r.T("office.gate.reason"))), column("until", r.T("office.gate.until")), column("state", r.T("office.state")), column("end", r.T("office.gate.end"))}}
	for _, w := range v.Waivers {
		holds := w.Holds(r.Now)
		state, end := ui.Badge(r.T("office.gate.waiver.over"), ui.Neutral), ui.Absent()
		switch {
		case !w.Ended.IsZero():
			state = ui.Text(r.T("office.gate.waiver.ended", phrase.Args{"name": n.who(w.EndedBy)}))
		case holds:
			state = ui.Badge(r.T("office.gate.waiver.holds"), ui.Warn)
		}
		if holds && r.May(access.WaiveChecks) {
			end = anchor(r.T("office.gate.end"), gatePath(v.Site.ID)+"/waivers/"+string(w.ID)+"/end")
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(w.ID), Label: checkName(r, w.Check), Muted: !holds, Cells: cells(whole(checkName(r, w.Check)), whole(n.who(w.By)), ui.Text(w.Reason), ui.Time(w.Until), state, end)})
	}
	return t
}

// forceTable lists the waivers of all sites that hold, those that end first
// before the others.
func (o *office) forceTable(r *web.Request, all []candor.GateWaiver) ui.Table {
	t := ui.Table{ID: "in-force", Caption: r.T("office.gate.force"), Empty: ui.Situation{Title: r.T("office.gate.force.none")},
		Columns: []ui.Column{column("site", r.T("office.assets.site")), column("check", r.T("office.gate.check")), column("by", r.T("office.gate.by")), wide(minor(column("reason", r.T("office.gate.reason")))), column("until", r.T("office.gate.until"))}}
	n := o.names(r)
	for _, w := range all {
		name := string(w.Asset)
		if a, err := o.house.Store.Asset(r.Context(), r.Who.Scope(), w.Asset); err == nil {
			name = a.Name
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(w.ID), Label: name, Href: gatePath(w.Asset), Cells: cells(anchor(name, gatePath(w.Asset)), whole(checkName(r, w.Check)), whole(n.who(w.By)), ui.Text(w.Reason), ui.Due(w.Until))})
	}
	return t
}

// waiverForm is the form of a waiver.
type waiverForm struct {
	form
	path        string
	checks      []ui.Option
	first, last string // the days that can be chosen
	longest     string // in words
}

func (o *office) newWaiver(r *web.Request) (web.View, error) {
	v, err := o.gateOf(r)
	if err != nil {
		return web.View{}, err
	}
	return o.waiverView(r, v, given("check", r.Query("check"), "until", r.Now.In(r.Zone).AddDate(0, 0, 14).Format(time.DateOnly)))
}

func (o *office) waiverView(r *web.Request, v house.GateView, f form) (web.View, error) {
	p, err := o.house.GatePolicy(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	today := r.Now.In(r.Zone)
	days := int(time.Duration(p.LongestWaiver) / (24 * time.Hour))
	wf := waiverForm{form: f, path: gatePath(v.Site.ID), first: today.AddDate(0, 0, 1).Format(time.DateOnly), last: today.AddDate(0, 0, days).Format(time.DateOnly), longest: r.N("office.gate.days", days)}
	for _, c := range v.Checks {
		if !c.Outcome.Met() || c.Outcome == candor.GateWaived {
			wf.checks = append(wf.checks, ui.Option{Value: c.Check, Label: checkName(r, c.Check)})
		}
	}
	page := gateFrame(r, v.Site, r.T("office.gate.waive"))
	page.Lead = r.T("office.gate.waive.lead")
	view := web.View{Page: page, Body: waiverPage(wf)}
	if f.bad() {
		view = view.Again()
	}
	return view, nil
}

func (o *office) addWaiver(r *web.Request) (web.View, error) {
	v, err := o.gateOf(r)
	if err != nil {
		return web.View{}, err
	}
	f := typed(r, "check", "reason", "until")
	until, err := r.Moment("until")
	if err != nil || !until.After(r.Now) {
		f.refuse("until", r.T("office.gate.until.bad"))
	}
	if !gate.Known(f.values["check"]) {
		f.refuse("check", r.T("office.form.choose"))
	}
	if f.values["reason"] == "" {
		f.refuse("reason", r.T("office.gate.reason.bad"))
	}
	if !f.bad() {
		w, err := o.house.Waive(r.Context(), r.Who, v.Site.ID, f.values["check"], f.values["reason"], until)
		if err == nil {
			return web.See(gatePath(v.Site.ID)).Say(ui.Good, r.T("office.gate.waive.done", phrase.Args{"check": checkName(r, w.Check), "time": r.Printer.Date(w.Until, r.Zone)})), nil
		}
		if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
	}
	return o.waiverView(r, v, f)
}

// waiverOf is the waiver in the path, and its site.
func (o *office) waiverOf(r *web.Request) (v house.GateView, w candor.GateWaiver, err error) {
	id, err := r.ID("waiver")
	if err != nil {
		return v, w, err
	}
	if v, err = o.gateOf(r); err != nil {
		return v, w, err
	}
	i := slices.IndexFunc(v.Waivers, func(w candor.GateWaiver) bool { return w.ID == id })
	if i < 0 {
		return v, w, fmt.Errorf("waiver %s: %w", id, candor.ErrNotFound)
	}
	return v, v.Waivers[i], nil
}

func (o *office) askEndWaiver(r *web.Request) (web.View, error) {
	v, w, err := o.waiverOf(r)
	if err != nil {
		return web.View{}, err
	}
	path := gatePath(v.Site.ID)
	return web.Confirm(gateFrame(r, v.Site, r.T("office.gate.end")), ui.Confirmation{ID: "end-waiver", Title: r.T("office.gate.end.title", phrase.Args{"check": checkName(r, w.Check), "site": v.Site.Name}),
		What: []string{r.T("office.gate.end.what"), r.T("office.gate.back.record")}, Undo: r.T("office.gate.end.undo"), URL: path + "/waivers/" + string(w.ID) + "/end", Fields: r.Fields(),
		Submit: r.T("office.gate.end"), Destructive: true, Page: path + "/waivers/" + string(w.ID) + "/end", Back: path}), nil
}

func (o *office) endWaiver(r *web.Request) (web.View, error) {
	v, w, err := o.waiverOf(r)
	if err != nil {
		return web.View{}, err
	}
	if err := o.house.EndWaiver(r.Context(), r.Who, v.Site.ID, w.ID); err != nil {
		return web.View{}, err
	}
	return web.See(gatePath(v.Site.ID)).Say(ui.Good, r.T("office.gate.end.done", phrase.Args{"check": checkName(r, w.Check)})), nil
}

// The periods of a policy, as the form has them: in days.
const dayLong = 24 * time.Hour

func (o *office) gatePolicy(r *web.Request) (web.View, error) {
	p, err := o.house.GatePolicy(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	days := func(d candor.Period) string { return r.Printer.Span(time.Duration(d)) }
	facts := []ui.Fact{{Label: r.T("office.gate.policy.grace"), Value: ui.Text(days(p.Grace))}, {Label: r.T("office.gate.policy.stale"), Value: ui.Text(days(p.Stale))}, {Label: r.T("office.gate.policy.longest"), Value: ui.Text(days(p.LongestWaiver))}}
	t := ui.Table{ID: "required", Caption: r.T("office.gate.checks"), Columns: []ui.Column{column("check", r.T("office.gate.check")), minor(column("clause", r.T("office.gate.clause"))), column("sensor", r.T("office.gate.sensor")),
		column("required", r.T("office.gate.required")), column("by", r.T("office.gate.by")), wide(column("reason", r.T("office.gate.reason"))), minor(column("at", r.T("office.gate.since")))}}
	n := o.names(r)
	for _, c := range gate.Checks() {
		sensor, required, by, reason, at := ui.Text(r.T("office.yes")), ui.Badge(r.T("office.gate.required.yes"), ui.Accent), ui.Absent(), ui.Absent(), ui.Absent()
		if !c.Sensor {
			sensor = ui.Badge(r.T("office.gate.sensor.no"), ui.Unknown)
		}
		if i := leftOut(p, c.ID); i >= 0 {
			x := p.NotRequired[i]
			required, by, reason, at = ui.Badge(r.T("office.gate.required.no"), ui.Warn), whole(n.who(x.By)), ui.Text(x.Reason), ui.Time(x.At)
		}
		t.Rows = append(t.Rows, ui.Row{Key: c.ID, Label: checkName(r, c.ID), Cells: cells(whole(checkName(r, c.ID)), whole(c.Clause), sensor, required, by, reason, at)})
	}
	page := ui.Page{Title: r.T("office.gate.policy"), Active: "gate", Lead: r.T("office.gate.policy.lead"), Crumbs: []ui.Link{{Text: r.T("office.gate"), Href: "/gate"}}}
	if r.May(access.ManagePolicy) {
		page.Actions = ui.ButtonLink(ui.Link{Text: r.T("ui.edit"), Href: "/gate/policy/edit"}, ui.Primary, "")
	}
	return web.View{Page: page, Body: gatePolicyPage(facts, t)}, nil
}

func leftOut(p gate.Policy, check string) int {
	return slices.IndexFunc(p.NotRequired, func(x gate.Exemption) bool { return x.Check == check })
}

// gatePolicyForm is the form of the policy: days, and a reason for each check
// that is left out.
type gatePolicyForm struct {
	form
	checks []gate.Check
}

func (o *office) editGatePolicy(r *web.Request) (web.View, error) {
	p, err := o.house.GatePolicy(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	days := func(d candor.Period) string { return strconv.Itoa(int(time.Duration(d) / dayLong)) }
	f := given("grace", days(p.Grace), "stale", days(p.Stale), "longest", days(p.LongestWaiver))
	for _, x := range p.NotRequired {
		f.values["not-"+x.Check] = x.Reason
	}
	return gatePolicyView(r, f), nil
}

func gatePolicyView(r *web.Request, f form) web.View {
	page := ui.Page{Title: r.T("office.gate.policy.edit"), Active: "gate", Lead: r.T("office.gate.policy.edit.lead"), Crumbs: []ui.Link{{Text: r.T("office.gate"), Href: "/gate"}, {Text: r.T("office.gate.policy"), Href: "/gate/policy"}}}
	v := web.View{Page: page, Body: gatePolicyEdit(gatePolicyForm{f, gate.Checks()})}
	if f.bad() {
		v = v.Again()
	}
	return v
}

func (o *office) setGatePolicy(r *web.Request) (web.View, error) {
	fields := []string{"grace", "stale", "longest"}
	for _, c := range gate.Checks() {
		fields = append(fields, "not-"+c.ID)
	}
	f := typed(r, fields...)
	days := func(field string) candor.Period {
		n, err := r.Int(field)
		if err != nil || n < 0 || n > 366 {
			f.refuse(field, r.T("office.gate.policy.bad"))
			return 0
		}
		return candor.Period(time.Duration(n) * dayLong)
	}
	p := gate.Policy{Grace: days("grace"), Stale: days("stale"), LongestWaiver: days("longest")}
	for _, c := range gate.Checks() {
		if reason := f.values["not-"+c.ID]; reason != "" {
			p.NotRequired = append(p.NotRequired, gate.Exemption{Check: c.ID, Reason: reason})
		}
	}
	if !f.bad() {
		_, err := o.house.SetGatePolicy(r.Context(), r.Who, p)
		if err == nil {
			return web.See("/gate/policy").Say(ui.Good, r.T("office.gate.policy.saved")), nil
		}
		if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
	}
	return gatePolicyView(r, f), nil
}

// lastDay is the field for the day on which a waiver ends.
func lastDay(ctx context.Context, f waiverForm) ui.Input {
	in := of("date", f.input("until", phrase.T(ctx, "office.gate.until"), phrase.T(ctx, "office.gate.until.hint", phrase.Args{"days": f.longest})))
	in.Min, in.Max = f.first, f.last
	return in
}

// inDays is a field for a number of days.
func inDays(ctx context.Context, in ui.Input) ui.Input {
	in = of("number", in)
	in.Min, in.Max, in.Unit, in.Short = "0", "366", phrase.T(ctx, "office.gate.policy.unit"), true
	return in
}

// clauseHint says where a check stands, and whether the desk can measure it.
func clauseHint(ctx context.Context, c gate.Check) string {
	key := "office.gate.clause.sensor"
	if !c.Sensor {
		key = "office.gate.clause.none"
	}
	return phrase.From(ctx).T(key, phrase.Args{"clause": c.Clause})
}
