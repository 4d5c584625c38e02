package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/store"
)

// noon is when tests happen.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Suite is what every database must be able to do.
func Suite(t *testing.T, s *store.Store) {
	for _, part := range []struct {
		name string
		test func(*testing.T, *store.Store)
	}{
		{"parties and assets", testParties}, {"cases", testCases}, {"findings", testFindings}, {"timeline", testTimeline},
		{"responses", testResponses}, {"records", testRecords}, {"scans", testScans}, {"estate", testEstate}, {"settings", testSettings},
		{"search", testSearch}, {"digests", testDigests}, {"paging", testPaging}, {"transactions", testTransactions}, {"jobs", testJobs}, {"many at once", testBatches}, {"many jobs", testManyJobs}, {"access", testAccess}, {"agents", testAgents}, {"hashes", testHashes}, {"verdicts", testVerdicts}, {"known good", testGood}, {"isolations", testIsolations}, {"consents", testConsents}, {"client software", testSoftware}, {"gate", testGate}, {"notices", testNotices}, {"campaigns", testCampaigns}, {"questions", testQuestions}, {"reports", testReports}, {"history", testHistory}, {"directory", testDirectory}, {"tickets", testTickets}, {"forwards", testForwards}, {"together", testTogether}, {"feeds", testFeeds}, {"letters", testLetters}, {"ladders", testLadders}, {"offences", testOffences}, {"sharing groups", testGroups}, {"bulletins", testBulletins}, {"inventories", testInventories}, {"bounds of inventories", testInventoryBounds},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, s) })
	}
}

// do runs a transaction that must be kept.
func do(t *testing.T, s *store.Store, f func(*store.Tx) error) {
	t.Helper()
	if err := s.Tx(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func isKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
	}
}

// Sample adds a customer with a site.
func Sample(t testing.TB, s *store.Store, name string) (candor.Party, candor.Asset) {
	t.Helper()
	p := candor.Party{ID: candor.NewID(noon), Kind: candor.Customer, Name: name, Reference: "K-" + name, Language: "zh", TimeZone: "Asia/Shanghai",
		Contacts: []candor.Contact{{Name: "Li", Purpose: "abuse", Channel: candor.Mail, Address: "li@" + name + ".example"}}, Created: noon, Updated: noon}
	a := candor.Asset{ID: candor.NewID(noon), Kind: candor.Site, Owner: p.ID, Name: name + ".example", Roots: []string{"/srv/" + name},
		Access: candor.Access{Plan: "fibre 100", Down: 100e6, Up: 40e6, Addresses: []string{"192.0.2.7"}, Mail: true},
		Hosts:  []string{name + ".example"}, Software: "wordpress", Every: candor.Period(time.Hour), Created: noon, Updated: noon}
	err := s.Tx(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddParty(t.Context(), p); err != nil {
			return err
		}
		return tx.AddAsset(t.Context(), a, noon)
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, a
}

func testParties(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "parties")
	other := candor.Scope{Party: candor.NewID(noon)}
	same(t, must(s.Party(ctx, candor.Everything, p.ID))(t), p)
	same(t, must(s.Asset(ctx, candor.Scope{Party: p.ID}, a.ID))(t), a)
	for _, scope := range []candor.Scope{other, {}} {
		_, err := s.Party(ctx, scope, p.ID)
		isKind(t, err, candor.ErrNotFound)
		_, err = s.Asset(ctx, scope, a.ID)
		isKind(t, err, candor.ErrNotFound)
		same(t, len(must(s.Assets(ctx, scope, candor.AssetFilter{Owner: p.ID}, candor.Cut{}))(t).Items), 0)
	}
	double := p
	double.ID = candor.NewID(noon)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddParty(ctx, double) }), candor.ErrExists)
	a.ObserveOnly, a.Scanned = true, noon.Add(time.Hour)
	do(t, s, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, a, noon.Add(2*time.Hour)) })
	same(t, must(s.Asset(ctx, candor.Everything, a.ID))(t), a)
	for before, want := range map[time.Time]int{noon.Add(time.Hour): 0, noon.Add(2 * time.Hour): 1} {
		same(t, must(s.Assets(ctx, candor.Everything, candor.AssetFilter{Owner: p.ID, ScannedBefore: before}, candor.Cut{}))(t).Count, want)
	}
	same(t, len(must(s.DueAssets(ctx, noon.Add(time.Hour), 10))(t)), 0)
	same(t, must(s.DueAssets(ctx, noon.Add(2*time.Hour), 10))(t), []candor.Asset{a})
	testLines(t, s, p.ID)
}

func testLines(t *testing.T, s *store.Store, owner candor.ID) {
	ctx := t.Context()
	var all []candor.Asset
	for n := range 4 {
		l := candor.Asset{ID: candor.NewID(noon.Add(time.Duration(-n) * time.Second)), Kind: candor.Line, Owner: owner, Name: "line", Created: noon, Updated: noon.Add(time.Duration(n/2) * time.Hour)}
		do(t, s, func(tx *store.Tx) error { return tx.AddAsset(ctx, l, time.Time{}) })
		all = append(all, l)
	}
	want := []candor.Asset{all[1], all[0], all[3], all[2]} // by their change, then by ID
	same(t, must(s.Lines(ctx, time.Time{}, "", 10))(t), want)
	same(t, must(s.Lines(ctx, time.Time{}, "", 2))(t), want[:2])
	same(t, must(s.Lines(ctx, want[1].Updated, want[1].ID, 10))(t), want[2:])
	same(t, len(must(s.Lines(ctx, want[3].Updated, want[3].ID, 10))(t)), 0)
}

func newCase(a candor.Asset, class candor.Class) candor.Case {
	return candor.Case{ID: candor.NewID(noon), Asset: a.ID, Party: a.Owner, Class: class, Nature: candor.Malware, Severity: candor.High,
		Confidence: 90, State: candor.CaseNew, Title: "web shell at " + a.Name, Opened: noon, Updated: noon}
}

func testCases(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "cases")
	c := newCase(a, candor.ApplicationCompromise)
	do(t, s, func(tx *store.Tx) error { return tx.AddCase(ctx, &c) })
	same(t, must(s.Case(ctx, candor.Scope{Party: p.ID}, c.ID))(t), c)
	same(t, must(s.OpenCase(ctx, a.ID, c.Class, false))(t), c)
	same(t, must(s.CaseByNumber(ctx, candor.Everything, c.Number))(t), c)
	_, err := s.Case(ctx, candor.Scope{Party: a.ID}, c.ID)
	isKind(t, err, candor.ErrNotFound)
	second := newCase(a, c.Class)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddCase(ctx, &second) }), candor.ErrExists)

	stale := c
	c.State, c.Closed = candor.CaseClosed, noon
	do(t, s, func(tx *store.Tx) error { return tx.ChangeCase(ctx, &c) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeCase(ctx, &stale) }), candor.ErrChanged)
	do(t, s, func(tx *store.Tx) error { second.Number = 0; return tx.AddCase(ctx, &second) })
	if second.Number <= c.Number {
		t.Errorf("case number %d came after %d", second.Number, c.Number)
	}
	open := true
	page := must(s.Cases(ctx, candor.Scope{Party: p.ID}, candor.CaseFilter{Open: &open, MinSeverity: candor.High}, candor.Cut{}))(t)
	same(t, page.Items, []candor.Case{second})
	same(t, page.Count, 1)
	for _, x := range []struct {
		filter candor.CaseFilter
		want   int
	}{{candor.CaseFilter{Unassigned: true}, 2}, {candor.CaseFilter{OpenedBefore: noon}, 0}, {candor.CaseFilter{OpenedBefore: noon.Add(time.Second)}, 2},
		{candor.CaseFilter{OpenedAfter: noon}, 2}, {candor.CaseFilter{OpenedAfter: noon.Add(time.Second)}, 0}} {
		same(t, must(s.Cases(ctx, candor.Scope{Party: p.ID}, x.filter, candor.Cut{}))(t).Count, x.want)
	}
	do(t, s, func(tx *store.Tx) error { return tx.Link(ctx, c.ID, second.ID, noon) })
	same(t, must(s.LinkedCases(ctx, candor.Everything, second.ID))(t), []candor.Case{c})
	states, severities, err := s.CaseCounts(ctx)
	if err != nil || states[candor.CaseNew] == 0 || severities[candor.High] == 0 {
		t.Errorf("counted %v, %v, %v", states, severities, err)
	}
}

func newFinding(c candor.Case, rule, content string) candor.FiledFinding {
	return candor.FiledFinding{ID: candor.NewID(noon), Asset: c.Asset, Party: c.Party, Case: c.ID, Sensor: "scan", Generation: "g1", Confidence: 90,
		State: candor.FindingOpen, First: noon, Last: noon, Finding: candor.Finding{Path: "/srv/x/" + content + ".php", Rule: rule, Class: c.Class,
			Severity: candor.High, SHA256: content, Bytes: 10, Language: "yara", Tags: []string{"shell"},
			Strings: []candor.Occurrence{{Name: "$a", Offset: 3, Length: 4, Data: []byte("eval")}}}}
}

func testFindings(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "findings")
	c := newCase(a, candor.Phishing)
	f, g := newFinding(c, "rule_a", "aa11"), newFinding(c, "rule_b", "bb22")
	first, second := candor.NewID(noon), candor.NewID(noon)
	place := func(f candor.FiledFinding, path string) candor.Place {
		return candor.Place{ID: candor.NewID(noon), Finding: f.ID, Path: path, State: candor.FindingOpen, First: noon, Last: noon}
	}
	do(t, s, func(tx *store.Tx) error {
		if err := tx.AddCase(ctx, &c); err != nil {
			return err
		}
		if err := tx.AddFindings(ctx, []candor.FiledFinding{f, g}); err != nil {
			return err
		}
		if err := tx.AddPlaces(ctx, a.ID, first, []candor.Place{place(f, "/1"), place(f, "/2"), place(g, "/3")}); err != nil {
			return err
		}
		if err := tx.CountPlaces(ctx, []candor.ID{f.ID, g.ID}); err != nil {
			return err
		}
		return tx.CountCase(ctx, c.ID)
	})
	f.Places, g.Places = 2, 1
	same(t, must(s.Finding(ctx, candor.Scope{Party: p.ID}, f.ID))(t), f)
	_, err := s.Finding(ctx, candor.Scope{Party: a.ID}, f.ID)
	isKind(t, err, candor.ErrNotFound)
	like := must(s.FindingsLike(ctx, a.ID, []candor.Same{{Rule: "rule_a", SHA256: "aa11"}, {Rule: "rule_a", SHA256: "bb22"}}))(t)
	same(t, like, map[candor.Same]candor.FiledFinding{{Rule: "rule_a", SHA256: "aa11"}: f})
	got := must(s.Case(ctx, candor.Everything, c.ID))(t)
	if got.Findings != 2 || got.Open != 2 {
		t.Errorf("the case counts %d findings, %d open", got.Findings, got.Open)
	}
	same(t, must(s.Findings(ctx, candor.Everything, candor.FindingFilter{Content: "AA", Asset: a.ID}, candor.Cut{}))(t).Items, []candor.FiledFinding{f})
	same(t, must(s.Findings(ctx, candor.Everything, candor.FindingFilter{Rule: "rule_", Asset: a.ID}, candor.Cut{Sort: "rule"}))(t).Items, []candor.FiledFinding{f, g})
	do(t, s, func(tx *store.Tx) error {
		// The second scan sees one place of f, and g nowhere; a watcher sees
		// another place of f while it runs.
		sc := candor.Scan{ID: second, Asset: a.ID, Party: p.ID, State: candor.ScanRunning, Queued: noon, Started: noon.Add(30 * time.Minute)}
		if err := tx.AddScan(ctx, sc); err != nil {
			return err
		}
		if err := tx.AddPlaces(ctx, a.ID, second, []candor.Place{place(f, "/2")}); err != nil {
			return err
		}
		seen := place(f, "/4")
		seen.Last = noon.Add(40 * time.Minute)
		if err := tx.AddPlaces(ctx, a.ID, "", []candor.Place{seen}); err != nil {
			return err
		}
		lost, err := tx.LosePlaces(ctx, a.ID, second, "scan", noon.Add(time.Hour))
		if err != nil {
			return err
		}
		gone := g
		gone.Places = 0
		same(t, lost, []candor.FiledFinding{gone})
		return nil
	})
	same(t, must(s.Finding(ctx, candor.Everything, f.ID))(t).Places, 2)
	states := map[string]candor.FindingState{}
	for _, x := range must(s.Places(ctx, f.ID))(t) {
		states[x.Path] = x.State
	}
	same(t, states, map[string]candor.FindingState{"/1": candor.FindingGone, "/2": candor.FindingOpen, "/4": candor.FindingOpen})
	if days := must(s.FindingsByDay(ctx, noon.Add(-time.Hour)))(t); len(days) == 0 || !days[0].Day.Equal(noon.Truncate(24*time.Hour)) {
		t.Errorf("by day: %v", days)
	}
}

func testTimeline(t *testing.T, s *store.Store) {
	ctx := t.Context()
	_, a := Sample(t, s, "timeline")
	c := newCase(a, candor.Spam)
	e := candor.Event{ID: candor.NewID(noon), Case: c.ID, At: noon, Kind: candor.EventComment, Actor: "user:1", Text: "看起来是垃圾邮件", Details: json.RawMessage(`{"a":1}`)}
	task := candor.Task{ID: candor.NewID(noon), Case: c.ID, Text: "look", Order: 1, Created: noon}
	d := candor.Deadline{ID: candor.NewID(noon), Case: c.ID, Rule: "acknowledgement", State: candor.DeadlineRunning, Started: noon, Warn: noon.Add(time.Hour), Due: noon.Add(2 * time.Hour)}
	do(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.AddCase(ctx, &c), tx.AddEvent(ctx, e), tx.AddTask(ctx, task), tx.AddDeadline(ctx, d), tx.CountCase(ctx, c.ID))
	})
	same(t, must(s.Events(ctx, c.ID))(t), []candor.Event{e})
	same(t, must(s.Tasks(ctx, c.ID))(t), []candor.Task{task})
	same(t, must(s.Deadlines(ctx, c.ID))(t), []candor.Deadline{d})
	same(t, must(s.Case(ctx, candor.Everything, c.ID))(t).Due, d.Due)
	same(t, len(must(s.DueDeadlines(ctx, noon, 10))(t)), 0)
	same(t, must(s.DueDeadlines(ctx, noon.Add(time.Hour), 10))(t), []candor.Deadline{d})
	d.Warned = true
	do(t, s, func(tx *store.Tx) error { return tx.ChangeDeadline(ctx, d, candor.DeadlineRunning) })
	same(t, len(must(s.DueDeadlines(ctx, noon.Add(time.Hour), 10))(t)), 0)
	d.State, d.Ended = candor.DeadlineMet, noon
	do(t, s, func(tx *store.Tx) error { return tx.ChangeDeadline(ctx, d, candor.DeadlineRunning) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeDeadline(ctx, d, candor.DeadlineRunning) }), candor.ErrChanged)
	task.Done, task.DoneBy = noon, "user:1"
	do(t, s, func(tx *store.Tx) error { return tx.ChangeTask(ctx, task) })
	same(t, must(s.Task(ctx, task.ID))(t), task)
}

func testResponses(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "responses")
	c := newCase(a, candor.Exploit)
	r := candor.Response{ID: candor.NewID(noon), Case: c.ID, Asset: a.ID, Party: p.ID, Method: "quarantine", State: candor.ResponseProposed,
		Basis: candor.Basis{Kind: candor.ByLaw, Terms: "law", Accepted: noon}, Plan: json.RawMessage(`{"a":1}`), By: "user:1", Created: noon, Updated: noon}
	m := candor.Message{ID: candor.NewID(noon), Response: r.ID, Case: c.ID, Party: p.ID, To: "a@b.example", Language: "en", Subject: "s", Text: "t",
		MessageID: "1@b.example", State: candor.MessageQueued, Created: noon}
	do(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.AddCase(ctx, &c), tx.AddResponse(ctx, r), tx.AddMessage(ctx, m))
	})
	same(t, must(s.Response(ctx, candor.Scope{Party: p.ID}, r.ID))(t), r)
	same(t, must(s.MessagesOf(ctx, r.ID))(t), []candor.Message{m})
	same(t, must(s.MessageByMessageID(ctx, "1@b.example"))(t), m)
	was := r.State
	r.State, r.Expires, r.Applied = candor.ResponseVerified, noon.Add(time.Hour), noon
	do(t, s, func(tx *store.Tx) error { return tx.ChangeResponse(ctx, r, was) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeResponse(ctx, r, was) }), candor.ErrChanged)
	same(t, len(must(s.ExpiredResponses(ctx, noon, 5))(t)), 0)
	same(t, must(s.ExpiredResponses(ctx, noon.Add(time.Hour), 5))(t), []candor.Response{r})
	same(t, must(s.Responses(ctx, candor.Scope{Party: p.ID}, candor.ResponseFilter{States: []candor.ResponseState{r.State}}, candor.Cut{}))(t).Items, []candor.Response{r})
	same(t, len(must(s.Responses(ctx, candor.Scope{}, candor.ResponseFilter{}, candor.Cut{}))(t).Items), 0)
}

func testRecords(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, _ := Sample(t, s, "records")
	r := candor.Record{ID: candor.NewID(noon), Kind: candor.RecordDecision, At: noon, Subject: p.ID, Actor: "user:1", Body: json.RawMessage(`{"a":1}`),
		Blobs: []string{"00ff"}, Personal: map[string]string{"mail": "li@example"}}
	do(t, s, func(tx *store.Tx) error { return tx.AddRecords(ctx, p.ID, r) })
	pending := must(s.PendingRecords(ctx, 1000))(t)
	got := pending[len(pending)-1]
	digest, salt := Conceal("li@example")
	r.Personal = nil
	same(t, got, candor.Logged{Record: r, Concealed: map[string]string{"mail": digest}, Index: -1})
	same(t, must(s.PersonalOf(ctx, r.ID))(t), []candor.Concealed{{Name: "mail", Value: "li@example", Salt: salt}})
	do(t, s, func(tx *store.Tx) error { return tx.SetLogged(ctx, map[candor.ID]uint64{r.ID: 7, "other": 8}) })
	same(t, must(s.LastIndex(ctx))(t), int64(7))
	do(t, s, func(tx *store.Tx) error {
		n, err := tx.ErasePersonal(ctx, p.ID)
		same(t, n, int64(1))
		return err
	})
	same(t, len(must(s.PersonalOf(ctx, r.ID))(t)), 0)
	same(t, must(s.Record(ctx, r.ID))(t).Index, int64(7))
	same(t, must(s.Records(ctx, candor.RecordFilter{Subject: p.ID}, candor.Cut{}))(t).Count, 1)
}

func testScans(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "scans")
	scan := candor.Scan{ID: candor.NewID(noon), Asset: a.ID, Party: p.ID, State: candor.ScanQueued, Cause: "demand", By: "user:1", Queued: noon}
	do(t, s, func(tx *store.Tx) error { return tx.AddScan(ctx, scan) })
	again := scan
	again.ID = candor.NewID(noon)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddScan(ctx, again) }), candor.ErrExists)
	scan.State, scan.Started, scan.Generation = candor.ScanRunning, noon, "g1"
	do(t, s, func(tx *store.Tx) error { return tx.ChangeScan(ctx, scan, candor.ScanQueued) })
	same(t, must(s.Scan(ctx, candor.Scope{Party: p.ID}, scan.ID))(t), scan)
	do(t, s, func(tx *store.Tx) error { return tx.AddScan(ctx, again) })
	g := candor.Generation{ID: "aa", State: candor.GenerationActive, Rules: 3, Sources: map[string]string{"own": "1"}, Made: noon, Used: noon}
	do(t, s, func(tx *store.Tx) error { return tx.SetGeneration(ctx, g) })
	g.State = candor.GenerationRetired
	do(t, s, func(tx *store.Tx) error { return tx.SetGeneration(ctx, g) })
	same(t, must(s.Generations(ctx, 5))(t), []candor.Generation{g})
	if days := must(s.Coverage(ctx))(t); days[time.Time{}] == 0 {
		t.Errorf("coverage: %v", days)
	}
}

func testSettings(t *testing.T, s *store.Store) {
	ctx := t.Context()
	type setting struct{ A, B int }
	v := setting{B: 2}
	if err := s.Setting(ctx, "x", &v); err != nil || v.B != 2 {
		t.Errorf("%v, %v", v, err)
	}
	for a := range 2 {
		do(t, s, func(tx *store.Tx) error { return tx.SetSetting(ctx, "x", setting{A: a}, noon, "user:1") })
	}
	if err := s.Setting(ctx, "x", &v); err != nil || v.A != 1 {
		t.Errorf("%v, %v", v, err)
	}
	h := store.Webhook{ID: candor.NewID(noon), URL: "https://x.example", Secret: "s", Kinds: []string{"case"}, Active: true, Created: noon}
	d := store.Delivery{ID: candor.NewID(noon), Webhook: h.ID, Kind: "case", Body: "{}", State: "waiting", Created: noon}
	do(t, s, func(tx *store.Tx) error { return errors.Join(tx.AddWebhook(ctx, h), tx.SetDelivery(ctx, d)) })
	same(t, must(s.Webhooks(ctx, candor.Everything))(t), []store.Webhook{h})
	same(t, must(s.Delivery(ctx, d.ID))(t), d)
	do(t, s, func(tx *store.Tx) error { return tx.DeleteWebhook(ctx, h.ID) })
	same(t, len(must(s.Webhooks(ctx, candor.Everything))(t)), 0)
	a := store.Answer{Owner: "u", Key: "k", Request: "r", Status: 200, Body: "b", Created: noon}
	do(t, s, func(tx *store.Tx) error { return tx.AddAnswer(ctx, a) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddAnswer(ctx, a) }), candor.ErrExists)
	same(t, must(s.Answer(ctx, "u", "k"))(t), a)
}

func testSearch(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "searchable")
	c := newCase(a, candor.Undetermined)
	c.Title = "间谍软件 at searchable-site"
	do(t, s, func(tx *store.Tx) error { return tx.AddCase(ctx, &c) })
	for _, text := range []string{"searchable sit", "间谍", fmt.Sprintf("C-%d", c.Number), "SEARCHABLE 软件", "软 searchable"} {
		hits := must(s.Search(ctx, candor.Scope{Party: p.ID}, text, 20))(t)
		found := false
		for _, h := range hits {
			found = found || h.Kind == "case" && h.ID == c.ID
		}
		if !found {
			t.Errorf("%q did not find the case: %v", text, hits)
		}
	}
	for _, text := range []string{"", `"'`, "searchable nowhere", `a" OR "b`, "' | 'x"} {
		if hits, err := s.Search(ctx, candor.Scope{Party: p.ID}, text, 20); err != nil || len(hits) > 0 {
			t.Errorf("%q found %v, %v", text, hits, err)
		}
	}
	same(t, len(must(s.Search(ctx, candor.Scope{Party: a.ID}, "searchable", 20))(t)), 0)
	same(t, must(s.Cases(ctx, candor.Everything, candor.CaseFilter{Text: "间谍"}, candor.Cut{}))(t).Items, []candor.Case{c})
}

// testDigests finds findings by their content's digest, alone and beside words.
func testDigests(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "digests")
	other, b := Sample(t, s, "others")
	c, d := newCase(a, candor.Spam), newCase(b, candor.Spam)
	digest := "deadbeef" + strings.Repeat("0a", 28)
	f, g, h := newFinding(c, "rule_wso", digest), newFinding(d, "rule_loader", digest), newFinding(c, "rule_deadbeef", strings.Repeat("1b", 32))
	f.Path, g.Path, h.Path = "/srv/f.php", "/srv/g.php", "/srv/h.php"
	do(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.AddCase(ctx, &c), tx.AddCase(ctx, &d), tx.AddFindings(ctx, []candor.FiledFinding{f, g, h}))
	})
	for _, x := range []struct {
		scope candor.Scope
		text  string
		want  []candor.ID
	}{
		{candor.Everything, digest, []candor.ID{g.ID, f.ID}},
		{candor.Everything, strings.ToUpper(digest), []candor.ID{g.ID, f.ID}},
		{candor.Everything, "deadbe", []candor.ID{h.ID, g.ID, f.ID}},
		{candor.Everything, "deadb", []candor.ID{h.ID}}, // too short for a digest
		{candor.Everything, "deadbeef wso", []candor.ID{f.ID}},
		{candor.Everything, "load deadbeef", []candor.ID{g.ID}},
		{candor.Everything, "deadbeef nowhere", nil},
		{candor.Everything, digest[:63] + "f", nil},
		{candor.Scope{Party: p.ID}, digest, []candor.ID{f.ID}},
		{candor.Scope{Party: p.ID}, "deadbeef", []candor.ID{h.ID, f.ID}},
		{candor.Scope{Party: other.ID}, "deadbeef wso", nil},
	} {
		var found []candor.ID
		for _, hit := range must(s.Search(ctx, x.scope, x.text, 20))(t) {
			found = append(found, hit.ID)
		}
		slices.SortFunc(x.want, func(a, b candor.ID) int { return strings.Compare(string(b), string(a)) }) // the latest first
		if !slices.Equal(found, x.want) {
			t.Errorf("%q found %v, want %v", x.text, found, x.want)
		}
		listed := must(s.Findings(ctx, x.scope, candor.FindingFilter{Text: x.text}, candor.Cut{Sort: "id", Descending: true}))(t)
		same(t, listed.Count, len(x.want))
	}
	same(t, len(must(s.Search(ctx, candor.Everything, digest, 1))(t)), 1)
}

func testPaging(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "paging")
	c := newCase(a, candor.Test)
	var all []candor.FiledFinding
	for i := range 25 {
		f := newFinding(c, fmt.Sprintf("rule_%02d", i%7), fmt.Sprintf("%02x", i))
		f.Severity, f.First = candor.Severity(i%5), noon.Add(time.Duration(i/3)*time.Minute)
		all = append(all, f)
	}
	do(t, s, func(tx *store.Tx) error { return errors.Join(tx.AddCase(ctx, &c), tx.AddFindings(ctx, all)) })
	for _, cut := range []candor.Cut{{}, {Sort: "severity"}, {Sort: "severity", Descending: true}, {Sort: "rule"}, {Sort: "id"}, {Sort: "first_seen"}} {
		cut.Limit = 10
		whole := must(s.Findings(ctx, candor.Scope{Party: p.ID}, candor.FindingFilter{}, candor.Cut{Sort: cut.Sort, Descending: cut.Descending, Limit: 100}))(t).Items
		var forward []candor.FiledFinding
		var last candor.Page[candor.FiledFinding]
		for {
			last = must(s.Findings(ctx, candor.Scope{Party: p.ID}, candor.FindingFilter{}, cut))(t)
			forward = append(forward, last.Items...)
			if cut.Cursor = last.Next; last.Next == "" {
				break
			}
		}
		same(t, forward, whole)
		same(t, len(whole), 25)
		cut.Cursor = last.Previous
		back := must(s.Findings(ctx, candor.Scope{Party: p.ID}, candor.FindingFilter{}, cut))(t)
		same(t, back.Items, whole[10:20])
		cut.Cursor = back.Previous
		back = must(s.Findings(ctx, candor.Scope{Party: p.ID}, candor.FindingFilter{}, cut))(t)
		same(t, back.Items, whole[:10])
		same(t, back.Previous, "")
	}
	for _, cut := range []candor.Cut{{Sort: "details"}, {Cursor: "x"}, {Cursor: "eyJ2IjpudWxsfQ"}} {
		_, err := s.Findings(ctx, candor.Everything, candor.FindingFilter{}, cut)
		isKind(t, err, candor.ErrInvalid)
	}
}

func testTransactions(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p := candor.Party{ID: candor.NewID(noon), Kind: candor.Partner, Name: "lost", Created: noon, Updated: noon}
	stop := errors.New("stop")
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return errors.Join(tx.AddParty(ctx, p), stop) }), stop)
	_, err := s.Party(ctx, candor.Everything, p.ID)
	isKind(t, err, candor.ErrNotFound)
}
