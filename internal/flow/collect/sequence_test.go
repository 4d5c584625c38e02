package collect

import (
	"math/rand/v2"
	"testing"

	"candor/internal/flow/decode"
)

// step is a datagram: its number, uptime in seconds, what it holds, and what is
// to come of it.
type step struct {
	number uint32
	up     int64
	n      int
	late   int
	place  place
	totals totals
}

func TestSequence(t *testing.T) {
	for name, tt := range map[string]struct {
		version decode.Version
		steps   []step
	}{
		"in order": {decode.NetFlow9, []step{{5, 10, 1, 0, following, totals{1, 0}}, {6, 10, 1, 0, following, totals{2, 0}}}},
		"a gap":    {decode.NetFlow9, []step{{5, 10, 1, 0, following, totals{1, 0}}, {9, 10, 1, 0, following, totals{5, 3}}}},
		"overtaken": {decode.NetFlow5, []step{{0, 10, 30, 0, following, totals{30, 0}}, {60, 11, 30, 0, following, totals{90, 30}},
			{30, 10, 30, 0, overtaken, totals{90, 0}}}},
		"overtaken at once": {decode.IPFIX, []step{{30, 10, 30, 0, following, totals{30, 0}}, {0, 10, 30, 0, overtaken, totals{60, 0}}}},
		"twice":             {decode.NetFlow5, []step{{0, 10, 30, 0, following, totals{30, 0}}, {30, 10, 30, 0, following, totals{60, 0}}, {0, 10, 30, 0, again, totals{60, 0}}}},
		"before its template": {decode.IPFIX, []step{{0, 10, 0, 0, following, totals{0, 0}}, {20, 10, 10, 0, following, totals{30, 20}},
			{30, 10, 1, 20, following, totals{31, 0}}}},
		"template behind data": {decode.IPFIX, []step{{0, 10, 0, 5, following, totals{5, 0}}, {5, 10, 5, 0, following, totals{10, 0}}}},
		"the wrap":             {decode.IPFIX, []step{{1<<32 - 10, 10, 10, 0, following, totals{10, 0}}, {0, 10, 10, 0, following, totals{20, 0}}, {20, 10, 1, 0, following, totals{31, 10}}}},
		"a restart by uptime":  {decode.NetFlow9, []step{{50, 100, 1, 0, following, totals{1, 0}}, {52, 101, 1, 0, following, totals{3, 1}}, {0, 1, 1, 0, anew, totals{4, 1}}, {1, 1, 1, 0, following, totals{5, 1}}}},
		"a restart ahead":      {decode.NetFlow9, []step{{50, 100, 1, 0, following, totals{1, 0}}, {55, 1, 1, 0, anew, totals{2, 0}}}},
		"numbers anew":         {decode.NetFlow9, []step{{50, 100, 1, 0, following, totals{1, 0}}, {0, 110, 1, 0, anew, totals{2, 0}}}},
		"numbers far back":     {decode.IPFIX, []step{{1 << 20, 100, 1, 0, following, totals{1, 0}}, {0, 100, 1, 0, anew, totals{2, 0}}}},
		"uptime wraps":         {decode.SFlow5, []step{{50, (1<<32 - 1000) / 1000, 1, 0, following, totals{1, 0}}, {51, 1<<32/1000 + 5, 1, 0, following, totals{2, 0}}}},
		"a long loss":          {decode.IPFIX, []step{{0, 1, 1, 0, following, totals{1, 0}}, {50_000_000, 60, 1, 0, following, totals{50_000_001, 49_999_999}}}},
	} {
		var q sequence
		for i, s := range tt.steps {
			h := decode.Header{Version: tt.version, Sequence: s.number, Uptime: uint32(s.up * 1000), Time: 1e15 + s.up*1e6}
			if tt.version == decode.SFlow5 {
				h.Time = 0
			}
			if tt.version == decode.NetFlow9 && s.place == anew && s.up == 1 {
				h.Time += 200e6
			}
			p, at := q.enter(h, uint64(s.number))
			if p != s.place {
				t.Errorf("%s, step %d: place %d", name, i, p)
			}
			if p != again {
				q.count(at, s.n, s.late)
			}
			if got := q.totals(); got != s.totals {
				t.Errorf("%s, step %d: %+v, want %+v", name, i, got, s.totals)
			}
		}
	}
}

// TestSequenceAddsUp loses, swaps and doubles datagrams at random: what was sent
// is what came and what is lost, whatever happens.
func TestSequenceAddsUp(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 7))
		type one struct {
			number uint32
			n      int
		}
		var sent []one
		number := r.Uint32()
		first := number
		for range 500 {
			n := r.IntN(30) + 1
			sent = append(sent, one{number, n})
			number += uint32(n)
		}
		var arrive []one
		for i, o := range sent {
			if i > 0 && i < len(sent)-1 && r.IntN(10) == 0 {
				continue // lost
			}
			arrive = append(arrive, o)
			if r.IntN(10) == 0 {
				arrive = append(arrive, o) // twice
			}
		}
		for i := 1; i < len(arrive)-5; i++ {
			if r.IntN(10) == 0 {
				j := i + r.IntN(4)
				arrive[i], arrive[j] = arrive[j], arrive[i]
			}
		}
		var q sequence
		came := 0
		for _, o := range arrive {
			h := decode.Header{Version: decode.IPFIX, Sequence: o.number, Time: 1e15}
			if p, at := q.enter(h, uint64(o.number)); p != again {
				q.count(at, o.n, 0)
				came += o.n
			}
		}
		got := q.totals()
		if want := uint64(number - first); got.sent != want || got.lost != want-uint64(came) {
			t.Fatalf("seed %d: %+v; %d sent, %d came", seed, got, want, came)
		}
	}
}
