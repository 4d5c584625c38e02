package synthetic

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sort"
	"time"

	"candor"
	"candor/internal/flow/lease"
)

// kind is what a thing is that is complained about.
type kind int

const (
	dhcp kind = iota
	radius
	delegated // a prefix of IPv6
	translated
	static
	site
	kinds
)

func (k kind) String() string {
	return [...]string{"DHCP", "RADIUS", "IPv6 prefix", "translator", "static", "host name"}[k]
}

// thing is what somebody has for a time: an address, ports of it, a prefix, a name.
type thing struct {
	kind
	prefix netip.Prefix
	ports  lease.Ports
	host   string
	had    []tenancy // by from; two at once where both truly had it
}

// tenancy is that an asset truly had a thing.
type tenancy struct {
	from, until time.Time
	asset       int
}

// asset is a line or a site, and whose it was when.
type asset struct {
	candor.Asset
	owners []owning
}

type owning struct {
	since time.Time
	party candor.ID
}

func (a *asset) party(at time.Time) candor.ID {
	i := sort.Search(len(a.owners), func(i int) bool { return a.owners[i].since.After(at) })
	return a.owners[max(i-1, 0)].party
}

// world is a provider and what was told of it.
type world struct {
	r       *rand.Rand
	parties []candor.Party
	servers []candor.Asset
	assets  []asset
	things  [kinds][]thing
	inner   []thing // behind translators
	changes []change
	events  []arrival
	double  int // tenancies in which two had one thing at once
	outages map[string][]outage
}

// change is that the records of an asset change.
type change struct {
	at    time.Time
	asset int
	what  func(*candor.Asset)
}

// arrival is that a table of leases is told of something.
type arrival struct {
	at time.Time
	lease.Event
}

func newWorld(seed uint64, subscribers int) *world {
	w := &world{r: rand.New(rand.NewPCG(seed, 7)), outages: map[string][]outage{}}
	for n := range subscribers {
		w.parties = append(w.parties, candor.Party{ID: candor.NewID(begin), Kind: candor.Subscriber, Name: fmt.Sprint("party ", n), Language: "en",
			Contacts: []candor.Contact{{Channel: candor.Mail, Address: fmt.Sprintf("owner%d@parties.example", n)}}})
	}
	lines := w.lines(subscribers)
	share := subscribers / 5
	for n := range 2 * share {
		w.leased(thing{kind: dhcp, prefix: four(80<<24 + n)}, lines, w.dhcp(fmt.Sprint("dhcp", n%4)))
	}
	for n := range share / 2 {
		w.leased(thing{kind: radius, prefix: four(81<<24 + n)}, lines, w.radius(n%8))
		w.leased(thing{kind: delegated, prefix: netip.PrefixFrom(six(n), 56)}, lines, w.radius(n%8))
	}
	for n := range share / 2 {
		w.behind(n, lines)
	}
	for n := range share {
		w.blocks(n)
	}
	w.statics(share)
	w.sites(share)
	slices.SortStableFunc(w.changes, func(a, b change) int { return a.at.Compare(b.at) })
	w.arrange()
	return w
}

// lines makes lines, some of which are sold to somebody else.
func (w *world) lines(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = w.add(candor.Line, fmt.Sprint("line ", i), i)
	}
	return all
}

// add makes an asset of a party, sold now and then.
func (w *world) add(kind candor.AssetKind, name string, party int) int {
	n := len(w.assets)
	a := asset{Asset: candor.Asset{ID: candor.NewID(begin), Kind: kind, Name: name, Reference: fmt.Sprint("r", n), Owner: w.parties[party%len(w.parties)].ID, Created: begin.Add(-time.Hour), Updated: begin.Add(-time.Hour)}}
	a.owners = []owning{{begin.Add(-time.Hour), a.Owner}}
	for at := begin; w.r.IntN(12) == 0; {
		at = anyTime(w.r, at, end)
		next := pick(w.r, w.parties).ID
		a.owners = append(a.owners, owning{at, next})
		w.changes = append(w.changes, change{at, n, func(a *candor.Asset) { a.Owner = next }})
	}
	w.assets = append(w.assets, a)
	return n
}

func four(n int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), 32)
}

func six(n int) netip.Addr {
	return netip.AddrFrom16([16]byte{0x2a, 0, 0x99, 0, byte(n >> 16), byte(n >> 8), byte(n)})
}

// networks are those of the provider.
var networks = []netip.Prefix{netip.MustParsePrefix("80.0.0.0/6"), netip.MustParsePrefix("2a00:9900::/32")}

// statics are addresses that are always somebody's, and change hands.
func (w *world) statics(n int) {
	for i := range n {
		t := thing{kind: static, prefix: four(82<<24 + i)}
		at, text := begin.Add(-time.Hour), t.prefix.Addr().String()
		for {
			next := anyTime(w.r, at.Add(time.Minute), end.Add(20*24*time.Hour))
			a := w.add(candor.Line, fmt.Sprint("static ", i), w.r.IntN(len(w.parties)))
			w.hand(&t, a, at, next, func(x *candor.Asset) { x.Access.Addresses = []string{text} }, func(x *candor.Asset) { x.Access.Addresses = nil })
			if next.After(end) {
				break
			}
			at = next
			if w.r.IntN(2) == 0 { // nobody's for a time
				at = at.Add(between(w.r, time.Second, 5*time.Hour))
			}
		}
		w.things[static] = append(w.things[static], t)
	}
}

// hand has an asset have a thing for a time, and the records say so.
func (w *world) hand(t *thing, a int, from, until time.Time, take, give func(*candor.Asset)) {
	t.had = append(t.had, tenancy{from, until, a})
	if from.Before(begin) {
		take(&w.assets[a].Asset)
	} else {
		w.changes = append(w.changes, change{from, a, take})
	}
	if until.Before(end) {
		w.changes = append(w.changes, change{until, a, give})
	}
}

// sites lie on servers of resellers. Their names move.
func (w *world) sites(n int) {
	for i := range n/20 + 1 {
		w.servers = append(w.servers, candor.Asset{ID: candor.NewID(begin), Kind: candor.Server, Name: fmt.Sprint("server ", i), Owner: pick(w.r, w.parties).ID,
			Hosts: []string{four(83<<24 + i).Addr().String()}, Created: begin.Add(-time.Hour), Updated: begin.Add(-time.Hour)})
	}
	for i := range n {
		name := fmt.Sprintf("shop%d.example", i)
		if i%7 == 0 {
			name = "*.many" + name
		}
		t := thing{kind: site, host: name}
		for at := begin.Add(-time.Hour); ; {
			next := anyTime(w.r, at.Add(time.Minute), end.Add(20*24*time.Hour))
			a := w.add(candor.Site, name, w.r.IntN(len(w.parties)))
			w.assets[a].Server = pick(w.r, w.servers).ID
			w.hand(&t, a, at, next, func(x *candor.Asset) { x.Hosts = []string{name} }, func(x *candor.Asset) { x.Hosts = nil })
			if at = next; at.After(end) {
				break
			}
		}
		w.things[site] = append(w.things[site], t)
	}
}

// holders are the assets that truly had a thing at a moment.
func (t *thing) holders(at time.Time) (all []int) {
	for _, h := range t.had {
		if !h.from.After(at) && h.until.After(at) && !slices.Contains(all, h.asset) {
			all = append(all, h.asset)
		}
	}
	return all
}
