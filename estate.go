package candor

import "time"

// HotContent is a content that open findings were seen in, however many sites
// hold it: one row, one decision. What says only that it was not fully looked
// at does not count.
type HotContent struct {
	SHA256   string    `json:"sha256"` // in hexadecimal
	Sites    int64     `json:"sites"`  // assets that hold it
	Cases    int64     `json:"cases"`
	Findings int64     `json:"findings"` // open ones
	Places   int64     `json:"places"`   // that hold it now
	Severity Severity  `json:"severity"` // the gravest
	First    time.Time `json:"first_seen"`
	Rules    []string  `json:"rules"`                // that match it, sorted
	Good     string    `json:"known_good,omitempty"` // as what it is known to be good
}

// ContentStates counts the findings of a content by how they stand.
type ContentStates struct {
	Open        int64 `json:"open"`
	Gone        int64 `json:"gone"`
	Quarantined int64 `json:"quarantined"`
	Dismissed   int64 `json:"dismissed"`
	// Waiting are the cases of open ones in which a quarantine of it waits
	// for approval, or is being carried out.
	Waiting int64 `json:"waiting"`
}

// HeldPlace is where a content lies, and at which asset.
type HeldPlace struct {
	Place
	Asset ID `json:"asset"`
}

// LateFinding is a content that was there before there were rules that match
// it: what had been said of it is overturned.
type LateFinding struct {
	ID         ID        `json:"id"`
	SHA256     string    `json:"sha256"` // in hexadecimal
	Size       int64     `json:"size"`   // bytes
	Rules      []string  `json:"rules"`  // the new ones that match
	Path       string    `json:"path"`   // one of the places
	Places     int64     `json:"places"`
	Since      time.Time `json:"since"`            // when it was first seen here
	Found      time.Time `json:"found"`            // when the new rules found it
	Clean      bool      `json:"was_clean"`        // nothing matched it before
	Before     string    `json:"before,omitempty"` // the generation whose verdict it overturns
	Generation string    `json:"generation"`       // that found it
}

// Contents is how much of the estate is looked at, and how much of that is
// different.
type Contents struct {
	Contents int64     `json:"contents"`     // different ones that files hold
	Unique   int64     `json:"unique_bytes"` // of these
	Files    int64     `json:"files"`
	Stored   int64     `json:"stored_bytes"` // of the files, each by itself
	Index    int64     `json:"index_bytes"`  // of the sketches by which new rules are asked
	Size     int64     `json:"size"`         // bytes of the file that all of this is in
	At       time.Time `json:"at"`           // when it was counted
}

// SiteCoverage is how many sites were last looked at as a whole within an age.
type SiteCoverage struct {
	Age       string    `json:"age"`     // day, week, longer, never
	Current   bool      `json:"current"` // with the definitions that are in use now
	Sites     int64     `json:"sites"`
	Bytes     int64     `json:"bytes"`             // that the last complete scans saw
	Took      int64     `json:"took"`              // microseconds of these scans, added up
	Unplanned int64     `json:"unplanned"`         // sites without a time for the next scan
	Oldest    time.Time `json:"oldest,omitzero"`   // the longest ago that one was scanned
	LastDue   time.Time `json:"last_due,omitzero"` // when the last of them is due
}

// ScanPace is what complete scans did on a day of UTC.
type ScanPace struct {
	Day   time.Time `json:"day"`
	Scans int64     `json:"scans"`
	Files int64     `json:"files"`
	Bytes int64     `json:"bytes"`
	Took  int64     `json:"took"` // microseconds, added up
}

// DoubtedRule is a rule that matched contents which are known to be good: it is
// probably wrong.
type DoubtedRule struct {
	Rule        string    `json:"rule"`
	Definitions string    `json:"definitions"` // the file that holds it
	Findings    int64     `json:"findings"`    // in such contents, of all states
	Open        int64     `json:"open"`        // of these
	Contents    int64     `json:"contents"`
	Sites       int64     `json:"sites"`
	Last        time.Time `json:"last_seen"`
	Good        string    `json:"known_good"` // as what one of the contents is known
}
