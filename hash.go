package candor

import (
	"crypto/md5"  //nolint:gosec // for its size: others name contents by it
	"crypto/sha1" //nolint:gosec // so with this one
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// HashSum reads an MD5, SHA-1 or SHA-256 in hexadecimal; what is none of these is
// not ok.
func HashSum(text string) (sum []byte, ok bool) {
	sum, err := hex.DecodeString(text)
	switch len(sum) {
	case md5.Size, sha1.Size, sha256.Size:
		return sum, err == nil
	}
	return nil, false
}

// HashQuestion asks all of the estate where a content lies that is known by a hash
// alone: this program and the agent of each server with sites.
type HashQuestion struct {
	Hash  string    `json:"hash"`           // MD5, SHA-1 or SHA-256 in lower-case hexadecimal
	Size  int64     `json:"size,omitempty"` // of the content in bytes; 0 if that is not known
	Asked time.Time `json:"asked"`
	By    string    `json:"by"`
}

// HashState says how far somebody is who was asked where a content lies.
type HashState string

const (
	HashWaiting  HashState = "waiting"  // it is still being asked
	HashAnswered HashState = "answered" // it said all of the places there
	HashFailed   HashState = "failed"   // it could not be asked
)

// HashAnswer is how far one of those is who were asked.
type HashAnswer struct {
	Hash    string    `json:"-"`
	Server  ID        `json:"server,omitempty"` // empty for this program
	State   HashState `json:"state"`
	Asked   time.Time `json:"asked"`
	Updated time.Time `json:"updated"`          // when it answered or failed, or was asked
	Places  int64     `json:"places"`           // how many it named
	Unread  int64     `json:"unread,omitempty"` // files and sites there of which it could not be told
	Error   string    `json:"error,omitempty"`  // why it could not be asked
}

// HashPlace is where a content lies that was asked for.
type HashPlace struct {
	ID     ID        `json:"id"`
	Hash   string    `json:"-"`
	Server ID        `json:"server,omitempty"` // empty for this program
	Asset  ID        `json:"asset"`
	Path   string    `json:"path"` // as TextPath writes it
	Size   int64     `json:"size"`
	Since  time.Time `json:"since"` // when the content was first seen on that machine
}

// MostHashPlaces bounds the places of one content that one of those who are asked
// names.
const MostHashPlaces = 1000
