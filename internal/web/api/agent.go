package api

import (
	"context"
	"net/http"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
)

type agentTokenAnswer struct{ Body house.AgentToken }

// addAgents adds what is done about agents on hosting servers.
func (s *server) addAgents() {
	const tag = "Agents"
	add(s, operation{id: "list-agents", method: http.MethodGet, path: "/api/v1/agents", tag: tag, needs: []access.Permission{access.ReadSettings}, summary: "List the agents on servers",
		about: "Active and revoked ones, newest first, with what each said of itself last."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[candor.Agent], error) {
			return wholeOf(s.House.Agents(ctx, who))
		})
	add(s, operation{id: "enrol-agent", method: http.MethodPost, path: "/api/v1/assets/{id}/agent-tokens", tag: tag, needs: managesSettings, status: http.StatusCreated, secrets: []string{"token"},
		summary: "Make a token for the agent of a server", about: "A machine enrols with it, once and within 24 hours: `candor agent --server HOST:PORT --token TOKEN`. The agent that the server has until then is refused from then on."},
		func(ctx context.Context, who candor.Principal, in *one) (*agentTokenAnswer, error) {
			t, err := s.House.EnrolAgent(ctx, who, in.ID)
			return &agentTokenAnswer{t}, err
		})
	add(s, operation{id: "revoke-agent", method: http.MethodPost, path: "/api/v1/agents/{id}/revoke", tag: tag, needs: managesSettings, summary: "Refuse an agent from now on"},
		done(func(ctx context.Context, who candor.Principal, in *one) error {
			return s.House.RevokeAgent(ctx, who, in.ID)
		}))
}
