package portal

import (
	"errors"
	"net/http"

	"candor"
	"candor/internal/access/link"
	"candor/internal/web"
)

// linked lets the holder of a signed link see its case, and no other: the case
// is named by the link itself, and the principal is bounded to its party.
func (p *portal) linked(do func(visit) (web.View, error)) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		if p.site.Links == nil {
			return web.View{}, candor.ErrNotFound
		}
		token := r.PathValue("token")
		l, err := p.site.Links.Open(r.Context(), token, link.Case)
		v := visit{Request: r, id: l.Subject, path: "/c/" + token, link: &l}
		switch {
		case errors.Is(err, link.ErrExpired):
			return p.expired(v), nil
		case errors.Is(err, link.ErrRevoked):
			return p.dead(v, http.StatusGone, "revoked"), nil
		case errors.Is(err, candor.ErrNotFound), err == nil && l.Party == "":
			return p.dead(v, http.StatusNotFound, "missing"), nil
		case err != nil:
			return web.View{}, err
		}
		r.Who = holder(l)
		view, err := do(v)
		if errors.Is(err, candor.ErrNotFound) { // erased, or of another party by now
			return p.dead(v, http.StatusNotFound, "missing"), nil
		}
		return view, err
	}
}

// holder is the principal who opened a link: nobody known by name, with what a
// customer may do to what belongs to the link's party.
func holder(l link.Link) candor.Principal {
	return candor.Principal{User: "link:" + l.Subject, Name: "link", Role: candor.RoleCustomer, Party: l.Party}
}

// masked is the address that a link was sent to, as its owner would know it;
// empty if the party has no such contact any more.
func masked(l *link.Link, contacts []candor.Contact) (candor.Contact, string) {
	for _, c := range contacts {
		if l != nil && link.ContactOf(c.Address) == l.Contact {
			return c, link.Mask(c.Address)
		}
	}
	return candor.Contact{}, ""
}

// dead is the page for a link that opens nothing.
func (p *portal) dead(v visit, status int, why string) web.View {
	v.Who = candor.Principal{} // whoever holds it is nobody here
	title := v.Printer.T("portal." + why + ".title")
	return web.View{Status: status, Document: deadPage(v.Letter(title), v.Printer.T("portal."+why+".text"), p.reach(""))}
}

// expired is the page for a link that was good once. It says nothing of the
// case but its number.
func (p *portal) expired(v visit) web.View {
	v.Who = holder(*v.link)
	number, err := p.number(v)
	if err != nil {
		number = ""
	}
	page := v.Letter(v.T("portal.expired.title"))
	renew := ""
	if p.Renew != nil && number != "" {
		renew = v.path + "/renew"
	}
	return web.View{Status: http.StatusGone, Document: expiredPage(page, number, renew, p.reach(number))}
}

func (p *portal) number(v visit) (string, error) {
	c, err := p.site.House.Store.Case(v.Context(), v.Who.Scope(), v.id)
	return c.Label(), err
}

// renew mails another link to whom the expired one was sent to, and to nobody
// else, so that it does not matter who asks.
func (p *portal) renew(r *web.Request) (web.View, error) {
	if p.site.Links == nil || p.Renew == nil {
		return web.View{}, candor.ErrNotFound
	}
	token := r.PathValue("token")
	l, err := p.site.Links.Open(r.Context(), token, link.Case)
	if err == nil {
		return web.See("/c/" + token), nil // it has not expired
	}
	if !errors.Is(err, link.ErrExpired) {
		return web.View{}, candor.ErrNotFound
	}
	if err := p.Renew(r.Context(), l); err != nil {
		return web.View{}, err
	}
	return web.View{Document: renewedPage(r.Letter(r.T("portal.renew.said")), p.reach(""))}, nil
}

// contact is how to reach a person.
type contact struct{ mail, phone, number string }

func (p *portal) reach(number string) contact {
	return contact{p.site.Provider.Mail, p.site.Provider.Phone, number}
}
