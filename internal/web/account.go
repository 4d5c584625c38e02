package web

import (
	"cmp"
	"errors"
	"slices"

	"candor"
	"candor/internal/access"
	"candor/internal/access/password"
	"candor/internal/phrase"
	"candor/internal/web/ui"
)

// addAccount adds the page on which people look after their own account.
func (s *Site) addAccount() {
	mine := Needs{SignedIn}
	s.Page("GET "+Account, mine, func(r *Request) (View, error) { return s.account(r, accountForm{}) })
	s.Action("POST /account/profile", mine, s.changeProfile)
	s.Action("POST /account/password", mine, s.changePassword)
	s.Action("POST /account/passkeys/begin", mine, s.beginAddPasskey)
	s.Action("POST /account/passkeys", mine, s.addPasskey)
	s.Action("POST /account/passkeys/{id}/rename", mine, s.renamePasskey)
	s.Page("GET /account/passkeys/{id}/remove", mine, s.askRemovePasskey)
	s.Action("POST /account/passkeys/{id}/remove", mine, s.removePasskey)
	s.Action("POST /account/sessions/{id}/end", mine, s.endSession)
	s.Action("POST /account/sessions/end", mine, s.endSessions)
	s.Action("POST /account/tokens", Needs{access.HoldTokens}, s.makeToken)
	s.Page("GET /account/tokens/{id}/revoke", Needs{access.HoldTokens}, s.askRevokeToken)
	s.Action("POST /account/tokens/{id}/revoke", Needs{access.HoldTokens}, s.revokeToken)
}

// accountForm is what the account page shows, with what was typed last.
type accountForm struct {
	user       candor.User
	role       string
	languages  []ui.Option
	values     map[string]string // of a form that came back, by field
	errors     map[string]string
	passkeys   []access.Passkey
	canPasskey bool
	sessions   []access.Session
	here       candor.ID
	tokens     []access.Token
	canTokens  bool
	scopes     []ui.Option
	questions  []ui.Confirmation
}

// account is the page, with a form that came back if f has errors.
func (s *Site) account(r *Request, f accountForm) (View, error) {
	ctx := r.Context()
	var err1, err2, err3 error
	f.user, f.role = r.User, r.Printer.T("account.role."+string(r.Who.Role))
	f.languages = s.languageOptions(r)
	f.passkeys, err1 = s.Access.Passkeys(ctx, r.Who)
	f.sessions, err2 = s.Access.Sessions(ctx, r.Who)
	here, _ := access.SessionFrom(ctx)
	f.here, f.canPasskey, f.canTokens = here.ID, s.Access.HasPasskeys(), r.May(access.HoldTokens)
	if f.canTokens {
		f.tokens, err3 = s.Access.Tokens(ctx, r.Who, r.Who.User)
		f.tokens = slices.DeleteFunc(f.tokens, func(t access.Token) bool { return !t.Revoked.IsZero() })
		f.scopes = scopeOptions(r)
	}
	if err := errors.Join(err1, err2, err3); err != nil {
		return View{}, err
	}
	for _, k := range f.passkeys {
		f.questions = append(f.questions, passkeyQuestion(r, k))
	}
	for _, t := range f.tokens {
		f.questions = append(f.questions, tokenQuestion(r, t))
	}
	v := View{Page: ui.Page{Title: r.T("account.title"), Active: "account"}, Body: accountBody(f)}
	if len(f.errors) > 0 {
		v = v.Again()
	}
	return v, nil
}

// value is what stands in a field: what was typed last, or what is kept.
func (f accountForm) value(field, kept string) string {
	if v, ok := f.values[field]; ok {
		return v
	}
	return kept
}

func (s *Site) languageOptions(r *Request) []ui.Option {
	all := s.Phrases.Languages()
	if r.Who.Role.Staff() {
		all = s.Phrases.ConsoleLanguages()
	}
	out := []ui.Option{{Label: r.T("account.language.any")}}
	for _, tag := range all {
		out = append(out, ui.Option{Value: tag, Label: s.Phrases.For(tag).T("ui.language.name")})
	}
	return out
}

// scopeOptions are the scopes that widen what a token of this person may do.
func scopeOptions(r *Request) (out []ui.Option) {
	for _, scope := range access.Scopes() {
		if scope == access.ScopeAdmin && r.Who.Role != candor.RoleAdmin || scope == access.ScopeWrite && r.Who.Role == candor.RoleAuditor || scope == access.ScopeFlows && !r.May(access.ReadFlows) || scope == access.ScopeExchange && !r.May(access.Exchange) {
			continue
		}
		out = append(out, ui.Option{Value: scope, Label: r.Printer.T("account.token.scope." + scope)})
	}
	return out
}

func (s *Site) changeProfile(r *Request) (View, error) {
	name, tag, zone := r.Line("name"), r.Line("language"), r.Line("zone")
	bad := map[string]string{}
	if name == "" || len(name) > 200 {
		bad["name"] = r.T("account.name.bad")
	}
	if zone != "" && zoneOf(zone, nil) == nil {
		bad["zone"] = r.T("account.zone.bad")
	}
	if len(bad) > 0 {
		return s.account(r, accountForm{errors: bad, values: map[string]string{"name": name, "language": tag, "zone": zone}})
	}
	tag = oneOf(tag, s.Phrases.Languages()...)
	if err := s.Access.ChangeProfile(r.Context(), r.Who, name, tag, zone); err != nil {
		return View{}, err
	}
	r.User.Language = tag
	r.Speak() // in the language that was just chosen
	return See(Account).Say(ui.Good, r.T("account.saved")), nil
}

func (s *Site) changePassword(r *Request) (View, error) {
	after := r.Secret("password")
	if words := passwordWords(r, after, password.Judge(after, r.User.Name, r.User.Mail, s.Provider.Name)); words != "" {
		return s.account(r, accountForm{errors: map[string]string{"password": words}})
	}
	err := s.Access.ChangePassword(r.Context(), r.Secret("present"), after, r.Client())
	switch {
	case errors.Is(err, access.ErrSignedOut):
		return View{}, err // signed in too long ago
	case errors.Is(err, candor.ErrDenied):
		return s.account(r, accountForm{errors: map[string]string{"present": r.T("account.password.present.bad")}})
	case errors.Is(err, candor.ErrInvalid):
		return s.account(r, accountForm{errors: map[string]string{"password": r.T("password.weak")}})
	case err != nil:
		return View{}, err
	}
	return See(Account).Say(ui.Good, r.T("account.password.changed")), nil
}

func (s *Site) beginAddPasskey(r *Request) (View, error) {
	c, err := s.Access.BeginPasskey(r.Context())
	if err != nil {
		return View{}, err
	}
	s.Access.SetFlow(r.writer, c.Flow)
	return View{JSON: c.Options}, nil
}

func (s *Site) addPasskey(r *Request) (View, error) {
	flow := s.Access.Flow(r.Request)
	s.Access.SetFlow(r.writer, "")
	_, err := s.Access.FinishPasskey(r.Context(), flow, cmp.Or(r.Line("name"), r.T("account.passkeys")), []byte(r.PostForm.Get("response")))
	if errors.Is(err, candor.ErrDenied) && !errors.Is(err, access.ErrSignedOut) || errors.Is(err, candor.ErrChanged) {
		return See(Account).Say(ui.Bad, r.T("account.passkey.failed")), nil
	}
	if err != nil {
		return View{}, err
	}
	return See(Account).Say(ui.Good, r.T("account.passkey.added")), nil
}

func (s *Site) renamePasskey(r *Request) (View, error) {
	id, err := r.ID("id")
	if err == nil {
		err = s.Access.RenamePasskey(r.Context(), r.Who, id, r.Line("name"))
	}
	if err != nil {
		return View{}, err
	}
	return See(Account).Say(ui.Good, r.T("account.saved")), nil
}

func passkeyQuestion(r *Request, k access.Passkey) ui.Confirmation {
	at := "/account/passkeys/" + string(k.ID) + "/remove"
	return ui.Confirmation{ID: "remove-" + string(k.ID), Title: r.T("account.passkey.remove.title", phrase.Args{"name": k.Name}),
		What: []string{r.T("account.passkey.remove.what")}, Undo: r.T("account.passkey.remove.undo"), URL: at, Page: at, Back: Account,
		Fields: r.Fields(), Submit: r.T("account.passkey.remove"), Destructive: true}
}

func (s *Site) askRemovePasskey(r *Request) (View, error) {
	id, err := r.ID("id")
	if err != nil {
		return View{}, err
	}
	keys, err := s.Access.Passkeys(r.Context(), r.Who)
	at := slices.IndexFunc(keys, func(k access.Passkey) bool { return k.ID == id })
	if err != nil || at < 0 {
		return View{}, cmp.Or(err, candor.ErrNotFound)
	}
	return Confirm(ui.Page{Title: r.T("account.passkeys"), Active: "account"}, passkeyQuestion(r, keys[at])), nil
}

func (s *Site) removePasskey(r *Request) (View, error) {
	id, err := r.ID("id")
	if err == nil {
		err = s.Access.RemovePasskey(r.Context(), r.Who, id)
	}
	if err != nil {
		return View{}, err
	}
	return See(Account).Say(ui.Good, r.T("account.passkey.removed")), nil
}

func (s *Site) endSession(r *Request) (View, error) {
	id, err := r.ID("id")
	if err == nil {
		err = s.Access.EndSession(r.Context(), r.Who, id)
	}
	if err != nil {
		return View{}, err
	}
	return See(Account).Say(ui.Good, r.T("account.session.ended")), nil
}

func (s *Site) endSessions(r *Request) (View, error) {
	if err := s.Access.EndSessions(r.Context(), r.Who); err != nil {
		return View{}, err
	}
	return See(Account).Say(ui.Good, r.T("account.session.ended")), nil
}

// makeToken shows the token at once, on the answer itself: it is kept nowhere.
func (s *Site) makeToken(r *Request) (View, error) {
	if err := s.Access.Recent(r.Context()); err != nil {
		return View{}, err
	}
	name, scope := r.Line("name"), oneOf(r.Line("scope"), access.Scopes()...)
	expires, err := r.Moment("expires")
	bad := map[string]string{}
	if name == "" || len(name) > 200 {
		bad["token-name"] = r.T("account.token.name.bad")
	}
	if err != nil || !expires.IsZero() && !expires.After(r.Now) {
		bad["token-expires"] = r.T("account.token.expires.bad")
	}
	if len(bad) > 0 {
		return s.account(r, accountForm{errors: bad, values: map[string]string{"token-name": name, "token-scope": scope, "token-expires": r.Line("expires")}})
	}
	text, t, err := s.Access.MakeToken(r.Context(), r.Who, name, []string{cmp.Or(scope, access.ScopeRead)}, expires)
	if err != nil {
		return View{}, err
	}
	return View{Page: ui.Page{Title: r.T("account.token.made", phrase.Args{"name": t.Name}), Active: "account",
		Crumbs: []ui.Link{{Text: r.T("account.title"), Href: Account}}}, Body: tokenMade(text)}, nil
}

func tokenQuestion(r *Request, t access.Token) ui.Confirmation {
	at := "/account/tokens/" + string(t.ID) + "/revoke"
	return ui.Confirmation{ID: "revoke-" + string(t.ID), Title: r.T("account.token.revoke.title", phrase.Args{"name": t.Name}),
		What: []string{r.T("account.token.revoke.what")}, URL: at, Page: at, Back: Account, Fields: r.Fields(), Submit: r.T("account.token.revoke"), Destructive: true}
}

func (s *Site) askRevokeToken(r *Request) (View, error) {
	id, err := r.ID("id")
	if err != nil {
		return View{}, err
	}
	all, err := s.Access.Tokens(r.Context(), r.Who, r.Who.User)
	at := slices.IndexFunc(all, func(t access.Token) bool { return t.ID == id && t.Revoked.IsZero() })
	if err != nil || at < 0 {
		return View{}, cmp.Or(err, candor.ErrNotFound)
	}
	return Confirm(ui.Page{Title: r.T("account.tokens"), Active: "account"}, tokenQuestion(r, all[at])), nil
}

func (s *Site) revokeToken(r *Request) (View, error) {
	id, err := r.ID("id")
	if err == nil {
		err = s.Access.RevokeToken(r.Context(), r.Who, id)
	}
	if err != nil {
		return View{}, err
	}
	return See(Account).Say(ui.Good, r.T("account.token.revoked")), nil
}

// zones are time zones to choose from by typing a part of the name; any other
// of the IANA database can be typed too.
func zones() []string {
	return []string{"Africa/Cairo", "Africa/Casablanca", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi", "America/Bogota", "America/Chicago",
		"America/Denver", "America/Lima", "America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Santiago", "America/Sao_Paulo",
		"America/Toronto", "Asia/Almaty", "Asia/Baghdad", "Asia/Bangkok", "Asia/Dhaka", "Asia/Dubai", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Karachi",
		"Asia/Kolkata", "Asia/Manila", "Asia/Riyadh", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore", "Asia/Taipei", "Asia/Tashkent", "Asia/Tehran",
		"Asia/Tokyo", "Asia/Urumqi", "Australia/Perth", "Australia/Sydney", "Europe/Berlin", "Europe/Istanbul", "Europe/Kyiv", "Europe/London",
		"Europe/Madrid", "Europe/Moscow", "Europe/Paris", "Europe/Rome", "Europe/Vienna", "Europe/Warsaw", "Pacific/Auckland", "UTC"}
}
