package access

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"candor"
	"candor/internal/access/password"
)

// errSignIn is the one answer to everybody who does not get in, so that it
// tells nobody which accounts exist.
var errSignIn = candor.WithHint(fmt.Errorf("sign in: %w", candor.ErrDenied), "Check the mail address and the password. If you forgot the password, ask for a link to set another one.")

var errBefore = candor.WithHint(fmt.Errorf("the present password is another one: %w", candor.ErrDenied), "Type the password that you sign in with now.")

// SignIn lets somebody in by password. candor.ErrDenied says no, in the same
// words and after the same work whether the account exists, has a password or
// is disabled. *Wait says that there were too many attempts;
// candor.ErrUnavailable that too many sign in at once.
func (s *Service) SignIn(ctx context.Context, mail, pass string, c Client) (Entry, error) {
	mail = mailKey(mail)
	u, known, err := s.account(ctx, mail)
	if err != nil {
		return Entry{}, err
	}
	try, err := s.gate.enter(mail, c.Address, s.knownDevice(c.device, u.ID))
	if err != nil {
		return Entry{}, err
	}
	ok, outdated, err := s.hasher.Verify(ctx, pass, known.Hash)
	if err != nil {
		try.passed()
		return Entry{}, fmt.Errorf("sign in: %w", err)
	}
	if !ok || u.Disabled {
		return Entry{}, errors.Join(errSignIn, s.failed(ctx, u.ID, ByPassword, whyNot(u, known), c))
	}
	try.passed()
	fresh := known
	if outdated {
		if fresh.Hash, err = s.hasher.Hash(ctx, pass); err != nil {
			fresh = known // the old hash serves until the next time
		}
	}
	var e Entry
	err = s.store.Change(ctx, func(tx Tx) (err error) {
		e, err = s.enterByPassword(ctx, tx, u.ID, known, fresh, c)
		return err
	})
	return e, err
}

// account looks up who has the mail, and that user's password. Both are zero
// for nobody.
func (s *Service) account(ctx context.Context, mail string) (candor.User, Password, error) {
	u, err := s.store.UserByMail(ctx, mail)
	if ignoreNotFound(err) != nil {
		return u, Password{}, fmt.Errorf("look up an account: %w", err)
	}
	// Nobody's password is looked up too, so that it takes the same time.
	p, err := s.store.Password(ctx, u.ID)
	if ignoreNotFound(err) != nil {
		return u, p, fmt.Errorf("look up a password: %w", err)
	}
	return u, p, nil
}

// whyNot is for the operator, who reads it in the record.
func whyNot(u candor.User, p Password) string {
	switch {
	case u.ID == "":
		return "no such account"
	case u.Disabled:
		return "disabled"
	case p.Hash == "":
		return "no password set"
	}
	return "wrong password"
}

// enterByPassword makes sure that the account and the password are still what
// they were when the hash was worked out.
func (s *Service) enterByPassword(ctx context.Context, tx Tx, id candor.ID, known, fresh Password, c Client) (Entry, error) {
	u, err := tx.User(ctx, id)
	if err != nil {
		return Entry{}, fmt.Errorf("sign in: %w", err)
	}
	now, err := tx.Password(ctx, id)
	if err != nil {
		return Entry{}, fmt.Errorf("sign in: %w", err)
	}
	if now.Hash != known.Hash {
		return Entry{}, errSignIn
	}
	if fresh.Hash != known.Hash {
		if err := tx.SetPassword(ctx, fresh); err != nil {
			return Entry{}, fmt.Errorf("keep a password hashed anew: %w", err)
		}
	}
	return s.enter(ctx, tx, u, ByPassword, c)
}

// ChangePassword sets another password and ends all other sessions. before
// must be right if there is a password; without one the sign-in must be
// recent. Wrong guesses count like those of a sign-in.
func (s *Service) ChangePassword(ctx context.Context, before, after string, c Client) error {
	p := From(ctx)
	if err := personally(p); err != nil {
		return err
	}
	u, err := s.store.User(ctx, p.User)
	if err != nil {
		return fmt.Errorf("change the password: %w", err)
	}
	if err := s.prove(ctx, u, before, c); err != nil {
		return err
	}
	hash, err := s.newPassword(ctx, u, after)
	if err != nil {
		return err
	}
	keep, _ := SessionFrom(ctx)
	return s.store.Change(ctx, func(tx Tx) error { return s.setPassword(ctx, tx, p.Actor(), u.ID, hash, keep.ID) })
}

// prove asks for the password that the user has.
func (s *Service) prove(ctx context.Context, u candor.User, before string, c Client) error {
	known, err := s.store.Password(ctx, u.ID)
	if errors.Is(err, candor.ErrNotFound) {
		return s.Recent(ctx)
	}
	if err != nil {
		return fmt.Errorf("look up a password: %w", err)
	}
	try, err := s.gate.enter(u.Mail, c.Address, s.knownDevice(c.device, u.ID))
	if err != nil {
		return err
	}
	ok, _, err := s.hasher.Verify(ctx, before, known.Hash)
	if ok || err != nil {
		try.passed()
	}
	if !ok && err == nil {
		err = errors.Join(errBefore, s.failed(ctx, u.ID, ByPassword, "wrong present password", c))
	}
	return err
}

// newPassword judges and hashes a password that somebody chose.
func (s *Service) newPassword(ctx context.Context, u candor.User, pass string) (string, error) {
	if err := password.Judge(pass, u.Name, u.Mail, s.options.Provider); err != nil {
		return "", err
	}
	return s.hasher.Hash(ctx, pass)
}

// setPassword keeps it, and ends all sessions and links that the one before
// may have let somebody have.
func (s *Service) setPassword(ctx context.Context, tx Tx, actor string, user candor.ID, hash string, keep candor.ID) error {
	return errors.Join(
		tx.SetPassword(ctx, Password{User: user, Hash: hash, Changed: s.now()}),
		tx.DeleteSessions(ctx, user, keep),
		tx.DeleteSecrets(ctx, Reset, user),
		tx.DeleteSecrets(ctx, Invitation, user),
		s.record(ctx, tx, actor, user, entry{Event: PasswordChanged, All: true}, nil),
	)
}

// maxMail is the longest mail address (RFC 5321, 4.5.3.1.3).
const maxMail = 254

// mailKey is the form in which mail addresses are compared. What is too long
// to be one becomes the empty address, which nobody has.
func mailKey(mail string) string {
	if len(mail) > maxMail {
		return ""
	}
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(mail)))
}
