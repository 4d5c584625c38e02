package calendar

import (
	"errors"
	"strings"
	"testing"
	"time"

	"candor"
)

func rule(t testing.TB, name string) Rule {
	t.Helper()
	for _, r := range Rules() {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("there is no rule %q", name)
	return Rule{}
}

func TestRules(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range Rules() {
		if err := r.Check(); err != nil {
			t.Error(err)
		}
		if seen[r.Name] {
			t.Errorf("%s is there twice", r.Name)
		}
		seen[r.Name] = true
		if r.Source != "" && (r.Pausable || r.Business) {
			t.Errorf("%s: the law counts every hour", r.Name)
		}
		if after, ok := strings.CutPrefix(string(r.Start), "met:"); ok && !seen[after] {
			t.Errorf("%s starts with %s, which is not there", r.Name, after)
		}
	}
	for s := candor.Info; s <= candor.Critical; s++ {
		if r := rule(t, Customer(s)); s > candor.Info && !r.Period.After(time.Time{}, time.UTC).Before(rule(t, Customer(s-1)).Period.After(time.Time{}, time.UTC)) {
			t.Errorf("%s is not more urgent than %s", s, s-1)
		}
	}
}

// TestAuthority goes the way of Article 23(4): the last duty starts when the
// one before it was done, not when it was due.
func TestAuthority(t *testing.T) {
	cal := office(t)
	aware := at(t, cal, "2026-12-24 20:00") // holidays are no excuse
	for name, want := range map[string]string{
		NIS2EarlyWarning: "2026-12-25 20:00",
		NIS2Notification: "2026-12-27 20:00",
		GDPRNotification: "2026-12-27 20:00",
	} {
		if got := Due(rule(t, name), aware, cal); !got.Equal(at(t, cal, want)) {
			t.Errorf("%s is due at %s", name, got)
		}
	}
	final := rule(t, NIS2Final)
	if final.Start != Submission(NIS2Notification) {
		t.Errorf("the final report starts with %s", final.Start)
	}
	submitted := at(t, cal, "2027-01-31 09:15")
	if got := Due(final, submitted, cal); !got.Equal(at(t, cal, "2027-02-28 09:15")) {
		t.Errorf("the final report is due at %s", got)
	}
	if got := Due(rule(t, Acknowledgement), at(t, cal, "2026-12-24 16:00"), cal); !got.Equal(at(t, cal, "2026-12-28 12:00")) {
		t.Errorf("a case is to be acknowledged by %s", got)
	}
}

func TestRuleCheck(t *testing.T) {
	for _, r := range []Rule{
		{},
		{Name: "x", Period: Hours(1)},
		{Name: "x", Start: CaseOpened},
		{Name: "x", Start: CaseOpened, Period: Period{Days: 1}, Business: true},
		{Name: "x", Start: CaseOpened, Period: Period{Months: -1}},
		{Name: "x", Start: CaseOpened, Period: Period{Time: time.Second}},
		{Name: "x", Start: CaseOpened, Period: Hours(1), Warn: -1},
	} {
		if _, err := Start(r, time.Now()); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%+v: %v", r, err)
		}
	}
}
