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
		Entry   candor.ID    `json:"entry,omitempty" doc:"Of the directory; if missing that of the submission that it follows."`
		Samples []string     `json:"samples,omitempty" maxItems:"10" doc:"SHA-256 of contents of the case that the vault holds; the first ten of them if missing, and the plan says of how many."`
		Follows candor.ID    `json:"follows,omitempty" doc:"The response that sent it before and got no answer."`
		Reason  string       `json:"reason,omitempty" maxLength:"20000" doc:"Why, for people."`
		Basis   candor.Basis `json:"basis,omitzero" doc:"On what it rests. If missing: the latest agreement that allows submit."`
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

// addSubmissions adds samples that are sent to organisations of the directory.
func (s *server) addSubmissions() {
	const tag = "Directory"
	acts := []access.Permission{access.ActCases}
	add(s, operation{id: "list-submissions", method: http.MethodGet, path: "/api/v1/cases/{id}/submissions", tag: tag, needs: []access.Permission{access.ReadCases}, summary: "List what was sent of a case to organisations of the directory", about: "The latest first, at most 200, with what was answered."},
		func(ctx context.Context, who candor.Principal, in *one) (*whole[house.SubmissionView], error) {
			return wholeOf(s.House.Submissions(ctx, who, in.ID))
		})
	add(s, operation{id: "send-samples", method: http.MethodPost, path: "/api/v1/cases/{id}/submissions", tag: tag, needs: acts, status: http.StatusCreated, summary: "Propose to send samples of a case to an organisation",
		about: "As it wants them by the directory. It waits for approval, and needs a basis as every response. The mail names neither the party nor its site nor a path."},
		func(ctx context.Context, who candor.Principal, in *samplesSent) (*responseAnswer, error) {
			b := in.Body
			r, err := s.House.SendSamples(ctx, who, house.Sending{Case: in.ID, Entry: b.Entry, Samples: b.Samples, Follows: b.Follows, Reason: b.Reason, Basis: b.Basis})
			return &responseAnswer{r}, err
		})
	add(s, operation{id: "add-vendor-answer", method: http.MethodPost, path: "/api/v1/responses/{id}/vendor-answers", tag: tag, needs: acts, status: http.StatusCreated, summary: "Write down what an organisation answered to samples"},
		func(ctx context.Context, who candor.Principal, in *vendorAnswered) (*struct{ Body directory.Answer }, error) {
			a, err := s.House.RecordVendorAnswer(ctx, who, directory.Answer{Response: in.ID, Verdict: in.Body.Verdict, Detection: in.Body.Detection, Note: in.Body.Note})
			return &struct{ Body directory.Answer }{a}, err
		})
	add(s, operation{id: "look-for-samples", method: http.MethodPost, path: "/api/v1/responses/{id}/looks", tag: tag, needs: acts, summary: "Ask the definitions in use whether they find what was sent", about: "What a vendor calls malicious must be found here too. It is kept with the generation that was asked."},
		func(ctx context.Context, who candor.Principal, in *one) (*whole[directory.Look], error) {
			return wholeOf(s.House.LookForSamples(ctx, who, in.ID))
		})
}
