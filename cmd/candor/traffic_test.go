package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/desk"
	"candor/internal/flow"
	"candor/internal/flow/decode"
	"candor/internal/flow/export"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestTraffic has a line scan, as an exporter tells by NetFlow: a case opens,
// and by the policy, on the basis of terms, a real router's tables isolate the
// line. Another, which agreed to nothing, is not isolated.
func TestTraffic(t *testing.T) {
	if _, err := exec.LookPath("nft"); err != nil || os.Getuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("this test needs root and nft")
		}
		t.Skip("this test needs root and nft")
	}
	ns := fmt.Sprintf("cndt%d", os.Getpid())
	if out, err := exec.Command("ip", "netns", "add", ns).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() })
	c := config.Defaults()
	c.Data.Dir, c.Listen.PublicURL = t.TempDir(), "https://desk.example"
	c.Traffic.Listen = []string{"127.0.0.1:0"}
	c.Traffic.Exporters = []config.Exporter{{Address: "127.0.0.1", Name: "edge"}}
	c.Isolation.Portal = []string{"198.51.100.80:80"}
	c.Isolation.MostShare = 1
	c.Isolation.Points = []config.Point{{Name: "edge", Kind: "nft", Namespace: ns}}
	s, err := makeSetup(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r, err := open(t.Context(), s)
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	defer func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	}()
	bound, free := aLineOf(t, r, "bound", "10.9.0.1"), aLineOf(t, r, "free", "10.9.0.2")
	who := candor.Principal{User: candor.NewID(time.Now()), Role: candor.RoleAdmin}
	if _, err := r.AddAgreement(t.Context(), who, candor.Agreement{Party: bound.Owner, Terms: "Subscriber terms", Version: "1", Allows: []string{"isolate"}, Accepted: time.Now().Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if err := r.Desk.SetPolicy(t.Context(), who, desk.Policy{Rules: []desk.PolicyRule{{Method: "isolate", Severity: candor.High, Confidence: 95}}}, r.Methods); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	workers, err := r.Store.Work(ctx, r.handlers(), r.queues())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.traffic.start(ctx); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- r.traffic.run(ctx) }()
	defer func() {
		stop()
		if err := errors.Join(<-ended, workers.Stop(context.Background())); err != nil {
			t.Error(err)
		}
	}()
	send := exporterTo(t, r)
	waitFor(t, "the lines to be known", func() bool { return r.traffic.watch.Number(bound.ID) != 0 && r.traffic.watch.Number(free.ID) != 0 })
	for n := range 50 {
		for _, src := range []uint32{10<<24 | 9<<16 | 1, 10<<24 | 9<<16 | 2} {
			now := flow.Time(time.Now())
			send(flow.Record{Start: now, End: now, Src: flow.V4(src), Dst: flow.V4(0xc6336400 + uint32(n)), SrcPort: 40000, DstPort: 23, Protocol: flow.TCP, Flags: flow.SYN, Bytes: 40, Packets: 1})
		}
	}
	caseOf := func(line candor.Asset) (all []candor.Case) {
		page, err := r.Store.Cases(ctx, candor.Everything, candor.CaseFilter{Asset: line.ID}, candor.Cut{})
		if err != nil {
			t.Fatal(err)
		}
		return page.Items
	}
	table := func() string {
		out, _ := exec.Command("ip", "netns", "exec", ns, "nft", "list", "ruleset").CombinedOutput()
		return string(out)
	}
	waitFor(t, "the line to be isolated", func() bool { return strings.Contains(table(), "10.9.0.1") })
	waitFor(t, "a case of the other line", func() bool { return len(caseOf(free)) == 1 })
	waitFor(t, "the reason why it is not isolated", func() bool {
		events, err := r.Store.Events(ctx, caseOf(free)[0].ID)
		for _, e := range events {
			if err == nil && e.Kind == candor.EventResponse && strings.Contains(string(e.Details), `"method":"isolate"`) && strings.Contains(string(e.Details), "not-proposed") {
				return true
			}
		}
		return false
	})
	if strings.Contains(table(), "10.9.0.2") {
		t.Error("a line that agreed to nothing is isolated")
	}
	if got := caseOf(bound); len(got) != 1 || got[0].Class != "information-gathering/scanner" || got[0].Severity != candor.High {
		t.Errorf("cases %+v", got)
	}
}

// TestLeasesAlone: where leases are heard and no exporters, it is still known
// whose an address is.
func TestLeasesAlone(t *testing.T) {
	c := config.Defaults()
	c.Data.Dir = t.TempDir()
	c.Leases.Sources = []config.LeaseSource{{Name: "cgn", Kind: "formula", Inner: "10.9.0.0/24", Outer: "203.0.113.0/24", FirstPort: 1024, LastPort: 65535, Block: 250}}
	s, err := makeSetup(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r, err := open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	}()
	if r.traffic == nil {
		t.Fatal("leases are not heard")
	}
	line := aLineOf(t, r, "bound", "10.9.0.1")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	if err := r.traffic.start(ctx); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- r.traffic.run(ctx) }()
	waitFor(t, "the line to be known", func() bool { return r.traffic.watch.Number(line.ID) != 0 })
	n := r.traffic.watch.Number(line.ID)
	if got := r.traffic.leases.table.Holder(flow.V4(10<<24|9<<16|1), 0, flow.Time(time.Now())); got != n {
		t.Errorf("its address is of line %d, not %d", got, n)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := r.lookTraffic(t.Context()); err != nil {
		t.Errorf("health: %v", err)
	}
}

// aLineOf adds a subscriber with a line.
func aLineOf(t *testing.T, r *running, name, address string) candor.Asset {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	party, _ := storetest.Sample(t, r.Store, name)
	line := candor.Asset{ID: candor.NewID(now), Kind: candor.Line, Owner: party.ID, Name: "line " + name, Reference: "L-" + name, Created: now, Updated: now,
		Access: candor.Access{Plan: "50/10", Down: 50e6, Up: 10e6, Addresses: []string{address}}}
	if err := r.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.AddAsset(t.Context(), line, time.Time{}) }); err != nil {
		t.Fatal(err)
	}
	return line
}

// exporterTo sends records as NetFlow v9 to where the program listens.
func exporterTo(t *testing.T, r *running) func(flow.Record) {
	t.Helper()
	waitFor(t, "a socket for exporters", func() bool { return len(r.traffic.collector.Addresses()) > 0 })
	to, err := net.Dial("udp", r.traffic.collector.Addresses()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { to.Close() })
	e, err := export.New(export.Options{Version: decode.NetFlow9, Booted: flow.Time(time.Now().Add(-time.Hour))})
	if err != nil {
		t.Fatal(err)
	}
	return func(x flow.Record) {
		t.Helper()
		if err := e.Append([]flow.Record{x}, flow.Time(time.Now()), func(d []byte) error { _, err := to.Write(d); return err }); err != nil {
			t.Fatal(err)
		}
	}
}

// waitFor waits until something is so, for at most a minute.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !is(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
