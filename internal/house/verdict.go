package house

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/desk"
	"candor/internal/directory"
	"candor/internal/respond"
	"candor/internal/respond/submit"
	"candor/internal/store"
)

// AskVerdictJob asks the API of an organisation what came of samples that it took.
type AskVerdictJob struct {
	Response candor.ID `json:"response"`
	Round    int       `json:"round"` // from 1
}

// Kind names the job.
func (AskVerdictJob) Kind() string { return "directory.verdict" }

// verdictRounds is how often it is asked: over about ten days.
const verdictRounds = 18

// untilVerdict is how long before a round it is waited: five minutes, doubled up to
// a day.
func untilVerdict(round int) time.Duration {
	return min(5*time.Minute<<min(max(round-1, 0), 9), 24*time.Hour)
}

// followSubmission has a person hand in what goes by a form, and the API asked that
// took a sample.
func followSubmission(ctx context.Context, d *desk.Desk, t respond.Tx, tx desk.Tx, r candor.Response) error {
	s, err := submit.Read(r)
	if err != nil {
		return err
	}
	switch {
	case s.Way == directory.Form:
		waits, err := anyWaits(ctx, t, r)
		if err != nil {
			return err
		}
		return d.HandIn(ctx, tx, r.Case, waits)
	case s.Way == directory.API && s.API != nil && s.API.Verdict != nil && (r.State == candor.ResponseApplied || r.State == candor.ResponseFailed):
		outcomes, err := submit.Outcomes(r)
		if err != nil || !slices.ContainsFunc(outcomes, verdictable) {
			return err
		}
		return tx.Enqueue(ctx, AskVerdictJob{Response: r.ID, Round: 1}, candor.JobOptions{At: r.Updated.Add(untilVerdict(1)), Once: true})
	}
	return nil
}

// anyWaits tells whether anything of a case waits to be handed in.
func anyWaits(ctx context.Context, t respond.Tx, r candor.Response) (bool, error) {
	all, err := t.Waiting(ctx, r.Case, submit.Name)
	if err != nil {
		return false, err
	}
	for _, w := range append(all, r) {
		if w.ID == r.ID {
			w = r
		}
		s, err := submit.Read(w)
		if err != nil {
			return false, err
		}
		if waitsForHand(w, s) {
			return true, nil
		}
	}
	return false, nil
}

// verdictable tells whether a verdict can be asked for.
func verdictable(o submit.SampleOutcome) bool { return o.Arrived() && o.Reference != "" }

// AskVerdict asks an API what came of samples, writes down what it says, and has
// it asked again later where it says nothing yet.
func (h *House) AskVerdict(ctx context.Context, j AskVerdictJob) error {
	if h.Submit == nil {
		return nil
	}
	r, err := h.Store.Response(ctx, candor.Everything, j.Response)
	if err != nil {
		return err
	}
	v, err := h.submission(ctx, r)
	if err != nil {
		return err
	}
	by := v.Submission.Name + " (API)"
	if slices.ContainsFunc(v.Answers, func(a directory.Answer) bool { return a.Tells() && a.By != by }) {
		return nil // a person wrote down what they say
	}
	var news []directory.Answer
	open := false
	for _, o := range v.Outcomes {
		note := "SHA-256: " + o.SHA256
		if !verdictable(o) || slices.ContainsFunc(v.Answers, func(a directory.Answer) bool { return a.By == by && a.Note == note }) {
			continue
		}
		a, said, err := h.Submit.Verdict(ctx, v.Submission, o)
		switch {
		case errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrNotFound):
			continue // it cannot be asked any more
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil || !said:
			open = true
			continue
		}
		a.Response, a.Note, a.By = r.ID, note, by
		if err := a.Check(); err != nil {
			return err
		}
		news = append(news, a)
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		for _, a := range news {
			a.At = h.now()
			a.ID = candor.NewID(a.At)
			if err := tx.AddVendorAnswer(ctx, a); err != nil {
				return err
			}
			if err := h.recordAbout(ctx, tx, r, candor.Principal{Name: "system"}, map[string]any{"answer": a.Verdict, "detection": a.Detection, "organisation": v.Submission.Name, "by": "api"}); err != nil {
				return err
			}
		}
		if !open || j.Round >= verdictRounds {
			return nil
		}
		return tx.Enqueue(ctx, AskVerdictJob{Response: r.ID, Round: j.Round + 1}, candor.JobOptions{At: h.now().Add(untilVerdict(j.Round + 1)), Once: true})
	})
}

// AskForVerdict asks an API now what came of samples, for whoever does not want to
// wait for the next time.
func (h *House) AskForVerdict(ctx context.Context, who candor.Principal, response candor.ID) (SubmissionView, error) {
	if err := may(who, access.ActCases); err != nil {
		return SubmissionView{}, err
	}
	v, err := h.Submission(ctx, who, response)
	if err != nil {
		return v, err
	}
	if v.Submission.API == nil || v.Submission.API.Verdict == nil || !slices.ContainsFunc(v.Outcomes, verdictable) {
		return v, candor.WithHint(fmt.Errorf("nothing can be asked for: %w", candor.ErrInvalid), "The entry has to say how verdicts are asked for, and the organisation has to have the samples.")
	}
	if err := h.AskVerdict(ctx, AskVerdictJob{Response: response, Round: verdictRounds}); err != nil {
		return v, err
	}
	return h.Submission(ctx, who, response)
}
