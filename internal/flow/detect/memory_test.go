package detect

import (
	"runtime"
	"testing"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/normal"
)

// TestMemory: a million lines with what is usual of them take 1.0 GB at most.
func TestMemory(t *testing.T) {
	heap := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	before := heap()
	s := New(Config{Who: byAddress{}, Calendar: normal.Calendar{Zone: time.UTC}, Normal: normal.NewTable(1), Policy: DefaultPolicy(), Found: func(Finding) {}})
	s.common.dests.pass(1)
	s.common.uploads.pass(1)
	s.common.resolve.pass(1)
	for i := range s.access.shards {
		s.access.shards[i].find(1, 1, 0, 1, true)
	}
	fixed := heap() - before
	const lines = 100_000
	s.Grow(lines + 1)
	for n := 1; n <= lines; n++ {
		s.SetLine(flow.Line(n), Plan{Up: 40e6, Down: 100e6, Group: 1})
	}
	each := (heap() - before - fixed) / lines
	if all := fixed + 1_000_000*each; all > 1_000_000_000 {
		t.Errorf("a line takes %d bytes and all share %d: a million take %d MB", each, fixed, all/1_000_000)
	}
	t.Logf("a line takes %d bytes, all share %d", each, fixed)
	runtime.KeepAlive(s)
}
