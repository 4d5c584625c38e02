//go:build cgo && duckdb

package duckdb

import (
	"errors"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"candor/internal/flow/archive/batch"
	"candor/internal/flow/archive/statement"
)

// column is a column of the raw tier: the order is that of statement.Raw.
type column struct {
	name, word string
	kind       mapping.Type
}

var columns = []column{
	big("ended"), big("took"), big("bytes"), big("packets"),
	half("local_hi"), half("local_lo"), half("peer_hi"), half("peer_lo"), half("exporter_hi"), half("exporter_lo"), half("nat_hi"), half("nat_lo"),
	whole("line"), whole("other"), whole("in_if"), whole("out_if"), whole("sampling"),
	port("local_port"), port("peer_port"), port("port"), port("nat_port"),
	small("way"), small("protocol"), small("flags"),
}

func big(name string) column   { return column{name, "BIGINT", mapping.TypeBigInt} }
func half(name string) column  { return column{name, "UBIGINT", mapping.TypeUBigInt} }
func whole(name string) column { return column{name, "UINTEGER", mapping.TypeUInteger} }
func port(name string) column  { return column{name, "USMALLINT", mapping.TypeUSmallInt} }
func small(name string) column { return column{name, "UTINYINT", mapping.TypeUTinyInt} }

// take puts rows into the table incoming.
func (e *engine) take(rows []batch.Row, lines *lines) (err error) {
	var to mapping.Appender
	if mapping.AppenderCreate(e.conn, "", "incoming", &to) == mapping.StateError {
		err := errors.New(mapping.AppenderError(to))
		mapping.AppenderDestroy(&to)
		return err
	}
	defer func() {
		if mapping.AppenderDestroy(&to) == mapping.StateError && err == nil {
			err = errors.New("rows were not taken in")
		}
	}()
	for size := int(mapping.VectorSize()); len(rows) > 0; {
		n := min(size, len(rows))
		mapping.DataChunkReset(e.room)
		e.fill(rows[:n], lines)
		mapping.DataChunkSetSize(e.room, mapping.IdxT(n))
		if mapping.AppendDataChunk(to, e.room) == mapping.StateError {
			return errors.New(mapping.AppenderError(to))
		}
		rows = rows[n:]
	}
	if mapping.AppenderFlush(to) == mapping.StateError {
		return errors.New(mapping.AppenderError(to))
	}
	return nil
}

// fill writes rows to the columns of the chunk.
func (e *engine) fill(rows []batch.Row, lines *lines) {
	lines.mu.Lock()
	defer lines.mu.Unlock()
	at := 0
	ended, took := of[int64](e, &at, len(rows)), of[int64](e, &at, len(rows))
	bytes, packets := of[int64](e, &at, len(rows)), of[int64](e, &at, len(rows))
	var halves [8][]uint64
	for i := range halves {
		halves[i] = of[uint64](e, &at, len(rows))
	}
	line, other := of[uint32](e, &at, len(rows)), of[uint32](e, &at, len(rows))
	in, out, sampling := of[uint32](e, &at, len(rows)), of[uint32](e, &at, len(rows)), of[uint32](e, &at, len(rows))
	local, peer := of[uint16](e, &at, len(rows)), of[uint16](e, &at, len(rows))
	service, nat := of[uint16](e, &at, len(rows)), of[uint16](e, &at, len(rows))
	way, protocol, flags := of[uint8](e, &at, len(rows)), of[uint8](e, &at, len(rows)), of[uint8](e, &at, len(rows))
	for i := range rows {
		r := &rows[i]
		ended[i], took[i], bytes[i], packets[i] = r.Ended, r.Took, r.Bytes, r.Packets
		halves[0][i], halves[1][i] = statement.Halves(r.Local)
		halves[2][i], halves[3][i] = statement.Halves(r.Peer)
		halves[4][i], halves[5][i] = statement.Halves(r.Exporter)
		halves[6][i], halves[7][i] = statement.Halves(r.NAT)
		line[i], other[i] = lines.numbers[r.Line], lines.numbers[r.Other]
		in[i], out[i], sampling[i] = r.In, r.Out, r.Sampling
		local[i], peer[i], service[i], nat[i] = r.LocalPort, r.PeerPort, r.Port, r.NATPort
		way[i], protocol[i], flags[i] = r.Way, r.Protocol, r.Flags
	}
}

// of is the room of the next column: it must be of the column's type.
func of[T any](e *engine, at *int, n int) []T {
	v := mapping.DataChunkGetVector(e.room, mapping.IdxT(*at))
	*at++
	return unsafe.Slice((*T)(mapping.VectorGetData(v)), n)
}
