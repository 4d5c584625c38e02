package access

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"candor"
	"candor/internal/access/password"
)

// Options say how people get in. The zero value of each but URL and Secrets
// has a sensible meaning.
type Options struct {
	// URL is where browsers reach the console: scheme, host and port. Over
	// https the cookies are locked to that host.
	URL string
	// Secrets sign what browsers keep. Each is at least 32 random bytes; the
	// first one signs, all of them are accepted.
	Secrets [][]byte
	// Provider is the provider's name, as passkey dialogues show it; "Candor" if empty.
	Provider string
	// Idle ends sessions that nobody uses; 8 hours if zero.
	Idle time.Duration
	// Lifetime ends every session; 24 hours if zero.
	Lifetime time.Duration
	// Hash is the work of one password; password.Recommended if zero.
	Hash password.Params
	// HashAtOnce is how many passwords are hashed at a time; one a processor if zero.
	HashAtOnce int
	// MaxBody is the greatest body of a request in bytes; 1 MiB if zero.
	MaxBody int64
	// Proxies are the networks of reverse proxies whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// OIDC are the identity providers through which staff may sign in.
	OIDC []OIDCProvider
}

// Deps are what a Service needs from outside.
type Deps struct {
	Store Store
	Clock candor.Clock // nil stands for time.Now
	// HTTP reaches identity providers; nil stands for a client that waits 10 seconds.
	HTTP *http.Client
	// Refuse answers a request that may not go on, for want of a session
	// (ErrSignedOut), of a permission (candor.ErrDenied), because another site
	// sent it (ErrCrossOrigin), or because the store could not tell. nil stands
	// for a line of plain text.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// Service lets people and programs in. It is safe for concurrent use.
type Service struct {
	options  Options
	store    Store
	clock    candor.Clock
	refuse   func(http.ResponseWriter, *http.Request, error)
	hasher   *password.Hasher
	gate     *gate
	devices  [][]byte // keys of device cookies
	secure   bool
	origins  *http.CrossOriginProtection
	webauthn *webauthn.WebAuthn // nil where there can be no passkeys
	oidc     map[string]*identityProvider
}

// New makes a Service. It talks to nobody yet. candor.ErrInvalid says what is
// wrong with the options.
func New(o Options, d Deps) (*Service, error) {
	o.setDefaults()
	s := &Service{options: o, store: d.Store, clock: d.Clock, refuse: d.Refuse, origins: http.NewCrossOriginProtection()}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.refuse == nil {
		s.refuse = refusePlainly
	}
	base, err := url.Parse(o.URL)
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return nil, candor.WithHint(fmt.Errorf("the address of the console, %q: %w", o.URL, candor.ErrInvalid), "Write it as https://desk.example.net.")
	}
	s.secure = base.Scheme == "https"
	// A proxy may not pass on the host that the browser asked for.
	if err := s.origins.AddTrustedOrigin(base.Scheme + "://" + base.Host); err != nil {
		return nil, fmt.Errorf("the address of the console, %q: %w: %w", o.URL, candor.ErrInvalid, err)
	}
	s.hasher = password.NewHasher(o.Hash, o.HashAtOnce)
	s.gate = newGate(s.clock)
	if err := s.deriveKeys(); err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(base.Hostname()); err != nil { // browsers have no passkeys for addresses
		if s.webauthn, err = relyingParty(base, o.Provider); err != nil {
			return nil, fmt.Errorf("set up passkeys: %w: %w", candor.ErrInvalid, err)
		}
	}
	s.oidc, err = identityProviders(o.OIDC, base, d.HTTP, s.clock)
	return s, err
}

func (o *Options) setDefaults() {
	def := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	def(&o.Idle, 8*time.Hour)
	def(&o.Lifetime, 24*time.Hour)
	if o.Hash == (password.Params{}) {
		o.Hash = password.Recommended()
	}
	if o.HashAtOnce <= 0 {
		o.HashAtOnce = runtime.GOMAXPROCS(0)
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 1 << 20
	}
	if o.Provider == "" {
		o.Provider = "Candor"
	}
}

func (s *Service) deriveKeys() error {
	for _, secret := range s.options.Secrets {
		if len(secret) < 32 {
			return candor.WithHint(fmt.Errorf("a secret of %d bytes: %w", len(secret), candor.ErrInvalid), "Give at least 32 random bytes.")
		}
		key, err := hkdf.Key(sha256.New, secret, nil, "candor device 1", 32)
		if err != nil {
			return fmt.Errorf("derive the key of device cookies: %w", err)
		}
		s.devices = append(s.devices, key)
	}
	if len(s.devices) == 0 {
		return fmt.Errorf("let people in without a secret: %w", candor.ErrInvalid)
	}
	return nil
}

func (s *Service) now() time.Time { return s.clock().UTC() }

// Sweep removes sessions and one-time secrets that have expired. Call it now
// and then; nothing that has expired works before it is swept either.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	return s.store.Change(ctx, func(tx Tx) error { return tx.DeleteExpired(ctx, now, now.Add(-s.options.Idle)) })
}
