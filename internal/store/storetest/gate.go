package storetest

import (
	"slices"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
)

// testGate keeps gates, waivers and decisions of two sites.
func testGate(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "gate")
	_, b := Sample(t, s, "gatekeeper")
	scope := candor.Scope{Party: p.ID}
	_, err := s.Gate(ctx, a.ID)
	isKind(t, err, candor.ErrNotFound)
	draft := candor.SiteGate{Site: a, Gate: candor.Gate{Asset: a.ID, State: candor.GateDraft, Since: a.Created}}
	same(t, must(s.Gates(ctx, scope, candor.GateFilter{}, candor.Cut{}))(t).Items, []candor.SiteGate{draft})
	same(t, len(must(s.Gates(ctx, candor.Scope{}, candor.GateFilter{}, candor.Cut{}))(t).Items), 0)

	g := candor.Gate{Asset: a.ID, State: candor.GateGrace, Since: noon, Asked: noon, Deadline: noon.Add(time.Hour), Looked: noon.Add(time.Minute),
		Checks: []candor.GateCheck{{Check: "content", Outcome: candor.GateFailed, Why: "grave", Count: 2, Since: noon, Measured: noon}, {Check: "terms", Outcome: candor.GateWaived, Since: noon, Waiver: "w", Until: noon.Add(time.Hour)}}}
	set := func(g candor.Gate, due, was time.Time) error {
		return s.Tx(ctx, func(tx *store.Tx) error { return tx.SetGate(ctx, g, due, was) })
	}
	isKind(t, set(g, noon, noon.Add(time.Second)), nil) // was nothing: whatever it was said to be
	same(t, must(s.Gate(ctx, a.ID))(t), g)
	isKind(t, set(g, noon, noon), candor.ErrChanged)
	g.State, g.Looked = candor.GateSuspended, noon // also back
	isKind(t, set(g, noon.Add(2*time.Hour), noon.Add(time.Minute)), nil)
	same(t, must(s.Gate(ctx, a.ID))(t), g)
	testGateLists(t, s, candor.SiteGate{Site: a, Gate: g}, b)
	testWaivers(t, s, a, b)
	testGateMoves(t, s, a, g)
	testGateFacts(t, s, a)
	testHosts(t, s, a)
}

// testHosts looks for a site by its names.
func testHosts(t *testing.T, s *store.Store, a candor.Asset) {
	ctx := t.Context()
	a.Hosts = []string{"Shop.Gate.example.", "gate.example", "gate.example."}
	do(t, s, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, a, noon) })
	for host, want := range map[string]int{"shop.gate.example": 1, "gate.example": 1, "hop.gate.example": 0, "": 0, "%": 0} {
		same(t, len(must(s.HostedSites(ctx, host))(t)), want)
	}
	a.Hosts, a.Retired = a.Hosts[:1], true
	do(t, s, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, a, noon) })
	same(t, len(must(s.HostedSites(ctx, "gate.example"))(t))+len(must(s.HostedSites(ctx, "shop.gate.example"))(t)), 0)
}

func testGateLists(t *testing.T, s *store.Store, x candor.SiteGate, other candor.Asset) {
	ctx := t.Context()
	for _, f := range []candor.GateFilter{{States: []candor.GateState{candor.GateSuspended}}, {Owner: x.Site.Owner}, {Asset: x.Site.ID}, {States: []candor.GateState{candor.GateSuspended, candor.GateLive}}} {
		same(t, must(s.Gates(ctx, candor.Everything, f, candor.Cut{}))(t).Items, []candor.SiteGate{x})
	}
	same(t, len(must(s.Gates(ctx, candor.Scope{Party: other.Owner}, candor.GateFilter{Asset: x.Site.ID}, candor.Cut{}))(t).Items), 0)
	var all []candor.ID
	for cut := (candor.Cut{Limit: 1, Sort: "name"}); ; {
		page := must(s.Gates(ctx, candor.Everything, candor.GateFilter{}, cut))(t)
		for _, g := range page.Items {
			all = append(all, g.Site.ID)
		}
		if cut.Cursor = page.Next; cut.Cursor == "" {
			break
		}
	}
	if i, j := slices.Index(all, x.Site.ID), slices.Index(all, other.ID); i < 0 || j != i+1 {
		t.Errorf("gone through one by one, by name: %v", all)
	}
	counts := must(s.GateCounts(ctx))(t)
	if counts[candor.GateSuspended] != 1 || counts[candor.GateDraft] != int64(len(all)-1) {
		t.Errorf("counted %v of %d", counts, len(all))
	}
	same(t, len(must(s.DueGates(ctx, noon.Add(time.Hour), 10))(t)), 0)
	same(t, must(s.DueGates(ctx, noon.Add(2*time.Hour), 10))(t), []candor.ID{x.Site.ID})
	do(t, s, func(tx *store.Tx) error { return tx.HurryGate(ctx, x.Site.ID, noon.Add(3*time.Hour)) })
	same(t, len(must(s.DueGates(ctx, noon.Add(2*time.Hour), 10))(t)), 1)
	do(t, s, func(tx *store.Tx) error { return tx.HurryGate(ctx, x.Site.ID, noon) })
	same(t, len(must(s.DueGates(ctx, noon, 10))(t)), 1)
}

func testWaivers(t *testing.T, s *store.Store, a, b candor.Asset) {
	ctx := t.Context()
	w := candor.GateWaiver{ID: candor.NewID(noon), Asset: a.ID, Check: "notice", By: "user:1", Reason: "a move", Created: noon, Until: noon.Add(time.Hour)}
	later := w
	later.ID, later.Until = candor.NewID(noon.Add(time.Second)), noon.Add(2*time.Hour)
	do(t, s, func(tx *store.Tx) error { return tx.AddGateWaiver(ctx, later) })
	do(t, s, func(tx *store.Tx) error { return tx.AddGateWaiver(ctx, w) })
	same(t, must(s.GateWaivers(ctx, a.ID))(t), []candor.GateWaiver{later, w})
	same(t, len(must(s.GateWaivers(ctx, b.ID))(t)), 0)
	same(t, must(s.GateWaiversInForce(ctx, noon, 10))(t), []candor.GateWaiver{w, later})
	same(t, must(s.GateWaiversInForce(ctx, noon.Add(time.Hour), 10))(t), []candor.GateWaiver{later})
	end := func(site candor.ID) error {
		return s.Tx(ctx, func(tx *store.Tx) error {
			return tx.EndGateWaiver(ctx, site, w.ID, noon.Add(time.Minute), "user:2")
		})
	}
	isKind(t, end(b.ID), candor.ErrChanged)
	isKind(t, end(a.ID), nil)
	isKind(t, end(a.ID), candor.ErrChanged)
	w.Ended, w.EndedBy = noon.Add(time.Minute), "user:2"
	same(t, must(s.GateWaivers(ctx, a.ID))(t), []candor.GateWaiver{later, w})
	same(t, must(s.GateWaiversInForce(ctx, noon, 10))(t), []candor.GateWaiver{later})
}

func testGateMoves(t *testing.T, s *store.Store, a candor.Asset, g candor.Gate) {
	ctx := t.Context()
	m := candor.GateMove{ID: candor.NewID(noon), Asset: a.ID, From: candor.GateLive, To: candor.GateGrace, At: noon, By: "system", Deadline: g.Deadline, Unmet: g.Checks[:1]}
	next := m
	next.From, next.To, next.Deadline, next.Unmet = candor.GateGrace, candor.GateLive, time.Time{}, []candor.GateCheck{}
	do(t, s, func(tx *store.Tx) error { return tx.AddGateMove(ctx, m) })
	next.ID = candor.ID("00" + string(m.ID[2:])) // the order is that of adding
	do(t, s, func(tx *store.Tx) error { return tx.AddGateMove(ctx, next) })
	same(t, must(s.GateMoves(ctx, a.ID, 10))(t), []candor.GateMove{next, m})
	same(t, must(s.GateMoves(ctx, a.ID, 1))(t), []candor.GateMove{next})
	same(t, must(s.GateMove(ctx, m.ID))(t), m)
	_, err := s.GateMove(ctx, a.ID)
	isKind(t, err, candor.ErrNotFound)
}

// testGateFacts looks for what the check of contents asks.
func testGateFacts(t *testing.T, s *store.Store, a candor.Asset) {
	ctx := t.Context()
	_, err := s.LastScan(ctx, a.ID)
	isKind(t, err, candor.ErrNotFound)
	scans := []candor.Scan{{State: candor.ScanComplete, Queued: noon, Ended: noon.Add(time.Hour)}, {State: candor.ScanPartial, Queued: noon.Add(time.Minute), Ended: noon.Add(time.Minute)}, {State: candor.ScanRunning, Queued: noon.Add(time.Hour)}}
	c := newCase(a, candor.Phishing)
	var found []candor.FiledFinding
	for i, x := range []candor.Severity{candor.Info, candor.High, candor.Critical, candor.High} {
		f := newFinding(c, "gate", "dd"+string(rune('a'+i)))
		if f.Severity = x; i == 3 {
			f.State = candor.FindingDismissed
		}
		found = append(found, f)
	}
	do(t, s, func(tx *store.Tx) error {
		for i := range scans {
			scans[i].ID, scans[i].Asset, scans[i].Party = candor.NewID(scans[i].Queued), a.ID, a.Owner
			if err := tx.AddScan(ctx, scans[i]); err != nil {
				return err
			}
		}
		if err := tx.AddCase(ctx, &c); err != nil {
			return err
		}
		return tx.AddFindings(ctx, found)
	})
	same(t, must(s.LastScan(ctx, a.ID))(t), scans[1])
	same(t, must(s.CountGrave(ctx, a.ID))(t), int64(2))
}
