package agent

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"candor"
	"candor/internal/fleet/wire"
)

// outbox keeps reports until a node has taken them. What add has given back is
// on disk. It is safe for concurrent use.
type outbox struct {
	db    *bbolt.DB
	fresh chan struct{} // something was added
}

var bucket = []byte("reports")

func openOutbox(name string) (*outbox, error) {
	db, err := bbolt.Open(name, 0o600, &bbolt.Options{Timeout: 2 * time.Second})
	if err != nil {
		return nil, candor.WithHint(fmt.Errorf("open the reports in %s: %w", name, err), "Is another agent running on this folder?")
	}
	err = db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucketIfNotExists(bucket); return err })
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &outbox{db, make(chan struct{}, 1)}, nil
}

func (o *outbox) close() error { return o.db.Close() }

// add numbers a report and keeps it.
func (o *outbox) add(r *wire.Report) error {
	err := o.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucket)
		n, err := b.NextSequence()
		if err != nil {
			return err
		}
		r.Number = int64(n)
		data, err := json.Marshal(r)
		if err != nil {
			return err
		}
		return b.Put(binary.BigEndian.AppendUint64(nil, n), data)
	})
	if err != nil {
		return fmt.Errorf("keep a report: %w", err)
	}
	nudge(o.fresh)
	return nil
}

// first gives the report that has waited longest; nil if none does.
func (o *outbox) first() (number int64, data json.RawMessage, err error) {
	err = o.db.View(func(tx *bbolt.Tx) error {
		if k, v := tx.Bucket(bucket).Cursor().First(); k != nil {
			number, data = int64(binary.BigEndian.Uint64(k)), append(json.RawMessage(nil), v...)
		}
		return nil
	})
	return number, data, err
}

// taken removes reports up to a number. Of a node that has taken more than
// there ever was here, numbers go on from there.
func (o *outbox) taken(number int64) error {
	return o.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucket)
		c := b.Cursor()
		for k, _ := c.First(); k != nil && int64(binary.BigEndian.Uint64(k)) <= number; k, _ = c.First() {
			if err := c.Delete(); err != nil {
				return err
			}
		}
		if number > 0 && b.Sequence() < uint64(number) {
			return b.SetSequence(uint64(number))
		}
		return nil
	})
}

// waiting counts the reports.
func (o *outbox) waiting() (n int) {
	_ = o.db.View(func(tx *bbolt.Tx) error { // which has no error of its own
		c := tx.Bucket(bucket).Cursor()
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			n++
		}
		return nil
	})
	return n
}

// deliver sends reports, one after another, until ctx ends.
func (a *Agent) deliver(ctx context.Context) {
	wait := a.Retry
	for ctx.Err() == nil {
		number, data, err := a.reports.first()
		if err == nil && data == nil {
			select {
			case <-ctx.Done():
			case <-a.reports.fresh:
			}
			continue
		}
		if err == nil {
			err = a.hand(ctx, number, data)
		}
		if err == nil {
			wait = a.Retry
			continue
		}
		if ctx.Err() == nil {
			a.fail("deliver reports", err)
		}
		pause(ctx, wait)
		wait = min(2*wait, time.Minute)
	}
}

// hand sends a report. One that the node cannot read at all would keep back
// all that follow: it is told, and left out.
func (a *Agent) hand(ctx context.Context, number int64, data json.RawMessage) error {
	var out wire.Received
	err := a.link.ask(ctx, wire.Reports, data, &out)
	if errors.Is(err, candor.ErrInvalid) {
		a.Log.Error("the node refuses a report, which is lost", "number", number, "error", err)
		out.Received, err = number, nil
	}
	if err != nil {
		return err
	}
	if err := a.reports.taken(max(out.Received, number)); err != nil {
		return err
	}
	return a.state.delivered(max(out.Received, number))
}
