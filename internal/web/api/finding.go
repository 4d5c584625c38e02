package api

import (
	"context"
	"net/http"
	"time"

	"candor"
	"candor/internal/house"
)

type findingQuery struct {
	Paging
	Sort        string                `query:"sort" enum:"first_seen,id,last_seen,severity,rule"`
	State       []candor.FindingState `query:"state" doc:"One of these states."`
	Case        candor.ID             `query:"case"`
	Party       candor.ID             `query:"party"`
	Asset       candor.ID             `query:"asset"`
	Class       candor.Class          `query:"class"`
	Rule        string                `query:"rule" maxLength:"500" doc:"Begins with this."`
	Content     string                `query:"sha256" pattern:"^[0-9a-f]{1,64}$" doc:"SHA-256 of the content, or how it begins."`
	Severity    severity              `query:"min_severity"`
	Good        string                `query:"known_good" enum:"true,false" doc:"A list knows the content to be good: probably a false alarm of the rule."`
	FirstAfter  time.Time             `query:"first_after"`
	FirstBefore time.Time             `query:"first_before"`
	Text        string                `query:"text" maxLength:"200" doc:"Words that are found in it."`
}

func (q findingQuery) filter() candor.FindingFilter {
	return candor.FindingFilter{States: q.State, Case: q.Case, Party: q.Party, Asset: q.Asset, Class: q.Class, Rule: q.Rule, Content: q.Content,
		MinSeverity: q.Severity.value(), Good: truth(q.Good), FirstAfter: q.FirstAfter, FirstBefore: q.FirstBefore, Text: q.Text}
}

type dismissal struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Note string `json:"note,omitempty" maxLength:"20000" doc:"Why, for people."`
	}
}

type findingAnswer struct{ Body house.FindingView }

func (s *server) addFindings() {
	const tag = "Findings"
	add(s, operation{id: "list-findings", method: http.MethodGet, path: "/api/v1/findings", tag: tag, needs: reads, summary: "List findings"},
		func(ctx context.Context, who candor.Principal, in *findingQuery) (*listed[candor.FiledFinding], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "first_seen")
			if err != nil {
				return nil, err
			}
			page, err := s.House.Findings(ctx, who, in.filter(), cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "get-finding", method: http.MethodGet, path: "/api/v1/findings/{id}", tag: tag, needs: reads, summary: "Get a finding with what belongs to it"},
		func(ctx context.Context, who candor.Principal, in *one) (*findingAnswer, error) {
			v, err := s.House.Finding(ctx, who, in.ID)
			return &findingAnswer{v}, err
		})
	add(s, operation{id: "dismiss-finding", method: http.MethodPost, path: "/api/v1/findings/{id}/dismiss", tag: tag, needs: acts,
		summary: "Say that a finding is a false alarm", about: "The same rule in the same content of the asset opens no case again."},
		done(func(ctx context.Context, who candor.Principal, in *dismissal) error {
			return s.House.Dismiss(ctx, who, in.ID, in.Body.Note)
		}))
	s.addIntake()
}
