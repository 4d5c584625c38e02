package isolate

import (
	"context"
	"encoding/json"
	"errors"

	"candor"
	"candor/internal/respond"
)

// Apply implements respond.Method. The session that the line holds now is saved
// first; then the guard admits the line, and the enforcement points are told.
func (m *Method) Apply(ctx context.Context, r candor.Response, j respond.Journal) (json.RawMessage, error) {
	var p planned
	if _, err := respond.ReadPlan(r, &p); err != nil {
		return nil, err
	}
	if !p.Level.known() {
		return nil, invalid("the plan names no level of isolation", "Propose it again.")
	}
	was, err := ReadResult(r)
	if err != nil {
		return nil, err
	}
	s, err := m.holds(ctx, r.Asset)
	if err != nil {
		return nil, err
	}
	if len(at(m.Points, s, p.Level)) == 0 {
		return nil, nowhere(s, p.Level)
	}
	res := Result{State: Setting, Level: p.Level, Session: s, At: m.Now().UTC()}
	if err := m.save(ctx, j, res); err != nil {
		return nil, err
	}
	if err := m.guard.admit(ctx, r, p.Level, s); err != nil {
		return nil, err
	}
	points, err := m.settle(ctx, r.Asset, was.Session)
	if err != nil {
		return nil, m.giveUp(ctx, r, s, err)
	}
	res.State, res.Points, res.At = Set, names(points), m.Now().UTC()
	return json.Marshal(res)
}

// giveUp ends an isolation that cannot be set for good, so that nobody tries to
// hold it. What may be set later goes on.
func (m *Method) giveUp(ctx context.Context, r candor.Response, s Session, why error) error {
	if _, again := respond.RetryAfter(why); again {
		return why
	}
	last, err := m.end(ctx, r.ID, false)
	if err == nil {
		_, err = m.settle(ctx, r.Asset, s, last)
	}
	if err == nil || waits(err) {
		_, err = m.end(ctx, r.ID, true)
	}
	if err != nil {
		return respond.Temporary(err, 0) // it is tried, and given up, again
	}
	return why
}

func (m *Method) save(ctx context.Context, j respond.Journal, res Result) error {
	data, err := json.Marshal(res)
	if err != nil {
		return err
	}
	return j.Save(ctx, data)
}

// Revert implements respond.Method. The isolation ends in the store first, so
// that nobody refills what is cleared.
func (m *Method) Revert(ctx context.Context, r candor.Response, j respond.Journal) (json.RawMessage, error) {
	res, err := ReadResult(r)
	if err != nil {
		return nil, err
	}
	if res.State == "" {
		return r.Result, nil // nothing was begun
	}
	res.State, res.At = Clearing, m.Now().UTC()
	if err := m.save(ctx, j, res); err != nil {
		return nil, err
	}
	last, err := m.end(ctx, r.ID, false)
	if err != nil {
		return nil, err
	}
	if _, err := m.settle(ctx, r.Asset, res.Session, last); err != nil && !waits(err) {
		return nil, err
	}
	if _, err := m.end(ctx, r.ID, true); err != nil {
		return nil, err
	}
	res.State, res.At = Clear, m.Now().UTC()
	return json.Marshal(res)
}

// waits tells whether what remains of a line's isolations is only to be set
// later, by Tend: what was set is cleared.
func waits(err error) bool {
	return errors.Is(err, candor.ErrNotFound) || errors.Is(err, errUnsure) || errors.Is(err, candor.ErrDenied)
}

// end writes down that an isolation goes on no longer, and gives the session by
// which it was enforced; that is forgotten once nothing is enforced any more.
func (m *Method) end(ctx context.Context, response candor.ID, forget bool) (last Session, err error) {
	err = m.Store.Tx(ctx, func(tx Tx) error {
		row, err := tx.Isolation(ctx, response)
		if errors.Is(err, candor.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if last, err = SessionOf(row); err != nil {
			return err
		}
		if row.Ended.IsZero() {
			row.Ended = m.Now().UTC()
		} else if !forget || len(row.Session) == 0 {
			return nil
		}
		if forget {
			row.Session = nil
		}
		return tx.SetIsolation(ctx, row)
	})
	return last, err
}
