// Package good knows contents that are known to be good: files of releases of
// web software, of packages of a distribution, of an operator's own. A list
// silences nothing. A rule that matches such a content is probably wrong, and
// is to be told so; what it matched is told all the same.
//
// A content is known by its SHA-256 alone, wherever it lies, so that asking
// costs something only where something was found.
package good

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"candor"
)

// Digest is the SHA-256 of a content.
type Digest [sha256.Size]byte

// ParseDigest reads 64 hexadecimal digits.
func ParseDigest(s string) (d Digest, err error) {
	if len(s) != hex.EncodedLen(len(d)) {
		return d, fmt.Errorf("%.80q is no SHA-256: %w", s, candor.ErrInvalid)
	}
	if _, err = hex.Decode(d[:], []byte(s)); err != nil {
		err = fmt.Errorf("%.80q is no SHA-256: %w", s, candor.ErrInvalid)
	}
	return d, err
}

// Origin is where contents come from: a release, a package, a list.
type Origin struct {
	Name     string    `json:"name"`
	Added    time.Time `json:"added"`
	Contents int       `json:"contents"`
}

// Match says what a content is known as.
type Match struct {
	Origin string // "wordpress 6.4.2"
	Path   string // where it lies in there; may be empty
	Others int    // further origins that hold it
}

// String words the match: "wordpress 6.4.2: wp-includes/load.php".
func (m Match) String() string {
	s := m.Origin
	if m.Path != "" {
		s += ": " + m.Path
	}
	if m.Others > 0 {
		s += fmt.Sprintf(" (and in %d more)", m.Others)
	}
	return s
}

// Bounds of names, in bytes, and of a list.
const (
	mostName    = 200
	mostPath    = 4096
	mostOrigins = 1 << 20
	mostStrings = 1<<32 - 1 // places in the strings are 32 bits
)
