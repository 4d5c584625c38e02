package office

import (
	"io"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/directory"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addDirectory adds the pages of those to whom incidents and samples are passed on.
func (o *office) addDirectory() {
	s := o.site
	s.Page("GET /directory", readParties, o.directory)
	s.Page("GET /directory/export.yaml", readParties, o.exportDirectory)
	s.Page("GET /directory/new", manageParties, o.newEntry)
	s.Action("POST /directory/new", manageParties, o.addEntry)
	s.Action("POST /directory/starter", manageParties, o.startDirectory)
	s.Page("GET /directory/{id}", readParties, o.directoryEntry)
	s.Page("GET /directory/{id}/edit", manageParties, o.editEntry)
	s.Action("POST /directory/{id}/edit", manageParties, o.changeEntry)
	s.Page("GET /directory/{id}/verify", manageParties, o.askVerify)
	s.Action("POST /directory/{id}/verify", manageParties, o.verifyEntry)
	s.Page("GET /directory/{id}/retire", manageParties, o.askRetireEntry)
	s.Action("POST /directory/{id}/retire", manageParties, o.retireEntry)
	s.Action("POST /directory/{id}/probe", manageParties, o.probeEntry)
	s.Page("GET /directory/{id}/key", manageParties, o.askAPIKey)
	s.Action("POST /directory/{id}/key", manageParties, o.setAPIKey)
}

func entryPath(id candor.ID) string { return "/directory/" + string(id) }

func (o *office) directory(r *web.Request) (web.View, error) {
	f := directory.Filter{Kind: web.FilterOne(r, "kind", directory.Kinds()), State: web.FilterOne(r, "state", directory.States()), Takes: web.FilterOne(r, "takes", directory.AllGoods()),
		Class: web.FilterOne(r, "class", candor.Classes()), Words: r.Query("q")}
	all, err := o.house.Directory(r.Context(), r.Who, f)
	if err != nil {
		return web.View{}, err
	}
	t := ui.Table{ID: "directory", Caption: r.T("office.directory"), Empty: ui.Situation{Title: r.T("office.directory.none"), Text: r.T("office.directory.none.text")}, Columns: []ui.Column{
		column("name", r.T("office.name")), wide(column("kind", r.T("office.kind"))), column("takes", r.T("office.directory.takes")), column("state", r.T("office.state")),
		minor(column("verified", r.T("office.directory.verified")))}}
	if f != (directory.Filter{}) {
		t.Empty = ui.Situation{Title: r.T("office.none.filter"), Text: r.T("office.none.filter.text")}
	}
	for _, v := range all {
		e := v.Entry
		verified := ui.Text(r.T("office.directory.never"))
		if !e.Verified.At.IsZero() {
			verified = ui.Time(e.Verified.At)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(e.ID), Label: e.Name, Href: entryPath(e.ID), Muted: v.State == directory.Retired, Cells: cells(named(e.Name, entryPath(e.ID), e.Channels[0].Address),
			ui.Text(words(r, "office.directory.kind.", e.Kinds)), ui.Text(words(r, "office.directory.goods.", e.Takes)), entryState(r, v.State), verified)})
	}
	l := ui.Listing{Table: t, Filters: []ui.Filter{{Name: "q", Label: r.T("office.parties.words"), Kind: ui.Words},
		{Name: "state", Label: r.T("office.state"), Kind: ui.Choice, Options: web.Options(r, "office.directory.state.", directory.States())},
		{Name: "kind", Label: r.T("office.kind"), Kind: ui.Choice, Options: web.Options(r, "office.directory.kind.", directory.Kinds())},
		{Name: "takes", Label: r.T("office.directory.takes"), Kind: ui.Choice, Options: web.Options(r, "office.directory.goods.", directory.AllGoods())},
		{Name: "class", Label: r.T("office.directory.classes"), Kind: ui.Choice, Options: classOptions(r)}}}
	p := ui.Page{Title: r.T("office.directory"), Active: "directory", Lead: r.T("office.directory.lead"), Actions: o.directoryButtons(r)}
	return web.View{Page: p, Body: directoryBody(l, len(all) == 0 && f == (directory.Filter{}) && r.May(access.ManageParties))}, nil
}

func (o *office) directoryButtons(r *web.Request) templ.Component {
	all := []templ.Component{ui.ButtonLink(ui.Link{Text: r.T("office.directory.export"), Href: "/directory/export.yaml"}, ui.Plain, "download")}
	if r.May(access.ManageParties) {
		all = append(all, ui.ButtonLink(ui.Link{Text: r.T("office.directory.new"), Href: "/directory/new"}, ui.Primary, "plus"))
	}
	return ui.InTurn(all...)
}

// words are the names of several words of one list.
func words[T ~string](r *web.Request, prefix string, all []T) string {
	names := make([]string, len(all))
	for i, w := range all {
		names[i] = r.Printer.Word(prefix, string(w))
	}
	return strings.Join(names, r.T("office.list.comma"))
}

func classOptions(r *web.Request) []ui.Option {
	all := make([]ui.Option, 0, len(candor.Classes()))
	for _, c := range candor.Classes() {
		all = append(all, ui.Option{Value: string(c), Label: r.Printer.Word("class.", string(c))})
	}
	return all
}

func entryState(r *web.Request, s directory.State) templ.Component {
	tone := map[directory.State]ui.Tone{directory.Fresh: ui.Good, directory.Due: ui.Warn, directory.Failing: ui.Bad}[s]
	return ui.Badge(r.Printer.Word("office.directory.state.", string(s)), tone)
}

// exportDirectory sends the entries in use as a file that an import takes.
func (o *office) exportDirectory(r *web.Request) (web.View, error) {
	all, err := o.house.Directory(r.Context(), r.Who, directory.Filter{})
	if err != nil {
		return web.View{}, err
	}
	entries := make([]directory.Entry, len(all))
	for i, v := range all {
		entries[i] = v.Entry
	}
	return web.View{Send: &web.File{Name: "directory.yaml", Type: "application/yaml", Write: func(w io.Writer) error { return directory.WriteYAML(w, entries) }}}, nil
}

func (o *office) startDirectory(r *web.Request) (web.View, error) {
	entries, err := directory.Starter()
	if err != nil {
		return web.View{}, err
	}
	did, err := o.house.ImportDirectory(r.Context(), r.Who, entries, false)
	if err != nil {
		return web.View{}, err
	}
	return web.See("/directory").Say(ui.Good, r.N("office.directory.started", did.Added)), nil
}

// entryDetail is what the page of an entry shows.
type entryDetail struct {
	view     house.EntryView
	facts    []ui.Fact
	channels ui.Table
	seen     ui.Table
	may      bool
	note     string
	api      []ui.Fact // how its API takes samples
}

func (o *office) entryOf(r *web.Request) (house.EntryView, error) {
	id, err := r.ID("id")
	if err != nil {
		return house.EntryView{}, err
	}
	return o.house.DirectoryEntry(r.Context(), r.Who, id)
}

func (o *office) directoryEntry(r *web.Request) (web.View, error) {
	v, err := o.entryOf(r)
	if err != nil {
		return web.View{}, err
	}
	d := entryDetail{view: v, facts: entryFacts(r, v), channels: channelTable(r, v.Entry), seen: seenTable(r, v), may: r.May(access.ManageParties), note: v.Entry.Note}
	if v.Entry.Interface != nil {
		d.api = interfaceFacts(r, v.Entry, !v.Keyed.IsZero())
	}
	p := ui.Page{Title: v.Entry.Name, Active: "directory", Crumbs: []ui.Link{{Text: r.T("office.directory"), Href: "/directory"}}}
	if d.may {
		p.Actions = entryButtons(r, v)
	}
	return web.View{Page: p, Body: entryBody(d)}, nil
}

func entryButtons(r *web.Request, v house.EntryView) templ.Component {
	path := entryPath(v.Entry.ID)
	retire := ui.ButtonLink(ui.Link{Text: r.T("office.directory.retire"), Href: path + "/retire"}, ui.Plain, "")
	if v.State == directory.Retired {
		return ui.ButtonLink(ui.Link{Text: r.T("office.directory.restore"), Href: path + "/retire"}, ui.Plain, "")
	}
	return ui.InTurn(retire, ui.ButtonLink(ui.Link{Text: r.T("office.directory.edit"), Href: path + "/edit"}, ui.Plain, ""),
		ui.ButtonLink(ui.Link{Text: r.T("office.directory.verify"), Href: path + "/verify"}, ui.Primary, "check"))
}

func entryFacts(r *web.Request, v house.EntryView) []ui.Fact {
	e := v.Entry
	verified := ui.Text(r.T("office.directory.never"))
	if !e.Verified.At.IsZero() {
		verified = ui.Together(ui.Time(e.Verified.At), ui.Text(r.T("office.directory.verified.by", phrase.Args{"how": e.Verified.How, "name": e.Verified.By})))
	}
	size, archive := ui.Absent(), ui.Absent()
	if e.MostBytes > 0 {
		size = ui.Bytes(e.MostBytes)
	}
	if e.Archive != directory.NoArchive {
		archive = ui.Text(r.T("office.directory.archive.with", phrase.Args{"archive": r.Printer.Word("office.directory.archive.", string(e.Archive)), "password": e.Password}))
	}
	classes := ui.Text(r.T("office.directory.classes.all"))
	if len(e.Classes) > 0 {
		classes = ui.Text(words(r, "class.", e.Classes))
	}
	facts := []ui.Fact{
		{Label: r.T("office.state"), Value: entryState(r, v.State)},
		{Label: r.T("office.directory.verified"), Value: verified},
		{Label: r.T("office.kind"), Value: ui.Text(words(r, "office.directory.kind.", e.Kinds))},
		{Label: r.T("office.directory.takes"), Value: ui.Text(words(r, "office.directory.goods.", e.Takes))},
		{Label: r.T("office.directory.classes"), Value: classes},
		{Label: r.T("office.directory.archive"), Value: archive},
		{Label: r.T("office.directory.most"), Value: size},
		{Label: r.T("office.directory.key"), Value: code(e.Fingerprint())},
		{Label: r.T("office.directory.languages"), Value: ui.OrAbsent(strings.Join(e.Languages, r.T("office.list.comma")))},
		{Label: r.T("office.directory.hours"), Value: ui.OrAbsent(e.Hours)},
		{Label: r.T("office.directory.source"), Value: ui.Absent()},
	}
	if e.Source != "" {
		facts[10].Value = ui.Together(ui.Mono(e.Source), ui.Text(r.T("office.directory.looked.on", phrase.Args{"day": e.Looked})))
	}
	return facts
}

// channelTable lists the channels with what was last seen of each.
func channelTable(r *web.Request, e directory.Entry) ui.Table {
	t := ui.Table{ID: "channels", Caption: r.T("office.directory.channels"), Columns: []ui.Column{column("way", r.T("office.directory.way")), wide(column("address", r.T("office.directory.address"))), column("seen", r.T("office.directory.seen.last"))}}
	for _, c := range e.Channels {
		seen := []templ.Component{}
		for _, p := range e.Probes {
			if p.Address == c.Address {
				seen = append(seen, probeBadge(r, p))
			}
		}
		if len(seen) == 0 {
			seen = append(seen, ui.Text(r.T("office.directory.unseen")))
		}
		t.Rows = append(t.Rows, ui.Row{Key: c.Address, Label: c.Address, Cells: cells(ui.Text(r.Printer.Word("office.directory.way.", string(c.Way))), ui.Mono(c.Address), ui.Together(seen...))})
	}
	return t
}

func probeBadge(r *web.Request, p directory.Probe) templ.Component {
	what, tone := r.Printer.Word("office.directory.what.", string(p.What)), ui.Good
	switch {
	case p.Unknown:
		return ui.Badge(r.T("office.directory.probe.unknown", phrase.Args{"what": what}), ui.Neutral)
	case !p.OK:
		tone, what = ui.Bad, r.T("office.directory.probe.bad", phrase.Args{"what": what})
	}
	return ui.Badge(what, tone)
}

func seenTable(r *web.Request, v house.EntryView) ui.Table {
	t := ui.Table{ID: "seen", Caption: r.T("office.directory.seen"), Empty: ui.Situation{Title: r.T("office.directory.seen.none"), Text: r.T("office.directory.seen.none.text")}, Columns: []ui.Column{
		column("what", r.T("office.directory.what")), wide(column("address", r.T("office.directory.address"))), column("detail", r.T("office.directory.detail")), minor(column("first", r.T("office.directory.since"))), column("last", r.T("office.directory.until"))}}
	for _, p := range v.Seen {
		t.Rows = append(t.Rows, ui.Row{Key: p.Address + string(p.What) + p.First.String(), Label: p.Address, Cells: cells(probeBadge(r, p), ui.Mono(p.Address), ui.OrAbsent(p.Detail), ui.Time(p.First), ui.Time(p.Last))})
	}
	return t
}
