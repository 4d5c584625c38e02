// Package receipt is what a person keeps of what it agreed to, refused or took
// back: one signed text that anybody can check with no network and without this
// program.
//
// The structure follows ISO/IEC TS 27560 and the Kantara Initiative's consent
// receipt (record and principal ids, event, method of collection), as claims of
// a JWT (RFC 7519) that is signed as package jws says. A receipt names nobody:
// the party stands in it as a salted digest, so that who was erased cannot be
// found by receipts that are still about.
//
// Receipts of one party about one document are a chain: each has the digest of
// the one before. Members that this package does not know are refused, since
// what is not understood cannot be told in words; schema_version says when there
// will be others.
package receipt

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"candor"
	"candor/internal/consent"
)

// Schema is the version of the structure.
const Schema = "receipt-1"

// Type is the typ of receipts (RFC 8725, 3.11): the media type
// application/consent-receipt+jwt.
const Type = "consent-receipt+jwt"

// Receipt tells of one event.
type Receipt struct {
	Schema    string    `json:"schema_version"`
	Issuer    string    `json:"iss"` // the provider's address, an URL
	ID        candor.ID `json:"jti"` // of the receipt; no other has it
	Issued    int64     `json:"iat"` // seconds since 1970
	Principal string    `json:"pii_principal_id"`
	Record    candor.ID `json:"record_id"` // of the event
	Event     Event     `json:"event"`
	Agreement Agreement `json:"agreement"`
	Clauses   []Clause  `json:"clauses"`
	Evidence  *Evidence `json:"evidence,omitempty"`
	Control   string    `json:"control_url,omitempty"` // where it can be looked up and changed
	Previous  string    `json:"previous,omitempty"`    // Digest of the receipt before it
}

// Event is what the party did.
type Event struct {
	Act    consent.Act    `json:"event_state"`
	At     time.Time      `json:"event_time"` // in UTC
	Method consent.How    `json:"collection_method"`
	Behalf consent.Behalf `json:"given_by"`
	Age    int            `json:"stated_age,omitempty"` // years that who agreed says to have reached
}

// Agreement is the version of a document, as it was shown.
type Agreement struct {
	Document string `json:"document"`
	Version  string `json:"version"`
	SHA256   string `json:"sha256"`   // of what was shown, in hexadecimal
	Language string `json:"language"` // in which it was shown; BCP 47
}

// Clause is what was chosen of a clause.
type Clause struct {
	ID       string      `json:"id"`
	Title    string      `json:"title,omitempty"` // as it was shown
	Optional bool        `json:"optional,omitempty"`
	Act      consent.Act `json:"state"`
}

// Evidence is where the log has the event.
type Evidence struct {
	Log   string `json:"log"`            // its origin
	Index int64  `json:"index"`          // from 0
	Leaf  string `json:"leaf,omitempty"` // hash of the leaf (RFC 6962, 2.1), in hexadecimal
}

// Principal gives the digest under which a party stands in receipts: SHA-256 of
// a salt of 32 bytes and the party's id. All receipts of a party have the same
// salt. Who deletes it has erased the party from them.
func Principal(salt [32]byte, party candor.ID) string {
	sum := sha256.Sum256(append(salt[:], party...))
	return hex.EncodeToString(sum[:])
}

// Draft gives what follows from an event of a version: clauses that are not
// optional are agreed to with the version; optional ones if they are named. A
// withdrawal tells of what it takes back, which is everything if it names
// nothing or a clause that is not optional. Issuer, principal, method, language
// and titles are the caller's.
func Draft(v *consent.Version, e consent.Event) Receipt {
	r := Receipt{Record: e.ID, Event: Event{Act: e.Act, At: e.At.UTC(), Behalf: consent.Self},
		Agreement: Agreement{Document: v.Document, Version: v.Label, SHA256: v.Digest}, Clauses: []Clause{}}
	named := map[string]bool{}
	for _, id := range e.Clauses {
		named[id] = true
	}
	whole := v.Whole(e.Clauses)
	for _, c := range v.Clauses {
		act := consent.Refused
		switch {
		case e.Act == consent.Withdrawn && !whole && !named[c.ID]:
			continue
		case e.Act == consent.Withdrawn, e.Act == consent.Agreed && (!c.Optional || named[c.ID]):
			act = e.Act
		}
		r.Clauses = append(r.Clauses, Clause{ID: c.ID, Optional: c.Optional, Act: act})
	}
	return r
}
