package notice

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Verdict says whether something that was observed is declared.
type Verdict string

const (
	Declared   Verdict = "declared"
	Early      Verdict = "before consent" // declared, but only for after consent
	Lasting    Verdict = "lasts longer"   // declared, but with a shorter life
	OtherParty Verdict = "other party"    // declared as the first party's, and is a third's, or the other way round
	Undeclared Verdict = "undeclared"
)

// Answer is what a Matcher says. Pointer (RFC 6901) names the declaration that
// covers what was observed, or that comes nearest; it is empty for Undeclared.
type Answer struct {
	Verdict Verdict `json:"verdict"`
	Pointer string  `json:"pointer,omitempty"`
}

// Moment is when something was observed: before anybody agreed, or after.
type Moment int

const (
	BeforeConsent Moment = iota
	AfterConsent
)

// Matcher holds what was observed against one notice. Its answers rest on
// nothing but the notice and what is asked. It is safe for concurrent use.
type Matcher struct{ n *Notice }

// NewMatcher gives the matcher of a notice that Decode gave.
func NewMatcher(n *Notice) *Matcher { return &Matcher{n} }

// Cookie is a cookie as a browser holds it, or another thing stored.
type Cookie struct {
	Type     string        // a word of the notice: "cookie", "local-storage"; empty is a cookie
	Name     string        //
	Domain   string        // to which it belongs; empty is the page's own origin
	Site     string        // host of the page
	Lifetime time.Duration // zero ends with the session; negative has no end
}

// Third tells whether a cookie is another site's: neither domain lies in the
// other. What has no domain is the site's own.
func (c Cookie) Third() bool {
	site, domain := cleanHost(c.Site), strings.TrimPrefix(cleanHost(c.Domain), ".")
	return domain != "" && !within(site, domain) && !within(domain, site)
}

func within(host, domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }

// Storage tells whether a cookie is declared, for as long as it lives.
func (m *Matcher) Storage(c Cookie, at Moment) Answer {
	if c.Type == "" {
		c.Type = "cookie"
	}
	domain := strings.TrimPrefix(cleanHost(c.Domain), ".")
	best := search{}
	for i, s := range m.n.Code.Storage {
		if s.Type != c.Type || !pattern(s.Name).matches(c.Name) || !m.domain(s.Domain, domain, cleanHost(c.Site)) {
			continue
		}
		best.see("storage", i, judge(at, s.Before, (s.Kind == "third") != c.Third(), longer(c.Lifetime, s.Lifetime)))
	}
	return best.answer()
}

// domain tells whether a domain is the one declared. One that is not declared
// is the site's own, or that above it, which a cookie may be set for.
func (m *Matcher) domain(declared, domain, site string) bool {
	if declared == "" {
		return domain == "" || within(site, domain)
	}
	return hostPattern(declared).matches(domain)
}

// Script tells whether a script at an address may run in a page of a site.
// An empty address is a script in the page itself.
func (m *Matcher) Script(address, site string, at Moment) Answer {
	best := search{}
	u, err := url.Parse(address)
	if err != nil {
		return best.answer()
	}
	for i, s := range m.n.Code.Scripts {
		if m.origin(parseOrigin(s.Origin), u, site) && onPath(s.Path, u) {
			best.see("scripts", i, judge(at, s.Before, false, false))
		}
	}
	return best.answer()
}

func (m *Matcher) origin(o origin, u *url.URL, site string) bool {
	inline := u.Host == "" && (u.Scheme == "" || u.Scheme == "data" || u.Scheme == "blob")
	switch o.word {
	case "inline":
		return inline
	case "self":
		return !inline && cleanHost(u.Hostname()) == cleanHost(site) && (u.Scheme == "https" || u.Scheme == "http")
	}
	scheme := strings.ToLower(u.Scheme)
	return scheme == o.scheme && o.host.matches(cleanHost(u.Hostname())) && realPort(scheme, u.Port()) == o.port
}

func onPath(declared string, u *url.URL) bool {
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return declared == "" || pattern(declared).matches(path)
}

// Worker tells whether a service worker is declared: its script's path on the
// site, and for which paths it answers.
func (m *Matcher) Worker(path, scope string, at Moment) Answer {
	best := search{}
	for i, w := range m.n.Code.Workers {
		if pattern(w.Path).matches(path) && strings.HasPrefix(scope, w.Scope) {
			best.see("service_workers", i, judge(at, w.Before, false, false))
		}
	}
	return best.answer()
}

// Request tells whether a request to a host is declared. Sites of the notice
// need no declaration: the pointer is then that of the site.
func (m *Matcher) Request(host string, at Moment) Answer {
	host = cleanHost(host)
	for i, s := range m.n.Applies.Sites {
		if hostPattern(s).matches(host) {
			return Answer{Declared, "/applies_to/sites/" + strconv.Itoa(i)}
		}
	}
	best := search{}
	for i, r := range m.n.Code.Requests {
		if hostPattern(r.Host).matches(host) {
			best.see("requests", i, judge(at, r.Before, false, false))
		}
	}
	return best.answer()
}

// Permission tells whether a permission, by its name in the W3C registry, may
// be asked for.
func (m *Matcher) Permission(name string, at Moment) Answer {
	best := search{}
	for i, p := range m.n.Code.Permissions {
		if p.Name == name {
			best.see("permissions", i, judge(at, p.Before, false, false))
		}
	}
	return best.answer()
}

// Download tells whether a file is declared that a host offers to visitors of
// a site.
func (m *Matcher) Download(name, host, site string, at Moment) Answer {
	best := search{}
	host = cleanHost(host)
	for i, d := range m.n.Code.Downloads {
		if own := d.Host == "" && host == cleanHost(site); (own || d.Host != "" && hostPattern(d.Host).matches(host)) && pattern(d.Name).matches(name) {
			best.see("downloads", i, judge(at, d.Before, false, false))
		}
	}
	return best.answer()
}

// Extension tells whether an addition to a browser is declared, by the id that
// the browser knows it by.
func (m *Matcher) Extension(id string, at Moment) Answer {
	best := search{}
	for i, e := range m.n.Code.Extensions {
		if e.ID != "" && e.ID == id {
			best.see("extensions", i, judge(at, e.Before, false, false))
		}
	}
	return best.answer()
}

// Change tells whether a change to a machine is declared: a word of the notice.
func (m *Matcher) Change(what string, at Moment) Answer {
	best := search{}
	for i, c := range m.n.Code.Changes {
		if c.What == what {
			best.see("changes", i, judge(at, c.Before, false, false))
		}
	}
	return best.answer()
}

// judge words what a declaration that fits by name says of the rest.
func judge(at Moment, before, otherParty, longer bool) Verdict {
	switch {
	case otherParty:
		return OtherParty
	case longer:
		return Lasting
	case at == BeforeConsent && !before:
		return Early
	}
	return Declared
}

// search keeps the first declaration that covers what was asked, or else the
// first of those that come nearest.
type search struct{ best Answer }

// distance orders verdicts, the best first.
func (v Verdict) distance() int {
	return slices.Index([]Verdict{Declared, Early, Lasting, OtherParty}, v)
}

func (s *search) see(list string, i int, v Verdict) {
	if s.best.Verdict == "" || v.distance() < s.best.Verdict.distance() {
		s.best = Answer{v, "/code/" + list + "/" + strconv.Itoa(i)}
	}
}

func (s *search) answer() Answer {
	if s.best.Verdict == "" {
		return Answer{Verdict: Undeclared}
	}
	return s.best
}

// Speaks tells whether the notice is for a host.
func (m *Matcher) Speaks(host string) bool {
	return slices.ContainsFunc(m.n.Applies.Sites, func(s string) bool { return hostPattern(s).matches(cleanHost(host)) })
}

// Unnamed is the problem of a notice that does not name a host which must
// serve it.
func Unnamed(host string) Problem {
	return Problem{Pointer: "/applies_to/sites", Code: "unnamed", Severity: Fault, Args: map[string]any{"host": host}}
}
