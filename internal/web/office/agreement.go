package office

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/phrase"
	"candor/internal/regex"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// ways are how a party can have accepted terms.
var ways = []string{"portal", "paper", "mail", "contract", "import"}

var digestForm = regex.Of(`^[0-9a-f]{64}$`)

func (o *office) newAgreement(r *web.Request) (web.View, error) {
	p, err := o.partyOf(r)
	if err != nil {
		return web.View{}, err
	}
	return o.agreementView(r, p, given("accepted", r.Now.In(r.Zone).Format(time.DateOnly), "how", "paper"), nil)
}

// partyOf is the party in the path.
func (o *office) partyOf(r *web.Request) (candor.Party, error) {
	id, err := r.ID("id")
	if err != nil {
		return candor.Party{}, err
	}
	return o.house.Store.Party(r.Context(), r.Who.Scope(), id)
}

func (o *office) agreementView(r *web.Request, p candor.Party, f form, allows []string) (web.View, error) {
	af := agreementForm{form: f, path: partyPath(p.ID), allows: allows, ways: web.Options(r, "office.agreement.how.", ways), today: r.Now.In(r.Zone).Format(time.DateOnly)}
	for _, m := range o.house.Methods {
		af.methods = append(af.methods, ui.Option{Value: m, Label: r.T("office.method."+m) + r.T("office.list.dash") + r.T("office.method."+m+".text")})
	}
	v := web.View{Body: agreementFormPage(af), Page: ui.Page{Title: r.T("office.agreement.new"), Active: "parties", Lead: r.T("office.agreement.lead"),
		Crumbs: []ui.Link{{Text: r.T("office.parties"), Href: "/parties"}, {Text: p.Name, Href: partyPath(p.ID)}}}}
	if f.bad() {
		v = v.Again()
	}
	return v, nil
}

func (o *office) addAgreement(r *web.Request) (web.View, error) {
	p, err := o.partyOf(r)
	if err != nil {
		return web.View{}, err
	}
	f := typed(r, "terms", "version", "digest", "accepted", "how")
	allows := slices.DeleteFunc(r.Lines("allows"), func(m string) bool { return !slices.Contains(o.house.Methods, m) })
	a := candor.Agreement{Party: p.ID, Terms: f.values["terms"], Version: f.values["version"], Digest: strings.ToLower(f.values["digest"]), Allows: allows, How: f.values["how"]}
	for _, field := range []string{"terms", "version"} {
		if f.values[field] == "" || len(f.values[field]) > 200 {
			f.refuse(field, r.T("office.agreement."+field+".bad"))
		}
	}
	if a.Digest != "" && !digestForm.MatchString(a.Digest) {
		f.refuse("digest", r.T("office.agreement.digest.bad"))
	}
	if !slices.Contains(ways, a.How) {
		f.refuse("how", r.T("office.form.choose"))
	}
	if a.Accepted, err = r.Moment("accepted"); err != nil || a.Accepted.IsZero() || a.Accepted.After(r.Now) {
		f.refuse("accepted", r.T("office.agreement.accepted.bad"))
	}
	if !f.bad() {
		_, err := o.house.AddAgreement(r.Context(), r.Who, a)
		if err == nil {
			return web.See(partyPath(p.ID)+"#agreements-title").Say(ui.Good, r.T("office.agreement.added", phrase.Args{"terms": a.Terms, "version": a.Version})), nil
		}
		if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
	}
	return o.agreementView(r, p, f, allows)
}

// agreementOf is the party and the agreement in the path.
func (o *office) agreementOf(r *web.Request) (p candor.Party, a candor.Agreement, err error) {
	id, err := r.ID("agreement")
	if err != nil {
		return p, a, err
	}
	if p, err = o.partyOf(r); err != nil {
		return p, a, err
	}
	all, err := o.house.Store.Agreements(r.Context(), r.Who.Scope(), p.ID)
	if err != nil {
		return p, a, err
	}
	if i := slices.IndexFunc(all, func(a candor.Agreement) bool { return a.ID == id }); i >= 0 {
		return p, all[i], nil
	}
	return p, a, fmt.Errorf("agreement %s of party %s: %w", id, p.ID, candor.ErrNotFound)
}

func (o *office) askWithdraw(r *web.Request) (web.View, error) {
	p, a, err := o.agreementOf(r)
	if err != nil {
		return web.View{}, err
	}
	return web.Confirm(ui.Page{Title: r.T("office.agreement.withdraw"), Active: "parties",
		Crumbs: []ui.Link{{Text: r.T("office.parties"), Href: "/parties"}, {Text: p.Name, Href: partyPath(p.ID)}}}, withdrawal(r, p, a)), nil
}

func (o *office) withdraw(r *web.Request) (web.View, error) {
	p, a, err := o.agreementOf(r)
	if err != nil {
		return web.View{}, err
	}
	if err := o.house.WithdrawAgreement(r.Context(), r.Who, p.ID, a.ID); err != nil {
		return web.View{}, err
	}
	return web.See(partyPath(p.ID)).Say(ui.Good, r.T("office.agreement.withdrew", phrase.Args{"terms": a.Terms, "version": a.Version})), nil
}
