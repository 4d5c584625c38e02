package office

import (
	"errors"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/web"
	"candor/internal/web/ui"
)

var personFields = []string{"name", "mail", "role", "language", "zone", "party"}

// newPerson is the form that invites somebody: of the staff, or of the party
// in the address.
func (o *office) newPerson(r *web.Request) (web.View, error) {
	f := given("role", string(candor.RoleAnalyst), "party", string(r.FilterID("party")))
	p, err := o.partyIn(r, f.values["party"])
	if err != nil {
		return web.View{}, err
	}
	if p.ID != "" {
		f.values["role"] = string(roleOf(p))
		if len(p.Contacts) > 0 && p.Contacts[0].Channel == candor.Mail {
			f.values["name"], f.values["mail"] = p.Contacts[0].Name, p.Contacts[0].Address
		}
		f.values["language"], f.values["zone"] = p.Language, p.TimeZone
	}
	return o.inviteView(r, f, p)
}

// partyIn is the party of a form; none for an empty ID.
func (o *office) partyIn(r *web.Request, id string) (candor.Party, error) {
	if id == "" {
		return candor.Party{}, nil
	}
	known, err := candor.ParseID(id)
	if err != nil {
		return candor.Party{}, candor.ErrNotFound
	}
	return o.house.Store.Party(r.Context(), r.Who.Scope(), known)
}

// roleOf is the role that people of a party have.
func roleOf(p candor.Party) candor.Role {
	if p.Kind == candor.Subscriber {
		return candor.RoleSubscriber
	}
	return candor.RoleCustomer
}

// staffRoles are the roles of the provider's own people, the narrowest first.
func staffRoles() []candor.Role {
	return []candor.Role{candor.RoleAuditor, candor.RoleAnalyst, candor.RoleAdmin}
}

func roleOptions(r *web.Request) (all []ui.Option) {
	for _, role := range staffRoles() {
		all = append(all, ui.Option{Value: string(role), Label: r.Printer.T("role." + string(role)), Hint: r.Printer.T("office.role." + string(role) + ".text")})
	}
	return all
}

func (o *office) inviteView(r *web.Request, f form, p candor.Party) (web.View, error) {
	pf := personForm{form: f, action: "/people/new", cancel: "/people", fresh: true, languages: consoleLanguages(r, p), roles: roleOptions(r), submit: r.T("office.invite")}
	page := ui.Page{Title: r.T("office.person.new"), Active: "people", Lead: r.T("office.person.new.lead"), Crumbs: []ui.Link{{Text: r.T("office.people"), Href: "/people"}}}
	if p.ID != "" {
		pf.party, pf.roles, pf.cancel = p.Name, nil, partyPath(p.ID)
		page.Active, page.Lead = "parties", r.T("office.person.new.party")
		page.Crumbs = []ui.Link{{Text: r.T("office.parties"), Href: "/parties"}, {Text: p.Name, Href: partyPath(p.ID)}}
	}
	v := web.View{Page: page, Body: personFormPage(pf)}
	if f.bad() {
		v = v.Again()
	}
	return v, nil
}

// consoleLanguages are those that a person can read pages in: the staff's
// console has two, customers' pages have all.
func consoleLanguages(r *web.Request, p candor.Party) []ui.Option {
	all := []ui.Option{{Label: r.T("account.language.any")}}
	tags := languages[:2]
	if p.ID != "" {
		tags = languages
	}
	for _, tag := range tags {
		all = append(all, ui.Option{Value: tag, Label: languageName(r, tag)})
	}
	return all
}

func (o *office) invite(r *web.Request) (web.View, error) {
	f := typed(r, personFields...)
	p, err := o.partyIn(r, f.values["party"])
	if err != nil {
		return web.View{}, err
	}
	f.name(r)
	f.mail(r, "mail")
	f.zone(r, "zone")
	u := candor.User{Name: f.values["name"], Mail: f.values["mail"], Role: candor.Role(f.values["role"]), Language: f.values["language"], TimeZone: f.values["zone"], Party: p.ID}
	if p.ID != "" {
		u.Role = roleOf(p)
	} else if !slices.Contains(staffRoles(), u.Role) {
		f.refuse("role", r.T("office.form.choose"))
	}
	if f.bad() {
		return o.inviteView(r, f, p)
	}
	u, secret, err := o.house.Access.Invite(r.Context(), r.Who, u)
	if errors.Is(err, candor.ErrChanged) || errors.Is(err, candor.ErrExists) {
		f.refuse("mail", r.T("office.person.mail.taken"))
		return o.inviteView(r, f, p)
	}
	if err != nil {
		if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
		return o.inviteView(r, f, p)
	}
	return o.hand(r, u, access.Invitation, secret)
}

// inviteAgain makes another link for somebody who lost theirs.
func (o *office) inviteAgain(r *web.Request) (web.View, error) {
	u, err := o.personOf(r)
	if err != nil {
		return web.View{}, err
	}
	secret, purpose, err := o.house.Access.InviteAgain(r.Context(), r.Who, u.ID)
	if err != nil {
		return web.View{}, err
	}
	return o.hand(r, u, purpose, secret)
}

// hand mails a link, or shows it this once. It is shown in the answer itself:
// it must not be kept in a cookie or an address.
func (o *office) hand(r *web.Request, u candor.User, purpose access.Purpose, secret string) (web.View, error) {
	link := strings.TrimSuffix(o.site.PublicURL, "/") + web.LinkPath(purpose, secret)
	if purpose == access.Invitation && o.mailed(r.Context(), u, link) {
		return web.See(personPath(u.ID)).Say(ui.Good, r.T("office.person.mailed")), nil
	}
	return o.personView(r, personDetail{user: u, link: link, reset: purpose == access.Reset})
}

func (o *office) editPerson(r *web.Request) (web.View, error) {
	u, err := o.personOf(r)
	if err != nil {
		return web.View{}, err
	}
	return o.personFormView(r, u, given("name", u.Name, "role", string(u.Role), "language", u.Language, "zone", u.TimeZone))
}

func (o *office) personFormView(r *web.Request, u candor.User, f form) (web.View, error) {
	p, err := o.partyIn(r, string(u.Party))
	if err != nil {
		return web.View{}, err
	}
	pf := personForm{form: f, action: personPath(u.ID) + "/edit", cancel: personPath(u.ID), languages: consoleLanguages(r, p), roles: roleOptions(r), submit: r.T("ui.save")}
	if p.ID != "" {
		pf.party, pf.roles = partyName(r, p), nil
	}
	v := web.View{Page: personFrame(r, u, r.T("office.person.edit")), Body: personFormPage(pf)}
	if f.bad() {
		v = v.Again()
	}
	return v, nil
}

func (o *office) changePerson(r *web.Request) (web.View, error) {
	u, err := o.personOf(r)
	if err != nil {
		return web.View{}, err
	}
	f := typed(r, personFields...)
	f.name(r)
	f.zone(r, "zone")
	changed := u
	changed.Name, changed.Language, changed.TimeZone = f.values["name"], f.values["language"], f.values["zone"]
	if u.Party == "" {
		changed.Role = candor.Role(f.values["role"])
		if !slices.Contains(staffRoles(), changed.Role) {
			f.refuse("role", r.T("office.form.choose"))
		}
	}
	if f.bad() {
		return o.personFormView(r, u, f)
	}
	err = o.house.Access.ChangeUser(r.Context(), r.Who, changed)
	switch {
	case errors.Is(err, candor.ErrInvalid) && u.Role == candor.RoleAdmin && changed.Role != u.Role:
		f.refuse("role", r.T("office.person.last")+" "+r.T("office.person.last.text"))
	case err != nil:
		if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
	default:
		return web.See(personPath(u.ID)).Say(ui.Good, r.T("ui.saved")), nil
	}
	return o.personFormView(r, u, f)
}
