package office

import (
	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addParties adds the pages of those whom the provider deals with.
func (o *office) addParties() {
	s := o.site
	s.Page("GET /parties", readParties, o.parties)
	s.Page("GET /parties/{id}", readParties, o.party)
	s.Page("GET /parties/new", manageParties, o.newParty)
	s.Action("POST /parties/new", manageParties, o.addParty)
	s.Page("GET /parties/{id}/edit", manageParties, o.editParty)
	s.Action("POST /parties/{id}/edit", manageParties, o.changeParty)
	s.Page("GET /parties/{id}/agreements/new", manageParties, o.newAgreement)
	s.Action("POST /parties/{id}/agreements/new", manageParties, o.addAgreement)
	s.Page("GET /parties/{id}/agreements/{agreement}/withdraw", manageParties, o.askWithdraw)
	s.Action("POST /parties/{id}/agreements/{agreement}/withdraw", manageParties, o.withdraw)
	s.Page("GET /parties/{id}/consents/new", manageParties, o.newPaper)
	s.Action("POST /parties/{id}/consents/new", manageParties, o.addPaper)
	s.Page("GET /parties/{id}/receipts/{event}", readParties, o.partyReceipt)
	s.Page("GET /parties/{id}/scans/{event}", readParties, o.partyScan)
	s.Page("GET /parties/{id}/erase", managePeople, o.askErase)
	s.Action("POST /parties/{id}/erase", managePeople, o.erase)
}

func partyPath(id candor.ID) string { return "/parties/" + string(id) }

func (o *office) parties(r *web.Request) (web.View, error) {
	f := candor.PartyFilter{Kind: web.FilterOne(r, "kind", candor.PartyKinds()), Text: r.Query("q")}
	list, err := o.house.Parties(r.Context(), r.Who, f, r.Cut("name", "updated"))
	if err != nil {
		return web.View{}, err
	}
	l := ui.Listing{Table: partyTable(r, list.Items), Cursor: web.Cursor(list), Filters: []ui.Filter{
		{Name: "q", Label: r.T("office.parties.words"), Kind: ui.Words},
		{Name: "kind", Label: r.T("office.kind"), Kind: ui.Choice, Options: web.Options(r, "party.kind.", candor.PartyKinds())},
	}}
	p := ui.Page{Title: r.T("office.parties"), Active: "parties", Lead: r.T("office.parties.lead")}
	if r.May(access.ManageParties) {
		p.Actions = ui.InTurn(ui.ButtonLink(ui.Link{Text: r.T("office.import"), Href: "/import"}, ui.Plain, "download"),
			ui.ButtonLink(ui.Link{Text: r.T("office.party.add"), Href: "/parties/new"}, ui.Primary, "plus"))
	}
	return web.View{Page: p, Body: ui.ListPage(l)}, nil
}

func partyTable(r *web.Request, all []candor.Party) ui.Table {
	t := ui.Table{ID: "parties", Caption: r.T("office.parties"), Sort: r.Query(ui.SortParameter),
		Empty: ui.Situation{Title: r.T("office.parties.none"), Text: r.T("office.parties.none.text")},
		Columns: []ui.Column{wide(sorted(column("name", r.T("office.name")), false)), column("kind", r.T("office.kind")), column("reference", r.T("office.reference")),
			minor(column("contact", r.T("office.contact"))), minor(column("language", r.T("office.language"))), sorted(column("updated", r.T("office.updated")), true)}}
	if r.Query("q") != "" || r.Query("kind") != "" {
		t.Empty = ui.Situation{Title: r.T("office.none.filter"), Text: r.T("office.none.filter.text")}
	}
	for _, p := range all {
		contact := ui.Badge(r.T("office.contact.none"), ui.Warn)
		if len(p.Contacts) > 0 {
			contact = code(p.Contacts[0].Address)
		}
		name := p.Name
		if p.Erased {
			name, contact = r.T("office.party.erased"), ui.Absent()
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(p.ID), Label: name, Href: partyPath(p.ID), Muted: p.Erased, Cells: cells(
			anchor(name, partyPath(p.ID)), whole(r.Printer.T("party.kind."+string(p.Kind))), code(p.Reference), contact, ui.OrAbsent(languageName(r, p.Language)), ui.Time(p.Updated))})
	}
	return t
}

// languageName is what the catalogue calls a language, or its tag.
func languageName(r *web.Request, tag string) string {
	return r.Printer.Word("office.language.", tag)
}

// partyDetail is what the page of one party shows.
type partyDetail struct {
	v          house.PartyView
	facts      []ui.Fact
	assets     ui.Table
	cases      ui.Table
	agreements ui.Table
	asked      []string // documents that the party is asked to answer
	said       ui.Table // what it said of terms
	people     ui.Table
	manage     bool // assets and agreements
	invite     bool
	questions  []ui.Confirmation
	history    string // its cases in a line
}

func (o *office) party(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, err := o.house.Party(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	d := partyDetail{v: v, facts: partyFacts(r, v.Party), people: userTable(r, v.Users, false), manage: r.May(access.ManageParties) && !v.Party.Erased}
	d.invite = r.May(access.ManagePeople) && !v.Party.Erased && (v.Party.Kind == candor.Customer || v.Party.Kind == candor.Subscriber)
	d.people.Empty = ui.Situation{Title: r.T("office.party.people.none"), Text: r.T("office.party.people.none.text")}
	d.cases = caseTable(r, v.Cases.Items, ui.Situation{Title: r.T("office.cases.none"), Text: r.T("office.party.cases.none")})
	if d.assets, err = o.assetTable(r, "", v.Assets); err != nil {
		return web.View{}, err
	}
	without(&d.assets, "owner")
	d.assets.Empty = ui.Situation{Title: r.T("office.party.assets.none")}
	if r.May(access.ReadCases) {
		if d.history, err = o.repeatLine(r, id); err != nil {
			return web.View{}, err
		}
	}
	d.agreements, d.questions = agreementTable(r, v, d.manage)
	if err := o.fillSaid(r, &d); err != nil {
		return web.View{}, err
	}
	p := ui.Page{Title: partyName(r, v.Party), Active: "parties", Crumbs: []ui.Link{{Text: r.T("office.parties"), Href: "/parties"}}}
	p.Actions = partyActions(r, d)
	return web.View{Page: p, Body: partyPage(d)}, nil
}

// partyName is the name, or that it is gone.
func partyName(r *web.Request, p candor.Party) string {
	if p.Erased {
		return r.T("office.party.erased")
	}
	return p.Name
}

func partyActions(r *web.Request, d partyDetail) templ.Component {
	path := partyPath(d.v.Party.ID)
	var edit, erase templ.Component
	if r.May(access.ManagePeople) && !d.v.Party.Erased {
		erase = ui.ButtonLink(ui.Link{Text: r.T("office.erase.do"), Href: path + "/erase"}, ui.Destructive, "")
	}
	if d.manage {
		edit = ui.ButtonLink(ui.Link{Text: r.T("ui.edit"), Href: path + "/edit"}, ui.Plain, "")
	}
	return ui.InTurn(erase, edit)
}

func partyFacts(r *web.Request, p candor.Party) []ui.Fact {
	zone := ui.OrAbsent(p.TimeZone)
	return []ui.Fact{
		{Label: r.T("office.kind"), Value: ui.Text(r.Printer.T("party.kind." + string(p.Kind)))},
		{Label: r.T("office.reference"), Value: code(p.Reference)},
		{Label: r.T("office.language"), Value: ui.OrAbsent(languageName(r, p.Language))},
		{Label: r.T("office.zone"), Value: zone},
		{Label: r.T("office.added"), Value: ui.Time(p.Created)},
		{Label: r.T("office.updated"), Value: ui.Time(p.Updated)},
	}
}

// agreementTable lists agreements, and the questions that ask before one is
// withdrawn.
func agreementTable(r *web.Request, v house.PartyView, manage bool) (ui.Table, []ui.Confirmation) {
	t := ui.Table{ID: "agreements", Caption: r.T("office.agreements"), Empty: ui.Situation{Title: r.T("office.agreements.none"), Text: r.T("office.agreements.none.text")},
		Columns: []ui.Column{wide(column("terms", r.T("office.agreement.terms"))), column("allows", r.T("office.agreement.allows")),
			column("accepted", r.T("office.agreement.accepted")), column("state", r.T("office.state")), column("do", r.T("office.do"))}}
	var questions []ui.Confirmation
	for _, a := range v.Agreements {
		state, do := ui.Badge(r.T("office.agreement.force"), ui.Good), ui.Together()
		if !a.InForce(r.Now) {
			state = ui.Together(ui.Badge(r.T("office.agreement.withdrawn"), ui.Neutral), ui.Time(a.Withdrawn))
		} else if manage {
			q := withdrawal(r, v.Party, a)
			questions = append(questions, q)
			do = ui.ConfirmButton(q, r.T("office.agreement.withdraw"), "")
		}
		allows := quiet(r.T("office.agreement.allows.none"))
		if len(a.Allows) > 0 {
			allows = ui.Text(methods(r, a.Allows))
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(a.ID), Label: a.Terms + " " + a.Version, Muted: !a.InForce(r.Now), Cells: cells(
			agreementName(a), allows, ui.Together(ui.Time(a.Accepted), quiet(r.Printer.Word("office.agreement.how.", a.How))), state, do)})
	}
	if !manage {
		without(&t, "do")
	}
	return t, questions
}

func withdrawal(r *web.Request, p candor.Party, a candor.Agreement) ui.Confirmation {
	path := partyPath(p.ID)
	return ui.Confirmation{ID: "withdraw-" + string(a.ID), Title: r.T("office.agreement.withdraw.title", phrase.Args{"terms": a.Terms, "version": a.Version, "name": p.Name}),
		What: []string{r.T("office.agreement.withdraw.what"), r.T("office.agreement.withdraw.done"), r.T("office.agreement.withdraw.record")},
		Undo: r.T("office.agreement.withdraw.undo"), URL: path + "/agreements/" + string(a.ID) + "/withdraw", Fields: r.Fields(),
		Submit: r.T("office.agreement.withdraw"), Destructive: true, Page: path + "/agreements/" + string(a.ID) + "/withdraw", Back: path}
}
