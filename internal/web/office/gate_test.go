package office_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/consent/gate"
)

// contentOnly has the policy ask for the content alone, and for the terms.
func (w *world) contentOnly(t *testing.T) {
	t.Helper()
	p := gate.DefaultPolicy()
	for _, c := range gate.Checks() {
		if c.ID != gate.Content && c.ID != gate.Terms {
			p.NotRequired = append(p.NotRequired, gate.Exemption{Check: c.ID, Reason: "looked at by hand once a year"})
		}
	}
	if _, err := w.House.SetGatePolicy(t.Context(), w.Who(candor.RoleAdmin), p); err != nil {
		t.Fatal(err)
	}
}

// agreed tells of terms what a test says.
type agreed struct {
	lost map[candor.ID]bool
	now  func() time.Time
}

func (a *agreed) Terms(_ context.Context, site candor.Asset) (gate.Reading, error) {
	if a.lost[site.ID] {
		return gate.Reading{Outcome: candor.GateFailed, Why: gate.OldTerms}, nil
	}
	return gate.Reading{Outcome: candor.GatePassed, At: a.now()}, nil
}

// gates has sites stand in every state at the gate, and gives a waiver of the
// first.
func (w *world) gates(t *testing.T, sites []candor.Asset) candor.ID {
	t.Helper()
	admin, ctx := w.Who(candor.RoleAdmin), t.Context()
	w.contentOnly(t)
	terms := &agreed{map[candor.ID]bool{}, w.Clock}
	w.House.Gatekeeping.Agreements = terms
	now := w.Clock()
	w.At(now.Add(-8 * 24 * time.Hour))
	for _, a := range sites[5:9] {
		if _, err := w.House.Waive(ctx, admin, a.ID, gate.Content, "Moved here on Monday; the first scan is under way.", now.Add(-8*24*time.Hour+time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(all ...candor.Asset) {
		for _, a := range all {
			if _, err := w.House.AskGate(ctx, admin, a.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask(sites[7]) // loses its waiver, and then its grace
	w.At(now.Add(-8*24*time.Hour + 2*time.Hour))
	terms.lost[sites[7].ID] = true
	if _, err := w.House.DecideGate(ctx, admin, sites[7].ID); err != nil {
		t.Fatal(err)
	}
	w.At(now)
	ask(sites[0], sites[1], sites[5], sites[6], sites[7])
	terms.lost[sites[5].ID] = true
	waiver, err := w.House.Waive(ctx, w.Who(candor.RoleAnalyst), sites[0].ID, gate.Content, "The shop’s own encrypted backup; the customer showed what is in it. 备份文件，已核实。", now.Add(12*24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []candor.Asset{sites[5], sites[7]} {
		if _, err := w.House.DecideGate(ctx, admin, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	return waiver.ID
}

// TestGatePages takes a site through the gate on the staff's pages.
func TestGatePages(t *testing.T) {
	w := newWorld(t)
	path := "/gate/" + string(w.asset.ID)
	has(t, w.Get(t, w.As(candor.RoleAuditor), "/gate/policy"), http.StatusOK, "Policy of the gate", "7 d", "Penetration test", "not yet", "required")
	a := w.Post(t, w.As(candor.RoleAdmin), "/gate/policy/edit", url.Values{"grace": {"900"}, "stale": {"8"}, "longest": {"30"}})
	has(t, a, http.StatusUnprocessableEntity, "up to 366")
	form := url.Values{"grace": {"3"}, "stale": {"8"}, "longest": {"30"}}
	for _, c := range gate.Checks() {
		if c.ID != gate.Content {
			form.Set("not-"+c.ID, evil)
		}
	}
	a = w.led(t, candor.RoleAdmin, "/gate/policy/edit", form)
	has(t, a, http.StatusOK, "is in force", "Ada Admin", "left out")
	inert(t, a, "the policy")
	has(t, w.Get(t, w.As(candor.RoleAuditor), path), http.StatusOK, "The site may not be reached", "Nobody asked", "Content scanned", "not required")
	a = w.led(t, candor.RoleAnalyst, path+"/ask", nil)
	has(t, a, http.StatusOK, "Being checked", "Provisioning was told", "Draft → Being checked", "Test analyst")
	has(t, w.Get(t, w.As(candor.RoleAnalyst), "/gate?state=checking"), http.StatusOK, w.asset.Name, "Being checked (1)")
	if a := w.Get(t, w.As(candor.RoleAnalyst), "/gate?state=live"); strings.Contains(a.Text(), path) {
		t.Error("it is listed as live")
	}
	for field, value := range map[string]string{"until": "2020-01-01", "reason": "", "check": "luck"} {
		bad := url.Values{"check": {gate.Content}, "reason": {"x"}, "until": {w.Clock().AddDate(0, 0, 9).Format(time.DateOnly)}}
		bad.Set(field, value)
		has(t, w.Post(t, w.As(candor.RoleAnalyst), path+"/waive", bad), http.StatusUnprocessableEntity, `aria-invalid="true"`)
	}
	long := url.Values{"check": {gate.Content}, "reason": {"x"}, "until": {w.Clock().AddDate(0, 0, 40).Format(time.DateOnly)}}
	has(t, w.Post(t, w.As(candor.RoleAnalyst), path+"/waive", long), http.StatusUnprocessableEntity, "longer than the policy allows")
	a = w.led(t, candor.RoleAnalyst, path+"/waive", url.Values{"check": {gate.Content}, "reason": {evil}, "until": {w.Clock().AddDate(0, 0, 9).Format(time.DateOnly)}})
	has(t, a, http.StatusOK, "The site may be reached", "Waived until", "in force", "Being checked → Live")
	inert(t, a, "the site")
	inert(t, w.Get(t, w.As(candor.RoleAnalyst), "/gate"), "the list")
	end, _, found := strings.Cut(a.Text()[strings.Index(a.Text(), path+"/waivers/"):], `"`)
	if !found {
		t.Fatal("the waiver cannot be ended")
	}
	has(t, w.Get(t, w.As(candor.RoleAnalyst), end), http.StatusOK, "End the waiver of", "your name")
	has(t, w.led(t, candor.RoleAnalyst, end, nil), http.StatusOK, "In grace", "ended by Test analyst", "If it is not mended by")
	has(t, w.Get(t, w.As(candor.RoleAnalyst), path+"/take-back"), http.StatusOK, "no file is touched")
	has(t, w.led(t, candor.RoleAnalyst, path+"/take-back", nil), http.StatusOK, "Draft", "Nobody asked")
}
