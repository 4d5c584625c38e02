package receipt

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/jws"
)

var start = time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)

const issuer = "https://desk.example.net"

// office is an issuer and who trusts it.
type office struct {
	ring   *Ring
	signer *Signer
	now    time.Time
}

func (o *office) clock() time.Time { return o.now }

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{now: start}
	ring, err := NewRing(start)
	if err != nil {
		t.Fatal(err)
	}
	o.use(t, ring)
	return o
}

func (o *office) use(t testing.TB, ring *Ring) {
	t.Helper()
	var err error
	if o.signer, err = ring.Signer(issuer, o.clock); err != nil {
		t.Fatal(err)
	}
	o.ring = ring
}

func (o *office) verifier() Verifier {
	return Verifier{Keys: o.ring.Keys(issuer), Clock: o.clock, Leeway: Leeway}
}

func (o *office) sign(t testing.TB, r Receipt) *Signed {
	t.Helper()
	s, err := o.signer.Sign(r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var terms = &consent.Version{ID: candor.NewID(start), Document: "hosting-terms", Label: "3", Digest: strings.Repeat("ab", 32), Effective: start,
	Clauses: []consent.Clause{{ID: "a"}, {ID: "b", Optional: true}, {ID: "c", Optional: true}}}

func sample(act consent.Act, at time.Time, clauses ...string) Receipt {
	r := Draft(terms, consent.Event{ID: candor.NewID(at), Party: "p", Version: terms.ID, Act: act, Clauses: clauses, At: at})
	r.Principal = Principal([32]byte{1}, "p")
	r.Event.Method = consent.ByPortal
	r.Agreement.Language = "zh"
	r.Control = issuer + "/receipts"
	return r
}

func TestDraft(t *testing.T) {
	for _, tt := range []struct {
		act     consent.Act
		clauses []string
		want    string
	}{
		{consent.Agreed, nil, "a agreed, b refused, c refused"},
		{consent.Agreed, []string{"c"}, "a agreed, b refused, c agreed"},
		{consent.Refused, nil, "a refused, b refused, c refused"},
		{consent.Refused, []string{"b"}, "a refused, b refused, c refused"},
		{consent.Withdrawn, []string{"b"}, "b withdrawn"},
		{consent.Withdrawn, nil, "a withdrawn, b withdrawn, c withdrawn"},
		{consent.Withdrawn, []string{"a", "b"}, "a withdrawn, b withdrawn, c withdrawn"},
	} {
		var got []string
		for _, c := range sample(tt.act, start, tt.clauses...).Clauses {
			got = append(got, fmt.Sprint(c.ID, " ", c.Act))
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s %v: %v, not %s", tt.act, tt.clauses, got, tt.want)
		}
	}
}

func TestVerify(t *testing.T) {
	o := newOffice(t)
	r := sample(consent.Agreed, start, "b")
	r.Evidence = &Evidence{Log: "desk.example.net/log", Index: 12, Leaf: strings.Repeat("cd", 32)}
	signed := o.sign(t, r)
	got, err := o.verifier().Verify(signed.Text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(signed, got); diff != "" {
		t.Error(diff)
	}
	r.Schema, r.Issuer, r.ID, r.Issued = Schema, issuer, got.ID, start.Unix()
	if diff := cmp.Diff(r, got.Receipt); diff != "" {
		t.Error(diff)
	}
	for i := range len(signed.Text) {
		for bit := range 8 {
			altered := []byte(signed.Text)
			altered[i] ^= 1 << bit
			if _, err := o.verifier().Verify(string(altered)); err == nil {
				t.Fatalf("it verifies with bit %d of byte %d altered", bit, i)
			}
		}
	}
}

// TestOthersVerify has receipts verified by nothing but package crypto, and by
// another library, with the keys as they are published.
func TestOthersVerify(t *testing.T) {
	o := newOffice(t)
	text := o.sign(t, sample(consent.Agreed, start)).Text
	set, err := json.Marshal(o.ring.Keys(issuer))
	if err != nil {
		t.Fatal(err)
	}
	var published struct {
		Keys []struct{ Kty, Crv, X, Y, Kid string }
	}
	if err := json.Unmarshal(set, &published); err != nil || len(published.Keys) != 1 {
		t.Fatalf("%v: %s", err, set)
	}
	raw := func(s string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	k := published.Keys[0]
	parts := strings.Split(text, ".")
	signature := raw(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, raw(k.X)...), raw(k.Y)...))
	if err != nil {
		t.Fatal(err)
	}
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("package crypto says that it does not verify")
	}
	thumbprint := sha256.Sum256(fmt.Appendf(nil, `{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}`, k.X, k.Y))
	if k.Kid != base64.RawURLEncoding.EncodeToString(thumbprint[:]) || !bytes.Contains(raw(parts[0]), []byte(`"kid":"`+k.Kid+`"`)) {
		t.Errorf("the key is named %s in the set, and in the header %s", k.Kid, raw(parts[0]))
	}
	token, err := jwt.Parse(text, func(*jwt.Token) (any, error) { return public, nil }, jwt.WithValidMethods([]string{"ES256"}), jwt.WithIssuer(issuer),
		jwt.WithTimeFunc(o.clock), jwt.WithIssuedAt())
	if err != nil || !token.Valid {
		t.Errorf("golang-jwt: %v", err)
	}
}

// TestVerifyForged signs with the right key what the signer would not, and with
// other keys what it would.
func TestVerifyForged(t *testing.T) {
	o := newOffice(t)
	o.now = start.Add(time.Hour)
	key := o.ring.keys[0].signer
	another, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := o.sign(t, sample(consent.Agreed, start)).Receipt
	forge := func(change func(r *Receipt)) string {
		r := good
		r.Clauses = append([]Clause{}, good.Clauses...)
		change(&r)
		text, err := jws.Sign(key, Type, r)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if _, err := o.verifier().Verify(forge(func(*Receipt) {})); err != nil {
		t.Fatal(err)
	}
	by := func(k *ecdsa.PrivateKey, typ string, v any) string {
		text, err := jws.Sign(k, typ, v)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, text := range map[string]string{
		"another key":          by(another, Type, good),
		"another type":         by(key, "JWT", good),
		"another issuer":       forge(func(r *Receipt) { r.Issuer = "https://evil.example" }),
		"another schema":       forge(func(r *Receipt) { r.Schema = "receipt-2" }),
		"no principal":         forge(func(r *Receipt) { r.Principal = "" }),
		"a name as principal":  forge(func(r *Receipt) { r.Principal = "Ada Lovelace" }),
		"issued in an hour":    forge(func(r *Receipt) { r.Issued += 2 * 3600 }),
		"issued before":        forge(func(r *Receipt) { r.Event.At = o.now.Add(2 * Leeway) }),
		"before the key":       forge(func(r *Receipt) { r.Event.At = start.Add(-48 * time.Hour); r.Issued -= 48 * 3600 }),
		"no id":                forge(func(r *Receipt) { r.ID = "" }),
		"an odd act":           forge(func(r *Receipt) { r.Event.Act = "liked" }),
		"an odd method":        forge(func(r *Receipt) { r.Event.Method = "telepathy" }),
		"an odd behalf":        forge(func(r *Receipt) { r.Event.Behalf = "neighbour" }),
		"not in UTC":           forge(func(r *Receipt) { r.Event.At = r.Event.At.In(time.FixedZone("", 3600)) }),
		"refused what it must": forge(func(r *Receipt) { r.Clauses[0].Act = consent.Refused }),
		"clause twice":         forge(func(r *Receipt) { r.Clauses[1].ID = "a" }),
		"a line break":         forge(func(r *Receipt) { r.Clauses[0].Title = "a\nb" }),
		"right to left":        forge(func(r *Receipt) { r.Clauses[0].Title = "a\u202eb" }),
		"a secret link":        forge(func(r *Receipt) { r.Control = issuer + "/receipts?secret=x" }),
		"a script":             forge(func(r *Receipt) { r.Control = "javascript:alert(1)" }),
		"no clauses":           forge(func(r *Receipt) { r.Clauses = nil }),
		"no index":             forge(func(r *Receipt) { r.Evidence = &Evidence{Log: "l", Index: -1} }),
	} {
		if _, err := o.verifier().Verify(text); !errors.Is(err, candor.ErrInvalid) && !errors.Is(err, candor.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	v := o.verifier()
	v.Issuer = "https://other.example.net"
	if _, err := v.Verify(by(key, Type, good)); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("where another issuer is asked for: %v", err)
	}
}

// TestRotate holds that receipts of a key that no longer signs verify, that
// nobody signs with it any more, and that a key can be forgotten.
func TestRotate(t *testing.T) {
	o := newOffice(t)
	old, oldRing := o.sign(t, sample(consent.Agreed, start)), o.ring
	o.now = start.Add(24 * time.Hour)
	ring, err := o.ring.Rotate(o.now)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := ring.Secret()
	if err != nil {
		t.Fatal(err)
	}
	if ring, err = OpenRing(secret); err != nil {
		t.Fatal(err)
	}
	o.use(t, ring)
	set, err := json.Marshal(ring.Keys(issuer))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(set, []byte(`"d"`)) || bytes.Contains(set, []byte("private")) {
		t.Errorf("private: %s", set)
	}
	keys, err := ReadKeys(set)
	if err != nil {
		t.Fatal(err)
	}
	v := Verifier{Keys: keys, Clock: o.clock, Leeway: Leeway}
	fresh := o.sign(t, sample(consent.Agreed, o.now))
	for _, s := range []*Signed{old, fresh} {
		if _, err := v.Verify(s.Text); err != nil {
			t.Error(err)
		}
	}
	if old.Key == fresh.Key {
		t.Error("the key is the same")
	}
	o.now = start.Add(25 * time.Hour)
	late, err := oldRing.Signer(issuer, o.clock)
	if err != nil {
		t.Fatal(err)
	}
	stolen, err := late.Sign(sample(consent.Agreed, o.now))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(stolen.Text); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("signed with a key that is retired: %v", err)
	}
	if _, err := ring.Forget(fresh.Key); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("forgot the key that signs: %v", err)
	}
	if _, err := ring.Forget("x"); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("forgot what is not there: %v", err)
	}
	if ring, err = ring.Forget(old.Key); err != nil {
		t.Fatal(err)
	}
	o.use(t, ring)
	if _, err := o.verifier().Verify(old.Text); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("signed with a key that is forgotten: %v", err)
	}
	for _, bad := range []string{"", "[]", "null", `[{"made":"2026-01-01T00:00:00Z"}]`, string(secret[:len(secret)-1]), strings.Replace(string(secret), `"private":"`, `"private":"A`, 1)} {
		if _, err := OpenRing([]byte(bad)); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%.40s opens: %v", bad, err)
		}
	}
}

func TestReadKeys(t *testing.T) {
	o := newOffice(t)
	set, err := json.Marshal(o.ring.Keys(issuer))
	if err != nil {
		t.Fatal(err)
	}
	mixed := strings.Replace(string(set), `"keys":[`, `"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},7,{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},`, 1)
	got, err := ReadKeys([]byte(mixed))
	if err != nil || len(got.Keys) != 1 || got.Issuer != issuer || got.Keys[0].Made != start.Unix() {
		t.Errorf("%v, %+v", err, got)
	}
	for _, bad := range []string{"", "{}", `{"keys":[]}`, `[]`, string(bytes.Repeat([]byte(" "), MostKeyBytes+1))} {
		if _, err := ReadKeys([]byte(bad)); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%.20s: %v", bad, err)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	o := newOffice(t)
	r := sample(consent.Agreed, start)
	r.Event.Method = ""
	if _, err := o.signer.Sign(r); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("without a method: %v", err)
	}
	for _, bad := range []string{"", "desk", "ftp://desk.example.net", "https://desk.example.net/?x"} {
		if _, err := o.ring.Signer(bad, o.clock); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("issuer %q: %v", bad, err)
		}
	}
}

// TestChains takes a chain of five apart in all ways.
func TestChains(t *testing.T) {
	o := newOffice(t)
	var all []*Signed
	for i := range 5 {
		o.now = start.Add(time.Duration(i) * time.Hour)
		r := sample([]consent.Act{consent.Agreed, consent.Withdrawn}[i%2], o.now)
		if i > 0 {
			r.Previous = all[i-1].Digest
		}
		all = append(all, o.sign(t, r))
	}
	other := sample(consent.Agreed, o.now)
	other.Agreement.Document = "acceptable-use"
	all = append(all, o.sign(t, other))
	forked := sample(consent.Agreed, o.now)
	forked.Previous = all[1].Digest
	again := sample(consent.Agreed, o.now)
	back := sample(consent.Agreed, start)
	back.Previous = all[3].Digest
	fork, root, earlier := o.sign(t, forked), o.sign(t, again), o.sign(t, back)
	pick := func(numbers ...int) (some []*Signed) {
		for _, n := range numbers {
			some = append(some, all[n])
		}
		return some
	}
	for _, tt := range []struct {
		name  string
		given []*Signed
		kinds []error
		at    []int
	}{
		{"nothing", nil, nil, nil},
		{"all", all, nil, nil},
		{"in another order", pick(4, 2, 5, 0, 3, 1), nil, nil},
		{"the last ones", pick(2, 3, 4), nil, nil},
		{"one", pick(3), nil, nil},
		{"replayed", pick(0, 1, 0), []error{candor.ErrExists}, []int{2}},
		{"one left out", pick(0, 1, 3, 4), []error{candor.ErrChanged}, []int{2}},
		{"one left out, in another order", pick(4, 3, 1, 0), []error{candor.ErrChanged}, []int{1}},
		{"one left out, without the first", pick(4, 3, 1), []error{candor.ErrChanged}, []int{1}},
		{"forked", append(pick(0, 1, 2), fork), []error{candor.ErrChanged}, []int{3}},
		{"begun twice", append(pick(0, 1), root), []error{candor.ErrChanged}, []int{2}},
		{"back in time", append(pick(0, 1, 2, 3), earlier), []error{candor.ErrChanged}, []int{4}},
	} {
		faults := Chains(tt.given)
		if len(faults) != len(tt.kinds) {
			t.Errorf("%s: %v", tt.name, faults)
			continue
		}
		for i, f := range faults {
			if !errors.Is(f.Err, tt.kinds[i]) || f.Index != tt.at[i] {
				t.Errorf("%s: number %d: %v", tt.name, f.Index, f.Err)
			}
		}
	}
}

func FuzzVerify(f *testing.F) {
	o := newOffice(f)
	text := o.sign(f, sample(consent.Agreed, start)).Text
	v := o.verifier()
	f.Add(text)
	f.Add("")
	f.Add("e30.e30.e30")
	f.Fuzz(func(t *testing.T, in string) {
		if _, err := v.Verify(in); err == nil && in != text {
			t.Errorf("%q verifies", in)
		}
	})
}

// FuzzPayload has what the key signed read, whatever it is: what verifies is
// what would be written.
func FuzzPayload(f *testing.F) {
	o := newOffice(f)
	text := o.sign(f, sample(consent.Agreed, start)).Text
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
	if err != nil {
		f.Fatal(err)
	}
	v := o.verifier()
	f.Add(payload)
	f.Fuzz(func(t *testing.T, in []byte) {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: o.ring.keys[0].signer, KeyID: o.ring.keys[0].Public.ID()}}, (&jose.SignerOptions{}).WithType(Type))
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign(in)
		if err != nil {
			t.Skip()
		}
		text, err := signed.CompactSerialize()
		if err != nil {
			t.Skip()
		}
		got, err := v.Verify(text)
		if err != nil {
			return
		}
		again, err := jws.Canonical(got.Receipt)
		if err != nil || !bytes.Equal(again, in) {
			t.Errorf("%v: %s is read as %s", err, in, again)
		}
	})
}
