package house_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/house"
	"candor/internal/respond"
	"candor/internal/respond/isolate"
	"candor/internal/respond/isolate/isolatetest"
	"candor/internal/store"
)

type isolateStore struct{ *store.Store }

func (s isolateStore) Tx(ctx context.Context, do func(isolate.Tx) error) error {
	return s.Store.Tx(ctx, func(tx *store.Tx) error { return do(tx) })
}

// garden is a world with a line that can be isolated.
type garden struct {
	*world
	line     candor.Asset
	kase     candor.ID
	sessions *isolatetest.Sessions
	enforcer *isolatetest.Enforcer
}

var (
	mine   = netip.MustParseAddr("10.0.0.1")
	mine6  = netip.MustParseAddr("2001:db8:0:1::77")
	others = netip.MustParseAddr("10.0.0.2")
)

func newGarden(t *testing.T, w *world) *garden {
	t.Helper()
	ctx := t.Context()
	g := &garden{world: w, sessions: &isolatetest.Sessions{}, enforcer: &isolatetest.Enforcer{Can: isolate.Levels()}}
	g.line = w.site
	g.line.ID, g.line.Kind, g.line.Reference, g.line.Roots = candor.NewID(w.now), candor.Line, "L-1", nil
	if err := w.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddAsset(ctx, g.line, time.Time{}) }); err != nil {
		t.Fatal(err)
	}
	filed, err := w.Desk.File(ctx, desk.Filing{Asset: g.line.ID, Sensor: desk.Traffic, Generation: "traffic",
		Findings: []candor.Finding{{Path: "traffic/spam-run/*/tcp/25", Rule: "Candor.Traffic.spam-run", Class: candor.Spam, Severity: candor.High,
			Strings: []candor.Occurrence{{Name: "flow", Data: []byte("10.0.0.1:1 -> 192.0.2.1:25 tcp")}}}}})
	if err != nil || len(filed.Opened) != 1 {
		t.Fatal(filed, err)
	}
	g.kase = filed.Opened[0]
	if _, err := w.AddAgreement(ctx, ada, candor.Agreement{Party: w.party.ID, Terms: "Terms", Version: "1", Allows: []string{isolate.Name}, Accepted: w.now.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	g.sessions.Put("L-1", isolate.Session{Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("2001:db8:0:1::/64")}})
	w.Runner = respond.New(respond.Config{Store: respondStore{w.Store}, Now: w.Clock, Then: house.Follow(w.Desk), Methods: []respond.Method{isolate.New(isolate.Config{
		Store: isolateStore{w.Store}, Sessions: g.sessions, Now: w.Clock, Bound: time.Hour, Limits: isolate.Limits{PerMinute: 100, Share: 1},
		Points: []isolate.Point{{Name: "edge", Enforcer: g.enforcer}}})}})
	w.Garden.Sessions, w.Garden.Releases, w.Garden.Within, w.Garden.Watch = g.sessions, 2, 30*24*time.Hour, 7*24*time.Hour
	return g
}

// isolate has the line isolated.
func (g *garden) isolate(t *testing.T, basis candor.Basis) candor.ID {
	t.Helper()
	ctx := t.Context()
	r, err := g.ProposeFor(ctx, ada, house.Proposal{Case: g.kase, Method: isolate.Name, Level: isolate.WalledGarden, Basis: basis})
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	if _, err := g.Approve(ctx, ada, r.ID); err != nil {
		t.Fatal(err)
	}
	if err := g.Runner.Apply(ctx, r.ID); err != nil {
		t.Fatal(err)
	}
	g.now = g.now.Add(2 * time.Second) // what was read is stale
	return r.ID
}

// TestHeldAt: the line's own addresses are known, and nobody else's.
func TestHeldAt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		g := newGarden(t, w)
		held := func(want bool, all ...netip.Addr) {
			t.Helper()
			for _, ip := range all {
				h, ok, err := g.HeldAt(ctx, ip)
				if err != nil || ok != want || ok && (h.Line.ID != g.line.ID || !h.Captive() || h.Isolations[0].Case != g.kase) {
					t.Errorf("at %s: %v, %+v, %v", ip, ok, h, err)
				}
			}
		}
		held(false, mine, mine6, others)
		g.isolate(t, candor.Basis{})
		held(true, mine, mine6, netip.MustParseAddr("::ffff:10.0.0.1"))
		held(false, others, netip.MustParseAddr("2001:db8:0:2::77"), netip.Addr{}, netip.MustParseAddr("fe80::1%eth0"))
		for _, ip := range []netip.Addr{others, {}} {
			_, seen := g.GardenView(ctx, ip)
			for _, err := range []error{seen, g.FreeHeld(ctx, ip, "x"), g.AskHeld(ctx, ip, "x")} {
				if !errors.Is(err, candor.ErrNotFound) {
					t.Errorf("at %s: %v", ip, err)
				}
			}
		}

		// The address has become another's, or may have.
		g.sessions.Put("L-2", isolate.Session{Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}})
		held(false, mine)
		held(true, mine6)
		g.sessions.Put("L-2", isolate.Session{})
		held(true, mine)
		g.sessions.Put("L-1", isolate.Session{Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.9/32")}})
		held(false, mine, mine6)
		g.sessions.Fail(true)
		held(false, mine)
	})
}

// TestFreeHeld: whoever holds the line frees it twice, and not a third time.
func TestFreeHeld(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		g := newGarden(t, w)
		for left := 2; left > 0; left-- {
			id := g.isolate(t, candor.Basis{})
			v, err := g.GardenView(ctx, mine)
			if err != nil || v.Left != left || v.Not != "" || len(v.Cases) != 1 || len(v.Cases[0].Findings) != 1 {
				t.Fatalf("%d left: %+v, %v", left, v, err)
			}
			if err := g.FreeHeld(ctx, mine, "  the old computer is off "); err != nil {
				t.Fatal(err)
			}
			if v, err := g.GardenView(ctx, mine); err != nil || v.Not != house.GardenMoving {
				t.Errorf("while it is freed: %q, %v", v.Not, err)
			}
			if err := g.FreeHeld(ctx, mine, ""); !errors.Is(err, candor.ErrChanged) {
				t.Errorf("again at once: %v", err)
			}
			if err := g.Runner.Revert(ctx, id); err != nil {
				t.Fatal(err)
			}
			if n := len(g.enforcer.Kept()); n != 0 {
				t.Errorf("%d networks are kept", n)
			}
			if _, err := g.GardenView(ctx, mine); !errors.Is(err, candor.ErrNotFound) {
				t.Errorf("a free line: %v", err)
			}
		}
		g.isolate(t, candor.Basis{})
		if v, err := g.GardenView(ctx, mine); err != nil || v.Left != 0 || v.Not != house.GardenUsedUp {
			t.Errorf("the third time: %d, %q, %v", v.Left, v.Not, err)
		}
		if err := g.FreeHeld(ctx, mine, ""); !errors.Is(err, candor.ErrDenied) || candor.Hint(err) == "" {
			t.Errorf("the third time: %v", err)
		}
		if n := len(g.enforcer.Kept()); n != 2 {
			t.Errorf("%d networks are kept", n)
		}
		if err := g.AskHeld(ctx, mine6, "Please call me: 0123"); err != nil {
			t.Fatal(err)
		}
		g.told(t)
		g.now = g.now.Add(31 * 24 * time.Hour)
		if v, err := g.GardenView(ctx, mine); err != nil || v.Left != 2 || v.Not != "" {
			t.Errorf("a month later: %d, %q, %v", v.Left, v.Not, err)
		}
	})
}

// told looks at what the case and the evidence say afterwards.
func (g *garden) told(t *testing.T) {
	t.Helper()
	v, err := g.Case(t.Context(), ada, g.kase)
	if err != nil {
		t.Fatal(err)
	}
	count := map[candor.EventKind]int{}
	for _, e := range v.Events {
		if e.Kind == candor.EventReleased || e.Kind == candor.EventQuestion {
			count[e.Kind]++
			if e.Actor != "customer:"+string(g.party.ID) || !e.Public || e.Text == "" {
				t.Errorf("%+v", e)
			}
		}
	}
	if count[candor.EventReleased] != 2 || count[candor.EventQuestion] != 1 {
		t.Errorf("the timeline has %v", count)
	}
	says := 0
	for _, r := range v.Records {
		if r.Kind == candor.RecordDecision && r.Actor == "customer:"+string(g.party.ID) {
			says++
		}
	}
	if says < 3 {
		t.Errorf("%d decisions of the customer are in evidence", says)
	}
	if i := slices.IndexFunc(v.Responses, func(r candor.Response) bool { return r.State == candor.ResponseUndone }); i < 0 {
		t.Error("nothing is undone")
	}
}

// TestLawHolds: what a law asks for is not ended by whoever it is about.
func TestLawHolds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		g := newGarden(t, w)
		g.isolate(t, candor.Basis{Kind: candor.ByLaw, Terms: "Some Act, 12"})
		if v, err := g.GardenView(ctx, mine); err != nil || v.Not != house.GardenLaw {
			t.Errorf("%q, %v", v.Not, err)
		}
		if err := g.FreeHeld(ctx, mine, ""); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("freed: %v", err)
		}
	})
}

// TestReleaseIsTheirs: a response of another party is not released.
func TestReleaseIsTheirs(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		g := newGarden(t, w)
		id := g.isolate(t, candor.Basis{})
		yes := func(context.Context, respond.Tx, []candor.Response) error { return nil }
		for _, who := range []candor.Principal{{User: "x", Role: candor.RoleSubscriber, Party: "another"}, eve, {User: "x", Role: candor.RoleSubscriber}} {
			if err := g.Runner.Release(ctx, who, []candor.ID{id}, "", yes); err == nil {
				t.Errorf("%+v released it", who)
			}
		}
	})
}

// TestReturn: what the holder of a line said to be gone, and is found again
// while that is watched, has the line isolated again at once, and once.
func TestReturn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		g := newGarden(t, w)
		w.Methods = append(w.Methods, isolate.Name)
		again := func(seen time.Time, tags ...string) {
			t.Helper()
			if _, err := w.Desk.File(ctx, desk.Filing{Asset: g.line.ID, Sensor: desk.Traffic, Generation: "traffic", Seen: seen,
				Findings: []candor.Finding{{Path: "traffic/spam-run/*/tcp/25", Rule: "Candor.Traffic.spam-run", Class: candor.Spam, Severity: candor.High, Tags: tags}}}); err != nil {
				t.Fatal(err)
			}
		}
		returned := func() (n int) {
			v, err := g.Case(ctx, ada, g.kase)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range v.Events {
				if e.Kind == candor.EventReturned {
					n++
				}
			}
			return n
		}
		again(g.now, "confirmed")
		if n := returned(); n != 0 {
			t.Fatalf("%d returns of what was never gone", n)
		}
		id := g.isolate(t, candor.Basis{})
		if err := errors.Join(g.FreeHeld(ctx, mine, "it is off"), g.Runner.Revert(ctx, id)); err != nil {
			t.Fatal(err)
		}
		freed := g.now
		g.now = g.now.Add(time.Hour)
		again(freed.Add(time.Second), "confirmed") // it was on its way
		again(g.now)                               // it is not certain
		if n := returned(); n != 0 {
			t.Errorf("%d returns of what was before, or is not certain", n)
		}
		again(g.now, "confirmed")
		again(g.now, "confirmed")
		if n := returned(); n != 1 {
			t.Fatalf("%d returns are told", n)
		}
		r := house.Responder{House: g.House, Zone: time.UTC}
		for range 2 { // a job may be done twice
			if err := r.Follow(ctx, desk.PolicyJob{Case: g.kase, Returned: isolate.Name, Level: string(isolate.WalledGarden)}); err != nil {
				t.Fatal(err)
			}
		}
		all, err := g.Store.Responses(ctx, candor.Everything, candor.ResponseFilter{Case: g.kase, States: []candor.ResponseState{candor.ResponseApproved}}, candor.Cut{Limit: 10})
		if err != nil || len(all.Items) != 1 || all.Items[0].By != "policy:returned" || all.Items[0].Method != isolate.Name {
			t.Fatalf("it is isolated again by %+v, %v", all.Items, err)
		}
		if err := g.Runner.Apply(ctx, all.Items[0].ID); err != nil || len(g.enforcer.Kept()) != 2 {
			t.Errorf("%d networks are kept, %v", len(g.enforcer.Kept()), err)
		}
		// After the watch it is as the first time.
		g.now = g.now.Add(2 * time.Second)
		if err := errors.Join(g.FreeHeld(ctx, mine, "now it is"), g.Runner.Revert(ctx, all.Items[0].ID)); err != nil {
			t.Fatal(err)
		}
		g.now = g.now.Add(8 * 24 * time.Hour)
		again(g.now, "confirmed")
		if n := returned(); n != 1 {
			t.Errorf("%d returns are told when none is watched for", n)
		}
	})
}
