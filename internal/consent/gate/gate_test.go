package gate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
)

var start = time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)

// history is a site's random life: what was measured, waived and decided, when.
type history struct {
	r        *rand.Rand
	at       time.Time
	policy   Policy
	readings map[string]Reading
	waivers  []candor.GateWaiver
	gate     candor.Gate
	steps    []step
}

// step is one thing that the gate was asked to do, and what the reference needs
// of it.
type step struct {
	what  string // ask, back, decide
	at    time.Time
	met   bool
	grace time.Duration
}

func newHistory(r *rand.Rand) *history {
	h := &history{r: r, at: start, policy: DefaultPolicy(), readings: map[string]Reading{}, gate: candor.Gate{Asset: "s", State: candor.GateDraft}}
	h.policy.Grace, h.policy.Stale = candor.Period(time.Duration(r.IntN(4))*12*time.Hour), candor.Period(3*day)
	for _, c := range Checks() {
		if r.IntN(3) > 0 {
			h.readings[c.ID] = Reading{Check: c.ID, Outcome: candor.GatePassed, At: h.at}
		}
		if r.IntN(6) == 0 {
			h.exempt(c.ID)
		}
	}
	return h
}

func (h *history) exempt(check string) {
	h.policy.NotRequired = append(h.policy.NotRequired, Exemption{Check: check, Reason: "x", By: "user:1", At: h.at})
}

func (h *history) check() string { return Checks()[h.r.IntN(len(Checks()))].ID }

// live does one random thing. The clock mostly goes on; it also stands still,
// and is set back a little.
func (h *history) live() {
	switch n := h.r.IntN(10); {
	case n < 6:
		h.at = h.at.Add(time.Duration(h.r.IntN(14)) * time.Hour)
	case n == 6:
		h.at = h.at.Add(-time.Minute)
	}
	switch h.r.IntN(12) {
	case 0:
		h.step("back")
	case 1, 2:
		h.step("ask")
	case 3:
		h.waivers = append(h.waivers, candor.GateWaiver{ID: candor.ID(fmt.Sprint(len(h.waivers))), Check: h.check(), Created: h.at, Until: h.at.Add(time.Duration(1+h.r.IntN(60)) * time.Hour)})
	case 4:
		if n := len(h.waivers); n > 0 {
			if w := &h.waivers[h.r.IntN(n)]; w.Ended.IsZero() {
				w.Ended = h.at
			}
		}
	case 5:
		h.readings[h.check()] = Reading{Outcome: candor.GateFailed, Why: Grave, Count: 1, At: h.at}
	case 6:
		h.readings[h.check()] = Reading{Outcome: candor.GateOutcome([]string{"missing", "", "nonsense"}[h.r.IntN(3)]), At: h.at}
	case 7:
		if id := h.check(); h.policy.requires(id) && h.r.IntN(3) == 0 {
			h.exempt(id)
		} else if n := len(h.policy.NotRequired); n > 0 && h.r.IntN(2) == 0 {
			h.policy.NotRequired = slices.Delete(slices.Clone(h.policy.NotRequired), n-1, n)
		}
	default:
		for _, c := range Checks() {
			if h.r.IntN(3) > 0 {
				h.readings[c.ID] = Reading{Outcome: candor.GatePassed, At: h.at}
			}
		}
	}
	h.step("decide")
}

func (h *history) all() (all []Reading) {
	for id, r := range h.readings {
		r.Check = id
		all = append(all, r)
	}
	return all
}

func (h *history) step(what string) {
	h.steps = append(h.steps, step{what, h.at, h.met(h.at), time.Duration(h.policy.Grace)})
	switch what {
	case "ask":
		h.gate = Ask(h.gate, h.at)
	case "back":
		h.gate = TakeBack(h.gate, h.at)
	case "decide":
		h.gate = Next(h.gate, Judge(h.policy, h.all(), h.waivers, h.gate.Checks, h.at), h.policy, h.at)
	}
}

// met is the reference for the checks: each was measured and passed not too long
// ago, or is not asked for, or a waiver holds.
func (h *history) met(at time.Time) bool {
	for _, c := range Checks() {
		r := h.readings[c.ID]
		ok := r.Outcome == candor.GatePassed && !r.At.IsZero() && at.Sub(r.At) <= time.Duration(h.policy.Stale)
		for _, x := range h.policy.NotRequired {
			ok = ok || x.Check == c.ID
		}
		for _, w := range h.waivers {
			ended := w.Until
			if !w.Ended.IsZero() && w.Ended.Before(ended) {
				ended = w.Ended
			}
			ok = ok || w.Check == c.ID && !w.Created.After(at) && at.Before(ended)
		}
		if !ok {
			return false
		}
	}
	return true
}

// state is the reference for the state: it looks back over what was asked of the
// gate.
func state(steps []step) candor.GateState {
	asked := -1
	for i, s := range steps {
		switch {
		case s.what == "back":
			asked = -1
		case s.what == "ask" && asked < 0:
			asked = i
		}
	}
	if asked < 0 {
		return candor.GateDraft
	}
	decided := slices.DeleteFunc(slices.Clone(steps[asked:]), func(s step) bool { return s.what != "decide" })
	good := -1
	for i, s := range decided {
		if s.met {
			good = i
		}
	}
	switch {
	case good < 0:
		return candor.GateChecking
	case good == len(decided)-1:
		return candor.GateLive
	}
	lost := decided[good+1]
	for i, s := range decided[good+1:] {
		if i == 0 && s.grace == 0 || i > 0 && !s.at.Before(lost.at.Add(lost.grace)) {
			return candor.GateSuspended
		}
	}
	return candor.GateGrace
}

// TestGateIsWhatTheHistorySays holds the gate against the reference after every
// step of random histories.
func TestGateIsWhatTheHistorySays(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	seen := map[candor.GateState]int{}
	for n := range 4000 {
		h := newHistory(r)
		h.step("decide")
		for range 5 + r.IntN(40) {
			h.live()
			want := state(h.steps)
			seen[want]++
			if h.gate.State != want {
				t.Fatalf("history %d: the gate says %s, and %s follows from %+v", n, h.gate.State, want, h.steps)
			}
			if h.gate.State == candor.GateLive && !h.met(h.at) {
				t.Fatalf("history %d: live without %v", n, Unmet(h.gate.Checks))
			}
			if (h.gate.State == candor.GateGrace) == h.gate.Deadline.IsZero() {
				t.Fatalf("history %d: %s with the deadline %s", n, h.gate.State, h.gate.Deadline)
			}
			h.later(t)
		}
	}
	for _, s := range candor.GateStates() {
		if seen[s] < 500 {
			t.Errorf("%s was seen %d times only", s, seen[s])
		}
	}
}

// later asks at a moment to come, before the gate decides again.
func (h *history) later(t *testing.T) {
	t.Helper()
	at := h.at.Add(time.Duration(h.r.IntN(100)) * time.Hour)
	checks := Judge(h.policy, h.all(), h.waivers, h.gate.Checks, at)
	next := state(append(slices.Clone(h.steps), step{"decide", at, h.met(at), time.Duration(h.policy.Grace)}))
	if got, want := Allowed(h.gate, checks, h.policy, at), h.gate.State.Open() && next.Open(); got != want {
		t.Fatalf("at %s allowed is %v, and it was %s and would be %s", at, got, h.gate.State, next)
	}
	if due := Due(h.gate, h.policy); h.gate.State == candor.GateDraft != due.IsZero() {
		t.Fatalf("%s is due at %s", h.gate.State, due)
	}
}

// TestDueIsInTime has nothing end by itself before the gate looks again.
func TestDueIsInTime(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	changes := 0
	for range 2000 {
		h := newHistory(r)
		h.policy.NotRequired, h.gate.State = nil, []candor.GateState{candor.GateLive, candor.GateChecking}[r.IntN(2)]
		for _, c := range Checks() {
			h.readings[c.ID] = Reading{Outcome: candor.GatePassed, At: h.at.Add(-time.Duration(r.Int64N(int64(3 * day))))}
			if r.IntN(8) == 0 {
				delete(h.readings, c.ID)
				h.waivers = append(h.waivers, candor.GateWaiver{ID: "w", Check: c.ID, Created: h.at, Until: h.at.Add(time.Duration(1 + r.IntN(int(10*time.Hour))))})
			}
		}
		h.step("decide")
		if r.IntN(2) == 0 { // the deadline itself
			delete(h.readings, Content)
			h.waivers = nil
			h.step("decide")
			h.gate.Deadline = h.at.Add(time.Duration(1 + r.IntN(int(5*time.Minute))))
		}
		at := h.at.Add(time.Duration(r.Int64N(int64(2 * time.Hour))))
		then := Next(h.gate, Judge(h.policy, h.all(), h.waivers, nil, at), h.policy, at)
		if then.State == h.gate.State {
			continue
		}
		changes++
		if due := Due(h.gate, h.policy); at.Before(due) {
			t.Fatalf("%s became %s at %s, and was due at %s: %+v", h.gate.State, then.State, at, due, h.gate.Checks)
		}
	}
	if changes < 100 {
		t.Errorf("only %d changed", changes)
	}
}

func TestJudge(t *testing.T) {
	p := DefaultPolicy()
	for _, x := range []struct {
		name     string
		readings []Reading
		want     candor.GateOutcome
		why      Why
	}{
		{"nothing", nil, candor.GateMissing, NotMeasured},
		{"passed", []Reading{{Content, candor.GatePassed, "", 0, start}}, candor.GatePassed, ""},
		{"no time", []Reading{{Content, candor.GatePassed, "", 0, time.Time{}}}, candor.GateMissing, NotMeasured},
		{"to come", []Reading{{Content, candor.GatePassed, "", 0, start.Add(skew + 1)}}, candor.GateMissing, FromFuture},
		{"another clock", []Reading{{Content, candor.GatePassed, "", 0, start.Add(skew)}}, candor.GatePassed, ""},
		{"just in time", []Reading{{Content, candor.GatePassed, "", 0, start.Add(-8 * day)}}, candor.GatePassed, ""},
		{"too old", []Reading{{Content, candor.GatePassed, "", 0, start.Add(-8*day - 1)}}, candor.GateStale, TooOld},
		{"failed long ago", []Reading{{Content, candor.GateFailed, Grave, 2, start.Add(-99 * day)}}, candor.GateFailed, Grave},
		{"unheard of", []Reading{{Content, "fine", "", 0, start}}, candor.GateMissing, NotMeasured},
		{"waived is no reading", []Reading{{Content, candor.GateWaived, "", 0, start}}, candor.GateMissing, NotMeasured},
		{"the worst of several", []Reading{{Content, candor.GatePassed, "", 0, start}, {Content, candor.GateFailed, Grave, 1, start}, {Content, candor.GatePassed, "", 0, start}}, candor.GateFailed, Grave},
		{"of another", []Reading{{Notice, candor.GatePassed, "", 0, start}}, candor.GateMissing, NotMeasured},
	} {
		checks := Judge(p, x.readings, nil, nil, start)
		got := checks[slices.IndexFunc(checks, func(c candor.GateCheck) bool { return c.Check == Content })]
		if got.Outcome != x.want || got.Why != string(x.why) || !got.Since.Equal(start) || len(checks) != len(Checks()) {
			t.Errorf("%s: %+v", x.name, got)
		}
	}
}

func TestSince(t *testing.T) {
	p := DefaultPolicy()
	first := Judge(p, nil, nil, nil, start)
	w := []candor.GateWaiver{{ID: "w", Check: Content, Created: start.Add(time.Hour), Until: start.Add(2 * time.Hour)}}
	second := Judge(p, nil, w, first, start.Add(time.Hour))
	third := Judge(p, nil, w, second, start.Add(2*time.Hour))
	since := func(checks []candor.GateCheck, id string) string {
		c := checks[slices.IndexFunc(checks, func(c candor.GateCheck) bool { return c.Check == id })]
		return fmt.Sprint(c.Outcome, " ", c.Since.Sub(start), " ", c.Waiver)
	}
	got := []string{since(first, Content), since(second, Content), since(third, Content), since(third, Notice)}
	if d := cmp.Diff([]string{"missing 0s ", "waived 1h0m0s w", "missing 2h0m0s ", "missing 0s "}, got); d != "" {
		t.Error(d)
	}
}

func TestContentOf(t *testing.T) {
	a := candor.Asset{Roots: []string{"/srv/a"}}
	ended := candor.Scan{State: candor.ScanComplete, Started: start, Ended: start.Add(time.Hour)}
	state := func(s candor.ScanState) *candor.Scan { x := ended; x.State = s; return &x }
	for _, x := range []struct {
		name  string
		site  candor.Asset
		scan  *candor.Scan
		grave int64
		want  Reading
	}{
		{"whole", a, &ended, 0, Reading{Content, candor.GatePassed, "", 0, start}},
		{"grave", a, &ended, 2, Reading{Content, candor.GateFailed, Grave, 2, start.Add(time.Hour)}},
		{"grave without a scan", a, nil, 1, Reading{Content, candor.GateFailed, Grave, 1, time.Time{}}},
		{"partial", a, state(candor.ScanPartial), 0, Reading{Content, candor.GateMissing, Partial, 0, start.Add(time.Hour)}},
		{"failed", a, state(candor.ScanFailed), 0, Reading{Content, candor.GateMissing, Partial, 0, start.Add(time.Hour)}},
		{"none", a, nil, 0, Reading{Content, candor.GateMissing, NeverSeen, 0, time.Time{}}},
		{"under way", a, &candor.Scan{State: candor.ScanRunning, Started: start}, 0, Reading{Content, candor.GateMissing, NeverSeen, 0, time.Time{}}},
		{"nowhere", candor.Asset{}, &ended, 0, Reading{Content, candor.GateMissing, NoPlace, 0, start.Add(time.Hour)}},
	} {
		if d := cmp.Diff(x.want, ContentOf(x.site, x.scan, x.grave)); d != "" {
			t.Errorf("%s: -want +got:\n%s", x.name, d)
		}
	}
}

type broken struct{}

func (broken) Notice(context.Context, candor.Asset) (Reading, error) {
	return Reading{Outcome: candor.GatePassed, At: start}, errors.New("no answer")
}

// TestBrokenSensor has an error never read as passed.
func TestBrokenSensor(t *testing.T) {
	all, err := Sensors{Notices: broken{}}.Read(t.Context(), candor.Asset{ID: "s"})
	if d := cmp.Diff([]Reading{{Check: Notice, Outcome: candor.GateMissing, Why: Broken}}, all); d != "" || err == nil {
		t.Errorf("%v: %s", err, d)
	}
	if none, err := (Sensors{}).Read(t.Context(), candor.Asset{}); len(none) != 0 || err != nil {
		t.Errorf("%v, %v", none, err)
	}
}

func TestPolicyCheck(t *testing.T) {
	if err := DefaultPolicy().Check(); err != nil {
		t.Error(err)
	}
	x := Exemption{Content, "we have another scanner", "user:1", start}
	for name, change := range map[string]func(*Policy){
		"grace":        func(p *Policy) { p.Grace = candor.Period(mostGrace + 1) },
		"stale":        func(p *Policy) { p.Stale = 0 },
		"waivers":      func(p *Policy) { p.LongestWaiver = candor.Period(mostWaiver + 1) },
		"unknown":      func(p *Policy) { y := x; y.Check = "luck"; p.NotRequired = []Exemption{y} },
		"twice":        func(p *Policy) { p.NotRequired = []Exemption{x, x} },
		"no reason":    func(p *Policy) { y := x; y.Reason = " "; p.NotRequired = []Exemption{y} },
		"nobody":       func(p *Policy) { y := x; y.By = ""; p.NotRequired = []Exemption{y} },
		"at no moment": func(p *Policy) { y := x; y.At = time.Time{}; p.NotRequired = []Exemption{y} },
	} {
		p := DefaultPolicy()
		if change(&p); !errors.Is(p.Check(), candor.ErrInvalid) || candor.Hint(p.Check()) == "" {
			t.Errorf("%s: %v", name, p.Check())
		}
	}
	good := candor.GateWaiver{Check: Content, Reason: "a move", Until: start.Add(90 * day)}
	if err := DefaultPolicy().CheckWaiver(good, start); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*candor.GateWaiver){
		"unknown":   func(w *candor.GateWaiver) { w.Check = "luck" },
		"no reason": func(w *candor.GateWaiver) { w.Reason = "" },
		"over":      func(w *candor.GateWaiver) { w.Until = start },
		"too long":  func(w *candor.GateWaiver) { w.Until = w.Until.Add(1) },
	} {
		w := good
		if change(&w); !errors.Is(DefaultPolicy().CheckWaiver(w, start), candor.ErrInvalid) {
			t.Errorf("%s is taken", name)
		}
	}
	if err := (Policy{}).CheckWaiver(good, start); !errors.Is(err, candor.ErrInvalid) {
		t.Error("a policy that allows none allowed one")
	}
}

func TestWords(t *testing.T) {
	seen := map[string]Why{}
	for _, w := range Whys() {
		what, next := w.Words()
		if seen[what] != "" || what == "" || next == "" {
			t.Errorf("%s: %q, %q", w, what, next)
		}
		seen[what] = w
	}
}
