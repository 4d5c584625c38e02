package house

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/intake"
	"candor/internal/intake/format/form"
	"candor/internal/intake/forward"
	"candor/internal/intake/kind"
	"candor/internal/intake/reading"
	"candor/internal/store"
)

// confirming is how long it is waited for that a reporter who wants to be named
// opens the link; then it is passed on without the name.
const confirming = 48 * time.Hour

// recent is how old reports may be that a standing consent, which is new, is for.
const recent = 7 * 24 * time.Hour

// ConsiderForwardsJob asks for House.ConsiderForwards.
type ConsiderForwardsJob struct {
	Report candor.ID `json:"report"`
}

// Kind names the job.
func (ConsiderForwardsJob) Kind() string { return "house.consider-forwards" }

// HearBounceJob asks to note which mail of ours a report says was not delivered.
type HearBounceJob struct {
	Report candor.ID `json:"report"`
}

// Kind names the job.
func (HearBounceJob) Kind() string { return "house.hear-bounce" }

// afterReading keeps what a form says of passing it on, brings answers to where they
// belong, and asks for what follows.
func (h *House) afterReading(ctx context.Context, tx *store.Tx, r *candor.Report, got reading.Reading) error {
	if filer(*r) != "" {
		return h.lookForHolders(ctx, tx, *r) // a program of a reporter's answers nothing
	}
	if err := h.heardOfForward(ctx, tx, r, got); err != nil {
		return err
	}
	if got.Kind == kind.Bounce {
		return tx.Enqueue(ctx, HearBounceJob{r.ID}, candor.JobOptions{})
	}
	if f, ok := form.Find(got.Mail); ok && r.Way == string(intake.Form) && f.Pass {
		c := candor.ForwardConsent{ID: candor.NewID(h.Clock()), Report: r.ID, How: candor.AgreedForm, Yes: true, Named: f.Named && r.Reporter != "", Unconfirmed: f.Named && !f.Account, Given: r.Received}
		if err := h.addForwardConsent(ctx, tx, c, candor.Principal{}); err != nil {
			return err
		}
	}
	return h.lookForHolders(ctx, tx, *r)
}

func (h *House) addForwardConsent(ctx context.Context, tx *store.Tx, c candor.ForwardConsent, who candor.Principal) error {
	if err := tx.AddForwardConsent(ctx, c); err != nil {
		return err
	}
	text := map[string]any{"forward": c.Yes, "how": c.How, "named": c.Named, "unconfirmed": c.Unconfirmed, "standing": c.Reporter != ""}
	subject := c.Report
	if subject == "" {
		subject = c.ID
	}
	return h.recordJSON(ctx, tx, "", candor.RecordConsent, subject, who, text)
}

// heardOfForward tells answers of those whom something was passed on to. What comes
// from elsewhere is for a person.
func (h *House) heardOfForward(ctx context.Context, tx *store.Tx, r *candor.Report, got reading.Reading) error {
	if got.Message == "" || got.Kind != kind.Reply && got.Kind != kind.Automatic {
		return nil
	}
	m, err := tx.MessageByMessageID(ctx, got.Message)
	var f candor.Forward
	if err == nil {
		f, err = tx.Forward(ctx, m.ID)
	}
	if errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	r.Same = f.Report
	if !forward.SameOrganisation(sender(got.Mail), f.Holder) {
		if got.Kind == kind.Reply {
			r.State, r.Why = candor.ReportPerson, "it answers what was passed on, from an address that is not the holder's"
		}
		return nil
	}
	if got.Kind == kind.Reply {
		r.State, r.Why, r.By = candor.ReportReply, "", "system"
	}
	return tx.AddForwardAnswer(ctx, candor.ForwardAnswer{Report: r.ID, Forward: f.ID, Automatic: got.Kind == kind.Automatic, At: r.Received})
}

// ConsiderForwards has what waits of a report passed on, if its reporter agreed. It
// may be done twice.
func (h *House) ConsiderForwards(ctx context.Context, id candor.ID) error {
	r, err := h.Store.Report(ctx, id)
	if errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	basis, said, err := h.forwardBasis(ctx, r)
	if err != nil || said == undecidedYet {
		return err
	}
	return tryAgain(h.tx(ctx, func(tx *store.Tx) error {
		if said == confirmsYet {
			return tx.Enqueue(ctx, ConsiderForwardsJob{id}, candor.JobOptions{At: basis.At.Add(confirming), Once: true})
		}
		states := []candor.ForwardState{candor.ForwardWaiting}
		if said == saidNo {
			states = append(states, candor.ForwardPerson, candor.ForwardApproved)
		}
		all, err := tx.ForwardsIn(ctx, id, states...)
		if err != nil {
			return err
		}
		for _, f := range all {
			if said == saidNo {
				err = h.refuse(ctx, tx, &f, whyNo, candor.Principal{})
			} else if h.Forwarding.Writer != nil && !h.Mute {
				err = h.approve(ctx, tx, &f, basis, candor.Principal{})
			}
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// answer is what a reporter says of passing something on.
type answer int

const (
	undecidedYet answer = iota
	confirmsYet         // yes, with a name that is not confirmed yet
	saidYes
	saidNo
)

// forwardBasis says why a report may be passed on, as far as its reporter agreed: to
// this one, or to all.
func (h *House) forwardBasis(ctx context.Context, r candor.Report) (b candor.ForwardBasis, said answer, err error) {
	c, err := h.Store.ForwardConsent(ctx, r.ID)
	if errors.Is(err, candor.ErrNotFound) {
		c, err = h.standingConsent(ctx, r)
	}
	switch {
	case errors.Is(err, candor.ErrNotFound):
		return b, undecidedYet, nil
	case err != nil:
		return b, undecidedYet, err
	case !c.Yes:
		return b, saidNo, nil
	}
	b = candor.ForwardBasis{How: c.How, Ground: c.Ground, Of: c.ID, Named: c.Named, At: c.Given, By: c.By}
	if !c.Named || !c.Unconfirmed {
		return b, saidYes, nil
	}
	if h.Clock().Before(c.Given.Add(confirming)) {
		return b, confirmsYet, nil
	}
	b.Named = false
	return b, saidYes, nil
}

// standingConsent is that of the reporter, if the reporter sent the report: anybody
// can write a name into one, and any address into the form, which asks by itself.
// Where senders are checked, somebody has to vouch for who sent it.
func (h *House) standingConsent(ctx context.Context, r candor.Report) (candor.ForwardConsent, error) {
	c, err := h.Store.StandingConsent(ctx, r.Reporter)
	if err != nil {
		return c, err
	}
	if r.Way == string(intake.Form) {
		return c, fmt.Errorf("a consent to what the form was filled in for: %w", candor.ErrNotFound)
	}
	m, err := h.mailOf(r)
	if err != nil || m == nil && r.Way != string(intake.SMTP) && r.Way != string(intake.IMAP) { // a file of a program that may hand reports in
		return c, err
	}
	from := sender(m)
	if !strings.EqualFold(from, c.Reporter) && (c.Reporter[0] != '@' || !strings.HasSuffix(from, c.Reporter)) {
		return c, fmt.Errorf("a consent of %s: %w", from, candor.ErrNotFound)
	}
	if h.Reports.Senders == nil {
		return c, nil
	}
	v, err := h.Store.Vouch(ctx, r.ID)
	if err == nil && (v.By == "" || v.Sender != from) {
		err = fmt.Errorf("somebody who vouches for %s: %w", from, candor.ErrNotFound)
	}
	return c, err
}

// stands tells whether that on which a forward rests still holds.
func (h *House) stands(ctx context.Context, tx *store.Tx, f candor.Forward) (bool, error) {
	c, err := tx.ForwardConsent(ctx, f.Report)
	switch {
	case err == nil && (!c.Yes || !c.Named && f.Basis.Named && f.Basis.How != candor.AgreedPerson):
		return false, nil
	case err != nil && !errors.Is(err, candor.ErrNotFound):
		return false, err
	case f.Basis.How != candor.AgreedPaper:
		return true, nil
	}
	r, err := tx.Report(ctx, f.Report)
	if err != nil {
		return false, err
	}
	c, err = tx.StandingConsent(ctx, r.Reporter)
	if errors.Is(err, candor.ErrNotFound) {
		return false, nil
	}
	return err == nil && (c.Named || !f.Basis.Named), err
}

// ReporterSays keeps what the holder of a reporter's link says of passing the report
// on. mailed tells that the link was mailed to the reporter: only then it can name
// the reporter, else it is candor.ErrDenied.
func (h *House) ReporterSays(ctx context.Context, id candor.ID, yes, isNamed, mailed bool) error {
	r, err := h.Store.Report(ctx, id)
	if err != nil {
		return err
	}
	if yes && isNamed && !mailed {
		return candor.WithHint(fmt.Errorf("report %s: %w", id, candor.ErrDenied), "Open the link that was mailed to the reporter.")
	}
	c := candor.ForwardConsent{ID: candor.NewID(h.Clock()), Report: r.ID, How: candor.AgreedLink, Yes: yes, Named: yes && isNamed, Given: h.now(), By: "reporter"}
	err = h.tx(ctx, func(tx *store.Tx) error {
		if err := h.addForwardConsent(ctx, tx, c, candor.Principal{}); err != nil {
			return err
		}
		return tx.Enqueue(ctx, ConsiderForwardsJob{r.ID}, candor.JobOptions{})
	})
	return err
}

// ReporterSaid gives what a reporter said of passing a report on; nil if nothing.
func (h *House) ReporterSaid(ctx context.Context, who candor.Principal, id candor.ID) (*candor.ForwardConsent, error) {
	if err := may(who, access.ReadCases); err != nil {
		return nil, err
	}
	c, err := h.Store.ForwardConsent(ctx, id)
	if errors.Is(err, candor.ErrNotFound) {
		return nil, nil
	}
	return &c, err
}

// OutcomeAsk is what a reporter is asked of passing a report on, and said.
type OutcomeAsk struct {
	Waiting bool // something waits for an answer, or is not sent yet
	Said    *candor.ForwardConsent
}

// outcomeOf counts whom a report was passed on to, and says what is asked of its
// reporter. A report that came twice is the first one's to decide about.
func (h *House) outcomeOf(ctx context.Context, r candor.Report, duplicate bool) (n int, ask OutcomeAsk, err error) {
	if n, err = h.Store.PassedOn(ctx, r.ID); err != nil || duplicate {
		return n, ask, err
	}
	open, err := h.Store.ForwardsIn(ctx, r.ID, candor.ForwardWaiting, candor.ForwardPerson, candor.ForwardApproved)
	if err != nil {
		return n, ask, err
	}
	ask.Waiting = len(open) > 0
	c, err := h.Store.ForwardConsent(ctx, r.ID)
	if errors.Is(err, candor.ErrNotFound) {
		return n, ask, nil
	}
	ask.Said = &c
	return n, ask, err
}

// mostStanding is how many standing consents are listed.
const mostStanding = 1000

// ForwardConsents lists the standing consents of reporters, those that hold first.
func (h *House) ForwardConsents(ctx context.Context, who candor.Principal) ([]candor.ForwardConsent, error) {
	if err := may(who, access.ReadCases); err != nil {
		return nil, err
	}
	return h.Store.StandingConsents(ctx, mostStanding)
}

// AgreeForwards keeps that a reporter agreed that what is nothing of the provider's
// is passed on, always, and on what ground: which agreement says so. It is for what
// waits since a week too.
func (h *House) AgreeForwards(ctx context.Context, who candor.Principal, reporter, ground string, isNamed bool) (candor.ForwardConsent, error) {
	c := candor.ForwardConsent{ID: candor.NewID(h.Clock()), How: candor.AgreedPaper, Yes: true, Named: isNamed, Given: h.now(), By: who.Actor()}
	if err := may(who, access.ManageParties); err != nil {
		return c, err
	}
	reporter, c.Ground = strings.ToLower(strings.TrimSpace(reporter)), strings.TrimSpace(ground)
	address := reporter
	if strings.HasPrefix(address, "@") {
		address = "x" + address
	}
	if r, err := intake.NewResource(intake.Mail, address); err != nil || r.Value != address {
		return c, candor.WithHint(fmt.Errorf("%.100q is no reporter: %w", reporter, candor.ErrInvalid), "Write a mail address, or @ and a domain.")
	}
	if c.Ground == "" || len(c.Ground) > 1000 {
		return c, candor.WithHint(fmt.Errorf("it does not say where they agreed: %w", candor.ErrInvalid), "Name the agreement, in at most 1,000 bytes.")
	}
	c.Reporter = reporter
	waiting, err := h.Store.WaitingForwards(ctx, reporter, h.Clock().Add(-recent), 500)
	if err != nil {
		return c, err
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		if err := h.addForwardConsent(ctx, tx, c, who); err != nil {
			return err
		}
		for _, id := range waiting {
			if err := tx.Enqueue(ctx, ConsiderForwardsJob{id}, candor.JobOptions{}); err != nil {
				return err
			}
		}
		return nil
	})
	return c, err
}

// EndForwardConsent withdraws a standing consent. What was sent stays sent.
func (h *House) EndForwardConsent(ctx context.Context, who candor.Principal, id candor.ID) error {
	if err := may(who, access.ManageParties); err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.WithdrawForwardConsent(ctx, id, h.now()); err != nil {
			return err
		}
		return h.recordJSON(ctx, tx, "", candor.RecordConsent, id, who, map[string]any{"forward": false, "standing": true})
	})
}
