package house_test

import (
	"net/netip"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/intake/attribute"
	"candor/internal/store/storetest"
)

// TestWhose asks the records whose things were.
func TestWhose(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	ctx := t.Context()
	w.site.Hosts, w.site.Access = []string{"shop.acme.example"}, candor.Access{}
	if _, err := w.SaveAsset(ctx, ada, w.site); err != nil {
		t.Fatal(err)
	}
	subscriber, err := w.SaveParty(ctx, ada, candor.Party{Kind: candor.Subscriber, Name: "Sue"})
	if err != nil {
		t.Fatal(err)
	}
	line, err := w.SaveAsset(ctx, ada, candor.Asset{Kind: candor.Line, Owner: subscriber.ID, Name: "Line 1", Access: candor.Access{Addresses: []string{"192.0.2.7"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	at := &intake.When{Time: w.now.Add(-10 * time.Minute)}
	ask := func(kind intake.Kind, value string, networks ...string) house.Attribution {
		t.Helper()
		o := attribute.Options{}
		for _, n := range networks {
			o.Networks = append(o.Networks, netip.MustParsePrefix(n))
		}
		a, err := w.Whose(nil, nil, o).Whose(ctx, intake.Resource{Kind: kind, Value: value}, at, at, w.now)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := ask(intake.Address, "192.0.2.7", "192.0.2.0/24"); !a.Certain || a.Candidates[0].Asset != line.ID || a.Candidates[0].Party != subscriber.ID || a.Candidates[0].How != "static" {
		t.Errorf("a line's address: %+v", a)
	}
	if a := ask(intake.URL, "https://shop.acme.example/x", "192.0.2.0/24"); !a.Certain || a.Candidates[0].Asset != w.site.ID {
		t.Errorf("a site's address on the web: %+v", a)
	}
	if a := ask(intake.Address, "198.51.100.1", "192.0.2.0/24"); a.Ours || a.Certain {
		t.Errorf("another's: %+v", a)
	}
	if a := ask(intake.Address, "192.0.2.8", "192.0.2.0/24"); !a.Ours || a.Certain {
		t.Errorf("nobody's: %+v", a)
	}
	if a := ask(intake.Address, "198.51.100.1"); !a.Ours || a.Certain || a.Why == "" {
		t.Errorf("while it is not known what is ours: %+v", a)
	}
}
