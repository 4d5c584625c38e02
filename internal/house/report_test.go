package house_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/freetext"
	"candor/internal/intake/kind"
	"candor/internal/intake/message"
	"candor/internal/intake/reading"
	"candor/internal/intake/wrap"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// lists reads mails whose subject is "list": each line of the text is a class and
// a resource that is complained about.
type lists struct{}

func (lists) Read(m *message.Message, each format.Each) (intake.Report, string, error) {
	r := intake.Report{Format: "list", Reporter: cmp.Or(m.Get("X-Reporter"), m.From[0].Address), Reference: m.Get("X-Reference"), Confidence: 100}
	if m.Subject != "list" {
		return r, "list", format.ErrOther
	}
	for line := range strings.Lines(m.Parts[0].Text) {
		var class, kind, value string
		if _, err := fmt.Sscan(line, &class, &kind, &value); err != nil {
			return r, "list", fmt.Errorf("the line %q: %w", line, err)
		}
		about, err := intake.NewResource(intake.Kind(kind), value)
		if err != nil {
			return r, "list", err
		}
		about.Role = intake.Source
		if err := each(intake.Event{Class: candor.Class(class), About: []intake.Resource{about}}); err != nil {
			return r, "list", err
		}
	}
	return r, "list", nil
}

func (lists) ReadFile(format.File, format.Each) (intake.Report, string, error) {
	return intake.Report{}, "", format.ErrOther
}

// holders tells whose a resource was by its host.
type holders map[string][]candor.Asset

func (h holders) Whose(_ context.Context, r intake.Resource, _, _ *intake.When, _ time.Time) (house.Attribution, error) {
	all, ours := h[r.Host()]
	a := house.Attribution{Ours: ours, Certain: len(all) == 1}
	for _, x := range all {
		a.Candidates = append(a.Candidates, candor.Candidate{Asset: x.ID, Party: x.Owner, How: "host"})
	}
	return a, nil
}

func listed(from, reference string, lines ...string) string {
	return "From: " + from + "\r\nSubject: list\r\nMessage-ID: <" + reference + "@reporter.example>\r\nX-Reference: " + reference + "\r\n\r\n" + strings.Join(lines, "\r\n")
}

func reports(t *testing.T, s *store.Store) (*world, candor.Asset) {
	w := newWorld(t, s)
	_, other := storetest.Sample(t, s, "other")
	w.Reports = house.Reports{Reader: &reading.Reader{Formats: lists{}, Text: freetext.New(), Opener: wrap.New(wrap.Options{Now: w.Clock}), Ours: kind.Ours{Domains: []string{"desk.example"}}},
		Whose: holders{"shop.example": {w.site}, "other.example": {other}, "both.example": {w.site, other}}}
	return w, other
}

// take keeps a message and has it read.
func (w *world) take(t *testing.T, text string) candor.Report {
	t.Helper()
	id, err := w.TakeReport(t.Context(), ada, "", "", strings.NewReader(text))
	if err == nil {
		err = w.ReadReport(t.Context(), id)
	}
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	r, err := w.Store.Report(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) complaints(t *testing.T, r candor.Report) []candor.Complaint {
	t.Helper()
	v, err := w.ReportView(t.Context(), ada, r.ID, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	return v.Complaints.Items
}

func TestReports(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, other := reports(t, s)
		r := w.take(t, listed("cert@a.example", "1", "fraud/phishing url http://shop.example/login", "fraud/phishing url http://shop.example/bank",
			"abusive-content/spam domain other.example", "abusive-content/spam domain elsewhere.example"))
		if r.State != candor.ReportFiled || r.Complaints != 4 || r.Format != "list" || r.Reporter != "cert@a.example" || !r.Answerable {
			t.Fatalf("%+v", r)
		}
		all := w.complaints(t, r)
		if all[0].Case == "" || all[0].Case != all[1].Case || all[0].Finding == all[1].Finding || all[0].Party != w.party.ID {
			t.Errorf("one incident is not one case: %+v", all)
		}
		if all[2].Case == all[0].Case || all[2].Asset != other.ID || all[3].State != candor.ComplaintForeign || all[3].Case != "" {
			t.Errorf("another party's: %+v", all[2:])
		}
		c, err := s.Case(t.Context(), candor.Everything, all[0].Case)
		if err != nil || c.Class != candor.Phishing || c.Party != w.party.ID || c.Findings != 2 {
			t.Errorf("%+v, %v", c, err)
		}

		t.Run("another reporter", func(t *testing.T) {
			more := w.take(t, listed("b@b.example", "77", "fraud/phishing url http://shop.example/login"))
			if got := w.complaints(t, more); got[0].Case != all[0].Case || got[0].Finding != all[0].Finding {
				t.Errorf("the same incident is another case: %+v", got)
			}
		})
		t.Run("duplicates", func(t *testing.T) {
			twin := w.take(t, listed("cert@a.example", "1", "fraud/phishing url http://shop.example/login"))
			if twin.State != candor.ReportDuplicate || twin.Same != r.ID {
				t.Errorf("%+v", twin)
			}
		})
		t.Run("ambiguous", func(t *testing.T) { w.ambiguous(t, other) })
		t.Run("mended before", func(t *testing.T) { w.mendedBefore(t, all[0]) })
		t.Run("erased", func(t *testing.T) {
			if err := w.ErasePerson(t.Context(), ada, w.party.ID); err != nil {
				t.Fatal(err)
			}
			for _, c := range w.complaints(t, r) {
				if gone := strings.Contains(c.Value, "shop"); gone {
					t.Errorf("%+v", c)
				}
			}
			kept, body, err := w.ReportMessage(t.Context(), ada, r.ID)
			if err != nil || kept.Subject != "list" {
				t.Fatalf("a message about others too is gone: %v", err)
			}
			body.Close()
		})
	})
}

// ambiguous has a person say whose a complaint is that two may be meant by.
func (w *world) ambiguous(t *testing.T, other candor.Asset) {
	ctx := t.Context()
	r := w.take(t, listed("cert@a.example", "2", "fraud/phishing url http://both.example/x", "fraud/phishing url http://both.example/y"))
	all := w.complaints(t, r)
	if r.State != candor.ReportPerson || all[0].Case != "" || len(all[0].Candidates) != 2 {
		t.Fatalf("%+v, %+v", r, all)
	}
	decide := func(who candor.Principal, version int64, d ...house.ComplaintDecision) error {
		return w.DecideReport(ctx, who, r.ID, version, d)
	}
	to := house.ComplaintDecision{Complaint: all[0].ID, State: candor.ComplaintFiled, Asset: other.ID}
	for what, err := range map[error]error{
		candor.ErrDenied:  decide(eve, r.Version, to),
		candor.ErrChanged: decide(ada, r.Version+1, to),
		candor.ErrInvalid: decide(ada, r.Version, house.ComplaintDecision{Complaint: all[0].ID, State: candor.ComplaintWaiting}),
	} {
		if !errors.Is(err, what) {
			t.Errorf("%v instead of %v", err, what)
		}
	}
	if err := decide(ada, r.Version, to); err != nil {
		t.Fatal(err)
	}
	r, _ = w.Store.Report(ctx, r.ID)
	if all = w.complaints(t, r); r.State != candor.ReportPerson || all[0].Asset != other.ID || all[0].Case == "" || all[1].State != candor.ComplaintPerson {
		t.Fatalf("%+v, %+v", r, all)
	}
	err := decide(ada, r.Version, house.ComplaintDecision{Complaint: all[1].ID, State: candor.ComplaintDismissed},
		house.ComplaintDecision{State: candor.ComplaintFiled, Asset: w.site.ID, Class: candor.Spam, Kind: intake.Mail, Value: "a@shop.example"})
	if err != nil {
		t.Fatal(err)
	}
	r, _ = w.Store.Report(ctx, r.ID)
	if all = w.complaints(t, r); r.State != candor.ReportFiled || r.By != ada.Actor() || len(all) != 3 || all[2].Asset != w.site.ID || all[2].Case == "" {
		t.Errorf("%+v, %+v", r, all)
	}
}

// mendedBefore has something reported late that was mended since.
func (w *world) mendedBefore(t *testing.T, c candor.Complaint) {
	ctx := t.Context()
	if err := w.Desk.Gone(ctx, []candor.ID{c.Finding}, "test"); err != nil {
		t.Fatal(err)
	}
	told := func(at time.Time) string {
		return "From: c@c.example\r\nSubject: phishing page\r\nMessage-ID: <" + at.Format("150405") + "@c.example>\r\n\r\nPhishing page: " + c.Value + "\r\nDate: " + at.Format(time.RFC1123Z) + "\r\n"
	}
	stands := func(want candor.FindingState) {
		t.Helper()
		f, err := w.Store.Finding(ctx, candor.Everything, c.Finding)
		if err != nil || f.State != want {
			t.Errorf("the finding is %s, %v; want %s", f.State, err, want)
		}
	}
	text := freetext.New()
	text.Sure = 1 // what the sentences say is plain
	reader := *w.Reports.Reader
	reader.Text = text
	was := w.Reports.Reader
	w.Reports.Reader = &reader
	defer func() { w.Reports.Reader = was }()
	w.take(t, told(w.now.Add(-time.Hour)))
	stands(candor.FindingGone)
	w.now = w.now.Add(time.Hour)
	w.take(t, told(w.now.Add(-time.Minute)))
	stands(candor.FindingOpen)
}

// TestThreshold has a class be a finding once two reporters say the same.
func TestThreshold(t *testing.T) {
	w, _ := reports(t, storetest.SQLite(t))
	w.Reports.Thresholds = map[candor.Class]house.Threshold{candor.Spam: {Reporters: 2, Within: 24 * time.Hour}}
	ripen := func() {
		t.Helper()
		if err := w.Ripen(t.Context(), w.site.ID, candor.Spam); err != nil {
			t.Fatal(err)
		}
	}
	first := w.take(t, listed("a@a.example", "1", "abusive-content/spam domain shop.example"))
	ripen()
	w.take(t, listed("a@a.example", "2", "abusive-content/spam domain shop.example"))
	ripen()
	if got := w.complaints(t, first); got[0].State != candor.ComplaintWaiting || got[0].Case != "" {
		t.Fatalf("one reporter is enough: %+v", got)
	}
	w.take(t, listed("b@b.example", "1", "abusive-content/spam domain shop.example"))
	ripen()
	if got := w.complaints(t, first); got[0].State != candor.ComplaintFiled || got[0].Case == "" {
		t.Errorf("two reporters are not: %+v", got)
	}
}

// TestKeeperTogether has many messages come at once, some of them twice, some too
// large.
func TestKeeperTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, _ := reports(t, s)
		k := w.NewReportKeeper(10_000)
		var all sync.WaitGroup
		for n := range 100 {
			all.Go(func() {
				for range 2 {
					a := intake.Arrival{Way: intake.IMAP, Source: "box", Key: fmt.Sprint(n), Body: strings.NewReader(listed("a@a.example", fmt.Sprint(n)))}
					if err := k.Keep(t.Context(), a); err != nil {
						t.Error(err)
					}
				}
				err := k.Keep(t.Context(), intake.Arrival{Way: intake.SMTP, Body: io.LimitReader(zeros{}, 10_001)})
				if !errors.Is(err, candor.ErrInvalid) {
					t.Errorf("too large: %v", err)
				}
			})
		}
		all.Wait()
		page, err := w.ReportList(t.Context(), ada, candor.ReportFilter{}, candor.Cut{})
		if err != nil || page.Count != 100 {
			t.Errorf("%d messages are kept, %v", page.Count, err)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestReportsForStaff(t *testing.T) {
	w, _ := reports(t, storetest.SQLite(t))
	r := w.take(t, listed("a@a.example", "1", "fraud/phishing url http://shop.example/login"))
	customer := candor.Principal{User: "u", Role: candor.RoleCustomer, Party: w.party.ID}
	_, listErr := w.ReportList(t.Context(), customer, candor.ReportFilter{}, candor.Cut{})
	_, viewErr := w.ReportView(t.Context(), customer, r.ID, candor.Cut{})
	_, _, messageErr := w.ReportMessage(t.Context(), customer, r.ID)
	_, takeErr := w.TakeReport(t.Context(), eve, "", "", strings.NewReader("x"))
	for _, err := range []error{listErr, viewErr, messageErr, takeErr, w.DismissReport(t.Context(), eve, r.ID, r.Version)} {
		if !errors.Is(err, candor.ErrDenied) {
			t.Errorf("%v", err)
		}
	}
	if access.Allowed(eve, access.ReadCases) { // auditors read what came in
		if _, err := w.ReportView(t.Context(), eve, r.ID, candor.Cut{}); err != nil {
			t.Error(err)
		}
	}
	if err := w.ForgetReports(t.Context(), w.now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.ReportMessage(t.Context(), ada, r.ID); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("a message that is too old: %v", err)
	}
}

// TestOutcome tells reporters what became of reports, and writes to few of them
// more than once.
func TestOutcome(t *testing.T) {
	w, _ := reports(t, storetest.SQLite(t))
	w.Reports.Acknowledge = true
	r := w.take(t, listed("a@a.example", "1", "fraud/phishing url http://shop.example/login", "abusive-content/spam domain elsewhere.example", "fraud/phishing url http://both.example/x"))
	outcome := func() house.ReportOutcome {
		t.Helper()
		o, err := w.ReportOutcome(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if o := outcome(); o.Told != 1 || o.Mended != 0 || o.Foreign != 1 || o.Open != 1 || o.Read || o.Reference != "1" {
		t.Errorf("%+v", o)
	}
	if err := w.Desk.Gone(t.Context(), []candor.ID{w.complaints(t, r)[0].Finding}, "test"); err != nil {
		t.Fatal(err)
	}
	if o := outcome(); o.Told != 1 || o.Mended != 1 {
		t.Errorf("once it is mended: %+v", o)
	}
	jobs := func(text string) (n int64) {
		t.Helper()
		count := func() (n int64) {
			all, err := w.Store.QueueState(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range all {
				n += c
			}
			return n
		}
		before := count()
		w.take(t, text)
		return count() - before
	}
	known := "fraud/phishing url http://shop.example/login"
	w.take(t, listed("c@c.example", "1", known)) // it is back, and the desk has to do with it
	alone := jobs("Auto-Submitted: auto-generated\r\n" + listed("b@b.example", "1", known))
	written := 0
	for n := range 30 {
		if jobs(listed("a@a.example", fmt.Sprint("more", n), known)) > alone {
			written++
		}
	}
	if written != 19 { // and the first of all
		t.Errorf("%d more mails for 30 more reports of one reporter in a day", written)
	}
}

// answers are what URLs are answered with.
type answers map[string]any

func (a answers) Visit(_ context.Context, url string) (int, error) {
	switch x := a[url].(type) {
	case int:
		return x, nil
	case error:
		return 0, x
	}
	return 200, nil
}

// TestRecheckReports has a customer say that all is mended, of which some is.
func TestRecheckReports(t *testing.T) {
	w, _ := reports(t, storetest.SQLite(t))
	w.Reports.Visitor = answers{"http://shop.example/gone": 410, "http://shop.example/away": 404, "http://shop.example/lost": house.ErrNoHost, "http://shop.example/slow": errors.New("timeout"), "http://shop.example/login": 302}
	r := w.take(t, listed("a@a.example", "1", "fraud/phishing url http://shop.example/gone", "fraud/phishing url http://shop.example/away", "fraud/phishing url http://shop.example/lost",
		"fraud/phishing url http://shop.example/slow", "fraud/phishing url http://shop.example/login", "fraud/phishing url http://shop.example/there", "fraud/phishing mail bob@shop.example"))
	id := w.complaints(t, r)[0].Case
	states := func() (open, gone []string) {
		t.Helper()
		all, err := w.Store.FindingsOfCase(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			if f.State == candor.FindingOpen {
				open = append(open, f.Path)
			} else {
				gone = append(gone, f.Path)
			}
		}
		return open, gone
	}
	if err := w.RecheckReports(t.Context(), id, ada.Actor()); err != nil {
		t.Fatal(err)
	}
	if open, gone := states(); len(open) != 4 || len(gone) != 3 {
		t.Errorf("when a person asks: %v are open, %v gone", open, gone)
	}
	if err := w.RecheckReports(t.Context(), id, "customer:x"); err != nil {
		t.Fatal(err)
	}
	if open, _ := states(); len(open) != 3 || strings.Contains(strings.Join(open, " "), "bob@") {
		t.Errorf("when its holder says so: %v are open", open)
	}
}

// TestReplies has the party of a case, and somebody else, answer a mail of it.
func TestReplies(t *testing.T) {
	w, _ := reports(t, storetest.SQLite(t))
	ctx := t.Context()
	w.party.Contacts = []candor.Contact{{Channel: candor.Mail, Address: "owner@acme.example"}}
	if _, err := w.SaveParty(ctx, ada, w.party); err != nil {
		t.Fatal(err)
	}
	const id = "01980000000070008000000000000001@desk.example"
	err := w.Store.Tx(ctx, func(tx *store.Tx) error {
		return tx.AddMessage(ctx, candor.Message{ID: candor.NewID(w.now), Case: w.kase, Party: w.party.ID, To: "owner@acme.example", MessageID: id, State: candor.MessageSent, Created: w.now})
	})
	if err != nil {
		t.Fatal(err)
	}
	answer := func(from, to string) candor.Report {
		t.Helper()
		r := w.take(t, "From: "+from+"\r\nSubject: Re: your site\r\nMessage-ID: <"+from+">\r\nIn-Reply-To: <"+to+">\r\n\r\nWhich file is it?\r\n")
		for range 2 { // a job may be done twice
			if err := w.HearReply(ctx, r.ID); err != nil {
				t.Fatal(err)
			}
		}
		return r
	}
	if r := answer("Owner@Acme.example", id); r.State != candor.ReportReply || r.Case != w.kase {
		t.Errorf("%+v", r)
	}
	if r := answer("somebody@else.example", id); r.State != candor.ReportPerson || r.Case != w.kase {
		t.Errorf("%+v", r)
	}
	if r := answer("owner@acme.example.org", "01980000000070008000000000000002@desk.example"); r.State != candor.ReportPerson || r.Case != "" {
		t.Errorf("%+v", r)
	}
	events, err := w.Store.Events(ctx, w.kase)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, e := range events {
		if e.Kind == candor.EventQuestion {
			asked++
			if e.Text != "Which file is it?" || !e.Public || e.Actor != "customer:"+string(w.party.ID) {
				t.Errorf("%+v", e)
			}
		}
	}
	if asked != 1 {
		t.Errorf("%d questions, want 1", asked)
	}
}

// TestRecheckMany asks for few of many URLs at a time, and for all in the end.
func TestRecheckMany(t *testing.T) {
	w, _ := reports(t, storetest.SQLite(t))
	v := answers{}
	var all []string
	for n := range 60 {
		url := fmt.Sprintf("http://shop.example/%d", n)
		v[url] = 404
		all = append(all, "fraud/phishing url "+url)
	}
	w.Reports.Visitor = v
	id := w.complaints(t, w.take(t, listed("a@a.example", "1", all...)))[0].Case
	for _, want := range []int{10, 0} {
		if err := w.RecheckReports(t.Context(), id, ada.Actor()); err != nil {
			t.Fatal(err)
		}
		found, err := w.Store.FindingsOfCase(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		open := 0
		for _, f := range found {
			if f.State == candor.FindingOpen {
				open++
			}
		}
		if open != want {
			t.Errorf("%d are open, want %d", open, want)
		}
	}
}

// TestForgedReporter has a content name another reporter than sent it: who it
// names is not written to.
func TestForgedReporter(t *testing.T) {
	w, _ := reports(t, storetest.SQLite(t))
	w.Reports.Acknowledge = true
	const known = "fraud/phishing url http://shop.example/login"
	text := listed("a@a.example", "1", known)
	asked := func(text string) (n int64) {
		t.Helper()
		w.take(t, text)
		all, err := w.Store.QueueState(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			n += c
		}
		return n
	}
	first := asked(text)
	own := asked(listed("b@b.example", "2", known)) - first
	if got := asked("X-Reporter: victim@d.example\r\n"+listed("c@c.example", "3", known)) - own - first; got >= own {
		t.Errorf("%d jobs for a forged report, %d for an honest one", got, own)
	}
}

// owners tells whose a resource was by all of it.
type owners map[string]candor.Asset

func (o owners) Whose(_ context.Context, r intake.Resource, _, _ *intake.When, _ time.Time) (house.Attribution, error) {
	a, ok := o[r.Value]
	return house.Attribution{Ours: true, Certain: ok, Candidates: []candor.Candidate{{Asset: a.ID, Party: a.Owner, How: "account"}}}, nil
}

// TestNeighbours has one report complain about mail addresses of one domain that two
// customers have: each goes to its own.
func TestNeighbours(t *testing.T) {
	w, other := reports(t, storetest.SQLite(t))
	w.Reports.Whose = owners{"a@mail.example": w.site, "b@mail.example": other}
	r := w.take(t, listed("cert@a.example", "1", "abusive-content/spam mail a@mail.example", "abusive-content/spam mail b@mail.example"))
	if all := w.complaints(t, r); all[0].Party != w.party.ID || all[1].Party != other.Owner || all[0].Case == all[1].Case {
		t.Errorf("%+v", all)
	}
}
