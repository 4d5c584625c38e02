// Package directory is the list of those to whom incidents and samples are
// passed on: vendors of protection, CERTs, partners, law enforcement, hotlines,
// registries (X.1207, 11.1.4 and Table I.1). It says how each wants to be
// reached, what it takes, and when that was last seen to be so.
//
// An entry is data: nothing here sends anything. All functions are safe for
// concurrent use.
package directory

import (
	"slices"
	"strings"
	"time"

	"candor"
)

// Kind says what an organisation is.
type Kind string

// The kinds.
const (
	AntiVirus      Kind = "anti-virus"
	AntiSpyware    Kind = "anti-spyware"
	CERT           Kind = "cert" // a CERT, CIRT or CSIRT
	Partner        Kind = "partner"
	SoftwareVendor Kind = "software-vendor" // of anything but protection
	LawEnforcement Kind = "law-enforcement"
	Hotline        Kind = "hotline"
	Registry       Kind = "registry" // of names or addresses
	Sharing        Kind = "sharing"  // an ISAC, a list, a collection
	Regulator      Kind = "regulator"
)

// Kinds are all of them, in the order in which people expect them.
func Kinds() []Kind {
	return []Kind{AntiVirus, AntiSpyware, CERT, Partner, SoftwareVendor, LawEnforcement, Hotline, Registry, Sharing, Regulator}
}

// Way says by what a channel is reached.
type Way string

// The ways.
const (
	Mail  Way = "mail"
	Form  Way = "form" // a page that a person fills in
	API   Way = "api"
	Phone Way = "phone"
)

// Ways are all of them.
func Ways() []Way { return []Way{Mail, Form, API, Phone} }

// Channel is one way to reach an organisation: a mail address, an address that
// begins with https://, or a number that begins with +.
type Channel struct {
	Way     Way    `json:"way" yaml:"way"`
	Address string `json:"address" yaml:"address"`
}

// Archive says how samples are to be packed.
type Archive string

// The archives.
const (
	NoArchive Archive = ""        // not said: no samples by mail, unless a key encrypts them
	Zip       Archive = "zip"     // with the cipher that every unzip knows (APPNOTE 6.1)
	ZipAES    Archive = "zip-aes" // with AES-256 (WinZip AE-2)
)

// Archives are all of them.
func Archives() []Archive { return []Archive{NoArchive, Zip, ZipAES} }

// Goods are a sort of thing that an organisation takes.
type Goods string

// What can be taken.
const (
	Samples Goods = "samples" // files
	Hashes  Goods = "hashes"
	URLs    Goods = "urls"
	Reports Goods = "reports" // of incidents
)

// AllGoods are all sorts.
func AllGoods() []Goods { return []Goods{Samples, Hashes, URLs, Reports} }

// Entry is an organisation, as this provider knows it.
type Entry struct {
	ID        candor.ID      `json:"id,omitempty" yaml:"-"`
	Name      string         `json:"name" yaml:"name"`
	Kinds     []Kind         `json:"kinds" yaml:"kinds"`
	Channels  []Channel      `json:"channels" yaml:"channels"`
	Key       string         `json:"key,omitempty" yaml:"key,omitempty"` // OpenPGP, armoured, public
	Archive   Archive        `json:"archive,omitempty" yaml:"archive,omitempty"`
	Password  string         `json:"password,omitempty" yaml:"password,omitempty"`     // of archives; no secret: it keeps scanners on the way from looking in
	MostBytes int64          `json:"most_bytes,omitempty" yaml:"most_bytes,omitempty"` // of a mail with a sample, at most MostMail; 0: not said
	Languages []string       `json:"languages,omitempty" yaml:"languages,omitempty"`   // BCP 47
	Hours     string         `json:"hours,omitempty" yaml:"hours,omitempty"`           // for people
	Classes   []candor.Class `json:"classes,omitempty" yaml:"classes,omitempty"`       // that it takes; all if empty
	Takes     []Goods        `json:"takes" yaml:"takes"`
	Source    string         `json:"source,omitempty" yaml:"source,omitempty"` // where it is published, https://…
	Looked    string         `json:"looked,omitempty" yaml:"looked,omitempty"` // the day on which the source was looked at, 2026-11-27
	Note      string         `json:"note,omitempty" yaml:"note,omitempty"`
	Interface *Interface     `json:"api,omitempty" yaml:"api,omitempty"` // how its API takes samples; nil if it has none, or nobody said
	Verified  Verification   `json:"verified,omitzero" yaml:"-"`
	Edition   int64          `json:"edition" yaml:"-"` // goes up with each change
	Created   time.Time      `json:"created,omitzero" yaml:"-"`
	Updated   time.Time      `json:"updated,omitzero" yaml:"-"`
	Retired   time.Time      `json:"retired,omitzero" yaml:"-"` // since when it is not used any more
	Probes    []Probe        `json:"probes,omitempty" yaml:"-"` // the last of each
}

// Verification is that somebody made sure that an entry is right. The zero one
// is: never by this provider.
type Verification struct {
	At  time.Time `json:"at,omitzero"`
	How string    `json:"how,omitempty"` // in words: "called the number on their site"
	By  string    `json:"by,omitempty"`
}

// State says how far an entry can be relied on.
type State string

// The states.
const (
	Fresh   State = "fresh"   // verified, and nothing speaks against it
	Due     State = "due"     // never verified, or too long ago
	Failing State = "failing" // a probe of it failed last, and the one before it
	Retired State = "retired" // not used any more
)

// States are all of them, those first that ask for something.
func States() []State { return []State{Failing, Due, Fresh, Retired} }

// Valid is how long a verification counts.
const Valid = 180 * 24 * time.Hour

// State is how far the entry can be relied on at a time.
func (e Entry) State(at time.Time) State {
	switch {
	case !e.Retired.IsZero():
		return Retired
	case slices.ContainsFunc(e.Probes, Probe.Failed):
		return Failing
	case e.Verified.At.IsZero() || at.Sub(e.Verified.At) > Valid:
		return Due
	}
	return Fresh
}

// Address is the first address of a way; empty if there is none.
func (e Entry) Address(w Way) string {
	for _, c := range e.Channels {
		if c.Way == w {
			return c.Address
		}
	}
	return ""
}

// Reached tells whether two entries are reached alike: what one is verified by
// holds for the other.
func (e Entry) Reached(o Entry) bool {
	return slices.Equal(e.Channels, o.Channels) && e.Key == o.Key && SameInterface(e.Interface, o.Interface)
}

// Sends are the ways on which samples or their digests can go to it, the one that
// asks for the least work first: an API only where it is said how it takes them.
func (e Entry) Sends() (all []Way) {
	if !slices.Contains(e.Takes, Samples) && !slices.Contains(e.Takes, Hashes) {
		return nil
	}
	for _, w := range []Way{Mail, API, Form} {
		if e.Address(w) != "" && (w != API || e.Interface != nil) {
			all = append(all, w)
		}
	}
	return all
}

// TakesClass tells whether it takes incidents of a class.
func (e Entry) TakesClass(c candor.Class) bool {
	return len(e.Classes) == 0 || slices.Contains(e.Classes, c)
}

// Filter chooses entries; what is empty does not matter.
type Filter struct {
	Kind  Kind
	Class candor.Class
	State State // Retired only where it is asked for
	Takes Goods
	Words string // in the name or an address, in any case
}

// Match tells whether a filter chooses an entry at a time.
func (f Filter) Match(e Entry, at time.Time) bool {
	state := e.State(at)
	return (f.Kind == "" || slices.Contains(e.Kinds, f.Kind)) && (f.Class == "" || e.TakesClass(f.Class)) &&
		(f.Takes == "" || slices.Contains(e.Takes, f.Takes)) && (f.State == state || f.State == "" && state != Retired) && e.says(f.Words)
}

// Same tells whether two entries say the same of an organisation, whoever
// verified which.
func (e Entry) Same(o Entry) bool {
	return strings.EqualFold(e.Name, o.Name) && slices.Equal(e.Kinds, o.Kinds) && slices.Equal(e.Channels, o.Channels) && e.Key == o.Key && e.Archive == o.Archive &&
		e.Password == o.Password && e.MostBytes == o.MostBytes && slices.Equal(e.Languages, o.Languages) && e.Hours == o.Hours && slices.Equal(e.Classes, o.Classes) &&
		slices.Equal(e.Takes, o.Takes) && e.Source == o.Source && e.Looked == o.Looked && e.Note == o.Note && SameInterface(e.Interface, o.Interface)
}
