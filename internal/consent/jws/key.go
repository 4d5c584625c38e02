package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"candor"
)

// The algorithms (RFC 7518, 3.1; RFC 8037, 3.1). A key has exactly one of them:
// what a header says cannot choose another.
const (
	ES256 = "ES256" // ECDSA on P-256 with SHA-256
	EdDSA = "EdDSA" // Ed25519
)

// Key is a public key. As JSON it is a JWK (RFC 7517). The zero Key is none.
type Key struct {
	public    crypto.PublicKey
	algorithm string
	id        string
	members   keyMembers
}

// keyMembers are those that the thumbprint is of, in their order.
type keyMembers struct {
	Curve string `json:"crv"`
	Type  string `json:"kty"`
	X     string `json:"x"`
	Y     string `json:"y,omitempty"`
}

// NewKey takes a public key: *ecdsa.PublicKey on P-256 or ed25519.PublicKey.
// Others give candor.ErrInvalid.
func NewKey(public crypto.PublicKey) (Key, error) {
	k := Key{public: public}
	switch p := public.(type) {
	case *ecdsa.PublicKey:
		point, err := p.Bytes() // refuses what is not on the curve
		if err != nil || p.Curve != elliptic.P256() {
			return Key{}, fmt.Errorf("the key is not on P-256: %w", candor.ErrInvalid)
		}
		k.algorithm, k.members = ES256, keyMembers{"P-256", "EC", encode(point[1:33]), encode(point[33:])}
	case ed25519.PublicKey:
		if len(p) != ed25519.PublicKeySize {
			return Key{}, fmt.Errorf("the key has %d bytes: %w", len(p), candor.ErrInvalid)
		}
		k.algorithm, k.members = EdDSA, keyMembers{"Ed25519", "OKP", encode(p), ""}
	default:
		return Key{}, fmt.Errorf("a key of kind %T signs nothing here: %w", public, candor.ErrInvalid)
	}
	text, err := json.Marshal(k.members)
	if err != nil {
		return Key{}, err
	}
	sum := sha256.Sum256(text)
	k.id = encode(sum[:])
	return k, nil
}

// ID is the key's thumbprint by SHA-256 (RFC 7638), in base64url.
func (k Key) ID() string { return k.id }

// Algorithm is the only one that the key verifies.
func (k Key) Algorithm() string { return k.algorithm }

// Public gives the key as package crypto knows it.
func (k Key) Public() crypto.PublicKey { return k.public }

// webKey is a JWK.
type webKey struct {
	keyMembers
	Algorithm string `json:"alg,omitempty"`
	ID        string `json:"kid,omitempty"`
	Use       string `json:"use,omitempty"`
}

// MarshalJSON writes a JWK.
func (k Key) MarshalJSON() ([]byte, error) {
	return json.Marshal(webKey{k.members, k.algorithm, k.id, "sig"})
}

// UnmarshalJSON reads a JWK. One that is named or used in another way than
// MarshalJSON writes gives candor.ErrInvalid; members that are not known are
// passed over (RFC 7517, 4).
func (k *Key) UnmarshalJSON(data []byte) error {
	var w webKey
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("web key: %w: %w", err, candor.ErrInvalid)
	}
	read, err := w.key()
	if err != nil {
		return fmt.Errorf("web key %.50q: %w", w.ID, err)
	}
	for _, said := range [][2]string{{w.Algorithm, read.algorithm}, {w.ID, read.id}, {w.Use, "sig"}} {
		if said[0] != "" && said[0] != said[1] {
			return fmt.Errorf("web key %.50q says %.50q where %q is true: %w", w.ID, said[0], said[1], candor.ErrInvalid)
		}
	}
	*k = read
	return nil
}

func (w webKey) key() (Key, error) {
	x, err := decode(w.X)
	if err != nil || len(x) != 32 {
		return Key{}, fmt.Errorf("member x: %w", candor.ErrInvalid)
	}
	switch {
	case w.Type == "OKP" && w.Curve == "Ed25519":
		return NewKey(ed25519.PublicKey(x))
	case w.Type == "EC" && w.Curve == "P-256":
		y, err := decode(w.Y)
		if err != nil || len(y) != 32 {
			return Key{}, fmt.Errorf("member y: %w", candor.ErrInvalid)
		}
		p, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
		if err != nil {
			return Key{}, fmt.Errorf("it is no point of P-256: %w", candor.ErrInvalid)
		}
		return NewKey(p)
	}
	return Key{}, fmt.Errorf("keys of type %.20q on %.20q verify nothing here: %w", w.Type, w.Curve, candor.ErrInvalid)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// decode reads base64url and refuses all but the one text that encode writes.
func decode(text string) ([]byte, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || encode(b) != text {
		return nil, fmt.Errorf("it is not in base64url: %w", candor.ErrInvalid)
	}
	return b, nil
}
