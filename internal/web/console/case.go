package console

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/regex"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// What a case shows at most; lists of the rest are a link away.
const (
	mostFindings = 20
	mostEvents   = 100
	mostRecords  = 25
)

// label is a case's number as people write it.
var label = regex.Of(`^[Cc]-?([0-9]{1,18})$`)

// byLabel finds a case by the number that people say.
func (c *console) byLabel(r *web.Request, word string) (candor.Case, error) {
	m := label.FindStringSubmatch(word)
	if m == nil {
		return candor.Case{}, fmt.Errorf("case %.40q: %w", word, candor.ErrNotFound)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return candor.Case{}, fmt.Errorf("case %.40q: %w", word, candor.ErrNotFound)
	}
	return c.house.Store.CaseByNumber(r.Context(), r.Who.Scope(), n)
}

// theCase tells a case like a story.
func (c *console) theCase(r *web.Request) (web.View, error) {
	if word := r.PathValue("id"); label.MatchString(word) {
		found, err := c.byLabel(r, word)
		return web.See(casePath(found.ID)), err
	}
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	return c.tell(r, id, draft{})
}

// tell shows a case; the draft is that of a form on the page that came back.
func (c *console) tell(r *web.Request, id candor.ID, d draft) (web.View, error) {
	v, err := c.house.Case(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	s, err := c.story(r, v, d)
	if err != nil {
		return web.View{}, err
	}
	p := casePage(r, v.Case)
	p.Crumbs = p.Crumbs[:1]
	p.Actions = s.actions()
	p.Commands = s.commands()
	return web.View{Page: p, Body: storyBody(s)}, nil
}

// casePage is the frame of a page about a case.
func casePage(r *web.Request, c candor.Case) ui.Page {
	return ui.Page{Title: c.Label() + " · " + r.Printer.CaseTitle(c.Title), Active: "cases",
		Crumbs: []ui.Link{{Text: r.T("console.cases"), Href: "/cases?open=yes"}, {Text: c.Label(), Href: casePath(c.ID)}}}
}

// story is a case as its page tells it.
type story struct {
	house.CaseView
	r     *web.Request
	names *names
	draft draft
	href  string
	may   bool // change something
	// Parts of the page.
	facts, party                            []ui.Fact
	seen                                    string
	findings, deadlines, responses, records ui.Table
	moreFindings, moreEvents                string
	contacts, agreements                    []string
	tasks                                   taskList
	events                                  []ui.Event
	staff                                   []ui.Option
	questions                               []ui.Confirmation
	methods                                 []string
	uploads                                 []candor.Upload // that the party, or a ticket, handed in
	reported                                ui.Table        // what others reported of it
	ladder                                  ladderPart
}

func (c *console) story(r *web.Request, v house.CaseView, d draft) (*story, error) {
	s := &story{CaseView: v, r: r, names: c.names(r), draft: d, href: casePath(v.Case.ID), may: r.May(access.ActCases), methods: methodsFor(c.house.Methods, v.Asset)}
	var err error
	if s.uploads, err = c.house.CaseUploads(r.Context(), r.Who, v.Case.ID); err != nil {
		return nil, err
	}
	if s.reported, err = c.reportedTable(r, v.Case.ID); err != nil {
		return nil, err
	}
	if s.ladder, err = c.ladderPart(r, v.Case); err != nil {
		return nil, err
	}
	if !v.Case.Class.Incident() {
		s.methods = nil
	}
	s.names.party[v.Party.ID], s.names.asset[v.Asset.ID] = v.Party.Name, v.Asset.Name
	s.tellFacts()
	s.tellFindings()
	s.tellParty()
	s.tellDeadlines()
	s.responses = responseTable(r, s.names, tableOf{id: "responses", few: true}, v.Responses)
	s.addBasis()
	s.tasks = tasksOf(r, s.names, v.Case.ID, v.Tasks, s.may)
	s.tellEvents()
	s.tellRecords()
	if !s.may {
		return s, nil
	}
	staff, err := c.staff(r)
	if err != nil {
		return nil, err
	}
	s.staff = append([]ui.Option{{Label: r.T("console.nobody")}}, staff...)
	if len(v.Next) > 0 {
		s.questions = append(s.questions, c.stateForm().question(r, v, draft{}))
	}
	return s, nil
}

// staff are the people to whom a case can be assigned, whoever asks first.
func (c *console) staff(r *web.Request) ([]ui.Option, error) {
	all, err := c.house.Staff(r.Context(), r.Who)
	if err != nil {
		return nil, err
	}
	out := make([]ui.Option, 0, len(all))
	for _, u := range all {
		if u.ID == r.Who.User {
			out = slices.Insert(out, 0, ui.Option{Value: string(u.ID), Label: r.T("console.me", phrase.Args{"name": u.Name})})
			continue
		}
		out = append(out, ui.Option{Value: string(u.ID), Label: u.Name})
	}
	return out, nil
}

func (s *story) tellFacts() {
	c, r := s.Case, s.r
	add := func(label string, value templ.Component) {
		s.facts = append(s.facts, ui.Fact{Label: label, Value: value})
	}
	asset := anchor(s.Asset.Name, assetPath(s.Asset.ID))
	if s.Asset.ObserveOnly {
		asset = ui.Together(asset, ui.Badge(r.T("console.observe"), ui.Accent))
	}
	if c.Class.Incident() {
		add(r.T("console.asset"), asset)
	}
	add(r.T("console.party"), anchor(s.Party.Name, partyPath(s.Party.ID)))
	add(r.T("console.assignee"), ui.OrAbsent(s.names.userName(c.Assignee)))
	add(r.T("console.class"), ui.Class(c.Class))
	if c.Nature != "" {
		add(r.T("console.nature"), ui.Nature(c.Nature))
	}
	if c.Class.Incident() {
		add(r.T("console.sure"), ui.Together(ui.Text(sureness(r.Printer, c.Confidence)), ui.Confidence(c.Confidence)))
	} else {
		s.tellAsked(add)
	}
	add(r.T("console.opened"), ui.Time(c.Opened))
	add(r.T("console.updated"), ui.Time(c.Updated))
	if !c.Closed.IsZero() {
		add(r.T("console.closed"), ui.Time(c.Closed))
	}
}

// tellAsked tells which terms are asked about.
func (s *story) tellAsked(add func(string, templ.Component)) {
	for _, e := range s.Events {
		if e.Kind != candor.EventQuestion {
			continue
		}
		if a := candor.ReadAboutTerms(e); a.Document != "" {
			add(s.r.T("console.asked.terms"), ui.Mono(a.Document))
			if a.Clause != "" {
				add(s.r.T("console.asked.clause"), ui.Mono(a.Clause))
			}
		}
		return
	}
}

// incident tells whether the case is one.
func (s *story) incident() bool { return s.Case.Class.Incident() }

// answers tells whether whoever reads it can answer what the party asked.
func (s *story) answers() bool { return s.may && !s.incident() && s.Case.State.Open() }

// tellFindings shows the gravest that are still there first.
func (s *story) tellFindings() {
	r, all := s.r, slices.Clone(s.Findings)
	slices.SortStableFunc(all, func(a, b candor.FiledFinding) int {
		return cmp.Or(cmp.Compare(state(a), state(b)), -cmp.Compare(a.Severity, b.Severity), a.First.Compare(b.First))
	})
	var first, last time.Time
	for _, f := range all {
		if first.IsZero() || f.First.Before(first) {
			first = f.First
		}
		if f.Last.After(last) {
			last = f.Last
		}
	}
	if len(all) > 0 {
		s.seen = r.N("console.seen", len(all), phrase.Args{"open": s.Case.Open, "first": r.Printer.Ago(r.Now, first), "last": r.Printer.Ago(r.Now, last)})
	}
	if more := len(all) - mostFindings; more > 0 {
		s.moreFindings = r.N("console.findings.more", more)
		all = all[:mostFindings]
	}
	s.findings = ui.Table{ID: "findings", Caption: r.T("console.findings"), Empty: ui.Situation{Title: r.T("console.findings.none")}, Columns: []ui.Column{
		wide(column("what", r.T("console.case.what"))), column("severity", r.T("console.severity")), column("state", r.T("console.state")),
		minor(column("digest", r.T("console.content"))), minor(column("last", r.T("console.last")))}}
	for _, f := range all {
		open := f.State == candor.FindingOpen
		s.findings.Rows = append(s.findings.Rows, ui.Row{Key: string(f.ID), Label: f.Rule, Href: findingPath(f.ID), Muted: !open, Cells: cells(
			foundCell(f, s.may && open), ui.Severity(f.Severity), ui.FindingState(f.State), digest(f.SHA256), ui.Time(f.Last))})
	}
}

// state orders findings: those that are there come first.
func state(f candor.FiledFinding) int { return slices.Index(candor.FindingStates(), f.State) }

func (s *story) tellParty() {
	r, p := s.r, s.Party
	s.party = []ui.Fact{{Label: r.T("console.party.kind"), Value: ui.Text(r.Printer.T("party.kind." + string(p.Kind)))}}
	if p.Reference != "" {
		s.party = append(s.party, ui.Fact{Label: r.T("console.party.reference"), Value: ui.Mono(p.Reference)})
	}
	if p.Language != "" {
		s.party = append(s.party, ui.Fact{Label: r.T("ui.language"), Value: ui.Mono(p.Language)})
	}
	for _, c := range p.Contacts {
		text := c.Address
		if c.Name != "" {
			text = c.Name + " · " + text
		}
		if c.Purpose != "" {
			text += " (" + r.Printer.Word("console.purpose.", c.Purpose) + ")"
		}
		s.contacts = append(s.contacts, text)
	}
	for _, a := range s.Agreements {
		if !a.InForce(r.Now) {
			continue
		}
		allows := make([]string, len(a.Allows))
		for i, m := range a.Allows {
			allows[i] = methodName(r.Printer, m)
		}
		s.agreements = append(s.agreements, r.T("console.agreement", phrase.Args{"terms": a.Terms, "version": a.Version,
			"date": r.Printer.Date(a.Accepted, r.Zone), "allows": list(r.Printer, allows)}))
	}
}

// list writes words one after the other.
func list(p phrase.Printer, all []string) string {
	if len(all) == 0 {
		return p.T("ui.none")
	}
	out := all[0]
	for _, s := range all[1:] {
		out += p.T("console.comma") + s
	}
	return out
}

func (s *story) tellDeadlines() {
	r := s.r
	s.deadlines = ui.Table{ID: "deadlines", Caption: r.T("console.deadlines"), Empty: ui.Situation{Title: r.T("console.deadlines.none")}, Columns: []ui.Column{
		wide(column("rule", r.T("console.deadline"))), column("state", r.T("console.state")), column("due", r.T("console.due"))}}
	reported := s.may && len(reports(r, s.CaseView)) > 0
	if reported {
		s.deadlines.Columns = append(s.deadlines.Columns, column("step", r.T("console.step")))
	}
	for _, d := range s.Deadlines {
		running := d.Outstanding()
		row := cells(ui.Text(ruleName(r.Printer, d.Rule)), ui.DeadlineState(d.State), when(running, ui.Due(d.Due), ui.Time(d.Due)))
		switch {
		case reported && running && toAuthority(d.Rule):
			row = append(row, stepLink(r.T("console.submitted.mark"), s.href+"/submitted?rule="+d.Rule))
		case reported:
			row = append(row, ui.Absent())
		}
		s.deadlines.Rows = append(s.deadlines.Rows, ui.Row{Key: string(d.ID), Label: ruleName(r.Printer, d.Rule), Muted: !running && d.State != candor.DeadlineMissed, Cells: row})
	}
}

// addBasis says of each response on what it rests.
func (s *story) addBasis() {
	t := &s.responses
	t.Columns = []ui.Column{t.Columns[0], t.Columns[1], t.Columns[4]}
	for i, x := range s.Responses {
		c := t.Rows[i].Cells
		t.Rows[i].Cells = cells(ui.Together(below(methodName(s.r.Printer, x.Method), responsePath(x.ID), basis(s.r.Printer, s.r.Zone, x.Basis)), failed(x)), c[1], c[4])
	}
}

func (s *story) tellRecords() {
	r := s.r
	s.records = ui.Table{ID: "records", Caption: r.T("console.evidence"), Columns: []ui.Column{
		number(column("index", r.T("console.evidence.index"))), wide(column("kind", r.T("console.evidence.kind"))), column("actor", r.T("console.evidence.actor")),
		minor(column("blobs", r.T("console.evidence.blobs"))), column("at", r.T("console.evidence.at"))}}
	for _, l := range s.Records[:min(len(s.Records), mostRecords)] {
		index := quiet(r.T("console.evidence.waits"))
		if l.Index >= 0 {
			index = anchor(r.Printer.Number(l.Index), recordPath(l.ID))
		}
		blobs := make([]templ.Component, 0, len(l.Blobs))
		for _, b := range l.Blobs[:min(len(l.Blobs), 3)] {
			blobs = append(blobs, ui.Digest(b))
		}
		if len(blobs) == 0 {
			blobs = append(blobs, ui.Absent())
		}
		s.records.Rows = append(s.records.Rows, ui.Row{Key: string(l.ID), Label: r.Printer.Word("console.record.", string(l.Kind)), Href: recordPath(l.ID),
			Cells: cells(index, ui.Text(r.Printer.Word("console.record.", string(l.Kind))), ui.OrAbsent(s.names.who(l.Actor)), ui.Together(blobs...), ui.Time(l.At))})
	}
}

func recordPath(id candor.ID) string { return "/evidence/" + string(id) }
