package office_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"candor"
)

var seenField = regexp.MustCompile(`name="seen" value="([^"]*)"`)

// rule is a row of the form.
func rule(f url.Values, i, method, class, severity, confidence string) {
	for name, v := range map[string]string{"method": method, "class": class, "severity": severity, "confidence": confidence} {
		f.Set("rule-"+i+"-"+name, v)
	}
}

func (w *world) seen(t *testing.T) string {
	t.Helper()
	m := seenField.FindStringSubmatch(w.Get(t, w.As(candor.RoleAdmin), "/policy/edit").Text())
	if m == nil {
		t.Fatal("the form does not tell which policy was seen")
	}
	return m[1]
}

func TestPolicy(t *testing.T) {
	w := newWorld(t)
	admin := w.As(candor.RoleAdmin)
	has(t, w.Get(t, w.As(candor.RoleAuditor), "/policy"), http.StatusOK, "Nothing acts by itself", "Monday to Friday", "08:00–18:00", "Europe/Vienna", "Epiphany", "Acknowledgement", "4 h of working time", "NIS2 early warning", "Phishing page")
	f := url.Values{"seen": {w.seen(t)}}
	rule(f, "0", "explode", "", "high", "50")
	rule(f, "1", "notify", evil, "high", "50")
	rule(f, "2", "notify", "", "high", "101")
	a := w.Post(t, admin, "/policy/rehearse", f)
	has(t, a, http.StatusUnprocessableEntity, "a share from 0 to 100", `value="101"`)
	if strings.Contains(a.Text(), "<script>alert") {
		t.Error("a class became markup")
	}

	f = url.Values{"seen": {w.seen(t)}}
	rule(f, "0", "notify", "", "info", "0")
	rule(f, "1", "quarantine", "intrusions/application-compromise", "high", "0")
	rule(f, "2", "", "", "high", "90")
	a = w.Post(t, admin, "/policy/rehearse", f)
	has(t, a, http.StatusOK, "It would have acted 2 times in 30 days", "1 case was opened", "Save this policy?", w.c.Label())
	if p, err := w.House.Policy(t.Context(), w.Who(candor.RoleAdmin)); err != nil || len(p.Rules) != 0 {
		t.Errorf("a rehearsal set the policy: %+v, %v", p, err)
	}
	has(t, w.led(t, candor.RoleAdmin, "/policy", f), http.StatusOK, "2 rows act by themselves", "These act without anybody", "Application compromise")
	w.settle(t)
	if r := w.record(t, candor.RecordPolicy); !strings.Contains(string(r.Body), "quarantine") {
		t.Errorf("the record is %s", r.Body)
	}

	// Somebody who has seen an older policy does not overwrite it.
	rule(f, "0", "", "", "info", "0")
	has(t, w.Post(t, admin, "/policy", f), http.StatusUnprocessableEntity, "Somebody else changed the policy meanwhile")
	f.Set("seen", w.seen(t))
	f.Set("rule-1-remove", "yes")
	a = w.Post(t, admin, "/policy/rehearse", f)
	has(t, a, http.StatusOK, "It would have acted 0 times", "From now on nothing acts by itself", "Quarantine: Application compromise")
	has(t, w.led(t, candor.RoleAdmin, "/policy", f), http.StatusOK, "nothing acts by itself")
}

func TestRehearsalTellsWhatIsDenied(t *testing.T) {
	w := newWorld(t)
	if err := w.House.WithdrawAgreement(t.Context(), w.Who(candor.RoleAdmin), w.party.ID, w.terms.ID); err != nil {
		t.Fatal(err)
	}
	f := url.Values{"seen": {w.seen(t)}}
	rule(f, "0", "quarantine", "", "info", "0")
	w.At(w.Clock().Add(1)) // what was withdrawn at this moment is so after it
	a := w.Post(t, w.As(candor.RoleAdmin), "/policy/rehearse", f)
	has(t, a, http.StatusOK, "1 case was opened")
	b := w.File(t, w.OtherAsset, shellAt(w, "x.php"))
	has(t, w.Post(t, w.As(candor.RoleAdmin), "/policy/rehearse", f), http.StatusOK, "no agreement allowed it", b.Label(), "would have been refused all the same")
}
