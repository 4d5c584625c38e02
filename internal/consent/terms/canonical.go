package terms

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/gowebpki/jcs"

	"candor"
	"candor/internal/consent"
)

// Canonical gives the one form in which a version is kept, pinned and compared:
// its members as JSON by RFC 8785 (JCS). Everything that is shown or that acts
// is in it. How the YAML was laid out is not: comments, the order of members and
// of actions, where lines of a text were broken. Decode reads it again.
func (d *Document) Canonical() ([]byte, error) {
	data, err := json.Marshal(d)
	if err == nil {
		data, err = jcs.Transform(data)
	}
	if err != nil {
		return nil, fmt.Errorf("canonical form of terms %s %s: %w", d.ID, d.Label, err)
	}
	return data, nil
}

// Digest gives the SHA-256 of the canonical form, in lower-case hexadecimal.
func (d *Document) Digest() (string, error) {
	data, err := d.Canonical()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// Version gives what actions rest on, under an id that the caller chose for it.
func (d *Document) Version(id candor.ID) (*consent.Version, error) {
	digest, err := d.Digest()
	if err != nil {
		return nil, err
	}
	v := &consent.Version{ID: id, Document: d.ID, Label: d.Label, Digest: digest, Effective: d.Since()}
	for _, c := range d.Clauses {
		v.Clauses = append(v.Clauses, consent.Clause{ID: c.ID, Optional: c.Optional, Allows: c.Allows, Serves: c.Serves})
	}
	return v, nil
}
