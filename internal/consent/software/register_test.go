package software

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/jws"
)

// shop is a Register with one product and two builds.
type shop struct {
	*Register
	store *memory
	now   time.Time
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{store: newMemory(), now: start}
	s.Register = &Register{Store: s.store, Recorder: s.store, Findings: s.store, Clock: func() time.Time { return s.now }}
	err := s.store.Tx(t.Context(), func(tx Tx) error {
		return errors.Join(tx.AddProduct(t.Context(), Product{ID: "toolbar", Name: "Toolbar", Publisher: "Example", Asset: "asset"}),
			tx.AddBuild(t.Context(), build("1"), start), tx.AddBuild(t.Context(), build("2"), start),
			tx.AddBinding(t.Context(), binding(build("1"), "1", "1", start)))
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shop) bind(t *testing.T, b Binding) {
	t.Helper()
	if err := s.store.Tx(t.Context(), func(tx Tx) error { return tx.AddBinding(t.Context(), b) }); err != nil {
		t.Fatal(err)
	}
}

func newDevice(t testing.TB) crypto.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func said(serial int64, act consent.Act, s Shown, clauses ...string) Statement {
	return Statement{Serial: serial, Product: s.Product, Build: s.Build, Agreement: s.Agreement, Policy: s.Policy, Act: act, Clauses: clauses,
		Language: "en", How: consent.ByInstaller, At: start.Add(-48 * time.Hour)}
}

func signed(t testing.TB, key crypto.Signer, s Statement) string {
	t.Helper()
	text, err := s.sign(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (s *shop) accept(t *testing.T, key crypto.Signer, st Statement) Answer {
	t.Helper()
	a, err := s.Accept(t.Context(), signed(t, key, st))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *shop) stands(t *testing.T, key crypto.Signer, shown Shown) Standing {
	t.Helper()
	text, err := Ask(key, shown, s.now)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Stands(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAccept(t *testing.T) {
	s := newShop(t)
	key := newDevice(t)
	one := shown(build("1"), "1", "1")
	if got := s.stands(t, key, one); got.Stands || got.Why != Never || got.Show == nil || got.Show.Agreement.Version != "1" {
		t.Errorf("before anything was said: %+v", got)
	}
	text := signed(t, key, said(1, consent.Agreed, one, "stats"))
	first, err := s.Accept(t.Context(), text)
	if err != nil || first.Outcome != Recorded || !first.Received.Equal(start) {
		t.Fatalf("%v, %+v", err, first)
	}
	s.now = s.now.Add(time.Hour)
	for range 3 {
		again, err := s.Accept(t.Context(), text)
		if diff := cmp.Diff(first, again); err != nil || diff != "" {
			t.Errorf("%v, %s", err, diff)
		}
	}
	if events := s.store.state.events; len(events) != 1 || !events[0].At.Equal(start) || !events[0].Told.Equal(start.Add(-48*time.Hour)) || events[0].Agreement != paper("eula", "1") {
		t.Errorf("%+v", events)
	}
	got := s.stands(t, key, one)
	if !got.Stands || !got.Accepted.Equal(start) || !slices.Equal(got.Clauses, []string{"stats"}) {
		t.Errorf("%+v", got)
	}
	if other := s.stands(t, newDevice(t), one); other.Stands {
		t.Error("it stands on another device")
	}
	if len(s.store.findings) > 0 {
		t.Errorf("%+v", s.store.findings)
	}

	s.bind(t, binding(build("1"), "2", "1", s.now))
	if got = s.stands(t, key, one); got.Stands || got.Why != NewVersion || got.Show.Agreement.Version != "2" {
		t.Errorf("with a new version: %+v", got)
	}
	two := shown(build("1"), "2", "1")
	s.accept(t, key, said(2, consent.Refused, two))
	if got = s.stands(t, key, two); got.Why != Declined {
		t.Errorf("when it was refused: %+v", got)
	}
	s.accept(t, key, said(3, consent.Agreed, two, "stats", "ads"))
	if got = s.stands(t, key, two); !got.Stands {
		t.Errorf("when it was agreed to: %+v", got)
	}
	s.accept(t, key, said(4, consent.Withdrawn, two, "ads"))
	if got = s.stands(t, key, two); !got.Stands || !slices.Equal(got.Clauses, []string{"stats"}) {
		t.Errorf("without ads: %+v", got)
	}
	s.accept(t, key, said(5, consent.Withdrawn, two))
	if got = s.stands(t, key, two); got.Why != Withdrawn {
		t.Errorf("when it was taken back: %+v", got)
	}
}

// TestAcceptMismatch holds that what does not fit is refused and filed, but that
// nobody is kept from refusing or taking back.
func TestAcceptMismatch(t *testing.T) {
	for _, tt := range []struct {
		name  string
		shown Shown
		want  Mismatch
		known bool
	}{
		{"a build that nobody declared", shown(build("3"), "1", "1"), UnknownBuild, false},
		{"a build that is bound to nothing", shown(build("2"), "1", "1"), Unbound, false},
		{"another agreement", shown(build("1"), "9", "1"), OtherAgreement, true},
		{"another policy", shown(build("1"), "1", "9"), OtherPolicy, true},
	} {
		s := newShop(t)
		key := newDevice(t)
		a := s.accept(t, key, said(1, consent.Agreed, tt.shown))
		if a.Outcome != Refused || a.Reason != string(tt.want) || (a.Show != nil) != tt.known {
			t.Errorf("%s: %+v", tt.name, a)
		}
		if len(s.store.state.events) > 0 || len(s.store.findings) != 1 || s.store.findings[0].Rule != words[tt.want].rule {
			t.Errorf("%s: %+v, %+v", tt.name, s.store.state.events, s.store.findings)
		}
		if got := s.stands(t, key, tt.shown); got.Stands || got.Why != Why(tt.want) {
			t.Errorf("%s: %+v", tt.name, got)
		}
		for serial, act := range []consent.Act{2: consent.Refused, 3: consent.Withdrawn} {
			if act != "" {
				if a := s.accept(t, key, said(int64(serial), act, tt.shown)); a.Outcome != Recorded {
					t.Errorf("%s, %s: %+v", tt.name, act, a)
				}
			}
		}
		if n := len(s.store.state.events); n != 2 {
			t.Errorf("%s: %d events", tt.name, n)
		}
	}
	s := newShop(t)
	if a := s.accept(t, newDevice(t), said(1, consent.Agreed, shown(build("1"), "1", "1"), "telemetry")); a.Outcome != Refused || a.Reason != OtherClauses {
		t.Errorf("a clause that is not there: %+v", a)
	}
	other := shown(build("1"), "1", "1")
	other.Product = "dialler"
	if _, err := s.Accept(t.Context(), signed(t, newDevice(t), said(1, consent.Agreed, other))); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("a product that is not registered: %v", err)
	}
}

// TestAcceptOrder has statements arrive in another order than they were made in.
func TestAcceptOrder(t *testing.T) {
	s := newShop(t)
	key := newDevice(t)
	one := shown(build("1"), "1", "1")
	if a := s.accept(t, key, said(3, consent.Withdrawn, one)); a.Outcome != Recorded || a.Missing != 2 {
		t.Errorf("%+v", a)
	}
	if a := s.accept(t, key, said(2, consent.Agreed, one)); a.Outcome != Late || a.Missing != 0 {
		t.Errorf("%+v", a)
	}
	if got := s.stands(t, key, one); got.Stands || got.Why != Withdrawn {
		t.Errorf("what was agreed to arrived behind what took it back: %+v", got)
	}
	if n := len(s.store.state.events); n != 1 {
		t.Errorf("%d events", n)
	}
	if _, err := s.Accept(t.Context(), signed(t, key, said(2, consent.Agreed, one, "ads"))); !errors.Is(err, candor.ErrExists) {
		t.Errorf("another statement with a serial that was used: %v", err)
	}
	if a := s.accept(t, key, said(4, consent.Agreed, one)); a.Outcome != Recorded || a.Missing != 0 {
		t.Errorf("%+v", a)
	}
}

// TestAcceptForged alters each byte of a statement, and signs by other keys.
func TestAcceptForged(t *testing.T) {
	s := newShop(t)
	one := shown(build("1"), "1", "1")
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []crypto.Signer{ec, newDevice(t)} {
		text := signed(t, key, said(1, consent.Agreed, one))
		for i := range len(text) {
			altered := []byte(text)
			altered[i] ^= 1 << (i % 8)
			if _, err := s.Accept(t.Context(), string(altered)); err == nil {
				t.Fatalf("byte %d altered is accepted", i)
			}
		}
		st := said(1, consent.Agreed, one)
		st.Schema, st.Clauses = Schema, []string{}
		if st.Device, err = jws.NewKey(newDevice(t).Public()); err != nil {
			t.Fatal(err)
		}
		forged, err := jws.Sign(key, StatementType, st)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Accept(t.Context(), forged); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("in the name of another device: %v", err)
		}
		question, err := Ask(key, one, start)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Accept(t.Context(), question); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("a question as a statement: %v", err)
		}
		if _, err := s.Stands(t.Context(), text); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("a statement as a question: %v", err)
		}
	}
	if len(s.store.state.events) > 0 {
		t.Errorf("%+v", s.store.state.events)
	}
}

// TestLink holds that a code links a device to a party once.
func TestLink(t *testing.T) {
	s := newShop(t)
	s.store.state.codes[CodeDigest("one-time")] = "party"
	key, other := newDevice(t), newDevice(t)
	one := said(1, consent.Agreed, shown(build("1"), "1", "1"))
	one.Code = "one-time"
	if a := s.accept(t, key, one); !a.Linked {
		t.Errorf("%+v", a)
	}
	if a := s.accept(t, other, one); a.Linked || a.Outcome != Recorded {
		t.Errorf("the code was used by another: %+v", a)
	}
	if e := s.store.state.events; e[0].Party != "party" || e[1].Party != "" {
		t.Errorf("%+v", e)
	}
	if a := s.accept(t, key, said(2, consent.Withdrawn, shown(build("1"), "1", "1"))); !a.Linked {
		t.Error("the device is not the party's any more")
	}
}

// TestAcceptAtOnce has several deliver the same statements of several devices at
// once, in any order: each is one event at most, and what stands is what the
// last one said.
func TestAcceptAtOnce(t *testing.T) {
	s := newShop(t)
	one := shown(build("1"), "1", "1")
	const devices, each = 4, 6
	var texts []string
	keys := make([]crypto.Signer, devices)
	for d := range devices {
		keys[d] = newDevice(t)
		for n := range each {
			texts = append(texts, signed(t, keys[d], said(int64(n+1), []consent.Act{consent.Agreed, consent.Withdrawn}[(n+d)%2], one)))
		}
	}
	var wait sync.WaitGroup
	answers := make([][]Answer, 4)
	for w := range answers {
		wait.Go(func() {
			r := mathrand.New(mathrand.NewPCG(uint64(w), 1))
			answers[w] = make([]Answer, len(texts))
			for _, i := range r.Perm(len(texts)) {
				for {
					a, err := s.Accept(t.Context(), texts[i])
					if errors.Is(err, candor.ErrChanged) {
						continue
					}
					if err != nil {
						t.Error(err)
					}
					answers[w][i] = a
					break
				}
			}
		})
	}
	wait.Wait()
	for w := range answers {
		if diff := cmp.Diff(answers[0], answers[w]); diff != "" {
			t.Error(diff)
		}
	}
	seen := map[string]int64{}
	for _, e := range s.store.state.events {
		st, _, err := OpenStatement(e.Statement)
		if err != nil || st.Serial <= seen[e.Device] {
			t.Errorf("%v: serial %d after %d", err, st.Serial, seen[e.Device])
		}
		seen[e.Device] = st.Serial
	}
	for d, key := range keys {
		if got := s.stands(t, key, one); got.Stands != (d%2 == 1) {
			t.Errorf("device %d: %+v", d, got)
		}
	}
}

func FuzzStatement(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	text := signed(f, key, said(1, consent.Agreed, shown(build("1"), "1", "1"), "stats"))
	f.Add(text)
	f.Add("e30.e30.e30")
	f.Fuzz(func(t *testing.T, in string) {
		s, _, err := OpenStatement(in)
		if err != nil {
			return
		}
		if again, err := s.sign(key); in != text && s.Device.ID() == mustKey(t, key).ID() && again != text {
			t.Errorf("%v: %q is a statement of a key that never signed it", err, in)
		}
	})
}

func mustKey(t testing.TB, s crypto.Signer) jws.Key {
	k, err := jws.NewKey(s.Public())
	if err != nil {
		t.Fatal(err)
	}
	return k
}
