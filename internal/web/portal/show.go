package portal

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/phrase"
	"candor/internal/web/ui"
)

// of is what is wrong with a field.
func (f form) of(field string) string {
	if f.field == field {
		return f.problem
	}
	return ""
}

func fileTone(s candor.FindingState) ui.Tone {
	switch s {
	case candor.FindingOpen:
		return ui.Warn
	case candor.FindingGone, candor.FindingQuarantined:
		return ui.Good
	}
	return ui.Neutral
}

func seen(ctx context.Context, f file) string {
	p, zone := phrase.From(ctx), ui.From(ctx).Zone
	return p.T("portal.file.seen", phrase.Args{"first": p.Date(f.First, zone), "last": p.Date(f.Last, zone)})
}

func due(ctx context.Context, d candor.Deadline, late bool) string {
	p := phrase.From(ctx)
	key := "portal.deadline.until"
	if late {
		key = "portal.deadline.missed"
	}
	return p.T(key, phrase.Args{"time": p.Time(d.Due, ui.From(ctx).Zone)})
}

// exact draws a page without the time of the request, so that times are
// written out: the page may be printed, and read days later.
func exact(page templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		view := ui.From(ctx)
		view.Now = time.Time{}
		return page.Render(ui.With(ctx, view), w)
	})
}

// dialled leaves of a telephone number what a telephone takes (RFC 3966).
func dialled(number string) string {
	return strings.Map(func(c rune) rune {
		if c == '+' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, number)
}

func date(ctx context.Context, key string, moment time.Time) string {
	p := phrase.From(ctx)
	return p.T(key, phrase.Args{"time": p.Date(moment, ui.From(ctx).Zone)})
}
