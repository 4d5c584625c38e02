package office

import (
	"cmp"
	"encoding/csv"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"candor/internal/flow"
	"candor/internal/flow/archive"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// flowsAPage is how many flows a page has.
const flowsAPage = 100

// flowPlace is where a page of flows begins: at flows that ended at a time or before,
// behind so many of those that ended just then. It is written 1795716625664644.3;
// the address has the places of all pages before, so that one can go back.
type flowPlace struct {
	end  int64 // microseconds
	skip int
}

const (
	placeName  = "at"
	mostPlaces = 40 // that an address keeps
)

func placesOf(r *web.Request) (all []flowPlace) {
	for _, text := range r.URL.Query()[placeName] {
		end, skip, _ := strings.Cut(text, ".")
		e, err := strconv.ParseInt(end, 10, 64)
		n, bad := strconv.Atoi(skip)
		if err != nil || bad != nil || n < 0 || n > archive.MaxLimit-flowsAPage || len(all) == mostPlaces {
			return nil
		}
		all = append(all, flowPlace{e, n})
	}
	return all
}

func (p flowPlace) String() string { return strconv.FormatInt(p.end, 10) + "." + strconv.Itoa(p.skip) }

// flowRecords shows the flows themselves, the newest first.
func (o *office) flowRecords(r *web.Request) (web.View, error) {
	a, err := o.ask(r)
	if err != nil {
		return web.View{}, err
	}
	d := flowsDetail{}
	if len(a.errors) == 0 && !a.needsPurpose(r) {
		// Pages hold together only if their ends do not move.
		a.values.Set(archive.ParameterTime, archive.FormatTime(a.q.Since, a.q.Until))
		if err := o.recordsPage(r, &d, a); err != nil {
			if err := a.refused(r, err); err != nil {
				return web.View{}, err
			}
		}
	}
	return o.flowsView(r, &d, a, recordsPath)
}

func (o *office) recordsPage(r *web.Request, d *flowsDetail, a asked) error {
	places := placesOf(r)
	q, skip := a.q, 0
	if n := len(places); n > 0 {
		q.Until, skip = flow.At(places[n-1].end+1), places[n-1].skip
		if !q.Since.Before(q.Until) {
			places, skip, q.Until = nil, 0, a.q.Until
		}
	}
	q.Limit = min(skip+flowsAPage+1, archive.MaxLimit)
	v, err := o.house.Flows(r.Context(), r.Who, a.FlowPurpose, q)
	if err != nil {
		return err
	}
	if v.Unmeasured != "" {
		d.unmeasured = unmeasured(r, v.Unmeasured)
		return nil
	}
	all := v.Flows[min(skip, len(v.Flows)):]
	more := len(all) > flowsAPage || len(all) > 0 && v.Left > 0 && len(v.Flows)+v.Left == q.Limit
	all = all[:min(len(all), flowsAPage)]
	d.rows = recordTable(r, v, a, all)
	link := func(places []flowPlace) string {
		return a.at(recordsPath, func(v url.Values) {
			for _, p := range places[max(0, len(places)-mostPlaces):] {
				v.Add(placeName, p.String())
			}
		})
	}
	if n := len(places); n > 0 {
		d.pages = append(d.pages, ui.Link{Text: r.T("office.flows.newer"), Href: link(places[:n-1])})
	}
	if more {
		at := behind(all, places)
		if at.skip > archive.MaxLimit-flowsAPage {
			d.notes = append(d.notes, ui.Message{Tone: ui.Warn, Title: r.T("office.flows.at-once"), Text: r.T("office.flows.at-once.text")})
		} else {
			d.pages = append(d.pages, ui.Link{Text: r.T("office.flows.older"), Href: link(append(slices.Clone(places), at))})
		}
	}
	if v.Left > 0 {
		d.says = append(d.says, r.N("office.flows.left", v.Left))
	}
	return nil
}

// behind is the place behind the last of these flows, which began at the last of
// places.
func behind(all []archive.Flow, places []flowPlace) flowPlace {
	p := flowPlace{end: all[len(all)-1].End}
	for i := len(all) - 1; i >= 0 && all[i].End == p.end; i-- {
		p.skip++
	}
	if n := len(places); n > 0 && places[n-1].end == p.end {
		p.skip += places[n-1].skip // the whole page, and more, ended at one moment
	}
	return p
}

// recordTable lists flows.
func recordTable(r *web.Request, v house.FlowRecords, a asked, all []archive.Flow) ui.Table {
	t := ui.Table{ID: "records", Caption: r.T("office.flows.records"), Empty: ui.Situation{Title: r.T("office.flows.none"), Text: r.T("office.flows.none.raw")},
		Columns: []ui.Column{column("end", r.T("office.flows.end")), wide(column("source", r.T("office.flows.source"))), column("destination", r.T("office.flows.destination")), column("protocol", r.T("office.flows.field.protocol")),
			number(column("bytes", r.T("office.flows.bytes"))), minor(number(column("packets", r.T("office.flows.packets")))), minor(number(column("took", r.T("office.flows.took")))), minor(column("exporter", r.T("office.flows.field.exporter")))}}
	for i := range all {
		f := &all[i]
		protocol := archive.FormatNumber(archive.FieldProtocol, uint32(f.Protocol))
		if f.Protocol == flow.TCP {
			protocol += " " + archive.FormatNumber(archive.FieldFlags, uint32(f.Flags))
		}
		end := func(address flow.Addr, port uint16, line string, peer bool) templ.Component {
			text := ends(f, address, port)
			if !peer || address == (flow.Addr{}) {
				return flowEnd(text, "", line)
			}
			return flowEnd(text, a.at(recordsPath, func(v url.Values) {
				v.Set(archive.ParameterWhere, with(v.Get(archive.ParameterWhere), "peer:"+address.String()))
			}), line)
		}
		took := time.Duration(f.End-f.Start) * time.Microsecond
		t.Rows = append(t.Rows, ui.Row{Key: strconv.Itoa(i), Label: ends(f, f.Src, f.SrcPort), Cells: cells(whole(flow.At(f.End).In(r.Zone).Format("2006-01-02 15:04:05.000")),
			end(f.Src, f.SrcPort, lineName(v, f, true), f.To != "" && f.From == ""), end(f.Dst, f.DstPort, lineName(v, f, false), f.From != ""), whole(protocol),
			whole(r.Printer.Bytes(whole64(f.Total()))), whole(r.Printer.Number(whole64(f.Count()))), whole(r.T("office.flows.seconds", phrase.Args{"n": r.Printer.Decimal(took.Seconds(), 1)})), code(addressOrNone(f)))})
	}
	return t
}

func addressOrNone(f *archive.Flow) string {
	if !f.Exporter.IsValid() {
		return ""
	}
	return f.Exporter.String()
}

// lineName is the line at an end of a flow.
func lineName(v house.FlowRecords, f *archive.Flow, source bool) string {
	id := f.To
	if source {
		id = f.From
	}
	l := v.Lines[id]
	return cmp.Or(l.Name, l.Reference)
}

// ends writes an end of a flow with its port.
func ends(f *archive.Flow, a flow.Addr, port uint16) string {
	switch {
	case f.Protocol == flow.ICMP || f.Protocol == flow.ICMPv6 || port == 0 && f.Protocol != flow.TCP && f.Protocol != flow.UDP:
		return a.String()
	case a.Is4() || a == (flow.Addr{}):
		return a.String() + ":" + strconv.Itoa(int(port))
	}
	return "[" + a.String() + "]:" + strconv.Itoa(int(port))
}

// flowsCSV gives an answer, or flows themselves, as a table for other programs.
func (o *office) flowsCSV(r *web.Request) (web.View, error) {
	a, err := o.ask(r)
	if err != nil {
		return web.View{}, err
	}
	path, write := flowsPath, o.answerCSV
	if r.Query("of") == recordsPath {
		path, write = recordsPath, o.recordsCSV
	}
	back := web.See(a.at(path, nil))
	if len(a.errors) > 0 || a.needsPurpose(r) {
		return back, nil // where it says what is wrong
	}
	text, err := write(r, a)
	if err != nil {
		return back, a.refused(r, err)
	}
	if text == nil {
		return back, nil // nothing is kept, as the page says
	}
	name := "flows-" + a.q.Until.UTC().Format("20060102-150405") + ".csv"
	return web.View{Send: &web.File{Name: name, Type: "text/csv; charset=utf-8", Write: text}}, nil
}

// recordsCSV writes flows themselves, all that there are up to a bound; nil where
// none are kept.
func (o *office) recordsCSV(r *web.Request, a asked) (func(io.Writer) error, error) {
	most, _ := strconv.Atoi(r.Query("most")) // what is no number is no bound of one's own
	e, err := o.house.ExportFlows(r.Context(), r.Who, a.FlowPurpose, a.q, min(max(most, 0), house.MostExported))
	if err != nil || e.Unmeasured != "" {
		return nil, err
	}
	return func(w io.Writer) error { return e.WriteCSV(r.Context(), w, r.T("office.flows.csv.cut")) }, nil
}

// answerCSV writes an answer; nil where no flows are kept.
func (o *office) answerCSV(r *web.Request, a asked) (func(io.Writer) error, error) {
	rows, err := o.answerRows(r, a)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return func(w io.Writer) error { return csv.NewWriter(w).WriteAll(rows) }, nil
}

// answerRows are none where no flows are kept.
func (o *office) answerRows(r *web.Request, a asked) ([][]string, error) {
	v, err := o.house.AskFlows(r.Context(), r.Who, a.FlowPurpose, a.q)
	if err != nil || v.Unmeasured != "" {
		return nil, err
	}
	var head []string
	for _, f := range a.q.By {
		head = append(head, string(f))
	}
	rows := [][]string{append(head, "bytes", "packets", "flows")}
	add := func(keys []string, s archive.Sum) {
		rows = append(rows, append(keys, strconv.FormatUint(s.Bytes, 10), strconv.FormatUint(s.Packets, 10), strconv.FormatUint(s.Flows, 10)))
	}
	for _, answer := range v.Answers {
		for _, row := range answer.Rows {
			var keys []string
			for i, k := range row.Keys {
				text := k.Text(a.q.By[i], v.Reference)
				if a.q.By[i] == archive.FieldLine && k.Line != "" {
					text = v.Reference(k.Line)
				}
				keys = append(keys, house.Inert(text))
			}
			add(keys, row.Sum)
		}
	}
	return rows, nil
}
