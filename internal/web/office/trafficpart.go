package office

import (
	"strconv"

	"github.com/a-h/templ"

	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// trafficParts is what the page of the network shows of its parts.
type trafficParts struct {
	says   string
	table  ui.Table
	events ui.Table
}

// mostShown bounds the parts of a kind that the page shows.
const mostShown = 12

func (o *office) trafficParts(r *web.Request, v house.NetworkTraffic) (*trafficParts, error) {
	n := v.Network
	if len(n.Parts) == 0 && len(n.Events) == 0 {
		return nil, nil
	}
	day, clock := hourName(r, n.Hour)
	p := &trafficParts{says: r.T("office.traffic.parts.text", phrase.Args{"day": day, "time": clock}), table: partTable(r, n)}
	var err error
	p.events, err = o.eventTable(r, n)
	return p, err
}

func partTable(r *web.Request, n *house.TrafficNetwork) ui.Table {
	t := ui.Table{ID: "parts", Caption: r.T("office.traffic.parts"), Columns: []ui.Column{wide(column("part", r.T("office.traffic.part"))), column("state", r.T("office.state")),
		number(column("in", r.T("office.traffic.in"))), number(column("in-usual", r.T("office.traffic.in.usual"))), number(column("out", r.T("office.traffic.out"))), number(column("out-usual", r.T("office.traffic.out.usual")))}}
	shown := map[string]int{}
	for _, p := range n.Parts {
		if shown[p.Kind]++; shown[p.Kind] > mostShown {
			continue
		}
		inUsual, outUsual := ui.Absent(), ui.Absent()
		if p.Hours > 0 {
			inUsual, outUsual = whole(between(r, p.In.Usual.Low, p.In.Usual.High, bits)), whole(between(r, p.Out.Usual.Low, p.Out.Usual.High, bits))
		}
		t.Rows = append(t.Rows, ui.Row{Key: p.Name, Label: partName(r, p), Cells: cells(ui.Text(partName(r, p)), partState(r, p), whole(bits(r, p.In.Now)), inUsual, whole(bits(r, p.Out.Now)), outUsual)})
	}
	return t
}

// partName is what a part is called: an exporter by its name.
func partName(r *web.Request, p house.TrafficPart) string {
	who := p.Called
	if who == "" && p.Exporter.IsValid() {
		who = p.Exporter.String()
	}
	switch p.Kind {
	case "exporter":
		return who
	case "interface":
		return r.T("office.traffic.part.interface", phrase.Args{"exporter": who, "interface": strconv.FormatUint(uint64(p.Index), 10)})
	}
	return p.Name
}

func partState(r *web.Request, p house.TrafficPart) templ.Component {
	switch {
	case p.Now != "":
		return ui.Badge(kindName(r, p.Now), ui.Bad)
	case !p.Learned:
		return ui.Badge(r.T("office.traffic.part.learns", phrase.Args{"hours": int64(p.Hours)}), ui.Unknown)
	}
	return ui.Badge(r.T("office.traffic.part.usual"), ui.Good)
}

// eventTable lists the last peaks and silences.
func (o *office) eventTable(r *web.Request, n *house.TrafficNetwork) (ui.Table, error) {
	t := ui.Table{ID: "events", Caption: r.T("office.traffic.events"), Empty: ui.Situation{Title: r.T("office.traffic.events.none"), Text: r.T("office.traffic.events.none.text")},
		Columns: []ui.Column{wide(column("part", r.T("office.traffic.part"))), column("found", r.T("office.traffic.found")), number(column("seen", r.T("office.traffic.seen"))), number(column("usual", r.T("office.traffic.median"))),
			column("lines", r.T("office.traffic.most")), minor(column("since", r.T("office.traffic.since.when"))), column("last", r.T("office.traffic.last"))}}
	for i, e := range n.Events {
		var lines []templ.Component
		for _, l := range e.Lines[:min(len(e.Lines), 3)] {
			a, err := o.house.Store.Asset(r.Context(), r.Who.Scope(), l.Line)
			if err != nil {
				return t, err
			}
			lines = append(lines, named(r.T("office.traffic.share", phrase.Args{"line": a.Name, "share": r.Printer.Percent(l.Share)}), assetPath(a.ID)+"#traffic", ""))
		}
		whose := ui.Absent()
		if len(lines) > 0 {
			whose = ui.Together(lines...)
		}
		t.Rows = append(t.Rows, ui.Row{Key: strconv.Itoa(i), Label: e.Part, Cells: cells(ui.Text(e.Part), ui.Badge(kindName(r, e.Kind), ui.Bad), whole(howMuch(r, e, e.Seen)),
			whole(between(r, e.Usual.Low, e.Usual.High, func(r *web.Request, v float64) string { return howMuch(r, e, v) })), whose, ui.Time(e.Since), ui.Time(e.Until))})
	}
	return t, nil
}

// howMuch writes a value of an event.
func howMuch(r *web.Request, e house.TrafficEvent, v float64) string {
	switch e.Unit {
	case "packets/s":
		return r.T("office.traffic.packets", phrase.Args{"n": plainNumber(r, v)})
	case "flows/s":
		return r.T("office.traffic.flows", phrase.Args{"n": plainNumber(r, v)})
	}
	return bits(r, v)
}
