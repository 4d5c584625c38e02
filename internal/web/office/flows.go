package office

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/flow/archive"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// readFlows is who may see the flow archive.
var readFlows = web.Needs{access.ReadFlows}

// Paths of the pages of stored flows.
const (
	nowPath     = "/traffic/now"
	flowsPath   = "/traffic/flows"
	recordsPath = "/traffic/flows/records"
	csvPath     = "/traffic/flows/csv"
	viewsPage   = "traffic/flows" // as saved views name it
	forWhat     = "for"           // the parameter of what somebody looks for
)

// addFlows adds the pages of flows that are kept.
func (o *office) addFlows() {
	s := o.site
	s.Page("GET "+nowPath, readFlows, o.trafficNow)
	s.Page("GET "+flowsPath, readFlows, o.flows)
	s.Page("GET "+flowsPath+"/form", readFlows, o.flowsForm)
	s.Page("GET "+recordsPath, readFlows, o.flowRecords)
	s.Page("GET "+csvPath, readFlows, o.flowsCSV)
	s.Page("GET /traffic/lines/{id}", readFlows, o.lineDay)
}

// asked is a question as the address of a page has it.
type asked struct {
	house.FlowPurpose
	q      archive.Question
	values url.Values // what was typed, and what it is for
	errors []ui.FormError
	name   func(candor.ID) string // the reference of a line
}

// ask reads a question from the address. What cannot be read is among the errors.
func (o *office) ask(r *web.Request) (asked, error) {
	a := asked{values: url.Values{}, name: o.name(r)}
	in := r.URL.Query()
	for _, name := range []string{archive.ParameterTime, archive.ParameterWhere, archive.ParameterBy, archive.ParameterStep, archive.ParameterOrder, archive.ParameterLimit, forWhat} {
		if v := strings.Join(in[name], ","); v != "" {
			a.values.Set(name, v)
		}
	}
	q, err := archive.ParseQuestion(a.values, archive.Reading{Now: r.Now, Zone: r.Zone, Lines: o.house.FlowLines(r.Context(), r.Who)})
	var m *archive.Mistake
	switch {
	case errors.As(err, &m):
		a.errors = append(a.errors, ui.FormError{Name: m.In, Text: mistakeText(r, m)})
	case errors.Is(err, candor.ErrInvalid):
		a.errors = append(a.errors, ui.FormError{Name: archive.ParameterTime, Text: plain(err)})
	case err != nil:
		return a, err
	}
	a.q = q
	if a.FlowPurpose, err = o.house.FlowPurpose(r.Context(), r.Who, a.values.Get(forWhat)); errors.Is(err, candor.ErrInvalid) {
		a.errors, err = append(a.errors, ui.FormError{Name: forWhat, Text: r.T("office.flows.for.unknown")}), nil
	}
	return a, err
}

// needsPurpose notes that the question has to say what it is for.
func (a *asked) needsPurpose(r *web.Request) bool {
	if len(a.errors) > 0 || !a.q.OfHousehold() || a.String() != "" {
		return false
	}
	a.errors = append(a.errors, ui.FormError{Name: forWhat, Text: r.T("office.flows.for.missing")})
	return true
}

// refused takes up an error of the house that whoever asked can do something
// about.
func (a *asked) refused(r *web.Request, err error) error {
	switch {
	case errors.Is(err, house.ErrNoPurpose):
		a.errors = append(a.errors, ui.FormError{Name: forWhat, Text: r.T("office.flows.for.missing")})
	case errors.Is(err, archive.ErrTooMuch):
		a.errors = append(a.errors, ui.FormError{Name: archive.ParameterTime, Text: r.T("office.flows.too-much")})
	case errors.Is(err, candor.ErrInvalid):
		a.errors = append(a.errors, ui.FormError{Name: archive.ParameterWhere, Text: advice(r, err)})
	default:
		return err
	}
	return nil
}

// mistakeText says what cannot be read, where, and what may stand there.
func mistakeText(r *web.Request, m *archive.Mistake) string {
	args := phrase.Args{"text": clipped(m.Text), "place": m.At + 1, "allowed": m.Allowed}
	switch m.Problem {
	case archive.UnknownLine:
		return r.T("office.flows.bad.line", args)
	case archive.NoField:
		return r.T("office.flows.bad.field", args)
	case archive.NoValue:
		return r.T("office.flows.bad.value", args)
	case archive.OpenQuote:
		return r.T("office.flows.bad.quote", args)
	case archive.TooLong, archive.TooMany:
		return r.T("office.flows.bad.much", args)
	case archive.NoTime, archive.NoSpan:
		return r.T("office.flows.bad.time", args)
	}
	return r.T("office.flows.bad", args)
}

func clipped(s string) string {
	if letters := []rune(s); len(letters) > mostWhole {
		return string(letters[:mostWhole-1]) + "…"
	}
	return s
}

// at is the address of a page with the question, some of it changed.
func (a asked) at(path string, change func(url.Values)) string {
	v := url.Values{}
	for name, all := range a.values {
		v[name] = slices.Clone(all)
	}
	if change != nil {
		change(v)
	}
	return linkTo(path, v)
}

func linkTo(path string, v url.Values) string {
	for name, all := range v {
		if len(all) == 0 || all[0] == "" {
			delete(v, name)
		}
	}
	return (&url.URL{Path: path, RawQuery: v.Encode()}).String()
}

// with adds conditions to a text of them.
func with(where string, more ...string) string {
	return strings.TrimSpace(strings.Join(append([]string{where}, more...), " "))
}

// name gives the reference of a line, for links.
func (o *office) name(r *web.Request) func(candor.ID) string {
	return func(id candor.ID) string {
		l, err := o.house.FlowLine(r.Context(), r.Who, id)
		if err != nil {
			return ""
		}
		return l.Reference
	}
}

// flowsDetail is what the page of a question shows.
type flowsDetail struct {
	asked
	form       flowsForm
	unmeasured string
	says       []string // how it was answered
	notes      []ui.Message
	chart      *ui.Chart
	moves      []ui.Link // closer, wider, earlier, later
	rows       ui.Table
	pages      []ui.Link // of flows: newer, older
	tabs       []ui.Tab
	saves      saves
	downloads  []ui.Link
}

// flows shows a question and its answer.
func (o *office) flows(r *web.Request) (web.View, error) {
	a, err := o.ask(r)
	if err != nil {
		return web.View{}, err
	}
	d := flowsDetail{}
	if len(a.errors) == 0 && !a.needsPurpose(r) {
		q := a.q
		q.Step = plotStep(a.q)
		v, err := o.house.AskFlows(r.Context(), r.Who, a.FlowPurpose, q)
		if err == nil {
			o.answered(r, &d, a, q, v)
		} else if err := a.refused(r, err); err != nil {
			return web.View{}, err
		}
	}
	return o.flowsView(r, &d, a, flowsPath)
}

// flowsView draws the page of sums or of flows themselves.
func (o *office) flowsView(r *web.Request, d *flowsDetail, a asked, path string) (web.View, error) {
	d.asked, d.form = a, formOf(r, a, path)
	d.tabs = []ui.Tab{{Text: r.T("office.flows.sums"), Href: a.at(flowsPath, nil), Active: path == flowsPath},
		{Text: r.T("office.flows.records"), Href: a.at(recordsPath, nil), Active: path == recordsPath}}
	if len(a.errors) == 0 && d.unmeasured == "" {
		d.moves = moves(r, a, path)
		api := "/api/v1/flows"
		if path == recordsPath {
			api += "/records"
			d.says = append(d.says, r.T("office.flows.csv.most", phrase.Args{"n": r.Printer.Number(house.MostExported)}))
		}
		d.downloads = []ui.Link{{Text: "CSV", Href: a.at(csvPath, func(v url.Values) { v.Set("of", path) })}, {Text: "JSON", Href: a.at(api, nil)}}
	}
	var err error
	if d.saves, err = o.savesOf(r, a); err != nil {
		return web.View{}, err
	}
	if err := o.oldest(r, d); err != nil {
		return web.View{}, err
	}
	p := ui.Page{Title: r.T("office.flows"), Active: "traffic", Lead: r.T("office.flows.lead"), Crumbs: []ui.Link{{Text: r.T("office.traffic"), Href: "/traffic"}}}
	p.Actions = saveMenu(d.saves)
	v := web.View{Page: p, Body: flowsPage(*d)}
	if len(a.errors) > 0 {
		v = v.Again()
	}
	return v, nil
}

// oldest says how far back flows go, and what was lost.
func (o *office) oldest(r *web.Request, d *flowsDetail) error {
	if d.unmeasured != "" {
		return nil
	}
	h, err := o.house.HeldFlows(r.Context(), r.Who)
	switch {
	case err != nil:
		return err
	case h.Held == nil:
		d.unmeasured = unmeasured(r, h.Unmeasured)
		return nil
	}
	for _, t := range h.Held.Tiers {
		if t.Rows > 0 {
			d.says = append(d.says, r.T("office.flows.held", phrase.Args{"tier": tierName(r, t.Tier), "since": r.Printer.Time(t.Since, r.Zone)}))
		}
	}
	if h.Held.Dropped > 0 {
		d.notes = append(d.notes, ui.Message{Tone: ui.Warn, Title: r.N("office.flows.dropped", int(whole64(h.Held.Dropped))), Text: r.T("office.flows.dropped.text")})
	}
	return nil
}

func tierName(r *web.Request, t archive.Tier) string {
	switch t {
	case archive.Minute:
		return r.T("office.flows.tier.minute")
	case archive.Hour:
		return r.T("office.flows.tier.hour")
	}
	return r.T("office.flows.tier.raw")
}

// answered puts an answer into the page.
func (o *office) answered(r *web.Request, d *flowsDetail, a asked, q archive.Question, v house.FlowAnswers) {
	if v.Unmeasured != "" {
		d.unmeasured = unmeasured(r, v.Unmeasured)
		return
	}
	answer := v.Answers[0]
	args := phrase.Args{"since": r.Printer.Time(answer.Since, r.Zone), "until": r.Printer.Time(answer.Until, r.Zone), "tier": tierName(r, answer.Tier)}
	if answer.Tier == archive.Raw {
		d.says = append(d.says, r.T("office.flows.answered", args))
	} else {
		d.says = append(d.says, r.T("office.flows.answered.sums", args))
	}
	w := flowWords{o: o, r: r, q: q, v: v}
	d.chart = flowChart(r, w, answer, a.at(flowsPath, nil))
	d.rows = answerTable(r, w, a, answer)
}
