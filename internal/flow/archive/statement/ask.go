package statement

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/flow/archive"
)

// Queryer asks a database. It is safe for concurrent use if the database is.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// key is a field that rows are told apart by: its columns, as expressions.
type key struct {
	field archive.Field
	exprs []string
	names []string
}

func (w words) keys() []key {
	all := make([]key, 0, len(w.q.By)+1)
	for i, f := range w.q.By {
		k := key{field: f}
		switch name := column(f, false); f {
		case archive.FieldLocal, archive.FieldPeer, archive.FieldExporter:
			k.exprs = []string{name + "_hi", name + "_lo"}
		case archive.FieldPeerNet:
			hi, lo := w.netKey(name)
			k.exprs = []string{hi, lo}
		default:
			k.exprs = []string{name}
		}
		for n := range k.exprs {
			k.names = append(k.names, fmt.Sprintf("k%d%c", i, 'a'+n))
		}
		all = append(all, k)
	}
	if len(all) == 0 {
		all = append(all, key{exprs: []string{"way * 0"}, names: []string{"k"}}) // so that nothing has no row
	}
	return all
}

func names(keys []key) (all []string) {
	for _, k := range keys {
		all = append(all, k.names...)
	}
	return all
}

// sums add up what rows of the tier hold.
func (w words) sums() string {
	flows := w.d.Count
	if w.tier != archive.Raw {
		flows = w.d.Sum("flows")
	}
	return fmt.Sprintf("%s AS b, %s AS p, %s AS f", w.d.Sum("bytes"), w.d.Sum("packets"), flows)
}

// inner gives the columns that are grouped by their names, and what is added up.
func (w words) inner(from string, keys []key, step bool) string {
	var cols []string
	for _, k := range keys {
		for i, e := range k.exprs {
			cols = append(cols, e+" AS "+k.names[i])
		}
	}
	if step {
		cols = append(cols, w.d.Div(fmt.Sprintf("(ended - %d)", w.q.Since.UnixMicro()), w.q.Step.Microseconds())+" AS step")
	}
	cols = append(cols, "bytes", "packets")
	if w.tier != archive.Raw {
		cols = append(cols, "flows")
	}
	return "SELECT " + strings.Join(cols, ", ") + " FROM " + w.source(from)
}

// by is the column of the question's measure.
func (w words) by() string {
	switch w.q.Order {
	case archive.Packets:
		return "p"
	case archive.Flows:
		return "f"
	default:
		return "b"
	}
}

func (w words) order(keys []key) string {
	by := []string{w.by() + " DESC"}
	for _, k := range keys {
		switch {
		case k.field == archive.FieldLine:
			by = append(by, w.d.Order(k.names[0]))
		case len(k.names) == 2:
			by = append(by, family(k.names[0], k.names[1]), k.names[0], k.names[1])
		default:
			by = append(by, k.names...)
		}
	}
	return strings.Join(by, ", ")
}

// top words who is largest: part 0 are the rows that have at least so much, part 1
// is one of all, with how many there are.
func (w words) top(from string, keys []key, least uint64) string {
	all := names(keys)
	group := strings.Join(all, ", ")
	with, as := w.d.Once(fmt.Sprintf("SELECT %s, %s FROM (%s) x GROUP BY %s", group, w.sums(), w.inner(from, keys, false), group))
	smallest := make([]string, len(all))
	for i, n := range all {
		smallest[i] = "min(" + n + ")"
	}
	zero, floor := w.d.U64(0), ""
	if least > 0 {
		floor = fmt.Sprintf("WHERE %s >= %s ", w.by(), w.d.U64(least))
	}
	return fmt.Sprintf("%sSELECT 0 AS part, %s, b, p, f, %s AS n FROM (SELECT * FROM %s g %sORDER BY %s LIMIT %d) t UNION ALL SELECT 1, %s, %s, %s, %s, %s FROM %s g",
		with, group, zero, as, floor, w.order(keys), w.q.Limit, strings.Join(smallest, ", "), w.d.Sum("b"), w.d.Sum("p"), w.d.Sum("f"), w.d.Count, as)
}

// Source is what a question is asked of: the rows of a tier.
type Source struct {
	Tier archive.Tier
	From string // a table, or what stands for one
	// Slices are conditions of which each row meets one, and all rows of one key of
	// the question the same. They are asked of one after the other, which takes less
	// time and memory where keys are many. Without any all are asked of at once.
	Slices []string
}

// found is a row, with its keys as the database gave them.
type found struct {
	archive.Row
	cols []string
}

// Ask has a database answer q from a source. The question was checked, and its
// times are those of the tier.
func Ask(ctx context.Context, db Queryer, d Dialect, q archive.Question, s Source) (archive.Answer, error) {
	w := words{d, q, s.Tier, ""}
	a := Empty(q, s.Tier)
	keys := w.keys()
	var rows []found
	for _, slice := range slices.Concat(s.Slices, make([]string, max(0, 1-len(s.Slices)))) {
		var err error
		w.slice = slice
		if rows, err = w.largest(ctx, db, s.From, keys, rows, &a); err != nil {
			return archive.Answer{}, err
		}
	}
	w.slice = ""
	if q.Step > 0 && len(rows) > 0 {
		if err := w.series(ctx, db, s.From, keys, rows, &a); err != nil {
			return archive.Answer{}, err
		}
	}
	a.Rest = a.Total
	for _, r := range rows {
		a.Rows = append(a.Rows, r.Row)
		a.Rest = archive.Sum{Bytes: a.Rest.Bytes - min(r.Sum.Bytes, a.Rest.Bytes), Packets: a.Rest.Packets - min(r.Sum.Packets, a.Rest.Packets), Flows: a.Rest.Flows - min(r.Sum.Flows, a.Rest.Flows)}
	}
	return a, nil
}

// largest adds the rows of a slice to those of others, of which the largest stay,
// in order, and what all of them have to the answer's total.
func (w words) largest(ctx context.Context, db Queryer, from string, keys []key, rows []found, a *archive.Answer) ([]found, error) {
	var least uint64
	if len(rows) == w.q.Limit {
		least = archive.Measured(w.q.Order, rows[len(rows)-1].Sum)
	}
	err := each(ctx, db, w.top(from, keys, least), len(names(keys))+5, func(part []string) error {
		cols, rest := part[1:len(part)-4], part[len(part)-4:]
		sum, n := parseSum(rest), number(rest[3])
		if part[0] == "1" {
			a.Total, a.Keys = plus(a.Total, sum), a.Keys+n
			return nil
		}
		rows = append(rows, found{archive.Row{Keys: w.read(keys, cols), Sum: sum, Series: steps(w.q)}, slices.Clone(cols)})
		return nil
	})
	slices.SortFunc(rows, func(x, y found) int {
		return cmp.Or(cmp.Compare(archive.Measured(w.q.Order, y.Sum), archive.Measured(w.q.Order, x.Sum)), slices.CompareFunc(x.Keys, y.Keys, compare))
	})
	return rows[:min(len(rows), w.q.Limit)], err
}

// plus adds up, to 64 bits at most.
func plus(a, b archive.Sum) archive.Sum {
	to := func(x, y uint64) uint64 { return x + min(y, ^x) }
	return archive.Sum{Bytes: to(a.Bytes, b.Bytes), Packets: to(a.Packets, b.Packets), Flows: to(a.Flows, b.Flows)}
}

// Empty is the answer if there is nothing.
func Empty(q archive.Question, tier archive.Tier) archive.Answer {
	return archive.Answer{Tier: tier, Since: q.Since, Until: q.Until, Step: q.Step, Series: steps(q)}
}

// series fills in the steps of the rows, and of all.
func (w words) series(ctx context.Context, db Queryer, from string, keys []key, found []found, a *archive.Answer) error {
	err := each(ctx, db, fmt.Sprintf("SELECT step, %s FROM (%s) x GROUP BY step", w.sums(), w.inner(from, nil, true)), 4, func(cols []string) error {
		at(a.Series, cols[0], parseSum(cols[1:]))
		return nil
	})
	if err != nil {
		return err
	}
	literals, rows := make([][]string, len(found)), map[string]archive.Row{}
	for i, f := range found {
		literals[i] = w.literals(keys, f.cols)
		rows[strings.Join(f.cols, " ")] = f.Row
	}
	all := names(keys)
	group := strings.Join(all, ", ")
	return each(ctx, db, fmt.Sprintf("SELECT %s, step, %s FROM (%s) x %s GROUP BY %s, step", group, w.sums(), w.inner(from, keys, true), w.d.Among(all, literals), group),
		len(all)+4, func(cols []string) error {
			at(rows[strings.Join(cols[:len(all)], " ")].Series, cols[len(all)], parseSum(cols[len(all)+1:]))
			return nil
		})
}

func (w words) literals(keys []key, cols []string) []string {
	out, i := slices.Clone(cols), 0
	for _, k := range keys {
		switch {
		case k.field == archive.FieldLine:
			out[i], _ = w.d.Line(w.d.ID(cols[i]))
		case len(k.names) == 2:
			out[i], out[i+1] = w.d.U64(number(cols[i])), w.d.U64(number(cols[i+1]))
		}
		i += len(k.names)
	}
	return out
}

func (w words) read(keys []key, cols []string) []archive.Key {
	all := make([]archive.Key, 0, len(keys))
	for _, k := range keys {
		switch {
		case k.field == "":
		case k.field == archive.FieldLine:
			all = append(all, archive.Key{Line: w.d.ID(cols[0])})
		case k.field == archive.FieldDirection:
			all = append(all, archive.Key{Way: direction(cols[0])})
		case len(k.names) == 2:
			all = append(all, network(k.field, number(cols[0]), number(cols[1])))
		default:
			all = append(all, archive.Key{Number: uint32(number(cols[0]))})
		}
		cols = cols[len(k.names):]
	}
	return all
}

// compare orders keys of one field.
func compare(a, b archive.Key) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Way, b.Way), a.Network.Addr().Compare(b.Network.Addr()), cmp.Compare(a.Number, b.Number))
}

func at(series []archive.Sum, step string, s archive.Sum) {
	if n := number(step); n < uint64(len(series)) {
		series[n] = s
	}
}

func parseSum(cols []string) archive.Sum {
	return archive.Sum{Bytes: number(cols[0]), Packets: number(cols[1]), Flows: number(cols[2])}
}

// number reads what a database gives as a number; nothing is 0.
func number(text string) uint64 {
	n, _ := strconv.ParseUint(text, 10, 64)
	return n
}

func steps(q archive.Question) []archive.Sum {
	if q.Step == 0 {
		return nil
	}
	return make([]archive.Sum, (q.Until.Sub(q.Since)+q.Step-time.Nanosecond)/q.Step)
}

// each reads rows as text.
func each(ctx context.Context, db Queryer, query string, width int, do func([]string) error) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	cols, to := make([]sql.NullString, width), make([]any, width)
	for i := range cols {
		to[i] = &cols[i]
	}
	text := make([]string, width)
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		for i, c := range cols {
			text[i] = c.String
		}
		if err := do(text); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Known gives an ID as it is, if it is one: what is no ID is no line.
func Known(id candor.ID) bool {
	if id == "" {
		return true
	}
	_, err := candor.ParseID(string(id))
	return err == nil
}
