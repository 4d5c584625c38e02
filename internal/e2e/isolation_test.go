package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/evidence"
	"candor/internal/flow"
	"candor/internal/flow/decode"
	"candor/internal/flow/export"
	"candor/internal/respond/isolate"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// edge is a program with a router of its own, which is a network namespace.
type edge struct {
	data, conf, ns, flows string
	bound                 []candor.Asset // agreed to be isolated
	free                  candor.Asset
	line                  map[candor.ID]netip.Addr
}

// needNft ends or skips a test that needs root and nft.
func needNft(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("nft"); err == nil && os.Getuid() == 0 {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("this test needs root and nft")
	}
	t.Skip("this test needs root and nft")
}

func newEdge(t *testing.T, lines int) *edge {
	t.Helper()
	needNft(t)
	dir := t.TempDir()
	e := &edge{data: filepath.Join(dir, "data"), conf: filepath.Join(dir, "candor.yml"), ns: fmt.Sprintf("cnde%d", os.Getpid()), line: map[candor.ID]netip.Addr{}}
	if out, err := exec.Command("ip", "netns", "add", e.ns).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", e.ns).Run() })
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e.flows = free.LocalAddr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`data: {dir: %q}
mail: {folder: %q}
traffic: {listen: [%q], exporters: [{address: 127.0.0.1, name: edge}]}
isolation:
  most_per_minute: 1000
  most_share: 1
  bound: 1h
  every: 1s
  portal: ["192.0.2.80:80"]
  points: [{name: edge, kind: nft, namespace: %s}]
`, e.data, filepath.Join(dir, "mail"), e.flows, e.ns)
	if err := os.WriteFile(e.conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	addresses := make([]netip.Addr, lines+1)
	for n := range addresses {
		addresses[n] = netip.AddrFrom4([4]byte{198, 51, 100, byte(n + 1)})
	}
	e.fill(t, lines, addresses...)
	return e
}

// fill makes lines at addresses, so many of which agreed to be isolated; the
// next one did not. The policy isolates by itself.
func (e *edge) fill(t *testing.T, lines int, addresses ...netip.Addr) {
	t.Helper()
	s := openStore(t, e.data)
	defer s.Close()
	now := time.Now().UTC().Add(-time.Hour)
	err := s.Tx(t.Context(), func(tx *store.Tx) error {
		for n := range lines + 1 {
			p := candor.Party{ID: candor.NewID(now), Kind: candor.Subscriber, Name: fmt.Sprint("subscriber ", n), Language: "en", Created: now, Updated: now}
			at := addresses[n]
			a := candor.Asset{ID: candor.NewID(now), Kind: candor.Line, Owner: p.ID, Name: fmt.Sprint("line ", n), Reference: fmt.Sprint("L-", n), Created: now, Updated: now,
				Access: candor.Access{Plan: "100/40", Down: 100e6, Up: 40e6, Addresses: []string{at.String()}}}
			if err := errors.Join(tx.AddParty(t.Context(), p), tx.AddAsset(t.Context(), a, time.Time{})); err != nil {
				return err
			}
			if e.line[a.ID] = at; n == lines {
				e.free = a
				break
			}
			e.bound = append(e.bound, a)
			if err := storetest.Agree(t.Context(), tx, p.ID, now, isolate.Name); err != nil {
				return err
			}
		}
		policy := desk.Policy{Rules: []desk.PolicyRule{{Method: isolate.Name, Severity: candor.High, Confidence: 95}}}
		return tx.SetSetting(t.Context(), desk.PolicySetting, policy, now, "test")
	})
	if err != nil {
		t.Fatal(err)
	}
}

// floods tells that lines flood somebody, as an exporter does.
func (e *edge) floods(t *testing.T, lines ...candor.Asset) {
	t.Helper()
	to, err := net.Dial("udp", e.flows)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	x, err := export.New(export.Options{Version: decode.NetFlow9, Domain: rand.Uint32(), Booted: flow.Time(time.Now().Add(-time.Hour))})
	if err != nil {
		t.Fatal(err)
	}
	now := flow.Time(time.Now())
	var all []flow.Record
	for _, l := range lines {
		all = append(all, flow.Record{Start: now - 1e6, End: now, Src: flow.FromIP(e.line[l.ID]), Dst: flow.V4(0xc6120001), SrcPort: 40000, DstPort: 80, Protocol: flow.TCP, Flags: flow.SYN, Packets: 3000, Bytes: 120_000})
	}
	if err := x.Append(all, now, func(d []byte) error { _, err := to.Write(d); return err }); err != nil {
		t.Fatal(err)
	}
}

// kept tells whether the router keeps a line.
func (e *edge) kept(t *testing.T, a candor.Asset) bool {
	t.Helper()
	out, err := exec.Command("ip", "netns", "exec", e.ns, "nft", "list", "set", "inet", "candor", "garden4").CombinedOutput()
	if err != nil && !strings.Contains(string(out), "No such file") { // before the first start there is no table
		t.Fatalf("%v: %s", err, out)
	}
	return strings.Contains(string(out), e.line[a.ID].String()+" ")
}

// whole tells whether a line is isolated and that recorded, or neither; and
// which.
func (e *edge) whole(t *testing.T, s *store.Store, a candor.Asset) (settled, isolated bool) {
	t.Helper()
	cases, err := s.Cases(t.Context(), candor.Everything, candor.CaseFilter{Asset: a.ID}, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	responses, err := s.Responses(t.Context(), candor.Everything, candor.ResponseFilter{Method: isolate.Name, Party: a.Owner}, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.Isolations(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	kept := e.kept(t, a)
	switch {
	case len(cases.Items) == 0: // it was lost before anybody filed it
		return true, kept || len(responses.Items) > 0 || len(rows) > 0
	case len(cases.Items) != 1 || len(responses.Items) > 1 || len(rows) > 1:
		t.Fatalf("%s: %d cases, %d responses, %d isolations", a.Name, len(cases.Items), len(responses.Items), len(rows))
	}
	if len(responses.Items) == 0 || responses.Items[0].State != candor.ResponseVerified || len(rows) == 0 || !kept {
		return false, kept
	}
	events, err := s.Events(t.Context(), cases.Items[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	applied := 0
	for _, x := range events {
		if strings.Contains(string(x.Details), `"to":"applied"`) {
			applied++
		}
	}
	if applied != 1 {
		t.Errorf("%s: the timeline tells %d times that it was applied", a.Name, applied)
	}
	return true, true
}

// TestIsolationKilled kills the program at random moments while it isolates a
// line. Whenever it is dead, nothing is enforced that is not written down; when
// it is back each line is isolated, with all that is told of it, or not at all.
// What was isolated before stays so meanwhile, what is usual of lines is kept,
// and a line without a basis is never isolated. CANDOR_KILLS says how often; it
// goes on until an isolation was hit that had begun.
func TestIsolationKilled(t *testing.T) {
	kills := 10
	if n, err := strconv.Atoi(os.Getenv("CANDOR_KILLS")); err == nil {
		kills = min(n, 200)
	}
	most := kills + 40 // so often is tried until an isolation was hit
	e := newEdge(t, most+1)
	p := start(t, "--config", e.conf)
	e.heard(t)
	e.floods(t, e.bound[0], e.free)
	told := time.Now()
	s := openStore(t, e.data)
	t.Cleanup(func() { s.Close() })
	isolated := map[int]bool{0: true}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(standing(s), p.errors())
		}
	})
	for !e.kept(t, e.bound[0]) {
		if time.Since(told) > time.Minute {
			t.Fatal("the first line is not isolated")
		}
	}
	long := time.Since(told)
	eventually(t, "the first line is isolated, and that told", time.Minute, func() bool { _, yes := e.whole(t, s, e.bound[0]); return yes })
	if status := p.stop(t); status != 0 {
		t.Fatalf("the program ended with %d: %s", status, p.errors())
	}
	baselines, err := os.ReadFile(filepath.Join(e.data, "baselines"))
	if err != nil {
		t.Fatal(err)
	}
	whileDead := func(n int) {
		t.Helper()
		for i := range isolated {
			if !e.kept(t, e.bound[i]) {
				t.Fatalf("kill %d: line %d, isolated before, is free", n, i)
			}
		}
		rows, err := s.Isolations(t.Context(), e.bound[n].ID)
		if err != nil {
			t.Fatal(err)
		}
		if e.kept(t, e.bound[n]) && len(rows) == 0 {
			t.Fatalf("kill %d: a line is isolated and nobody knows why", n)
		}
	}
	begun, within := 0, long
	for n := 1; n <= kills || begun == 0 && n <= most; n++ {
		p, err := launch("--config", e.conf)
		if err != nil {
			t.Fatalf("start %d: %v", n, err)
		}
		e.heard(t)
		e.floods(t, e.bound[n])
		moment := rand.N(within) + time.Millisecond // it is what is tried
		time.Sleep(moment)
		p.kill()
		whileDead(n)
		if rows, err := s.Isolations(t.Context(), e.bound[n].ID); err == nil && len(rows) > 0 {
			begun++
			within = min(within, 2*moment) // half of them before one is begun, half after
		}
		p = start(t, "--config", e.conf)
		eventually(t, fmt.Sprintf("kill %d: the line is isolated, and that told, or neither", n), time.Minute, func() bool {
			settled, yes := e.whole(t, s, e.bound[n])
			if settled && yes {
				isolated[n] = true
			}
			return settled
		})
		if strings.Contains(p.errors(), "cannot be read") {
			t.Errorf("kill %d: %s", n, p.errors())
		}
		p.kill()
		whileDead(n)
	}
	t.Logf("%d kills hit an isolation that had begun; the first took %s; %d lines are isolated", begun, long, len(isolated))
	if begun == 0 {
		t.Error("no kill hit an isolation that had begun")
	}
	if e.kept(t, e.free) {
		t.Error("a line without a basis is isolated")
	}
	if now, err := os.ReadFile(filepath.Join(e.data, "baselines")); err != nil || len(now) < len(baselines) {
		t.Errorf("baselines of %d bytes have become %d: %v", len(baselines), len(now), err)
	}
	p = start(t, "--config", e.conf)
	eventually(t, "all records are in the log", time.Minute, func() bool { n, err := s.CountPending(t.Context()); return err == nil && n == 0 })
	if status := p.stop(t); status != 0 {
		t.Errorf("the program ended with %d: %s", status, p.errors())
	}
	report, err := evidence.Verify(t.Context(), filepath.Join(e.data, "evidence"), evidence.VerifyOptions{})
	if err != nil || !report.OK() {
		t.Errorf("the log does not verify: %v, %v", report, err)
	}
}

// heard waits until the program hears exporters.
func (e *edge) heard(t *testing.T) {
	t.Helper()
	at := netip.MustParseAddrPort(e.flows)
	eventually(t, "the program hears exporters", time.Minute, func() bool {
		sockets, err := os.ReadFile("/proc/thread-self/net/udp") // the main thread may be left in a namespace of another test
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(sockets), fmt.Sprintf(": 0100007F:%04X ", at.Port())) // 127.0.0.1
	})
}
