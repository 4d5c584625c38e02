package receipt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"candor"
	"candor/internal/consent/jws"
)

// Ring holds the keys of an issuer: the one that signs, and those that did. It
// is immutable and safe for concurrent use.
type Ring struct {
	keys []ringKey // the one that signs is the last
}

// ringKey is a key as Secret writes it. Of one that no longer signs only the
// public part is kept.
type ringKey struct {
	Private []byte    `json:"private,omitempty"` // PKCS #8
	Public  jws.Key   `json:"public"`
	Made    time.Time `json:"made"`
	Retired time.Time `json:"retired,omitzero"`

	signer *ecdsa.PrivateKey
}

// NewRing makes a ring with one new key on P-256.
func NewRing(now time.Time) (*Ring, error) { return (&Ring{}).Rotate(now) }

// Rotate gives a ring that signs with a new key from now on. What was signed
// before still verifies; the old private key is gone.
func (r *Ring) Rotate(now time.Time) (*Ring, error) {
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("key for receipts: %w", err)
	}
	k := ringKey{Made: now.UTC(), signer: signer}
	if k.Public, err = jws.NewKey(signer.Public()); err != nil {
		return nil, err
	}
	if k.Private, err = x509.MarshalPKCS8PrivateKey(signer); err != nil {
		return nil, fmt.Errorf("key for receipts: %w", err)
	}
	keys := slices.Clone(r.keys)
	if n := len(keys); n > 0 {
		keys[n-1] = ringKey{Public: keys[n-1].Public, Made: keys[n-1].Made, Retired: now.UTC()}
	}
	return &Ring{append(keys, k)}, nil
}

// Forget gives a ring without a key that no longer signs, such as one that
// somebody else came to know: nothing that it signed verifies any more.
func (r *Ring) Forget(id string) (*Ring, error) {
	i := slices.IndexFunc(r.keys, func(k ringKey) bool { return k.Public.ID() == id })
	switch {
	case i < 0:
		return nil, fmt.Errorf("key %.50q: %w", id, candor.ErrNotFound)
	case i == len(r.keys)-1:
		return nil, candor.WithHint(fmt.Errorf("key %s signs: %w", id, candor.ErrInvalid), "Rotate first.")
	}
	return &Ring{slices.Delete(slices.Clone(r.keys), i, i+1)}, nil
}

// Secret writes the ring with its private key. The caller seals it, as with
// evidence.Vault.Seal, before it is kept.
func (r *Ring) Secret() ([]byte, error) { return json.Marshal(r.keys) }

// OpenRing reads what Secret wrote.
func OpenRing(secret []byte) (*Ring, error) {
	r := &Ring{}
	if err := json.Unmarshal(secret, &r.keys); err != nil || len(r.keys) == 0 {
		return nil, fmt.Errorf("keys for receipts cannot be read: %w", candor.ErrInvalid) // without err: it could hold some of it
	}
	last := &r.keys[len(r.keys)-1]
	private, err := x509.ParsePKCS8PrivateKey(last.Private)
	signer, ok := private.(*ecdsa.PrivateKey)
	if err != nil || !ok || !signer.PublicKey.Equal(last.Public.Public()) {
		return nil, fmt.Errorf("the key that signs receipts cannot be used: %w", candor.ErrInvalid)
	}
	last.signer = signer
	return r, nil
}

// Keys gives the public keys: what is published for those who check receipts of
// an issuer.
func (r *Ring) Keys(issuer string) Keys {
	set := Keys{Issuer: issuer, Keys: []Key{}}
	for _, k := range slices.Backward(r.keys) {
		set.Keys = append(set.Keys, Key{Key: k.Public, Made: seconds(k.Made), Retired: seconds(k.Retired)})
	}
	return set
}

// Signer signs receipts. It is safe for concurrent use.
type Signer struct {
	ring   *Ring
	issuer string
	clock  candor.Clock
}

// Signer makes a Signer; issuer is the provider's address.
func (r *Ring) Signer(issuer string, clock candor.Clock) (*Signer, error) {
	if !address(issuer) {
		return nil, candor.WithHint(wrong("iss", issuer), "Give the address at which parties reach the provider, such as https://desk.example.net.")
	}
	return &Signer{r, issuer, clock}, nil
}

// Sign fills in schema, issuer, time of issue and, if it is empty, the id, and
// signs. What is missing or makes no sense gives candor.ErrInvalid.
func (s *Signer) Sign(r Receipt) (*Signed, error) {
	now := s.clock()
	r.Schema, r.Issuer, r.Issued = Schema, s.issuer, now.Unix()
	if r.ID == "" {
		r.ID = candor.NewID(now)
	}
	r.Event.At = r.Event.At.UTC()
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("receipt of event %s: %w", r.Record, err)
	}
	key := s.ring.keys[len(s.ring.keys)-1]
	text, err := jws.Sign(key.signer, Type, r)
	if err != nil {
		return nil, fmt.Errorf("receipt of event %s: %w", r.Record, err)
	}
	payload, err := jws.Canonical(r)
	if err != nil {
		return nil, err
	}
	return &Signed{r, text, key.Public.ID(), digestOf(payload)}, nil
}

// seconds gives a time as JWTs have it, 0 for none.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
