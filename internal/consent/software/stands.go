package software

import (
	"context"
	"errors"
	"fmt"
	"time"

	"candor"
	"candor/internal/consent"
)

// Why says why an acceptance does not stand. Mismatches are reasons too.
type Why string

// The reasons.
const (
	Never      Why = "never"       // nothing was agreed to on this device
	Withdrawn  Why = "withdrawn"   // it was taken back
	NewVersion Why = "new-version" // another version is in force than was agreed to
	Declined   Why = "declined"    // the version in force was refused
)

// Standing is the answer to whether what was agreed to on a device still stands.
type Standing struct {
	Stands   bool      `json:"stands"`
	Why      Why       `json:"why,omitempty"`     // not
	Show     *Binding  `json:"show,omitempty"`    // what to show the user next, if it does not
	Clauses  []string  `json:"clauses"`           // optional ones that are agreed to
	Accepted time.Time `json:"accepted,omitzero"` // when the provider received it
}

// Stands answers a question, as a device signed it. What it shows is held against
// what is declared; a mismatch is a finding. A product that is not registered is
// candor.ErrNotFound. See OpenQuestion for other errors.
func (r *Register) Stands(ctx context.Context, text string) (Standing, error) {
	q, err := OpenQuestion(text)
	if err != nil {
		return Standing{}, err
	}
	var seen *Observed
	var stood Acceptance
	err = r.Store.Tx(ctx, func(tx Tx) error {
		if seen, err = r.observe(ctx, tx, q.Shown()); err != nil {
			return err
		}
		stood, err = tx.Acceptance(ctx, q.Device.ID(), q.Product)
		return err
	})
	if err == nil {
		err = r.file(ctx, seen)
	}
	if err != nil {
		return Standing{}, fmt.Errorf("question of device %s: %w", q.Device.ID(), err)
	}
	return stood.standing(seen), nil
}

// standing holds what was agreed to against what is in force.
func (a Acceptance) standing(o *Observed) Standing {
	s := Standing{Clauses: []string{}, Show: o.show()}
	inForce := o.Fits
	if s.Show != nil {
		inForce = *s.Show
	}
	switch {
	case o.Mismatch != "":
		s.Why = Why(o.Mismatch)
	case a.Refused == inForce.Agreement.SHA256:
		s.Why = Declined
	case !a.Ended.IsZero(): // perhaps of an agreement that arrived too late to count
		s.Why = Withdrawn
	case a.Agreement == "":
		s.Why = Never
	case a.Agreement != inForce.Agreement.SHA256 || a.Policy != inForce.Policy.SHA256:
		s.Why = NewVersion
	default:
		s.Stands, s.Show, s.Accepted, s.Clauses = true, nil, a.Since, append(s.Clauses, a.Clauses...)
	}
	return s
}

// Stands says what this device knows by itself: what was said last of the
// product, if the provider did not refuse it, about exactly what is shown. A
// version that came into force since is only known to the provider.
func (q *Queue) Stands(shown Shown) (Standing, error) {
	s := Standing{Clauses: []string{}}
	st, answer, err := q.Last(shown.Product)
	switch {
	case errors.Is(err, candor.ErrNotFound):
		s.Why = Never
	case err != nil:
		return s, err
	case answer != nil && answer.Outcome == Refused:
		s.Why, s.Show = Why(answer.Reason), answer.Show
	case st.Act == consent.Refused:
		s.Why = Declined
	case st.Act == consent.Withdrawn:
		s.Why = Withdrawn
	case st.Shown() != shown:
		s.Why = NewVersion
	default:
		s.Stands, s.Clauses = true, st.Clauses
		if answer != nil {
			s.Accepted = answer.Received
		}
	}
	return s, nil
}
