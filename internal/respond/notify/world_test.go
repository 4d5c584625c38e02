package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/respond/notify"
	"candor/internal/respond/notify/smtp"
	"candor/internal/respond/notify/smtptest"
)

var began = time.Date(2025, 11, 24, 9, 30, 0, 0, time.UTC)

// messages is a notify.Messages in memory.
type messages struct {
	mu        sync.Mutex
	rows      map[candor.ID]candor.Message
	order     []candor.ID
	responses map[candor.ID]candor.Response
	// fail, if set, is asked before each change.
	fail func(m candor.Message) error
}

func (s *messages) AddMessage(_ context.Context, m candor.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.rows[m.ID]; there {
		return fmt.Errorf("message %s: %w", m.ID, candor.ErrChanged)
	}
	s.rows[m.ID] = m
	s.order = append(s.order, m.ID)
	return nil
}

func (s *messages) ChangeMessage(_ context.Context, m candor.Message, from candor.MessageState) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(m); err != nil {
			return err
		}
	}
	if s.rows[m.ID].State != from {
		return fmt.Errorf("message %s: %w", m.ID, candor.ErrChanged)
	}
	s.rows[m.ID] = m
	return nil
}

func (s *messages) MessagesOf(_ context.Context, response candor.ID) ([]candor.Message, error) {
	return slices.DeleteFunc(s.all(), func(m candor.Message) bool { return m.Response != response }), nil
}

func (s *messages) MessageByMessageID(_ context.Context, id string) (candor.Message, error) {
	for _, m := range s.all() {
		if m.MessageID == id {
			return m, nil
		}
	}
	return candor.Message{}, candor.ErrNotFound
}

func (s *messages) Response(_ context.Context, _ candor.Scope, id candor.ID) (candor.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.responses[id]
	if !ok {
		return r, candor.ErrNotFound
	}
	return r, nil
}

// all gives the messages, the oldest first.
func (s *messages) all() []candor.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]candor.Message, 0, len(s.order))
	for _, id := range s.order {
		out = append(out, s.rows[id])
	}
	return out
}

// facts is a notify.Facts.
type facts struct {
	paths    []string
	total    int
	deadline time.Time
}

func (f facts) Places(_ context.Context, _ candor.ID, most int) ([]string, int, error) {
	return f.paths[:min(most, len(f.paths))], f.total, nil
}

func (f facts) CustomerDeadline(context.Context, candor.ID) (time.Time, error) {
	return f.deadline, nil
}

// advice is a notify.Advice that repeats what it was asked.
type advice struct{}

func (advice) For(class candor.Class, _ candor.Nature, software, lang string) (means, steps []string) {
	return []string{fmt.Sprintf("[%s: what %s means]", lang, class)},
		[]string{fmt.Sprintf("[%s: make a copy of everything]", lang), fmt.Sprintf("[%s: bring %s up to date]", lang, software)}
}

var loadTexts = sync.OnceValues(phrase.Load)

// world is all that a test needs.
type world struct {
	method   *notify.Method
	messages *messages
	server   *smtptest.Server
	target   respond.Target
	now      time.Time
	facts    facts
}

func (w *world) clock() time.Time { return w.now }

// newWorld makes a world; set, if not nil, changes it and the configuration
// before the method is made.
func newWorld(t *testing.T, behaviour smtptest.Options, set func(*world, *notify.Config)) *world {
	t.Helper()
	texts, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{messages: &messages{rows: map[candor.ID]candor.Message{}}, server: smtptest.Start(t, behaviour), now: began}
	w.facts = facts{total: 9, deadline: began.Add(72 * time.Hour), paths: []string{
		"/srv/www/shop/public/wp-content/uploads/2025/11/cache.php", "/srv/www/shop/public/wp-includes/class-wp-http-old.php",
		"/srv/www/shop/public/index.php", "/srv/www/shop/public/wp-content/plugins/seo/seo.php", "/srv/www/shop/public/.well-known/a.php", "/x",
	}}
	w.target = respond.Target{
		Case: candor.Case{ID: "01980000-0000-7000-8000-00000000000c", Number: 12, Class: candor.ApplicationCompromise, Nature: candor.Malware,
			Confidence: 95, Opened: began.Add(-time.Hour), Title: "internal title"},
		Asset: candor.Asset{Kind: candor.Site, Name: "shop", Hosts: []string{"shop.example.org"}, Roots: []string{"/srv/www/shop/public"}, Software: "wordpress"},
		Party: candor.Party{Name: "Shop Ltd", Language: "en", TimeZone: "Europe/Berlin", Contacts: []candor.Contact{
			{Purpose: "abuse", Channel: candor.Mail, Address: "abuse@shop.example"}}},
	}
	sender, err := smtp.New(smtp.Options{Host: w.server.Host, Port: w.server.Port, Security: smtp.None, Timeout: 5 * time.Second,
		From: mail.Address{Name: "Example Hosting", Address: "desk@example.net"}, Bounces: "bounces@example.net", Separator: "+"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sender.Close() })
	config := notify.Config{
		Messages: w.messages, Advice: advice{}, Sender: sender, Phrases: texts, Domain: "example.net", Now: w.clock,
		Provider: notify.Provider{Name: "Example Hosting", Mail: "help@example.net", Phone: "+49 30 1234 567"},
		Link: func(_ context.Context, c candor.Case, to candor.Contact) (string, time.Time, error) {
			return "https://desk.example.net/c/" + c.Label() + "?a=1&k=" + url.QueryEscape(to.Address), w.now.Add(14 * 24 * time.Hour), nil
		},
	}
	if set != nil {
		set(w, &config)
	}
	config.Facts = w.facts
	w.method = made(t, config)
	t.Cleanup(func() {
		if n, keys := texts.Missing(); n > 0 {
			t.Errorf("texts are missing: %q", keys)
		}
	})
	return w
}

func made(t *testing.T, c notify.Config) *notify.Method {
	t.Helper()
	m, err := notify.New(c)
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	return m
}

// journal is a respond.Journal that keeps what was saved.
type journal struct {
	saved json.RawMessage
	fail  func(saves int) error
	saves int
}

func (j *journal) Save(_ context.Context, result json.RawMessage) error {
	j.saves++
	if j.fail != nil {
		if err := j.fail(j.saves); err != nil {
			return err
		}
	}
	j.saved = slices.Clone(result)
	return nil
}

// planned gives an approved response with the options.
func (w *world) planned(t *testing.T, o notify.Options) candor.Response {
	t.Helper()
	plan, r := w.plan(t, o)
	if len(plan.Effects) == 0 {
		t.Fatal("the plan has no effects")
	}
	return r
}

func (w *world) plan(t *testing.T, o notify.Options) (respond.Plan, candor.Response) {
	t.Helper()
	options, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := w.method.Plan(t.Context(), respond.Request{Case: w.target.Case.ID, Method: notify.Name, Options: options}, w.target)
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	data, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	return plan, candor.Response{ID: candor.NewID(w.now), Case: w.target.Case.ID, Party: w.target.Party.ID, Method: notify.Name,
		State: candor.ResponseApproved, Plan: data}
}

// apply applies once, and keeps the result as the runner does.
func (w *world) apply(t *testing.T, r *candor.Response) error {
	t.Helper()
	return keep(r, func(j *journal) (json.RawMessage, error) { return w.method.Apply(t.Context(), *r, j) })
}

func (w *world) revert(t *testing.T, r *candor.Response) error {
	t.Helper()
	return keep(r, func(j *journal) (json.RawMessage, error) { return w.method.Revert(t.Context(), *r, j) })
}

func keep(r *candor.Response, do func(*journal) (json.RawMessage, error)) error {
	j := &journal{saved: r.Result}
	result, err := do(j)
	r.Result = j.saved
	if result != nil {
		r.Result = result
	}
	return err
}

// states gives the states of all messages, the oldest first.
func (w *world) states() []candor.MessageState {
	var out []candor.MessageState
	for _, m := range w.messages.all() {
		out = append(out, m.State)
	}
	return out
}
