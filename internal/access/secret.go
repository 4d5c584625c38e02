package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// newSecret gives 256 bits of randomness as 43 characters that are safe in
// URLs and cookies, and the digest that is kept of them. The digest needs no
// salt and no slow hash: there is nothing to guess.
func newSecret() (text string, hash []byte) {
	var b [32]byte
	rand.Read(b[:]) // never fails: it ends the program rather than give weak bytes
	text = base64.RawURLEncoding.EncodeToString(b[:])
	return text, digest(text)
}

func digest(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}
