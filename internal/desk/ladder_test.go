package desk_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
	"candor/internal/store"
)

// crew proposes by writing down, and has no basis for what it is told to refuse.
type crew struct {
	h       *house
	all     []candor.Response
	broken  error  // what proposing gives once
	beaten  bool   // another node proposes first, once, and dies
	without string // a method that nothing allows
}

func (c *crew) Propose(_ context.Context, who candor.Principal, k candor.Case, p desk.PlayResponse, known int) (candor.Response, error) {
	if err := c.broken; err != nil {
		c.broken = nil
		return candor.Response{}, err
	}
	if c.beaten {
		c.beaten = false
		c.all = append(c.all, candor.Response{ID: candor.NewID(c.h.now), Case: k.ID, Method: p.Method, State: candor.ResponseProposed, By: who.Name, Created: c.h.now})
	}
	if p.Method == c.without {
		return candor.Response{}, &candor.NoBasis{Why: candor.GapNothing, Action: p.Method}
	}
	n := 0
	for _, r := range c.all {
		if r.Case == k.ID && r.Method == p.Method {
			n++
		}
	}
	if n != known {
		return candor.Response{}, candor.ErrExists
	}
	r := candor.Response{ID: candor.NewID(c.h.now), Case: k.ID, Method: p.Method, State: candor.ResponseProposed, By: who.Name, Created: c.h.now}
	c.all = append(c.all, r)
	return r, nil
}

func (c *crew) set(id candor.ID, s candor.ResponseState) error {
	i := slices.IndexFunc(c.all, func(r candor.Response) bool { return r.ID == id })
	c.all[i].State = s
	return nil
}

func (c *crew) Approve(_ context.Context, _ candor.Principal, id candor.ID) error {
	return c.set(id, candor.ResponseApproved)
}

func (c *crew) Refuse(_ context.Context, _ candor.Principal, id candor.ID, _ string) error {
	return c.set(id, candor.ResponseRefused)
}

func (c *crew) Responses(_ context.Context, id candor.ID) (all []candor.Response, err error) {
	for _, r := range c.all {
		if r.Case == id {
			all = append(all, r)
		}
	}
	return all, nil
}

// states are the responses of a case, as method and state.
func (c *crew) states(id candor.ID) (all []string) {
	for _, r := range c.all {
		if r.Case == id {
			all = append(all, r.Method+" "+string(r.State))
		}
	}
	return all
}

var days = func(n int) calendar.Period { return calendar.Period{Days: n} }

// laddered is a house whose cases have a ladder.
func laddered(h *house) *crew {
	plays := h.Plays
	h.Plays = func(c candor.Class, n candor.Nature, s candor.Severity) desk.Play {
		p := plays(c, n, s)
		p.Ladder = []desk.Rung{
			{Name: "told", Told: true},
			{Name: "remind", Text: "Reminder", After: days(2), Responses: []desk.PlayResponse{{Method: "notify"}}},
			{Name: "contain", Text: "Containment", Missed: true, Again: days(30), Cases: 3, Within: days(90), Responses: []desk.PlayResponse{{Method: "isolate"}}},
			{Name: "authority", Text: "Authority", After: days(14), Tasks: []desk.PlayTask{{Key: "escalate", Text: "Tell them", Due: days(1)}}},
		}
		return p
	}
	return &crew{h: h}
}

// climb has all ladders looked at, until none is due.
func (h *house) climb(t *testing.T, c *crew) {
	t.Helper()
	if _, err := h.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		n, err := h.Climb(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	t.Fatal("ladders are looked at for ever")
}

func (h *house) stands(t *testing.T, id candor.ID) candor.Standing {
	t.Helper()
	s, err := h.s.Standing(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *house) on(t *testing.T, id candor.ID, rung string, why candor.Cause) {
	t.Helper()
	if s := h.stands(t, id); s.Rung != rung || s.Why != why {
		t.Errorf("it stands on %q (%s), and not on %q (%s)", s.Rung, s.Why, rung, why)
	}
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// TestLadder goes from the first notice to the authority, by time and by a deadline
// that passes.
func TestLadder(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := laddered(h)
		id := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		h.climb(t, c)
		h.on(t, id, "", "")
		if err := h.SetState(t.Context(), ada, id, 0, candor.CaseNotified, ""); err != nil {
			t.Fatal(err)
		}
		h.climb(t, c)
		h.on(t, id, "told", candor.CauseTold)
		same(t, h.stands(t, id).Look, h.now.AddDate(0, 0, 2))
		h.now = h.now.Add(47 * time.Hour)
		h.climb(t, c)
		h.on(t, id, "told", candor.CauseTold)
		h.now = h.now.Add(time.Hour)
		h.climb(t, c)
		h.on(t, id, "remind", candor.CauseTime)
		same(t, c.states(id), []string{"notify proposed"})
		h.now = h.now.Add(25 * time.Hour) // the customer of a grave case has three days
		h.climb(t, c)
		h.on(t, id, "contain", candor.CauseMissed)
		same(t, c.states(id), []string{"notify proposed", "isolate proposed"})
		h.now = h.now.AddDate(0, 0, 14)
		h.climb(t, c)
		h.on(t, id, "authority", candor.CauseTime)
		tasks, err := h.s.Tasks(t.Context(), id)
		if err != nil || len(tasks) != 2 || tasks[1].Key != "escalate" || !tasks[1].Due.Equal(h.now.AddDate(0, 0, 1)) {
			t.Errorf("tasks %+v, %v", tasks, err)
		}
		var told []string
		for _, n := range h.notices {
			if n.Kind == "escalated" {
				told = append(told, n.Text)
			}
		}
		same(t, told, []string{"Reminder", "Containment", "Authority"})
		same(t, h.stands(t, id).Look, time.Time{})
		h.proven(t, id, 4)
	})
}

// proven holds that steps are in the timeline and among the records.
func (h *house) proven(t *testing.T, id candor.ID, n int) {
	t.Helper()
	events := 0
	for _, k := range h.kinds(t, id) {
		if k == candor.EventLadder {
			events++
		}
	}
	records, err := h.s.PendingRecords(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	proven := 0
	for _, r := range records {
		if r.Subject == id && r.Actor == desk.LadderActor {
			proven++
		}
	}
	if events != n || proven != n {
		t.Errorf("%d steps are told and %d proven, of %d", events, proven, n)
	}
}

// TestLadderDown takes a rung back from whoever mends, what it proposed too, and
// goes up again when the same is found again.
func TestLadderDown(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := laddered(h)
		id := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		if err := h.SetState(t.Context(), ada, id, 0, candor.CaseNotified, ""); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			h.climb(t, c)
			h.now = h.now.AddDate(0, 0, 1)
		}
		h.on(t, id, "contain", candor.CauseMissed)
		owner := candor.Principal{Role: candor.RoleCustomer, Party: h.party.ID}
		if err := h.Fixed(t.Context(), owner, id, "it is gone"); err != nil {
			t.Fatal(err)
		}
		h.climb(t, c)
		h.on(t, id, "remind", candor.CauseMended)
		same(t, c.states(id), []string{"notify refused", "isolate refused"})
		h.now = h.now.AddDate(0, 0, 3) // what the deadline says is not said again
		h.climb(t, c)
		h.on(t, id, "remind", candor.CauseMended)
		h.file(t, h.scan(), shell("/a.php", "aa")) // the sensor sees it still: nothing new was found
		h.climb(t, c)
		h.on(t, id, "remind", candor.CauseMended)
		h.file(t, h.scan(), shell("/b.php", "bb"))
		h.climb(t, c)
		h.on(t, id, "contain", candor.CauseAgain)
		same(t, c.states(id), []string{"notify refused", "isolate refused", "isolate proposed"})
	})
}

// TestLadderAgain begins where the case before it stood, and one higher.
func TestLadderAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := laddered(h)
		first := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		if err := h.SetState(t.Context(), ada, first, 0, candor.CaseNotified, ""); err != nil {
			t.Fatal(err)
		}
		h.climb(t, c)
		h.now = h.now.AddDate(0, 0, 1)
		if _, err := h.Finish(t.Context(), h.site.ID, h.scan(), "scan"); err != nil {
			t.Fatal(err)
		}
		h.climb(t, c)
		if s := h.stands(t, first); !s.Look.IsZero() {
			t.Errorf("a case that is over is looked at: %+v", s)
		}
		h.now = h.now.AddDate(0, 0, 29)
		second := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		h.climb(t, c)
		h.on(t, second, "contain", candor.CauseAgain)
		same(t, h.stands(t, second).Previous, first)
		same(t, c.states(second), []string{"isolate proposed"})
		if _, err := h.Finish(t.Context(), h.site.ID, h.scan(), "scan"); err != nil {
			t.Fatal(err)
		}
		h.now = h.now.AddDate(0, 0, 61)
		third := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		h.climb(t, c)
		h.on(t, third, "", "") // too long ago, and the first is older than 90 days
		if _, err := h.Finish(t.Context(), h.site.ID, h.scan(), "scan"); err != nil {
			t.Fatal(err)
		}
		h.now = h.now.AddDate(0, 0, 29)
		fourth := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		h.climb(t, c)
		h.on(t, fourth, "contain", candor.CauseAgain)
	})
}

// TestLadderCases counts cases of a class, without false alarms.
func TestLadderCases(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := laddered(h)
		var last candor.ID
		for i := range 4 {
			last = h.file(t, h.scan(), shell("/a.php", string(rune('a'+i)))).Opened[0]
			if i == 0 {
				if err := h.SetState(t.Context(), ada, last, 0, candor.CaseFalseAlarm, ""); err != nil {
					t.Fatal(err)
				}
			} else if i < 3 {
				h.now = h.now.AddDate(0, 0, 1)
				if _, err := h.Finish(t.Context(), h.site.ID, h.scan(), "scan"); err != nil {
					t.Fatal(err)
				}
				h.climb(t, c)
				h.now = h.now.AddDate(0, 0, 31)
			}
		}
		h.climb(t, c)
		h.on(t, last, "contain", candor.CauseCases)
	})
}

// TestLadderAtOnce has four sites of a party be found at once: that is no repetition.
func TestLadderAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := laddered(h)
		var opened []candor.ID
		for i := range 4 {
			a := h.site
			a.ID, a.Name, a.Reference = candor.NewID(h.now), fmt.Sprintf("many%d.example", i), fmt.Sprint("many", i)
			a.Hosts, a.Roots = nil, nil
			if err := h.s.Tx(t.Context(), func(tx *store.Tx) error { return tx.AddAsset(t.Context(), a, time.Time{}) }); err != nil {
				t.Fatal(err)
			}
			filed, err := h.File(t.Context(), desk.Filing{Asset: a.ID, Scan: h.scan(), Sensor: "scan", Generation: "g1", Findings: []candor.Finding{shell("/a.php", "aa")}})
			if err != nil {
				t.Fatal(err)
			}
			opened = append(opened, filed.Opened...)
			h.now = h.now.Add(time.Minute)
		}
		for _, id := range opened {
			if err := h.SetState(t.Context(), ada, id, 0, candor.CaseNotified, ""); err != nil {
				t.Fatal(err)
			}
		}
		h.climb(t, c)
		for _, id := range opened {
			h.on(t, id, "told", candor.CauseTold)
		}
	})
}

// TestLadderBreaks proposes once though the first attempt broke off, waits for an
// answer to a question, and tells what nothing allows.
func TestLadderBreaks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := laddered(h)
		id := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		if err := h.SetState(t.Context(), ada, id, 0, candor.CaseNotified, ""); err != nil {
			t.Fatal(err)
		}
		h.climb(t, c)
		owner := candor.Principal{Role: candor.RoleCustomer, Party: h.party.ID}
		if err := h.Ask(t.Context(), owner, id, "what is it?"); err != nil {
			t.Fatal(err)
		}
		h.now = h.now.AddDate(0, 0, 2)
		h.climb(t, c)
		h.on(t, id, "told", candor.CauseTold)
		if err := h.Comment(t.Context(), ada, id, "a shell", true); err != nil {
			t.Fatal(err)
		}
		h.now = h.now.Add(2 * time.Hour)
		c.broken = candor.ErrUnavailable
		if _, err := h.Climb(t.Context(), c); err == nil {
			t.Fatal("a proposal that broke off is told of nowhere")
		}
		if s := h.stands(t, id); !s.Pending || s.Rung != "remind" {
			t.Errorf("it stands %+v", s)
		}
		h.now = h.now.Add(time.Hour)
		h.climb(t, c)
		h.climb(t, c)
		same(t, c.states(id), []string{"notify proposed"})
		c.without = "isolate"
		h.now = h.now.AddDate(0, 0, 3)
		h.climb(t, c)
		h.on(t, id, "contain", candor.CauseMissed)
		if s := h.stands(t, id); s.Gap == "" || s.Pending {
			t.Errorf("it stands %+v", s)
		}
		same(t, c.states(id), []string{"notify proposed"})
		if kinds := h.kinds(t, id); !slices.Contains(kinds, candor.EventResponse) {
			t.Errorf("the timeline does not tell that it could not be proposed: %v", kinds)
		}
	})
}

// TestLadderReturns contains again what was contained before: the case before it ended on
// that very rung, without a word of its party.
func TestLadderReturns(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := laddered(h)
		first := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		if err := h.SetState(t.Context(), ada, first, 0, candor.CaseNotified, ""); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			h.climb(t, c)
			h.now = h.now.AddDate(0, 0, 1)
		}
		h.on(t, first, "contain", candor.CauseMissed)
		if _, err := h.Finish(t.Context(), h.site.ID, h.scan(), "scan"); err != nil {
			t.Fatal(err)
		}
		h.climb(t, c)
		h.now = h.now.AddDate(0, 0, 1)
		second := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		h.climb(t, c)
		h.on(t, second, "contain", candor.CauseAgain)
		same(t, c.states(second), []string{"isolate proposed"})
		h.now = h.now.AddDate(0, 0, 14)
		h.climb(t, c)
		h.on(t, second, "authority", candor.CauseTime)
	})
}

// TestLadderOld puts a case that is older than ladders onto its own when it is reported
// once more.
func TestLadderOld(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		report := func() desk.Filed {
			filed, err := h.File(t.Context(), desk.Filing{Asset: h.site.ID, Scan: h.scan(), Sensor: desk.Reported, Findings: []candor.Finding{shell("http://site.example/a.php", "")}})
			if err != nil {
				t.Fatal(err)
			}
			return filed
		}
		id := report().Opened[0]
		if err := h.SetState(t.Context(), ada, id, 0, candor.CaseNotified, ""); err != nil {
			t.Fatal(err)
		}
		h.now = h.now.AddDate(0, 0, 1)
		c := laddered(h)
		report()
		h.now = h.now.Add(2 * time.Minute)
		h.climb(t, c)
		h.on(t, id, "told", candor.CauseTold)
		h.now = h.now.AddDate(0, 0, 2)
		h.climb(t, c)
		h.on(t, id, "remind", candor.CauseTime)
	})
}

// TestLadderNodes approves what another node proposed that died before it approved it.
func TestLadderNodes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := laddered(h)
		if err := h.SetPolicy(t.Context(), ada, desk.Policy{Rules: []desk.PolicyRule{{Method: "notify"}}}, []string{"notify"}); err != nil {
			t.Fatal(err)
		}
		id := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		if err := h.SetState(t.Context(), ada, id, 0, candor.CaseNotified, ""); err != nil {
			t.Fatal(err)
		}
		h.climb(t, c)
		h.now = h.now.AddDate(0, 0, 2)
		c.beaten = true
		h.climb(t, c)
		h.on(t, id, "remind", candor.CauseTime)
		same(t, c.states(id), []string{"notify approved"})
	})
}
