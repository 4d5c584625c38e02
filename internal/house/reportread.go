package house

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/intake"
	"candor/internal/intake/kind"
	"candor/internal/intake/reading"
	"candor/internal/store"
)

// Reports is what reading reports asks for.
type Reports struct {
	Reader *reading.Reader
	// Whose tells whose a resource was; nil never knows.
	Whose Whose
	// Thresholds say how many reporters must say the same before it is a finding.
	Thresholds map[candor.Class]Threshold
	// Acknowledge has reporters written to.
	Acknowledge bool
	// Visitor looks whether what was reported is still there; nil never knows.
	Visitor Visitor
	// Senders tells who vouches for the senders of mails; nil does not look.
	Senders Senders
}

// Whose tells whose a resource was at a time.
type Whose interface {
	Whose(ctx context.Context, r intake.Resource, first, last *intake.When, received time.Time) (Attribution, error)
}

// Attribution says whose something is.
type Attribution struct {
	// Ours tells that it belongs to the provider or to somebody here.
	Ours bool
	// Certain tells that it is the first of the Candidates, and nobody else's.
	Certain    bool
	Candidates []candor.Candidate
	Why        string // in words
	// Again is when to ask again, if that helps: records may still come.
	Again time.Time
}

// Threshold is how many reporters must complain of a class at one asset within a
// time.
type Threshold struct {
	Reporters int64
	Within    time.Duration
}

// ReadReport reads a report that was taken in, and brings what it complains about
// where it belongs. One that was read before is left as it is. It may be begun
// again at any point.
func (h *House) ReadReport(ctx context.Context, id candor.ID) error {
	r, err := h.Store.Report(ctx, id)
	if errors.Is(err, candor.ErrNotFound) {
		return nil // it came twice
	}
	if err != nil || r.State != candor.ReportNew {
		return err
	}
	var hand string
	if by := filer(r); by != "" { // it is no duplicate of anybody else's
		hand = filedBy(by)
	}
	if twin, err := h.Store.ReportOfContent(ctx, r.SHA256, r.ID, hand); err == nil {
		return h.cameBefore(ctx, r, twin)
	} else if !errors.Is(err, candor.ErrNotFound) {
		return err
	}
	body, err := h.message(r)
	if errors.Is(err, candor.ErrNotFound) {
		return h.missing(ctx, id, err)
	}
	if err != nil {
		return err
	}
	defer body.Close()
	vouch, err := h.vouch(ctx, r)
	if err != nil {
		return err
	}
	reader, err := h.readerFor(ctx, vouch)
	if err != nil {
		return err
	}
	s := &sorting{house: h, report: r, vouch: vouch, ripening: map[subject]bool{}, known: map[asked]Attribution{}}
	got, err := reader.Read(reading.Source{Name: r.Name, Type: r.Type, Body: body}, func(e intake.Event, sure bool) error { return s.take(ctx, e, sure) })
	if err == nil {
		err = s.flush(ctx)
	}
	if err == nil {
		err = h.endReading(ctx, s, got)
	}
	if err != nil {
		return fmt.Errorf("read report %s: %w", id, err)
	}
	return nil
}

// cameBefore ends a report that is, byte by byte, one that came before: a mailbox that
// is fetched anew opens nothing that was mended since.
func (h *House) cameBefore(ctx context.Context, r, twin candor.Report) error {
	return h.tx(ctx, func(tx *store.Tx) error {
		r.State, r.Same, r.Format, r.Reporter, r.Subject, r.Updated = candor.ReportDuplicate, twin.ID, twin.Format, cmp.Or(filer(r), twin.Reporter), twin.Subject, h.Clock().UTC()
		if err := tx.ChangeReport(ctx, &r, ""); err != nil {
			return err
		}
		return h.recordReport(ctx, tx, r)
	})
}

// missing tells a message that was erased meanwhile from one that the vault does
// not give, which it may later.
func (h *House) missing(ctx context.Context, id candor.ID, err error) error {
	r, again := h.Store.Report(ctx, id)
	if again != nil {
		return again
	}
	if r.SHA256 == "" {
		return nil
	}
	return fmt.Errorf("the vault has not the message of report %s: %w: %w", id, candor.ErrUnavailable, err)
}

// Unread is how long after it came a report may wait to be read, before it is asked
// for once more, and before a person has to look.
const (
	unreadAgain  = 15 * time.Minute
	unreadPerson = 24 * time.Hour
)

// ReadAgain asks once more for reports that were not read: whatever happened to
// their jobs. What could not be read for a day is for a person.
func (h *House) ReadAgain(ctx context.Context) error {
	now := h.Clock()
	all, err := h.Store.UnreadReports(ctx, now.Add(-unreadAgain), 500)
	if err != nil {
		return err
	}
	for _, r := range all {
		err := h.tx(ctx, func(tx *store.Tx) error {
			if now.Sub(r.Received) < unreadPerson {
				return tx.Enqueue(ctx, ReadReportsJob{[]candor.ID{r.ID}}, candor.JobOptions{Queue: QueueReports, Once: true})
			}
			r.State, r.Why, r.Updated = candor.ReportPerson, "it could not be read for a day; the log says why", now.UTC()
			if err := tx.ChangeReport(ctx, &r, ""); err != nil {
				return err
			}
			return h.recordReport(ctx, tx, r)
		})
		if err != nil && !errors.Is(err, candor.ErrChanged) {
			return err
		}
	}
	return nil
}

func (h *House) recordReport(ctx context.Context, tx *store.Tx, r candor.Report) error {
	return h.recordJSON(ctx, tx, "", candor.RecordReport, r.ID, candor.Principal{}, map[string]any{"state": r.State, "sha256": r.SHA256, "format": r.Format, "complaints": r.Complaints, "way": r.Way})
}

// endReading says what became of a report.
func (h *House) endReading(ctx context.Context, s *sorting, got reading.Reading) error {
	return h.tx(ctx, func(tx *store.Tx) error {
		r := s.report
		r.Format, r.Reporter, r.Reference, r.Language, r.TLP = got.Report.Format, clean(got.Report.Reporter), clean(got.Report.Reference), got.Report.Language, got.Report.TLP
		r.Confidence, r.Complaints, r.Updated = candor.Confidence(got.Report.Confidence), s.number, h.Clock().UTC()
		if m := got.Mail; m != nil {
			r.Subject, r.Answerable = clean(m.Subject), !m.Automatic()
		}
		handed := filer(r)
		if handed != "" { // whatever it says of whom it is from; its program asks what became of it
			r.Reporter, r.Answerable = handed, false
		}
		like := likeness(r, got)
		twin, err := tx.ReportLike(ctx, like)
		if err != nil && !errors.Is(err, candor.ErrNotFound) {
			return err
		}
		twice := err == nil && twin.ID != r.ID
		if twice {
			r.Same, like = twin.ID, ""
			more, err := tx.SaysMore(ctx, r.ID, twin.ID)
			if err != nil {
				return err
			}
			twice = !more && s.person == 0 && got.Report.Person == ""
		}
		err = nil
		switch {
		case twice:
			r.State = candor.ReportDuplicate
		case handed != "" && got.Kind != kind.Report:
			r.State, r.Why = candor.ReportPerson, "a reporter's program handed in what is no report"
		case got.Kind == kind.Reply:
			err = h.repliedTo(ctx, tx, &r, got)
			h.unvouched(&r, s.vouch, sender(got.Mail))
		case got.Kind != kind.Report:
			r.State, r.Why = candor.ReportAutomatic, got.Reason
		case got.Report.Person != "":
			r.State, r.Why = candor.ReportPerson, got.Report.Person
		case s.number == 0:
			r.State, r.Why = candor.ReportPerson, "it complains about nothing that could be read"
		case s.number >= mostComplaints:
			r.State, r.Why = candor.ReportPerson, fmt.Sprintf("it complains about more than %d things, and not all were read", mostComplaints-1)
		case s.person > 0:
			r.State, r.Why = candor.ReportPerson, fmt.Sprintf("it is not certain whose %d of %d are", s.person, s.number)
		default:
			r.State = candor.ReportFiled
		}
		if err != nil {
			return err
		}
		if err := h.afterReading(ctx, tx, &r, got); err != nil {
			return err
		}
		r.Why = intake.Cut(r.Why, 1000)
		if err := tx.ChangeReport(ctx, &r, like); err != nil {
			return err
		}
		for of := range s.ripening {
			if err := tx.Enqueue(ctx, RipenJob{of.asset, of.class}, candor.JobOptions{}); err != nil {
				return err
			}
		}
		if err := h.acknowledge(ctx, tx, r, sender(got.Mail)); err != nil {
			return err
		}
		return h.recordReport(ctx, tx, r)
	})
}

// likeness is what reports have in common that are the same one: the reporter's
// own name for it, the mail's, or all that it holds. What a reporter's program handed in
// is like nothing of anybody else's.
func likeness(r candor.Report, got reading.Reading) string {
	key := []string{"content", r.SHA256}
	if got.Mail != nil && got.Mail.ID != "" && len(got.Mail.From) > 0 {
		key = []string{"mail", got.Mail.ID, cmp.Or(filer(r), strings.ToLower(got.Mail.From[0].Address))}
	}
	if r.Reference != "" && r.Reporter != "" {
		key = []string{"reference", r.Format, r.Reporter, r.Reference}
	}
	if by := filer(r); by != "" {
		key = append(key, "token", by)
	}
	sum := sha256.Sum256([]byte(strings.Join(key, "\x00")))
	return hex.EncodeToString(sum[:])
}

// sorting brings complaints of a report where they belong.
type sorting struct {
	house   *House
	report  candor.Report
	number  int64
	person  int
	pending []candor.Complaint
	// ripening are what complaints wait about until more reporters say so.
	ripening map[subject]bool
	known    map[asked]Attribution
	vouch    candor.Vouch
}

// asked is what is asked of whose something was: many complaints of a report ask
// the same.
type asked struct {
	kind        intake.Kind
	value       string
	port        uint16
	first, last intake.When
}

// mostComplaints bounds those of one report.
const mostComplaints = 500_000

// mostPending is how many complaints are filed at a time.
const mostPending = 1000

// take takes an event.
func (s *sorting) take(ctx context.Context, e intake.Event, sure bool) error {
	about := e.About
	if len(about) == 0 {
		about = []intake.Resource{{}} // a person says what it is about
	}
	for _, r := range about {
		if s.number >= mostComplaints {
			return nil // endReading says so
		}
		c, err := s.complaint(ctx, e, r, sure)
		if err != nil {
			return err
		}
		s.pending = append(s.pending, c)
	}
	if len(s.pending) < mostPending {
		return nil
	}
	return s.flush(ctx)
}

// mostPatience is how long after a report came records of leases are waited for: as
// long as access servers are silent about a session that goes on.
const mostPatience = 65 * time.Minute

// complaint words a complaint, and says whose it is.
func (s *sorting) complaint(ctx context.Context, e intake.Event, r intake.Resource, sure bool) (candor.Complaint, error) {
	now := s.house.Clock().UTC()
	s.number++
	c := candor.Complaint{ID: candor.NewID(now), Report: s.report.ID, Number: s.number, Class: e.Class, Kind: string(r.Kind), Value: r.Value, Port: r.Port, Role: string(r.Role),
		Confidence: candor.Confidence(r.Confidence), Count: e.Count, Note: e.Note, Evidence: e.Evidence, State: candor.ComplaintPerson, Updated: now}
	c.First, c.Last, c.Told = span(e)
	if r.Value == "" {
		c.Why = "it is not told what it is about"
		return c, nil
	}
	a, err := s.whose(ctx, r, e)
	if err != nil {
		return c, err
	}
	if now := s.house.Clock(); a.Again.After(now) && now.Sub(s.report.Received) < mostPatience {
		return c, candor.Later(fmt.Errorf("whose %.100q was is not known yet: %w", r.Value, candor.ErrUnavailable), a.Again.Sub(now))
	}
	c.Candidates, c.Why = a.Candidates, a.Why
	switch {
	case !sure:
	case !a.Ours:
		c.State = candor.ComplaintForeign
	case a.Certain:
		c.State, c.Asset, c.Party = candor.ComplaintFiled, a.Candidates[0].Asset, a.Candidates[0].Party
		if s.house.Reports.Thresholds[c.Class].Reporters > 1 {
			c.State, c.Why = candor.ComplaintWaiting, "more reporters must say so"
			s.ripening[subject{c.Asset, c.Class}] = true
		}
	}
	return c, nil
}

func span(e intake.Event) (first, last time.Time, told string) {
	if e.First != nil {
		first, told = e.First.Time, e.First.Text
	}
	if e.Last != nil {
		last = e.Last.Time
	}
	if last.IsZero() {
		last = first
	}
	if !first.IsZero() {
		told = ""
	}
	return first, last, clean(told)
}

func (s *sorting) whose(ctx context.Context, r intake.Resource, e intake.Event) (Attribution, error) {
	whose := s.house.Reports.Whose
	if whose == nil {
		return Attribution{Ours: true, Why: "nothing is set up that tells whose it is"}, nil
	}
	q := asked{kind: r.Kind, value: r.Value, port: r.Port}
	if r.Kind == intake.URL {
		q.value = r.Origin() // whose it is does not hang on the path
	}
	if e.First != nil {
		q.first = *e.First
	}
	if e.Last != nil {
		q.last = *e.Last
	}
	if a, ok := s.known[q]; ok {
		return a, nil
	}
	a, err := whose.Whose(ctx, r, e.First, e.Last, s.report.Received)
	if err == nil && len(s.known) < 10_000 {
		s.known[q] = a
	}
	return a, err
}

// flush files what is pending. What a run that broke off has filed stays as that
// run said, whatever is known of it now.
func (s *sorting) flush(ctx context.Context) error {
	all := s.pending
	s.pending = nil
	if len(all) == 0 {
		return nil
	}
	done, err := s.house.Store.NumberedComplaints(ctx, s.report.ID, all[0].Number, all[len(all)-1].Number)
	if err != nil {
		return err
	}
	fresh := all[:0]
	for _, c := range all {
		if was, ok := done[c.Number]; !ok {
			fresh = append(fresh, c)
		} else if was.State == candor.ComplaintPerson {
			s.person++
		}
	}
	if err := s.house.fileComplaints(ctx, s.report, fresh); err != nil {
		return err
	}
	for _, c := range fresh {
		if c.State == candor.ComplaintPerson {
			s.person++
		}
	}
	return s.house.tx(ctx, func(tx *store.Tx) error { return tx.AddComplaints(ctx, fresh...) })
}

// subject is what reporters complain about together.
type subject struct {
	asset candor.ID
	class candor.Class
}

// RipenJob asks for House.Ripen.
type RipenJob struct {
	Asset candor.ID    `json:"asset"`
	Class candor.Class `json:"class"`
}

// Kind names the job.
func (RipenJob) Kind() string { return "house.ripen" }

// Ripen files complaints of a class about an asset that waited for more reporters,
// if these are enough now.
func (h *House) Ripen(ctx context.Context, asset candor.ID, class candor.Class) error {
	t := h.Reports.Thresholds[class]
	since := h.Clock().Add(-t.Within)
	if t.Reporters < 2 { // there is none any longer
		since = time.Time{}
	}
	n, err := h.Store.Reporters(ctx, asset, class, since)
	if err != nil || n < t.Reporters {
		return err
	}
	for {
		page, err := h.Store.Complaints(ctx, candor.ComplaintFilter{States: []candor.ComplaintState{candor.ComplaintWaiting}, Asset: asset, Class: class}, candor.Cut{Limit: mostPending})
		if err != nil {
			return err
		}
		all := slices.DeleteFunc(page.Items, func(c candor.Complaint) bool { return c.Updated.Before(since) })
		if len(all) == 0 {
			return nil
		}
		for i := range all {
			all[i].State, all[i].Why = candor.ComplaintFiled, fmt.Sprintf("%d reporters say so", n)
		}
		if err := h.fileByReport(ctx, all); err != nil {
			return err
		}
		err = h.tx(ctx, func(tx *store.Tx) error {
			for _, c := range all {
				if err := tx.ChangeComplaint(ctx, c, candor.ComplaintWaiting); err != nil && !errors.Is(err, candor.ErrChanged) {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// fileByReport files complaints of several reports: each tells when it came.
func (h *House) fileByReport(ctx context.Context, all []candor.Complaint) error {
	slices.SortStableFunc(all, func(a, b candor.Complaint) int { return cmp.Compare(a.Report, b.Report) })
	for begin := 0; begin < len(all); {
		end := begin + 1
		for end < len(all) && all[end].Report == all[begin].Report {
			end++
		}
		r, err := h.Store.Report(ctx, all[begin].Report)
		if err != nil {
			return err
		}
		if err := h.fileComplaints(ctx, r, all[begin:end]); err != nil {
			return err
		}
		begin = end
	}
	return nil
}

// happened is when what a complaint tells happened last, at the latest.
func happened(c candor.Complaint, r candor.Report) time.Time {
	if c.Last.IsZero() {
		return r.Received
	}
	return c.Last
}

// complained is the finding that a complaint makes: of one asset, class and
// resource, whoever reports it.
func complained(c candor.Complaint) candor.Finding {
	_, incident, _ := strings.Cut(string(c.Class), "/")
	return candor.Finding{Path: c.Value, Rule: "Report." + incident, Class: c.Class, Severity: gravity(c.Class), Language: desk.Reported, Description: c.Note}
}

// gravity is how grave it is that a class is reported, before anybody looked.
func gravity(c candor.Class) candor.Severity {
	switch c {
	case candor.Phishing, candor.MalwareDistribution, candor.InfectedSystem, candor.ApplicationCompromise, "malicious-code/c2-server", "intrusions/system-compromise",
		"intrusions/privileged-account-compromise", "availability/ddos", "availability/dos":
		return candor.High
	case "fraud/copyright", "vulnerable/weak-crypto", "vulnerable/information-disclosure", "other/other", candor.Undetermined, "availability/misconfiguration":
		return candor.Low
	case candor.Test:
		return candor.Info
	}
	return candor.Medium
}
