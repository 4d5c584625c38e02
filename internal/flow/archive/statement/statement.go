// Package statement words questions of flows in SQL, for archives that are asked
// so. Both know the columns of Raw and Sums, and differ in what a Dialect says.
package statement

import (
	"fmt"
	"strings"

	"candor"
	"candor/internal/flow/archive"
	"candor/internal/flow/archive/batch"
)

// Raw are the columns of a row of the raw tier, in the order of batch.Row.
const Raw = "ended, took, bytes, packets, local_hi, local_lo, peer_hi, peer_lo, exporter_hi, exporter_lo, nat_hi, nat_lo, line, other, in_if, out_if, sampling, local_port, peer_port, port, nat_port, way, protocol, flags"

// Kept are the columns that sums keep apart, besides the time that they stand
// for (ended). They add up bytes, packets and flows.
const Kept = "line, way, port, protocol, exporter_hi, exporter_lo, in_if, out_if"

// Dialect is how a database says what it has its own words for.
type Dialect struct {
	Line  func(candor.ID) (string, bool) // the literal of a line; false if it is none that is known
	ID    func(string) candor.ID         // the other way round
	Order func(column string) string     // what lines are ordered by
	Div   func(a string, b int64) string // whole division
	Mask  func(a string, m uint64) string
	U64   func(uint64) string
	Sum   func(column string) string           // in 64 bits without a sign
	Count string                               // of rows, in the same
	Once  func(query string) (with, as string) // a query that is used twice
	Limit func(skip, most int) string          // what follows LIMIT
	Among func(columns []string, rows [][]string) string
}

const none = "1 = 0"

// words are a Question being worded.
type words struct {
	d     Dialect
	q     archive.Question
	tier  archive.Tier
	slice string // a condition more; empty: none
}

// where words all conditions. Mirrored it is the other end of a flow of two
// lines that they hold for.
func (w words) where(mirrored bool) string {
	all := make([]string, 0, len(w.q.Where)+1)
	for _, c := range w.q.Where {
		all = append(all, w.condition(c, mirrored))
	}
	return strings.Join(all, " AND ")
}

// source is what the question is of: rows of the time asked for.
func (w words) source(from string) string {
	text := fmt.Sprintf("%s WHERE ended >= %d AND ended < %d", from, w.q.Since.UnixMicro(), w.q.Until.UnixMicro())
	if more := w.where(false); more != "" {
		text += " AND " + more
	}
	if w.slice != "" {
		text += " AND " + w.slice
	}
	return text
}

func (w words) condition(c archive.Condition, mirrored bool) string {
	if c.Field == archive.FieldLine {
		return w.lines(c, mirrored)
	}
	one := make([]string, len(c.Values))
	for i, v := range c.Values {
		one[i] = w.equal(c.Field, v, mirrored)
	}
	text := "(" + strings.Join(one, " OR ") + ")"
	if c.Not {
		return "NOT " + text
	}
	return text
}

// lines words a condition on lines, of which there may be many.
func (w words) lines(c archive.Condition, mirrored bool) string {
	var all []string
	for _, v := range c.Values {
		if line, ok := w.d.Line(v.Line); ok {
			all = append(all, line)
		}
	}
	text := none
	if len(all) > 0 {
		text = column(c.Field, mirrored) + " IN (" + strings.Join(all, ", ") + ")"
	}
	if c.Not {
		return "NOT (" + text + ")"
	}
	return text
}

func (w words) equal(f archive.Field, v archive.Value, mirrored bool) string {
	name := column(f, mirrored)
	switch f {
	case archive.FieldDirection:
		for n := uint8(batch.In); n <= batch.Through; n++ {
			if batch.Direction(n) == v.Way {
				return fmt.Sprintf("%s = %d", name, n)
			}
		}
		return none
	case archive.FieldLocal, archive.FieldPeer, archive.FieldExporter, archive.FieldPeerNet:
		return w.contains(f, name, v)
	default:
		if v.From > v.To {
			return none
		}
		return fmt.Sprintf("%s BETWEEN %d AND %d", name, v.From, v.To)
	}
}

// column is the column of a field, but for addresses, where it is how both begin.
func column(f archive.Field, mirrored bool) string {
	if mirrored {
		switch f {
		case archive.FieldLine:
			return "other"
		case archive.FieldDirection:
			return fmt.Sprint(batch.Out)
		case archive.FieldLocal:
			return "peer"
		case archive.FieldPeer, archive.FieldPeerNet:
			return "local"
		case archive.FieldLocalPort:
			return "peer_port"
		case archive.FieldPeerPort:
			return "local_port"
		}
	}
	switch f {
	case archive.FieldDirection:
		return "way"
	case archive.FieldPeerNet:
		return "peer"
	case archive.FieldLocalPort:
		return "local_port"
	case archive.FieldPeerPort:
		return "peer_port"
	case archive.FieldIn:
		return "in_if"
	case archive.FieldOut:
		return "out_if"
	default:
		return string(f)
	}
}
