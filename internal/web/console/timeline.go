package console

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/phrase"
	"candor/internal/web/ui"
)

// details is what events of all kinds say of themselves.
type details struct {
	From     string    `json:"from"`
	To       string    `json:"to"`
	State    string    `json:"state"`
	Count    int       `json:"count"`
	Left     *int      `json:"left"`
	Rule     string    `json:"rule"`
	Due      time.Time `json:"due"`
	Key      string    `json:"key"`
	Task     string    `json:"task"`
	Done     bool      `json:"done"`
	Response candor.ID `json:"response"`
	Method   string    `json:"method"`
	Expired  bool      `json:"expired"`
	Kept     bool      `json:"kept"`
	Drift    string    `json:"drift"`
	Added    bool      `json:"added"`
	Held     *struct {
		Found int      `json:"found"`
		Of    int      `json:"of"`
		Rules []string `json:"rules"`
	} `json:"held"`
	Error  string          `json:"error"`
	Why    string          `json:"why"`
	Hint   string          `json:"hint"`
	Case   candor.ID       `json:"case"`
	Label  string          `json:"label"`
	Says   string          `json:"says"`
	Good   bool            `json:"good"`
	Gap    *candor.NoBasis `json:"gap"`
	Lapsed *candor.NoBasis `json:"lapsed"`
	Rested *candor.Basis   `json:"rested"`
	Rung   string          `json:"rung"`
	Cause  candor.Cause    `json:"cause"`
	Before int             `json:"before"`
}

// read takes what it understands; what is damaged says nothing.
func read(data json.RawMessage) (d details) {
	if len(data) > 0 && json.Unmarshal(data, &d) != nil {
		return details{}
	}
	return d
}

// tellEvents writes the timeline, the oldest first. Of a long one the end is
// shown unless all of it is asked for.
func (s *story) tellEvents() {
	events := slices.Clone(s.Events)
	slices.SortStableFunc(events, func(a, b candor.Event) int { // of one moment, opening comes first
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(later(a.Kind), later(b.Kind)))
	})
	if more := len(events) - mostEvents; more > 0 && s.r.Query("events") != "all" {
		s.moreEvents = s.r.N("console.timeline.more", more)
		events = events[more:]
	}
	proofs := newProofs(s.Case.ID, s.Records)
	for _, e := range events {
		d := read(e.Details)
		told := ui.Event{At: e.At, Icon: "dot", Who: s.names.who(e.Actor)}
		s.tellEvent(&told, e, d)
		if e.Text != "" {
			told.Body = spokenWords(e.Text, e.Public && spoken(e.Kind))
		}
		if l, ok := proofs.of(e, d); ok {
			told.Proof = ui.Link{Text: s.r.T("console.proof", phrase.Args{"index": l.Index}), Href: recordPath(l.ID)}
		}
		s.events = append(s.events, told)
	}
}

func later(k candor.EventKind) int {
	if k == candor.EventOpened {
		return 0
	}
	return 1
}

// spoken tells whether an event is somebody's words.
func spoken(k candor.EventKind) bool {
	return k == candor.EventComment || k == candor.EventQuestion || k == candor.EventAnswer || k == candor.EventContest || k == candor.EventFixed || k == candor.EventReleased
}

// tellEvent puts one event into words.
func (s *story) tellEvent(to *ui.Event, e candor.Event, d details) {
	r := s.r
	switch e.Kind {
	case candor.EventOpened:
		to.Icon, to.Tone, to.Text = "cases", ui.Accent, r.T("console.event.opened")
	case candor.EventFinding:
		to.Icon, to.Tone, to.Text = "findings", ui.Warn, r.N("console.event.finding", d.Count)
	case candor.EventGone:
		to.Icon, to.Text = "check", r.N("console.event.gone."+goneAs(d.State), d.Count)
	case candor.EventState:
		to.Icon, to.Text = "next", r.T("console.event.state")
		to.Mark = ui.StateChange(candor.CaseState(d.From), candor.CaseState(d.To))
	case candor.EventAssigned:
		to.Icon = "user"
		if to.Text = r.T("console.event.unassigned"); d.To != "" {
			to.Text = r.T("console.event.assigned", phrase.Args{"name": s.names.userName(candor.ID(d.To))})
		}
	case candor.EventTask:
		s.tellTask(to, d)
	case candor.EventDeadline:
		s.tellDeadline(to, d)
	case candor.EventResponse:
		s.tellResponse(to, d)
	case candor.EventLadder:
		s.tellLadder(to, d)
	case candor.EventLinked:
		to.Icon, to.Text = "link", r.T("console.event.linked")
		to.Mark = anchor(d.Label, casePath(d.Case))
	case candor.EventGood:
		key := "console.event.bad"
		if d.Good {
			key = "console.event.good"
		}
		to.Icon, to.Text = "next", r.Printer.N(key, d.Count)
		to.Mark = anchor(d.Label, casePath(d.Case))
	default:
		to.Icon, to.Text = plainIcon(e.Kind), r.Printer.Word("console.event.", string(e.Kind))
		if e.Kind == candor.EventQuestion || e.Kind == candor.EventContest {
			to.Tone = ui.Warn
		}
	}
}

func goneAs(state string) string {
	if state == string(candor.FindingQuarantined) || state == string(candor.FindingDismissed) {
		return state
	}
	return string(candor.FindingGone)
}

func plainIcon(k candor.EventKind) string {
	switch k {
	case candor.EventComment, candor.EventAnswer:
		return "comment"
	case candor.EventQuestion, candor.EventContest:
		return "question"
	case candor.EventFixed, candor.EventReleased:
		return "check"
	case candor.EventRescan:
		return "search"
	}
	return "dot"
}

func (s *story) tellTask(to *ui.Event, d details) {
	key := "console.event.task.added"
	if to.Icon = "plus"; d.Done {
		key, to.Icon, to.Tone = "console.event.task.done", "check", ui.Good
	} else if d.Key != "" && !d.Added {
		key, to.Icon = "console.event.task.open", "undo"
	}
	to.Text = s.r.Printer.T(key, phrase.Args{"task": taskText(s.r.Printer, d.Key, d.Task)})
}

func (s *story) tellDeadline(to *ui.Event, d details) {
	to.Icon = "clock"
	to.Text = s.r.Printer.T("console.event.deadline."+orState(d.State), phrase.Args{"rule": ruleName(s.r.Printer, d.Rule), "due": s.r.Printer.Time(d.Due, s.r.Zone)})
	switch candor.DeadlineState(d.State) {
	case candor.DeadlineMet:
		to.Tone = ui.Good
	case candor.DeadlineMissed:
		to.Tone = ui.Bad
	}
}

func orState(s string) string {
	switch candor.DeadlineState(s) {
	case candor.DeadlineMet, candor.DeadlineMissed, candor.DeadlineCancelled:
		return s
	}
	return string(candor.DeadlineRunning)
}

func (s *story) tellResponse(to *ui.Event, d details) {
	r := s.r
	method := phrase.Args{"method": methodName(r.Printer, d.Method)}
	to.Icon = "responses"
	if d.State == "not-proposed" {
		to.Tone, to.Text = ui.Warn, r.T("console.event.response.not", method)
		reason := d.Why
		if d.Hint != "" {
			reason, _ = r.Printer.Hint(d.Hint)
		}
		if d.Gap != nil {
			reason = gap(r, d.Gap)
		}
		to.Body = paragraph(reason)
		return
	}
	to.Text = r.Printer.T("console.event.response."+responseWord(d), method)
	if d.Held != nil {
		to.Body = paragraph(r.T("console.event.response.held.why", phrase.Args{"found": d.Held.Found, "of": d.Held.Of, "rules": strings.Join(d.Held.Rules, ", ")}))
	}
	if d.Response != "" {
		to.Mark = anchor(r.T("console.event.response.look"), responsePath(d.Response))
	}
	switch candor.ResponseState(d.To) {
	case candor.ResponseVerified:
		to.Tone = ui.Good
	case candor.ResponseFailed:
		to.Tone = ui.Bad
	case candor.ResponseApplied:
		to.Tone = ui.Accent
	}
	switch {
	case d.Lapsed != nil:
		to.Tone, to.Body = ui.Warn, paragraph(gap(r, d.Lapsed))
	case d.Rested != nil:
		to.Tone, to.Body = ui.Neutral, paragraph(basis(r.Printer, r.Zone, *d.Rested))
	case d.Error != "":
		to.Body = paragraph(d.Error)
	}
}

func responseWord(d details) string {
	switch {
	case d.Held != nil:
		return "held"
	case d.Kept:
		return "kept"
	case d.Lapsed != nil:
		return "lapsed"
	case d.Rested != nil:
		return "rested"
	case slices.Contains([]string{"refilled", "moved", "freed"}, d.Drift):
		return d.Drift
	}
	switch s := candor.ResponseState(d.To); s {
	case candor.ResponseProposed, candor.ResponseApproved, candor.ResponseApplied, candor.ResponseVerified, candor.ResponseFailed, candor.ResponseRefused, candor.ResponseUndone:
		return string(s)
	case candor.ResponseUndoing:
		if d.Expired {
			return "expired"
		}
		return string(s)
	}
	return "other"
}
