package office_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
	"candor/internal/desk/playbook"
	"candor/internal/evidence"
	"candor/internal/fleet"
	"candor/internal/house"
	"candor/internal/scan"
	"candor/internal/scan/generation"
	"candor/internal/scan/site"
	"candor/internal/store"
	"candor/internal/web"
	"candor/internal/web/office"
	"candor/internal/web/webtest"
)

// compiled is a cache of compiled definitions that all tests share.
var compiled string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "candor-office-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		compiled = dir
		return m.Run()
	}())
}

// world is a site with the pages of this package, and a whole house behind it.
type world struct {
	*webtest.World
	routes   []web.Route // of this package
	folder   string      // of definitions
	scanned  string      // where sites may lie
	invited  []string    // links that were mailed
	mails    bool
	party    candor.Party // with an agreement
	terms    candor.Agreement
	asset    candor.Asset // of party
	server   candor.Asset // of party
	agent    candor.Agent // on server
	spare    string       // the digest of a token
	answered string       // where agents are answered
	c        candor.Case  // at asset
	scan     candor.Scan
}

type siteStore struct{ s *store.Store }

func (d siteStore) Tx(ctx context.Context, f func(site.Tx) error) error {
	return d.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

type fleetStore struct{ *store.Store }

func (d fleetStore) Tx(ctx context.Context, f func(fleet.Tx) error) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

type filer struct{ d *desk.Desk }

func (f filer) File(ctx context.Context, sc candor.Scan, findings []candor.Finding) error {
	_, err := f.d.File(ctx, desk.Filing{Asset: sc.Asset, Scan: sc.ID, Sensor: site.Sensor, Generation: sc.Generation, Began: sc.Started, Findings: findings})
	return err
}

func (f filer) Finish(ctx context.Context, asset, scan candor.ID) error {
	_, err := f.d.Finish(ctx, asset, scan, site.Sensor)
	return err
}

func (f filer) Gone(ctx context.Context, findings []candor.ID, actor string) error {
	return f.d.Gone(ctx, findings, actor)
}

type generations struct{ *store.Store }

func (g generations) SetGeneration(ctx context.Context, x candor.Generation) error {
	return g.Tx(ctx, func(tx *store.Tx) error { return tx.SetGeneration(ctx, x) })
}

// newWorld starts a site with one generation of definitions in use.
func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldAt(t, "0.0.0.0:8443")
}

// newWorldAt is a world that answers agents at an address.
func newWorldAt(t testing.TB, agents string) *world {
	t.Helper()
	w := &world{folder: t.TempDir(), scanned: t.TempDir(), answered: agents}
	w.write(t, "first.yar", `rule shell { strings: $a = "eval(base64_decode(" condition: $a }`)
	w.World = webtest.New(t, func(s *web.Site) { w.mount(t, s) })
	w.check(t)
	w.fill(t)
	return w
}

func (w *world) mount(t testing.TB, s *web.Site) {
	t.Helper()
	h, ctx, dir := s.House, context.WithoutCancel(t.Context()), t.TempDir()
	h.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	log, err := evidence.Open(ctx, filepath.Join(dir, "evidence"), evidence.Options{Origin: "desk.example.net/evidence", CheckpointInterval: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	h.Log = log
	t.Cleanup(func() { _ = log.Close(context.Background()) })
	if h.Vault, err = evidence.OpenVault(filepath.Join(dir, "vault"), evidence.VaultOptions{}); err != nil {
		t.Fatal(err)
	}
	h.Definitions, err = generation.Open(ctx, generation.Options{Dir: filepath.Join(dir, "definitions"), Records: generations{h.Store}, Clock: s.Clock, Cache: scan.Cache{Dir: compiled, Program: "test"},
		Sources: []generation.Source{{Name: "own", Kind: generation.Folder, Path: w.folder}}})
	if err != nil {
		t.Fatal(err)
	}
	h.Sites = site.New(site.Config{Store: siteStore{h.Store}, Desk: filer{h.Desk}, Clock: s.Clock, Every: 24 * time.Hour, Allowed: []string{w.scanned, "/srv"}})
	h.Fleet = fleet.New(fleet.Config{Store: fleetStore{h.Store}, Keys: h.Vault, Clock: s.Clock, Log: h.Logger})
	h.Desk.Calendar = working(t)
	h.Checks = checks(h)
	books, err := playbook.Load()
	if err != nil {
		t.Fatal(err)
	}
	before := len(s.Routes())
	office.Register(s, h, office.Options{Playbooks: books, Configured: []byte("listen:\n  addr: 127.0.0.1:8080\nmail:\n  host: smtp.example.net\n  password: (set)\n"), Invite: w.invite, Agents: w.answered})
	w.routes = s.Routes()[before:]
	ledger := &house.Ledger{Store: h.Store, Log: log, Clock: s.Clock, Slog: h.Logger}
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); ledger.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
}

// working is a calendar of a desk that closes.
func working(t testing.TB) *calendar.Calendar {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	c := calendar.Config{Zone: zone, Holidays: []calendar.Holiday{{Name: "Epiphany", Date: calendar.Date{Month: 1, Day: 6}}, {Name: "Christmas", Date: calendar.Date{Month: 12, Day: 25}}}}
	for day := time.Monday; day <= time.Friday; day++ {
		c.Hours[day] = []calendar.Span{{From: 8 * 60, To: 18 * 60}}
	}
	made, err := calendar.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// checks are parts in every state.
func checks(h *house.House) []house.Check {
	return []house.Check{
		{Name: "database", Ready: true, Look: func(ctx context.Context) (map[string]string, error) {
			return map[string]string{"kind": h.Store.Kind()}, h.Store.Ping(ctx)
		}},
		{Name: "disk", Look: func(context.Context) (map[string]string, error) {
			return map[string]string{"free": "187000000000", "total": "512000000000"}, nil
		}},
		{Name: "mail", Look: func(context.Context) (map[string]string, error) {
			return nil, candor.WithHint(house.ErrStale, "Name a mail server in the configuration, under mail; notices wait until then.")
		}},
		{Name: "vault", Look: func(context.Context) (map[string]string, error) {
			return nil, candor.WithHint(candor.ErrUnavailable, "Nothing is quarantined until it can be written. <b>Look</b> at the folder and its disk.")
		}},
	}
}

// invite stands for the mail server; it refuses as long as mails is not set.
func (w *world) invite(_ context.Context, _ candor.User, link string) error {
	if !w.mails {
		return candor.ErrUnavailable
	}
	w.invited = append(w.invited, link)
	return nil
}

// write writes a file of definitions.
func (w *world) write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// check looks at the sources of definitions.
func (w *world) check(t testing.TB) {
	t.Helper()
	if _, err := w.House.Definitions.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// fill adds a customer with an agreement, a site, a scan of it, and a case.
func (w *world) fill(t testing.TB) {
	t.Helper()
	ctx, admin := t.Context(), w.Who(candor.RoleAdmin)
	w.party, w.asset = w.Party, w.PartyAsset
	w.servers(t)
	var err error
	if w.terms, err = w.House.AddAgreement(ctx, admin, candor.Agreement{Party: w.party.ID, Terms: "Terms of hosting", Version: "2026-01", Allows: []string{"notify", "quarantine"}, Accepted: w.Clock().Add(-48 * time.Hour), How: "paper"}); err != nil {
		t.Fatal(err)
	}
	w.c = w.File(t, w.asset, webtest.Shell(w.asset, "uploads/cache.php"))
	if w.scan, err = w.House.Scan(ctx, admin, w.asset.ID); err != nil {
		t.Fatal(err)
	}
	w.settle(t)
}

// settle waits until all records are in the log, and a checkpoint covers them.
func (w *world) settle(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		n, err := w.House.Store.CountPending(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		select {
		case <-ctx.Done():
			t.Fatal("records were not taken into the log")
		case <-time.After(10 * time.Millisecond):
		}
	}
	size, err := w.House.Log.Size(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.House.Log.Await(ctx, size); err != nil {
		t.Fatal(err)
	}
}

// record is the latest record of a kind.
func (w *world) record(t testing.TB, kind candor.RecordKind) candor.Logged {
	t.Helper()
	page, err := w.House.Store.Records(t.Context(), candor.RecordFilter{Kind: kind}, candor.Cut{Limit: 1})
	if err != nil || len(page.Items) == 0 {
		t.Fatalf("no record of kind %s: %v", kind, err)
	}
	return page.Items[0]
}

// token makes a token of the analyst's.
func (w *world) token(t testing.TB) access.Token {
	t.Helper()
	_, k, err := w.House.Access.MakeToken(t.Context(), w.Who(candor.RoleAnalyst), "ticket system", []string{access.ScopeRead}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// change replaces a scan.
func (w *world) change(t testing.TB, s candor.Scan, from candor.ScanState) {
	t.Helper()
	if err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.ChangeScan(t.Context(), s, from) }); err != nil {
		t.Fatal(err)
	}
}

// part asks for a part of a page as htmx does.
func (w *world) part(t testing.TB, path string) webtest.Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("HX-Request", "true")
	return w.Do(t, w.As(candor.RoleAnalyst), r)
}

// servers adds a server with an agent, and a token for it that nobody used.
func (w *world) servers(t testing.TB) {
	t.Helper()
	ctx, now := t.Context(), w.Clock()
	w.server = candor.Asset{ID: candor.NewID(now), Kind: candor.Server, Owner: w.party.ID, Name: "web1.example.net", Reference: "W-1", Created: now, Updated: now}
	w.agent = candor.Agent{ID: candor.NewID(now), Asset: w.server.ID, Name: "web1", Key: "k", State: candor.AgentActive, Enrolled: now.Add(-time.Hour), Expires: now.Add(time.Hour), Seen: now.Add(-time.Minute),
		Version: "1.4.0", Generation: "0123456789abcdef", Status: []byte(`{"backlog":12,"sites":34}`)}
	sum := sha256.Sum256([]byte("spare"))
	w.spare = hex.EncodeToString(sum[:])
	err := w.House.Store.Tx(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.AddAsset(ctx, w.server, time.Time{}), tx.AddAgent(ctx, w.agent),
			tx.AddAgentToken(ctx, candor.AgentToken{Hash: w.spare, Asset: w.server.ID, By: w.Who(candor.RoleAdmin).Actor(), Created: now, Expires: now.Add(24 * time.Hour)}))
	})
	if err != nil {
		t.Fatal(err)
	}
}
