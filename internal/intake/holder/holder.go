// Package holder finds whom to tell of resources that are not the provider's:
// the abuse contact of a network or of a domain's registrar by RDAP (RFC 7480 to
// 7484, RFC 9082, RFC 9083), and that of a site by its security.txt (RFC 9116).
//
// What is not found is for a person; nothing is made up from names, such as
// abuse@ of a domain.
package holder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"candor"
	"candor/internal/intake"
	"candor/internal/outward"
)

// Of is what a contact has to do with a resource.
type Of string

// What contacts are of.
const (
	Site      Of = "site"      // whose site it is, as its security.txt says
	Network   Of = "network"   // whose network the address is of
	Registrar Of = "registrar" // of the domain
)

// Contact is whom to tell.
type Contact struct {
	Of     Of       `json:"of"`
	Name   string   `json:"name,omitempty"`   // as the registry has it
	Handle string   `json:"handle,omitempty"` // of the network, or the domain
	Mails  []string `json:"mails,omitempty"`  // canonical, the best first
	Pages  []string `json:"pages,omitempty"`  // https URLs of forms and the like
	// Abuse says that it is there for reports of abuse; if not, a person has to
	// see whether it is the right one.
	Abuse      bool      `json:"abuse"`
	Languages  []string  `json:"languages,omitempty"`  // BCP 47
	Encryption []string  `json:"encryption,omitempty"` // URIs of keys
	Source     string    `json:"source"`               // the URL that told it
	Asked      time.Time `json:"asked"`                // when
}

// Resolver tells where names lead; net.DefaultResolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Options say how a Directory works. Zero values are defaults.
type Options struct {
	// Client asks; by default one that reaches the open Internet only. Its
	// CheckRedirect is not used.
	Client *http.Client
	// Bootstrap is the URL of the folder of IANA's bootstrap files (RFC 9224).
	// Default https://data.iana.org/rdap/.
	Bootstrap string
	// Dir is a folder in which bootstrap files are kept, so that a start needs no
	// network; empty for none.
	Dir      string
	Resolver Resolver         // nil: networks of names are not asked for
	Age      time.Duration    // of answers; default 24 h
	Nothing  time.Duration    // for how long it is not asked again for what is not there; default 1 h
	Most     int              // answers that are kept; default 10,000
	Every    time.Duration    // between two questions to one server, in the long run; default 1 s
	Wait     time.Duration    // the longest wait for a server's turn; default 10 s
	Now      func() time.Time // default time.Now
}

// Directory finds contacts. It is safe for concurrent use.
type Directory struct {
	options Options
	fetcher *fetcher
}

// New makes a Directory.
func New(o Options) *Directory {
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 20 * time.Second, Transport: outward.Transport(outward.Dialer(10 * time.Second))}
	}
	o.Bootstrap = strings.TrimSuffix(cmp.Or(o.Bootstrap, "https://data.iana.org/rdap/"), "/") + "/"
	o.Age = cmp.Or(o.Age, 24*time.Hour)
	o.Nothing = cmp.Or(o.Nothing, time.Hour)
	o.Most = cmp.Or(o.Most, 10_000)
	o.Every = cmp.Or(o.Every, time.Second)
	o.Wait = cmp.Or(o.Wait, 10*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Directory{options: o, fetcher: newFetcher(o)}
}

// Holders gives whom to tell of a resource, the nearest to it first: of a URL its
// site, then the network, then the registrar. It is candor.ErrNotFound if nobody
// is known, and candor.ErrUnavailable if it could not be asked, and may be later;
// either is for a person. What was found beside an error is given too.
func (d *Directory) Holders(ctx context.Context, r intake.Resource) ([]Contact, error) {
	var all []Contact
	var bad error
	take := func(c Contact, err error) {
		switch {
		case err == nil:
			all = append(all, c)
		case !errors.Is(err, candor.ErrNotFound):
			bad = errors.Join(bad, err)
		}
	}
	switch r.Kind {
	case intake.Address:
		take(d.network(ctx, r.Value))
	case intake.Network:
		take(d.network(ctx, r.Value))
	case intake.URL, intake.Domain, intake.Mail:
		host := r.Host()
		if _, err := netip.ParseAddr(host); err == nil {
			take(d.network(ctx, host))
			break
		}
		take(d.site(ctx, host))
		for _, ip := range d.addresses(ctx, host) {
			take(d.network(ctx, ip.String()))
		}
		take(d.registrar(ctx, host))
	}
	all = unique(all)
	if len(all) == 0 && bad == nil {
		bad = fmt.Errorf("a contact of %s %.100q: %w", r.Kind, r.Value, candor.ErrNotFound)
	}
	return all, bad
}

// unique leaves of contacts with the same addresses the first.
func unique(all []Contact) (some []Contact) {
	for _, c := range all {
		if !slices.ContainsFunc(some, func(o Contact) bool {
			return o.Of == c.Of && slices.Equal(o.Mails, c.Mails) && slices.Equal(o.Pages, c.Pages)
		}) {
			some = append(some, c)
		}
	}
	return some
}

// addresses gives a few of the addresses of a name; none if they are not known.
func (d *Directory) addresses(ctx context.Context, host string) []netip.Addr {
	if d.options.Resolver == nil {
		return nil
	}
	all, err := d.options.Resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil // of names that lead nowhere there is the registrar
	}
	for i := range all {
		all[i] = all[i].Unmap()
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return all[:min(len(all), 2)]
}

// network asks for the abuse contact of an address, or of a network.
func (d *Directory) network(ctx context.Context, value string) (Contact, error) {
	p, err := netip.ParsePrefix(value)
	if err != nil {
		ip, bad := netip.ParseAddr(value)
		if bad != nil {
			return Contact{}, fmt.Errorf("%.60q: %w", value, candor.ErrNotFound)
		}
		p = netip.PrefixFrom(ip, ip.BitLen())
	}
	if !outward.Open(p.Addr()) {
		return Contact{}, fmt.Errorf("%s is of no public network: %w", p, candor.ErrNotFound)
	}
	file := "ipv6.json"
	if p.Addr().Is4() {
		file = "ipv4.json"
	}
	services, err := d.services(ctx, file)
	if err != nil {
		return Contact{}, err
	}
	base, ok := services.network(p)
	if !ok {
		return Contact{}, fmt.Errorf("a registry of %s: %w", p, candor.ErrNotFound)
	}
	return d.ask(ctx, base+"ip/"+value, Network)
}

// registrar asks for the abuse contact of the registrar of a name's domain.
func (d *Directory) registrar(ctx context.Context, host string) (Contact, error) {
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return Contact{}, fmt.Errorf("%.100q is no domain that is registered: %w", host, candor.ErrNotFound)
	}
	services, err := d.services(ctx, "dns.json")
	if err != nil {
		return Contact{}, err
	}
	base, ok := services.domain(domain)
	if !ok {
		return Contact{}, fmt.Errorf("a registry of %s: %w", domain, candor.ErrNotFound)
	}
	return d.ask(ctx, base+"domain/"+domain, Registrar)
}

// ask asks a registry, and the one that it names besides if it does not know.
func (d *Directory) ask(ctx context.Context, url string, of Of) (Contact, error) {
	for range 2 {
		body, asked, err := d.fetcher.get(ctx, url, "application/rdap+json", anywhere)
		if err != nil {
			return Contact{}, err
		}
		o, err := parseObject(body)
		if err != nil {
			return Contact{}, fmt.Errorf("what %.200q answers: %w", url, errors.Join(err, candor.ErrNotFound))
		}
		c, ok := o.contact(of)
		c.Source, c.Asked = url, asked
		next := o.related()
		if ok && c.Abuse || next == "" || next == url {
			if !ok {
				return c, fmt.Errorf("%.200q tells no contact: %w", url, candor.ErrNotFound)
			}
			return c, nil
		}
		url = next
	}
	return Contact{}, fmt.Errorf("%.200q tells no contact: %w", url, candor.ErrNotFound)
}

// site asks a site for its security.txt.
func (d *Directory) site(ctx context.Context, host string) (Contact, error) {
	url := "https://" + host + "/.well-known/security.txt"
	body, asked, err := d.fetcher.get(ctx, url, "text/plain", sameHost)
	if errors.Is(err, candor.ErrUnavailable) {
		err = fmt.Errorf("%w: %w", candor.ErrNotFound, err) // a site that does not answer has none to tell
	}
	if err != nil {
		return Contact{}, err
	}
	text, err := ParseSecurityText(body)
	switch {
	case err != nil:
		return Contact{}, fmt.Errorf("%s: %w", url, errors.Join(err, candor.ErrNotFound))
	case !text.Expires.After(d.options.Now()):
		return Contact{}, fmt.Errorf("%s has expired: %w", url, candor.ErrNotFound)
	case len(text.Canonical) > 0 && !slices.Contains(text.Canonical, url):
		return Contact{}, fmt.Errorf("%s is of another site: %w", url, candor.ErrNotFound)
	}
	// It is for reports of vulnerabilities first.
	c := Contact{Of: Site, Name: host, Mails: text.Mails, Pages: text.Pages, Languages: text.Languages, Encryption: text.Encryption, Source: url, Asked: asked}
	if len(c.Mails)+len(c.Pages) == 0 {
		return c, fmt.Errorf("%s names neither mail address nor page: %w", url, candor.ErrNotFound)
	}
	return c, nil
}
