package office_test

import (
	"net/http"
	"testing"

	"candor"
	"candor/internal/web/webtest"
)

// TestDoubtedRules lists rules that match known-good files, and those only.
func TestDoubtedRules(t *testing.T) {
	w := newWorld(t)
	has(t, w.Get(t, w.As(candor.RoleAuditor), "/definitions"), http.StatusOK, "No rule matches a file that is known to be good", "scanning.good")
	wrong := webtest.Shell(w.PartyAsset, "bb.php") // beside findings of other rules
	wrong.Rule, wrong.Definitions = "wrong_rule", "own/"+evil
	w.House.Desk.Good = func(sha256 string) (string, bool) {
		if sha256 == wrong.SHA256 {
			return "cms 1: " + evil, true
		}
		return "", true
	}
	w.File(t, w.PartyAsset, wrong)
	a := w.Get(t, w.As(candor.RoleAuditor), "/definitions")
	has(t, a, http.StatusOK, "wrong_rule", `/findings?good=yes&rule=wrong_rule`, "For one: cms 1: ")
	inert(t, a, "the rule")
	all, err := w.House.DoubtedRules(t.Context(), w.Who(candor.RoleAuditor))
	if err != nil || len(all) != 1 || all[0].Rule != "wrong_rule" || all[0].Open != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := w.House.DoubtedRules(t.Context(), w.Who(candor.RoleCustomer)); err == nil {
		t.Error("a customer may ask for rules of all sites")
	}
}
