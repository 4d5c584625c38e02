package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"candor"
	"candor/internal/access"
)

const problemJSON = "application/problem+json"

// Problem says why something was not done (RFC 9457). It names no internals:
// Instance finds these in the log of the program.
type Problem struct {
	Type     string  `json:"type" doc:"Always about:blank: the status says it all." example:"about:blank"`
	Title    string  `json:"title" doc:"The status in words."`
	Status   int     `json:"status" doc:"The HTTP status."`
	Detail   string  `json:"detail,omitempty" doc:"What was wrong, for people."`
	Hint     string  `json:"hint,omitempty" doc:"What to do next, for people."`
	Instance string  `json:"instance" format:"uri" doc:"Names this occurrence; the log of the program has it too."`
	Errors   []Fault `json:"errors,omitempty" doc:"What was wrong where in the request."`
	header   http.Header
}

// Fault is one thing that is wrong in a request.
type Fault struct {
	Location string `json:"location,omitempty" doc:"Where: query.limit, path.id, body.findings[3].severity."`
	Message  string `json:"message" doc:"What is wrong there."`
}

var problemType = reflect.TypeFor[Problem]()

// Error gives the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemJSON }

func newProblem(status int, detail, hint string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Hint: hint, header: http.Header{}}
}

// explain is the one place where kinds of errors become HTTP. What comes from
// the database or the system is not told.
func explain(err error, matches bool) *Problem {
	var wait *access.Wait
	var later *candor.LaterError
	var already *Problem
	tell := func(status int) *Problem { return newProblem(status, err.Error(), candor.Hint(err)) }
	switch {
	case errors.As(err, &already):
		return already
	case errors.As(err, &wait):
		return tell(http.StatusTooManyRequests).after(wait.For)
	case errors.Is(err, access.ErrSignedOut):
		p := tell(http.StatusUnauthorized)
		p.header.Set("WWW-Authenticate", `Bearer realm="candor"`)
		return p
	case errors.Is(err, candor.ErrDenied):
		return tell(http.StatusForbidden)
	case errors.Is(err, candor.ErrNotFound):
		return tell(http.StatusNotFound)
	case errors.Is(err, candor.ErrUnavailable), errors.As(err, &later), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		p := newProblem(http.StatusServiceUnavailable, "Something that this needs does not work at the moment.", candor.Hint(err))
		if later != nil {
			return p.after(later.After)
		}
		return p.after(5 * time.Second)
	case errors.Is(err, candor.ErrChanged) && matches:
		return tell(http.StatusPreconditionFailed)
	case errors.Is(err, candor.ErrChanged), errors.Is(err, candor.ErrExists):
		return tell(http.StatusConflict)
	case errors.Is(err, candor.ErrInvalid):
		return tell(http.StatusUnprocessableEntity)
	}
	return newProblem(http.StatusInternalServerError, "This should not happen.", "Tell whoever runs this service, with the instance.")
}

// after says when to try again, in whole seconds (RFC 9110, 10.2.3).
func (p *Problem) after(d time.Duration) *Problem {
	p.header.Set("Retry-After", strconv.Itoa(max(1, int((d+time.Second-1)/time.Second))))
	return p
}

// problem says to whoever asked what went wrong, and more to the log.
func (s *server) problem(ctx context.Context, err error, matches bool) *Problem {
	p := explain(err, matches && header(ctx, "If-Match") != "")
	note(ctx, s.Log, s.Clock, p, err)
	return p
}

// note gives the problem its name, and tells the log.
func note(ctx context.Context, log *slog.Logger, clock candor.Clock, p *Problem, err error) {
	if p.Instance != "" {
		return
	}
	id := candor.NewID(clock())
	p.Instance = "urn:uuid:" + string(id)
	level := slog.LevelInfo
	if p.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	who := access.From(ctx)
	log.Log(ctx, level, "a request was not done", "instance", id, "status", p.Status, "error", err, "user", who.User, "token", who.Token)
}

// problems makes problems of ours of what huma finds wrong in a request. The
// values that it found are not sent back.
func (s *server) problems(ctx huma.Context, _ string, v any) (any, error) {
	e, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := newProblem(e.Status, e.Detail, "")
	for _, d := range e.Errors {
		if d != nil {
			p.Errors = append(p.Errors, Fault{d.Location, d.Message})
		}
	}
	note(ctx.Context(), s.Log, s.Clock, p, e)
	return p, nil
}

// write sends the problem.
func (p *Problem) write(w http.ResponseWriter) {
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", problemJSON)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // whoever asked is gone, if it fails
}

// Refuser gives a function that answers requests which access lets go no
// further, as the API does: for access.Deps.Refuse, where the path begins with
// /api/.
func Refuser(log *slog.Logger, clock candor.Clock) func(http.ResponseWriter, *http.Request, error) {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		harden(w.Header())
		p := explain(err, false)
		note(r.Context(), log, clock, p, err)
		p.write(w)
	}
}
