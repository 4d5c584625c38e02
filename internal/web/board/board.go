// Package board is the console of the staff: what needs somebody now, cases
// and what is done about them, and the estate behind them.
package board

//go:generate go tool -modfile=../../../tools/go.mod templ generate

import (
	"context"
	"fmt"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// board holds what the pages share.
type board struct {
	site *web.Site
	*house.House
}

// Mount adds the pages of the console to the site.
func Mount(s *web.Site) {
	b := &board{s, s.House}
	cases, act, approve := web.Needs{access.ReadCases}, web.Needs{access.ActCases}, web.Needs{access.ApproveResponses}
	s.Page("GET /today", cases, b.today)
	s.Page("GET /cases", cases, b.cases)
	s.Page("GET /cases/{id}", cases, b.theCase)
	s.Action("POST /cases/{id}/state", act, b.setState)
	s.Action("POST /cases/{id}/assign", act, b.assign)
	s.Action("POST /cases/{id}/comment", act, b.comment)
	s.Action("POST /cases/{id}/task", act, b.addTask)
	s.Action("POST /tasks/{id}", act, b.doTask)
	s.Action("POST /cases/{id}/recheck", act, b.recheck)
	s.Action("POST /cases/{id}/aware", act, b.aware)
	s.Action("POST /cases/{id}/submitted", act, b.submitted)
	s.Action("POST /cases/{id}/propose", act, b.propose)
	s.Page("GET /responses", cases, b.responses)
	s.Page("GET /responses/{id}", cases, b.response)
	s.Page("GET /responses/{id}/approve", approve, b.askApprove)
	s.Action("POST /responses/{id}/approve", approve, b.approve)
	s.Action("POST /responses/{id}/refuse", approve, b.refuse)
	s.Page("GET /responses/{id}/undo", approve, b.askUndo)
	s.Action("POST /responses/{id}/undo", approve, b.undo)
	s.Page("GET /findings", cases, b.findings)
	s.Page("GET /findings/{id}", cases, b.finding)
	s.Action("POST /findings/{id}/dismiss", act, b.dismiss)
	s.Page("GET /search", cases, b.search)
	b.estate()
	group := "board.nav.desk"
	s.Nav(
		web.NavEntry{Key: "today", Text: "board.today", Icon: "today", Href: "/today", Group: group, Order: 10, Needs: cases},
		web.NavEntry{Key: "cases", Text: "board.cases", Icon: "cases", Href: "/cases", Group: group, Order: 11, Needs: cases},
		web.NavEntry{Key: "findings", Text: "board.findings", Icon: "findings", Href: "/findings", Group: group, Order: 12, Needs: cases},
		web.NavEntry{Key: "responses", Text: "board.responses", Icon: "responses", Href: "/responses", Group: group, Order: 13, Needs: cases},
	)
}

// page is the frame of a page.
func page(active, title string) ui.Page { return ui.Page{Title: title, Active: active} }

// caseTable lists cases.
func caseTable(r *web.Request, id string, cases []candor.Case, empty string) ui.Table {
	t := ui.Table{ID: id, Caption: r.T("board.cases"), Sort: r.Query(ui.SortParameter), Empty: ui.Situation{Title: empty},
		Columns: []ui.Column{
			{Key: "severity", Label: r.T("board.severity"), Sortable: true, Largest: true},
			{Key: "title", Label: r.T("board.case"), Wide: true},
			{Key: "state", Label: r.T("board.state")},
			{Key: "findings", Label: r.T("board.open"), Number: true},
			{Key: "due", Label: r.T("board.due"), Sortable: true},
			{Key: "updated", Label: r.T("board.updated"), Sortable: true, Largest: true, Minor: true},
		}}
	for _, c := range cases {
		href := "/cases/" + string(c.ID)
		due := ui.Absent()
		if !c.Due.IsZero() {
			due = ui.Due(c.Due)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(c.ID), Label: c.Label(), Href: href, Muted: !c.State.Open(), Cells: cells(
			ui.Severity(c.Severity), ui.Anchor(ui.Link{Text: c.Label() + " " + c.Title, Href: href}), ui.State(c.State), ui.Number(int64(c.Open), ""), due, ui.Time(c.Updated))})
	}
	return t
}

// responseTable lists responses.
func responseTable(r *web.Request, id string, all []candor.Response) ui.Table {
	t := ui.Table{ID: id, Caption: r.T("board.responses"), Sort: r.Query(ui.SortParameter), Empty: ui.Situation{Title: r.T("board.responses.none")},
		Columns: []ui.Column{
			{Key: "method", Label: r.T("board.response"), Wide: true},
			{Key: "state", Label: r.T("board.state")},
			{Key: "created", Label: r.T("board.created"), Sortable: true, Largest: true},
			{Key: "expires", Label: r.T("board.expires"), Minor: true},
		}}
	for _, x := range all {
		href := "/responses/" + string(x.ID)
		expires := ui.Absent()
		if !x.Expires.IsZero() {
			expires = ui.Time(x.Expires)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(x.ID), Label: word(r, "board.method.", x.Method), Href: href, Cells: cells(
			ui.Anchor(ui.Link{Text: word(r, "board.method.", x.Method) + " · " + basis(x.Basis), Href: href}), ui.ResponseState(x.State), ui.Time(x.Created), expires)})
	}
	return t
}

// basis says on what a response rests.
func basis(b candor.Basis) string {
	if b.Terms == "" {
		return ""
	}
	return fmt.Sprintf("%s %s", b.Terms, b.Version)
}

// findingTable lists findings.
func findingTable(r *web.Request, id string, all []candor.FiledFinding) ui.Table {
	t := ui.Table{ID: id, Caption: r.T("board.findings"), Sort: r.Query(ui.SortParameter), Empty: ui.Situation{Title: r.T("board.findings.none")},
		Columns: []ui.Column{
			{Key: "severity", Label: r.T("board.severity"), Sortable: true, Largest: true},
			{Key: "path", Label: r.T("board.where"), Wide: true},
			{Key: "rule", Label: r.T("board.rule"), Sortable: true},
			{Key: "state", Label: r.T("board.state")},
			{Key: "places", Label: r.T("board.places"), Number: true},
			{Key: "sha256", Label: "SHA-256", Minor: true},
			{Key: "first_seen", Label: r.T("board.first"), Sortable: true, Largest: true},
		}}
	for _, f := range all {
		href := "/findings/" + string(f.ID)
		t.Rows = append(t.Rows, ui.Row{Key: string(f.ID), Label: f.Path, Href: href, Muted: f.State != candor.FindingOpen, Cells: cells(
			ui.Severity(f.Severity), ui.Anchor(ui.Link{Text: f.Path, Href: href}), ui.Mono(f.Rule), ui.FindingState(f.State), ui.Number(int64(f.Places), ""), ui.Digest(f.SHA256), ui.Time(f.First))})
	}
	return t
}

// day is how a day stands at a chart.
func day(t time.Time) string { return t.Format("01-02") }

// word is the text of one of several things that share the beginning of their keys.
func word(r *web.Request, prefix, name string) string { return r.T(prefix + name) }

// number is word for a text that counts.
func number(r *web.Request, prefix, name string, n int) string { return r.N(prefix+name, n) }

// proposal words the button that proposes a method.
func proposal(ctx context.Context, method string) string {
	const prefix = "board.propose."
	return phrase.T(ctx, prefix+method)
}
