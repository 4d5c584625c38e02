package clickhouse

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"candor/internal/flow"
	"candor/internal/flow/archive/batch"
	"candor/internal/flow/archive/statement"
)

// insert sends rows as one block: all of them are there then, or none.
func (a *Archive) insert(ctx context.Context, rows []batch.Row) error {
	b, err := a.conn.PrepareBatch(ctx, "INSERT INTO flows_raw (came, batch, "+statement.Raw+")")
	if err != nil {
		return err
	}
	w := writer{b: b, rows: rows}
	came := a.o.Clock().UTC()
	put(&w, func(*batch.Row) time.Time { return came })
	put(&w, func(*batch.Row) uint64 { return a.id })
	put(&w, func(r *batch.Row) int64 { return r.Ended })
	put(&w, func(r *batch.Row) int64 { return r.Took })
	put(&w, func(r *batch.Row) uint64 { return uint64(r.Bytes) })
	put(&w, func(r *batch.Row) uint64 { return uint64(r.Packets) })
	for _, address := range []func(*batch.Row) flow.Addr{
		func(r *batch.Row) flow.Addr { return r.Local }, func(r *batch.Row) flow.Addr { return r.Peer },
		func(r *batch.Row) flow.Addr { return r.Exporter }, func(r *batch.Row) flow.Addr { return r.NAT },
	} {
		put(&w, func(r *batch.Row) uint64 { hi, _ := statement.Halves(address(r)); return hi })
		put(&w, func(r *batch.Row) uint64 { _, lo := statement.Halves(address(r)); return lo })
	}
	put(&w, func(r *batch.Row) string { return string(r.Line) })
	put(&w, func(r *batch.Row) string { return string(r.Other) })
	put(&w, func(r *batch.Row) uint32 { return r.In })
	put(&w, func(r *batch.Row) uint32 { return r.Out })
	put(&w, func(r *batch.Row) uint32 { return r.Sampling })
	put(&w, func(r *batch.Row) uint16 { return r.LocalPort })
	put(&w, func(r *batch.Row) uint16 { return r.PeerPort })
	put(&w, func(r *batch.Row) uint16 { return r.Port })
	put(&w, func(r *batch.Row) uint16 { return r.NATPort })
	put(&w, func(r *batch.Row) uint8 { return r.Way })
	put(&w, func(r *batch.Row) uint8 { return r.Protocol })
	put(&w, func(r *batch.Row) uint8 { return r.Flags })
	if w.err != nil {
		return errors.Join(w.err, b.Abort())
	}
	return b.Send()
}

// writer writes one column after the other.
type writer struct {
	b      driver.Batch
	rows   []batch.Row
	column int
	err    error
}

func put[T any](w *writer, value func(*batch.Row) T) {
	if w.err != nil {
		return
	}
	all := slices.Grow([]T(nil), len(w.rows))
	for i := range w.rows {
		all = append(all, value(&w.rows[i]))
	}
	w.err = w.b.Column(w.column).Append(all)
	w.column++
}
