package garden_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/respond/isolate"
	"candor/internal/web/garden"
)

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	held = netip.MustParseAddr("10.0.0.1")
)

// secret is what only the holder of the line may read.
const secret = "10.0.0.1:1025 -> 203.0.113.9:25"

// fake is a house in which the line of one address is isolated.
type fake struct {
	mu    sync.Mutex
	at    netip.Addr
	level isolate.Level
	not   string
	err   error
	freed []string
	asked []string
}

// set changes it while a browser looks at it.
func (f *fake) set(at netip.Addr, not string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at, f.not = at, not
}

func (f *fake) HeldAt(_ context.Context, ip netip.Addr) (house.HeldLine, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return house.HeldLine{Line: candor.Asset{Name: "the secret line"}, Level: f.level, Since: noon}, ip == f.at, f.err
}

func (f *fake) GardenView(ctx context.Context, ip netip.Addr) (house.GardenView, error) {
	line, ok, err := f.HeldAt(ctx, ip)
	if err != nil || !ok {
		return house.GardenView{}, errors.Join(err, candor.ErrNotFound)
	}
	found := candor.FiledFinding{First: noon, Last: noon.Add(time.Hour), Finding: candor.Finding{Class: candor.Spam, Description: "Mail is handed to many servers <b>",
		Strings: []candor.Occurrence{{Name: "flow", Data: []byte(secret)}}}}
	f.mu.Lock()
	defer f.mu.Unlock()
	return house.GardenView{HeldLine: line, Left: 2, Not: f.not, Ends: noon.Add(24 * time.Hour), Cases: []house.GardenCase{{Case: candor.Case{Number: 17, Class: candor.Spam},
		Findings: []candor.FiledFinding{found}, Said: []candor.Event{{At: noon, Kind: candor.EventQuestion, Actor: "customer:1", Text: "Why?"},
			{At: noon, Kind: candor.EventComment, Actor: house.Provider, Text: "We call you <i>today</i>"}}}}}, nil
}

func (f *fake) FreeHeld(ctx context.Context, ip netip.Addr, text string) error {
	if _, ok, err := f.HeldAt(ctx, ip); !ok || err != nil {
		return errors.Join(err, candor.ErrNotFound)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.freed, f.not = append(f.freed, text), house.GardenMoving
	return nil
}

func (f *fake) AskHeld(ctx context.Context, ip netip.Addr, text string) error {
	if _, ok, err := f.HeldAt(ctx, ip); !ok || err != nil {
		return errors.Join(err, candor.ErrNotFound)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, text)
	return nil
}

func newPortal(t testing.TB, f *fake, address string) (*garden.Portal, *phrase.Catalogue) {
	t.Helper()
	texts, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	now := noon
	return garden.New(garden.Config{House: f, Texts: texts, Clock: func() time.Time { now = now.Add(time.Second / 2); return now }, Log: slog.New(slog.DiscardHandler), URL: address,
		Name: "Example Net", Mail: "help@example.net", Phone: "+43 1 2345-0", Links: []garden.Link{{Text: "Emergency", URL: "https://help.example.net/"}}, Watch: 7 * 24 * time.Hour, Zone: time.UTC}), texts
}

const here = "http://portal.example.net"

// reply is what came back.
type reply struct {
	StatusCode int
	Header     http.Header
	Text       string
}

// ask has a request answered that comes from an address.
func ask(p http.Handler, from netip.Addr, method, address string, form url.Values, headers ...string) reply {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, address, body)
	r.RemoteAddr = netip.AddrPortFrom(from, 40000).String()
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return reply{StatusCode: w.Code, Header: w.Header(), Text: w.Body.String()}
}

func read(t testing.TB, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAPI(t *testing.T) {
	for _, tt := range []struct {
		from    netip.Addr
		level   isolate.Level
		captive bool
		portal  string
	}{
		{held, isolate.WalledGarden, true, "https://portal.example.net/"}, {held, isolate.Disconnect, true, "https://portal.example.net/"},
		{netip.MustParseAddr("::ffff:10.0.0.1"), isolate.WalledGarden, true, "https://portal.example.net/"},
		{held, isolate.RateLimit, false, "https://portal.example.net/"}, {netip.MustParseAddr("10.0.0.2"), isolate.WalledGarden, false, ""},
	} {
		p, _ := newPortal(t, &fake{at: held, level: tt.level}, "https://portal.example.net")
		r := ask(p, tt.from, http.MethodGet, "https://anything.example/captive", nil, "X-Forwarded-For", "10.0.0.1", "Forwarded", "for=10.0.0.1")
		var got map[string]any
		if err := json.Unmarshal([]byte(r.Text), &got); err != nil {
			t.Fatal(err)
		}
		if r.Header.Get("Content-Type") != "application/captive+json" || !strings.Contains(r.Header.Get("Cache-Control"), "private") || got["captive"] != tt.captive || got["can-extend-session"] != false {
			t.Errorf("from %s at %s: %v, %v", tt.from, tt.level, got, r.Header)
		}
		if portal, _ := got["user-portal-url"].(string); portal != tt.portal {
			t.Errorf("from %s at %s the portal is at %q", tt.from, tt.level, portal)
		}
		if _, has := got["seconds-remaining"]; has {
			t.Error("no session ends by time") // RFC 8908, 5
		}
	}
	p, _ := newPortal(t, &fake{err: candor.ErrUnavailable}, here)
	if r := ask(p, held, http.MethodGet, here+"/captive", nil); r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("where nobody knows: %d", r.StatusCode)
	}
}

func TestProbes(t *testing.T) {
	for address, want := range map[string]string{
		"http://connectivitycheck.gstatic.com/generate_204": "204 ", "http://captive.apple.com/hotspot-detect.html": "200 <HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>",
		"http://www.msftconnecttest.com/connecttest.txt": "200 Microsoft Connect Test", "http://detectportal.firefox.com/success.txt?ipv4": "200 success\n",
		"http://detectportal.firefox.com/canonical.html": `200 <meta http-equiv="refresh" content="0;url=https://support.mozilla.org/kb/captive-portal"/>`,
	} {
		for _, level := range isolate.Levels() {
			p, _ := newPortal(t, &fake{at: held, level: level}, here)
			r := ask(p, held, http.MethodGet, address, nil)
			if captive := level == isolate.WalledGarden || level == isolate.Disconnect; captive {
				if r.StatusCode != http.StatusFound || r.Header.Get("Location") != here+"/" {
					t.Errorf("%s at %s: %d to %q", address, level, r.StatusCode, r.Header.Get("Location"))
				}
				r = ask(p, netip.MustParseAddr("10.0.0.2"), http.MethodGet, address, nil)
			}
			if got := fmt.Sprint(r.StatusCode, " ", r.Text); got != want {
				t.Errorf("%s at %s: %q", address, level, got)
			}
		}
	}
}

// TestElsewhere: whatever was asked for leads to the page.
func TestElsewhere(t *testing.T) {
	for _, from := range []netip.Addr{held, netip.MustParseAddr("10.0.0.2")} {
		p, _ := newPortal(t, &fake{at: held, level: isolate.WalledGarden}, here)
		for _, tt := range []struct {
			method, address string
			status          int
		}{{"GET", "http://news.example/", 302}, {"GET", "http://192.0.2.1/a?b=c", 302}, {"POST", "http://news.example/login", 303}, {"PUT", here + "/", 303}, {"GET", here + "/nothing", 302},
			{"POST", "http://news.example/clean", 303}, {"GET", here + "/clean", 302}, {"GET", "https://portal.example.net/", 302}} {
			r := ask(p, from, tt.method, tt.address, nil)
			if r.StatusCode != tt.status || r.Header.Get("Location") != here+"/" {
				t.Errorf("%s %s: %d to %q", tt.method, tt.address, r.StatusCode, r.Header.Get("Location"))
			}
		}
	}
}

func TestLanguages(t *testing.T) {
	p, texts := newPortal(t, &fake{at: held, level: isolate.WalledGarden}, here)
	for _, lang := range texts.Languages() {
		for _, way := range []struct{ query, accept string }{{"", lang}, {"?lang=" + lang, "xx"}} {
			r := ask(p, held, http.MethodGet, here+"/"+way.query, nil, "Accept-Language", way.accept)
			body := r.Text
			own := texts.For(lang)
			for _, want := range []string{`lang="` + lang + `" dir="` + own.Dir() + `"`, own.T("garden.title"), own.T("garden.saw.spam"), own.T("garden.means.program"), own.T("garden.step.router.2"), own.T("garden.clean.button"),
				own.T("garden.ask.button"), "C-17", "tel:&#43;43123450", strings.Replace(secret, ">", "&gt;", 1), "&lt;b&gt;", "We call you &lt;i&gt;today", "https://help.example.net/"} {
				if !strings.Contains(body, want) {
					t.Errorf("%s: %q is not on the page", lang, want)
				}
			}
			if r.StatusCode != http.StatusOK || strings.Contains(body, "<script") || r.Header.Get("Set-Cookie") != "" || len(body) > 20_000 || r.Header.Get("Content-Language") != lang {
				t.Errorf("%s: %d, %d bytes, %v", lang, r.StatusCode, len(body), r.Header)
			}
		}
	}
	if n, keys := texts.Missing(); n > 0 {
		t.Errorf("texts are missing: %v", keys)
	}
}

func TestClean(t *testing.T) {
	f := &fake{at: held, level: isolate.WalledGarden}
	p, texts := newPortal(t, f, here)
	r := ask(p, held, http.MethodPost, here+"/clean", url.Values{"text": {" all new "}, "lang": {"ar"}}, "Origin", here)
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != here+"/?lang=ar" || len(f.freed) != 1 || f.freed[0] != "all new" {
		t.Fatalf("%d to %q: %q", r.StatusCode, r.Header.Get("Location"), f.freed)
	}
	if body := ask(p, held, http.MethodGet, r.Header.Get("Location"), nil).Text; !strings.Contains(body, texts.For("ar").T("garden.not.waiting")) || strings.Contains(body, `action="/clean"`) {
		t.Error("the page does not say that it is being done")
	}
	for _, not := range []string{house.GardenUsedUp, house.GardenLaw} {
		f.not = not
		body := ask(p, held, http.MethodGet, here+"/", nil).Text
		if strings.Contains(body, `action="/clean"`) || !strings.Contains(body, texts.For("en").Word("garden.not.", not)) || !strings.Contains(body, `action="/ask"`) {
			t.Errorf("%s: the page does not offer the call back alone", not)
		}
	}
	f.at = netip.Addr{}
	if body := ask(p, held, http.MethodGet, here+"/", nil).Text; !strings.Contains(body, texts.For("en").T("garden.free.title")) {
		t.Error("the page does not say that the line is open")
	}
}

func TestAsk(t *testing.T) {
	f := &fake{at: held, level: isolate.Disconnect}
	p, texts := newPortal(t, f, here)
	for _, tt := range []struct{ text, key string }{{"Call 0123 after six", "asked"}, {"  ", "empty"}} {
		r := ask(p, held, http.MethodPost, here+"/ask", url.Values{"text": {tt.text}})
		if body := ask(p, held, http.MethodGet, r.Header.Get("Location"), nil).Text; !strings.Contains(body, texts.For("en").Word("garden.", tt.key)) {
			t.Errorf("%q: the page at %s does not say %s", tt.text, r.Header.Get("Location"), tt.key)
		}
	}
	if len(f.asked) != 1 || f.asked[0] != "Call 0123 after six" {
		t.Errorf("asked: %q", f.asked)
	}
}

// TestForged: what another page has a browser send is not done.
func TestForged(t *testing.T) {
	for _, headers := range [][]string{{"Origin", "http://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Origin", "null"}} {
		f := &fake{at: held, level: isolate.WalledGarden}
		p, _ := newPortal(t, f, here)
		for _, path := range []string{"/clean", "/ask"} {
			if r := ask(p, held, http.MethodPost, here+path, url.Values{"text": {"x"}}, headers...); !strings.HasSuffix(r.Header.Get("Location"), "said=failed") {
				t.Errorf("%v: %s leads to %q", headers, path, r.Header.Get("Location"))
			}
		}
		if len(f.freed)+len(f.asked) > 0 {
			t.Errorf("%v: done all the same", headers)
		}
	}
	f := &fake{at: held, level: isolate.WalledGarden}
	p, _ := newPortal(t, f, here)
	if ask(p, held, http.MethodPost, here+"/ask", url.Values{"text": {strings.Repeat("x", 20_000)}}); len(f.asked) > 0 {
		t.Error("a text that is too long was taken")
	}
}

// TestStranger: an address that is not held learns nothing about anybody, and
// does nothing, whatever it claims.
func TestStranger(t *testing.T) {
	f := &fake{at: held, level: isolate.WalledGarden}
	p, _ := newPortal(t, f, here)
	claims := []string{"X-Forwarded-For", "10.0.0.1", "X-Real-IP", "10.0.0.1", "Forwarded", "for=10.0.0.1", "Cookie", "ip=10.0.0.1"}
	for _, from := range []string{"10.0.0.2", "192.0.2.7", "2001:db8::1"} {
		for _, tt := range []struct{ method, path string }{{"GET", "/"}, {"GET", "/?said=asked&ip=10.0.0.1"}, {"GET", "/captive"}, {"POST", "/clean"}, {"POST", "/ask"}} {
			var form url.Values
			if tt.method == "POST" {
				form = url.Values{"text": {"x"}, "ip": {"10.0.0.1"}}
			}
			r := ask(p, netip.MustParseAddr(from), tt.method, here+tt.path, form, claims...)
			body := r.Text
			for _, word := range []string{"10.0.0.1", "secret line", "C-17", "203.0.113.9"} {
				if strings.Contains(body, word) || strings.Contains(fmt.Sprint(r.Header), word) {
					t.Errorf("%s learns %q at %s", from, word, tt.path)
				}
			}
		}
	}
	if len(f.freed)+len(f.asked) > 0 {
		t.Errorf("strangers freed %q and asked %q", f.freed, f.asked)
	}
}

// TestTooMany: who asks too often has to wait, and nobody else has.
func TestTooMany(t *testing.T) {
	f := &fake{at: held, level: isolate.WalledGarden}
	p, _ := newPortal(t, f, here)
	for range 40 {
		ask(p, held, http.MethodPost, here+"/ask", url.Values{"text": {"x"}})
	}
	if n := len(f.asked); n < 5 || n > 20 {
		t.Errorf("%d of 40 questions were taken", n)
	}
	statuses := map[int]int{}
	for i := range 300 { // of one line
		r := ask(p, netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i+1)), http.MethodGet, here+"/", nil)
		statuses[r.StatusCode]++
	}
	if statuses[http.StatusTooManyRequests] < 50 {
		t.Errorf("300 requests were answered with %v", statuses)
	}
	if r := ask(p, netip.MustParseAddr("2001:db8:1::1"), http.MethodGet, here+"/", nil); r.StatusCode != http.StatusOK {
		t.Errorf("another line: %d", r.StatusCode)
	}
}

// TestWithoutURL: the portal is at the address that a request came to.
func TestWithoutURL(t *testing.T) {
	f := &fake{at: netip.MustParseAddr("127.0.0.1"), level: isolate.WalledGarden}
	p, _ := newPortal(t, f, "")
	s := httptest.NewServer(p)
	defer s.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "news.example"
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if body := read(t, r); !strings.Contains(body, "C-17") || r.Request.URL.String() != s.URL+"/" {
		t.Errorf("it led to %s", r.Request.URL)
	}
}
