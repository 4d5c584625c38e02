package wire

import (
	"path"
	"strings"
	"time"

	"candor"
)

// Bounds of a HashTask and of what answers it.
const (
	MostHashes     = 100
	MostHashPlaces = 10_000
)

// HashTask asks where contents lie in the sites of a server. It ends with a
// HashResult.
type HashTask struct {
	Hashes []Hash `json:"hashes"`
}

// Hash is what a content is known by.
type Hash struct {
	Hash string `json:"hash"`           // MD5, SHA-1 or SHA-256 in lower-case hexadecimal
	Size int64  `json:"size,omitempty"` // of the content; 0 if that is not known
}

// HashResult says where contents lie.
type HashResult struct {
	Answers []HashAnswer `json:"answers"`
}

// HashAnswer says where one content lies.
type HashAnswer struct {
	Hash   string      `json:"hash"`
	Places []HashPlace `json:"places,omitempty"`
	// Unread is of how many files and sites it could not be told, and how many
	// places are not named because there are too many.
	Unread int64 `json:"unread,omitempty"`
}

// HashPlace is a file with a content.
type HashPlace struct {
	Asset candor.ID `json:"asset"` // the site
	Path  string    `json:"path"`  // as candor.TextPath writes it
	Size  int64     `json:"size"`
	Since time.Time `json:"since"` // when the content was first seen on the server
}

// Check says what is wrong with a result. Paths are looked at where the sites are
// known.
func (r *HashResult) Check() error {
	if len(r.Answers) > MostHashes {
		return invalid("too many answers")
	}
	places := 0
	for _, a := range r.Answers {
		if _, ok := candor.HashSum(a.Hash); !ok || a.Hash != strings.ToLower(a.Hash) {
			return invalid("%.80q is no hash", a.Hash)
		}
		if places += len(a.Places); places > MostHashPlaces || len(a.Places) > candor.MostHashPlaces || a.Unread < 0 {
			return invalid("the numbers of an answer make no sense")
		}
		for _, p := range a.Places {
			if err := ids(p.Asset); err != nil {
				return err
			}
			if !path.IsAbs(p.Path) || path.Clean(p.Path) != p.Path || len(p.Path) > 16<<10 || strings.ContainsRune(p.Path, 0) || p.Size < 0 {
				return invalid("%.200q is no place of a file", p.Path)
			}
		}
	}
	return nil
}
