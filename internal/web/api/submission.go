package api

import (
	"context"
	"net/http"

	"candor"
	"candor/internal/access"
	"candor/internal/directory"
	"candor/internal/house"
)

type samplesSent struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Entry   candor.ID     `json:"entry,omitempty" doc:"Of the directory; if missing that of the submission that it follows."`
		Samples []string      `json:"samples,omitempty" maxItems:"10" doc:"SHA-256 of contents of the case that the vault holds; the first ten of them if missing, and the plan says of how many."`
		Follows candor.ID     `json:"follows,omitempty" doc:"The response that sent it before and got no answer."`
		Way     directory.Way `json:"way,omitempty" enum:"mail,api,form" doc:"On which of the entry's ways; the first of mail, api and form that it has if missing."`
		Reason  string        `json:"reason,omitempty" maxLength:"20000" doc:"Why, for people."`
		Basis   candor.Basis  `json:"basis,omitzero" doc:"On what it rests. If missing: the latest agreement that allows submit."`
	}
}

type vendorAnswered struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Verdict   directory.Verdict `json:"verdict" enum:"acknowledged,malicious,clean,needs-more" doc:"What they say."`
		Detection string            `json:"detection,omitempty" maxLength:"200" doc:"What they call it, if it is malicious."`
		Note      string            `json:"note,omitempty" maxLength:"4000" doc:"What else they say."`
	}
}

type handedIn struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Reference string `json:"reference,omitempty" maxLength:"200" doc:"Under which they have it, if they gave one."`
	}
}

type submissionAnswer struct{ Body house.SubmissionView }

// addSubmissions adds samples that are sent to organisations of the directory.
func (s *server) addSubmissions() {
	const tag = "Directory"
	acts := []access.Permission{access.ActCases}
	add(s, operation{id: "list-submissions", method: http.MethodGet, path: "/api/v1/cases/{id}/submissions", tag: tag, needs: []access.Permission{access.ReadCases}, summary: "List what was sent of a case to organisations of the directory", about: "The latest first, at most 200, with what was answered."},
		func(ctx context.Context, who candor.Principal, in *one) (*whole[house.SubmissionView], error) {
			return wholeOf(s.House.Submissions(ctx, who, in.ID))
		})
	add(s, operation{id: "send-samples", method: http.MethodPost, path: "/api/v1/cases/{id}/submissions", tag: tag, needs: acts, status: http.StatusCreated, summary: "Propose to send samples of a case to an organisation",
		about: "As it wants them by the directory: by mail, through its API, or by a form that a person fills in once it is approved. It waits for approval, and needs a basis as every response. Nothing that is sent names the party, its site or a path."},
		func(ctx context.Context, who candor.Principal, in *samplesSent) (*responseAnswer, error) {
			b := in.Body
			r, err := s.House.SendSamples(ctx, who, house.Sending{Case: in.ID, Entry: b.Entry, Samples: b.Samples, Follows: b.Follows, Way: b.Way, Reason: b.Reason, Basis: b.Basis})
			return &responseAnswer{r}, err
		})
	add(s, operation{id: "add-vendor-answer", method: http.MethodPost, path: "/api/v1/responses/{id}/vendor-answers", tag: tag, needs: acts, status: http.StatusCreated, summary: "Write down what an organisation answered to samples"},
		func(ctx context.Context, who candor.Principal, in *vendorAnswered) (*struct{ Body directory.Answer }, error) {
			a, err := s.House.RecordVendorAnswer(ctx, who, directory.Answer{Response: in.ID, Verdict: in.Body.Verdict, Detection: in.Body.Detection, Note: in.Body.Note})
			return &struct{ Body directory.Answer }{a}, err
		})
	add(s, operation{id: "hand-in-samples", method: http.MethodPost, path: "/api/v1/responses/{id}/hand-in", tag: tag, needs: acts, summary: "Say that you filled in the form of an organisation", about: "Nothing else ends a submission by form; 409 if it waits for nobody to hand it in."},
		func(ctx context.Context, who candor.Principal, in *handedIn) (*submissionAnswer, error) {
			v, err := s.House.HandIn(ctx, who, in.ID, in.Body.Reference)
			return &submissionAnswer{v}, err
		})
	add(s, operation{id: "ask-for-verdict", method: http.MethodPost, path: "/api/v1/responses/{id}/verdict", tag: tag, needs: acts, summary: "Ask the API of an organisation now what came of samples", about: "It is asked by itself too, at growing distances over ten days. What it says is among the answers."},
		func(ctx context.Context, who candor.Principal, in *one) (*submissionAnswer, error) {
			v, err := s.House.AskForVerdict(ctx, who, in.ID)
			return &submissionAnswer{v}, err
		})
	add(s, operation{id: "look-for-samples", method: http.MethodPost, path: "/api/v1/responses/{id}/looks", tag: tag, needs: acts, summary: "Ask the definitions in use whether they find what was sent", about: "What a vendor calls malicious must be found here too. It is kept with the generation that was asked."},
		func(ctx context.Context, who candor.Principal, in *one) (*whole[directory.Look], error) {
			return wholeOf(s.House.LookForSamples(ctx, who, in.ID))
		})
}
