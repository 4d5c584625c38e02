package freetext

import (
	"slices"
	"testing"

	"candor/internal/intake"
)

// TestPages: what URLs are to each other and to the report is noted of them.
func TestPages(t *testing.T) {
	const visit = `192.0.2.1 - - [12/May/2026:10:00:01 +0000] "GET / HTTP/1.1" 200 12 "https://shop.test/a" "Bot/1.1 (+https://bot.test/about)"`
	const asked = `192.0.2.1 - - [12/May/2026:10:00:01 +0000] "HEAD http://192.0.2.9:80/pma/ HTTP/1.1" 404 12 "-" "-"`
	for _, x := range []struct {
		text, value, feature string
		want                 bool
	}{
		{"https://code.test/ann/\nhttps://code.test/ann/tool", "https://code.test/ann/", "parent", true},
		{"https://code.test/ann/\nhttps://code.test/ann/tool", "https://code.test/ann/tool", "child", true},
		{"https://code.test/ann\nhttps://code.test/ann?x=1", "https://code.test/ann", "parent", true},
		{"https://code.test/ann\nhttps://code.test/anna", "https://code.test/ann", "parent", false},
		{"http://bad.test\nhttp://bad.test/a/b.html", "http://bad.test", "parent", true},
		{"http://bad.test:81/a\nhttp://bad.test/a/b", "http://bad.test:81/a", "parent", false},
		{visit, "https://bot.test/about", "agent", true},
		{visit, "https://shop.test/a", "referred", true},
		{visit, "https://shop.test/a", "agent", false},
		{"see (https://shop.test/a)", "https://shop.test/a", "agent", false},
		{asked, "http://192.0.2.9:80/pma/", "requested", true},
		{asked, "192.0.2.9", "requested", true},
		{asked, "192.0.2.1", "requested", false},
		{"a copy at https://github.com/ann/tool spreads malware", "https://github.com/ann/tool", "of-others", true},
		{"a copy at https://github.com/ann/tool spreads malware", "https://github.com/ann/tool", "well-known", false},
		{"see https://github.com/ann", "https://github.com/ann", "well-known", true},
		{"Ticket #88213 of today: https://desk.test/t?id=88213", "https://desk.test/t?id=88213", "of-case", true},
		{"Ticket #88213 of today: https://desk.test/t?id=88214", "https://desk.test/t?id=88214", "of-case", false},
		{"CaseID: 88213 https://desk.test/t?id=88213", "https://desk.test/t?id=88213", "of-case", true},
		{"TicketID 88213 https://desk.test/t?id=88213", "https://desk.test/t?id=88213", "of-case", true},
		{"Ticketnr. 88213 https://desk.test/t?id=88213", "https://desk.test/t?id=88213", "of-case", true},
		{"Vorgangsnr. 88213 https://desk.test/t?id=88213", "https://desk.test/t?id=88213", "of-case", true},
		{"there were 88213 of them: https://desk.test/t?id=88213", "https://desk.test/t?id=88213", "of-case", false},
		{"Registration from sip:100@192.0.2.7 failed for 192.0.2.8", "192.0.2.7", "account", true},
		{"Registration from sip:100@192.0.2.7 failed for 192.0.2.8", "192.0.2.8", "account", false},
		{"our provider says that 192.0.2.5 tries passwords", "192.0.2.5", "our", false},
	} {
		if got := noted(t, x.text)[x.value]; slices.Contains(got, x.feature) != x.want || got == nil {
			t.Errorf("%q: of %s %q are noted; %s: %v", x.text, x.value, got, x.feature, !x.want)
		}
	}
}

// TestMarkdown: links of Markdown are those that they lead to, none swallowing
// what stands behind it.
func TestMarkdown(t *testing.T) {
	d := open(mailOf(t, "see [it](https://a.test/x)](https://a.test/x) and [https://b.test/y](https://c.test/z)."))
	d.scan()
	var got []string
	for _, v := range d.values() {
		got = append(got, v.value)
	}
	if want := []string{"https://a.test/x", "https://b.test/y", "https://c.test/z"}; !slices.Equal(got, want) {
		t.Errorf("found %q, not %q", got, want)
	}
}

// TestOnlySubject: a URL that only the subject names is left out where one that
// lies below it is complained about.
func TestOnlySubject(t *testing.T) {
	of := func(url string, features ...string) *value {
		v := &value{kind: intake.URL, value: url, strength: map[string]float64{}, p: 0.9}
		for _, f := range features {
			v.note(f)
		}
		return v
	}
	page := of("http://bank.test/secure/index.php", "child")
	for _, x := range []struct {
		host *value
		kept int
	}{
		{of("http://bank.test", "parent", "subject", "only-subject"), 1},
		{of("http://bank.test", "parent", "subject"), 2},
		{of("http://other.test", "subject", "only-subject"), 2},
	} {
		if got := chosen([]*value{x.host, page}); len(got) != x.kept || got[len(got)-1] != page {
			t.Errorf("beside %s (%q) %d are complained about, not %d", x.host.value, x.host.features, len(got), x.kept)
		}
	}
}

// TestWithout: a lexicon without some words lacks about as many as were said, and
// the same ones each time.
func TestWithout(t *testing.T) {
	words := New().words
	count := func(x *lexicon) (n int) {
		for _, m := range []map[rune][]phrase{x.before, x.behind, x.any} {
			for _, p := range m {
				n += len(p)
			}
		}
		return n + len(x.topics)
	}
	all, some := count(words), count(words.without(0.3, 7))
	if share := 1 - float64(some)/float64(all); share < 0.25 || share > 0.35 {
		t.Errorf("%.2f of %d phrases are forgotten, not 0.3", share, all)
	}
	if again := count(words.without(0.3, 7)); again != some || count(words) != all {
		t.Errorf("%d phrases are left, and %d the next time; %d of all, not %d", some, again, count(words), all)
	}
	if other := words.without(0.3, 8); slices.EqualFunc(other.topics, words.without(0.3, 7).topics, func(a, b topicPhrase) bool { return a.text == b.text }) {
		t.Error("another seed forgets the same words")
	}
}
