package console

import (
	"net/url"
	"strings"

	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/web"
	"candor/internal/web/ui"
)

type contentDetail struct {
	good     string // as what it is known to be good
	facts    []ui.Fact
	late     []string
	findings ui.Table
	more     string // address of all findings; empty if all are listed
}

// content shows one content wherever it lies.
func (c *console) content(r *web.Request) (web.View, error) {
	v, err := c.house.Content(r.Context(), r.Who, r.PathValue("sha256"))
	if err != nil {
		return web.View{}, err
	}
	h, page := v.Content, contentPage(r, v)
	if r.May(access.ActCases) && h.Findings > 0 {
		page.Actions = ui.Together(ui.ButtonLink(ui.Link{Text: r.T("console.estate.quarantine"), Href: hotPath(h.SHA256) + "/quarantine"}, ui.Plain, ""),
			ui.ButtonLink(ui.Link{Text: r.T("console.estate.dismiss"), Href: hotPath(h.SHA256) + "/dismiss"}, ui.Plain, "cross"), hashLink(r, h.SHA256))
	} else {
		page.Actions = hashLink(r, h.SHA256)
	}
	d := contentDetail{good: h.Good, facts: contentFacts(r, v), findings: findingTable(r, c.names(r), tableOf{id: "findings", few: true}, v.Findings.Items)}
	for _, l := range v.Late {
		d.late = append(d.late, list(r.Printer, l.Rules)+": "+lateWords(r, l))
	}
	if v.Findings.Next != "" {
		d.more = "/findings?" + url.Values{"content": {h.SHA256}}.Encode()
	}
	return web.View{Page: page, Body: contentBody(d)}, nil
}

func contentPage(r *web.Request, v house.ContentView) ui.Page {
	return ui.Page{Title: r.T("console.content") + " " + short(v.Content.SHA256, 13), Lead: r.N("console.estate.content.lead", int(v.Content.Findings)), Active: "estate", Crumbs: []ui.Link{{Text: r.T("console.estate"), Href: "/estate"}}}
}

// contentFacts say where a content lies, and what was decided about it.
func contentFacts(r *web.Request, v house.ContentView) []ui.Fact {
	facts := []ui.Fact{{Label: r.T("console.content"), Value: ui.FullDigest(v.Content.SHA256)}}
	if h := v.Content; h.Findings > 0 {
		facts = append(facts, ui.Fact{Label: r.T("console.severity"), Value: ui.Severity(h.Severity)}, ui.Fact{Label: r.T("console.estate.rules"), Value: ui.Text(short(list(r.Printer, h.Rules), 200))},
			ui.Fact{Label: r.T("console.estate.sites"), Value: ui.Number(h.Sites, "")}, ui.Fact{Label: r.T("console.places"), Value: ui.Number(h.Places, "")}, ui.Fact{Label: r.T("console.first"), Value: ui.Time(h.First)})
	}
	for _, s := range []struct {
		key string
		n   int64
	}{{"console.estate.waiting", v.States.Waiting}, {"finding.state.quarantined", v.States.Quarantined}, {"finding.state.dismissed", v.States.Dismissed}, {"finding.state.gone", v.States.Gone}} {
		if s.n > 0 {
			facts = append(facts, ui.Fact{Label: r.Printer.T(s.key), Value: ui.Number(s.n, "")})
		}
	}
	return facts
}

// askContent asks for one decision for all cases that hold a content.
func (c *console) askContent(do house.ContentStep) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		v, err := c.house.Content(r.Context(), r.Who, r.PathValue("sha256"))
		if err != nil {
			return web.View{}, err
		}
		sum, key := v.Content.SHA256, "console.estate.ask."+string(do)
		if v.Content.Findings == 0 {
			return web.See(hotPath(sum)).Say(ui.Warn, r.T("console.estate.nothing")), nil
		}
		q := ui.Confirmation{ID: "ask-content", URL: hotPath(sum) + "/" + string(do), Back: hotPath(sum), Fields: r.Fields("after", string(r.FilterID("after"))), Destructive: true,
			Title: r.Printer.N(key, int(v.Content.Findings)), What: []string{r.Printer.T(key + ".what")}, Submit: r.Printer.T("console.estate." + string(do))}
		if do == house.QuarantineContent {
			q.Undo = r.T("console.estate.ask.quarantine.undo")
		}
		if r.FilterID("after") != "" {
			q.What = append(q.What, r.T("console.estate.ask.rest"))
		}
		q.Form = ui.TextArea(ui.Input{Name: "reason", Label: r.T("console.reason")}, 2)
		return web.Confirm(contentPage(r, v), q), nil
	}
}

// decideContent carries a decision out, and asks about the rest if there are
// more cases than are done at a time.
func (c *console) decideContent(do house.ContentStep) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		d := house.ContentDecision{SHA256: r.PathValue("sha256"), Step: do, Reason: r.Text("reason")}
		var err error
		if d.After, err = r.FormID("after"); err != nil {
			return web.View{}, err
		}
		out, err := c.house.DecideContent(r.Context(), r.Who, d)
		if err != nil {
			return web.View{}, err
		}
		t := c.tally(r)
		t.done = out.Done
		for _, f := range out.Failed {
			t.fail(f.Case, f.Err)
		}
		m := t.message("console.estate.done." + string(do))
		if out.Already > 0 {
			m.Text = strings.TrimSpace(r.N("console.estate.already", out.Already) + " " + m.Text)
		}
		to := hotPath(d.SHA256)
		if out.Next != "" {
			to += "/" + string(do) + "?" + url.Values{"after": {string(out.Next)}}.Encode()
		}
		return web.See(to).SayAll(m), nil
	}
}
