// Package console is the part of the console that is about cases: what needs
// somebody now, the cases and how each is told, what was found, what was done
// about it, and the search over all of it. The provider's own house is
// another package's.
package console

//go:generate go tool -modfile=../../../tools/go.mod templ generate

import (
	"context"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/web"
)

// console holds what the pages share.
type console struct {
	site  *web.Site
	house *house.House
}

// Register adds the pages to the site. Its front page leads to Today.
func Register(s *web.Site, h *house.House) {
	c := &console{s, h}
	reads := web.Needs{access.ReadCases}
	s.Page("GET /today", reads, c.today)
	s.Page("GET /today/scans/{id}", reads, c.scanProgress)
	s.Page("GET /search", reads, c.search)
	s.Action("POST /views", reads, c.saveView)
	s.Action("POST /views/{id}/delete", reads, c.deleteView)
	c.addCases()
	c.addFindings()
	c.addResponses()
	c.addEstate()
	const group = "console.nav.desk"
	s.Nav(
		web.NavEntry{Key: "today", Text: "console.today", Icon: "today", Href: "/today", Group: group, Order: 10, Needs: reads},
		web.NavEntry{Key: "cases", Text: "console.cases", Icon: "cases", Href: "/cases?open=yes", Group: group, Order: 11, Needs: reads},
		web.NavEntry{Key: "findings", Text: "console.findings", Icon: "findings", Href: "/findings?state=open", Group: group, Order: 12, Needs: reads},
		web.NavEntry{Key: "responses", Text: "console.responses", Icon: "responses", Href: "/responses", Group: group, Order: 13, Needs: reads, Count: c.waiting},
		web.NavEntry{Key: "estate", Text: "console.estate", Icon: "globe", Href: "/estate", Group: group, Order: 14, Needs: reads},
	)
}

func (c *console) addCases() {
	s, reads, acts := c.site, web.Needs{access.ReadCases}, web.Needs{access.ActCases}
	s.Page("GET /cases", reads, c.cases)
	s.Page("GET /cases/bulk", acts, c.askBulk)
	s.Action("POST /cases/bulk", acts, c.bulk)
	s.Page("GET /cases/{id}", reads, c.theCase)
	for _, f := range []caseForm{c.stateForm(), c.proposeForm(), c.awareForm(), c.submittedForm(), c.linkForm()} {
		s.Page("GET /cases/{id}/"+f.name, acts, c.ask(f))
		s.Action("POST /cases/{id}/"+f.name, acts, c.answer(f))
	}
	s.Action("POST /cases/{id}/assign", acts, c.assign)
	s.Action("POST /cases/{id}/comment", acts, c.comment)
	s.Action("POST /cases/{id}/reply", acts, c.reply)
	s.Action("POST /cases/{id}/task", acts, c.addTask)
	s.Action("POST /cases/{id}/tasks", acts, c.doTasks)
	s.Action("POST /cases/{id}/recheck", acts, c.recheck)
}

func (c *console) addFindings() {
	s, reads, acts := c.site, web.Needs{access.ReadCases}, web.Needs{access.ActCases}
	s.Page("GET /findings", reads, c.findings)
	s.Page("GET /findings/{id}", reads, c.finding)
	s.Page("GET /findings/{id}/dismiss", acts, c.askDismiss)
	s.Action("POST /findings/{id}/dismiss", acts, c.dismiss)
}

func (c *console) addResponses() {
	s, reads, approves := c.site, web.Needs{access.ReadCases}, web.Needs{access.ApproveResponses}
	s.Page("GET /responses", reads, c.responses)
	s.Page("GET /responses/bulk", approves, c.askApproveAll)
	s.Action("POST /responses/bulk", approves, c.approveAll)
	s.Page("GET /responses/{id}", reads, c.response)
	for _, d := range decisions() {
		s.Page("GET /responses/{id}/"+d.name, approves, c.askDecision(d))
		s.Action("POST /responses/{id}/"+d.name, approves, c.decide(d))
	}
}

// waiting tells how many responses wait for approval.
func (c *console) waiting(ctx context.Context, who candor.Principal) (int, bool) {
	page, err := c.house.Responses(ctx, who, candor.ResponseFilter{States: []candor.ResponseState{candor.ResponseProposed}}, candor.Cut{Limit: 1})
	if err != nil {
		return 0, false // the page itself will say so
	}
	return page.Count, false
}
