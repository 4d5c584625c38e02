package notice

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func written(t testing.TB, p *Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.HTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// elements walks through a page in the order in which it is read.
func elements(t testing.TB, page string, visit func(*html.Node)) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		visit(n)
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// TestHTML holds what every page promises: language and direction, one h1, no
// level left out, identifiers that are there once, tables with headers.
func TestHTML(t *testing.T) {
	c := texts(t)
	for _, sampleName := range sampleNames() {
		n := sample(t, sampleName)
		for _, lang := range c.Languages() {
			for _, p := range []*Page{n.Short(c.For(lang)), n.Full(c.For(lang))} {
				checkPage(t, sampleName+" "+lang, lang, written(t, p))
			}
		}
	}
	if times, keys := c.Missing(); times != 0 {
		t.Errorf("missing texts: %q", keys)
	}
}

func checkPage(t *testing.T, what, lang, page string) {
	t.Helper()
	level, ids, links := 0, map[string]bool{}, []string{}
	elements(t, page, func(e *html.Node) {
		if e.Type != html.ElementNode {
			return
		}
		if id := attribute(e, "id"); id != "" {
			if ids[id] {
				t.Errorf("%s: id %s twice", what, id)
			}
			ids[id] = true
		}
		switch e.Data {
		case "html":
			dir := map[bool]string{true: "rtl", false: "ltr"}[lang == "ar"]
			if attribute(e, "lang") != lang || attribute(e, "dir") != dir {
				t.Errorf("%s: lang %s, dir %s", what, attribute(e, "lang"), attribute(e, "dir"))
			}
		case "h1", "h2", "h3":
			if l := int(e.Data[1] - '0'); l > level+1 || l == 1 && level > 0 {
				t.Errorf("%s: h%d after h%d", what, l, level)
			} else {
				level = l
			}
		case "th":
			if s := attribute(e, "scope"); s != "row" && s != "col" {
				t.Errorf("%s: a header of a table has scope %q", what, s)
			}
		case "a":
			links = append(links, attribute(e, "href"))
		case "script", "img", "link", "iframe":
			t.Errorf("%s: there is a %s", what, e.Data)
		}
	})
	for _, href := range links {
		if id, own := strings.CutPrefix(href, "#"); own && !ids[id] || !own && !strings.HasPrefix(href, "https://") && !strings.HasPrefix(href, "mailto:") && !strings.HasPrefix(href, "tel:") {
			t.Errorf("%s: a link to %s", what, href)
		}
	}
}

// TestReadingOrder holds the order in which a page is read against that of
// ISO/IEC 29184: who, what, to whom, how, choice, rights.
func TestReadingOrder(t *testing.T) {
	n := sample(t, "shop")
	c := texts(t)
	for _, tt := range []struct {
		page *Page
		want string
	}{
		{n.Short(c.For("ar")), "who data recipients code choice rights version"},
		{n.Full(c.For("ar")), "applies who data recipients code choice rights security law version"},
	} {
		var got []string
		elements(t, written(t, tt.page), func(e *html.Node) {
			if e.Data == "h2" {
				got = append(got, attribute(e, "id"))
			}
		})
		if strings.Join(got, " ") != tt.want {
			t.Errorf("sections are %s, want %s", got, tt.want)
		}
	}
	// Text and HTML say the same in the same order.
	var b bytes.Buffer
	if err := n.Full(c.For("en")).Text(&b); err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, want := range []string{"Notice: Linden Tea Shop", "all of shop.example", "Linden Tea GmbH", "Orders", "Parcel Post", "Scripts", "https://js.paywell.example", "Cookies and other storage", "_visit_*", "Press “Choices”", "see your data", "Experts try to break in", "Version 1.0"} {
		next := strings.Index(b.String()[at:], want)
		if next < 0 {
			t.Fatalf("%q is not there, or not in its place:\n%s", want, b.String()[at:])
		}
		at += next
	}
}

// TestFull looks for every name of a notice on its full text.
func TestFull(t *testing.T) {
	c := texts(t)
	for _, sampleName := range sampleNames() {
		var v any
		if err := json.Unmarshal(sampleData(t, sampleName), &v); err != nil {
			t.Fatal(err)
		}
		page := written(t, sample(t, sampleName).Full(c.For("zh")))
		var b strings.Builder
		elements(t, page, func(e *html.Node) {
			if e.Type == html.TextNode {
				b.WriteString(e.Data)
			}
		})
		for _, name := range namesIn(v, "") {
			if !strings.Contains(b.String(), name) {
				t.Errorf("%s: the full text lacks %q", sampleName, name)
			}
		}
	}
}

// namesIn gives what the full text has to show as it is, and texts in Chinese.
func namesIn(v any, key string) (names []string) {
	switch v := v.(type) {
	case map[string]any:
		for k, m := range v {
			if k == "en" || k == "ar" {
				continue
			}
			names = append(names, namesIn(m, k)...)
		}
	case []any:
		for _, m := range v {
			names = append(names, namesIn(m, key)...)
		}
	case string:
		if slices.Contains([]string{"zh", "party_name", "party_email", "name", "host", "scope", "signer", "law", "sha256"}, key) && !slices.Contains(permissions(), v) {
			names = append(names, v)
		}
	}
	return names
}

// TestFallback: a text that is not there in the page's language is shown in
// another, and marked.
func TestFallback(t *testing.T) {
	n := sample(t, "shop")
	n.Summary = Text{"en": "Only English.", "zh-Hant": "繁體", "pt-BR": "x"}
	c := texts(t)
	for lang, want := range map[string]string{
		"ar": `<p><span lang="en" dir="ltr">Only English.</span></p>`, "zh": `<p>繁體</p>`, "en": `<p>Only English.</p>`,
	} {
		if page := written(t, n.Short(c.For(lang))); !strings.Contains(page, want) {
			t.Errorf("%s: no %s", lang, want)
		}
	}
	n.Language, n.Summary = "ar", Text{"ar": "عربي"}
	if page := written(t, n.Short(c.For("fr"))); !strings.Contains(page, `<span lang="ar" dir="rtl">عربي</span>`) {
		t.Error("Arabic on a French page is not marked")
	}
}

// TestHostile: nothing in a notice becomes markup.
func TestHostile(t *testing.T) {
	const bad = `<script>alert(1)</script>"'&amp;`
	n := sample(t, "shop")
	n.Title, n.Summary = Text{"en": bad}, Text{"en": bad}
	for i := range n.Parties {
		n.Parties[i].Name, n.Parties[i].Address = bad, bad
	}
	n.Code.Scripts[0].Description = Text{"en": bad}
	n.Code.Storage[0].Name = bad
	c := texts(t)
	for _, p := range []*Page{n.Short(c.For("en")), n.Full(c.For("en"))} {
		page, seen := written(t, p), 0
		elements(t, page, func(e *html.Node) {
			if e.Type == html.ElementNode && e.Data == "script" {
				t.Error("a script got in")
			}
			if e.Type == html.TextNode && strings.Contains(e.Data, bad) {
				seen++
			}
		})
		if seen < 3 {
			t.Errorf("the text is shown %d times as it was written", seen)
		}
	}
}

func TestText(t *testing.T) {
	c := texts(t)
	var b bytes.Buffer
	if err := sample(t, "shop").Short(c.For("ar")).Text(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\u2066+43 1 2345670\u2069") {
		t.Error("a phone number is not kept from being turned round")
	}
	if strings.Contains(b.String(), "\x00") || strings.Count(b.String(), "\u2066")+strings.Count(b.String(), "\u2068") != strings.Count(b.String(), "\u2069") {
		t.Error("isolates are not closed")
	}
	for _, r := range []string{"文字，", "“文字”", "文（字）"} {
		for _, line := range strings.Split(strings.TrimSpace(wrapped(strings.Repeat(r, 40), "  ")), "\n") {
			if columns(line) > width+2 || strings.ContainsAny(string([]rune(strings.TrimSpace(line))[:1]), "，）”") {
				t.Errorf("a line of %d columns: %s", columns(line), line)
			}
		}
	}
	if got := wrapped("- "+strings.Repeat("word ", 20), "  "); got != "- "+strings.TrimSpace(strings.Repeat("word ", 15))+"\n  word word word word word\n" {
		t.Errorf("%q", got)
	}
}
