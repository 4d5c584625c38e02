package office

import (
	"context"
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"candor"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

const (
	mostContacts = 50
	spareRows    = 2 // for more contacts, without JavaScript
)

// purposes are what a contact can be for.
var purposes = []string{"abuse", "technical", "legal", "billing"}

// languages are those that mails to a party are written in.
var languages = []string{"en", "zh", "ar", "es", "fr", "ru"}

var partyFields = []string{"kind", "name", "reference", "language", "zone"}

// contactRow is one contact as it is typed; its fields are numbered.
type contactRow struct {
	number int
	candor.Contact
	err string
}

// field is the name of a field of the row.
func (c contactRow) field(name string) string {
	return "contact-" + strconv.Itoa(c.number) + "-" + name
}

// empty tells whether nothing was typed.
func (c contactRow) empty() bool { return c.Name == "" && c.Address == "" }

func (o *office) newParty(r *web.Request) (web.View, error) {
	return o.partyView(r, given("kind", string(candor.Customer)), candor.Party{}, contactRows(nil))
}

func (o *office) editParty(r *web.Request) (web.View, error) {
	p, err := o.partyOf(r)
	if err != nil {
		return web.View{}, err
	}
	f := given("name", p.Name, "reference", p.Reference, "language", p.Language, "zone", p.TimeZone, "note", p.Note)
	return o.partyView(r, f, p, contactRows(p.Contacts))
}

// contactRows are contacts with some rows to spare.
func contactRows(all []candor.Contact) (rows []contactRow) {
	for _, c := range all {
		rows = append(rows, contactRow{number: len(rows), Contact: c})
	}
	for range spareRows {
		if len(rows) < mostContacts {
			rows = append(rows, contactRow{number: len(rows), Contact: candor.Contact{Channel: candor.Mail}})
		}
	}
	return rows
}

// readContacts takes the rows as they were typed, and says what is wrong.
func readContacts(r *web.Request) (rows []contactRow, bad bool) {
	for i := range mostContacts {
		row := contactRow{number: i}
		if _, ok := r.PostForm[row.field("address")]; !ok {
			break
		}
		row.Contact = candor.Contact{Name: r.Line(row.field("name")), Purpose: r.Line(row.field("purpose")), Language: r.Line(row.field("language")),
			Channel: candor.Channel(r.Line(row.field("channel"))), Address: r.Line(row.field("address"))}
		if row.Channel != candor.Phone {
			row.Channel = candor.Mail
		}
		if !slices.Contains(purposes, row.Purpose) {
			row.Purpose = ""
		}
		if !slices.Contains(languages, row.Language) {
			row.Language = ""
		}
		row.err = contactError(r, row)
		bad = bad || row.err != ""
		rows = append(rows, row)
	}
	return rows, bad
}

func contactError(r *web.Request, c contactRow) string {
	switch {
	case c.empty():
		return ""
	case c.Address == "":
		return r.T("office.contact.address.none")
	case c.Channel == candor.Mail:
		if a, err := mail.ParseAddress(c.Address); err != nil || a.Address != c.Address {
			return r.T("office.form.mail.bad")
		}
	}
	return ""
}

func (o *office) partyView(r *web.Request, f form, p candor.Party, rows []contactRow) (web.View, error) {
	pf := partyForm{form: f, action: "/parties/new", cancel: "/parties", contacts: rows, purposes: web.Options(r, "office.contact.purpose.", append([]string{""}, purposes...)),
		channels: web.Options(r, "office.contact.channel.", []candor.Channel{candor.Mail, candor.Phone})}
	pf.languages = []ui.Option{{Label: r.T("office.language.unknown")}}
	pf.contactLanguages = []ui.Option{{Label: r.T("office.contact.language.same")}}
	own := languages
	if p.Language != "" && !slices.Contains(own, p.Language) {
		own = append(slices.Clone(own), p.Language)
	}
	for _, tag := range own {
		option := ui.Option{Value: tag, Label: languageName(r, tag)}
		pf.languages, pf.contactLanguages = append(pf.languages, option), append(pf.contactLanguages, option)
	}
	page := ui.Page{Title: r.T("office.party.new"), Active: "parties", Crumbs: []ui.Link{{Text: r.T("office.parties"), Href: "/parties"}}}
	if p.ID == "" {
		pf.kinds = web.Options(r, "party.kind.", candor.PartyKinds())
	} else {
		pf.action, pf.cancel = partyPath(p.ID)+"/edit", partyPath(p.ID)
		page.Title = r.T("office.edit", phrase.Args{"name": p.Name})
		page.Crumbs = append(page.Crumbs, ui.Link{Text: p.Name, Href: partyPath(p.ID)})
	}
	v := web.View{Page: page, Body: partyFormPage(pf)}
	if f.bad() || slices.ContainsFunc(rows, func(c contactRow) bool { return c.err != "" }) {
		v = v.Again()
	}
	return v, nil
}

func (o *office) addParty(r *web.Request) (web.View, error) { return o.saveParty(r, candor.Party{}) }

func (o *office) changeParty(r *web.Request) (web.View, error) {
	p, err := o.partyOf(r)
	if err != nil {
		return web.View{}, err
	}
	return o.saveParty(r, p)
}

func (o *office) saveParty(r *web.Request, p candor.Party) (web.View, error) {
	f := typed(r, partyFields...)
	f.values["note"] = r.Text("note")
	rows, bad := readContacts(r)
	if r.Line("more") != "" { // more rows are wanted, nothing is saved
		for range spareRows {
			if len(rows) < mostContacts {
				rows = append(rows, contactRow{number: len(rows), Contact: candor.Contact{Channel: candor.Mail}})
			}
		}
		for i := range rows {
			rows[i].err = ""
		}
		return o.partyView(r, f, p, rows)
	}
	fresh := p.ID == ""
	o.readParty(r, &f, &p, rows)
	if !f.bad() && !bad {
		saved, err := o.house.SaveParty(r.Context(), r.Who, p)
		if err == nil {
			text := r.T("ui.saved")
			if fresh {
				text = r.T("office.party.added", phrase.Args{"name": saved.Name})
			}
			return web.See(partyPath(saved.ID)).Say(ui.Good, text), nil
		}
		if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
	}
	return o.partyView(r, f, p, rows)
}

// readParty takes the fields into the party, and says what is wrong with them.
func (o *office) readParty(r *web.Request, f *form, p *candor.Party, rows []contactRow) {
	f.name(r)
	f.tag(r, "language")
	f.zone(r, "zone")
	if p.ID == "" {
		p.Kind = candor.PartyKind(f.values["kind"])
		if !slices.Contains(candor.PartyKinds(), p.Kind) {
			f.refuse("kind", r.T("office.form.choose"))
		}
	}
	p.Name, p.Reference, p.Note = f.values["name"], f.values["reference"], strings.TrimSpace(f.values["note"])
	p.Language, p.TimeZone, p.Contacts = f.values["language"], f.values["zone"], nil
	for _, c := range rows {
		if !c.empty() {
			p.Contacts = append(p.Contacts, c.Contact)
		}
	}
}

// accepted is the field for the day on which terms were accepted.
func accepted(ctx context.Context, f agreementForm) ui.Input {
	in := must(of("date", f.input("accepted", phrase.T(ctx, "office.agreement.accepted"), "")))
	in.Max, in.Short = f.today, true
	return in
}

// contactWords say for what a contact is, by which way, and who it is.
func contactWords(ctx context.Context, c candor.Contact) string {
	p := phrase.From(ctx)
	parts := []string{p.T("office.contact.channel." + string(c.Channel)), p.Word("office.contact.purpose.", c.Purpose), c.Name}
	if c.Language != "" {
		parts = append(parts, p.Word("office.language.", c.Language))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}
