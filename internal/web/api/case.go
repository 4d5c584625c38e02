package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
)

// Who may read cases and what hangs on them, and who may work on them.
var (
	reads = []access.Permission{access.ReadCases, access.ReadOwn}
	acts  = []access.Permission{access.ActCases}
	own   = []access.Permission{access.ActOwn}
)

// one names what an operation is about.
type one struct {
	ID candor.ID `path:"id"`
}

// nothing is the answer of what says only that it was done.
type nothing struct{}

type caseQuery struct {
	Paging
	Sort         string             `query:"sort" enum:"updated,id,severity,opened,due"`
	State        []candor.CaseState `query:"state" doc:"One of these states."`
	Open         string             `query:"open" enum:"true,false" doc:"Somebody may still have to do something."`
	Party        candor.ID          `query:"party"`
	Asset        candor.ID          `query:"asset"`
	Assignee     candor.ID          `query:"assignee"`
	Unassigned   bool               `query:"unassigned" doc:"Nobody works on it."`
	Class        candor.Class       `query:"class"`
	Severity     severity           `query:"min_severity"`
	Good         string             `query:"known_good" enum:"true,false" doc:"It is about contents that are known to be good."`
	Incident     string             `query:"incident" enum:"true,false" doc:"It is an incident; or, if not, what a party asks about terms."`
	DueBefore    time.Time          `query:"due_before"`
	OpenedAfter  time.Time          `query:"opened_after"`
	OpenedBefore time.Time          `query:"opened_before"`
	Text         string             `query:"text" maxLength:"200" doc:"Words that are found in it."`
}

func (q caseQuery) filter() candor.CaseFilter {
	return candor.CaseFilter{States: q.State, Open: truth(q.Open), Party: q.Party, Asset: q.Asset, Assignee: q.Assignee, Unassigned: q.Unassigned, Class: q.Class,
		MinSeverity: q.Severity.value(), Good: truth(q.Good), Incident: truth(q.Incident), DueBefore: q.DueBefore, OpenedAfter: q.OpenedAfter, OpenedBefore: q.OpenedBefore, Text: q.Text}
}

// truth reads what may be true, false or left out.
func truth(word string) *bool {
	if word == "" {
		return nil
	}
	yes := word == "true"
	return &yes
}

type caseAnswer struct {
	ETag string `header:"ETag" doc:"The version of the case, for If-Match."`
	Body house.CaseView
}

type caseChange struct {
	ID    candor.ID `path:"id"`
	Match string    `header:"If-Match" doc:"The ETag of the case that you have seen. If somebody changed the case since, nothing is done: 412." example:"\"7\""`
	Body  struct {
		State    candor.CaseState `json:"state,omitempty"`
		Note     string           `json:"note,omitempty" maxLength:"20000" doc:"Why, for people; with a state."`
		Assignee *assignee        `json:"assignee,omitempty" doc:"A user of the staff; empty for nobody."`
	}
}

// assignee is the ID of a user, or empty.
type assignee string

func (s *server) addCases() {
	const tag = "Cases"
	add(s, operation{id: "list-cases", method: http.MethodGet, path: "/api/v1/cases", tag: tag, needs: reads, summary: "List cases",
		about: "Customers and subscribers see their own."},
		func(ctx context.Context, who candor.Principal, in *caseQuery) (*listed[candor.Case], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "updated")
			if err != nil {
				return nil, err
			}
			page, err := s.House.Cases(ctx, who, in.filter(), cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "get-case", method: http.MethodGet, path: "/api/v1/cases/{id}", tag: tag, needs: reads, summary: "Get a case with all that belongs to it"},
		func(ctx context.Context, who candor.Principal, in *one) (*caseAnswer, error) {
			return s.theCase(ctx, who, in.ID)
		})
	add(s, operation{id: "change-case", method: http.MethodPatch, path: "/api/v1/cases/{id}", tag: tag, needs: acts, matches: true, example: `{"state":"triaged"}`,
		summary: "Give a case another state, or to somebody else", about: "State or assignee, not both: each is a decision of its own."}, s.changeCase)
	add(s, operation{id: "get-case-evidence", method: http.MethodGet, path: "/api/v1/cases/{id}/evidence", tag: tag, needs: []access.Permission{access.ReadEvidence},
		answers: "application/zip", summary: "Download the evidence of a case", about: "A zip file with the entries of the evidence log, their proofs and a signed checkpoint. `candor verify` checks it without a server."}, s.caseEvidence)
}

// theCase gives a case, with its version as ETag.
func (s *server) theCase(ctx context.Context, who candor.Principal, id candor.ID) (*caseAnswer, error) {
	v, err := s.House.Case(ctx, who, id)
	if err != nil {
		return nil, err
	}
	return &caseAnswer{ETag: etag(v.Case), Body: v}, nil
}

func etag(c candor.Case) string { return strconv.Quote(strconv.FormatInt(c.Version, 10)) }

// version reads If-Match. Anything matches if it is missing or a star; of
// several tags one must match, so only one is understood.
func version(match string) (int64, error) {
	if match = strings.TrimSpace(match); match == "" || match == "*" {
		return 0, nil
	}
	n, err := strconv.ParseInt(strings.Trim(match, `"`), 10, 64)
	if err != nil || n < 1 || match != strconv.Quote(strconv.FormatInt(n, 10)) {
		return 0, candor.WithHint(fmt.Errorf("there is no such version: %w", candor.ErrChanged), "If-Match is written as the ETag of the case.")
	}
	return n, nil
}

func (s *server) changeCase(ctx context.Context, who candor.Principal, in *caseChange) (*caseAnswer, error) {
	seen, err := version(in.Match)
	if err != nil {
		return nil, err
	}
	switch b := in.Body; {
	case (b.State == "") == (b.Assignee == nil):
		return nil, fault("body", "give a state or an assignee")
	case b.State != "":
		err = s.House.SetState(ctx, who, in.ID, seen, b.State, b.Note)
	case b.Note != "":
		return nil, fault("body.note", "only a state has a note")
	default:
		err = s.assign(ctx, who, in.ID, seen, *b.Assignee)
	}
	if err != nil {
		return nil, err
	}
	return s.theCase(ctx, who, in.ID)
}

func (s *server) assign(ctx context.Context, who candor.Principal, id candor.ID, seen int64, to assignee) error {
	if to != "" {
		if _, err := candor.ParseID(string(to)); err != nil {
			return fault("body.assignee", "it is no identifier")
		}
	}
	if seen != 0 {
		v, err := s.House.Case(ctx, who, id)
		if err != nil {
			return err
		}
		if v.Case.Version != seen {
			return candor.WithHint(fmt.Errorf("assign case %s: %w", v.Case.Label(), candor.ErrChanged), "Look at the case again, and repeat what you did if it is still right.")
		}
	}
	return s.House.Assign(ctx, who, id, candor.ID(to))
}
