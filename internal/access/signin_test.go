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
	"candor/internal/access/password"
)

func TestSignIn(t *testing.T) {
	d := open(t, options(), access.Deps{})
	e := ok(d.SignIn(t.Context(), " ADA@example.NET ", pass, d.from("198.51.100.1")))(t)
	ctx := d.as(e)
	if p := access.From(ctx); p.Role != candor.RoleAdmin || p.User != d.first.ID || p.Token != "" || p.Scopes != nil {
		t.Errorf("%+v", p)
	}
	if u := ok(d.store.User(t.Context(), d.first.ID))(t); !u.SignedIn.Equal(d.clock.now()) {
		t.Errorf("signed in at %v", u.SignedIn)
	}
	if d.last() != "sign-in" {
		t.Error(d.events())
	}
}

// TestOneAnswer: nobody learns from an answer which accounts exist.
func TestOneAnswer(t *testing.T) {
	d := open(t, options(), access.Deps{})
	gone := d.invited("gone@example.net", candor.RoleAnalyst, "").User
	gone.Disabled = true
	if err := d.ChangeUser(t.Context(), d.admin(), gone); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Invite(t.Context(), d.admin(), candor.User{Name: "No Password", Mail: "new@example.net", Role: candor.RoleAnalyst}); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, tt := range []struct{ mail, pass, reason string }{
		{"ada@example.net", "wrong", "wrong password"},
		{"nobody@example.net", pass, "no such account"},
		{strings.Repeat("a", 300) + "@example.net", pass, "no such account"},
		{"gone@example.net", pass, "disabled"},
		{"new@example.net", "", "no password set"},
	} {
		_, err := d.SignIn(t.Context(), tt.mail, tt.pass, d.from("198.51.100.9"))
		wants(t, err, candor.ErrDenied)
		texts = append(texts, err.Error()+candor.Hint(err))
		if d.last() != "sign-in.failed: "+tt.reason {
			t.Errorf("%s: recorded as %s", tt.mail, d.last())
		}
	}
	for _, text := range texts[1:] {
		if text != texts[0] {
			t.Errorf("%q, but %q", texts[0], text)
		}
	}
	for _, r := range d.store.Records() {
		for _, personal := range []string{"198.51.100", "example.net", "Ada", "gone@"} {
			if strings.Contains(string(r.Body), personal) {
				t.Errorf("%s has something personal", r.Body)
			}
		}
	}
	if r := d.store.Records(); r[len(r)-1].Personal["address"] != "198.51.100.9" {
		t.Errorf("%+v", r[len(r)-1])
	}
}

func TestHashedAnew(t *testing.T) {
	d := open(t, options(), access.Deps{})
	before := ok(d.store.Password(t.Context(), d.first.ID))(t)
	o := options()
	o.Hash = password.Params{Memory: 128, Time: 1, Threads: 1}
	later := ok(access.New(o, access.Deps{Store: d.store, Clock: d.clock.now}))(t)
	for range 2 {
		ok(later.SignIn(t.Context(), "ada@example.net", pass, d.from("198.51.100.1")))(t)
	}
	after := ok(d.store.Password(t.Context(), d.first.ID))(t)
	if !strings.Contains(after.Hash, "m=128,") || !after.Changed.Equal(before.Changed) {
		t.Errorf("%+v", after)
	}
}

func TestGuessingSlowsDown(t *testing.T) {
	d := open(t, options(), access.Deps{})
	var wait *access.Wait
	tries := 0
	for ; tries < 100; tries++ {
		_, err := d.SignIn(t.Context(), "ada@example.net", "wrong", d.from("203.0.113.5"))
		if errors.As(err, &wait) {
			break
		}
	}
	if tries != 5 || wait == nil || wait.Seconds() != 1 || !errors.Is(wait, candor.ErrUnavailable) {
		t.Fatalf("%d guesses, then %v", tries, wait)
	}
	if _, err := d.SignIn(t.Context(), "ada@example.net", pass, d.from("203.0.113.5")); !errors.As(err, &wait) {
		t.Errorf("the right password tells a guesser so at once: %v", err)
	}
	// A day of guessing from one address, as fast as it is let.
	start := d.clock.now()
	for d.clock.now().Sub(start) < 24*time.Hour {
		_, err := d.SignIn(t.Context(), "ada@example.net", "wrong", d.from("203.0.113.5"))
		tries++
		if errors.As(err, &wait) {
			tries--
			d.clock.pass(wait.For)
		}
	}
	if tries > 120 {
		t.Errorf("%d guesses in a day", tries)
	}
	// The owner, elsewhere, does not notice.
	ok(d.SignIn(t.Context(), "ada@example.net", pass, d.from("198.51.100.1")))(t)
}

// TestNobodyIsShutOut: a botnet guesses at an account all the time.
func TestNobodyIsShutOut(t *testing.T) {
	d := open(t, options(), access.Deps{})
	known := d.cookies(d.in())
	attack := func() {
		for i := range 200 {
			_, _ = d.SignIn(t.Context(), "ada@example.net", "wrong", d.from("2001:db8:0:"+string(rune('a'+i%6))+string(rune('0'+i%10))+"::1"))
		}
	}
	attack()
	var wait *access.Wait
	_, err := d.SignIn(t.Context(), "ada@example.net", pass, d.from("198.51.100.77"))
	if !errors.As(err, &wait) || wait.For > time.Minute {
		t.Errorf("a browser that nobody knows: %v", err)
	}
	for range 10 {
		attack()
		ok(d.SignIn(t.Context(), "ada@example.net", pass, d.from("198.51.100.77", known...)))(t)
		d.clock.pass(time.Minute)
	}
	// Nor does the cookie of one account help with another.
	d.invited("eve@example.net", candor.RoleAnalyst, "")
	eve := d.cookies(ok(d.SignIn(t.Context(), "eve@example.net", pass, d.from("198.51.100.78")))(t))
	attack()
	if _, err := d.SignIn(t.Context(), "ada@example.net", "wrong", d.from("198.51.100.78", eve...)); !errors.As(err, &wait) {
		t.Errorf("another's cookie: %v", err)
	}
	// One that is old is none.
	d.clock.pass(181 * 24 * time.Hour)
	attack()
	if _, err := d.SignIn(t.Context(), "ada@example.net", pass, d.from("198.51.100.79", known...)); !errors.As(err, &wait) {
		t.Errorf("a cookie of last year: %v", err)
	}
}

func TestOneNetworkManyAccounts(t *testing.T) {
	d := open(t, options(), access.Deps{})
	var wait *access.Wait
	tries := 0
	for i := range 100 {
		mail := "user" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + "@example.net"
		host := "2001:db8::" + string(rune('a'+i%6)) // one /64
		if _, err := d.SignIn(t.Context(), mail, "wrong", d.from(host)); errors.As(err, &wait) {
			break
		}
		tries++
	}
	if tries != 30 {
		t.Errorf("%d guesses", tries)
	}
}

func TestChangePassword(t *testing.T) {
	d := open(t, options(), access.Deps{})
	elsewhere, here := d.cookies(d.in()), d.in()
	ctx := d.as(here)
	wants(t, d.ChangePassword(ctx, "wrong", other, d.from("198.51.100.1")), candor.ErrDenied)
	if d.last() != "sign-in.failed: wrong present password" {
		t.Error(d.last())
	}
	wants(t, d.ChangePassword(ctx, pass, "short", d.from("198.51.100.1")), candor.ErrInvalid)
	wants(t, d.ChangePassword(ctx, pass, "northernhosting1234", d.from("198.51.100.1")), candor.ErrInvalid)
	wants(t, d.ChangePassword(t.Context(), pass, other, d.from("198.51.100.1")), access.ErrSignedOut)
	if err := d.ChangePassword(ctx, pass, other, d.from("198.51.100.1")); err != nil {
		t.Fatal(err)
	}
	d.as(here)
	if ctx, _ := d.get(http.MethodGet, nil, elsewhere...); access.From(ctx).User != "" {
		t.Error("still signed in elsewhere")
	}
	_, err := d.SignIn(t.Context(), "ada@example.net", pass, d.from("198.51.100.1"))
	wants(t, err, candor.ErrDenied)
	ok(d.SignIn(t.Context(), "ada@example.net", other, d.from("198.51.100.1")))(t)
}

func TestManyAtOnce(t *testing.T) {
	d := open(t, options(), access.Deps{})
	before := d.cookies(d.in())[:1] // one session, which each of them replaces
	var all sync.WaitGroup
	for i := range 15 {
		all.Go(func() {
			e, err := d.SignIn(t.Context(), "ada@example.net", pass, d.from("203.0.113."+string(rune('1'+i%9))+string(rune('0'+i%10)), before...))
			if err != nil {
				t.Error(err)
				return
			}
			if ctx, _ := d.get(http.MethodGet, nil, d.cookies(e)...); access.From(ctx).User != d.first.ID {
				t.Error("not signed in")
			}
		})
	}
	all.Wait()
	if ctx, _ := d.get(http.MethodGet, nil, before...); access.From(ctx).User != "" {
		t.Error("the session before goes on")
	}
}
