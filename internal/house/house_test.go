package house_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/consent/receipt"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
	"candor/internal/evidence"
	"candor/internal/house"
	"candor/internal/intel"
	"candor/internal/respond"
	"candor/internal/respond/quarantine"
	"candor/internal/scan/site"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

type deskStore struct{ s *store.Store }

func (a deskStore) Tx(ctx context.Context, f func(desk.Tx) error) error {
	return a.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

type respondStore struct{ s *store.Store }

func (a respondStore) Tx(ctx context.Context, f func(respond.Tx) error) error {
	return a.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

func (a respondStore) ExpiredResponses(ctx context.Context, at time.Time, limit int) ([]candor.Response, error) {
	return a.s.ExpiredResponses(ctx, at, limit)
}

func (a respondStore) StandingResponses(ctx context.Context, method string, after candor.ID, limit int) ([]candor.Response, error) {
	return a.s.StandingResponses(ctx, method, after, limit)
}

type vault struct{ v *evidence.Vault }

func (v vault) Put(_ context.Context, r io.Reader) (string, int64, error) {
	d, n, err := v.v.Put(r)
	return d.String(), n, err
}

func (v vault) Get(_ context.Context, digest string) (io.ReadCloser, error) {
	d, err := evidence.ParseDigest(digest)
	if err != nil {
		return nil, err
	}
	return v.v.Get(d)
}

// world is a house with one customer, whose site holds one infected file.
type world struct {
	*house.House
	log   *evidence.Log
	now   time.Time
	dir   string
	party candor.Party
	site  candor.Asset
	file  string
	kase  candor.ID
}

var (
	ada   = candor.Principal{User: "0190a000-0000-7000-8000-000000000001", Name: "Ada", Role: candor.RoleAdmin}
	eve   = candor.Principal{User: "0190a000-0000-7000-8000-000000000002", Name: "Eve", Role: candor.RoleAuditor}
	bytes = "<?php eval($_POST['x']);"
)

func newWorld(t *testing.T, s *store.Store) *world {
	t.Helper()
	w := &world{House: &house.House{Store: s, Methods: []string{"notify", "quarantine"}}, now: time.Now().UTC().Truncate(time.Second), dir: t.TempDir()}
	w.Clock = func() time.Time { return w.now }
	w.Consents = consent.NewRegister(s, w.Clock)
	var err error
	if w.Receipts, err = receipt.NewRing(w.now); err != nil {
		t.Fatal(err)
	}
	w.PublicURL, w.Producer = "https://desk.example.net", intel.Producer{Name: "Example Hosting", Mail: "desk@hosting.example"}
	if w.log, err = evidence.Open(t.Context(), filepath.Join(w.dir, "log"), evidence.Options{Origin: "test.example/evidence"}); err != nil {
		t.Fatal(err)
	}
	w.Log = w.log
	t.Cleanup(func() {
		if err := w.log.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if w.Vault, err = evidence.OpenVault(filepath.Join(w.dir, "vault"), evidence.VaultOptions{}); err != nil {
		t.Fatal(err)
	}
	w.Desk = desk.New(desk.Config{Store: deskStore{s}, Clock: w.Clock, Calendar: calendar.Always(time.UTC), Rules: calendar.Rules(),
		Plays: func(candor.Class, candor.Nature, candor.Severity) desk.Play {
			return desk.Play{Title: "Case", Responses: []desk.PlayResponse{{Method: "quarantine"}}}
		}})
	w.Runner = respond.New(respond.Config{Store: respondStore{s}, Now: w.Clock, Then: house.Follow(w.Desk),
		Methods: []respond.Method{quarantine.New(map[string]quarantine.Vault{"": vault{w.Vault}})}})
	w.Sites = site.New(site.Config{Clock: w.Clock, Allowed: []string{w.dir}})
	w.infect(t)
	return w
}

func (w *world) infect(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	w.party, w.site = storetest.Sample(t, w.Store, "acme")
	w.site.Roots = []string{filepath.Join(w.dir, "site")}
	w.file = filepath.Join(w.dir, "site", "x.php")
	if err := errors.Join(os.Mkdir(w.site.Roots[0], 0o755), os.WriteFile(w.file, []byte(bytes), 0o640)); err != nil {
		t.Fatal(err)
	}
	if err := w.Store.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, w.site, time.Time{}) }); err != nil {
		t.Fatal(err)
	}
	digest := evidence.Digest(sha256.Sum256([]byte(bytes)))
	filed, err := w.Desk.File(ctx, desk.Filing{Asset: w.site.ID, Scan: candor.NewID(w.now), Sensor: site.Sensor, Generation: "g",
		Findings: []candor.Finding{{Path: w.file, Rule: "shell", Class: candor.ApplicationCompromise, Severity: candor.High, SHA256: digest.String()}}})
	if err != nil {
		t.Fatal(err)
	}
	w.kase = filed.Opened[0]
}

func (w *world) agree(t *testing.T) candor.Agreement {
	t.Helper()
	a, err := w.AddAgreement(t.Context(), ada, candor.Agreement{Party: w.party.ID, Terms: "Terms", Version: "1", Allows: []string{"quarantine"}, Accepted: w.now.Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// carry takes all records into the log.
func (w *world) carry(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	l := &house.Ledger{Store: w.Store, Log: w.log, Slog: slog.New(slog.DiscardHandler)}
	done := make(chan struct{})
	go func() { defer close(done); l.Run(ctx) }()
	for {
		n, err := w.Store.CountPending(ctx)
		if err != nil {
			t.Fatalf("%v, %v", err, l.Err())
		}
		if n == 0 {
			break
		}
	}
	cancel()
	<-done
}

func each(t *testing.T, f func(*testing.T, *world)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) { f(t, newWorld(t, s)) })
}

// TestWithdraw refuses what waits for approval when the case is closed, and
// not before.
func TestWithdraw(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.agree(t)
		r, err := w.ProposeFor(ctx, ada, house.Proposal{Case: w.kase, Method: "quarantine"})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			to   candor.CaseState
			want candor.ResponseState
		}{{candor.CaseTriaged, candor.ResponseProposed}, {candor.CaseFalseAlarm, candor.ResponseRefused}} {
			if err := errors.Join(w.SetState(ctx, ada, w.kase, 0, step.to, ""), w.Withdraw(ctx, w.kase)); err != nil {
				t.Fatal(err)
			}
			if got, _, err := w.Response(ctx, ada, r.ID); err != nil || got.State != step.want {
				t.Errorf("in a case that is %s the proposal is %s, %v", step.to, got.State, err)
			}
		}
	})
}

// TestQuarantineAndBack goes from the finding to the restored file.
func TestQuarantineAndBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		if _, err := w.ProposeFor(ctx, ada, house.Proposal{Case: w.kase, Method: "quarantine"}); !errors.Is(err, candor.ErrDenied) {
			t.Fatalf("without a basis: %v", err)
		}
		w.agree(t)
		if _, err := w.ProposeFor(ctx, eve, house.Proposal{Case: w.kase, Method: "quarantine"}); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor proposed: %v", err)
		}
		r, err := w.ProposeFor(ctx, ada, house.Proposal{Case: w.kase, Method: "quarantine", Reason: "it is a web shell"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Approve(ctx, eve, r.ID); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor approved: %v", err)
		}
		if _, err := w.Approve(ctx, ada, r.ID); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Runner.Apply(ctx, r.ID), w.Runner.Verify(ctx, r.ID)); err != nil {
			t.Fatal(err)
		}
		v, err := w.Case(ctx, ada, w.kase)
		if err != nil || v.Case.State != candor.CaseContained || v.Case.Open != 0 || v.Findings[0].State != candor.FindingQuarantined || v.Responses[0].State != candor.ResponseVerified {
			t.Fatalf("the case is %+v, %v", v.Case, err)
		}
		if now, err := os.ReadFile(w.file); err != nil || strings.Contains(string(now), "eval") {
			t.Errorf("the file is %q, %v", now, err)
		}
		if _, err := w.Undo(ctx, ada, r.ID, "a false alarm"); err != nil {
			t.Fatal(err)
		}
		if err := w.Runner.Revert(ctx, r.ID); err != nil {
			t.Fatal(err)
		}
		if now, err := os.ReadFile(w.file); err != nil || string(now) != bytes {
			t.Errorf("the file is %q, %v", now, err)
		}
		if v, err = w.Case(ctx, ada, w.kase); err != nil || v.Findings[0].State != candor.FindingOpen || v.Case.Open != 1 {
			t.Errorf("the case is %+v, %v", v.Case, err)
		}
	})
}

// TestCustomerSees makes sure that a customer sees what is public of its own.
func TestCustomerSees(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		owner := candor.Principal{User: "c", Role: candor.RoleCustomer, Party: w.party.ID}
		other := candor.Principal{User: "d", Role: candor.RoleCustomer, Party: candor.NewID(w.now)}
		if err := w.Comment(ctx, ada, w.kase, "between us", false); err != nil {
			t.Fatal(err)
		}
		v, err := w.Case(ctx, owner, w.kase)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range v.Events {
			if !e.Public || e.Text == "between us" {
				t.Errorf("the customer sees %+v", e)
			}
		}
		if len(v.Tasks)+len(v.Records)+len(v.Deadlines) > 0 {
			t.Errorf("the customer sees %+v", v)
		}
		if _, err := w.Case(ctx, other, w.kase); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("another customer: %v", err)
		}
		if _, err := w.Case(ctx, candor.Principal{}, w.kase); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("nobody: %v", err)
		}
		for _, who := range []candor.Principal{other, {}} {
			page, _ := w.Findings(ctx, who, candor.FindingFilter{Asset: w.site.ID}, candor.Cut{})
			hits, _ := w.Search(ctx, who, "acme", 10)
			if len(page.Items)+len(hits) > 0 {
				t.Errorf("%v sees %v, %v", who, page.Items, hits)
			}
		}
	})
}

// TestErase makes sure that erasing a person leaves the log as it was.
func TestErase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		owner := candor.Principal{User: "c", Role: candor.RoleCustomer, Party: w.party.ID}
		if err := w.Ask(ctx, owner, w.kase, "my telephone number is 555"); err != nil {
			t.Fatal(err)
		}
		user := w.addUser(t)
		w.carry(t)
		before, err := w.Log.Checkpoint()
		if err != nil {
			t.Fatal(err)
		}
		if err := w.ErasePerson(ctx, candor.Principal{User: "x", Role: candor.RoleAnalyst}, w.party.ID); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an analyst erased: %v", err)
		}
		if err := w.ErasePerson(ctx, ada, w.party.ID); err != nil {
			t.Fatal(err)
		}
		w.carry(t)
		v, err := w.Case(ctx, ada, w.kase)
		if err != nil || v.Party.Name == "acme" || len(v.Party.Contacts) > 0 {
			t.Errorf("the party is %+v, %v", v.Party, err)
		}
		for _, e := range v.Events {
			if strings.Contains(e.Text, "555") {
				t.Errorf("the timeline still says %q", e.Text)
			}
		}
		for _, r := range v.Records {
			if left, err := w.Store.PersonalOf(ctx, r.ID); err != nil || len(left) > 0 {
				t.Errorf("%s is still known: %v, %v", r.Kind, left, err)
			}
		}
		w.isErased(t, user)
		size, err := w.Log.Size(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Log.Await(ctx, size); err != nil {
			t.Fatal(err)
		}
		report, err := evidence.Verify(ctx, filepath.Join(w.dir, "log"), evidence.VerifyOptions{Earlier: [][]byte{before}})
		if err != nil || !report.OK() {
			t.Errorf("the log: %v, %v", report, err)
		}
	})
}

// addUser adds an account of the party, with a passkey, a session and the
// record of it.
func (w *world) addUser(t *testing.T) candor.ID {
	t.Helper()
	u := candor.User{ID: candor.NewID(w.now), Name: "Li Wei", Mail: "li@acme.example", Role: candor.RoleCustomer, Party: w.party.ID, Created: w.now}
	err := w.Store.Access().Change(t.Context(), func(tx access.Tx) error {
		return errors.Join(tx.AddUser(t.Context(), u),
			tx.AddPasskey(t.Context(), access.Passkey{ID: candor.NewID(w.now), User: u.ID, Credential: []byte("c"), Name: "Li's telephone", Record: []byte("{}")}),
			tx.AddSession(t.Context(), access.Session{ID: candor.NewID(w.now), User: u.ID, Hash: []byte("h"), Address: "192.0.2.7", Expires: w.now.Add(time.Hour)}),
			tx.Record(t.Context(), candor.Record{ID: candor.NewID(w.now), Kind: candor.RecordAccess, At: w.now, Subject: u.ID, Actor: "x", Body: []byte("{}"),
				Personal: map[string]string{"name": u.Name, "mail": u.Mail}}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

func (w *world) isErased(t *testing.T, user candor.ID) {
	t.Helper()
	ctx, s := t.Context(), w.Store.Access()
	u, err := s.User(ctx, user)
	if err != nil || strings.Contains(u.Mail, "acme") || u.Name == "Li Wei" || !u.Disabled {
		t.Errorf("the account is %+v, %v", u, err)
	}
	keys, err := s.Passkeys(ctx, user)
	if err != nil || len(keys) > 0 {
		t.Errorf("passkeys are left: %v, %v", keys, err)
	}
	sessions, err := s.Sessions(ctx, user)
	if err != nil || len(sessions) > 0 {
		t.Errorf("sessions are left: %v, %v", sessions, err)
	}
	page, err := w.Store.Records(ctx, candor.RecordFilter{Subject: user}, candor.Cut{})
	if err != nil || len(page.Items) == 0 {
		t.Fatalf("the records of the account: %v, %v", page.Items, err)
	}
	for _, r := range page.Items {
		if left, err := w.Store.PersonalOf(ctx, r.ID); err != nil || len(left) > 0 {
			t.Errorf("%s of the account is still known: %v, %v", r.Kind, left, err)
		}
	}
}

func TestDryRun(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		policy := desk.Policy{Rules: []desk.PolicyRule{{Severity: candor.High, Method: "quarantine"}}}
		run := func() house.DryRun {
			t.Helper()
			d, err := w.DryRunPolicy(ctx, eve, policy, 30)
			if err != nil || d.Cases != 1 || len(d.Acts) != 1 || d.Acts[0].Case.ID != w.kase {
				t.Fatalf("the dry run is %+v, %v", d, err)
			}
			return d
		}
		if d := run(); d.Acts[0].Denied != "no-basis" {
			t.Errorf("without an agreement: %+v", d.Acts[0])
		}
		w.agree(t)
		if d := run(); d.Acts[0].Denied != "" {
			t.Errorf("with an agreement: %+v", d.Acts[0])
		}
		if page, err := w.Responses(ctx, eve, candor.ResponseFilter{}, candor.Cut{}); err != nil || len(page.Items) > 0 {
			t.Errorf("a dry run did something: %v, %v", page.Items, err)
		}
	})
}

func TestImport(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		root := filepath.Join(w.dir, "new")
		good := "type,kind,reference,name,contacts,owner,roots\nparty,customer,K-9,晨光书店,abuse:a@b.example;+86 10,,\nasset,site,S-9,shop.example,,K-9," + root + "\n"
		bad := "type,kind,reference,name,owner,roots\nparty,customer,K-10,Fine,,\nasset,site,S-10,x,K-404,\nasset,site,S-11,y,K-10,/etc\n"
		for _, dry := range []bool{true, false} {
			done, err := w.Import(ctx, ada, "csv", strings.NewReader(good), dry)
			if err != nil || done.Added != 2 || len(done.Errors) > 0 {
				t.Fatalf("dry %v: %+v, %v", dry, done, err)
			}
		}
		if done, err := w.Import(ctx, ada, "csv", strings.NewReader("\ufeff"+good), false); err != nil || done.Same != 2 {
			t.Errorf("again: %+v, %v", done, err)
		}
		p, err := w.Store.PartyByReference(ctx, candor.Customer, "K-9")
		if err != nil || len(p.Contacts) != 2 || p.Contacts[1].Channel != candor.Phone {
			t.Errorf("imported %+v, %v", p, err)
		}
		done, err := w.Import(ctx, ada, "csv", strings.NewReader(bad), false)
		if err != nil || len(done.Errors) != 2 || !strings.HasPrefix(done.Errors[0], "line 3:") {
			t.Errorf("errors %q, %v", done.Errors, err)
		}
		if _, err := w.Store.PartyByReference(ctx, candor.Customer, "K-10"); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("an import with errors left something: %v", err)
		}
		for _, broken := range []string{"", "nonsense,kind\n", "type,kind\n\"x"} {
			if _, err := w.Import(ctx, ada, "csv", strings.NewReader(broken), true); !errors.Is(err, candor.ErrInvalid) {
				t.Errorf("%q: %v", broken, err)
			}
		}
		if _, err := w.Import(ctx, ada, "json", strings.NewReader(`{"type":"party","kind":"partner","reference":"P","name":"P"}{"typo":1}`), true); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("JSON with an unknown field: %v", err)
		}
		if _, err := w.Import(ctx, eve, "csv", strings.NewReader(good), true); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor imported: %v", err)
		}
	})
}

// TestLedgerRecovers makes sure that a record is in the log once, though the
// program ended before the database knew.
func TestLedgerRecovers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		pending, err := w.Store.PendingRecords(ctx, 100)
		if err != nil || len(pending) < 2 {
			t.Fatalf("%d wait, %v", len(pending), err)
		}
		e, _, err := evidence.FromRecord(rand.Reader, pending[1].Record)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.log.Append(ctx, e); err != nil {
			t.Fatal(err)
		}
		w.carry(t)
		size, err := w.Log.Size(ctx)
		if err != nil || size != uint64(len(pending)) {
			t.Errorf("%d entries for %d records, %v", size, len(pending), err)
		}
		r, err := w.Store.Record(ctx, pending[1].ID)
		if err != nil || r.Index != 0 {
			t.Errorf("the record stands at %d, %v", r.Index, err)
		}
	})
}

func TestWebhooks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		owner := candor.Principal{User: "c", Role: candor.RoleCustomer, Party: w.party.ID}
		mine, secret, err := w.AddWebhook(ctx, owner, "https://hooks.example/x", []string{"case.closed"})
		if err != nil || !strings.HasPrefix(secret, "whsec_") {
			t.Fatalf("%q, %v", secret, err)
		}
		theirs, _, err := w.AddWebhook(ctx, ada, "https://hooks.example/y", nil)
		if err != nil {
			t.Fatal(err)
		}
		all, err := w.Webhooks(ctx, owner)
		if err != nil || len(all) != 1 || all[0].ID != mine.ID {
			t.Errorf("the customer sees %v, %v", all, err)
		}
		if err := w.DeleteWebhook(ctx, owner, theirs.ID); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("a customer removed the provider's: %v", err)
		}
		for _, address := range []string{"http://hooks.example", "https://", "ftp://x", "https://a:b@x.example"} {
			if _, _, err := w.AddWebhook(ctx, ada, address, nil); !errors.Is(err, candor.ErrInvalid) {
				t.Errorf("%s: %v", address, err)
			}
		}
		if !slices.Contains(house.WebhookKinds(), "case.closed") {
			t.Error("nobody is told of closed cases")
		}
	})
}
