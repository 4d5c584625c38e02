package console

import (
	"candor"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// plan is what a response does, in words.
type plan struct {
	effects, warnings []string
	undo              string
	lasting           bool
}

// planOf reads the plan of a response. One that cannot be read says so.
func planOf(r *web.Request, x candor.Response) plan {
	p, err := respond.ReadPlan(x, nil)
	if err != nil {
		return plan{effects: []string{r.T("console.plan.none")}}
	}
	out := plan{effects: lines(r.Printer, p.Effects), warnings: lines(r.Printer, p.Warnings), lasting: p.Lasting}
	if p.Undo.Text != "" {
		out.undo = line(r.Printer, p.Undo)
	}
	return out
}

// begun tells whether something of a response was done, or may have been.
func begun(x candor.Response) bool { return len(x.Result) > 0 }

// decision is something that a person says of a response.
type decision struct {
	name  string
	fits  func(candor.Response) bool
	words func(*web.Request, *names, candor.Response) ui.Confirmation
	do    func(*console, *web.Request, candor.ID) (candor.Response, error)
	said  string // what is said when it was done
}

// decisions are all of them.
func decisions() []decision {
	return []decision{
		{name: "approve", fits: func(x candor.Response) bool { return respond.CanBecome(x.State, candor.ResponseApproved) }, words: approval, said: "console.approved",
			do: func(c *console, r *web.Request, id candor.ID) (candor.Response, error) {
				return c.house.Approve(r.Context(), r.Who, id)
			}},
		{name: "refuse", fits: func(x candor.Response) bool { return respond.CanBecome(x.State, candor.ResponseRefused) && !begun(x) }, words: refusal, said: "console.refused",
			do: func(c *console, r *web.Request, id candor.ID) (candor.Response, error) {
				return c.house.Refuse(r.Context(), r.Who, id, r.Text("refuse-reason"))
			}},
		{name: "undo", fits: func(x candor.Response) bool {
			p, err := respond.ReadPlan(x, nil)
			return err == nil && !p.Lasting && begun(x) && respond.CanBecome(x.State, candor.ResponseUndoing)
		}, words: undoing, said: "console.undoing",
			do: func(c *console, r *web.Request, id candor.ID) (candor.Response, error) {
				return c.house.Undo(r.Context(), r.Who, id, r.Text("undo-reason"))
			}},
		{name: "keep", fits: func(x candor.Response) bool { return !x.Held.IsZero() && x.State != candor.ResponseUndoing }, words: keeping, said: "console.kept",
			do: func(c *console, r *web.Request, id candor.ID) (candor.Response, error) {
				return c.house.Keep(r.Context(), r.Who, id, r.Text("keep-reason"))
			}},
		{name: "rest", fits: func(x candor.Response) bool { return !x.Lapsed.IsZero() }, words: resting, said: "console.rested",
			do: func(c *console, r *web.Request, id candor.ID) (candor.Response, error) {
				on, err := chosenBasis(r)
				if err != nil {
					return candor.Response{}, err
				}
				return c.house.Rest(r.Context(), r.Who, id, on, r.Text("rest-reason"))
			}},
	}
}

// question asks for a decision.
func (d decision) question(r *web.Request, n *names, x candor.Response, t draft) ui.Confirmation {
	q := d.words(r, n, x)
	q.ID, q.URL, q.Back, q.Fields = "ask-"+d.name, responsePath(x.ID)+"/"+d.name, responsePath(x.ID), r.Fields()
	q.Page = q.URL
	if d.name == "approve" {
		q.Form = t.fields()
		return q
	}
	reason := ui.TextArea(t.input(ui.Input{Name: d.name + "-reason", Label: r.T("console.reason"), Hint: r.T("console.reason.kept")}), 2)
	if d.name == "rest" {
		q.Form = t.fields(append(basisChoice(r, t, candor.ByLaw), reason)...)
		return q
	}
	q.Form = t.fields(reason)
	return q
}

// subjects are who and what a response is about.
func subjects(r *web.Request, n *names, x candor.Response) phrase.Args {
	return phrase.Args{"party": n.partyName(x.Party), "asset": n.assetName(x.Asset), "method": methodName(r.Printer, x.Method)}
}

func approval(r *web.Request, n *names, x candor.Response) ui.Confirmation {
	p := planOf(r, x)
	q := ui.Confirmation{Title: r.T("console.ask.approve", subjects(r, n, x)), Submit: r.T("console.approve.do"), Destructive: x.Method != "notify"}
	q.What = append(append(q.What, p.effects...), p.warnings...)
	q.What = append(q.What, r.T("console.ask.basis", phrase.Args{"basis": basis(r.Printer, r.Zone, x.Basis)}))
	if !x.Expires.IsZero() {
		q.What = append(q.What, r.T("console.ask.expires", phrase.Args{"when": r.Printer.Time(x.Expires, r.Zone)}))
	}
	if x.State == candor.ResponseFailed {
		q.Title, q.Submit = r.T("console.ask.retry", subjects(r, n, x)), r.T("ui.retry")
	}
	if p.lasting {
		q.What = append(q.What, p.undo)
		return q
	}
	q.Undo = p.undo
	return q
}

func refusal(r *web.Request, n *names, x candor.Response) ui.Confirmation {
	return ui.Confirmation{Title: r.T("console.ask.refuse", subjects(r, n, x)), Submit: r.T("console.refuse.do"),
		What: []string{r.T("console.ask.refuse.what", subjects(r, n, x))}, Undo: r.T("console.ask.refuse.undo")}
}

func undoing(r *web.Request, n *names, x candor.Response) ui.Confirmation {
	q := ui.Confirmation{Title: r.T("console.ask.undo", subjects(r, n, x)), Submit: r.T("ui.undo"), Destructive: true, Undo: r.T("console.ask.undo.undo")}
	if p := planOf(r, x); p.undo != "" {
		q.What = append(q.What, p.undo)
	}
	if x.Method == "quarantine" {
		q.What = append(q.What, r.T("console.ask.undo.harm"))
	}
	if !x.Lapsed.IsZero() {
		q.What = append(q.What, r.T("console.ask.undo.lapsed", phrase.Args{"when": r.Printer.Time(x.Lapsed, r.Zone)}))
	}
	if !x.Held.IsZero() {
		q.What = append(q.What, r.T("console.ask.undo.held", phrase.Args{"when": r.Printer.Time(x.Held, r.Zone)}))
	}
	q.What = append(q.What, r.T("console.ask.undo.what"))
	return q
}

func resting(r *web.Request, n *names, x candor.Response) ui.Confirmation {
	return ui.Confirmation{Title: r.T("console.ask.rest", subjects(r, n, x)), Submit: r.T("console.rest.do"),
		What: []string{r.T("console.ask.rest.what", phrase.Args{"basis": basis(r.Printer, r.Zone, x.Basis), "when": r.Printer.Time(x.Lapsed, r.Zone)})}, Undo: r.T("console.ask.rest.undo")}
}

func keeping(r *web.Request, n *names, x candor.Response) ui.Confirmation {
	return ui.Confirmation{Title: r.T("console.ask.keep", subjects(r, n, x)), Submit: r.T("console.keep.do"),
		What: []string{r.T("console.ask.keep.what")}, Undo: r.T("console.ask.keep.undo")}
}

// askDecision shows the question, or the response where it makes no sense any
// longer.
func (c *console) askDecision(d decision) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		x, _, err := c.viewedResponse(r)
		if err != nil {
			return web.View{}, err
		}
		if !d.fits(x) {
			return web.See(responsePath(x.ID)).SayAll(ui.Message{Tone: ui.Warn, Title: r.T("console.not.done"), Text: r.T("console.why.changed")}), nil
		}
		return c.asked(r, d, x, draft{})
	}
}

func (c *console) asked(r *web.Request, d decision, x candor.Response, t draft) (web.View, error) {
	of, err := c.house.Store.Case(r.Context(), r.Who.Scope(), x.Case)
	if err != nil {
		return web.View{}, err
	}
	n := c.names(r)
	return web.Confirm(responsePage(r, n, x, of.Label()), d.question(r, n, x, t)), nil
}

// decide takes the decision.
func (c *console) decide(d decision) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		x, _, err := c.viewedResponse(r)
		if err != nil {
			return web.View{}, err
		}
		if _, err := d.do(c, r, x.ID); err != nil {
			if !readers(err) {
				return web.View{}, err
			}
			v, err := c.asked(r, d, x, sentBack(r, d.name+"-reason", err))
			return v.Again(), err
		}
		return web.See(responsePath(x.ID)).SayAll(ui.Message{Tone: ui.Good, Title: r.Printer.T(d.said), Text: r.Printer.T(d.said + ".text")}), nil
	}
}
