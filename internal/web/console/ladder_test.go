package console_test

import (
	"net/http"
	"testing"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
	"candor/internal/house"
	"candor/internal/web/browsertest"
	"candor/internal/web/webtest"
)

// laddered gives the cases of a world a ladder.
func (w *world) laddered() {
	plays := w.House.Desk.Plays
	days := func(n int) calendar.Period { return calendar.Period{Days: n} }
	w.House.Desk.Plays = func(c candor.Class, n candor.Nature, s candor.Severity) desk.Play {
		p := plays(c, n, s)
		p.Ladder = []desk.Rung{{Name: "told", Text: "First notice", Told: true}, {Name: "remind", Text: "Reminder " + evil, After: days(2), Responses: []desk.PlayResponse{{Method: "notify"}}},
			{Name: "contain", Text: "Containment", Missed: true, Again: days(30), Cases: 3, Within: days(90), Responses: []desk.PlayResponse{{Method: "quarantine"}}, Tasks: []desk.PlayTask{{Key: "escalate", Text: "Tell them"}}}}
		return p
	}
}

func (w *world) climb(t testing.TB) {
	t.Helper()
	for {
		n, err := w.House.Desk.Climb(t.Context(), house.Responder{House: w.House, Zone: time.UTC})
		check(t, err)
		if n == 0 {
			return
		}
	}
}

// escalated is a case that stands on the second rung of three, which was opened so
// long ago.
func (w *world) escalated(t testing.TB, ago time.Duration) candor.Case {
	t.Helper()
	w.laddered()
	w.At(w.Clock().Add(-ago))
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	check(t, w.House.SetState(t.Context(), w.Who(candor.RoleAnalyst), c.ID, 0, candor.CaseNotified, ""))
	w.climb(t)
	w.At(w.Clock().AddDate(0, 0, 2))
	w.climb(t)
	return c
}

// TestLadder shows on which rung a case stands, why, what comes next and when, and
// why something could not be proposed.
func TestLadder(t *testing.T) {
	w := newWorld(t)
	c := w.escalated(t, 73*time.Hour)
	page := w.get(t, "/cases/"+string(c.ID))
	has(t, page, "Escalation", "the time passed, and nothing was mended", "Next is “Containment”, when what it waits for comes about.", "Something of this rung could not be proposed",
		"nothing is mended for 2 d", "the party’s deadline passes", "Escalated to", "Could not be proposed")
	hasNot(t, page, "<script>alert", "[console.", "[playbook.")
	hasNot(t, page, "since 1 h", "ago: the time passed") // it says when
	chinese := w.get(t, "/cases/"+string(c.ID)+"?language=zh-Hans")
	has(t, chinese, "2 天 内未修复", "本阶段的某项措施无法提出", "时间线中说明了具体措施及原因。")
	a := w.Get(t, w.As(candor.RoleCustomer), "/cases/"+string(c.ID))
	if a.Status == http.StatusOK {
		t.Errorf("a customer reads it: %d", a.Status)
	}
	w.agree(t, w.Party.ID)
	w.At(w.Clock().Add(25 * time.Hour)) // the deadline passes
	_, err := w.House.Desk.Tick(t.Context())
	check(t, err)
	w.climb(t)
	page = w.get(t, "/cases/"+string(c.ID))
	has(t, page, "This is the uppermost rung.", "the party’s deadline passed", "added a task")
}

// TestLookLadder looks at the part of the page in a real browser.
func TestLookLadder(t *testing.T) {
	b, w := browsertest.Open(t, browsertest.Errors), newWorld(t)
	c := w.escalated(t, 48*time.Hour)
	signIn(t, b, w)
	look(t, b, w, map[string]string{"case-ladder": "/cases/" + string(c.ID)})
}
