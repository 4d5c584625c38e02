package access

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"candor"
)

const (
	maxName = 200 // bytes of what people name themselves, keys and tokens
	maxTag  = 64  // bytes of a language or a time zone
)

// Invite adds a user and gives the secret of a link with which that user
// chooses a password: valid for a week, once. Who invites needs ManagePeople.
// candor.ErrChanged says that the mail is taken.
func (s *Service) Invite(ctx context.Context, by candor.Principal, u candor.User) (candor.User, string, error) {
	if err := Require(by, ManagePeople); err != nil {
		return u, "", err
	}
	u, err := s.newUser(u)
	if err != nil {
		return u, "", err
	}
	var secret string
	err = s.store.Change(ctx, func(tx Tx) (err error) {
		if err = s.addUser(ctx, tx, by.Actor(), u); err != nil {
			return err
		}
		secret, err = s.newLink(ctx, tx, by.Actor(), Invitation, u.ID)
		return err
	})
	return u, secret, err
}

// InviteAgain gives another link to a user, and makes those before it
// worthless: an invitation as long as there is no password, else a reset.
// Who asks needs ManagePeople.
func (s *Service) InviteAgain(ctx context.Context, by candor.Principal, user candor.ID) (secret string, purpose Purpose, err error) {
	if err := Require(by, ManagePeople); err != nil {
		return "", "", err
	}
	err = s.store.Change(ctx, func(tx Tx) error {
		if _, err := tx.User(ctx, user); err != nil {
			return fmt.Errorf("invite: %w", err)
		}
		purpose = Reset
		if _, err := tx.Password(ctx, user); errors.Is(err, candor.ErrNotFound) {
			purpose = Invitation
		} else if err != nil {
			return fmt.Errorf("invite: %w", err)
		}
		secret, err = s.newLink(ctx, tx, by.Actor(), purpose, user)
		return err
	})
	return secret, purpose, err
}

// newUser completes and checks a user who is to be added.
func (s *Service) newUser(u candor.User) (candor.User, error) {
	now := s.now()
	var err error
	u.ID, u.Created, u.Name = candor.NewID(now), now, strings.TrimSpace(u.Name)
	if u.Mail, err = checkMail(u.Mail); err != nil {
		return u, err
	}
	return u, checkUser(u)
}

// checkMail gives a mail address as it is kept.
func checkMail(text string) (string, error) {
	key := mailKey(text)
	if a, err := mail.ParseAddress(key); err != nil || a.Address != key {
		return key, candor.WithHint(fmt.Errorf("%.60q is no mail address: %w", key, candor.ErrInvalid), "Write it as name@example.net.")
	}
	return key, nil
}

func checkUser(u candor.User) error {
	switch {
	case u.Name == "" || len(u.Name) > maxName:
		return candor.WithHint(fmt.Errorf("the name of a user: %w", candor.ErrInvalid), "Give a name of at most 200 bytes.")
	case !slices.Contains(candor.Roles(), u.Role):
		return candor.WithHint(fmt.Errorf("the role %.40q: %w", u.Role, candor.ErrInvalid), "Choose one of admin, analyst, auditor, customer and subscriber.")
	case u.Role.Staff() != (u.Party == ""):
		return candor.WithHint(fmt.Errorf("a user of role %s, party %q: %w", u.Role, u.Party, candor.ErrInvalid), "Customers and subscribers belong to a party, staff to none.")
	}
	return errors.Join(checkLanguage(u.Language), checkZone(u.TimeZone))
}

// checkLanguage takes a BCP 47 tag, or none.
func checkLanguage(tag string) error {
	if _, err := language.Parse(tag); tag != "" && (err != nil || len(tag) > maxTag) {
		return candor.WithHint(fmt.Errorf("the language %.40q: %w", tag, candor.ErrInvalid), "Write it as en or zh-Hans.")
	}
	return nil
}

// checkZone takes the name of an IANA time zone, or none.
func checkZone(name string) error {
	if _, err := time.LoadLocation(name); name != "" && (err != nil || name == "Local" || len(name) > maxTag) {
		return candor.WithHint(fmt.Errorf("the time zone %.40q: %w", name, candor.ErrInvalid), "Write it as Europe/Vienna.")
	}
	return nil
}

func (s *Service) addUser(ctx context.Context, tx Tx, actor string, u candor.User) error {
	if err := tx.AddUser(ctx, u); err != nil {
		if errors.Is(err, candor.ErrChanged) {
			return candor.WithHint(fmt.Errorf("add a user: the mail address is taken: %w", err), "Look for the user among those who are disabled.")
		}
		return fmt.Errorf("add a user: %w", err)
	}
	return s.record(ctx, tx, actor, u.ID, entry{Event: UserAdded, Role: u.Role}, map[string]string{"name": u.Name, "mail": u.Mail})
}

// ChangeUser changes name, role, party, language, time zone and whether the
// user is disabled; the mail stays. Who changes needs ManagePeople. A user who
// is disabled, or has another role or party, is signed out everywhere; tokens
// follow the role by themselves. The last administrator stays one:
// candor.ErrInvalid.
func (s *Service) ChangeUser(ctx context.Context, by candor.Principal, u candor.User) error {
	if err := Require(by, ManagePeople); err != nil {
		return err
	}
	if err := checkUser(u); err != nil {
		return err
	}
	return s.store.Change(ctx, func(tx Tx) error {
		before, err := tx.User(ctx, u.ID)
		if err != nil {
			return fmt.Errorf("change a user: %w", err)
		}
		u.Mail, u.Created, u.SignedIn = before.Mail, before.Created, before.SignedIn
		if err := s.changeUser(ctx, tx, by.Actor(), before, u); err != nil {
			return err
		}
		n, err := tx.Admins(ctx)
		if err == nil && n == 0 {
			err = candor.WithHint(fmt.Errorf("no administrator would be left: %w", candor.ErrInvalid), "Make somebody else an administrator first.")
		}
		return err
	})
}

func (s *Service) changeUser(ctx context.Context, tx Tx, actor string, before, u candor.User) error {
	e := entry{Event: UserChanged, Role: u.Role}
	if before.Role != u.Role {
		e.Before = before.Role
	}
	if before.Disabled != u.Disabled {
		e.Off = &u.Disabled
	}
	err := errors.Join(tx.ChangeUser(ctx, u), s.record(ctx, tx, actor, u.ID, e, nil))
	if before.Role != u.Role || before.Party != u.Party || u.Disabled {
		err = errors.Join(err, tx.DeleteSessions(ctx, u.ID, ""), tx.DeleteSecrets(ctx, Reset, u.ID), tx.DeleteSecrets(ctx, Invitation, u.ID))
	}
	return err
}

// ChangeProfile changes what people may change about themselves: name,
// language and time zone.
func (s *Service) ChangeProfile(ctx context.Context, p candor.Principal, name, lang, zone string) error {
	if err := personally(p); err != nil {
		return err
	}
	return s.store.Change(ctx, func(tx Tx) error {
		before, err := tx.User(ctx, p.User)
		if err != nil {
			return fmt.Errorf("change a profile: %w", err)
		}
		u := before
		u.Name, u.Language, u.TimeZone = strings.TrimSpace(name), lang, zone
		if err := checkUser(u); err != nil {
			return err
		}
		return s.changeUser(ctx, tx, p.Actor(), before, u)
	})
}
