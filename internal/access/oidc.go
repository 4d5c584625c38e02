package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"candor"
)

// OIDCCallback is the path, below the console's URL, to which identity
// providers send browsers back. Register it with each of them.
const OIDCCallback = "/sign-in/oidc"

// OIDCProvider is an identity provider through which staff sign in (OpenID
// Connect Core 1.0, code flow with PKCE).
type OIDCProvider struct {
	ID           string   `json:"id"`   // short; part of a path
	Name         string   `json:"name"` // on the button
	Issuer       string   `json:"issuer"`
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"-"`
	Scopes       []string `json:"scopes,omitempty"` // besides openid, profile and email
	// Groups names the claim that says what somebody is: a text or a list of
	// texts, or with dots one inside another (realm_access.roles); "groups" if
	// empty.
	Groups string `json:"groups,omitempty"`
	// Roles say which group gives which role; the first that fits. Nobody
	// gets in whom no rule fits: there is no role by default.
	Roles []RoleRule `json:"roles"`
	// Create makes accounts for people whom nobody invited.
	Create bool `json:"create,omitempty"`
	// LinkByMail gives whoever comes with a verified mail the account with that
	// mail. Only for providers that let nobody choose their mail.
	LinkByMail bool `json:"link_by_mail,omitempty"`
	// UnverifiedMail believes mails that the provider has not verified.
	UnverifiedMail bool `json:"unverified_mail,omitempty"`
}

// RoleRule gives a role to members of a group.
type RoleRule struct {
	Group string      `json:"group"`
	Role  candor.Role `json:"role"`
}

// identityProvider finds out about an issuer when it is first needed, and
// again after a failure: one that is down keeps nobody from starting up or
// signing in another way.
type identityProvider struct {
	OIDCProvider
	client *http.Client
	clock  candor.Clock
	oauth  oauth2.Config

	mu       sync.Mutex
	found    *oidc.Provider
	failed   error
	retry    time.Time
	failures int
}

func identityProviders(all []OIDCProvider, base *url.URL, client *http.Client, clock candor.Clock) (map[string]*identityProvider, error) {
	if client == nil {
		client = &http.Client{Timeout: 10 * time.Second}
	}
	out := make(map[string]*identityProvider)
	for _, p := range all {
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("identity provider %q: %w", p.ID, err)
		}
		if out[p.ID] != nil {
			return nil, fmt.Errorf("two identity providers %q: %w", p.ID, candor.ErrInvalid)
		}
		back := url.URL{Scheme: base.Scheme, Host: base.Host, Path: OIDCCallback}
		scopes := append([]string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail}, p.Scopes...)
		out[p.ID] = &identityProvider{OIDCProvider: p, client: client, clock: clock,
			oauth: oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, RedirectURL: back.String(), Scopes: scopes}}
	}
	return out, nil
}

func (p OIDCProvider) check() error {
	issuer, err := url.Parse(p.Issuer)
	switch {
	case p.ID == "" || p.ID != url.PathEscape(p.ID):
		return candor.WithHint(fmt.Errorf("the id: %w", candor.ErrInvalid), "Use letters and digits.")
	case err != nil || issuer.Scheme != "https" || issuer.Host == "":
		return candor.WithHint(fmt.Errorf("the issuer %q: %w", p.Issuer, candor.ErrInvalid), "Write it as https://login.example.net, exactly as the provider does.")
	case p.ClientID == "":
		return fmt.Errorf("no client id: %w", candor.ErrInvalid)
	case len(p.Roles) == 0:
		return candor.WithHint(fmt.Errorf("no rules for roles: %w", candor.ErrInvalid), "Say which group gives which role; without, nobody gets in.")
	}
	for _, r := range p.Roles {
		if r.Group == "" || !r.Role.Staff() {
			return candor.WithHint(fmt.Errorf("group %q gives role %q: %w", r.Group, r.Role, candor.ErrInvalid), "Groups give one of admin, analyst and auditor.")
		}
	}
	return nil
}

// OIDCProviders are the identity providers in the order of the options, for
// the buttons of the sign-in page.
func (s *Service) OIDCProviders() []OIDCProvider { return slices.Clone(s.options.OIDC) }

// discover gives what the issuer says of itself. candor.ErrUnavailable says
// that it cannot be reached; it is asked again after a while that grows from
// one second to one minute.
func (p *identityProvider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	if p.failed != nil && p.clock().Before(p.retry) {
		return nil, p.failed
	}
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.Issuer)
	if err == nil {
		p.found, p.failed = found, nil
		return found, nil
	}
	err = candor.WithHint(fmt.Errorf("reach the identity provider %s: %w: %w", p.Name, candor.ErrUnavailable, err), "Try again in a minute, or sign in another way.")
	if !errors.Is(err, context.Canceled) { // somebody who went away says nothing of the issuer
		p.failed = err
		p.retry = p.clock().Add(min(time.Minute, time.Second<<min(p.failures, 6)))
		p.failures++
	}
	return nil, err
}
