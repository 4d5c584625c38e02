package storetest

import (
	"errors"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
)

func testForwards(t *testing.T, s *store.Store) {
	ctx := t.Context()
	r := newReport(noon)
	complaints := make([]candor.Complaint, 4)
	for i, kind := range []string{"address", "url", "hash", "address"} {
		complaints[i] = candor.Complaint{ID: candor.NewID(noon), Report: r.ID, Number: int64(i + 1), Class: candor.Spam, Kind: kind, Value: "v", State: candor.ComplaintForeign, Updated: noon}
	}
	complaints[3].State = candor.ComplaintPerson
	do(t, s, func(tx *store.Tx) error {
		if err := tx.AddReports(ctx, store.NewReport{Report: r}); err != nil {
			return err
		}
		return tx.AddComplaints(ctx, complaints...)
	})
	same(t, must(s.UnheldComplaints(ctx, r.ID, 9))(t), complaints[:2])

	f := candor.Forward{ID: candor.NewID(noon), Report: r.ID, Holder: "abuse@net.example", State: candor.ForwardWaiting, Why: "w", Count: 1, Created: noon, Updated: noon,
		Contacts: []candor.Holder{{Of: "network", Name: "Net", Mails: []string{"abuse@net.example"}, Abuse: true, Source: "https://rdap.example/ip/192.0.2.1", Asked: noon}}}
	twin := f
	twin.ID = candor.NewID(noon)
	do(t, s, func(tx *store.Tx) error {
		if err := tx.AddForward(ctx, f); err != nil {
			return err
		}
		return tx.AddForwarded(ctx, f.ID, complaints[0].ID, complaints[3].ID)
	})
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddForward(ctx, twin) }), candor.ErrExists)
	f.Version = 1
	same(t, must(s.Forward(ctx, f.ID))(t), f)
	same(t, must(s.ForwardTo(ctx, r.ID, f.Holder))(t), f)
	same(t, must(s.ForwardedComplaints(ctx, f.ID, 9))(t), complaints[:1]) // the other one is not foreign
	same(t, must(s.UnheldComplaints(ctx, r.ID, 9))(t), complaints[1:2])

	other := twin
	other.Holder = "noc@net.example"
	do(t, s, func(tx *store.Tx) error { return tx.AddForward(ctx, other) })
	stale := f
	f.State, f.Sent, f.Basis, f.Letter = candor.ForwardSent, noon, candor.ForwardBasis{How: candor.AgreedForm, Named: true, At: noon}, candor.Letter{Subject: "s", Text: "t", Files: []string{"{}"}}
	do(t, s, func(tx *store.Tx) error {
		if err := tx.ChangeForward(ctx, &f); err != nil {
			return err
		}
		return tx.AddMessage(ctx, candor.Message{ID: f.ID, To: f.Holder, Subject: "s", MessageID: string(f.ID) + "@x", State: candor.MessageSent, Created: noon})
	})
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeForward(ctx, &stale) }), candor.ErrChanged)
	same(t, must(s.Forwards(ctx, candor.ForwardFilter{Report: r.ID, States: []candor.ForwardState{candor.ForwardSent}}, candor.Cut{}))(t).Items, []candor.Forward{f})
	for reporter, want := range map[string]int{"CERT@example.org": 1, "@example.org": 1, "@xample.org": 0, "c_rt@example.org": 0} {
		same(t, len(must(s.WaitingForwards(ctx, reporter, noon, 9))(t)), want)
	}
	same(t, len(must(s.ForwardsIn(ctx, r.ID, candor.ForwardWaiting, candor.ForwardPerson))(t)), 1)
	_, err := s.ForwardTo(ctx, r.ID, f.Holder) // what was sent takes no more
	isKind(t, err, candor.ErrNotFound)
	twin.ID = candor.NewID(noon)
	do(t, s, func(tx *store.Tx) error { return tx.AddForward(ctx, twin) })
	for holder, want := range map[string][2]int{f.Holder: {1, 1}, "noc@net.example": {0, 1}, "abuse@sub.net.example": {0, 0}, "x@_et.example": {0, 0}} {
		address, domain, err := s.ForwardsSince(ctx, holder, noon)
		same(t, must([2]int{address, domain}, err)(t), want)
	}
	address, _, err := s.ForwardsSince(ctx, f.Holder, noon.Add(time.Second))
	same(t, must(address, err)(t), 0)
	same(t, must(s.PassedOn(ctx, r.ID))(t), 1)
	a := candor.ForwardAnswer{Report: candor.NewID(noon), Forward: f.ID, Automatic: true, At: noon}
	for range 2 {
		do(t, s, func(tx *store.Tx) error { return tx.AddForwardAnswer(ctx, a) })
	}
	same(t, must(s.ForwardAnswers(ctx, f.ID))(t), []candor.ForwardAnswer{a})
	testForwardConsents(t, s, r)
	do(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.AddForwarded(ctx, f.ID, complaints[1].ID, complaints[2].ID), tx.SplitForward(ctx, f.ID, twin.ID, 2))
	})
	same(t, must(s.ForwardedComplaints(ctx, f.ID, 9))(t), complaints[:2])
	same(t, must(s.ForwardedComplaints(ctx, twin.ID, 9))(t), complaints[2:3])

	do(t, s, func(tx *store.Tx) error { return tx.EraseReports(ctx, r.ID) })
	erased := must(s.Forward(ctx, f.ID))(t)
	same(t, [3]any{erased.Letter.Text, erased.State, len(erased.Contacts)}, [3]any{"", candor.ForwardSent, 0})
	same(t, must(s.Message(ctx, f.ID))(t).Subject, "")
}

func testForwardConsents(t *testing.T, s *store.Store, r candor.Report) {
	ctx := t.Context()
	_, err := s.ForwardConsent(ctx, r.ID)
	isKind(t, err, candor.ErrNotFound)
	first := candor.ForwardConsent{ID: candor.NewID(noon), Report: r.ID, How: candor.AgreedForm, Yes: true, Named: true, Unconfirmed: true, Given: noon}
	second := candor.ForwardConsent{ID: candor.NewID(noon.Add(time.Second)), Report: r.ID, How: candor.AgreedLink, Given: noon.Add(time.Second), By: "reporter"}
	domain := candor.ForwardConsent{ID: candor.NewID(noon), Reporter: "@Cert.example", How: candor.AgreedPaper, Ground: "2026/7", Yes: true, Given: noon, By: "ada"}
	own := domain
	own.ID, own.Reporter, own.Named = candor.NewID(noon), "desk@cert.example", true
	do(t, s, func(tx *store.Tx) error {
		for _, c := range []candor.ForwardConsent{first, first, second, domain, own} {
			if err := tx.AddForwardConsent(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	domain.Reporter = "@cert.example"
	same(t, must(s.ForwardConsent(ctx, r.ID))(t), second)
	same(t, must(s.StandingConsent(ctx, "Desk@cert.example"))(t), own)
	same(t, must(s.StandingConsent(ctx, "other@cert.example"))(t), domain)
	for _, nobody := range []string{"", "x@sub.cert.example", "cert.example"} {
		_, err := s.StandingConsent(ctx, nobody)
		isKind(t, err, candor.ErrNotFound)
	}
	do(t, s, func(tx *store.Tx) error { return tx.WithdrawForwardConsent(ctx, domain.ID, noon.Add(time.Hour)) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.WithdrawForwardConsent(ctx, domain.ID, noon) }), candor.ErrNotFound)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.WithdrawForwardConsent(ctx, first.ID, noon) }), candor.ErrNotFound)
	domain.Withdrawn = noon.Add(time.Hour)
	same(t, must(s.StandingConsents(ctx, 9))(t), []candor.ForwardConsent{own, domain})
	do(t, s, func(tx *store.Tx) error {
		_, err := tx.EraseComplaints(ctx, "nobody", []string{own.Reporter})
		return err
	})
	_, err = s.StandingConsent(ctx, own.Reporter)
	isKind(t, err, candor.ErrNotFound)
}
