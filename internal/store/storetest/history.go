package storetest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
)

// testHistory asks what assets had when: names, addresses and owners.
func testHistory(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, site := Sample(t, s, "history")
	heir, _ := Sample(t, s, "history-heir")
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	change := func(a candor.Asset, n int) candor.Asset {
		a.Updated = hour(n)
		do(t, s, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, a, time.Time{}) })
		return a
	}
	held := func(what string, since, until int) candor.Holding {
		h := candor.Holding{Asset: site.ID, Kind: candor.Site, Party: p.ID, What: what, Since: hour(since)}
		if until >= 0 {
			h.Until = hour(until)
		}
		return h
	}
	at := func(host string, n int) []candor.Holding {
		t.Helper()
		return must(s.SitesByHost(ctx, host, hour(n), hour(n)))(t)
	}

	same(t, at("WWW.History.Example.", 0), []candor.Holding{held("history.example", 0, -1)})
	same(t, len(at("history.example", -1)), 0)
	same(t, len(at("x.history.example", 0)), 0)
	site.Hosts = []string{"*.history.example", "x.history.example", "www.xn--bcher-kva.history"}
	site = change(site, 1)
	same(t, at("history.example", 0), []candor.Holding{held("history.example", 0, 1)})
	same(t, len(at("history.example", 1)), 0)
	same(t, at("x.history.example", 2), []candor.Holding{held("x.history.example", 1, -1), held("*.history.example", 1, -1)})
	same(t, at("a.b.history.example", 2), []candor.Holding{held("*.history.example", 1, -1)})
	same(t, at("xn--bcher-kva.history", 2), []candor.Holding{held("www.xn--bcher-kva.history", 1, -1)})
	same(t, must(s.SitesByHost(ctx, "history.example", hour(0), hour(2)))(t), []candor.Holding{held("history.example", 0, 1)})

	// Another owner, another history; what ended stays the one's who had it.
	site.Owner = heir.ID
	site = change(site, 3)
	after := held("x.history.example", 3, -1)
	after.Party = heir.ID
	same(t, must(s.SitesByHost(ctx, "x.history.example", hour(2), hour(4)))(t)[:2], []candor.Holding{held("x.history.example", 1, 3), after})
	same(t, must(s.Owners(ctx, site.ID, hour(2), hour(2)))(t), []candor.Holding{{Asset: site.ID, Kind: candor.Site, Party: p.ID, Since: hour(0), Until: hour(3)}})
	site.Retired = true
	site = change(site, 5)
	same(t, len(at("x.history.example", 5)), 0)
	same(t, len(at("x.history.example", 4)), 2)
	site.Retired = false
	change(site, 6)
	same(t, len(at("x.history.example", 5)), 0)
	same(t, len(at("x.history.example", 6)), 2)

	line := candor.Asset{ID: candor.NewID(noon), Kind: candor.Line, Owner: p.ID, Name: "line", Access: candor.Access{Addresses: []string{"198.51.100.8/29", "2001:db8:7::/48"}}, Created: noon, Updated: noon}
	server := candor.Asset{ID: candor.NewID(noon), Kind: candor.Server, Owner: p.ID, Name: "server", Hosts: []string{"web1.example", "203.0.113.77", "2001:DB8:8::1"}, Created: noon, Updated: noon}
	do(t, s, func(tx *store.Tx) error {
		if err := tx.AddAsset(ctx, line, time.Time{}); err != nil {
			return err
		}
		return tx.AddAsset(ctx, server, time.Time{})
	})
	line.Access.Addresses = []string{"198.51.100.12"}
	change(line, 1)
	for _, x := range []struct {
		ip   string
		hour int
		want []candor.Asset
	}{
		{"198.51.100.9", 0, []candor.Asset{line}}, {"198.51.100.9", 1, nil}, {"198.51.100.12", 2, []candor.Asset{line}}, {"::ffff:198.51.100.12", 0, []candor.Asset{line}},
		{"2001:db8:7:1::1", 0, []candor.Asset{line}}, {"203.0.113.77", 9, []candor.Asset{server}}, {"2001:db8:8::1", 9, []candor.Asset{server}}, {"203.0.113.78", 9, nil},
	} {
		got := must(s.AssetsByAddress(ctx, netip.MustParseAddr(x.ip), hour(x.hour), hour(x.hour)))(t)
		if len(got) != len(x.want) || len(got) > 0 && (got[0].Asset != x.want[0].ID || got[0].Party != p.ID || got[0].Kind != x.want[0].Kind) {
			t.Errorf("%s at %d: %v", x.ip, x.hour, got)
		}
	}
	for network, want := range map[string]int{"198.51.100.0/24": 1, "198.51.100.12/32": 1, "203.0.113.64/28": 1, "203.0.113.0/28": 0, "2001:db8::/32": 1} {
		if got := must(s.AssetsWithin(ctx, netip.MustParsePrefix(network), hour(2), hour(2)))(t); len(got) != want {
			t.Errorf("%s: %v", network, got)
		}
	}
	testMails(t, s, p)
	testDigest(t, s, site)
}

func testMails(t *testing.T, s *store.Store, p candor.Party) {
	ctx := t.Context()
	ask := func(mail string) int { return len(must(s.PartiesByMail(ctx, mail))(t)) }
	same(t, must(s.PartiesByMail(ctx, "LI@History.example "))(t), []candor.Party{p})
	same(t, ask("history.example"), 0)
	p.Contacts = []candor.Contact{{Channel: candor.Mail, Address: "New@history.example"}, {Channel: candor.Phone, Address: "li@history.example"}}
	do(t, s, func(tx *store.Tx) error { return tx.ChangeParty(ctx, p) })
	same(t, []int{ask("li@history.example"), ask("new@history.example")}, []int{0, 1})
}

func testDigest(t *testing.T, s *store.Store, a candor.Asset) {
	ctx := t.Context()
	sum := strings.Repeat("d", 64)
	c := candor.Case{ID: candor.NewID(noon), Asset: a.ID, Party: a.Owner, Class: candor.Phishing, State: candor.CaseNew, Title: "t", Opened: noon, Updated: noon}
	var all []candor.FiledFinding
	for i, state := range []candor.FindingState{candor.FindingOpen, candor.FindingGone, candor.FindingDismissed} {
		all = append(all, candor.FiledFinding{ID: candor.NewID(noon.Add(time.Duration(i) * time.Second)), Asset: a.ID, Party: a.Owner, Case: c.ID, Sensor: "scan", State: state, First: noon, Last: noon,
			Finding: candor.Finding{Path: "/x", Rule: fmt.Sprint("r", i), SHA256: sum}})
	}
	do(t, s, func(tx *store.Tx) error {
		if err := tx.AddCase(ctx, &c); err != nil {
			return err
		}
		for i := range all {
			all[i].Case = c.ID
		}
		return tx.AddFindings(ctx, all)
	})
	got := must(s.FindingsByDigest(ctx, strings.ToUpper(sum), 10))(t)
	if len(got) != 2 || got[0].ID != all[0].ID || got[1].ID != all[1].ID {
		t.Errorf("findings by digest: %v", got)
	}
	same(t, len(must(s.FindingsByDigest(ctx, sum, 1))(t)), 1)
}
