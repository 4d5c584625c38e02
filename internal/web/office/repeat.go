package office

import (
	"encoding/csv"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

const repeatPath = "/repeat"

// windows are the days that the list of those who offend again offers.
var windows = []int{30, 90, 180, 365}

// addRepeat adds the list of those who offend again.
func (o *office) addRepeat() {
	o.site.Page("GET "+repeatPath, readCases, o.repeat)
	o.site.Page("GET "+repeatPath+"/csv", readCases, o.repeatCSV)
}

// offending reads what is asked of the list.
func offending(r *web.Request) house.Offending {
	days, _ := strconv.Atoi(web.FilterOne(r, "days", windowWords()))
	least, _ := strconv.ParseInt(web.FilterOne(r, "least", leastWords), 10, 64)
	return house.Offending{Days: days, Class: web.FilterOne(r, "class", candor.Classes()), ByAsset: r.Query("by") == "asset", Least: least}
}

var leastWords = []string{"1", "2", "3", "5", "10"}

func windowWords() (all []string) {
	for _, d := range windows {
		all = append(all, strconv.Itoa(d))
	}
	return all
}

func (o *office) repeat(r *web.Request) (web.View, error) {
	q := offending(r)
	all, err := o.house.Offenders(r.Context(), r.Who, q)
	if err != nil {
		return web.View{}, err
	}
	l := ui.Listing{Table: repeatTable(r, all, q.ByAsset), Label: r.T("office.repeat.by"), Filters: []ui.Filter{
		{Name: "class", Label: r.T("office.repeat.class"), Kind: ui.Choice, Options: classOptions(r)},
		{Name: "days", Label: r.T("office.repeat.days"), Kind: ui.Choice, Options: windowOptions(r)},
		{Name: "least", Label: r.T("office.repeat.least"), Kind: ui.Choice, Options: leastOptions()},
	}}
	for _, by := range []struct{ value, text string }{{"", r.T("office.repeat.by.party")}, {"asset", r.T("office.repeat.by.asset")}} {
		l.Tabs = append(l.Tabs, ui.Tab{Text: by.text, Href: repeatAt(r, repeatPath, by.value), Active: q.ByAsset == (by.value == "asset")})
	}
	if len(all) == house.MostOffenders {
		l.Above = ui.Callout(ui.Message{Title: r.T("office.repeat.most", phrase.Args{"count": len(all)})})
	}
	p := ui.Page{Title: r.T("office.repeat"), Active: "repeat", Lead: r.T("office.repeat.lead"),
		Actions: ui.ButtonLink(ui.Link{Text: r.T("office.repeat.csv"), Href: repeatAt(r, repeatPath+"/csv", r.Query("by"))}, ui.Plain, "download")}
	return web.View{Page: p, Body: ui.ListPage(l)}, nil
}

// repeatAt is an address of the list with what narrows it now.
func repeatAt(r *web.Request, path, by string) string {
	v := url.Values{}
	for _, name := range []string{"class", "days", "least"} {
		if word := r.Query(name); word != "" {
			v.Set(name, word)
		}
	}
	if by == "asset" {
		v.Set("by", by)
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

func windowOptions(r *web.Request) (all []ui.Option) {
	for _, d := range windows {
		all = append(all, ui.Option{Value: strconv.Itoa(d), Label: r.T("office.repeat.days.n", phrase.Args{"days": d})})
	}
	return all
}

func leastOptions() (all []ui.Option) {
	for _, n := range leastWords {
		all = append(all, ui.Option{Value: n, Label: n})
	}
	return all
}

func repeatTable(r *web.Request, all []house.Offender, byAsset bool) ui.Table {
	t := ui.Table{ID: "repeat", Caption: r.T("office.repeat"), Empty: ui.Situation{Title: r.T("office.repeat.none"), Text: r.T("office.repeat.none.text")}, Columns: []ui.Column{
		wide(column("party", r.T("office.repeat.party"))), number(column("cases", r.T("office.repeat.cases"))), number(column("open", r.T("office.repeat.open"))),
		number(column("returned", r.T("office.repeat.returned"))), minor(number(column("mean", r.T("office.repeat.mean")))), minor(number(column("step", r.T("office.repeat.step")))),
		minor(number(column("reporters", r.T("office.repeat.reporters")))), minor(column("classes", r.T("office.repeat.classes"))), column("last", r.T("office.repeat.last"))}}
	if byAsset {
		t.Columns[0].Label = r.T("office.repeat.asset")
	}
	for _, x := range all {
		name, list := anchor(x.Name, partyPath(x.Party)), "/cases?party="+string(x.Party)
		if byAsset {
			name, list = named(x.AssetName, assetPath(x.Asset), x.Name), "/cases?asset="+string(x.Asset)
		}
		mean := ui.Absent()
		if x.Mended > 0 {
			mean = ui.Text(r.Printer.Span(x.Mean.Round(time.Minute)))
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(x.Party + x.Asset), Label: x.Name, Href: list, Cells: cells(name, anchor(r.Printer.Number(x.Cases), list), count(x.Open), count(x.Returned),
			mean, step(r, x.Step), count(x.Reporters), repeatClasses(r, x.Classes), ui.Time(x.Last))})
	}
	return t
}

func step(r *web.Request, n int64) templ.Component {
	if n == 0 {
		return ui.Absent()
	}
	return ui.Text(r.Printer.Number(n))
}

func repeatClasses(r *web.Request, all []candor.ClassCount) templ.Component {
	texts := make([]string, len(all))
	for i, c := range all {
		texts[i] = r.T("office.repeat.class.n", phrase.Args{"class": r.Printer.Word("class.", string(c.Class)), "count": r.Printer.Number(c.Cases)})
	}
	return ui.Bullets(texts)
}

// repeatCSV sends the list as a table for other programs.
func (o *office) repeatCSV(r *web.Request) (web.View, error) {
	all, err := o.house.Offenders(r.Context(), r.Who, offending(r))
	if err != nil {
		return web.View{}, err
	}
	rows := [][]string{{"party", "party_name", "asset", "asset_name", "cases", "open", "returned", "mended", "mean_seconds_to_mend", "step", "reporters", "last", "class"}}
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	for _, x := range all {
		mean, class := "", ""
		if x.Mended > 0 {
			mean = whole(int64(x.Mean / time.Second))
		}
		if len(x.Classes) > 0 {
			class = string(x.Classes[0].Class)
		}
		rows = append(rows, []string{string(x.Party), harmless(x.Name), string(x.Asset), harmless(x.AssetName), whole(x.Cases), whole(x.Open), whole(x.Returned), whole(x.Mended), mean, whole(x.Step), whole(x.Reporters),
			x.Last.UTC().Format(time.RFC3339), class})
	}
	return web.View{Send: &web.File{Name: "repeat-offenders.csv", Type: "text/csv; charset=utf-8", Write: func(w io.Writer) error { return csv.NewWriter(w).WriteAll(rows) }}}, nil
}

// harmless keeps a name from being a formula where a spreadsheet opens it.
func harmless(name string) string {
	if name != "" {
		switch name[0] {
		case '=', '+', '-', '@', '\t', '\r':
			return "'" + name
		}
	}
	return name
}

// repeatLine tells the history of one party in a line; empty if it has none.
func (o *office) repeatLine(r *web.Request, party candor.ID) (string, error) {
	all, err := o.house.Offenders(r.Context(), r.Who, house.Offending{Days: 365, Party: party, Least: 1})
	if err != nil || len(all) == 0 {
		return "", err
	}
	x := all[0]
	args := phrase.Args{"days": 365, "cases": r.Printer.Number(x.Cases), "open": r.Printer.Number(x.Open)}
	if x.Mended == 0 {
		return r.T("office.repeat.line.unmended", args), nil
	}
	args["returned"], args["mean"] = r.Printer.Number(x.Returned), r.Printer.Span(x.Mean.Round(time.Minute))
	return r.T("office.repeat.line", args), nil
}
