package web

import (
	"errors"
	"net/url"

	"candor"
	"candor/internal/access"
	"candor/internal/web/ui"
)

// addSignIn adds how people get in and out.
func (s *Site) addSignIn() {
	anyone := Needs{Anyone}
	s.Page("GET "+SignIn, anyone, s.showSignIn)
	s.Action("POST "+SignIn, anyone, s.signIn)
	s.Action("POST "+SignOut, Needs{Anyone}, s.signOut)
	s.Action("POST "+SignIn+"/passkey/begin", anyone, s.beginPasskey)
	s.Action("POST "+SignIn+"/passkey", anyone, s.signInByPasskey)
	s.Page("GET "+access.OIDCCallback, anyone, s.finishOIDC)
	s.Page("GET "+access.OIDCCallback+"/{provider}", anyone, s.beginOIDC)
}

// signInForm is the page for signing in, with what was typed.
type signInForm struct {
	mail, back string
	passkeys   bool
	providers  []access.OIDCProvider
}

func (s *Site) showSignIn(r *Request) (View, error) {
	again := r.Query("again") != ""
	if r.Who.User != "" && r.Who.Token == "" && !again {
		return See(r.Return(Home)), nil
	}
	v := s.signInPage(r, r.User.Mail)
	if again {
		v.Page.Messages = []ui.Message{{Tone: ui.Neutral, Title: r.T("sign-in.again"), Stays: true}}
	}
	return v, nil
}

func (s *Site) signInPage(r *Request, mail string) View {
	f := signInForm{mail: mail, back: r.Return(""), passkeys: s.Access.HasPasskeys(), providers: s.Access.OIDCProviders()}
	return View{Plain: true, Page: ui.Page{Title: r.T("sign-in.title")}, Body: signInBody(f)}
}

func (s *Site) signIn(r *Request) (View, error) {
	e, err := s.Access.SignIn(r.Context(), r.Line("mail"), r.Secret("password"), r.Client())
	if errors.Is(err, candor.ErrDenied) {
		s.Log.InfoContext(r.Context(), "a sign-in failed")
		return s.notIn(r, r.Line("mail"), r.T("sign-in.wrong.title"), r.T("sign-in.wrong.text")), nil
	}
	return s.enter(r, e, err)
}

// notIn is the page for signing in, for somebody who did not get in.
func (s *Site) notIn(r *Request, mail, title, text string) View {
	v := s.signInPage(r, mail)
	v.Page.Messages = []ui.Message{{Tone: ui.Bad, Title: title, Text: text, Stays: true}}
	return v.Again()
}

// enter lets somebody in who has proved who it is.
func (s *Site) enter(r *Request, e access.Entry, err error) (View, error) {
	if err != nil {
		return View{}, err
	}
	s.Access.Enter(r.writer, e)
	back := r.Return(Home)
	if e.Return != "" {
		back = e.Return
	}
	return See(back), nil
}

func (s *Site) signOut(r *Request) (View, error) {
	if err := s.Access.Leave(r.writer, r.Request); err != nil && !errors.Is(err, candor.ErrNotFound) {
		return View{}, err
	}
	return See(SignIn).Say(ui.Neutral, r.T("sign-in.out")), nil
}

func (s *Site) beginPasskey(r *Request) (View, error) {
	c, err := s.Access.BeginPasskeySignIn(r.Context(), r.Client())
	if err != nil {
		return View{}, err
	}
	s.Access.SetFlow(r.writer, c.Flow)
	return View{JSON: c.Options}, nil
}

func (s *Site) signInByPasskey(r *Request) (View, error) {
	flow := s.Access.Flow(r.Request)
	s.Access.SetFlow(r.writer, "")
	e, err := s.Access.FinishPasskeySignIn(r.Context(), flow, []byte(r.PostForm.Get("response")), r.Client())
	if errors.Is(err, candor.ErrDenied) {
		return s.notIn(r, "", r.T("sign-in.passkey.failed"), ""), nil
	}
	return s.enter(r, e, err)
}

// beginOIDC is a link, not a form: the policy about forms would keep the
// browser from following to the identity provider.
func (s *Site) beginOIDC(r *Request) (View, error) {
	to, flow, err := s.Access.BeginOIDC(r.Context(), r.PathValue("provider"), r.Return(""), r.Client())
	if err != nil {
		return View{}, err
	}
	s.Access.SetFlow(r.writer, flow)
	return See(to), nil
}

func (s *Site) finishOIDC(r *Request) (View, error) {
	flow := s.Access.Flow(r.Request)
	s.Access.SetFlow(r.writer, "")
	e, err := s.Access.FinishOIDC(r.Context(), flow, r.URL.Query(), r.Client())
	if errors.Is(err, candor.ErrDenied) {
		s.Log.InfoContext(r.Context(), "a sign-in through an identity provider failed", "error", err)
		return s.notIn(r, "", r.T("sign-in.wrong.title"), candor.Hint(err)), nil
	}
	return s.enter(r, e, err)
}

// oidcLink begins at an identity provider and remembers where to go afterwards.
func oidcLink(p access.OIDCProvider, back string) string {
	link := access.OIDCCallback + "/" + url.PathEscape(p.ID)
	if back != "" {
		link += "?" + url.Values{"back": {back}}.Encode()
	}
	return link
}
