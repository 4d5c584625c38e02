package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"

	"candor"
	"candor/internal/desk"
	"candor/internal/flow"
	"candor/internal/flow/lease"
	"candor/internal/respond/notify"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// provider is a provider of whom it is known who had what when.
type provider struct {
	r       *rand.Rand
	now     time.Time // whole seconds; all is before
	parties []candor.Party
	assets  []ownedAsset
	things  []thing
	inner   []thing // addresses behind a translator
	radius  []accounting
	syslog  []logged
}

// ownedAsset is an asset, and whose it is since when.
type ownedAsset struct {
	candor.Asset
	sold  time.Time // zero if it was not
	buyer candor.ID
}

func (a *ownedAsset) party(at time.Time) candor.ID {
	if !a.sold.IsZero() && !at.Before(a.sold) {
		return a.buyer
	}
	return a.Owner
}

// thing is what reports are about: an address, ports of one, a host name.
type thing struct {
	address string
	port    uint16 // the first of many; 0 for all
	host    string
	had     []spell
}

// spell is that an asset truly had a thing.
type spell struct {
	from, until time.Time
	asset       int
	heard       time.Time // up to when the records say so for certain
	doubtful    bool      // whoever had it before may have it yet, as far as the records say
}

// accounting is what an access server tells.
type accounting struct {
	status  rfc2866.AcctStatusType
	session string
	user    string
	address string
	at      time.Time
}

// logged is what a translator tells.
type logged struct {
	at   time.Time
	text string
}

const (
	silent = time.Hour       // after which a session counts as over
	lived  = 20 * time.Hour  // that reports are about
	ripe   = 8 * time.Minute // what happened less long ago is not told of
	margin = 2*time.Minute + 30*time.Second
	ports  = 2000 // of a block
)

func newProvider(seed uint64, customers int) *provider {
	p := &provider{r: rand.New(rand.NewPCG(seed, 1)), now: time.Now().UTC().Truncate(time.Second)}
	created := p.now.Add(-48 * time.Hour)
	for n := range customers {
		p.parties = append(p.parties, candor.Party{ID: candor.NewID(created), Kind: candor.Customer, Name: fmt.Sprint("customer ", n), Language: "en", Created: created, Updated: created,
			Contacts: []candor.Contact{{Channel: candor.Mail, Address: fmt.Sprintf("owner@c%d.example", n)}}})
		p.add(candor.Line, fmt.Sprintf("line-%d.access", n), n)
	}
	for n := range customers {
		site := p.add(candor.Site, fmt.Sprintf("shop%d.example", n), n)
		p.assets[site].Hosts = []string{p.assets[site].Name}
		p.things = append(p.things, thing{host: p.assets[site].Name, had: p.always(site)})
	}
	for n := range customers / 2 {
		line := p.add(candor.Line, fmt.Sprintf("static-%d.access", n), n)
		address := fmt.Sprintf("198.51.100.%d", 100+n%90)
		p.assets[line].Access.Addresses = []string{address}
		p.things = append(p.things, thing{address: address, had: p.always(line)})
	}
	for n := range customers {
		t := thing{address: fmt.Sprintf("198.51.100.%d", n%90)}
		if n%3 == 2 {
			t.address = fmt.Sprintf("100.64.0.%d", n)
		}
		p.lease(&t, customers)
		if n%3 == 2 {
			p.inner = append(p.inner, t)
		} else {
			p.things = append(p.things, t)
		}
	}
	for n := range customers {
		p.translate(fmt.Sprintf("198.51.100.%d", 200+n/30), uint16(1024+n%30*ports))
	}
	p.logs("ALLOC", "100.64.9.9", "198.51.100.250", 1024, p.now.Add(-10*time.Second)) // the translator is not cut off
	return p
}

func (p *provider) add(kind candor.AssetKind, name string, party int) int {
	created := p.now.Add(-48 * time.Hour)
	a := ownedAsset{Asset: candor.Asset{ID: candor.NewID(created), Kind: kind, Name: name, Reference: "r-" + name, Owner: p.parties[party].ID, Created: created, Updated: created}}
	if p.r.IntN(8) == 0 {
		a.sold, a.buyer = p.now.Add(-p.between(time.Hour, lived)), p.parties[p.r.IntN(len(p.parties))].ID
	}
	p.assets = append(p.assets, a)
	return len(p.assets) - 1
}

func (p *provider) between(low, high time.Duration) time.Duration {
	return low + time.Duration(p.r.Int64N(int64(high-low)))
}

func (p *provider) always(asset int) []spell {
	return []spell{{from: p.now.Add(-48 * time.Hour), until: p.now.Add(time.Hour), asset: asset, heard: p.now.Add(time.Hour)}}
}

// lease has lines have an address one after another, and an access server tell of
// it. The end of some is not told.
func (p *provider) lease(t *thing, lines int) {
	const interim = 20 * time.Minute
	last := -1
	for at, n := p.now.Add(-p.between(lived, lived+2*time.Hour)), 0; at.Before(p.now.Add(-15 * time.Minute)); n++ {
		asset := p.r.IntN(lines)
		for asset == last {
			asset = p.r.IntN(lines)
		}
		last = asset
		h := spell{from: at, until: at.Add(p.between(30*time.Minute, 5*time.Hour)), asset: asset}
		say := func(status rfc2866.AcctStatusType, at time.Time) {
			p.radius = append(p.radius, accounting{status, fmt.Sprintf("%s-%d", t.address, n), p.assets[asset].Reference, t.address, at})
			h.heard = at
		}
		say(rfc2866.AcctStatusType_Value_Start, at)
		for next := at.Add(interim); next.Before(h.until) && next.Before(p.now.Add(-time.Minute)); next = next.Add(interim) {
			say(rfc2866.AcctStatusType_Value_InterimUpdate, next)
		}
		switch {
		case !h.until.Before(p.now.Add(-time.Minute)): // it goes on
			say(rfc2866.AcctStatusType_Value_InterimUpdate, p.now.Add(-time.Minute))
		case p.r.IntN(12) > 0 || h.until.After(p.now.Add(-silent-2*ripe)): // of later ends nobody could know yet
			say(rfc2866.AcctStatusType_Value_Stop, h.until)
		}
		for _, was := range t.had {
			h.doubtful = h.doubtful || was.heard.Before(was.until) && h.from.Before(was.heard.Add(silent+time.Minute))
		}
		t.had = append(t.had, h)
		at = h.until.Add(p.between(time.Second, 10*time.Second))
		if p.r.IntN(2) == 0 {
			at = at.Add(p.between(0, 40*time.Minute))
		}
	}
}

// translate has inner addresses have ports of an outer one, one after another.
func (p *provider) translate(outer string, low uint16) {
	t := thing{address: outer, port: low}
	for at := p.now.Add(-lived); at.Before(p.now.Add(-15 * time.Minute)); at = at.Add(p.between(time.Second, time.Hour)) {
		in := p.inner[p.r.IntN(len(p.inner))]
		on := slices.IndexFunc(in.had, func(h spell) bool { return !h.from.After(at) && h.until.After(at.Add(time.Minute)) })
		if on < 0 {
			continue
		}
		h := in.had[on]
		h.from = at
		if until := at.Add(p.between(20*time.Minute, 4*time.Hour)); until.Before(h.until) {
			h.until = until
		}
		p.logs("ALLOC", in.address, outer, low, h.from)
		if h.until.Before(p.now.Add(-time.Minute)) {
			p.logs("RELEASE", in.address, outer, low, h.until)
		}
		t.had = append(t.had, h)
		at = h.until
	}
	p.things = append(p.things, t)
}

func (p *provider) logs(what, inner, outer string, low uint16, at time.Time) {
	p.syslog = append(p.syslog, logged{at, fmt.Sprintf("<14>1 %s mx1 - - - - JSERVICES_NAT_PORT_BLOCK_%s: %s -> %s:%d-%d 0x1", at.Format("2006-01-02T15:04:05.000Z"), what, inner, outer, low, low+ports-1)})
}

// holder is who truly had a thing at a moment.
func (p *provider) holder(t *thing, at time.Time) (asset *ownedAsset, party candor.ID) {
	for _, h := range t.had {
		if !h.from.After(at) && h.until.After(at) {
			a := &p.assets[h.asset]
			return a, a.party(at)
		}
	}
	return nil, ""
}

// plain tells whether nothing leaves a doubt of who had a thing: all the time in which
// it may have happened one had it, and the records say so; and whose it was has it
// still.
func (p *provider) plain(t *thing, at time.Time) bool {
	from, until := at.Add(-2*margin), at.Add(2*margin)
	for _, h := range t.had {
		if !h.from.After(from) && h.until.After(until) {
			a := &p.assets[h.asset]
			return h.heard.After(until) && !h.doubtful && (a.sold.IsZero() || a.sold.Before(from))
		}
	}
	return false
}

// fill keeps the provider's records as they became, and has all be told by mail.
func (p *provider) fill(t *testing.T, data string) {
	t.Helper()
	s := openStore(t, data)
	defer s.Close()
	created := p.now.Add(-48 * time.Hour)
	err := s.Tx(t.Context(), func(tx *store.Tx) error {
		for _, x := range p.parties {
			if err := errors.Join(tx.AddParty(t.Context(), x), storetest.Agree(t.Context(), tx, x.ID, created, notify.Name)); err != nil {
				return err
			}
		}
		for _, a := range p.assets {
			if err := tx.AddAsset(t.Context(), a.Asset, time.Time{}); err != nil {
				return err
			}
			if a.sold.IsZero() {
				continue
			}
			a.Asset.Owner, a.Asset.Updated = a.buyer, a.sold
			if err := tx.ChangeAsset(t.Context(), a.Asset, time.Time{}); err != nil {
				return err
			}
		}
		return tx.SetSetting(t.Context(), desk.PolicySetting, desk.Policy{Rules: []desk.PolicyRule{{Method: notify.Name}}}, created, "test")
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tell has the access server and the translator tell of all, and waits until it is
// known.
func (p *provider) tell(t *testing.T, data, accountingAt, syslogAt string) {
	t.Helper()
	slices.SortStableFunc(p.radius, func(a, b accounting) int { return a.at.Compare(b.at) })
	slices.SortStableFunc(p.syslog, func(a, b logged) int { return a.at.Compare(b.at) })
	work := make(chan accounting)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for a := range work {
				if err := a.send(t.Context(), accountingAt); err != nil {
					t.Errorf("accounting: %v", err)
				}
			}
		})
	}
	for _, a := range p.radius {
		work <- a
	}
	close(work)
	all.Wait()
	c, err := net.Dial("tcp", syslogAt)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var b strings.Builder
	for _, m := range p.syslog {
		fmt.Fprintf(&b, "%s\n", m.text)
	}
	if _, err := c.Write([]byte(b.String())); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the translator's messages are known", 20*time.Second, func() bool {
		table, err := lease.Read(lease.Options{Dir: filepath.Join(data, "leases"), Lines: nobodys{}})
		return err == nil && len(table.Explain(netip.MustParseAddr("198.51.100.250"), 1024, p.now.Add(-5*time.Second)).Leases) > 0
	})
}

// nobodys are no lines.
type nobodys struct{}

func (nobodys) Line(string, string) (flow.Line, bool) { return 0, false }

func (a accounting) send(ctx context.Context, to string) error {
	ctx, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	p := radius.New(radius.CodeAccountingRequest, []byte("s"))
	err := errors.Join(rfc2866.AcctStatusType_Set(p, a.status), rfc2866.AcctSessionID_SetString(p, a.session), rfc2865.UserName_SetString(p, a.user), rfc2865.NASIdentifier_SetString(p, "bras1"),
		rfc2865.FramedIPAddress_Set(p, net.ParseIP(a.address)), rfc2869.EventTimestamp_Set(p, a.at))
	if err != nil {
		return err
	}
	answer, err := radius.Exchange(ctx, p, to)
	if err == nil && answer.Code != radius.CodeAccountingResponse {
		err = fmt.Errorf("it answers %s", answer.Code)
	}
	return err
}

// free gives an address of 127.0.0.1 that nobody listens on.
func free(t *testing.T, network string) string {
	t.Helper()
	if network == "udp" {
		c, err := net.ListenPacket(network, "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.LocalAddr().String()
	}
	l, err := net.Listen(network, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
