package access_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
)

// withKey registers a key for the administrator.
func (d *desk) withKey(name string) *authenticator {
	d.t.Helper()
	a := newAuthenticator(d.t)
	ctx := d.as(d.in())
	c := ok(d.BeginPasskey(ctx))(d.t)
	if k := ok(d.FinishPasskey(ctx, c.Flow, name, a.create(c)))(d.t); k.Name != name || !bytes.Equal(k.Credential, a.id) {
		d.t.Errorf("%+v", k)
	}
	return a
}

func (d *desk) byKey(a *authenticator) (access.Entry, error) {
	d.t.Helper()
	c := ok(d.BeginPasskeySignIn(d.t.Context(), d.from("198.51.100.1")))(d.t)
	return d.FinishPasskeySignIn(d.t.Context(), c.Flow, a.get(c), d.from("198.51.100.1"))
}

func TestPasskeys(t *testing.T) {
	d := open(t, options(), access.Deps{})
	one := d.withKey("blue key")
	d.clock.pass(time.Second)
	two := d.withKey("telephone")
	for _, a := range []*authenticator{one, two, one} {
		e := ok(d.byKey(a))(t)
		if e.User.ID != d.first.ID || e.Session.Method != access.ByPasskey {
			t.Errorf("%+v", e)
		}
		d.as(e)
	}
	ctx := d.as(d.in())
	p := access.From(ctx)
	keys := ok(d.Passkeys(ctx, p))(t)
	if len(keys) != 2 || keys[0].Name != "blue key" || !keys[0].Used.Equal(d.clock.now()) {
		t.Errorf("%+v", keys)
	}
	if q := one.read(ok(d.BeginPasskey(ctx))(t)); len(q.PublicKey.Exclude) != 2 {
		t.Error("a key can be added twice")
	}
	if err := errors.Join(d.RenamePasskey(ctx, p, keys[1].ID, "old telephone"), d.RemovePasskey(ctx, p, keys[0].ID)); err != nil {
		t.Error(err)
	}
	_, err := d.byKey(one)
	wants(t, err, candor.ErrDenied)
	if d.last() != "sign-in.failed: not proved" {
		t.Error(d.last())
	}
	ok(d.byKey(two))(t)
	eve := d.as(d.invited("eve@example.net", candor.RoleAdmin, ""))
	wants(t, d.RemovePasskey(eve, access.From(eve), keys[1].ID), candor.ErrNotFound)
	wants(t, d.RenamePasskey(eve, access.From(eve), keys[1].ID, "x"), candor.ErrNotFound)
}

func TestClonedKey(t *testing.T) {
	d := open(t, options(), access.Deps{})
	a := d.withKey("blue key")
	ok(d.byKey(a))(t)
	clone := *a
	ok(d.byKey(a))(t)
	_, err := d.byKey(&clone) // its counter is where the other one was
	wants(t, err, candor.ErrDenied)
	if candor.Hint(err) == "" || d.last() != "passkey.cloned" {
		t.Errorf("%v; %v", err, d.last())
	}
	if k := ok(d.store.Passkeys(t.Context(), d.first.ID))(t); !k[0].Cloned {
		t.Errorf("%+v", k)
	}
	_, err = d.byKey(a) // nobody can tell which of the two is the owner's
	wants(t, err, candor.ErrDenied)
}

func TestKeyThatDoesNotCount(t *testing.T) {
	d := open(t, options(), access.Deps{})
	a := newAuthenticator(t)
	a.steps = 0
	ctx := d.as(d.in())
	c := ok(d.BeginPasskey(ctx))(t)
	ok(d.FinishPasskey(ctx, c.Flow, "synced", a.create(c)))(t)
	for range 3 {
		ok(d.byKey(a))(t)
	}
}

func TestPasskeySignInRefused(t *testing.T) {
	d := open(t, options(), access.Deps{})
	begin := func() access.Ceremony { return ok(d.BeginPasskeySignIn(t.Context(), d.from("198.51.100.1")))(t) }
	a := d.withKey("blue key")
	finish := func(flow string, response []byte) error {
		_, err := d.FinishPasskeySignIn(t.Context(), flow, response, d.from("198.51.100.1"))
		return err
	}
	spoilt := func(spoil func(*authenticator)) *authenticator {
		b := *a
		b.count = a.count + 100
		spoil(&b)
		return &b
	}
	for name, b := range map[string]*authenticator{
		"a page that imitates ours": spoilt(func(b *authenticator) { b.origin = "https://desk.example.org" }),
		"owner not verified":        spoilt(func(b *authenticator) { b.flags = 1 }),
		"nobody present":            spoilt(func(b *authenticator) { b.flags = 4 }),
		"another key":               spoilt(func(b *authenticator) { b.key = newAuthenticator(t).key }),
		"unknown key":               spoilt(func(b *authenticator) { b.id = []byte("0123456789abcdef") }),
		"another user":              spoilt(func(b *authenticator) { b.handle = []byte(candor.NewID(d.clock.now())) }),
		"no user":                   spoilt(func(b *authenticator) { b.handle = nil }),
	} {
		if _, err := d.byKey(b); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, another := begin(), begin()
	wants(t, finish(another.Flow, a.get(c)), candor.ErrDenied) // the challenge of another ceremony
	response := a.get(c)
	if err := finish(c.Flow, response); err != nil {
		t.Fatal(err)
	}
	wants(t, finish(c.Flow, response), candor.ErrDenied) // again
	c = begin()
	wants(t, finish(c.Flow, []byte("{")), candor.ErrDenied)
	wants(t, finish(c.Flow, a.get(c)), candor.ErrDenied) // one answer a ceremony
	c = begin()
	d.clock.pass(10 * time.Minute)
	wants(t, finish(c.Flow, a.get(c)), candor.ErrDenied)
	wants(t, finish("", a.get(c)), candor.ErrDenied)
	wants(t, finish(begin().Flow, bytes.Repeat([]byte(" "), 1<<20)), candor.ErrDenied)
	if k := ok(d.store.Passkeys(t.Context(), d.first.ID))(t); k[0].Cloned {
		t.Error("a stranger can make a key worthless")
	}
}

func TestDisabledUserWithKey(t *testing.T) {
	d := open(t, options(), access.Deps{})
	a := d.withKey("blue key")
	d.invited("eve@example.net", candor.RoleAdmin, "")
	u := d.first
	u.Disabled = true
	if err := d.ChangeUser(t.Context(), d.admin(), u); err != nil {
		t.Fatal(err)
	}
	_, err := d.byKey(a)
	wants(t, err, candor.ErrDenied)
}

func TestAddPasskeyRefused(t *testing.T) {
	d := open(t, options(), access.Deps{})
	eve := d.as(d.invited("eve@example.net", candor.RoleAnalyst, ""))
	e := d.in()
	ctx := d.as(e)
	add := func(ctx context.Context, c access.Ceremony, a *authenticator) error {
		_, err := d.FinishPasskey(ctx, c.Flow, "key", a.create(c))
		return err
	}
	c := ok(d.BeginPasskey(ctx))(t)
	wants(t, add(eve, c, newAuthenticator(t)), candor.ErrDenied) // what another began
	c = ok(d.BeginPasskey(ctx))(t)
	wants(t, add(t.Context(), c, newAuthenticator(t)), access.ErrSignedOut)
	weak := newAuthenticator(t)
	weak.flags = 1
	wants(t, add(ctx, ok(d.BeginPasskey(ctx))(t), weak), candor.ErrDenied)
	_, err := d.FinishPasskey(ctx, c.Flow, "", nil)
	wants(t, err, candor.ErrInvalid)
	shared := newAuthenticator(t)
	if err := add(ctx, ok(d.BeginPasskey(ctx))(t), shared); err != nil {
		t.Fatal(err)
	}
	wants(t, add(eve, ok(d.BeginPasskey(eve))(t), shared), candor.ErrChanged)
	d.clock.pass(2 * time.Hour)
	_, err = d.BeginPasskey(d.as(e))
	wants(t, err, access.ErrSignedOut)
}

func TestCeremoniesAreBounded(t *testing.T) {
	d := open(t, options(), access.Deps{})
	var wait *access.Wait
	n := 0
	for ; n < 100; n++ {
		if _, err := d.BeginPasskeySignIn(t.Context(), d.from("203.0.113.5")); errors.As(err, &wait) {
			break
		}
	}
	if n != 30 {
		t.Errorf("%d begun at once", n)
	}
}

func TestNoPasskeysAtAnAddress(t *testing.T) {
	o := options()
	o.URL = "http://127.0.0.1:8080"
	d := open(t, o, access.Deps{})
	_, err := d.BeginPasskeySignIn(t.Context(), d.from("127.0.0.1"))
	wants(t, err, candor.ErrInvalid)
	_, err = d.BeginPasskey(d.as(d.in()))
	wants(t, err, candor.ErrInvalid)
	if d.HasPasskeys() || candor.Hint(err) == "" {
		t.Error(err)
	}
}
