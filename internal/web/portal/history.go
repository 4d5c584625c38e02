package portal

import (
	"encoding/json"
	"strings"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/web/ui"
)

// history words the public events of a case. What the house did is the
// provider's, whoever of its people did it.
func history(v visit, events []candor.Event) (out []ui.Event) {
	for _, e := range events {
		text, icon, tone := words(v, e)
		// What was seen when the case was opened is the case.
		if text == "" || e.Kind == candor.EventFinding && len(out) == 1 && e.At.Sub(out[0].At) < time.Minute {
			continue
		}
		shown := ui.Event{At: e.At, Icon: icon, Tone: tone, Text: text}
		if said := written(e); said != "" {
			shown.Body = paragraphs(said)
		}
		out = append(out, shown)
	}
	return out
}

// written is what a person wrote; notes that the program writes are in its own
// language and say no more than the event does.
func written(e candor.Event) string {
	if e.Actor == house.Provider || strings.HasPrefix(e.Actor, "customer:") {
		return e.Text
	}
	return ""
}

// details are those of an event that customers' pages need.
type details struct {
	To    candor.CaseState    `json:"to"`
	Count int                 `json:"count"`
	State candor.FindingState `json:"state"`
	Held  json.RawMessage     `json:"held"`
}

// words are an event for customers; empty for one that says nothing to them.
func words(v visit, e candor.Event) (text, icon string, tone ui.Tone) {
	var d details
	if len(e.Details) > 0 && json.Unmarshal(e.Details, &d) != nil {
		return "", "", ui.Neutral
	}
	switch e.Kind {
	case candor.EventOpened:
		return v.T("portal.event.opened"), "eye", ui.Neutral
	case candor.EventFinding:
		return v.N("portal.event.finding", d.Count), "findings", ui.Warn
	case candor.EventGone:
		if d.State == candor.FindingQuarantined {
			return v.N("portal.event.quarantined", d.Count), "lock", ui.Good
		}
		return v.N("portal.event.gone", d.Count), "check", ui.Good
	case candor.EventState:
		key := "portal.event." + string(d.To)
		if !v.Printer.Has(key) {
			return "", "", ui.Neutral
		}
		tone = ui.Neutral
		if !d.To.Open() {
			tone = ui.Good
		}
		return v.Printer.T(key), "next", tone
	case candor.EventResponse:
		if len(d.Held) > 0 {
			return v.T("portal.event.held"), "lock", ui.Neutral
		}
	case candor.EventComment, candor.EventQuestion, candor.EventContest, candor.EventFixed, candor.EventReleased, candor.EventReturned:
		return v.Printer.T("portal.event." + string(e.Kind)), icons[e.Kind], ui.Accent
	}
	return "", "", ui.Neutral
}

var icons = map[candor.EventKind]string{candor.EventComment: "comment", candor.EventQuestion: "question", candor.EventContest: "comment", candor.EventFixed: "check", candor.EventReleased: "check", candor.EventReturned: "warning"}

// lines splits what somebody wrote, so that it is shown as it was written.
func lines(text string) []string { return strings.Split(text, "\n") }
