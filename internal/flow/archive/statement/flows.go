package statement

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"candor/internal/flow/archive"
	"candor/internal/flow/archive/batch"
)

// Flows has a database give the flows that q is of, the newest first, from the
// rows of the raw tier, which from names: behind the first skip, at most so many.
func Flows(ctx context.Context, db Queryer, d Dialect, q archive.Question, from string, skip, most int) ([]archive.Flow, error) {
	w := words{d, q, archive.Raw, ""}
	noLine, _ := d.Line("")
	text := w.source(from)
	// A flow of two lines has two rows: the receiver's counts if the sender's does
	// not.
	if sender := w.where(true); sender == "" {
		text += fmt.Sprintf(" AND NOT (way = %d AND other <> %s)", batch.In, noLine)
	} else {
		text += fmt.Sprintf(" AND NOT (way = %d AND other <> %s AND %s)", batch.In, noLine, sender)
	}
	var all []archive.Flow
	err := each(ctx, db, fmt.Sprintf("SELECT %s FROM %s ORDER BY ended DESC, %s LIMIT %s", Raw, text, strings.TrimPrefix(Raw, "ended, "), d.Limit(skip, most)), 24, func(c []string) error {
		row := scan(d, c)
		all = append(all, row.Flow())
		return nil
	})
	return all, err
}

// scan reads the columns of Raw.
func scan(d Dialect, c []string) batch.Row {
	signed := func(i int) int64 { n, _ := strconv.ParseInt(c[i], 10, 64); return n }
	u := func(i int) uint64 { return number(c[i]) }
	return batch.Row{
		Ended: signed(0), Took: signed(1), Bytes: signed(2), Packets: signed(3), Local: Whole(u(4), u(5)), Peer: Whole(u(6), u(7)), Exporter: Whole(u(8), u(9)), NAT: Whole(u(10), u(11)),
		Line: d.ID(c[12]), Other: d.ID(c[13]), In: uint32(u(14)), Out: uint32(u(15)), Sampling: uint32(u(16)), LocalPort: uint16(u(17)), PeerPort: uint16(u(18)), Port: uint16(u(19)),
		NATPort: uint16(u(20)), Way: uint8(u(21)), Protocol: uint8(u(22)), Flags: uint8(u(23)),
	}
}

func direction(way string) archive.Direction { return batch.Direction(uint8(number(way))) }
