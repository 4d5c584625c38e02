package api

import (
	"context"
	"net/http"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/respond/isolate"
)

type responseQuery struct {
	Paging
	Sort         string                 `query:"sort" enum:"created,id"`
	State        []candor.ResponseState `query:"state" doc:"One of these states."`
	Case         candor.ID              `query:"case"`
	Party        candor.ID              `query:"party"`
	Method       string                 `query:"method" maxLength:"60" doc:"notify, quarantine, …"`
	Held         bool                   `query:"held" doc:"Goes on beyond its time, since what it took away is still found to be harmful, and waits for a person to decide."`
	Lapsed       bool                   `query:"lapsed" doc:"Rests on nothing any more, since the party withdrew or the terms ended, and waits for a person to decide."`
	CreatedAfter time.Time              `query:"created_after"`
}

type proposal struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Method  string        `json:"method" minLength:"1" maxLength:"60" doc:"notify, quarantine, isolate, …"`
		Level   isolate.Level `json:"level,omitempty" enum:"rate-limit,block-ports,walled-garden,disconnect" doc:"Of an isolation: how much of the network the line is kept from."`
		Reason  string        `json:"reason,omitempty" maxLength:"20000" doc:"Why, for people."`
		Content string        `json:"sha256,omitempty" pattern:"^[0-9a-f]{64}$" doc:"Quarantine files of this content only. Files that are known to be good are moved only if it names them."`
		Expires time.Time     `json:"expires,omitzero" doc:"When it is undone by itself; never if missing."`
		Basis   candor.Basis  `json:"basis,omitzero" doc:"On what it rests: an agreement by its identifier, a consent with its terms and when it was given, or a law by its name and clause. If missing: the latest agreement that allows it."`
	}
}

type reasoned struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"20000" doc:"Why, for people."`
	}
}

type resting struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Basis  candor.Basis `json:"basis" doc:"On what it goes on to rest: a consent with its terms and when it was given, a law by its name and clause, or an agreement that is in force."`
		Reason string       `json:"reason" minLength:"1" maxLength:"20000" doc:"Why, for people."`
	}
}

type responseAnswer struct{ Body candor.Response }

type responseView struct {
	Response candor.Response  `json:"response"`
	Messages []candor.Message `json:"messages" nullable:"false" doc:"The mails that it sent."`
}

type responseWhole struct{ Body responseView }

func (s *server) addResponses() {
	const tag = "Responses"
	add(s, operation{id: "list-responses", method: http.MethodGet, path: "/api/v1/responses", tag: tag, needs: reads, summary: "List responses",
		about: "Customers and subscribers see those that acted."},
		func(ctx context.Context, who candor.Principal, in *responseQuery) (*listed[candor.Response], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "created")
			if err != nil {
				return nil, err
			}
			page, err := s.House.Responses(ctx, who, candor.ResponseFilter{States: in.State, Case: in.Case, Party: in.Party, Method: in.Method, Held: in.Held, Lapsed: in.Lapsed, CreatedAfter: in.CreatedAfter}, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "get-response", method: http.MethodGet, path: "/api/v1/responses/{id}", tag: tag, needs: reads, summary: "Get a response, and the mails that it sent"}, s.response)
	add(s, operation{id: "propose-response", method: http.MethodPost, path: "/api/v1/cases/{id}/responses", tag: tag, needs: acts, status: http.StatusCreated,
		summary: "Propose a response to a case", about: "It waits for approval. Without a basis (an agreement in force that allows the method, a consent or a law) it is refused: 403."},
		func(ctx context.Context, who candor.Principal, in *proposal) (*responseAnswer, error) {
			r, err := s.House.ProposeFor(ctx, who, house.Proposal{Case: in.ID, Method: in.Body.Method, Reason: in.Body.Reason, Expires: in.Body.Expires.UTC(), Basis: in.Body.Basis, Content: in.Body.Content, Level: in.Body.Level})
			return &responseAnswer{r}, err
		})
	decide := func(id, path, summary string) operation {
		return operation{id: id, method: http.MethodPost, path: "/api/v1/responses/{id}/" + path, tag: tag, needs: []access.Permission{access.ApproveResponses}, summary: summary}
	}
	add(s, decide("approve-response", "approve", "Let a response act"),
		func(ctx context.Context, who candor.Principal, in *one) (*responseAnswer, error) {
			r, err := s.House.Approve(ctx, who, in.ID)
			return &responseAnswer{r}, err
		})
	add(s, decide("refuse-response", "refuse", "Refuse a response of which nothing was done"),
		func(ctx context.Context, who candor.Principal, in *reasoned) (*responseAnswer, error) {
			r, err := s.House.Refuse(ctx, who, in.ID, in.Body.Reason)
			return &responseAnswer{r}, err
		})
	add(s, decide("keep-response", "keep", "Have a response that goes on beyond its time go on without an end"),
		func(ctx context.Context, who candor.Principal, in *reasoned) (*responseAnswer, error) {
			r, err := s.House.Keep(ctx, who, in.ID, in.Body.Reason)
			return &responseAnswer{r}, err
		})
	rest := decide("rest-response", "rest", "Say on what a response goes on to rest, that rests on nothing any more")
	rest.about = "It is marked so (lapsed) when the party withdrew what it rested on, or the terms ended. The other way is to undo it."
	add(s, rest,
		func(ctx context.Context, who candor.Principal, in *resting) (*responseAnswer, error) {
			r, err := s.House.Rest(ctx, who, in.ID, in.Body.Basis, in.Body.Reason)
			return &responseAnswer{r}, err
		})
	undo := decide("undo-response", "undo", "Undo what a response did")
	undo.about = "Files that were moved away since they were found to be harmful are put back for a reason only."
	add(s, undo,
		func(ctx context.Context, who candor.Principal, in *reasoned) (*responseAnswer, error) {
			r, err := s.House.Undo(ctx, who, in.ID, in.Body.Reason)
			return &responseAnswer{r}, err
		})
}

func (s *server) response(ctx context.Context, who candor.Principal, in *one) (*responseWhole, error) {
	r, messages, err := s.House.Response(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	if messages == nil {
		messages = []candor.Message{}
	}
	return &responseWhole{responseView{r, messages}}, nil
}
