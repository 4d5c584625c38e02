package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
)

type searchQuery struct {
	Text  string `query:"q" required:"true" minLength:"1" maxLength:"200" doc:"Words that are all found; the last letters may be missing."`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

// dayCount is how many there were of a severity on a day.
type dayCount struct {
	Day      string          `json:"day" format:"date"`
	Severity candor.Severity `json:"severity"`
	Count    int64           `json:"count"`
}

func days(all []candor.DayCount) []dayCount {
	out := make([]dayCount, len(all))
	for i, d := range all {
		out[i] = dayCount{d.Day.UTC().Format(time.DateOnly), d.Severity, d.Count}
	}
	return out
}

// coverage is how many sites had their last complete scan on a day.
type coverage struct {
	Day   string `json:"day" format:"date"`
	Sites int64  `json:"sites"`
}

// todayView is what needs somebody now.
type todayView struct {
	Overdue    candor.Page[candor.Case]     `json:"overdue" doc:"A deadline was missed or ends within the hour."`
	Unseen     candor.Page[candor.Case]     `json:"unseen" doc:"New, the gravest first."`
	Mine       candor.Page[candor.Case]     `json:"mine" doc:"Open and assigned to whoever asks."`
	Approvals  candor.Page[candor.Response] `json:"approvals" doc:"Proposed."`
	Failed     candor.Page[candor.Response] `json:"failed"`
	Running    candor.Page[candor.Scan]     `json:"running"`
	States     map[string]int64             `json:"states" doc:"Open cases by state."`
	Severities map[string]int64             `json:"severities" doc:"Open cases by severity."`
	Findings   []dayCount                   `json:"findings" nullable:"false" doc:"Of the last 30 days."`
	Ages       []dayCount                   `json:"ages" nullable:"false" doc:"Open cases by the day on which they were opened."`
	Coverage   []coverage                   `json:"coverage" nullable:"false" doc:"Sites by the day of their last complete scan."`
}

// condition is how a part of the program is.
type condition struct {
	Name  string            `json:"name"`
	State string            `json:"state" enum:"well,stale,ill"`
	Facts map[string]string `json:"facts,omitempty"`
	Error string            `json:"error,omitempty"`
	Hint  string            `json:"hint,omitempty"`
	Took  int64             `json:"took_ms" doc:"Milliseconds."`
}

// me is whoever asks.
type me struct {
	candor.Principal
	Permissions []access.Permission `json:"permissions" nullable:"false"`
}

func (s *server) addDesk() {
	const tag = "Desk"
	add(s, operation{id: "get-me", method: http.MethodGet, path: "/api/v1/me", tag: tag, needs: []access.Permission{SignedIn}, summary: "Tell who asks, and what they may do"},
		func(_ context.Context, who candor.Principal, _ *struct{}) (*struct{ Body me }, error) {
			all := slices.DeleteFunc(access.Permissions(), func(p access.Permission) bool { return !access.Allowed(who, p) })
			return &struct{ Body me }{me{who, all}}, nil
		})
	add(s, operation{id: "get-today", method: http.MethodGet, path: "/api/v1/today", tag: tag, needs: []access.Permission{access.ReadCases}, summary: "Get what needs somebody now"},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*struct{ Body todayView }, error) {
			t, err := s.House.Today(ctx, who)
			return &struct{ Body todayView }{today(t)}, err
		})
	add(s, operation{id: "search", method: http.MethodGet, path: "/api/v1/search", tag: tag, needs: reads, summary: "Search cases, findings, parties and assets"},
		func(ctx context.Context, who candor.Principal, in *searchQuery) (*whole[candor.Hit], error) {
			return wholeOf(s.House.Search(ctx, who, in.Text, in.Limit))
		})
	add(s, operation{id: "get-health", method: http.MethodGet, path: "/api/v1/health", tag: tag, needs: []access.Permission{access.ReadSettings}, summary: "Look at the health of all parts"},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[condition], error) {
			all, err := s.House.Health(ctx, who)
			out := make([]condition, len(all))
			for i, c := range all {
				out[i] = condition{c.Name, c.State, c.Facts, c.Error, c.Hint, c.Took.Milliseconds()}
			}
			return wholeOf(out, err)
		})
	s.addViews()
}

func today(t house.Today) todayView {
	v := todayView{Overdue: t.Overdue, Unseen: t.Unseen, Mine: t.Mine, Approvals: t.Approvals, Failed: t.Failed, Running: t.Running,
		States: map[string]int64{}, Severities: map[string]int64{}, Findings: days(t.Findings), Ages: days(t.Ages), Coverage: []coverage{}}
	for state, n := range t.States {
		v.States[string(state)] = n
	}
	for severity, n := range t.Severities {
		v.Severities[severity.String()] = n
	}
	for day, n := range t.Coverage {
		c := coverage{Sites: n}
		if !day.IsZero() { // never scanned
			c.Day = day.UTC().Format(time.DateOnly)
		}
		v.Coverage = append(v.Coverage, c)
	}
	slices.SortFunc(v.Coverage, func(a, b coverage) int { return strings.Compare(a.Day, b.Day) })
	return v
}

// viewFields are what a saved view is.
type viewFields struct {
	ID    candor.ID `json:"id"`
	Page  string    `json:"page"`
	Name  string    `json:"name"`
	Query string    `json:"query" doc:"Of the address, without the question mark."`
}

type viewQuery struct {
	Page string `query:"page" required:"true" minLength:"1" maxLength:"60" doc:"Of the console: cases, findings, …"`
}

type newView struct {
	Body struct {
		Page  string `json:"page" minLength:"1" maxLength:"60"`
		Name  string `json:"name" minLength:"1" maxLength:"80"`
		Query string `json:"query" maxLength:"2000"`
	}
}

func (s *server) addViews() {
	const tag = "Desk"
	add(s, operation{id: "list-views", method: http.MethodGet, path: "/api/v1/views", tag: tag, needs: reads, summary: "List your saved views of a page"},
		func(ctx context.Context, who candor.Principal, in *viewQuery) (*whole[viewFields], error) {
			all, err := s.House.Views(ctx, who, in.Page)
			out := make([]viewFields, len(all))
			for i, v := range all {
				out[i] = viewFields{v.ID, v.Page, v.Name, v.Query}
			}
			return wholeOf(out, err)
		})
	add(s, operation{id: "save-view", method: http.MethodPost, path: "/api/v1/views", tag: tag, needs: reads, summary: "Save a view under a name", about: "One of that name is replaced."},
		done(func(ctx context.Context, who candor.Principal, in *newView) error {
			return s.House.SaveView(ctx, who, in.Body.Page, in.Body.Name, in.Body.Query)
		}))
	add(s, operation{id: "delete-view", method: http.MethodDelete, path: "/api/v1/views/{id}", tag: tag, needs: reads, summary: "Remove a view of yours"},
		done(func(ctx context.Context, who candor.Principal, in *one) error {
			return s.House.DeleteView(ctx, who, in.ID)
		}))
}
