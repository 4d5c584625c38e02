package house

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/intake"
	"candor/internal/intake/freetext"
	"candor/internal/intake/reading"
	"candor/internal/store"
)

// mostTold is how many marks of a profile are told.
const mostTold = 12

// profiles is what is known of one sender, for the reading of one report.
type profiles struct {
	sender  string
	bound   bool // the mail came with a token of the sender's, whoever it says it is from
	profile freetext.Profile
}

// Profile implements freetext.Profiles.
func (p profiles) Profile(reporter string) freetext.Profile {
	if !p.bound && (reporter == "" || reporter != p.sender) {
		return freetext.Profile{}
	}
	return p.profile
}

// readerFor is the reader of one report: with what people taught about its sender,
// if somebody vouches for that.
func (h *House) readerFor(ctx context.Context, v candor.Vouch) (*reading.Reader, error) {
	r := h.Reports.Reader
	if v.By == "" || v.Sender == "" || r.Text == nil {
		return r, nil
	}
	p := profiles{sender: v.Sender, bound: v.By == candor.VouchToken}
	if _, err := h.Store.Profile(ctx, v.Sender, &p.profile); err != nil && !errors.Is(err, candor.ErrNotFound) {
		return nil, err
	}
	own, text := *r, *r.Text
	text.Profiles = p
	own.Text = &text
	return &own, nil
}

// LearnReportJob asks for House.LearnReport.
type LearnReportJob struct {
	Report candor.ID `json:"report"`
}

// Kind names the job.
func (LearnReportJob) Kind() string { return "house.learn-report" }

// LearnReport teaches the profile of the sender of a report what a person decided
// about it: once, when nothing of it waits for a person any more, and only if it was
// free text for whose sender somebody vouches.
func (h *House) LearnReport(ctx context.Context, id candor.ID) error {
	r, err := h.Store.Report(ctx, id)
	if err != nil {
		return err
	}
	v, err := h.Store.Vouch(ctx, id)
	if errors.Is(err, candor.ErrNotFound) || err == nil && (v.By == "" || v.Learned || r.Format != freeText || r.State != candor.ReportFiled && r.State != candor.ReportDismissed) {
		return nil
	}
	if err != nil {
		return err
	}
	got, about, err := h.lesson(ctx, r, v)
	if errors.Is(err, candor.ErrNotFound) || got == nil {
		return err
	}
	if err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.Turn(ctx, "profile", candor.ID(v.Sender)); err != nil {
			return err
		}
		now, err := tx.Vouch(ctx, id)
		if err != nil || now.Learned {
			return err
		}
		var p freetext.Profile
		if _, err := tx.Profile(ctx, v.Sender, &p); err != nil && !errors.Is(err, candor.ErrNotFound) {
			return err
		}
		now.Learned = true
		if err := tx.KeepVouch(ctx, now); err != nil {
			return err
		}
		return tx.KeepProfile(ctx, v.Sender, p.Learn(*got, about), h.Clock().UTC())
	})
}

// freeText is the format of reports without one.
const freeText = "text"

// lesson is a report as it is read without a profile, and what it complains about
// as people say; nil if its message is no mail, or neither of the sender who was looked
// at nor handed in with a token of that sender's.
func (h *House) lesson(ctx context.Context, r candor.Report, v candor.Vouch) (*freetext.Reading, []intake.Resource, error) {
	body, err := h.message(r)
	if err != nil {
		return nil, nil, err
	}
	defer body.Close()
	m, _, err := h.Reports.Reader.Open(body)
	if err != nil || v.By != candor.VouchToken && sender(m) != v.Sender {
		return nil, nil, err
	}
	text := *h.Reports.Reader.Text
	text.Profiles = profiles{} // so that values bear marks
	got := text.Read(m)
	page, err := h.Store.Complaints(ctx, candor.ComplaintFilter{Report: r.ID, States: []candor.ComplaintState{candor.ComplaintFiled, candor.ComplaintForeign, candor.ComplaintWaiting}}, candor.Cut{Limit: mostPending})
	if err != nil {
		return nil, nil, err
	}
	var about []intake.Resource
	for _, c := range page.Items {
		about = append(about, intake.Resource{Kind: intake.Kind(c.Kind), Value: c.Value})
	}
	return &got, about, nil
}

// Taught tells what people taught about the mails of a sender: the marks that tell
// the most, of those that values bore most often.
func (h *House) Taught(ctx context.Context, who candor.Principal, sender string) (candor.Taught, error) {
	if err := may(who, access.ReadCases); err != nil {
		return candor.Taught{}, err
	}
	var p freetext.Profile
	at, err := h.Store.Profile(ctx, sender, &p)
	if err != nil {
		return candor.Taught{}, err
	}
	t := candor.Taught{Sender: sender, Reports: p.Reports, Right: p.Right, Wrong: p.Wrong, Updated: at}
	for name, m := range p.Marks {
		t.Marks = append(t.Marks, candor.TaughtMark{Mark: name, Right: m.Right, Wrong: m.Wrong})
	}
	slices.SortFunc(t.Marks, func(a, b candor.TaughtMark) int {
		return cmp.Or(cmp.Compare(worded(b), worded(a)), cmp.Compare(telling(b), telling(a)), cmp.Compare(b.Right, a.Right), cmp.Compare(a.Mark, b.Mark))
	})
	t.Marks = t.Marks[:min(len(t.Marks), mostTold)]
	return t, nil
}

// worded is 1 of a mark that stands in the mail for all to see: the head of a column,
// what a line calls the value, the words in front.
func worded(m candor.TaughtMark) int {
	for _, kind := range []string{":column ", ":key ", ":before "} {
		if strings.Contains(m.Mark, kind) {
			return 1
		}
	}
	return 0
}

// telling is how one-sided a mark is, and how often it was seen.
func telling(m candor.TaughtMark) int {
	d := m.Right - m.Wrong
	return max(d, -d)
}

// ForgetTaught has the mails of a sender be read as if nobody had taught anything
// about them.
func (h *House) ForgetTaught(ctx context.Context, who candor.Principal, sender string) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		var p freetext.Profile
		if _, err := tx.Profile(ctx, sender, &p); err != nil {
			return err
		}
		if err := tx.DropProfiles(ctx, sender); err != nil {
			return err
		}
		return h.recordJSON(ctx, tx, "", candor.RecordDecision, "", who, map[string]any{"profile": "forgotten", "reports": p.Reports})
	})
}

func lower(all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = strings.ToLower(s)
	}
	return out
}
