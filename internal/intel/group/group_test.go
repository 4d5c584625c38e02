package group_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/group"
	"candor/internal/intel/iodef"
	"candor/internal/intel/misp"
	"candor/internal/intel/stix"
	"candor/internal/intel/tlp"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// mayGo is the table, written out: what of ours may go to a group of a mark.
var mayGo = map[tlp.Mark]string{
	tlp.Clear: "clear",
	tlp.Green: "clear green",
	tlp.Amber: "clear green amber",
	tlp.Red:   "clear green amber",
}

// allowed is what TestLight holds group.Release against.
func allowed(most, m tlp.Mark, given, named bool) bool {
	if given && m != tlp.Clear && m != tlp.Green {
		return false
	}
	if m == tlp.Red {
		return named && most == tlp.Red
	}
	for w := range strings.FieldsSeq(mayGo[most]) {
		if string(m) == w {
			return true
		}
	}
	return false
}

// TestLight lets 20,000 bundles of all marks go to groups of all marks, and looks
// into each format for what may not be there.
func TestLight(t *testing.T) {
	r := rand.New(rand.NewPCG(1207, 23))
	let, held := 0, 0
	for n := range 20_000 {
		g := group.Group{ID: "018f0000-0000-7000-8000-000000000002", Name: "G", Most: group.Marks()[r.IntN(4)]}
		// Most bundles lean to the free side, so that some pass.
		mark := func() tlp.Mark { return tlp.Marks()[min(r.IntN(5), r.IntN(5), r.IntN(5))] }
		b := intel.Bundle{ID: "018f0000-0000-7000-8000-000000000001", Title: "Scan", Producer: intel.Producer{Name: "Example"}, Created: noon, Modified: noon, TLP: mark()}
		way := group.Way{Named: r.IntN(2) == 0, Given: r.IntN(3) == 0}
		want := allowed(g.Most, b.TLP, way.Given, way.Named)
		for i := range r.IntN(4) {
			one := intel.Indicator{Kind: intake.Domain, Value: fmt.Sprintf("a%d.example", i), First: noon, TLP: mark()}
			if r.IntN(4) == 0 {
				one.TLP = ""
			}
			if r.IntN(3) == 0 {
				one.Source = "partner"
			}
			want = want && allowed(g.Most, one.TLP.Effective(), one.Source != "", way.Named)
			b.Indicators = append(b.Indicators, one)
		}
		if r.IntN(4) == 0 {
			s := intel.Sighting{Indicator: intel.Indicator{Kind: intake.Domain, Value: "s.example", TLP: mark(), Source: "feed"}, First: noon, Last: noon, Count: 1, TLP: mark()}
			want = want && allowed(g.Most, s.TLP, false, way.Named) && allowed(g.Most, s.Indicator.TLP, true, way.Named)
			b.Sightings = append(b.Sightings, s)
		}
		rel, err := g.Release(b, way)
		if want != (err == nil) {
			t.Fatalf("%d: %+v to %s, %+v: %v", n, b, g.Most, way, err)
		}
		if err != nil {
			held++
			var refused *group.Refused
			if !errors.Is(err, candor.ErrDenied) || !errors.As(err, &refused) || len(refused.Faults) == 0 {
				t.Fatalf("%v", err)
			}
			continue
		}
		let++
		written(t, rel, g.Most, way.Named)
	}
	if let < 2000 || held < 2000 {
		t.Errorf("the test shows little: %d went, %d were held", let, held)
	}
	t.Logf("%d went, %d were held", let, held)
}

// written looks for marks that may not be in what leaves.
func written(t *testing.T, rel intel.Release, most tlp.Mark, named bool) {
	t.Helper()
	for name, write := range map[string]func(io.Writer, intel.Release) error{"STIX": stix.Write, "MISP": misp.Write, "XML": iodef.WriteXML, "JSON": iodef.WriteJSON} {
		var b bytes.Buffer
		if err := write(&b, rel); err != nil {
			t.Fatal(name, err)
		}
		text := b.String()
		for _, m := range tlp.Marks() {
			if !allowed(most, m, false, named) && (strings.Contains(text, m.Tag()+`"`) || strings.Contains(text, m.STIX().ID) || name == "XML" && strings.Contains(text, `restriction="`+m.Restriction()+`"`)) {
				t.Fatalf("%s: %s goes to a group of %s:\n%s", name, m, most, text)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	g := group.Group{Name: "G", Most: tlp.Red, Classes: []candor.Class{candor.Phishing}}
	b := intel.Bundle{Class: candor.Phishing, TLP: tlp.Red}
	for _, x := range []struct {
		change func(*group.Group, *intel.Bundle)
		named  bool
		want   string
	}{
		{func(*group.Group, *intel.Bundle) {}, true, ""},
		{func(*group.Group, *intel.Bundle) {}, false, "goes to members that are named"},
		{func(g *group.Group, _ *intel.Bundle) { g.Most = tlp.Amber }, true, "too strict"},
		{func(g *group.Group, _ *intel.Bundle) { g.Retired = noon }, true, "not in use"},
		{func(_ *group.Group, b *intel.Bundle) { b.Class = candor.MalwareDistribution }, true, "class"},
		{func(_ *group.Group, b *intel.Bundle) { b.TLP = tlp.AmberStrict }, true, "stays in the house"},
		{func(_ *group.Group, b *intel.Bundle) {
			b.Indicators = []intel.Indicator{{Kind: intake.Domain, Value: "a.example", TLP: tlp.Amber, Source: "feed"}}
		}, true, "a.example is TLP:AMBER and was given by others"},
	} {
		g, b := g, b
		x.change(&g, &b)
		_, err := g.Release(b, group.Way{Named: x.named})
		if (err == nil) != (x.want == "") || err != nil && !strings.Contains(err.Error(), x.want) {
			t.Errorf("want %q: %v", x.want, err)
		}
	}
	if g.Admits(tlp.Amber) != "" || g.Admits(tlp.AmberStrict) != group.WhyOwn || g.Admits(tlp.Red) != group.WhyRed {
		t.Error("texts are not held as bundles are")
	}
}

func TestCheck(t *testing.T) {
	good := group.Group{Name: "G", Most: tlp.Green, Members: []group.Member{{Party: "p", Write: true, Trust: 70}, {Entry: "e", Format: "misp"}}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*group.Group){
		"name":   func(g *group.Group) { g.Name = " " },
		"line":   func(g *group.Group) { g.Name = "a\nb" },
		"strict": func(g *group.Group) { g.Most = tlp.AmberStrict },
		"none":   func(g *group.Group) { g.Most = "" },
		"class":  func(g *group.Group) { g.Classes = []candor.Class{"x/y"} },
		"twice":  func(g *group.Group) { g.Members = append(g.Members, group.Member{Party: "p"}) },
		"both":   func(g *group.Group) { g.Members = []group.Member{{Party: "p", Entry: "e"}} },
		"trust":  func(g *group.Group) { g.Members = []group.Member{{Party: "p", Trust: 101}} },
		"format": func(g *group.Group) { g.Members = []group.Member{{Entry: "e", Format: "pdf"}} },
		"write":  func(g *group.Group) { g.Members = []group.Member{{Entry: "e", Format: "stix", Write: true}} },
		"mail":   func(g *group.Group) { g.Members = []group.Member{{Party: "p", Format: "stix"}} },
	} {
		g := good
		change(&g)
		if err := g.Check(); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
