package webtest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Answer is what the site answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Get asks for a page.
func (w *World) Get(t testing.TB, c *http.Client, path string) Answer {
	t.Helper()
	return w.Do(t, c, must(http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+path, nil))(t))
}

// Post sends a form as the browser does from a page of the site.
func (w *World) Post(t testing.TB, c *http.Client, path string, form url.Values) Answer {
	t.Helper()
	r := must(http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+path, strings.NewReader(form.Encode())))(t)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", w.URL)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return w.Do(t, c, r)
}

// Do sends a request, and checks what every answer has to have.
func (w *World) Do(t testing.TB, c *http.Client, r *http.Request) Answer {
	t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := Answer{resp.StatusCode, resp.Header, body}
	what := r.Method + " " + r.URL.Path
	checkHeaders(t, what, a.Header)
	if strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") && len(body) > 0 && !strange(a.Header) {
		CheckPage(t, what, body)
	}
	return a
}

// Text is the body.
func (a Answer) Text() string { return string(a.Body) }

// Location is where the answer leads to.
func (a Answer) Location() string { return a.Header.Get("Location") }

func checkHeaders(t testing.TB, what string, h http.Header) {
	t.Helper()
	policy := h.Get("Content-Security-Policy")
	if strange(h) {
		if strings.Contains(policy, "allow-") || strings.Contains(policy, "script-src") || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'self'") {
			t.Errorf("%s: a document of others may do something: %q", what, policy)
		}
		return
	}
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("%s: the policy %q lacks %s", what, policy, part)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("%s: the policy is %q", what, policy)
	}
	if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "same-origin" || h.Get("Permissions-Policy") == "" {
		t.Errorf("%s: headers are missing: %v", what, h)
	}
	if c := h.Get("Cache-Control"); c != "no-store" && !strings.Contains(c, "immutable") {
		t.Errorf("%s: Cache-Control is %q", what, c)
	}
}

// strange tells whether an answer is a document of others, which may do nothing.
func strange(h http.Header) bool {
	return strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox;")
}

// CheckPage checks what every page has to have: nothing inline, unique ids, a
// label for each field, a language and a direction, no missing texts.
func CheckPage(t testing.TB, what string, page []byte) {
	t.Helper()
	if len(page) > 200_000 {
		t.Errorf("%s: the page has %d bytes", what, len(page))
	}
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	c := checker{t: t, what: what, ids: map[string]bool{}, labels: map[string]bool{}}
	c.walk(root)
	c.finish(bytes.Contains(page, []byte("<html")))
	for _, missing := range []string{"[error.", "[portal.", "[account.", "[sign-in.", "[ui.", "[customer."} {
		if bytes.Contains(page, []byte(missing)) {
			t.Errorf("%s: a text is missing: %s…", what, missing)
		}
	}
}

type checker struct {
	t           testing.TB
	what        string
	ids, labels map[string]bool
	fields      []string // ids of fields that need a label
	headings    int
}

func (c *checker) walk(n *html.Node) {
	if n.Type == html.ElementNode {
		c.element(n)
	}
	for child := range n.ChildNodes() {
		c.walk(child)
	}
}

func (c *checker) element(n *html.Node) {
	for _, a := range n.Attr {
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") || strings.HasPrefix(strings.TrimSpace(a.Val), "javascript:") {
			c.t.Errorf("%s: <%s %s=%q>", c.what, n.Data, a.Key, a.Val)
		}
	}
	if id := value(n, "id"); id != "" {
		if c.ids[id] {
			c.t.Errorf("%s: the id %q is there twice", c.what, id)
		}
		c.ids[id] = true
	}
	switch n.Data {
	case "style":
		c.t.Errorf("%s: there is a style within", c.what)
	case "script":
		if value(n, "src") == "" {
			c.t.Errorf("%s: there is a script within", c.what)
		}
	case "html":
		if n.FirstChild != nil && (value(n, "lang") == "" && len(n.Attr) > 0 || value(n, "dir") != "ltr" && value(n, "dir") != "rtl" && len(n.Attr) > 0) {
			c.t.Errorf("%s: language %q, direction %q", c.what, value(n, "lang"), value(n, "dir"))
		}
	case "h1":
		c.headings++
	case "label":
		c.labels[value(n, "for")] = true
	case "input", "select", "textarea":
		c.field(n)
	case "form":
		if m := value(n, "method"); m == "post" && value(n, "action") != "" && !strings.HasPrefix(value(n, "action"), "/") {
			c.t.Errorf("%s: a form sends to %q", c.what, value(n, "action"))
		}
	}
}

func (c *checker) field(n *html.Node) {
	kind := value(n, "type")
	if kind == "hidden" || kind == "submit" || value(n, "aria-label") != "" || value(n, "aria-labelledby") != "" {
		return
	}
	for up := n.Parent; up != nil; up = up.Parent {
		if up.Data == "label" {
			return
		}
	}
	if value(n, "id") == "" {
		c.t.Errorf("%s: the field %q has neither id nor label", c.what, value(n, "name"))
		return
	}
	c.fields = append(c.fields, value(n, "id"))
}

func (c *checker) finish(whole bool) {
	for _, id := range c.fields {
		if !c.labels[id] {
			c.t.Errorf("%s: the field %q has no label", c.what, id)
		}
	}
	if whole && c.headings != 1 {
		c.t.Errorf("%s: there are %d headings of the first order", c.what, c.headings)
	}
}

func value(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
