package office

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// scanTone is the mood of a scan's state. One that ended is good only if
// everything was looked at.
func scanTone(s candor.ScanState) ui.Tone {
	switch s {
	case candor.ScanComplete:
		return ui.Good
	case candor.ScanPartial:
		return ui.Warn
	case candor.ScanFailed:
		return ui.Bad
	case candor.ScanRunning:
		return ui.Accent
	}
	return ui.Neutral
}

func (o *office) scanTable(r *web.Request, all []candor.Scan) ui.Table {
	t := ui.Table{ID: "scans", Caption: r.T("office.scans"), Empty: ui.Situation{Title: r.T("office.scans.none"), Text: r.T("office.scans.none.text")},
		Columns: []ui.Column{column("queued", r.T("office.scan.when")), wide(column("state", r.T("office.state"))), minor(column("cause", r.T("office.scan.cause"))),
			number(minor(column("took", r.T("office.scan.took")))), number(column("files", r.T("office.scan.files"))), number(minor(column("bytes", r.T("office.scan.bytes")))),
			number(column("findings", r.T("office.scan.findings"))), number(column("errors", r.T("office.scan.errors")))}}
	n := o.names(r)
	for _, s := range all {
		took := ui.Absent()
		if !s.Started.IsZero() && !s.Ended.IsZero() {
			took = whole(r.Printer.Span(s.Ended.Sub(s.Started)))
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(s.ID), Label: r.Printer.Time(s.Queued, r.Zone), Cells: cells(scanWhen(s), scanState(r, s),
			whole(cause(r, n, s)), took, measured(s, ui.Number(s.Files, "")), measured(s, ui.Bytes(s.Bytes)), measured(s, ui.Number(s.Findings, "")), count(s.Errors))})
	}
	return t
}

// measured shows a figure of a scan that has begun.
func measured(s candor.Scan, c templ.Component) templ.Component {
	if s.Started.IsZero() {
		return ui.Absent()
	}
	return c
}

func scanWhen(s candor.Scan) templ.Component {
	if s.Started.IsZero() {
		return ui.Time(s.Queued)
	}
	return ui.Time(s.Started)
}

// scanState is the state, with what went wrong below it.
func scanState(r *web.Request, s candor.Scan) templ.Component {
	badge := ui.Badge(r.Printer.T("office.scan.state."+string(s.State)), scanTone(s.State))
	if s.Error == "" {
		return badge
	}
	return ui.Together(badge, quiet(s.Error))
}

func cause(r *web.Request, n *names, s candor.Scan) string {
	text := r.Printer.Word("office.scan.cause.", s.Cause)
	if s.Cause == "demand" && s.By != "" && s.By != "system" {
		return r.T("office.scan.cause.by", phrase.Args{"name": n.who(s.By)})
	}
	return text
}

func (o *office) scan(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	var wait *access.Wait
	switch _, err := o.house.Scan(r.Context(), r.Who, id); {
	case errors.As(err, &wait):
		again := r.Printer.Time(r.Now.Add(wait.For), r.Zone)
		return web.See(assetPath(id)).Say(ui.Warn, r.T("office.scan.paused", phrase.Args{"when": again})), nil
	case err != nil:
		return web.View{}, err
	}
	return web.See(assetPath(id)).Say(ui.Good, r.T("office.scan.asked")), nil
}

// progress is how far a scan is: asked for again and again by the page of its
// asset. When it has ended, that page is shown anew.
func (o *office) progress(r *web.Request) (web.View, error) {
	asset, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	id, err := r.ID("scan")
	if err != nil {
		return web.View{}, err
	}
	s, err := o.house.Store.Scan(r.Context(), r.Who.Scope(), id)
	if err == nil && s.Asset != asset {
		err = fmt.Errorf("scan %s of asset %s: %w", id, asset, candor.ErrNotFound)
	}
	if err != nil {
		return web.View{}, err
	}
	if ended(s) {
		return web.See(assetPath(asset)), nil
	}
	w := work(phrase.With(ui.With(r.Context(), ui.View{Now: r.Now}), r.Printer), s)
	back := ui.Link{Text: r.T("office.scan.back"), Href: assetPath(asset)}
	return web.View{Page: ui.Page{Title: r.T("office.scan"), Active: "sites"}, Body: scanPage(w, back), Partial: ui.Progress(w)}, nil
}

func ended(s candor.Scan) bool { return s.State != candor.ScanQueued && s.State != candor.ScanRunning }

// work is a scan that is not over as progress shows it. What the last complete
// scan saw stands for the whole, so that the end is an estimate.
func work(ctx context.Context, s candor.Scan) ui.Work {
	p := phrase.From(ctx)
	w := ui.Work{ID: "scan-" + string(s.ID), Label: p.T("office.scan.waits"), Share: -1, Poll: assetPath(s.Asset) + "/scans/" + string(s.ID)}
	if s.State != candor.ScanRunning {
		return w
	}
	w.Label = p.T("office.scan.running")
	w.Done = p.N("office.scan.done", int(s.Files), phrase.Args{"bytes": p.Bytes(s.Bytes)})
	if s.Errors > 0 {
		w.Note = p.N("office.scan.unread", int(s.Errors))
	}
	took := ui.From(ctx).Now.Sub(s.Started)
	if took < time.Second || s.Bytes == 0 {
		return w
	}
	rate := float64(s.Bytes) / took.Seconds()
	w.Rate = p.Bytes(int64(rate))
	if s.Total > 0 {
		w.Total = p.Bytes(s.Total)
		w.Share = min(float64(s.Bytes)/float64(s.Total), 0.99) // it is over when it says so
		if left := s.Total - s.Bytes; left > 0 {
			w.Left = p.Span(time.Duration(float64(left) / rate * float64(time.Second)).Round(time.Second))
		}
	}
	return w
}
