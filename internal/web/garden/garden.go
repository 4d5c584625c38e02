// Package garden is the portal of the walled garden: what the holder of an
// isolated line is shown, whatever they ask for, and how they get out.
//
// Who asks is known by the address that the request comes from, and by nothing
// that a browser says. At an address that is no isolated line's nothing is told
// of anybody. It stands on listeners of its own, without a session or a cookie.
package garden

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access/limit"
	"candor/internal/house"
	"candor/internal/phrase"
)

// House is what a portal asks; a *house.House.
type House interface {
	HeldAt(context.Context, netip.Addr) (house.HeldLine, bool, error)
	GardenView(context.Context, netip.Addr) (house.GardenView, error)
	FreeHeld(ctx context.Context, ip netip.Addr, text string) error
	AskHeld(ctx context.Context, ip netip.Addr, text string) error
}

// Config is what a Portal is made of.
type Config struct {
	House House
	Texts *phrase.Catalogue
	Clock candor.Clock
	Log   *slog.Logger
	// URL is where the portal is, scheme and host. If it is empty it is the
	// address that a request came to, by HTTP.
	URL string
	// Name, Mail and Phone are those of the help desk.
	Name, Mail, Phone string
	Links             []Link         // what can be reached from the walled garden
	Watch             time.Duration  // how long a line that was freed is watched
	Zone              *time.Location // of times that people read
}

// Link leads to something that can be reached from the walled garden.
type Link struct{ Text, URL string }

// Portal answers every request that comes to it. It is safe for concurrent use.
type Portal struct {
	Config
	looks, acts *limit.Buckets
	origin      *http.CrossOriginProtection
}

// How often an address may ask, and act.
const (
	lookBurst, lookEvery = 60, time.Second
	actBurst, actEvery   = 6, 30 * time.Second
	addresses            = 1 << 16 // that are remembered
)

// New makes a Portal.
func New(c Config) *Portal {
	return &Portal{Config: c, looks: limit.NewBuckets(lookBurst, lookEvery, addresses, c.Clock), acts: limit.NewBuckets(actBurst, actEvery, addresses, c.Clock),
		origin: http.NewCrossOriginProtection()}
}

// ServeHTTP implements http.Handler.
func (p *Portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		http.Error(w, "unknown address", http.StatusBadRequest)
		return
	}
	ip := from.Addr().Unmap()
	if p.tooMany(w, p.looks, ip) {
		return
	}
	switch {
	case r.URL.Path == APIPath:
		p.api(w, r, ip)
	case probes[r.URL.Path] != nil:
		p.probe(w, r, ip)
	case !p.here(r):
		p.send(w, r, "/")
	case r.Method == http.MethodPost && (r.URL.Path == "/clean" || r.URL.Path == "/ask"):
		p.act(w, r, ip)
	case r.URL.Path != "/" || r.Method != http.MethodGet && r.Method != http.MethodHead:
		p.send(w, r, "/")
	default:
		p.page(w, r, ip)
	}
}

// tooMany answers one who asks too often.
func (p *Portal) tooMany(w http.ResponseWriter, b *limit.Buckets, ip netip.Addr) bool {
	key := ip.String()
	if ip.Is6() {
		if network, err := ip.Prefix(64); err == nil { // one line has as many as it likes
			key = network.Masked().String()
		}
	}
	wait := b.Take(key)
	if wait == 0 {
		return false
	}
	w.Header().Set("Retry-After", fmt.Sprint(int(wait/time.Second)+1))
	http.Error(w, p.Texts.For("en").T("garden.busy"), http.StatusTooManyRequests)
	return true
}

// base is where the portal is.
func (p *Portal) base(r *http.Request) *url.URL {
	if p.URL != "" {
		if u, err := url.Parse(p.URL); err == nil {
			return u
		}
	}
	host := r.Host
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		host = strings.TrimSuffix(a.String(), ":80")
	}
	return &url.URL{Scheme: "http", Host: host}
}

// here tells whether a request was meant for the portal, and not for another
// host from which it was redirected.
func (p *Portal) here(r *http.Request) bool {
	u := p.base(r)
	port := ":80"
	if u.Scheme == "https" {
		port = ":443"
	}
	return strings.EqualFold(strings.TrimSuffix(r.Host, port), strings.TrimSuffix(u.Host, port)) && (u.Scheme == "https") == (r.TLS != nil)
}

// send sends a browser to a page of the portal.
func (p *Portal) send(w http.ResponseWriter, r *http.Request, to string) {
	status := http.StatusFound
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		status = http.StatusSeeOther
	}
	u := p.base(r)
	http.Redirect(w, r, (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()+to, status)
}

// mostText bounds what is written at once, in bytes of the whole form.
const mostText = 16 << 10

// act does what the holder of a line asks for, and leads back to the page.
func (p *Portal) act(w http.ResponseWriter, r *http.Request, ip netip.Addr) {
	if p.tooMany(w, p.acts, ip) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, mostText)
	said, err := "", p.origin.Check(r)
	if err == nil {
		err = r.ParseForm()
	}
	text := strings.TrimSpace(strings.ToValidUTF8(r.PostForm.Get("text"), ""))
	switch {
	case err != nil:
		err = fmt.Errorf("%w: %w", candor.ErrInvalid, err)
	case r.URL.Path == "/clean":
		err = p.House.FreeHeld(r.Context(), ip, text)
	case text == "":
		said = "empty"
	default:
		if err = p.House.AskHeld(r.Context(), ip, text); err == nil {
			said = "asked"
		}
	}
	if err != nil && !plain(err) {
		said = "failed"
		p.Log.Error("a request of the holder of an isolated line failed", "path", r.URL.Path, "error", err)
	}
	query := url.Values{}
	if lang := r.PostForm.Get("lang"); slices.Contains(p.Texts.Languages(), lang) {
		query.Set("lang", lang)
	}
	if said != "" {
		query.Set("said", said)
	}
	to := "/"
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	p.send(w, r, to)
}

// plain tells whether the page itself says why something was not done.
func plain(err error) bool {
	return errors.Is(err, candor.ErrNotFound) || errors.Is(err, candor.ErrDenied) || errors.Is(err, candor.ErrChanged)
}
