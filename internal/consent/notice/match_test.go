package notice

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestMatch(t *testing.T) {
	shop, forum, blog, program := NewMatcher(sample(t, "shop")), NewMatcher(sample(t, "forum")), NewMatcher(sample(t, "blog")), NewMatcher(sample(t, "download"))
	cookie := func(name string, life time.Duration) Cookie {
		return Cookie{Name: name, Domain: "shop.example", Site: "www.shop.example", Lifetime: life}
	}
	for i, tt := range []struct {
		got     Answer
		verdict Verdict
		pointer string
	}{
		{shop.Storage(cookie("basket", 0), BeforeConsent), Declared, "/code/storage/0"},
		{shop.Storage(cookie("basket", time.Hour), BeforeConsent), Lasting, "/code/storage/0"},
		{shop.Storage(cookie("Basket", 0), AfterConsent), Undeclared, ""},
		{shop.Storage(cookie("_visit_7", 300*day), BeforeConsent), Early, "/code/storage/2"},
		{shop.Storage(cookie("_visit_", 404*day), AfterConsent), Declared, "/code/storage/2"},
		{shop.Storage(cookie("_visit_7", 405*day), AfterConsent), Lasting, "/code/storage/2"},
		{shop.Storage(cookie("_visit_7", -1), AfterConsent), Lasting, "/code/storage/2"},
		{shop.Storage(Cookie{Name: "basket", Domain: "evil.example", Site: "shop.example"}, AfterConsent), Undeclared, ""},
		{shop.Storage(Cookie{Type: "local-storage", Name: "basket", Domain: "shop.example", Site: "shop.example"}, AfterConsent), Undeclared, ""},
		{forum.Storage(Cookie{Type: "local-storage", Name: "theme", Site: "forum.example", Lifetime: -1}, BeforeConsent), Declared, "/code/storage/1"},
		{blog.Storage(Cookie{Name: "af_id", Domain: ".x.adfield.example", Site: "blog.example", Lifetime: day}, AfterConsent), Declared, "/code/storage/1"},
		{blog.Storage(Cookie{Name: "af_id", Domain: "x.adfield.example", Site: "x.adfield.example", Lifetime: day}, AfterConsent), OtherParty, "/code/storage/1"},

		{shop.Script("https://shop.example/assets/a.js?v=2", "shop.example", BeforeConsent), Declared, "/code/scripts/0"},
		{shop.Script("https://SHOP.example:443/assets/a.js", "shop.example.", BeforeConsent), Declared, "/code/scripts/0"},
		{shop.Script("https://shop.example/other/a.js", "shop.example", BeforeConsent), Undeclared, ""},
		{shop.Script("", "shop.example", BeforeConsent), Undeclared, ""},
		{shop.Script("https://js.paywell.example/a", "shop.example", BeforeConsent), Declared, "/code/scripts/1"},
		{shop.Script("http://js.paywell.example/a", "shop.example", BeforeConsent), Undeclared, ""},
		{shop.Script("https://js.paywell.example:8443/a", "shop.example", BeforeConsent), Undeclared, ""},
		{shop.Script("https://js.paywell.example@evil.example/a", "shop.example", BeforeConsent), Undeclared, ""},
		{shop.Script("https://cdn.visits.example/a", "shop.example", BeforeConsent), Early, "/code/scripts/2"},
		{shop.Script("https://%zz", "shop.example", BeforeConsent), Undeclared, ""},
		{blog.Script("data:text/javascript,1", "blog.example", BeforeConsent), Declared, "/code/scripts/0"},
		{blog.Script("https://adfield.example/a", "blog.example", AfterConsent), Undeclared, ""},
		{blog.Script("https://a.b.adfield.example/a", "blog.example", AfterConsent), Declared, "/code/scripts/1"},
		{blog.Script("https://evil-adfield.example/a", "blog.example", AfterConsent), Undeclared, ""},

		{shop.Request("www.shop.example", BeforeConsent), Declared, "/applies_to/sites/1"},
		{shop.Request("api.paywell.example.", BeforeConsent), Declared, "/code/requests/0"},
		{shop.Request("x.visits.example", BeforeConsent), Early, "/code/requests/1"},
		{shop.Request("visits.example", AfterConsent), Undeclared, ""},

		{forum.Permission("notifications", BeforeConsent), Early, "/code/permissions/0"},
		{forum.Permission("camera", AfterConsent), Undeclared, ""},
		{forum.Worker("/worker.js", "/", BeforeConsent), Declared, "/code/service_workers/0"},
		{forum.Worker("/other.js", "/", BeforeConsent), Undeclared, ""},
		{program.Download("quickzip-3.2.exe", "zip.example", "zip.example", BeforeConsent), Declared, "/code/downloads/0"},
		{program.Download("quickzip-3.2.exe", "evil.example", "zip.example", BeforeConsent), Undeclared, ""},
		{program.Download("other.exe", "zip.example", "zip.example", BeforeConsent), Undeclared, ""},
		{program.Extension("quickzip@zip.example", AfterConsent), Declared, "/code/extensions/0"},
		{program.Extension("", AfterConsent), Undeclared, ""},
		{program.Change("scheduled-task", BeforeConsent), Declared, "/code/changes/1"},
		{program.Change("file-types", BeforeConsent), Early, "/code/changes/0"},
		{program.Change("proxy", AfterConsent), Undeclared, ""},
	} {
		if (tt.got != Answer{tt.verdict, tt.pointer}) {
			t.Errorf("case %d: %+v, want %s %s", i, tt.got, tt.verdict, tt.pointer)
		}
	}
}

// slowMatch is the meaning of a pattern, written down without a thought for time.
func slowMatch(p, s string) bool {
	if p == "" {
		return s == ""
	}
	if p[0] != '*' {
		return s != "" && p[0] == s[0] && slowMatch(p[1:], s[1:])
	}
	for i := range len(s) + 1 {
		if slowMatch(p[1:], s[i:]) {
			return true
		}
	}
	return false
}

// slowHost compares hosts label by label, from the right.
func slowHost(p, host string) bool {
	want, got := strings.Split(p, "."), strings.Split(host, ".")
	if want[0] == "*" {
		want = want[1:]
		if len(got) <= len(want) || got[0] == "" {
			return false
		}
		got = got[len(got)-len(want):]
	}
	return strings.Join(want, ".") == strings.Join(got, ".")
}

func TestPattern(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	matched := 0
	for range 200_000 {
		p, s := pick(r, "ab*", 7), pick(r, "ab", 9)
		if got, want := pattern(p).matches(s), slowMatch(p, s); got != want {
			t.Fatalf("%q matches %q: %v, want %v", p, s, got, want)
		} else if got {
			matched++
		}
	}
	if matched < 1000 {
		t.Errorf("only %d matched", matched)
	}
}

// TestPatternTime makes sure that no pattern takes long: 20 stars before
// something that is not there.
func TestPatternTime(t *testing.T) {
	p, s := pattern(strings.Repeat("a*", 60)+"b"), strings.Repeat("a", 100_000)
	start := time.Now()
	if p.matches(s) {
		t.Error("it matches")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func pick(r *rand.Rand, letters string, most int) string {
	b := make([]byte, r.IntN(most))
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// TestMatchesReference asks a matcher and a simple reference the same about
// notices and observations that are made up from few letters.
func TestMatchesReference(t *testing.T) {
	seen := map[Verdict]int{}
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 3))
		n := littleNotice(r)
		m := NewMatcher(n)
		for range 20 {
			at := Moment(r.IntN(2))
			c := Cookie{Name: pick(r, "ab", 4), Domain: littleHost(r), Site: littleHost(r), Lifetime: []time.Duration{0, time.Hour, 40 * day, -1}[r.IntN(4)]}
			hold(t, seed, seen, m.Storage(c, at), referenceCookie(n, c, at))
			host := littleHost(r)
			hold(t, seed, seen, m.Request(host, at), referenceRequest(n, host, at))
			address := []string{"https", "http"}[r.IntN(2)] + "://" + host + []string{"", ":443", ":8443"}[r.IntN(3)] + "/" + pick(r, "ab", 4)
			hold(t, seed, seen, m.Script(address, c.Site, at), referenceScript(n, address, c.Site, at))
		}
	}
	for _, v := range []Verdict{Declared, Early, Lasting, OtherParty, Undeclared} {
		if seen[v] < 100 {
			t.Errorf("%s came out %d times: too few to tell", v, seen[v])
		}
	}
}

func hold(t *testing.T, seed uint64, seen map[Verdict]int, got, want Answer) {
	t.Helper()
	if got != want {
		t.Fatalf("seed %d: %+v, want %+v", seed, got, want)
	}
	seen[got.Verdict]++
}

func littleHost(r *rand.Rand) string {
	return []string{"a.ex", "b.a.ex", "c.ex", "d.c.ex", "e.d.c.ex"}[r.IntN(5)]
}

func littlePattern(r *rand.Rand) string {
	return []string{"a.ex", "*.a.ex", "c.ex", "*.c.ex", "*.ex", "d.c.ex"}[r.IntN(6)]
}

func littleNotice(r *rand.Rand) *Notice {
	n := &Notice{Applies: Applies{Sites: []string{"a.ex"}}}
	use := func() Use { return Use{Before: r.IntN(2) == 0} }
	for range r.IntN(6) {
		s := Storage{Type: "cookie", Name: pick(r, "ab*", 4), Kind: []string{"first", "third"}[r.IntN(2)], Lifetime: []string{"session", "unlimited", "P1M", "PT2H"}[r.IntN(4)], Use: use()}
		if r.IntN(2) == 0 {
			s.Domain = littlePattern(r)
		}
		n.Code.Storage = append(n.Code.Storage, s)
	}
	for range r.IntN(5) {
		n.Code.Requests = append(n.Code.Requests, Request{Host: littlePattern(r), Use: use()})
		s := Script{Origin: []string{"self", "https://" + littlePattern(r), "http://" + littlePattern(r), "https://" + littlePattern(r) + ":8443"}[r.IntN(4)], Use: use()}
		if r.IntN(2) == 0 {
			s.Path = "/" + pick(r, "ab*", 4)
		}
		n.Code.Scripts = append(n.Code.Scripts, s)
	}
	return n
}

// best gives the answer of the first declaration with the least fault.
func best(list string, faults []int) Answer {
	for want, v := range []Verdict{Declared, Early, Lasting, OtherParty} {
		for i, fault := range faults {
			if fault == want {
				return Answer{v, fmt.Sprintf("/code/%s/%d", list, i)}
			}
		}
	}
	return Answer{Verdict: Undeclared}
}

func early(at Moment, u Use) int {
	if at == BeforeConsent && !u.Before {
		return 1
	}
	return 0
}

const otherwise = 9 // it is something else that is declared

func referenceCookie(n *Notice, c Cookie, at Moment) Answer {
	below := func(a, b string) bool { return a == b || slowHost("*."+b, a) }
	third := !below(c.Site, c.Domain) && !below(c.Domain, c.Site)
	var faults []int
	for _, s := range n.Code.Storage {
		fault := early(at, s.Use)
		most := map[string]time.Duration{"session": 0, "unlimited": 1 << 62, "P1M": 32 * day, "PT2H": 2 * time.Hour}[s.Lifetime]
		life := c.Lifetime
		if life < 0 {
			life = 1 << 62
		}
		if life > most {
			fault = 2
		}
		if third != (s.Kind == "third") {
			fault = 3
		}
		fits := s.Domain == "" && below(c.Site, c.Domain) || s.Domain != "" && slowHost(s.Domain, c.Domain)
		if !fits || !slowMatch(s.Name, c.Name) {
			fault = otherwise
		}
		faults = append(faults, fault)
	}
	return best("storage", faults)
}

func referenceRequest(n *Notice, host string, at Moment) Answer {
	if slowHost(n.Applies.Sites[0], host) {
		return Answer{Declared, "/applies_to/sites/0"}
	}
	var faults []int
	for _, r := range n.Code.Requests {
		fault := early(at, r.Use)
		if !slowHost(r.Host, host) {
			fault = otherwise
		}
		faults = append(faults, fault)
	}
	return best("requests", faults)
}

func referenceScript(n *Notice, address, site string, at Moment) Answer {
	u, err := url.Parse(address)
	if err != nil {
		return Answer{Verdict: Undeclared}
	}
	port := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	if u.Port() != "" {
		port = u.Port()
	}
	var faults []int
	for _, s := range n.Code.Scripts {
		fault := early(at, s.Use)
		fits := s.Origin == "self" && u.Hostname() == site
		if s.Origin != "self" {
			o, _ := url.Parse(strings.Replace(s.Origin, "*", "star", 1))
			want := map[string]string{"https": "443", "http": "80"}[o.Scheme]
			if o.Port() != "" {
				want = o.Port()
			}
			fits = o.Scheme == u.Scheme && want == port && slowHost(strings.Replace(o.Hostname(), "star", "*", 1), u.Hostname())
		}
		if !fits || s.Path != "" && !slowMatch(s.Path, u.Path) {
			fault = otherwise
		}
		faults = append(faults, fault)
	}
	return best("scripts", faults)
}

func TestSpan(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"P1Y": 366 * day, "P13M": 403 * day, "P2W": 14 * day, "P30D": 30 * day, "PT5H": 5 * time.Hour, "PT30M": 30 * time.Minute, "PT9S": 9 * time.Second, "P9999Y": 1<<63 - 1,
	} {
		if span, ok := parseSpan(s); !ok || span.longest() != want {
			t.Errorf("%s: %v, %v", s, span.longest(), ok)
		}
	}
	for _, s := range []string{"", "P", "PT", "P0D", "P1H", "PT1D", "1D", "P-1D", "P1D2", "session", "PD", "P99999999999999999999D"} {
		if span, ok := parseSpan(s); ok {
			t.Errorf("%q is read as %v", s, span)
		}
	}
	if longer(1<<63-1, "P9999Y") || longer(-1, "unlimited") || !longer(-1, "P9999Y") || !longer(1, "session") {
		t.Error("longer is wrong at the ends")
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("_ga_*", "_ga_x", "https://*.a.example", "https://b.a.example/x", "a.example")
	f.Add("*", "", "self", "blob:https://a.example/1", "")
	f.Fuzz(func(t *testing.T, name, cookie, origin, address, site string) {
		if len(name) > 40 || len(cookie) > 40 {
			return
		}
		if got, want := pattern(name).matches(cookie), slowMatch(name, cookie); got != want && strings.Count(name, "*") < 6 {
			t.Errorf("%q matches %q: %v, want %v", name, cookie, got, want)
		}
		n := &Notice{Code: Code{Scripts: []Script{{Origin: origin}}, Storage: []Storage{{Type: "cookie", Name: name, Kind: "first", Lifetime: "session"}}}}
		m := NewMatcher(n)
		m.Script(address, site, AfterConsent)
		m.Storage(Cookie{Name: cookie, Domain: site, Site: site}, AfterConsent)
		m.Request(site, BeforeConsent)
	})
}
