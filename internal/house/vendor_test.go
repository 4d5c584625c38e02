package house_test

import (
	bytes2 "bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/directory"
	"candor/internal/house"
	"candor/internal/respond"
	"candor/internal/respond/quarantine"
	"candor/internal/respond/submit"
)

// vendorKey opens the API of the vendor of these tests.
const vendorKey = "s3cret-of-the-vendor"

// vendorAPI takes samples over HTTPS on loopback, and gives a verdict once score is
// set.
type vendorAPI struct {
	*httptest.Server
	took  atomic.Int64
	score atomic.Value
}

func (v *vendorAPI) answer(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+vendorKey {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, r.Header.Get("Authorization"))
		return
	}
	if r.Method == http.MethodGet {
		_, _ = fmt.Fprintf(w, `{"verdict":%q,"name":"PHP/Shell.X"}`, v.score.Load())
		return
	}
	v.took.Add(1)
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"id":"S-1"}`)
}

// outside has the world send samples to a vendor's API and by a form, and gives the
// entries.
func (w *world) outside(t *testing.T) (v *vendorAPI, byAPI, byForm directory.Entry) {
	t.Helper()
	ctx := t.Context()
	w.vendors(t)
	v = &vendorAPI{}
	v.score.Store("pending")
	v.Server = httptest.NewTLSServer(http.HandlerFunc(v.answer))
	t.Cleanup(v.Close)
	c := w.Submit.Config
	c.Client, c.Keys, c.Handings = v.Client(), w.House, w.House
	var err error
	if w.Submit, err = submit.New(c); err != nil {
		t.Fatal(err)
	}
	w.Runner = respond.New(respond.Config{Store: respondStore{w.Store}, Now: w.Clock, Then: house.Follow(w.Desk), Methods: []respond.Method{quarantine.New(map[string]quarantine.Vault{"": vault{w.Vault}}), w.Submit}})
	byAPI, err = w.SaveEntry(ctx, ada, directory.Entry{Name: "Sandbox", Kinds: []directory.Kind{directory.Sharing}, Channels: []directory.Channel{{Way: directory.API, Address: "https://sandbox.example/docs"}}, Takes: []directory.Goods{directory.Samples},
		Interface: &directory.Interface{URL: v.URL + "/samples", Body: directory.Multipart, Content: directory.Plain, Field: "file", Header: "Authorization", Prefix: "Bearer ", Reference: "/id",
			Verdict: &directory.Asking{URL: v.URL + "/samples/{reference}", State: "/verdict", Detection: "/name", Malicious: []string{"bad"}, Clean: []string{"good"}}}})
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	byForm, err = w.SaveEntry(ctx, ada, directory.Entry{Name: "Form lab", Kinds: []directory.Kind{directory.AntiVirus}, Channels: []directory.Channel{{Way: directory.Form, Address: "https://form.example/"}}, Archive: directory.ZipAES, Password: "infected", Takes: []directory.Goods{directory.Samples}})
	if err != nil {
		t.Fatal(err)
	}
	w.agree(t)
	r, err := w.ProposeFor(ctx, ada, house.Proposal{Case: w.kase, Method: "quarantine"})
	if err == nil {
		_, err = w.Approve(ctx, ada, r.ID)
	}
	if err == nil {
		err = w.Runner.Apply(ctx, r.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v, byAPI, byForm
}

var byLaw = candor.Basis{Kind: candor.ByLaw, Terms: "NIS2", Clause: "23"}

// TestVendorKey: the key is given, goes to its host alone, and is shown nowhere.
func TestVendorKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		v, e, f := w.outside(t)
		sending := house.Sending{Case: w.kase, Entry: e.ID, Basis: byLaw}
		if _, _, err := w.PreviewSubmission(ctx, ada, sending); !errors.Is(err, candor.ErrInvalid) || !strings.Contains(err.Error(), "wants a key") {
			t.Errorf("without a key: %v", err)
		}
		if _, err := w.SetAPIKey(ctx, eve, e.ID, vendorKey); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor gave it: %v", err)
		}
		for _, bad := range []string{"a\nb", "é", strings.Repeat("x", 5000)} {
			if _, err := w.SetAPIKey(ctx, ada, e.ID, bad); !errors.Is(err, candor.ErrInvalid) {
				t.Errorf("%.9q: %v", bad, err)
			}
		}
		if _, err := w.SetAPIKey(ctx, ada, f.ID, vendorKey); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("of one without an API: %v", err)
		}
		if view, err := w.SetAPIKey(ctx, ada, e.ID, "wrong"); err != nil || view.Keyed.IsZero() {
			t.Fatal(view, err)
		}
		if _, err := w.SetAPIKey(ctx, ada, e.ID, " "+vendorKey+"\n"); err != nil {
			t.Fatal(err)
		}
		r, err := w.SendSamples(ctx, ada, sending)
		if err == nil {
			_, err = w.Approve(ctx, ada, r.ID)
		}
		if err == nil {
			err = errors.Join(w.Runner.Apply(ctx, r.ID), w.Runner.Verify(ctx, r.ID))
		}
		if err != nil || v.took.Load() != 1 {
			t.Fatal(err, v.took.Load())
		}
		w.keeps(t, e, r)

		moved := e
		moved.Edition, moved.Interface = 0, &directory.Interface{URL: "https://127.0.0.1:1/", Body: directory.Raw, Content: directory.Plain, Header: "Authorization"}
		if _, err := w.SaveEntry(ctx, ada, moved); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.PreviewSubmission(ctx, ada, sending); !errors.Is(err, candor.ErrInvalid) || !strings.Contains(err.Error(), "was given for") {
			t.Errorf("at another host: %v", err)
		}
		if view, err := w.DirectoryEntry(ctx, eve, e.ID); err != nil || !view.Keyed.IsZero() {
			t.Errorf("the key counts at another host: %+v, %v", view, err)
		}
		if view, err := w.SetAPIKey(ctx, ada, e.ID, ""); err != nil || !view.Keyed.IsZero() {
			t.Errorf("taken away: %+v, %v", view, err)
		}
		if _, err := w.Store.Kept(ctx, "key of the directory "+string(e.ID)); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("what is kept of it: %v", err)
		}
	})
}

// keeps looks for the key in all that shows or keeps anything of a submission.
func (w *world) keeps(t *testing.T, e directory.Entry, r candor.Response) {
	t.Helper()
	ctx := t.Context()
	sealed, err := w.Store.Kept(ctx, "key of the directory "+string(e.ID))
	if err != nil {
		t.Fatal(err)
	}
	view, err := w.DirectoryEntry(ctx, ada, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	all, err := w.Submissions(ctx, ada, w.kase)
	if err != nil {
		t.Fatal(err)
	}
	kept, events, err := w.Response(ctx, ada, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	page, err := w.Store.Records(ctx, candor.RecordFilter{}, candor.Cut{Limit: 500})
	records := page.Items
	if err != nil || len(records) == 0 {
		t.Fatal(records, err)
	}
	var export bytes2.Buffer
	if err := errors.Join(directory.WriteYAML(&export, []directory.Entry{view.Entry}), directory.WriteCSV(&export, []directory.Entry{view.Entry})); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal([]any{view, all, kept, events, records})
	if err != nil || len(all) != 1 || len(all[0].Outcomes) != 1 || all[0].Outcomes[0].Reference != "S-1" {
		t.Fatalf("%+v, %v", all, err)
	}
	for what, has := range map[string][]byte{"the database": sealed, "what is shown and recorded": text, "an export": export.Bytes(), "a plan": kept.Plan, "a result": kept.Result} {
		if bytes2.Contains(has, []byte(vendorKey)) {
			t.Errorf("%s has the key", what)
		}
	}
}

// TestVendorVerdict: the API is asked until it says something, which is written
// down once, and a person's word ends it.
func TestVendorVerdict(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		v, e, _ := w.outside(t)
		if _, err := w.SetAPIKey(ctx, ada, e.ID, vendorKey); err != nil {
			t.Fatal(err)
		}
		r, err := w.SendSamples(ctx, ada, house.Sending{Case: w.kase, Entry: e.ID, Basis: byLaw})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.AskForVerdict(ctx, ada, r.ID); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("before it was sent: %v", err)
		}
		if _, err := w.Approve(ctx, ada, r.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.Runner.Apply(ctx, r.ID); err != nil {
			t.Fatal(err)
		}
		for round := 1; round < 3; round++ {
			if err := w.AskVerdict(ctx, house.AskVerdictJob{Response: r.ID, Round: round}); err != nil {
				t.Fatal(err)
			}
		}
		s, err := w.Submission(ctx, eve, r.ID)
		if err != nil || len(s.Answers) != 0 || s.Answered() || !s.Sent() {
			t.Fatalf("%+v, %v", s, err)
		}
		v.score.Store("bad")
		if _, err := w.AskForVerdict(ctx, eve, r.ID); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor asked: %v", err)
		}
		for range 2 {
			if s, err = w.AskForVerdict(ctx, ada, r.ID); err != nil || len(s.Answers) != 1 || s.Answers[0].Verdict != directory.Malicious || s.Answers[0].Detection != "PHP/Shell.X" || s.Answers[0].By != "Sandbox (API)" {
				t.Fatalf("%+v, %v", s.Answers, err)
			}
		}
	})
}

// TestHandIn: what goes by a form is a person's task until that person says that it
// was handed in; taking the file is recorded.
func TestHandIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		_, _, e := w.outside(t)
		r, err := w.SendSamples(ctx, ada, house.Sending{Case: w.kase, Entry: e.ID, Basis: byLaw})
		if err != nil {
			t.Fatal(err, candor.Hint(err))
		}
		if _, err := w.SampleFile(ctx, ada, r.ID, 0); !errors.Is(err, candor.ErrChanged) {
			t.Errorf("taken before it was approved: %v", err)
		}
		if _, err := w.HandIn(ctx, ada, r.ID, ""); !errors.Is(err, candor.ErrChanged) {
			t.Errorf("handed in before it was approved: %v", err)
		}
		if _, err := w.Approve(ctx, ada, r.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.Runner.Apply(ctx, r.ID); err != nil {
			t.Fatal(err)
		}
		open := w.handInTasks(t, true)
		if len(open) != 1 || open[0].Due.Sub(w.now) < 48*time.Hour || open[0].Due.Sub(w.now) > 96*time.Hour {
			t.Fatalf("%+v", open)
		}
		before := w.logged(t)
		for _, n := range []int{-1, 1} {
			if _, err := w.SampleFile(ctx, ada, r.ID, n); !errors.Is(err, candor.ErrNotFound) {
				t.Errorf("file %d: %v", n, err)
			}
		}
		if _, err := w.SampleFile(ctx, eve, r.ID, 0); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor took it: %v", err)
		}
		if w.logged(t) != before {
			t.Error("what was not taken is recorded")
		}
		file, err := w.SampleFile(ctx, ada, r.ID, 0)
		if err != nil || !bytes2.HasPrefix(file.Data, []byte("PK")) || strings.Contains(string(file.Data), "eval") || w.logged(t) != before+1 {
			t.Fatalf("%s, %v, %d records", file.Name, err, w.logged(t)-before)
		}
		if _, err := w.HandIn(ctx, eve, r.ID, ""); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor handed it in: %v", err)
		}
		if _, err := w.HandIn(ctx, ada, r.ID, "a\nb"); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("a reference of two lines: %v", err)
		}
		s, err := w.HandIn(ctx, ada, r.ID, "SR-7")
		if a, there := s.Handed(); err != nil || !there || a.Note != "SR-7" || a.By != "Ada" || s.Answered() || !s.Sent() || s.ForHand() {
			t.Fatalf("%+v, %v", s, err)
		}
		if _, err := w.HandIn(ctx, ada, r.ID, ""); !errors.Is(err, candor.ErrChanged) {
			t.Errorf("handed in twice: %v", err)
		}
		if err := errors.Join(w.Runner.Apply(ctx, r.ID), w.Runner.Verify(ctx, r.ID)); err != nil {
			t.Fatal(err)
		}
		if s, err = w.Submission(ctx, eve, r.ID); err != nil || s.Response.State != candor.ResponseVerified || len(w.handInTasks(t, true)) != 0 || len(w.handInTasks(t, false)) != 1 {
			t.Errorf("%+v, %v, %+v", s.Response, err, w.handInTasks(t, false))
		}
		if _, err := w.RecordVendorAnswer(ctx, ada, directory.Answer{Response: r.ID, Verdict: directory.HandedIn}); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("written down as an answer: %v", err)
		}
		if _, err := w.RecordVendorAnswer(ctx, ada, directory.Answer{Response: r.ID, Verdict: directory.Clean}); err != nil {
			t.Error(err)
		}

		w.now = w.now.Add(time.Minute)
		second, err := w.SendSamples(ctx, ada, house.Sending{Case: w.kase, Entry: e.ID, Basis: byLaw})
		if err == nil {
			_, err = w.Approve(ctx, ada, second.ID)
		}
		if err == nil {
			err = w.Runner.Apply(ctx, second.ID)
		}
		if err != nil || len(w.handInTasks(t, true)) != 1 {
			t.Fatal(err)
		}
		if _, err := w.Refuse(ctx, ada, second.ID, "not wanted any more"); err != nil || len(w.handInTasks(t, true)) != 0 {
			t.Errorf("called off: %v, %+v", err, w.handInTasks(t, true))
		}
	})
}

func (w *world) handInTasks(t *testing.T, open bool) (some []candor.Task) {
	t.Helper()
	all, err := w.Store.Tasks(t.Context(), w.kase)
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range all {
		if task.Key == desk.HandInTask && task.Done.IsZero() == open {
			some = append(some, task)
		}
	}
	return some
}

func (w *world) logged(t *testing.T) int {
	t.Helper()
	page, err := w.Store.Records(t.Context(), candor.RecordFilter{}, candor.Cut{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}
