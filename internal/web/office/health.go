package office

import (
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/house"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// healthDetail is what the page shows.
type healthDetail struct {
	parts    []partHealth
	ill      int
	stale    int
	versions []ui.Fact
	jobs     ui.Table
}

// partHealth is one part as it is shown.
type partHealth struct {
	name, what  string
	state       string // well, stale, ill
	facts       []ui.Fact
	error, hint string
	took        string
}

func (o *office) health(r *web.Request) (web.View, error) {
	all, err := o.house.Health(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	d := healthDetail{versions: o.versions(r)}
	for _, c := range all {
		d.parts = append(d.parts, o.partOf(r, c))
		switch c.State {
		case "ill":
			d.ill++
		case "stale":
			d.stale++
		}
	}
	queue, err := o.house.Store.QueueState(r.Context())
	if err != nil {
		return web.View{}, err
	}
	d.jobs = jobTable(r, queue)
	p := ui.Page{Title: r.T("office.health"), Active: "health", Lead: r.T("office.health.lead")}
	p.Actions = ui.ButtonLink(ui.Link{Text: r.T("office.health.again"), Href: "/health"}, ui.Plain, "")
	return web.View{Page: p, Body: healthPage(d)}, nil
}

func (o *office) partOf(r *web.Request, c house.Condition) partHealth {
	p := partHealth{name: r.Printer.Word("office.part.", c.Name), state: c.State, took: r.Printer.Span(c.Took)}
	p.error, p.hint = conditionWords(c)
	if key := "office.part." + c.Name + ".text"; r.Printer.Has(key) {
		p.what = r.Printer.T(key)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Facts)) {
		if c.Facts[name] != "" {
			p.facts = append(p.facts, ui.Fact{Label: r.Printer.Word("office.fact.", name), Value: factValue(r, name, c.Facts[name])})
		}
	}
	return p
}

// conditionWords are what is wrong, and what to do. Where the error says no
// more than that something is wrong, what to do stands alone.
func conditionWords(c house.Condition) (text, hint string) {
	for _, kind := range []error{house.ErrStale, candor.ErrUnavailable} {
		if c.Error == kind.Error() && c.Hint != "" {
			return c.Hint, ""
		}
		c.Error = strings.TrimSuffix(c.Error, ": "+kind.Error())
	}
	return c.Error, c.Hint
}

// factValue is a fact as people read it: a time, a size, a digest, a number.
func factValue(r *web.Request, name, value string) templ.Component {
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return ui.Time(t)
	}
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err == nil && (name == "free" || name == "total"):
		return ui.Bytes(n)
	case err == nil:
		return ui.Number(n, "")
	case digestForm.MatchString(value):
		return ui.Digest(value)
	case value == "true" || value == "false":
		return ui.Text(r.Printer.T("office." + map[string]string{"true": "yes", "false": "no"}[value]))
	}
	return ui.Text(value)
}

func (o *office) versions(r *web.Request) []ui.Fact {
	facts := []ui.Fact{{Label: "Candor", Value: code(o.site.Version)}, {Label: "Go", Value: ui.Mono(runtime.Version())},
		{Label: r.T("office.version.database"), Value: ui.Text(o.house.Store.Kind())}}
	if o.house.Log != nil {
		facts = append(facts, ui.Fact{Label: r.T("office.version.log"), Value: ui.Mono(o.house.Log.Origin())})
	}
	if g := o.house.Definitions.Health().Generation; g.ID != "" {
		facts = append(facts, ui.Fact{Label: r.T("office.definitions"), Value: ui.Digest(g.ID)})
	}
	return facts
}

// jobTable lists how many jobs there are in each state.
func jobTable(r *web.Request, states map[string]int64) ui.Table {
	t := ui.Table{ID: "jobs", Caption: r.T("office.jobs"), Empty: ui.Situation{Title: r.T("office.jobs.none"), Text: r.T("office.jobs.none.text")},
		Columns: []ui.Column{wide(column("state", r.T("office.state"))), number(column("n", r.T("office.jobs.count")))}}
	for _, state := range slices.Sorted(maps.Keys(states)) {
		t.Rows = append(t.Rows, ui.Row{Key: state, Label: state, Cells: cells(ui.Text(r.Printer.Word("office.job.state.", state)), ui.Number(states[state], ""))})
	}
	return t
}

// healthTone goes with a state; healthIcon says the same by shape.
func healthTone(state string) ui.Tone {
	return map[string]ui.Tone{"well": ui.Good, "stale": ui.Warn, "ill": ui.Bad}[state]
}

func healthIcon(state string) string {
	return map[string]string{"well": "good", "stale": "warning", "ill": "bad"}[state]
}
