package lease

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"syscall"
	"testing"
	"time"

	"candor/internal/flow"
)

// BenchmarkHolder asks among a million leases of IPv4, with static prefixes
// beside them.
func BenchmarkHolder(b *testing.B) {
	const n = 1_000_000
	o := Options{Lines: millions{}, Most: 2 * n}
	t := newTable(o.withDefaults())
	for i := range n {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		e := Event{
			Kind: Begin, Source: "radius", Group: "nas", Session: fmt.Sprintf("%08x", i), At: second(float64(i % 1000)),
			Keys: []Key{{KeyUser, fmt.Sprint(i + 1)}}, Prefixes: []netip.Prefix{netip.PrefixFrom(a, 32)},
		}
		t.apply(newRecord(&e), true)
	}
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	b.Logf("%d bytes a lease", memory.HeapAlloc/n)
	t.SetStatic([]Static{{Prefix: netip.MustParsePrefix("192.0.2.0/29"), Line: 3}})
	r := rand.New(rand.NewPCG(1, 2))
	asked := make([]flow.Addr, 1<<20)
	for i := range asked {
		asked[i] = flow.V4(10<<24 | uint32(r.IntN(n)))
	}
	at := flow.Time(second(5000))
	for _, bb := range []struct {
		name string
		mask int
	}{{"random", len(asked) - 1}, {"busy10000", 8191}} {
		b.Run(bb.name, func(b *testing.B) {
			i := 0
			before := processorTime()
			for b.Loop() {
				if t.Holder(asked[i&bb.mask], 443, at) == 0 {
					b.Fatal("nobody")
				}
				i++
			}
			b.ReportMetric(float64(processorTime()-before)/float64(i), "cpu-ns/op")
		})
	}
	b.Run("stranger", func(b *testing.B) {
		i := 0
		before := processorTime()
		for b.Loop() {
			a := asked[i&(len(asked)-1)]
			a[12] = 93
			if t.Holder(a, 443, at) != 0 {
				b.Fatal("somebody")
			}
			i++
		}
		b.ReportMetric(float64(processorTime()-before)/float64(i), "cpu-ns/op")
	})
}

// processorTime is what the process used, which others on the machine do not
// change much.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// millions takes numbers for lines.
type millions struct{}

func (millions) Line(_, key string) (line flow.Line, ok bool) {
	n, err := fmt.Sscan(key, &line)
	return line, n == 1 && err == nil
}

var _ flow.Who = (*Table)(nil)
