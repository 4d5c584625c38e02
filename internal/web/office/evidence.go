package office

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/evidence"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addEvidence adds the pages of the evidence log.
func (o *office) addEvidence() {
	s := o.site
	s.Page("GET /evidence", readEvidence, o.evidence)
	s.Page("GET /evidence/{id}", readEvidence, o.record)
	s.Page("GET /evidence/{id}/proof", readEvidence, o.proof)
	s.Page("GET /evidence/{id}/entry", readEvidence, o.entry)
	s.Page("GET /evidence/checkpoint", readEvidence, o.checkpoint)
	s.Page("GET /evidence/key", readEvidence, o.key)
	s.Page("GET /cases/{id}/evidence", readEvidence, o.exports)
	s.Page("GET /cases/{id}/evidence.zip", readEvidence, o.export)
}

// reveals tells whether somebody may see values that the log conceals: whoever
// answers for the records, and whoever checks them.
func reveals(r *web.Request) bool {
	return r.May(access.ReadEvidence) && (r.Who.Role == candor.RoleAdmin || r.Who.Role == candor.RoleAuditor)
}

// recordKinds are all kinds of records.
func recordKinds() []candor.RecordKind {
	return []candor.RecordKind{candor.RecordFinding, candor.RecordGone, candor.RecordDecision, candor.RecordResponse, candor.RecordConsent, candor.RecordDeadline,
		candor.RecordGeneration, candor.RecordAccess, candor.RecordErasure, candor.RecordPolicy, candor.RecordNotice, candor.RecordReport, candor.RecordRead, candor.RecordDrill}
}

// evidenceDetail is what stands above the list of records.
type evidenceDetail struct {
	status     evidence.Status
	failure    string // why the log cannot be asked
	waiting    int64
	checkpoint string
	tiles      []ui.Stat
	witnesses  ui.Table
	about      candor.Case // that the list is about; zero for none
}

func (o *office) evidence(r *web.Request) (web.View, error) {
	f := candor.RecordFilter{Kind: web.FilterOne(r, "kind", recordKinds()), Case: o.caseNamed(r), Subject: r.FilterID("subject")}
	list, err := o.house.Records(r.Context(), r.Who, f, r.Cut("at"))
	if err != nil {
		return web.View{}, err
	}
	d, err := o.logState(r)
	if err != nil {
		return web.View{}, err
	}
	if f.Case != "" {
		if d.about, err = o.house.Store.Case(r.Context(), r.Who.Scope(), f.Case); err != nil && !errors.Is(err, candor.ErrNotFound) {
			return web.View{}, err
		}
	}
	l := ui.Listing{Above: evidenceHead(d), Table: o.recordTable(r, list.Items), Cursor: web.Cursor(list), Filters: []ui.Filter{
		{Name: "kind", Label: r.T("office.kind"), Kind: ui.Choice, Options: web.Options(r, "office.record.kind.", recordKinds())},
		{Name: "case", Label: r.T("office.record.case"), Kind: ui.Words}, {Name: "subject", Label: r.T("office.record.subject"), Kind: ui.Words}}}
	p := ui.Page{Title: r.T("office.evidence"), Active: "evidence", Lead: r.T("office.evidence.lead")}
	p.Actions = ui.InTurn(ui.ButtonLink(ui.Link{Text: r.T("office.evidence.key"), Href: "/evidence/key"}, ui.Plain, "key"),
		ui.ButtonLink(ui.Link{Text: r.T("office.checkpoint.get"), Href: "/evidence/checkpoint"}, ui.Plain, "download"))
	return web.View{Page: p, Body: ui.ListPage(l)}, nil
}

// caseNamed is the case that the filter names, by its ID or by its number as
// people say it; one that is not there is none that any record has.
func (o *office) caseNamed(r *web.Request) candor.ID {
	word := r.Query("case")
	digits := strings.TrimPrefix(strings.ToUpper(word), "C-")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return r.FilterID("case")
	}
	c, err := o.house.Store.CaseByNumber(r.Context(), r.Who.Scope(), n)
	if err != nil {
		return candor.ID(word)
	}
	return c.ID
}

// logState asks the log how it is. That it cannot be asked is shown, and keeps
// nobody from the records.
func (o *office) logState(r *web.Request) (d evidenceDetail, err error) {
	if d.waiting, err = o.house.Store.CountPending(r.Context()); err != nil {
		return d, err
	}
	d.status, err = o.house.Log.Status(r.Context())
	note, failed := o.house.Log.Checkpoint()
	if err = errors.Join(err, failed); err != nil {
		d.failure = plain(err)
	}
	d.checkpoint, d.witnesses = string(note), witnessTable(r, d.status.Witnesses)
	p := r.Printer
	d.tiles = []ui.Stat{
		{Label: r.T("office.log.size"), Value: p.Number(int64(d.status.Size)), Known: d.failure == "", Note: r.T("office.log.covered", phrase.Args{"n": int64(d.status.Covered)})},
		{Label: r.T("office.log.checkpoint"), Value: p.Ago(r.Now, d.status.CheckpointAt), Known: !d.status.CheckpointAt.IsZero(), Note: p.Time(d.status.CheckpointAt, r.Zone)},
		{Label: r.T("office.log.waiting"), Value: p.Number(d.waiting), Known: true, Note: r.T("office.log.waiting.none")},
		cosigned(r, d.status.Witnesses),
	}
	if d.waiting > 0 {
		d.tiles[2].Note, d.tiles[2].Tone = r.T("office.log.waiting.text"), ui.Warn
	}
	return d, nil
}

// cosigned tells how many witnesses have cosigned.
func cosigned(r *web.Request, all []evidence.WitnessStatus) ui.Stat {
	s := ui.Stat{Label: r.T("office.witnesses"), Known: true, Value: r.T("office.witnesses.zero"), Note: r.T("office.witnesses.none")}
	n := 0
	for _, w := range all {
		if w.Error == "" && !w.Cosigned.IsZero() {
			n++
		}
	}
	if len(all) > 0 {
		s.Value, s.Note = r.T("office.witnesses.of", phrase.Args{"n": n, "all": len(all)}), r.T("office.witnesses.cosigned")
	}
	if n < len(all) {
		s.Tone = ui.Warn
	}
	return s
}

func witnessTable(r *web.Request, all []evidence.WitnessStatus) ui.Table {
	t := ui.Table{ID: "witnesses", Caption: r.T("office.witnesses"), Columns: []ui.Column{wide(column("name", r.T("office.witness"))), column("state", r.T("office.state")), column("cosigned", r.T("office.witness.cosigned")), minor(column("asked", r.T("office.witness.asked")))}}
	for _, w := range all {
		state := ui.Badge(r.T("office.witness.well"), ui.Good)
		switch {
		case w.Error != "":
			state = ui.Together(ui.Badge(r.T("office.witness.silent"), ui.Warn), quiet(w.Error))
		case w.Cosigned.IsZero():
			state = ui.Badge(r.T("office.witness.never"), ui.Unknown)
		}
		t.Rows = append(t.Rows, ui.Row{Key: w.Name, Label: w.Name, Cells: cells(named(w.Name, w.URL, ""), state, ui.Time(w.Cosigned), ui.Time(w.Asked))})
	}
	return t
}

func (o *office) recordTable(r *web.Request, all []candor.Logged) ui.Table {
	t := ui.Table{ID: "records", Caption: r.T("office.records"), Sort: r.Query(ui.SortParameter), Empty: ui.Situation{Title: r.T("office.records.none"), Text: r.T("office.records.none.text")},
		Columns: []ui.Column{number(column("index", r.T("office.record.index"))), wide(column("kind", r.T("office.record"))), column("who", r.T("office.record.who")),
			minor(column("case", r.T("office.case"))), sorted(column("at", r.T("office.record.at")), true)}}
	n := o.names(r)
	for _, l := range all {
		path := "/evidence/" + string(l.ID)
		about := ui.Absent()
		if l.Case != "" {
			about = ui.Numbered(ui.Link{Text: n.caseLabel(l.Case), Href: "/cases/" + string(l.Case)})
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(l.ID), Label: r.Printer.T("office.record.kind." + string(l.Kind)), Href: path, Cells: cells(
			place(r, l), named(r.Printer.Word("office.record.kind.", string(l.Kind)), path, summary(r, l)), whole(n.who(l.Actor)), about, ui.Time(l.At))})
	}
	return t
}

// place is where in the log a record stands.
func place(r *web.Request, l candor.Logged) templ.Component {
	if l.Index < 0 {
		return ui.Badge(r.T("office.record.waits"), ui.Warn)
	}
	return ui.Number(l.Index, "")
}

func (o *office) checkpoint(*web.Request) (web.View, error) {
	note, err := o.house.Log.Checkpoint()
	return text("checkpoint", note), err
}

func (o *office) key(*web.Request) (web.View, error) {
	return text("candor.pub", []byte(o.house.Log.Key()+"\n")), nil
}

// text is a small file to keep.
func text(name string, data []byte) web.View {
	return web.View{Send: &web.File{Name: name, Type: "text/plain; charset=utf-8", Write: func(w io.Writer) error { _, err := w.Write(data); return err }}}
}

// caught waits a little until the checkpoint covers an entry: what was done a
// moment ago is what people want to prove.
func (o *office) caught(ctx context.Context, index int64) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := o.house.Log.Await(ctx, uint64(index)+1); err != nil {
		return candor.WithHint(fmt.Errorf("no checkpoint covers entry %d yet: %w", index, candor.ErrUnavailable), "Try again in a moment.")
	}
	return nil
}
