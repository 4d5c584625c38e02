package office

import (
	"errors"
	"io"
	"strings"

	"candor"
	"candor/internal/directory"
	"candor/internal/house"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addPacks adds the page of what others may get of a case.
func (o *office) addPacks() {
	s := o.site
	s.Page("GET /cases/{id}/pack", actCases, o.packPage)
	s.Action("POST /cases/{id}/pack", actCases, o.takePack)
}

func packPath(id candor.ID) string { return "/cases/" + string(id) + "/pack" }

// packDetail is what the page shows.
type packDetail struct {
	path                        string
	format, audience, entry     string
	formats, audiences, entries []ui.Option
	pack                        house.Pack
	shown                       bool // there is something to take
	refused                     string
	facts, left                 []ui.Fact
	said                        []ui.Fact // the indicators
}

func (d packDetail) order(id candor.ID) house.PackOrder {
	return house.PackOrder{Case: id, Format: house.PackFormat(d.format), Audience: tlp.Audience(d.audience), Entry: candor.ID(d.entry)}
}

func (o *office) packPage(r *web.Request) (web.View, error) {
	c, err := o.caseOf(r)
	if err != nil {
		return web.View{}, err
	}
	d := packDetail{path: packPath(c.ID), format: r.Query("format"), audience: r.Query("audience"), entry: r.Query("entry"),
		formats: web.Options(r, "office.pack.format.", house.PackFormats()), audiences: web.Options(r, "office.pack.audience.", tlp.Audiences())}
	if d.format == "" {
		d.format = string(house.PackSTIX)
	}
	if d.audience == "" {
		d.audience = string(tlp.Recipients)
	}
	entries, err := o.house.Directory(r.Context(), r.Who, directory.Filter{Kind: directory.CERT})
	if err != nil {
		return web.View{}, err
	}
	d.entries = []ui.Option{{Label: r.T("office.pack.entry.none")}}
	for _, v := range entries {
		if v.Entry.Retired.IsZero() {
			d.entries = append(d.entries, ui.Option{Value: string(v.Entry.ID), Label: v.Entry.Name + " (" + r.Printer.Word("office.directory.state.", string(v.State)) + ")"})
		}
	}
	d.pack, err = o.house.PreviewPack(r.Context(), r.Who, d.order(c.ID))
	if d.refused = packRefusal(r, err); d.refused == "" && err != nil {
		return web.View{}, err
	}
	if d.shown = d.refused == ""; d.shown {
		d.facts, d.left, d.said = packFacts(r, d.pack), packLeft(r, d.pack.Left), packSaid(r, d.pack.Bundle.Indicators)
	}
	page := ui.Page{Title: r.T("office.pack"), Active: "cases", Lead: r.T("office.pack.lead"), Crumbs: []ui.Link{{Text: c.Label(), Href: "/cases/" + string(c.ID)}}}
	return web.View{Page: page, Body: packBody(d)}, nil
}

// packRefusal says why there is no pack; empty for what is no refusal.
func packRefusal(r *web.Request, err error) string {
	var marked *intel.Withheld
	switch {
	case errors.As(err, &marked):
		return r.T("office.pack.refused.marked", phrase.Args{"mark": "TLP:" + markWord(marked.Mark), "audience": r.Printer.Word("office.pack.audience.", string(marked.From))})
	case errors.Is(err, candor.ErrUnavailable):
		return r.T("office.pack.refused.producer")
	}
	return refusal(r, err)
}

func packFacts(r *web.Request, p house.Pack) []ui.Fact {
	b := p.Bundle
	return []ui.Fact{{Label: r.T("office.pack.mark"), Value: ui.Badge("TLP:"+markWord(p.Mark), ui.Neutral)}, {Label: r.T("office.pack.class"), Value: ui.Class(b.Class)},
		{Label: r.T("office.pack.severity"), Value: ui.Severity(b.Severity)}, {Label: r.T("office.pack.opened"), Value: ui.Time(b.Created)}, {Label: r.T("office.pack.changed"), Value: ui.Time(b.Modified)},
		{Label: r.T("office.pack.producer"), Value: ui.Text(b.Producer.Name)}, {Label: r.T("office.pack.name"), Value: ui.Mono(p.Name)}}
}

// markWord is a mark as people write it.
func markWord(m tlp.Mark) string { return strings.ToUpper(string(m.Effective())) }

func packLeft(r *web.Request, l house.PackLeft) []ui.Fact {
	var all []ui.Fact
	for _, x := range []struct {
		label string
		n     int
	}{{r.T("office.pack.left.private"), l.Private}, {r.T("office.pack.left.marked"), l.Marked}, {r.T("office.pack.left.bulk"), l.Bulk}, {r.T("office.pack.left.invalid"), l.Invalid}} {
		if x.n > 0 {
			all = append(all, ui.Fact{Label: x.label, Value: ui.Number(int64(x.n), "")})
		}
	}
	return all
}

// mostPackSaid is how many indicators the page shows.
const mostPackSaid = 100

func packSaid(r *web.Request, all []intel.Indicator) []ui.Fact {
	var facts []ui.Fact
	for _, i := range all[:min(len(all), mostPackSaid)] {
		facts = append(facts, ui.Fact{Label: r.Printer.Word("office.pack.kind.", string(i.Kind)), Value: ui.Together(ui.Mono(i.Value), ui.Badge("TLP:"+markWord(i.TLP), ui.Neutral))})
	}
	return facts
}

// takePack sends the pack as a file, and has the log keep who took it.
func (o *office) takePack(r *web.Request) (web.View, error) {
	c, err := o.caseOf(r)
	if err != nil {
		return web.View{}, err
	}
	d := packDetail{format: r.Line("format"), audience: r.Line("audience"), entry: r.Line("entry")}
	p, err := o.house.CasePack(r.Context(), r.Who, d.order(c.ID))
	if said := packRefusal(r, err); said != "" {
		return web.See(packPath(c.ID)).SayAll(ui.Message{Tone: ui.Bad, Title: r.T("office.pack.refused"), Text: said}), nil
	}
	if err != nil {
		return web.View{}, err
	}
	return web.View{Send: &web.File{Name: p.Name, Type: p.MediaType, Write: func(w io.Writer) error {
		_, err := w.Write(p.Content)
		return err
	}}}, nil
}
