package access_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
)

func TestCookies(t *testing.T) {
	d := open(t, options(), access.Deps{})
	e := d.in()
	for _, c := range d.cookies(e) {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge <= 0 {
			t.Errorf("%+v", c)
		}
		if strings.Contains(c.Value, string(e.User.ID)) {
			t.Errorf("%s says who it is", c.Name)
		}
		if sess, err := d.store.Session(t.Context(), []byte(c.Value)); err == nil {
			t.Errorf("the secret itself is kept: %+v", sess)
		}
	}
	o := options()
	o.URL = "http://127.0.0.1:8080"
	plain := open(t, o, access.Deps{})
	for _, c := range plain.cookies(plain.in()) {
		if strings.HasPrefix(c.Name, "__Host-") || c.Secure {
			t.Errorf("without TLS no browser keeps %+v", c)
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	signedIn := func(d *desk, c []*http.Cookie) bool {
		ctx, _ := d.get(http.MethodGet, nil, c...)
		return access.From(ctx).User != ""
	}
	t.Run("idle", func(t *testing.T) {
		d := open(t, options(), access.Deps{})
		c := d.cookies(d.in())
		d.clock.pass(8*time.Hour - time.Second)
		if !signedIn(d, c) {
			t.Error("too early")
		}
		d.clock.pass(8 * time.Hour)
		if signedIn(d, c) {
			t.Error("too late")
		}
	})
	t.Run("absolute", func(t *testing.T) {
		d := open(t, options(), access.Deps{})
		c := d.cookies(d.in())
		for range 23 {
			d.clock.pass(time.Hour)
			if !signedIn(d, c) {
				t.Fatal("too early")
			}
		}
		d.clock.pass(time.Hour)
		if signedIn(d, c) {
			t.Error("too late")
		}
	})
	t.Run("disabled", func(t *testing.T) {
		d := open(t, options(), access.Deps{})
		e := d.invited("eve@example.net", candor.RoleAnalyst, "")
		u := e.User
		u.Disabled = true
		if err := d.ChangeUser(t.Context(), d.admin(), u); err != nil {
			t.Fatal(err)
		}
		if signedIn(d, d.cookies(e)) {
			t.Error("a disabled user is signed in")
		}
	})
	t.Run("another role", func(t *testing.T) {
		d := open(t, options(), access.Deps{})
		e := d.invited("eve@example.net", candor.RoleAnalyst, "")
		u := e.User
		u.Role = candor.RoleAuditor
		if err := d.ChangeUser(t.Context(), d.admin(), u); err != nil {
			t.Fatal(err)
		}
		if signedIn(d, d.cookies(e)) {
			t.Error("still signed in with the role before")
		}
	})
	t.Run("left", func(t *testing.T) {
		d := open(t, options(), access.Deps{})
		c := d.cookies(d.in())
		var after []*http.Cookie
		h := d.Identify(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := d.Leave(w, r); err != nil {
				t.Error(err)
			}
		}))
		after = serve(h, http.MethodPost, c...).Result().Cookies()
		if signedIn(d, c) || len(after) != 1 || after[0].MaxAge >= 0 || after[0].Value != "" || d.last() != "sign-out" {
			t.Errorf("%v, %v", after, d.last())
		}
		if code := serve(h, http.MethodPost, c...).Code; code != http.StatusOK {
			t.Errorf("to leave twice is %d", code)
		}
	})
}

// TestEndedStaysEnded: a request that was under way when the session ended
// must not bring it back.
func TestEndedStaysEnded(t *testing.T) {
	d := open(t, options(), access.Deps{})
	for range 50 {
		e := d.in()
		c := d.cookies(e)
		ctx := d.as(e)
		d.clock.pass(2 * time.Minute) // the next request touches the session
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { d.get(http.MethodGet, nil, c...) })
		}
		all.Go(func() {
			if err := d.EndSession(ctx, access.From(ctx), e.Session.ID); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		if ctx, _ := d.get(http.MethodGet, nil, c...); access.From(ctx).User != "" {
			t.Fatal("back from the dead")
		}
	}
}

func TestOwnSessions(t *testing.T) {
	d := open(t, options(), access.Deps{})
	eve := d.invited("eve@example.net", candor.RoleAnalyst, "")
	d.clock.pass(time.Second)
	first := d.in()
	d.clock.pass(time.Second)
	second := d.in()
	ctx := d.as(second)
	p := access.From(ctx)
	all := ok(d.Sessions(ctx, p))(t)
	if len(all) != 3 || all[0].Address != "198.51.100.1" || all[0].Agent != "Browser/1" || all[0].Method != access.ByPassword || all[2].Method != access.ByLink {
		t.Errorf("%+v", all)
	}
	wants(t, d.EndSession(ctx, p, eve.Session.ID), candor.ErrNotFound)
	if err := d.EndSession(ctx, p, first.Session.ID); err != nil {
		t.Error(err)
	}
	if err := d.EndSessions(ctx, p); err != nil {
		t.Error(err)
	}
	if all := ok(d.Sessions(ctx, p))(t); len(all) != 1 || all[0].ID != second.Session.ID {
		t.Errorf("%+v", all)
	}
	d.as(eve)
}

// TestRenewed: a sign-in gives a new secret and ends the browser's old session,
// so that a cookie that somebody planted gains nothing.
func TestRenewed(t *testing.T) {
	d := open(t, options(), access.Deps{})
	planted := d.cookies(d.in())
	e := ok(d.SignIn(t.Context(), "ada@example.net", pass, d.from("198.51.100.1", planted...)))(t)
	if ctx, _ := d.get(http.MethodGet, nil, planted...); access.From(ctx).User != "" {
		t.Error("the session before goes on")
	}
	d.as(e)
}

func TestRecent(t *testing.T) {
	d := open(t, options(), access.Deps{})
	e := d.in()
	if err := d.Recent(d.as(e)); err != nil {
		t.Error(err)
	}
	d.clock.pass(time.Hour + time.Second)
	wants(t, d.Recent(d.as(e)), access.ErrSignedOut)
	wants(t, d.Recent(access.With(t.Context(), d.admin())), access.ErrSignedOut)
}

func TestSweep(t *testing.T) {
	d := open(t, options(), access.Deps{})
	d.in()
	if _, err := d.BeginPasskeySignIn(t.Context(), d.from("198.51.100.1")); err != nil {
		t.Fatal(err)
	}
	d.clock.pass(7 * time.Hour)
	live := d.in()
	d.clock.pass(2 * time.Hour)
	if err := d.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := ok(d.store.Sessions(t.Context(), d.first.ID))(t); len(all) != 1 || all[0].ID != live.Session.ID {
		t.Errorf("%+v", all)
	}
}

func TestCorruptCookies(t *testing.T) {
	d := open(t, options(), access.Deps{})
	for _, value := range []string{"", "x", strings.Repeat("A", 43), strings.Repeat("A", 4000)} {
		ctx, code := d.get(http.MethodGet, nil, &http.Cookie{Name: "__Host-candor", Value: value}, &http.Cookie{Name: "__Host-candor-device", Value: value})
		if code != http.StatusOK || access.From(ctx).User != "" {
			t.Errorf("%q: %d", value, code)
		}
		_, err := d.SignIn(t.Context(), "ada@example.net", "wrong", d.from("198.51.100.1", &http.Cookie{Name: "__Host-candor-device", Value: value}))
		if !errors.Is(err, candor.ErrDenied) && !errors.Is(err, candor.ErrUnavailable) {
			t.Errorf("%q: %v", value, err)
		}
	}
}
