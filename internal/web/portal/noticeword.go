package portal

import (
	"context"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web/ui"
)

func latest(ctx context.Context, n candor.Notice) string {
	if n.Latest == 0 {
		return phrase.T(ctx, "portal.notice.never")
	}
	return phrase.T(ctx, "portal.notice.version", phrase.Args{"number": n.Latest})
}

// noticeBanner says how a notice stands.
func noticeBanner(ctx context.Context, s noticeState) ui.Message {
	p := phrase.From(ctx)
	m := ui.Message{Stays: true}
	switch {
	case s.Notice.Latest == 0 && s.faults > 0:
		m.Tone, m.Title, m.Text = ui.Warn, p.T("portal.notice.state.draft"), p.N("portal.notice.state.faults", s.faults)
	case s.Notice.Latest == 0:
		m.Tone, m.Title, m.Text = ui.Accent, p.T("portal.notice.state.draft"), p.T("portal.notice.state.ready")
	default:
		m.Tone, m.Title = ui.Good, p.T("portal.notice.state.published", phrase.Args{"number": s.Notice.Latest, "time": p.Date(s.Versions[0].Published, ui.From(ctx).Zone)})
		m.Text = p.T("portal.notice.state.open")
	}
	return m
}

func proofTone(s candor.ProofStatus) ui.Tone {
	switch s {
	case candor.ProofSame:
		return ui.Good
	case candor.ProofOther:
		return ui.Warn
	case candor.ProofAltered, candor.ProofAbsent:
		return ui.Bad
	}
	return ui.Unknown
}

// standingWord says in a word whether a site serves what it must.
func standingWord(ctx context.Context, x house.NoticeStanding) string {
	p := phrase.From(ctx)
	switch {
	case x.Pin.Number == 0:
		return p.T("portal.notice.unpinned")
	case x.Status == "":
		return p.T("portal.notice.unseen")
	}
	return p.Word("portal.notice.proof.", string(x.Status))
}

// proofWord says what was seen, and more if it is known.
func proofWord(ctx context.Context, f candor.NoticeProof) string {
	p := phrase.From(ctx)
	text := p.Word("portal.notice.proof.", string(f.Status))
	if code, ok := strings.CutPrefix(f.Detail, "http-"); ok {
		return text + " (HTTP " + code + ")"
	}
	if f.Detail != "" {
		text += " (" + p.Word("portal.notice.detail.", f.Detail) + ")"
	}
	return text
}

// chosenWord sums up a long choice.
func chosenWord(x fieldForm) string {
	return x.Label + ": " + strconv.Itoa(len(x.chosen)) + " / " + strconv.Itoa(len(x.options))
}

func texts(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// current marks the language that is worked on.
func current(l ui.Link, f stepForm) templ.Attributes {
	if strings.HasSuffix(l.Href, "="+f.lang) {
		return templ.Attributes{"aria-current": "true"}
	}
	return nil
}
