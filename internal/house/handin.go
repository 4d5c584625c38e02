package house

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/directory"
	"candor/internal/respond"
	"candor/internal/respond/submit"
	"candor/internal/store"
)

// waitsForHand tells whether a person is to hand in what a response gives them.
func waitsForHand(r candor.Response, s submit.Submission) bool {
	return r.State == candor.ResponseApproved && s.Way == directory.Form && len(r.Result) == 0
}

// handed gives a response that a person is to hand in.
func (h *House) handed(ctx context.Context, who candor.Principal, response candor.ID) (v SubmissionView, err error) {
	if err := may(who, access.ActCases); err != nil {
		return v, err
	}
	if v, err = h.Submission(ctx, who, response); err != nil {
		return v, err
	}
	if !v.ForHand() {
		return v, candor.WithHint(fmt.Errorf("response %s waits for nobody to hand it in: %w", response, candor.ErrChanged), "Look at the samples of the case again.")
	}
	return v, nil
}

// SampleFile gives one of the files that a person hands in by a form, packed as the
// organisation wants it, and has the log keep who took it. Files are counted from 0.
func (h *House) SampleFile(ctx context.Context, who candor.Principal, response candor.ID, n int) (a candor.Attachment, err error) {
	v, err := h.handed(ctx, who, response)
	if err != nil {
		return a, err
	}
	if h.Submit == nil {
		return a, noSubmit()
	}
	files, err := h.Submit.Files(ctx, v.Response)
	if err != nil {
		return a, err
	}
	if n < 0 || n >= len(files) {
		return a, fmt.Errorf("file %d of response %s: %w", n, response, candor.ErrNotFound)
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		return h.recordAbout(ctx, tx, v.Response, who, map[string]any{"took": files[n].Name, "organisation": v.Submission.Name, "form": v.Submission.Form})
	})
	return files[n], err
}

// HandIn notes that a person filled in the form of an organisation, and under which
// reference they have it, if they gave one. Nothing else ends such a response.
func (h *House) HandIn(ctx context.Context, who candor.Principal, response candor.ID, reference string) (SubmissionView, error) {
	v, err := h.handed(ctx, who, response)
	if err != nil {
		return v, err
	}
	if reference = strings.TrimSpace(reference); len(reference) > 200 || strings.ContainsFunc(reference, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return v, candor.WithHint(fmt.Errorf("the reference is not on one line: %w", candor.ErrInvalid), "Write at most 200 bytes.")
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		r, err := tx.Response(ctx, who.Scope(), response) // nobody else changes it until the end
		if err != nil {
			return err
		}
		_, there, err := handedIn(ctx, tx, response)
		if err != nil {
			return err
		}
		if there || !waitsForHand(r, v.Submission) {
			return candor.WithHint(fmt.Errorf("response %s waits for nobody to hand it in: %w", response, candor.ErrChanged), "Look at the samples of the case again.")
		}
		now := h.now()
		if err := tx.AddVendorAnswer(ctx, directory.Answer{ID: candor.NewID(now), Response: response, Verdict: directory.HandedIn, Note: reference, At: now, By: cmp.Or(who.Name, string(who.User))}); err != nil {
			return err
		}
		if err := h.recordAbout(ctx, tx, r, who, map[string]any{"handed": v.Submission.To, "organisation": v.Submission.Name}); err != nil {
			return err
		}
		return tx.Enqueue(ctx, respond.ApplyJob{Response: response}, candor.JobOptions{})
	})
	if err != nil {
		return v, err
	}
	return h.Submission(ctx, who, response)
}

// Handing implements submit.Handings.
func (h *House) Handing(ctx context.Context, response candor.ID) (directory.Answer, bool, error) {
	return handedIn(ctx, h.Store, response)
}

func handedIn(ctx context.Context, s interface {
	VendorAnswers(context.Context, candor.ID) ([]directory.Answer, error)
}, response candor.ID) (directory.Answer, bool, error) {
	all, err := s.VendorAnswers(ctx, response)
	i := slices.IndexFunc(all, func(a directory.Answer) bool { return a.Verdict == directory.HandedIn })
	if err != nil || i < 0 {
		return directory.Answer{}, false, err
	}
	return all[i], true, nil
}
