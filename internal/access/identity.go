package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"

	"candor"
)

// identity is what an identity provider says of somebody.
type identity struct {
	issuer, subject string
	mail, name      string
	role            candor.Role
}

// read takes the claims that matter out of an ID token.
func (p *identityProvider) read(id *oidc.IDToken) (identity, error) {
	var claims struct {
		Mail     string          `json:"email"`
		Verified json.RawMessage `json:"email_verified"` // some providers write "true"
		Name     string          `json:"name"`
	}
	var all map[string]any
	if err := errors.Join(id.Claims(&claims), id.Claims(&all)); err != nil {
		return identity{}, fmt.Errorf("%w: %w", errVisit("the provider's token cannot be read"), err)
	}
	who := identity{issuer: id.Issuer, subject: id.Subject, mail: mailKey(claims.Mail), name: strings.TrimSpace(claims.Name)}
	verified := strings.Trim(string(claims.Verified), `"`) == "true"
	if !verified && !p.UnverifiedMail {
		return identity{}, errVisit("the provider has not verified your mail address")
	}
	who.role = p.role(groups(all, p.Groups))
	if who.role == "" {
		return identity{}, candor.WithHint(fmt.Errorf("none of your groups at %s gives access: %w", p.Name, candor.ErrDenied), "Ask an administrator to put you into a group that does.")
	}
	if who.name == "" || len(who.name) > maxName {
		who.name = who.mail
	}
	return who, nil
}

// role gives that of the first rule that fits, empty for none.
func (p *identityProvider) role(groups []string) candor.Role {
	for _, r := range p.Roles {
		if slices.Contains(groups, r.Group) {
			return r.Role
		}
	}
	return ""
}

// groups gives the texts under a claim. A claim whose name has dots is looked
// for as it is (names of some providers are URLs), then step by step.
func groups(claims map[string]any, name string) []string {
	if name == "" {
		name = "groups"
	}
	value, ok := claims[name]
	if !ok {
		value = any(claims)
		for step := range strings.SplitSeq(name, ".") {
			within, _ := value.(map[string]any)
			value = within[step]
		}
	}
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, g := range v {
			if text, ok := g.(string); ok {
				out = append(out, text)
			}
		}
		return out
	}
	return nil
}

// admit lets somebody in whom an identity provider vouches for, or, if a user
// is signed in, ties that account to the user.
func (s *Service) admit(ctx context.Context, tx Tx, p *identityProvider, who identity, present candor.ID, c Client) (Entry, error) {
	u, err := s.userOf(ctx, tx, p, who, present)
	if err != nil {
		return Entry{}, err
	}
	if u.Disabled {
		return Entry{}, errVisit("the account here is disabled")
	}
	if !u.Role.Staff() {
		return Entry{}, errVisit("the account here is not one of staff")
	}
	if u.Role != who.role { // the provider's groups decide, at every sign-in
		before := u
		u.Role = who.role
		if err := s.changeUser(ctx, tx, p.actor(), before, u); err != nil {
			return Entry{}, err
		}
	}
	return s.enter(ctx, tx, u, ByOIDC, c)
}

func (p *identityProvider) actor() string { return "oidc:" + p.ID }

// userOf finds the user for an identity: by issuer and subject; and else, where
// that is allowed, one who is tied to it from now on.
func (s *Service) userOf(ctx context.Context, tx Tx, p *identityProvider, who identity, present candor.ID) (candor.User, error) {
	switch tied, err := tx.Identity(ctx, who.issuer, who.subject); {
	case err == nil && present != "" && tied.User != present:
		return candor.User{}, errVisit("that account belongs to another user here")
	case err == nil:
		return tx.User(ctx, tied.User)
	case !errors.Is(err, candor.ErrNotFound):
		return candor.User{}, fmt.Errorf("look up an identity: %w", err)
	}
	u, err := s.newcomer(ctx, tx, p, who, present)
	if err != nil {
		return u, err
	}
	link := Identity{Issuer: who.issuer, Subject: who.subject, User: u.ID, Created: s.now()}
	return u, errors.Join(
		tx.AddIdentity(ctx, link),
		s.record(ctx, tx, p.actor(), u.ID, entry{Event: IdentityLinked, Method: ByOIDC}, map[string]string{"subject": who.subject}),
	)
}

// newcomer decides which user an identity that nobody knows is tied to.
func (s *Service) newcomer(ctx context.Context, tx Tx, p *identityProvider, who identity, present candor.ID) (candor.User, error) {
	if present != "" {
		return tx.User(ctx, present)
	}
	u, err := tx.UserByMail(ctx, who.mail)
	switch {
	case err == nil && p.LinkByMail:
		return u, nil
	case err == nil:
		return u, candor.WithHint(fmt.Errorf("an account with your mail address exists, and is not tied to %s: %w", p.Name, candor.ErrDenied),
			"Sign in the way you did before, and tie the two in your profile.")
	case !errors.Is(err, candor.ErrNotFound):
		return u, fmt.Errorf("look up an account: %w", err)
	case !p.Create:
		return u, candor.WithHint(fmt.Errorf("there is no account for you: %w", candor.ErrDenied), "Ask an administrator to invite you.")
	}
	if u, err = s.newUser(candor.User{Name: who.name, Mail: who.mail, Role: who.role}); err != nil {
		return u, fmt.Errorf("%w: %w", errVisit("the provider says too little about you"), err)
	}
	return u, s.addUser(ctx, tx, p.actor(), u)
}

// Identities are the accounts elsewhere that the principal is tied to.
func (s *Service) Identities(ctx context.Context, p candor.Principal) ([]Identity, error) {
	if err := personally(p); err != nil {
		return nil, err
	}
	return s.store.Identities(ctx, p.User)
}

// Unlink unties an account elsewhere from the principal of the context.
func (s *Service) Unlink(ctx context.Context, issuer, subject string) error {
	if err := s.Recent(ctx); err != nil {
		return err
	}
	p := From(ctx)
	return s.store.Change(ctx, func(tx Tx) error {
		tied, err := tx.Identity(ctx, issuer, subject)
		if err != nil || tied.User != p.User {
			return errors.Join(fmt.Errorf("untie an account: %w", candor.ErrNotFound), ignoreNotFound(err))
		}
		return errors.Join(tx.DeleteIdentity(ctx, issuer, subject),
			s.record(ctx, tx, p.Actor(), p.User, entry{Event: IdentityUnlinked, Method: ByOIDC}, map[string]string{"subject": subject}))
	})
}
