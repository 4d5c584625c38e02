package wire

import (
	"encoding/base64"
	"fmt"
	"strings"

	"candor"
)

// Token lets a machine enrol once. It names the issuer, so that a machine
// trusts nothing but nodes of this one from the first byte on.
type Token struct {
	Secret [16]byte
	Issuer [32]byte // SHA-256 of the issuer's certificate (DER)
}

const tokenPrefix = "candor-agent."

// SecretText is what is sent.
func (t Token) SecretText() string { return base64.RawURLEncoding.EncodeToString(t.Secret[:]) }

// String writes the token.
func (t Token) String() string {
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(append(t.Secret[:], t.Issuer[:]...))
}

// ParseToken reads what String wrote.
func ParseToken(text string) (t Token, err error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), tokenPrefix)
	b, err := base64.RawURLEncoding.DecodeString(rest)
	if !ok || err != nil || len(b) != len(t.Secret)+len(t.Issuer) {
		return t, candor.WithHint(fmt.Errorf("it is no token of an agent: %w", candor.ErrInvalid), "Make one with candor enrol; it begins with "+tokenPrefix)
	}
	copy(t.Secret[:], b)
	copy(t.Issuer[:], b[len(t.Secret):])
	return t, nil
}
