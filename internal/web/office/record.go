package office

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"candor"
	"candor/internal/evidence"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// recordDetail is what the page of one record shows.
type recordDetail struct {
	record    candor.Logged
	facts     []ui.Fact
	canonical string // of the log's entry; empty while it waits
	pretty    string
	differs   bool // the log has something else at that place
	failure   string
	proof     evidence.Inclusion
	covered   uint64 // entries that the proof's checkpoint covers
	concealed []concealed
	reveals   bool // whoever looks may see values
}

// concealed is a value of which the log holds a digest.
type concealed struct {
	name, digest string
	value        string
	held         bool // the value was not erased
	proved       bool // value and salt give the digest
}

// recordOf is the record in the path.
func (o *office) recordOf(r *web.Request) (candor.Logged, error) {
	id, err := r.ID("id")
	if err != nil {
		return candor.Logged{}, err
	}
	return o.house.Store.Record(r.Context(), id)
}

func (o *office) record(r *web.Request) (web.View, error) {
	l, err := o.recordOf(r)
	if err != nil {
		return web.View{}, err
	}
	d := recordDetail{record: l, facts: o.recordFacts(r, l), reveals: reveals(r)}
	if d.concealed, err = o.concealed(r, l, d.reveals); err != nil {
		return web.View{}, err
	}
	if l.Index >= 0 {
		o.readEntry(r, &d)
	}
	p := ui.Page{Title: r.Printer.Word("office.record.kind.", string(l.Kind)), Active: "evidence", Lead: summary(r, l), Crumbs: []ui.Link{{Text: r.T("office.evidence"), Href: "/evidence"}}}
	if l.Index >= 0 {
		p.Actions = ui.InTurn(ui.ButtonLink(ui.Link{Text: r.T("office.entry.get"), Href: "/evidence/" + string(l.ID) + "/entry"}, ui.Plain, "file"),
			ui.ButtonLink(ui.Link{Text: r.T("office.proof.get"), Href: "/evidence/" + string(l.ID) + "/proof"}, ui.Plain, "download"))
	}
	return web.View{Page: p, Body: recordPage(d)}, nil
}

// readEntry takes up what the log has at the record's place, and its proof.
func (o *office) readEntry(r *web.Request, d *recordDetail) {
	index := uint64(d.record.Index)
	e, err := o.house.Log.Entry(r.Context(), index)
	if err != nil {
		d.failure = plain(err)
		return
	}
	data, err := e.Canonical()
	if err != nil {
		d.failure = plain(err)
		return
	}
	d.canonical, d.differs = string(data), e.ID != d.record.ID
	var b bytes.Buffer
	if json.Indent(&b, data, "", "  ") == nil {
		d.pretty = b.String()
	}
	if d.proof, err = o.house.Log.Inclusion(r.Context(), index); err != nil {
		return // no checkpoint covers it yet: the page says so
	}
	if s, err := o.house.Log.Status(r.Context()); err == nil {
		d.covered = s.Covered
	}
}

func (o *office) recordFacts(r *web.Request, l candor.Logged) []ui.Fact {
	n := o.names(r)
	facts := []ui.Fact{
		{Label: r.T("office.record.index"), Value: place(r, l)},
		{Label: r.T("office.record.at"), Value: ui.ExactTime(l.At)},
		{Label: r.T("office.record.who"), Value: ui.Together(ui.Text(n.who(l.Actor)), ui.Mono(l.Actor))},
	}
	if l.Case != "" {
		facts = append(facts, ui.Fact{Label: r.T("office.case"), Value: anchor(n.caseLabel(l.Case), "/cases/"+string(l.Case))})
	}
	if l.Subject != "" {
		facts = append(facts, ui.Fact{Label: r.T("office.record.subject"), Value: anchor(string(l.Subject), "/evidence?subject="+string(l.Subject))})
	}
	for _, b := range l.Blobs {
		facts = append(facts, ui.Fact{Label: r.T("office.record.blob"), Value: ui.Digest(b)})
	}
	return append(facts, ui.Fact{Label: "ID", Value: ui.Mono(string(l.ID))})
}

// concealed are the values of which the log holds digests; those that are held
// still are given to whoever may see them, and checked against the digest.
func (o *office) concealed(r *web.Request, l candor.Logged, reveal bool) (all []concealed, err error) {
	kept := map[string]candor.Concealed{}
	values, err := o.house.Store.PersonalOf(r.Context(), l.ID)
	for _, v := range values {
		kept[v.Name] = v
	}
	for _, name := range slices.Sorted(maps.Keys(l.Concealed)) {
		c := concealed{name: name, digest: l.Concealed[name]}
		v, held := kept[name]
		if c.held = held; held && reveal {
			digest, err1 := evidence.ParseDigest(c.digest)
			salt, err2 := evidence.ParseDigest(v.Salt)
			c.value, c.proved = v.Value, err1 == nil && err2 == nil && evidence.Reveals(digest, salt, v.Value)
		}
		all = append(all, c)
	}
	return all, err
}

func (o *office) proof(r *web.Request) (web.View, error) {
	l, err := o.landed(r)
	if err != nil {
		return web.View{}, err
	}
	p, err := o.house.Log.Inclusion(r.Context(), uint64(l.Index))
	return text(fmt.Sprintf("%020d.tlog-proof", l.Index), p.Text()), err
}

func (o *office) entry(r *web.Request) (web.View, error) {
	l, err := o.landed(r)
	if err != nil {
		return web.View{}, err
	}
	e, err := o.house.Log.Entry(r.Context(), uint64(l.Index))
	if err != nil {
		return web.View{}, err
	}
	data, err := e.Canonical()
	v := text(fmt.Sprintf("%020d.json", l.Index), data)
	v.Send.Type = "application/json"
	return v, err
}

// landed is the record in the path, which the log and a checkpoint have.
func (o *office) landed(r *web.Request) (candor.Logged, error) {
	l, err := o.recordOf(r)
	if err == nil && l.Index < 0 {
		err = candor.WithHint(fmt.Errorf("record %s waits to be taken into the log: %w", l.ID, candor.ErrUnavailable), "Try again in a moment.")
	}
	if err == nil {
		err = o.caught(r.Context(), l.Index)
	}
	return l, err
}

// caseLabel is the number of a case, as people say it.
func (n *names) caseLabel(id candor.ID) string {
	key := "case:" + string(id)
	label, ok := n.actor[key]
	if !ok {
		label = short(string(id))
		if c, err := n.o.house.Store.Case(n.ctx, n.r.Who.Scope(), id); err == nil {
			label = c.Label()
		}
		n.actor[key] = label
	}
	return label
}

// summary says in a few words what a record holds.
func summary(r *web.Request, l candor.Logged) string {
	var body map[string]any
	if json.Unmarshal(l.Body, &body) != nil {
		return ""
	}
	var parts []string
	for _, name := range []string{"event", "act", "rule", "method", "from", "to", "state", "terms", "version", "webhook", "generation", "reason", "values"} {
		switch v := body[name].(type) {
		case string:
			parts = append(parts, said(r, name, v))
		case float64:
			parts = append(parts, r.Printer.Number(int64(v)))
		}
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// said is a word of a record as people say it.
func said(r *web.Request, name, v string) string {
	switch {
	case name == "generation":
		return short(v)
	case name == "event":
		return r.Printer.Word("office.record.event.", v)
	case name == "act":
		return r.Printer.Word("office.consent.act.", v)
	case name == "method":
		return r.Printer.Word("office.method.", v)
	case name == "rule" && (r.Printer.Has("office.rule." + v)):
		return r.Printer.T("office.rule." + v)
	case name == "state", name == "from", name == "to":
		for _, prefix := range []string{"case.state.", "response.state.", "deadline.state.", "finding.state.", "office.generation.state."} {
			if r.Printer.Has(prefix + v) {
				return r.Printer.T(prefix + v)
			}
		}
	}
	return v
}

// exports is the page on which a case's evidence is exported.
func (o *office) exports(r *web.Request) (web.View, error) {
	c, err := o.caseOf(r)
	if err != nil {
		return web.View{}, err
	}
	b, err := o.gather(r, c, true, reveals(r))
	if err != nil {
		return web.View{}, err
	}
	x := exportDetail{path: "/cases/" + string(c.ID) + "/evidence.zip", name: exportName(c), records: len(b.Entries), waiting: b.waiting, blobs: len(b.Blobs), personal: len(b.Revealed), reveals: reveals(r)}
	return web.View{Body: exportPage(x), Page: ui.Page{Title: r.T("office.export"), Active: "evidence", Lead: r.T("office.export.lead", phrase.Args{"case": c.Label()}),
		Crumbs: []ui.Link{{Text: r.T("office.evidence"), Href: "/evidence"}, {Text: c.Label(), Href: "/cases/" + string(c.ID)}}}}, nil
}

// concealedFacts are concealed values by what they are.
func concealedFacts(d recordDetail) (facts []ui.Fact) {
	for _, c := range d.concealed {
		facts = append(facts, ui.Fact{Label: c.name, Value: revealed(c, d.reveals)})
	}
	return facts
}
