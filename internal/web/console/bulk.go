package console

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// bulk takes a step upon the chosen cases, or leads to the page that asks what
// it needs to know.
func (c *console) bulk(r *web.Request) (web.View, error) {
	back := r.Return("/cases?open=yes")
	ids, err := r.IDs("id")
	if err != nil {
		return web.View{}, err
	}
	if len(ids) == 0 {
		return web.See(back).Say(ui.Warn, r.T("console.bulk.none")), nil
	}
	switch do := r.Line("do"); do {
	case "assign", "state":
		return web.See(bulkQuestion("/cases/bulk", do, back, ids)), nil
	case "me":
		return c.each(r, ids, back, "console.bulk.assigned", func(id candor.ID) error { return c.house.Assign(r.Context(), r.Who, id, r.Who.User) })
	case "assign-to":
		to, err := r.FormID("assignee")
		if err != nil {
			return web.View{}, err
		}
		return c.each(r, ids, back, "console.bulk.assigned", func(id candor.ID) error { return c.house.Assign(r.Context(), r.Who, id, to) })
	case "set-state":
		to := candor.CaseState(r.Line("state"))
		if !slices.Contains(candor.CaseStates(), to) {
			return web.View{}, fmt.Errorf("there is no state %.40q: %w", to, candor.ErrInvalid)
		}
		return c.each(r, ids, back, "console.bulk.moved", func(id candor.ID) error { return c.house.SetState(r.Context(), r.Who, id, 0, to, r.Text("note")) })
	}
	return web.View{}, fmt.Errorf("there is no such step: %w", candor.ErrInvalid)
}

// bulkQuestion is the address of the question what to do with rows.
func bulkQuestion(path, do, back string, ids []candor.ID) string {
	q := url.Values{"do": {do}, "back": {back}}
	for _, id := range ids {
		q.Add("id", string(id))
	}
	return path + "?" + q.Encode()
}

// each takes a step upon each of some cases, and says honestly of how many it
// was taken, and why not of others.
func (c *console) each(r *web.Request, ids []candor.ID, back, key string, do func(candor.ID) error) (web.View, error) {
	t := c.tally(r)
	for _, id := range ids {
		if err := t.count(id, do(id)); err != nil {
			return web.View{}, err
		}
	}
	return web.See(back).SayAll(t.message(key)), nil
}

// tally counts what a step upon many did.
type tally struct {
	r      *web.Request
	name   func(candor.ID) string
	done   int
	failed int
	why    []string // of the first that failed
}

// tally counts what a step upon cases did.
func (c *console) tally(r *web.Request) tally {
	return tally{r: r, name: func(id candor.ID) string {
		x, err := c.house.Store.Case(r.Context(), r.Who.Scope(), id)
		if err != nil {
			return string(id)
		}
		return x.Label()
	}}
}

// count notes what became of one. An error that is not the reader's is given back.
func (t *tally) count(id candor.ID, err error) error {
	switch {
	case err == nil:
		t.done++
		return nil
	case !readers(err) && !isMissing(err):
		return err
	}
	t.fail(id, err)
	return nil
}

// fail notes that a step was not taken upon one.
func (t *tally) fail(id candor.ID, err error) {
	const most = 5
	if t.failed++; len(t.why) < most {
		t.why = append(t.why, t.name(id)+": "+why(t.r, err))
	}
}

func (t *tally) message(key string) ui.Message {
	m := ui.Message{Tone: ui.Good, Title: t.r.Printer.N(key, t.done)}
	if t.failed == 0 {
		return m
	}
	if m.Tone = ui.Warn; t.done == 0 {
		m.Tone = ui.Bad
	}
	m.Text = t.r.N("console.bulk.failed", t.failed) + " " + strings.Join(t.why, " ")
	if more := t.failed - len(t.why); more > 0 {
		m.Text += " " + t.r.N("console.bulk.failed.more", more)
	}
	return m
}

// askBulk asks to whom, or in which state, the chosen cases are to be.
func (c *console) askBulk(r *web.Request) (web.View, error) {
	ids, err := queryIDs(r)
	if err != nil {
		return web.View{}, err
	}
	back := r.Return("/cases?open=yes")
	var chosen []candor.Case
	for _, id := range ids {
		x, err := c.house.Store.Case(r.Context(), r.Who.Scope(), id)
		if err != nil {
			return web.View{}, err
		}
		chosen = append(chosen, x)
	}
	q := ui.Confirmation{ID: "ask-bulk", URL: "/cases/bulk", Back: back, Submit: r.T("console.bulk.do")}
	do, fields := "set-state", templ.Component(nil)
	if r.Query("do") == "assign" {
		staff, err := c.staff(r)
		if err != nil {
			return web.View{}, err
		}
		do = "assign-to"
		q.Title, q.Undo = r.N("console.bulk.ask.assign", len(ids)), r.T("console.bulk.ask.assign.undo")
		q.What = []string{r.T("console.bulk.ask.assign.what")}
		fields = ui.SelectField(ui.Input{Name: "assignee", Label: r.T("console.assignee"), Required: true}, append(staff, ui.Option{Label: r.T("console.nobody")}))
	} else {
		q.Title, q.Undo = r.N("console.bulk.ask.state", len(ids)), r.T("console.ask.state.undo")
		q.What = []string{r.T("console.bulk.ask.state.what"), r.T("console.bulk.ask.state.false")}
		fields = ui.InTurn(ui.SelectField(ui.Input{Name: "state", Label: r.T("console.state.new"), Required: true}, web.Options(r, "case.state.", candor.CaseStates()[1:])),
			ui.TextArea(ui.Input{Name: "note", Label: r.T("console.note"), Hint: r.T("console.note.public")}, 3))
	}
	q.Fields = r.Fields("do", do, "back", back)
	q.Form = ui.InTurn(chosenCases(chosen), fields)
	return web.Confirm(ui.Page{Title: r.T("console.bulk"), Active: "cases", Crumbs: []ui.Link{{Text: r.T("console.cases"), Href: back}}}, q), nil
}

// queryIDs are the rows that a question is about.
func queryIDs(r *web.Request) ([]candor.ID, error) {
	const most = 200
	words := r.URL.Query()["id"]
	if len(words) == 0 || len(words) > most {
		return nil, candor.WithHint(fmt.Errorf("%d rows: %w", len(words), candor.ErrInvalid), "Choose from 1 to 200 rows.")
	}
	ids := make([]candor.ID, len(words))
	for i, w := range words {
		id, err := candor.ParseID(w)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return ids, nil
}

// approveAll approves the chosen responses, or leads to the page that says what
// will happen.
func (c *console) approveAll(r *web.Request) (web.View, error) {
	back := r.Return("/responses?state=proposed")
	ids, err := r.IDs("id")
	if err != nil {
		return web.View{}, err
	}
	switch {
	case len(ids) == 0:
		return web.See(back).Say(ui.Warn, r.T("console.bulk.none")), nil
	case r.Line("do") != "approve-all":
		return web.See(bulkQuestion("/responses/bulk", "approve", back, ids)), nil
	}
	n := c.names(r)
	t := tally{r: r, name: func(id candor.ID) string {
		x, _, err := c.house.Response(r.Context(), r.Who, id)
		if err != nil {
			return string(id)
		}
		return methodName(r.Printer, x.Method) + ", " + n.partyName(x.Party)
	}}
	for _, id := range ids {
		_, err := c.house.Approve(r.Context(), r.Who, id)
		if err := t.count(id, err); err != nil {
			return web.View{}, err
		}
	}
	return web.See(back).SayAll(t.message("console.bulk.approved")), nil
}

// askApproveAll says of each chosen response what will happen.
func (c *console) askApproveAll(r *web.Request) (web.View, error) {
	ids, err := queryIDs(r)
	if err != nil {
		return web.View{}, err
	}
	back, n := r.Return("/responses?state=proposed"), c.names(r)
	q := ui.Confirmation{ID: "ask-approve", URL: "/responses/bulk", Back: back, Fields: r.Fields("do", "approve-all", "back", back), Destructive: true,
		Title: r.N("console.bulk.ask.approve", len(ids)), Undo: r.T("console.bulk.ask.approve.undo"), Submit: r.T("console.approve.do")}
	chosen := make([]candor.ID, 0, len(ids))
	for _, id := range ids {
		x, _, err := c.house.Response(r.Context(), r.Who, id)
		if err != nil {
			return web.View{}, err
		}
		plan := planOf(r, x)
		what := r.T("console.bulk.ask.approve.what", phrase.Args{"method": methodName(r.Printer, x.Method), "party": n.partyName(x.Party)})
		q.What = append(q.What, strings.Join(append([]string{what}, plan.effects...), " "))
		if plan.lasting {
			q.What = append(q.What, plan.undo)
		}
		chosen = append(chosen, id)
	}
	q.Form = hiddenIDs(chosen)
	return web.Confirm(ui.Page{Title: r.T("console.responses"), Active: "responses", Crumbs: []ui.Link{{Text: r.T("console.responses"), Href: back}}}, q), nil
}
