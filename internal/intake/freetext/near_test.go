package freetext

import (
	"slices"
	"testing"

	"candor/internal/intake/message"
)

// noted are the features of each value of a text, by what it names.
func noted(t *testing.T, text string) map[string][]string {
	t.Helper()
	return notedOf(mailOf(t, text))
}

func notedOf(m *message.Message) map[string][]string {
	d := open(m)
	d.scan()
	r := New()
	values := d.values()
	topic := d.topic(r.words)
	d.features(values, d.tally(values, topic), r.words, topic)
	all := map[string][]string{}
	for _, v := range values {
		all[v.value] = v.features
	}
	return all
}

// TestNear: what others stand beside a value is noted of it.
func TestNear(t *testing.T) {
	for _, x := range []struct {
		text, value, feature string
		want                 bool
	}{
		{"http://bad.test/x [192.0.2.1]", "192.0.2.1", "beside-page", true},
		{"http://bad.test/x\n192.0.2.1", "192.0.2.1", "line-page", true},
		{"http://bad.test/x\n\n\n192.0.2.1", "192.0.2.1", "line-page", false},
		{"https://maplebank-login.test/a\nhttps://www.maplebank.test", "https://www.maplebank.test", "held-by-other", true},
		{"https://maplebank-login.test/a\nhttps://www.maplebank.test", "https://maplebank-login.test/a", "holds-other", true},
		{"https://lookup.test/maplebank.test\nhttps://maplebank.test/a", "https://maplebank.test/a", "held-by-other", false},
		{"attacker: 192.0.2.1\n\nvictim: 198.51.100.1", "198.51.100.1", "opposed", true},
		{"attacker: 192.0.2.1\n\nand then there is 198.51.100.1", "198.51.100.1", "passed-over", true},
		{"attackers:\n192.0.2.1\n192.0.2.2\n192.0.2.3", "192.0.2.3", "passed-over", false},
		{"203.0.113.1 (the provider was informed), 192.0.2.1 is yours", "203.0.113.1", "denied", true},
		{"203.0.113.1 (the provider was informed), 192.0.2.1 is yours", "192.0.2.1", "denied", false},
	} {
		features, ok := noted(t, x.text)[x.value]
		if !ok || slices.Contains(features, x.feature) != x.want {
			t.Errorf("%q: %s has %q; %s should be %v", x.text, x.value, features, x.feature, x.want)
		}
	}
}

// TestRecords: fields of one name are a list however far apart, and fields of
// others are none.
func TestRecords(t *testing.T) {
	d := open(mailOf(t, "URL: http://a.test/1\nMore: http://x.test/1\n\nURL: http://b.test/2\nMore: http://x.test/2\n\nURL: http://c.test/3\nMore: http://x.test/3\n"))
	d.scan()
	list := map[string]int{}
	for _, v := range d.values() {
		list[v.value] = v.mentions[0].listed
	}
	if a := list["http://a.test/1"]; a == 0 || list["http://b.test/2"] != a || list["http://c.test/3"] != a || list["http://x.test/1"] == a {
		t.Errorf("lists: %v", list)
	}
}

// TestWrapped: what stands below a long URL belongs to it only if it is a piece.
func TestWrapped(t *testing.T) {
	for text, want := range map[string]string{
		"http://long.test/wp-content/plugins/some-plugin/assets/loader-of-all.js\n192.0.2.1":     "http://long.test/wp-content/plugins/some-plugin/assets/loader-of-all.js",
		"http://long.test/wp-content/plugins/some-plugin/assets/loader?of=\nall-of-it&b=1":       "http://long.test/wp-content/plugins/some-plugin/assets/loader?of=all-of-it&b=1",
		"http://long.test/wp-content/plugins/some-plugin/assets/loader-of-all.js\nwww.evil.test": "http://long.test/wp-content/plugins/some-plugin/assets/loader-of-all.js",
	} {
		if _, ok := noted(t, text)[want]; !ok {
			t.Errorf("%q: no %s", text, want)
		}
	}
}

// TestFields: logs in W3C's extended format say which column is whose.
func TestFields(t *testing.T) {
	features := noted(t, "#Fields: date time s-ip cs-method cs-uri-stem c-ip sc-status\n2026-04-18 02:11:08 203.0.113.62 GET /a 198.51.100.240 404\n2026-04-18 02:11:09 203.0.113.62 GET /b 198.51.100.240 404\n")
	if !slices.Contains(features["198.51.100.240"], "column-source") || !slices.Contains(features["203.0.113.62"], "column-victim") {
		t.Errorf("%v", features)
	}
}

// TestSaid: the host of an URL that is complained about is said by it, and
// lowers nothing where the subject names it.
func TestSaid(t *testing.T) {
	url := &value{host: "www.bad.test", kind: "url", value: "http://www.bad.test/x", p: 0.9}
	for name, want := range map[string]bool{"bad.test": true, "www.bad.test": true, "other.test": false, "worsebad.test": false} {
		v := &value{kind: "domain", value: name, p: 0.9}
		if v.saidBy([]*value{url, v}) != want {
			t.Errorf("%s: not %v", name, want)
		}
		if kept := chosen([]*value{url, v}); slices.Contains(kept, v) == want {
			t.Errorf("%s is chosen beside %s: %v", name, url.value, !want)
		}
	}
	d := open(mailOf(t, "http://www.bad.test/x"))
	about := []*value{url}
	doubtful := &value{kind: "domain", value: "bad.test", p: 0.45, strength: map[string]float64{}}
	alone, beside := d.signs(about, about, topic{}), d.signs([]*value{url, doubtful}, about, topic{})
	if beside["product"] != alone["product"] || beside["strongest"] != alone["strongest"] {
		t.Errorf("%v, not %v", beside, alone)
	}
}
