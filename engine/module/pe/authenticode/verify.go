package authenticode

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"math/big"
)

const (
	oidRSA   = "1.2.840.113549.1.1.1"
	oidECDSA = "1.2.840.10045.2.1"
)

// Bounds of RSA keys: those of OpenSSL, and exponents of 64 bits for any
// modulus so that hostile keys cost no time.
const (
	maxModulusBits  = 16384
	maxExponentBits = 64
)

// verify tells whether signature is that of the certificate's key over a
// message with this digest. Keys that are not RSA or ECDSA verify nothing.
func (c *Certificate) verify(algorithm value, digest, signature []byte) bool {
	switch id := c.key.fields().any().fields().any().oid(); id {
	case oidRSA:
		payload, ok := c.recover(signature)
		return ok && bytes.Equal(payload, digestInfo(algorithm, digest))
	case oidECDSA:
		public, err := x509.ParsePKIXPublicKey(c.key.raw)
		if err != nil {
			return false
		}
		key, ok := public.(*ecdsa.PublicKey)
		return ok && ecdsa.VerifyASN1(key, digest, signature)
	}
	return false
}

// recover gives what was signed with the certificate's RSA key, without its
// PKCS #1 padding (RFC 8017, 8.2.2). The package crypto/rsa refuses the short
// keys of old signatures, whose verdict is wanted all the same.
func (c *Certificate) recover(signature []byte) ([]byte, bool) {
	f := c.key.fields()
	if f.any().fields().any().oid() != oidRSA {
		return nil, false
	}
	key := parse(f.any().bits(), tagSequence).fields()
	n := new(big.Int).SetBytes(key.take(tagInteger).body)
	e := new(big.Int).SetBytes(key.take(tagInteger).body)
	size := (n.BitLen() + 7) / 8
	if n.BitLen() > maxModulusBits || e.BitLen() > maxExponentBits || n.Sign() == 0 || n.Bit(0) == 0 || e.Sign() == 0 || len(signature) != size {
		return nil, false
	}
	s := new(big.Int).SetBytes(signature)
	if s.Cmp(n) >= 0 {
		return nil, false
	}
	block := s.Exp(s, e, n).FillBytes(make([]byte, size))
	const minPadding = 8
	if size < minPadding+3 || block[0] != 0 || block[1] != 1 {
		return nil, false
	}
	for i, b := range block[2:] {
		if b == 0 && i >= minPadding {
			return block[2+i+1:], true
		}
		if b != 0xff {
			return nil, false
		}
	}
	return nil, false
}

// digestInfo gives the DER of a DigestInfo without parameters (RFC 8017, 9.2).
func digestInfo(algorithm value, digest []byte) []byte {
	id := algorithm.fields().any().raw
	null := []byte{0x05, 0}
	return der(tagSequence, der(tagSequence, id, null), der(tagOctetString, digest))
}

// der encodes a value with that tag whose body is the parts.
func der(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	out := []byte{tag}
	switch n := len(body); {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 1<<8:
		out = append(out, 0x81, byte(n))
	case n < 1<<16:
		out = append(out, 0x82, byte(n>>8), byte(n))
	default:
		out = append(out, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(out, body...)
}
