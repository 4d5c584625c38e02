package web

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"candor"
	"candor/internal/access"
	"candor/internal/access/password"
	"candor/internal/phrase"
	"candor/internal/web/ui"
)

// Paths in front of the secrets of one-time links.
const (
	FirstPath   = "/first/"   // access.FirstAdmin
	InvitedPath = "/invited/" // access.Invitation
	ResetPath   = "/reset/"   // access.Reset
)

// LinkPath is the path at which a one-time secret of access can be used.
func LinkPath(p access.Purpose, secret string) string {
	switch p {
	case access.FirstAdmin:
		return FirstPath + secret
	case access.Invitation:
		return InvitedPath + secret
	}
	return ResetPath + secret
}

// addWelcome adds the pages on which people choose a password by a link.
func (s *Site) addWelcome() {
	for path, purpose := range map[string]access.Purpose{FirstPath: access.FirstAdmin, InvitedPath: access.Invitation, ResetPath: access.Reset} {
		s.Page("GET "+path+"{secret}", Needs{Anyone}, func(r *Request) (View, error) { return s.showWelcome(r, purpose) })
		s.Action("POST "+path+"{secret}", Needs{Anyone}, func(r *Request) (View, error) { return s.redeem(r, purpose) })
	}
	s.Page("GET /reset", Needs{Anyone}, s.showReset)
	s.Action("POST /reset", Needs{Anyone}, s.askReset)
}

// welcomeForm is the page on which somebody chooses a password.
type welcomeForm struct {
	first      bool
	name, mail string
	lead       string
	errors     map[string]string // by field
}

func (s *Site) showWelcome(r *Request, purpose access.Purpose) (View, error) {
	return s.welcome(r, purpose, welcomeForm{})
}

// welcome is the page for a link, or what to do if it does not work.
func (s *Site) welcome(r *Request, purpose access.Purpose, f welcomeForm) (View, error) {
	found, u, err := s.Access.Invited(r.Context(), r.PathValue("secret"))
	if errors.Is(err, candor.ErrDenied) || errors.Is(err, candor.ErrNotFound) || err == nil && found != purpose {
		return View{Plain: true, Status: 410, Page: ui.Page{Title: r.T("welcome.dead.title")}, Body: deadLink()}, nil
	}
	if err != nil {
		return View{}, err
	}
	r.Speak(u.Language)
	title := r.T("reset.title")
	switch mail := (phrase.Args{"mail": u.Mail}); purpose {
	case access.FirstAdmin:
		f.first, title, f.lead = true, r.T("welcome.first.title"), r.T("welcome.first.lead")
	case access.Invitation:
		title, f.lead = r.T("welcome.invited.title", phrase.Args{"name": u.Name}), r.T("welcome.invited.lead", mail)
	default:
		f.lead = r.T("welcome.reset.lead", mail)
	}
	if !f.first {
		f.mail = u.Mail
	}
	return View{Plain: true, Page: ui.Page{Title: title}, Body: welcomeBody(f)}, nil
}

func (s *Site) redeem(r *Request, purpose access.Purpose) (View, error) {
	f := welcomeForm{first: purpose == access.FirstAdmin, name: r.Line("name"), mail: strings.ToLower(r.Line("mail"))}
	pass := r.Secret("password")
	if f.errors = s.checkWelcome(r, f, pass); len(f.errors) > 0 {
		v, err := s.welcome(r, purpose, f)
		return v.Again(), err
	}
	var e access.Entry
	var err error
	if f.first {
		u := candor.User{Name: f.name, Mail: f.mail, Language: r.Printer.Lang()}
		e, err = s.Access.BeginAdmin(r.Context(), r.PathValue("secret"), u, pass, r.Client())
	} else {
		e, err = s.Access.Redeem(r.Context(), r.PathValue("secret"), pass, r.Client())
	}
	if errors.Is(err, candor.ErrInvalid) { // the name and the mail have been checked
		f.errors = map[string]string{"password": r.T("password.weak")}
	} else if !errors.Is(err, candor.ErrDenied) {
		return s.enter(r, e, err)
	}
	v, err := s.welcome(r, purpose, f)
	if v.Status == 0 {
		v = v.Again()
	}
	return v, err
}

func (s *Site) checkWelcome(r *Request, f welcomeForm, pass string) map[string]string {
	bad := map[string]string{}
	if f.first && (f.name == "" || len(f.name) > 200) {
		bad["name"] = r.T("account.name.bad")
	}
	if f.first && !mailAddress(f.mail) {
		bad["mail"] = r.T("account.mail.bad")
	}
	if words := passwordWords(r, pass, password.Judge(pass, f.name, f.mail, s.Provider.Name)); words != "" {
		bad["password"] = words
	}
	return bad
}

// passwordWords says in the reader's language why a password was refused.
func passwordWords(r *Request, pass string, err error) string {
	switch {
	case err == nil:
		return ""
	case utf8.RuneCountInString(pass) < password.MinLength:
		return r.T("password.short")
	case len(pass) > password.MaxBytes:
		return r.T("password.long")
	}
	return r.T("password.weak")
}

func mailAddress(s string) bool {
	local, host, ok := strings.Cut(s, "@")
	return ok && local != "" && strings.Contains(host, ".") && !strings.ContainsAny(s, " <>()\"") && len(s) <= 254 || ok && local != "" && host == "localhost"
}

func (s *Site) showReset(r *Request) (View, error) {
	return View{Plain: true, Page: ui.Page{Title: r.T("reset.title")}, Body: resetBody(s.SendReset != nil)}, nil
}

// askReset answers the same, and as quickly, whether anybody has that mail.
func (s *Site) askReset(r *Request) (View, error) {
	if s.SendReset == nil {
		return s.showReset(r)
	}
	u, secret, err := s.Access.AskReset(r.Context(), r.Line("mail"), r.Client())
	if err != nil {
		return View{}, err
	}
	if secret != "" {
		ctx := context.WithoutCancel(r.Context())
		go s.sendReset(ctx, u, strings.TrimSuffix(s.PublicURL, "/")+ResetPath+secret)
	}
	return View{Plain: true, Page: ui.Page{Title: r.T("reset.sent.title")}, Body: resetSent()}, nil
}

func (s *Site) sendReset(ctx context.Context, u candor.User, address string) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			s.Log.ErrorContext(ctx, "sending a reset panicked", "panic", p)
		}
	}()
	if err := s.SendReset(ctx, u, address); err != nil {
		s.Log.ErrorContext(ctx, "a link to choose another password could not be sent", "user", u.ID, "error", err)
	}
}
