package receipt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"candor"
	"candor/internal/consent/jws"
)

// Keys is a JWK Set (RFC 7517, 5) of an issuer: of the key that signs, and of
// those that did.
type Keys struct {
	Issuer string `json:"issuer,omitempty"` // whose keys they are
	Keys   []Key  `json:"keys"`
}

// Key is one of them.
type Key struct {
	jws.Key
	Made    int64 // nbf: nothing was signed with it before; seconds since 1970, 0 if unknown
	Retired int64 // exp: nor since; 0 if it still signs
}

// validity is what a JWK says of the times of a key.
type validity struct {
	Made    int64 `json:"nbf,omitempty"`
	Retired int64 `json:"exp,omitempty"`
}

// MarshalJSON writes a JWK.
func (k Key) MarshalJSON() ([]byte, error) {
	data, err := json.Marshal(k.Key)
	if err != nil {
		return nil, err
	}
	times, err := json.Marshal(validity{k.Made, k.Retired})
	if err != nil || string(times) == "{}" {
		return data, err
	}
	return append(append(data[:len(data)-1], ','), times[1:]...), nil
}

// UnmarshalJSON reads a JWK.
func (k *Key) UnmarshalJSON(data []byte) error {
	var v validity
	if err := json.Unmarshal(data, &v); err != nil {
		return fmt.Errorf("web key: %w: %w", err, candor.ErrInvalid)
	}
	k.Made, k.Retired = v.Made, v.Retired
	return k.Key.UnmarshalJSON(data)
}

// Bounds of a set of keys.
const (
	MostKeyBytes = 1 << 20
	mostKeys     = 1000
)

// ReadKeys reads a JWK Set. Keys that cannot sign receipts are passed over
// (RFC 7517, 5); a set without any other gives candor.ErrInvalid.
func ReadKeys(data []byte) (Keys, error) {
	var raw struct {
		Issuer string            `json:"issuer"`
		Keys   []json.RawMessage `json:"keys"`
	}
	if len(data) > MostKeyBytes {
		return Keys{}, fmt.Errorf("set of keys: more than %d bytes: %w", MostKeyBytes, candor.ErrInvalid)
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return Keys{}, fmt.Errorf("set of keys: %w: %w", err, candor.ErrInvalid)
	}
	set := Keys{Issuer: raw.Issuer}
	for _, one := range raw.Keys[:min(len(raw.Keys), mostKeys)] {
		var k Key
		if err := k.UnmarshalJSON(one); err == nil && k.Algorithm() == jws.ES256 {
			set.Keys = append(set.Keys, k)
		}
	}
	if len(set.Keys) == 0 {
		return Keys{}, candor.WithHint(fmt.Errorf("set of keys: it holds none on P-256: %w", candor.ErrInvalid), "Name a JWK Set (RFC 7517) of the issuer.")
	}
	return set, nil
}

func (s Keys) find(id string) (Key, error) {
	for _, k := range s.Keys {
		if k.ID() == id {
			return k, nil
		}
	}
	return Key{}, candor.WithHint(fmt.Errorf("no key %.50q is trusted: %w", id, candor.ErrDenied), "Take the issuer's keys anew, from a source that you trust.")
}

// Verifier checks receipts. It is safe for concurrent use.
type Verifier struct {
	Keys   Keys          // that are trusted
	Issuer string        // who must have issued; empty takes that of Keys, and any if that is empty too
	Clock  candor.Clock  // nothing is issued later
	Leeway time.Duration // by which clocks differ
}

// Leeway is what Verifiers are usually given.
const Leeway = 5 * time.Minute

// Signed is a receipt that was signed, and verifies.
type Signed struct {
	Receipt
	Text   string // what the person keeps
	Key    string // by which it is signed
	Digest string // that the next one of its chain has: SHA-256 of the payload
}

func digestOf(payload []byte) string {
	sum := sha256.Sum256(payload)
	return hex.EncodeToString(sum[:])
}

// Verify checks a receipt's text: its form, signature, issuer and times. What
// it gives otherwise is candor.ErrInvalid for what is no receipt, and
// candor.ErrDenied for one that is not the issuer's. That it was not shown before
// is for Chains to say.
func (v Verifier) Verify(text string) (*Signed, error) {
	var r Receipt
	var key Key
	payload, err := jws.Open(text, Type, func(id string) (jws.Key, error) {
		var err error
		key, err = v.Keys.find(id)
		return key.Key, err
	}, &r)
	if err == nil {
		err = r.check()
	}
	if err == nil {
		err = v.check(&r, key)
	}
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	return &Signed{r, text, key.ID(), digestOf(payload)}, nil
}

// Expected gives the issuer that is asked for; empty if any will do.
func (v Verifier) Expected() string {
	if v.Issuer != "" {
		return v.Issuer
	}
	return v.Keys.Issuer
}

// check holds a receipt against the issuer, the key's times and the clock.
func (v Verifier) check(r *Receipt, k Key) error {
	issued := time.Unix(r.Issued, 0)
	after := func(seconds int64) bool { return issued.After(time.Unix(seconds, 0).Add(v.Leeway)) }
	switch want := v.Expected(); {
	case want != "" && r.Issuer != want:
		return fmt.Errorf("it is issued by %.80q, not %q: %w", r.Issuer, want, candor.ErrDenied)
	case issued.After(v.Clock().Add(v.Leeway)):
		return candor.WithHint(fmt.Errorf("it is issued at %s, which is yet to come: %w", issued.UTC().Format(time.RFC3339), candor.ErrDenied), "Is the clock right?")
	case r.Event.At.After(issued.Add(v.Leeway + time.Second)):
		return fmt.Errorf("it is issued before what it tells of: %w", candor.ErrDenied)
	case k.Retired != 0 && after(k.Retired):
		return fmt.Errorf("key %s no longer signed when it was issued: %w", k.ID(), candor.ErrDenied)
	case k.Made != 0 && issued.Before(time.Unix(k.Made, 0).Add(-v.Leeway)):
		return fmt.Errorf("key %s was not there when it was issued: %w", k.ID(), candor.ErrDenied)
	}
	return nil
}
