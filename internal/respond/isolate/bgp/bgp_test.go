package bgp_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/respond/isolate"
	"candor/internal/respond/isolate/bgp"
)

func need(t *testing.T, program string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin/", "/usr/bin/"} {
		if at, err := exec.LookPath(dir + program); err == nil {
			return at
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not there", program)
	}
	t.Skipf("%s is not there", program)
	return ""
}

// so turns what is so, or not, into what until wants.
func so(look func() bool) func() string {
	return func() string {
		if look() {
			return ""
		}
		return "not so"
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// start runs a router until the test ends.
func start(t *testing.T, program string, args ...string) {
	t.Helper()
	var told bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdout, cmd.Stderr = &told, &told
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Wait() // killed as the context ends
		if t.Failed() {
			t.Logf("%s: %s", program, told.String())
		}
	})
}

// until calls look again and again, until it has nothing to say.
func until(t *testing.T, what string, look func() string) {
	t.Helper()
	end := time.Now().Add(40 * time.Second)
	for says := look(); says != ""; says = look() {
		if time.Now().After(end) {
			t.Fatalf("%s: %s", what, says)
		}
		wait := time.NewTimer(50 * time.Millisecond)
		<-wait.C
	}
}

func options(port, peerPort int) bgp.Options {
	return bgp.Options{AS: 64500, RouterID: netip.MustParseAddr("192.0.2.1"), Listen: fmt.Sprintf("127.0.0.1:%d", port),
		Peers:     []bgp.Peer{{Addr: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), uint16(peerPort)), AS: 64500}},
		Lifelines: []netip.Prefix{netip.MustParsePrefix("203.0.113.112/32")}, Ports: []uint16{25, 445}, Rate: 32768, Redirect: "64500:80", Community: 64500<<16 | 7}
}

func open(t *testing.T, o bgp.Options) *bgp.Enforcer {
	t.Helper()
	e, err := bgp.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

var session = isolate.Session{Line: "L-1", Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("2001:db8:0:1::/64")}}

// TestGoBGP has another speaker, of Debian, hold the rules.
func TestGoBGP(t *testing.T) {
	daemon, client := need(t, "gobgpd"), need(t, "gobgp")
	ours, theirs, control := freePort(t), freePort(t), freePort(t)
	conf := filepath.Join(t.TempDir(), "gobgpd.conf")
	text := fmt.Sprintf(`[global.config]
as = 64500
router-id = "192.0.2.2"
port = %d
local-address-list = ["127.0.0.2"]
[[neighbors]]
[neighbors.config]
neighbor-address = "127.0.0.1"
peer-as = 64500
[neighbors.transport.config]
passive-mode = true
local-address = "127.0.0.2"
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv4-flowspec"
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv6-flowspec"
`, theirs)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, daemon, "-f", conf, "--api-hosts", fmt.Sprintf("127.0.0.1:%d", control), "--pprof-disable")
	e := open(t, options(ours, theirs))
	if err := e.Set(t.Context(), session, isolate.Disconnect); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("before any router hears it: %v", err)
	}
	until(t, "the session is up", so(func() bool { _, err := e.List(t.Context()); return err == nil }))
	rib := func() string {
		var all []byte
		for _, f := range []string{"ipv4-flowspec", "ipv6-flowspec"} {
			out, err := exec.Command(client, "-p", fmt.Sprint(control), "global", "rib", "-a", f).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			all = append(all, out...)
		}
		return string(all)
	}
	const from, to, from6 = "[source: 10.0.0.1/32]", "[destination: 10.0.0.1/32]", "[source: 2001:db8:0:1::/64"
	for _, tt := range []struct {
		level isolate.Level
		has   []string
		not   []string
	}{
		{isolate.Disconnect, []string{from, to, from6, "[discard", "[destination: 203.0.113.112/32][source: 10.0.0.1/32]", "[destination: 10.0.0.1/32][source: 203.0.113.112/32]"}, []string{"destination-port"}},
		{isolate.RateLimit, []string{from, to, from6, "[rate: 32768"}, []string{"[discard"}},
		{isolate.WalledGarden, []string{from, from6, "64500:80"}, []string{"[discard", "[rate:"}},
		{isolate.BlockPorts, []string{"[source: 10.0.0.1/32][destination-port:==25==445]", "[discard"}, []string{"64500:80"}},
	} {
		if err := e.Set(t.Context(), session, tt.level); err != nil {
			t.Fatal(err)
		}
		held := func() string { // both, once they are there and the old ones are not
			text := strings.ReplaceAll(rib(), " =", "=") // versions differ in blanks
			for _, x := range tt.has {
				if !strings.Contains(text, x) {
					return "lacks " + x + " in\n" + text
				}
			}
			for _, x := range tt.not {
				if strings.Contains(text, x) {
					return "has " + x + " in\n" + text
				}
			}
			return ""
		}
		until(t, string(tt.level), held)
		until(t, "our own list", so(func() bool {
			all, err := e.List(t.Context())
			return err == nil && len(all) == 2 && all[0].Level == tt.level && all[1].Level == tt.level
		}))
	}
	if err := e.Clear(t.Context(), session); err != nil {
		t.Fatal(err)
	}
	until(t, "withdrawn", so(func() bool { return !strings.Contains(rib(), "10.0.0.1") && !strings.Contains(rib(), "2001:db8") }))
	if err := e.Set(t.Context(), session, isolate.Disconnect); err != nil {
		t.Fatal(err)
	}
	until(t, "there", so(func() bool { return strings.Contains(rib(), from) }))
	// A program that ends lets everybody go; the next one begins with nothing.
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "gone with the program", so(func() bool { return !strings.Contains(rib(), "10.0.0.1") }))
}

// TestBIRD has another implementation hold the rules, and routes to nowhere.
func TestBIRD(t *testing.T) {
	daemon, client := need(t, "bird"), need(t, "birdc")
	for _, blackhole := range []bool{false, true} {
		ours, theirs := freePort(t), freePort(t)
		dir := t.TempDir()
		channels := "flow4 { import all; export none; }; flow6 { import all; export none; };"
		if blackhole {
			channels = "ipv4 { import all; export none; }; ipv6 { import all; export none; };"
		}
		conf := fmt.Sprintf(`router id 192.0.2.3;
flow4 table flowtab4;
flow6 table flowtab6;
protocol device {}
protocol static { ipv4; route 192.0.2.0/24 blackhole; }
protocol bgp candor {
  local 127.0.0.2 port %d as 64500;
  neighbor 127.0.0.1 port %d as 64500;
  multihop; passive yes;
  %s
}
`, theirs, ours, channels)
		path, socket := filepath.Join(dir, "bird.conf"), filepath.Join(dir, "ctl")
		if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
			t.Fatal(err)
		}
		start(t, daemon, "-f", "-c", path, "-s", socket, "-P", filepath.Join(dir, "pid"))
		o := options(ours, theirs)
		o.Blackhole, o.NextHop = blackhole, []netip.Addr{netip.MustParseAddr("192.0.2.66"), netip.MustParseAddr("2001:db8::66")}
		e := open(t, o)
		until(t, "the session is up", so(func() bool { _, err := e.List(t.Context()); return err == nil }))
		if err := e.Set(t.Context(), session, isolate.Disconnect); err != nil {
			t.Fatal(err)
		}
		want := []string{"flow4 { src 10.0.0.1/32; }", "flow4 { dst 10.0.0.1/32; }", "flow4 { dst 203.0.113.112/32; src 10.0.0.1/32; }", "flow6 { src 2001:db8:0:1::/64; }", "(64500,7)", "(generic, 0x8006"}
		if blackhole {
			want = []string{"10.0.0.1/32", "2001:db8:0:1::/64", "(65535,666)", "(65535,65281)", "(64500,7)", "192.0.2.66", "2001:db8::66"}
		}
		until(t, "the routes are there", func() string {
			out, err := exec.Command(client, "-s", socket, "show", "route", "all").CombinedOutput()
			if err != nil {
				return err.Error()
			}
			for _, w := range want {
				if !strings.Contains(string(out), w) {
					return "lacks " + w + " in\n" + string(out)
				}
			}
			return ""
		})
		if err := e.Clear(t.Context(), session); err != nil {
			t.Fatal(err)
		}
		until(t, "they are gone", so(func() bool {
			out, err := exec.Command(client, "-s", socket, "show", "route").CombinedOutput()
			return err == nil && !strings.Contains(string(out), "10.0.0.1/32") && !strings.Contains(string(out), "2001:db8")
		}))
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOptions(t *testing.T) {
	for name, change := range map[string]func(*bgp.Options){
		"redirect": func(o *bgp.Options) { o.Redirect = "somewhere" },
		"listen":   func(o *bgp.Options) { o.Listen = "nowhere" },
	} {
		o := options(0, 179)
		change(&o)
		if _, err := bgp.Open(t.Context(), o); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, err := bgp.ParseCommunity("64500:666"); err != nil || n != 64500<<16|666 {
		t.Errorf("%d, %v", n, err)
	}
	for _, bad := range []string{"", "1", "70000:1", "a:b"} {
		if _, err := bgp.ParseCommunity(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
