package candor

import (
	"path"
	"strings"
	"time"
)

// PartyKind says what a party is to the provider.
type PartyKind string

const (
	Customer   PartyKind = "customer"   // has sites or servers hosted here
	Subscriber PartyKind = "subscriber" // has a line
	Partner    PartyKind = "partner"    // another provider, a sharing group
	Vendor     PartyKind = "vendor"     // of security or other software
	Authority  PartyKind = "authority"  // a CERT, a regulator
)

// PartyKinds are all kinds, in the order in which people expect them.
func PartyKinds() []PartyKind { return []PartyKind{Customer, Subscriber, Partner, Vendor, Authority} }

// Party is a person or an organisation that the provider deals with.
type Party struct {
	ID        ID        `json:"id"`
	Kind      PartyKind `json:"kind"`
	Name      string    `json:"name"`
	Reference string    `json:"reference,omitempty"` // the provider's own number for it; unique among its kind
	Language  string    `json:"language,omitempty"`  // BCP 47
	TimeZone  string    `json:"time_zone,omitempty"` // IANA
	Contacts  []Contact `json:"contacts,omitempty"`
	Note      string    `json:"note,omitempty"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	Erased    bool      `json:"erased,omitempty"` // its personal data is gone
}

// Channel says how a contact is reached.
type Channel string

const (
	Mail  Channel = "mail"
	Phone Channel = "phone"
)

// Contact is one way to reach a party.
type Contact struct {
	Name     string  `json:"name,omitempty"`
	Purpose  string  `json:"purpose,omitempty"` // abuse, technical, legal, billing; empty for all
	Channel  Channel `json:"channel"`
	Address  string  `json:"address"`
	Language string  `json:"language,omitempty"` // BCP 47; the party's if empty
}

// AssetKind says what an asset is.
type AssetKind string

const (
	Site    AssetKind = "site"    // a web site: roots on disk and host names
	Server  AssetKind = "server"  // a machine
	Line    AssetKind = "line"    // a subscriber's access line
	Product AssetKind = "product" // software that the provider ships
)

// AssetKinds are all kinds, in the order in which people expect them.
func AssetKinds() []AssetKind { return []AssetKind{Site, Server, Line, Product} }

// Asset is something that the provider answers for, and that a party owns.
type Asset struct {
	ID          ID        `json:"id"`
	Kind        AssetKind `json:"kind"`
	Owner       ID        `json:"owner"` // a Party
	Name        string    `json:"name"`
	Reference   string    `json:"reference,omitempty"` // the provider's own number for it; unique among its kind
	Roots       []string  `json:"roots,omitempty"`     // absolute folders that hold a site's content
	Hosts       []string  `json:"hosts,omitempty"`     // host names
	Software    string    `json:"software,omitempty"`  // wordpress, joomla, drupal, magento, …; empty if unknown
	ObserveOnly bool      `json:"observe_only"`        // no response may ever touch it
	Vital       Vital     `json:"vital,omitempty"`     // of a line: why it is never isolated; empty if it may be
	Access      Access    `json:"access,omitzero"`     // of a line: what it is sold as
	Every       Period    `json:"every"`               // how often its content is scanned; 0 takes the policy's
	Server      ID        `json:"server,omitempty"`    // of a site: the server whose agent looks after it; empty if this program reads its roots itself
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
	Scanned     time.Time `json:"scanned,omitzero"` // the end of the last complete scan
	Retired     bool      `json:"retired,omitempty"`
}

// Relative is a place of the asset as its owner knows it: below the longest of
// the roots that hold it, or only its last name if none does. How the
// provider's disks are laid out is not in it.
func (a Asset) Relative(place string) string {
	if strings.Contains(place, "://") {
		return place // an address: no path that was cleaned has two slashes
	}
	longest, rest := -1, path.Base(place)
	for _, root := range a.Roots {
		root = strings.TrimSuffix(TextPath(root), "/") + "/"
		if below, ok := strings.CutPrefix(place, root); ok && below != "" && len(root) > longest {
			longest, rest = len(root), below
		}
	}
	return rest
}

// Period is a span of time that is written as Go writes durations: "24h".
type Period time.Duration

// MarshalText writes the period.
func (p Period) MarshalText() ([]byte, error) { return []byte(time.Duration(p).String()), nil }

// UnmarshalText reads what MarshalText wrote; an empty text is zero.
func (p *Period) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = 0
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return WithHint(ErrInvalid, "A period is written as 30m or 24h.")
	}
	*p = Period(d)
	return nil
}
