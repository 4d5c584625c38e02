package garden_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/consent"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/respond/isolate"
	"candor/internal/respond/isolate/isolatetest"
	"candor/internal/respond/isolate/nft"
	"candor/internal/store"
	"candor/internal/store/storetest"
	"candor/internal/web/garden"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// The lab is a subscriber, a router and a server in network namespaces.
const (
	subscriber = "10.0.1.2"
	outside    = "203.0.113.2"
	portalAt   = "203.0.113.80:8080"
)

func needRoot(t testing.TB) {
	t.Helper()
	_, noNft := exec.LookPath("nft")
	_, noIP := exec.LookPath("ip")
	if os.Getuid() == 0 && noNft == nil && noIP == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("this test needs root, nft and ip")
	}
	t.Skip("this test needs root, nft and ip")
}

func run(t testing.TB, format string, args ...any) {
	t.Helper()
	words := strings.Fields(fmt.Sprintf(format, args...))
	if out, err := exec.CommandContext(context.Background(), words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", words, err, out)
	}
}

// wire makes the namespaces, and gives how they are called.
func wire(t testing.TB) func(at string) string {
	t.Helper()
	needRoot(t)
	ns := func(at string) string { return fmt.Sprintf("cndg%d-%s", os.Getpid(), at) }
	for _, at := range []string{"sub", "router", "server"} {
		run(t, "ip netns add %s", ns(at))
		t.Cleanup(func() { run(t, "ip netns del %s", ns(at)) })
		run(t, "ip -n %s link set lo up", ns(at))
	}
	run(t, "ip netns exec %s sysctl -qw net.ipv4.ip_forward=1", ns("router"))
	for at, network := range map[string]string{"sub": "10.0.1.", "server": "203.0.113."} {
		run(t, "ip -n %s link add %s type veth peer name eth0 netns %s", ns("router"), at, ns(at))
		run(t, "ip -n %s link set %s up", ns("router"), at)
		run(t, "ip -n %s link set eth0 up", ns(at))
		run(t, "ip -n %s addr add %s1/24 dev %s", ns("router"), network, at)
		run(t, "ip -n %s addr add %s2/24 dev eth0", ns(at), network)
		run(t, "ip -n %s route add default via %s1", ns(at), network)
	}
	run(t, "ip -n %s addr add 203.0.113.80/24 dev eth0", ns("server"))
	return ns
}

// in runs do on a thread of its own in a namespace, which sockets that it makes
// belong to.
func in(ns string, do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		f, err := os.Open(filepath.Join("/run/netns", ns))
		if err == nil {
			err = unix.Setns(int(f.Fd()), unix.CLONE_NEWNET)
			_ = f.Close()
		}
		if err == nil {
			err = do()
		}
		done <- err
	}()
	return <-done
}

// serve answers at an address of a namespace.
func serve(t testing.TB, ns, address string, h http.Handler) {
	t.Helper()
	var listener net.Listener
	if err := in(ns, func() (err error) { listener, err = net.Listen("tcp", address); return err }); err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	t.Cleanup(func() { _ = s.Close() })
	go func() { _ = s.Serve(listener) }()
}

// browser is one whose connections come from a namespace.
func browser(ns string) *http.Client {
	dial := func(_ context.Context, network, address string) (c net.Conn, err error) {
		err = in(ns, func() error { c, err = (&net.Dialer{Timeout: 2 * time.Second}).Dial(network, address); return err })
		return c, err
	}
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}

type deskStore struct{ s *store.Store }

func (a deskStore) Tx(ctx context.Context, f func(desk.Tx) error) error {
	return a.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

type isolateStore struct{ *store.Store }

func (s isolateStore) Tx(ctx context.Context, do func(isolate.Tx) error) error {
	return s.Store.Tx(ctx, func(tx *store.Tx) error { return do(tx) })
}

type respondStore struct{ *store.Store }

func (s respondStore) Tx(ctx context.Context, f func(respond.Tx) error) error {
	return s.Store.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

// settle makes a house that has the line of the subscriber isolated at a router.
func settle(t *testing.T, router string) (*house.House, candor.ID) {
	t.Helper()
	ctx := t.Context()
	now := time.Now().UTC().Truncate(time.Millisecond)
	s := storetest.SQLite(t)
	party, line := storetest.Sample(t, s, "garden")
	line.ID, line.Kind, line.Reference, line.Roots = candor.NewID(now), candor.Line, "L-1", nil
	if err := s.Tx(ctx, func(tx *store.Tx) error { return tx.AddAsset(ctx, line, time.Time{}) }); err != nil {
		t.Fatal(err)
	}
	e, err := nft.Local(nft.Policy{DNS: []netip.Addr{netip.MustParseAddr("203.0.113.53")}, Portal: []netip.AddrPort{netip.MustParseAddrPort(portalAt)}, Rate: 100_000, Bound: time.Hour}, router)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	if err := e.Open(ctx); err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	held := &isolatetest.Sessions{}
	held.Put("L-1", isolate.Session{Addresses: []netip.Prefix{netip.MustParsePrefix(subscriber + "/32")}})
	h := &house.House{Store: s, Clock: time.Now, Consents: consent.NewRegister(s, time.Now), Methods: []string{isolate.Name}}
	h.Desk = desk.New(desk.Config{Store: deskStore{s}, Clock: time.Now, Calendar: calendar.Always(time.UTC), Rules: calendar.Rules(),
		Plays: func(candor.Class, candor.Nature, candor.Severity) desk.Play { return desk.Play{Title: "Case"} }})
	h.Runner = respond.New(respond.Config{Store: respondStore{s}, Now: time.Now, Then: house.Follow(h.Desk), Methods: []respond.Method{isolate.New(isolate.Config{
		Store: isolateStore{s}, Sessions: held, Now: time.Now, Bound: time.Hour, Limits: isolate.Limits{PerMinute: 10, Share: 1}, Points: []isolate.Point{{Name: "router", Enforcer: e}}})}})
	h.Garden.Sessions, h.Garden.Releases, h.Garden.Within, h.Garden.Watch = held, 2, 24*time.Hour, 24*time.Hour
	filed, err := h.Desk.File(ctx, desk.Filing{Asset: line.ID, Sensor: desk.Traffic, Generation: "traffic", Findings: []candor.Finding{{Path: "traffic/spam-run/*/tcp/25",
		Rule: "Candor.Traffic.spam-run", Class: candor.Spam, Severity: candor.High, Strings: []candor.Occurrence{{Name: "flow", Data: []byte(secret)}}}}})
	if err != nil || len(filed.Opened) != 1 {
		t.Fatal(filed, err)
	}
	admin := candor.Principal{User: "1", Role: candor.RoleAdmin}
	if _, err := h.AddAgreement(ctx, admin, candor.Agreement{Party: party.ID, Terms: "Terms", Version: "1", Allows: []string{isolate.Name}, Accepted: now.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	r, err := h.ProposeFor(ctx, admin, house.Proposal{Case: filed.Opened[0], Method: isolate.Name, Level: isolate.WalledGarden})
	if err == nil {
		_, err = h.Approve(ctx, admin, r.ID)
	}
	if err == nil {
		err = h.Runner.Apply(ctx, r.ID)
	}
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	return h, r.ID
}

// TestWalkOut: what a subscriber asks of a site on the Internet is answered by
// the portal, real packets through a real router; they say that they have
// cleaned it, and are let through.
func TestWalkOut(t *testing.T) {
	ns := wire(t)
	h, response := settle(t, ns("router"))
	texts, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	serve(t, ns("server"), portalAt, garden.New(garden.Config{House: h, Texts: texts, Clock: time.Now, Log: slog.New(slog.DiscardHandler), Name: "Example Net", Zone: time.UTC, Watch: time.Hour}))
	serve(t, ns("server"), outside+":80", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "the Internet at "+r.URL.Path) }))
	c := browser(ns("sub"))
	get := func(address string) (string, *url.URL) {
		t.Helper()
		r, err := c.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Body.Close() }()
		return read(t, r), r.Request.URL
	}
	en := texts.For("en")
	for _, path := range []string{"/news", "/generate_204", "/hotspot-detect.html"} {
		body, at := get("http://" + outside + path)
		if at.String() != "http://"+portalAt+"/" || !strings.Contains(body, en.T("garden.title")) || !strings.Contains(body, "203.0.113.9") {
			t.Fatalf("%s led to %s", path, at)
		}
	}
	if body, _ := get("http://" + portalAt + "/captive"); !strings.Contains(body, `"captive":true`) {
		t.Errorf("the API says %s", body)
	}
	r, err := c.PostForm("http://"+portalAt+"/clean", url.Values{"text": {"done"}})
	if err != nil {
		t.Fatal(err)
	}
	if body := read(t, r); !strings.Contains(body, en.T("garden.not.waiting")) {
		t.Error("the page does not say that the line is being opened")
	}
	_ = r.Body.Close()
	if err := h.Runner.Revert(t.Context(), response); err != nil { // as the job does that was asked for
		t.Fatal(err)
	}
	if body, at := get("http://" + outside + "/news"); body != "the Internet at /news" {
		t.Errorf("after the release %s answers %.100q", at, body)
	}
	if body, _ := get("http://" + portalAt + "/"); !strings.Contains(body, en.T("garden.free.title")) || strings.Contains(body, "203.0.113.9") {
		t.Error("the portal still knows the line")
	}
}
