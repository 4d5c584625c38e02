package office

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor/internal/flow/archive"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// flowsForm is the form of a question. It composes the address, which then has all
// that was asked.
type flowsForm struct {
	form
	path    string // that it leads to
	options map[string][]ui.Option
	chips   []ui.Link // conditions, each with the page without it
}

// betweenTimes is the choice of two ends instead of a length of time.
const betweenTimes = "between"

var lengths = []string{"15m", "1h", "6h", "1d", "7d", "30d"}

// formOf fills the form with a question.
func formOf(r *web.Request, a asked, path string) flowsForm {
	f := flowsForm{form: form{values: map[string]string{}, errors: map[string]string{}}, path: path, options: map[string][]ui.Option{}}
	for _, e := range a.errors {
		f.errors[e.Name] = e.Text
	}
	text := a.values.Get(archive.ParameterTime)
	if text == "" {
		text = archive.LastHour
	}
	f.values["last"] = text
	lasts := slices.Clone(lengths)
	if _, ok := archive.ParseSpan(text); !ok {
		f.values["last"] = betweenTimes
		if !a.q.Since.IsZero() {
			f.values["from"], f.values["to"] = local(a.q.Since, r.Zone), local(a.q.Until, r.Zone)
		}
	} else if !slices.Contains(lasts, text) {
		lasts = append(lasts, text)
	}
	for _, l := range lasts {
		d, _ := archive.ParseSpan(l)
		f.options["last"] = append(f.options["last"], ui.Option{Value: l, Label: r.T("office.flows.last", phrase.Args{"time": r.Printer.Span(d)})})
	}
	f.options["last"] = append(f.options["last"], ui.Option{Value: betweenTimes, Label: r.T("office.flows.between")})
	f.values["where"], f.values[forWhat] = a.values.Get(archive.ParameterWhere), a.values.Get(forWhat)
	f.fields(r, a)
	f.choices(r, a)
	for i, c := range a.q.Where {
		word := archive.FormatConditions([]archive.Condition{c}, a.name)
		rest := slices.Delete(slices.Clone(a.q.Where), i, i+1)
		f.chips = append(f.chips, ui.Link{Text: word, Href: a.at(path, func(v url.Values) {
			v.Set(archive.ParameterWhere, archive.FormatConditions(rest, a.name))
		})})
	}
	return f
}

// local is a time as HTML's datetime-local has it.
func local(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02T15:04:05")
}

// fields are what rows are told apart by.
func (f *flowsForm) fields(r *web.Request, a asked) {
	all := []ui.Option{{Value: "", Label: "–"}}
	for _, one := range archive.Fields {
		all = append(all, ui.Option{Value: string(one), Label: fieldName(r, one)})
	}
	typed := strings.Split(a.values.Get(archive.ParameterBy), ",")
	for i := range archive.MaxBy {
		name := "by" + strconv.Itoa(i+1)
		f.options[name] = all
		if i < len(typed) {
			f.values[name] = typed[i]
		}
	}
}

func (f *flowsForm) choices(r *web.Request, a asked) {
	f.options["order"] = []ui.Option{{Value: "bytes", Label: r.T("office.flows.bytes")}, {Value: "packets", Label: r.T("office.flows.packets")}, {Value: "flows", Label: r.T("office.flows.flows")}}
	f.values["order"] = a.values.Get(archive.ParameterOrder)
	f.options["step"] = []ui.Option{{Value: "", Label: r.T("office.flows.step.fitting")}}
	steps := []string{"1s", "10s", "1m", "5m", "15m", "1h", "1d"}
	if s := a.values.Get(archive.ParameterStep); s != "" && !slices.Contains(steps, s) && a.q.Step > 0 {
		steps = append(steps, s)
	}
	for _, s := range steps {
		d, _ := archive.ParseSpan(s)
		f.options["step"] = append(f.options["step"], ui.Option{Value: s, Label: r.Printer.Span(d)})
	}
	f.values["step"] = a.values.Get(archive.ParameterStep)
	limits := []int{10, 20, 50, 100, 500, 1000}
	if a.q.Limit > 0 && !slices.Contains(limits, a.q.Limit) {
		limits = append(limits, a.q.Limit)
	}
	for _, n := range limits {
		f.options["limit"] = append(f.options["limit"], ui.Option{Value: strconv.Itoa(n), Label: r.Printer.Number(int64(n))})
	}
	if f.values["limit"] = a.values.Get(archive.ParameterLimit); f.values["limit"] == "" {
		f.values["limit"] = "20"
	}
	f.options["add-protocol"] = []ui.Option{{Value: "", Label: "–"}}
	for _, p := range []string{"tcp", "udp", "icmp", "icmp6", "gre", "esp", "sctp"} {
		f.options["add-protocol"] = append(f.options["add-protocol"], ui.Option{Value: p, Label: p})
	}
	f.options["add-direction"] = []ui.Option{{Value: "", Label: "–"}}
	for _, d := range []archive.Direction{archive.Out, archive.In, archive.Through} {
		f.options["add-direction"] = append(f.options["add-direction"], ui.Option{Value: string(d), Label: directionName(r, d)})
	}
}

// flowsForm leads to the question that the form asks.
func (o *office) flowsForm(r *web.Request) (web.View, error) {
	v := url.Values{}
	v.Set(archive.ParameterTime, r.Query("last"))
	if r.Query("last") == betweenTimes {
		v.Set(archive.ParameterTime, typedTimes(r.Query("from"), r.Query("to"), r.Zone))
	}
	where := r.URL.Query().Get("where")
	for _, field := range []archive.Field{archive.FieldLine, archive.FieldPeer, archive.FieldPort, archive.FieldProtocol, archive.FieldDirection} {
		text := r.Query("add-" + string(field))
		if field == archive.FieldLine && strings.ContainsAny(text, ` ,"`) && !strings.HasPrefix(text, `"`) {
			text = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
		}
		if text != "" {
			where = with(where, string(field)+":"+closed(text))
		}
	}
	v.Set(archive.ParameterWhere, strings.TrimSpace(where))
	var by []string
	for i := range archive.MaxBy {
		if text := r.Query("by" + strconv.Itoa(i+1)); text != "" && !slices.Contains(by, text) {
			by = append(by, text)
		}
	}
	v.Set(archive.ParameterBy, strings.Join(by, ","))
	for _, name := range []string{archive.ParameterStep, archive.ParameterOrder, archive.ParameterLimit, forWhat} {
		v.Set(name, r.Query(name))
	}
	if v.Get(archive.ParameterOrder) == string(archive.Bytes) {
		v.Del(archive.ParameterOrder)
	}
	path := flowsPath
	if r.Query("show") == recordsPath {
		path = recordsPath
	}
	return web.See(linkTo(path, v)), nil
}

// closed takes blanks behind commas out of values, but not out of quoted ones.
func closed(text string) string {
	var b strings.Builder
	var quoted, escaped bool
	for i := 0; i < len(text); i++ {
		c := text[i]
		b.WriteByte(c)
		switch {
		case escaped:
			escaped = false
		case c == '\\' && quoted:
			escaped = true
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			for i+1 < len(text) && text[i+1] == ' ' {
				i++
			}
		}
	}
	return b.String()
}

// typedTimes are the two ends that were typed, in the reader's zone, as a question
// has them. What is no time is left as it is, so that the page says so.
func typedTimes(from, to string, zone *time.Location) string {
	since, until, err := archive.ParseTime(from+"/"+to, time.Time{}, zone)
	if err != nil {
		return from + "/" + to
	}
	return archive.FormatTime(since, until)
}

// moves are the ways to another time.
func moves(r *web.Request, a asked, path string) []ui.Link {
	since, until := a.q.Since, a.q.Until
	span := until.Sub(since)
	to := func(text string, since, until time.Time) ui.Link {
		return ui.Link{Text: text, Href: a.at(path, func(v url.Values) {
			v.Set(archive.ParameterTime, archive.FormatTime(since, until))
			v.Del(archive.ParameterStep)
		})}
	}
	all := []ui.Link{to(r.T("office.flows.earlier"), since.Add(-span), since)}
	if until.Before(r.Now.Add(-time.Second)) {
		all = append(all, to(r.T("office.flows.later"), until, until.Add(span)))
	}
	if span > 2*time.Second {
		all = append(all, to(r.T("office.flows.closer"), since.Add(span/4).Truncate(time.Second), until.Add(-span/4).Truncate(time.Second)))
	}
	return append(all, to(r.T("office.flows.wider"), since.Add(-span/2), minTime(until.Add(span/2), r.Now)))
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
