package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"

	"candor"
	"candor/internal/drill/lab"
	"candor/internal/respond/isolate"
	"candor/internal/store"
	"candor/internal/web/browsertest"
)

// subscriberAsks names the variable that has this test program be the browser of
// a subscriber, in the subscriber's namespace.
const subscriberAsks = "CANDOR_E2E_SUBSCRIBER"

// need gives a program of Debian's, or ends or skips the test.
func need(t *testing.T, name string) string {
	t.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not there", name)
	}
	t.Skipf("%s is not there", name)
	return ""
}

// told keeps what a program writes.
type told struct {
	lock sync.Mutex
	b    bytes.Buffer
}

func (l *told) Write(p []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.b.Write(p)
}

func (l *told) text() string {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.b.String()
}

// network is a lab with programs of others in it.
type network struct {
	*lab.Lab
	t *testing.T
}

// runs starts a program in a place, until the test ends.
func (n network) runs(place, program string, args ...string) *told {
	n.t.Helper()
	log := &told{}
	c := exec.Command(program, args...)
	c.Stdout, c.Stderr, c.Env = log, log, environment()
	ended, err := n.Start(place, c)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		_ = c.Process.Kill()
		<-ended
		if n.t.Failed() {
			text := log.text()
			n.t.Logf("%s: …%s", program, text[max(0, len(text)-3000):])
		}
	})
	return log
}

// write writes a file of the lab's.
func (n network) write(name, text string) string {
	n.t.Helper()
	path := filepath.Join(n.Dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		n.t.Fatal(err)
	}
	return path
}

// accessServer is FreeRADIUS as a server for Dynamic Authorization that knows
// the session of one subscriber.
const accessServer = `name = freeradius
prefix = /usr
logdir = %[1]s
run_dir = %[1]s
libdir = /usr/lib/freeradius
correct_escapes = true
max_requests = 1024
log { 
 destination = stdout
}
security { max_attributes = 200
 reject_delay = 0
 status_server = no
}
client desk { ipaddr = 192.0.2.2
 secret = "lab"
 require_message_authenticator = yes
}
listen { type = coa
 ipaddr = 192.0.2.1
 port = 3799
 virtual_server = lab
}
modules {
 always ok {
  rcode = ok
 }
 always reject {
  rcode = reject
 }
}
server lab {
 recv-coa {
  if ("%%{Acct-Session-Id}" != "0a1b2c" || "%%{User-Name}" != "L-0" || "%%{Framed-IP-Address}" != "198.51.100.10") {
   update reply { &Error-Cause := 503 }
   reject
  }
  else {
   ok
  }
 }
 send-coa {
  ok
 }
}
`

const neighbour = `[global.config]
as = 64500
router-id = "192.0.2.1"
port = 1790
local-address-list = ["192.0.2.1"]
[[neighbors]]
[neighbors.config]
neighbor-address = "192.0.2.2"
peer-as = 64500
[neighbors.transport.config]
passive-mode = true
local-address = "192.0.2.1"
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv4-flowspec"
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv6-flowspec"
`

// desk is the configuration of the desk in the lab.
func (n network) desk() string {
	return fmt.Sprintf(`data: {dir: %q}
listen: {addr: "192.0.2.2:8080", public_url: "http://192.0.2.2:8080"}
mail: {folder: %q}
traffic: {listen: ["192.0.2.2:2055"], exporters: [{address: 192.0.2.1, name: softflowd}]}
leases: {sources: [{name: bras, kind: radius, listen: "192.0.2.2:1813", keys: [user], clients: [{network: 192.0.2.1, secret: lab}]}]}
garden: {listen: ["192.0.2.80:80"], url: "http://192.0.2.80"}
isolation:
  most_share: 1
  every: 1s
  portal: ["192.0.2.80:80"]
  lifelines: [203.0.113.112, 192.0.2.112]
  probes: {device: eth0, namespace: %[3]s, outside: ["udp 192.0.2.9:9"], lifelines: ["udp 192.0.2.112:9"]}
  points:
    - {name: router, kind: nft, namespace: %[4]s}
    - {name: bras, kind: radius, server: "192.0.2.1:3799", secret: lab, levels: [{level: walled-garden, attributes: [Filter-Id=garden]}], restore: [Filter-Id=open]}
    - {name: border, kind: bgp, as: 64500, router_id: 192.0.2.2, redirect: "64500:80", peers: [{addr: "192.0.2.1:1790", as: 64500}]}
`, filepath.Join(n.Dir, "data"), filepath.Join(n.Dir, "mail"), n.Name(lab.Subscribers), n.Name(lab.Router))
}

// begins tells of the session of a subscriber, as an access server does.
func (n network) begins(user, session string, at netip.Addr) {
	n.t.Helper()
	p := radius.New(radius.CodeAccountingRequest, []byte("lab"))
	for _, err := range []error{rfc2866.AcctStatusType_Set(p, rfc2866.AcctStatusType_Value_Start), rfc2866.AcctSessionID_SetString(p, session), rfc2865.UserName_SetString(p, user),
		rfc2865.NASIdentifier_SetString(p, "bras"), rfc2865.NASIPAddress_Set(p, lab.Exporter.AsSlice()), rfc2865.FramedIPAddress_Set(p, net.IP(at.AsSlice()))} {
		if err != nil {
			n.t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(n.t.Context(), 20*time.Second)
	defer cancel()
	if err := n.In(lab.Router, func() error { _, err := radius.Exchange(ctx, p, "192.0.2.2:1813"); return err }); err != nil {
		n.t.Fatal(err)
	}
}

// floods has subscribers send packets that nobody answers, until it is told to
// stop.
func (n network) floods(from ...netip.Addr) (stop func()) {
	n.t.Helper()
	ctx, cancel := context.WithCancel(n.t.Context())
	var sink net.PacketConn
	if err := n.In(lab.Server, func() (err error) { sink, err = net.ListenPacket("udp", "203.0.113.2:9999"); return err }); err != nil {
		n.t.Fatal(err)
	}
	var work sync.WaitGroup
	for _, a := range from {
		var c net.Conn
		err := n.In(lab.Subscribers, func() (err error) {
			c, err = (&net.Dialer{LocalAddr: net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 0))}).Dial("udp", "203.0.113.2:9999")
			return err
		})
		if err != nil {
			n.t.Fatal(err)
		}
		work.Go(func() {
			defer c.Close()
			tick, packet := time.NewTicker(10*time.Millisecond), make([]byte, 1000)
			defer tick.Stop()
			for ctx.Err() == nil {
				for range 20 { // two thousand a second
					_, _ = c.Write(packet)
				}
				<-tick.C
			}
		})
	}
	return func() { cancel(); work.Wait(); _ = sink.Close() }
}

// browses has the browser of a subscriber do something.
func (n network) browses(t *testing.T, what string) {
	t.Helper()
	log := &told{}
	c := exec.Command(os.Args[0], "-test.run=^TestSubscriberBrowses$", "-test.count=1")
	c.Env, c.Stdout, c.Stderr = append(environment(), subscriberAsks+"="+what), log, log
	ended, err := n.Start(lab.Subscribers, c)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case err = <-ended:
	case <-time.After(time.Minute):
		_ = c.Process.Kill()
		err = fmt.Errorf("no answer within a minute")
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", what, err, log.text())
	}
}

// TestSubscriberBrowses is the subscriber's browser, where TestLab asks for it.
func TestSubscriberBrowses(t *testing.T) {
	what := os.Getenv(subscriberAsks)
	if what == "" {
		return
	}
	b := browsertest.Open(t)
	asks := chromedp.Navigate("http://203.0.113.2/news")
	switch what {
	case "open":
		b.Run(t, what, asks, browsertest.Wants(`document.body.innerText.includes("the Internet")`))
	case "held":
		b.Run(t, what, asks, browsertest.Wants(`location.origin === "http://192.0.2.80" && document.querySelector("form[action='/clean']")`))
		b.Run(t, "say that it is clean", browsertest.Wants(`(document.getElementById("did").value = "I removed the program.", document.querySelector("form[action='/clean']").submit(), true)`),
			browsertest.Wants(`document.readyState === "complete" && !document.querySelector("form[action='/clean']")`))
	}
}

// TestLab: a subscriber floods; a real exporter tells of it; the line is isolated
// at a router by nftables, at FreeRADIUS by CoA and at another BGP speaker by
// Flowspec; a real browser at the subscriber's sees the portal, and gets the line
// out; everything is as before. Another one that floods, and agreed to nothing,
// is left alone.
func TestLab(t *testing.T) {
	needNft(t)
	softflowd, freeradius, gobgpd, gobgp := need(t, "softflowd"), need(t, "freeradius"), need(t, "gobgpd"), need(t, "gobgp")
	made, err := lab.New(t.Context(), 2)
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	t.Cleanup(func() {
		if err := made.Close(); err != nil {
			t.Error(err)
		}
	})
	n := network{made, t}
	one, two := lab.Subscriber(0), lab.Subscriber(1)
	fill := &edge{data: filepath.Join(n.Dir, "data"), line: map[candor.ID]netip.Addr{}}
	fill.fill(t, 1, one, two)

	radiusLog := n.runs(lab.Router, freeradius, "-f", "-X", "-d", filepath.Dir(n.write("radiusd.conf", fmt.Sprintf(accessServer, n.Dir))), "-D", "/usr/share/freeradius")
	n.runs(lab.Router, gobgpd, "-f", n.write("gobgpd.conf", neighbour), "--api-hosts", "127.0.0.1:50051", "--pprof-disable")
	n.runs(lab.Desk, binary, "serve", "--config", n.write("candor.yml", n.desk()))
	n.runs(lab.Router, softflowd, "-d", "-i", lab.Subscribers, "-n", "192.0.2.2:2055", "-v", "9", "-t", "maxlife=1", "-t", "expint=1", "-p", filepath.Join(n.Dir, "flow.pid"), "-c", filepath.Join(n.Dir, "flow.ctl"))
	var web net.Listener
	if err := n.In(lab.Server, func() (err error) { web, err = net.Listen("tcp", "203.0.113.2:80"); return err }); err != nil {
		t.Fatal(err)
	}
	internet := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the Internet") })}
	t.Cleanup(func() { _ = internet.Close() })
	go func() { _ = internet.Serve(web) }()

	rib := func() string {
		out, _ := exec.Command("ip", "netns", "exec", n.Name(lab.Router), gobgp, "global", "rib", "-a", "ipv4-flowspec").CombinedOutput()
		return string(out)
	}
	set := func() string {
		out, _ := exec.Command("ip", "netns", "exec", n.Name(lab.Router), "nft", "list", "set", "inet", "candor", "garden4").CombinedOutput()
		return string(out)
	}
	eventually(t, "everybody is there", time.Minute, func() bool {
		out, _ := exec.Command("ip", "netns", "exec", n.Name(lab.Router), gobgp, "neighbor").CombinedOutput()
		return strings.Contains(radiusLog.text(), "Ready to process requests") && strings.Contains(string(out), "Establ")
	})
	n.begins("L-0", "0a1b2c", one)
	n.browses(t, "open")
	s, err := store.Open(t.Context(), store.Options{URL: filepath.Join(n.Dir, "data", "candor.db"), Log: slog.New(slog.DiscardHandler), Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	state := func(a candor.Asset) candor.ResponseState {
		page, err := s.Responses(t.Context(), candor.Everything, candor.ResponseFilter{Method: isolate.Name, Party: a.Owner}, candor.Cut{})
		if err != nil || len(page.Items) == 0 {
			return ""
		}
		return page.Items[0].State
	}

	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		cases, _ := s.Cases(context.Background(), candor.Everything, candor.CaseFilter{}, candor.Cut{})
		for _, c := range cases.Items {
			events, _ := s.Events(context.Background(), c.ID)
			t.Log(c.Title, c.State, strings.Join(texts(events), "\n"))
		}
	})
	begun := time.Now()
	stop := n.floods(one, two)
	eventually(t, "the line is isolated, and that was looked at", 40*time.Second, func() bool { return state(fill.bound[0]) == candor.ResponseVerified })
	t.Logf("verified %s after the first packet, of which softflowd takes a second or two", time.Since(begun).Round(10*time.Millisecond))
	stop()
	if text := set(); !strings.Contains(text, one.String()) || strings.Contains(text, two.String()) {
		t.Errorf("the router keeps %s", text)
	}
	if text := radiusLog.text(); !strings.Contains(text, `Filter-Id = "garden"`) || !strings.Contains(text, "Sent CoA-ACK") {
		t.Error("FreeRADIUS was not asked, or did not agree")
	}
	if text := rib(); !strings.Contains(text, "[source: "+one.String()+"/32]") || strings.Contains(text, two.String()) {
		t.Errorf("the other speaker has %s", text)
	}
	eventually(t, "the case of the other line says why it is left alone", 20*time.Second, func() bool {
		cases, err := s.Cases(t.Context(), candor.Everything, candor.CaseFilter{Asset: fill.free.ID}, candor.Cut{})
		if err != nil || len(cases.Items) == 0 {
			return false
		}
		events, err := s.Events(t.Context(), cases.Items[0].ID)
		return err == nil && strings.Contains(fmt.Sprint(texts(events)), "not-proposed")
	})

	n.browses(t, "held")
	eventually(t, "the line is free again", 30*time.Second, func() bool { return state(fill.bound[0]) == candor.ResponseUndone })
	if text := set(); strings.Contains(text, one.String()) {
		t.Errorf("the router keeps %s", text)
	}
	if text := radiusLog.text(); !strings.Contains(text, `Filter-Id = "open"`) {
		t.Error("FreeRADIUS was not asked to free the session")
	}
	if text := rib(); strings.Contains(text, one.String()) {
		t.Errorf("the other speaker has %s", text)
	}
	n.browses(t, "open")
}

// texts are the details of events.
func texts(events []candor.Event) (all []string) {
	for _, e := range events {
		all = append(all, string(e.Details))
	}
	return all
}
