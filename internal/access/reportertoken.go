package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
)

// MakeReporterToken makes a token with which a program of a reporter, who is known by
// a mail address, hands in reports, and gives its text, which is not kept: it can be
// shown only now. It lets nobody do anything else. Zero expires is never. Needs
// ManagePeople.
func (s *Service) MakeReporterToken(ctx context.Context, p candor.Principal, reporter, name string, expires time.Time) (string, Token, error) {
	if err := Require(p, ManagePeople); err != nil {
		return "", Token{}, err
	}
	address, err := checkMail(reporter)
	if err != nil {
		return "", Token{}, err
	}
	now := s.now()
	t := Token{ID: candor.NewID(now), User: p.User, Reporter: address, Name: strings.TrimSpace(name), Scopes: []string{ScopeReport}, Created: now, Expires: expires.UTC()}
	if err := t.check(now); err != nil {
		return "", Token{}, err
	}
	text := newToken(t.ID)
	t.Hash = digest(text)
	err = s.store.Change(ctx, func(tx Tx) error {
		have, err := tx.ReporterTokens(ctx, address)
		if err != nil {
			return err
		}
		if err := t.roomBeside(have, now); err != nil {
			return err
		}
		return errors.Join(tx.AddToken(ctx, t), s.record(ctx, tx, p.Actor(), t.ID, entry{Event: TokenMade, Token: t.ID, Scopes: t.Scopes}, t.personal()))
	})
	if err != nil {
		return "", Token{}, fmt.Errorf("make a token of a reporter: %w", err)
	}
	return text, t, nil
}

// ReporterTokens are those of all reporters, newest first, revoked ones too. Needs
// ReadPeople.
func (s *Service) ReporterTokens(ctx context.Context, p candor.Principal) ([]Token, error) {
	if err := Require(p, ReadPeople); err != nil {
		return nil, err
	}
	return s.store.ReporterTokens(ctx, "")
}

// personal is whose programs the token is for, if they are a reporter's.
func (t Token) personal() map[string]string {
	if t.Reporter == "" {
		return nil
	}
	return map[string]string{"reporter": t.Reporter}
}

// roomBeside refuses one more token beside too many that work.
func (t Token) roomBeside(have []Token, now time.Time) error {
	have = slices.DeleteFunc(have, func(t Token) bool { return !t.Revoked.IsZero() || !t.Expires.IsZero() && !t.Expires.After(now) })
	if len(have) >= MostTokens {
		return candor.WithHint(fmt.Errorf("there are %d tokens already: %w", len(have), candor.ErrInvalid), "Revoke those that no program uses.")
	}
	return nil
}
