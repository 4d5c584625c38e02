// Package intel shares what is known of threats (ITU-T X.1207, 11.1.5 and
// 11.1.1), and takes in what others know.
//
// This package holds the words, and the two gates that all that leaves passes:
// Redact makes a Bundle of a case from the fields that may be shared, and Release
// holds the traffic light. Formats are written from a Release only.
package intel

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel/tlp"
	"candor/internal/outward"
)

// Indicator is a thing by which a threat is known.
type Indicator struct {
	Kind  intake.Kind  `json:"kind"`
	Value string       `json:"value"` // canonical, as intake.NewResource gives it
	Class candor.Class `json:"class,omitempty"`
	// First and Last are when it was seen, and Until until when it holds; UTC, zero
	// where nobody tells.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
	Until time.Time `json:"until,omitzero"`
	Note  string    `json:"note,omitempty"` // at most intake.MostNote bytes
	// Source names the feed or group that gave it; empty for what is our own.
	Source    string   `json:"source,omitempty"`
	Reference string   `json:"reference,omitempty"` // the source's own name for it
	TLP       tlp.Mark `json:"tlp,omitempty"`
	// Confidence is 0 to 100, as in STIX 2.1; 0 where nobody tells.
	Confidence int `json:"confidence,omitempty"`
}

// NewIndicator gives an Indicator with its value in the canonical form; an error
// is intake.ErrValue.
func NewIndicator(kind intake.Kind, value string) (Indicator, error) {
	r, err := intake.NewResource(kind, value)
	return Indicator{Kind: r.Kind, Value: r.Value}, err
}

// Sweeping tells whether it names so much, or such an address, that it tells nothing
// of whom it names: a network wider than a /8 of IPv4 or a /16 of IPv6, or what is not
// of the open Internet.
func (i Indicator) Sweeping() bool {
	if i.Kind == intake.Network {
		n, err := netip.ParsePrefix(i.Value)
		return err != nil || n.Bits() < 8 || n.Addr().Is6() && n.Bits() < 16 || !outward.Open(n.Addr())
	}
	a, err := netip.ParseAddr(i.host())
	return err == nil && !outward.Open(a)
}

func (i Indicator) host() string { return intake.Resource{Kind: i.Kind, Value: i.Value}.Host() }

// Sighting says that an indicator was seen here.
type Sighting struct {
	// Indicator is what was seen; of no kind where only the Reference tells.
	Indicator Indicator `json:"indicator"`
	First     time.Time `json:"first"` // UTC
	Last      time.Time `json:"last"`
	Count     int64     `json:"count"` // at least 1
	// Reference is the ID that the indicator's source gave it, so that the sighting
	// finds its way back; a STIX ID or a UUID of MISP. It may be empty.
	Reference string   `json:"reference,omitempty"`
	TLP       tlp.Mark `json:"tlp,omitempty"`
}

// Producer is who shares.
type Producer struct {
	Name string `json:"name"`
	Mail string `json:"mail,omitempty"` // of its desk, not of a person
}

// Bundle is what is shared at once.
type Bundle struct {
	// ID names it: a UUID. What is shared again with the same is a new version.
	ID         candor.ID       `json:"id"`
	Title      string          `json:"title"`
	Producer   Producer        `json:"producer"`
	Class      candor.Class    `json:"class,omitempty"`
	Severity   candor.Severity `json:"severity"`
	Created    time.Time       `json:"created"`  // UTC
	Modified   time.Time       `json:"modified"` // UTC, not before Created
	TLP        tlp.Mark        `json:"tlp,omitempty"`
	Indicators []Indicator     `json:"indicators"`
	Sightings  []Sighting      `json:"sightings,omitempty"`
	// Texts are what people wrote to be shared, of a bulletin.
	Texts   []Text `json:"texts,omitempty"`
	Revoked bool   `json:"revoked,omitempty"` // what was shared under the ID holds no more
}

// Text is what a person wrote, in one language.
type Text struct {
	Language string `json:"language"` // BCP 47
	Title    string `json:"title"`
	Body     string `json:"body"` // plain text; paragraphs have an empty line between them
}

// Mark is the strictest mark of the bundle and of all that it holds.
func (b Bundle) Mark() tlp.Mark {
	m := b.TLP.Effective()
	for _, i := range b.Indicators {
		m = tlp.Strictest(m, i.TLP)
	}
	for _, s := range b.Sightings {
		m = tlp.Strictest(m, s.TLP)
		if s.Indicator.Kind != "" {
			m = tlp.Strictest(m, s.Indicator.TLP)
		}
	}
	return m
}

// Release is a Bundle without what its audience may not get. It is made by
// Bundle.Release alone; the zero Release holds nothing.
type Release struct {
	bundle Bundle
	to     tlp.Audience
	held   int
}

// Withheld says that something is marked too strictly for an audience. It is
// candor.ErrDenied.
type Withheld struct {
	Mark tlp.Mark
	From tlp.Audience
}

func (e *Withheld) Error() string {
	return fmt.Sprintf("%s may not go to %s: %v", e.Mark, e.From, candor.ErrDenied)
}

// Unwrap gives the kind of the error.
func (*Withheld) Unwrap() error { return candor.ErrDenied }

// Release gives what of a bundle an audience may get. candor.ErrDenied says that
// the bundle itself is marked too strictly for it. What others gave reaches people
// known by name only as far as it would reach a sharing group: they are not of the
// organisation that it was given to.
func (b Bundle) Release(to tlp.Audience) (Release, error) {
	if !b.TLP.Allows(to) {
		return Release{}, &Withheld{b.TLP, to}
	}
	r := Release{bundle: b, to: to}
	r.bundle.Indicators, r.bundle.Sightings = nil, nil
	for _, i := range b.Indicators {
		if may(i, to) {
			r.bundle.Indicators = append(r.bundle.Indicators, i)
		}
	}
	for _, s := range b.Sightings {
		if s.TLP.Allows(to) && may(s.Indicator, to) {
			r.bundle.Sightings = append(r.bundle.Sightings, s)
		}
	}
	r.held = len(b.Indicators) + len(b.Sightings) - len(r.bundle.Indicators) - len(r.bundle.Sightings)
	r.bundle.TLP = r.bundle.Mark()
	return r, nil
}

// may tells whether an indicator may go to an audience. One of no kind is that of a
// sighting of what others hold, and has only the sighting's mark.
func may(i Indicator, to tlp.Audience) bool {
	if i.Kind == "" {
		return true
	}
	if i.Source != "" && to == tlp.Recipients {
		to = tlp.Community
	}
	return i.TLP.Allows(to)
}

// Bundle is what is released, marked as strictly as the strictest of it.
func (r Release) Bundle() Bundle { return r.bundle }

// Covers tells whether all of it may go to another audience without a further look:
// one that is no wider, and that nothing would be held back from.
func (r Release) Covers(to tlp.Audience) bool {
	order := tlp.Audiences()
	from, at := slices.Index(order, r.to), slices.Index(order, to)
	if from < 0 || at < from {
		return false
	}
	again, err := r.bundle.Release(to)
	return err == nil && again.held == 0
}

// Audience is whom it is released to.
func (r Release) Audience() tlp.Audience { return r.to }

// Held is how many indicators and sightings were held back.
func (r Release) Held() int { return r.held }
