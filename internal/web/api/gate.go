package api

import (
	"context"
	"net/http"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/gate"
	"candor/internal/house"
)

type gateQuery struct {
	Paging
	Sort  string             `query:"sort" enum:"since,name,deadline,id"`
	State []candor.GateState `query:"state" doc:"One of these states."`
	Owner candor.ID          `query:"owner"`
}

type gateAnswer struct{ Body house.GateView }

type hostQuery struct {
	Host string `query:"host" required:"true" minLength:"1" maxLength:"254" example:"shop.example.com"`
}

type admissionAnswer struct{ Body house.Admission }

type newWaiver struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Check  string    `json:"check" minLength:"1" maxLength:"40" doc:"The check that is waived."`
		Reason string    `json:"reason" minLength:"1" maxLength:"1000" doc:"Why, for people."`
		Until  time.Time `json:"until" doc:"When it ends by itself, within what the policy allows."`
	}
}

type waiverAnswer struct{ Body candor.GateWaiver }

type oneWaiver struct {
	ID     candor.ID `path:"id"`
	Waiver candor.ID `path:"waiver"`
}

// leftOut is a check that is not asked for.
type leftOut struct {
	Check  string `json:"check" maxLength:"40"`
	Reason string `json:"reason" minLength:"1" maxLength:"1000" doc:"Why, for people. Who decided it, and when, is noted."`
}

type gatePolicyChange struct {
	Body struct {
		Grace         candor.Period `json:"grace" doc:"How long a site that is live goes on without a check; 0s suspends at once."`
		Stale         candor.Period `json:"stale" doc:"For how long a check stays passed without being measured again."`
		LongestWaiver candor.Period `json:"longest_waiver" doc:"For how long a check can be waived; 0s allows none."`
		NotRequired   []leftOut     `json:"not_required" maxItems:"50" nullable:"false" doc:"The checks that are not asked for."`
	}
}

func (c gatePolicyChange) policy() gate.Policy {
	p := gate.Policy{Grace: c.Body.Grace, Stale: c.Body.Stale, LongestWaiver: c.Body.LongestWaiver}
	for _, x := range c.Body.NotRequired {
		p.NotRequired = append(p.NotRequired, gate.Exemption{Check: x.Check, Reason: x.Reason})
	}
	return p
}

// gatePolicy is a policy under a name of its own.
type gatePolicy gate.Policy

type gatePolicyAnswer struct{ Body gatePolicy }

const gateTag = "Gate"

// addGates adds the gate of sites.
func (s *server) addGates() {
	add(s, operation{id: "list-gates", method: http.MethodGet, path: "/api/v1/gates", tag: gateTag, needs: readsParties, summary: "List sites with how they stand at the gate",
		about: "As the gate decided last. The one that changed last comes first."},
		func(ctx context.Context, who candor.Principal, in *gateQuery) (*listed[candor.SiteGate], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "since")
			if err != nil {
				return nil, err
			}
			page, err := s.House.Gates(ctx, who, candor.GateFilter{States: in.State, Owner: in.Owner}, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "get-gate", method: http.MethodGet, path: "/api/v1/gates/{id}", tag: gateTag, needs: readsParties, summary: "Get how a site stands at the gate, with each check as it comes out now",
		about: "The identifier is that of the site."}, s.gate(s.House.Gate))
	add(s, operation{id: "get-admission", method: http.MethodGet, path: "/api/v1/gate/allowed", tag: gateTag, needs: readsParties, summary: "Tell whether a host name may be reached now",
		about: "For scripts that publish names or enable virtual hosts: publish only on 200 with `allowed` true. A name that nobody has may not be reached, and of several sites with the name all must be let in. It is decided at the moment of asking."},
		func(ctx context.Context, who candor.Principal, in *hostQuery) (*admissionAnswer, error) {
			a, err := s.House.Admitted(ctx, who, in.Host)
			return &admissionAnswer{a}, err
		})
	s.addGateSteps()
	s.addWaivers()
	s.addGatePolicy()
}

// gate answers with how a site stands.
func (s *server) gate(do func(context.Context, candor.Principal, candor.ID) (house.GateView, error)) func(context.Context, candor.Principal, *one) (*gateAnswer, error) {
	return func(ctx context.Context, who candor.Principal, in *one) (*gateAnswer, error) {
		v, err := do(ctx, who, in.ID)
		return &gateAnswer{v}, err
	}
}

func (s *server) addGateSteps() {
	asks := []access.Permission{access.ActOwn, access.ManageParties}
	add(s, operation{id: "ask-gate", method: http.MethodPost, path: "/api/v1/gates/{id}/ask", tag: gateTag, needs: asks, summary: "Ask for a site to go live",
		about: "The gate decides at once; the answer's checks say what is in the way. A site that does not meet everything stays in `checking`, and goes live by itself as soon as it does."}, s.gate(s.House.AskGate))
	add(s, operation{id: "take-back-gate", method: http.MethodPost, path: "/api/v1/gates/{id}/take-back", tag: gateTag, needs: asks, summary: "Take back that a site was to go live",
		about: "It is a draft again, and may not be reached."}, s.gate(s.House.TakeBackGate))
	add(s, operation{id: "decide-gate", method: http.MethodPost, path: "/api/v1/gates/{id}/decide", tag: gateTag, needs: []access.Permission{access.ActOwn, access.ActCases}, summary: "Have the gate decide about a site now",
		about: "It does so by itself when something changes, and every hour."}, s.gate(s.House.DecideGate))
}

func (s *server) addWaivers() {
	waives := []access.Permission{access.WaiveChecks}
	add(s, operation{id: "waive-check", method: http.MethodPost, path: "/api/v1/gates/{id}/waivers", tag: gateTag, needs: waives, status: http.StatusCreated, summary: "Let a site go on without a check until a date",
		about: "It ends by itself. Whose decision it was is in the evidence log."},
		func(ctx context.Context, who candor.Principal, in *newWaiver) (*waiverAnswer, error) {
			w, err := s.House.Waive(ctx, who, in.ID, in.Body.Check, in.Body.Reason, in.Body.Until)
			return &waiverAnswer{w}, err
		})
	add(s, operation{id: "end-waiver", method: http.MethodDelete, path: "/api/v1/gates/{id}/waivers/{waiver}", tag: gateTag, needs: waives, summary: "End a waiver before its time"},
		done(func(ctx context.Context, who candor.Principal, in *oneWaiver) error {
			return s.House.EndWaiver(ctx, who, in.ID, in.Waiver)
		}))
	add(s, operation{id: "list-waivers", method: http.MethodGet, path: "/api/v1/gate/waivers", tag: gateTag, needs: []access.Permission{access.ReadParties}, summary: "List the waivers that hold now", about: "Of all sites, up to 500, those that end first before the others."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[candor.GateWaiver], error) {
			return wholeOf(s.House.WaiversInForce(ctx, who))
		})
}

func (s *server) addGatePolicy() {
	add(s, operation{id: "get-gate-policy", method: http.MethodGet, path: "/api/v1/gate/policy", tag: gateTag, needs: []access.Permission{access.ReadPolicy}, summary: "Get the policy of the gate"},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*gatePolicyAnswer, error) {
			p, err := s.House.GatePolicy(ctx, who)
			return &gatePolicyAnswer{gatePolicy(p)}, err
		})
	add(s, operation{id: "set-gate-policy", method: http.MethodPut, path: "/api/v1/gate/policy", tag: gateTag, needs: []access.Permission{access.ManagePolicy}, summary: "Replace the policy of the gate",
		about: "Until somebody does, every check is asked for, also those that the desk cannot measure yet."},
		func(ctx context.Context, who candor.Principal, in *gatePolicyChange) (*gatePolicyAnswer, error) {
			p, err := s.House.SetGatePolicy(ctx, who, in.policy())
			return &gatePolicyAnswer{gatePolicy(p)}, err
		})
}
