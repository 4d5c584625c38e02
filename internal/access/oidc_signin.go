package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"candor"
)

// visit is the server's half of a visit to an identity provider.
type visit struct {
	Provider string `json:"provider"`
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"` // of PKCE (RFC 7636)
	Return   string `json:"return,omitempty"`
}

// BeginOIDC gives the address at the identity provider to which to send the
// browser, and what SetFlow is to keep. Whoever is signed in ties that account
// to the present user; others sign in. back is a path to go to afterwards.
// candor.ErrUnavailable says that the provider cannot be reached.
func (s *Service) BeginOIDC(ctx context.Context, provider, back string, c Client) (to, flow string, err error) {
	p := s.oidc[provider]
	if p == nil {
		return "", "", fmt.Errorf("identity provider %.40q: %w", provider, candor.ErrNotFound)
	}
	who := From(ctx)
	if who.User != "" {
		err = s.Recent(ctx)
	} else {
		err = s.gate.begin(c.Address)
	}
	if err != nil {
		return "", "", err
	}
	found, err := p.discover(ctx)
	if err != nil {
		return "", "", err
	}
	v := visit{Provider: provider, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Return: LocalPath(back)}
	half, err := s.ceremony(ctx, oidcSignIn, who.User, nil, v)
	if err != nil {
		return "", "", err
	}
	oauth := p.oauth
	oauth.Endpoint = found.Endpoint()
	return oauth.AuthCodeURL(v.State, oidc.Nonce(v.Nonce), oauth2.S256ChallengeOption(v.Verifier)), half.Flow, nil
}

// LocalPath gives a path of this server as it is, and "" for everything else,
// so that no link makes a page of ours send people elsewhere.
func LocalPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return ""
	}
	return path
}

// FinishOIDC takes the browser back from an identity provider, with the query
// that it brings, and lets the person in. candor.ErrDenied says why not, in
// words that the person can pass on to an administrator.
func (s *Service) FinishOIDC(ctx context.Context, flow string, query url.Values, c Client) (Entry, error) {
	var v visit
	kept, err := s.finish(ctx, flow, oidcSignIn, &v)
	if err != nil {
		return Entry{}, err
	}
	p := s.oidc[v.Provider]
	if p == nil {
		return Entry{}, fmt.Errorf("identity provider %.40q: %w", v.Provider, candor.ErrNotFound)
	}
	if kept.User != From(ctx).User {
		return Entry{}, errVisit("somebody else has signed in meanwhile")
	}
	who, err := p.identify(ctx, v, query)
	var e Entry
	if err == nil {
		err = s.store.Change(ctx, func(tx Tx) (err error) {
			e, err = s.admit(ctx, tx, p, who, kept.User, c)
			return err
		})
	}
	if errors.Is(err, candor.ErrDenied) {
		return Entry{}, errors.Join(err, s.failed(ctx, kept.User, ByOIDC, "identity provider "+p.ID, c))
	}
	e.Return = v.Return
	return e, err
}

// errVisit is the error for those who do not get in this way.
func errVisit(why string) error {
	return candor.WithHint(fmt.Errorf("sign in through an identity provider: %s: %w", why, candor.ErrDenied), "Begin again. If it happens again, tell an administrator what this page says.")
}

// identify checks what the browser brings and asks the provider for the ID
// token (OpenID Connect Core 1.0, 3.1.2.5 to 3.1.3.8).
func (p *identityProvider) identify(ctx context.Context, v visit, query url.Values) (identity, error) {
	if subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(v.State)) != 1 {
		return identity{}, errVisit("the answer belongs to another browser")
	}
	if iss := query.Get("iss"); iss != "" && iss != p.Issuer { // RFC 9207
		return identity{}, errVisit("the answer comes from another provider")
	}
	if code := query.Get("error"); code != "" {
		return identity{}, errVisit(fmt.Sprintf("the provider answered %.60q", code))
	}
	found, err := p.discover(ctx)
	if err != nil {
		return identity{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	oauth := p.oauth
	oauth.Endpoint = found.Endpoint()
	tokens, err := oauth.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(v.Verifier))
	if err != nil {
		return identity{}, exchangeErr(p.Name, err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	id, err := found.Verifier(&oidc.Config{ClientID: p.ClientID, Now: p.clock}).Verify(ctx, raw)
	if err != nil {
		return identity{}, fmt.Errorf("%w: %w", errVisit("the provider's token is not valid"), err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(v.Nonce)) != 1 {
		return identity{}, errVisit("the provider's token was made for another visit")
	}
	if id.AccessTokenHash != "" && id.VerifyAccessToken(tokens.AccessToken) != nil {
		return identity{}, errVisit("the provider's tokens do not belong together")
	}
	return p.read(id)
}

// exchangeErr tells a refusal from a provider that is down.
func exchangeErr(name string, err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < 500 {
		return fmt.Errorf("%w: %w", errVisit("the provider refused the code"), err)
	}
	return candor.WithHint(fmt.Errorf("reach the identity provider %s: %w: %w", name, candor.ErrUnavailable, err), "Try again in a minute, or sign in another way.")
}
