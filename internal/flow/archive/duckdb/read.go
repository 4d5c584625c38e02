//go:build cgo && duckdb

package duckdb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"candor"
	"candor/internal/flow/archive"
	"candor/internal/flow/archive/statement"
)

// Ask implements archive.Reader.
func (a *Archive) Ask(ctx context.Context, q archive.Question) (answer archive.Answer, err error) {
	if q, err = q.Checked(); err != nil {
		return answer, err
	}
	err = a.bounded(ctx, func(ctx context.Context, held catalogue) error {
		tier, q := q.Choose(held.from)
		from := a.relation(held.of(tier), q)
		if from == "" {
			answer = statement.Empty(q, tier)
			return nil
		}
		answer, err = statement.Ask(ctx, a.asked, a.dialect(), q, tier, from)
		return err
	})
	return answer, err
}

// Flows implements archive.Reader.
func (a *Archive) Flows(ctx context.Context, q archive.Question) (flows []archive.Flow, err error) {
	if q, err = q.Checked(); err != nil {
		return nil, err
	}
	err = a.bounded(ctx, func(ctx context.Context, held catalogue) error {
		from := a.relation(held.of(archive.Raw), q)
		if from == "" {
			flows = nil
			return nil
		}
		flows, err = statement.Flows(ctx, a.asked, a.dialect(), q, from)
		return err
	})
	return flows, err
}

// tries is how often a question is asked whose files were joined or removed
// meanwhile.
const tries = 3

// bounded asks within the bounds of a question.
func (a *Archive) bounded(ctx context.Context, ask func(context.Context, catalogue) error) error {
	select {
	case a.asking <- struct{}{}:
		defer func() { <-a.asking }()
	case <-ctx.Done():
		return ctx.Err()
	}
	inner, cancel := context.WithTimeout(ctx, a.o.Patience)
	defer cancel()
	var err error
	for range tries {
		var held catalogue
		if held, err = a.catalogue(); err != nil {
			return err
		}
		if err = a.name(); err != nil {
			return err
		}
		if err = ask(inner, held); err == nil || inner.Err() != nil {
			break
		}
		if now, e := a.catalogue(); e != nil || now.same(held) {
			break
		}
	}
	var of *duckdb.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case inner.Err() != nil, errors.As(err, &of) && of.Type == duckdb.ErrorTypeOutOfMemory:
		return archive.ErrTooMuch
	}
	return fmt.Errorf("ask the flow archive: %w", err)
}

// catalogue is what files there are, without those that others cover.
type catalogue struct{ raw, minute, hour []file }

func (a *Archive) catalogue() (c catalogue, err error) {
	for tier, to := range map[archive.Tier]*[]file{archive.Raw: &c.raw, archive.Minute: &c.minute, archive.Hour: &c.hour} {
		all, err := list(a.o.Dir, tier)
		if err != nil {
			return c, err
		}
		*to, _ = part(all)
	}
	return c, nil
}

func (c catalogue) same(d catalogue) bool {
	return slices.Equal(c.raw, d.raw) && slices.Equal(c.minute, d.minute) && slices.Equal(c.hour, d.hour)
}

// of gives the files that have what a tier has. Hours that are not over have
// their minutes.
func (c catalogue) of(t archive.Tier) []file {
	switch t {
	case archive.Raw:
		return c.raw
	case archive.Minute:
		return c.minute
	default:
		return append(slices.Clone(c.hour), without(c.minute, c.hour)...)
	}
}

// from tells since when a tier has all that coarser tiers have.
func (c catalogue) from(t archive.Tier) time.Time {
	coarser := c.of(archive.Hour)
	if t == archive.Raw {
		coarser = append(coarser, c.minute...)
	}
	own := c.of(t)
	if t == archive.Hour || len(coarser) == 0 {
		return time.Time{}
	}
	if len(own) == 0 {
		return time.Unix(1<<40, 0)
	}
	var since time.Time
	for _, f := range coarser {
		switch {
		case f.hour.Before(own[0].hour) && since.IsZero():
			since = own[0].hour
		case f.hour.Equal(own[0].hour) && f.first < own[0].first:
			since = own[0].hour.Add(time.Hour) // some of that hour is gone
		}
	}
	return since
}

// relation is what questions are asked of; empty if there is nothing.
func (a *Archive) relation(files []file, q archive.Question) string {
	since, until := q.Since.UnixMicro(), q.Until.UnixMicro()
	files = slices.DeleteFunc(slices.Clone(files), func(f file) bool { return f.until < since || f.from >= until })
	if len(files) == 0 {
		return ""
	}
	return readParquet(paths(a.o.Dir, files))
}

func readParquet(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return "read_parquet([" + strings.Join(quoted, ",") + "])"
}

func (a *Archive) dialect() statement.Dialect {
	return statement.Dialect{
		Line: func(id candor.ID) (string, bool) {
			n, ok := a.lines.number(id)
			return fmt.Sprintf("%d::UINTEGER", n), ok
		},
		ID: func(text string) candor.ID {
			var n uint32
			if _, err := fmt.Sscan(text, &n); err != nil {
				return ""
			}
			return a.lines.id(n)
		},
		Order: func(column string) string {
			return fmt.Sprintf("(SELECT line FROM lines WHERE lines.number = g.%s)", column)
		},
		Div:  func(x string, by int64) string { return fmt.Sprintf("%s // %d", x, by) },
		Mask: func(x string, m uint64) string { return fmt.Sprintf("(%s & %d::UBIGINT)", x, m) },
		U64:  func(n uint64) string { return fmt.Sprintf("%d::UBIGINT", n) },
		Sum: func(column string) string {
			return fmt.Sprintf("least(coalesce(sum(%s), 0), 18446744073709551615)::UBIGINT", column)
		},
		Count: "count(*)::UBIGINT",
		Once:  func(query string) (string, string) { return "WITH once AS MATERIALIZED (" + query + ") ", "once" },
		Among: func(names []string, rows [][]string) string {
			tuples := make([]string, len(rows))
			for i, r := range rows {
				tuples[i] = "(" + strings.Join(r, ",") + ")"
			}
			list := strings.Join(names, ", ")
			return fmt.Sprintf("SEMI JOIN (VALUES %s) among(%s) USING (%s)", strings.Join(tuples, ","), list, list)
		},
	}
}

// name has the database of questions know what lines are called.
func (a *Archive) name() error {
	a.named.Lock()
	defer a.named.Unlock()
	if err := a.lines.refresh(); err != nil {
		return err
	}
	more := a.lines.after(a.known)
	if len(more) == 0 {
		return nil
	}
	c, err := a.asked.Conn(context.Background())
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Raw(func(raw any) error {
		to, err := duckdb.NewAppenderFromConn(raw.(driver.Conn), "", "lines")
		if err != nil {
			return err
		}
		for i, id := range more {
			if err := to.AppendRow(uint32(a.known+i), string(id)); err != nil {
				return errors.Join(err, to.Close())
			}
		}
		if err := to.Close(); err != nil {
			return err
		}
		a.known += len(more)
		return nil
	})
}

// Held implements archive.Reader.
func (a *Archive) Held(context.Context) (archive.Held, error) {
	h := archive.Held{Removed: a.removed.Load()}
	h.Waiting, h.Dropped = a.queue.Count()
	for _, t := range archive.Tiers {
		all, err := list(a.o.Dir, t)
		if err != nil {
			return h, err
		}
		live, _ := part(all)
		held := archive.HeldTier{Tier: t}
		for _, f := range all {
			if st, err := os.Stat(filepath.Join(a.o.Dir, f.name())); err == nil {
				held.Bytes += uint64(st.Size())
			}
		}
		for _, f := range live {
			held.Rows += f.rows
			from, until := time.UnixMicro(f.from).UTC(), time.UnixMicro(f.until).UTC()
			if held.Since.IsZero() || from.Before(held.Since) {
				held.Since = from
			}
			if until.After(held.Until) {
				held.Until = until
			}
		}
		h.Tiers = append(h.Tiers, held)
	}
	return h, nil
}
