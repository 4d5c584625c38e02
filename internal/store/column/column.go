// Package column holds the types in which columns of the database are read
// and written, where Go's own do not fit: times as microseconds, and values
// as JSON.
package column

import (
	"database/sql/driver"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/intel"
	"candor/internal/intel/feed"
)

// Time is a time.Time that is kept as microseconds since 1970, 0 for never.
type Time time.Time

// Value gives the microseconds.
func (t Time) Value() (driver.Value, error) { return t.UnixMicro(), nil }

// UnixMicro gives the microseconds, 0 for never.
func (t Time) UnixMicro() int64 {
	if time.Time(t).IsZero() {
		return 0
	}
	return time.Time(t).UnixMicro()
}

// Scan reads what Value gave.
func (t *Time) Scan(from any) error {
	n, ok := from.(int64)
	if !ok {
		return fmt.Errorf("a time is kept as a number, and not as %T", from)
	}
	*t = Time{}
	if n != 0 {
		*t = Time(time.UnixMicro(n).UTC())
	}
	return nil
}

// JSON is a value that is kept as JSON in text.
type JSON[T any] struct{ V T }

// Of makes a JSON.
func Of[T any](v T) JSON[T] { return JSON[T]{v} }

// Value gives the JSON.
func (j JSON[T]) Value() (driver.Value, error) {
	text, err := json.Marshal(j.V)
	return string(text), err
}

// Scan reads what Value gave; an empty text is the zero value.
func (j *JSON[T]) Scan(from any) error {
	var text []byte
	switch from := from.(type) {
	case string:
		text = []byte(from)
	case []byte:
		text = from
	default:
		return fmt.Errorf("JSON is kept as text, and not as %T", from)
	}
	var v T
	if len(text) > 0 {
		if err := json.Unmarshal(text, &v); err != nil {
			return err
		}
	}
	j.V = v
	return nil
}

// Raw is JSON that is not looked into; nil is kept as an empty text.
type Raw json.RawMessage

// Value gives the JSON.
func (r Raw) Value() (driver.Value, error) { return string(r), nil }

// Scan reads what Value gave.
func (r *Raw) Scan(from any) error {
	switch from := from.(type) {
	case string:
		*r = Raw(from)
	case []byte:
		*r = append(Raw(nil), from...)
	default:
		return fmt.Errorf("JSON is kept as text, and not as %T", from)
	}
	if len(*r) == 0 {
		*r = nil
	}
	return nil
}

// Bytes are kept as base64 in text.
type Bytes []byte

// Value gives the base64.
func (b Bytes) Value() (driver.Value, error) { return base64.StdEncoding.EncodeToString(b), nil }

// Scan reads what Value gave.
func (b *Bytes) Scan(from any) error {
	text, ok := from.(string)
	if !ok {
		return fmt.Errorf("bytes are kept as text, and not as %T", from)
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	*b = decoded
	return err
}

// What is kept as JSON.
type (
	Access   = JSON[candor.Access]
	Strings  = JSON[[]string]
	Numbers  = JSON[[]int]
	Words    = JSON[map[string]string]
	Contacts = JSON[[]candor.Contact]
	Basis    = JSON[candor.Basis]
	Clauses  = JSON[[]consent.Clause]

	GateChecks = JSON[[]candor.GateCheck]

	Guesses = JSON[[]candor.NoticeGuess]

	Candidates = JSON[[]candor.Candidate]

	Holders      = JSON[[]candor.Holder]
	ForwardBasis = JSON[candor.ForwardBasis]
	Letter       = JSON[candor.Letter]
	VouchChecks  = JSON[[]candor.VouchCheck]

	Suspect = JSON[candor.Suspect]
	Classes = JSON[[]candor.Class]

	FeedState     = JSON[feed.State]
	Vulnerability = JSON[intel.Vulnerability]
)
