package intel

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"

	"candor"
)

// Namespace is the UUID that names made by Name are of, in its text form.
type Namespace string

// The namespaces.
const (
	// Observables is STIX's, of cyber-observable objects (STIX 2.1, 2.9).
	Observables Namespace = "00abedb4-aa42-466c-9c01-fed23315a9b7"
	// Own is of all else that this program names.
	Own Namespace = "6b1f5b0e-6a0c-5a0c-9a55-2f0c9d1f1207"
)

// Name gives the UUID of version 5 (RFC 9562, 5.5) of a name: the same for the
// same, everywhere. Parts are told apart: ("a", "b") is not ("ab").
func Name(space Namespace, parts ...string) candor.ID {
	raw, err := hex.DecodeString(strings.ReplaceAll(string(space), "-", ""))
	if err != nil {
		raw = []byte(space)
	}
	h := sha1.New() // what UUIDs of version 5 are made with
	h.Write(raw)
	h.Write([]byte(strings.Join(parts, "\x00")))
	b := h.Sum(nil)[:16]
	b[6] = b[6]&0x0f | 0x50
	b[8] = b[8]&0x3f | 0x80
	x := hex.EncodeToString(b)
	return candor.ID(x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:])
}
