package collect_test

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/collect"
	"candor/internal/flow/decode"
	"candor/internal/flow/export"
)

// sink counts records, and can be held up.
type sink struct {
	n    atomic.Int64
	hold chan struct{} // not nil: one value lets one batch through
}

func (s *sink) Take(records []flow.Record) {
	if s.hold != nil {
		<-s.hold
	}
	s.n.Add(int64(len(records)))
}

var loopback = netip.MustParseAddr("127.0.0.1")

// start has a collector listen on loopback.
func start(t testing.TB, l collect.Listening, s flow.Sink) *collect.Collector {
	t.Helper()
	in, err := collect.NewIntake(collect.Options{Exporters: []collect.Registered{{Address: loopback, Name: "lo"}}})
	if err != nil {
		t.Fatal(err)
	}
	l.Addresses = []string{"127.0.0.1:0"}
	c := collect.New(in, l, s)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// dial opens a socket to a collector.
func dial(t testing.TB, c *collect.Collector) net.Conn {
	t.Helper()
	conn, err := net.Dial("udp", c.Addresses()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func records(n int) []flow.Record {
	r := rand.New(rand.NewPCG(1, 1))
	at := flow.Time(time.Now())
	all := make([]flow.Record, n)
	for i := range all {
		all[i] = flow.Record{Src: flow.V4(r.Uint32()), Dst: flow.V4(r.Uint32()), Bytes: 100, Packets: 1, Protocol: flow.UDP, Start: at, End: at}
	}
	return all
}

// until waits for something that other goroutines bring about.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func TestCollector(t *testing.T) {
	s := &sink{}
	c := start(t, collect.Listening{Readers: 2}, s)
	want := 0
	for i, v := range []decode.Version{decode.NetFlow5, decode.NetFlow9, decode.IPFIX, decode.SFlow5} {
		conn := dial(t, c)
		e, err := export.New(export.Options{Version: v, Domain: uint32(i), Agent: flow.V4(7), Sampling: 10, Booted: flow.Time(time.Now().Add(-time.Hour))})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Append(records(1000), flow.Time(time.Now()), func(d []byte) error { _, err := conn.Write(d); return err }); err != nil {
			t.Fatal(err)
		}
		want += 1000
	}
	until(t, "all records", func() bool { return s.n.Load() == int64(want) })
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	st := c.Stats()
	x := st.Exporters[0]
	if len(st.Exporters) != 1 || x.Name != "lo" || x.Records != uint64(want) || x.Errors != 0 || x.Skewed != 0 || st.Queue.Taken != uint64(want) || st.Refused != 0 {
		t.Errorf("%+v", st)
	}
	if len(x.Streams) != 4 || st.Socket.Datagrams != x.Datagrams {
		t.Fatalf("%+v", x)
	}
	for _, s := range x.Streams {
		if s.Lost != 0 || s.Sent == 0 || s.Clock < -3*time.Second || s.Clock > time.Second {
			t.Errorf("%+v", s)
		}
		if source, ok := c.Source(s.Number); !ok || source.Exporter != loopback || source.Version != s.Version || source.Name != "lo" {
			t.Errorf("%d is %+v", s.Number, source)
		}
	}
}

// TestOverload sends far more than the sink takes and the kernel holds: every
// record that was sent was taken, dropped by the queue, or lost before.
func TestOverload(t *testing.T) {
	s := &sink{hold: make(chan struct{})}
	c := start(t, collect.Listening{Readers: 1, Buffer: 64 << 10, Batches: 2}, s)
	conn := dial(t, c)
	e, err := export.New(export.Options{Version: decode.IPFIX, Booted: flow.Time(time.Now().Add(-time.Hour)), Every: 1})
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	send := func(n int) {
		if err := e.Append(records(n), flow.Time(time.Now()), func(d []byte) error { _, err := conn.Write(d); return err }); err != nil {
			t.Fatal(err)
		}
		sent += n
	}
	send(100)
	until(t, "the first", func() bool { return c.Stats().Exporters != nil && c.Stats().Exporters[0].Records > 0 })
	for c.Stats().Queue.Dropped == 0 || c.Stats().Socket.Dropped == 0 {
		send(10_000)
	}
	close(s.hold)
	// What is lost last shows when something comes after it.
	until(t, "the last", func() bool {
		before := c.Stats().Exporters[0].Datagrams
		send(1)
		until(t, "it or its loss", func() bool {
			st := c.Stats()
			return st.Exporters[0].Datagrams > before && st.Exporters[0].Streams[0].Sent == uint64(sent) || st.Socket.Dropped+st.Socket.Datagrams == uint64(e.Datagrams())
		})
		return c.Stats().Exporters[0].Streams[0].Sent == uint64(sent)
	})
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	st := c.Stats()
	x := st.Exporters[0]
	stream := x.Streams[0]
	t.Logf("%d sent: %d taken, %d dropped by the queue, %d lost before (%d datagrams by the kernel)", sent, s.n.Load(), st.Queue.Dropped, stream.Lost, st.Socket.Dropped)
	if uint64(sent) != uint64(s.n.Load())+st.Queue.Dropped+stream.Lost {
		t.Errorf("that does not add up: %+v", st)
	}
	if x.Dropped != st.Queue.Dropped || st.Queue.Taken != uint64(s.n.Load()) || x.Records != st.Queue.Taken+st.Queue.Dropped {
		t.Errorf("%+v", st)
	}
	if stream.Lost == 0 || st.Queue.Dropped == 0 {
		t.Errorf("there was no overload: %+v", st)
	}
}
