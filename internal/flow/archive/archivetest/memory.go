// Package archivetest holds the model that archives must agree with. Only tests
// import it.
package archivetest

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/archive"
)

// Memory keeps flows in a slice, and looks at all of them for each question. It
// knows the raw tier only. It is safe for concurrent use.
type Memory struct {
	mu    sync.Mutex
	flows []archive.Flow
}

// Keep implements archive.Writer.
func (m *Memory) Keep(flows []archive.Flow) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.flows = append(m.flows, flows...)
}

// Close implements archive.Writer.
func (m *Memory) Close() error { return nil }

// Held implements archive.Reader.
func (m *Memory) Held(context.Context) (archive.Held, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := archive.HeldTier{Tier: archive.Raw, Rows: uint64(len(m.flows))}
	for i := range m.flows {
		end := flow.At(m.flows[i].End)
		if t.Since.IsZero() || end.Before(t.Since) {
			t.Since = end
		}
		if end.After(t.Until) {
			t.Until = end
		}
	}
	return archive.Held{Tiers: []archive.HeldTier{t}}, nil
}

// Flows implements archive.Reader.
func (m *Memory) Flows(ctx context.Context, q archive.Question) ([]archive.Flow, error) {
	q, err := q.Checked()
	if err != nil {
		return nil, err
	}
	return m.Part(ctx, q, 0, q.Limit)
}

// Part implements archive.Reader.
func (m *Memory) Part(_ context.Context, q archive.Question, skip, most int) ([]archive.Flow, error) {
	q, err := q.Checked()
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []archive.Flow
	for _, f := range m.flows {
		sides, n := f.Sides()
		if within(q, &f) && slices.ContainsFunc(sides[:n], func(s archive.Side) bool { return holds(q, &f, s) }) {
			found = append(found, f)
		}
	}
	slices.SortFunc(found, newest)
	found = found[min(len(found), skip):]
	return found[:min(len(found), most, archive.MaxPart)], nil
}

// newest orders flows: the newest first, then by all that is known of them.
func newest(a, b archive.Flow) int {
	if a.End != b.End {
		return cmp.Compare(b.End, a.End)
	}
	return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

// Ask implements archive.Reader.
func (m *Memory) Ask(_ context.Context, q archive.Question) (archive.Answer, error) {
	q, err := q.Checked()
	if err != nil {
		return archive.Answer{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	a := archive.Answer{Tier: archive.Raw, Since: q.Since, Until: q.Until, Step: q.Step, Series: steps(q)}
	rows := map[[archive.MaxBy]archive.Key]*archive.Row{}
	for i := range m.flows {
		f := &m.flows[i]
		sides, n := f.Sides()
		for _, s := range sides[:n] {
			if !within(q, f) || !holds(q, f, s) {
				continue
			}
			var key [archive.MaxBy]archive.Key
			for i, by := range q.By {
				key[i] = keyOf(by, f, s)
			}
			row := rows[key]
			if row == nil {
				row = &archive.Row{Keys: slices.Clone(key[:len(q.By)]), Series: steps(q)}
				rows[key] = row
			}
			sum := archive.Sum{Bytes: f.Total(), Packets: f.Count(), Flows: 1}
			row.Sum = plus(row.Sum, sum)
			a.Total = plus(a.Total, sum)
			if q.Step > 0 {
				at := int(flow.At(f.End).Sub(q.Since) / q.Step)
				row.Series[at], a.Series[at] = plus(row.Series[at], sum), plus(a.Series[at], sum)
			}
		}
	}
	a.Rest, a.Keys = a.Total, uint64(len(rows))
	for _, r := range rows {
		a.Rows = append(a.Rows, *r)
	}
	slices.SortFunc(a.Rows, func(x, y archive.Row) int {
		return cmp.Or(cmp.Compare(measure(q, y.Sum), measure(q, x.Sum)), slices.CompareFunc(x.Keys, y.Keys, Compare))
	})
	a.Rows = a.Rows[:min(len(a.Rows), q.Limit)]
	for _, r := range a.Rows {
		a.Rest = archive.Sum{Bytes: a.Rest.Bytes - r.Sum.Bytes, Packets: a.Rest.Packets - r.Sum.Packets, Flows: a.Rest.Flows - r.Sum.Flows}
	}
	return a, nil
}

// Compare orders keys: rows of one size stand in this order.
func Compare(a, b archive.Key) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Way, b.Way), a.Network.Addr().Compare(b.Network.Addr()), cmp.Compare(a.Number, b.Number))
}

func within(q archive.Question, f *archive.Flow) bool {
	return f.End >= flow.Time(q.Since) && f.End < flow.Time(q.Until)
}

func holds(q archive.Question, f *archive.Flow, s archive.Side) bool {
	for _, c := range q.Where {
		key := keyOf(c.Field, f, s)
		is := slices.ContainsFunc(c.Values, func(v archive.Value) bool { return equal(c.Field, key, v) })
		if is == c.Not {
			return false
		}
	}
	return true
}

func equal(f archive.Field, key archive.Key, v archive.Value) bool {
	switch f {
	case archive.FieldLine:
		return key.Line == v.Line
	case archive.FieldDirection:
		return key.Way == v.Way
	case archive.FieldLocal, archive.FieldPeer, archive.FieldExporter:
		return v.Network.Contains(key.Network.Addr())
	case archive.FieldPeerNet:
		return v.Network.Overlaps(key.Network)
	default:
		return v.From <= key.Number && key.Number <= v.To
	}
}

func keyOf(by archive.Field, f *archive.Flow, s archive.Side) archive.Key {
	switch by {
	case archive.FieldLine:
		return archive.Key{Line: s.Line}
	case archive.FieldDirection:
		return archive.Key{Way: s.Way}
	case archive.FieldLocal:
		return address(s.Local.IP())
	case archive.FieldPeer:
		return address(s.Peer.IP())
	case archive.FieldPeerNet:
		return archive.Key{Network: archive.Net(s.Peer)}
	case archive.FieldPort:
		return archive.Key{Number: uint32(f.Service())}
	case archive.FieldLocalPort:
		return archive.Key{Number: uint32(s.LocalPort)}
	case archive.FieldPeerPort:
		return archive.Key{Number: uint32(s.PeerPort)}
	case archive.FieldProtocol:
		return archive.Key{Number: uint32(f.Protocol)}
	case archive.FieldExporter:
		return address(f.Exporter)
	case archive.FieldIn:
		return archive.Key{Number: f.In}
	case archive.FieldOut:
		return archive.Key{Number: f.Out}
	default:
		return archive.Key{Number: uint32(f.Flags)}
	}
}

func address(ip netip.Addr) archive.Key {
	if !ip.IsValid() {
		return archive.Key{}
	}
	return archive.Key{Network: netip.PrefixFrom(ip, ip.BitLen())}
}

func steps(q archive.Question) []archive.Sum {
	if q.Step == 0 {
		return nil
	}
	return make([]archive.Sum, (q.Until.Sub(q.Since)+q.Step-time.Nanosecond)/q.Step)
}

func plus(a, b archive.Sum) archive.Sum {
	return archive.Sum{Bytes: a.Bytes + b.Bytes, Packets: a.Packets + b.Packets, Flows: a.Flows + b.Flows}
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
