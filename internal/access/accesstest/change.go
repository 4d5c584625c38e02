package accesstest

import (
	"context"
	"fmt"
	"maps"
	"time"

	"candor"
	"candor/internal/access"
)

var errTaken = fmt.Errorf("add: taken: %w", candor.ErrChanged)

func (s *state) AddUser(ctx context.Context, u candor.User) error {
	if _, err := s.UserByMail(ctx, u.Mail); err == nil {
		return errTaken
	}
	s.users[u.ID] = u
	return nil
}

func (s *state) ChangeUser(_ context.Context, u candor.User) error {
	before, err := find(s.users, u.ID)
	if err != nil {
		return err
	}
	u.Created = before.Created
	s.users[u.ID] = u
	return nil
}

func (s *state) SetPassword(_ context.Context, p access.Password) error {
	s.passwords[p.User] = p
	return nil
}

func (s *state) AddPasskey(ctx context.Context, p access.Passkey) error {
	if _, err := s.Passkey(ctx, p.Credential); err == nil {
		return errTaken
	}
	s.passkeys[p.ID] = p
	return nil
}

func (s *state) ChangePasskey(_ context.Context, p access.Passkey) error {
	k, err := find(s.passkeys, p.ID)
	if err != nil {
		return err
	}
	k.Name, k.Record, k.Cloned, k.Used = p.Name, p.Record, p.Cloned, p.Used
	s.passkeys[p.ID] = k
	return nil
}

func (s *state) DeletePasskey(_ context.Context, id candor.ID) error { return remove(s.passkeys, id) }

func (s *state) AddIdentity(_ context.Context, i access.Identity) error {
	key := [2]string{i.Issuer, i.Subject}
	if _, taken := s.identities[key]; taken {
		return errTaken
	}
	s.identities[key] = i
	return nil
}

func (s *state) DeleteIdentity(_ context.Context, issuer, subject string) error {
	return remove(s.identities, [2]string{issuer, subject})
}

func (s *state) AddToken(_ context.Context, t access.Token) error {
	s.tokens[t.ID] = t
	return nil
}

func (s *state) ChangeToken(_ context.Context, t access.Token) error {
	before, err := find(s.tokens, t.ID)
	if err != nil {
		return err
	}
	before.Used, before.Revoked = t.Used, t.Revoked
	s.tokens[t.ID] = before
	return nil
}

func (s *state) AddSession(_ context.Context, x access.Session) error {
	s.sessions[x.ID] = x
	return nil
}

func (s *state) TouchSession(_ context.Context, id candor.ID, seen time.Time) error {
	x, err := find(s.sessions, id)
	if err != nil {
		return err
	}
	x.Seen = seen
	s.sessions[id] = x
	return nil
}

func (s *state) DeleteSession(_ context.Context, id candor.ID) error { return remove(s.sessions, id) }

func (s *state) DeleteSessions(_ context.Context, user, keep candor.ID) error {
	maps.DeleteFunc(s.sessions, func(id candor.ID, x access.Session) bool { return x.User == user && id != keep })
	return nil
}

func (s *state) AddSecret(_ context.Context, x access.Secret) error {
	s.secrets[string(x.Hash)] = x
	return nil
}

func (s *state) TakeSecret(_ context.Context, hash []byte) (access.Secret, error) {
	x, err := find(s.secrets, string(hash))
	delete(s.secrets, string(hash))
	return x, err
}

func (s *state) DeleteSecrets(_ context.Context, p access.Purpose, user candor.ID) error {
	maps.DeleteFunc(s.secrets, func(_ string, x access.Secret) bool { return x.Purpose == p && x.User == user })
	return nil
}

func (s *state) DeleteExpired(_ context.Context, now, idle time.Time) error {
	maps.DeleteFunc(s.sessions, func(_ candor.ID, x access.Session) bool { return due(x.Expires, now) || due(x.Seen, idle) })
	maps.DeleteFunc(s.secrets, func(_ string, x access.Secret) bool { return due(x.Expires, now) })
	return nil
}

func (s *state) Record(_ context.Context, r candor.Record) error {
	s.records = append(s.records, r)
	return nil
}

func remove[K comparable, V any](m map[K]V, key K) error {
	_, err := find(m, key)
	delete(m, key)
	return err
}
