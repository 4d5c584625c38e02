package detect

import (
	"testing"
	"time"

	"candor/internal/flow"
)

// comes has a record come in by an interface.
func (l *lab) comes(src flow.Addr, in uint32, n int) {
	for range n {
		l.Take([]flow.Record{{Start: l.now, End: l.now, Src: src, Dst: remote(1), SrcPort: 40000, DstPort: 123, Protocol: flow.UDP, Bytes: 760, Packets: 10, Exporter: 1, In: in, Out: 1}})
	}
}

// lived has interfaces 10 and on be those of lines 1 and on for so long.
func (l *lab) lived(lines int, d time.Duration) {
	for ; d > 0; d -= 10 * time.Minute {
		for n := 1; n <= lines; n++ {
			l.comes(addr(n), 9+uint32(n), 1)
		}
		l.now += 600e6
		l.Sweep(l.now)
	}
}

// spoof has packets of others come in by an interface, many a second.
func (l *lab) spoof(src flow.Addr, in uint32) {
	for range 20 {
		l.comes(src, in, 2)
		l.tick(500 * time.Millisecond)
	}
}

func TestFindsSpoofing(t *testing.T) {
	l := newLab(t, 3)
	l.lived(3, 30*time.Hour)
	l.nothing()
	l.spoof(flow.V4(0x01020304), 10)
	f := l.one(Spoofing, true)
	if f.Seen < 5 || f.Flows[0].Src != flow.V4(0x01020304) {
		t.Errorf("%+v", f)
	}
}

// TestNeverGuessesTheLine: foreign addresses are nobody's unless it is certain
// whose they are.
func TestNeverGuessesTheLine(t *testing.T) {
	foreign := flow.V4(0x01020304)
	for name, live := range map[string]func(*lab){
		"before a day":         func(l *lab) { l.lived(3, 20*time.Hour); l.spoof(foreign, 10) },
		"records out of order": func(l *lab) { l.comes(addr(1), 10, 200); l.now -= 61e6; l.spoof(foreign, 10) },
		"few records": func(l *lab) {
			l.comes(addr(1), 10, 20)
			l.now += 25 * microHour
			l.Sweep(l.now)
			l.comes(addr(1), 10, 20)
			l.spoof(foreign, 10)
		},
		"an interface of several": func(l *lab) {
			l.lived(3, 30*time.Hour)
			l.comes(addr(2), 10, 1)
			l.spoof(foreign, 10)
		},
		"an interface of nobody": func(l *lab) { l.lived(3, 30*time.Hour); l.spoof(foreign, 99) },
		"foreign addresses from the beginning": func(l *lab) {
			for range 200 {
				l.comes(foreign, 10, 1)
				l.lived(1, 10*time.Minute)
			}
			l.spoof(foreign, 10)
		},
		"foreign addresses that are routed there": func(l *lab) {
			l.lived(3, 30*time.Hour)
			l.Take([]flow.Record{{Start: l.now, End: l.now, Src: addr(3), Dst: foreign, Protocol: flow.UDP, DstPort: 9, SrcPort: 9, Bytes: 100, Packets: 1, Exporter: 1, In: 12, Out: 10}})
			l.spoof(foreign, 10)
		},
		"an address of a network of lines, of which nobody knows whose it is": func(l *lab) {
			l.lived(3, 30*time.Hour)
			l.spoof(flow.V4(10<<24|200), 10) // there is no line 200
		},
		"an address of a network at home": func(l *lab) { l.lived(3, 30*time.Hour); l.spoof(flow.V4(192<<24|168<<16|5), 10) },
		"a line that was not heard for long": func(l *lab) {
			l.lived(3, 30*time.Hour)
			l.now += 30 * microHour
			l.Sweep(l.now)
			l.spoof(foreign, 10)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, 3)
			live(l)
			l.nothing()
		})
	}
}

// TestInterfacesAreBounded: an exporter that tells of a million interfaces pushes
// out none that is known.
func TestInterfacesAreBounded(t *testing.T) {
	l := newLab(t, 3)
	l.lived(3, 30*time.Hour)
	for n := range uint32(1_000_000) {
		r := flow.Record{Exporter: 2, In: 1 + n, End: l.now}
		l.access.own(&r, 2, 1)
	}
	for i := range l.access.shards {
		if n := len(l.access.shards[i].places); n > accessAShard {
			t.Fatalf("a shard has %d", n)
		}
	}
	l.spoof(flow.V4(0x01020304), 10)
	l.one(Spoofing, true)
}
