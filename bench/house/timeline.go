package house

import (
	"fmt"
	"time"

	"candor"
)

// makeTimeline makes what happened in a case, its tasks and its deadlines.
func (g *generator) makeTimeline(c aCase, due time.Time) {
	at := c.opened
	event := func(kind, details string, public bool, text string) {
		g.row("events", candor.NewID(at), c.id, micro(at), kind, "system", public, text, details)
		at = at.Add(between(g.Rand, time.Second, time.Hour))
	}
	event("opened", "", true, "")
	event("deadline", `{"due":"2026-03-01T12:00:00Z","rule":"acknowledgement","state":"running"}`, false, "")
	event("finding", fmt.Sprintf(`{"count":%d,"scan":"s1"}`, c.all), true, "")
	if c.state != candor.CaseNew {
		event("state", `{"from":"new","to":"triaged"}`, true, "")
		g.record("decision", at, c.id, c.id, `{"from":"new","to":"triaged"}`, "", "")
	}
	if g.IntN(3) == 0 {
		event("comment", "", false, "Looked at it: the upload folder runs code. The customer was told in March of the same.")
	}
	if !c.closed.IsZero() {
		event("gone", fmt.Sprintf(`{"count":%d,"left":0,"state":"gone"}`, c.all), true, "")
		event("state", `{"from":"notified","to":"closed"}`, true, "nothing that was found is there any longer")
		g.record("decision", c.closed, c.id, c.id, `{"from":"notified","to":"closed"}`, "", "")
	}
	g.row("deadlines", candor.NewID(c.opened), c.id, "acknowledgement", "met", micro(c.opened), int64(0), micro(c.opened.Add(4*time.Hour)), micro(c.opened.Add(time.Hour)), false, false)
	if !due.IsZero() {
		g.row("deadlines", candor.NewID(c.opened), c.id, "customer-high", "running", micro(c.opened), micro(due.Add(-time.Hour)), micro(due), int64(0), true, due.Before(g.now))
	}
	done := int64(0)
	if !c.closed.IsZero() {
		done = micro(c.closed)
	}
	for i, text := range []string{"Look at what was found", "Tell the customer", "See how it came in"} {
		g.row("tasks", candor.NewID(c.opened), c.id, fmt.Sprint("task", i), text, int64(i+1), micro(c.opened.Add(24*time.Hour)), done, "", micro(c.opened))
	}
}

// makeResponses makes what was done about a case.
func (g *generator) makeResponses(c aCase) {
	if g.IntN(4) == 0 {
		return
	}
	at := c.opened.Add(time.Minute)
	state := pick(g.Rand, []weighted[candor.ResponseState]{{candor.ResponseVerified, 90}, {candor.ResponseUndone, 6}, {candor.ResponseRefused, 3}, {candor.ResponseFailed, 0.2}})
	if c.closed.IsZero() && g.IntN(2) == 0 {
		state = candor.ResponseProposed
	}
	for _, method := range []string{"notify", "quarantine"} {
		id := candor.NewID(at)
		g.row("responses", id, c.id, c.site.id, c.site.owner, method, state, `{"kind":"agreement","terms":"terms of hosting","version":"2024-1","clause":"7"}`, "",
			`{"to":["abuse@customer.example"]}`, `{"sent":1}`, "", "policy:standing", "user:1", micro(at), micro(at), micro(at), int64(0), int64(1), int64(0), int64(0))
		g.record("response", at, id, c.id, fmt.Sprintf(`{"method":%q,"state":%q}`, method, state), "", "")
		if method == "notify" && state != candor.ResponseProposed {
			g.row("messages", candor.NewID(at), id, c.id, c.site.owner, "abuse@customer.example", "en", "We found something at "+c.site.name,
				"Dear customer,\n\nwe found code in your site that lets others in.\n\nPlease look at it soon.\n", "", string(id)+"@provider.example", "sent", int64(1), "", micro(at), micro(at), int64(0))
		}
		if g.IntN(2) == 0 {
			return
		}
	}
}
