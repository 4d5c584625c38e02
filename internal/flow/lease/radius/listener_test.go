package radius

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"layeh.com/radius"

	"candor/internal/flow/lease"
)

// request makes an accounting request.
func request(t testing.TB, attributes map[radius.Type][]byte) []byte {
	t.Helper()
	p := radius.New(radius.CodeAccountingRequest, []byte(secret))
	for kind, value := range attributes {
		p.Add(kind, value)
	}
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func startRequest(t testing.TB) []byte {
	return request(t, map[radius.Type][]byte{
		acctStatusType: {0, 0, 0, accountingStart}, acctSessionID: []byte("1"), userName: []byte("alice"), framedIPAddress: {10, 0, 0, 7},
	})
}

// sinks takes events; it fails as long as it is told to.
type sinks struct {
	events chan lease.Event
	fail   chan error
}

func (s sinks) Apply(_ context.Context, events ...lease.Event) error {
	select {
	case err := <-s.fail:
		return err
	default:
	}
	for _, e := range events {
		s.events <- e
	}
	return nil
}

func dial(t *testing.T, l *Listener) net.Conn {
	t.Helper()
	conn, err := net.Dial("udp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// exchange sends a request until it is answered, as clients do, and gives the
// response.
func exchange(t *testing.T, conn net.Conn, request []byte) []byte {
	t.Helper()
	b := make([]byte, 4096)
	for range 15 {
		if _, err := conn.Write(request); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(b)
		if err == nil {
			return b[:n]
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
	}
	t.Fatal("no answer")
	return nil
}

// TestAnswerSaysKept has the first attempt to keep an event fail: that request
// is not answered, the same sent again is, and a third only repeats the answer.
func TestAnswerSaysKept(t *testing.T) {
	sink := sinks{make(chan lease.Event, 10), make(chan error, 1)}
	l, _ := start(t, Options{Sink: sink}, lines{})
	conn := dial(t, l)
	ask := startRequest(t)
	sink.fail <- errors.New("the disk is full")
	if _, err := conn.Write(ask); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); l.Stats().Failed == 0; <-tick.C {
		if time.Now().After(end) {
			t.Fatal("it did not fail")
		}
	}
	first := exchange(t, conn, ask)
	if !radius.IsAuthenticResponse(first, ask, []byte(secret)) || first[0] != byte(radius.CodeAccountingResponse) {
		t.Errorf("response % x", first)
	}
	if again := exchange(t, conn, ask); !bytes.Equal(first, again) {
		t.Errorf("the response differs: % x", again)
	}
	if e := <-sink.events; e.Kind != lease.Begin || e.Session != "1" || len(sink.events) != 0 {
		t.Errorf("%+v, and %d more", e, len(sink.events))
	}
	// An answer is counted once it is sent, and so may be read before.
	for end := time.Now().Add(30 * time.Second); l.Stats().Answered < 2 && time.Now().Before(end); <-tick.C {
	}
	if s := l.Stats(); s.Answered < 2 || s.Repeated < 1 || s.Failed != 1 {
		t.Errorf("%+v", s)
	}
}

// TestManyAtOnce has many sessions begin at once.
func TestManyAtOnce(t *testing.T) {
	const clients, each = 20, 50
	l, table := start(t, Options{}, lines{})
	var all sync.WaitGroup
	for c := range clients {
		conn := dial(t, l)
		all.Go(func() {
			for n := range each {
				ask := request(t, map[radius.Type][]byte{
					acctStatusType: {0, 0, 0, accountingStart}, acctSessionID: fmt.Appendf(nil, "%d-%d", c, n),
					userName: fmt.Appendf(nil, "user%d-%d", c, n), framedIPAddress: {10, 0, byte(c), byte(n + 1)},
				})
				if _, err := conn.Write(ask); err != nil {
					t.Error(err)
				}
				if _, err := conn.Read(make([]byte, 4096)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if s := table.Stats(); s.Sessions != clients*each || s.Unknown != clients*each {
		t.Errorf("%+v", s)
	}
	list, total := table.Unknown()
	if len(list) != clients*each || total != clients*each {
		t.Errorf("%d holders are listed, %d counted", len(list), total)
	}
}

// TestMessageAuthenticator signs a request, and spoils the signature.
func TestMessageAuthenticator(t *testing.T) {
	signed := func(spoil bool) []byte {
		p := radius.New(radius.CodeAccountingRequest, []byte(secret))
		p.Add(acctStatusType, []byte{0, 0, 0, accountingOn})
		p.Add(messageAuth, make([]byte, 16))
		p.Authenticator = [16]byte{}
		b, err := p.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		at := messageAuthAt(b)
		p.Set(messageAuth, sign(b, at, [16]byte{}, []byte(secret)))
		if spoil {
			p.Get(messageAuth)[3] ^= 1
		}
		if b, err = p.Encode(); err != nil {
			t.Fatal(err)
		}
		return b
	}
	if !authentic(signed(false), []byte(secret)) {
		t.Error("a good signature was refused")
	}
	if authentic(signed(true), []byte(secret)) {
		t.Error("a bad signature was taken")
	}
	ask := signed(false)
	response := answer(ask, []byte(secret))
	if !radius.IsAuthenticResponse(response, ask, []byte(secret)) || messageAuthAt(response) != 0 {
		t.Errorf("response % x", response)
	}
}

func TestStrangersAreNotHeard(t *testing.T) {
	l, _ := start(t, Options{Clients: []Client{{Prefix: netip.MustParsePrefix("192.0.2.0/24"), Secret: []byte(secret)}}}, lines{})
	if _, err := dial(t, l).Write(startRequest(t)); err != nil {
		t.Fatal(err)
	}
	for l.Stats().Strangers == 0 {
		if t.Context().Err() != nil {
			t.Fatal("it was not counted")
		}
	}
	if s := l.Stats(); s.Answered != 0 {
		t.Errorf("%+v", s)
	}
}

// TestTimes tells from what the time of an event comes.
func TestTimes(t *testing.T) {
	now := time.Unix(1_700_000_000, 0).UTC()
	r := reader{source: "radius", kinds: []string{lease.KeyUser}, silent: 30 * time.Minute, ahead: 5 * time.Second}
	stamp := func(d time.Duration) []byte {
		n := uint32(now.Add(d).Unix())
		return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	}
	for _, tt := range []struct {
		name string
		more map[radius.Type][]byte
		want time.Duration
	}{
		{"nothing", nil, 0},
		{"delay", map[radius.Type][]byte{acctDelayTime: {0, 0, 0, 20}}, -20 * time.Second},
		{"timestamp before delay", map[radius.Type][]byte{acctDelayTime: {0, 0, 0, 20}, eventTimestamp: stamp(-time.Hour)}, -time.Hour},
		{"clock ahead", map[radius.Type][]byte{acctDelayTime: {0, 0, 0, 20}, eventTimestamp: stamp(time.Hour)}, -20 * time.Second},
		{"clock not set", map[radius.Type][]byte{eventTimestamp: {0, 0, 0, 9}}, 0},
	} {
		p := radius.New(radius.CodeAccountingRequest, nil)
		p.Add(acctStatusType, []byte{0, 0, 0, interimUpdate})
		p.Add(acctSessionID, []byte("1"))
		p.Add(acctSessionTime, []byte{0, 0, 0, 100})
		for kind, value := range tt.more {
			p.Add(kind, value)
		}
		events, err := r.event(p, netip.MustParseAddr("192.0.2.1"), now)
		if err != nil || len(events) != 1 {
			t.Fatalf("%s: %v", tt.name, err)
		}
		e := events[0]
		if want := now.Add(tt.want); !e.At.Equal(want) || !e.Since.Equal(want.Add(-100*time.Second)) || !e.Until.Equal(want.Add(30*time.Minute)) || !e.Silent {
			t.Errorf("%s: %+v", tt.name, e)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add(startRequest(f))
	f.Add(request(f, map[radius.Type][]byte{
		acctStatusType: {0, 0, 0, interimUpdate}, acctSessionID: []byte("1"), framedRoute: []byte("192.0.2.0/28 0.0.0.0 1"),
		framedIPv6Prefix: {0, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0}, delegatedIPv6Prefix: {0, 56, 0x20, 1, 0xd, 0xb8, 0, 0, 0},
		vendorSpecific: {0, 0, 0xd, 0xe9, 1, 5, 'a', 'b', 'c'}, messageAuth: make([]byte, 16),
	}))
	r := reader{source: "radius", kinds: []string{lease.KeyUser, lease.KeyCircuit, lease.KeyRemote, lease.KeyStation, lease.KeyPort, lease.KeyClass}}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = trim(b)
		if b == nil {
			return
		}
		authentic(b, []byte(secret))
		messageAuthAt(b)
		p, err := radius.Parse(b, []byte(secret))
		if err != nil {
			return
		}
		events, err := r.event(p, netip.MustParseAddr("192.0.2.1"), time.Unix(1_700_000_000, 0))
		if err != nil {
			return
		}
		for _, e := range events {
			for _, p := range e.Prefixes {
				if !p.IsValid() || p != p.Masked() {
					t.Errorf("prefix %v", p)
				}
			}
		}
	})
}
