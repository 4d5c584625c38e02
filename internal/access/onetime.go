package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"candor"
)

// ceremony is how long a browser has for the second half of a ceremony.
const ceremony = 10 * time.Minute

// lasts is how long a one-time secret works if nobody uses it.
func (p Purpose) lasts() time.Duration {
	switch p {
	case FirstAdmin:
		return 24 * time.Hour
	case Invitation:
		return 7 * 24 * time.Hour
	case Reset:
		return time.Hour
	}
	return ceremony
}

var errLink = candor.WithHint(fmt.Errorf("the link does not work: %w", candor.ErrDenied), "Links work once and for a limited time. Ask for a new one.")

// newSecret makes a one-time secret and keeps its digest.
func (s *Service) newSecret(ctx context.Context, tx Tx, p Purpose, user candor.ID, data []byte) (string, error) {
	text, hash := newSecret()
	now := s.now()
	if err := tx.AddSecret(ctx, Secret{Hash: hash, Purpose: p, User: user, Data: data, Created: now, Expires: now.Add(p.lasts())}); err != nil {
		return "", fmt.Errorf("keep a one-time secret: %w", err)
	}
	return text, nil
}

// newLink makes the secret of a link, and those before it worthless.
func (s *Service) newLink(ctx context.Context, tx Tx, actor string, p Purpose, user candor.ID) (string, error) {
	if err := tx.DeleteSecrets(ctx, p, user); err != nil {
		return "", fmt.Errorf("withdraw links: %w", err)
	}
	text, err := s.newSecret(ctx, tx, p, user, nil)
	if err != nil {
		return "", err
	}
	return text, s.record(ctx, tx, actor, user, entry{Event: LinkMade, Purpose: p}, nil)
}

// take uses a secret up. What was kept with it comes back once.
func (s *Service) take(ctx context.Context, tx Tx, text string, p Purpose) (Secret, error) {
	kept, err := tx.TakeSecret(ctx, digest(text))
	if errors.Is(err, candor.ErrNotFound) {
		return Secret{}, errLink
	}
	if err != nil {
		return Secret{}, fmt.Errorf("use a one-time secret: %w", err)
	}
	if kept.Purpose != p || !s.now().Before(kept.Expires) {
		return Secret{}, errLink // and, the change undone, what it is good for still works
	}
	return kept, nil
}

// FirstAdmin gives the secret of a link that makes the first administrator,
// for a day and once, and makes those before it worthless. It is empty if
// there is an administrator.
func (s *Service) FirstAdmin(ctx context.Context) (secret string, err error) {
	err = s.store.Change(ctx, func(tx Tx) error {
		secret = ""
		n, err := tx.Admins(ctx)
		if err != nil || n > 0 {
			return err
		}
		secret, err = s.newLink(ctx, tx, candor.Principal{}.Actor(), FirstAdmin, "")
		return err
	})
	return secret, err
}

// Invited tells what a link is good for, without using it up: programs that
// look through mails open links before people do. candor.ErrDenied says that
// it does not work (any more). The user is zero for the first administrator.
func (s *Service) Invited(ctx context.Context, secret string) (Purpose, candor.User, error) {
	kept, err := s.store.Secret(ctx, digest(secret))
	if errors.Is(err, candor.ErrNotFound) || err == nil && !s.now().Before(kept.Expires) {
		return "", candor.User{}, errLink
	}
	if err != nil {
		return "", candor.User{}, fmt.Errorf("look at a link: %w", err)
	}
	switch kept.Purpose {
	case FirstAdmin:
		return kept.Purpose, candor.User{}, nil
	case Invitation, Reset:
		u, err := s.store.User(ctx, kept.User)
		if err == nil && u.Disabled {
			err = errLink
		}
		return kept.Purpose, u, err
	}
	return "", candor.User{}, errLink
}

// BeginAdmin makes the first administrator with the secret of FirstAdmin, and
// lets that person in. Name and Mail of u are used; a password that is refused
// (candor.ErrInvalid) does not use the secret up.
func (s *Service) BeginAdmin(ctx context.Context, secret string, u candor.User, pass string, c Client) (Entry, error) {
	if purpose, _, err := s.Invited(ctx, secret); err != nil || purpose != FirstAdmin {
		return Entry{}, errors.Join(errLink, err)
	}
	u, err := s.newUser(candor.User{Name: u.Name, Mail: u.Mail, Role: candor.RoleAdmin, Language: u.Language, TimeZone: u.TimeZone})
	if err != nil {
		return Entry{}, err
	}
	hash, err := s.newPassword(ctx, u, pass)
	if err != nil {
		return Entry{}, err
	}
	var e Entry
	err = s.store.Change(ctx, func(tx Tx) error {
		if _, err := s.take(ctx, tx, secret, FirstAdmin); err != nil {
			return err
		}
		switch n, err := tx.Admins(ctx); {
		case err != nil:
			return fmt.Errorf("count administrators: %w", err)
		case n > 0:
			return errLink
		}
		if err := s.addUser(ctx, tx, principal(u).Actor(), u); err != nil {
			return err
		}
		e, err = s.choose(ctx, tx, u, hash, c)
		return err
	})
	return e, err
}

// Redeem lets somebody choose a password with an invitation or a reset, and
// lets that person in. All other sessions of the user end. A password that is
// refused (candor.ErrInvalid) does not use the secret up.
func (s *Service) Redeem(ctx context.Context, secret, pass string, c Client) (Entry, error) {
	purpose, u, err := s.Invited(ctx, secret)
	if err != nil || purpose == FirstAdmin {
		return Entry{}, errors.Join(errLink, err)
	}
	hash, err := s.newPassword(ctx, u, pass)
	if err != nil {
		return Entry{}, err
	}
	var e Entry
	err = s.store.Change(ctx, func(tx Tx) error {
		kept, err := s.take(ctx, tx, secret, purpose)
		if err != nil {
			return err
		}
		now, err := tx.User(ctx, kept.User)
		if err != nil {
			return fmt.Errorf("redeem a link: %w", err)
		}
		e, err = s.choose(ctx, tx, now, hash, c)
		return err
	})
	return e, err
}

// choose keeps a password that came with a link, and lets the user in.
func (s *Service) choose(ctx context.Context, tx Tx, u candor.User, hash string, c Client) (Entry, error) {
	if err := s.setPassword(ctx, tx, principal(u).Actor(), u.ID, hash, ""); err != nil {
		return Entry{}, fmt.Errorf("keep a password: %w", err)
	}
	return s.enter(ctx, tx, u, ByLink, c)
}

// AskReset gives the secret of a link for the user with that mail, to be
// mailed to that user. The secret is empty if there is no such user or if
// the user asked too often: the page must say the same in each case, and send
// the mail after it has answered.
func (s *Service) AskReset(ctx context.Context, mail string, c Client) (u candor.User, secret string, err error) {
	if err := s.gate.begin(c.Address); err != nil {
		return u, "", err
	}
	mail = mailKey(mail)
	u, err = s.store.UserByMail(ctx, mail)
	if errors.Is(err, candor.ErrNotFound) || err == nil && (u.Disabled || s.gate.resets.Take(mail) > 0) {
		// It is recorded, and takes as long as what is done for an account.
		return candor.User{}, "", s.failed(ctx, u.ID, ByLink, "no link to choose another password", c)
	}
	if err != nil {
		return u, "", fmt.Errorf("look up an account: %w", err)
	}
	err = s.store.Change(ctx, func(tx Tx) (err error) {
		secret, err = s.newLink(ctx, tx, anonymous, Reset, u.ID)
		return err
	})
	return u, secret, err
}
