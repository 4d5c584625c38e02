package software

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"candor"
	"candor/internal/consent"
)

// Register answers devices. It is safe for concurrent use.
type Register struct {
	Store    Store
	Recorder Recorder
	Findings Findings
	Clock    candor.Clock
}

// Outcome is what became of a statement.
type Outcome string

// The outcomes.
const (
	Recorded Outcome = "recorded" // it counts
	Late     Outcome = "late"     // a later one of the device about the product counted before: it is kept, and changes nothing
	Refused  Outcome = "refused"  // Reason says why; it is kept, and changes nothing
)

// OtherClauses is the Reason of statements that choose clauses which the
// agreement has not. All other reasons are mismatches.
const OtherClauses = "other-clauses"

// Answer is what a statement is answered with, however often it arrives.
type Answer struct {
	ID       candor.ID `json:"id"`
	Serial   int64     `json:"serial"`
	Outcome  Outcome   `json:"outcome"`
	Reason   string    `json:"reason,omitempty"`
	Received time.Time `json:"received"`          // when it arrived first
	Missing  int64     `json:"missing,omitempty"` // serials before it that had not arrived then
	Linked   bool      `json:"linked"`            // the device is known to be a party's
	Show     *Binding  `json:"show,omitempty"`    // what to show instead
}

// Accept takes a statement, as it was signed. It is done once: the same
// statement is given the same answer, and one that uses the serial of another is
// candor.ErrExists. An agreement that is not the one of the build is refused, and
// a finding; refusing and withdrawing are always taken. A product that is not
// registered is candor.ErrNotFound. See OpenStatement for other errors.
func (r *Register) Accept(ctx context.Context, text string) (Answer, error) {
	s, sum, err := OpenStatement(text)
	if err != nil {
		return Answer{}, err
	}
	var a Answer
	for range 5 {
		a, err = r.accept(ctx, s, sum, text)
		if !errors.Is(err, candor.ErrChanged) {
			break // else another statement of the device came first
		}
	}
	if err != nil {
		return Answer{}, fmt.Errorf("statement %d of device %s: %w", s.Serial, s.Device.ID(), err)
	}
	return a, nil
}

func (r *Register) accept(ctx context.Context, s Statement, sum, text string) (a Answer, err error) {
	var seen *Observed
	known := false
	err = r.Store.Tx(ctx, func(tx Tx) error {
		a, known, err = answered(ctx, tx, s, sum)
		if err != nil || known {
			return err
		}
		seen, err = r.observe(ctx, tx, s.Shown())
		return err
	})
	if err != nil || known {
		return a, err
	}
	// Before the statement is answered, since afterwards nobody would.
	if err := r.file(ctx, seen); err != nil {
		return a, err
	}
	err = r.Store.Tx(ctx, func(tx Tx) error {
		a, known, err = answered(ctx, tx, s, sum)
		if err != nil || known {
			return err
		}
		a, err = r.take(ctx, tx, s, sum, text, seen)
		return err
	})
	return a, err
}

// answered gives the answer to a statement that arrived before.
func answered(ctx context.Context, tx Tx, s Statement, sum string) (Answer, bool, error) {
	kept, err := tx.Statement(ctx, s.Device.ID(), s.Serial)
	switch {
	case errors.Is(err, candor.ErrNotFound):
		return Answer{}, false, nil
	case err != nil:
		return Answer{}, false, err
	case kept.Digest != sum:
		return Answer{}, false, candor.WithHint(fmt.Errorf("its serial was used for another statement: %w", candor.ErrExists), "Is the device's folder a copy? Then make a new one.")
	}
	return kept.Answer, true, nil
}

// Observed is what a device shows, held against what is declared.
type Observed struct {
	Product  Product
	Declared Declared
	Shown    Shown
	At       time.Time
	Fits     Binding // the zero Binding if there is a mismatch
	Mismatch Mismatch
}

func (r *Register) observe(ctx context.Context, tx Tx, shown Shown) (*Observed, error) {
	o := &Observed{Shown: shown, At: r.Clock().UTC()}
	var err error
	if o.Product, err = tx.Product(ctx, shown.Product); err != nil {
		return nil, fmt.Errorf("product %s: %w", shown.Product, err)
	}
	if o.Declared, err = tx.Declared(ctx, shown.Product, shown.Build); err != nil {
		return nil, err
	}
	o.Fits, o.Mismatch = Judge(shown, o.Declared, o.At)
	return o, nil
}

func (o *Observed) show() *Binding {
	if b, ok := o.Declared.InForce(o.At); ok {
		return &b
	}
	return nil
}

// file files a mismatch.
func (r *Register) file(ctx context.Context, o *Observed) error {
	if o.Mismatch == "" {
		return nil
	}
	return r.Findings.File(ctx, o.Product, o.Mismatch.Finding(o.Shown, o.Declared.Build))
}

// take keeps a statement and what follows from it.
func (r *Register) take(ctx context.Context, tx Tx, s Statement, sum, text string, o *Observed) (Answer, error) {
	d, last, err := r.device(ctx, tx, s, o.At)
	if err != nil {
		return Answer{}, err
	}
	// Read behind the device, whose row has those wait that come at once.
	stood, err := tx.Acceptance(ctx, d.ID, s.Product)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{ID: candor.NewID(o.At), Serial: s.Serial, Outcome: Recorded, Received: o.At, Linked: d.Party != "", Missing: max(0, s.Serial-last-1)}
	switch {
	case s.Serial <= stood.Serial:
		a.Outcome = Late
	case s.Act == consent.Agreed && o.Mismatch != "":
		a.Outcome, a.Reason, a.Show = Refused, string(o.Mismatch), o.show()
	case s.Act == consent.Agreed && !within(s.Clauses, o.Fits.Optional):
		a.Outcome, a.Reason, a.Show = Refused, OtherClauses, o.show()
	}
	if a.Outcome == Recorded {
		if err := tx.SetAcceptance(ctx, stood.after(s, o.Fits.Optional, o.At)); err != nil {
			return Answer{}, err
		}
		if err := r.record(ctx, tx, s, text, a, d, o); err != nil {
			return Answer{}, err
		}
	}
	err = tx.AddStatement(ctx, Kept{s.Device.ID(), s.Serial, sum, s.Product, text, a, o.At})
	return a, changedMeanwhile(err)
}

// device gives the device that a statement is of, with what was its greatest
// serial, and notes that it was heard of.
func (r *Register) device(ctx context.Context, tx Tx, s Statement, now time.Time) (d Device, last int64, err error) {
	d, err = tx.Device(ctx, s.Device.ID())
	fresh := errors.Is(err, candor.ErrNotFound)
	if fresh {
		d, err = Device{ID: s.Device.ID(), First: now}, nil
	}
	if err != nil {
		return d, 0, err
	}
	last = d.Last
	d.Last, d.Seen = max(last, s.Serial), now
	if s.Code != "" && d.Party == "" {
		d.Party, err = tx.UseCode(ctx, CodeDigest(s.Code), d.ID, now)
		if err != nil && !errors.Is(err, candor.ErrDenied) {
			return d, 0, err // a code that is no good links nothing; what was said counts
		}
	}
	if fresh {
		return d, last, changedMeanwhile(tx.AddDevice(ctx, d))
	}
	return d, last, tx.ChangeDevice(ctx, d, last)
}

// changedMeanwhile has what somebody else added first be looked at again.
func changedMeanwhile(err error) error {
	if errors.Is(err, candor.ErrExists) {
		return fmt.Errorf("%w: %w", err, candor.ErrChanged)
	}
	return err
}

// CodeDigest gives the digest under which a code is kept.
func CodeDigest(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}

// record has a statement that counts be recorded.
func (r *Register) record(ctx context.Context, tx Tx, s Statement, text string, a Answer, d Device, o *Observed) error {
	e := Event{ID: a.ID, Device: d.ID, Party: d.Party, Product: o.Product, Build: s.Build, Act: s.Act, Agreement: o.Fits.Agreement, Policy: o.Fits.Policy,
		Clauses: s.Clauses, OfAge: s.OfAge, Language: s.Language, How: s.How, Told: s.At, At: o.At, Statement: text}
	if o.Mismatch != "" {
		e.Agreement, e.Policy = Paper{SHA256: s.Agreement}, Paper{SHA256: s.Policy}
	}
	return r.Recorder.Record(ctx, tx, e)
}

// after gives what stands after a statement. optional are the clauses that can
// be taken back by themselves; taking back any other ends all of it.
func (a Acceptance) after(s Statement, optional []string, now time.Time) Acceptance {
	a.Device, a.Product, a.Serial = s.Device.ID(), s.Product, s.Serial
	switch s.Act {
	case consent.Agreed:
		a.Build, a.Agreement, a.Policy, a.Clauses = s.Build, s.Agreement, s.Policy, s.Clauses
		a.Since, a.Ended, a.Refused = now, time.Time{}, ""
	case consent.Refused:
		a.Refused = s.Agreement
	case consent.Withdrawn:
		if len(s.Clauses) > 0 && within(s.Clauses, slices.Concat(optional, a.Clauses)) {
			a.Clauses = slices.DeleteFunc(slices.Clone(a.Clauses), func(c string) bool { return slices.Contains(s.Clauses, c) })
		} else if a.Ended.IsZero() {
			a.Ended = now
		}
	}
	return a
}

// within tells whether all of some clauses are among others.
func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(c string) bool { return !slices.Contains(all, c) })
}
