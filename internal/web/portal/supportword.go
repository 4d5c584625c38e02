package portal

import (
	"context"
	"encoding/json"

	"candor"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// entryDetails are those of a ticket's lines that pages need.
type entryDetails struct {
	To     candor.TicketState `json:"to"`
	Number int64              `json:"number"`
	Goes   bool               `json:"goes"`
	Upload candor.ID          `json:"upload"`
	State  candor.UploadState `json:"state"`
	Before candor.UploadState `json:"before"`
	Rating int                `json:"rating"`
}

// entryWords are a line of a ticket for its person; empty for one that says
// nothing to them.
func entryWords(r *web.Request, e candor.Entry, names map[candor.ID]string, provider string) (text, icon string, tone ui.Tone) {
	var d entryDetails
	if len(e.Details) > 0 && json.Unmarshal(e.Details, &d) != nil {
		return "", "", ui.Neutral
	}
	switch e.Kind {
	case candor.EntrySaid:
		return r.T("support.event.said"), "comment", ui.Neutral
	case candor.EntryAnswer:
		return r.T("support.event.answer", phrase.Args{"provider": provider}), "mail", ui.Accent
	case candor.EntryState:
		switch d.To {
		case candor.TicketSolved:
			return r.T("support.event.solved"), "check", ui.Good
		case candor.TicketClosed:
			return r.T("support.event.closed"), "check", ui.Neutral
		}
	case candor.EntryCase:
		return r.T("support.event.case", phrase.Args{"case": candor.Case{Number: d.Number}.Label()}), "cases", ui.Accent
	case candor.EntryMerged:
		args := phrase.Args{"ticket": candor.Ticket{Number: d.Number}.Label()}
		if d.Goes {
			return r.T("support.event.took", args), "next", ui.Neutral
		}
		return r.T("support.event.merged", args), "next", ui.Neutral
	case candor.EntryVerdict:
		args := phrase.Args{"name": names[d.Upload]}
		if d.Before != candor.UploadWaiting {
			return r.T("support.event.again", args) + " " + verdict(r.Printer, d.State), "eye", verdictTone(d.State)
		}
		return r.T("support.event.looked", args) + " " + verdict(r.Printer, d.State), "eye", verdictTone(d.State)
	case candor.EntryRated:
		return r.T("support.event.rated", phrase.Args{"n": d.Rating}), "check", ui.Neutral
	}
	return "", "", ui.Neutral
}

// verdict says what is known of a file, and no more than that.
func verdict(p phrase.Printer, s candor.UploadState) string {
	switch s {
	case candor.UploadQuiet:
		return p.T("support.verdict.quiet")
	case candor.UploadFound:
		return p.T("support.verdict.found")
	case candor.UploadFailed:
		return p.T("support.verdict.failed")
	}
	return p.T("support.verdict.waiting")
}

func verdictTone(s candor.UploadState) ui.Tone {
	switch s {
	case candor.UploadFound:
		return ui.Bad
	case candor.UploadQuiet:
		return ui.Neutral
	}
	return ui.Unknown
}

// stateWord is a ticket's state in the person's words.
func stateWord(ctx context.Context, s candor.TicketState) string {
	switch s {
	case candor.TicketNew:
		return phrase.T(ctx, "support.state.new")
	case candor.TicketOpen:
		return phrase.T(ctx, "support.state.open")
	case candor.TicketWaiting:
		return phrase.T(ctx, "support.state.waiting")
	case candor.TicketSolved:
		return phrase.T(ctx, "support.state.solved")
	}
	return phrase.T(ctx, "support.state.closed")
}

func stateTone(s candor.TicketState) ui.Tone {
	switch s {
	case candor.TicketWaiting:
		return ui.Warn
	case candor.TicketSolved:
		return ui.Good
	case candor.TicketNew, candor.TicketOpen:
		return ui.Accent
	}
	return ui.Neutral
}

// ratings are what a person can choose from, the best first.
func ratings(ctx context.Context) []ui.Option {
	return []ui.Option{{Value: "5", Label: phrase.T(ctx, "support.rate.5")}, {Value: "4", Label: phrase.T(ctx, "support.rate.4")}, {Value: "3", Label: phrase.T(ctx, "support.rate.3")},
		{Value: "2", Label: phrase.T(ctx, "support.rate.2")}, {Value: "1", Label: phrase.T(ctx, "support.rate.1")}}
}
