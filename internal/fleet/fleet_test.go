package fleet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/agent"
	"candor/internal/evidence"
	"candor/internal/fleet"
	"candor/internal/fleet/wire"
	"candor/internal/scan/generation"
	"candor/internal/scan/site"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

type fleetStore struct{ *store.Store }

func (d fleetStore) Tx(ctx context.Context, f func(fleet.Tx) error) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

type siteStore struct{ s *store.Store }

func (d siteStore) Tx(ctx context.Context, f func(site.Tx) error) error {
	return d.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

// desk keeps what is filed.
type desk struct {
	lock     sync.Mutex
	findings []candor.Finding
	finished int
	fail     error
}

func (d *desk) File(_ context.Context, _ candor.Scan, findings []candor.Finding) error {
	d.lock.Lock()
	defer d.lock.Unlock()
	if d.fail == nil {
		d.findings = append(d.findings, findings...)
	}
	return d.fail
}

func (d *desk) Finish(context.Context, candor.ID, candor.ID) error {
	d.lock.Lock()
	defer d.lock.Unlock()
	d.finished++
	return nil
}

func (d *desk) Gone(context.Context, []candor.ID, string) error { return nil }

func (d *desk) paths() (all []string) {
	d.lock.Lock()
	defer d.lock.Unlock()
	for _, f := range d.findings {
		all = append(all, f.Path)
	}
	return all
}

// records keeps nothing.
type records struct{}

func (records) SetGeneration(context.Context, candor.Generation) error { return nil }

func (records) Generations(context.Context, int) ([]candor.Generation, error) { return nil, nil }

type definitions struct{ u *generation.Updater }

func (d definitions) Current() string {
	h, err := d.u.Current()
	if err != nil {
		return ""
	}
	defer h.Release()
	return h.Generation().ID
}

func (d definitions) Archive(id string, to io.Writer) error { return d.u.Archive(id, to) }

func newVault(t *testing.T) *evidence.Vault {
	t.Helper()
	v, err := evidence.OpenVault(t.TempDir(), evidence.VaultOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// world is a desk with agents around it.
type world struct {
	*fleet.Service
	s       *store.Store
	sites   *site.Service
	desk    *desk
	party   candor.Party
	address string
	lock    sync.Mutex
	ahead   time.Duration // of the clocks
}

func (w *world) now() time.Time {
	w.lock.Lock()
	defer w.lock.Unlock()
	return time.Now().Add(w.ahead)
}

func (w *world) advance(d time.Duration) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.ahead += d
}

const rule = `rule Bad { meta: severity = "high" strings: $a = "bad content" condition: $a }`

func newWorld(t *testing.T) *world {
	t.Helper()
	return worldOn(t, storetest.SQLite(t))
}

func worldOn(t *testing.T, s *store.Store) *world {
	t.Helper()
	w := &world{s: s, desk: &desk{}}
	w.party, _ = storetest.Sample(t, w.s, "acme")
	rules := filepath.Join(t.TempDir(), "rules.yar")
	if err := os.WriteFile(rules, []byte(rule), 0o600); err != nil {
		t.Fatal(err)
	}
	u, err := generation.Open(t.Context(), generation.Options{Dir: t.TempDir(), Sources: []generation.Source{{Name: "own", Kind: generation.Folder, Path: rules}}, Records: records{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Check(t.Context()); err != nil || (definitions{u}).Current() == "" {
		t.Fatal("no definitions", err)
	}
	w.sites = site.New(site.Config{Store: siteStore{w.s}, Desk: w.desk, Clock: w.now, Log: slog.New(slog.DiscardHandler),
		Definitions: func() (site.Definitions, error) {
			t.Error("the program scanned a site of a server itself")
			return site.Definitions{}, errors.New("not here")
		}})
	w.Service = fleet.New(fleet.Config{Store: fleetStore{w.s}, Sites: w.sites, Definitions: definitions{u}, Keys: newVault(t), Clock: w.now, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	w.sites.Remote = w.Service
	w.address = w.serve(t, "127.0.0.1:0")
	return w
}

// serve answers agents until the test ends, or the function of stop is called.
func (w *world) serve(t *testing.T, address string) string {
	t.Helper()
	tls, err := w.TLS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: w.Handler(), TLSConfig: tls, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)}
	go func() { _ = server.ServeTLS(l, "", "") }() // it ends with the test
	t.Cleanup(func() { _ = server.Close() })
	return l.Addr().String()
}

// server adds a server with one site, whose root is given.
func (w *world) server(t *testing.T, name string) (server, on candor.Asset) {
	t.Helper()
	now := w.now().UTC()
	server = candor.Asset{ID: candor.NewID(now), Kind: candor.Server, Owner: w.party.ID, Name: name, Created: now, Updated: now}
	on = candor.Asset{ID: candor.NewID(now), Kind: candor.Site, Owner: w.party.ID, Name: name + ".example", Roots: []string{t.TempDir()}, Server: server.ID, Created: now, Updated: now}
	err := w.s.Tx(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.AddAsset(t.Context(), server, time.Time{}), tx.AddAsset(t.Context(), on, time.Time{}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return server, on
}

func (w *world) token(t *testing.T, server candor.Asset) string {
	t.Helper()
	token, _, err := w.Token(t.Context(), server.ID, "test")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (w *world) config(t *testing.T, dir, token string) agent.Config {
	return agent.Config{Nodes: []string{w.address}, Token: token, Dir: dir, Name: "web", Version: "1", Clock: w.now, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Wait: time.Second, Alone: time.Hour, Retry: 20 * time.Millisecond}
}

// agent runs an agent until the test ends.
func (w *world) agent(t *testing.T, c agent.Config) (stop func()) {
	t.Helper()
	a, err := agent.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := a.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(stop)
	return stop
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within a minute", what)
		case <-tick.C:
		}
	}
}

func (w *world) write(t *testing.T, on candor.Asset, name, text string) string {
	t.Helper()
	path := filepath.Join(on.Roots[0], name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	old := w.now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	return path
}

// scan has a site scanned, and waits for the end.
func (w *world) scan(t *testing.T, on candor.Asset) candor.Scan {
	t.Helper()
	sc, err := w.sites.Request(t.Context(), candor.Principal{Role: candor.RoleAnalyst, User: "u"}, on.ID, site.Demanded)
	if err == nil {
		err = w.sites.Run(t.Context(), sc.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the scan of "+on.Name, func() bool {
		sc, err = w.s.Scan(t.Context(), candor.Everything, sc.ID)
		return err == nil && !sc.Ended.IsZero()
	})
	return sc
}

func (w *world) status(t *testing.T, server candor.Asset) (s wire.Status) {
	t.Helper()
	a, err := w.s.AgentOf(t.Context(), server.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Status) > 0 {
		if err := json.Unmarshal(a.Status, &s); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestScan(t *testing.T) {
	w := newWorld(t)
	server, on := w.server(t, "web1")
	bad := w.write(t, on, "a\xff.php", "bad content") // no text
	w.write(t, on, "b.php", "good content")
	w.agent(t, w.config(t, t.TempDir(), w.token(t, server)))
	sc := w.scan(t, on)
	if sc.State != candor.ScanComplete || sc.Files != 2 || sc.Findings != 1 || sc.Generation == "" {
		t.Errorf("the scan is %+v", sc)
	}
	if got := w.desk.paths(); len(got) != 1 || got[0] != bad || w.desk.finished != 1 {
		t.Errorf("the desk has %q, finished %d", got, w.desk.finished)
	}
	eventually(t, "nothing to do", func() bool { // the report comes before the end of the task
		tasks, err := w.s.AgentTasks(t.Context(), server.ID, 10)
		return err == nil && len(tasks) == 0
	})
	if sc = w.scan(t, on); sc.State != candor.ScanComplete || sc.Files != 2 {
		t.Errorf("the second scan is %+v", sc)
	}
	if err := os.Rename(on.Roots[0], on.Roots[0]+"-moved"); err != nil {
		t.Fatal(err)
	}
	if sc = w.scan(t, on); sc.State != candor.ScanPartial || sc.Error == "" || w.desk.finished != 2 {
		t.Errorf("without its root, the scan is %+v", sc)
	}
}

// TestBounded makes sure that an agent acts within its own bounds only.
func TestBounded(t *testing.T) {
	w := newWorld(t)
	server, on := w.server(t, "web1")
	w.write(t, on, "a.php", "bad content")
	c := w.config(t, t.TempDir(), w.token(t, server))
	c.Roots = []string{t.TempDir()}
	w.agent(t, c)
	if sc := w.scan(t, on); sc.State != candor.ScanPartial || len(w.desk.paths()) != 0 {
		t.Errorf("the scan is %+v", sc)
	}
}

// TestTokens enrols: a token works once, not after its time, and a machine
// trusts nobody but the desk that made it.
func TestTokens(t *testing.T) {
	w := newWorld(t)
	server, _ := w.server(t, "web1")
	tryAt := func(dir, token string) error {
		a, err := agent.New(t.Context(), w.config(t, dir, token))
		if err == nil {
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			err = a.Run(ended)
		}
		return err
	}
	try := func(token string) error { return tryAt(t.TempDir(), token) }
	token, home := w.token(t, server), t.TempDir()
	if err := tryAt(home, token); err != nil {
		t.Fatal(err)
	}
	first, err := w.s.AgentOf(t.Context(), server.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := try(token); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("a token that was used: %v", err)
	}
	// The answer got lost: the same machine may ask again.
	if err := os.Remove(filepath.Join(home, "identity.json")); err != nil {
		t.Fatal(err)
	}
	if err := tryAt(home, token); err != nil {
		t.Errorf("the same machine again: %v", err)
	}
	if a, err := w.s.AgentOf(t.Context(), server.ID); err != nil || a.ID != first.ID {
		t.Errorf("it became another agent: %v, %v", a.ID, err)
	}
	late := w.token(t, server)
	w.advance(25 * time.Hour)
	if err := try(late); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("a token that has expired: %v", err)
	}
	other := newWorld(t)
	elsewhere, _ := other.server(t, "web1")
	if err := try(other.token(t, elsewhere)); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("the token of another desk: %v", err)
	}
	if err := try("candor-agent.nonsense"); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("no token: %v", err)
	}
	if err := try(""); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("without a token: %v", err)
	}
	if err := try(w.token(t, server)); err != nil {
		t.Fatal(err)
	}
	if a, err := w.s.Agent(t.Context(), first.ID); err != nil || a.State != candor.AgentRevoked {
		t.Errorf("the agent before is %s, %v", a.State, err)
	}
}

// TestRenew lets months go by: the certificate is renewed before its end, of
// the agent and of the node.
func TestRenew(t *testing.T) {
	w := newWorld(t)
	server, on := w.server(t, "web1")
	stop := w.agent(t, w.config(t, t.TempDir(), w.token(t, server)))
	expires := func() time.Time {
		a, err := w.s.AgentOf(t.Context(), server.ID)
		if err != nil {
			t.Fatal(err)
		}
		return a.Expires
	}
	for range 3 {
		before := expires()
		w.advance(61 * 24 * time.Hour)
		eventually(t, "a new certificate", func() bool { return expires().After(before) })
	}
	if sc := w.scan(t, on); sc.State != candor.ScanComplete {
		t.Errorf("the scan is %+v", sc)
	}
	stop()
}

func TestRevoke(t *testing.T) {
	w := newWorld(t)
	server, on := w.server(t, "web1")
	dir := t.TempDir()
	stop := w.agent(t, w.config(t, dir, w.token(t, server)))
	w.scan(t, on)
	a, err := w.s.AgentOf(t.Context(), server.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Revoke(t.Context(), a.ID, "test"); err != nil {
		t.Fatal(err)
	}
	sc, err := w.sites.Request(t.Context(), candor.Principal{Role: candor.RoleAnalyst, User: "u"}, on.ID, site.Demanded)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.sites.Run(t.Context(), sc.ID); err != nil {
		t.Fatal(err)
	}
	stop()
	if got, err := w.s.Agent(t.Context(), a.ID); err != nil || got.State != candor.AgentRevoked {
		t.Errorf("the agent is %+v, %v", got, err)
	}
	// A new token on the same folder: what waits is done.
	w.agent(t, w.config(t, dir, w.token(t, server)))
	eventually(t, "the scan that waited", func() bool {
		got, err := w.s.Scan(t.Context(), candor.Everything, sc.ID)
		return err == nil && got.State == candor.ScanComplete
	})
}

// TestShared has three servers hold the same content. What the first says is
// not believed until the second says so too; the third does not look again.
func TestShared(t *testing.T) {
	w := newWorld(t)
	text := string(bytes.Repeat([]byte("good content "), 100))
	spared := map[string]int64{}
	for _, name := range []string{"web1", "web2", "web3"} {
		server, on := w.server(t, name)
		w.write(t, on, "common.php", text)
		w.write(t, on, "bad.php", "bad content")
		w.agent(t, w.config(t, t.TempDir(), w.token(t, server)))
		if sc := w.scan(t, on); sc.State != candor.ScanComplete || sc.Files != 2 || sc.Findings != 1 {
			t.Errorf("%s: the scan is %+v", name, sc)
		}
		// The status that follows a scan comes when the agent has told what it learned.
		eventually(t, "the status of "+name, func() bool { s := w.status(t, server); return s.Looked == 2 })
		eventually(t, "what "+name+" says", func() bool { return w.claims(t, name) })
		spared[name] = w.status(t, server).Spared
	}
	if spared["web1"] != 0 || spared["web2"] != 0 || spared["web3"] != 1 {
		t.Errorf("spared were %v", spared)
	}
}

// claims tells whether what a server found clean has arrived.
func (w *world) claims(t *testing.T, name string) bool {
	t.Helper()
	under := wire.Under(definitionsOf(w), "1", agent.Opening())
	all, err := w.s.Believed(t.Context(), under, store.Believed{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	return name == "web1" || len(all) == 1
}

func definitionsOf(w *world) string { return w.Definitions.Current() }

// TestNodes has two nodes on one database, of which one is gone: the agent uses
// the other, whose certificate is of the same issuer, and does what the first
// ordered.
func TestNodes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := worldOn(t, s)
		server, on := w.server(t, "web1")
		w.write(t, on, "a.php", "bad content")
		other := &world{Service: fleet.New(w.Config), s: s}
		c := w.config(t, t.TempDir(), w.token(t, server))
		c.Nodes = []string{"127.0.0.1:1", other.serve(t, "127.0.0.1:0")}
		c.Wait = time.Minute // the order is found by looking
		w.agent(t, c)
		if sc := w.scan(t, on); sc.State != candor.ScanComplete || sc.Findings != 1 {
			t.Errorf("the scan is %+v", sc)
		}
	})
}

// TestElsewhere sends what an agent has no business with: it is refused, and
// keeps back nothing.
func TestElsewhere(t *testing.T) {
	w := newWorld(t)
	server, on := w.server(t, "web1")
	_, other := w.server(t, "web2")
	digest := string(bytes.Repeat([]byte("a"), 64))
	send := func(asset candor.Asset, path string) {
		t.Helper()
		r := site.Report{Scan: candor.NewID(w.now()), Asset: asset.ID, Cause: "schedule", Began: w.now(), Generation: "g",
			Found: []candor.Finding{{Path: path, Rule: "r", Class: candor.Test, SHA256: digest}}}
		if err := w.sites.Take(t.Context(), server.ID, r); (err == nil) != (asset.ID == on.ID && filepath.Dir(path) == on.Roots[0]) || err != nil && !errors.Is(err, candor.ErrDenied) {
			t.Errorf("%s at %s: %v", path, asset.Name, err)
		}
	}
	send(on, filepath.Join(on.Roots[0], "a"))
	send(on, filepath.Join(other.Roots[0], "a"))
	send(on, "/etc/passwd")
	send(other, filepath.Join(other.Roots[0], "a"))
	if got := w.desk.paths(); len(got) != 1 {
		t.Errorf("the desk has %q", got)
	}
}

// TestHouse makes sure that what the program itself found is believed at once.
func TestHouse(t *testing.T) {
	w := newWorld(t)
	if err := w.ClaimClean(t.Context(), "g", []string{"aa"}); err != nil {
		t.Fatal(err)
	}
	if all, err := w.s.Believed(t.Context(), "g", store.Believed{}, 10); err != nil || len(all) != 1 {
		t.Errorf("believed are %v, %v", all, err)
	}
}

// TestTaken has the desk fail for a while: what was found waits, and comes once.
func TestTaken(t *testing.T) {
	w := newWorld(t)
	server, on := w.server(t, "web1")
	w.write(t, on, "a.php", "bad content")
	w.desk.fail = candor.ErrUnavailable
	w.agent(t, w.config(t, t.TempDir(), w.token(t, server)))
	sc, err := w.sites.Request(t.Context(), candor.Principal{Role: candor.RoleAnalyst, User: "u"}, on.ID, site.Demanded)
	if err == nil {
		err = w.sites.Run(t.Context(), sc.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "a report that waits", func() bool { return w.status(t, server).Backlog > 0 })
	w.desk.lock.Lock()
	w.desk.fail = nil
	w.desk.lock.Unlock()
	eventually(t, "the end of the scan", func() bool {
		got, err := w.s.Scan(t.Context(), candor.Everything, sc.ID)
		return err == nil && got.State == candor.ScanComplete
	})
	if got := w.desk.paths(); len(got) != 1 {
		t.Errorf("the desk has %q", got)
	}
}
