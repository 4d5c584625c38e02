// Command attribute measures how fast whose an address was is told, among
// millions of leases and blocks of ports of a translator, and checks every
// answer:
//
//	go run ./bench/cmd/attribute                    # 10 million, on one core
//	go run ./bench/cmd/attribute -leases 1000000
package main

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/lease"
	"candor/internal/intake"
	"candor/internal/intake/attribute"
)

func main() {
	leases := flag.Int("leases", 10_000_000, "leases and port blocks, half each")
	asks := flag.Int("lookups", 1_000_000, "look-ups")
	most := flag.Int64("memory", 7500, "MB of memory at most, as far as the runtime can")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(25)
	debug.SetMemoryLimit(*most << 20)
	dir, err := os.MkdirTemp("", "attribute")
	if err == nil {
		err = run(dir, *leases/2, *asks)
	}
	if bad := os.RemoveAll(dir); err == nil {
		err = bad
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Each address has three leases, each inner one three blocks, one after the other.
const (
	turns  = 3
	blocks = 60 // of an outer address
	ports  = 1000
	lasts  = 8 * time.Hour

	margin = 2 * time.Minute // that reporters' clocks may be off
	clock  = 3 * time.Second // that those of sources may be off, and a little
)

var begin = time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC)

// line is who held an address in a turn.
func line(address, turn int) flow.Line { return flow.Line(1 + (address*7+turn*13)%1_000_003) }

func outer(n int) netip.Addr   { return four(100<<24 + n/blocks) }
func dynamic(n int) netip.Addr { return four(80<<24 + n) }

func four(n int) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(n))
	return netip.AddrFrom4(b)
}

type numbered struct{}

func (numbered) Line(_, key string) (flow.Line, bool) {
	n, err := strconv.Atoi(key)
	return flow.Line(n), err == nil
}

func run(dir string, half, asks int) error {
	now := begin.Add(turns*lasts + time.Hour)
	table, err := lease.Open(lease.Options{Dir: dir, Lines: numbered{}, Most: 4*half + 1000, LogBytes: 1 << 40, Now: func() time.Time { return now }})
	if err != nil {
		return err
	}
	defer table.Close()
	started := time.Now()
	addresses := half / turns
	if err := fill(table, addresses); err != nil {
		return err
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	held := table.Stats().Sessions
	fmt.Printf("%d leases and blocks, taken in by %s; %d MB of memory, %d bytes each\n", held, time.Since(started).Round(time.Second), m.HeapAlloc>>20, int(m.HeapAlloc)/max(held, 1))
	return ask(table, addresses, asks, now)
}

// fill has sources tell of addresses: as many given out by a server as behind a
// translator, whose inner ones are given out too.
func fill(table *lease.Table, addresses int) error {
	const batch = 30_000
	events := make([]lease.Event, 0, batch+3)
	for n := range addresses {
		for turn := range turns {
			from := begin.Add(time.Duration(turn) * lasts)
			e := lease.Event{Kind: lease.Begin, Source: "dhcp", Session: "d" + strconv.Itoa(n*turns+turn), Exclusive: true, At: from, Until: from.Add(lasts),
				Keys: []lease.Key{{Kind: lease.KeyCircuit, Text: strconv.Itoa(int(line(n, turn)))}}, Prefixes: []netip.Prefix{netip.PrefixFrom(dynamic(n), 32)}}
			b := lease.Event{Kind: lease.Begin, Source: "nat", Session: "b" + strconv.Itoa(n*turns+turn), Exclusive: true, At: from, Until: from.Add(lasts),
				Inner: dynamic((n + turn) % addresses), Prefixes: []netip.Prefix{netip.PrefixFrom(outer(n), 32)}, Ports: block(n)}
			events = append(events, e, b)
		}
		if len(events) >= batch || n == addresses-1 {
			if err := table.Apply(context.Background(), events...); err != nil {
				return err
			}
			events = events[:0]
		}
	}
	for _, source := range []string{"dhcp", "nat"} { // which are heard still
		events = append(events, lease.Event{Kind: lease.Begin, Source: source, Session: "last", At: begin.Add(turns*lasts + time.Hour)})
	}
	return table.Apply(context.Background(), events...)
}

func block(n int) lease.Ports {
	low := uint16(1024 + n%blocks*ports)
	return lease.Ports{Low: low, High: low + ports - 1}
}

// ask asks who held addresses at random moments, and compares.
func ask(table *lease.Table, addresses, asks int, now time.Time) error {
	a := attribute.New(records{}, attribute.Table{Table: table, Lines: func(l flow.Line) (candor.ID, bool) { return name(l), true }}, nil, nil,
		attribute.Options{Networks: []netip.Prefix{netip.MustParsePrefix("80.0.0.0/6"), netip.MustParsePrefix("100.0.0.0/8")}, Now: func() time.Time { return now }})
	r := rand.New(rand.NewPCG(1, 2))
	type question struct {
		resource intake.Resource
		when     intake.When
		want     candor.ID
	}
	all := make([]question, asks)
	for i := range all {
		n, turn := r.IntN(addresses), r.IntN(turns)
		q := question{resource: intake.Resource{Kind: intake.Address, Value: dynamic(n).String(), Role: intake.Source}, want: name(line(n, turn))}
		if i%2 == 1 {
			q.resource.Value, q.resource.Port = outer(n).String(), block(n).Low+uint16(r.IntN(ports))
			q.want = name(line((n+turn)%addresses, turn))
		}
		off := time.Duration(r.Int64N(int64(lasts)))
		edge := min(off, lasts-off)
		if edge > margin && edge <= margin+clock {
			off, edge = lasts/2, lasts/2 // either may be said
		}
		q.when.Time = begin.Add(time.Duration(turn)*lasts + off)
		if edge <= margin {
			q.want = "" // too near to a change
		}
		all[i] = q
	}
	right, wrong, undecided := 0, 0, 0
	started, before := time.Now(), cpu()
	for i := range all {
		q := &all[i]
		got, err := a.Attribute(context.Background(), q.resource, &q.when, nil, now)
		switch {
		case err != nil:
			return err
		case got.Verdict == attribute.Ours && got.Asset == q.want:
			right++
		case q.want == "" && (got.Verdict != attribute.Ours || got.Asset != ""):
			undecided++
		default:
			wrong++
			if wrong < 5 {
				fmt.Printf("  wrong: %+v: %+v\n", *q, got)
			}
		}
	}
	took, used := time.Since(started), cpu()-before
	fmt.Printf("%d look-ups on one core in %s: %.0f/s (%.0f/s of processor time, for machines that do other work too); %d right, %d for a person (too near to a change), %d wrong\n", asks, took.Round(time.Millisecond), float64(asks)/took.Seconds(), float64(asks)/used.Seconds(), right, undecided, wrong)
	if wrong > 0 {
		return fmt.Errorf("%d answers are wrong", wrong)
	}
	return nil
}

// cpu is how much processor time this program has had.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func name(l flow.Line) candor.ID { return candor.ID("line" + strconv.Itoa(int(l))) }

// records know owners and nothing else.
type records struct{ attribute.Records }

func (records) Owners(_ context.Context, asset candor.ID, _, _ time.Time) ([]candor.Holding, error) {
	return []candor.Holding{{Asset: asset, Kind: candor.Line, Party: asset}}, nil
}

func (records) AssetsByAddress(context.Context, netip.Addr, time.Time, time.Time) ([]candor.Holding, error) {
	return nil, nil
}
