package attribute_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/lease"
	"candor/internal/intake"
	"candor/internal/intake/attribute"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func hour(n float64) time.Time { return noon.Add(time.Duration(n * float64(time.Hour))) }

func when(n float64) *intake.When { return &intake.When{Time: hour(n)} }

// estate is a provider with a bit of everything.
func estate(t *testing.T) (*memory, *lease.Table) {
	t.Helper()
	asset := func(id candor.ID, kind candor.AssetKind, owner, server candor.ID) candor.Asset {
		return candor.Asset{ID: id, Kind: kind, Owner: owner, Server: server}
	}
	m := &memory{assets: map[candor.ID]candor.Asset{}, owners: map[candor.ID][]candor.Holding{}}
	for _, a := range []candor.Asset{
		asset("shop", candor.Site, "ann", "web"), asset("blog", candor.Site, "bob", "web"), asset("wiki", candor.Site, "ann", ""),
		asset("web", candor.Server, "reseller", ""), asset("own", candor.Server, "carl", ""), asset("fixed", candor.Line, "dora", ""),
		asset("line01", candor.Line, "eve", ""), asset("line02", candor.Line, "finn", ""),
	} {
		m.assets[a.ID] = a
	}
	held := func(asset candor.ID, what string, since, until time.Time) candor.Holding {
		a := m.assets[asset]
		return candor.Holding{Asset: asset, Kind: a.Kind, Party: a.Owner, What: what, Since: since, Until: until}
	}
	m.addresses = []candor.Holding{
		held("web", "192.0.2.80/32", hour(-1000), time.Time{}), held("own", "192.0.2.81/32", hour(-1000), time.Time{}),
		held("fixed", "198.51.100.0/29", hour(-1000), time.Time{}), held("own", "192.0.2.90/32", hour(-1000), hour(-5)), held("fixed", "192.0.2.90/32", hour(-5), time.Time{}),
	}
	m.hosts = []candor.Holding{
		held("shop", "shop.example", hour(-1000), time.Time{}), held("blog", "*.blog.example", hour(-1000), time.Time{}), held("wiki", "docs.blog.example", hour(-2), time.Time{}),
		held("shop", "moved.example", hour(-1000), hour(-3)), held("blog", "moved.example", hour(-3), time.Time{}), held("wiki", "www.xn--bcher-kva.example", hour(-1000), time.Time{}),
	}
	m.parties = []candor.Party{{ID: "carl", Contacts: []candor.Contact{{Address: "carl@own.example"}}}, {ID: "ann", Contacts: []candor.Contact{{Address: "ann@mail.example"}}}, {ID: "gus", Contacts: []candor.Contact{{Address: "gus@mail.example"}}}}
	m.contents = map[string][]candor.Holding{strings.Repeat("a", 64): {held("shop", "/a", noon, time.Time{}), held("shop", "/b", noon, time.Time{})}, strings.Repeat("b", 64): {held("shop", "/a", noon, time.Time{}), held("blog", "/b", noon, time.Time{})}}
	at := func(text string, since, until time.Time) []attribute.Name {
		return []attribute.Name{{Address: netip.MustParseAddr(text), Since: since, Until: until}}
	}
	m.names = map[string][]attribute.Name{
		"old.customer.test": at("192.0.2.81", hour(-100), time.Time{}), "now.customer.test": at("192.0.2.81", time.Time{}, time.Time{}),
		"crowd.customer.test": at("192.0.2.80", hour(-100), time.Time{}), "else.test": at("203.0.113.9", hour(-100), time.Time{}),
		"both.customer.test": append(at("192.0.2.81", hour(-100), time.Time{}), at("198.51.100.1", hour(-100), time.Time{})...),
	}
	table, err := lease.Open(lease.Options{Dir: t.TempDir(), Lines: numbered{}, Now: func() time.Time { return noon }, Keep: 48 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	session := func(id, key, prefix string, from, until float64) (all []lease.Event) {
		e := lease.Event{Kind: lease.Begin, Source: "radius", Group: "bras", Session: id, Keys: []lease.Key{{Kind: lease.KeyUser, Text: key}}, Prefixes: []netip.Prefix{netip.MustParsePrefix(prefix)}, At: hour(from)}
		end := e
		end.Kind, end.At = lease.End, hour(until)
		if until >= 0 {
			return append(all, e)
		}
		return append(all, e, end)
	}
	block := func(id, inner, outer string, low, high uint16) lease.Event {
		return lease.Event{Kind: lease.Begin, Source: "nat", Session: id, Inner: netip.MustParseAddr(inner), Prefixes: []netip.Prefix{netip.MustParsePrefix(outer)}, Ports: lease.Ports{Low: low, High: high}, At: hour(-10)}
	}
	events := slices.Concat(
		session("1", "1", "192.0.2.1/32", -20, -6), session("2", "2", "192.0.2.1/32", -5, 0),
		session("3", "1", "192.0.2.2/32", -200, 0), session("4", "77", "192.0.2.3/32", -20, 0), session("5", "1", "2001:db8:1::/56", -20, 0), session("6", "2", "2001:db8:1:100::/56", -20, 0),
		session("7", "1", "10.0.0.1/32", -20, 0), session("8", "2", "10.0.0.2/32", -20, 0),
		[]lease.Event{block("b1", "10.0.0.1", "192.0.2.100/32", 1000, 1999), block("b2", "10.0.0.2", "192.0.2.100/32", 2000, 2999), block("b3", "10.0.0.1", "192.0.2.101/32", 1000, 1999)})
	if err := table.Apply(t.Context(), events...); err != nil {
		t.Fatal(err)
	}
	table.Sweep()
	return m, table
}

func attributor(m *memory, table *lease.Table) *attribute.Attributor {
	return attribute.New(m, attribute.Table{Table: table, Lines: func(l flow.Line) (candor.ID, bool) { return assetOf(l), l <= 2 }}, m, m,
		attribute.Options{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}, Now: func() time.Time { return noon }, Back: 24 * time.Hour})
}

func TestAttribute(t *testing.T) {
	m, table := estate(t)
	a := attributor(m, table)
	const (
		ours, several, unheld = attribute.Ours, attribute.Several, attribute.Unheld
		foreign, untimed      = attribute.Foreign, attribute.Untimed
		unknown               = attribute.Unknown
	)
	zoneless := &intake.When{Text: "2026-03-01 11:00:00"}
	for _, x := range []struct {
		name        string
		kind        intake.Kind
		value       string
		port        uint16
		first, last *intake.When
		verdict     attribute.Verdict
		how         attribute.How
		asset       candor.ID
		most        int // candidates
	}{
		{"a lease", intake.Address, "192.0.2.1", 0, when(-10), nil, ours, attribute.Lease, "line01", 0},
		{"the next", intake.Address, "192.0.2.1", 0, nil, when(-2), ours, attribute.Lease, "line02", 0},
		{"a span", intake.Address, "192.0.2.1", 0, when(-4), when(-1), ours, attribute.Lease, "line02", 0},
		{"over a change", intake.Address, "192.0.2.1", 0, when(-10), when(-1), several, "", "", 2},
		{"between two", intake.Address, "192.0.2.1", 0, when(-5.5), nil, unheld, "", "", 0},
		{"too near", intake.Address, "192.0.2.1", 0, when(-5.99), nil, several, "", "", 1},
		{"right behind its beginning", intake.Address, "192.0.2.1", 0, when(-4.99), nil, several, "", "", 1},
		{"well within", intake.Address, "192.0.2.1", 0, when(-4.9), nil, ours, attribute.Lease, "line02", 0},
		{"no time", intake.Address, "192.0.2.1", 0, nil, nil, unknown, "", "", 2},
		{"no zone", intake.Address, "192.0.2.2", 0, zoneless, nil, unknown, "", "", 1},
		{"ahead", intake.Address, "192.0.2.2", 0, when(1), nil, unknown, "", "", 1},
		{"just now", intake.Address, "192.0.2.2", 0, when(0), nil, unknown, "", "", 1},
		{"ends before it begins", intake.Address, "192.0.2.80", 0, when(-1), when(-2), ours, attribute.Machine, "web", 0},
		{"longer ago than leases are kept", intake.Address, "192.0.2.2", 0, when(-60), nil, unknown, "", "", 0},
		{"a holder of no line", intake.Address, "192.0.2.3", 0, when(-2), nil, unknown, "", "", 0},
		{"never held", intake.Address, "192.0.2.4", 0, when(-2), nil, unheld, "", "", 0},
		{"not ours", intake.Address, "203.0.113.1", 0, when(-2), nil, foreign, "", "", 0},
		{"static, outside of our networks", intake.Address, "198.51.100.3", 0, when(-2), nil, ours, attribute.Static, "fixed", 0},
		{"static, no time", intake.Address, "198.51.100.3", 0, nil, nil, ours, attribute.Static, "fixed", 0},
		{"static, long ago", intake.Address, "198.51.100.3", 0, when(-500), nil, ours, attribute.Static, "fixed", 0},
		{"static before", intake.Address, "192.0.2.90", 0, when(-6), nil, ours, attribute.Machine, "own", 0},
		{"static after", intake.Address, "192.0.2.90", 0, when(-4), nil, ours, attribute.Static, "fixed", 0},
		{"static, which depends on the time", intake.Address, "192.0.2.90", 0, zoneless, nil, untimed, "", "", 2},
		{"a translator", intake.Address, "192.0.2.100", 1500, when(-2), nil, ours, attribute.Translator, "line01", 0},
		{"its other port", intake.Address, "192.0.2.100", 2999, when(-2), nil, ours, attribute.Translator, "line02", 0},
		{"its free port", intake.Address, "192.0.2.100", 3000, when(-2), nil, unheld, "", "", 0},
		{"without a port", intake.Address, "192.0.2.100", 0, when(-2), nil, several, "", "", 2},
		{"without a port, one known", intake.Address, "192.0.2.101", 0, when(-2), nil, several, "", "", 1},
		{"in a prefix", intake.Address, "2001:db8:1:ff::1", 0, when(-2), nil, ours, attribute.Lease, "line01", 0},
		{"a network within a lease", intake.Network, "2001:db8:1:42::/64", 0, when(-2), nil, ours, attribute.Lease, "line01", 0},
		{"a network of several", intake.Network, "2001:db8:1::/48", 0, when(-2), nil, several, "", "", 2},
		{"a network of nobody", intake.Network, "2001:db8:2::/48", 0, when(-2), nil, unheld, "", "", 0},
		{"a network that is static", intake.Network, "198.51.100.0/29", 0, when(-2), nil, ours, attribute.Static, "fixed", 0},
		{"a network elsewhere", intake.Network, "203.0.113.0/24", 0, when(-2), nil, foreign, "", "", 0},
		{"a network larger than ours", intake.Network, "192.0.0.0/16", 0, when(-2), nil, several, "", "", 7},
		{"one address", intake.Network, "192.0.2.1/32", 0, when(-2), nil, ours, attribute.Lease, "line02", 0},

		{"a site", intake.URL, "https://shop.example/a?b", 0, when(-2), nil, ours, attribute.VHost, "shop", 0},
		{"a site, no time", intake.Domain, "shop.example", 0, nil, nil, ours, attribute.VHost, "shop", 0},
		{"a wildcard", intake.URL, "http://x.blog.example:8080/", 0, when(-2), nil, ours, attribute.VHost, "blog", 0},
		{"the nearer name", intake.URL, "http://docs.blog.example/", 0, when(-1), nil, ours, attribute.VHost, "wiki", 0},
		{"before there was the nearer", intake.URL, "http://docs.blog.example/", 0, when(-3), nil, ours, attribute.VHost, "blog", 0},
		{"over the change", intake.URL, "http://docs.blog.example/", 0, when(-3), when(-1), several, "", "", 2},
		{"a site that moved, before", intake.Domain, "moved.example", 0, when(-4), nil, ours, attribute.VHost, "shop", 0},
		{"after", intake.Domain, "moved.example", 0, when(-1), nil, ours, attribute.VHost, "blog", 0},
		{"no time", intake.Domain, "moved.example", 0, nil, nil, untimed, "", "", 2},
		{"other letters", intake.URL, "https://bücher.example/", 0, when(-1), nil, ours, attribute.VHost, "wiki", 0},
		{"a name in DNS then", intake.URL, "http://old.customer.test/", 0, when(-2), nil, ours, attribute.DNS, "own", 0},
		{"a name in DNS now, just now", intake.URL, "http://now.customer.test/", 0, when(-0.5), nil, ours, attribute.DNS, "own", 0},
		{"a name in DNS now", intake.URL, "http://now.customer.test/", 0, when(-2), nil, several, "", "", 1},
		{"a shared server", intake.URL, "http://crowd.customer.test/", 0, when(-2), nil, several, "", "", 3},
		{"a shared server by address", intake.URL, "http://192.0.2.80/x", 0, when(-2), nil, several, "", "", 3},
		{"a server by address", intake.URL, "http://192.0.2.81/x", 0, when(-2), nil, ours, attribute.Machine, "own", 0},
		{"two addresses", intake.Domain, "both.customer.test", 0, when(-2), nil, several, "", "", 2},
		{"a site elsewhere", intake.URL, "http://else.test/", 0, when(-2), nil, foreign, "", "", 0},
		{"no address", intake.URL, "http://gone.test/", 0, when(-2), nil, unknown, "", "", 0},

		{"a content", intake.Hash, strings.Repeat("A", 64), 0, nil, nil, ours, attribute.Content, "shop", 0},
		{"a content of several", intake.Hash, strings.Repeat("b", 64), 0, nil, nil, several, "", "", 2},
		{"a content of nobody", intake.Hash, strings.Repeat("c", 32), 0, nil, nil, unknown, "", "", 0},
		{"a mail address", intake.Mail, "carl@own.example", 0, nil, nil, ours, attribute.Account, "own", 0},
		{"of a party with several assets", intake.Mail, "ann@mail.example", 0, nil, nil, several, "", "", 2},
		{"of a party with none", intake.Mail, "gus@mail.example", 0, nil, nil, several, "", "", 1},
		{"of a site", intake.Mail, "info@shop.example", 0, when(-2), nil, ours, attribute.VHost, "shop", 0},
		{"of nobody", intake.Mail, "x@else.test", 0, when(-2), nil, foreign, "", "", 0},
		{"of another kind", intake.Kind("colour"), "red", 0, nil, nil, unknown, "", "", 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			got, err := a.Attribute(t.Context(), intake.Resource{Kind: x.kind, Value: x.value, Port: x.port}, x.first, x.last, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Verdict != x.verdict || got.Asset != x.asset || got.How != x.how || len(got.Candidates) != x.most || got.Why == "" {
				t.Errorf("%s %s: %+v", x.kind, x.value, got)
			}
			if got.Verdict == ours && got.Party != m.assets[got.Asset].Owner {
				t.Errorf("the party of %s is %q", got.Asset, got.Party)
			}
		})
	}
}

func TestCarrier(t *testing.T) {
	m, table := estate(t)
	got, err := attributor(m, table).Attribute(t.Context(), intake.Resource{Kind: intake.Domain, Value: "shop.example"}, when(-1), nil, noon)
	if err != nil || got.Party != "ann" || got.Carrier != "reseller" {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = attributor(m, table).Attribute(t.Context(), intake.Resource{Kind: intake.Mail, Value: "ann@mail.example"}, nil, nil, noon)
	if err != nil || got.Party != "ann" {
		t.Errorf("the party of all candidates: %+v, %v", got, err)
	}
}

// TestLater has records come before it is asked again.
func TestLater(t *testing.T) {
	m, table := estate(t)
	a := attributor(m, table)
	r := intake.Resource{Kind: intake.Address, Value: "192.0.2.2"}
	got, err := a.Attribute(t.Context(), r, when(0), nil, noon)
	if err != nil || got.Verdict != attribute.Unknown || !got.Again.Equal(noon.Add(4*time.Minute)) {
		t.Errorf("%+v, %v", got, err)
	}
	a = attribute.New(m, attribute.Table{Table: table, Lines: func(l flow.Line) (candor.ID, bool) { return assetOf(l), true }}, nil, nil,
		attribute.Options{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Now: func() time.Time { return noon.Add(4 * time.Minute) }})
	if got, err := a.Attribute(t.Context(), r, when(0), nil, noon); err != nil || got.Asset != "line01" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestFailing says nothing while records cannot be asked.
func TestFailing(t *testing.T) {
	m, table := estate(t)
	m.fails = errors.New("the database is away")
	a := attributor(m, table)
	for kind, value := range map[intake.Kind]string{intake.Address: "192.0.2.1", intake.Network: "192.0.2.0/24", intake.URL: "http://shop.example/", intake.Hash: strings.Repeat("a", 64), intake.Mail: "a@shop.example"} {
		if got, err := a.Attribute(t.Context(), intake.Resource{Kind: kind, Value: value}, when(-1), nil, noon); !errors.Is(err, m.fails) || got.Verdict != "" {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
	}
}
