package office_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/flow/line"
)

// lines is the traffic of lines as a test says it is.
type lines struct {
	network line.Network
	views   map[candor.ID]line.View
}

func (l *lines) Network() line.Network { return l.network }

func (l *lines) View(id candor.ID) (line.View, bool) {
	v, ok := l.views[id]
	return v, ok
}

// aLine adds a line.
func (w *world) aLine(t *testing.T, name string, owner candor.ID) candor.Asset {
	t.Helper()
	a, err := w.House.SaveAsset(t.Context(), w.Who(candor.RoleAdmin), candor.Asset{Kind: candor.Line, Name: name, Owner: owner, Reference: name,
		Access: candor.Access{Plan: "Fibre 40", Down: 40e6, Up: 10e6, Addresses: []string{"192.0.2.7", "2001:db8:7::/56"}}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// watched is a line that is looked at closely, in a network that is heard.
func (w *world) watched(t *testing.T, name string, owner candor.ID) candor.Asset {
	t.Helper()
	a, now := w.aLine(t, name, owner), w.Clock()
	v := line.View{Line: a.ID, Up: 9.2e6, Down: 5.1e6, Flows: 812, Peers: 240, Weeks: 7, Learned: true, Close: true, Since: now.Add(-4 * time.Minute), Found: []string{"horizontal-scan"}, Addresses: []netip.Prefix{netip.MustParsePrefix("198.51.100.7/32"), netip.MustParsePrefix("2001:db8:8::/56")}, Hour: 24 + 20}
	for h := range 168 {
		busy := 0.05
		if clock := h % 24; clock >= 18 && clock < 23 {
			busy = 1
		} else if clock >= 7 {
			busy = 0.3
		}
		v.Usual = append(v.Usual, line.Hour{Down: line.Range{Low: 4e6 * busy, Median: 12e6 * busy, High: 30e6 * busy}, Up: line.Range{Median: 0.8e6 * busy, High: 2e6 * busy},
			Flows: line.Range{Low: 80, Median: 200, High: 500}, Peers: line.Range{Low: 3, Median: 9, High: 30}})
	}
	usual := line.Range{Low: 4e6, Median: 12e6, High: 30e6}
	parts := []line.Part{
		{Kind: "exporter", Name: "exporter 192.0.2.200", Exporter: netip.MustParseAddr("192.0.2.200"), Called: "edge1.vie", In: line.Rate{Now: 91e6, Usual: usual}, Out: line.Rate{Now: 6e6, Usual: usual}, Hours: 400, Learned: true, Now: "peak"},
		{Kind: "interface", Name: "exporter 192.0.2.200, interface 7", Exporter: netip.MustParseAddr("192.0.2.200"), Called: "edge1.vie", Index: 7, Hours: 30, In: line.Rate{Usual: usual}},
		{Kind: "prefix", Name: "prefix 198.51.100.0/24", Hours: 400, Learned: true, In: line.Rate{Usual: usual}},
	}
	events := []line.Event{{Kind: "peak", Part: "exporter 192.0.2.200", Since: now.Add(-9 * time.Minute), Until: now.Add(-time.Minute), Seen: 91e6, Usual: usual, Unit: "bit/s", Way: "in", Lines: []line.Share{{Line: a.ID, Share: 0.62}}},
		{Kind: "peak", Part: "port udp/53", Since: now, Until: now, Seen: 9100, Usual: line.Range{High: 120}, Unit: "packets/s", Way: "both ways"}}
	w.House.Traffic = &lines{views: map[candor.ID]line.View{a.ID: v}, network: line.Network{At: now, Since: now.Add(-3 * time.Hour), Lines: 48_211, Records: 91_000_000, Unattributed: 2_400_000, Rate: 8425.9, Findings: 12, Suspects: 1, Silent: 1, Lost: 11_020, Dropped: 1200,
		Hour: 24 + 20, Parts: parts, Events: events, Watched: map[string]int{"exporter": 1, "interface": 1, "prefix": 1},
		Looked: []line.Seen{{Line: a.ID, Since: now.Add(-4 * time.Minute), Last: now.Add(-2 * time.Second), Up: 9.2e6, Down: 5.1e6, Found: []string{"horizontal-scan"}}},
		Exporters: []line.Told{
			{Address: netip.MustParseAddr("192.0.2.200"), Name: "edge1.vie", Protocol: "IPFIX", Records: 90_000_000, Sent: 90_000_000, Lost: 20, Sampling: 100, Last: now.Add(-time.Second)},
			{Address: netip.MustParseAddr("2001:db8::200"), Protocol: "NetFlow v9", Records: 1_000_000, Sent: 1_011_000, Lost: 11_000, Clock: -61, Errors: 2, Last: now.Add(-20 * time.Minute), Silent: true},
		}}}
	return a
}

// TestTrafficUnmeasured: where nobody listens, that is what the pages say.
func TestTrafficUnmeasured(t *testing.T) {
	w := newWorld(t)
	a := w.aLine(t, "Line 1", w.party.ID)
	auditor := w.As(candor.RoleAuditor)
	for _, path := range []string{"/traffic", "/assets/" + string(a.ID)} {
		has(t, w.Get(t, auditor, path), http.StatusOK, "Not measured", "hears no exporters")
	}
	w.House.Traffic = &lines{}
	has(t, w.Get(t, auditor, "/assets/"+string(a.ID)), http.StatusOK, "Not measured", "not watched")
	if page := w.Get(t, auditor, "/assets/"+string(w.asset.ID)).Text(); strings.Contains(page, `id="traffic"`) {
		t.Error("the page of a site has a section of traffic")
	}
}

// TestTraffic reads what the pages say of a network that is heard.
func TestTraffic(t *testing.T) {
	w := newWorld(t)
	a := w.watched(t, "Line 1", w.party.ID)
	auditor := w.As(candor.RoleAuditor)
	has(t, w.Get(t, auditor, "/traffic"), http.StatusOK, "48,211", "8,426", "3%", "11,000 (1%)", "One exporter is silent", "1 in 100", "-61 s", "edge1.vie", "Line 1", "Tries many addresses", "Some of what came was not read",
		"usual on Tuesday at 20:00", "edge1.vie, interface 7", "Learning: 30 of 168 hours", "4.0–30 Mbit/s", "Line 1 (62%)", "9,100 packets/s", "prefix 198.51.100.0/24")
	has(t, w.Get(t, auditor, "/assets/"+string(a.ID)), http.StatusOK, "Tuesday at 20:00, over the hour, usually: 4.0–30 Mbit/s down, up to 2.0 Mbit/s up, peers: 3–30",
		"The rate up is above what is usual", "7 weeks of this line", "holds now: 198.51.100.7, 2001:db8:8::/56.", "looked at closely: Tries many addresses", "Down, it is busiest on Monday at 18:00: 12 Mbit/s", "is-filled", "Tue 20:00", "Fibre 40", "2001:db8:7::/56")
}

// TestLineForm changes what a line is sold as.
func TestLineForm(t *testing.T) {
	w := newWorld(t)
	a := w.aLine(t, "Line 1", w.party.ID)
	path := "/assets/" + string(a.ID) + "/edit"
	has(t, w.Get(t, w.As(candor.RoleAnalyst), path), http.StatusOK, `value="40M"`, `value="10M"`, "192.0.2.7\n2001:db8:7::/56")
	f := url.Values{"name": {"Line 1"}, "owner": {w.party.Name + " (" + w.party.Reference + ")"}, "plan": {strings.Repeat("x", 101)}, "down": {"fast"}, "up": {"-1"}, "addresses": {"192.0.2.7\n192.0.2.9/24"}}
	has(t, w.Post(t, w.As(candor.RoleAnalyst), path, f), http.StatusUnprocessableEntity, "The name is too long", "It is no rate", `href="#down"`, `href="#up"`, "192.0.2.9/24 is no address or prefix", `value="fast"`)
	f.Set("plan", "Fibre 1G")
	f.Set("down", "1G")
	f.Set("up", "512k")
	f.Set("addresses", "192.0.2.9\r\n\r\n192.0.2.0/24")
	f.Set("mail-servers", "yes")
	w.led(t, candor.RoleAnalyst, path, f)
	got, err := w.House.Store.Asset(t.Context(), candor.Everything, a.ID)
	want := candor.Access{Plan: "Fibre 1G", Down: 1e9, Up: 512e3, Addresses: []string{"192.0.2.9", "192.0.2.0/24"}, Mail: true}
	if err != nil || !got.Access.Equal(want) {
		t.Errorf("it is sold as %+v, %v", got.Access, err)
	}
}
