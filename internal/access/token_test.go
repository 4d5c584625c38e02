package access_test

import (
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/access"
)

func TestTokens(t *testing.T) {
	d := open(t, options(), access.Deps{})
	e := d.invited("eve@example.net", candor.RoleAnalyst, "")
	eve := access.From(d.as(e))
	text, made, err := d.MakeToken(t.Context(), eve, " nightly ", []string{"write", "read", "write"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^candor_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}$`).MatchString(text) || !cmp.Equal(made.Scopes, []string{"read", "write"}) || made.Name != "nightly" {
		t.Errorf("%s, %+v", text, made)
	}
	p := ok(d.UseToken(t.Context(), text))(t)
	if want := (candor.Principal{User: eve.User, Name: eve.Name, Role: candor.RoleAnalyst, Token: made.ID, Scopes: made.Scopes}); !cmp.Equal(p, want) {
		t.Errorf("%+v", p)
	}
	if !access.Allowed(p, access.ActCases) || access.Allowed(p, access.ManageSettings) {
		t.Error("not what the owner may, narrowed")
	}
	_, _, err = d.MakeToken(t.Context(), p, "child", []string{"read"}, time.Time{})
	wants(t, err, candor.ErrDenied)
	wants(t, d.EndSessions(access.With(t.Context(), p), p), candor.ErrDenied)
	_, err = d.Passkeys(t.Context(), p)
	wants(t, err, candor.ErrDenied)
	wants(t, d.ChangePassword(access.With(t.Context(), p), pass, other, d.from("198.51.100.1")), candor.ErrDenied)

	// The token follows its owner.
	u := e.User
	u.Role = candor.RoleAuditor
	if err := d.ChangeUser(t.Context(), d.admin(), u); err != nil {
		t.Fatal(err)
	}
	if p := ok(d.UseToken(t.Context(), text))(t); access.Allowed(p, access.ActCases) {
		t.Error("the token may more than its owner")
	}
	u.Disabled = true
	if err := d.ChangeUser(t.Context(), d.admin(), u); err != nil {
		t.Fatal(err)
	}
	_, err = d.UseToken(t.Context(), text)
	wants(t, err, access.ErrSignedOut)
}

func TestTokenEnds(t *testing.T) {
	d := open(t, options(), access.Deps{})
	until := d.clock.now().Add(time.Hour)
	text, _, err := d.MakeToken(t.Context(), d.admin(), "ci", []string{"admin"}, until)
	if err != nil {
		t.Fatal(err)
	}
	d.clock.pass(time.Hour - time.Second)
	ok(d.UseToken(t.Context(), text))(t)
	d.clock.pass(time.Second)
	_, err = d.UseToken(t.Context(), text)
	wants(t, err, access.ErrSignedOut)

	text, made, err := d.MakeToken(t.Context(), d.admin(), "ci", []string{"read"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	p := ok(d.UseToken(t.Context(), text))(t)
	eve := d.invited("eve@example.net", candor.RoleAnalyst, "")
	wants(t, d.RevokeToken(t.Context(), access.From(d.as(eve)), made.ID), candor.ErrNotFound)
	_, sibling, err := d.MakeToken(t.Context(), d.admin(), "other", []string{"read"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	wants(t, d.RevokeToken(t.Context(), p, sibling.ID), candor.ErrNotFound)
	if err := d.RevokeToken(t.Context(), p, made.ID); err != nil {
		t.Errorf("a token cannot give itself up: %v", err)
	}
	_, err = d.UseToken(t.Context(), text)
	wants(t, err, access.ErrSignedOut)
	if d.last() != "token.revoked" {
		t.Error(d.last())
	}
	n := len(d.store.Records())
	if err := d.RevokeToken(t.Context(), d.admin(), made.ID); err != nil || len(d.store.Records()) != n {
		t.Errorf("revoked twice: %v", err)
	}
	wants(t, d.RevokeToken(t.Context(), d.admin(), candor.NewID(until)), candor.ErrNotFound)
}

func TestTokensOfOthers(t *testing.T) {
	d := open(t, options(), access.Deps{})
	e := d.invited("eve@example.net", candor.RoleAnalyst, "")
	eve := access.From(d.as(e))
	if _, _, err := d.MakeToken(t.Context(), eve, "ci", []string{"read"}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if n := len(ok(d.Tokens(t.Context(), d.admin(), eve.User))(t)) + len(ok(d.Tokens(t.Context(), eve, eve.User))(t)); n != 2 {
		t.Errorf("%d", n)
	}
	for _, user := range []candor.ID{d.first.ID, ""} {
		_, err := d.Tokens(t.Context(), eve, user)
		wants(t, err, candor.ErrDenied)
	}
	_, err := d.Tokens(t.Context(), candor.Principal{}, "")
	wants(t, err, access.ErrSignedOut)
}

func TestTokensAreChecked(t *testing.T) {
	d := open(t, options(), access.Deps{})
	later := d.clock.now().Add(time.Hour)
	for name, make := range map[string]func() (string, access.Token, error){
		"no name": func() (string, access.Token, error) {
			return d.MakeToken(t.Context(), d.admin(), " ", []string{"read"}, later)
		},
		"no scope": func() (string, access.Token, error) { return d.MakeToken(t.Context(), d.admin(), "x", nil, later) },
		"unknown scope": func() (string, access.Token, error) {
			return d.MakeToken(t.Context(), d.admin(), "x", []string{"read", "root"}, later)
		},
		"expired": func() (string, access.Token, error) {
			return d.MakeToken(t.Context(), d.admin(), "x", []string{"read"}, d.clock.now())
		},
	} {
		if text, _, err := make(); text != "" || err == nil {
			t.Errorf("%s: %v", name, err)
		} else {
			wants(t, err, candor.ErrInvalid)
		}
	}
	subscriber := candor.Principal{User: "u", Role: candor.RoleSubscriber, Party: "p"}
	_, _, err := d.MakeToken(t.Context(), subscriber, "x", []string{"read"}, later)
	wants(t, err, candor.ErrDenied)
}

func TestTokenUseIsNotedOnceAMinute(t *testing.T) {
	d := open(t, options(), access.Deps{})
	text, made, err := d.MakeToken(t.Context(), d.admin(), "ci", []string{"read"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	first := d.clock.now()
	for _, tt := range []struct {
		after time.Duration
		want  time.Time
	}{{0, first}, {59 * time.Second, first}, {time.Second, first.Add(time.Minute)}} {
		d.clock.pass(tt.after)
		if _, code := d.get(http.MethodGet, http.Header{"Authorization": {"Bearer " + text}}); code != http.StatusOK {
			t.Fatal(code)
		}
		if got := ok(d.store.Token(t.Context(), made.ID))(t); !got.Used.Equal(tt.want) {
			t.Errorf("used %v, want %v", got.Used, tt.want)
		}
	}
}

func TestParseToken(t *testing.T) {
	d := open(t, options(), access.Deps{})
	text, made, err := d.MakeToken(t.Context(), d.admin(), "ci", []string{"read"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := access.ParseToken(text); !ok || id != made.ID {
		t.Errorf("%s, %v", id, ok)
	}
	for i := range text {
		b := []byte(text)
		b[i] = 'A' + (b[i]-'A'+1)%26
		if _, ok := access.ParseToken(string(b)); ok {
			t.Errorf("%s passes", b)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add("candor_0000000000000000000000_00000000000000000000000000000000000000000000000000")
	f.Add("candor_05PhwuJyMKzBdrzeTtBB6M_UZQfVbGzeDJXpjzPoYxGjz5t8o4ESz1rGkDrgTT1EFQ000000")
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := access.ParseToken(text)
		if !ok {
			return
		}
		if _, err := candor.ParseID(string(id)); err != nil {
			t.Errorf("%q holds %q", text, id)
		}
	})
}
