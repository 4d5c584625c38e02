package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/house"
	"candor/internal/respond/isolate"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestIsolation has a line isolated by a real router's tables: not without a
// basis, until its time is over, across a restart, and though somebody flushes
// the tables.
func TestIsolation(t *testing.T) {
	if _, err := exec.LookPath("nft"); err != nil || os.Getuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("this test needs root and nft")
		}
		t.Skip("this test needs root and nft")
	}
	ns := fmt.Sprintf("cndi%d", os.Getpid())
	router := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("ip", append([]string{"netns", "exec", ns}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
		return string(out)
	}
	if out, err := exec.Command("ip", "netns", "add", ns).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() })
	lines := filepath.Join(t.TempDir(), "lines.csv")
	if err := os.WriteFile(lines, []byte("line,addresses\nL-1,10.0.0.1 2001:db8:0:1::/64\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Defaults()
	c.Data.Dir, c.Listen.PublicURL = t.TempDir(), "https://desk.example"
	c.Isolation.Lines, c.Isolation.Portal = lines, []string{"198.51.100.80:80"}
	c.Isolation.Points = []config.Point{{Name: "edge", Kind: "nft", Namespace: ns}}
	s, err := makeSetup(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ahead := time.Duration(0)
	s.clock = func() time.Time { return time.Now().Add(ahead) }
	begin := func() *running {
		t.Helper()
		r, err := open(t.Context(), s)
		if err != nil {
			t.Fatal(err, candor.Hint(err))
		}
		return r
	}
	r := begin()
	ctx, now := t.Context(), s.clock()
	party, _ := storetest.Sample(t, r.Store, "acme")
	line := candor.Asset{ID: candor.NewID(now), Kind: candor.Line, Owner: party.ID, Name: "the line", Reference: "L-1", Created: now, Updated: now}
	of := candor.Case{ID: candor.NewID(now), Asset: line.ID, Party: party.ID, Class: candor.ApplicationCompromise, Severity: candor.High, Confidence: 90, State: candor.CaseNew, Title: "t", Opened: now, Updated: now}
	err = r.Store.Tx(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.AddAsset(ctx, line, time.Time{}), tx.AddCase(ctx, &of))
	})
	if err != nil {
		t.Fatal(err)
	}
	who := candor.Principal{User: candor.NewID(now), Role: candor.RoleAdmin}
	ask := house.Proposal{Case: of.ID, Method: isolate.Name, Level: isolate.WalledGarden, Expires: now.Add(time.Hour)}
	if _, err := r.ProposeFor(ctx, who, ask); !errors.Is(err, candor.ErrDenied) {
		t.Fatalf("without a basis: %v", err)
	}
	ask.Basis = candor.Basis{Kind: candor.ByLaw, Terms: "a law", Clause: "1"}
	x, err := r.ProposeFor(ctx, who, ask)
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	if _, err := r.Approve(ctx, who, x.ID); err != nil {
		t.Fatal(err)
	}
	state := func(want candor.ResponseState) {
		t.Helper()
		if got, err := r.Store.Response(ctx, candor.Everything, x.ID); err != nil || got.State != want {
			t.Fatalf("it is %s (%s), %v; want %s", got.State, got.Error, err, want)
		}
	}
	kept := func(want bool) {
		t.Helper()
		table := router("nft", "list", "ruleset")
		if strings.Contains(table, "10.0.0.1") != want || strings.Contains(table, "2001:db8:0:1::/64") != want {
			t.Errorf("kept: want %v in\n%s", want, table)
		}
	}
	if err := r.Runner.Apply(ctx, x.ID); err != nil {
		t.Fatal(err)
	}
	state(candor.ResponseApplied)
	kept(true)
	if err := r.Runner.Verify(ctx, x.ID); err != nil {
		t.Fatal(err)
	}
	state(candor.ResponseVerified)
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	kept(true) // while the program is away
	r = begin()
	defer func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	}()
	router("nft", "flush", "ruleset")
	ahead = time.Minute
	if err := r.tend(ctx); err != nil {
		t.Fatal(err)
	}
	kept(true)
	events, err := r.Store.Events(ctx, of.ID)
	if err != nil {
		t.Fatal(err)
	}
	if last := events[len(events)-1]; !strings.Contains(string(last.Details), isolate.Refilled) {
		t.Errorf("the timeline ends with %+v", last)
	}
	ahead = 2 * time.Hour
	for _, do := range []func() error{func() error { return r.Runner.Expire(ctx, x.ID) }, func() error { return r.Runner.Revert(ctx, x.ID) }} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	state(candor.ResponseUndone)
	kept(false)
	line.Vital = candor.Medical
	if err := r.Store.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, line, time.Time{}) }); err != nil {
		t.Fatal(err)
	}
	ask.Expires = time.Time{}
	if _, err := r.ProposeFor(ctx, who, ask); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("a vital line: %v", err)
	}
}
