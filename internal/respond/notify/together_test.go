package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/respond"
	"candor/internal/respond/notify"
	"candor/internal/respond/notify/smtptest"
	"candor/internal/respond/respondtest"
)

// stored are messages beside a store of responses.
type stored struct {
	*messages
	store *respondtest.Store
}

func (s stored) Response(_ context.Context, _ candor.Scope, id candor.ID) (candor.Response, error) {
	r := s.store.Response(id)
	if r.ID == "" {
		return r, candor.ErrNotFound
	}
	return r, nil
}

// crowd is a party with many cases, and a runner that tells it of them.
type crowd struct {
	*world
	*respond.Runner
	store  *respondtest.Store
	cases  []candor.Case
	coming bool
}

var policy = candor.Principal{Name: "policy:standing"}

func newCrowd(t *testing.T, lang string, cases int) *crowd {
	t.Helper()
	c := &crowd{store: respondtest.NewStore()}
	c.world = newWorld(t, smtptest.Options{}, func(w *world, config *notify.Config) {
		config.Messages = stored{w.messages, c.store}
		config.Gather = 10 * time.Minute
		config.Coming = func(context.Context, candor.ID) (bool, error) { return c.coming, nil }
	})
	c.target.Party.ID, c.target.Party.Language = candor.NewID(c.now), lang
	c.store.Put(c.target.Party, candor.Agreement{ID: candor.NewID(c.now), Party: c.target.Party.ID, Terms: "AUP", Version: "1", Allows: []string{notify.Name}, Accepted: began.Add(-time.Hour)})
	c.Runner = respond.New(respond.Config{Store: c.store, Methods: []respond.Method{c.method}, Now: c.clock, Attempts: 5})
	for n := range cases {
		c.add(candor.Phishing, candor.High, n)
	}
	return c
}

func (c *crowd) add(class candor.Class, severity candor.Severity, n int) candor.Case {
	asset := candor.Asset{ID: candor.NewID(c.now), Kind: candor.Site, Owner: c.target.Party.ID, Name: fmt.Sprint("shop ", n), Hosts: []string{fmt.Sprintf("shop%d.example.org", n)}}
	k := candor.Case{ID: candor.NewID(c.now), Number: int64(100 + n), Asset: asset.ID, Party: c.target.Party.ID, Class: class, Severity: severity, Confidence: 95, Opened: c.now}
	c.store.Put(asset, k)
	c.cases = append(c.cases, k)
	return k
}

// approved gives responses to cases, all approved at once.
func (c *crowd) approved(t *testing.T, cases ...candor.Case) (ids []candor.ID) {
	t.Helper()
	for _, k := range cases {
		c.now = c.now.Add(time.Millisecond)
		r, err := c.Propose(t.Context(), policy, respond.Request{Case: k.ID, Method: notify.Name})
		if err != nil {
			t.Fatal(err, candor.Hint(err))
		}
		ids = append(ids, r.ID)
	}
	if err := c.ApproveAll(t.Context(), policy, ids); err != nil {
		t.Fatal(err)
	}
	return ids
}

// work does the jobs that are due, until none is; the clock goes on to those that are later
// if it may.
func (c *crowd) work(t *testing.T, until time.Time) {
	t.Helper()
	var waiting []respondtest.Enqueued
	for range 1000 {
		waiting = append(waiting, c.store.TakeJobs()...)
		at := slices.IndexFunc(waiting, func(j respondtest.Enqueued) bool { return !j.Options.At.After(c.now) })
		if at < 0 {
			next := slices.MinFunc(append(waiting, respondtest.Enqueued{Options: candor.JobOptions{At: until.Add(time.Hour)}}), func(a, b respondtest.Enqueued) int { return a.Options.At.Compare(b.Options.At) }).Options.At
			if next.After(until) {
				c.store.Put() // nothing is left that is due
				for _, j := range waiting {
					c.again(t, j)
				}
				return
			}
			c.now = next
			continue
		}
		job := waiting[at]
		waiting = slices.Delete(waiting, at, at+1)
		c.do(t, job)
	}
	t.Fatal("there is no end of jobs")
}

func (c *crowd) again(t *testing.T, j respondtest.Enqueued) {
	t.Helper()
	if err := c.store.Tx(t.Context(), func(tx respond.Tx) error { return tx.Enqueue(t.Context(), j.Job, j.Options) }); err != nil {
		t.Fatal(err)
	}
}

func (c *crowd) do(t *testing.T, j respondtest.Enqueued) {
	t.Helper()
	var err error
	switch job := j.Job.(type) {
	case respond.ApplyJob:
		err = c.Apply(t.Context(), job.Response)
	case respond.VerifyJob:
		err = c.Verify(t.Context(), job.Response)
	default:
		t.Fatalf("a job %T", job)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// verified tells whether all are.
func (c *crowd) verified(t *testing.T, ids []candor.ID) {
	t.Helper()
	for _, id := range ids {
		if r := c.store.Response(id); r.State != candor.ResponseVerified {
			t.Errorf("response %s is %s: %s", id, r.State, r.Error)
		}
	}
}

var linked = regexp.MustCompile(`https://desk\.example\.net/c/C-[0-9]+`)

// TestTogether tells a party of all its cases by one mail, in six languages, each with
// its link and deadline; the timeline and the evidence of each name it.
func TestTogether(t *testing.T) {
	for _, lang := range languages {
		c := newCrowd(t, lang, 4)
		c.add(candor.Spam, candor.Low, 4)
		ids := c.approved(t, c.cases...)
		c.work(t, c.now.Add(time.Minute))
		c.verified(t, ids)
		mails := c.server.Mails()
		if len(mails) != 1 {
			t.Fatalf("%s: %d mails", lang, len(mails))
		}
		m := c.messages.all()[0]
		golden(t, "together-"+lang+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
		golden(t, "together-"+lang+".html", m.HTML)
		if links := linked.FindAllString(m.Text, -1); len(slices.Compact(links)) != len(ids) || strings.Contains(m.Text+m.HTML, "link.invalid") || strings.Contains(m.Text, "⟦") {
			t.Errorf("%s: links %v", lang, links)
		}
		named, proven := map[candor.ID]bool{}, map[candor.ID]bool{}
		for _, e := range c.store.Events() {
			var d respond.EventDetails
			if err := json.Unmarshal(e.Details, &d); err != nil {
				t.Fatal(err)
			}
			if d.To == candor.ResponseApplied && slices.Equal(d.Messages, []candor.ID{m.ID}) {
				named[e.Case] = true
			}
		}
		for _, r := range c.store.Records() {
			if strings.Contains(string(r.Body), `"to":"applied"`) && strings.Contains(string(r.Body), string(m.ID)) {
				proven[r.Case] = true
			}
		}
		if len(named) != len(ids) || len(proven) != len(ids) {
			t.Errorf("%s: the mail is named in the timelines of %d cases and the evidence of %d", lang, len(named), len(proven))
		}
	}
}

// TestTogetherLater gathers what comes soon after a mail, but nothing critical.
func TestTogetherLater(t *testing.T) {
	c := newCrowd(t, "en", 6)
	first := c.approved(t, c.cases[0])
	c.work(t, began.Add(time.Minute))
	c.verified(t, first)
	c.now = began.Add(2 * time.Minute)
	second := c.approved(t, c.cases[1])
	c.now = began.Add(4 * time.Minute)
	second = append(second, c.approved(t, c.cases[2:4]...)...)
	c.work(t, began.Add(9*time.Minute))
	if n := len(c.server.Mails()); n != 1 {
		t.Fatalf("%d mails within ten minutes", n)
	}
	if r := c.store.Response(second[0]); r.State != candor.ResponseApproved || r.Error != "" || len(r.Result) > 0 {
		t.Errorf("what waits is %s, %q, %s", r.State, r.Error, r.Result)
	}
	c.work(t, began.Add(12*time.Minute))
	c.verified(t, second)
	if n := len(c.server.Mails()); n != 2 {
		t.Errorf("%d mails", n)
	}
	waits := c.approved(t, c.cases[4])
	c.work(t, c.now)
	urgent := c.approved(t, c.add(candor.Phishing, candor.Critical, 9))
	c.work(t, c.now.Add(30*time.Second))
	c.verified(t, append(urgent, waits...))
	if n := len(c.server.Mails()); n != 3 {
		t.Errorf("%d mails with a critical one", n)
	}
	c.coming = true // a report is being read that complains of more
	late := c.approved(t, c.add(candor.Phishing, candor.Critical, 10))
	c.work(t, c.now.Add(20*time.Second))
	if n := len(c.server.Mails()); n != 3 {
		t.Errorf("%d mails while more is coming", n)
	}
	c.work(t, c.now.Add(3*time.Minute)) // it is not waited for for ever
	c.verified(t, late)
}

// TestTogetherAttempts: what waits is no attempt that may fail, nor looks all the time
// how a mail is that a server puts off for hours.
func TestTogetherAttempts(t *testing.T) {
	c := newCrowd(t, "en", 2)
	c.Runner = respond.New(respond.Config{Store: c.store, Methods: []respond.Method{c.method}, Now: c.clock})
	c.coming = true
	ids := c.approved(t, c.cases...)
	c.work(t, began.Add(time.Minute))
	for _, id := range ids {
		if r := c.store.Response(id); r.State != candor.ResponseApproved || r.Attempts != 1 {
			t.Errorf("what waits is %s after %d attempts", r.State, r.Attempts)
		}
	}
	c.coming = false
	sender := c.method.Sender
	c.method.Sender = putsOff{}
	c.work(t, began.Add(2*time.Hour))
	looked := 0
	c.store.Fail = func(call string) error {
		if call == "Commit" {
			looked++
		}
		return nil
	}
	c.work(t, began.Add(3*time.Hour))
	c.store.Fail = nil
	if looked == 0 || looked > 40 {
		t.Errorf("%d writes in an hour of waiting", looked)
	}
	c.method.Sender = sender
	c.work(t, began.Add(24*time.Hour))
	c.verified(t, ids)
}

// putsOff takes no mails for now.
type putsOff struct{}

func (putsOff) Send(context.Context, candor.Message) error { return busy }

// TestTogetherKilled is killed at any write: nothing is lost, and at most one mail
// is sent twice.
func TestTogetherKilled(t *testing.T) {
	for point := 1; point <= 40; point++ {
		c := newCrowd(t, "en", 3)
		ids := c.approved(t, c.cases...)
		writes, over := 0, false
		killed := func() {
			if writes++; writes == point {
				over = true
				panic("killed")
			}
		}
		c.store.Fail = func(call string) error {
			if call == "Commit" {
				killed()
			}
			return nil
		}
		c.messages.fail = func(candor.Message) error { killed(); return nil }
		jobs := c.store.TakeJobs()
		for _, j := range jobs {
			if dies(func() { c.do(t, j) }) {
				break
			}
		}
		c.store.Fail, c.messages.fail = nil, nil
		c.method = made(t, c.method.Config)
		c.Runner = respond.New(respond.Config{Store: c.store, Methods: []respond.Method{c.method}, Now: c.clock, Attempts: 5})
		for _, j := range jobs {
			c.again(t, j)
		}
		c.work(t, began.Add(time.Hour))
		c.verified(t, ids)
		if n := len(c.server.Mails()); n < 1 || n > 2 {
			t.Errorf("point %d: %d mails", point, n)
		}
		if n := len(c.messages.all()); n != 1 {
			t.Errorf("point %d: %d messages", point, n)
		}
		if !over {
			if point < 10 {
				t.Errorf("there are only %d points", point)
			}
			return
		}
	}
	t.Error("it was killed at each point")
}

// TestTogetherFails fails all that the mail told of; approved again, each is sent by
// itself. What lost its basis meanwhile is not told of.
func TestTogetherFails(t *testing.T) {
	c := newCrowd(t, "en", 3)
	ids := c.approved(t, c.cases...)
	sender := c.method.Sender
	c.method.Sender = refusing{}
	c.work(t, began.Add(time.Minute))
	for _, id := range ids {
		if r := c.store.Response(id); r.State != candor.ResponseFailed {
			t.Errorf("response %s is %s", id, r.State)
		}
	}
	c.method.Sender = sender
	if _, err := c.Approve(t.Context(), policy, ids[1]); err != nil {
		t.Fatal(err)
	}
	c.work(t, began.Add(5*time.Minute))
	c.verified(t, ids[1:2])
	if n := len(c.server.Mails()); n != 1 {
		t.Errorf("%d mails", n)
	}
}

// TestTogetherAlone: where the one that leads comes to nothing before its mail is
// written, each other is told of by itself, and by it no more.
func TestTogetherAlone(t *testing.T) {
	c := newCrowd(t, "en", 3)
	ids := c.approved(t, c.cases...)
	link := c.method.Link
	c.method.Link = func(ctx context.Context, k candor.Case, to candor.Contact) (string, time.Time, error) {
		if k.ID == c.cases[0].ID {
			return "", time.Time{}, errors.New("no link")
		}
		return link(ctx, k, to)
	}
	c.work(t, began.Add(5*time.Minute))
	if r := c.store.Response(ids[0]); r.State != candor.ResponseFailed {
		t.Errorf("what has no link is %s", r.State)
	}
	c.verified(t, ids[1:])
	if n := len(c.server.Mails()); n != 2 {
		t.Errorf("%d mails", n)
	}
	c.method.Link = link
	if _, err := c.Approve(t.Context(), policy, ids[0]); err != nil {
		t.Fatal(err)
	}
	c.work(t, began.Add(time.Hour))
	c.verified(t, ids)
	all := c.messages.all()
	if last := all[len(all)-1]; len(all) != 3 || len(slices.Compact(linked.FindAllString(last.Text, -1))) != 1 || strings.Contains(last.Text, "link.invalid") {
		t.Errorf("%d mails, the last:\n%s", len(all), all[len(all)-1].Text)
	}
}

// refusing refuses all mails for good.
type refusing struct{}

func (refusing) Send(context.Context, candor.Message) error {
	return errors.Join(errors.New("550 no such user"), candor.ErrDenied)
}
