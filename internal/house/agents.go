package house

import (
	"context"
	"encoding/json"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/fleet/wire"
)

// EnrolToken is what a machine enrols with.
type EnrolToken struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
}

// Agents lists the agents on servers and how they are, newest first; only those
// in a state if it is given.
func (h *House) Agents(ctx context.Context, who candor.Principal, state candor.AgentState, cut candor.Cut) (out candor.Page[candor.AgentStatus], err error) {
	if err := may(who, access.ReadSettings, access.ReadCases); err != nil {
		return out, err
	}
	page, err := h.Store.AgentPage(ctx, state, cut)
	if err != nil {
		return out, err
	}
	current := ""
	if h.Definitions != nil {
		current = h.Definitions.Health().Generation.ID
	}
	out = candor.Page[candor.AgentStatus]{Next: page.Next, Previous: page.Previous, Count: page.Count, More: page.More}
	for _, a := range page.Items {
		server, err := h.Store.Asset(ctx, candor.Everything, a.Asset)
		if err != nil {
			return out, err
		}
		var said wire.Status
		_ = json.Unmarshal(a.Status, &said) // what another version said otherwise is not shown
		out.Items = append(out.Items, candor.AgentStatus{Agent: a, Server: server.Name, Heard: a.Heard(h.Clock()), Backlog: int64(said.Backlog), Sites: int64(said.Sites),
			Current: current != "" && a.Generation == current})
	}
	return out, nil
}

// EnrolAgent makes a token with which a machine enrols once as the agent of a
// server.
func (h *House) EnrolAgent(ctx context.Context, who candor.Principal, server candor.ID) (EnrolToken, error) {
	if err := may(who, access.ManageSettings); err != nil {
		return EnrolToken{}, err
	}
	token, expires, err := h.Fleet.Token(ctx, server, who.Actor())
	return EnrolToken{token, expires}, err
}

// AgentTokens gives the latest tokens for agents, without their secrets, newest
// first: those that can be used, and those that were used or expired lately.
func (h *House) AgentTokens(ctx context.Context, who candor.Principal) ([]candor.AgentToken, error) {
	if err := may(who, access.ReadSettings); err != nil {
		return nil, err
	}
	return h.Store.AgentTokens(ctx, 1000)
}

// RevokeAgentToken makes a token worthless that was not used. One that was is
// candor.ErrNotFound: what it made is an agent.
func (h *House) RevokeAgentToken(ctx context.Context, who candor.Principal, hash string) error {
	if err := may(who, access.ManageSettings); err != nil {
		return err
	}
	return h.Fleet.RevokeToken(ctx, hash, who.Actor())
}

// RevokeAgent has an agent be refused from now on.
func (h *House) RevokeAgent(ctx context.Context, who candor.Principal, id candor.ID) error {
	if err := may(who, access.ManageSettings); err != nil {
		return err
	}
	return h.Fleet.Revoke(ctx, id, who.Actor())
}
