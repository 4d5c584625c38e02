package isolate_test

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"time"

	"candor"
	"candor/internal/respond/isolate"
	"candor/internal/respond/isolate/isolatetest"
)

// byKept is a Prober that gets through from what a point does not keep.
type byKept struct {
	edge    *isolatetest.Enforcer
	outside isolate.Place
}

func (p byKept) Through(_ context.Context, from netip.Addr, to isolate.Place) (bool, error) {
	_, kept := p.edge.Kept()[netip.PrefixFrom(from, from.BitLen())]
	return to != p.outside || !kept, nil
}

// TestForgotten: a point that tells nothing of what it keeps, and forgot a line, is
// told again, and people are told; a line that may still be being set is left alone
// for a while.
func TestForgotten(t *testing.T) {
	outside, lifeline := isolate.Place{Protocol: "udp", Addr: netip.MustParseAddrPort("203.0.113.1:9")}, isolate.Place{Protocol: "udp", Addr: netip.MustParseAddrPort("203.0.113.53:9")}
	for _, forgets := range []bool{false, true} {
		w := newWorld(wide)
		w.edge.Silent, w.Points[0].Blind, w.Points[0].Forgets = true, true, forgets
		w.Prober, w.Probes = byKept{w.edge, outside}, isolate.Probes{Outside: []isolate.Place{outside}, Lifelines: []isolate.Place{lifeline}}
		seen, unseen := w.line("10.0.0.1/32"), w.line("10.0.0.2/32")
		r := w.isolate(t, seen, isolate.WalledGarden)
		if err := w.Verify(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		w.isolate(t, unseen, isolate.WalledGarden)
		var calls []string
		w.edge.Fail = func(call string) error { calls = append(calls, call); return nil }
		for _, step := range []struct {
			what   string
			after  time.Duration
			told   []candor.ID
			kept   int
			flush  bool
			called string
		}{
			{"a moment later", time.Second, nil, 0, true, ""}, {"forgotten", 15 * time.Second, []candor.ID{seen.ID}, 1, false, "Set"}, {"a moment after that", time.Second, nil, 1, false, ""},
			{"long after", 20 * time.Minute, []candor.ID{unseen.ID}, 2, false, "Set"}, {"all is well", time.Minute, nil, 2, false, ""},
		} {
			if step.flush {
				w.edge.Flush()
			}
			w.now, calls = w.now.Add(step.after), nil
			drifts, err := w.Tend(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var told []candor.ID
			for _, d := range drifts {
				if told = append(told, d.Line); d.Kind != isolate.Refilled || d.Point != "edge" {
					t.Errorf("%s: %+v", step.what, d)
				}
			}
			if !slices.Equal(told, step.told) || len(w.edge.Kept()) != step.kept {
				t.Errorf("%s: told of %v, kept %v", step.what, told, w.edge.Kept())
			}
			if step.called != "" && (!slices.Contains(calls, step.called) || slices.Contains(calls, "Clear") != forgets) {
				t.Errorf("%s: %v", step.what, calls)
			}
		}
		if n := len(w.store.Events()); n != 2 {
			t.Errorf("%d lines of timelines", n)
		}
	}
}

// late is a Prober of a point that needs some probes' time.
type late struct {
	byKept
	left *int
}

func (p late) Through(ctx context.Context, from netip.Addr, to isolate.Place) (bool, error) {
	if *p.left > 0 && to == p.outside {
		*p.left--
		return true, nil
	}
	return p.byKept.Through(ctx, from, to)
}

// TestVerifyWaits: what a router was told by BGP may take a moment to be so; one that
// can be asked has no excuse.
func TestVerifyWaits(t *testing.T) {
	outside := isolate.Place{Protocol: "udp", Addr: netip.MustParseAddrPort("203.0.113.1:9")}
	for _, blind := range []bool{true, false} {
		w, left := newWorld(wide), 1
		w.Points[0].Blind = blind
		w.Prober, w.Probes = late{byKept{w.edge, outside}, &left}, isolate.Probes{Outside: []isolate.Place{outside}}
		if err := w.Verify(t.Context(), w.isolate(t, w.line("10.0.0.1/32"), isolate.WalledGarden)); (err == nil) != blind {
			t.Errorf("blind %v: %v", blind, err)
		}
	}
}
