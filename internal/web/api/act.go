package api

import (
	"context"
	"net/http"
	"time"

	"candor"
)

// saying is what a person writes.
type saying struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"20000"`
	}
}

type comment struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Text   string `json:"text" minLength:"1" maxLength:"20000"`
		Public bool   `json:"public,omitempty" doc:"The customer may read it."`
	}
}

type fixed struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Text string `json:"text,omitempty" maxLength:"20000"`
	}
}

type taskChange struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Done bool `json:"done"`
	}
}

type caseLink struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Case candor.ID `json:"case" doc:"The other case."`
	}
}

type awareness struct {
	ID   candor.ID `path:"id"`
	Body struct {
		At time.Time `json:"at,omitzero" doc:"Since when the provider has known; now if missing."`
	}
}

type submission struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Rule string `json:"rule" minLength:"1" maxLength:"100" doc:"The rule of the deadline: nis2-early-warning, …"`
	}
}

// done gives an operation that answers that it was done.
func done[I any](do func(context.Context, candor.Principal, *I) error) func(context.Context, candor.Principal, *I) (*nothing, error) {
	return func(ctx context.Context, who candor.Principal, in *I) (*nothing, error) {
		return &nothing{}, do(ctx, who, in)
	}
}

// addActs adds what is done in a case.
func (s *server) addActs() {
	const tag = "Cases"
	post := func(id, path, summary, about string) operation {
		return operation{id: id, method: http.MethodPost, path: "/api/v1/cases/{id}/" + path, tag: tag, needs: acts, summary: summary, about: about}
	}
	add(s, post("comment-case", "comments", "Comment on a case", "A public comment can be read by the customer, and answers a question."),
		done(func(ctx context.Context, who candor.Principal, in *comment) error {
			return s.House.Comment(ctx, who, in.ID, in.Body.Text, in.Body.Public)
		}))
	add(s, post("add-task", "tasks", "Add a task to a case", ""),
		done(func(ctx context.Context, who candor.Principal, in *saying) error {
			return s.House.AddTask(ctx, who, in.ID, in.Body.Text)
		}))
	add(s, operation{id: "change-task", method: http.MethodPatch, path: "/api/v1/tasks/{id}", tag: tag, needs: acts, summary: "Say whether a task is done"},
		done(func(ctx context.Context, who candor.Principal, in *taskChange) error {
			return s.House.DoTask(ctx, who, in.ID, in.Body.Done)
		}))
	add(s, post("link-case", "links", "Link a case with another", ""),
		done(func(ctx context.Context, who candor.Principal, in *caseLink) error {
			return s.House.Link(ctx, who, in.ID, in.Body.Case)
		}))
	add(s, post("note-awareness", "aware", "Start the clocks of the duties to authorities", "With a case that is a significant incident: the deadlines of NIS2 and GDPR run from this time on."),
		done(func(ctx context.Context, who candor.Principal, in *awareness) error {
			at := in.Body.At.UTC()
			if in.Body.At.IsZero() {
				at = s.Clock().UTC()
			}
			return s.House.Aware(ctx, who, in.ID, at)
		}))
	add(s, post("note-submission", "submitted", "Note that what a deadline asks for was submitted", ""),
		done(func(ctx context.Context, who candor.Principal, in *submission) error {
			return s.House.Submitted(ctx, who, in.ID, in.Body.Rule)
		}))
	add(s, post("recheck-case", "recheck", "Look at the places of a case again, at once", ""),
		done(func(ctx context.Context, who candor.Principal, in *one) error {
			return s.House.Recheck(ctx, who, in.ID)
		}))
	s.addOwnActs(post)
}

// addOwnActs adds what only those can say who own what a case is about.
func (s *server) addOwnActs(post func(id, path, summary, about string) operation) {
	mine := func(op operation) operation {
		op.needs, op.tag = own, "Own cases"
		return op
	}
	add(s, mine(post("say-fixed", "fixed", "Say that a case of yours is mended", "Its places are looked at again at once; the case closes if they are clean.")),
		done(func(ctx context.Context, who candor.Principal, in *fixed) error {
			return s.House.Fixed(ctx, who, in.ID, in.Body.Text)
		}))
	add(s, mine(post("ask-question", "questions", "Ask a question in a case of yours", "")),
		done(func(ctx context.Context, who candor.Principal, in *saying) error {
			return s.House.Ask(ctx, who, in.ID, in.Body.Text)
		}))
	add(s, mine(post("contest-case", "contest", "Say that a case of yours is a false alarm", "Nothing is dismissed by it: people look.")),
		done(func(ctx context.Context, who candor.Principal, in *saying) error {
			return s.House.Contest(ctx, who, in.ID, in.Body.Text)
		}))
}
