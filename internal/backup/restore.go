package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"candor"
)

// Restore puts an archive into t, all of it or nothing: rows are kept, and
// folders get their names, only when every digest of the whole archive has been
// compared. Then everything is durable.
//
// A target that is not empty is candor.ErrExists, an archive of a later
// version or none at all candor.ErrInvalid, a damaged one candor.ErrChanged,
// one encrypted to somebody else candor.ErrDenied. A program killed meanwhile
// leaves folders named NAME.restoring-…, which the next Restore removes; one
// killed in the last moment leaves restored folders beside an empty database:
// remove them and restore again.
func Restore(ctx context.Context, r io.Reader, t Target) (Report, error) {
	d, err := dialectOf(t.Database)
	if err != nil {
		return Report{}, fmt.Errorf("restore: %w", err)
	}
	p, err := newPlaces(t)
	if err != nil {
		return Report{}, fmt.Errorf("restore: %w", err)
	}
	defer p.clean()
	var report Report
	err = t.Database.Load(ctx, func(tx *sql.Tx) error {
		l, err := newLoader(ctx, tx, d, time.Now())
		if err != nil {
			return err
		}
		if report, err = read(contextReader{ctx, r}, t.Identities, &restoring{l, p}); err != nil {
			return err
		}
		if !sameRows(report.Rows, l.counts) || report.Jobs != l.queued {
			return damaged("it has other rows than it says")
		}
		return p.settle()
	})
	if err != nil {
		return Report{}, fmt.Errorf("restore: %w", errors.Join(err, p.undo()))
	}
	report.PassedOver = p.passedOver()
	return report, nil
}

// Verify reads an archive to its end and says what is in it, if it is whole.
func Verify(ctx context.Context, r io.Reader, t Target) (Report, error) {
	report, err := read(contextReader{ctx, r}, t.Identities, nothing{})
	if err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	return report, nil
}

func sameRows(said, have map[string]int64) bool {
	said = maps.Clone(said)
	maps.DeleteFunc(said, func(_ string, n int64) bool { return n == 0 })
	return maps.Equal(said, have)
}

// restoring receives what the archive holds.
type restoring struct {
	*loader
	p *places
}

func (r *restoring) file(name string, in io.Reader) error {
	if key, ok := strings.CutPrefix(name, keysPrefix); ok {
		return r.p.key(key, in)
	}
	return r.p.file(name, in)
}

// nothing receives everything and keeps none of it.
type nothing struct{}

func (nothing) head(Head) error              { return nil }
func (nothing) rows(io.Reader) error         { return nil }
func (nothing) jobs(io.Reader) error         { return nil }
func (nothing) file(string, io.Reader) error { return nil }

// contextReader ends reading when its context does.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// notEmpty says that there is something where something is to be restored.
func notEmpty(what string) error {
	return candor.WithHint(fmt.Errorf("%s is not empty: %w", what, candor.ErrExists), "Restore into new folders, or move what is there away.")
}
