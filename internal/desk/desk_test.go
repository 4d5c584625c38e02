package desk_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

type adapter struct{ s *store.Store }

func (a adapter) Tx(ctx context.Context, f func(desk.Tx) error) error {
	return a.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

// house is a desk with one site.
type house struct {
	*desk.Desk
	s       *store.Store
	now     time.Time
	party   candor.Party
	site    candor.Asset
	notices []desk.Notice
}

var ada = candor.Principal{User: "0190a000-0000-7000-8000-000000000001", Name: "Ada", Role: candor.RoleAnalyst}

func newHouse(t *testing.T, s *store.Store) *house {
	h := &house{s: s, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	h.party, h.site = storetest.Sample(t, s, "acme")
	h.Desk = desk.New(desk.Config{
		Store: adapter{s}, Clock: func() time.Time { return h.now }, Calendar: calendar.Always(time.UTC), Rules: calendar.Rules(),
		Plays: func(c candor.Class, _ candor.Nature, _ candor.Severity) desk.Play {
			return desk.Play{Title: string(c), Tasks: []desk.PlayTask{{Key: "look", Text: "Look at it", Due: calendar.Hours(2)}},
				Responses: []desk.PlayResponse{{Method: "notify"}, {Method: "quarantine", Again: true}}}
		},
		Tell: func(_ context.Context, _ desk.Tx, n desk.Notice) error { h.notices = append(h.notices, n); return nil },
	})
	return h
}

func (h *house) file(t *testing.T, scan candor.ID, findings ...candor.Finding) desk.Filed {
	t.Helper()
	filed, err := h.File(t.Context(), desk.Filing{Asset: h.site.ID, Scan: scan, Sensor: "scan", Generation: "g1", Findings: findings})
	if err != nil {
		t.Fatal(err)
	}
	return filed
}

func (h *house) theCase(t *testing.T, id candor.ID) candor.Case {
	t.Helper()
	c, err := h.s.Case(t.Context(), candor.Everything, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *house) scan() candor.ID { return candor.NewID(h.now) }

func shell(path, content string) candor.Finding {
	return candor.Finding{Path: path, Rule: "shell", Class: candor.ApplicationCompromise, Nature: candor.Malware, Severity: candor.High, SHA256: content, Bytes: 10, Language: "yara"}
}

func (h *house) kinds(t *testing.T, id candor.ID) (kinds []candor.EventKind) {
	t.Helper()
	events, err := h.s.Events(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func each(t *testing.T, f func(*testing.T, *house)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) { f(t, newHouse(t, s)) })
}

func TestFindingsJoinOneCase(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		filed := h.file(t, h.scan(), shell("/a.php", "aa"), shell("/b.php", "aa"), shell("/c.php", "cc"))
		if filed.New != 2 || len(filed.Opened) != 1 {
			t.Fatalf("filed %+v", filed)
		}
		id := filed.Opened[0]
		c := h.theCase(t, id)
		if c.Open != 2 || c.Findings != 2 || c.State != candor.CaseNew || c.Due.IsZero() || c.Severity != candor.High {
			t.Errorf("the case is %+v", c)
		}
		h.now = h.now.Add(time.Hour)
		grave := shell("/d.php", "dd")
		grave.Severity = candor.Critical
		filed = h.file(t, h.scan(), shell("/a.php", "aa"), grave)
		if filed.New != 1 || filed.Again != 1 || len(filed.Opened) != 0 {
			t.Errorf("filed %+v", filed)
		}
		if c = h.theCase(t, id); c.Open != 3 || c.Severity != candor.Critical {
			t.Errorf("the case is %+v", c)
		}
		other := shell("/p.html", "ff")
		other.Class = candor.Phishing
		if filed = h.file(t, h.scan(), other); len(filed.Opened) != 1 || filed.Opened[0] == id {
			t.Errorf("another class: %+v", filed)
		}
		records, err := h.s.PendingRecords(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, r := range records {
			if r.Kind == candor.RecordFinding {
				n++
				if r.Concealed["path"] == "" {
					t.Errorf("the record %s conceals no path", r.ID)
				}
			}
		}
		if n != 4 {
			t.Errorf("%d findings are recorded, of 4", n)
		}
	})
}

func TestGoneClosesItself(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.file(t, h.scan(), shell("/a.php", "aa"), shell("/b.php", "bb")).Opened[0]
		second := h.scan()
		h.file(t, second, shell("/a.php", "aa"))
		if gone, err := h.Finish(ctx, h.site.ID, second, "scan"); err != nil || gone != 1 {
			t.Fatalf("%d gone, %v", gone, err)
		}
		if c := h.theCase(t, id); c.Open != 1 || c.State != candor.CaseNew {
			t.Errorf("the case is %+v", c)
		}
		third := h.scan()
		if gone, err := h.Finish(ctx, h.site.ID, third, "scan"); err != nil || gone != 1 {
			t.Fatalf("%d gone, %v", gone, err)
		}
		c := h.theCase(t, id)
		if c.State != candor.CaseClosed || c.Closed.IsZero() || !c.Due.IsZero() {
			t.Errorf("the case is %+v", c)
		}
		// The same content comes back: a new case, which knows it since when.
		filed := h.file(t, h.scan(), shell("/a.php", "aa"))
		if len(filed.Opened) != 1 || filed.New != 1 {
			t.Fatalf("filed %+v", filed)
		}
		again := h.theCase(t, filed.Opened[0])
		if again.Open != 1 || again.ID == id {
			t.Errorf("the case is %+v", again)
		}
	})
}

func TestFalseAlarmStaysOne(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		if err := h.SetState(t.Context(), ada, id, 0, candor.CaseFalseAlarm, "a test file of ours"); err != nil {
			t.Fatal(err)
		}
		if filed := h.file(t, h.scan(), shell("/a.php", "aa"), shell("/copy.php", "aa")); len(filed.Opened) != 0 {
			t.Errorf("a false alarm opened a case again: %+v", filed)
		}
		deadlines, err := h.s.Deadlines(t.Context(), id)
		if err != nil || len(deadlines) != 1 || deadlines[0].State == candor.DeadlineRunning {
			t.Errorf("deadlines %+v, %v", deadlines, err)
		}
	})
}

func TestStates(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		seen := h.theCase(t, id).Version
		if err := h.SetState(ctx, ada, id, seen, candor.CaseTriaged, ""); err != nil {
			t.Fatal(err)
		}
		if err := h.SetState(ctx, ada, id, seen, candor.CaseClosed, ""); !errors.Is(err, candor.ErrChanged) {
			t.Errorf("an old version: %v", err)
		}
		if err := h.SetState(ctx, ada, id, 0, candor.CaseNew, ""); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("back to new: %v", err)
		}
		stranger := candor.Principal{Role: candor.RoleCustomer, Party: candor.NewID(h.now)}
		if err := h.Ask(ctx, stranger, id, "what?"); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("a stranger asked: %v", err)
		}
		if err := h.SetState(ctx, ada, id, 0, candor.CaseNotified, ""); err != nil {
			t.Fatal(err)
		}
		owner := candor.Principal{Role: candor.RoleCustomer, Party: h.party.ID}
		for _, err := range []error{h.Ask(ctx, owner, id, " Which file? "), h.Contest(ctx, owner, id, "It is ours"), h.Fixed(ctx, owner, id, "")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := h.Ask(ctx, owner, id, "  "); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("an empty question: %v", err)
		}
		for _, want := range []candor.EventKind{candor.EventOpened, candor.EventFinding, candor.EventState, candor.EventQuestion, candor.EventContest, candor.EventFixed} {
			if !slices.Contains(h.kinds(t, id), want) {
				t.Errorf("the timeline has no %s", want)
			}
		}
		if len(h.notices) != 2 || h.notices[0].Kind != "question" || h.notices[0].Text != "Which file?" {
			t.Errorf("the staff was told %+v", h.notices)
		}
	})
}

func TestDeadlines(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		h.now = h.now.Add(3*time.Hour + time.Minute) // 4 h, warned one before
		for range 2 {
			if _, err := h.Tick(ctx); err != nil {
				t.Fatal(err)
			}
		}
		h.now = h.now.Add(time.Hour)
		for range 2 {
			if _, err := h.Tick(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if len(h.notices) != 2 || h.notices[0].Kind != "deadline-warning" || h.notices[1].Kind != "deadline-missed" {
			t.Fatalf("the staff was told %+v", h.notices)
		}
		late, err := h.s.Case(ctx, candor.Everything, id)
		if err != nil || !late.Due.Before(h.now) || late.Due.IsZero() {
			t.Errorf("a case whose deadline was missed is due %s, %v", late.Due, err)
		}
		if err := h.SetState(ctx, ada, id, late.Version, candor.CaseTriaged, ""); err != nil {
			t.Fatal(err)
		}
		if late, err = h.s.Case(ctx, candor.Everything, id); err != nil || !late.Due.IsZero() {
			t.Errorf("a case that was acknowledged late is due %s, %v", late.Due, err)
		}
		if err := h.Aware(ctx, ada, id, h.now); err != nil {
			t.Fatal(err)
		}
		h.now = h.now.Add(time.Hour)
		if err := h.Submitted(ctx, ada, id, calendar.NIS2Notification); err != nil {
			t.Fatal(err)
		}
		all, err := h.s.Deadlines(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		states := map[string]candor.DeadlineState{}
		for _, d := range all {
			states[d.Rule] = d.State
			if d.Rule == calendar.NIS2Final && !d.Due.Equal(h.now.AddDate(0, 1, 0)) {
				t.Errorf("the final report is due %s", d.Due)
			}
		}
		want := map[string]candor.DeadlineState{calendar.Acknowledgement: candor.DeadlineMissed, calendar.NIS2EarlyWarning: candor.DeadlineRunning,
			calendar.NIS2Notification: candor.DeadlineMet, calendar.NIS2Final: candor.DeadlineRunning, calendar.GDPRNotification: candor.DeadlineRunning}
		for rule, state := range want {
			if states[rule] != state {
				t.Errorf("%s is %s, want %s", rule, states[rule], state)
			}
		}
	})
}

// responder proposes without asking anybody.
type responder struct {
	proposed, approved []string
	refuse             string
}

func (r *responder) Propose(_ context.Context, _ candor.Principal, _ candor.Case, p desk.PlayResponse, _ int) (candor.Response, error) {
	if p.Method == r.refuse {
		return candor.Response{}, candor.WithHint(candor.ErrDenied, "Record an agreement.")
	}
	r.proposed = append(r.proposed, p.Method)
	return candor.Response{ID: candor.ID(p.Method), Method: p.Method}, nil
}

func (r *responder) Approve(_ context.Context, _ candor.Principal, id candor.ID) error {
	r.approved = append(r.approved, string(id))
	return nil
}

func TestPolicy(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		id := h.file(t, h.scan(), shell("/a.php", "aa")).Opened[0]
		policy := desk.Policy{Rules: []desk.PolicyRule{{Class: candor.ApplicationCompromise, Severity: candor.High, Confidence: 80, Method: "notify"},
			{Severity: candor.Critical, Method: "quarantine"}}}
		if err := h.SetPolicy(ctx, ada, policy, []string{"notify"}); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("a policy with an unknown response: %v", err)
		}
		r := &responder{}
		if err := h.Propose(ctx, desk.PolicyJob{Case: id}, nil, r); err != nil {
			t.Fatal(err)
		}
		if len(r.approved) != 0 || !slices.Equal(r.proposed, []string{"notify", "quarantine"}) {
			t.Errorf("without a policy: %+v", r)
		}
		if err := h.SetPolicy(ctx, ada, policy, []string{"notify", "quarantine"}); err != nil {
			t.Fatal(err)
		}
		r = &responder{refuse: "quarantine"}
		if err := h.Propose(ctx, desk.PolicyJob{Case: id}, nil, r); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(r.approved, []string{"notify"}) || !slices.Contains(h.kinds(t, id), candor.EventResponse) {
			t.Errorf("with a policy: %+v, %v", r, h.kinds(t, id))
		}
		// Killed after it proposed, and before it approved.
		r = &responder{refuse: "quarantine"}
		if err := h.Propose(ctx, desk.PolicyJob{Case: id}, []candor.Response{{ID: "n", Method: "notify", State: candor.ResponseProposed, By: "policy:standing"}}, r); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(r.approved, []string{"n"}) {
			t.Errorf("what was proposed before is approved: %v", r.approved)
		}
		r = &responder{refuse: "quarantine"}
		if err := h.Propose(ctx, desk.PolicyJob{Case: id}, []candor.Response{{ID: "n", Method: "notify", State: candor.ResponseProposed, By: "user:1"}}, r); err != nil || len(r.approved) > 0 {
			t.Errorf("somebody's own proposal was approved: %v, %v", r.approved, err)
		}
		// More joined the case after the files were moved away.
		for state, want := range map[candor.ResponseState][]string{candor.ResponseVerified: {"quarantine"}, candor.ResponseApplied: {"quarantine"},
			candor.ResponseApproved: nil, candor.ResponseRefused: nil, candor.ResponseUndone: nil} {
			r = &responder{}
			have := []candor.Response{{ID: "q", Method: "quarantine", State: state}, {ID: "n", Method: "notify", State: candor.ResponseVerified}}
			if err := h.Propose(ctx, desk.PolicyJob{Case: id, Again: true}, have, r); err != nil || !slices.Equal(r.proposed, want) {
				t.Errorf("after a quarantine that is %s: %v, %v", state, r.proposed, err)
			}
		}
		r = &responder{}
		if err := h.Propose(ctx, desk.PolicyJob{Case: id, Again: true}, nil, r); err != nil || len(r.proposed) > 0 {
			t.Errorf("what was not proposed for the new case: %v, %v", r.proposed, err)
		}
	})
}
