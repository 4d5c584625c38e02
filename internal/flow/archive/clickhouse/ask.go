package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"candor"
	"candor/internal/flow/archive"
	"candor/internal/flow/archive/statement"
)

// Ask implements archive.Reader.
func (a *Archive) Ask(ctx context.Context, q archive.Question) (answer archive.Answer, err error) {
	if q, err = q.Checked(); err != nil {
		return answer, err
	}
	tier, q := q.Choose(a.from)
	err = a.bounded(ctx, func(ctx context.Context) error {
		answer, err = statement.Ask(ctx, a.asked, dialect, q, statement.Source{Tier: tier, From: tables[tier]})
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
	err = a.bounded(ctx, func(ctx context.Context) error {
		flows, err = statement.Flows(ctx, a.asked, dialect, q, tables[archive.Raw], skip, min(most, archive.MaxPart))
		return err
	})
	return flows, err
}

// from tells since when a tier is kept.
func (a *Archive) from(t archive.Tier) time.Time {
	if keep := a.o.Keep[t]; keep > 0 {
		return a.o.Clock().Add(-keep)
	}
	return time.Time{}
}

// Errors of ClickHouse for what takes too long or too much.
var tooMuch = map[int32]bool{158: true, 159: true, 160: true, 191: true, 241: true, 307: true, 396: true}

const noTable = 60

// bounded asks within the bounds of a question.
func (a *Archive) bounded(ctx context.Context, ask func(context.Context) error) error {
	inner, cancel := context.WithTimeout(ctx, a.o.Patience)
	defer cancel()
	err := ask(clickhouse.Context(inner, clickhouse.WithSettings(clickhouse.Settings{
		"max_execution_time": int(a.o.Patience/time.Second) + 1, "max_memory_usage": int(a.o.Memory), "max_bytes_before_external_group_by": int(a.o.Memory / 2), "max_query_size": 1 << 22,
	})))
	var of *clickhouse.Exception
	var away net.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case inner.Err() != nil, errors.As(err, &of) && tooMuch[of.Code]:
		return archive.ErrTooMuch
	case errors.As(err, &of) && of.Code == noTable:
		return fmt.Errorf("%w: nothing was written to ClickHouse yet", candor.ErrUnavailable)
	case errors.As(err, &away):
		return fmt.Errorf("%w: ClickHouse does not answer", candor.ErrUnavailable)
	}
	return fmt.Errorf("ask ClickHouse: %w", err)
}

var dialect = statement.Dialect{
	Line:  func(id candor.ID) (string, bool) { return "'" + string(id) + "'", statement.Known(id) },
	ID:    func(text string) candor.ID { return candor.ID(text) },
	Order: func(column string) string { return column },
	Div:   func(x string, by int64) string { return fmt.Sprintf("intDiv(%s, %d)", x, by) },
	Mask:  func(x string, m uint64) string { return fmt.Sprintf("bitAnd(%s, toUInt64(%d))", x, m) },
	U64:   func(n uint64) string { return fmt.Sprintf("toUInt64(%d)", n) },
	Sum:   func(column string) string { return fmt.Sprintf("toUInt64(sum(%s))", column) },
	Count: "count()",
	Once:  func(query string) (string, string) { return "", "(" + query + ")" },
	Limit: func(skip, most int) string { return fmt.Sprintf("%d, %d", skip, most) },
	Among: func(names []string, rows [][]string) string {
		tuples := make([]string, len(rows))
		for i, r := range rows {
			tuples[i] = "(" + strings.Join(r, ",") + ")"
		}
		return fmt.Sprintf("WHERE (%s) IN (%s)", strings.Join(names, ", "), strings.Join(tuples, ","))
	},
}

// Held implements archive.Reader.
func (a *Archive) Held(ctx context.Context) (archive.Held, error) {
	h := archive.Held{Removed: a.removed.Load()}
	h.Waiting, h.Dropped = a.queue.Count()
	inner, cancel := context.WithTimeout(ctx, a.o.Patience)
	defer cancel()
	all, err := parts(inner, a.conn)
	if err != nil {
		return h, fmt.Errorf("%w: ClickHouse does not tell what it holds: %w", candor.ErrUnavailable, err)
	}
	for _, t := range archive.Tiers {
		held := archive.HeldTier{Tier: t}
		for _, p := range all {
			if p.tier == t {
				held.Rows, held.Bytes = held.Rows+p.rows, held.Bytes+p.bytes
			}
		}
		if held.Rows > 0 {
			var from, until int64
			if err := a.conn.QueryRow(inner, "SELECT min(ended), max(ended) FROM "+tables[t]).Scan(&from, &until); err != nil {
				return h, err
			}
			held.Since, held.Until = time.UnixMicro(from).UTC(), time.UnixMicro(until).UTC()
		}
		h.Tiers = append(h.Tiers, held)
	}
	return h, nil
}
