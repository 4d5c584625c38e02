package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/access/password"
	"candor/internal/consent"
	"candor/internal/consent/campaign"
	"candor/internal/consent/receipt"
	"candor/internal/consent/software"
	"candor/internal/consent/terms"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
	"candor/internal/evidence"
	"candor/internal/fleet"
	"candor/internal/house"
	"candor/internal/intel"
	"candor/internal/intel/feed"
	"candor/internal/intel/tlp"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/respond/quarantine"
	"candor/internal/scan/generation"
	"candor/internal/scan/site"
	"candor/internal/store"
	"candor/internal/store/storetest"
	"candor/internal/web/api"
)

func TestMain(m *testing.M) {
	evidence.LogTo(slog.New(slog.DiscardHandler))
	storetest.Main(m)
}

const address = "https://desk.example"

// The words that only the staff may read.
const staffNote = "STAFF-ONLY-NOTE"

// mailAnswer is what a mail server said.
const mailAnswer = "550 5.1.1 mx3.inside.example: no such box"

type deskStore struct{ *store.Store }

func (d deskStore) Tx(ctx context.Context, f func(desk.Tx) error) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

type siteStore struct{ *store.Store }

func (d siteStore) Tx(ctx context.Context, f func(site.Tx) error) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

type respondStore struct{ *store.Store }

func (d respondStore) Tx(ctx context.Context, f func(respond.Tx) error) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

type generations struct{ *store.Store }

func (g generations) SetGeneration(ctx context.Context, x candor.Generation) error {
	return g.Tx(ctx, func(tx *store.Tx) error { return tx.SetGeneration(ctx, x) })
}

type vault struct{ v *evidence.Vault }

func (v vault) Put(_ context.Context, r io.Reader) (string, int64, error) {
	digest, size, err := v.v.Put(r)
	return digest.String(), size, err
}

func (v vault) Get(_ context.Context, digest string) (io.ReadCloser, error) {
	d, err := evidence.ParseDigest(digest)
	if err != nil {
		return nil, err
	}
	return v.v.Get(d)
}

// world is a house with an API in front of it.
type world struct {
	t       testing.TB
	house   *house.House
	proofs  *evidence.Log
	handler http.Handler
	log     *bytes.Buffer
	lock    sync.Mutex // of now
	now     time.Time
	bounce  func(context.Context, io.Reader) error
	people  map[string]person // by name
	a, b    estate
	hook    candor.ID // of the provider
	report  candor.ID

	product             candor.Asset
	statement, question string // of a device
	terms               consent.Terms
	// campaign asks about other terms, which do not end.
	campaign campaign.Campaign
	asks     consent.Terms
}

// person is somebody who asks.
type person struct {
	who     candor.Principal
	cookies []*http.Cookie
	token   string
}

// estate is a customer, and what belongs to it.
type estate struct {
	party     candor.Party
	spare     candor.Agreement // may be withdrawn
	said      candor.ID        // an event of its consents
	assets    []candor.Asset
	cases     []candor.Case
	finding   candor.FiledFinding
	responses []candor.Response // proposed, proposed, applied
	task      candor.Task
	hook      candor.ID
	scan      candor.Scan
	server    candor.Asset
	agent     candor.Agent
	waiver    candor.GateWaiver
	notice    candor.Notice
	ticket    candor.Ticket
}

type fleetStore struct{ *store.Store }

func (d fleetStore) Tx(ctx context.Context, f func(fleet.Tx) error) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

func (w *world) clock() time.Time {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.now
}

func (w *world) later(d time.Duration) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.now = w.now.Add(d)
}

// do ends the test with an error.
func must[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	return v
}

func newWorld(t testing.TB, s *store.Store, change ...func(*api.Config)) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), people: map[string]person{}, log: &bytes.Buffer{}}
	logger := slog.New(slog.NewTextHandler(&locked{w: w.log}, nil))
	h := &house.House{Store: s, Clock: w.clock, Consents: consent.NewRegister(s, w.clock), Receipts: must2(receipt.NewRing(w.now))(t), PublicURL: address, Logger: logger, Methods: []string{"quarantine"}, Producer: intel.Producer{Name: "Example"}, Feeds: house.Feeds{All: []feed.Feed{{Name: "kev", Kind: feed.KEV, URL: "https://kev.example/kev.json", Every: time.Hour}}}, Texts: must2(phrase.Load())(t)}
	w.house = h
	h.Desk = desk.New(desk.Config{Store: deskStore{s}, Clock: w.clock, Calendar: calendar.Always(time.UTC), Rules: calendar.Rules(),
		Plays: func(c candor.Class, _ candor.Nature, _ candor.Severity) desk.Play {
			return desk.Play{Title: string(c), Tasks: []desk.PlayTask{{Key: "look", Text: "Look at it"}}}
		}})
	folder := t.TempDir()
	var err error
	h.Access, err = access.New(access.Options{URL: address, Secrets: [][]byte{bytes.Repeat([]byte{7}, 32)}, MaxBody: api.MaxBody,
		Hash: password.Params{Memory: 64, Time: 1, Threads: 1}}, access.Deps{Store: s.Access(), Clock: w.clock, Refuse: api.Refuser(logger, w.clock)})
	must(t, 0, err)
	w.proofs, err = evidence.Open(t.Context(), filepath.Join(folder, "log"), evidence.Options{Origin: "desk.example/evidence", Clock: w.clock, CheckpointInterval: 100 * time.Millisecond})
	must(t, 0, err)
	h.Log = w.proofs
	must(t, 0, s.Tx(t.Context(), func(tx *store.Tx) error {
		return tx.KeepVulnerabilities(t.Context(), "kev", w.now, intel.Vulnerability{ID: "CVE-2026-1207", Source: "kev", Product: "Nobody runs it", Exploited: true, TLP: tlp.Clear})
	}))
	t.Cleanup(func() { must(t, 0, w.proofs.Close(context.Background())) })
	h.Vault = must2(evidence.OpenVault(filepath.Join(folder, "vault"), evidence.VaultOptions{}))(t)
	h.Definitions = must2(generation.Open(t.Context(), generation.Options{Dir: filepath.Join(folder, "definitions"), Clock: w.clock,
		Sources: []generation.Source{{Name: "starter", Kind: generation.Starter}}, Records: generations{s}}))(t)
	h.Sites = site.New(site.Config{Store: siteStore{s}, Clock: w.clock, Log: logger})
	h.Runner = respond.New(respond.Config{Store: respondStore{s}, Now: w.clock, Then: house.Follow(h.Desk),
		Methods: []respond.Method{quarantine.New(map[string]quarantine.Vault{"": vault{h.Vault}})}})
	h.Fleet = fleet.New(fleet.Config{Store: fleetStore{s}, Keys: h.Vault, Clock: w.clock, Log: logger})
	h.Checks = []house.Check{{Name: "database", Look: func(context.Context) (map[string]string, error) { return nil, nil }}}
	config := api.Config{House: h, Access: h.Access, Clock: w.clock, Log: logger, Version: "1.0.0", PublicURL: address, Burst: 1 << 20,
		Bounce:  func(ctx context.Context, r io.Reader) error { return w.bounce(ctx, r) },
		Welcome: func(_ access.Purpose, secret string) string { return address + "/welcome/" + secret }}
	w.bounce = func(context.Context, io.Reader) error { return nil }
	for _, f := range change {
		f(&config)
	}
	w.prove()
	w.handler = h.Access.Identify(must2(api.New(config))(t))
	return w
}

// publish publishes terms under a label.
func (w *world) publish(label string) consent.Terms {
	w.t.Helper()
	admin := w.people["admin"].who
	draft, problems, err := w.house.SaveTerms(w.t.Context(), admin, "", []byte(w.termsText(label)))
	must(w.t, problems, err)
	return must2(w.house.PublishTerms(w.t.Context(), admin, draft.ID))(w.t)
}

// someCampaign is about terms that are published.
func (w *world) someCampaign() campaign.Campaign {
	return campaign.Campaign{Terms: w.asks.ID, Silence: campaign.Keep, Policy: map[string]string{"en": "It stays."}, Reminders: []int{7}, Deadline: w.now.Add(30 * 24 * time.Hour)}
}

// termsText is a document of the library under a label, with a material change.
func (w *world) termsText(label string) string {
	text := string(must2(terms.Source("hosting-terms"))(w.t))
	text = regexp.MustCompile(`(?m)^version: .*$`).ReplaceAllString(text, "version: "+label)
	return regexp.MustCompile(`(?m)^effective: .*$`).ReplaceAllString(text, "effective: 2026-01-01T00:00:00Z\nmaterial: true")
}

func must2[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T { t.Helper(); return must(t, v, err) }
}

// locked is a writer for several goroutines.
type locked struct {
	lock sync.Mutex
	w    io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.w.Write(b)
}

// prove carries records into the evidence log until the test ends.
func (w *world) prove() {
	ctx, cancel := context.WithCancel(context.Background())
	ledger := house.Ledger{Store: w.house.Store, Log: w.proofs, Clock: w.clock, Slog: w.house.Logger}
	ended := make(chan struct{})
	go func() { ledger.Run(ctx); close(ended) }()
	w.t.Cleanup(func() { cancel(); <-ended })
}

// full is a world with people of every kind, and two customers with cases.
func full(t testing.TB, s *store.Store) *world {
	t.Helper()
	w := newWorld(t, s)
	w.staff()
	admin := w.people["admin"].who
	w.terms = w.publish("7")
	w.a, w.b = w.estate("acme", admin), w.estate("bravo", admin)
	must2(w.house.AskHash(t.Context(), admin, sum("none"), 0))(t)
	w.asks = w.publish("7a")
	w.campaign = must2(w.house.AddCampaign(t.Context(), admin, w.someCampaign()))(t)
	w.enrol("customer", candor.RoleCustomer, w.a.party.ID)
	w.enrol("subscriber", candor.RoleSubscriber, w.a.party.ID)
	w.enrol("stranger", candor.RoleCustomer, w.b.party.ID)
	for _, x := range []struct{ owner, scope string }{{"admin", "read"}, {"admin", "write"}, {"admin", "admin"}, {"analyst", "write"}, {"analyst", "admin"}, {"auditor", "admin"}, {"customer", "read"}, {"customer", "write"}, {"stranger", "write"}} {
		w.hand(x.owner, x.scope)
	}
	for _, e := range []*estate{&w.a, &w.b} {
		owner := candor.Principal{User: w.people["customer"].who.User, Role: candor.RoleCustomer, Party: e.party.ID}
		hook, _, err := w.house.AddWebhook(t.Context(), owner, "https://hooks."+e.party.Name+".example/in", nil)
		must(t, 0, err)
		e.hook = hook.ID
	}
	hook, _, err := w.house.AddWebhook(t.Context(), admin, "https://hooks.provider.example/in", nil)
	must(t, 0, err)
	w.hook = hook.ID
	w.report = must2(w.house.TakeReport(t.Context(), admin, "", "", strings.NewReader("From: a@example.org\n\nhelp")))(t)
	w.ship(admin)
	return w
}

// declaration is of the only build of the product.
func (w *world) declaration() software.Declaration {
	b := must2(software.NewBuild("toolbar", "1", "windows/amd64", []software.File{{Name: "setup.exe", SHA256: sum("setup")}}))(w.t)
	return software.Declaration{Build: b, Agreement: software.Paper{Document: "eula", Version: "1", SHA256: sum("eula")}, Policy: software.Paper{Document: "privacy", Version: "1", SHA256: sum("privacy")}}
}

// ship registers client software, and has a device say something.
func (w *world) ship(admin candor.Principal) {
	w.t.Helper()
	ctx, d := w.t.Context(), w.declaration()
	w.product = must2(w.house.SaveAsset(ctx, admin, candor.Asset{Kind: candor.Product, Owner: w.b.party.ID, Name: "Toolbar"}))(w.t)
	must2(w.house.AddProduct(ctx, admin, software.Product{ID: "toolbar", Name: "Toolbar", Publisher: "Example", Asset: w.product.ID}))(w.t)
	must2(w.house.Declare(ctx, admin, d, time.Time{}))(w.t)
	q := must2(software.OpenQueue(w.t.TempDir(), w.clock))(w.t)
	must2(q.Add(software.Statement{Product: "toolbar", Build: d.Build.Digest(), Agreement: d.Agreement.SHA256, Policy: d.Policy.SHA256, Act: consent.Agreed, Language: "en", How: consent.ByInstaller}))(w.t)
	w.statement = must2(q.Waiting())(w.t)[0]
	w.question = must2(software.Ask(q.Key(), software.Shown{Product: "toolbar", Build: d.Build.Digest(), Agreement: d.Agreement.SHA256, Policy: d.Policy.SHA256}, w.now))(w.t)
}

// staff adds the provider's own people.
func (w *world) staff() {
	w.t.Helper()
	ctx := w.t.Context()
	secret := must2(w.house.Access.FirstAdmin(ctx))(w.t)
	r := httptest.NewRequest(http.MethodPost, address, nil)
	e := must2(w.house.Access.BeginAdmin(ctx, secret, candor.User{Name: "Ada", Mail: "ada@desk.example"}, "a heron at the weir", w.house.Access.Client(r)))(w.t)
	w.enter("admin", e)
	w.enrol("analyst", candor.RoleAnalyst, "")
	w.enrol("auditor", candor.RoleAuditor, "")
}

// enrol adds somebody, with a session.
func (w *world) enrol(name string, role candor.Role, party candor.ID) {
	w.t.Helper()
	ctx := w.t.Context()
	_, secret, err := w.house.Access.Invite(ctx, w.people["admin"].who, candor.User{Name: "Person " + name, Mail: name + "@desk.example", Role: role, Party: party})
	must(w.t, 0, err)
	r := httptest.NewRequest(http.MethodPost, address, nil)
	w.enter(name, must2(w.house.Access.Redeem(ctx, secret, "a heron at the weir", w.house.Access.Client(r)))(w.t))
}

func (w *world) enter(name string, e access.Entry) {
	rec := httptest.NewRecorder()
	w.house.Access.Enter(rec, e)
	u := e.User
	w.people[name] = person{who: candor.Principal{User: u.ID, Name: u.Name, Role: u.Role, Party: u.Party}, cookies: rec.Result().Cookies()}
}

// hand gives somebody a token.
func (w *world) hand(owner, scope string) {
	w.t.Helper()
	text, token, err := w.house.Access.MakeToken(w.t.Context(), w.people[owner].who, "a program", []string{scope}, time.Time{})
	must(w.t, 0, err)
	p := w.people[owner].who
	p.Token, p.Scopes = token.ID, token.Scopes
	w.people[owner+"/"+scope] = person{who: p, token: text}
}

// estate adds a customer with three sites, and a case at each.
func (w *world) estate(name string, admin candor.Principal) estate {
	w.t.Helper()
	ctx, h := w.t.Context(), w.house
	e := estate{party: must2(h.SaveParty(ctx, admin, candor.Party{Kind: candor.Customer, Name: name, Reference: "K-" + name, Note: staffNote}))(w.t)}
	agreement := candor.Agreement{Party: e.party.ID, Terms: "hosting", Version: "3", Allows: []string{"quarantine"}, Accepted: w.now.Add(-time.Hour)}
	must2(h.AddAgreement(ctx, admin, agreement))(w.t)
	e.said = must2(h.Decide(ctx, admin, house.Decision{Party: e.party.ID, Terms: w.terms.ID, Act: consent.Agreed, Language: "en", How: consent.ByPaper, Scan: []byte("%PDF-1.4\n%%EOF")}))(w.t).ID
	agreement.Terms, agreement.Allows = "mail", nil
	e.spare = must2(h.AddAgreement(ctx, admin, agreement))(w.t)
	for i := range 3 {
		root := filepath.Join(must2(filepath.EvalSymlinks(w.t.TempDir()))(w.t), name)
		must(w.t, 0, os.MkdirAll(root, 0o755))
		content := fmt.Sprintf("%s shell %d", name, i)
		path := filepath.Join(root, "shell.php")
		must(w.t, 0, os.WriteFile(path, []byte(content), 0o644))
		asset := must2(h.SaveAsset(ctx, admin, candor.Asset{Kind: candor.Site, Owner: e.party.ID, Name: fmt.Sprintf("%s-%d.example", name, i), Roots: []string{root}}))(w.t)
		filed := must2(h.Desk.File(ctx, desk.Filing{Asset: asset.ID, Scan: candor.NewID(w.now), Sensor: "scan", Generation: "g1", Findings: []candor.Finding{{
			Path: path, Rule: "shell", Class: candor.ApplicationCompromise, Nature: candor.Malware, Severity: candor.High, SHA256: sum(content), Bytes: int64(len(content)), Language: "yara"}}}))(w.t)
		e.assets = append(e.assets, asset)
		e.cases = append(e.cases, must2(h.Store.Case(ctx, candor.Everything, filed.Opened[0]))(w.t))
		e.responses = append(e.responses, must2(h.ProposeFor(ctx, admin, house.Proposal{Case: filed.Opened[0], Method: "quarantine", Reason: staffNote}))(w.t))
	}
	must2(h.Approve(ctx, admin, e.responses[2].ID))(w.t)
	must(w.t, 0, h.Runner.Apply(ctx, e.responses[2].ID))
	must(w.t, 0, h.Comment(ctx, admin, e.cases[0].ID, staffNote, false))
	must(w.t, 0, h.Assign(ctx, admin, e.cases[0].ID, admin.User))
	e.finding = must2(h.Store.FindingsOfCase(ctx, e.cases[0].ID))(w.t)[0]
	e.task = must2(h.Store.Tasks(ctx, e.cases[0].ID))(w.t)[0]
	e.scan = must2(h.Scan(ctx, admin, e.assets[1].ID))(w.t)
	m := candor.Message{ID: candor.NewID(w.now), Response: e.responses[2].ID, Case: e.cases[2].ID, Party: e.party.ID, To: "owner@example.org", Language: "en", Subject: "s", Text: "t",
		MessageID: string(candor.NewID(w.now)) + "@desk.example", State: candor.MessageBounced, Error: mailAnswer, Created: w.now}
	must(w.t, 0, h.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddMessage(ctx, m) }))
	e.server = must2(h.SaveAsset(ctx, admin, candor.Asset{Kind: candor.Server, Owner: e.party.ID, Name: name + "-web"}))(w.t)
	e.waiver = must2(h.Waive(ctx, admin, e.assets[0].ID, "notice", staffNote, w.now.Add(time.Hour)))(w.t)
	e.notice = w.notice(e, admin)
	e.ticket = must2(w.house.OpenTicket(w.t.Context(), admin, house.NewTicket{Kind: candor.TicketQuestion, Way: candor.TicketByPhone, Party: e.party.ID, Subject: "About " + e.party.Name, Text: "Why?"}))(w.t)
	must2(w.house.NoteTicket(w.t.Context(), admin, e.ticket.ID, staffNote))(w.t)
	e.agent = candor.Agent{ID: candor.NewID(w.now), Asset: e.server.ID, Name: name, Key: "k", State: candor.AgentActive, Enrolled: w.now, Expires: w.now.Add(time.Hour)}
	must(w.t, 0, h.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddAgent(ctx, e.agent) }))
	return e
}

// document is a whole notice; what is in it makes it differ from others.
func (w *world) document(mark string) object {
	text := must2(os.ReadFile("../../../docs/notice/shop.json"))(w.t)
	var d object
	must(w.t, 0, json.Unmarshal(bytes.ReplaceAll(text, []byte("Lindengasse 4"), []byte("Lindengasse "+mark)), &d))
	return d
}

// notice has a customer's first site serve a published one.
func (w *world) notice(e estate, admin candor.Principal) candor.Notice {
	w.t.Helper()
	ctx := w.t.Context()
	text := must2(json.Marshal(w.document(e.party.Name)))(w.t)
	n := must2(w.house.AddNotice(ctx, admin, e.party.ID, house.NoticeDraft{Name: e.party.Name, Sites: []candor.ID{e.assets[0].ID}, Document: text}))(w.t)
	must2(w.house.PublishNotice(ctx, admin, n.ID, n.Edition, true))(w.t)
	return must2(w.house.Store.Notice(ctx, candor.Everything, n.ID))(w.t)
}

// ask sends a request. A body that is no text becomes JSON.
func (w *world) ask(who person, method, path string, body any, headers ...string) *httptest.ResponseRecorder {
	var from io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		from = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		must(w.t, 0, err)
		from = bytes.NewReader(text)
	}
	r := httptest.NewRequest(method, address+path, from)
	if from != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if who.token != "" {
		r.Header.Set("Authorization", "Bearer "+who.token)
	}
	for _, c := range who.cookies {
		r.AddCookie(c)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec
}

// read decodes an answer that must have the status.
func read[T any](t testing.TB, rec *httptest.ResponseRecorder, status int) (v T) {
	t.Helper()
	if rec.Code != status {
		t.Fatalf("got %d, want %d: %s", rec.Code, status, rec.Body)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, rec.Body)
	}
	return v
}

var errSecret = errors.New("secret of the database")

// handReporter gives a program of a reporter's a token, as the person "reporter", and
// hands in a report with it, whose identifier it gives.
func (w *world) handReporter(reporter string) candor.ID {
	w.t.Helper()
	ctx := w.t.Context()
	text, _, err := w.house.Access.MakeReporterToken(ctx, w.people["admin"].who, reporter, "feed", time.Time{})
	must(w.t, 0, err)
	who := must2(w.house.Access.UseToken(ctx, text))(w.t)
	w.people["reporter"] = person{who: who, token: text}
	return must2(w.house.TakeReport(ctx, who, "", "", strings.NewReader("From: somebody@else.example\r\nSubject: abuse\r\n\r\n192.0.2.1 attacks")))(w.t)
}
