package guide_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"candor"
	"candor/internal/guide"
)

func starter(t testing.TB) []candor.Article {
	t.Helper()
	all, err := guide.Starter()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestStarter: each guide is there in six languages, has as many steps in each,
// and leads to pages that are there.
func TestStarter(t *testing.T) {
	all := starter(t)
	slugs := map[string]bool{}
	for _, a := range all {
		slugs[a.Slug] = true
	}
	for _, a := range all {
		steps := len(guide.Steps(a.Texts["en"]))
		if len(a.Titles) != 6 || steps < 5 || len(a.Classes) == 0 || len(a.Platforms) == 0 {
			t.Errorf("%s: %v, %d steps", a.Slug, a.Titles, steps)
		}
		for lang, text := range a.Texts {
			if n := len(guide.Steps(text)); n != steps {
				t.Errorf("%s has %d steps in %s, and %d in English", a.Slug, n, lang, steps)
			}
			for _, part := range strings.Split(text, "](/help/")[1:] {
				if to, _, _ := strings.Cut(part, ")"); !slugs[to] {
					t.Errorf("%s in %s leads to %q", a.Slug, lang, to)
				}
			}
			safe(t, guide.HTML(text, 2))
		}
		for _, c := range a.Classes {
			if got, ok := candor.ParseClass(string(c)); !ok || got != c {
				t.Errorf("%s is about %s, which is no class", a.Slug, c)
			}
		}
		for _, p := range a.Platforms {
			if !slices.Contains(guide.Platforms(), p) {
				t.Errorf("%s is for %s, which is no platform", a.Slug, p)
			}
		}
	}
}

func TestFor(t *testing.T) {
	all := starter(t)
	slugs := func(class candor.Class, platform string) string {
		var names []string
		for _, a := range guide.For(all, class, platform, 3) {
			names = append(names, a.Slug)
		}
		return strings.Join(names, " ")
	}
	for _, c := range []struct {
		class    candor.Class
		platform string
		want     string
	}{
		{candor.Phishing, "wordpress", "phishing-page wordpress"}, {candor.ApplicationCompromise, "joomla", "joomla phishing-page"},
		{"vulnerable/ddos-amplifier", "server", "amplifier brute-force exposed-service"}, {candor.Spam, "", "spam-mailbox wordpress joomla"},
		{"test/test", "", ""},
	} {
		if got := slugs(c.class, c.platform); got != c.want {
			t.Errorf("%s, %q: %s, want %s", c.class, c.platform, got, c.want)
		}
	}
	own := candor.Article{Slug: "joomla", Hidden: true, Classes: []candor.Class{candor.ApplicationCompromise}, Platforms: []string{"joomla"}}
	all = guide.Merge(all, []candor.Article{own})
	if got := slugs(candor.ApplicationCompromise, "joomla"); got != "phishing-page" {
		t.Errorf("with one hidden: %s", got)
	}
	if got := guide.Platform(candor.Asset{Kind: candor.Site, Software: "WordPress 6.8"}); got != "wordpress" {
		t.Error(got)
	}
}

func TestSearchAndLanguage(t *testing.T) {
	all := starter(t)
	if got := guide.Search(all, "WordPress site", "en"); len(got) == 0 || got[0].Slug != "wordpress" {
		t.Errorf("found %d", len(got))
	}
	if got := guide.Search(all, "路由器", "zh"); len(got) == 0 || got[0].Slug != "router" {
		t.Errorf("found %d in Chinese", len(got))
	}
	if got := guide.Search(all, "there is no such word", "en"); len(got) != 0 {
		t.Errorf("found %d of nothing", len(got))
	}
	a := candor.Article{Titles: map[string]string{"en": "E", "fr": "F"}, Texts: map[string]string{"en": "e", "fr": "f"}}
	for _, c := range [][2]string{{"fr", "fr"}, {"ru", "en"}} {
		if _, _, lang := guide.In(a, c[0]); lang != c[1] {
			t.Errorf("%s is shown in %s", c[0], lang)
		}
	}
}

func TestHTML(t *testing.T) {
	for text, want := range map[string]string{
		"one\ntwo\n\nthree":              "<p>one\ntwo</p>\n<p>three</p>\n",
		"1. a\n2. b\n   more\n\nc":       "<ol><li>a</li>\n<li>b more</li>\n</ol>\n<p>c</p>\n",
		"- a **b** `c<`":                 "<ul><li>a <strong>b</strong> <code dir=\"ltr\">c&lt;</code></li>\n</ul>\n",
		"## Now\n### Then":               "<h3>Now</h3>\n<h4>Then</h4>\n",
		"```\n<b>\n```":                  "<pre>&lt;b&gt;\n</pre>\n",
		"[x](https://a.example/?a=1&b)":  "<p><a href=\"https://a.example/?a=1&amp;b\" rel=\"noopener noreferrer\">x</a></p>\n",
		"[x](/help/php)":                 "<p><a href=\"/help/php\" rel=\"noopener noreferrer\">x</a></p>\n",
		"[x](//evil.example)":            "<p>[x](//evil.example)</p>\n",
		"[x](javascript:alert`1`)":       "<p>[x](javascript:alert`1`)</p>\n",
		"<script>alert(1)</script> & co": "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; co</p>\n",
	} {
		if got := guide.HTML(text, 3); got != want {
			t.Errorf("%q is\n%s, want\n%s", text, got, want)
		}
	}
	if got := guide.Steps("1. **a** `b`\n   c\nx\n2. [d](/e)\n```\n3. no\n```"); !slices.Equal(got, []string{"a b c", "d (/e)"}) {
		t.Errorf("%q", got)
	}
}

// safe fails unless all of the HTML is of the few elements and attributes that
// the renderer writes.
func safe(t testing.TB, text string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := z.Token()
			if !slices.Contains([]string{"p", "ol", "ul", "li", "pre", "code", "strong", "a", "h2", "h3", "h4", "h5", "h6"}, tag.Data) {
				t.Fatalf("<%s> in %q", tag.Data, text)
			}
			for _, a := range tag.Attr {
				ok := a.Key == "dir" || a.Key == "rel" || a.Key == "href" && (strings.HasPrefix(a.Val, "https://") || strings.HasPrefix(a.Val, "mailto:") || strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//"))
				if !ok {
					t.Fatalf("%s=%q in %q", a.Key, a.Val, text)
				}
			}
		case html.CommentToken, html.DoctypeToken:
			t.Fatalf("a comment in %q", text)
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, a := range starter(f) {
		f.Add(a.Texts["en"])
	}
	f.Add("[a](mailto:x@y\"onclick=)\n1. **`[x](https://y)`**\n```\n</pre><script>")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10_000 {
			t.Skip()
		}
		safe(t, guide.HTML(text, 2))
	})
}
