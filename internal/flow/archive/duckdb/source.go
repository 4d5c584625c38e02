//go:build cgo && duckdb

package duckdb

import (
	"github.com/duckdb/duckdb-go/v2"

	"candor/internal/flow"
	"candor/internal/flow/archive/batch"
	"candor/internal/flow/archive/statement"
)

// incoming is the table of rows that are being written: DuckDB reads them where
// they are.
type incoming struct {
	lines *lines
	rows  []batch.Row
	at    int
}

// column is a column of the raw tier: the order is that of statement.Raw.
type column struct {
	name string
	kind duckdb.Type
}

var columns = []column{
	{"ended", duckdb.TYPE_BIGINT}, {"took", duckdb.TYPE_BIGINT}, {"bytes", duckdb.TYPE_BIGINT}, {"packets", duckdb.TYPE_BIGINT},
	{"local_hi", duckdb.TYPE_UBIGINT}, {"local_lo", duckdb.TYPE_UBIGINT}, {"peer_hi", duckdb.TYPE_UBIGINT}, {"peer_lo", duckdb.TYPE_UBIGINT},
	{"exporter_hi", duckdb.TYPE_UBIGINT}, {"exporter_lo", duckdb.TYPE_UBIGINT}, {"nat_hi", duckdb.TYPE_UBIGINT}, {"nat_lo", duckdb.TYPE_UBIGINT},
	{"line", duckdb.TYPE_UINTEGER}, {"other", duckdb.TYPE_UINTEGER}, {"in_if", duckdb.TYPE_UINTEGER}, {"out_if", duckdb.TYPE_UINTEGER}, {"sampling", duckdb.TYPE_UINTEGER},
	{"local_port", duckdb.TYPE_USMALLINT}, {"peer_port", duckdb.TYPE_USMALLINT}, {"port", duckdb.TYPE_USMALLINT}, {"nat_port", duckdb.TYPE_USMALLINT},
	{"way", duckdb.TYPE_UTINYINT}, {"protocol", duckdb.TYPE_UTINYINT}, {"flags", duckdb.TYPE_UTINYINT},
}

// ColumnInfos implements duckdb.ChunkTableSource.
func (s *incoming) ColumnInfos() []duckdb.ColumnInfo {
	all := make([]duckdb.ColumnInfo, len(columns))
	for i, c := range columns {
		t, err := duckdb.NewTypeInfo(c.kind)
		if err != nil {
			panic(err) // they are literals
		}
		all[i] = duckdb.ColumnInfo{Name: c.name, T: t}
	}
	return all
}

// Cardinality implements duckdb.ChunkTableSource.
func (s *incoming) Cardinality() *duckdb.CardinalityInfo {
	return &duckdb.CardinalityInfo{Cardinality: uint(len(s.rows)), Exact: true}
}

// Init implements duckdb.ChunkTableSource.
func (s *incoming) Init() { s.at = 0 }

// FillChunk implements duckdb.ChunkTableSource.
func (s *incoming) FillChunk(c duckdb.DataChunk) error {
	n := min(len(s.rows)-s.at, duckdb.GetDataChunkCapacity())
	rows := s.rows[s.at : s.at+n]
	s.at += n
	w := writer{c: c, rows: rows}
	set(&w, func(r *batch.Row) int64 { return r.Ended })
	set(&w, func(r *batch.Row) int64 { return r.Took })
	set(&w, func(r *batch.Row) int64 { return r.Bytes })
	set(&w, func(r *batch.Row) int64 { return r.Packets })
	for _, a := range []func(*batch.Row) flow.Addr{
		func(r *batch.Row) flow.Addr { return r.Local }, func(r *batch.Row) flow.Addr { return r.Peer },
		func(r *batch.Row) flow.Addr { return r.Exporter }, func(r *batch.Row) flow.Addr { return r.NAT },
	} {
		set(&w, func(r *batch.Row) uint64 { hi, _ := statement.Halves(a(r)); return hi })
		set(&w, func(r *batch.Row) uint64 { _, lo := statement.Halves(a(r)); return lo })
	}
	s.lines.mu.Lock()
	set(&w, func(r *batch.Row) uint32 { return s.lines.numbers[r.Line] })
	set(&w, func(r *batch.Row) uint32 { return s.lines.numbers[r.Other] })
	s.lines.mu.Unlock()
	set(&w, func(r *batch.Row) uint32 { return r.In })
	set(&w, func(r *batch.Row) uint32 { return r.Out })
	set(&w, func(r *batch.Row) uint32 { return r.Sampling })
	set(&w, func(r *batch.Row) uint16 { return r.LocalPort })
	set(&w, func(r *batch.Row) uint16 { return r.PeerPort })
	set(&w, func(r *batch.Row) uint16 { return r.Port })
	set(&w, func(r *batch.Row) uint16 { return r.NATPort })
	set(&w, func(r *batch.Row) uint8 { return r.Way })
	set(&w, func(r *batch.Row) uint8 { return r.Protocol })
	set(&w, func(r *batch.Row) uint8 { return r.Flags })
	if w.err != nil {
		return w.err
	}
	return c.SetSize(n)
}

// writer writes one column after the other.
type writer struct {
	c      duckdb.DataChunk
	rows   []batch.Row
	column int
	err    error
}

func set[T any](w *writer, value func(*batch.Row) T) {
	for i := range w.rows {
		if err := duckdb.SetChunkValue(w.c, w.column, i, value(&w.rows[i])); err != nil {
			w.err = err
			return
		}
	}
	w.column++
}
