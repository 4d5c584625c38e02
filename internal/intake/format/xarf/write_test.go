package xarf_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format/xarf"
)

// TestWrite writes all classes of all kinds of resources: each is valid, is read
// again, and is about the same.
func TestWrite(t *testing.T) {
	desk := xarf.Party{Org: "Provider", Contact: "abuse@provider.example", Domain: "provider.example"}
	noon := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	for _, r := range []intake.Resource{{Kind: intake.Address, Value: "203.0.113.9"}, {Kind: intake.Address, Value: "2001:db8::9", Port: 4001}, {Kind: intake.Network, Value: "203.0.113.0/24"},
		{Kind: intake.URL, Value: "http://shop.example/a b?x=é"}, {Kind: intake.Domain, Value: "shop.example"}, {Kind: intake.Mail, Value: "eve@shop.example"}} {
		for _, class := range candor.Classes() {
			for _, first := range []time.Time{{}, noon} {
				i := xarf.Incident{ID: string(candor.NewID(noon)), Reporter: desk, Sender: desk, About: r, Class: class, Received: noon, First: first, Last: first, Count: 3, Confidence: 90, TLP: "green",
					Note: strings.Repeat("ü", 1100), Evidence: "Failed password"}
				text, err := xarf.New().Write(i)
				if r.Value == "http://shop.example/a b?x=é" && err != nil && strings.Contains(err.Error(), "is no URI") {
					continue // nobody could read it
				}
				if err != nil {
					t.Fatalf("%s of %s: %v", class, r.Value, err)
				}
				report, events, err := read(t, "xarf.json", string(text))
				if err != nil || report.Reporter != desk.Contact || report.TLP != "green" || report.Reference != i.ID || len(events) != 1 || events[0].Evidence != i.Evidence {
					t.Fatalf("%s of %s: %+v, %+v, %v", class, r.Value, report, events, err)
				}
				if !slices.ContainsFunc(events[0].About, func(got intake.Resource) bool {
					return got.Value == r.Value || r.Kind == intake.URL && got.Value == "shop.example"
				}) {
					t.Errorf("%s of %s is about %+v", class, r.Value, events[0].About)
				}
				if !strings.Contains(string(text), `"rsit:`+strings.ReplaceAll(string(class), "/", "+")+`"`) {
					t.Errorf("%s of %s does not tell its class", class, r.Value)
				}
			}
		}
	}
}

// TestWriteTypes checks that classes are told by types where what these need is
// known, and nothing is made up where it is not.
func TestWriteTypes(t *testing.T) {
	desk := xarf.Party{Org: "P", Contact: "a@p.example", Domain: "p.example"}
	noon := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	host, url := intake.Resource{Kind: intake.Address, Value: "203.0.113.9"}, intake.Resource{Kind: intake.URL, Value: "http://shop.example/x"}
	port := host
	port.Port = 4001
	for _, x := range []struct {
		about intake.Resource
		class candor.Class
		first time.Time
		want  string
	}{
		{url, candor.Phishing, time.Time{}, "content/phishing"}, {host, candor.Phishing, noon, "reputation/threat_intelligence"}, {url, "fraud/copyright", noon, "copyright/copyright"},
		{port, "intrusion-attempts/brute-force", noon, "connection/login_attack"}, {host, "intrusion-attempts/brute-force", noon, "reputation/threat_intelligence"},
		{port, "intrusion-attempts/brute-force", time.Time{}, "reputation/threat_intelligence"}, {host, "information-gathering/scanner", noon, "connection/vulnerability_scan"},
		{host, "availability/ddos", noon, "reputation/threat_intelligence"}, {host, candor.InfectedSystem, noon, "infrastructure/botnet"}, {port, candor.VulnerableSystem, noon, "vulnerability/open_service"},
	} {
		text, err := xarf.New().Write(xarf.Incident{ID: string(candor.NewID(noon)), Reporter: desk, Sender: desk, About: x.about, Class: x.class, Received: noon, First: x.first})
		var got struct{ Category, Type string }
		if err == nil {
			err = json.Unmarshal(text, &got)
		}
		if err != nil || got.Category+"/"+got.Type != x.want {
			t.Errorf("%s of %+v: %s/%s, want %s: %v", x.class, x.about, got.Category, got.Type, x.want, err)
		}
	}
	if _, err := xarf.New().Write(xarf.Incident{ID: "1", Reporter: desk, Sender: desk, About: host, Class: candor.Spam, Received: noon}); err == nil {
		t.Error("a report without an identifier is written")
	}
}
