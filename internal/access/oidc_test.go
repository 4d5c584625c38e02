package access_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
)

// withIDP makes a desk with an identity provider.
func withIDP(t *testing.T, change func(*access.OIDCProvider)) (*desk, *idp) {
	t.Helper()
	p := newIDP(t)
	provider := access.OIDCProvider{ID: "corp", Name: "Corporate", Issuer: p.srv.URL, ClientID: clientID, ClientSecret: clientSecret,
		Roles: []access.RoleRule{{Group: "safety-admins", Role: candor.RoleAdmin}, {Group: "safety", Role: candor.RoleAnalyst}}}
	if change != nil {
		change(&provider)
	}
	o := options()
	o.OIDC = []access.OIDCProvider{provider}
	p.set(true, nil) // it is down when the program starts
	d := open(t, o, access.Deps{HTTP: p.srv.Client()})
	p.now = d.clock.now
	p.set(false, nil)
	return d, p
}

func person(groups ...any) map[string]any {
	return map[string]any{"sub": "248289761001", "email": "Zoe@Example.net", "email_verified": true, "name": "Zoe Z.", "groups": groups}
}

// through signs in with the claims that the provider gives.
func (d *desk) through(p *idp, claims map[string]any) (access.Entry, error) {
	d.t.Helper()
	p.set(false, claims)
	to, flow, err := d.BeginOIDC(d.t.Context(), "corp", "/cases?state=new", d.from("198.51.100.1"))
	if err != nil {
		d.t.Fatal(err)
	}
	return d.FinishOIDC(d.t.Context(), flow, p.visit(to), d.from("198.51.100.1"))
}

func TestOIDC(t *testing.T) {
	d, p := withIDP(t, func(o *access.OIDCProvider) { o.Create = true })
	e := ok(d.through(p, person("everybody", "safety")))(t)
	if e.User.Mail != "zoe@example.net" || e.User.Name != "Zoe Z." || e.User.Role != candor.RoleAnalyst || e.Session.Method != access.ByOIDC || e.Return != "/cases?state=new" {
		t.Errorf("%+v", e)
	}
	d.as(e)
	// Another mail and other groups: it is the same person, with another role.
	claims := person("safety", "safety-admins")
	claims["email"] = "zoe.married@example.net"
	again := ok(d.through(p, claims))(t)
	if again.User.ID != e.User.ID || again.User.Role != candor.RoleAdmin || again.User.Mail != "zoe@example.net" {
		t.Errorf("%+v", again.User)
	}
	if all := ok(d.Identities(t.Context(), access.From(d.as(again))))(t); len(all) != 1 || all[0].Subject != "248289761001" || all[0].Issuer != p.srv.URL {
		t.Errorf("%+v", all)
	}
	_, err := d.through(p, person("everybody"))
	wants(t, err, candor.ErrDenied)
	if !strings.Contains(err.Error(), "groups") || candor.Hint(err) == "" || d.last() != "sign-in.failed: identity provider corp" {
		t.Errorf("%v, %v", err, d.last())
	}
	if p.asked != 1 {
		t.Errorf("asked %d times what does not change", p.asked)
	}
	for _, r := range d.store.Records() {
		if strings.Contains(string(r.Body), "248289761001") {
			t.Errorf("%s has something personal", r.Body)
		}
	}
}

func TestOIDCRefused(t *testing.T) {
	d, p := withIDP(t, func(o *access.OIDCProvider) { o.Create = true })
	stranger := ok(rsa.GenerateKey(rand.Reader, 2048))(t)
	for name, spoil := range map[string]func(claims map[string]any){
		"another audience":   func(c map[string]any) { c["aud"] = "other" },
		"another issuer":     func(c map[string]any) { c["iss"] = "https://evil.example" },
		"another nonce":      func(c map[string]any) { c["nonce"] = "x" },
		"no nonce":           func(c map[string]any) { delete(c, "nonce") },
		"expired":            func(c map[string]any) { c["exp"] = d.clock.now().Add(-time.Hour).Unix() },
		"other tokens":       func(c map[string]any) { c["at_hash"] = "x" },
		"mail not verified":  func(c map[string]any) { c["email_verified"] = false },
		"mail not spoken of": func(c map[string]any) { delete(c, "email_verified") },
		"no mail":            func(c map[string]any) { delete(c, "email") },
		"no groups":          func(c map[string]any) { delete(c, "groups") },
		"strange groups":     func(c map[string]any) { c["groups"] = map[string]any{"safety": true} },
		"a group's part":     func(c map[string]any) { c["groups"] = "safety-admins2" },
		"another key":        func(map[string]any) { p.signer = stranger },
	} {
		p.spoil, p.signer = spoil, nil
		if _, err := d.through(p, person("safety")); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.spoil, p.signer = nil, nil
	ok(d.through(p, person("safety")))(t)
}

func TestOIDCBrowser(t *testing.T) {
	d, p := withIDP(t, func(o *access.OIDCProvider) { o.Create = true })
	p.set(false, person("safety"))
	begin := func() (string, url.Values) {
		to, flow, err := d.BeginOIDC(t.Context(), "corp", "", d.from("198.51.100.1"))
		if err != nil {
			t.Fatal(err)
		}
		return flow, p.visit(to)
	}
	finish := func(flow string, q url.Values) error {
		_, err := d.FinishOIDC(t.Context(), flow, q, d.from("198.51.100.1"))
		return err
	}
	flow, q := begin()
	another, _ := begin()
	wants(t, finish(another, q), candor.ErrDenied) // an answer slipped to another browser
	wants(t, finish("", q), candor.ErrDenied)
	if err := finish(flow, q); err != nil {
		t.Error(err)
	}
	wants(t, finish(flow, q), candor.ErrDenied) // again
	flow, q = begin()
	q.Set("iss", "https://evil.example")
	wants(t, finish(flow, q), candor.ErrDenied)
	flow, q = begin()
	q.Set("error", "access_denied")
	wants(t, finish(flow, q), candor.ErrDenied)
	flow, q = begin()
	q.Set("code", "guessed")
	wants(t, finish(flow, q), candor.ErrDenied)
	flow, q = begin()
	d.clock.pass(10 * time.Minute)
	wants(t, finish(flow, q), candor.ErrDenied)
	_, _, err := d.BeginOIDC(t.Context(), "nobody", "", d.from("198.51.100.1"))
	wants(t, err, candor.ErrNotFound)
}

func TestOIDCProviderDown(t *testing.T) {
	d, p := withIDP(t, nil)
	begin := func() error {
		_, _, err := d.BeginOIDC(t.Context(), "corp", "", d.from("198.51.100.1"))
		return err
	}
	p.set(true, nil)
	wants(t, begin(), candor.ErrUnavailable)
	p.set(false, nil)
	wants(t, begin(), candor.ErrUnavailable) // not asked again at once
	if p.asked != 0 {
		t.Error("asked again at once")
	}
	d.clock.pass(time.Second)
	if err := begin(); err != nil {
		t.Error(err)
	}
	to, flow, err := d.BeginOIDC(t.Context(), "corp", "", d.from("198.51.100.1"))
	if err != nil {
		t.Fatal(err)
	}
	q := p.visit(to)
	p.set(true, nil)
	_, err = d.FinishOIDC(t.Context(), flow, q, d.from("198.51.100.1"))
	wants(t, err, candor.ErrUnavailable)
	d.in() // others sign in as ever
}

// TestOIDCLinking: a mail address alone gives nobody an account.
func TestOIDCLinking(t *testing.T) {
	claims := person("safety-admins")
	claims["email"] = "ada@example.net"
	t.Run("not by mail", func(t *testing.T) {
		d, p := withIDP(t, func(o *access.OIDCProvider) { o.Create = true })
		_, err := d.through(p, claims)
		wants(t, err, candor.ErrDenied)
		if !strings.Contains(candor.Hint(err), "profile") {
			t.Error(candor.Hint(err))
		}
	})
	t.Run("by mail, where that is allowed", func(t *testing.T) {
		d, p := withIDP(t, func(o *access.OIDCProvider) { o.LinkByMail = true })
		if e := ok(d.through(p, claims))(t); e.User.ID != d.first.ID {
			t.Errorf("%+v", e.User)
		}
	})
	t.Run("nobody invited", func(t *testing.T) {
		d, p := withIDP(t, func(o *access.OIDCProvider) { o.LinkByMail = true })
		_, err := d.through(p, person("safety"))
		wants(t, err, candor.ErrDenied)
	})
	t.Run("by a session", func(t *testing.T) {
		d, p := withIDP(t, nil)
		p.set(false, person("safety-admins"))
		ctx := d.as(d.in())
		to, flow, err := d.BeginOIDC(ctx, "corp", "//evil.example", d.from("198.51.100.1"))
		if err != nil {
			t.Fatal(err)
		}
		e := ok(d.FinishOIDC(ctx, flow, p.visit(to), d.from("198.51.100.1")))(t)
		if e.User.ID != d.first.ID || e.Return != "" {
			t.Errorf("%+v", e)
		}
		if e := ok(d.through(p, person("safety-admins")))(t); e.User.ID != d.first.ID {
			t.Errorf("%+v", e.User)
		}
		// Nobody else gets it, nor does what one began end in another's account.
		eve := d.as(d.invited("eve@example.net", candor.RoleAdmin, ""))
		to, flow, err = d.BeginOIDC(eve, "corp", "", d.from("198.51.100.1"))
		if err != nil {
			t.Fatal(err)
		}
		q := p.visit(to)
		_, err = d.FinishOIDC(d.as(d.in()), flow, q, d.from("198.51.100.1"))
		wants(t, err, candor.ErrDenied)
		to, flow, err = d.BeginOIDC(eve, "corp", "", d.from("198.51.100.1"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.FinishOIDC(eve, flow, p.visit(to), d.from("198.51.100.1"))
		wants(t, err, candor.ErrDenied)
		wants(t, d.Unlink(eve, p.srv.URL, "248289761001"), candor.ErrNotFound)
		if err := d.Unlink(d.as(d.in()), p.srv.URL, "248289761001"); err != nil {
			t.Error(err)
		}
		_, err = d.through(p, person("safety-admins"))
		wants(t, err, candor.ErrDenied)
	})
}

func TestOIDCDisabled(t *testing.T) {
	d, p := withIDP(t, func(o *access.OIDCProvider) { o.Create = true })
	u := ok(d.through(p, person("safety")))(t).User
	u.Disabled = true
	if err := d.ChangeUser(t.Context(), d.admin(), u); err != nil {
		t.Fatal(err)
	}
	_, err := d.through(p, person("safety"))
	wants(t, err, candor.ErrDenied)
}

func TestOIDCGroupsElsewhere(t *testing.T) {
	for _, tt := range []struct {
		claim  string
		claims map[string]any
	}{
		{"realm_access.roles", map[string]any{"realm_access": map[string]any{"roles": []any{"x", "safety"}}}},
		{"https://example.net/groups", map[string]any{"https://example.net/groups": []any{"safety"}}},
		{"role", map[string]any{"role": "safety"}},
	} {
		d, p := withIDP(t, func(o *access.OIDCProvider) { o.Create, o.Groups = true, tt.claim })
		claims := person()
		claims["email_verified"] = "true" // as some write it
		for name, v := range tt.claims {
			claims[name] = v
		}
		if e, err := d.through(p, claims); err != nil || e.User.Role != candor.RoleAnalyst {
			t.Errorf("%s: %+v, %v", tt.claim, e.User, err)
		}
	}
}

func TestLocalPath(t *testing.T) {
	for path, want := range map[string]string{
		"/": "/", "/cases?state=new&q=a%2Fb": "/cases?state=new&q=a%2Fb",
		"": "", "cases": "", "//evil.example": "", "https://evil.example": "", `/\evil.example`: "", "/\t/evil.example": "", "javascript:alert(1)": "", "/a\r\nSet-Cookie: x": "", "///evil.example": "",
	} {
		if got := access.LocalPath(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}
