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

func (w words) order(keys []key) string {
	by := []string{map[archive.Measure]string{archive.Packets: "p", archive.Flows: "f"}[w.q.Order]}
	if by[0] == "" {
		by[0] = "b"
	}
	by[0] += " DESC"
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

// top words who is largest: part 0 are the rows, part 1 is one of all, with how
// many there are.
func (w words) top(from string, keys []key) string {
	all := names(keys)
	group := strings.Join(all, ", ")
	with, as := w.d.Once(fmt.Sprintf("SELECT %s, %s FROM (%s) x GROUP BY %s", group, w.sums(), w.inner(from, keys, false), group))
	least := make([]string, len(all))
	for i, n := range all {
		least[i] = "min(" + n + ")"
	}
	zero := w.d.U64(0)
	return fmt.Sprintf("%sSELECT 0 AS part, %s, b, p, f, %s AS n FROM (SELECT * FROM %s g ORDER BY %s LIMIT %d) t UNION ALL SELECT 1, %s, %s, %s, %s, %s FROM %s g",
		with, group, zero, as, w.order(keys), w.q.Limit, strings.Join(least, ", "), w.d.Sum("b"), w.d.Sum("p"), w.d.Sum("f"), w.d.Count, as)
}

// Ask has a database answer q from the rows of a tier, which from names. The
// question was checked, and its times are those of the tier.
func Ask(ctx context.Context, db Queryer, d Dialect, q archive.Question, tier archive.Tier, from string) (archive.Answer, error) {
	w := words{d, q, tier}
	a := Empty(q, tier)
	keys := w.keys()
	var raw [][]string
	err := each(ctx, db, w.top(from, keys), len(names(keys))+5, func(part []string) error {
		cols, rest := part[1:len(part)-4], part[len(part)-4:]
		sum, n := parseSum(rest), number(rest[3])
		if part[0] == "1" {
			a.Total, a.Keys = sum, n
			return nil
		}
		a.Rows = append(a.Rows, archive.Row{Keys: w.read(keys, cols), Sum: sum, Series: steps(q)})
		raw = append(raw, slices.Clone(cols))
		return nil
	})
	if err != nil {
		return archive.Answer{}, err
	}
	if q.Step > 0 && len(a.Rows) > 0 {
		if err := w.series(ctx, db, from, keys, raw, &a); err != nil {
			return archive.Answer{}, err
		}
	}
	slices.SortFunc(a.Rows, func(x, y archive.Row) int {
		return cmp.Or(cmp.Compare(measure(q, y.Sum), measure(q, x.Sum)), slices.CompareFunc(x.Keys, y.Keys, compare))
	})
	a.Rest = a.Total
	for _, r := range a.Rows { // rows may come between the parts of a statement
		a.Rest = archive.Sum{Bytes: a.Rest.Bytes - min(r.Sum.Bytes, a.Rest.Bytes), Packets: a.Rest.Packets - min(r.Sum.Packets, a.Rest.Packets), Flows: a.Rest.Flows - min(r.Sum.Flows, a.Rest.Flows)}
	}
	return a, nil
}

// Empty is the answer if there is nothing.
func Empty(q archive.Question, tier archive.Tier) archive.Answer {
	return archive.Answer{Tier: tier, Since: q.Since, Until: q.Until, Step: q.Step, Series: steps(q)}
}

// series fills in the steps of the rows, and of all.
func (w words) series(ctx context.Context, db Queryer, from string, keys []key, raw [][]string, a *archive.Answer) error {
	err := each(ctx, db, fmt.Sprintf("SELECT step, %s FROM (%s) x GROUP BY step", w.sums(), w.inner(from, nil, true)), 4, func(cols []string) error {
		at(a.Series, cols[0], parseSum(cols[1:]))
		return nil
	})
	if err != nil {
		return err
	}
	literals, rows := make([][]string, len(raw)), map[string]*archive.Row{}
	for i, cols := range raw {
		literals[i] = w.literals(keys, cols)
		rows[strings.Join(cols, " ")] = &a.Rows[i]
	}
	all := names(keys)
	group := strings.Join(all, ", ")
	return each(ctx, db, fmt.Sprintf("SELECT %s, step, %s FROM (%s) x %s GROUP BY %s, step", group, w.sums(), w.inner(from, keys, true), w.d.Among(all, literals), group),
		len(all)+4, func(cols []string) error {
			if row := rows[strings.Join(cols[:len(all)], " ")]; row != nil {
				at(row.Series, cols[len(all)], parseSum(cols[len(all)+1:]))
			}
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

func measure(q archive.Question, s archive.Sum) uint64 {
	switch q.Order {
	case archive.Packets:
		return s.Packets
	case archive.Flows:
		return s.Flows
	default:
		return s.Bytes
	}
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
