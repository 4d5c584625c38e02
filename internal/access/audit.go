package access

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"

	"candor"
)

// Event says what happened; it is the "event" of a record's body.
type Event string

const (
	SignedIn         Event = "sign-in"
	SignInFailed     Event = "sign-in.failed"
	SignedOut        Event = "sign-out"
	UserAdded        Event = "user.added"
	UserChanged      Event = "user.changed"
	PasswordChanged  Event = "password.changed"
	PasskeyAdded     Event = "passkey.added"
	PasskeyRemoved   Event = "passkey.removed"
	PasskeyCloned    Event = "passkey.cloned"
	IdentityLinked   Event = "identity.linked"
	IdentityUnlinked Event = "identity.unlinked"
	TokenMade        Event = "token.made"
	TokenRevoked     Event = "token.revoked"
	LinkMade         Event = "link.made" // an invitation, a reset, the first administrator's
)

// entry is what a record's body holds. Nothing in it is personal.
type entry struct {
	Event   Event       `json:"event"`
	Method  Method      `json:"method,omitempty"`
	Reason  string      `json:"reason,omitempty"` // of a failure, for the operator's eyes
	Purpose Purpose     `json:"purpose,omitempty"`
	Role    candor.Role `json:"role,omitempty"`
	Before  candor.Role `json:"role_before,omitempty"`
	Off     *bool       `json:"disabled,omitempty"`
	Token   candor.ID   `json:"token,omitempty"`
	Scopes  []string    `json:"scopes,omitempty"`
	All     bool        `json:"all_sessions,omitempty"`
}

// record adds an entry to the evidence log, in the transaction of the change.
func (s *Service) record(ctx context.Context, tx Tx, by string, about candor.ID, e entry, personal map[string]string) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write the record of %s: %w", e.Event, err)
	}
	now := s.now()
	r := candor.Record{ID: candor.NewID(now), Kind: candor.RecordAccess, At: now, Subject: about, Actor: by, Body: body, Personal: personal}
	if err := tx.Record(ctx, r); err != nil {
		return fmt.Errorf("record %s: %w", e.Event, err)
	}
	return nil
}

// anonymous is who acts before anybody has proved who they are.
const anonymous = "anonymous"

// failed records that somebody did not get in.
func (s *Service) failed(ctx context.Context, account candor.ID, m Method, reason string, c Client) error {
	return s.store.Change(ctx, func(tx Tx) error {
		return s.record(ctx, tx, anonymous, account, entry{Event: SignInFailed, Method: m, Reason: reason}, c.personal())
	})
}

// personal is where somebody came from.
func (c Client) personal() map[string]string {
	if c.Address == (netip.Addr{}) {
		return nil
	}
	return map[string]string{"address": c.Address.String()}
}
