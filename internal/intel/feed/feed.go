// Package feed reads what others publish of threats and vulnerabilities, on
// schedule: lists, catalogues, advisories, MISP's feeds and collections of TAXII.
package feed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
)

// Kind is what a feed is written in.
type Kind string

// The kinds.
const (
	KEV       Kind = "kev"     // Known Exploited Vulnerabilities of CISA, JSON
	EPSS      Kind = "epss"    // Exploit Prediction Scoring System of FIRST, CSV
	CSAF      Kind = "csaf"    // a provider of CSAF 2.0: the address of its provider-metadata.json
	OSV       Kind = "osv"     // Open Source Vulnerabilities, a zip of an ecosystem, or one record
	Bodhi     Kind = "bodhi"   // security updates of Fedora: the address of its list of updates
	Debian    Kind = "debian"  // the security tracker of Debian, JSON
	URLhaus   Kind = "urlhaus" // CSV of URLhaus and its like
	Addresses Kind = "address" // one address or network a line
	Domains   Kind = "domain"  // one domain a line, or a line of a hosts file
	URLs      Kind = "url"     // one URL a line
	Hashes    Kind = "hash"    // one hash a line
	MISP      Kind = "misp"    // a feed of MISP: the address of its folder
	TAXII     Kind = "taxii"   // a collection of TAXII 2.1: the address of the collection
)

var kinds = []Kind{KEV, EPSS, CSAF, OSV, Debian, Bodhi, URLhaus, Addresses, Domains, URLs, Hashes, MISP, TAXII}

// Feed is one feed.
type Feed struct {
	Name    string
	Kind    Kind
	URL     string
	Licence string // under which it may be used; SPDX, or in words
	Trust   int    // how far it is believed: 0 to 100, the confidence of what does not tell its own
	Every   time.Duration
	TLP     tlp.Mark     // of what does not bear its own
	Class   candor.Class // of lists
	// Releases are those of distributions that are of use, for Debian ("bookworm"), and for
	// OSV, CSAF and Bodhi ("12", "Red Hat:9", "Ubuntu:22.04"): all, if there are none.
	Releases []string
	// Keys are the fingerprints of the keys of a provider of CSAF that hold, in upper case;
	// if there are none, those that it has when it is first read.
	Keys []string
	// Sightings says that its source is told when something here is what it names:
	// for collections of TAXII, which it is written into, and for feeds of MISP.
	Sightings bool
	// Server is the address of the server of MISP that is told, https://host. Credentials
	// of the feed go to its host alone; empty: there is none.
	Server string
}

// Check tells what is wrong with a feed, as candor.ErrInvalid.
func (f Feed) Check() error {
	switch {
	case f.Name == "" || f.URL == "":
		return fmt.Errorf("a feed needs a name and an address: %w", candor.ErrInvalid)
	case !slices.Contains(kinds, f.Kind):
		return fmt.Errorf("feed %s: %q is none of %v: %w", f.Name, f.Kind, kinds, candor.ErrInvalid)
	case f.Every < time.Minute:
		return fmt.Errorf("feed %s: every %s is too often: %w", f.Name, f.Every, candor.ErrInvalid)
	case f.Trust < 0 || f.Trust > 100:
		return fmt.Errorf("feed %s: trust of %d is none of 0 to 100: %w", f.Name, f.Trust, candor.ErrInvalid)
	}
	return nil
}

// State is how a feed stands.
type State struct {
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
	Digest       string    `json:"digest,omitempty"`   // SHA-256 of what it answered last, as it came; of one that is one file
	Checked      time.Time `json:"checked,omitzero"`   // when it was last asked
	Fetched      time.Time `json:"fetched,omitzero"`   // when it last answered well, be it that nothing changed
	Changed      time.Time `json:"changed,omitzero"`   // when it last gave entries
	Failures     int       `json:"failures,omitempty"` // since then, one after the other
	Error        string    `json:"error,omitempty"`    // of the last failure; empty after a success
	Cause        Cause     `json:"cause,omitempty"`    // of it
	Entries      int       `json:"entries,omitempty"`  // that it gave last
	Skipped      int       `json:"skipped,omitempty"`  // lines and records that could not be read then
	// Seen is what was read of feeds that are read part by part: when each part was
	// changed, in seconds of Unix. After is that of TAXII.
	Seen  map[string]int64 `json:"seen,omitempty"`
	After time.Time        `json:"after,omitzero"`
	Rest  time.Time        `json:"rest,omitzero"` // it asked not to be asked before, after a failure
	// Proof is how what a provider of CSAF gives is proved to be its own.
	Proof Proof `json:"proof,omitzero"`
	// Of is what the feed was set up as (Feed.Setup) when it was read, and Anew since
	// when it is read from the start since that changed; zero once it was.
	Of   string    `json:"of,omitempty"`
	Anew time.Time `json:"anew,omitzero"`
}

// Setup stands for what decides of a feed's entries: where they come from, and what
// is said of all of them.
func (f Feed) Setup() string {
	text := fmt.Appendf(nil, "%q %q %q %d %q %q", f.Kind, f.URL, f.TLP, f.Trust, f.Class, f.Releases)
	switch f.Kind { // what was read before there were any is read anew
	case MISP:
		text = append(text, " parts"...)
	case CSAF, OSV:
		text = append(text, " releases"...)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Failed gives how a feed stands whose turn failed.
func (s State) Failed(at time.Time, err error, c Cause) State {
	s.Checked, s.Failures, s.Error, s.Cause = at, s.Failures+1, intake.Cut(err.Error(), intake.MostNote), c
	var later *candor.LaterError
	if errors.As(err, &later) {
		s.Rest = at.Add(later.After)
	}
	return s
}

// Begin gives how a feed stands that is to be asked: as if nothing of it was read, if
// it is set up otherwise by now.
func (s State) Begin(f Feed, now time.Time) State {
	of := f.Setup()
	if s.Of != "" && s.Of != of {
		s.ETag, s.LastModified, s.Digest, s.Seen, s.After, s.Rest, s.Anew, s.Proof = "", "", "", nil, time.Time{}, time.Time{}, now, s.Proof.begin(f)
	}
	s.Of = of
	return s
}

// Told is what the source of a feed was told of sightings.
type Told struct {
	Times   int64     // that it took one
	Last    time.Time // when it did last; zero: never
	Refused time.Time // when it last could not be told; zero: never
	Why     string    // of that; empty if it took one since
}

// Due tells whether a feed should be asked now.
func (s State) Due(f Feed, now time.Time) bool {
	return !now.Before(s.Next(f)) || s.Of != "" && s.Of != f.Setup()
}

// Next is when a feed should be asked: after its time, or, after failures, from
// five minutes on, twice as long each time, but never later than its time, unless it
// asked for that.
func (s State) Next(f Feed) time.Time {
	wait := f.Every
	if s.Failures > 0 {
		wait = min(wait, 5*time.Minute<<min(s.Failures-1, 10))
	}
	next := s.Checked.Add(wait)
	if s.Rest.After(next) {
		return s.Rest
	}
	return next
}

// Age is how old what is known from the feed is; ok is false if nothing is.
func (s State) Age(now time.Time) (age time.Duration, ok bool) {
	return now.Sub(s.Fetched), !s.Fetched.IsZero()
}

// Stale tells whether a feed has not answered well for three of its times: what is
// known from it may be wrong.
func (s State) Stale(f Feed, now time.Time) bool {
	age, ok := s.Age(now)
	return !ok || age > 3*f.Every
}

// Keeper keeps how feeds stand. It is safe for concurrent use.
type Keeper interface {
	State(ctx context.Context, feed string) (State, error) // the zero State for one that is new
	Keep(ctx context.Context, feed string, s State) error
}

// Sink takes entries. What one turn gives is whole only when the turn returned
// without an error: until then some may be missing.
type Sink interface {
	// Part says that the indicators that follow, until the next one, are all that a part
	// of the feed has, such as an event of MISP: what it gave before and does not give now
	// is gone.
	Part(id string) error
	Indicator(intel.Indicator) error
	Vulnerability(intel.Vulnerability) error
	// Forget takes back what was given with a Reference.
	Forget(reference string) error
}

// Turn is what came of asking a feed.
type Turn struct {
	State State
	// Changed says that entries came. Whole says that they are all that the feed has:
	// what came before and did not again is gone. Otherwise they are added to it.
	Changed, Whole bool
	// More says that there is more to read: the feed is read on by another turn.
	More bool
}

// filled gives an indicator what the feed says of all.
func (f Feed) filled(i intel.Indicator) intel.Indicator {
	i.Source = f.Name
	if i.Class == "" {
		i.Class = f.Class
	}
	if i.TLP == "" || f.TLP != "" && f.TLP.Compare(i.TLP) > 0 {
		i.TLP = f.TLP
	}
	if i.Confidence == 0 || f.Trust < i.Confidence {
		i.Confidence = f.Trust
	}
	i.Note = intake.Cut(i.Note, intake.MostNote)
	return i
}

func (f Feed) found(v intel.Vulnerability) intel.Vulnerability {
	v.Source = f.Name
	if v.TLP == "" || f.TLP != "" && f.TLP.Compare(v.TLP) > 0 {
		v.TLP = f.TLP
	}
	v.Title = intake.Cut(v.Title, intake.MostNote)
	return v
}
