package evidence

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"candor"
)

// sealedMark begins what Seal gives.
const sealedMark = "candor sealed 1\n"

// Seal encrypts a secret that is kept elsewhere than in the vault, such as in
// the database: whoever has that without the vault's key of names (names.key)
// cannot read it. The label says what it is, and is needed to open it.
//
// The key is derived from that of names (HKDF, RFC 5869, with SHA-256), another
// one for each label; the secret is encrypted with AES-256-GCM under a random
// nonce (NIST SP 800-38D). That key rather than an age identity, because every
// program that uses the vault has it, also where the identities are elsewhere.
func (v *Vault) Seal(label string, secret []byte) ([]byte, error) {
	a, err := v.sealer(label)
	if err != nil {
		return nil, err
	}
	return a.Seal([]byte(sealedMark), nil, secret, []byte(label)), nil
}

// Open gives the secret that Seal was given. It is candor.ErrInvalid if it was
// sealed with another vault's key or label, or was changed.
func (v *Vault) Open(label string, sealed []byte) ([]byte, error) {
	a, err := v.sealer(label)
	if err != nil {
		return nil, err
	}
	rest, ok := bytes.CutPrefix(sealed, []byte(sealedMark))
	if !ok {
		return nil, fmt.Errorf("open what was sealed: it was not: %w", candor.ErrInvalid)
	}
	secret, err := a.Open(nil, nil, rest, []byte(label))
	if err != nil {
		return nil, candor.WithHint(fmt.Errorf("open what was sealed: %w: %w", candor.ErrInvalid, err), "It was sealed with the key of another vault: put its names.key back.")
	}
	return secret, nil
}

func (v *Vault) sealer(label string) (cipher.AEAD, error) {
	if label == "" {
		return nil, errors.New("what is sealed has no label")
	}
	key, err := hkdf.Key(sha256.New, v.names[:], nil, sealedMark+label, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
