package config

import (
	"fmt"
	"time"

	"candor"
	"candor/internal/regex"
)

// Intel says what is read of what others publish of threats.
type Intel struct {
	Feeds []Feed `koanf:"feeds"`
	// Threshold is the trust from which on a hit of a feed is filed as a finding.
	Threshold int `koanf:"threshold"`
}

// Feed is a list, a catalogue or advisories that others publish.
type Feed struct {
	Name    string   `koanf:"name"`
	Kind    string   `koanf:"kind"` // one of FeedKinds
	URL     string   `koanf:"url"`
	Every   Duration `koanf:"every"`
	Licence string   `koanf:"licence"`
	Trust   int      `koanf:"trust"` // 0 to 100
	TLP     string   `koanf:"tlp"`   // of what does not bear its own; amber if empty
	Class   string   `koanf:"class"` // of lists
	// Releases of distributions that are of use, for the kind debian, such as bookworm, and
	// for osv, csaf and bodhi, such as 12, Red Hat:9 or Ubuntu:22.04; all if empty.
	Releases []string `koanf:"releases"`
	// Keys are the fingerprints of the OpenPGP keys of a provider of advisories that hold,
	// for the kind csaf; those that it has when it is first read, if empty.
	Keys []string `koanf:"keys"`
	// Sightings lets the source be told when something here is what it names, for the
	// kinds taxii and misp.
	Sightings bool `koanf:"sightings"`
	// Server is the server of MISP that is told, for the kind misp: its authorization is
	// the API key there, and goes to that host alone.
	Server string `koanf:"server"`
	// Authorization is the header of that name in requests.
	Authorization     Secret `koanf:"authorization"`
	AuthorizationFile string `koanf:"authorization_file"`
}

// fingerprint is the form of one of an OpenPGP key.
var fingerprint = regex.Of(`^(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$`)

// feedKinds are those of internal/intel/feed.
var feedKinds = []string{"kev", "epss", "csaf", "osv", "debian", "bodhi", "urlhaus", "address", "domain", "url", "hash", "misp", "taxii"}

func (k *checker) intel(c Intel) {
	if c.Threshold < 0 || c.Threshold > 100 {
		k.problem("intel.threshold", fmt.Sprintf("%d is not between 0 and 100", c.Threshold), "Write from which trust on hits are filed as findings, such as 80.")
	}
	if len(c.Feeds) > 100 {
		k.problem("intel.feeds", fmt.Sprintf("%d feeds are too many", len(c.Feeds)), "Write at most 100.")
	}
	names := map[string]bool{}
	for i, f := range c.Feeds {
		key := fmt.Sprintf("intel.feeds[%d]", i+1)
		if !sourceName.MatchString(f.Name) || names[f.Name] {
			k.problem(key+".name", fmt.Sprintf("%.40q is no name of its own", f.Name), "Use lower-case letters, digits and hyphens, once each.")
		}
		names[f.Name] = true
		k.feed(key, f)
	}
}

// sightings looks whether a source can be told what was seen.
func (k *checker) sightings(key string, f Feed) {
	switch {
	case f.Sightings && f.Kind != "taxii" && f.Kind != "misp":
		k.problem(key+".sightings", "only collections of TAXII and servers of MISP can be told what was seen", "Leave it out.")
	case f.Server != "" && (f.Kind != "misp" || !f.Sightings):
		k.problem(key+".server", "it is for sightings to a server of MISP", "Leave it out, or write sightings: true in a feed of the kind misp.")
	case f.Sightings && f.Kind == "misp":
		if f.Server == "" {
			k.problem(key+".server", "nobody says which server of MISP is told", "Write its address, such as https://misp.example.org.")
		} else {
			k.link(key+".server", f.Server, "https")
		}
		if f.Authorization.Reveal() == "" && f.AuthorizationFile == "" {
			k.problem(key+".authorization", "MISP takes sightings with an API key only", "Write the key of a user of yours there, or where it is, as authorization_file.")
		}
	}
}

func (k *checker) feed(key string, f Feed) {
	k.oneOf(key+".kind", feedKinds, f.Kind)
	k.link(key+".url", f.URL, "https", "http")
	k.between(key+".every", f.Every, time.Minute, 30*24*time.Hour)
	if f.Licence == "" || len(f.Licence) > 200 {
		k.problem(key+".licence", "it does not say under which licence the feed may be used", "Write it as SPDX does, such as CC0-1.0, or in words.")
	}
	if f.Trust < 1 || f.Trust > 100 {
		k.problem(key+".trust", fmt.Sprintf("%d is not between 1 and 100", f.Trust), "Write how far you believe the feed, such as 80.")
	}
	if f.TLP != "" {
		k.oneOf(key+".tlp", []string{"clear", "green", "amber", "amber+strict"}, f.TLP)
	}
	k.sightings(key, f)
	if len(f.Keys) > 0 && f.Kind != "csaf" {
		k.problem(key+".keys", "only providers of advisories sign with keys", "Leave it out.")
	}
	for _, print := range f.Keys {
		if !fingerprint.MatchString(print) {
			k.problem(key+".keys", fmt.Sprintf("%.80q is no fingerprint", print), "Write the fingerprint of the OpenPGP key: 40 or 64 hexadecimal digits.")
		}
	}
	if class, ok := candor.ParseClass(f.Class); f.Class != "" && (!ok || string(class) != f.Class) {
		k.problem(key+".class", fmt.Sprintf("there is no class %.60q", f.Class), "Write it as RSIT does: malicious-code/c2-server.")
	}
}
