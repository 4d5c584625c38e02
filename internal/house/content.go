package house

import (
	"context"
	"errors"
	"fmt"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/regex"
)

// ContentView is one content wherever it lies.
type ContentView struct {
	Content  candor.HotContent                `json:"content"`  // as its open findings have it
	States   candor.ContentStates             `json:"states"`   // of all of its findings: what was decided
	Findings candor.Page[candor.FiledFinding] `json:"findings"` // up to 50 of all states, the latest first
	Late     []candor.LateFinding             `json:"late"`     // up to 20, the latest first
}

var sha256Words = regex.Of(`^[0-9a-f]{64}$`)

// mayAbout asks for a permission, and for the digest of a content.
func mayAbout(who candor.Principal, p access.Permission, sha256 string) error {
	if err := may(who, p); err != nil {
		return err
	}
	if !sha256Words.MatchString(sha256) {
		return fmt.Errorf("content %.80q: %w", sha256, candor.ErrNotFound)
	}
	return nil
}

// Content gives one content wherever it lies.
func (h *House) Content(ctx context.Context, who candor.Principal, sha256 string) (v ContentView, err error) {
	if err := mayAbout(who, access.ReadCases, sha256); err != nil {
		return v, err
	}
	if v.Content, err = h.Store.HotContent(ctx, sha256); errors.Is(err, candor.ErrNotFound) {
		v.Content, err = candor.HotContent{SHA256: sha256}, nil
	}
	if err != nil {
		return v, err
	}
	if v.States, err = h.Store.ContentStates(ctx, sha256); err != nil {
		return v, err
	}
	if v.Findings, err = h.Store.Findings(ctx, who.Scope(), candor.FindingFilter{Content: sha256}, candor.Cut{Limit: 50}); err != nil {
		return v, err
	}
	late, err := h.Store.LateFindings(ctx, sha256, candor.Cut{Limit: 20})
	v.Late = late.Items
	if err == nil && len(v.Findings.Items)+len(v.Late) == 0 {
		err = fmt.Errorf("content %s: %w", sha256, candor.ErrNotFound)
	}
	return v, err
}

// ContentPlaces lists the places where a content lies now, the latest first.
// One without open findings has none.
func (h *House) ContentPlaces(ctx context.Context, who candor.Principal, sha256 string, cut candor.Cut) (candor.Page[candor.HeldPlace], error) {
	if err := mayAbout(who, access.ReadCases, sha256); err != nil {
		return candor.Page[candor.HeldPlace]{}, err
	}
	return h.Store.ContentPlaces(ctx, sha256, cut)
}

// LateOf gives what late findings say of a content, the latest first.
func (h *House) LateOf(ctx context.Context, who candor.Principal, sha256 string) ([]candor.LateFinding, error) {
	if err := may(who, access.ReadCases); err != nil || sha256 == "" {
		return nil, err
	}
	page, err := h.Store.LateFindings(ctx, sha256, candor.Cut{Limit: 20})
	return page.Items, err
}

// ContentStep is what can be decided about a content wherever it lies.
type ContentStep string

const (
	DismissContent    ContentStep = "dismiss"    // its open findings are false alarms
	QuarantineContent ContentStep = "quarantine" // its files are to be moved away: proposed in each case
)

// ContentSteps are all of them.
func ContentSteps() []ContentStep { return []ContentStep{DismissContent, QuarantineContent} }

// ContentDecision is one decision for all cases with open findings of a content.
type ContentDecision struct {
	SHA256 string
	Step   ContentStep
	Reason string    // for people
	After  candor.ID // only cases behind this one: ContentOutcome.Next of the part before
}

// ContentOutcome says in how many cases a decision was carried out.
type ContentOutcome struct {
	Done    int           // now
	Already int           // before: nothing was done
	Failed  []CaseFailure // where it could not be
	Next    candor.ID     // there are cases behind this one; empty at the end
}

// CaseFailure is a case in which something could not be done, and why.
type CaseFailure struct {
	Case candor.ID
	Err  error
}

const (
	mostDecided  = 200              // cases at a time
	decidingTime = 20 * time.Second // after which no further case is begun
)

// DecideContent carries out a decision in the cases with open findings of a
// content, in the order of their identifiers, and says where to go on if there
// are more than 200, or if it took 20 seconds. What says only that the content
// was not fully looked at is left as it is. It can be repeated: where it was
// done it is not done again, also by two at once. A content without open
// findings is no error: nothing is to be done.
func (h *House) DecideContent(ctx context.Context, who candor.Principal, d ContentDecision) (out ContentOutcome, err error) {
	if err := mayAbout(who, access.ActCases, d.SHA256); err != nil {
		return out, err
	}
	do := map[ContentStep]func(context.Context, candor.Principal, candor.ID, ContentDecision) (bool, error){DismissContent: h.dismissIn, QuarantineContent: h.quarantineIn}[d.Step]
	if do == nil {
		return out, fmt.Errorf("there is no step %.40q: %w", d.Step, candor.ErrInvalid)
	}
	cases, err := h.Store.HotCases(ctx, d.SHA256, d.After, mostDecided+1)
	start := h.Clock()
	for i, id := range cases {
		if i == mostDecided || h.Clock().Sub(start) > decidingTime {
			out.Next = cases[i-1]
			break
		}
		done, err := do(ctx, who, id, d)
		switch {
		case done:
			out.Done++
		case err == nil || errors.Is(err, candor.ErrExists):
			out.Already++
		case failsAlone(err):
			out.Failed = append(out.Failed, CaseFailure{id, err})
		default:
			return out, err
		}
	}
	return out, err
}

// failsAlone tells whether an error is about one case, and says nothing of others.
func failsAlone(err error) bool {
	for _, kind := range []error{candor.ErrInvalid, candor.ErrNotFound, candor.ErrDenied, candor.ErrChanged, candor.ErrUnavailable} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

func (h *House) dismissIn(ctx context.Context, who candor.Principal, id candor.ID, d ContentDecision) (done bool, err error) {
	findings, err := h.Store.HotFindings(ctx, id, d.SHA256)
	for _, f := range findings {
		if err := h.Desk.Dismiss(ctx, who, f.ID, d.Reason); err != nil {
			return false, err
		}
	}
	return len(findings) > 0, err
}

func (h *House) quarantineIn(ctx context.Context, who candor.Principal, id candor.ID, d ContentDecision) (done bool, err error) {
	_, err = h.ProposeFor(ctx, who, Proposal{Case: id, Method: "quarantine", Reason: d.Reason, Content: d.SHA256})
	return err == nil, err
}
