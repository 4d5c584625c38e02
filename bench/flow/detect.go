package flow

import (
	"context"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/detect"
	"candor/internal/flow/network"
	"candor/internal/flow/normal"
)

// lines is how many lines the sender's records are of.
const lines = 1 << 20

// holder tells the line of a sender's address.
type holder struct{}

func (holder) Holder(a flow.Addr, _ uint16, _ int64) flow.Line {
	if !a.Is4() || a[12] != 10 {
		return 0
	}
	return 1 + flow.Line(a[13])<<16 | flow.Line(a[14])<<8 | flow.Line(a[15])
}

// detectors are a sink that counts, and has the detectors look, as the desk does:
// with what is usual of a million lines.
type detectors struct {
	counter
	sensor   *detect.Sensor
	parts    *network.Watch
	found    atomic.Int64
	sweeping sync.WaitGroup
	stop     context.CancelFunc
	// Memory is what the lines take, bytes.
	Memory uint64
}

func newDetectors(ctx context.Context) *detectors {
	d := &detectors{}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	d.sensor = detect.New(detect.Config{
		Who: holder{}, Calendar: normal.Calendar{Zone: time.UTC}, Normal: normal.NewTable(1), Policy: detect.DefaultPolicy(), Seed: 1,
		Found: func(detect.Finding) { d.found.Add(1) },
	})
	inside := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	d.parts = network.New(network.Config{Source: func(uint32) (netip.Addr, bool) { return netip.MustParseAddr("127.0.0.1"), true }, Inside: inside, Who: holder{}, Calendar: normal.Calendar{Zone: time.UTC}})
	d.sensor.Grow(lines + 1)
	for n := 1; n <= lines; n++ {
		d.sensor.SetLine(flow.Line(n), detect.Plan{Up: 40e6, Down: 100e6, Group: 1})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	d.Memory = after.HeapAlloc - before.HeapAlloc
	ctx, d.stop = context.WithCancel(ctx)
	d.sweeping.Go(func() { d.sweep(ctx) })
	return d
}

func (d *detectors) Take(records []flow.Record) {
	d.sensor.Take(records)
	d.parts.Take(records)
	d.counter.Take(records)
}

func (d *detectors) sweep(ctx context.Context) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for part := 0; ; part = (part + 1) % 120 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := flow.Time(time.Now())
		d.sensor.Sweep(now)
		d.sensor.Learn(now, part, 120)
		d.parts.Sweep(time.UnixMicro(now))
	}
}

func (d *detectors) end() {
	d.stop()
	d.sweeping.Wait()
}
