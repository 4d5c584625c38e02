package api

import (
	"context"
	"net/http"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
)

// readsAll is who sees what is of no one party.
var readsAll = []access.Permission{access.ReadCases}

type estateAnswer struct{ Body house.EstateView }

type contentQuery struct {
	Paging
	Sort string `query:"sort" enum:"sites,severity,first_seen"`
}

type lateQuery struct {
	Paging
	Sort    string `query:"sort" enum:"found,since,places"`
	Content string `query:"sha256" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the content."`
}

// oneContent names a content.
type oneContent struct {
	SHA256 string `path:"sha256" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the content, in hexadecimal."`
}

type placeQuery struct {
	Paging
	SHA256 string `path:"sha256" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the content, in hexadecimal."`
}

type contentAnswer struct{ Body house.ContentView }

type decisionTaken struct {
	SHA256 string `path:"sha256" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the content, in hexadecimal."`
	Body   struct {
		Decision house.ContentStep `json:"decision" enum:"dismiss,quarantine" doc:"dismiss: its open findings are false alarms. quarantine: that its files be moved away is proposed in each case."`
		Reason   string            `json:"reason,omitempty" maxLength:"20000" doc:"Why, for people."`
		After    candor.ID         `json:"after,omitempty" doc:"The next of the answer before, to go on with the rest."`
	}
}

// Outcome says in how many cases a decision was carried out. It is exported for
// huma, which sees nothing else.
type Outcome struct {
	Done    int       `json:"done" doc:"Cases in which it was done now."`
	Already int       `json:"already" doc:"Cases in which it was done before."`
	Failed  []Failure `json:"failed" nullable:"false" doc:"Cases in which it could not be done."`
	Next    candor.ID `json:"next,omitempty" doc:"There are more cases: decide again with this as after. Missing at the end."`
}

// Failure is a case in which something could not be done.
type Failure struct {
	Case   candor.ID `json:"case"`
	Detail string    `json:"detail" doc:"What went wrong, for people."`
	Hint   string    `json:"hint,omitempty" doc:"What to do next."`
}

// addEstate adds what is looked at, and contents wherever they lie.
func (s *server) addEstate() {
	const tag = "Estate"
	add(s, operation{id: "get-estate", method: http.MethodGet, path: "/api/v1/estate", tag: tag, needs: readsAll, summary: "Get how much is looked at, how well, and what it holds",
		about: "Coverage of sites, what complete scans did on each of 14 days, when everything will have been looked at once more, and how much of what is stored is different. Coverage and pace are as old as `at` says."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*estateAnswer, error) {
			v, err := s.House.Estate(ctx, who)
			return &estateAnswer{v}, err
		})
	add(s, operation{id: "list-late-findings", method: http.MethodGet, path: "/api/v1/late-findings", tag: tag, needs: readsAll, summary: "List what was here before the rules were that match it",
		about: "Each overturns what was said of a content before: since when it was here, whether it was taken for clean, and by which generation of definitions."},
		func(ctx context.Context, who candor.Principal, in *lateQuery) (*listed[candor.LateFinding], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "found")
			if err != nil {
				return nil, err
			}
			page, err := s.House.LateFindings(ctx, who, in.Content, cut)
			return paged(ctx, s, who, page, err)
		})
	s.addContents(tag)
	s.addHashes(tag)
}

type hashAsked struct {
	Body struct {
		Hash string `json:"hash" pattern:"^([0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$" doc:"MD5, SHA-1 or SHA-256 of the content, in hexadecimal."`
		Size int64  `json:"size,omitempty" minimum:"0" doc:"Bytes of the content, if that is known: then only files of that size are read."`
	}
}

type hashNamed struct {
	Hash string `path:"hash" pattern:"^([0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$" doc:"MD5, SHA-1 or SHA-256 of the content, in hexadecimal."`
}

type hashAnswer struct{ Body house.HashView }

// addHashes adds where contents lie that somebody knows by a hash alone.
func (s *server) addHashes(tag string) {
	add(s, operation{id: "ask-hash", method: http.MethodPost, path: "/api/v1/hashes", tag: tag, needs: acts, summary: "Ask all of the estate where a content lies that is known by a hash alone",
		about: "This program and the agents of all servers with sites are asked for files as they were last looked at, also those that no rule matches. What was asked within a day is not asked again, but of those who could not be. Look for the answers with `get-hash`."},
		func(ctx context.Context, who candor.Principal, in *hashAsked) (*hashAnswer, error) {
			v, err := s.House.AskHash(ctx, who, in.Body.Hash, in.Body.Size)
			return &hashAnswer{v}, err
		})
	add(s, operation{id: "get-hash", method: http.MethodGet, path: "/api/v1/hashes/{hash}", tag: tag, needs: readsAll, summary: "Get where a content lies that was asked for by a hash",
		about: "As far as those have answered who were asked. Answers are kept for 30 days."},
		func(ctx context.Context, who candor.Principal, in *hashNamed) (*hashAnswer, error) {
			v, err := s.House.Hash(ctx, who, in.Hash)
			return &hashAnswer{v}, err
		})
}

func (s *server) addContents(tag string) {
	add(s, operation{id: "list-contents", method: http.MethodGet, path: "/api/v1/contents", tag: tag, needs: readsAll, summary: "List the contents of open findings, those at most sites first",
		about: "A content on many sites is one item. What says only that something was not fully looked at does not count."},
		func(ctx context.Context, who candor.Principal, in *contentQuery) (*listed[candor.HotContent], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "sites")
			if err != nil {
				return nil, err
			}
			page, err := s.House.HotContents(ctx, who, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "get-content", method: http.MethodGet, path: "/api/v1/contents/{sha256}", tag: tag, needs: readsAll, summary: "Get a content wherever it lies, and what was decided about it",
		about: "All of its findings are listed by `list-findings` with `sha256`, all places where it lies by `list-content-places`."},
		func(ctx context.Context, who candor.Principal, in *oneContent) (*contentAnswer, error) {
			v, err := s.House.Content(ctx, who, in.SHA256)
			return &contentAnswer{v}, err
		})
	add(s, operation{id: "list-content-places", method: http.MethodGet, path: "/api/v1/contents/{sha256}/places", tag: tag, needs: readsAll, summary: "List the places where a content lies", about: "The latest first. Where it lay before is told by its findings."},
		func(ctx context.Context, who candor.Principal, in *placeQuery) (*listed[candor.HeldPlace], error) {
			cut, err := s.cut(ctx, who, in.Paging, "", "id")
			if err != nil {
				return nil, err
			}
			page, err := s.House.ContentPlaces(ctx, who, in.SHA256, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "decide-content", method: http.MethodPost, path: "/api/v1/contents/{sha256}/decision", tag: tag, needs: acts, summary: "Decide once for all cases with open findings of a content",
		about: "It can be repeated: where it was done it is not done again. Of many cases a part is done at a time; go on with `next`."}, s.decideContent)
}

func (s *server) decideContent(ctx context.Context, who candor.Principal, in *decisionTaken) (*struct{ Body Outcome }, error) {
	got, err := s.House.DecideContent(ctx, who, house.ContentDecision{SHA256: in.SHA256, Step: in.Body.Decision, Reason: in.Body.Reason, After: in.Body.After})
	if err != nil {
		return nil, err
	}
	out := Outcome{Done: got.Done, Already: got.Already, Next: got.Next, Failed: make([]Failure, len(got.Failed))}
	for i, f := range got.Failed {
		p := explain(f.Err, false)
		out.Failed[i] = Failure{f.Case, p.Detail, p.Hint}
	}
	return &struct{ Body Outcome }{out}, nil
}
