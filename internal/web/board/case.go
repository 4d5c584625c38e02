package board

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/web"
	"candor/internal/web/ui"
)

type caseData struct {
	href, version, assignee                 string
	mayAct                                  bool
	facts                                   []ui.Fact
	next, staff                             []ui.Option
	methods                                 []string
	findings, responses, deadlines, records ui.Table
	tasks                                   []candor.Task
	events                                  []ui.Event
}

// theCase tells a case like a story.
func (b *board) theCase(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, err := b.Case(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	d := caseData{href: "/cases/" + string(id), version: strconv.FormatInt(v.Case.Version, 10), assignee: string(v.Case.Assignee), mayAct: r.May(access.ActCases),
		facts: caseFactsOf(r, v), methods: b.Methods, tasks: v.Tasks, findings: findingTable(r, "findings", v.Findings), responses: responseTable(r, "responses", v.Responses),
		deadlines: deadlineTable(r, v.Deadlines), records: recordTable(r, "records", v.Records), next: options(r, "case.state.", v.Next)}
	if d.mayAct {
		staff, err := b.Staff(r.Context(), r.Who)
		if err != nil {
			return web.View{}, err
		}
		d.staff = append(d.staff, ui.Option{Label: r.T("board.nobody")})
		for _, u := range staff {
			d.staff = append(d.staff, ui.Option{Value: string(u.ID), Label: u.Name})
		}
	}
	d.events = b.events(r, v.Events)
	p := page("cases", v.Case.Label()+" "+v.Case.Title)
	p.Crumbs = []ui.Link{{Text: r.T("board.cases"), Href: "/cases"}}
	return web.View{Page: p, Body: casePage(d)}, nil
}

func caseFactsOf(r *web.Request, v house.CaseView) []ui.Fact {
	c := v.Case
	facts := []ui.Fact{
		{Label: r.T("board.state"), Value: ui.State(c.State)},
		{Label: r.T("board.severity"), Value: ui.Severity(c.Severity)},
		{Label: r.T("board.class"), Value: ui.Class(c.Class)},
	}
	if c.Nature != "" {
		facts = append(facts, ui.Fact{Label: r.T("board.nature"), Value: ui.Nature(c.Nature)})
	}
	facts = append(facts,
		ui.Fact{Label: r.T("board.confidence"), Value: ui.Confidence(c.Confidence)},
		ui.Fact{Label: r.T("board.site"), Value: ui.Anchor(ui.Link{Text: v.Asset.Name, Href: "/sites/" + string(v.Asset.ID)})},
		ui.Fact{Label: r.T("board.party"), Value: ui.Anchor(ui.Link{Text: v.Party.Name, Href: "/parties/" + string(v.Party.ID)})},
		ui.Fact{Label: r.T("board.opened"), Value: ui.Time(c.Opened)},
	)
	if !c.Due.IsZero() {
		facts = append(facts, ui.Fact{Label: r.T("board.due"), Value: ui.Due(c.Due)})
	}
	if v.Assignee.Name != "" {
		facts = append(facts, ui.Fact{Label: r.T("board.assignee"), Value: ui.Text(v.Assignee.Name)})
	}
	for _, a := range v.Agreements {
		if a.InForce(r.Now) {
			facts = append(facts, ui.Fact{Label: r.T("board.basis"), Value: ui.Text(a.Terms + " " + a.Version)})
		}
	}
	for _, l := range v.Linked {
		facts = append(facts, ui.Fact{Label: r.T("board.linked"), Value: ui.Anchor(ui.Link{Text: l.Label(), Href: "/cases/" + string(l.ID)})})
	}
	return facts
}

func deadlineTable(r *web.Request, all []candor.Deadline) ui.Table {
	t := ui.Table{ID: "deadlines", Caption: r.T("board.case.due"), Empty: ui.Situation{Title: r.T("board.deadlines.none")},
		Columns: []ui.Column{{Key: "rule", Label: r.T("board.deadline"), Wide: true}, {Key: "state", Label: r.T("board.state")}, {Key: "due", Label: r.T("board.due")}}}
	for _, d := range all {
		due := ui.Time(d.Due)
		if d.State == candor.DeadlineRunning {
			due = ui.Due(d.Due)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(d.ID), Label: d.Rule, Cells: cells(ui.Text(ruleName(r, d.Rule)), ui.DeadlineState(d.State), due)})
	}
	return t
}

// ruleName words the name of a deadline's rule; an operator's own stays.
func ruleName(r *web.Request, rule string) string {
	if strings.HasPrefix(rule, "customer-") {
		rule = "customer"
	}
	if key := "board.rule." + rule; r.Printer.Has(key) {
		return r.T(key)
	}
	return rule
}

func recordTable(r *web.Request, id string, all []candor.Logged) ui.Table {
	t := ui.Table{ID: id, Caption: r.T("board.evidence"), Sort: r.Query(ui.SortParameter), Empty: ui.Situation{Title: r.T("board.records.none")},
		Columns: []ui.Column{{Key: "kind", Label: r.T("board.record"), Wide: true}, {Key: "actor", Label: r.T("board.actor"), Minor: true}, {Key: "at", Label: r.T("board.at"), Sortable: true, Largest: true}, {Key: "index", Label: r.T("board.index"), Number: true}}}
	for _, l := range all {
		index := ui.Badge(r.T("board.waiting"), ui.Unknown)
		if l.Index >= 0 {
			index = ui.Number(l.Index, "")
		}
		href := "/evidence/" + string(l.ID)
		t.Rows = append(t.Rows, ui.Row{Key: string(l.ID), Label: string(l.Kind), Href: href, Cells: cells(
			ui.Anchor(ui.Link{Text: word(r, "board.record.", string(l.Kind)), Href: href}), ui.Mono(l.Actor), ui.Time(l.At), index)})
	}
	return t
}

// events words the timeline.
func (b *board) events(r *web.Request, all []candor.Event) []ui.Event {
	icons := map[candor.EventKind]string{candor.EventOpened: "plus", candor.EventFinding: "findings", candor.EventGone: "check", candor.EventState: "next",
		candor.EventAssigned: "user", candor.EventComment: "comment", candor.EventQuestion: "question", candor.EventContest: "warning", candor.EventFixed: "good",
		candor.EventRescan: "eye", candor.EventTask: "check", candor.EventDeadline: "clock", candor.EventResponse: "responses", candor.EventLinked: "link"}
	names := map[string]string{}
	out := make([]ui.Event, len(all))
	for i, e := range all {
		var details struct {
			From, To, State, Rule, Method, Task, Why, Label string
			Count                                           int
		}
		if len(e.Details) > 0 {
			_ = json.Unmarshal(e.Details, &details) // what another version wrote is left out
		}
		x := ui.Event{At: e.At, Icon: icons[e.Kind], Who: b.actor(r, e.Actor, names), Text: word(r, "board.event.", string(e.Kind))}
		switch e.Kind {
		case candor.EventState:
			x.Mark = ui.State(candor.CaseState(details.To))
		case candor.EventFinding, candor.EventGone:
			x.Text = number(r, "board.event.", string(e.Kind), details.Count)
		case candor.EventDeadline:
			x.Text = ruleName(r, details.Rule)
			x.Mark = ui.DeadlineState(candor.DeadlineState(details.State))
		case candor.EventResponse:
			x.Text = word(r, "board.method.", details.Method)
			if details.State == "not-proposed" {
				x.Text = r.T("board.event.not-proposed", phrase.Args{"method": x.Text, "why": details.Why})
			} else if details.To != "" {
				x.Mark = ui.ResponseState(candor.ResponseState(details.To))
			} else if details.State != "" {
				x.Mark = ui.ResponseState(candor.ResponseState(details.State))
			}
		case candor.EventTask:
			x.Text += " " + details.Task
		case candor.EventLinked:
			x.Text += " " + details.Label
		}
		if e.Text != "" {
			x.Body = ui.Text(e.Text)
		}
		out[i] = x
	}
	return out
}

// actor names who did something.
func (b *board) actor(r *web.Request, actor string, names map[string]string) string {
	if name, ok := names[actor]; ok {
		return name
	}
	kind, id, _ := strings.Cut(actor, ":")
	name := r.T("board.actor.system")
	switch kind {
	case "user":
		name = r.T("board.actor.user")
		if u, err := b.Store.Access().User(r.Context(), candor.ID(id)); err == nil {
			name = u.Name
		}
	case "customer", "policy", "sensor", "response":
		name = word(r, "board.actor.", kind)
	}
	names[actor] = name
	return name
}

// done leads back to a case with a message.
func done(r *web.Request, id candor.ID, key string) web.View {
	return web.See("/cases/"+string(id)).Say(ui.Good, r.T(key))
}

func (b *board) setState(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	version, err := r.Int("version")
	if err != nil {
		return web.View{}, err
	}
	err = b.SetState(r.Context(), r.Who, id, version, candor.CaseState(r.Line("state")), r.Line("note"))
	return done(r, id, "board.done.state"), err
}

func (b *board) assign(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	user, err := r.FormID("user")
	if err != nil {
		return web.View{}, err
	}
	return done(r, id, "board.done.assigned"), b.Assign(r.Context(), r.Who, id, user)
}

func (b *board) comment(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	return done(r, id, "board.done.comment"), b.Comment(r.Context(), r.Who, id, r.Text("comment"), r.Yes("public"))
}

func (b *board) addTask(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	return done(r, id, "board.done.task"), b.AddTask(r.Context(), r.Who, id, r.Line("text"))
}

func (b *board) doTask(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	t, err := b.Store.Task(r.Context(), id)
	if err != nil {
		return web.View{}, err
	}
	return done(r, t.Case, "board.done.task"), b.DoTask(r.Context(), r.Who, id, r.Yes("done"))
}

func (b *board) recheck(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	return done(r, id, "board.done.recheck"), b.Recheck(r.Context(), r.Who, id)
}

func (b *board) aware(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	return done(r, id, "board.done.aware"), b.Aware(r.Context(), r.Who, id, r.Now)
}

func (b *board) submitted(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	return done(r, id, "board.done.submitted"), b.Submitted(r.Context(), r.Who, id, r.Line("rule"))
}

func (b *board) propose(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	x, err := b.ProposeFor(r.Context(), r.Who, id, r.Line("method"), r.Line("reason"), time.Time{})
	return web.See("/responses/"+string(x.ID)).Say(ui.Good, r.T("board.done.proposed")), err
}

// response shows what a response will do, or did, and on which basis.
func (b *board) response(r *web.Request) (web.View, error) {
	x, messages, err := b.readResponse(r)
	if err != nil {
		return web.View{}, err
	}
	href := "/responses/" + string(x.ID)
	d := detailData{facts: []ui.Fact{
		{Label: r.T("board.state"), Value: ui.ResponseState(x.State)},
		{Label: r.T("board.case"), Value: ui.Anchor(ui.Link{Text: r.T("board.case.open"), Href: "/cases/" + string(x.Case)})},
		{Label: r.T("board.basis"), Value: ui.Text(basis(x.Basis))},
		{Label: r.T("board.created"), Value: ui.Time(x.Created)},
	}}
	if x.Reason != "" {
		d.facts = append(d.facts, ui.Fact{Label: r.T("board.reason"), Value: ui.Text(x.Reason)})
	}
	if x.Error != "" {
		d.facts = append(d.facts, ui.Fact{Label: r.T("board.error"), Value: ui.Text(x.Error)})
	}
	if !x.Expires.IsZero() {
		d.facts = append(d.facts, ui.Fact{Label: r.T("board.expires"), Value: ui.Time(x.Expires)})
	}
	lines, undo, lasting := planOf(r, x)
	d.lines = append(lines, undo)
	may := r.May(access.ApproveResponses)
	d.steps = responseSteps(href, may && respond.CanBecome(x.State, candor.ResponseApproved), may && len(x.Result) == 0 && respond.CanBecome(x.State, candor.ResponseRefused),
		may && !lasting && len(x.Result) > 0 && respond.CanBecome(x.State, candor.ResponseUndoing))
	if len(messages) > 0 {
		t := ui.Table{ID: "mails", Caption: r.T("board.mails"), Columns: []ui.Column{{Key: "to", Label: r.T("board.mail.to"), Wide: true}, {Key: "state", Label: r.T("board.state")}, {Key: "sent", Label: r.T("board.at")}}}
		for _, m := range messages {
			at := ui.Absent()
			if !m.Sent.IsZero() {
				at = ui.Time(m.Sent)
			}
			t.Rows = append(t.Rows, ui.Row{Key: string(m.ID), Label: m.To, Cells: cells(ui.Text(m.To+" · "+m.Subject), ui.Text(word(r, "board.mail.", string(m.State))), at)})
		}
		d.lists = append(d.lists, part{title: r.T("board.mails"), table: t})
	}
	p := page("responses", word(r, "board.method.", x.Method))
	p.Crumbs = []ui.Link{{Text: r.T("board.responses"), Href: "/responses"}}
	return web.View{Page: p, Body: detailPage(d)}, nil
}

func (b *board) readResponse(r *web.Request) (candor.Response, []candor.Message, error) {
	id, err := r.ID("id")
	if err != nil {
		return candor.Response{}, nil, err
	}
	return b.Response(r.Context(), r.Who, id)
}

// planOf gives a plan in the reader's language.
func planOf(r *web.Request, x candor.Response) (lines []string, undo string, lasting bool) {
	plan, err := respond.ReadPlan(x, nil)
	if err != nil {
		return nil, "", true
	}
	say := func(l respond.Line) string {
		if !r.Printer.Has(l.Key) {
			return l.Text
		}
		args := phrase.Args{}
		for k, v := range l.Values {
			args[k] = v
		}
		return r.T(l.Key, args)
	}
	for _, l := range append(plan.Effects, plan.Warnings...) {
		lines = append(lines, say(l))
	}
	return lines, say(plan.Undo), plan.Lasting
}

func (b *board) ask(r *web.Request, verb string, destructive bool) (web.View, error) {
	x, _, err := b.readResponse(r)
	if err != nil {
		return web.View{}, err
	}
	lines, undo, _ := planOf(r, x)
	href := "/responses/" + string(x.ID)
	key := "board.ask." + verb
	q := ui.Confirmation{ID: "ask", Title: r.T(key, phrase.Args{"method": word(r, "board.method.", x.Method)}), What: lines, Undo: undo,
		URL: href + "/" + verb, Fields: r.Fields(), Submit: word(r, "board.", verb), Destructive: destructive, Page: href + "/" + verb, Back: href}
	return web.Confirm(page("responses", word(r, "board.method.", x.Method)), q), nil
}

func (b *board) askApprove(r *web.Request) (web.View, error) { return b.ask(r, "approve", false) }
func (b *board) askUndo(r *web.Request) (web.View, error)    { return b.ask(r, "undo", true) }

func (b *board) decide(r *web.Request, do func(id candor.ID) (candor.Response, error), key string) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	x, err := do(id)
	return web.See("/cases/"+string(x.Case)).Say(ui.Good, r.T(key)), err
}

func (b *board) approve(r *web.Request) (web.View, error) {
	return b.decide(r, func(id candor.ID) (candor.Response, error) { return b.Approve(r.Context(), r.Who, id) }, "board.done.approved")
}

func (b *board) refuse(r *web.Request) (web.View, error) {
	return b.decide(r, func(id candor.ID) (candor.Response, error) {
		return b.Refuse(r.Context(), r.Who, id, r.Line("reason"))
	}, "board.done.refused")
}

func (b *board) undo(r *web.Request) (web.View, error) {
	return b.decide(r, func(id candor.ID) (candor.Response, error) { return b.Undo(r.Context(), r.Who, id, r.Line("reason")) }, "board.done.undoing")
}

// finding shows what a rule saw, where, and how sure that is.
func (b *board) finding(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, err := b.Finding(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	f := v.Finding
	d := detailData{facts: []ui.Fact{
		{Label: r.T("board.state"), Value: ui.FindingState(f.State)}, {Label: r.T("board.severity"), Value: ui.Severity(f.Severity)},
		{Label: r.T("board.class"), Value: ui.Class(f.Class)}, {Label: r.T("board.confidence"), Value: ui.Confidence(f.Confidence)},
		{Label: r.T("board.rule"), Value: ui.Mono(f.Rule)}, {Label: r.T("board.description"), Value: ui.Text(f.Description)},
		{Label: r.T("board.definitions"), Value: ui.Mono(f.Definitions)}, {Label: r.T("board.generation"), Value: ui.Digest(f.Generation)},
		{Label: "SHA-256", Value: ui.FullDigest(f.SHA256)}, {Label: r.T("board.size"), Value: ui.Bytes(f.Bytes)},
		{Label: r.T("board.case"), Value: ui.Anchor(ui.Link{Text: v.Case.Label() + " " + v.Case.Title, Href: "/cases/" + string(v.Case.ID)})},
		{Label: r.T("board.site"), Value: ui.Anchor(ui.Link{Text: v.Asset.Name, Href: "/sites/" + string(v.Asset.ID)})},
		{Label: r.T("board.first"), Value: ui.Time(f.First)}, {Label: r.T("board.last"), Value: ui.Time(f.Last)},
	}}
	places := ui.Table{ID: "places", Caption: r.T("board.places"), Columns: []ui.Column{{Key: "path", Label: r.T("board.where"), Wide: true}, {Key: "state", Label: r.T("board.state")}, {Key: "last", Label: r.T("board.last")}}}
	for _, p := range v.Places {
		places.Rows = append(places.Rows, ui.Row{Key: string(p.ID), Label: p.Path, Cells: cells(ui.FilePath(p.Path), ui.FindingState(p.State), ui.Time(p.Last))})
	}
	seen := ui.Table{ID: "strings", Caption: r.T("board.strings"), Columns: []ui.Column{{Key: "name", Label: r.T("board.string")}, {Key: "offset", Label: r.T("board.offset"), Number: true}, {Key: "data", Label: r.T("board.data"), Wide: true}},
		Empty: ui.Situation{Title: r.T("board.strings.none")}}
	for i, s := range f.Strings {
		if i == 50 {
			break
		}
		seen.Rows = append(seen.Rows, ui.Row{Key: strconv.Itoa(i), Label: s.Name, Cells: cells(ui.Mono(s.Name), ui.Number(s.Offset, ""), ui.Mono(strconv.QuoteToASCII(string(s.Data))))})
	}
	d.lists = []part{{title: r.T("board.places"), table: places}, {title: r.T("board.strings"), table: seen}}
	if len(v.Elsewhere) > 0 {
		d.lists = append(d.lists, part{title: r.T("board.elsewhere"), table: findingTable(r, "elsewhere", v.Elsewhere)})
	}
	if r.May(access.ActCases) && f.State == candor.FindingOpen {
		d.steps = findingSteps("/findings/" + string(f.ID))
	}
	p := page("findings", f.Rule)
	p.Lead = f.Path
	p.Crumbs = []ui.Link{{Text: r.T("board.findings"), Href: "/findings"}}
	return web.View{Page: p, Body: detailPage(d)}, nil
}

func (b *board) dismiss(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	return web.See("/findings/"+string(id)).Say(ui.Good, r.T("board.done.dismissed")), b.Dismiss(r.Context(), r.Who, id, r.Line("note"))
}
