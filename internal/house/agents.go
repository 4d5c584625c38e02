package house

import (
	"context"
	"time"

	"candor"
	"candor/internal/access"
)

// AgentToken is what a machine enrols with.
type AgentToken struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
}

// Agents gives the latest agents on servers, newest first.
func (h *House) Agents(ctx context.Context, who candor.Principal) ([]candor.Agent, error) {
	if err := may(who, access.ReadSettings); err != nil {
		return nil, err
	}
	return h.Fleet.Agents(ctx)
}

// EnrolAgent makes a token with which a machine enrols once as the agent of a
// server.
func (h *House) EnrolAgent(ctx context.Context, who candor.Principal, server candor.ID) (AgentToken, error) {
	if err := may(who, access.ManageSettings); err != nil {
		return AgentToken{}, err
	}
	token, expires, err := h.Fleet.Token(ctx, server, who.Actor())
	return AgentToken{token, expires}, err
}

// RevokeAgent has an agent be refused from now on.
func (h *House) RevokeAgent(ctx context.Context, who candor.Principal, id candor.ID) error {
	if err := may(who, access.ManageSettings); err != nil {
		return err
	}
	return h.Fleet.Revoke(ctx, id, who.Actor())
}
