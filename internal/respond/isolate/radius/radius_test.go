package radius_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"

	"candor"
	"candor/internal/respond/isolate"
	"candor/internal/respond/isolate/radius"
)

const secret = "a shared secret"

var noon = time.Date(2025, 11, 3, 12, 0, 0, 0, time.UTC)

// nas is a hostile network access server: it does with each packet what its
// script says.
type nas struct {
	t      *testing.T
	conn   net.PacketConn
	script func(n int, request []byte, send func([]byte))

	mu  sync.Mutex
	got [][]byte
}

func newNAS(t *testing.T, script func(n int, request []byte, send func([]byte))) *nas {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nas{t: t, conn: conn, script: script}
	t.Cleanup(func() { conn.Close() })
	go func() {
		b := make([]byte, 5000)
		for n := 0; ; n++ {
			length, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			request := bytes.Clone(b[:length])
			s.mu.Lock()
			s.got = append(s.got, request)
			s.mu.Unlock()
			s.script(n, request, func(answer []byte) { _, _ = conn.WriteTo(answer, from) })
		}
	}()
	return s
}

func (s *nas) requests() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

// answer makes a proper answer.
func answer(request []byte, code layeh.Code, attributes ...layeh.AVP) []byte {
	p := &layeh.Packet{Code: code, Identifier: request[1], Secret: []byte(secret)}
	copy(p.Authenticator[:], request[4:20])
	for _, a := range attributes {
		p.Add(a.Type, a.Attribute)
	}
	b, err := p.Encode()
	if err != nil {
		panic(err)
	}
	return b
}

func cause(n uint32) layeh.AVP {
	return layeh.AVP{Type: 101, Attribute: binary.BigEndian.AppendUint32(nil, n)}
}

func newEnforcer(t *testing.T, server string) *radius.Enforcer {
	t.Helper()
	e, err := radius.New(radius.Options{Server: server, Secret: []byte(secret), Now: func() time.Time { return noon }, Patience: 400 * time.Millisecond,
		Levels:  map[isolate.Level][]string{isolate.WalledGarden: {"Filter-Id=garden", "Cisco-AVPair=subscriber:command=account-logoff", "14122:7=int:64000"}, isolate.Disconnect: {"Disconnect"}},
		Restore: []string{"Filter-Id=open"}})
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	return e
}

var session = isolate.Session{Line: "L-1", ID: "0a1b2c", User: "li@example.net", NAS: "bras-1", NASAddress: netip.MustParseAddr("192.0.2.10"),
	Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("2001:db8:0:1::/64")}}

// read checks how a request is signed, and gives its attributes by type.
func read(t *testing.T, b []byte) (*layeh.Packet, map[layeh.Type]string) {
	t.Helper()
	if !layeh.IsAuthenticRequest(b, []byte(secret)) {
		t.Fatal("the request's authenticator is wrong")
	}
	p, err := layeh.Parse(b, []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	plain := bytes.Clone(b)
	clear(plain[4:20])
	if plain[20] != 80 || plain[21] != 18 {
		t.Fatal("the Message-Authenticator does not come first")
	}
	clear(plain[22:38])
	mac := hmac.New(md5.New, []byte(secret))
	mac.Write(plain)
	if !hmac.Equal(mac.Sum(nil), b[22:38]) {
		t.Error("the Message-Authenticator is wrong")
	}
	all := map[layeh.Type]string{}
	for _, a := range p.Attributes {
		if a.Type != 80 {
			all[a.Type] += string(a.Attribute)
		}
	}
	return p, all
}

func TestRequests(t *testing.T) {
	s := newNAS(t, func(_ int, r []byte, send func([]byte)) { send(answer(r, layeh.Code(r[0])+1)) })
	e := newEnforcer(t, s.conn.LocalAddr().String())
	for _, do := range []func() error{
		func() error { return e.Set(t.Context(), session, isolate.WalledGarden) },
		func() error { return e.Set(t.Context(), session, isolate.Disconnect) },
		func() error { return e.Clear(t.Context(), session) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	of := func(more map[layeh.Type]string) map[layeh.Type]string {
		all := map[layeh.Type]string{1: "li@example.net", 4: "\xc0\x00\x02\x0a", 8: "\x0a\x00\x00\x01", 32: "bras-1", 44: "0a1b2c",
			97: "\x00\x40\x20\x01\x0d\xb8\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", 55: string(binary.BigEndian.AppendUint32(nil, uint32(noon.Unix())))}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	avpair := "\x00\x00\x00\x09\x01\x23subscriber:command=account-logoff"
	for i, want := range []struct {
		code       layeh.Code
		attributes map[layeh.Type]string
	}{
		{layeh.CodeCoARequest, of(map[layeh.Type]string{11: "garden", 26: avpair + "\x00\x00\x37\x2a\x07\x06\x00\x00\xfa\x00"})},
		{layeh.CodeDisconnectRequest, of(nil)},
		{layeh.CodeCoARequest, of(map[layeh.Type]string{11: "open"})},
	} {
		p, got := read(t, s.requests()[i])
		if p.Code != want.code {
			t.Errorf("request %d is %s", i, p.Code)
		}
		if diff := cmp.Diff(want.attributes, got); diff != "" {
			t.Errorf("request %d (-want +got):\n%s", i, diff)
		}
	}
	if got := e.Levels(); !cmp.Equal(got, []isolate.Level{isolate.WalledGarden, isolate.Disconnect}) {
		t.Errorf("levels are %v", got)
	}
	if _, err := e.List(t.Context()); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("list: %v", err)
	}
}

// TestAgain: what is lost is sent again, as it was.
func TestAgain(t *testing.T) {
	s := newNAS(t, func(n int, r []byte, send func([]byte)) {
		if n >= 2 {
			send(answer(r, layeh.CodeCoAACK))
		}
	})
	if err := newEnforcer(t, s.conn.LocalAddr().String()).Set(t.Context(), session, isolate.WalledGarden); err != nil {
		t.Fatal(err)
	}
	all := s.requests()
	if len(all) != 3 || !bytes.Equal(all[0], all[1]) || !bytes.Equal(all[0], all[2]) {
		t.Errorf("%d requests, the same %v", len(all), len(all) > 2 && bytes.Equal(all[0], all[2]))
	}
}

// TestHostile: only an answer that who has the secret made counts.
func TestHostile(t *testing.T) {
	with := func(change func([]byte) []byte) func(int, []byte, func([]byte)) {
		return func(_ int, r []byte, send func([]byte)) { send(change(answer(r, layeh.CodeCoAACK))) }
	}
	for name, script := range map[string]func(int, []byte, func([]byte)){
		"silence":    func(int, []byte, func([]byte)) {},
		"empty":      func(_ int, _ []byte, send func([]byte)) { send(nil) },
		"short":      with(func(b []byte) []byte { return b[:10] }),
		"cut":        with(func(b []byte) []byte { b[3]++; return b }),
		"identifier": with(func(b []byte) []byte { b[1]++; return b }),
		"forged":     with(func(b []byte) []byte { b[4] ^= 1; return b }),
		"code":       func(_ int, r []byte, send func([]byte)) { send(answer(r, layeh.CodeDisconnectACK)) },
		"echo":       func(_ int, r []byte, send func([]byte)) { send(r) },
		"accept":     func(_ int, r []byte, send func([]byte)) { send(answer(r, layeh.CodeAccessAccept)) },
		"mac": func(_ int, r []byte, send func([]byte)) {
			send(answer(r, layeh.CodeCoAACK, layeh.AVP{Type: 80, Attribute: make([]byte, 16)}))
		},
		"short mac": func(_ int, r []byte, send func([]byte)) {
			send(answer(r, layeh.CodeCoAACK, layeh.AVP{Type: 80, Attribute: []byte{1}}))
		},
	} {
		s := newNAS(t, script)
		err := newEnforcer(t, s.conn.LocalAddr().String()).Set(t.Context(), session, isolate.WalledGarden)
		if !errors.Is(err, candor.ErrUnavailable) || candor.Hint(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(s.requests()); n != 4 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
	// Forgeries do not hide the answer behind them; padding is left out.
	s := newNAS(t, func(_ int, r []byte, send func([]byte)) {
		forged := answer(r, layeh.CodeCoANAK)
		forged[10] ^= 1
		send(forged)
		send(append(answer(r, layeh.CodeCoAACK), 0, 0, 0))
	})
	if err := newEnforcer(t, s.conn.LocalAddr().String()).Set(t.Context(), session, isolate.WalledGarden); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s = newNAS(t, func(int, []byte, func([]byte)) { cancel() })
	if err := newEnforcer(t, s.conn.LocalAddr().String()).Set(ctx, session, isolate.WalledGarden); err == nil {
		t.Error("interrupted, and done")
	}
}

func TestRefused(t *testing.T) {
	for code, want := range map[uint32]struct {
		coa, disconnect, clear error
		says                   string
	}{
		401: {candor.ErrDenied, candor.ErrDenied, candor.ErrDenied, "does not support an attribute"},
		501: {candor.ErrDenied, candor.ErrDenied, candor.ErrDenied, "prohibited"},
		503: {candor.ErrUnavailable, nil, nil, "does not know the session"},
		506: {candor.ErrUnavailable, candor.ErrUnavailable, candor.ErrUnavailable, "lacks resources"},
		999: {candor.ErrDenied, candor.ErrDenied, candor.ErrDenied, "does not say why (Error-Cause 999)"},
		0:   {candor.ErrDenied, candor.ErrDenied, candor.ErrDenied, "does not say why"},
	} {
		s := newNAS(t, func(_ int, r []byte, send func([]byte)) {
			if code == 0 {
				send(answer(r, layeh.Code(r[0])+2))
				return
			}
			send(answer(r, layeh.Code(r[0])+2, cause(code)))
		})
		e := newEnforcer(t, s.conn.LocalAddr().String())
		for _, one := range []struct {
			err, want error
		}{{e.Set(t.Context(), session, isolate.WalledGarden), want.coa}, {e.Set(t.Context(), session, isolate.Disconnect), want.disconnect}, {e.Clear(t.Context(), session), want.clear}} {
			if !errors.Is(one.err, one.want) {
				t.Errorf("Error-Cause %d: %v, want %v", code, one.err, one.want)
			}
			if one.err != nil && (!strings.Contains(one.err.Error(), want.says) || candor.Hint(one.err) == "") {
				t.Errorf("Error-Cause %d: %v, hint %q", code, one.err, candor.Hint(one.err))
			}
		}
	}
}

// TestWhichSession: a request that could mean another session is not sent.
func TestWhichSession(t *testing.T) {
	e := newEnforcer(t, "127.0.0.1:9")
	for _, s := range []isolate.Session{{}, {User: "li@example.net"}, {Addresses: session.Addresses}} {
		if err := e.Set(t.Context(), s, isolate.Disconnect); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for _, text := range []string{"Filter-Id", "Unknown=x", "1=somebody", "User-Name=x", "44=x", "80=x", "26=x", "0:1=x", "9:0=x", "9:300=x", "11=", "27=int:x", "27=hex:0", "8=ip:1", "27=int:99999999999", "11=" + strings.Repeat("x", 254), "9:1=" + strings.Repeat("x", 248)} {
		_, err := radius.New(radius.Options{Secret: []byte("x"), Levels: map[isolate.Level][]string{isolate.RateLimit: {text}}})
		if !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	if _, err := radius.New(radius.Options{}); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("without a secret: %v", err)
	}
}

// FuzzAnswer: whatever comes from a server without the secret, it is no answer.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte{44, 1, 0, 20}, true)
	f.Add(bytes.Repeat([]byte{80, 2}, 20), false)
	f.Fuzz(func(t *testing.T, noise []byte, length bool) {
		s := newNAS(t, func(_ int, r []byte, send func([]byte)) {
			b := bytes.Clone(noise)
			if len(b) > 4 && length {
				b[1] = r[1]
				binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
			}
			send(b)
			send(answer(r, layeh.CodeCoAACK))
		})
		if err := newEnforcer(t, s.conn.LocalAddr().String()).Set(t.Context(), session, isolate.WalledGarden); err != nil {
			t.Error(err)
		}
	})
}
