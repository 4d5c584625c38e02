package house_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/consent/gate"
	"candor/internal/house"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// keeper is a sensor that says what a test has it say.
type keeper struct {
	lock            sync.Mutex
	notice, terms   gate.Reading
	broken          error
	lookingAtNotice func()
}

func (k *keeper) Notice(context.Context, candor.Asset) (gate.Reading, error) {
	if k.lookingAtNotice != nil {
		k.lookingAtNotice()
	}
	k.lock.Lock()
	defer k.lock.Unlock()
	return k.notice, k.broken
}

func (k *keeper) Terms(context.Context, candor.Asset) (gate.Reading, error) {
	k.lock.Lock()
	defer k.lock.Unlock()
	return k.terms, nil
}

// gated is a world whose site meets everything but what its case is about.
func gated(t *testing.T, w *world) (*keeper, candor.Principal) {
	t.Helper()
	k := &keeper{notice: gate.Reading{Outcome: candor.GatePassed, At: w.now}, terms: gate.Reading{Outcome: candor.GatePassed, At: w.now}}
	w.Gatekeeping = gate.Sensors{Notices: k, Agreements: k}
	p := gate.DefaultPolicy()
	for _, c := range gate.Checks() {
		if !c.Sensor {
			p.NotRequired = append(p.NotRequired, gate.Exemption{Check: c.ID, Reason: "done by hand"})
		}
	}
	p = ok(w.SetGatePolicy(t.Context(), ada, p))(t)
	for _, x := range p.NotRequired {
		if x.By != ada.Actor() || !x.At.Equal(w.now) {
			t.Errorf("left out by nobody: %+v", x)
		}
	}
	w.scanned(t, candor.ScanComplete)
	return k, candor.Principal{User: "0190a000-0000-7000-8000-000000000009", Name: "Owner", Role: candor.RoleCustomer, Party: w.party.ID}
}

func ok[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err, candor.Hint(err))
		}
		return v
	}
}

func (w *world) scanned(t *testing.T, state candor.ScanState) {
	t.Helper()
	w.now = w.now.Add(time.Second)
	x := candor.Scan{ID: candor.NewID(w.now), Asset: w.site.ID, Party: w.party.ID, State: state, Cause: "schedule", By: "system", Queued: w.now, Started: w.now, Ended: w.now}
	if err := w.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.AddScan(t.Context(), x) }); err != nil {
		t.Fatal(err)
	}
}

// clean dismisses what was found at the site.
func (w *world) clean(t *testing.T) {
	t.Helper()
	for _, f := range ok(w.Store.FindingsOfCase(t.Context(), w.kase))(t) {
		if err := w.Desk.Dismiss(t.Context(), ada, f.ID, "mine"); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) stands(t *testing.T, want candor.GateState, unmet ...string) {
	t.Helper()
	v := ok(w.Gate(t.Context(), ada, w.site.ID))(t)
	var got []string
	for _, c := range v.Checks {
		if !c.Outcome.Met() {
			got = append(got, c.Check+":"+c.Why)
		}
	}
	admitted := ok(w.Admitted(t.Context(), ada, "ACME.example."))(t)
	if v.Gate.State != want || !slices.Equal(got, unmet) || v.Allowed != want.Open() || admitted.Allowed != v.Allowed || admitted.State != want {
		t.Fatalf("it is %s for want of %v, allowed %v and by name %+v; want %s for want of %v", v.Gate.State, got, v.Allowed, admitted, want, unmet)
	}
}

// TestGate takes a site through all states: refused, mended, live, lost, in
// grace, suspended, waived, live, and taken back.
func TestGate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		k, owner := gated(t, w)
		k.notice = gate.Reading{Outcome: candor.GateFailed, Why: gate.NoNotice}
		w.stands(t, candor.GateDraft, "notice:no-notice", "content:grave")
		v := ok(w.AskGate(ctx, owner, w.site.ID))(t)
		if v.Gate.State != candor.GateChecking || v.Moves[0].By != owner.Actor() || len(v.Moves[0].Unmet) != 2 {
			t.Errorf("asked for: %+v", v)
		}
		w.stands(t, candor.GateChecking, "notice:no-notice", "content:grave")
		k.notice = gate.Reading{Outcome: candor.GatePassed, At: w.now}
		w.clean(t)
		w.stands(t, candor.GateChecking)
		w.due(t, 3*time.Minute, candor.GateLive)
		k.terms = gate.Reading{Outcome: candor.GateFailed, Why: gate.OldTerms}
		ok(w.DecideGate(ctx, owner, w.site.ID))(t)
		w.stands(t, candor.GateGrace, "terms:old-terms")
		deadline := ok(w.Gate(ctx, ada, w.site.ID))(t).Gate.Deadline
		if got := ok(w.Admitted(ctx, ada, "acme.example"))(t); !got.Until.Equal(deadline) || deadline.Sub(w.now) != 7*24*time.Hour {
			t.Errorf("until %s, deadline %s", got.Until, deadline)
		}
		w.now = deadline
		if got := ok(w.Admitted(ctx, ada, "acme.example"))(t); got.Allowed {
			t.Error("allowed when the grace is over, before the gate decides")
		}
		w.scanned(t, candor.ScanComplete)
		w.due(t, 0, candor.GateSuspended)
		w.waive(t, owner)
		v = ok(w.TakeBackGate(ctx, owner, w.site.ID))(t)
		if v.Gate.State != candor.GateDraft || v.Allowed {
			t.Errorf("taken back: %+v", v.Gate)
		}
		w.told(t, owner, "draft", "suspended", "grace", "live", "grace", "live", "suspended", "grace", "live", "checking")
	})
}

// due has the gate look at what is due after a time.
func (w *world) due(t *testing.T, after time.Duration, want candor.GateState) {
	t.Helper()
	w.now = w.now.Add(after)
	if n, err := w.DecideGates(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := w.DecideGates(t.Context()); n != 0 || err != nil {
		t.Fatalf("looked at %d again at once, %v", n, err)
	}
	if v := ok(w.Gate(t.Context(), ada, w.site.ID))(t); v.Gate.State != want {
		t.Fatalf("it is %s, not %s: %+v", v.Gate.State, want, v.Checks)
	}
}

// waive takes a site that is suspended live by a waiver, which ends early, and
// by another, which ends by itself.
func (w *world) waive(t *testing.T, owner candor.Principal) {
	t.Helper()
	ctx := t.Context()
	until := w.now.Add(3 * 24 * time.Hour)
	for _, who := range []candor.Principal{eve, owner} {
		if _, err := w.Waive(ctx, who, w.site.ID, gate.Terms, "x", until); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("%s waived: %v", who.Name, err)
		}
	}
	if _, err := w.Waive(ctx, ada, w.site.ID, gate.Terms, "x", w.now.Add(91*24*time.Hour)); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("for longer than the policy says: %v", err)
	}
	if _, err := w.Waive(ctx, ada, w.party.ID, gate.Terms, "x", until); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("for what is no site: %v", err)
	}
	x := ok(w.Waive(ctx, ada, w.site.ID, gate.Terms, "Ms Li signs on Friday", until))(t)
	w.stands(t, candor.GateLive)
	if err := w.EndWaiver(ctx, ada, w.site.ID, x.ID); err != nil {
		t.Fatal(err)
	}
	w.stands(t, candor.GateGrace, "terms:old-terms")
	if err := w.EndWaiver(ctx, ada, w.site.ID, x.ID); !errors.Is(err, candor.ErrChanged) {
		t.Errorf("ended twice: %v", err)
	}
	ok(w.Waive(ctx, ada, w.site.ID, gate.Terms, "Ms Li signs on Friday", until))(t)
	w.stands(t, candor.GateLive)
	v := ok(w.Gate(ctx, owner, w.site.ID))(t)
	if text := ok(json.Marshal(v))(t); strings.Contains(string(text), "Li") || strings.Contains(string(text), string(ada.User)) || len(v.Waivers) != 2 {
		t.Errorf("the customer sees %s", text)
	}
	w.Gatekeeping.Notices.(*keeper).notice.At = until
	w.now = until
	w.scanned(t, candor.ScanComplete)
	w.due(t, 0, candor.GateGrace)
	w.scanned(t, candor.ScanComplete)
	w.due(t, 7*24*time.Hour, candor.GateSuspended)
}

// told looks for the decisions in the evidence, and for jobs that tell of them.
func (w *world) told(t *testing.T, owner candor.Principal, states ...string) {
	t.Helper()
	v := ok(w.Gate(t.Context(), owner, w.site.ID))(t)
	var moves []string
	for _, m := range v.Moves {
		moves = append(moves, string(m.To))
	}
	if !slices.Equal(moves, states) {
		t.Errorf("moved %v, want %v", moves, states)
	}
	count := map[string]int{}
	page := ok(w.Store.Records(t.Context(), candor.RecordFilter{Kind: candor.RecordDecision}, candor.Cut{Limit: 500}))(t)
	for _, r := range page.Items {
		var body struct{ Gate, Waiver, Step, From string }
		if err := json.Unmarshal(r.Body, &body); err != nil || strings.Contains(string(r.Body), "Li") {
			t.Errorf("%s: %v", r.Body, err)
		}
		if r.Subject == w.site.ID && body.Gate != body.From {
			count["moves"]++
		}
		if body.Waiver != "" {
			count[body.Waiver]++
		}
	}
	if count["moves"] != len(states) || count["made"] != 2 || count["ended"] != 1 || count["expired"] != 1 {
		t.Errorf("the evidence holds %v", count)
	}
}

// TestGateFailsClosed has nobody reach a site of which something is not known.
func TestGateFailsClosed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		k, owner := gated(t, w)
		w.clean(t)
		ok(w.AskGate(ctx, owner, w.site.ID))(t)
		w.stands(t, candor.GateLive)
		k.broken = errors.New("no answer")
		ok(w.DecideGate(ctx, owner, w.site.ID))(t)
		w.stands(t, candor.GateGrace, "notice:error")
		k.broken = nil
		w.scanned(t, candor.ScanPartial)
		w.stands(t, candor.GateGrace, "content:partial")
		_, other := storetest.Sample(t, w.Store, "stranger")
		w.scanned(t, candor.ScanComplete)
		ok(w.DecideGate(ctx, owner, w.site.ID))(t)
		w.stands(t, candor.GateLive)
		for host, want := range map[string]bool{"acme.example": true, "www.acme.example": false, "stranger.example": false, "x": false} {
			got := ok(w.Admitted(ctx, owner, host))(t)
			if got.Allowed != want || !want && got.Site != "" {
				t.Errorf("%s: %+v", host, got)
			}
		}
		// Another site with the name has to be let in too.
		other.Hosts = append(other.Hosts, "acme.example")
		if err := w.Store.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, other, time.Time{}) }); err != nil {
			t.Fatal(err)
		}
		if got := ok(w.Admitted(ctx, owner, "acme.example"))(t); got.Allowed || got.Site != w.site.ID {
			t.Errorf("with another's draft of that name: %+v", got)
		}
		if _, err := w.Admitted(ctx, candor.Principal{}, "acme.example"); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("nobody: %v", err)
		}
		if _, err := w.Admitted(ctx, ada, " "); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("no name: %v", err)
		}
		w.site.Retired = true
		if err := w.Store.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, w.site, time.Time{}) }); err != nil {
			t.Fatal(err)
		}
		if err := w.HurryGate(ctx, w.site.ID); err != nil {
			t.Fatal(err)
		}
		w.due(t, 5*time.Second, candor.GateDraft)
		if _, err := w.AskGate(ctx, owner, w.site.ID); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("asked for a site out of use: %v", err)
		}
	})
}

// TestGateAtOnce has two decide at the same time: what was known later stays.
func TestGateAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		k, owner := gated(t, w)
		w.clean(t)
		once := false
		k.lookingAtNotice = func() {
			if once {
				return
			}
			once = true
			w.now = w.now.Add(time.Second)
			ok(w.TakeBackGate(ctx, owner, w.site.ID))(t) // while the other asks
		}
		v := ok(w.AskGate(ctx, owner, w.site.ID))(t)
		if v.Gate.State != candor.GateLive || len(v.Moves) != 1 {
			t.Errorf("%+v", v)
		}
	})
}

// TestGateAsks says who may do what with the gate.
func TestGateAsks(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	ctx := t.Context()
	_, owner := gated(t, w)
	stranger := owner
	stranger.Party = candor.NewID(w.now)
	for name, err := range map[string]error{
		"a stranger looks":        second(w.Gate(ctx, stranger, w.site.ID)),
		"a stranger asks":         second(w.AskGate(ctx, stranger, w.site.ID)),
		"a stranger takes back":   second(w.TakeBackGate(ctx, stranger, w.site.ID)),
		"a stranger has it look":  second(w.DecideGate(ctx, stranger, w.site.ID)),
		"what is no site is seen": second(w.Gate(ctx, ada, w.party.ID)),
	} {
		if !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"the auditor asks":           second(w.AskGate(ctx, eve, w.site.ID)),
		"the auditor sets a policy":  second(w.SetGatePolicy(ctx, eve, gate.DefaultPolicy())),
		"a customer sees the policy": second(w.GatePolicy(ctx, owner)),
		"a customer sees waivers":    second(w.WaiversInForce(ctx, owner)),
		"a customer ends a waiver":   w.EndWaiver(ctx, owner, w.site.ID, w.site.ID),
		"nobody looks":               second(w.Gate(ctx, candor.Principal{}, w.site.ID)),
	} {
		if !errors.Is(err, candor.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	page := ok(w.Gates(ctx, stranger, candor.GateFilter{}, candor.Cut{}))(t)
	if len(page.Items) != 0 {
		t.Errorf("a stranger sees %v", page.Items)
	}
	if mine := ok(w.Gates(ctx, owner, candor.GateFilter{}, candor.Cut{}))(t).Items; len(mine) != 1 || mine[0].Site.Roots != nil {
		t.Errorf("the owner sees %+v", mine)
	}
	p := gate.DefaultPolicy()
	p.Grace = -1
	if _, err := w.SetGatePolicy(ctx, ada, p); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("a policy that makes no sense: %v", err)
	}
	if _, err := w.Waive(ctx, candor.Principal{}, w.site.ID, gate.Notice, "x", w.now.Add(time.Hour)); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("the program itself waived: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// graces gives the mails about grace that are asked for, and when they are due.
func (w *world) graces(t *testing.T) (jobs []house.GraceJob, due []time.Time) {
	t.Helper()
	text := "json(args)" // SQLite has it in a form of its own
	if w.Store.Kind() == "PostgreSQL" {
		text = "args::text"
	}
	err := w.Store.Snapshot(t.Context(), func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(t.Context(), "SELECT "+text+", CAST(scheduled_at AS TEXT) FROM river_job WHERE kind = 'mail.grace' ORDER BY id")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var args, at string
			var j house.GraceJob
			if err := rows.Scan(&args, &at); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(args), &j); err != nil {
				return err
			}
			when, err := time.Parse("2006-01-02 15:04:05", at[:19])
			if err != nil {
				return err
			}
			jobs, due = append(jobs, j), append(due, when)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return jobs, due
}

// TestGraceMails tells the owner when grace begins and before it ends, once each, and
// not of a grace that is over.
func TestGraceMails(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		k, owner := gated(t, w)
		w.clean(t)
		ok(w.AskGate(ctx, owner, w.site.ID))(t)
		if jobs, _ := w.graces(t); len(jobs) != 0 {
			t.Errorf("before there is any grace: %+v", jobs)
		}
		k.terms = gate.Reading{Outcome: candor.GateFailed, Why: gate.OldTerms}
		v := ok(w.DecideGate(ctx, owner, w.site.ID))(t)
		ok(w.DecideGate(ctx, owner, w.site.ID))(t) // nothing changed
		jobs, due := w.graces(t)
		if len(jobs) != 2 || jobs[0].Ending || !jobs[1].Ending || jobs[0].Move != v.Moves[0].ID || jobs[1].Move != v.Moves[0].ID {
			t.Fatalf("asked for: %+v", jobs)
		}
		if want := v.Gate.Deadline.Add(-48 * time.Hour).UTC().Truncate(time.Second); !due[1].Equal(want) {
			t.Errorf("the second is due at %s, want %s", due[1], want)
		}
		g := ok(w.Grace(ctx, jobs[0]))(t)
		if g.To.Address != w.party.Contacts[0].Address || !g.Deadline.Equal(v.Gate.Deadline) || len(g.Unmet) != 1 || g.Unmet[0].Why != string(gate.OldTerms) || g.Site.ID != w.site.ID {
			t.Errorf("it says %+v", g)
		}
		w.now = w.now.Add(5 * 24 * time.Hour)
		ok(w.Grace(ctx, jobs[1]))(t)
		k.terms = gate.Reading{Outcome: candor.GatePassed, At: w.now}
		k.notice = gate.Reading{Outcome: candor.GatePassed, At: w.now}
		w.scanned(t, candor.ScanComplete)
		ok(w.DecideGate(ctx, owner, w.site.ID))(t)
		if _, err := w.Grace(ctx, jobs[1]); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("once it is mended: %v", err)
		}
		k.terms = gate.Reading{Outcome: candor.GateFailed, Why: gate.NotAccepted}
		ok(w.DecideGate(ctx, owner, w.site.ID))(t)
		if _, err := w.Grace(ctx, jobs[1]); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("of the grace before: %v", err)
		}
		if jobs, _ = w.graces(t); len(jobs) != 4 {
			t.Errorf("of another grace: %+v", jobs)
		}
		w.now = w.now.Add(8 * 24 * time.Hour)
		if _, err := w.Grace(ctx, jobs[3]); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("after its end: %v", err)
		}
	})
}
