package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"candor"
)

// Digest is a SHA-256 digest. As text it is 64 lower-case hexadecimal digits.
type Digest [sha256.Size]byte

// String gives the digest's text.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText gives the digest's text.
func (d Digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText reads what MarshalText wrote, and nothing else.
func (d *Digest) UnmarshalText(text []byte) error {
	var out Digest
	if len(text) != 2*len(out) || bytes.ContainsAny(text, "ABCDEF") {
		return fmt.Errorf("%.70q is no SHA-256 digest: %w", text, candor.ErrInvalid)
	}
	if _, err := hex.Decode(out[:], text); err != nil {
		return fmt.Errorf("%.70q is no SHA-256 digest: %w", text, candor.ErrInvalid)
	}
	*d = out
	return nil
}

// ParseDigest reads a digest's text.
func ParseDigest(word string) (Digest, error) {
	var d Digest
	err := d.UnmarshalText([]byte(word))
	return d, err
}
