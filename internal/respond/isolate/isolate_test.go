package isolate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"candor"
	"candor/internal/respond"
	"candor/internal/respond/isolate"
	"candor/internal/respond/isolate/isolatetest"
	"candor/internal/respond/respondtest"
)

var noon = time.Date(2025, 11, 3, 12, 0, 0, 0, time.UTC)

// world is a network with one line, and more on demand.
type world struct {
	*isolate.Method
	store    *isolatetest.Store
	sessions *isolatetest.Sessions
	edge     *isolatetest.Enforcer
	bras     *isolatetest.Enforcer
	now      time.Time
	n        int
}

func newWorld(limits isolate.Limits) *world {
	w := &world{store: isolatetest.NewStore(), sessions: &isolatetest.Sessions{}, now: noon,
		edge: &isolatetest.Enforcer{Can: isolate.Levels()}, bras: &isolatetest.Enforcer{Can: []isolate.Level{isolate.Disconnect}}}
	w.store.Lines = 1000
	w.Method = isolate.New(isolate.Config{Store: w.store, Sessions: w.sessions, Limits: limits, Now: func() time.Time { return w.now },
		Points: []isolate.Point{{Name: "edge", Enforcer: w.edge, Lifelines: true}, {Name: "bras", Enforcer: w.bras, NAS: []string{"bras-1"}}}})
	return w
}

var wide = isolate.Limits{PerMinute: 1000, Share: 0.5, Never: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}

// line makes a line that holds an address.
func (w *world) line(addresses ...string) candor.Asset {
	w.n++
	a := candor.Asset{ID: candor.NewID(noon), Kind: candor.Line, Name: "a line", Reference: fmt.Sprint("L-", w.n)}
	w.store.Put(a)
	w.hold(a, addresses...)
	return a
}

func (w *world) hold(a candor.Asset, addresses ...string) {
	s := isolate.Session{ID: "s1", NAS: "bras-1"}
	for _, x := range addresses {
		s.Addresses = append(s.Addresses, netip.MustParsePrefix(x))
	}
	w.sessions.Put(a.Reference, s)
}

func (w *world) response(t testing.TB, a candor.Asset, l isolate.Level) candor.Response {
	t.Helper()
	options, err := json.Marshal(isolate.Options{Level: l})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := w.Plan(t.Context(), respond.Request{Options: options}, respond.Target{Asset: a})
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	data, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	return candor.Response{ID: candor.NewID(noon), Case: "case", Asset: a.ID, Plan: data}
}

func (w *world) isolate(t testing.TB, a candor.Asset, l isolate.Level) candor.Response {
	t.Helper()
	r := w.response(t, a, l)
	if err := w.apply(&r); err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	return r
}

func (w *world) apply(r *candor.Response) (err error) {
	j := &respondtest.Journal{Result: r.Result}
	result, err := w.Apply(context.Background(), *r, j)
	if r.Result = j.Result; err == nil {
		r.Result = result
	}
	return err
}

func (w *world) revert(t testing.TB, r *candor.Response) {
	t.Helper()
	result, err := w.Revert(t.Context(), *r, &respondtest.Journal{Result: r.Result})
	if err != nil {
		t.Fatal(err)
	}
	r.Result = result
}

// keeps holds what a point keeps against what it should.
func keeps(t testing.TB, e *isolatetest.Enforcer, want map[string]isolate.Level) {
	t.Helper()
	got := map[string]isolate.Level{}
	for p, l := range e.Kept() {
		got[p.String()] = l
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestSuite(t *testing.T) {
	for _, l := range isolate.Levels() {
		t.Run(string(l), func(t *testing.T) {
			respondtest.Run(t, func(t *testing.T) respondtest.Fixture {
				w := newWorld(wide)
				w.sessions.Put("L-1", isolate.Session{ID: "s1", NAS: "bras-1", Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("2001:db8:0:1::/64")}})
				return respondtest.Fixture{
					Method: filed{w}, Target: respond.Target{Asset: candor.Asset{Kind: candor.Line, Name: "the line", Reference: "L-1"}},
					Options: json.RawMessage(`{"level":"` + string(l) + `"}`),
					Snapshot: func(t *testing.T) any {
						rows, err := w.store.Isolations(t.Context(), "")
						if err != nil {
							t.Fatal(err)
						}
						return []any{len(rows), fmt.Sprint(w.edge.Kept()), fmt.Sprint(w.bras.Kept())}
					},
					UndoOutside: func(*testing.T) { w.edge.Flush() },
				}
			})
		})
	}
}

// filed is a method whose store learns of the suite's asset when it is planned for.
type filed struct{ *world }

func (f filed) Plan(ctx context.Context, r respond.Request, t respond.Target) (respond.Plan, error) {
	f.store.Put(t.Asset)
	return f.world.Plan(ctx, r, t)
}

func TestStrongestHolds(t *testing.T) {
	w := newWorld(wide)
	a := w.line("10.0.0.1/32")
	slow := w.isolate(t, a, isolate.RateLimit)
	keeps(t, w.edge, map[string]isolate.Level{"10.0.0.1/32": isolate.RateLimit})
	cut := w.isolate(t, a, isolate.Disconnect)
	keeps(t, w.edge, map[string]isolate.Level{"10.0.0.1/32": isolate.Disconnect})
	keeps(t, w.bras, map[string]isolate.Level{"10.0.0.1/32": isolate.Disconnect})
	if err := w.Verify(t.Context(), slow); err != nil {
		t.Errorf("the milder one, while a stronger one holds: %v", err)
	}
	w.revert(t, &cut)
	keeps(t, w.edge, map[string]isolate.Level{"10.0.0.1/32": isolate.RateLimit})
	keeps(t, w.bras, nil)
	w.revert(t, &slow)
	keeps(t, w.edge, nil)
	for _, r := range w.store.Rows() {
		if r.Session != nil {
			t.Error("the session of an ended isolation is kept")
		}
	}
}

// TestNever: whatever was decided, what may not be isolated is not, though it
// became so only after the plan.
func TestNever(t *testing.T) {
	for name, change := range map[string]func(*candor.Asset){
		"medical":   func(a *candor.Asset) { a.Vital = candor.Medical },
		"voice":     func(a *candor.Asset) { a.Vital = candor.Voice },
		"emergency": func(a *candor.Asset) { a.Vital = candor.Emergency },
		"observed":  func(a *candor.Asset) { a.ObserveOnly = true },
		"retired":   func(a *candor.Asset) { a.Retired = true },
		"a site":    func(a *candor.Asset) { a.Kind = candor.Site },
		"nameless":  func(a *candor.Asset) { a.Reference = "" },
	} {
		w := newWorld(wide)
		a := w.line("10.0.0.1/32")
		r := w.response(t, a, isolate.WalledGarden)
		set := w.isolate(t, a, isolate.WalledGarden)
		change(&a)
		w.store.Put(a)
		_, err := w.Plan(t.Context(), respond.Request{Options: json.RawMessage(`{"level":"rate-limit"}`)}, respond.Target{Asset: a})
		if !errors.Is(err, candor.ErrDenied) || candor.Hint(err) == "" {
			t.Errorf("%s: plan: %v", name, err)
		}
		_, again := respond.RetryAfter(err)
		if err := w.apply(&r); !errors.Is(err, candor.ErrDenied) || again {
			t.Errorf("%s: apply: %v, temporary %v", name, err, again)
		}
		if err := w.Verify(t.Context(), set); err == nil {
			t.Errorf("%s: verified", name)
		}
		if _, err := w.Tend(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		keeps(t, w.edge, nil) // it is freed
	}
}

// TestVitalMeanwhile: the line becomes vital between the admission and the act.
func TestVitalMeanwhile(t *testing.T) {
	w := newWorld(wide)
	a := w.line("10.0.0.1/32")
	a2 := a
	a2.Vital = candor.Medical
	r := w.response(t, a, isolate.Disconnect)
	w.edge.Before = func(isolate.Session, isolate.Level) { w.store.Put(a2) } // after the first point, before the second look
	if err := w.apply(&r); err != nil {
		t.Fatal(err)
	}
	if drifts, err := w.Tend(t.Context()); err != nil || len(drifts) != 1 || drifts[0].Kind != isolate.Freed {
		t.Errorf("%v, %v", drifts, err)
	}
	keeps(t, w.edge, nil)
	keeps(t, w.bras, nil)
}

// TestUncertain: an address that is not certainly the line's is not isolated.
func TestUncertain(t *testing.T) {
	for name, tt := range map[string]struct {
		do    func(*world, candor.Asset)
		again bool
	}{
		"offline":     {func(w *world, a candor.Asset) { w.hold(a) }, true},
		"shared":      {func(w *world, _ candor.Asset) { w.line("10.0.0.1/32") }, true},
		"overlapping": {func(w *world, a candor.Asset) { w.hold(a, "2001:db8::/56"); w.line("2001:db8:0:1::/64") }, true},
		"no source":   {func(w *world, _ candor.Asset) { w.sessions.Fail(true) }, true},
		"a network":   {func(w *world, a candor.Asset) { w.hold(a, "10.0.0.0/31") }, false},
		"all of IPv6": {func(w *world, a candor.Asset) { w.hold(a, "::/0") }, false},
		"loopback":    {func(w *world, a candor.Asset) { w.hold(a, "127.0.0.1/32") }, false},
		"mapped":      {func(w *world, a candor.Asset) { w.hold(a, "::ffff:10.0.0.1/128") }, false},
		"own service": {func(w *world, a candor.Asset) { w.hold(a, "192.0.2.53/32") }, false},
	} {
		w := newWorld(wide)
		a := w.line("10.0.0.1/32")
		r := w.response(t, a, isolate.WalledGarden)
		tt.do(w, a)
		err := w.apply(&r)
		_, again := respond.RetryAfter(err)
		if err == nil || again != tt.again {
			t.Errorf("%s: %v, temporary %v", name, err, again)
		}
		keeps(t, w.edge, nil)
	}
}

func TestCaps(t *testing.T) {
	w := newWorld(isolate.Limits{PerMinute: 5, Share: 0.01}) // of some 1000 lines
	var lines []candor.Asset
	for i := range 30 {
		lines = append(lines, w.line(fmt.Sprintf("10.0.0.%d/32", i+1)))
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	isolated := 0
	for _, a := range lines { // all at once
		r := w.response(t, a, isolate.WalledGarden)
		wait.Go(func() {
			err := w.apply(&r)
			_, again := respond.RetryAfter(err)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				isolated++
			} else if !again || !errors.Is(err, candor.ErrUnavailable) {
				t.Errorf("beyond the cap of a minute: %v", err)
			}
		})
	}
	wait.Wait()
	if isolated != 5 || len(w.edge.Kept()) != 5 {
		t.Fatalf("%d isolated, %d kept", isolated, len(w.edge.Kept()))
	}
	denied := 0
	for range 4 { // minutes
		w.now = w.now.Add(61 * time.Second)
		for _, a := range lines {
			if rows, _ := w.store.Isolations(t.Context(), a.ID); len(rows) > 0 {
				continue
			}
			r := w.response(t, a, isolate.WalledGarden)
			if err := w.apply(&r); errors.Is(err, candor.ErrDenied) {
				denied++
			}
		}
	}
	if len(w.edge.Kept()) != 10 || denied == 0 {
		t.Errorf("%d kept of at most 10; %d denied", len(w.edge.Kept()), denied)
	}
	// A line that is isolated already counts once.
	rows, err := w.store.Isolations(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.store.Asset(t.Context(), candor.Everything, rows[0].Asset)
	if err != nil {
		t.Fatal(err)
	}
	w.isolate(t, a, isolate.Disconnect)
	none := newWorld(isolate.Limits{})
	r := none.response(t, none.line("10.0.0.1/32"), isolate.RateLimit)
	if err := none.apply(&r); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("without limits: %v", err)
	}
}

// TestGuardAlone: nothing but the guard has anything isolated.
func TestGuardAlone(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Set" {
				if calls++; file != "guard.go" {
					t.Errorf("%s calls Set", file)
				}
			}
			return true
		})
	}
	if calls != 1 {
		t.Errorf("Set is called at %d places", calls)
	}
}

func TestTend(t *testing.T) {
	w := newWorld(wide)
	a, b := w.line("10.0.0.1/32"), w.line("10.0.0.2/32", "2001:db8:0:2::/64")
	w.isolate(t, a, isolate.WalledGarden)
	rb := w.isolate(t, b, isolate.Disconnect)
	w.now = w.now.Add(time.Minute)
	kinds := func() (all []string) {
		t.Helper()
		drifts, err := w.Tend(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range drifts {
			all = append(all, d.Kind)
		}
		return all
	}
	expect := func(what string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, kinds(), cmpopts.EquateEmpty(), cmpopts.SortSlices(strings.Compare)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		if again := kinds(); len(again) > 0 {
			t.Errorf("%s: then again %v", what, again)
		}
	}
	both := map[string]isolate.Level{"10.0.0.1/32": isolate.WalledGarden, "10.0.0.2/32": isolate.Disconnect, "2001:db8:0:2::/64": isolate.Disconnect}
	expect("untouched")
	w.edge.Flush()
	expect("flushed behind our back", isolate.Refilled, isolate.Refilled)
	keeps(t, w.edge, both)
	if len(w.store.Events()) != 2 {
		t.Errorf("%d lines of timelines", len(w.store.Events()))
	}
	stranger := isolate.Session{Addresses: []netip.Prefix{netip.MustParsePrefix("10.9.9.9/32")}}
	if err := w.edge.Set(t.Context(), stranger, isolate.Disconnect); err != nil {
		t.Fatal(err)
	}
	expect("added behind our back", isolate.Removed)
	keeps(t, w.edge, both)

	// The line a comes back with another address, and its old one goes to b.
	w.hold(b, "10.0.0.1/32")
	w.hold(a, "10.0.0.3/32")
	expect("moved", isolate.Moved, isolate.Moved)
	keeps(t, w.edge, map[string]isolate.Level{"10.0.0.1/32": isolate.Disconnect, "10.0.0.3/32": isolate.WalledGarden})

	w.hold(a)
	expect("offline", isolate.Freed)
	keeps(t, w.edge, map[string]isolate.Level{"10.0.0.1/32": isolate.Disconnect})
	w.hold(a, "10.0.0.4/32")
	expect("online again", isolate.Moved)
	keeps(t, w.edge, map[string]isolate.Level{"10.0.0.1/32": isolate.Disconnect, "10.0.0.4/32": isolate.WalledGarden})

	w.sessions.Fail(true)
	if _, err := w.Tend(t.Context()); err == nil {
		t.Error("nobody noticed that leases cannot be asked")
	}
	keeps(t, w.edge, map[string]isolate.Level{"10.0.0.1/32": isolate.Disconnect, "10.0.0.4/32": isolate.WalledGarden})
	w.sessions.Fail(false)
	w.revert(t, &rb)
	expect("reverted")
	keeps(t, w.edge, map[string]isolate.Level{"10.0.0.4/32": isolate.WalledGarden})
}

// TestFlushedAtOnce: what was seen to hold and is flushed a moment later is told
// of; what nobody saw yet may still be being set.
func TestFlushedAtOnce(t *testing.T) {
	for _, seen := range []bool{true, false} {
		w := newWorld(wide)
		a := w.line("10.0.0.1/32")
		r := w.isolate(t, a, isolate.Disconnect)
		if seen {
			if err := w.Verify(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.edge.Clear(t.Context(), isolate.Session{Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}}); err != nil {
			t.Fatal(err)
		}
		drifts, err := w.Tend(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if told := len(drifts) == 1 && drifts[0].Kind == isolate.Refilled; told != seen {
			t.Errorf("seen %v: %+v", seen, drifts)
		}
		keeps(t, w.edge, map[string]isolate.Level{"10.0.0.1/32": isolate.Disconnect})
	}
}

// TestForgets: a point that is empty when the program begins is filled without a
// word, and one that is emptied later is not.
func TestForgets(t *testing.T) {
	w := newWorld(wide)
	w.Points[0].Forgets = true
	w.isolate(t, w.line("10.0.0.1/32"), isolate.WalledGarden)
	w.now = w.now.Add(time.Minute)
	w.edge.Flush()
	if drifts, err := w.Tend(t.Context()); err != nil || len(drifts) > 0 || len(w.edge.Kept()) != 1 {
		t.Errorf("%v, %v, kept %v", drifts, err, w.edge.Kept())
	}
	w.edge.Flush()
	if drifts, err := w.Tend(t.Context()); err != nil || len(drifts) != 1 || len(w.edge.Kept()) != 1 {
		t.Errorf("%v, %v, kept %v", drifts, err, w.edge.Kept())
	}
}

// TestAnyOrder has isolations of few lines applied, killed, undone and tended in
// any order, at a time. Then what is kept is what should be, and at no moment
// was an address isolated for another line than its own.
func TestAnyOrder(t *testing.T) {
	for seed := range uint64(40) {
		w := newWorld(wide)
		lines := []candor.Asset{w.line("10.0.0.1/32"), w.line("10.0.0.2/32"), w.line("10.0.0.3/32")}
		owners := map[string]string{"10.0.0.1/32": "L-1", "10.0.0.2/32": "L-2", "10.0.0.3/32": "L-3"}
		check := func(s isolate.Session, _ isolate.Level) {
			for _, a := range s.Addresses {
				if owners[a.String()] != s.Line {
					t.Errorf("seed %d: %s isolated for %s", seed, a, s.Line)
				}
			}
		}
		w.edge.Before, w.bras.Before = check, check
		var wait sync.WaitGroup
		for n := range 6 {
			random := rand.New(rand.NewPCG(seed, uint64(n)))
			r := w.response(t, lines[random.IntN(3)], isolate.Levels()[random.IntN(4)])
			wait.Go(func() {
				for range 5 {
					switch random.IntN(4) {
					case 0, 1:
						_ = w.apply(&r)
					case 2:
						if result, err := w.Revert(context.Background(), r, &respondtest.Journal{Result: r.Result}); err == nil {
							r.Result = result
						}
					case 3:
						_, _ = w.Tend(context.Background())
					}
				}
			})
		}
		wait.Wait()
		w.now = w.now.Add(time.Hour)
		if _, err := w.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := map[string]isolate.Level{}
		rows, err := w.store.Isolations(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			address := map[candor.ID]string{lines[0].ID: "10.0.0.1/32", lines[1].ID: "10.0.0.2/32", lines[2].ID: "10.0.0.3/32"}[r.Asset]
			if l := isolate.Level(r.Level); want[address] == "" || order(l) > order(want[address]) {
				want[address] = l
			}
		}
		keeps(t, w.edge, want)
	}
}

func order(l isolate.Level) int {
	for i, x := range isolate.Levels() {
		if x == l {
			return i
		}
	}
	return -1
}

// TestPointFails: what could not be done everywhere is tried again, and undone
// wholly.
func TestPointFails(t *testing.T) {
	w := newWorld(wide)
	r := w.response(t, w.line("10.0.0.1/32"), isolate.Disconnect)
	broken := true
	w.bras.Fail = func(call string) error {
		if broken {
			return fmt.Errorf("no answer: %w", candor.ErrUnavailable)
		}
		return nil
	}
	err := w.apply(&r)
	if _, again := respond.RetryAfter(err); !again {
		t.Errorf("%v is not temporary", err)
	}
	if err := w.Verify(t.Context(), r); err == nil {
		t.Error("verified")
	}
	if _, err := w.Revert(t.Context(), r, &respondtest.Journal{}); err == nil {
		t.Error("reverted though a point does not answer")
	}
	broken = false
	w.revert(t, &r)
	keeps(t, w.edge, nil)
	if err := w.apply(&r); err != nil {
		t.Fatal(err)
	}
	if err := w.Verify(t.Context(), r); err != nil {
		t.Error(err)
	}
}

// TestRefusedForGood: what a point refuses for good is given up wholly, and not
// held any more.
func TestRefusedForGood(t *testing.T) {
	w := newWorld(wide)
	r := w.response(t, w.line("10.0.0.1/32"), isolate.Disconnect)
	w.bras.Fail = func(call string) error {
		if call == "Set" {
			return candor.ErrDenied
		}
		return nil
	}
	err := w.apply(&r)
	if _, again := respond.RetryAfter(err); again || !errors.Is(err, candor.ErrDenied) {
		t.Errorf("%v, temporary %v", err, again)
	}
	w.now = w.now.Add(time.Hour)
	if drifts, err := w.Tend(t.Context()); err != nil || len(drifts) > 0 {
		t.Errorf("%v, %v", drifts, err)
	}
	keeps(t, w.edge, nil)
	w.revert(t, &r)
	w.bras.Fail = nil
	if err := w.apply(&r); err != nil {
		t.Error(err)
	}
}

type probes map[string]bool

func (p probes) Through(_ context.Context, from netip.Addr, to isolate.Place) (bool, error) {
	through, ok := p[to.String()]
	if !ok {
		return false, errors.New("no such place")
	}
	return through, nil
}

// TestVerifyLooks: acknowledged is not verified.
func TestVerifyLooks(t *testing.T) {
	outside, port, lifeline := isolate.Place{Protocol: "udp", Addr: netip.MustParseAddrPort("203.0.113.1:9")},
		isolate.Place{Protocol: "tcp", Addr: netip.MustParseAddrPort("203.0.113.1:25")}, isolate.Place{Protocol: "udp", Addr: netip.MustParseAddrPort("203.0.113.53:53")}
	w := newWorld(wide)
	w.edge.Silent = true
	r := w.isolate(t, w.line("10.0.0.1/32"), isolate.WalledGarden)
	if err := w.Verify(t.Context(), r); err == nil || candor.Hint(err) == "" {
		t.Errorf("verified though nobody looked: %v", err)
	}
	look := probes{}
	w.Prober, w.Probes = look, isolate.Probes{Outside: []isolate.Place{outside}, Ports: []isolate.Place{port}, Lifelines: []isolate.Place{lifeline}}
	if err := w.Verify(t.Context(), r); err == nil {
		t.Error("verified though no probe could be sent")
	}
	for _, tt := range []struct{ outside, lifeline, ok bool }{{false, true, true}, {true, true, false}, {false, false, false}} {
		look[outside.String()], look[lifeline.String()] = tt.outside, tt.lifeline
		if err := w.Verify(t.Context(), r); (err == nil) != tt.ok {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	w.Probes = isolate.Probes{}
	if err := w.Verify(t.Context(), r); err == nil {
		t.Error("verified without any probe")
	}
}

func TestOptions(t *testing.T) {
	w := newWorld(wide)
	a := w.line("10.0.0.1/32")
	for _, options := range []string{"", "{}", `{"level":"off"}`, `{"level":"disconnect","x":1}`, `[]`} {
		_, err := w.Plan(t.Context(), respond.Request{Options: json.RawMessage(options)}, respond.Target{Asset: a})
		if !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%s: %v", options, err)
		}
	}
	w.edge.Can = nil
	_, err := w.Plan(t.Context(), respond.Request{Options: json.RawMessage(`{"level":"rate-limit"}`)}, respond.Target{Asset: a})
	if !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
		t.Errorf("where no point can do it: %v", err)
	}
}
