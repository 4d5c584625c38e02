package office

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addPeople adds the pages of those who can sign in.
func (o *office) addPeople() {
	s := o.site
	s.Page("GET /people", readPeople, o.people)
	s.Page("GET /people/{id}", readPeople, o.person)
	s.Page("GET /people/new", managePeople, o.newPerson)
	s.Action("POST /people/new", managePeople, o.invite)
	s.Action("POST /people/{id}/invite", managePeople, o.inviteAgain)
	s.Page("GET /people/{id}/edit", managePeople, o.editPerson)
	s.Action("POST /people/{id}/edit", managePeople, o.changePerson)
	s.Page("GET /people/{id}/disable", managePeople, o.askDisable)
	s.Action("POST /people/{id}/disable", managePeople, o.disable)
	s.Action("POST /people/{id}/enable", managePeople, o.enable)
	s.Action("POST /people/{id}/sessions/end", managePeople, o.endSessions)
	s.Page("GET /people/{id}/tokens/{token}/revoke", managePeople, o.askRevoke)
	s.Action("POST /people/{id}/tokens/{token}/revoke", managePeople, o.revoke)
}

func personPath(id candor.ID) string { return "/people/" + string(id) }

func (o *office) people(r *web.Request) (web.View, error) {
	list, err := o.house.People(r.Context(), r.Who, r.Query("q"), r.Cut("name"))
	if err != nil {
		return web.View{}, err
	}
	l := ui.Listing{Table: userTable(r, list.Items, true), Cursor: web.Cursor(list), Filters: []ui.Filter{{Name: "q", Label: r.T("office.people.words"), Kind: ui.Words}}}
	l.Table.Empty = ui.Situation{Title: r.T("office.none.filter"), Text: r.T("office.none.filter.text")}
	p := ui.Page{Title: r.T("office.people"), Active: "people", Lead: r.T("office.people.lead")}
	if r.May(access.ManagePeople) {
		p.Actions = ui.ButtonLink(ui.Link{Text: r.T("office.invite"), Href: "/people/new"}, ui.Primary, "plus")
	}
	return web.View{Page: p, Body: ui.ListPage(l)}, nil
}

// userTable lists people; sorts says whether the list can be sorted.
func userTable(r *web.Request, all []candor.User, sorts bool) ui.Table {
	name := wide(column("name", r.T("office.person.name")))
	if sorts {
		name = sorted(name, false)
	}
	t := ui.Table{ID: "people", Caption: r.T("office.people"), Sort: r.Query(ui.SortParameter), Columns: []ui.Column{name,
		column("role", r.T("office.role")), column("state", r.T("office.state")), column("signed", r.T("office.person.signed"))}}
	for _, u := range all {
		t.Rows = append(t.Rows, ui.Row{Key: string(u.ID), Label: u.Name, Href: personPath(u.ID), Muted: u.Disabled, Cells: cells(
			named(u.Name, personPath(u.ID), u.Mail), ui.Badge(r.Printer.T("role."+string(u.Role)), ui.Neutral), personState(r, u), lastSignIn(r, u))})
	}
	return t
}

func lastSignIn(r *web.Request, u candor.User) templ.Component {
	if u.SignedIn.IsZero() {
		return quiet(r.T("office.person.never"))
	}
	return ui.Time(u.SignedIn)
}

func personState(r *web.Request, u candor.User) templ.Component {
	switch {
	case u.Disabled:
		return ui.Badge(r.T("office.person.disabled"), ui.Warn)
	case u.SignedIn.IsZero():
		return ui.Badge(r.T("office.person.invited"), ui.Accent)
	}
	return ui.Badge(r.T("office.person.active"), ui.Good)
}

// personDetail is what the page of one person shows.
type personDetail struct {
	user      candor.User
	facts     []ui.Fact
	manage    bool
	sessions  ui.Table
	tokens    ui.Table
	questions []ui.Confirmation
	link      string // shown once
	reset     bool   // the link is to choose another password
}

// personOf is the person in the path.
func (o *office) personOf(r *web.Request) (candor.User, error) {
	id, err := r.ID("id")
	if err != nil {
		return candor.User{}, err
	}
	return o.house.Store.Access().User(r.Context(), id)
}

func (o *office) person(r *web.Request) (web.View, error) {
	u, err := o.personOf(r)
	if err != nil {
		return web.View{}, err
	}
	return o.personView(r, personDetail{user: u})
}

func (o *office) personView(r *web.Request, d personDetail) (web.View, error) {
	u := d.user
	d.manage, d.facts = r.May(access.ManagePeople), o.personFacts(r, u)
	if d.manage {
		var err error
		if d.sessions, err = o.sessionTable(r, u); err != nil {
			return web.View{}, err
		}
		if d.tokens, d.questions, err = o.tokenTable(r, u); err != nil {
			return web.View{}, err
		}
	}
	p := ui.Page{Title: u.Name, Active: "people", Crumbs: []ui.Link{{Text: r.T("office.people"), Href: "/people"}}}
	if d.manage {
		p.Actions = personActions(r, u)
	}
	return web.View{Page: p, Body: personPage(d)}, nil
}

func personActions(r *web.Request, u candor.User) templ.Component {
	path := personPath(u.ID)
	edit := ui.ButtonLink(ui.Link{Text: r.T("ui.edit"), Href: path + "/edit"}, ui.Plain, "")
	if u.Disabled {
		return ui.InTurn(edit, web.Step(path+"/enable", r.T("office.person.enable"), "", ui.Plain))
	}
	link := "office.person.link.reset"
	if u.SignedIn.IsZero() {
		link = "office.person.link.again"
	}
	return ui.InTurn(ui.ButtonLink(ui.Link{Text: r.T("office.person.disable"), Href: path + "/disable"}, ui.Destructive, ""), edit, web.Step(path+"/invite", r.Printer.T(link), "link", ui.Plain))
}

func (o *office) personFacts(r *web.Request, u candor.User) []ui.Fact {
	facts := []ui.Fact{
		{Label: r.T("office.mail"), Value: ui.Mono(u.Mail)},
		{Label: r.T("office.role"), Value: ui.Together(ui.Badge(r.Printer.T("role."+string(u.Role)), ui.Neutral), quiet(r.Printer.T("office.role."+string(u.Role)+".text")))},
		{Label: r.T("office.state"), Value: personState(r, u)},
	}
	if u.Party != "" {
		facts = append(facts, ui.Fact{Label: r.T("office.person.party"), Value: anchor(partyName(r, o.names(r).partyOf(u.Party)), partyPath(u.Party))})
	}
	return append(facts, ui.Fact{Label: r.T("office.language"), Value: ui.OrAbsent(languageName(r, u.Language))}, ui.Fact{Label: r.T("office.zone"), Value: ui.OrAbsent(u.TimeZone)},
		ui.Fact{Label: r.T("office.person.signed"), Value: lastSignIn(r, u)}, ui.Fact{Label: r.T("office.added"), Value: ui.Time(u.Created)})
}

func (o *office) sessionTable(r *web.Request, u candor.User) (ui.Table, error) {
	t := ui.Table{ID: "sessions", Caption: r.T("office.sessions"), Empty: ui.Situation{Title: r.T("office.sessions.none")}, Columns: []ui.Column{
		wide(column("agent", r.T("office.session.browser"))), column("address", r.T("office.session.address")), column("since", r.T("office.session.since")), column("seen", r.T("office.session.seen"))}}
	all, err := o.house.Access.Sessions(r.Context(), candor.Principal{User: u.ID})
	for _, s := range all {
		t.Rows = append(t.Rows, ui.Row{Key: string(s.ID), Label: s.Agent, Cells: cells(ui.OrAbsent(s.Agent), code(s.Address), ui.Time(s.Created), ui.Time(s.Seen))})
	}
	return t, err
}

func (o *office) tokenTable(r *web.Request, u candor.User) (t ui.Table, questions []ui.Confirmation, err error) {
	t = ui.Table{ID: "tokens", Caption: r.T("office.tokens"), Empty: ui.Situation{Title: r.T("office.tokens.none")}, Columns: []ui.Column{
		wide(column("name", r.T("office.token.program"))), column("scopes", r.T("office.token.scopes")), minor(column("used", r.T("office.token.used"))), column("state", r.T("office.state")), column("do", r.T("office.do"))}}
	all, err := o.house.Access.Tokens(r.Context(), r.Who, u.ID)
	for _, k := range all {
		state, do, over := ui.Badge(r.T("office.token.works"), ui.Good), ui.Together(), true
		switch {
		case !k.Revoked.IsZero():
			state = ui.Together(ui.Badge(r.T("office.token.revoked"), ui.Neutral), ui.Time(k.Revoked))
		case !k.Expires.IsZero() && !r.Now.Before(k.Expires):
			state = ui.Badge(r.T("office.token.expired"), ui.Neutral)
		default:
			q := revocation(r, u, k)
			questions = append(questions, q)
			do, over = ui.ConfirmButton(q, r.T("office.token.revoke"), ""), false
		}
		used := quiet(r.T("office.token.unused"))
		if !k.Used.IsZero() {
			used = ui.Time(k.Used)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(k.ID), Label: k.Name, Muted: over, Cells: cells(ui.Text(k.Name), code(strings.Join(k.Scopes, " ")), used, state, do)})
	}
	return t, questions, err
}

func revocation(r *web.Request, u candor.User, k access.Token) ui.Confirmation {
	path := personPath(u.ID) + "/tokens/" + string(k.ID) + "/revoke"
	return ui.Confirmation{ID: "revoke-" + string(k.ID), Title: r.T("office.token.revoke.title", phrase.Args{"name": k.Name, "owner": u.Name}),
		What: []string{r.T("office.token.revoke.what")}, URL: path, Fields: r.Fields(), Submit: r.T("office.token.revoke"), Destructive: true, Page: path, Back: personPath(u.ID)}
}

func (o *office) tokenOf(r *web.Request) (u candor.User, k access.Token, err error) {
	id, err := r.ID("token")
	if err != nil {
		return u, k, err
	}
	if u, err = o.personOf(r); err != nil {
		return u, k, err
	}
	all, err := o.house.Access.Tokens(r.Context(), r.Who, u.ID)
	if i := slices.IndexFunc(all, func(k access.Token) bool { return k.ID == id }); i >= 0 {
		return u, all[i], err
	}
	return u, k, errors.Join(err, candor.ErrNotFound)
}

func (o *office) askRevoke(r *web.Request) (web.View, error) {
	u, k, err := o.tokenOf(r)
	return web.Confirm(personFrame(r, u, r.T("office.token.revoke")), revocation(r, u, k)), err
}

func (o *office) revoke(r *web.Request) (web.View, error) {
	u, k, err := o.tokenOf(r)
	if err != nil {
		return web.View{}, err
	}
	if err := o.house.Access.RevokeToken(r.Context(), r.Who, k.ID); err != nil {
		return web.View{}, err
	}
	return web.See(personPath(u.ID)).Say(ui.Good, r.T("office.token.revoke.done", phrase.Args{"name": k.Name})), nil
}

// personFrame is the frame of a page below that of a person.
func personFrame(r *web.Request, u candor.User, title string) ui.Page {
	return ui.Page{Title: title, Active: "people", Crumbs: []ui.Link{{Text: r.T("office.people"), Href: "/people"}, {Text: u.Name, Href: personPath(u.ID)}}}
}

func (o *office) askDisable(r *web.Request) (web.View, error) {
	u, err := o.personOf(r)
	if err != nil {
		return web.View{}, err
	}
	q := ui.Confirmation{ID: "disable", Title: r.T("office.person.disable.title", phrase.Args{"name": u.Name}), Undo: r.T("office.person.disable.undo"),
		What: []string{r.T("office.person.disable.out"), r.T("office.person.disable.tokens"), r.T("office.person.disable.cases")},
		URL:  personPath(u.ID) + "/disable", Fields: r.Fields(), Submit: r.T("office.person.disable"), Destructive: true, Back: personPath(u.ID)}
	if u.ID == r.Who.User {
		q.What = append(q.What, r.T("office.person.disable.self"))
	}
	return web.Confirm(personFrame(r, u, r.T("office.person.disable")), q), nil
}

func (o *office) disable(r *web.Request) (web.View, error) { return o.turn(r, true) }

func (o *office) enable(r *web.Request) (web.View, error) { return o.turn(r, false) }

// turn lets a person in, or keeps them out.
func (o *office) turn(r *web.Request, off bool) (web.View, error) {
	u, err := o.personOf(r)
	if err != nil {
		return web.View{}, err
	}
	u.Disabled = off
	see, done := web.See(personPath(u.ID)), "office.person.enable.done"
	if off {
		done = "office.person.disable.done"
	}
	err = o.house.Access.ChangeUser(r.Context(), r.Who, u)
	if errors.Is(err, candor.ErrInvalid) {
		return see.SayAll(ui.Message{Tone: ui.Bad, Title: r.T("office.person.last"), Text: r.T("office.person.last.text")}), nil
	}
	return see.Say(ui.Good, r.Printer.T(done, phrase.Args{"name": u.Name})), err
}

// endSessions signs a person out everywhere. The record says who did it.
func (o *office) endSessions(r *web.Request) (web.View, error) {
	u, err := o.personOf(r)
	if err != nil {
		return web.View{}, err
	}
	body, err := json.Marshal(map[string]any{"event": access.SignedOut, "all_sessions": true})
	if err != nil {
		return web.View{}, err
	}
	now := o.house.Clock().UTC()
	err = o.house.Store.Access().Change(r.Context(), func(tx access.Tx) error {
		return errors.Join(tx.DeleteSessions(r.Context(), u.ID, ""), tx.Record(r.Context(),
			candor.Record{ID: candor.NewID(now), Kind: candor.RecordAccess, At: now, Subject: u.ID, Actor: r.Who.Actor(), Body: body}))
	})
	return web.See(personPath(u.ID)).Say(ui.Good, r.T("office.sessions.ended", phrase.Args{"name": u.Name})), err
}

// mailed tells whether a link could be mailed.
func (o *office) mailed(ctx context.Context, u candor.User, link string) bool {
	if o.Invite == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return o.Invite(ctx, u, link) == nil
}

// linkTitle says what a link that is shown once is for.
func linkTitle(ctx context.Context, d personDetail) string {
	name := phrase.Args{"name": d.user.Name}
	if d.reset {
		return phrase.T(ctx, "office.person.link.reset.title", name)
	}
	return phrase.T(ctx, "office.person.link.title", name)
}
