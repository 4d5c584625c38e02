package api

import (
	"context"
	"net/http"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
)

type agentQuery struct {
	Paging
	State candor.AgentState `query:"state" enum:"active,revoked"`
}

type enrolAnswer struct{ Body house.EnrolToken }

// oneHash names a token by the digest of its secret.
type oneHash struct {
	Hash string `path:"hash" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the token's secret, as the list gives it."`
}

// addAgents adds what is done about agents on hosting servers.
func (s *server) addAgents() {
	const tag = "Agents"
	add(s, operation{id: "list-agents", method: http.MethodGet, path: "/api/v1/agents", tag: tag, needs: []access.Permission{access.ReadSettings, access.ReadCases}, summary: "List the agents on servers and how they are",
		about: "Active and revoked ones, newest first: when each was heard of, what it has yet to tell, and what it said of itself last."},
		func(ctx context.Context, who candor.Principal, in *agentQuery) (*listed[candor.AgentStatus], error) {
			cut, err := s.cut(ctx, who, in.Paging, "", "id")
			if err != nil {
				return nil, err
			}
			page, err := s.House.Agents(ctx, who, in.State, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "revoke-agent", method: http.MethodPost, path: "/api/v1/agents/{id}/revoke", tag: tag, needs: managesSettings, summary: "Retire an agent: it is refused from now on",
		about: "What waits for its server is done by the agent that enrols there next. Retiring one that is retired does nothing."},
		done(func(ctx context.Context, who candor.Principal, in *one) error {
			return s.House.RevokeAgent(ctx, who, in.ID)
		}))
	s.addAgentTokens(tag)
}

func (s *server) addAgentTokens(tag string) {
	add(s, operation{id: "list-agent-tokens", method: http.MethodGet, path: "/api/v1/agent-tokens", tag: tag, needs: []access.Permission{access.ReadSettings}, summary: "List the tokens that agents enrol with",
		about: "Newest first and without their secrets: those that can be used, and those that were used or expired lately."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[candor.AgentToken], error) {
			return wholeOf(s.House.AgentTokens(ctx, who))
		})
	add(s, operation{id: "enrol-agent", method: http.MethodPost, path: "/api/v1/assets/{id}/agent-tokens", tag: tag, needs: managesSettings, status: http.StatusCreated, secrets: []string{"token"},
		summary: "Make a token for the agent of a server", about: "A machine enrols with it, once and within 24 hours: `candor agent --server HOST:PORT --token TOKEN`. The agent that the server has until then is refused from then on."},
		func(ctx context.Context, who candor.Principal, in *one) (*enrolAnswer, error) {
			t, err := s.House.EnrolAgent(ctx, who, in.ID)
			return &enrolAnswer{t}, err
		})
	add(s, operation{id: "revoke-agent-token", method: http.MethodDelete, path: "/api/v1/agent-tokens/{hash}", tag: tag, needs: managesSettings, summary: "Make a token for an agent worthless",
		about: "One that was used is not found: retire the agent instead."},
		done(func(ctx context.Context, who candor.Principal, in *oneHash) error {
			return s.House.RevokeAgentToken(ctx, who, in.Hash)
		}))
}
