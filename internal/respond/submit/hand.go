package submit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"candor"
	"candor/internal/directory"
	"candor/internal/respond"
)

// handWait is how long after a look whether somebody handed a form in the next
// comes. Whoever does so asks for one at once.
const handWait = 6 * time.Hour

// hand waits until a person filled in the form. Nothing is kept before, so that it
// can be refused until then.
func (a *attempt) hand(ctx context.Context, s Submission) (json.RawMessage, error) {
	if a.Handings == nil {
		return nil, respond.Temporary(unavailable("nobody here can hand in a form"), handWait)
	}
	done, there, err := a.Handings.Handing(ctx, a.response.ID)
	if err != nil {
		return nil, respond.Temporary(fmt.Errorf("look whether it was handed in: %w", err), 0)
	}
	if there {
		a.progress.State, a.progress.Handed, a.progress.Reference = candor.MessageSent, done.At, done.Note
		if err := a.save(ctx); err != nil {
			return nil, err
		}
		return a.result(nil)
	}
	err = a.stands(ctx, s)
	if err == nil {
		err = a.agreed(ctx, s)
	}
	switch {
	case err == nil:
		return nil, respond.Postpone(handWait)
	case lasting(err) || errors.Is(err, candor.ErrDenied):
		return nil, candor.WithHint(respond.Permanent(err), candor.Hint(err))
	}
	return nil, respond.Temporary(err, 0)
}

// Files makes what a person hands in by a form: files, or none where digests alone
// are given. It asks once more whether they may go, and whether the directory still
// says what was approved.
func (m *Method) Files(ctx context.Context, r candor.Response) ([]candor.Attachment, error) {
	s, err := Read(r)
	if err != nil {
		return nil, err
	}
	a := &attempt{Method: m, response: r}
	if err := errors.Join(a.stands(ctx, s), a.agreed(ctx, s)); err != nil {
		return nil, err
	}
	return m.attachments(ctx, s)
}

// arrived tells whether what went through an API or a form arrived.
func arrived(r candor.Response, s Submission) error {
	p, err := readProgress(r)
	if err != nil {
		return err
	}
	if s.Way == directory.Form {
		if p.Handed.IsZero() {
			return candor.WithHint(respond.Permanent(errors.New("nobody handed it in")), "Propose it anew.")
		}
		return nil
	}
	if len(p.Outcomes) == 0 || slices.ContainsFunc(p.Outcomes, func(o SampleOutcome) bool { return !o.Arrived() }) {
		return candor.WithHint(respond.Permanent(fmt.Errorf("%s does not have all of it", s.Name)), "Look after the entry in the directory.")
	}
	return nil
}

// prove says what of a way that is no mail belongs into the evidence log. What
// others call it is kept as salted digests: nobody knows what is in it.
func prove(body map[string]any, personal map[string]string, p progress) {
	var steps []map[string]any
	for i, o := range p.Outcomes {
		steps = append(steps, map[string]any{"sample": o.SHA256, "state": o.Step, "status": o.Status, "attempts": o.Attempts})
		if o.Reference != "" {
			personal["reference "+strconv.Itoa(i+1)] = o.Reference
		}
	}
	if len(steps) > 0 {
		body["outcomes"] = steps
	}
	if !p.Handed.IsZero() {
		body["handed"] = p.Handed
	}
	if p.Reference != "" {
		personal["reference"] = p.Reference
	}
}
