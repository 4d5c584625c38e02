package console

import (
	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/respond/quarantine"
	"candor/internal/web"
	"candor/internal/web/ui"
)

var responseViews = []fixedView{{"all", ""}, {"proposed", "state=proposed"}, {"failed", "state=failed"}, {"held", "held=yes"}, {"lapsed", "lapsed=yes"}}

// responseStates are all states, in the order in which a response takes them.
var responseStates = []candor.ResponseState{candor.ResponseProposed, candor.ResponseApproved, candor.ResponseApplied, candor.ResponseVerified,
	candor.ResponseFailed, candor.ResponseRefused, candor.ResponseUndoing, candor.ResponseUndone}

// responses lists responses.
func (c *console) responses(r *web.Request) (web.View, error) {
	f := candor.ResponseFilter{States: web.FilterMany(r, "state", responseStates), Case: r.FilterID("case"), Party: r.FilterID("party"),
		Method: web.FilterOne(r, "method", c.house.Methods), Held: r.Query("held") == "yes", Lapsed: r.Query("lapsed") == "yes", CreatedAfter: day(r, "from")}
	page, err := c.house.Responses(r.Context(), r.Who, f, r.Cut("created"))
	if err != nil {
		return web.View{}, err
	}
	views, tabs, err := c.views(r, "responses", responseViews)
	if err != nil {
		return web.View{}, err
	}
	n := c.names(r)
	filters := []ui.Filter{
		{Name: "state", Label: r.T("console.state"), Kind: ui.Many, Options: web.Options(r, "response.state.", responseStates)},
		{Name: "from", Label: r.T("console.response.since"), Kind: ui.Day},
	}
	if len(c.house.Methods) > 0 {
		kinds := make([]ui.Option, len(c.house.Methods))
		for i, m := range c.house.Methods {
			kinds[i] = ui.Option{Value: m, Label: methodName(r.Printer, m)}
		}
		filters = append(filters, ui.Filter{Name: "method", Label: r.T("console.response.method"), Kind: ui.Choice, Options: kinds})
	}
	o := tableOf{id: "responses", empty: none(r, "console.responses.none")}
	if r.May(access.ApproveResponses) {
		o.bulk = &ui.Bulk{URL: "/responses/bulk", Fields: r.Fields("back", r.URL.RequestURI()),
			Buttons: []ui.Press{{Text: r.T("console.approve.some"), Icon: "check", Name: "do", Value: "approve"}}}
	}
	l := ui.Listing{Label: r.T("console.views"), Tabs: tabs, Filters: append(filters, chosen(r, n, f.Party, "")...), Table: responseTable(r, n, o, page.Items), Cursor: web.Cursor(page)}
	return web.View{Page: ui.Page{Title: r.T("console.responses"), Active: "responses", Actions: viewMenu(views)}, Body: ui.ListPage(l)}, nil
}

// act is a response as its page shows it.
type act struct {
	response      candor.Response
	label         string // of its case
	facts         []ui.Fact
	plan          plan
	files         ui.Table
	counts        []string // of files, by what became of them
	moreFiles     string
	messages      []candor.Message
	result        string // of a method that is not known here
	questions     []ui.Confirmation
	r             *web.Request
	basisOf, href string
}

// response shows one response: what it will do or did, to whom, on which basis.
func (c *console) response(r *web.Request) (web.View, error) {
	x, messages, err := c.viewedResponse(r)
	if err != nil {
		return web.View{}, err
	}
	a := act{response: x, r: r, plan: planOf(r, x), messages: messages, href: responsePath(x.ID), basisOf: basis(r.Printer, r.Zone, x.Basis)}
	of, err := c.house.Store.Case(r.Context(), r.Who.Scope(), x.Case)
	if err != nil {
		return web.View{}, err
	}
	a.label = of.Label()
	n := c.names(r)
	a.facts = responseFacts(r, n, x, of)
	a.tellResult()
	if r.May(access.ApproveResponses) {
		for _, d := range decisions() {
			if d.fits(x) {
				a.questions = append(a.questions, d.question(r, n, x, draft{}))
			}
		}
	}
	p := responsePage(r, n, x, of.Label())
	p.Actions = decisionButtons(a.questions)
	return web.View{Page: p, Body: responseBody(a)}, nil
}

func (c *console) viewedResponse(r *web.Request) (candor.Response, []candor.Message, error) {
	id, err := r.ID("id")
	if err != nil {
		return candor.Response{}, nil, err
	}
	return c.house.Response(r.Context(), r.Who, id)
}

func responsePage(r *web.Request, n *names, x candor.Response, label string) ui.Page {
	return ui.Page{Title: methodName(r.Printer, x.Method) + " · " + n.partyName(x.Party), Active: "responses",
		Crumbs: []ui.Link{{Text: r.T("console.responses"), Href: "/responses"}, {Text: label, Href: casePath(x.Case)}}}
}

func responseFacts(r *web.Request, n *names, x candor.Response, of candor.Case) []ui.Fact {
	facts := []ui.Fact{
		{Label: r.T("console.case"), Value: titled(of.Label(), r.Printer.CaseTitle(of.Title), casePath(of.ID))},
		{Label: r.T("console.party"), Value: anchor(n.partyName(x.Party), partyPath(x.Party))},
	}
	add := func(label string, c templ.Component) { facts = append(facts, ui.Fact{Label: label, Value: c}) }
	if x.Asset != "" {
		add(r.T("console.asset"), anchor(n.assetName(x.Asset), assetPath(x.Asset)))
	}
	add(r.T("console.response.by"), ui.OrAbsent(n.who(x.By)))
	add(r.T("console.response.created"), ui.Time(x.Created))
	if x.Approved != "" {
		add(r.T("console.response.approved"), ui.OrAbsent(n.who(x.Approved)))
	}
	if !x.Applied.IsZero() {
		add(r.T("console.response.applied"), ui.Time(x.Applied))
	}
	add(r.T("console.response.expires"), when(x.Expires.IsZero(), ui.Text(r.T("console.response.never")), ui.Time(x.Expires)))
	if !x.Held.IsZero() {
		add(r.T("console.response.held"), ui.Time(x.Held))
	}
	if !x.Lapsed.IsZero() {
		add(r.T("console.response.lapsed"), ui.Time(x.Lapsed))
	}
	if x.Attempts > 0 {
		add(r.T("console.response.attempts"), ui.Number(int64(x.Attempts), ""))
	}
	return facts
}

// mostFiles is how many files of a result are listed.
const mostFiles = 50

// fileStates are what becomes of a file, in the order in which they are told.
var fileStates = []quarantine.PlaceState{quarantine.Moved, quarantine.Restored, quarantine.Failed, quarantine.Gone, quarantine.Kept, quarantine.Waiting}

// tellResult puts into words what a response did.
func (a *act) tellResult() {
	r, x := a.r, a.response
	if len(x.Result) == 0 || x.Method == "notify" { // mails are listed
		return
	}
	result, err := quarantine.ReadResult(x.Result)
	if x.Method != "quarantine" || err != nil {
		a.result = short(printable(x.Result), 2000)
		return
	}
	counts := map[quarantine.PlaceState]int{}
	a.files = ui.Table{ID: "files", Caption: r.T("console.response.files"), Columns: []ui.Column{wide(column("path", r.T("console.place"))),
		column("state", r.T("console.state")), number(minor(column("size", r.T("console.size")))), minor(column("digest", r.T("console.content")))}}
	for i, p := range result.Places {
		counts[p.State]++
		if i >= mostFiles {
			continue
		}
		state := ui.Badge(r.Printer.Word("console.file.", string(p.State)), fileTone(p.State))
		if p.Error != "" {
			state = ui.Together(state, quiet(short(p.Error, 120)))
		}
		a.files.Rows = append(a.files.Rows, ui.Row{Key: p.SHA256, Label: string(p.Path), Cells: cells(
			ui.FilePath(printable([]byte(string(p.Root)+"/"+string(p.Path)))), state, ui.Bytes(p.Size), digest(p.SHA256))})
	}
	for _, s := range fileStates {
		if counts[s] > 0 {
			a.counts = append(a.counts, r.Printer.N("console.file.count."+string(s), counts[s]))
		}
	}
	if more := len(result.Places) - mostFiles; more > 0 {
		a.moreFiles = r.N("console.response.files.more", more)
	}
}

func fileTone(s quarantine.PlaceState) ui.Tone {
	switch s {
	case quarantine.Moved:
		return ui.Good
	case quarantine.Failed:
		return ui.Bad
	case quarantine.Kept:
		return ui.Warn
	}
	return ui.Neutral
}

// mailTable lists mails.
func mailTable(r *web.Request, all []candor.Message) ui.Table {
	t := ui.Table{ID: "mails", Caption: r.T("console.mails"), Columns: []ui.Column{wide(column("to", r.T("console.mail.to"))), column("state", r.T("console.state")),
		minor(column("language", r.T("ui.language"))), number(minor(column("attempts", r.T("console.response.attempts")))), column("sent", r.T("console.mail.sent"))}}
	for _, m := range all {
		state := ui.Badge(r.Printer.Word("console.mail.state.", string(m.State)), mailTone(m.State))
		if m.Error != "" {
			state = ui.Together(state, quiet(short(m.Error, 120)))
		}
		sent := ui.Absent()
		if !m.Sent.IsZero() {
			sent = ui.Time(m.Sent)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(m.ID), Label: m.To, Cells: cells(addressed(m.To, m.Subject), state, ui.Mono(m.Language), ui.Number(int64(m.Attempts), ""), sent)})
	}
	return t
}

// mailTone is the mood of a mail's state. A server that took it has not
// delivered it yet.
func mailTone(s candor.MessageState) ui.Tone {
	switch s {
	case candor.MessageSent:
		return ui.Accent
	case candor.MessageBounced, candor.MessageFailed:
		return ui.Bad
	}
	return ui.Neutral
}
