package access_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/access/accesstest"
)

func TestFirstAdmin(t *testing.T) {
	c := &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	store := accesstest.NewStore()
	s := ok(access.New(options(), access.Deps{Store: store, Clock: c.now}))(t)
	d := &desk{Service: s, t: t, store: store, clock: c}
	begin := func(secret, pass string) error {
		_, err := s.BeginAdmin(t.Context(), secret, candor.User{Name: "Ada", Mail: "ada@example.net"}, pass, d.from("198.51.100.1"))
		return err
	}
	stale := ok(s.FirstAdmin(t.Context()))(t)
	secret := ok(s.FirstAdmin(t.Context()))(t)
	wants(t, begin(stale, pass), candor.ErrDenied) // a restart makes another one
	wants(t, begin("", pass), candor.ErrDenied)
	c.pass(24 * time.Hour)
	wants(t, begin(secret, pass), candor.ErrDenied)
	secret = ok(s.FirstAdmin(t.Context()))(t)
	c.pass(24*time.Hour - time.Second)
	if purpose, _, err := s.Invited(t.Context(), secret); err != nil || purpose != access.FirstAdmin {
		t.Errorf("%s, %v", purpose, err)
	}
	wants(t, begin(secret, "short"), candor.ErrInvalid) // and the link still works:
	var made atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if begin(secret, pass) == nil {
				made.Add(1)
			}
		})
	}
	all.Wait()
	if n := ok(store.Admins(t.Context()))(t); made.Load() != 1 || n != 1 {
		t.Errorf("%d made, %d are there", made.Load(), n)
	}
	if secret := ok(s.FirstAdmin(t.Context()))(t); secret != "" {
		t.Error("a link though there is an administrator")
	}
	for _, r := range store.Records() {
		if strings.Contains(string(r.Body), secret) && secret != "" {
			t.Errorf("%s has the secret", r.Body)
		}
	}
}

func TestInvitation(t *testing.T) {
	d := open(t, options(), access.Deps{})
	party := candor.NewID(d.clock.now())
	u, secret, err := d.Invite(t.Context(), d.admin(), candor.User{Name: " Carl Customer ", Mail: "Carl@Example.net", Role: candor.RoleCustomer, Party: party, Language: "ar"})
	if err != nil || u.Mail != "carl@example.net" || u.Name != "Carl Customer" {
		t.Fatalf("%+v, %v", u, err)
	}
	_, _, err = d.Invite(t.Context(), d.admin(), candor.User{Name: "Twin", Mail: "carl@example.net", Role: candor.RoleAnalyst})
	wants(t, err, candor.ErrChanged)
	if candor.Hint(err) == "" {
		t.Error("no hint")
	}
	again, purpose, err := d.InviteAgain(t.Context(), d.admin(), u.ID)
	if err != nil || purpose != access.Invitation {
		t.Errorf("%s, %v", purpose, err)
	}
	_, err = d.Redeem(t.Context(), secret, pass, d.from("198.51.100.1"))
	wants(t, err, candor.ErrDenied)
	for range 3 { // mail filters look first
		if purpose, who, err := d.Invited(t.Context(), again); err != nil || purpose != access.Invitation || who.ID != u.ID {
			t.Errorf("%s, %+v, %v", purpose, who, err)
		}
	}
	_, err = d.Redeem(t.Context(), again, "carl customer 123", d.from("198.51.100.1"))
	wants(t, err, candor.ErrInvalid)
	e := ok(d.Redeem(t.Context(), again, pass, d.from("198.51.100.1")))(t)
	if p := access.From(d.as(e)); p.Party != party || p.Role != candor.RoleCustomer {
		t.Errorf("%+v", p)
	}
	_, err = d.Redeem(t.Context(), again, other, d.from("198.51.100.1"))
	wants(t, err, candor.ErrDenied)
	if _, purpose, _ := d.InviteAgain(t.Context(), d.admin(), u.ID); purpose != access.Reset {
		t.Error(purpose)
	}
}

func TestInvitationsAreChecked(t *testing.T) {
	d := open(t, options(), access.Deps{})
	party := candor.NewID(d.clock.now())
	for name, u := range map[string]candor.User{
		"no mail":          {Name: "x", Role: candor.RoleAnalyst},
		"bad mail":         {Name: "x", Mail: "x", Role: candor.RoleAnalyst},
		"mail with a name": {Name: "x", Mail: "X <x@example.net>", Role: candor.RoleAnalyst},
		"two mails":        {Name: "x", Mail: "x@example.net,y@example.net", Role: candor.RoleAnalyst},
		"line in a mail":   {Name: "x", Mail: "x@example.net\r\nBcc: y@example.net", Role: candor.RoleAnalyst},
		"no name":          {Name: " ", Mail: "x@example.net", Role: candor.RoleAnalyst},
		"long name":        {Name: strings.Repeat("x", 201), Mail: "x@example.net", Role: candor.RoleAnalyst},
		"unknown role":     {Name: "x", Mail: "x@example.net", Role: "root"},
		"staff of a party": {Name: "x", Mail: "x@example.net", Role: candor.RoleAdmin, Party: party},
		"nobody's":         {Name: "x", Mail: "x@example.net", Role: candor.RoleSubscriber},
	} {
		if _, _, err := d.Invite(t.Context(), d.admin(), u); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, r := range candor.Roles() {
		p := candor.Principal{User: "u", Role: r, Party: party}
		_, _, err := d.Invite(t.Context(), p, candor.User{Name: "x", Mail: string(r) + "@example.net", Role: candor.RoleAuditor})
		_, _, again := d.InviteAgain(t.Context(), p, d.first.ID)
		if r != candor.RoleAdmin {
			wants(t, err, candor.ErrDenied)
			wants(t, again, candor.ErrDenied)
			wants(t, d.ChangeUser(t.Context(), p, d.first), candor.ErrDenied)
		} else if err != nil {
			t.Error(err)
		}
	}
}

func TestReset(t *testing.T) {
	d := open(t, options(), access.Deps{})
	before := d.cookies(d.in())
	u, secret, err := d.AskReset(t.Context(), "ADA@example.net", d.from("198.51.100.1"))
	if err != nil || secret == "" || u.ID != d.first.ID {
		t.Fatalf("%+v, %v", u, err)
	}
	if who, none, err := d.AskReset(t.Context(), "nobody@example.net", d.from("198.51.100.1")); err != nil || none != "" || who.ID != "" {
		t.Errorf("%+v, %q, %v", who, none, err)
	}
	d.clock.pass(time.Hour - time.Second)
	e := ok(d.Redeem(t.Context(), secret, other, d.from("198.51.100.1")))(t)
	d.as(e)
	if ctx, _ := d.get(http.MethodGet, nil, before...); access.From(ctx).User != "" {
		t.Error("still signed in from before")
	}
	_, err = d.SignIn(t.Context(), "ada@example.net", pass, d.from("198.51.100.1"))
	wants(t, err, candor.ErrDenied)

	_, secret, _ = d.AskReset(t.Context(), "ada@example.net", d.from("198.51.100.1"))
	d.clock.pass(time.Hour)
	_, err = d.Redeem(t.Context(), secret, pass, d.from("198.51.100.1"))
	wants(t, err, candor.ErrDenied)

	got := 0
	for range 10 { // nobody fills somebody's mailbox
		if _, secret, err := d.AskReset(t.Context(), "ada@example.net", d.from("198.51.100.1")); err == nil && secret != "" {
			got++
		}
	}
	if got != 3 {
		t.Errorf("%d mails", got)
	}
}

// TestPasswordEndsLinks: what was mailed before is worthless once the owner
// has chosen another password.
func TestPasswordEndsLinks(t *testing.T) {
	d := open(t, options(), access.Deps{})
	_, secret, err := d.AskReset(t.Context(), "ada@example.net", d.from("198.51.100.1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.ChangePassword(d.as(d.in()), pass, other, d.from("198.51.100.1")); err != nil {
		t.Fatal(err)
	}
	_, err = d.Redeem(t.Context(), secret, pass, d.from("198.51.100.1"))
	wants(t, err, candor.ErrDenied)
}

func TestLinksDoNotCross(t *testing.T) {
	d := open(t, options(), access.Deps{})
	_, invitation, err := d.Invite(t.Context(), d.admin(), candor.User{Name: "Somebody", Mail: "b@example.net", Role: candor.RoleAnalyst})
	if err != nil {
		t.Fatal(err)
	}
	ceremony := ok(d.BeginPasskeySignIn(t.Context(), d.from("198.51.100.1")))(t)
	for _, secret := range []string{invitation, ceremony.Flow} {
		_, err := d.BeginAdmin(t.Context(), secret, candor.User{Name: "Eve", Mail: "eve@example.net"}, pass, d.from("198.51.100.1"))
		wants(t, err, candor.ErrDenied)
	}
	_, err = d.Redeem(t.Context(), ceremony.Flow, pass, d.from("198.51.100.1"))
	wants(t, err, candor.ErrDenied)
	_, err = d.FinishPasskeySignIn(t.Context(), invitation, []byte("{}"), d.from("198.51.100.1"))
	wants(t, err, candor.ErrDenied)
	if _, _, err := d.Invited(t.Context(), invitation); err != nil {
		t.Errorf("tried in the wrong place, and gone: %v", err)
	}
}

func TestChangeUser(t *testing.T) {
	d := open(t, options(), access.Deps{})
	u := ok(d.store.User(t.Context(), d.first.ID))(t)
	for _, role := range []candor.Role{candor.RoleAnalyst, candor.RoleAdmin} {
		last := u
		last.Role, last.Disabled = role, role == candor.RoleAdmin
		err := d.ChangeUser(t.Context(), d.admin(), last)
		wants(t, err, candor.ErrInvalid)
	}
	if now := ok(d.store.User(t.Context(), u.ID))(t); now != u {
		t.Errorf("%+v", now)
	}
	eve := d.invited("eve@example.net", candor.RoleAdmin, "").User
	eve.Name, eve.Mail, eve.Role = "Eve E.", "other@example.net", candor.RoleAuditor
	if err := d.ChangeUser(t.Context(), d.admin(), eve); err != nil {
		t.Fatal(err)
	}
	if now := ok(d.store.User(t.Context(), eve.ID))(t); now.Role != candor.RoleAuditor || now.Name != "Eve E." || now.Mail != "eve@example.net" {
		t.Errorf("%+v", now)
	}
	records := d.store.Records()
	if body := string(records[len(records)-1].Body); body != `{"event":"user.changed","role":"auditor","role_before":"admin"}` {
		t.Error(body)
	}
}

func TestChangeProfile(t *testing.T) {
	d := open(t, options(), access.Deps{})
	e := d.invited("eve@example.net", candor.RoleAnalyst, "")
	ctx := d.as(e)
	if err := d.ChangeProfile(ctx, access.From(ctx), "Eve", "zh-Hans", "Asia/Shanghai"); err != nil {
		t.Fatal(err)
	}
	if u := ok(d.store.User(ctx, e.User.ID))(t); u.Name != "Eve" || u.Language != "zh-Hans" || u.TimeZone != "Asia/Shanghai" || u.Role != candor.RoleAnalyst {
		t.Errorf("%+v", u)
	}
	wants(t, d.ChangeProfile(ctx, access.From(ctx), "", "", ""), candor.ErrInvalid)
	wants(t, d.ChangeProfile(ctx, access.From(ctx), "Eve", "no language", ""), candor.ErrInvalid)
	for _, zone := range []string{"Local", "Mars/Olympus", "../../etc/passwd"} {
		wants(t, d.ChangeProfile(ctx, access.From(ctx), "Eve", "", zone), candor.ErrInvalid)
	}
	wants(t, d.ChangeProfile(ctx, candor.Principal{}, "Eve", "", ""), access.ErrSignedOut)
	d.as(e) // and still signed in
}
