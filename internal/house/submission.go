package house

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/desk"
	"candor/internal/directory"
	"candor/internal/evidence"
	"candor/internal/respond"
	"candor/internal/respond/submit"
	"candor/internal/store"
)

// Sending asks for samples of a case to be sent to an entry of the directory.
type Sending struct {
	Case    candor.ID
	Entry   candor.ID
	Samples []string // SHA-256; if there are none, the first submit.MostSamples of what was quarantined in the case
	Reason  string   // for people
	Basis   candor.Basis
	Follows candor.ID     // the response that sent it before and got no answer
	Way     directory.Way // the first that the entry can be reached on if empty
}

// SubmissionView is what was sent, or is to be, and what came of it.
type SubmissionView struct {
	Response   candor.Response        `json:"response"`
	Submission submit.Submission      `json:"submission"`
	Message    *candor.Message        `json:"message,omitempty"`  // nil before it is written down, and where nothing is mailed
	Outcomes   []submit.SampleOutcome `json:"outcomes,omitempty"` // of each sample at an API
	Answers    []directory.Answer     `json:"answers"`            // the latest first
	Looks      []directory.Look       `json:"looks"`              // the latest first
}

// Answered tells whether anything came back but that it arrived.
func (v SubmissionView) Answered() bool {
	return slices.ContainsFunc(v.Answers, directory.Answer.Tells)
}

// Sent tells whether the organisation has anything of it, so that it may answer.
func (v SubmissionView) Sent() bool {
	switch v.Submission.By() {
	case directory.API:
		return slices.ContainsFunc(v.Outcomes, submit.SampleOutcome.Arrived)
	case directory.Form:
		_, there := v.Handed()
		return there
	}
	return v.Message != nil && (v.Message.State == candor.MessageSent || v.Message.State == candor.MessageBounced)
}

// ForHand tells whether a person is to hand it in by a form.
func (v SubmissionView) ForHand() bool {
	_, there := v.Handed()
	return !there && waitsForHand(v.Response, v.Submission)
}

// Handed is that a person handed it in by a form.
func (v SubmissionView) Handed() (directory.Answer, bool) {
	i := slices.IndexFunc(v.Answers, func(a directory.Answer) bool { return a.Verdict == directory.HandedIn })
	if i < 0 {
		return directory.Answer{}, false
	}
	return v.Answers[i], true
}

// PreviewSubmission says what would be sent, word by word, and sends nothing.
func (h *House) PreviewSubmission(ctx context.Context, who candor.Principal, s Sending) (p respond.Plan, out submit.Submission, err error) {
	if err := may(who, access.ActCases); err != nil {
		return p, out, err
	}
	if h.Submit == nil {
		return p, out, noSubmit()
	}
	c, request, err := h.sending(ctx, who, s)
	if err != nil {
		return p, out, err
	}
	if p, err = h.Submit.Plan(ctx, request, respond.Target{Case: c}); err != nil {
		return p, out, err
	}
	return p, out, json.Unmarshal(p.Data, &out)
}

// SendSamples proposes to send samples; it waits for approval as every response
// does, and needs a basis.
func (h *House) SendSamples(ctx context.Context, who candor.Principal, s Sending) (candor.Response, error) {
	if err := may(who, access.ActCases); err != nil {
		return candor.Response{}, err
	}
	if h.Submit == nil {
		return candor.Response{}, noSubmit()
	}
	_, request, err := h.sending(ctx, who, s)
	if err != nil {
		return candor.Response{}, err
	}
	return h.Runner.Propose(ctx, who, request)
}

func noSubmit() error {
	return candor.WithHint(fmt.Errorf("this process sends no samples: %w", candor.ErrUnavailable), "Ask another.")
}

func (h *House) sending(ctx context.Context, who candor.Principal, s Sending) (candor.Case, respond.Request, error) {
	c, err := h.Store.Case(ctx, who.Scope(), s.Case)
	if err == nil {
		err = desk.Incident(c)
	}
	if err != nil {
		return c, respond.Request{}, err
	}
	if s.Follows != "" {
		if s, err = h.again(ctx, who, c, s); err != nil {
			return c, respond.Request{}, err
		}
	}
	has, err := h.SamplesOf(ctx, who, c.ID)
	if err != nil {
		return c, respond.Request{}, err
	}
	of := 0
	if len(s.Samples) == 0 {
		s.Samples = has[:min(len(has), submit.MostSamples)]
		if len(has) > len(s.Samples) {
			of = len(has)
		}
	}
	for _, d := range s.Samples {
		if !slices.Contains(has, d) {
			return c, respond.Request{}, candor.WithHint(fmt.Errorf("%.70q is no content of the case that may go on: %w", d, candor.ErrInvalid), "Choose from those of the case: what was quarantined, and what people agreed to share.")
		}
	}
	options, err := json.Marshal(submit.Options{Entry: s.Entry, Samples: s.Samples, Of: of, Follows: s.Follows, Way: s.Way})
	return c, respond.Request{Case: c.ID, Method: submit.Name, Reason: s.Reason, Basis: s.Basis, Options: options}, err
}

// again takes over what was sent before.
func (h *House) again(ctx context.Context, who candor.Principal, c candor.Case, s Sending) (Sending, error) {
	v, err := h.Submission(ctx, who, s.Follows)
	if err != nil {
		return s, err
	}
	if v.Response.Case != c.ID || v.Answered() {
		return s, candor.WithHint(fmt.Errorf("response %s is of another case, or was answered: %w", s.Follows, candor.ErrInvalid), "Send again what got no answer.")
	}
	if s.Entry == "" || s.Entry == v.Submission.Entry {
		s.Entry, s.Way = v.Submission.Entry, cmp.Or(s.Way, v.Submission.By())
	}
	s.Samples = nil
	for _, x := range v.Submission.Samples {
		s.Samples = append(s.Samples, x.SHA256)
	}
	return s, nil
}

// SamplesOf gives the SHA-256 of contents of a case that the vault holds and that
// may go on to others, as MaySend says.
func (h *House) SamplesOf(ctx context.Context, who candor.Principal, id candor.ID) (all []string, err error) {
	if err := may(who, access.ReadCases); err != nil {
		return nil, err
	}
	findings, err := h.Store.FindingsOfCase(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, f := range findings {
		d, err := evidence.ParseDigest(f.SHA256)
		if err != nil || slices.Contains(all, f.SHA256) {
			continue
		}
		if _, err := h.Vault.Stat(d); errors.Is(err, candor.ErrNotFound) {
			continue
		} else if err != nil {
			return nil, err
		}
		may, err := h.shared(ctx, findings, f.SHA256)
		if err != nil {
			return nil, err
		}
		if may {
			all = append(all, f.SHA256)
		}
	}
	return all, nil
}

// MaySend gives nil if a content of a case may go on to others: it was
// quarantined, or everybody who handed it in agreed to that. If not it gives
// candor.ErrDenied.
func (h *House) MaySend(ctx context.Context, id candor.ID, sha256 string) error {
	findings, err := h.Store.FindingsOfCase(ctx, id)
	if err != nil {
		return err
	}
	may, err := h.shared(ctx, findings, sha256)
	if err == nil && !may {
		err = candor.WithHint(fmt.Errorf("%.70q was handed in by somebody who did not agree that it goes on: %w", sha256, candor.ErrDenied), "Ask the person, or send another sample.")
	}
	return err
}

func (h *House) shared(ctx context.Context, findings []candor.FiledFinding, sha256 string) (bool, error) {
	reported := false // by people alone
	for _, f := range findings {
		if f.SHA256 != sha256 {
			continue
		}
		if f.State == candor.FindingQuarantined {
			return true, nil
		}
		reported = reported || f.Sensor == SensorSupport
	}
	uploads, err := h.Store.UploadsWith(ctx, sha256)
	if err != nil {
		return false, err
	}
	for _, u := range uploads {
		if u.Ticket == "" {
			return false, nil
		}
		t, err := h.Store.Ticket(ctx, candor.Everything, u.Ticket)
		if err != nil || !t.Suspect.Share {
			return false, err
		}
	}
	return !reported || len(uploads) > 0, nil
}

// Submissions gives what was sent of a case, or is to be, the latest first.
func (h *House) Submissions(ctx context.Context, who candor.Principal, id candor.ID) ([]SubmissionView, error) {
	if err := may(who, access.ReadCases); err != nil {
		return nil, err
	}
	if _, err := h.Store.Case(ctx, who.Scope(), id); err != nil {
		return nil, err
	}
	page, err := h.Store.Responses(ctx, who.Scope(), candor.ResponseFilter{Case: id, Method: submit.Name}, candor.Cut{Limit: 200})
	if err != nil {
		return nil, err
	}
	all := []SubmissionView{}
	for _, r := range page.Items {
		v, err := h.submission(ctx, r)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// Submission gives one by its response.
func (h *House) Submission(ctx context.Context, who candor.Principal, response candor.ID) (v SubmissionView, err error) {
	if err := may(who, access.ReadCases); err != nil {
		return v, err
	}
	r, err := h.Store.Response(ctx, who.Scope(), response)
	if err != nil {
		return v, err
	}
	if r.Method != submit.Name {
		return v, fmt.Errorf("response %s sends no samples: %w", response, candor.ErrNotFound)
	}
	return h.submission(ctx, r)
}

func (h *House) submission(ctx context.Context, r candor.Response) (v SubmissionView, err error) {
	v.Response = r
	if v.Submission, err = submit.Read(r); err != nil {
		return v, err
	}
	if v.Outcomes, err = submit.Outcomes(r); err != nil {
		return v, err
	}
	messages, err := h.Store.MessagesOf(ctx, r.ID)
	if err != nil {
		return v, err
	}
	if len(messages) > 0 {
		v.Message = &messages[0]
	}
	if v.Answers, err = h.Store.VendorAnswers(ctx, r.ID); err != nil {
		return v, err
	}
	v.Looks, err = h.Store.Looks(ctx, r.ID)
	return v, err
}

// RecordVendorAnswer keeps what an organisation answered to samples that were sent.
func (h *House) RecordVendorAnswer(ctx context.Context, who candor.Principal, a directory.Answer) (directory.Answer, error) {
	if err := may(who, access.ActCases); err != nil {
		return a, err
	}
	a.Detection, a.Note = strings.TrimSpace(a.Detection), strings.TrimSpace(a.Note)
	if err := a.Check(); err != nil {
		return a, err
	}
	v, err := h.Submission(ctx, who, a.Response)
	if err != nil {
		return a, err
	}
	if !v.Sent() {
		return a, candor.WithHint(fmt.Errorf("nothing was sent that could be answered: %w", candor.ErrInvalid), "Wait until it is sent.")
	}
	now := h.now()
	a.ID, a.At, a.By = candor.NewID(now), now, cmp.Or(who.Name, string(who.User))
	err = h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.AddVendorAnswer(ctx, a); err != nil {
			return err
		}
		return h.recordAbout(ctx, tx, v.Response, who, map[string]any{"answer": a.Verdict, "detection": a.Detection, "organisation": v.Submission.Name})
	})
	return a, err
}

func (h *House) recordAbout(ctx context.Context, tx *store.Tx, r candor.Response, who candor.Principal, body map[string]any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	now := h.now()
	return tx.AddRecords(ctx, r.Party, candor.Record{ID: candor.NewID(now), Kind: candor.RecordDecision, At: now, Subject: r.ID, Case: r.Case, Actor: who.Actor(), Body: text})
}

// LookForSamples asks the definitions in use whether they find what was sent: what
// a vendor calls malicious must be found here too.
func (h *House) LookForSamples(ctx context.Context, who candor.Principal, response candor.ID) ([]directory.Look, error) {
	if err := may(who, access.ActCases); err != nil {
		return nil, err
	}
	if h.Samples == nil {
		return nil, candor.WithHint(fmt.Errorf("this process has no definitions: %w", candor.ErrUnavailable), "Ask another.")
	}
	v, err := h.Submission(ctx, who, response)
	if err != nil {
		return nil, err
	}
	var looks []directory.Look
	for _, x := range v.Submission.Samples {
		l, err := h.lookAt(ctx, x.SHA256)
		if err != nil {
			return nil, err
		}
		now := h.now()
		l.ID, l.Response, l.At, l.By = candor.NewID(now), response, now, cmp.Or(who.Name, string(who.User))
		looks = append(looks, l)
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		for _, l := range looks {
			if err := tx.AddLook(ctx, l); err != nil {
				return err
			}
			if err := h.recordAbout(ctx, tx, v.Response, who, map[string]any{"sample": l.SHA256, "generation": l.Generation, "found": l.Found(), "rules": l.Rules}); err != nil {
				return err
			}
		}
		return nil
	})
	return looks, err
}

func (h *House) lookAt(ctx context.Context, sha256 string) (l directory.Look, err error) {
	content, err := h.content(sha256)
	if err != nil {
		return l, fmt.Errorf("read %s from the vault: %w", sha256, err)
	}
	l.SHA256, l.Rules = sha256, []string{}
	generation, found, err := h.Samples.Look(ctx, sha256, content)
	if err != nil && len(found) == 0 {
		return l, fmt.Errorf("look at %s: %w", sha256, err)
	}
	l.Generation = generation
	for _, f := range found {
		if !slices.Contains(l.Rules, f.Rule) {
			l.Rules = append(l.Rules, f.Rule)
		}
	}
	slices.Sort(l.Rules)
	return l, nil
}
