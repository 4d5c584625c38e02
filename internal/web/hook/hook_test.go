package hook_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
	"candor/internal/store/storetest"
	"candor/internal/web/hook"
)

// noon is when tests happen.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

type world struct {
	s      *store.Store
	mine   candor.Case
	hooks  map[string]store.Webhook
	server *httptest.Server
	status int
	got    chan *http.Request
	bodies chan []byte
}

func newWorld(t *testing.T) *world {
	w := &world{s: storetest.SQLite(t), status: http.StatusNoContent, got: make(chan *http.Request, 10), bodies: make(chan []byte, 10), hooks: map[string]store.Webhook{}}
	w.server = httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.got <- r
		w.bodies <- body
		rw.WriteHeader(w.status)
	}))
	t.Cleanup(w.server.Close)
	p, a := storetest.Sample(t, w.s, "acme")
	other, _ := storetest.Sample(t, w.s, "other")
	w.mine = candor.Case{ID: candor.NewID(noon), Asset: a.ID, Party: p.ID, Class: candor.Phishing, State: candor.CaseClosed, Title: "x", Opened: noon, Updated: noon}
	add := func(name string, owner candor.ID, kinds ...string) {
		w.hooks[name] = store.Webhook{ID: candor.NewID(noon), URL: w.server.URL, Secret: "whsec_c2VjcmV0", Kinds: kinds, Owner: owner, Active: true, Created: noon}
	}
	add("all", "")
	add("mine", p.ID, "case.closed")
	add("not this", "", "case.opened")
	add("not theirs", other.ID)
	err := w.s.Tx(t.Context(), func(tx *store.Tx) error {
		errs := []error{tx.AddCase(t.Context(), &w.mine)}
		for _, h := range w.hooks {
			errs = append(errs, tx.AddWebhook(t.Context(), h))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) sender(inside bool) *hook.Sender {
	o := hook.Options{Store: w.s, Clock: func() time.Time { return noon }, Inside: inside, Public: func(c candor.Case) candor.Case { c.Assignee = ""; return c }}
	o.Transport = w.server.Client().Transport.(*http.Transport).Clone()
	return hook.New(o)
}

func (w *world) deliveries(t *testing.T, name string) []store.Delivery {
	t.Helper()
	all, err := w.s.Deliveries(t.Context(), w.hooks[name].ID, 10)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDeliver(t *testing.T) {
	w := newWorld(t)
	s := w.sender(true)
	if err := s.Tell(t.Context(), "case.closed", w.mine.ID); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"all": 1, "mine": 1, "not this": 0, "not theirs": 0} {
		if got := len(w.deliveries(t, name)); got != want {
			t.Errorf("%s has %d deliveries, want %d", name, got, want)
		}
	}
	d := w.deliveries(t, "mine")[0]
	if err := s.Deliver(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	r, body := <-w.got, <-w.bodies
	at, err := strconv.ParseInt(r.Header.Get("Webhook-Timestamp"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	want, err := hook.Sign("whsec_c2VjcmV0", string(d.ID), at, body)
	if err != nil || r.Header.Get("Webhook-Signature") != want || r.Header.Get("Webhook-Id") != string(d.ID) {
		t.Errorf("the signature is %q, want %q, %v", r.Header.Get("Webhook-Signature"), want, err)
	}
	var got struct {
		Type string      `json:"type"`
		Data candor.Case `json:"data"`
	}
	if err := json.Unmarshal(body, &got); err != nil || got.Type != "case.closed" || got.Data.ID != w.mine.ID {
		t.Errorf("sent %s, %v", body, err)
	}
	if d = w.deliveries(t, "mine")[0]; d.State != hook.Delivered || d.Status != http.StatusNoContent {
		t.Errorf("the delivery is %+v", d)
	}
	if err := s.Deliver(t.Context(), d.ID); err != nil || len(w.got) != 0 {
		t.Errorf("a delivery was sent twice, %v", err)
	}
}

func TestRetryAndGiveUp(t *testing.T) {
	w := newWorld(t)
	w.status = http.StatusBadGateway
	s := w.sender(true)
	if err := s.Tell(t.Context(), "case.closed", w.mine.ID); err != nil {
		t.Fatal(err)
	}
	d := w.deliveries(t, "mine")[0]
	var before time.Duration
	for n := 1; ; n++ {
		err := s.Deliver(t.Context(), d.ID)
		<-w.got
		<-w.bodies
		var later *candor.LaterError
		if !errors.As(err, &later) {
			if n != 12 || err != nil {
				t.Errorf("given up after %d attempts, %v", n, err)
			}
			break
		}
		if later.After < before {
			t.Errorf("attempt %d waits %s, after %s", n, later.After, before)
		}
		before = later.After
	}
	if d = w.deliveries(t, "mine")[0]; d.State != hook.Failed || d.Status != http.StatusBadGateway || d.Attempts != 12 {
		t.Errorf("the delivery is %+v", d)
	}
}

func TestStaysOutside(t *testing.T) {
	w := newWorld(t) // it listens on loopback
	s := w.sender(false)
	if err := s.Tell(t.Context(), "case.closed", w.mine.ID); err != nil {
		t.Fatal(err)
	}
	err := s.Deliver(context.Background(), w.deliveries(t, "mine")[0].ID)
	if !errors.Is(err, candor.ErrDenied) || len(w.got) != 0 {
		t.Errorf("an address inside was asked: %v", err)
	}
}

// TestSign holds the signature against the example of the specification.
func TestSign(t *testing.T) {
	got, err := hook.Sign("whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf", 1731705121, []byte(`{"event_type":"ping","data":{"success":true}}`))
	if want := "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="; err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}

// TestTellGate tells webhooks of a decision about a site, and not whose it was.
func TestTellGate(t *testing.T) {
	w := newWorld(t)
	a, err := w.s.Asset(t.Context(), candor.Everything, w.mine.Asset)
	if err != nil {
		t.Fatal(err)
	}
	m := candor.GateMove{ID: candor.NewID(noon), Asset: a.ID, From: candor.GateLive, To: candor.GateGrace, At: noon, By: "user:staff", Deadline: noon.Add(time.Hour),
		Unmet: []candor.GateCheck{{Check: "terms", Outcome: candor.GateFailed, Why: "old-terms", Since: noon}}}
	if err := w.s.Tx(t.Context(), func(tx *store.Tx) error { return tx.AddGateMove(t.Context(), m) }); err != nil {
		t.Fatal(err)
	}
	s := w.sender(true)
	if err := s.TellGate(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"all": 1, "mine": 0, "not this": 0, "not theirs": 0} {
		if got := len(w.deliveries(t, name)); got != want {
			t.Errorf("%s: %d messages, want %d", name, got, want)
		}
	}
	if err := s.Deliver(t.Context(), w.deliveries(t, "all")[0].ID); err != nil {
		t.Fatal(err)
	}
	<-w.got
	want := `{"type":"site.grace","timestamp":"2026-03-01T12:00:00Z","data":{"site":"` + string(a.ID) + `","name":"acme.example","reference":"","owner":"` + string(a.Owner) + `","hosts":["acme.example"],` +
		`"state":"grace","before":"live","allowed":true,"at":"2026-03-01T12:00:00Z","deadline":"2026-03-01T13:00:00Z","unmet":[{"check":"terms","outcome":"failed","why":"old-terms","since":"2026-03-01T12:00:00Z"}]}}`
	if got := string(<-w.bodies); got != strings.Replace(want, `"reference":"",`, "", 1) {
		t.Errorf("sent %s", got)
	}
	if err := s.TellGate(t.Context(), a.ID); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("a decision that is none: %v", err)
	}
}
