package portal

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/receipt"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web/ui"
)

type (
	candorID      = candor.ID
	signedReceipt = receipt.Signed
)

// plain is text as a component.
func plain(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(s))
		return err
	})
}

func joined(ctx context.Context, all []string) string {
	return strings.Join(all, phrase.From(ctx).T("portal.list"))
}

// offerWords say how somebody stands to a document.
func offerWords(ctx context.Context, o house.Offer) string {
	p := phrase.From(ctx)
	switch {
	case o.Bound != nil:
		return p.T("portal.agree.bound")
	case o.Answer == consent.Refused:
		return p.T("portal.agree.refused")
	case o.Answer == consent.Withdrawn:
		return p.T("portal.agree.withdrawn")
	}
	return p.T("portal.agree.open")
}

func offerTone(o house.Offer) ui.Tone {
	switch {
	case o.Asked:
		return ui.Warn
	case o.Bound != nil:
		return ui.Good
	}
	return ui.Neutral
}

func clauseTone(a consent.Act) ui.Tone {
	if a == consent.Agreed {
		return ui.Good
	}
	return ui.Neutral
}

// heading names a clause of an offer as the reader knows it.
func (c controlled) heading(o house.Offer, clause string) string {
	if h := c.headings[o.Bound.Terms][clause]; h != "" {
		return h
	}
	return clause
}

// named names the clauses of what was said as the reader knows them.
func (c controlled) named(e house.Said) (all []string) {
	for _, id := range e.Clauses {
		if h := c.headings[e.Version][id]; h != "" {
			id = h
		}
		all = append(all, id)
	}
	return all
}

// choice names the clauses of what was said, after a colon; empty if it names
// none.
func (c controlled) choice(ctx context.Context, e house.Said) string {
	if len(e.Clauses) == 0 {
		return ""
	}
	return ": " + joined(ctx, c.named(e))
}

func aboutOptions(ctx context.Context, c controlled) []ui.Option {
	all := []ui.Option{{Value: "", Label: phrase.T(ctx, "portal.agree.about.none")}}
	for _, o := range c.Offers {
		all = append(all, ui.Option{Value: o.Terms.Document, Label: titleIn(phrase.From(ctx), o.Terms.Titles, o.Terms.Document)})
	}
	return all
}

// choices are the clauses that have a yes or no of their own.
func (s shown) choices() (all []ui.Option) {
	for _, c := range s.document.Clauses {
		if c.Optional {
			all = append(all, ui.Option{Value: c.ID, Label: c.Heading[s.page.Language()]})
		}
	}
	return all
}

// chosenAll are those that the person chose before: nothing else is chosen
// beforehand.
func (s shown) chosenAll() (all []string) {
	if s.Bound == nil {
		return nil
	}
	for _, c := range s.Bound.Clauses {
		if c.Optional && c.Holds {
			all = append(all, c.ID)
		}
	}
	return all
}

func receiptSays(ctx context.Context, r *signedReceipt, title string) string {
	p := phrase.From(ctx)
	key := "portal.receipt.says." + string(r.Event.Act)
	if r.Event.Act == consent.Withdrawn && slices.ContainsFunc(r.Clauses, func(c receipt.Clause) bool { return !c.Optional }) {
		key += ".all"
	}
	return p.T(key, phrase.Args{"title": title})
}

func standingWords(ctx context.Context, s house.Standing) ui.Message {
	p, zone := phrase.From(ctx), ui.From(ctx).Zone
	switch {
	case s.Holds:
		return ui.Message{Tone: ui.Good, Title: p.T("portal.receipt.holds")}
	case s.Now == "":
		return ui.Message{Tone: ui.Neutral, Title: p.T("portal.receipt.genuine"), Text: p.T("portal.receipt.unknown")}
	}
	return ui.Message{Tone: ui.Warn, Title: p.T("portal.receipt.genuine"), Text: p.T("portal.receipt.since."+s.Now, phrase.Args{"time": p.Time(s.Since, zone)})}
}
