package office

import (
	"errors"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/phrase"
	"candor/internal/regex"
	"candor/internal/scan/generation"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addDefinitions adds the pages of what content is recognised by.
func (o *office) addDefinitions() {
	s := o.site
	s.Page("GET /definitions", readCases, o.definitions)
	s.Action("POST /definitions/check", manageSettings, o.checkDefinitions)
	s.Page("GET /definitions/{generation}/use", manageSettings, o.askUse)
	s.Action("POST /definitions/{generation}/use", manageSettings, o.use)
	s.Page("GET /definitions/unpin", manageSettings, o.askUnpin)
	s.Action("POST /definitions/unpin", manageSettings, o.unpin)
}

// definitionsDetail is what the page shows.
type definitionsDetail struct {
	health  generation.Health
	facts   []ui.Fact
	sources ui.Table
	history ui.Table
	doubted ui.Table
	manage  bool
	unpin   ui.Confirmation
	use     []ui.Confirmation
	failing []string // sources
}

func (o *office) definitions(r *web.Request) (web.View, error) {
	all, err := o.house.Generations(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	d := definitionsDetail{health: o.house.Definitions.Health(), manage: r.May(access.ManageSettings), unpin: unpinning(r)}
	d.facts, d.sources = generationFacts(r, d.health), sourceTable(r, d.health)
	for _, s := range d.health.Sources {
		if s.Error != "" {
			d.failing = append(d.failing, s.Name)
		}
	}
	doubted, err := o.house.DoubtedRules(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	d.doubted = doubtedTable(r, doubted)
	d.history, d.use = history(r, d.health, all, d.manage)
	p := ui.Page{Title: r.T("office.definitions"), Active: "definitions", Lead: r.T("office.definitions.lead")}
	if d.manage {
		p.Actions = web.Step("/definitions/check", r.T("office.definitions.check"), "search", ui.Primary)
	}
	return web.View{Page: p, Body: definitionsPage(d)}, nil
}

func generationFacts(r *web.Request, h generation.Health) []ui.Fact {
	g := h.Generation
	pinned := ui.Text(r.T("office.definitions.follows"))
	if h.Pinned {
		pinned = ui.Badge(r.T("office.definitions.pinned"), ui.Warn)
	}
	problems := ui.Text(r.Printer.Number(int64(g.Problems)))
	if g.Problems > 0 {
		problems = ui.Together(problems, quiet(r.T("office.definitions.problems.text")))
	}
	return []ui.Fact{
		{Label: r.T("office.generation"), Value: ui.Digest(g.ID)},
		{Label: r.T("office.definitions.rules"), Value: ui.Number(int64(g.Rules), "")},
		{Label: r.T("office.definitions.problems"), Value: problems},
		{Label: r.T("office.definitions.since"), Value: ui.Time(g.Used)},
		{Label: r.T("office.definitions.made"), Value: ui.Time(g.Made)},
		{Label: r.T("office.definitions.updates"), Value: pinned},
		{Label: r.T("office.definitions.checked"), Value: ui.Time(h.Checked)},
	}
}

func sourceTable(r *web.Request, h generation.Health) ui.Table {
	t := ui.Table{ID: "sources", Caption: r.T("office.sources"), Empty: ui.Situation{Title: r.T("office.sources.none")}, Columns: []ui.Column{
		wide(column("name", r.T("office.source"))), column("state", r.T("office.state")), column("succeeded", r.T("office.source.succeeded")),
		minor(column("changed", r.T("office.source.changed"))), minor(column("version", r.T("office.source.version")))}}
	for _, s := range h.Sources {
		t.Rows = append(t.Rows, ui.Row{Key: s.Name, Label: s.Name, Cells: cells(sourceName(s.Name, r.Printer.Word("office.source.kind.", string(s.Kind)), s.Location, sourceRemark(r, s)), sourceState(r, s), ui.Time(s.Succeeded), ui.Time(s.Changed), version(s.Version))})
	}
	return t
}

// doubtedTable lists rules that match known-good files.
func doubtedTable(r *web.Request, all []candor.DoubtedRule) ui.Table {
	t := ui.Table{ID: "doubted", Caption: r.T("office.doubted"), Empty: ui.Situation{Title: r.T("office.doubted.none"), Text: r.T("office.doubted.none.text")}, Columns: []ui.Column{
		wide(column("rule", r.T("office.doubted.rule"))), number(column("open", r.T("office.doubted.open"))), number(minor(column("findings", r.T("office.doubted.findings")))),
		number(column("contents", r.T("office.doubted.contents"))), number(column("sites", r.T("office.doubted.sites"))), minor(column("last", r.T("office.doubted.last")))}}
	for _, x := range all {
		href := "/findings?" + url.Values{"good": {"yes"}, "rule": {x.Rule}}.Encode()
		t.Rows = append(t.Rows, ui.Row{Key: x.Rule, Label: x.Rule, Href: href, Muted: x.Open == 0, Cells: cells(doubtedRule(x, href), ui.Number(x.Open, ""),
			ui.Number(x.Findings, ""), ui.Number(x.Contents, ""), ui.Number(x.Sites, ""), ui.Time(x.Last))})
	}
	return t
}

// version is a digest or a word.
func version(v string) templ.Component {
	if digestForm.MatchString(v) {
		return ui.Digest(v)
	}
	return code(v)
}

// sourceState says how a source stands; what was never looked at is not good.
func sourceState(r *web.Request, s generation.SourceHealth) templ.Component {
	switch {
	case s.Error != "":
		return ui.Badge(r.T("office.source.failing"), ui.Bad)
	case s.Checked.IsZero() && s.Kind != generation.Starter:
		return ui.Badge(r.T("office.source.unseen"), ui.Unknown)
	case s.Stale:
		return ui.Badge(r.T("office.source.stale"), ui.Warn)
	}
	return ui.Badge(r.T("office.source.current"), ui.Good)
}

// sourceRemark says what is wrong with a source.
func sourceRemark(r *web.Request, s generation.SourceHealth) string {
	switch {
	case s.Error != "":
		return s.Error
	case s.Stale && !s.Checked.IsZero():
		return r.T("office.source.age", phrase.Args{"age": r.Printer.Span(s.Age)})
	}
	return ""
}

// history lists generations, with the questions that ask before one is used.
func history(r *web.Request, h generation.Health, all []candor.Generation, manage bool) (ui.Table, []ui.Confirmation) {
	t := ui.Table{ID: "generations", Caption: r.T("office.generations"), Empty: ui.Situation{Title: r.T("office.generations.none")}, Columns: []ui.Column{
		wide(column("id", r.T("office.generation"))), column("state", r.T("office.state")), number(column("rules", r.T("office.definitions.rules"))),
		number(minor(column("problems", r.T("office.definitions.problems")))), column("made", r.T("office.definitions.made")), minor(column("used", r.T("office.definitions.since"))), column("do", r.T("office.do"))}}
	var questions []ui.Confirmation
	for _, g := range all {
		do, remark := ui.Together(), g.Error
		damage, damaged := h.Damaged[g.ID]
		if manage && g.State == candor.GenerationRetired && !damaged {
			q := using(r, g)
			questions = append(questions, q)
			do = ui.ConfirmButton(q, r.T("office.generation.use"), "")
		}
		state := generationState(r, g, h.Generation.ID)
		if damaged {
			state, remark = ui.Badge(r.T("office.generation.damaged"), ui.Bad), damage
		}
		t.Rows = append(t.Rows, ui.Row{Key: g.ID, Label: g.ID, Muted: g.State == candor.GenerationRejected, Cells: cells(
			ui.Together(ui.Digest(g.ID), quiet(remark)), state, ui.Number(int64(g.Rules), ""), count(int64(g.Problems)), ui.Time(g.Made), ui.Time(g.Used), do)})
	}
	if !manage {
		without(&t, "do")
	}
	return t, questions
}

func generationState(r *web.Request, g candor.Generation, used string) templ.Component {
	tone := ui.Neutral
	switch {
	case g.ID == used:
		return ui.Badge(r.T("office.generation.state.active"), ui.Accent)
	case g.State == candor.GenerationRejected:
		tone = ui.Bad
	}
	return ui.Badge(r.Printer.T("office.generation.state."+string(g.State)), tone)
}

func using(r *web.Request, g candor.Generation) ui.Confirmation {
	path := "/definitions/" + g.ID + "/use"
	return ui.Confirmation{ID: "use-" + g.ID, Title: r.T("office.generation.use.title", phrase.Args{"id": short(g.ID)}), URL: path, Page: path, Back: "/definitions", Fields: r.Fields(),
		Submit: r.T("office.generation.use"), Undo: r.T("office.generation.use.undo"), What: []string{
			r.T("office.generation.use.scans", phrase.Args{"rules": g.Rules}), r.T("office.generation.use.pin"), r.T("office.generation.use.running"), r.T("office.generation.use.record")}}
}

func unpinning(r *web.Request) ui.Confirmation {
	return ui.Confirmation{ID: "unpin", Title: r.T("office.unpin.title"), URL: "/definitions/unpin", Page: "/definitions/unpin", Back: "/definitions", Fields: r.Fields(),
		Submit: r.T("office.unpin"), Undo: r.T("office.unpin.undo"), What: []string{r.T("office.unpin.what")}}
}

// short is the beginning of a digest, as people say it.
func short(id string) string { return id[:min(12, len(id))] }

var generationForm = regex.Of(`^[0-9a-f]{64}$`)

// generationOf is the generation in the path.
func (o *office) generationOf(r *web.Request) (candor.Generation, error) {
	id := r.PathValue("generation")
	if !generationForm.MatchString(id) {
		return candor.Generation{}, candor.ErrNotFound
	}
	return o.house.Store.Generation(r.Context(), id)
}

func definitionsFrame(title string, r *web.Request) ui.Page {
	return ui.Page{Title: title, Active: "definitions", Crumbs: []ui.Link{{Text: r.T("office.definitions"), Href: "/definitions"}}}
}

func (o *office) askUse(r *web.Request) (web.View, error) {
	g, err := o.generationOf(r)
	return web.Confirm(definitionsFrame(r.T("office.generation.use"), r), using(r, g)), err
}

func (o *office) use(r *web.Request) (web.View, error) {
	g, err := o.generationOf(r)
	if err != nil {
		return web.View{}, err
	}
	see := web.See("/definitions")
	err = o.house.UseDefinitions(r.Context(), r.Who, g.ID)
	for _, kind := range []error{candor.ErrInvalid, candor.ErrNotFound, candor.ErrChanged} {
		if errors.Is(err, kind) {
			return see.SayAll(ui.Message{Tone: ui.Bad, Title: r.T("office.generation.use.failed", phrase.Args{"id": short(g.ID)}), Text: advice(r, err)}), nil
		}
	}
	return see.Say(ui.Good, r.T("office.generation.use.done", phrase.Args{"id": short(g.ID)})), err
}

func (o *office) askUnpin(r *web.Request) (web.View, error) {
	return web.Confirm(definitionsFrame(r.T("office.unpin"), r), unpinning(r)), nil
}

func (o *office) unpin(r *web.Request) (web.View, error) {
	return web.See("/definitions").Say(ui.Good, r.T("office.unpin.done")), o.house.UnpinDefinitions(r.Context(), r.Who)
}

func (o *office) checkDefinitions(r *web.Request) (web.View, error) {
	return web.See("/definitions").Say(ui.Good, r.T("office.definitions.check.asked")), o.house.CheckDefinitions(r.Context(), r.Who)
}

// damage lists generations that were good once and cannot be used, by name.
func damage(h generation.Health) (all []string) {
	for id, why := range h.Damaged {
		all = append(all, short(id)+": "+why)
	}
	slices.Sort(all)
	return all
}
