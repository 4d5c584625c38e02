package evidence

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"

	"candor"
)

// Salt is what makes the digest of a personal value unguessable. As text it is
// hexadecimal, like a Digest.
type Salt = Digest

// Concealed is a personal value's salted digest, which goes into an entry, and
// the salt, which never does. Who deletes value and salt has erased the value:
// the digest alone tells nothing, however few values there could be.
type Concealed struct {
	Digest Digest `json:"digest"`
	Salt   Salt   `json:"salt"`
}

// Conceal draws a salt of 32 bytes from random, which must be fit for keys,
// and gives the digest of salt and value: `(salt in binary; value) | sha256sum`.
func Conceal(random io.Reader, value string) (Concealed, error) {
	var c Concealed
	if _, err := io.ReadFull(random, c.Salt[:]); err != nil {
		return Concealed{}, fmt.Errorf("draw a salt: %w: %w", candor.ErrUnavailable, err)
	}
	c.Digest = salted(c.Salt, value)
	return c, nil
}

// Reveals tells whether salt and value are those of the digest.
func Reveals(d Digest, salt Salt, value string) bool {
	want := salted(salt, value)
	return subtle.ConstantTimeCompare(d[:], want[:]) == 1
}

// salted needs no separator: the length of a salt is fixed.
func salted(salt Salt, value string) Digest {
	h := sha256.New()
	h.Write(salt[:])
	h.Write([]byte(value))
	return Digest(h.Sum(nil))
}

// FromRecord makes the entry of a record. The second result holds, by name,
// the salts of its personal values, for the caller to keep beside the values
// and to delete with them.
func FromRecord(random io.Reader, r candor.Record) (Entry, map[string]Concealed, error) {
	e := Entry{Actor: r.Actor, Body: r.Body, Case: r.Case, ID: r.ID, Kind: r.Kind, Subject: r.Subject, Time: r.At}
	for _, word := range r.Blobs {
		d, err := ParseDigest(word)
		if err != nil {
			return Entry{}, nil, fmt.Errorf("record %s: %w", r.ID, err)
		}
		e.Blobs = append(e.Blobs, d)
	}
	if len(r.Personal) == 0 {
		return e, nil, nil
	}
	e.Personal = make(map[string]Digest, len(r.Personal))
	concealed := make(map[string]Concealed, len(r.Personal))
	for name, value := range r.Personal {
		c, err := Conceal(random, value)
		if err != nil {
			return Entry{}, nil, fmt.Errorf("record %s: %w", r.ID, err)
		}
		e.Personal[name], concealed[name] = c.Digest, c
	}
	return e, concealed, nil
}
