package portal

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"candor"
	"candor/internal/access/link"
	"candor/internal/house"
	"candor/internal/intel"
	"candor/internal/intel/bulletin"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

func (p *portal) mountBulletins() {
	anyone := web.Needs{web.Anyone}
	p.site.Page("GET /b/{token}", anyone, p.bulletin)
	p.site.Action("POST /b/{token}/read", anyone, p.readBulletin)
}

// bulletinStory is what the page of a bulletin tells one recipient.
type bulletinStory struct {
	house.BulletinSeen
	text    intel.Text
	tongue  string // attribute lang of the text
	path    string
	form    form
	comment string // that came back
	reach   contact
}

// bulletin shows a bulletin to whoever holds a recipient's link. To look is no
// receipt: programs that look at mails open links too.
func (p *portal) bulletin(r *web.Request) (web.View, error) {
	l, seen, dead, err := p.bulletinSeen(r)
	if err != nil || dead.Document != nil {
		return dead, err
	}
	return p.bulletinPage(r, l, seen, form{}), nil
}

// bulletinSeen is what the link of a recipient opens, in whose language the page is from
// here on; one that opens nothing gives the page that says so.
func (p *portal) bulletinSeen(r *web.Request) (l link.Link, seen house.BulletinSeen, dead web.View, err error) {
	if l, dead, err = p.bulletinLink(r); err != nil || dead.Document != nil {
		return l, seen, dead, err
	}
	seen, err = p.site.House.SeeBulletin(r.Context(), l.Subject)
	switch {
	case errors.Is(err, candor.ErrNotFound):
		return l, seen, p.dead(visit{Request: r}, http.StatusNotFound, "missing"), nil
	case errors.Is(err, candor.ErrDenied):
		return l, seen, p.dead(visit{Request: r}, http.StatusGone, "revoked"), nil
	case err == nil:
		r.Speak(seen.Copy.Language)
	}
	return l, seen, dead, err
}

func (p *portal) bulletinPage(r *web.Request, l link.Link, seen house.BulletinSeen, f form) web.View {
	s := bulletinStory{BulletinSeen: seen, text: seen.Version.Draft.In(r.Printer.Lang()), path: "/b/" + r.PathValue("token"), form: f, reach: p.reach("")}
	s.tongue = s.text.Language
	if f.problem != "" {
		s.comment = r.Text("comment")
	}
	letter := r.Letter(s.text.Title)
	letter.Expires = r.Printer.Time(l.Expires, r.Zone)
	v := web.View{Document: bulletinPage(letter, s)}
	if f.problem != "" {
		v = v.Again()
	}
	return v
}

// bulletinLink opens the link of a recipient; one that opens nothing gives the page
// that says so.
func (p *portal) bulletinLink(r *web.Request) (l link.Link, dead web.View, err error) {
	if p.site.Links == nil {
		return l, dead, candor.ErrNotFound
	}
	l, err = p.site.Links.Open(r.Context(), r.PathValue("token"), link.Bulletin)
	v := visit{Request: r}
	r.Who = candor.Principal{} // whoever holds it is nobody here
	switch {
	case errors.Is(err, link.ErrExpired), errors.Is(err, link.ErrRevoked):
		return l, p.dead(v, http.StatusGone, "revoked"), nil
	case errors.Is(err, candor.ErrNotFound):
		return l, p.dead(v, http.StatusNotFound, "missing"), nil
	}
	return l, dead, err
}

// readBulletin keeps that a recipient says to have read it.
func (p *portal) readBulletin(r *web.Request) (web.View, error) {
	l, seen, dead, err := p.bulletinSeen(r)
	if err != nil || dead.Document != nil {
		return dead, err
	}
	comment := r.Text("comment")
	switch {
	case !r.Yes("read"):
		return p.bulletinPage(r, l, seen, form{field: "read", problem: r.T("bulletin.read.empty")}), nil
	case len(comment) > bulletin.MostComment:
		return p.bulletinPage(r, l, seen, form{field: "comment", problem: r.T("bulletin.comment.long", phrase.Args{"n": strconv.Itoa(bulletin.MostComment)})}), nil
	}
	if err := p.slow.holder(r, l.Subject); err != nil {
		return web.View{}, err
	}
	at := web.See("/b/" + r.PathValue("token"))
	err = p.site.House.ReadBulletin(r.Context(), l.Subject, comment)
	switch {
	case errors.Is(err, candor.ErrExists), errors.Is(err, candor.ErrChanged), errors.Is(err, candor.ErrDenied), errors.Is(err, candor.ErrNotFound):
		return at, nil // the page says how it is
	case err != nil:
		return web.View{}, err
	}
	return at.Say(ui.Good, r.T("bulletin.read.thanks")), nil
}

// bulletinState is the banner of a bulletin that holds no more; nil if it does.
func bulletinState(ctx context.Context, s bulletinStory) *ui.Message {
	switch {
	case s.Withdrawn:
		return &ui.Message{Tone: ui.Bad, Title: phrase.T(ctx, "bulletin.withdrawn.title"), Text: phrase.T(ctx, "bulletin.withdrawn.text"), Stays: true}
	case s.Replaced:
		return &ui.Message{Title: phrase.T(ctx, "bulletin.replaced.title"), Text: phrase.T(ctx, "bulletin.replaced.text"), Stays: true}
	case s.Over:
		return &ui.Message{Title: phrase.T(ctx, "bulletin.over.title"), Text: phrase.T(ctx, "bulletin.over.text"), Stays: true}
	}
	return nil
}
