package api

import (
	"context"
	"net/http"

	"candor"
	"candor/internal/access"
	"candor/internal/desk"
	"candor/internal/house"
)

// policyRule is one line of the table of what acts by itself.
type policyRule struct {
	Class      candor.Class      `json:"class,omitempty" doc:"All classes if missing."`
	Severity   candor.Severity   `json:"severity" doc:"At least."`
	Confidence candor.Confidence `json:"confidence" doc:"At least."`
	Method     string            `json:"method" maxLength:"60" doc:"notify, quarantine, …"`
}

// policyTable is what acts by itself, without approval; nothing if it is empty.
type policyTable struct {
	Rules []policyRule `json:"rules" maxItems:"200" nullable:"false"`
}

func (t policyTable) policy() (p desk.Policy) {
	for _, r := range t.Rules {
		p.Rules = append(p.Rules, desk.PolicyRule(r))
	}
	return p
}

func tableOf(p desk.Policy) policyTable {
	t := policyTable{Rules: []policyRule{}}
	for _, r := range p.Rules {
		t.Rules = append(t.Rules, policyRule(r))
	}
	return t
}

type policyBody struct{ Body policyTable }

type policyTrial struct {
	Days int `query:"days" minimum:"1" maximum:"366" default:"30" doc:"How far to look back."`
	Body policyTable
}

type dryRunAnswer struct{ Body house.DryRun }

func (s *server) addPolicy() {
	const tag = "Policy"
	add(s, operation{id: "get-policy", method: http.MethodGet, path: "/api/v1/policy", tag: tag, needs: []access.Permission{access.ReadPolicy}, summary: "Get the table of what acts by itself"},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*policyBody, error) {
			p, err := s.House.Policy(ctx, who)
			return &policyBody{tableOf(p)}, err
		})
	add(s, operation{id: "set-policy", method: http.MethodPut, path: "/api/v1/policy", tag: tag, needs: []access.Permission{access.ManagePolicy}, summary: "Replace the table of what acts by itself"},
		func(ctx context.Context, who candor.Principal, in *policyBody) (*policyBody, error) {
			return in, s.House.SetPolicy(ctx, who, in.Body.policy())
		})
	add(s, operation{id: "rehearse-policy", method: http.MethodPost, path: "/api/v1/policy/rehearsal", tag: tag, needs: []access.Permission{access.ReadPolicy},
		summary: "Say what a policy would have done", about: "With the cases of the last days. Nothing is done."},
		func(ctx context.Context, who candor.Principal, in *policyTrial) (*dryRunAnswer, error) {
			d, err := s.House.DryRunPolicy(ctx, who, in.Body.policy(), in.Days)
			if d.Acts == nil {
				d.Acts = []house.DryAct{}
			}
			return &dryRunAnswer{d}, err
		})
}
