package lease

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"candor/internal/flow"
)

// TestConcurrent asks while leases begin and end, indexes grow, and the table is
// written and swept: what is settled stays as it is.
func TestConcurrent(t *testing.T) {
	const addresses, turns = 300, 6
	table := openTable(t, t.TempDir(), Options{})
	address := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}) }
	// Address n is at line 1 + n%3 in its first turn, at the next line in the next.
	line := func(n, turn int) int { return 1 + (n+turn)%3 }
	var settled atomic.Int64 // turns that all addresses have had
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for n := 0; ; n = (n + 1) % addresses {
				select {
				case <-stop:
					return
				default:
				}
				for turn := range int(settled.Load()) {
					at := second(float64(100*turn + 150)).UnixMicro()
					if got := table.Holder(flow.FromIP(address(n)), 80, at); int(got) != line(n, turn) {
						t.Errorf("address %d in turn %d: line %d, not %d", n, turn, got, line(n, turn))
						return
					}
				}
			}
		})
	}
	readers.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			table.Sweep()
			if err := table.Snapshot(t.Context()); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for turn := range turns {
		var events []Event
		for n := range addresses {
			e := event(Begin, fmt.Sprintf("%d-%d", n, turn), line(n, turn), float64(100*turn+100))
			e.Prefixes = []netip.Prefix{netip.PrefixFrom(address(n), 32)}
			end := e
			end.Kind, end.At = End, second(float64(100*turn+190))
			events = append(events, e, end)
		}
		apply(t, table, events...)
		settled.Store(int64(turn + 1))
	}
	close(stop)
	readers.Wait()
}
