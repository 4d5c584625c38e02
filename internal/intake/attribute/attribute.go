// Package attribute tells whose the resource is that a report complains about
// (ITU-T X.1207, 11.1.4 and 11.1.1): the asset that held it at that time, and
// the party whose the asset was.
//
// It never guesses. What more than one may have held, at a moment that clocks
// can be off by, is for a person, who gets the candidates.
package attribute

import (
	"cmp"
	"context"
	"net/netip"
	"time"

	"candor"
	"candor/internal/flow/lease"
	"candor/internal/intake"
)

// Verdict is what is known of whose a resource is.
type Verdict string

// The verdicts.
const (
	Ours    Verdict = "ours"    // exactly one asset's
	Several Verdict = "several" // one of some: a person decides
	Unheld  Verdict = "unheld"  // of our network, and nobody held it then
	Foreign Verdict = "foreign" // not of our network
	Untimed Verdict = "untimed" // whose it is depends on the time, which is missing, has no zone, or cannot be
	Unknown Verdict = "unknown" // records do not tell
)

// How says by which records a candidate is one.
type How string

// The ways.
const (
	Lease      How = "lease"      // an address, for a time
	Static     How = "static"     // an address that is always its
	Translator How = "translator" // ports of an address
	VHost      How = "vhost"      // a host name of a site
	DNS        How = "dns"        // a name that leads to an address of it
	Content    How = "content"    // files with the content
	Account    How = "account"    // a contact of its party
	Machine    How = "server"     // an address of a server
)

// Candidate is an asset that may be meant.
type Candidate struct {
	Asset candor.ID        `json:"asset,omitempty"` // empty of a party without assets
	Kind  candor.AssetKind `json:"kind,omitempty"`
	Party candor.ID        `json:"party"` // whose it was then
	// Carrier is the party of the server that a site lies on, if that is another:
	// a reseller.
	Carrier candor.ID `json:"carrier,omitempty"`
	How     How       `json:"how"`
	What    string    `json:"what,omitempty"` // it had: a name, a prefix, a path
	Since   time.Time `json:"since,omitzero"` // the first moment; zero if not known
	Until   time.Time `json:"until,omitzero"` // the first moment after; zero while it lasts
	// Doubtful says that it may have held it, or not: it is not known when its
	// lease ended.
	Doubtful bool `json:"doubtful,omitempty"`
	// known is the moment up to which it is certain that it held it; zero for all
	// of the time.
	known time.Time
	every time.Duration // lease.Tenure.Every
}

// Answer is whose a resource is. The Candidate in it is the asset if the verdict
// is Ours; else only its Party may be set, if all candidates have the same.
type Answer struct {
	Verdict Verdict `json:"verdict"`
	Candidate
	// Candidates are those among which a person decides, at most Options.Most.
	Candidates []Candidate `json:"candidates,omitempty"`
	More       bool        `json:"more,omitempty"` // there are more
	Why        string      `json:"why"`            // in words, in English
	// Again is when to ask again, if that helps: records may still come.
	Again time.Time `json:"again,omitzero"`
}

// Leases tell who held addresses. They are safe for concurrent use.
type Leases interface {
	// Tenures gives who may have had an address and a port (0: not known) from
	// one moment to another, both within, at most so many.
	Tenures(ip netip.Addr, port uint16, from, until time.Time, most int) lease.Tenures
	// TenuresWithin is that for all addresses of a network.
	TenuresWithin(network netip.Prefix, from, until time.Time, most int) lease.Tenures
	// Asset is the asset of a tenure's line.
	Asset(lease.Tenure) (candor.ID, bool)
}

// Records are what the provider knows of its assets. Spans have both ends
// within. An error is passed on: nothing is said then.
type Records interface {
	// Owners gives whose an asset was.
	Owners(ctx context.Context, asset candor.ID, from, until time.Time) ([]candor.Holding, error)
	// AssetsByAddress gives lines and servers with a static address.
	AssetsByAddress(ctx context.Context, ip netip.Addr, from, until time.Time) ([]candor.Holding, error)
	// AssetsWithin gives those with static addresses of a network.
	AssetsWithin(ctx context.Context, network netip.Prefix, from, until time.Time) ([]candor.Holding, error)
	// SitesByHost gives assets with a host name, the nearest names first.
	SitesByHost(ctx context.Context, host string, from, until time.Time) ([]candor.Holding, error)
	// SitesOn gives the sites that lie on a server.
	SitesOn(ctx context.Context, server candor.ID, most int) ([]candor.Asset, error)
	// Asset gives an asset.
	Asset(ctx context.Context, id candor.ID) (candor.Asset, error)
	// PartiesByMail gives parties with a mail address among their contacts.
	PartiesByMail(ctx context.Context, address string) ([]candor.Party, error)
	// AssetsOf gives the assets of a party that are in use, at most so many.
	AssetsOf(ctx context.Context, party candor.ID, most int) ([]candor.Asset, error)
}

// Contents tell where contents lie. They are safe for concurrent use.
type Contents interface {
	// Holding gives the assets that hold a content, by its hash in hexadecimal,
	// with paths, at most so many; none if the hash is not known, or of a kind
	// that nobody knows contents by. Where that must be asked first it says who
	// has not answered, and is asked again.
	Holding(ctx context.Context, hash string, most int) (Held, error)
}

// Held is who holds a content, as far as that is known.
type Held struct {
	Holdings []candor.Holding
	Waiting  int // servers that have not answered yet
	Unasked  int // servers that could not be asked, or not about all of their files
}

// Name is that a name led to an address. Zero times say only that it leads there
// now.
type Name struct {
	Address      netip.Addr
	Since, Until time.Time
}

// Resolver tells where names lead. It is safe for concurrent use.
type Resolver interface {
	Addresses(ctx context.Context, host string, from, until time.Time) ([]Name, error)
}

// Options say how an Attributor works. Zero values are defaults.
type Options struct {
	Networks []netip.Prefix // of the provider
	// Margin is how far a reporter's clock may be off: nearer than that to a
	// change of holders a person decides. Default 2 min.
	Margin time.Duration
	// Settle is how late records of leases may come: of moments nearer than that
	// to now they are not asked yet. Default 2 min.
	Settle time.Duration
	// Back is how long before it was received a report without a time may lie.
	// Default 7 days.
	Back time.Duration
	// Patience is how long after a report came records of leases are waited for. What
	// cannot be told by then is for a person at once. Default 75 min: access servers
	// say each hour, more or less, that sessions go on, or oftener.
	Patience time.Duration
	// Fresh is for how long back a name that leads somewhere now counts as having
	// led there. Default 1 h.
	Fresh time.Duration
	Most  int              // candidates; default 50
	Now   func() time.Time // default time.Now
}

// Attributor tells whose resources are. It is safe for concurrent use.
type Attributor struct {
	options  Options
	records  Records
	leases   Leases   // nil where there are none
	contents Contents // may be nil
	resolver Resolver // may be nil
}

// New makes an Attributor. Leases, contents and resolver may be nil.
func New(records Records, leases Leases, contents Contents, resolver Resolver, o Options) *Attributor {
	o.Margin = cmp.Or(o.Margin, 2*time.Minute)
	o.Settle = cmp.Or(o.Settle, 2*time.Minute)
	o.Back = cmp.Or(o.Back, 7*24*time.Hour)
	o.Patience = cmp.Or(o.Patience, 75*time.Minute)
	o.Fresh = cmp.Or(o.Fresh, time.Hour)
	o.Most = cmp.Or(o.Most, 50)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Attributor{options: o, records: records, leases: leases, contents: contents, resolver: resolver}
}

// Attribute tells whose a resource was from the first moment to the last, by a
// report that was received then (zero: now). One moment may be nil: then it is
// the other. An error is of records that could not be asked.
func (a *Attributor) Attribute(ctx context.Context, r intake.Resource, first, last *intake.When, received time.Time) (Answer, error) {
	s := a.span(first, last, received)
	answer, err := a.whose(ctx, r, s)
	if err == nil && s.broken && answer.Verdict == Ours && r.Kind != intake.Hash {
		answer = a.open(Untimed, []Candidate{answer.Candidate}, s.untimed)
	}
	return answer, err
}

func (a *Attributor) whose(ctx context.Context, r intake.Resource, s span) (Answer, error) {
	switch r.Kind {
	case intake.Address:
		if ip, err := netip.ParseAddr(r.Value); err == nil {
			return a.address(ctx, ip, r.Port, s)
		}
	case intake.Network:
		if p, err := netip.ParsePrefix(r.Value); err == nil {
			return a.network(ctx, p, s)
		}
	case intake.URL, intake.Domain:
		return a.host(ctx, r, s)
	case intake.Hash:
		return a.content(ctx, r.Value, s)
	case intake.Mail:
		return a.mail(ctx, r, s)
	}
	return Answer{Verdict: Unknown, Why: "it is no resource that anybody has"}, nil
}
