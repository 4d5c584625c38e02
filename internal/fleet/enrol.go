package fleet

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"candor"
	"candor/internal/fleet/wire"
)

// tokenLife is how long a token works.
const tokenLife = 24 * time.Hour

// Token makes a token with which a machine enrols once, within 24 hours, as
// the agent of a server. An agent that the server has until then is revoked
// when it is used.
func (s *Service) Token(ctx context.Context, server candor.ID, by string) (text string, expires time.Time, err error) {
	i, err := s.keptIssuer(ctx) // its key is not needed
	if err != nil {
		return "", expires, fmt.Errorf("the issuer of agents' certificates: %w", err)
	}
	var t wire.Token
	rand.Read(t.Secret[:])
	t.Issuer = sha256.Sum256(i.Certificate)
	now := s.Clock().UTC()
	k := candor.AgentToken{Hash: hashOf(t.SecretText()), Asset: server, By: by, Created: now, Expires: now.Add(tokenLife)}
	err = s.Store.Tx(ctx, func(tx Tx) error {
		a, err := tx.Asset(ctx, candor.Everything, server)
		if err != nil {
			return err
		}
		if a.Kind != candor.Server || a.Retired {
			return candor.WithHint(fmt.Errorf("%s is no server: %w", a.Name, candor.ErrInvalid), "Add an asset of the kind server, and name it as the server of its sites.")
		}
		if err := tx.AddAgentToken(ctx, k); err != nil {
			return err
		}
		return s.record(ctx, tx, by, server, map[string]any{"agent": "token made", "server": server, "expires": k.Expires})
	})
	if err != nil {
		return "", expires, fmt.Errorf("make a token for an agent: %w", err)
	}
	return t.String(), k.Expires, nil
}

// RevokeToken makes a token worthless that was not used: any other is
// candor.ErrNotFound.
func (s *Service) RevokeToken(ctx context.Context, hash, by string) error {
	err := s.Store.Tx(ctx, func(tx Tx) error {
		k, err := tx.AgentToken(ctx, hash)
		if err != nil {
			return err
		}
		if err := tx.DeleteAgentToken(ctx, hash); err != nil {
			return err
		}
		return s.record(ctx, tx, by, k.Asset, map[string]any{"agent": "token revoked", "server": k.Asset})
	})
	if err != nil {
		return fmt.Errorf("revoke a token for an agent: %w", err)
	}
	return nil
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// record keeps what was done about agents.
func (s *Service) record(ctx context.Context, tx Tx, by string, subject candor.ID, body map[string]any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	now := s.Clock().UTC()
	return tx.AddRecord(ctx, candor.Record{ID: candor.NewID(now), Kind: candor.RecordDecision, At: now, Subject: subject, Actor: by, Body: text})
}

// readRequest reads a certificate request: of its key only.
func readRequest(der []byte) (*x509.CertificateRequest, string, error) {
	r, err := x509.ParseCertificateRequest(der)
	if err == nil {
		err = r.CheckSignature()
	}
	if err != nil {
		return nil, "", fmt.Errorf("the certificate request: %w: %w", candor.ErrInvalid, err)
	}
	sum := sha256.Sum256(r.RawSubjectPublicKeyInfo)
	return r, hex.EncodeToString(sum[:]), nil
}

// enrol takes a token and gives a certificate. A machine that was killed before
// it had the answer may ask again, for the same key.
func (s *Service) enrol(ctx context.Context, in wire.EnrolRequest) (wire.EnrolAnswer, error) {
	request, digest, err := readRequest(in.Request)
	if err != nil {
		return wire.EnrolAnswer{}, err
	}
	i, err := s.issuer(ctx)
	if err != nil {
		return wire.EnrolAnswer{}, err
	}
	if a, err := s.again(ctx, in.Token, digest); err == nil {
		return s.renew(ctx, a, wire.RenewRequest{Request: in.Request})
	}
	now := s.Clock().UTC()
	a := candor.Agent{ID: candor.NewID(now), Name: in.Name, Key: digest, State: candor.AgentActive, Enrolled: now, Expires: now.Add(AgentLife), Version: in.Version}
	certificate, err := i.agent(a.ID, request.PublicKey, now)
	if err != nil {
		return wire.EnrolAnswer{}, err
	}
	err = s.Store.Tx(ctx, func(tx Tx) error {
		k, err := tx.UseAgentToken(ctx, hashOf(in.Token), now)
		if err != nil {
			return candor.WithHint(err, "Make a new one with candor enrol.")
		}
		a.Asset = k.Asset
		before, err := tx.AgentOf(ctx, a.Asset)
		if err == nil {
			before.State = candor.AgentRevoked
			err = tx.ChangeAgent(ctx, before, candor.AgentActive)
		}
		if err != nil && !errors.Is(err, candor.ErrNotFound) {
			return err
		}
		if err := tx.AddAgent(ctx, a); err != nil {
			return err
		}
		return s.record(ctx, tx, k.By, a.ID, map[string]any{"agent": "enrolled", "server": a.Asset, "key": a.Key})
	})
	if err != nil {
		return wire.EnrolAnswer{}, fmt.Errorf("enrol: %w", err)
	}
	s.Log.Info("an agent enrolled", "agent", a.ID, "server", a.Asset, "name", a.Name)
	return wire.EnrolAnswer{Agent: a.ID, Certificate: certificate}, nil
}

// again gives the active agent that a key and a token have made already.
func (s *Service) again(ctx context.Context, token, key string) (candor.Agent, error) {
	k, err := s.Store.AgentToken(ctx, hashOf(token))
	if err != nil {
		return candor.Agent{}, err
	}
	a, err := s.Store.AgentOf(ctx, k.Asset)
	if err == nil && (a.Key != key || k.Used.IsZero() || !s.Clock().Before(k.Expires)) {
		err = candor.ErrNotFound
	}
	return a, err
}

// renew gives a certificate for the same key.
func (s *Service) renew(ctx context.Context, a candor.Agent, in wire.RenewRequest) (wire.EnrolAnswer, error) {
	request, digest, err := readRequest(in.Request)
	if err != nil {
		return wire.EnrolAnswer{}, err
	}
	if digest != a.Key {
		return wire.EnrolAnswer{}, fmt.Errorf("renew: it is another key: %w", candor.ErrDenied)
	}
	i, err := s.issuer(ctx)
	if err != nil {
		return wire.EnrolAnswer{}, err
	}
	now := s.Clock().UTC()
	certificate, err := i.agent(a.ID, request.PublicKey, now)
	if err != nil {
		return wire.EnrolAnswer{}, err
	}
	a.Expires = now.Add(AgentLife)
	err = s.Store.Tx(ctx, func(tx Tx) error { return tx.ChangeAgent(ctx, a, candor.AgentActive) })
	return wire.EnrolAnswer{Agent: a.ID, Certificate: certificate}, err
}

// Revoke has an agent be refused from now on.
func (s *Service) Revoke(ctx context.Context, id candor.ID, by string) error {
	err := s.Store.Tx(ctx, func(tx Tx) error {
		a, err := tx.Agent(ctx, id)
		if err != nil || a.State == candor.AgentRevoked {
			return err
		}
		a.State = candor.AgentRevoked
		if err := tx.ChangeAgent(ctx, a, candor.AgentActive); err != nil {
			return err
		}
		return s.record(ctx, tx, by, a.ID, map[string]any{"agent": "revoked", "server": a.Asset})
	})
	if err != nil {
		return fmt.Errorf("revoke an agent: %w", err)
	}
	return nil
}

// Agents gives the latest agents, newest first.
func (s *Service) Agents(ctx context.Context) ([]candor.Agent, error) {
	return s.Store.Agents(ctx, 1000)
}
