package storetest

import (
	"errors"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
)

func newReport(at time.Time) candor.Report {
	return candor.Report{ID: candor.NewID(at), Way: "smtp", Source: "desk", Received: at, SHA256: "aa", Size: 9, State: candor.ReportNew, Reporter: "cert@example.org", Updated: at}
}

func testReports(t *testing.T, s *store.Store) {
	ctx := t.Context()
	first, twin, second := newReport(noon), newReport(noon), newReport(noon.Add(time.Second))
	do(t, s, func(tx *store.Tx) error {
		return tx.AddReports(ctx, store.NewReport{Report: first, Arrival: "box|1/1"}, store.NewReport{Report: second})
	})
	do(t, s, func(tx *store.Tx) error {
		return tx.AddReports(ctx, store.NewReport{Report: twin, Arrival: "box|1/1"})
	})
	first.Version, second.Version = 1, 1
	same(t, must(s.Report(ctx, first.ID))(t), first)
	_, err := s.Report(ctx, twin.ID)
	isKind(t, err, candor.ErrNotFound)

	first.State, first.Why, first.Subject, first.Confidence, first.TLP, first.Answerable = candor.ReportPerson, "the zone is not told", "Abuse", 71, "amber", true
	stale := first
	do(t, s, func(tx *store.Tx) error { return tx.ChangeReport(ctx, &first, "id|1") })
	same(t, must(s.ReportLike(ctx, "id|1"))(t), first)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeReport(ctx, &stale, "") }), candor.ErrChanged)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { other := second; return tx.ChangeReport(ctx, &other, "id|1") }), candor.ErrExists)
	do(t, s, func(tx *store.Tx) error { return tx.ChangeReport(ctx, &first, "") })
	same(t, must(s.ReportLike(ctx, "id|1"))(t), first)

	list := func(f candor.ReportFilter) []candor.Report { return must(s.Reports(ctx, f, candor.Cut{}))(t).Items }
	same(t, list(candor.ReportFilter{}), []candor.Report{second, first})
	same(t, list(candor.ReportFilter{States: []candor.ReportState{candor.ReportPerson}, Reporter: "cert@example.org", Way: "smtp"}), []candor.Report{first})
	same(t, list(candor.ReportFilter{ReceivedAfter: noon.Add(time.Millisecond)}), []candor.Report{second})
	same(t, len(list(candor.ReportFilter{Format: "arf"})), 0)
	same(t, must(s.ReportCounts(ctx))(t), map[candor.ReportState]int64{candor.ReportPerson: 1, candor.ReportNew: 1})
	same(t, len(must(s.OldReports(ctx, noon.Add(time.Millisecond), 9))(t)), 0) // it waits for a person
	same(t, must(s.UnreadReports(ctx, noon.Add(time.Hour), 9))(t), []candor.Report{second})
	testComplaints(t, s, first, second)
}

func testComplaints(t *testing.T, s *store.Store, r, other candor.Report) {
	ctx := t.Context()
	p, a := Sample(t, s, "reported")
	c := candor.Complaint{ID: candor.NewID(noon), Report: r.ID, Number: 1, Class: candor.Phishing, Kind: "url", Value: "http://shop.example/x", Port: 8080, Role: "host",
		Confidence: 90, First: noon, Last: noon.Add(time.Hour), Told: "noon", Count: 3, Note: "a page", Evidence: "a line", State: candor.ComplaintWaiting, Why: "two more",
		Asset: a.ID, Party: p.ID, Candidates: []candor.Candidate{{Asset: a.ID, Party: p.ID, How: "host", Since: noon}}, Updated: noon}
	foreign := candor.Complaint{ID: candor.NewID(noon), Report: r.ID, Number: 2, Class: candor.Spam, Kind: "address", Value: "192.0.2.1", State: candor.ComplaintForeign, Updated: noon}
	only := c
	only.ID, only.Report = candor.NewID(noon), other.ID
	again := c
	again.ID = candor.NewID(noon)
	do(t, s, func(tx *store.Tx) error { return tx.AddComplaints(ctx, c, foreign, only) })
	do(t, s, func(tx *store.Tx) error { return tx.AddComplaints(ctx, again) })
	same(t, must(s.Complaint(ctx, c.ID))(t), c)
	list := func(f candor.ComplaintFilter) []candor.Complaint {
		return must(s.Complaints(ctx, f, candor.Cut{Sort: "number"}))(t).Items
	}
	same(t, list(candor.ComplaintFilter{Report: r.ID}), []candor.Complaint{c, foreign})
	same(t, len(list(candor.ComplaintFilter{Asset: a.ID, Party: p.ID, Class: candor.Phishing, Value: c.Value})), 2)
	same(t, list(candor.ComplaintFilter{States: []candor.ComplaintState{candor.ComplaintForeign}}), []candor.Complaint{foreign})
	same(t, must(s.Reporters(ctx, a.ID, candor.Phishing, noon))(t), int64(1))
	same(t, must(s.Reporters(ctx, a.ID, candor.Phishing, noon.Add(time.Second)))(t), int64(0))
	for _, tt := range []struct {
		one, two candor.Vouch
		want     int64
	}{
		{candor.Vouch{Sender: "a@a.example"}, candor.Vouch{Sender: "b@b.example"}, 1}, // nobody vouches
		{candor.Vouch{Sender: "a@a.example"}, candor.Vouch{Sender: "b@b.example", By: candor.VouchDKIM}, 2},
		{candor.Vouch{Sender: "b@b.example", By: candor.VouchSPF}, candor.Vouch{Sender: "b@b.example", By: candor.VouchDKIM}, 1},
		{candor.Vouch{Sender: "a@a.example", By: candor.VouchSPF}, candor.Vouch{Sender: "b@b.example", By: candor.VouchDKIM}, 2},
	} {
		tt.one.Report, tt.two.Report = r.ID, other.ID
		do(t, s, func(tx *store.Tx) error { return errors.Join(tx.KeepVouch(ctx, tt.one), tx.KeepVouch(ctx, tt.two)) })
		same(t, must(s.Reporters(ctx, a.ID, candor.Phishing, noon))(t), tt.want)
	}

	same(t, must(s.SaysMore(ctx, r.ID, other.ID))(t), true)
	same(t, must(s.SaysMore(ctx, other.ID, r.ID))(t), false)
	same(t, len(must(s.ComplaintCounts(ctx, r.ID))(t)), 2)
	same(t, must(s.NumberedComplaints(ctx, r.ID, 2, 9))(t), map[int64]candor.Complaint{2: foreign})
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddComplaint(ctx, again) }), candor.ErrExists)
	c.State, c.Case = candor.ComplaintFiled, "c"
	do(t, s, func(tx *store.Tx) error { return tx.ChangeComplaint(ctx, c, candor.ComplaintWaiting) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeComplaint(ctx, c, candor.ComplaintWaiting) }), candor.ErrChanged)
	same(t, list(candor.ComplaintFilter{Case: "c"}), []candor.Complaint{c})
	same(t, must(s.UnfiledComplaints(ctx, r.ID))(t), []candor.Complaint{c})

	do(t, s, func(tx *store.Tx) error {
		alone, err := tx.EraseComplaints(ctx, p.ID, nil)
		same(t, len(alone), 2) // the other complaint is about nobody here
		if err == nil {
			err = tx.EraseReports(ctx, other.ID)
		}
		return err
	})
	erased := must(s.Complaint(ctx, c.ID))(t)
	same(t, []any{erased.Value, erased.Port, erased.Note, erased.Evidence, erased.Told, len(erased.Candidates)}, []any{store.Erased, uint16(0), "", "", "", 0})
	gone := must(s.Report(ctx, other.ID))(t)
	same(t, []any{gone.SHA256, gone.Reporter, gone.State}, []any{"", "", candor.ReportDismissed})
	same(t, must(s.HasReport(ctx, "aa"))(t), true)
	same(t, must(s.HasReport(ctx, "bb"))(t), false)
}
