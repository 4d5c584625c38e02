package office

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addForwards adds what is passed on to others of reports, and the consents of
// reporters that it rests on.
func (o *office) addForwards() {
	s := o.site
	s.Action("POST /reports/{id}/holders", actCases, o.findHolders)
	s.Action("POST /reports/{id}/forwards/{forward}", actCases, o.decideForward)
	s.Page("GET /reporter-consents", readCases, func(r *web.Request) (web.View, error) { return o.forwardConsents(r, given()) })
	s.Action("POST /reporter-consents", manageParties, o.agreeForwards)
	s.Action("POST /reporter-consents/{consent}/withdraw", manageParties, o.endForwardConsent)
}

const forwardConsentsPath = "/reporter-consents"

// mostForwards is how many forwards of a report its page shows.
const mostForwards = 50

// forwardPart is the part of a report's page about what belongs to others.
type forwardPart struct {
	report  candor.ID
	table   ui.Table
	chosen  *forwardCard
	unheld  bool // nobody was looked for yet of something
	may     bool
	said    string // what the reporter said of passing it on
	foreign bool   // anything of it belongs to others
}

// forwardCard is one that is passed on, or may be.
type forwardCard struct {
	house.ForwardView
	form
	facts   []ui.Fact
	open    bool // a person can decide
	preview candor.Letter
	named   bool // what is shown is with the reporter's name
	failed  string
}

// forwards words what of a report belongs to others; back is a form that came back,
// of the forward that it names.
func (o *office) forwards(r *web.Request, report candor.Report, chosen candor.ID, back form) (forwardPart, error) {
	d := forwardPart{report: report.ID, may: r.May(access.ActCases)}
	page, err := o.house.Forwards(r.Context(), r.Who, candor.ForwardFilter{Report: report.ID}, candor.Cut{Limit: mostForwards})
	if err != nil {
		return d, err
	}
	if d.unheld, err = o.house.Unheld(r.Context(), r.Who, report.ID); err != nil {
		return d, err
	}
	if d.foreign = len(page.Items) > 0 || d.unheld; !d.foreign {
		return d, nil
	}
	said, err := o.house.ReporterSaid(r.Context(), r.Who, report.ID)
	if err != nil {
		return d, err
	}
	if said != nil {
		d.said = saidWord(r, *said)
	}
	all := page.Items
	slices.SortStableFunc(all, func(a, b house.ForwardView) int { return order(a) - order(b) })
	d.table = forwardTable(r, all)
	i := slices.IndexFunc(all, func(v house.ForwardView) bool { return v.ID == chosen })
	if i < 0 && chosen == "" {
		i = 0
	}
	if i >= 0 && len(all) > 0 {
		if d.chosen, err = o.forwardCard(r, all[i], d.may); err != nil {
			return d, err
		}
		if chosen == all[i].ID && back.bad() {
			d.chosen.form = back
		}
	}
	return d, nil
}

// order puts first what a person has to decide about.
func order(v house.ForwardView) int { return slices.Index(candor.ForwardStates(), v.State) }

func saidWord(r *web.Request, c candor.ForwardConsent) string {
	switch {
	case !c.Yes:
		return r.T("office.forwards.said.no")
	case c.Named && c.Unconfirmed:
		return r.T("office.forwards.said.unconfirmed")
	case c.Named:
		return r.T("office.forwards.said.named")
	}
	return r.T("office.forwards.said.yes")
}

func forwardTable(r *web.Request, all []house.ForwardView) ui.Table {
	t := ui.Table{ID: "forwards", Caption: r.T("office.forwards"), Empty: ui.Situation{Title: r.T("office.forwards.none")}, Columns: []ui.Column{
		wide(column("to", r.T("office.forwards.to"))), column("state", r.T("office.state")), number(column("complaints", r.T("office.reports.complaints"))),
		minor(column("found", r.T("office.forwards.found"))), minor(column("updated", r.T("office.forwards.updated")))}}
	for _, v := range all {
		to := cmp.Or(v.Holder, r.T("office.forwards.nobody"))
		t.Rows = append(t.Rows, ui.Row{Key: string(v.ID), Label: to, Href: forwardPath(v.Forward), Muted: v.State == candor.ForwardRefused,
			Cells: cells(anchor(to, forwardPath(v.Forward)), forwardBadge(r, v), ui.Number(v.Count, ""), foundBy(r, v.Contacts), ui.Time(v.Updated))})
	}
	return t
}

func forwardPath(f candor.Forward) string {
	return reportPath(f.Report) + "?forward=" + string(f.ID) + "#forward-title"
}

func forwardBadge(r *web.Request, v house.ForwardView) templ.Component {
	progress := v.Progress()
	tone := map[string]ui.Tone{string(candor.ForwardPerson): ui.Warn, house.ForwardBounced: ui.Bad, house.ForwardFailed: ui.Bad, house.ForwardArrived: ui.Good, house.ForwardAnswered: ui.Good,
		string(candor.ForwardApproved): ui.Accent, house.ForwardQueued: ui.Accent}[progress]
	return ui.Badge(r.Printer.Word("office.forwards.state.", progress), tone)
}

// foundBy says how a holder was found.
func foundBy(r *web.Request, all []candor.Holder) templ.Component {
	if len(all) == 0 {
		return ui.Absent()
	}
	return whole(r.Printer.Word("office.forwards.of.", all[0].Of) + " · " + cmp.Or(all[0].Handle, all[0].Name))
}

// forwardCard words one, with the mail as it was sent or would be.
func (o *office) forwardCard(r *web.Request, v house.ForwardView, may bool) (*forwardCard, error) {
	c := &forwardCard{ForwardView: v, form: given("to", v.Holder), facts: o.forwardFacts(r, v), preview: v.Letter, named: v.Basis.Named,
		open: may && (v.State == candor.ForwardWaiting || v.State == candor.ForwardPerson)}
	if v.State == candor.ForwardSent || v.State == candor.ForwardRefused {
		return c, nil
	}
	c.named = v.Basis.Named || r.Query("named") == "yes"
	var err error
	c.preview, err = o.house.PreviewForward(r.Context(), r.Who, v.ID, c.named)
	if c.failed = refusal(r, err); c.failed != "" {
		err = nil
	}
	return c, err
}

func (o *office) forwardFacts(r *web.Request, v house.ForwardView) []ui.Fact {
	facts := []ui.Fact{{Label: r.T("office.state"), Value: forwardBadge(r, v)}}
	add := func(label string, value templ.Component) {
		facts = append(facts, ui.Fact{Label: label, Value: value})
	}
	if v.Why != "" {
		add(r.T("office.complaints.why"), ui.Text(r.Printer.Word("office.forwards.why.", v.Why)))
	}
	if len(v.Contacts) > 0 {
		add(r.T("office.forwards.who"), ui.Text(cmp.Or(v.Contacts[0].Name, v.Contacts[0].Handle)))
	}
	for _, c := range v.Contacts[:min(len(v.Contacts), 5)] {
		said := r.T("office.forwards.said.by", phrase.Args{"of": r.Printer.Word("office.forwards.of.", c.Of), "contacts": strings.Join(append(slices.Clone(c.Mails), c.Pages...), ", ")})
		if !c.Abuse {
			said += " " + r.T("office.forwards.notabuse")
		}
		add(r.T("office.forwards.found"), ui.Together(ui.Text(said), ui.Mono(c.Source), ui.Time(c.Asked)))
	}
	if v.Basis.How != "" {
		basis := r.Printer.Word("office.forwards.how.", v.Basis.How)
		if v.Basis.Ground != "" {
			basis += ": " + v.Basis.Ground
		}
		add(r.T("office.forwards.basis"), ui.Text(basis))
		add(r.T("office.forwards.reporter"), ui.Text(namedWord(r, v.Basis.Named)))
	}
	if v.By != "" {
		add(r.T("office.reports.by"), ui.Text(o.names(r).who(v.By)))
	}
	if m := v.Message; m != nil {
		add(r.T("office.forwards.mailed"), ui.Time(cmp.Or(m.Sent, m.Created)))
		if m.Error != "" {
			add(r.T("office.forwards.error"), ui.Text(m.Error))
		}
	}
	for _, a := range v.Answers {
		key := r.T("office.forwards.answer")
		if a.Automatic {
			key = r.T("office.forwards.answer.automatic")
		}
		add(key, ui.Together(anchor(r.T("office.forwards.answer.open"), reportPath(a.Report)), ui.Time(a.At)))
	}
	return facts
}

func namedWord(r *web.Request, named bool) string {
	if named {
		return r.T("office.forwards.named")
	}
	return r.T("office.forwards.unnamed")
}

func (o *office) findHolders(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err == nil {
		err = o.house.FindHolders(r.Context(), r.Who, id)
	}
	return web.See(reportPath(id)).Say(ui.Good, r.T("office.forwards.looked")), err
}

// decideForward has a person say that something is passed on, and on what ground, or
// that it is not.
func (o *office) decideForward(r *web.Request) (web.View, error) {
	f := typed(r, "to", "ground")
	report, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	id, err := r.ID("forward")
	if err != nil {
		return web.View{}, err
	}
	v, err := o.house.ForwardView(r.Context(), r.Who, id)
	if err == nil && v.Report != report {
		err = fmt.Errorf("forward %s of report %s: %w", id, report, candor.ErrNotFound)
	}
	if err != nil {
		return web.View{}, err
	}
	version, err := r.Int("version")
	if err != nil {
		return web.View{}, err
	}
	back := forwardPath(v.Forward)
	if r.Line("do") == "refuse" {
		return web.See(back).Say(ui.Good, r.T("office.forwards.refused")), o.house.RefuseForward(r.Context(), r.Who, id, version, f.values["ground"])
	}
	if f.values["ground"] == "" {
		f.refuse("ground", r.T("office.forwards.ground.empty"))
	}
	if v.Holder == "" || f.values["to"] != v.Holder {
		f.mail(r, "to")
	}
	if !f.bad() {
		err := o.house.PassOn(r.Context(), r.Who, id, house.Passing{To: f.values["to"], Ground: f.values["ground"], Named: r.Yes("named"), Version: version})
		if err == nil {
			return web.See(back).Say(ui.Good, r.T("office.forwards.passed")), nil
		}
		if errors.Is(err, candor.ErrExists) {
			f.refuse("to", r.T("office.forwards.exists"))
		} else if errors.Is(err, candor.ErrDenied) || errors.Is(err, candor.ErrUnavailable) {
			f.failed = plain(err) + ". " + candor.Hint(err)
		} else if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
	}
	return o.reportForward(r, id, f)
}

// reporterConsents is the page of the standing consents of reporters.
type reporterConsents struct {
	form
	rows []reporterConsent
	may  bool
}

type reporterConsent struct {
	candor.ForwardConsent
	facts []ui.Fact
}

func (o *office) forwardConsents(r *web.Request, back form) (web.View, error) {
	all, err := o.house.ForwardConsents(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	d := reporterConsents{form: back, may: r.May(access.ManageParties)}
	names := o.names(r)
	for _, c := range all {
		facts := []ui.Fact{{Label: r.T("office.forwards.ground"), Value: ui.Text(c.Ground)}, {Label: r.T("office.forwards.reporter"), Value: ui.Text(namedWord(r, c.Named))},
			{Label: r.T("office.forwards.given"), Value: ui.Time(c.Given)}, {Label: r.T("office.reports.by"), Value: ui.Text(names.who(c.By))}}
		if !c.Withdrawn.IsZero() {
			facts = append(facts, ui.Fact{Label: r.T("office.forwards.withdrawn"), Value: ui.Time(c.Withdrawn)})
		}
		d.rows = append(d.rows, reporterConsent{c, facts})
	}
	v := web.View{Body: reporterConsentsBody(d), Page: ui.Page{Title: r.T("office.forwards.consents"), Active: "reports", Lead: r.T("office.forwards.consents.lead"), Crumbs: []ui.Link{{Text: r.T("office.reports"), Href: "/reports"}}}}
	if r.May(access.ReadPeople) {
		v.Page.Actions = ui.ButtonLink(ui.Link{Text: r.T("office.reporter.tokens"), Href: reporterTokensPath}, ui.Plain, "")
	}
	if back.bad() {
		v = v.Again()
	}
	return v, nil
}

func (o *office) agreeForwards(r *web.Request) (web.View, error) {
	f := typed(r, "reporter", "ground")
	if f.values["ground"] == "" {
		f.refuse("ground", r.T("office.forwards.ground.empty"))
	}
	if f.values["reporter"] == "" {
		f.refuse("reporter", r.T("office.forwards.reporter.empty"))
	}
	if !f.bad() {
		_, err := o.house.AgreeForwards(r.Context(), r.Who, f.values["reporter"], f.values["ground"], r.Yes("named"))
		if err == nil {
			return web.See(forwardConsentsPath).Say(ui.Good, r.T("office.forwards.agreed")), nil
		}
		if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
	}
	return o.forwardConsents(r, f)
}

func (o *office) endForwardConsent(r *web.Request) (web.View, error) {
	id, err := r.ID("consent")
	if err == nil {
		err = o.house.EndForwardConsent(r.Context(), r.Who, id)
	}
	return web.See(forwardConsentsPath).Say(ui.Good, r.T("office.forwards.ended")), err
}
