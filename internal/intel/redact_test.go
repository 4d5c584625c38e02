package intel_test

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/iodef"
	"candor/internal/intel/misp"
	"candor/internal/intel/stix"
	"candor/internal/intel/tlp"
)

var noon = time.Date(2026, 3, 1, 12, 34, 56, 0, time.UTC)

var desk = intel.Producer{Name: "Example Hosting", Mail: "desk@hosting.example"}

// person is a customer, with all that tells of it.
type person struct {
	private intel.Private
	address netip.Addr
}

func made(r *rand.Rand) person {
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "bcdfghjklmnpqrstvwxz"[r.IntN(20)] // words that come up nowhere else
		}
		return string(b)
	}
	given, name := word(5), word(7)
	net := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64 + byte(r.IntN(64)), byte(r.IntN(256)), 0}), 24)
	return person{
		intel.Private{Words: []string{
			strings.ToUpper(given[:1]) + given[1:] + " " + strings.ToUpper(name[:1]) + name[1:],
			given + "." + name + "@" + word(8) + ".example",
			string(candor.NewID(noon.Add(time.Duration(r.IntN(1 << 30))))),
			"line-" + word(6), word(9) + ".example", "K" + word(6),
		}, Networks: []netip.Prefix{net}},
		netip.AddrFrom4([4]byte{net.Addr().As4()[0], net.Addr().As4()[1], net.Addr().As4()[2], byte(r.IntN(256))}),
	}
}

// disguise writes a word as it may stand within a URL.
func disguise(r *rand.Rand, w string) string {
	flat := strings.ReplaceAll(w, " ", "")
	switch r.IntN(9) {
	case 0:
		return url.PathEscape(w)
	case 1:
		return url.PathEscape(url.PathEscape(w))
	case 2:
		return strings.ToUpper(flat)
	case 3:
		return strings.ReplaceAll(w, " ", "-")
	case 4:
		return strings.ReplaceAll(w, " ", "_")
	case 5:
		return base64.RawURLEncoding.EncodeToString([]byte(w))
	case 6:
		return hex.EncodeToString([]byte(w))
	case 7:
		var b strings.Builder
		for _, c := range []byte(w) {
			fmt.Fprintf(&b, "%%%02X", c)
		}
		return b.String()
	}
	return flat
}

// planted makes an indicator that names the person.
func (p person) planted(r *rand.Rand) intel.Indicator {
	w := p.private.Words[r.IntN(len(p.private.Words))]
	flat := strings.ToLower(strings.NewReplacer(" ", "", "@", "-at-").Replace(w))
	switch r.IntN(8) {
	case 0:
		return intel.Indicator{Kind: intake.Address, Value: p.address.String()}
	case 1:
		return intel.Indicator{Kind: intake.Network, Value: p.private.Networks[0].String()}
	case 2:
		return intel.Indicator{Kind: intake.Domain, Value: flat + ".evil.example"}
	case 3:
		return intel.Indicator{Kind: intake.Mail, Value: flat + "@evil.example"}
	case 4:
		return intel.Indicator{Kind: intake.URL, Value: "http://" + p.address.String() + "/x"}
	case 5:
		sum := md5.Sum([]byte(w))
		return intel.Indicator{Kind: intake.Hash, Value: hex.EncodeToString(sum[:])}
	case 6:
		return intel.Indicator{Kind: intake.URL, Value: "http://" + flat + "@evil.example/x?mail=" + url.QueryEscape(w) + "#" + flat}
	}
	return intel.Indicator{Kind: intake.URL, Value: "http://evil.example/a/" + disguise(r, w) + "/b"}
}

func innocent(r *rand.Rand, n int) intel.Indicator {
	return []intel.Indicator{
		{Kind: intake.Address, Value: fmt.Sprintf("203.0.113.%d", r.IntN(256))},
		{Kind: intake.URL, Value: fmt.Sprintf("http://evil%d.example/login.php", n)},
		{Kind: intake.Domain, Value: fmt.Sprintf("c%d.evil.example", n)},
		{Kind: intake.Hash, Value: fmt.Sprintf("%064x", n+1)},
	}[r.IntN(4)]
}

// incident makes a case that is full of what may not leave.
func incident(r *rand.Rand) (intel.Case, person) {
	p := made(r)
	all := append(tlp.Marks(), "", "purple")
	classes := candor.Classes()
	c := intel.Case{ID: candor.NewID(noon), Class: classes[r.IntN(len(classes))], Severity: candor.Severity(r.IntN(5)), Opened: noon, Changed: noon.Add(time.Hour),
		TLP: all[r.IntN(len(all))], Private: p.private}
	p.private.Words = append(slices.Clone(p.private.Words), string(c.ID))
	secret := strings.Join(p.private.Words, " ")
	if r.IntN(4) == 0 {
		c.Class = candor.Class(secret) // what some other program filled in
	}
	for n := range 2 + r.IntN(10) {
		i := innocent(r, n)
		if r.IntN(2) == 0 {
			i = p.planted(r)
		}
		i.TLP, i.Class, i.Note, i.Reference, i.Confidence = all[r.IntN(len(all))], c.Class, secret, secret, r.IntN(200)-50
		i.First = noon.Add(-time.Duration(r.IntN(1e6)) * time.Second)
		if r.IntN(3) == 0 {
			i.Source = secret
		}
		c.Indicators = append(c.Indicators, i)
	}
	return c, p
}

// TestRedacted releases 10,000 cases that name their customers in many ways, and looks
// for them, and for what is marked too strictly, in what leaves in each format.
func TestRedacted(t *testing.T) {
	r := rand.New(rand.NewPCG(1207, 2026))
	released, indicators, left := 0, 0, intel.Outcome{}
	tries := 0
	for ; released < 10_000; tries++ {
		c, p := incident(r)
		to := tlp.Audiences()[r.IntN(5)]
		rel, out, err := intel.Redact(c, desk, to)
		if err != nil {
			if !errors.Is(err, candor.ErrDenied) || c.TLP.Allows(to) {
				t.Fatal(err)
			}
			continue
		}
		if !c.TLP.Allows(to) {
			t.Fatalf("a case of %s goes to %s", c.TLP, to)
		}
		released++
		indicators += len(rel.Bundle().Indicators)
		left.Private, left.Marked = left.Private+out.Private, left.Marked+out.Marked
		for _, i := range rel.Bundle().Indicators {
			if !i.TLP.Allows(to) || i.Source != "" && to == tlp.Recipients && !i.TLP.Allows(tlp.Community) {
				t.Fatalf("%s goes to %s", i.TLP, to)
			}
		}
		p.private.Words = append(p.private.Words, string(c.ID))
		search(t, released, rel, p)
	}
	if indicators < 10_000 || left.Private < 10_000 || left.Marked < 5000 {
		t.Errorf("the test shows little: %d indicators, %+v", indicators, left)
	}
	t.Logf("%d released of %d, with %d indicators; left out: %d private, %d marked", released, tries, indicators, left.Private, left.Marked)
}

// search looks for what is private in all formats.
func search(t *testing.T, n int, rel intel.Release, p person) {
	t.Helper()
	for name, write := range map[string]func(io.Writer, intel.Release) error{
		"STIX": stix.Write, "MISP": misp.Write, "XML": iodef.WriteXML, "JSON": iodef.WriteJSON,
		"plain": func(w io.Writer, r intel.Release) error { return json.NewEncoder(w).Encode(r.Bundle()) },
	} {
		var b bytes.Buffer
		if err := write(&b, rel); err != nil {
			t.Fatal(name, err)
		}
		text := strings.ToLower(b.String())
		for _, m := range tlp.Marks() {
			if (strings.Contains(text, m.Tag()+`"`) || strings.Contains(text, m.STIX().ID)) && !m.Allows(rel.Audience()) {
				t.Fatalf("bundle %d, %s: %s to %s", n, name, m, rel.Audience())
			}
		}
		for _, w := range p.private.Words {
			w = strings.ToLower(w)
			sum := md5.Sum([]byte(w))
			for _, form := range []string{w, strings.ReplaceAll(w, " ", ""), strings.ReplaceAll(w, " ", "-"), strings.ReplaceAll(w, "@", "-at-"),
				strings.ToLower(url.PathEscape(w)), hex.EncodeToString([]byte(w)), hex.EncodeToString(sum[:])} {
				if strings.Contains(text, form) {
					t.Fatalf("bundle %d, %s: %q is in it:\n%s", n, name, form, text)
				}
			}
		}
		if a := p.address.String(); strings.Contains(text, a+`"`) || strings.Contains(text, a+"/") || strings.Contains(text, a+"<") {
			t.Fatalf("bundle %d, %s: %s is in it", n, name, a)
		}
	}
}

func TestRedact(t *testing.T) {
	c := intel.Case{ID: "018f0000-0000-7000-8000-000000000001", Class: candor.Phishing, Severity: candor.High, Opened: noon, Changed: noon, TLP: tlp.Green,
		Private: intel.Private{Words: []string{"Li", "a.io", "Bücher AG", "192.0.2.8", "bob@shop.example", ""}, Networks: []netip.Prefix{netip.MustParsePrefix("198.51.100.7/24"), netip.MustParsePrefix("2001:db8::/64")}}}
	for _, x := range []struct {
		kind     intake.Kind
		in, want string
	}{
		{intake.URL, "http://User@evil.example/p?a=b#c", "http://evil.example/p"},
		{intake.URL, "http://malicious.example/", "http://malicious.example/"}, // "li" stands within a word
		{intake.URL, "http://evil.example/~li/", ""},
		{intake.Domain, "xn--bcherag-n2a.example", ""},
		{intake.Domain, "www.buecher.example", "www.buecher.example"},
		{intake.Address, "192.0.2.8", ""},
		{intake.Address, "192.0.2.80", "192.0.2.80"},
		{intake.Address, "198.51.100.200", ""},
		{intake.Network, "198.51.0.0/16", ""},
		{intake.Network, "203.0.113.0/24", "203.0.113.0/24"},
		{intake.URL, "http://[::ffff:198.51.100.9]/", ""},
		{intake.URL, "http://evil.example/7-198-51-100-9/", ""},
		{intake.URL, "http://evil.example/x=2001:db8::7", ""},
		{intake.Domain, "198-51-100-77.dsl.evil.example", ""},
		{intake.Network, "::ffff:198.51.100.0/120", ""},
		{intake.Address, "::ffff:198.51.100.3", ""},
		{intake.URL, "http://evil.example/Ym9iQHNob3AuZXhhbXBsZQ==/", ""},
		{intake.URL, "http://evil.example/%2562ob%2540shop.example", ""},
		{intake.Mail, "bob+x@shop.example", "bob+x@shop.example"},
		{intake.Mail, "bob@shop.example", ""},
		{intake.Hash, "nonsense", ""},
		{intake.Domain, "a.io", ""}, // shorter than what is looked for within others
		{intake.URL, "http://evil.example/a.io/login", ""},
		{intake.Domain, "aio.evil.example", ""},
		{intake.Domain, "data.io", "data.io"},
		{intake.URL, "http://evil.example/bu%CC%88cher-ag/", ""}, // two characters in place of one
		{intake.Domain, "7.100.51.198.dsl.evil.example", ""},     // as reverse names have it
		{intake.Domain, "host-198-051-100-007.evil.example", ""},
		{intake.Domain, "c6336407.dsl.evil.example", ""},
		{intake.Domain, "2001-db8--7.evil.example", ""},
	} {
		c.Indicators = []intel.Indicator{{Kind: x.kind, Value: x.in, TLP: tlp.Green}}
		r, _, err := intel.Redact(c, desk, tlp.Community)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, i := range r.Bundle().Indicators {
			got = i.Value
		}
		if got != x.want {
			t.Errorf("%s becomes %q, want %q", x.in, got, x.want)
		}
	}
	r, _, err := intel.Redact(c, desk, tlp.Community)
	b := r.Bundle()
	if err != nil || b.ID == c.ID || b.Title != "Incident: phishing" || b.Created.Minute() != 0 || b.TLP != tlp.Green {
		t.Errorf("%+v, %v", b, err)
	}
	if _, _, err := intel.Redact(c, desk, tlp.Public); !errors.Is(err, candor.ErrDenied) {
		t.Error(err)
	}
}

// TestRelease holds the light for what others gave.
func TestRelease(t *testing.T) {
	b := intel.Bundle{ID: "018f0000-0000-7000-8000-000000000001", TLP: tlp.Clear}
	for _, source := range []string{"", "CIRT"} {
		for _, m := range tlp.Marks() {
			b.Indicators = append(b.Indicators, intel.Indicator{Kind: intake.Domain, Value: "a.example", Source: source, TLP: m})
		}
	}
	got := map[tlp.Audience][2]int{}
	for _, to := range tlp.Audiences() {
		r, err := b.Release(to)
		if err != nil {
			t.Fatal(err)
		}
		got[to] = [2]int{len(r.Bundle().Indicators), r.Held()}
		if most, _ := tlp.Most(to); r.Bundle().TLP != most || r.Audience() != to {
			t.Errorf("what goes to %s is %s", to, r.Bundle().TLP)
		}
	}
	want := map[tlp.Audience][2]int{tlp.Public: {2, 8}, tlp.Community: {4, 6}, tlp.Clients: {6, 4}, tlp.Organisation: {8, 2}, tlp.Recipients: {7, 3}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	inHouse, err := b.Release(tlp.Organisation)
	if err != nil || inHouse.Covers(tlp.Recipients) || inHouse.Covers(tlp.Clients) || !inHouse.Covers(tlp.Organisation) || inHouse.Covers("all") {
		t.Error("what was released in the house goes on", err)
	}
	if (intel.Release{}).Covers(tlp.Public) {
		t.Error("nothing was released")
	}
}

// TestName holds UUIDs of version 5 against RFC 9562, A.4.
func TestName(t *testing.T) {
	if got := intel.Name("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com"); got != "2ed6657d-e927-568b-95e1-2665a8aea6a2" {
		t.Error(got)
	}
	if intel.Name(intel.Own, "a", "b") == intel.Name(intel.Own, "ab") {
		t.Error("parts run together")
	}
}

// FuzzRedact looks for a private word in whatever leaves of any value.
func FuzzRedact(f *testing.F) {
	f.Add("http://evil.example/jane-doe/%4Aane?x#y", "Jane Doe")
	f.Add("http://100.64.1.2/", "100.64.1.2")
	f.Fuzz(func(t *testing.T, value, word string) {
		c := intel.Case{ID: "018f0000-0000-7000-8000-000000000001", Opened: noon, TLP: tlp.Clear, Private: intel.Private{Words: []string{word}}}
		for _, kind := range []intake.Kind{intake.Address, intake.Network, intake.URL, intake.Domain, intake.Hash, intake.Mail} {
			c.Indicators = append(c.Indicators, intel.Indicator{Kind: kind, Value: value, TLP: tlp.Clear})
		}
		r, _, err := intel.Redact(c, desk, tlp.Public)
		if err != nil {
			t.Fatal(err)
		}
		plain := strings.ToLower(strings.TrimSpace(word))
		for _, i := range r.Bundle().Indicators {
			if again, err := intel.NewIndicator(i.Kind, i.Value); err != nil || again.Value != i.Value {
				t.Fatalf("%q is not canonical: %v", i.Value, err)
			}
			if len(plain) > 11 && strings.Trim(plain, "abcdefghijklmnopqrstuvwxyz0123456789") == "" && strings.Contains(strings.ToLower(i.Value), plain) {
				t.Fatalf("%q is in %q", word, i.Value)
			}
		}
	})
}
