package office

import (
	"strings"

	"candor"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// erasure is the question before a person's data is erased.
func (o *office) erasure(r *web.Request, p candor.Party, f form) ui.Confirmation {
	path := partyPath(p.ID)
	return ui.Confirmation{ID: "erase", Title: r.T("office.erase.title", phrase.Args{"name": p.Name}), URL: path + "/erase", Fields: r.Fields(), Back: path,
		Submit: r.T("office.erase.do"), Destructive: true, Form: eraseFields(f, p),
		What: []string{r.T("office.erase.party"), r.T("office.erase.evidence"), r.T("office.erase.words"), r.T("office.erase.people"), r.T("office.erase.record")}}
}

func (o *office) askErase(r *web.Request) (web.View, error) {
	p, err := o.partyOf(r)
	if err != nil {
		return web.View{}, err
	}
	return o.eraseView(r, p, given())
}

func (o *office) eraseView(r *web.Request, p candor.Party, f form) (web.View, error) {
	v := web.Confirm(ui.Page{Title: r.T("office.erase"), Active: "parties",
		Crumbs: []ui.Link{{Text: r.T("office.parties"), Href: "/parties"}, {Text: p.Name, Href: partyPath(p.ID)}}}, o.erasure(r, p, f))
	if p.Erased {
		return web.See(partyPath(p.ID)).Say(ui.Neutral, r.T("office.erase.already")), nil
	}
	if f.bad() {
		v = v.Again()
	}
	return v, nil
}

// erase takes the step only if the name was written: there is no way back.
func (o *office) erase(r *web.Request) (web.View, error) {
	p, err := o.partyOf(r)
	if err != nil {
		return web.View{}, err
	}
	f := typed(r, "name")
	if !strings.EqualFold(f.values["name"], strings.TrimSpace(p.Name)) {
		f.refuse("name", r.T("office.erase.name.bad", phrase.Args{"name": p.Name}))
	}
	if f.bad() || p.Erased {
		return o.eraseView(r, p, f)
	}
	if err := o.house.ErasePerson(r.Context(), r.Who, p.ID); err != nil {
		return web.View{}, err
	}
	return web.See(partyPath(p.ID)).Say(ui.Good, r.T("office.erase.done")), nil
}
