package office

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addTraffic adds the page of the network.
func (o *office) addTraffic() { o.site.Page("GET /traffic", readCases, o.traffic) }

// trafficDetail is what the page of the network shows.
type trafficDetail struct {
	unmeasured string // why; empty if it was measured
	warnings   []ui.Message
	figures    []ui.Stat
	exporters  ui.Table
	looked     ui.Table
	flows      bool          // the reader may see those that are kept
	parts      *trafficParts // nil if none is watched
}

func (o *office) traffic(r *web.Request) (web.View, error) {
	v, err := o.house.NetworkTraffic(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	d := trafficDetail{unmeasured: unmeasured(r, v.Unmeasured), flows: r.May(access.ReadFlows)}
	if n := v.Network; n != nil {
		d.figures, d.warnings = trafficFigures(r, v), trafficWarnings(r, v)
		d.exporters = exporterTable(r, v)
		if d.parts, err = o.trafficParts(r, v); err != nil {
			return web.View{}, err
		}
		if d.looked, err = o.lookedTable(r, v); err != nil {
			return web.View{}, err
		}
	}
	p := ui.Page{Title: r.T("office.traffic"), Active: "traffic", Lead: r.T("office.traffic.lead")}
	again := ui.ButtonLink(ui.Link{Text: r.T("office.health.again"), Href: "/traffic"}, ui.Plain, "")
	if p.Actions = again; d.flows {
		p.Actions = ui.InTurn(again, ui.ButtonLink(ui.Link{Text: r.T("office.flows.ask"), Href: flowsPath}, ui.Plain, "search"))
	}
	return web.View{Page: p, Body: trafficPage(d)}, nil
}

// unmeasured says why nothing is known.
func unmeasured(r *web.Request, why house.Unmeasured) string {
	if why == "" {
		return ""
	}
	return r.Printer.Word("office.traffic.unmeasured.", string(why))
}

func trafficFigures(r *web.Request, v house.NetworkTraffic) []ui.Stat {
	n, took := v.Network, r.Printer.Span(v.Network.At.Sub(v.Network.Since))
	heard := n.Records > 0
	unattributed := ui.Stat{Label: r.T("office.traffic.unattributed"), Known: heard, Note: r.T("office.traffic.unattributed.note")}
	if heard {
		unattributed.Value = r.Printer.Percent(float64(n.Unattributed) / float64(n.Records))
	}
	return []ui.Stat{
		{Label: r.T("office.assets.line"), Value: r.Printer.Number(int64(n.Lines)), Known: true, Href: listPath(candor.Line)},
		{Label: r.T("office.traffic.rate"), Value: r.Printer.Decimal(n.Rate, digits(n.Rate)), Known: heard, Note: r.T("office.traffic.since", phrase.Args{"time": took})},
		unattributed,
		{Label: r.T("office.traffic.suspects"), Value: r.Printer.Number(int64(n.Suspects)), Known: heard, Href: "#looked"},
		{Label: r.T("office.traffic.findings"), Value: r.Printer.Number(whole64(n.Findings)), Known: heard, Note: r.T("office.traffic.since", phrase.Args{"time": took})},
	}
}

// digits is how many digits behind the sign say something.
func digits(v float64) int {
	if v == 0 || math.Abs(v) >= 10 {
		return 0
	}
	return 1
}

func whole64(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// trafficWarnings are what keeps lines from being watched well, the worst first.
func trafficWarnings(r *web.Request, v house.NetworkTraffic) (all []ui.Message) {
	n := v.Network
	warn := func(on bool, title, text string) {
		if on {
			all = append(all, ui.Message{Tone: ui.Warn, Title: title, Text: text})
		}
	}
	warn(len(n.Exporters) == 0, r.T("office.traffic.nobody"), r.T("office.traffic.nobody.text"))
	warn(n.Silent > 0, r.N("office.traffic.silent", n.Silent), r.T("office.traffic.silent.text"))
	warn(n.Records > 0 && n.Unattributed > n.Records/2, r.T("office.traffic.nobodys"), r.T("office.traffic.nobodys.text"))
	warn(n.Dropped+n.Unread > 0, r.T("office.traffic.dropped"), r.T("office.traffic.dropped.text", phrase.Args{"records": whole64(n.Dropped), "datagrams": whole64(n.Unread)}))
	warn(n.Unfiled > 0, r.N("office.traffic.unfiled", int(whole64(n.Unfiled))), "")
	warn(n.Refused > 0, r.N("office.traffic.refused", int(whole64(n.Refused))), r.T("office.traffic.refused.text"))
	return all
}

const (
	muchLost  = 0.01            // of what an exporter sent
	farClocks = 2 * time.Second // v9 and IPFIX tell whole seconds
)

func exporterTable(r *web.Request, v house.NetworkTraffic) ui.Table {
	t := ui.Table{ID: "exporters", Caption: r.T("office.traffic.exporters"), Empty: ui.Situation{Title: r.T("office.traffic.nobody"), Text: r.T("office.traffic.nobody.text")},
		Columns: []ui.Column{wide(column("name", r.T("office.traffic.exporter"))), column("state", r.T("office.state")), minor(column("protocol", r.T("office.traffic.protocol"))), number(column("records", r.T("office.traffic.records"))),
			number(column("lost", r.T("office.traffic.lost"))), minor(number(column("sampling", r.T("office.traffic.sampling")))), minor(number(column("clock", r.T("office.traffic.clock")))), column("heard", r.T("office.traffic.heard"))}}
	for _, e := range v.Network.Exporters {
		name, below := e.Name, e.Address.String()
		if name == "" {
			name, below = below, ""
		}
		var marks []templ.Component
		mark := func(on bool, text string) {
			if on {
				marks = append(marks, ui.Badge(text, ui.Warn))
			}
		}
		late := time.Duration(e.Clock * float64(time.Second))
		mark(e.Silent, r.T("office.traffic.mark.silent"))
		mark(e.Sent > 0 && float64(e.Lost) > muchLost*float64(e.Sent), r.T("office.traffic.mark.loses"))
		mark(late.Abs() > farClocks, r.T("office.traffic.mark.clock"))
		mark(e.Errors > 0, r.T("office.traffic.mark.errors"))
		if len(marks) == 0 {
			marks = append(marks, ui.Badge(r.T("office.traffic.mark.well"), ui.Good))
		}
		lost, sampling, heard := ui.Absent(), ui.Absent(), ui.Badge(r.T("office.traffic.never"), ui.Unknown)
		if e.Sent > 0 {
			lost = whole(lostText(r, e.Lost, e.Sent))
		}
		if e.Sampling > 0 {
			sampling = whole(r.T("office.traffic.sampling.of", phrase.Args{"n": int64(e.Sampling)}))
		}
		if !e.Last.IsZero() {
			heard = ui.Time(e.Last)
		}
		t.Rows = append(t.Rows, ui.Row{Key: e.Address.String(), Label: name, Cells: cells(exporterName(name, below), ui.Together(marks...), ui.OrAbsent(e.Protocol),
			ui.Number(whole64(e.Records), ""), lost, sampling, whole(clockText(r, late)), heard)})
	}
	return t
}

// lostText says how much was lost, and which share where it is one.
func lostText(r *web.Request, lost, sent uint64) string {
	share := float64(lost) / float64(sent)
	if share < 0.001 {
		return r.Printer.Number(whole64(lost))
	}
	return r.T("office.traffic.lost.of", phrase.Args{"n": whole64(lost), "share": r.Printer.Percent(share)})
}

// clockText says how far a clock is ahead, with its sign.
func clockText(r *web.Request, d time.Duration) string {
	if d.Abs() <= farClocks {
		return r.T("office.traffic.clock.right")
	}
	return r.T("office.traffic.clock.off", phrase.Args{"seconds": fmt.Sprintf("%+d", int64(d.Round(time.Second)/time.Second))})
}

// lookedTable lists lines that are looked at closely.
func (o *office) lookedTable(r *web.Request, v house.NetworkTraffic) (ui.Table, error) {
	t := ui.Table{ID: "looked", Caption: r.T("office.traffic.looked"), Empty: ui.Situation{Title: r.T("office.traffic.looked.none"), Text: r.T("office.traffic.looked.none.text")},
		Columns: []ui.Column{wide(column("line", r.T("asset.kind.line"))), column("found", r.T("office.traffic.found")), number(column("up", r.T("office.access.up"))), minor(number(column("down", r.T("office.access.down")))),
			minor(column("since", r.T("office.traffic.since.when"))), column("last", r.T("office.traffic.last"))}}
	for _, l := range v.Network.Looked {
		a, err := o.house.Store.Asset(r.Context(), r.Who.Scope(), l.Line)
		if err != nil {
			return t, err
		}
		href := assetPath(a.ID) + "#traffic"
		t.Rows = append(t.Rows, ui.Row{Key: string(l.Line), Label: a.Name, Href: href, Cells: cells(named(a.Name, href, ""), foundBadges(r, l.Found),
			whole(bits(r, l.Up)), whole(bits(r, l.Down)), ui.Time(l.Since), ui.Time(l.Last))})
	}
	return t, nil
}

// foundBadges are kinds of what was found of a line.
func foundBadges(r *web.Request, kinds []string) templ.Component {
	if len(kinds) == 0 {
		return ui.Text(r.T("office.traffic.found.none"))
	}
	var all []templ.Component
	for _, k := range kinds {
		all = append(all, ui.Badge(kindName(r, k), ui.Bad))
	}
	return ui.Together(all...)
}

// kindName is what a kind of finding is called, by the last part of its rule.
func kindName(r *web.Request, kind string) string {
	if key := "office.traffic.kind." + kind; r.Printer.Has(key) {
		return r.Printer.T(key)
	}
	return strings.ReplaceAll(kind, "-", " ")
}

// rateUnits are the steps of a rate. They are the same in every language.
var rateUnits = []string{"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"}

// bits writes a rate of bit/s.
func bits(r *web.Request, v float64) string {
	unit := 0
	for v >= 999.5 && unit < len(rateUnits)-1 {
		v /= 1000
		unit++
	}
	if unit == 0 {
		v = math.Round(v)
	}
	return r.Printer.Decimal(v, digits(v)) + "\u00a0" + rateUnits[unit]
}
