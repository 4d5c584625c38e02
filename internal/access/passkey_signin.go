package access

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"candor"
)

var (
	errPasskey = candor.WithHint(fmt.Errorf("use a passkey: %w", candor.ErrDenied), "Try again, or sign in another way.")
	errCloned  = candor.WithHint(fmt.Errorf("use a passkey of which there may be a copy: %w", candor.ErrDenied),
		"Sign in another way, remove this key and add it again. If you did not copy it, tell an administrator.")
)

// BeginPasskeySignIn begins a sign-in without a name: the authenticator knows
// whose key it is. *Wait says that this network began too many.
func (s *Service) BeginPasskeySignIn(ctx context.Context, c Client) (Ceremony, error) {
	if !s.HasPasskeys() {
		return Ceremony{}, errNoPasskeys
	}
	if err := s.gate.begin(c.Address); err != nil {
		return Ceremony{}, err
	}
	options, half, err := s.webauthn.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin to sign in by passkey: %w", err)
	}
	return s.ceremony(ctx, passkeySignIn, "", options, half)
}

// FinishPasskeySignIn lets in whom the browser's answer proves. Everybody else
// is candor.ErrDenied. A key whose counter went backwards lets nobody in any
// more: there may be a copy of it (Web Authentication 3, 6.1.1).
func (s *Service) FinishPasskeySignIn(ctx context.Context, flow string, response []byte, c Client) (Entry, error) {
	var half webauthn.SessionData
	if _, err := s.finish(ctx, flow, passkeySignIn, &half); err != nil {
		return Entry{}, err
	}
	if len(response) > maxResponse {
		return Entry{}, errPasskey
	}
	parsed, err := protocol.ParseCredentialRequestResponseBody(bytes.NewReader(response))
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %w", errPasskey, err)
	}
	var e Entry
	var outcome error // of a change that must stay: that a key was copied
	err = s.store.Change(ctx, func(tx Tx) (err error) {
		outcome = nil
		e, outcome, err = s.asserted(ctx, tx, half, parsed, c)
		return err
	})
	if errors.Is(err, errPasskey) {
		var claimed candor.ID
		if k, lookErr := s.store.Passkey(ctx, parsed.RawID); lookErr == nil {
			claimed = k.User
		}
		err = errors.Join(err, s.failed(ctx, claimed, ByPasskey, "not proved", c))
	}
	if err = errors.Join(err, outcome); err != nil {
		return Entry{}, err
	}
	return e, nil
}

// asserted checks the answer of an authentication ceremony against the key as
// it is in this transaction, so that two answers cannot use one count.
func (s *Service) asserted(ctx context.Context, tx Tx, half webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData, c Client) (e Entry, outcome, err error) {
	key, err := tx.Passkey(ctx, parsed.RawID)
	if errors.Is(err, candor.ErrNotFound) {
		return e, nil, errPasskey
	}
	if err != nil {
		return e, nil, fmt.Errorf("look up a passkey: %w", err)
	}
	o, err := owned(ctx, tx, key.User)
	if err != nil {
		return e, nil, err
	}
	byHandle := func(_, handle []byte) (webauthn.User, error) {
		if !bytes.Equal(handle, o.WebAuthnID()) {
			return nil, errPasskey
		}
		return o, nil
	}
	credential, err := s.webauthn.ValidateDiscoverableLogin(byHandle, half, parsed)
	if err != nil {
		return e, nil, fmt.Errorf("%w: %w", errPasskey, err)
	}
	if key.Cloned {
		return e, errCloned, nil
	}
	key.Used = s.now()
	key.Cloned = credential.Authenticator.CloneWarning
	if key.Record, err = json.Marshal(credential); err != nil {
		return e, nil, fmt.Errorf("write a passkey: %w", err)
	}
	if err := tx.ChangePasskey(ctx, key); err != nil {
		return e, nil, fmt.Errorf("note the use of a passkey: %w", err)
	}
	if key.Cloned {
		return e, errCloned, s.record(ctx, tx, anonymous, key.User, entry{Event: PasskeyCloned, Method: ByPasskey}, c.personal())
	}
	if o.user.Disabled {
		return e, nil, errPasskey
	}
	e, err = s.enter(ctx, tx, o.user, ByPasskey, c)
	return e, nil, err
}
