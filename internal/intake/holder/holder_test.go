package holder_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/holder"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// internet is a server that is every host.
type internet struct {
	*httptest.Server
	lock  sync.Mutex
	pages map[string]http.HandlerFunc // by host and path
	asked map[string]int
	now   time.Time
	down  bool
}

func newInternet(t *testing.T) *internet {
	t.Helper()
	i := &internet{pages: map[string]http.HandlerFunc{}, asked: map[string]int{}, now: noon}
	i.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.lock.Lock()
		i.asked[r.Host+r.URL.Path]++
		page := i.pages[r.Host+r.URL.Path]
		i.lock.Unlock()
		if page == nil {
			http.NotFound(w, r)
			return
		}
		page(w, r)
	}))
	t.Cleanup(i.Close)
	i.text("boot.test/ipv4.json", `{"version":"1.0","services":[[["81.0.0.0/8","82.0.0.0/8"],["http://old.rir.test/rdap","https://rir.test/rdap"]],[["81.2.0.0/16"],["https://other.test/"]],["broken"],[[]]]}`)
	i.text("boot.test/ipv6.json", `{"services":[[["2a00::/12"],["https://rir.test/rdap/"]]]}`)
	i.text("boot.test/dns.json", `{"services":[[["test","example"],["https://registry.test/"]]]}`)
	return i
}

func (i *internet) page(at string, h http.HandlerFunc) {
	i.lock.Lock()
	defer i.lock.Unlock()
	i.pages[at] = h
}

func (i *internet) text(at, text string) {
	i.page(at, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
}

func (i *internet) count(at string) int {
	i.lock.Lock()
	defer i.lock.Unlock()
	return i.asked[at]
}

func (i *internet) directory(change func(*holder.Options)) *holder.Directory {
	client := i.Client()
	transport := client.Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.InsecureSkipVerify = true // its certificate is for example.com
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		if i.down {
			return nil, errors.New("no network")
		}
		return (&net.Dialer{}).DialContext(ctx, network, i.Listener.Addr().String())
	}
	o := holder.Options{Client: &http.Client{Transport: transport}, Bootstrap: "https://boot.test/", Every: time.Microsecond, Now: func() time.Time { return i.now }}
	if change != nil {
		change(&o)
	}
	return holder.New(o)
}

// network is what a registry answers, with contacts where registries have them.
const network = `{"objectClassName":"ip network","handle":"81.1.0.0 - 81.1.255.255","name":"EXAMPLE-NET","unknown":{"a":[1]},
"entities":[17,{"roles":["registrant"],"handle":"ORG-1","vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text","Example Hosting"],["email",{},"text","office@hosting.test"]]],
 "entities":[{"roles":["Abuse"],"vcardArray":["vcard",[["fn",{},"text","Abuse"],["email",{"type":"work"},"text","second@hosting.test"],["email",{"pref":"1"},"text","Abuse@Hosting.test"],["email",{},"text",5],["email"],"x",["tel",{},"uri","tel:+1"]]]}]},
 {"roles":"technical","vcardArray":null},{"roles":["technical"],"vcardArray":["vcard",[["email",{},"text","tech@hosting.test"]]]}]}`

func ask(t *testing.T, d *holder.Directory, kind intake.Kind, value string) ([]holder.Contact, error) {
	t.Helper()
	return d.Holders(t.Context(), intake.Resource{Kind: kind, Value: value})
}

func TestNetwork(t *testing.T) {
	i := newInternet(t)
	i.page("rir.test/rdap/ip/81.1.2.3", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") != "application/rdap+json" {
			t.Errorf("it accepts %q", r.Header.Get("Accept"))
		}
		http.Redirect(w, r, "https://national.test/ip/81.1.2.3", http.StatusMovedPermanently)
	})
	i.text("national.test/ip/81.1.2.3", network)
	i.text("other.test/ip/81.2.0.0/24", `{"objectClassName":"ip network","handle":"N","name":"NAME","entities":[{"roles":["technical"],"vcardArray":["vcard",[["email",{},"text","noc@else.test"]]]}]}`)
	i.text("rir.test/rdap/ip/2a00::1", `{"objectClassName":"ip network","handle":"N6"}`)
	d := i.directory(nil)
	got, err := ask(t, d, intake.Address, "81.1.2.3")
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	c := got[0]
	if c.Of != holder.Network || c.Name != "Example Hosting" || !c.Abuse || !slices.Equal(c.Mails, []string{"abuse@hosting.test", "second@hosting.test"}) || c.Source != "https://rir.test/rdap/ip/81.1.2.3" || !c.Asked.Equal(noon) {
		t.Errorf("%+v", c)
	}
	got, err = ask(t, d, intake.Network, "81.2.0.0/24")
	if err != nil || len(got) != 1 || got[0].Abuse || !slices.Equal(got[0].Mails, []string{"noc@else.test"}) || got[0].Name != "NAME" {
		t.Errorf("without an abuse contact: %+v, %v", got, err)
	}
	for _, value := range []string{"2a00::1", "91.0.0.1", "10.0.0.1", "82.0.0.9", "127.0.0.1"} {
		if got, err := ask(t, d, intake.Address, value); len(got) != 0 || !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("%s: %+v, %v", value, got, err)
		}
	}
	if i.count("rir.test/rdap/ip/10.0.0.1") != 0 {
		t.Error("a registry was asked for a private address")
	}
}

func TestSite(t *testing.T) {
	i := newInternet(t)
	const expires = "Expires: 2026-12-31T00:00:00Z\n"
	i.text("site.example/.well-known/security.txt", "# hello\nContact: mailto:Sec@Site.example?subject=x\nContact: https://site.example/report\nContact: tel:+1-2\nPreferred-Languages: en, fr\nEncryption: https://site.example/key\n"+expires)
	i.text("registry.test/domain/site.example", `{"objectClassName":"domain","ldhName":"SITE.EXAMPLE","links":[{"rel":"self","href":"https://registry.test/domain/site.example","type":"application/rdap+json"},{"rel":"related","href":"https://registrar.test/domain/SITE.EXAMPLE","type":"application/rdap+json"}],
"entities":[{"roles":["registrant"],"vcardArray":["vcard",[["email",{},"text","crook@site.example"]]]},{"roles":["registrar"],"vcardArray":["vcard",[["fn",{},"text","Registrar Inc"]]]}]}`)
	i.text("registrar.test/domain/SITE.EXAMPLE", `{"objectClassName":"domain","entities":[{"roles":["registrar"],"vcardArray":["vcard",[["fn",{},"text","Registrar Inc"]]],"entities":[{"roles":["abuse"],"vcardArray":["vcard",[["email",{},"text","abuse@registrar.test"]]]}]}]}`)
	i.text("rir.test/rdap/ip/81.1.2.3", network)
	d := i.directory(func(o *holder.Options) {
		o.Resolver = names{"www.site.example": "81.1.2.3", "site.example": "81.1.2.3"}
	})
	got, err := ask(t, d, intake.URL, "https://site.example:8443/phish")
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	if s := got[0]; s.Of != holder.Site || s.Abuse || !slices.Equal(s.Mails, []string{"sec@site.example"}) || !slices.Equal(s.Pages, []string{"https://site.example/report"}) || !slices.Equal(s.Languages, []string{"en", "fr"}) || len(s.Encryption) != 1 {
		t.Errorf("the site: %+v", s)
	}
	if got[1].Of != holder.Network || got[1].Mails[0] != "abuse@hosting.test" {
		t.Errorf("the network: %+v", got[1])
	}
	if r := got[2]; r.Of != holder.Registrar || r.Name != "Registrar Inc" || !r.Abuse || !slices.Equal(r.Mails, []string{"abuse@registrar.test"}) {
		t.Errorf("the registrar: %+v", r)
	}

	// Texts that do not count.
	i.text("old.test/.well-known/security.txt", "Contact: mailto:a@old.test\nExpires: 2026-02-01T00:00:00Z\n")
	i.text("other.test/.well-known/security.txt", "Contact: mailto:a@other.test\nCanonical: https://elsewhere.test/.well-known/security.txt\n"+expires)
	i.page("leads.test/.well-known/security.txt", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://site.example/.well-known/security.txt", http.StatusFound)
	})
	i.page("round.test/.well-known/security.txt", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	})
	for _, host := range []string{"old.test", "other.test", "leads.test", "round.test", "co.test"} {
		if got, err := ask(t, d, intake.Domain, host); len(got) != 0 || !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("%s: %+v, %v", host, got, err)
		}
	}
	i.page("moved.test/.well-known/security.txt", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://www.moved.test/security.txt", http.StatusFound)
	})
	i.text("www.moved.test/security.txt", "Contact: https://moved.test/x\n"+expires)
	if got, err := ask(t, d, intake.Domain, "moved.test"); err != nil || len(got) != 1 || got[0].Pages[0] != "https://moved.test/x" {
		t.Errorf("moved to www: %+v, %v", got, err)
	}
}

// names are a Resolver.
type names map[string]string

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if n[host] == "" {
		return nil, errors.New("no such host")
	}
	return []netip.Addr{netip.MustParseAddr(n[host])}, nil
}

func TestCache(t *testing.T) {
	i := newInternet(t)
	const at = "rir.test/rdap/ip/81.1.2.3"
	d := i.directory(nil)
	find := func() error { _, err := ask(t, d, intake.Address, "81.1.2.3"); return err }
	for range 2 {
		if err := find(); !errors.Is(err, candor.ErrNotFound) {
			t.Fatal(err)
		}
	}
	i.text(at, network)
	if err := find(); !errors.Is(err, candor.ErrNotFound) || i.count(at) != 1 {
		t.Errorf("what is not there is asked for %d times: %v", i.count(at), err)
	}
	i.now = i.now.Add(time.Hour)
	for range 3 {
		if err := find(); err != nil {
			t.Error(err)
		}
	}
	if i.count(at) != 2 || i.count("boot.test/ipv4.json") != 1 {
		t.Errorf("asked %d times, and for the bootstrap file %d", i.count(at), i.count("boot.test/ipv4.json"))
	}
	i.now = i.now.Add(24 * time.Hour)
	if err := find(); err != nil || i.count(at) != 3 {
		t.Errorf("after a day: %v, %d", err, i.count(at))
	}
	small := i.directory(func(o *holder.Options) { o.Most = 4 })
	for n := range 20 {
		if _, err := ask(t, small, intake.Address, fmt.Sprint("82.0.0.", n+1)); !errors.Is(err, candor.ErrNotFound) {
			t.Error(err)
		}
	}
	if i.count("rir.test/rdap/ip/82.0.0.20") != 1 {
		t.Error("the last was not asked for")
	}
}

func TestPace(t *testing.T) {
	i := newInternet(t)
	i.page("rir.test/rdap/ip/81.1.2.3", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	i.text("rir.test/rdap/ip/81.1.2.4", network)
	d := i.directory(nil)
	for _, value := range []string{"81.1.2.3", "81.1.2.4"} {
		if _, err := ask(t, d, intake.Address, value); !errors.Is(err, candor.ErrUnavailable) {
			t.Errorf("%s: %v", value, err)
		}
	}
	if i.count("rir.test/rdap/ip/81.1.2.4") != 0 {
		t.Error("it was asked though it asked to be left alone")
	}
	i.now = i.now.Add(2 * time.Minute)
	if _, err := ask(t, d, intake.Address, "81.1.2.4"); err != nil {
		t.Error(err)
	}

	slow := i.directory(func(o *holder.Options) { o.Every, o.Wait = time.Hour, 100*time.Millisecond })
	refused := 0
	for n := range 10 {
		if _, err := ask(t, slow, intake.Address, fmt.Sprint("82.0.0.", n+1)); errors.Is(err, candor.ErrUnavailable) {
			refused++
		}
	}
	if refused == 0 || refused == 10 {
		t.Errorf("of ten at once %d were too many", refused)
	}
}

// TestOffline goes by bootstrap files that were kept, and says that it may be
// asked again.
func TestOffline(t *testing.T) {
	i := newInternet(t)
	i.text("rir.test/rdap/ip/81.1.2.3", network)
	dir := t.TempDir()
	keep := func(o *holder.Options) { o.Dir = dir }
	if _, err := ask(t, i.directory(keep), intake.Address, "81.1.2.3"); err != nil {
		t.Fatal(err)
	}
	i.page("boot.test/ipv4.json", nil)
	if _, err := ask(t, i.directory(keep), intake.Address, "81.1.2.3"); err != nil {
		t.Errorf("by the file that was kept: %v", err)
	}
	if _, err := ask(t, i.directory(nil), intake.Address, "81.1.2.3"); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("without a file: %v", err)
	}
	i.text("boot.test/ipv4.json", "<html>")
	if _, err := ask(t, i.directory(nil), intake.Address, "81.1.2.3"); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("with a broken file: %v", err)
	}
	i.down = true
	if _, err := ask(t, i.directory(keep), intake.Address, "81.1.2.3"); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("without a network: %v", err)
	}
}

// TestGuard makes sure that by default nothing of the provider's own network is
// asked.
func TestGuard(t *testing.T) {
	i := newInternet(t)
	d := holder.New(holder.Options{Bootstrap: i.URL, Now: func() time.Time { return noon }})
	if got, err := ask(t, d, intake.Address, "81.1.2.3"); err == nil || i.count(i.Listener.Addr().String()+"/ipv4.json") != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
