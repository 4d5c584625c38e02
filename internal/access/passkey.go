package access

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"candor"
)

const (
	maxPasskeys = 20       // of one user
	maxResponse = 64 << 10 // bytes of a browser's answer in a ceremony
)

// Ceremony is the first half of a ceremony with a browser: Options are for
// navigator.credentials, Flow is for SetFlow.
type Ceremony struct {
	Options json.RawMessage
	Flow    string
}

// relyingParty is this server as authenticators know it. Keys must be
// discoverable and must have made sure of their owner (by a PIN, a finger): they
// stand for name and password both. What brand a key is does not matter here,
// so it is not asked.
func relyingParty(base *url.URL, name string) (*webauthn.WebAuthn, error) {
	return webauthn.New(&webauthn.Config{
		RPID:                  base.Hostname(),
		RPDisplayName:         name,
		RPOrigins:             []string{base.Scheme + "://" + base.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: protocol.ResidentKeyRequired(),
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			UserVerification:   protocol.VerificationRequired,
		},
	})
}

// owner is a user with all passkeys, as the library asks for it.
type owner struct {
	user candor.User
	keys []Passkey
	raw  []webauthn.Credential
}

func (o *owner) WebAuthnID() []byte                         { return []byte(o.user.ID) }
func (o *owner) WebAuthnName() string                       { return o.user.Mail }
func (o *owner) WebAuthnDisplayName() string                { return o.user.Name }
func (o *owner) WebAuthnCredentials() []webauthn.Credential { return o.raw }

func owned(ctx context.Context, r Reader, user candor.ID) (*owner, error) {
	u, err := r.User(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("look up a user: %w", err)
	}
	o := &owner{user: u}
	if o.keys, err = r.Passkeys(ctx, user); err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	for _, k := range o.keys {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Record, &c); err != nil {
			return nil, fmt.Errorf("read passkey %s: %w", k.ID, err)
		}
		o.raw = append(o.raw, c)
	}
	return o, nil
}

// HasPasskeys tells whether passkeys can be used at all: the console's address
// must be a name, not 127.0.0.1.
func (s *Service) HasPasskeys() bool { return s.webauthn != nil }

var errNoPasskeys = candor.WithHint(fmt.Errorf("passkeys at an address without a name: %w", candor.ErrInvalid),
	"Open the console by its name; for a trial on one machine that is localhost.")

// Passkeys are those of the principal, oldest first.
func (s *Service) Passkeys(ctx context.Context, p candor.Principal) ([]Passkey, error) {
	if err := personally(p); err != nil {
		return nil, err
	}
	return s.store.Passkeys(ctx, p.User)
}

// BeginPasskey begins to add a passkey to the principal of the context, who
// must have signed in recently.
func (s *Service) BeginPasskey(ctx context.Context) (Ceremony, error) {
	if !s.HasPasskeys() {
		return Ceremony{}, errNoPasskeys
	}
	if err := s.Recent(ctx); err != nil {
		return Ceremony{}, err
	}
	o, err := owned(ctx, s.store, From(ctx).User)
	if err != nil {
		return Ceremony{}, err
	}
	if len(o.raw) >= maxPasskeys {
		return Ceremony{}, candor.WithHint(fmt.Errorf("add passkey %d: %w", maxPasskeys+1, candor.ErrInvalid), "Remove one that you do not use any more.")
	}
	options, half, err := s.webauthn.BeginRegistration(o, webauthn.WithExclusions(webauthn.Credentials(o.raw).CredentialDescriptors()))
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin to add a passkey: %w", err)
	}
	return s.ceremony(ctx, passkeyAdd, o.user.ID, options, half)
}

// ceremony keeps the server's half.
func (s *Service) ceremony(ctx context.Context, p Purpose, user candor.ID, options, half any) (Ceremony, error) {
	public, err1 := json.Marshal(options)
	kept, err2 := json.Marshal(half)
	if err := errors.Join(err1, err2); err != nil {
		return Ceremony{}, fmt.Errorf("begin a ceremony: %w", err)
	}
	c := Ceremony{Options: public}
	err := s.store.Change(ctx, func(tx Tx) (err error) {
		c.Flow, err = s.newSecret(ctx, tx, p, user, kept)
		return err
	})
	return c, err
}

// finish gives the server's half back, once: a second answer finds nothing,
// whatever became of the first.
func (s *Service) finish(ctx context.Context, flow string, p Purpose, half any) (kept Secret, err error) {
	err = s.store.Change(ctx, func(tx Tx) (err error) {
		kept, err = s.take(ctx, tx, flow, p)
		return err
	})
	if errors.Is(err, errLink) {
		return kept, candor.WithHint(fmt.Errorf("finish what was begun: %w", candor.ErrDenied), "Too much time went by, or it was done already. Begin again.")
	}
	if err != nil {
		return kept, err
	}
	if err := json.Unmarshal(kept.Data, half); err != nil {
		return kept, fmt.Errorf("read the half of a ceremony: %w", err)
	}
	return kept, nil
}

// FinishPasskey adds the passkey that the browser made, under a name that the
// user gave. candor.ErrChanged says that the key is registered already.
func (s *Service) FinishPasskey(ctx context.Context, flow, name string, response []byte) (Passkey, error) {
	p := From(ctx)
	if err := personally(p); err != nil {
		return Passkey{}, err
	}
	name, err := keyName(name)
	if err != nil {
		return Passkey{}, err
	}
	var half webauthn.SessionData
	kept, err := s.finish(ctx, flow, passkeyAdd, &half)
	if err != nil {
		return Passkey{}, err
	}
	if kept.User != p.User {
		return Passkey{}, errPasskey
	}
	credential, err := s.registered(ctx, p.User, half, response)
	if err != nil {
		return Passkey{}, err
	}
	now := s.now()
	k := Passkey{ID: candor.NewID(now), User: p.User, Credential: credential.ID, Name: name, Created: now}
	if k.Record, err = json.Marshal(credential); err != nil {
		return Passkey{}, fmt.Errorf("write a passkey: %w", err)
	}
	err = s.store.Change(ctx, func(tx Tx) error {
		return errors.Join(tx.AddPasskey(ctx, k), s.record(ctx, tx, p.Actor(), p.User, entry{Event: PasskeyAdded, Method: ByPasskey}, nil))
	})
	return k, err
}

// registered checks the answer of a registration ceremony.
func (s *Service) registered(ctx context.Context, user candor.ID, half webauthn.SessionData, response []byte) (*webauthn.Credential, error) {
	if len(response) > maxResponse {
		return nil, errPasskey
	}
	parsed, err := protocol.ParseCredentialCreationResponseBody(bytes.NewReader(response))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPasskey, err)
	}
	o, err := owned(ctx, s.store, user)
	if err != nil {
		return nil, err
	}
	credential, err := s.webauthn.CreateCredential(o, half, parsed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPasskey, err)
	}
	return credential, nil
}

func keyName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxName {
		return "", candor.WithHint(fmt.Errorf("the name of a passkey: %w", candor.ErrInvalid), "Give a name by which you will know the key, of at most 200 bytes.")
	}
	return name, nil
}

// RenamePasskey gives a passkey of the principal another name.
func (s *Service) RenamePasskey(ctx context.Context, p candor.Principal, id candor.ID, name string) error {
	name, err := keyName(name)
	if err != nil {
		return err
	}
	return s.changePasskey(ctx, p, id, func(tx Tx, k Passkey) error {
		k.Name = name
		return tx.ChangePasskey(ctx, k)
	})
}

// RemovePasskey makes a passkey of the principal worthless here.
func (s *Service) RemovePasskey(ctx context.Context, p candor.Principal, id candor.ID) error {
	return s.changePasskey(ctx, p, id, func(tx Tx, k Passkey) error {
		return errors.Join(tx.DeletePasskey(ctx, id), s.record(ctx, tx, p.Actor(), p.User, entry{Event: PasskeyRemoved, Method: ByPasskey}, nil))
	})
}

func (s *Service) changePasskey(ctx context.Context, p candor.Principal, id candor.ID, do func(Tx, Passkey) error) error {
	if err := personally(p); err != nil {
		return err
	}
	return s.store.Change(ctx, func(tx Tx) error {
		keys, err := tx.Passkeys(ctx, p.User)
		if err != nil {
			return fmt.Errorf("list passkeys: %w", err)
		}
		for _, k := range keys {
			if k.ID == id {
				return do(tx, k)
			}
		}
		return fmt.Errorf("change a passkey: %w", candor.ErrNotFound)
	})
}
