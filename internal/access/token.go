package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math/big"
	"slices"
	"strings"
	"time"

	"candor"
)

// A token reads
//
//	candor_<id, 22>_<secret, 43><CRC-32 of all before it, 6>
//
// with numbers in base 62 of fixed width. The name in front and the checksum
// let scanners of source code find tokens that leaked, without false alarms
// and without asking anybody; a token that was mistyped is refused without a
// look into the database.
const (
	tokenName   = "candor_"
	idChars     = 22 // of 128 bits
	secretChars = 43 // of 256 bits
	sumChars    = 6  // of 32 bits
	tokenLength = len(tokenName) + idChars + 1 + secretChars + sumChars
)

const digits62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// base62 writes b as a number of the given width.
func base62(b []byte, width int) string {
	n := new(big.Int).SetBytes(b).Text(62)
	return strings.Repeat("0", max(0, width-len(n))) + n
}

func tokenSum(text string) string {
	sum := crc32.ChecksumIEEE([]byte(text))
	return base62([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}, sumChars)
}

// newToken makes the text of a token.
func newToken(id candor.ID) string {
	var secret [32]byte
	rand.Read(secret[:]) // never fails: it ends the program rather than give weak bytes
	raw, _ := hex.DecodeString(strings.ReplaceAll(string(id), "-", ""))
	text := tokenName + base62(raw, idChars) + "_" + base62(secret[:], secretChars)
	return text + tokenSum(text)
}

// ParseToken gives the ID in the text of a token. False says that it is none,
// not that it would let nobody in.
func ParseToken(text string) (candor.ID, bool) {
	if len(text) != tokenLength || !strings.HasPrefix(text, tokenName) {
		return "", false
	}
	signed, sum := text[:tokenLength-sumChars], text[tokenLength-sumChars:]
	id, secret, ok := strings.Cut(signed[len(tokenName):], "_")
	if !ok || len(id) != idChars || strings.Trim(secret, digits62) != "" || tokenSum(signed) != sum {
		return "", false
	}
	n, ok := new(big.Int).SetString(id, 62)
	if !ok || n.Sign() < 0 || n.BitLen() > 128 || base62(n.Bytes(), idChars) != id {
		return "", false
	}
	h := hex.EncodeToString(n.FillBytes(make([]byte, 16)))
	return candor.ID(strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")), true
}

// MostTokens is how many tokens that work one user, or one reporter, can have.
const MostTokens = 50

// MakeToken makes a token for a program that acts for the principal, and gives
// its text, which is not kept: it can be shown only now. Zero expires is
// never.
func (s *Service) MakeToken(ctx context.Context, p candor.Principal, name string, scopes []string, expires time.Time) (string, Token, error) {
	if err := errors.Join(personally(p), Require(p, HoldTokens)); err != nil {
		return "", Token{}, err
	}
	now := s.now()
	t := Token{ID: candor.NewID(now), User: p.User, Name: strings.TrimSpace(name), Created: now, Expires: expires.UTC()}
	t.Scopes = slices.Compact(slices.Sorted(slices.Values(scopes)))
	if err := t.check(now); err != nil {
		return "", Token{}, err
	}
	text := newToken(t.ID)
	t.Hash = digest(text)
	err := s.store.Change(ctx, func(tx Tx) error {
		have, err := tx.Tokens(ctx, p.User)
		if err != nil {
			return err
		}
		if err := t.roomBeside(have, now); err != nil {
			return err
		}
		return errors.Join(tx.AddToken(ctx, t), s.record(ctx, tx, p.Actor(), p.User, entry{Event: TokenMade, Token: t.ID, Scopes: t.Scopes}, nil))
	})
	if err != nil {
		return "", Token{}, fmt.Errorf("make a token: %w", err)
	}
	return text, t, nil
}

func (t Token) check(now time.Time) error {
	unknown := slices.ContainsFunc(t.Scopes, func(s string) bool { return !slices.Contains(Scopes(), s) && (t.Reporter == "" || s != ScopeReport) })
	switch {
	case t.Name == "" || len(t.Name) > maxName:
		return candor.WithHint(fmt.Errorf("the name of a token: %w", candor.ErrInvalid), "Name the program that will use it, in at most 200 bytes.")
	case len(t.Scopes) == 0 || unknown:
		return candor.WithHint(fmt.Errorf("the scopes of a token: %w", candor.ErrInvalid), "Choose read, write, admin, flows or exchange.")
	case !t.Expires.IsZero() && !t.Expires.After(now):
		return candor.WithHint(fmt.Errorf("a token that has expired already: %w", candor.ErrInvalid), "Choose a later day.")
	}
	return nil
}

// Tokens are those of a user, newest first, revoked ones too. Others' tokens
// need ManagePeople.
func (s *Service) Tokens(ctx context.Context, p candor.Principal, user candor.ID) ([]Token, error) {
	if user != p.User || user == "" {
		if err := Require(p, ManagePeople); err != nil {
			return nil, err
		}
	}
	return s.store.Tokens(ctx, user)
}

// RevokeToken makes a token worthless at once. Others' tokens need
// ManagePeople; without it they are candor.ErrNotFound. A token may revoke
// itself, so that a program that was betrayed can say so.
func (s *Service) RevokeToken(ctx context.Context, p candor.Principal, id candor.ID) error {
	return s.store.Change(ctx, func(tx Tx) error {
		t, err := tx.Token(ctx, id)
		if err != nil {
			return fmt.Errorf("revoke a token: %w", err)
		}
		own := t.Reporter == "" && t.User == p.User && (p.Token == "" || p.Token == id)
		if !own && !Allowed(p, ManagePeople) {
			return fmt.Errorf("revoke a token: %w", candor.ErrNotFound)
		}
		if !t.Revoked.IsZero() {
			return nil
		}
		t.Revoked = s.now()
		about := t.User
		if t.Reporter != "" { // whoever made it is not who uses it
			about = t.ID
		}
		return errors.Join(tx.ChangeToken(ctx, t), s.record(ctx, tx, p.Actor(), about, entry{Event: TokenRevoked, Token: id}, t.personal()))
	})
}

var errToken = candor.WithHint(fmt.Errorf("the token does not work: %w", ErrSignedOut), "Check that it was copied whole, and that it was not revoked and has not expired.")

// UseToken gives the principal for whom a token stands: its owner as of now,
// narrowed by its scopes, or the reporter for whom it was made. ErrSignedOut says that the token does not work.
func (s *Service) UseToken(ctx context.Context, text string) (candor.Principal, error) {
	id, ok := ParseToken(text)
	if !ok {
		return candor.Principal{}, errToken
	}
	t, err := s.store.Token(ctx, id)
	if err != nil {
		return candor.Principal{}, tokenErr(err)
	}
	now := s.now()
	if subtle.ConstantTimeCompare(t.Hash, digest(text)) != 1 || !t.Revoked.IsZero() || !t.Expires.IsZero() && !now.Before(t.Expires) {
		return candor.Principal{}, errToken
	}
	if t.Reporter != "" {
		p := candor.Principal{Name: t.Reporter, Role: candor.RoleReporter, Token: t.ID, Scopes: t.Scopes, Reporter: t.Reporter}
		return p, s.touchToken(ctx, t, now)
	}
	u, err := s.store.User(ctx, t.User)
	if err != nil {
		return candor.Principal{}, tokenErr(err)
	}
	p := principal(u)
	if u.Disabled || !Allowed(p, HoldTokens) {
		return candor.Principal{}, errToken
	}
	p.Token, p.Scopes = t.ID, t.Scopes
	return p, s.touchToken(ctx, t, now)
}

// touchToken notes once a minute that the token was used. That nothing can be
// written keeps nobody from reading.
func (s *Service) touchToken(ctx context.Context, t Token, now time.Time) error {
	if now.Sub(t.Used) < time.Minute {
		return nil
	}
	err := s.store.Change(ctx, func(tx Tx) error {
		latest, err := tx.Token(ctx, t.ID)
		if err != nil || !latest.Revoked.IsZero() {
			return errors.Join(err, errToken)
		}
		latest.Used = now
		return tx.ChangeToken(ctx, latest)
	})
	if errors.Is(err, ErrSignedOut) {
		return errToken
	}
	return nil
}

func tokenErr(err error) error {
	if errors.Is(err, candor.ErrNotFound) {
		return errToken
	}
	return fmt.Errorf("look up a token: %w", err)
}
