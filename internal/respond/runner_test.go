package respond_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/respond"
	"candor/internal/respond/respondtest"
)

// TestWay follows one response and all that it leaves.
func TestWay(t *testing.T) {
	d := newDesk(t)
	expires := d.now.Add(72 * time.Hour)
	r := d.propose(t, func(req *respond.Request) { req.Expires = expires })
	want := candor.Basis{Kind: candor.ByAgreement, Agreement: d.agreement.ID, Terms: "AUP", Version: "3", Accepted: d.agreement.Accepted}
	if diff := cmp.Diff(want, r.Basis); diff != "" {
		t.Errorf("basis (-want +got):\n%s", diff)
	}
	if _, err := d.Approve(t.Context(), d.policy, r.ID); err != nil {
		t.Fatal(err)
	}
	d.do(t, d.Apply, r.ID, candor.ResponseApplied)
	d.do(t, d.Verify, r.ID, candor.ResponseVerified)
	if _, err := d.Undo(t.Context(), d.analyst, r.ID, "mended"); err != nil {
		t.Fatal(err)
	}
	d.do(t, d.Revert, r.ID, candor.ResponseUndone)
	if d.lamp.off || d.lamp.calls != 2 {
		t.Errorf("the light is off: %v, after %d calls", d.lamp.off, d.lamp.calls)
	}

	analyst := "user:" + string(d.analyst.User)
	var lines, proofs []string
	for _, e := range d.store.Events() {
		lines = append(lines, fmt.Sprint(e.Actor, " ", to(t, e.Details), " ", e.Public, " ", e.Text))
	}
	if diff := cmp.Diff([]string{analyst + " proposed false ", "policy:night approved false ", "system applied true ",
		"system verified true ", analyst + " undoing false mended", "system undone true "}, lines); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
	for _, rec := range d.store.Records() {
		proofs = append(proofs, fmt.Sprint(rec.Kind, " ", to(t, rec.Body), " ", rec.Blobs))
		if strings.Contains(string(rec.Body), "burns") || rec.Personal["reason"] != "it burns" || rec.Personal["who"] != "me" {
			t.Errorf("what is personal is not kept apart: %s, %v", rec.Body, rec.Personal)
		}
		if rec.Subject != r.ID || rec.Case != d.c.ID {
			t.Errorf("the record is about %s in %s", rec.Subject, rec.Case)
		}
	}
	if diff := cmp.Diff([]string{"response proposed [aa]", "decision approved [aa]", "response applied [aa]",
		"response verified [aa]", "decision undoing [aa]", "response undone [aa]"}, proofs); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]respondtest.Enqueued{
		{Job: respond.ExpireJob{Response: r.ID}, Options: candor.JobOptions{At: expires}},
		{Job: respond.ApplyJob{Response: r.ID}}, {Job: respond.VerifyJob{Response: r.ID}}, {Job: respond.UndoJob{Response: r.ID}},
	}, d.store.TakeJobs()); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}

func to(t *testing.T, data json.RawMessage) string {
	t.Helper()
	var d struct{ To string }
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	return d.To
}

func TestBasis(t *testing.T) {
	d := newDesk(t)
	other := d.agreement
	other.ID, other.Party = candor.NewID(d.now), candor.NewID(d.now)
	narrow := d.agreement
	narrow.ID, narrow.Allows = candor.NewID(d.now), []string{"notify"}
	old := d.agreement
	old.ID, old.Withdrawn = candor.NewID(d.now), d.now
	later := d.agreement
	later.ID, later.Accepted = candor.NewID(d.now), d.now.Add(time.Second)
	d.store.Put(other, narrow, old, later)
	for name, tt := range map[string]struct {
		basis candor.Basis
		ok    bool
	}{
		"none chosen":        {candor.Basis{}, true},
		"agreement":          {candor.Basis{Kind: candor.ByAgreement, Agreement: d.agreement.ID}, true},
		"of another party":   {candor.Basis{Kind: candor.ByAgreement, Agreement: other.ID}, false},
		"of other methods":   {candor.Basis{Kind: candor.ByAgreement, Agreement: narrow.ID}, false},
		"withdrawn":          {candor.Basis{Kind: candor.ByAgreement, Agreement: old.ID}, false},
		"not yet accepted":   {candor.Basis{Kind: candor.ByAgreement, Agreement: later.ID}, false},
		"unknown":            {candor.Basis{Kind: candor.ByAgreement, Agreement: "x"}, false},
		"consent":            {candor.Basis{Kind: candor.ByConsent, Terms: "by phone", Accepted: d.now}, true},
		"consent to nothing": {candor.Basis{Kind: candor.ByConsent, Accepted: d.now}, false},
		"consent never":      {candor.Basis{Kind: candor.ByConsent, Terms: "by phone"}, false},
		"consent tomorrow":   {candor.Basis{Kind: candor.ByConsent, Terms: "by phone", Accepted: d.now.Add(time.Hour)}, false},
		"law":                {candor.Basis{Kind: candor.ByLaw, Terms: "NIS2", Clause: "23"}, true},
		"no law":             {candor.Basis{Kind: candor.ByLaw, Terms: " "}, false},
		"whim":               {candor.Basis{Kind: "whim", Terms: "because"}, false},
	} {
		req := d.request()
		req.Basis = tt.basis
		r, err := d.Propose(t.Context(), d.analyst, req)
		if tt.ok && (err != nil || r.Basis.Kind == "") {
			t.Errorf("%s: %v", name, err)
		}
		if !tt.ok && (!errors.Is(err, candor.ErrDenied) || candor.Hint(err) == "") {
			t.Errorf("%s: %v, hint %q", name, err, candor.Hint(err))
		}
	}
	req := d.request()
	req.Basis = candor.Basis{Kind: candor.ByConsent}
	if r, err := d.Propose(t.Context(), d.owner, req); err != nil || !r.Basis.Accepted.Equal(d.now) {
		t.Errorf("the party asks for itself: %v, %v", r.Basis, err)
	}
}

// TestWho: what each may do.
func TestWho(t *testing.T) {
	d := newDesk(t)
	reader := d.analyst
	reader.Token, reader.Scopes = candor.NewID(d.now), []string{"read"}
	writer := reader
	writer.Scopes = []string{"write"}
	for name, tt := range map[string]struct {
		who              candor.Principal
		propose, approve error
	}{
		"admin":      {candor.Principal{User: "u", Role: candor.RoleAdmin}, nil, nil},
		"analyst":    {d.analyst, nil, nil},
		"policy":     {d.policy, nil, nil},
		"program":    {candor.Principal{}, nil, nil},
		"writer":     {writer, nil, nil},
		"reader":     {reader, candor.ErrDenied, candor.ErrDenied},
		"auditor":    {candor.Principal{User: "u", Role: candor.RoleAuditor}, candor.ErrDenied, candor.ErrDenied},
		"owner":      {d.owner, nil, candor.ErrDenied},
		"outsider":   {d.outside, candor.ErrNotFound, candor.ErrNotFound},
		"nobody":     {candor.Principal{User: "u"}, candor.ErrNotFound, candor.ErrNotFound},
		"role alone": {candor.Principal{Role: candor.RoleCustomer}, candor.ErrNotFound, candor.ErrNotFound},
	} {
		if _, err := d.Propose(t.Context(), tt.who, d.request()); !errors.Is(err, tt.propose) {
			t.Errorf("%s proposes: %v, want %v", name, err, tt.propose)
		}
		id := d.propose(t, nil).ID
		if _, err := d.Approve(t.Context(), tt.who, id); !errors.Is(err, tt.approve) {
			t.Errorf("%s approves: %v, want %v", name, err, tt.approve)
		}
		id = d.propose(t, nil).ID
		if _, err := d.Refuse(t.Context(), tt.who, id, ""); !errors.Is(err, tt.approve) {
			t.Errorf("%s refuses: %v, want %v", name, err, tt.approve)
		}
		id = d.approved(t)
		d.do(t, d.Apply, id, candor.ResponseApplied)
		if _, err := d.Undo(t.Context(), tt.who, id, ""); !errors.Is(err, tt.approve) {
			t.Errorf("%s undoes: %v, want %v", name, err, tt.approve)
		}
	}
}

// TestOwner: nothing is done to an asset that is not the party's.
func TestOwner(t *testing.T) {
	d := newDesk(t)
	id := d.approved(t)
	d.asset.Owner = candor.NewID(d.now)
	d.store.Put(d.asset)
	if _, err := d.Propose(t.Context(), d.analyst, d.request()); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("propose: %v", err)
	}
	d.do(t, d.Apply, id, candor.ResponseRefused)
	if d.lamp.calls != 0 {
		t.Error("it was applied")
	}
}

// TestRetry: temporary failures are tried again, a few times.
func TestRetry(t *testing.T) {
	d := newDesk(t)
	id := d.approved(t)
	d.lamp.err = respond.Temporary(errors.New("no power"), 0)
	for i, wait := range []time.Duration{30 * time.Second, time.Minute} {
		d.do(t, d.Apply, id, candor.ResponseApproved)
		if got := d.store.Response(id).Error; got != "no power" {
			t.Errorf("the error is %q", got)
		}
		want := []respondtest.Enqueued{{Job: respond.ApplyJob{Response: id}, Options: candor.JobOptions{At: d.now.Add(wait)}}}
		if diff := cmp.Diff(want, d.store.TakeJobs()); diff != "" {
			t.Errorf("attempt %d (-want +got):\n%s", i+1, diff)
		}
	}
	d.do(t, d.Apply, id, candor.ResponseFailed)
	if _, err := d.Approve(t.Context(), d.analyst, id); err != nil {
		t.Fatal(err)
	}
	d.store.TakeJobs()
	d.lamp.err = respond.Temporary(candor.ErrDenied, 5*time.Hour)
	d.do(t, d.Apply, id, candor.ResponseApproved)
	if jobs := d.store.TakeJobs(); len(jobs) != 1 || !jobs[0].Options.At.Equal(d.now.Add(5*time.Hour)) {
		t.Errorf("jobs: %v", jobs)
	}
	d.lamp.err = nil
	d.do(t, d.Apply, id, candor.ResponseApplied)
	d.lamp.err = errors.New("broken")
	d.do(t, d.Verify, id, candor.ResponseFailed)
	d.lamp.err = nil
	if _, err := d.Undo(t.Context(), d.analyst, id, ""); err != nil {
		t.Fatal(err)
	}
	d.do(t, d.Revert, id, candor.ResponseUndone)
}

// TestTakenOver: a caller whose response another took over changes nothing
// more.
func TestTakenOver(t *testing.T) {
	d := newDesk(t)
	id := d.approved(t)
	other := respond.New(d.Config)
	once := true
	d.lamp.during = func() {
		if once {
			once = false
			d.do(t, other.Apply, id, candor.ResponseApplied)
		}
	}
	d.do(t, d.Apply, id, candor.ResponseApplied)
	if got := len(d.store.TakeJobs()); got != 1 {
		t.Errorf("%d jobs were asked for, want 1", got)
	}
	d.do(t, d.Apply, id, candor.ResponseApplied)
	if d.lamp.calls != 2 {
		t.Errorf("it was applied %d times", d.lamp.calls)
	}
}

// TestTakenOverInVain: also if the other caller got no further.
func TestTakenOverInVain(t *testing.T) {
	d := newDesk(t)
	id := d.approved(t)
	other := respond.New(d.Config)
	d.lamp.before = func() {
		d.lamp.before = nil
		d.lamp.err = respond.Temporary(errors.New("no power"), 0)
		d.do(t, other.Apply, id, candor.ResponseApproved)
		d.lamp.err = nil
	}
	d.do(t, d.Apply, id, candor.ResponseApproved)
	if d.lamp.off || d.lamp.calls != 1 || len(d.store.TakeJobs()) != 1 {
		t.Errorf("the first caller went on: %d calls", d.lamp.calls)
	}
}

// TestRefusedMeanwhile: who refuses before the first save wins.
func TestRefusedMeanwhile(t *testing.T) {
	d := newDesk(t)
	id := d.approved(t)
	d.lamp.before = func() {
		if _, err := d.Refuse(t.Context(), d.analyst, id, "no"); err != nil {
			t.Error(err)
		}
	}
	d.do(t, d.Apply, id, candor.ResponseRefused)
	if d.lamp.off || d.lamp.calls != 0 {
		t.Error("it was applied")
	}
}

// TestWithdrawnHalfway: what was begun on a basis that is gone is undone.
func TestWithdrawnHalfway(t *testing.T) {
	d := newDesk(t)
	id := d.approved(t)
	d.lamp.err = respond.Temporary(errors.New("no power"), 0)
	d.do(t, d.Apply, id, candor.ResponseApproved)
	d.lamp.err = nil
	if _, err := d.Refuse(t.Context(), d.analyst, id, ""); !errors.Is(err, candor.ErrChanged) {
		t.Errorf("refuse what was begun: %v", err)
	}
	d.agreement.Withdrawn = d.now
	d.store.Put(d.agreement)
	d.store.TakeJobs()
	d.do(t, d.Apply, id, candor.ResponseUndoing)
	if diff := cmp.Diff([]respondtest.Enqueued{{Job: respond.UndoJob{Response: id}}}, d.store.TakeJobs()); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	d.do(t, d.Revert, id, candor.ResponseUndone)
}

func TestExpiry(t *testing.T) {
	d := newDesk(t)
	soon := func(req *respond.Request) { req.Expires = d.now.Add(time.Hour) }
	proposed, applied := d.propose(t, soon).ID, d.propose(t, soon).ID
	d.propose(t, nil) // never
	if _, err := d.Approve(t.Context(), d.analyst, applied); err != nil {
		t.Fatal(err)
	}
	d.do(t, d.Apply, applied, candor.ResponseApplied)
	d.do(t, d.Expire, applied, candor.ResponseApplied) // too early
	if n, err := d.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("swept %d, %v too early", n, err)
	}
	d.now = d.now.Add(time.Hour)
	if _, err := d.Approve(t.Context(), d.analyst, proposed); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("approve what expired: %v", err)
	}
	if n, err := d.Sweep(t.Context()); n != 2 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	d.do(t, d.Expire, proposed, candor.ResponseRefused)
	d.do(t, d.Expire, applied, candor.ResponseUndoing)
	d.do(t, d.Revert, applied, candor.ResponseUndone)
	if n, err := d.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("swept %d, %v again", n, err)
	}
	req := d.request()
	req.Expires = d.now
	if _, err := d.Propose(t.Context(), d.analyst, req); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("propose what has expired: %v", err)
	}
	d.lamp.lasting = true
	soon(&req)
	if _, err := d.Propose(t.Context(), d.analyst, req); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("propose an end of what cannot be undone: %v", err)
	}
}

// TestStoreFails: each step is done wholly or not at all.
func TestStoreFails(t *testing.T) {
	broken := errors.New("disk gone")
	for _, call := range []string{"Response", "AddResponse", "ChangeResponse", "Case", "Asset", "Party", "Basis",
		"AddEvent", "AddRecord", "Enqueue", "Commit"} {
		d := newDesk(t)
		fails := func(string) error { return nil }
		d.store.Fail = func(c string) error { return fails(c) }
		on := func(c string) error {
			if c == call {
				return broken
			}
			return nil
		}
		step := func(name string, uses string, do func() error, redo func() error) {
			t.Helper()
			if !slices.Contains(strings.Fields(uses), call) {
				return
			}
			events, records := len(d.store.Events()), len(d.store.Records())
			fails = on
			err := do()
			fails = func(string) error { return nil }
			if !errors.Is(err, broken) {
				t.Errorf("%s with %s failing: %v", name, call, err)
			}
			if len(d.store.Events()) != events || len(d.store.Records()) != records {
				t.Errorf("%s with %s failing was done in part", name, call)
			}
			if err := redo(); err != nil {
				t.Errorf("%s afterwards: %v", name, err)
			}
		}
		propose := func() error { _, err := d.Propose(t.Context(), d.analyst, d.request()); return err }
		step("propose", "AddResponse Case Asset Party Basis AddEvent AddRecord Commit", propose, propose)
		id := d.propose(t, nil).ID
		approve := func() error { _, err := d.Approve(t.Context(), d.analyst, id); return err }
		step("approve", "Response ChangeResponse Case Asset Party Basis AddEvent AddRecord Enqueue Commit", approve, func() error { return nil })
		if d.store.Response(id).State == candor.ResponseProposed {
			if err := approve(); err != nil {
				t.Fatal(err)
			}
		}
		apply := func() error { return d.Apply(t.Context(), id) }
		step("apply", "Response ChangeResponse Case Asset Party Basis AddEvent AddRecord Enqueue Commit", apply, apply)
	}
}

func TestStates(t *testing.T) {
	all := []candor.ResponseState{candor.ResponseProposed, candor.ResponseApproved, candor.ResponseApplied,
		candor.ResponseVerified, candor.ResponseFailed, candor.ResponseRefused, candor.ResponseUndoing, candor.ResponseUndone}
	d := newDesk(t)
	for _, from := range all {
		for what, step := range map[string]struct {
			to candor.ResponseState
			do func(context.Context, candor.Principal, candor.ID) error
		}{
			"approve": {candor.ResponseApproved, func(ctx context.Context, who candor.Principal, id candor.ID) error {
				_, err := d.Approve(ctx, who, id)
				return err
			}},
			"undo": {candor.ResponseUndoing, func(ctx context.Context, who candor.Principal, id candor.ID) error {
				_, err := d.Undo(ctx, who, id, "")
				return err
			}},
		} {
			r := d.propose(t, nil)
			r.State, r.Result = from, json.RawMessage(`"begun"`)
			d.store.Put(r)
			err := step.do(t.Context(), d.analyst, r.ID)
			if legal := respond.CanBecome(from, step.to); legal != (err == nil) || !legal && !errors.Is(err, candor.ErrChanged) {
				t.Errorf("%s of what is %s: %v", what, from, err)
			}
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for name, tt := range map[string]struct {
		err   error
		after time.Duration
		again bool
	}{
		"plain":       {errors.New("x"), 0, false},
		"unavailable": {fmt.Errorf("x: %w", candor.ErrUnavailable), 0, true},
		"interrupted": {context.Canceled, 0, true},
		"temporary":   {fmt.Errorf("x: %w", respond.Temporary(candor.ErrDenied, time.Minute)), time.Minute, true},
		"permanent":   {respond.Permanent(respond.Temporary(candor.ErrUnavailable, time.Minute)), 0, false},
	} {
		after, again := respond.RetryAfter(tt.err)
		if after != tt.after || again != tt.again {
			t.Errorf("%s: %v, %v", name, after, again)
		}
	}
	if respond.Temporary(nil, 1) != nil || respond.Permanent(nil) != nil {
		t.Error("no error became one")
	}
}
