package house

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/intake"
	"candor/internal/intake/freetext"
	"candor/internal/intake/message"
	"candor/internal/intake/reading"
	"candor/internal/store"
)

// ReportList lists reports for those who may read cases.
func (h *House) ReportList(ctx context.Context, who candor.Principal, f candor.ReportFilter, cut candor.Cut) (candor.Page[candor.Report], error) {
	if err := may(who, access.ReadCases); err != nil {
		return candor.Page[candor.Report]{}, err
	}
	return h.Store.Reports(ctx, f, cut)
}

// ReportCounts counts reports by state.
func (h *House) ReportCounts(ctx context.Context, who candor.Principal) (map[candor.ReportState]int64, error) {
	if err := may(who, access.ReadCases); err != nil {
		return nil, err
	}
	return h.Store.ReportCounts(ctx)
}

// Report gives a report.
func (h *House) Report(ctx context.Context, who candor.Principal, id candor.ID) (candor.Report, error) {
	if err := may(who, access.ReadCases); err != nil {
		return candor.Report{}, err
	}
	return h.Store.Report(ctx, id)
}

// ReportView is a report with what it complains about.
type ReportView struct {
	candor.Report
	Complaints candor.Page[candor.Complaint]
	// Assets are those that complaints name.
	Assets map[candor.ID]candor.Asset
}

// ReportView gives a report, and a part of its complaints.
func (h *House) ReportView(ctx context.Context, who candor.Principal, id candor.ID, cut candor.Cut) (ReportView, error) {
	var v ReportView
	if err := may(who, access.ReadCases); err != nil {
		return v, err
	}
	var err error
	if v.Report, err = h.Store.Report(ctx, id); err != nil {
		return v, err
	}
	if cut.Sort == "" {
		cut.Sort = "number"
	}
	if v.Complaints, err = h.Store.Complaints(ctx, candor.ComplaintFilter{Report: id}, cut); err != nil {
		return v, err
	}
	v.Assets = map[candor.ID]candor.Asset{}
	for _, c := range v.Complaints.Items {
		for _, asset := range append([]candor.Candidate{{Asset: c.Asset}}, c.Candidates...) {
			if _, have := v.Assets[asset.Asset]; have || asset.Asset == "" {
				continue
			}
			a, err := h.Store.Asset(ctx, who.Scope(), asset.Asset)
			if err != nil && !errors.Is(err, candor.ErrNotFound) {
				return v, err
			}
			v.Assets[asset.Asset] = a
		}
	}
	return v, nil
}

// ComplaintList lists complaints for those who may read cases.
func (h *House) ComplaintList(ctx context.Context, who candor.Principal, f candor.ComplaintFilter, cut candor.Cut) (candor.Page[candor.Complaint], error) {
	if err := may(who, access.ReadCases); err != nil {
		return candor.Page[candor.Complaint]{}, err
	}
	return h.Store.Complaints(ctx, f, cut)
}

// ReportMessage gives the message of a report as it came. What is read is whole
// only once Read gave io.EOF.
func (h *House) ReportMessage(ctx context.Context, who candor.Principal, id candor.ID) (candor.Report, io.ReadCloser, error) {
	if err := may(who, access.ReadCases); err != nil {
		return candor.Report{}, nil, err
	}
	r, err := h.Store.Report(ctx, id)
	if err != nil {
		return r, nil, err
	}
	body, err := h.message(r)
	return r, body, err
}

// ReportReading opens the message of a report again, for people to look at: with
// what free text names marked. Of a file there is none.
func (h *House) ReportReading(ctx context.Context, who candor.Principal, id candor.ID) (*message.Message, freetext.Reading, error) {
	m, err := h.ReportMail(ctx, who, id)
	if err != nil || m == nil {
		return nil, freetext.Reading{}, err
	}
	v, err := h.Store.Vouch(ctx, id)
	if err != nil && !errors.Is(err, candor.ErrNotFound) {
		return nil, freetext.Reading{}, err
	}
	reader, err := h.readerFor(ctx, v)
	if err != nil {
		return nil, freetext.Reading{}, err
	}
	return m, reader.Text.Read(m), nil
}

// ReportMail opens the message of a report again; nil of a file, and of what is no
// mail after all.
func (h *House) ReportMail(ctx context.Context, who candor.Principal, id candor.ID) (*message.Message, error) {
	r, body, err := h.ReportMessage(ctx, who, id)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	if (reading.Source{Name: r.Name, Type: r.Type}).IsFile() {
		return nil, nil
	}
	m, _, err := h.Reports.Reader.Open(body)
	if errors.Is(err, message.ErrNoMail) {
		return nil, nil
	}
	return m, err
}

// TakeReport keeps a message that somebody hands in by the API or a page, and
// gives its identifier. What a reporter's program hands in is that reporter's.
func (h *House) TakeReport(ctx context.Context, who candor.Principal, name, mediaType string, body io.Reader) (candor.ID, error) {
	a := intake.Arrival{Way: intake.API, Source: who.Actor(), Name: name, Type: mediaType, Body: body}
	need := access.ActCases
	if who.Reporter != "" {
		need, a.Source = access.FileReports, filedBy(who.Reporter)
	}
	if err := may(who, need); err != nil {
		return "", err
	}
	return h.NewReportKeeper(MostReport).keep(ctx, a)
}

// MostReport is how many bytes a report has at most that the API takes.
const MostReport = 32 << 20

// ComplaintDecision is what a person says of a complaint.
type ComplaintDecision struct {
	Complaint candor.ID             `json:"complaint,omitempty"` // empty for one that the person adds
	State     candor.ComplaintState `json:"state"`               // filed, foreign or dismissed
	Asset     candor.ID             `json:"asset,omitempty"`
	Class     candor.Class          `json:"class,omitempty"` // instead of that which was read
	Kind      intake.Kind           `json:"kind,omitempty"`  // of one that is added
	Value     string                `json:"value,omitempty"`
}

// DecideReport has a person say what a report complains about and whose that is.
// Complaints that the person says nothing of stay as they are; once none waits for
// a person the report is done. A report that changed since is candor.ErrChanged.
func (h *House) DecideReport(ctx context.Context, who candor.Principal, id candor.ID, version int64, all []ComplaintDecision) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	r, err := h.Store.Report(ctx, id)
	if err != nil {
		return err
	}
	if r.Version != version {
		return fmt.Errorf("report %s: %w", id, candor.ErrChanged)
	}
	if r.State == candor.ReportNew {
		return candor.WithHint(fmt.Errorf("report %s is still being read: %w", id, candor.ErrChanged), "Wait until it is, and look at it again.")
	}
	fresh, changed, err := h.decided(ctx, who, r, all)
	if err != nil {
		return err
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		for _, c := range fresh {
			if err := tx.AddComplaint(ctx, c); err != nil {
				return err
			}
		}
		for _, c := range changed {
			if err := tx.ChangeComplaint(ctx, c.Complaint, c.was); err != nil {
				return err
			}
		}
		r.Complaints += int64(len(fresh))
		if err := h.settleReport(ctx, tx, who, r, len(fresh)+len(changed)); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, LearnReportJob{r.ID}, candor.JobOptions{Queue: QueueReports}); err != nil {
			return err
		}
		return tx.Enqueue(ctx, FileComplaintsJob{r.ID}, candor.JobOptions{Queue: QueueReports})
	})
	if err != nil {
		return err
	}
	return h.FileComplaints(ctx, r.ID) // so that whoever decided sees it; if it fails, the job does it
}

// FileComplaintsJob asks for House.FileComplaints.
type FileComplaintsJob struct {
	Report candor.ID `json:"report"`
}

// Kind names the job.
func (FileComplaintsJob) Kind() string { return "house.file-complaints" }

// FileComplaints makes findings of what a person said is one. It may be done twice.
func (h *House) FileComplaints(ctx context.Context, id candor.ID) error {
	for {
		r, err := h.Store.Report(ctx, id)
		if err != nil {
			return err
		}
		all, err := h.Store.UnfiledComplaints(ctx, id)
		if err != nil || len(all) == 0 {
			return err
		}
		if err := h.fileComplaints(ctx, r, all); err != nil {
			return err
		}
		err = h.tx(ctx, func(tx *store.Tx) error {
			for _, c := range all {
				if c.State == candor.ComplaintFiled && c.Finding == "" {
					c.State, c.Why = candor.ComplaintPerson, "it could not be filed" // nothing is asked for twice for ever
				}
				if err := tx.ChangeComplaint(ctx, c, candor.ComplaintFiled); err != nil && !errors.Is(err, candor.ErrChanged) {
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

// changing is a complaint that a person decided about, and how it stood.
type changing struct {
	candor.Complaint
	was candor.ComplaintState
}

// settleReport notes that a person decided about a report.
func (h *House) settleReport(ctx context.Context, tx *store.Tx, who candor.Principal, r candor.Report, n int) error {
	all, err := tx.ComplaintCounts(ctx, r.ID)
	if err != nil {
		return err
	}
	counts := map[candor.ComplaintState]int64{}
	for _, c := range all {
		counts[c.State] += int64(c.Count)
	}
	switch waiting := counts[candor.ComplaintPerson]; {
	case waiting > 0:
		r.State, r.Why = candor.ReportPerson, fmt.Sprintf("it is not certain whose %d of %d are", waiting, r.Complaints)
	case counts[candor.ComplaintDismissed] == r.Complaints:
		r.State, r.Why = candor.ReportDismissed, ""
	default:
		r.State, r.Why = candor.ReportFiled, ""
	}
	r.Updated, r.By = h.Clock().UTC(), who.Actor()
	if err := tx.ChangeReport(ctx, &r, ""); err != nil {
		return err
	}
	if err := h.lookForHolders(ctx, tx, r); err != nil {
		return err
	}
	return h.recordJSON(ctx, tx, "", candor.RecordDecision, r.ID, who, map[string]any{"report": r.State, "complaints": n})
}

// decided words what a person says of complaints: those that are added, and those
// that change.
func (h *House) decided(ctx context.Context, who candor.Principal, r candor.Report, all []ComplaintDecision) (fresh []candor.Complaint, changed []changing, err error) {
	now := h.Clock().UTC()
	seen := map[candor.ID]bool{}
	for _, d := range all {
		c := candor.Complaint{ID: candor.NewID(now), Report: r.ID, Number: r.Complaints + int64(len(fresh)) + 1, Class: candor.Undetermined, Confidence: 100}
		if d.Complaint != "" {
			if seen[d.Complaint] {
				return nil, nil, candor.WithHint(fmt.Errorf("complaint %s is decided twice: %w", d.Complaint, candor.ErrInvalid), "Decide each once.")
			}
			seen[d.Complaint] = true
			if c, err = h.Store.Complaint(ctx, d.Complaint); err != nil {
				return nil, nil, err
			}
			if c.Report != r.ID || c.State == candor.ComplaintFiled {
				return nil, nil, candor.WithHint(fmt.Errorf("complaint %s is not one to decide about here: %w", c.ID, candor.ErrInvalid), "Look at the report again; others may have decided.")
			}
		}
		was := c.State
		if err := h.judge(ctx, who, &c, d); err != nil {
			return nil, nil, err
		}
		c.Updated, c.Why = now, ""
		if d.Complaint == "" {
			fresh = append(fresh, c)
		} else {
			changed = append(changed, changing{c, was})
		}
	}
	return fresh, changed, nil
}

func (h *House) judge(ctx context.Context, who candor.Principal, c *candor.Complaint, d ComplaintDecision) error {
	if d.Value != "" {
		v, err := intake.NewResource(d.Kind, d.Value)
		if err != nil {
			return candor.WithHint(fmt.Errorf("%w: %w", err, candor.ErrInvalid), "Write it as machines do: 192.0.2.1, https://shop.example/page, shop.example.")
		}
		c.Kind, c.Value, c.Role = string(v.Kind), v.Value, string(intake.Source)
	}
	if d.Class != "" {
		class, ok := candor.ParseClass(string(d.Class))
		if !ok || class != d.Class {
			return candor.WithHint(fmt.Errorf("there is no class %.60q: %w", d.Class, candor.ErrInvalid), "Write it as RSIT does: malicious-code/infected-system.")
		}
		c.Class = class
	}
	c.State, c.Asset, c.Party, c.Case, c.Finding = d.State, "", "", "", ""
	switch d.State {
	case candor.ComplaintForeign, candor.ComplaintDismissed:
		return nil
	case candor.ComplaintFiled:
	default:
		return candor.WithHint(fmt.Errorf("a person cannot make a complaint %.40q: %w", d.State, candor.ErrInvalid), "Choose filed, foreign or dismissed.")
	}
	if strings.TrimSpace(c.Value) == "" {
		return candor.WithHint(fmt.Errorf("a complaint about nothing: %w", candor.ErrInvalid), "Say what it is about.")
	}
	a, err := h.Store.Asset(ctx, who.Scope(), d.Asset)
	if err != nil {
		return err
	}
	if a.Retired {
		return candor.WithHint(fmt.Errorf("asset %s is retired: %w", a.ID, candor.ErrInvalid), "Take it back into use first.")
	}
	for _, x := range c.Candidates {
		if x.Asset == a.ID && x.Party != "" && x.Party != a.Owner {
			return candor.WithHint(fmt.Errorf("asset %s belonged to another party then: %w", a.ID, candor.ErrInvalid), "What happened in the time of an owner before is not filed with the next one: tell that party yourself, and dismiss it here.")
		}
	}
	c.Asset, c.Party = a.ID, a.Owner
	return nil
}

// DismissReport has a person say that a message is no report.
func (h *House) DismissReport(ctx context.Context, who candor.Principal, id candor.ID, version int64) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		r, err := tx.Report(ctx, id)
		if err != nil {
			return err
		}
		if r.Version != version || r.State != candor.ReportPerson {
			return fmt.Errorf("report %s: %w", id, candor.ErrChanged)
		}
		r.State, r.Why, r.Updated, r.By = candor.ReportDismissed, "", h.Clock().UTC(), who.Actor()
		if err := tx.ChangeReport(ctx, &r, ""); err != nil {
			return err
		}
		return h.recordJSON(ctx, tx, "", candor.RecordDecision, r.ID, who, map[string]any{"report": r.State})
	})
}

// eraseReports takes out what reports say of a party, and asks for messages that
// are about it alone to be forgotten.
func (h *House) eraseReports(ctx context.Context, tx *store.Tx, p candor.Party) (ForgetJob, error) {
	var addresses []string
	for _, c := range p.Contacts {
		if c.Channel == candor.Mail {
			addresses = append(addresses, c.Address)
		}
	}
	if err := tx.EraseSenders(ctx, lower(addresses)...); err != nil {
		return ForgetJob{}, err
	}
	alone, err := tx.EraseComplaints(ctx, p.ID, addresses)
	if err != nil {
		return ForgetJob{}, err
	}
	return h.forgetReports(ctx, tx, alone)
}

func (h *House) forgetReports(ctx context.Context, tx *store.Tx, all []candor.Report) (ForgetJob, error) {
	var j ForgetJob
	var ids []candor.ID
	for _, r := range all {
		ids = append(ids, r.ID)
		if r.SHA256 != "" {
			j.Digests = append(j.Digests, r.SHA256)
		}
	}
	if err := tx.EraseReports(ctx, ids...); err != nil || len(j.Digests) == 0 {
		return j, err
	}
	return j, tx.Enqueue(ctx, j, candor.JobOptions{})
}

// ForgetReports forgets messages, and who sent them, that came before a moment.
// What they complained about stays.
func (h *House) ForgetReports(ctx context.Context, before time.Time) error {
	for {
		done := false
		err := h.tx(ctx, func(tx *store.Tx) error {
			old, err := tx.OldReports(ctx, before, 500)
			if err != nil {
				return err
			}
			done = len(old) < 500
			_, err = h.forgetReports(ctx, tx, old)
			return err
		})
		if err != nil || done {
			return err
		}
	}
}
