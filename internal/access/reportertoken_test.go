package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/access"
)

// TestReporterTokens makes a token for a reporter: it hands in reports and does
// nothing else, outlives who made it, and is no token of theirs.
func TestReporterTokens(t *testing.T) {
	d := open(t, options(), access.Deps{})
	text, made, err := d.MakeReporterToken(t.Context(), d.admin(), " Abuse@CERT.example ", " feed ", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	p := ok(d.UseToken(t.Context(), text))(t)
	if want := (candor.Principal{Name: "abuse@cert.example", Role: candor.RoleReporter, Token: made.ID, Scopes: []string{"report"}, Reporter: "abuse@cert.example"}); !cmp.Equal(p, want) {
		t.Errorf("%+v", p)
	}
	for _, what := range access.Permissions() {
		if access.Allowed(p, what) != (what == access.FileReports) {
			t.Errorf("%s: %v", what, access.Allowed(p, what))
		}
	}
	if p.Scope() != (candor.Scope{}) || p.Actor() != "reporter:"+string(made.ID) {
		t.Errorf("%+v, %s", p.Scope(), p.Actor())
	}
	if own := ok(d.Tokens(t.Context(), d.admin(), d.first.ID))(t); len(own) != 0 {
		t.Errorf("it is a token of whoever made it: %+v", own)
	}
	e := d.invited("eve@example.net", candor.RoleAnalyst, "")
	eve := access.From(d.as(e))
	_, _, err = d.MakeReporterToken(t.Context(), eve, "a@cert.example", "feed", time.Time{})
	wants(t, err, candor.ErrDenied)
	wants(t, d.RevokeToken(t.Context(), eve, made.ID), candor.ErrNotFound)
	wants(t, d.RevokeToken(t.Context(), p, made.ID), candor.ErrNotFound)
	_, _, err = d.MakeToken(t.Context(), d.admin(), "own", []string{"report"}, time.Time{})
	wants(t, err, candor.ErrInvalid)
	for _, bad := range []string{"", "@cert.example", "cert"} {
		_, _, err := d.MakeReporterToken(t.Context(), d.admin(), bad, "feed", time.Time{})
		wants(t, err, candor.ErrInvalid)
	}
	if all := ok(d.ReporterTokens(t.Context(), eve))(t); len(all) != 1 || all[0].ID != made.ID {
		t.Errorf("%+v", all)
	}
	_, err = d.ReporterTokens(t.Context(), p)
	wants(t, err, candor.ErrDenied)
	if err := d.RevokeToken(t.Context(), d.admin(), made.ID); err != nil {
		t.Fatal(err)
	}
	_, err = d.UseToken(t.Context(), text)
	wants(t, err, access.ErrSignedOut)
	var told []string
	for _, r := range d.store.Records() {
		if r.Subject == made.ID {
			told = append(told, r.Personal["reporter"])
		}
		if strings.Contains(string(r.Body), "cert.example") {
			t.Errorf("%s has something personal", r.Body)
		}
	}
	if want := []string{"abuse@cert.example", "abuse@cert.example"}; !cmp.Equal(told, want) {
		t.Errorf("making and revoking it are told as of %q", told)
	}
}
