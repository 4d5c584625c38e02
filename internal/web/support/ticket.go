package support

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/guide"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// ticketDetail is what the page of a ticket shows.
type ticketDetail struct {
	house.TicketView
	path     string
	facts    []ui.Fact
	suspect  []ui.Fact
	files    ui.Table
	events   []ui.Event
	problem  string
	field    string // that the problem is with
	text     string // of the answer
	inserts  []ui.Option
	insert   string
	staff    []ui.Option
	others   []ui.Option
	cases    []ui.Option
	assets   []ui.Option
	classes  []ui.Option
	moves    []ui.Option
	may      bool
	erasable bool
}

func (p *pages) ticketPage(r *web.Request, field, problem string) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, err := p.house.Ticket(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	n := p.names(r)
	d := ticketDetail{TicketView: v, path: path(id), may: r.May(access.ActCases) && !v.Ticket.Erased, erasable: r.May(access.ManagePeople) && !v.Ticket.Erased, problem: problem, field: field, text: r.Text("text")}
	d.facts, d.suspect, d.files, d.events = p.facts(r, v, n), suspectFacts(r, v.Ticket), fileTable(r, p.house.Clock(), v.Uploads), p.story(r, v, n)
	if d.may {
		if err := p.choices(r, &d); err != nil {
			return web.View{}, err
		}
	}
	t := v.Ticket
	view := web.View{Body: ticketBody(d), Page: ui.Page{Title: t.Label() + " " + t.Subject, Active: "tickets", Crumbs: []ui.Link{{Text: r.T("tickets.title"), Href: "/tickets"}}}}
	if problem != "" {
		view = view.Again()
	}
	return view, nil
}

// choices are what whoever works on the ticket chooses from.
func (p *pages) choices(r *web.Request, d *ticketDetail) error {
	ctx, t := r.Context(), d.Ticket
	people, err := p.house.Store.Users(ctx, "", candor.Cut{Limit: 200})
	if err != nil {
		return err
	}
	d.staff = []ui.Option{{Value: "", Label: r.T("tickets.nobody")}}
	for _, u := range people.Items {
		if u.Role.Staff() && !u.Disabled {
			d.staff = append(d.staff, ui.Option{Value: string(u.ID), Label: u.Name})
		}
	}
	for _, s := range candor.TicketStates() {
		if t.Same == "" && t.State.May(s) {
			d.moves = append(d.moves, ui.Option{Value: string(s), Label: r.Printer.T("tickets.state." + string(s))})
		}
	}
	for _, x := range d.Others {
		if x.State.Open() || x.State == candor.TicketSolved {
			d.others = append(d.others, ui.Option{Value: string(x.ID), Label: x.Label() + " " + x.Subject})
		}
	}
	if t.Party != "" && t.Case == "" {
		if err := p.places(r, d); err != nil {
			return err
		}
	}
	return p.inserts(r, d)
}

// places are the cases and assets of the ticket's party.
func (p *pages) places(r *web.Request, d *ticketDetail) error {
	yes := true
	cases, err1 := p.house.Cases(r.Context(), r.Who, candor.CaseFilter{Party: d.Ticket.Party, Open: &yes, Incident: &yes}, candor.Cut{Limit: 50})
	assets, err2 := p.house.Assets(r.Context(), r.Who, candor.AssetFilter{Owner: d.Ticket.Party}, candor.Cut{Limit: 200})
	d.cases = []ui.Option{{Value: "", Label: r.T("tickets.hand.new")}}
	for _, c := range cases.Items {
		d.cases = append(d.cases, ui.Option{Value: string(c.ID), Label: c.Label() + " " + c.Title})
	}
	for _, a := range assets.Items {
		d.assets = append(d.assets, ui.Option{Value: string(a.ID), Label: a.Name})
	}
	for _, c := range candor.Classes() {
		d.classes = append(d.classes, ui.Option{Value: string(c), Label: className(r, c)})
	}
	return errors.Join(err1, err2)
}

// className is short: a select is as wide as its longest.
func className(r *web.Request, c candor.Class) string {
	letters := []rune(r.Printer.Word("class.", string(c)))
	if len(letters) > 40 {
		return string(letters[:39]) + "…"
	}
	return string(letters)
}

// inserts are answers and guides that the text can begin with; the one that the
// address names does.
func (p *pages) inserts(r *web.Request, d *ticketDetail) error {
	canned, err := p.house.CannedAnswers(r.Context(), r.Who)
	if err != nil {
		return err
	}
	guides, err := p.house.Guides(r.Context())
	if err != nil {
		return err
	}
	t := d.Ticket
	if t.Suspect.Device != "" { // those that fit come first
		slices.SortStableFunc(guides, func(a, b candor.Article) int {
			return fits(b, t.Suspect.Device) - fits(a, t.Suspect.Device)
		})
	}
	d.insert = r.Query("insert")
	d.inserts = []ui.Option{{Value: "", Label: "–"}}
	for _, c := range canned {
		value := "answer:" + string(c.ID)
		d.inserts = append(d.inserts, ui.Option{Value: value, Label: c.Name})
		if value == d.insert && d.text == "" {
			d.text = house.Fill(c, t, p.site.Provider.Name)
		}
	}
	lang, _, _ := strings.Cut(t.Language, "-")
	for _, a := range guides {
		value := "guide:" + a.Slug
		title, text, _ := guide.In(a, lang)
		d.inserts = append(d.inserts, ui.Option{Value: value, Label: r.T("tickets.guide", phrase.Args{"title": title})})
		if value == d.insert && d.text == "" {
			d.text = title + "\n\n" + guide.Plain(text) + "\n\n" + p.site.PublicURL + "/help/" + a.Slug
		}
	}
	return nil
}

func fits(a candor.Article, platform string) int {
	if slices.Contains(a.Platforms, platform) {
		return 1
	}
	return 0
}

func (p *pages) facts(r *web.Request, v house.TicketView, n *names) []ui.Fact {
	t := v.Ticket
	all := []ui.Fact{
		{Label: r.T("tickets.state"), Value: stateBadge(r, t.State)},
		{Label: r.T("tickets.kind"), Value: ui.Text(r.Printer.T("tickets.kind." + string(t.Kind)))},
		{Label: r.T("tickets.way"), Value: ui.Text(r.Printer.T("tickets.way." + string(t.Way)))},
		{Label: r.T("tickets.party"), Value: whose(r, t, n)},
		{Label: r.T("tickets.person"), Value: ui.OrAbsent(strings.TrimSpace(t.Name + " " + t.Mail))},
		{Label: r.T("tickets.assignee"), Value: ui.OrAbsent(n.user(t.Assignee))},
		{Label: r.T("tickets.opened"), Value: ui.Time(t.Opened)},
	}
	if !t.Due.IsZero() {
		all = append(all, ui.Fact{Label: r.T("tickets.due"), Value: ui.Due(t.Due)})
	}
	if t.Case != "" {
		all = append(all, ui.Fact{Label: r.T("tickets.case"), Value: anchor(r.T("tickets.case.open"), "/cases/"+string(t.Case))})
	}
	if v.Into.ID != "" {
		all = append(all, ui.Fact{Label: r.T("tickets.into"), Value: anchor(v.Into.Label(), path(v.Into.ID))})
	}
	if t.Rating > 0 {
		all = append(all, ui.Fact{Label: r.T("tickets.rating"), Value: ui.Text(r.T("tickets.rating.of", phrase.Args{"n": t.Rating}))})
	}
	return all
}

func suspectFacts(r *web.Request, t candor.Ticket) []ui.Fact {
	if t.Kind != candor.TicketSoftware || t.Erased {
		return nil
	}
	share := r.T("tickets.share.no")
	if t.Suspect.Share {
		share = r.T("tickets.share.yes")
	}
	seen := ui.Absent()
	if !t.Suspect.Seen.IsZero() {
		seen = ui.ExactTime(t.Suspect.Seen)
	}
	return []ui.Fact{{Label: r.T("tickets.suspect.what"), Value: ui.OrAbsent(t.Suspect.What)}, {Label: r.T("tickets.suspect.origin"), Value: ui.OrAbsent(t.Suspect.Origin)},
		{Label: r.T("tickets.suspect.device"), Value: ui.OrAbsent(r.Printer.Word("support.platform.", t.Suspect.Device))}, {Label: r.T("tickets.suspect.seen"), Value: seen}, {Label: r.T("tickets.share"), Value: ui.Text(share)}}
}

func fileTable(r *web.Request, now time.Time, all []candor.Upload) ui.Table {
	t := ui.Table{ID: "files", Caption: r.T("tickets.files"), Columns: []ui.Column{{Key: "name", Label: r.T("tickets.file"), Wide: true}, {Key: "verdict", Label: r.T("tickets.verdict")}, {Key: "rules", Label: r.T("tickets.rules")},
		{Key: "digest", Label: "SHA-256"}, {Key: "size", Label: r.T("tickets.size"), Number: true}}}
	for _, u := range all {
		if u.Erased {
			continue
		}
		tone := ui.Unknown
		switch u.State {
		case candor.UploadFound:
			tone = ui.Bad
		case candor.UploadQuiet:
			tone = ui.Neutral
		}
		verdict := ui.Badge(r.Printer.T("tickets.upload."+string(u.State)), tone)
		if u.Late(now) {
			verdict = ui.Together(ui.Badge(r.T("tickets.upload.late"), ui.Bad), ui.Text(r.T("tickets.upload.late.text")))
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(u.ID), Label: u.Name, Cells: cells(ui.FilePath(u.Name), verdict, ui.OrAbsent(strings.Join(u.Rules, ", ")), ui.Digest(u.SHA256), ui.Bytes(u.Size))})
	}
	return t
}

// story words the lines of a ticket for the staff.
func (p *pages) story(r *web.Request, v house.TicketView, n *names) (out []ui.Event) {
	for _, e := range v.Entries {
		var d struct {
			To     string             `json:"to"`
			Number int64              `json:"number"`
			Goes   bool               `json:"goes"`
			Party  candor.ID          `json:"party"`
			State  candor.UploadState `json:"state"`
			Rules  []string           `json:"rules"`
			Rating int                `json:"rating"`
		}
		if len(e.Details) > 0 && json.Unmarshal(e.Details, &d) != nil {
			continue
		}
		shown := ui.Event{At: e.At, Icon: "next", Who: p.actor(r, e.Actor, n)}
		switch e.Kind {
		case candor.EntrySaid:
			shown.Text, shown.Icon = r.T("tickets.event.said"), "comment"
		case candor.EntryAnswer:
			shown.Text, shown.Icon, shown.Tone = r.T("tickets.event.answer"), "mail", ui.Accent
		case candor.EntryNote:
			shown.Text, shown.Icon, shown.Tone = r.T("tickets.event.note"), "lock", ui.Warn
		case candor.EntryState:
			shown.Text = r.T("tickets.event.state", phrase.Args{"state": r.Printer.T("tickets.state." + d.To)})
		case candor.EntryAssigned:
			shown.Text = r.T("tickets.event.assigned", phrase.Args{"name": orWord(n.user(candor.ID(d.To)), r.T("tickets.nobody"))})
		case candor.EntryCase:
			shown.Text, shown.Icon = r.T("tickets.event.case", phrase.Args{"case": candor.Case{Number: d.Number}.Label()}), "cases"
		case candor.EntryMerged:
			shown.Text = r.T("tickets.event.merged", phrase.Args{"ticket": candor.Ticket{Number: d.Number}.Label()})
			if d.Goes {
				shown.Text = r.T("tickets.event.took", phrase.Args{"ticket": candor.Ticket{Number: d.Number}.Label()})
			}
		case candor.EntryParty:
			shown.Text = r.T("tickets.event.party", phrase.Args{"name": n.party(d.Party)})
		case candor.EntryVerdict:
			shown.Text, shown.Icon = r.T("tickets.event.verdict", phrase.Args{"state": r.Printer.T("tickets.upload." + string(d.State)), "rules": strings.Join(d.Rules, ", ")}), "eye"
		case candor.EntryRated:
			shown.Text, shown.Icon = r.T("tickets.event.rated", phrase.Args{"n": d.Rating}), "check"
		}
		if text := strings.TrimSpace(e.Text); text != "" {
			shown.Body = lines(strings.Split(text, "\n"))
		}
		out = append(out, shown)
	}
	return out
}

func orWord(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// actor names who did something.
func (p *pages) actor(r *web.Request, actor string, n *names) string {
	kind, id, _ := strings.Cut(actor, ":")
	switch kind {
	case "user":
		return n.user(candor.ID(id))
	case "customer":
		return n.party(candor.ID(id))
	case "anonymous", "guest":
		return r.T("tickets.anonymous")
	}
	return r.T("tickets.system")
}
