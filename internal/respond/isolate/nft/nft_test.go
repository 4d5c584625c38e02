package nft_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/respond"
	"candor/internal/respond/isolate"
	"candor/internal/respond/isolate/nft"
	"candor/internal/respond/respondtest"
)

func (l *lab) isolate(t testing.TB, a candor.Asset, level isolate.Level) candor.Response {
	t.Helper()
	plan, err := l.Plan(t.Context(), respond.Request{Options: fmt.Appendf(nil, `{"level":%q}`, level)}, respond.Target{Asset: a})
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	data, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	r := candor.Response{ID: candor.NewID(time.Now()), Case: "case", Asset: a.ID, Plan: data}
	if r.Result, err = l.Apply(t.Context(), r, &respondtest.Journal{}); err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	if err := l.Verify(t.Context(), r); err != nil {
		t.Errorf("verify: %v", err)
	}
	return r
}

func (l *lab) free(t testing.TB, r candor.Response) {
	t.Helper()
	if _, err := l.Revert(t.Context(), r, &respondtest.Journal{}); err != nil {
		t.Fatal(err)
	}
}

// TestLevels has real packets stopped, and real ones pass, on this machine and
// by SSH.
func TestLevels(t *testing.T) {
	for _, bySSH := range []bool{false, true} {
		t.Run(fmt.Sprintf("by SSH %v", bySSH), func(t *testing.T) { testLevels(t, newLab(t, policy(), bySSH)) })
	}
}

func testLevels(t *testing.T, l *lab) {
	run(t, "ip netns exec %s nft add table inet other", l.ns("router"))
	run(t, "ip netns exec %s nft add chain inet other forward { type filter hook forward priority 0 ; }", l.ns("router"))
	run(t, "ip netns exec %s nft add rule inet other forward counter accept", l.ns("router"))
	a := l.subscriber("L-1", "10.0.1.2/32", "2001:db8:1:1::/64")
	b := l.subscriber("L-2", "10.0.2.2/32", "2001:db8:1:2::/64")
	at := func(address, port string) string { return net.JoinHostPort(address, port) }
	open := []way{{"tcp", at(outside, "9"), at(outside, "9")}, {"tcp", at(outside, "25"), at(outside, "25")}, {"tcp", at(outside, "80"), at(outside, "80")},
		{"tcp", at(outside, "443"), at(outside, "443")}, {"tcp", at(outside6, "9"), at(outside6, "9")}, {"tcp", at(outside6, "80"), at(outside6, "80")},
		{"tcp", at(emergency, "9"), at(emergency, "9")}, {"tcp", at(urgent6, "9"), at(urgent6, "9")}, {"tcp", at(allowed, "9"), at(allowed, "9")},
		{"udp", at(name, "53"), name}, {"udp", at(outside, "53"), outside}, {"tcp", at("10.0.2.2", "9"), at("10.0.2.2", "9")}}
	l.expect(t, "free", "one", open...)
	held, err := l.dial("one", "tcp", at(outside, "9"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, err := talk(held); err != nil {
		t.Fatal(err)
	}
	only := func(reach ...way) []way {
		all := slices.Clone(open)
		for i := range all {
			all[i].who = ""
			for _, w := range reach {
				if w.to == all[i].to && w.network == all[i].network {
					all[i].who = w.who
				}
			}
		}
		return all
	}

	garden := l.isolate(t, a, isolate.WalledGarden)
	l.expect(t, "walled garden", "one", only(way{"tcp", at(outside, "80"), at(portal, "8080")}, way{"tcp", at(outside6, "80"), at(portal6, "8080")},
		way{"tcp", at(emergency, "9"), at(emergency, "9")}, way{"tcp", at(urgent6, "9"), at(urgent6, "9")}, way{"tcp", at(allowed, "9"), at(allowed, "9")},
		way{"udp", at(name, "53"), name}, way{"udp", at(outside, "53"), name}, // whichever they ask
		way{"tcp", at("10.0.2.2", "9"), at("10.0.2.2", "9")})...) // allowed, as far as that one is not isolated
	if !l.refused("one", at(outside, "443")) || !l.refused("one", at(outside6, "443")) {
		t.Error("what is encrypted is not told no at once")
	}
	if _, err := talk(held); err == nil {
		t.Error("a connection from before goes on")
	}
	l.expect(t, "another line", "two", way{"tcp", at(outside, "9"), at(outside, "9")}, way{"tcp", at(outside, "80"), at(outside, "80")})
	gardenTwo := l.isolate(t, b, isolate.WalledGarden)
	l.expect(t, "between isolated lines", "one", way{"tcp", at("10.0.2.2", "9"), ""}, way{"tcp", at("2001:db8:1:2::2", "9"), ""}, way{"udp", at("10.0.2.2", "53"), ""})
	l.free(t, gardenTwo)

	cut := l.isolate(t, a, isolate.Disconnect)
	l.expect(t, "disconnected", "one", only(way{"tcp", at(emergency, "9"), at(emergency, "9")}, way{"tcp", at(urgent6, "9"), at(urgent6, "9")})...)
	l.expect(t, "to a disconnected line", "two", way{"tcp", at("10.0.1.2", "9"), ""})
	l.free(t, garden)
	l.expect(t, "still disconnected", "one", way{"tcp", at(outside, "80"), ""})
	l.free(t, cut)
	l.expect(t, "free again", "one", open...)

	ports := l.isolate(t, a, isolate.BlockPorts)
	blocked := slices.Clone(open)
	blocked[1].who = ""
	l.expect(t, "ports blocked", "one", blocked...)
	l.free(t, ports)

	fast := l.throughput(t, at(outside, "7777"))
	slow := l.isolate(t, a, isolate.RateLimit)
	l.expect(t, "slowed down", "one", open...)
	if limited := l.throughput(t, at(outside, "7777")); limited > 300_000 || limited < 10_000 || fast < 4*limited {
		t.Errorf("%d bytes a second, %d when limited to 100000", fast, limited)
	}
	l.free(t, slow)
	if left, err := l.enforcer.List(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if other := run(t, "ip netns exec %s nft list table inet other", l.ns("router")); !strings.Contains(other, "counter packets") {
		t.Errorf("the table of others is now\n%s", other)
	}
	if err := l.enforcer.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if tables := run(t, "ip netns exec %s nft list tables", l.ns("router")); strings.TrimSpace(tables) != "table inet other" {
		t.Errorf("tables are now %q", tables)
	}
}

// throughput is how many bytes come within a second.
func (l *lab) throughput(t *testing.T, from string) int64 {
	t.Helper()
	c, err := l.dial("one", "tcp", from)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	n, _ := io.Copy(io.Discard, c)
	return n
}

// TestBehindOurBack: what others flush is back, and reported.
func TestBehindOurBack(t *testing.T) {
	for _, bySSH := range []bool{false, true} {
		l := newLab(t, policy(), bySSH)
		a := l.subscriber("L-1", "10.0.1.2/32", "2001:db8:1:1::/64")
		r := l.isolate(t, a, isolate.WalledGarden)
		l.ahead.Store(int64(time.Minute))
		for what, want := range map[string][]string{
			"nft flush ruleset":                                     {isolate.Mended, isolate.Refilled},
			"nft flush chain inet candor garden":                    {isolate.Mended},
			"nft flush set inet candor life4":                       {isolate.Mended},
			"nft flush set inet candor garden4":                     {isolate.Refilled},
			"nft flush set inet candor garden6":                     {isolate.Refilled},
			"nft add element inet candor off4 { 10.9.9.9 }":         {isolate.Removed},
			"nft add element inet candor slow6 { 2001:db8:9::/48 }": {isolate.Removed},
		} {
			run(t, "ip netns exec %s %s", l.ns("router"), what)
			if err := l.Verify(t.Context(), r); err == nil && want[0] != isolate.Removed {
				t.Errorf("verified after %s", what)
			}
			drifts, err := l.Tend(t.Context())
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
			var kinds []string
			for _, d := range drifts {
				kinds = append(kinds, d.Kind)
			}
			if diff := cmp.Diff(want, kinds); diff != "" {
				t.Errorf("%s, by SSH %v (-want +got):\n%s", what, bySSH, diff)
			}
			if err := l.Verify(t.Context(), r); err != nil {
				t.Errorf("after %s: %v", what, err)
			}
		}
		l.expect(t, "after all", "one", way{"tcp", outside + ":9", ""}, way{"tcp", emergency + ":9", emergency + ":9"}, way{"tcp", "[" + outside6 + "]:9", ""})
	}
}

// TestEndsByItself: a router that is left alone lets everybody go, and one that
// is tended does not.
func TestEndsByItself(t *testing.T) {
	for _, tended := range []bool{true, false} {
		p := policy()
		p.Bound = 2 * time.Second
		l := newLab(t, p, false)
		l.isolate(t, l.subscriber("L-1", "10.0.1.2/32", "2001:db8:1:1::/64"), isolate.Disconnect)
		for began := time.Now(); time.Since(began) < 3*time.Second; {
			if tended {
				if drifts, err := l.Tend(t.Context()); err != nil || len(drifts) > 0 {
					t.Fatal(drifts, err)
				}
			}
			if through := l.reached("one", "tcp", outside+":9") != ""; through && (tended || time.Since(began) < time.Second) {
				t.Fatalf("tended %v: free after %s", tended, time.Since(began))
			}
		}
		if through := l.reached("one", "tcp", outside+":9") != ""; through == tended {
			t.Errorf("tended %v: free %v", tended, through)
		}
	}
}

func TestWrongHostKey(t *testing.T) {
	needRoot(t)
	s := sshServer(t, "none")
	s.HostKey = signer(t).PublicKey()
	e, err := nft.Remote(policy(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "host key") {
		t.Errorf("another machine answered: %v", err)
	}
}

// TestKilled kills a program that isolates and frees a line at random moments:
// each time the line is isolated with all of its addresses, or with none.
func TestKilled(t *testing.T) {
	if ns := os.Getenv("CANDOR_TEST_NS"); ns != "" {
		flicker(t, ns)
	}
	l := newLab(t, policy(), false)
	seen := map[int]int{}
	for n := range 30 {
		ctx, cancel := context.WithCancel(t.Context())
		cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), "CANDOR_TEST_NS="+l.ns("router"))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := make([]byte, 1+n) // a byte a change
		if _, err := io.ReadFull(out, lines); err != nil {
			t.Fatal(err)
		}
		cancel()
		_ = cmd.Wait()
		held, err := l.enforcer.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seen[len(held)]++
	}
	if seen[0]+seen[3] != 30 {
		t.Errorf("entries after a kill: %v; want 0 or 3", seen)
	}
}

func flicker(t *testing.T, ns string) {
	e, err := nft.Local(policy(), ns)
	if err != nil {
		t.Fatal(err)
	}
	s := isolate.Session{Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.1.2/32"), netip.MustParsePrefix("10.0.1.3/32"), netip.MustParsePrefix("2001:db8:1:1::/64")}}
	for n := 0; ; n++ {
		if err = e.Clear(t.Context(), s); n%3 > 0 {
			err = e.Set(t.Context(), s, isolate.Levels()[n%4])
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stdout.WriteString("."); err != nil {
			t.Fatal(err)
		}
	}
}

// TestThousand isolates a thousand lines, looks at each of them, and frees them.
// The figure is a minute.
func TestThousand(t *testing.T) {
	l := newLab(t, policy(), false)
	var lines []candor.Asset
	for i := range 1000 {
		lines = append(lines, l.subscriber(fmt.Sprint("L-", i), fmt.Sprintf("10.1.%d.%d/32", i/250, i%250+1), fmt.Sprintf("2001:db8:%x::/56", 0x1000+i)))
	}
	lines = append(lines, l.subscriber("L-one", "10.0.1.2/32", "2001:db8:1:1::/64"))
	began := time.Now()
	responses := make([]candor.Response, len(lines))
	for i, a := range lines {
		responses[i] = l.isolate(t, a, isolate.WalledGarden) // and verifies
	}
	took := time.Since(began)
	l.expect(t, "the last", "one", way{"tcp", outside + ":9", ""}, way{"tcp", emergency + ":9", emergency + ":9"})
	began = time.Now()
	for _, r := range responses {
		l.free(t, r)
	}
	t.Logf("%d isolations, each verified: %s; freed: %s", len(lines), took.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	if took > time.Minute {
		t.Errorf("%d isolations took %s", len(lines), took)
	}
	if left, err := l.enforcer.List(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left: %d, %v", len(left), err)
	}
}

func BenchmarkSet(b *testing.B) {
	l := newLab(b, policy(), false)
	s := isolate.Session{Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.1.2/32"), netip.MustParsePrefix("2001:db8:1:1::/64")}}
	for i := 0; b.Loop(); i++ {
		if err := l.enforcer.Set(b.Context(), s, isolate.Levels()[i%4]); err != nil {
			b.Fatal(err)
		}
	}
}
