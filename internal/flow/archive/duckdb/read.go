//go:build cgo && duckdb

package duckdb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
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
		source, ok := a.source(held, tier, q)
		if !ok {
			answer = statement.Empty(q, tier)
			return nil
		}
		answer, err = statement.Ask(ctx, a.asked, a.dialect(), q, source)
		return err
	})
	return answer, err
}

// Flows implements archive.Reader.
func (a *Archive) Flows(ctx context.Context, q archive.Question) ([]archive.Flow, error) {
	q, err := q.Checked()
	if err != nil {
		return nil, err
	}
	return a.Part(ctx, q, 0, q.Limit)
}

// Part implements archive.Reader.
func (a *Archive) Part(ctx context.Context, q archive.Question, skip, most int) (flows []archive.Flow, err error) {
	if q, err = q.Checked(); err != nil {
		return nil, err
	}
	err = a.bounded(ctx, func(ctx context.Context, held catalogue) error {
		source, ok := a.source(held, archive.Raw, q)
		if !ok {
			flows = nil
			return nil
		}
		flows, err = statement.Flows(ctx, a.asked, a.dialect(), q, source.From, skip, min(most, archive.MaxPart))
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
		if held, err = a.files.catalogue(); err != nil {
			return err
		}
		if err = a.name(); err != nil {
			return err
		}
		if err = ask(inner, held); err == nil || inner.Err() != nil {
			break
		}
		if now, e := a.files.catalogue(); e != nil || now.same(held) {
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

// source words what a question of a tier is asked of; false if there is nothing.
func (a *Archive) source(held catalogue, t archive.Tier, q archive.Question) (s statement.Source, ok bool) {
	s.Tier = t
	pieces := held.pieces(t, q)
	var rows uint64
	words := make([]string, len(pieces))
	for i, p := range pieces {
		words[i] = readParquet(paths(a.o.Dir, p.files))
		if len(pieces) > 1 {
			words[i] = fmt.Sprintf("SELECT ended, %s, bytes, packets, flows FROM %s WHERE ended >= %d AND ended < %d", statement.Kept, words[i], p.since, p.until)
		}
		for _, f := range p.files {
			rows += f.rows
		}
	}
	switch len(words) {
	case 0:
		return s, false
	case 1:
		s.From = words[0]
	default:
		s.From = "(" + strings.Join(words, " UNION ALL ") + ") s"
	}
	s.Slices = a.slices(q, rows)
	return s, true
}

// aSlice is how many rows are asked of at once, if they can be told apart by line,
// and most how many slices there are: groups of rows are in one or two of them.
const (
	aSlice = 5_000_000
	most   = 32
)

// slices cuts the lines, by which files are sorted, so that what is told apart at
// once has room near the processor.
func (a *Archive) slices(q archive.Question, rows uint64) (all []string) {
	n := min(rows/a.slice, most)
	if n < 2 || !slices.Contains(q.By, archive.FieldLine) || slices.ContainsFunc(q.Where, func(c archive.Condition) bool { return c.Field == archive.FieldLine && !c.Not }) {
		return nil
	}
	lines := uint64(a.lines.count())
	for i := range n {
		slice := fmt.Sprintf("line >= %d", i*lines/n)
		if i+1 < n {
			slice += fmt.Sprintf(" AND line < %d", (i+1)*lines/n)
		}
		all = append(all, slice)
	}
	return all
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
		Limit: func(skip, most int) string { return fmt.Sprintf("%d OFFSET %d", most, skip) },
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
		held := archive.HeldTier{Tier: t}
		all, err := a.files.list(t)
		if err != nil {
			return h, err
		}
		live, _ := part(all)
		if t == archive.Minute { // what minutes are told from is theirs
			tens, err := a.files.list(ten)
			if err != nil {
				return h, err
			}
			all = slices.Concat(all, tens)
		}
		for _, f := range all {
			held.Bytes += uint64(f.size)
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
