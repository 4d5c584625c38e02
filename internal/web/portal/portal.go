// Package portal is what customers see: the page of a case, opened by the
// signed link in a mail or from a customer's account, and the list of all that
// belongs to an account.
//
// The pages need no script and are one column in six languages. They tell, in
// this order: what we saw, what it means, what to do now, what happens next
// and when, and how to reach a person.
package portal

//go:generate go tool -modfile=../../../tools/go.mod templ generate

import (
	"context"

	"candor"
	"candor/internal/access"
	"candor/internal/access/link"
	"candor/internal/phrase"
	"candor/internal/web"
)

// Told is advice in one language.
type Told struct {
	Seen, Means string
	Steps, Next []string
}

// Advice words what to tell a customer about a case, for the software that the
// site runs; the software may be empty.
type Advice interface {
	For(c candor.Case, p phrase.Printer, software string) Told
}

// Config is what the pages need besides the site.
type Config struct {
	Advice Advice
	// Renew mails another link to the contact of one that has expired. nil: the
	// page says how to reach a person instead.
	Renew func(ctx context.Context, expired link.Link) error
	// MostReport is how many bytes a report of abuse has at most; 0 for
	// house.MostReport.
	MostReport int64
}

// portal adds the pages.
type portal struct {
	Config
	site *web.Site
	slow slow
}

// Mount adds the pages for customers to the site.
func Mount(s *web.Site, c Config) {
	p := &portal{Config: c, site: s, slow: newSlow(s.Clock)}
	anyone := web.Needs{web.Anyone}
	s.Page("GET /c/{token}", anyone, p.linked(p.show))
	s.Receive("POST /c/{token}/fixed", anyone, mostReceived, p.linked(p.fixedSlowly))
	s.Action("POST /c/{token}/question", anyone, p.linked(p.ask))
	s.Action("POST /c/{token}/contest", anyone, p.linked(p.contest))
	s.Action("POST /c/{token}/renew", anyone, p.renew)

	s.Page("GET /r/{token}", anyone, p.reported)

	reads, acts := web.Needs{access.ReadOwn}, web.Needs{access.ActOwn}
	s.Page("GET /my", reads, p.overview)
	s.Page("GET /my/cases/{id}", reads, p.signedIn(p.show))
	s.Receive("POST /my/cases/{id}/fixed", acts, mostReceived, p.signedIn(p.fixed))
	s.Action("POST /my/cases/{id}/question", acts, p.signedIn(p.ask))
	s.Action("POST /my/cases/{id}/contest", acts, p.signedIn(p.contest))
	s.Page("GET /my/sites/{id}", reads, p.gate)
	s.Action("POST /my/sites/{id}/ask", acts, p.askGate)
	s.Action("POST /my/sites/{id}/check", acts, p.checkGate)
	s.Action("POST /my/sites/{id}/take-back", acts, p.takeBack)
	p.mountAgreements()
	p.mountNotices(s)
	p.mountSupport()
	p.mountAbuse()
	p.mountBulletins()
	s.Nav(web.NavEntry{Key: "my", Text: "portal.my.title", Icon: "cases", Href: "/my", Needs: reads})
}

// visit is a customer's look at one case.
type visit struct {
	*web.Request
	id   candor.ID // of the case
	path string    // of its page
	link *link.Link
}

// signedIn lets a customer with an account see a case; whether it is the
// customer's own is in the queries.
func (p *portal) signedIn(do func(visit) (web.View, error)) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		id, err := r.ID("id")
		if err != nil {
			return web.View{}, err
		}
		return do(visit{Request: r, id: id, path: "/my/cases/" + string(id)})
	}
}
