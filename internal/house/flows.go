package house

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"candor"
	"candor/internal/access"
	"candor/internal/flow/archive"
)

// FlowAnswers are answers from the flow archive, or why there are none.
type FlowAnswers struct {
	Unmeasured Unmeasured
	Answers    []archive.Answer // one a question; rows of erased lines are in Rest
	Lines      map[candor.ID]FlowLine
}

// FlowRecords are flows from the archive, the newest first, or why there are none.
type FlowRecords struct {
	Unmeasured Unmeasured
	Flows      []archive.Flow
	Left       int // flows with erased lines at their other end, which are left out
	Lines      map[candor.ID]FlowLine
}

// FlowsHeld is what the archive holds, or why it holds nothing.
type FlowsHeld struct {
	Unmeasured Unmeasured    `json:"unmeasured,omitempty"`
	Held       *archive.Held `json:"held,omitempty"` // missing if it is unmeasured
}

// FlowLine is a line that an answer names.
type FlowLine struct {
	Name      string
	Reference string // the provider's; may be empty
	Retired   bool
	Erased    bool // what was known of its party was erased
	owner     candor.ID
}

// Reference is how conditions name a line of these answers.
func (a FlowAnswers) Reference(id candor.ID) string { return cmp.Or(a.Lines[id].Reference, string(id)) }

// Reference is how conditions name a line of these flows.
func (r FlowRecords) Reference(id candor.ID) string { return cmp.Or(r.Lines[id].Reference, string(id)) }

// FlowPurpose is what somebody looks at a household's flows for.
type FlowPurpose struct {
	Case   candor.Case // the case that it is for; zero without one
	Reason string      // in words, if there is no case
}

// String is the purpose as it is typed.
func (p FlowPurpose) String() string {
	if p.Case.ID != "" {
		return p.Case.Label()
	}
	return p.Reason
}

// ErrNoPurpose is the error for a question about a household that says not what it
// is for. It is a candor.ErrInvalid.
var ErrNoPurpose = candor.WithHint(fmt.Errorf("look at the flows of a household without a purpose: %w", candor.ErrInvalid), "Name the case that it is for (C-12), or say why in some words.")

const (
	shortestReason = 4   // letters
	longestReason  = 200 // letters
)

// FlowPurpose reads what somebody says that they look at flows for: the number of
// a case, or some words. What says nothing gives the zero FlowPurpose.
func (h *House) FlowPurpose(ctx context.Context, who candor.Principal, text string) (FlowPurpose, error) {
	if err := may(who, access.ReadFlows); err != nil {
		return FlowPurpose{}, err
	}
	text = strings.Join(strings.Fields(text), " ")
	if n, ok := strings.CutPrefix(strings.ToUpper(text), "C-"); ok {
		number, err := strconv.ParseInt(n, 10, 64)
		if err == nil {
			c, err := h.Store.CaseByNumber(ctx, who.Scope(), number)
			if errors.Is(err, candor.ErrNotFound) {
				return FlowPurpose{}, candor.WithHint(fmt.Errorf("there is no case %.20q: %w", text, candor.ErrInvalid), "Name a case that is there, or say why in some words.")
			}
			return FlowPurpose{Case: c}, err
		}
	}
	if n := utf8.RuneCountInString(text); n < shortestReason || n > longestReason {
		return FlowPurpose{}, nil
	}
	return FlowPurpose{Reason: text}, nil
}

// AskFlows answers questions from the flow archive, for those who may read flows.
// Questions about households need a purpose, or the error is ErrNoPurpose. That they
// were asked is in the evidence log before anything is answered. The error is also
// an archive.ErrTooMuch or a candor.ErrInvalid.
func (h *House) AskFlows(ctx context.Context, who candor.Principal, purpose FlowPurpose, questions ...archive.Question) (FlowAnswers, error) {
	out := FlowAnswers{Lines: map[candor.ID]FlowLine{}}
	if err := h.looksAt(ctx, look{who: who, purpose: purpose}, questions); err != nil {
		return out, err
	}
	if h.Archive == nil {
		return FlowAnswers{Unmeasured: NotKept}, nil
	}
	for _, q := range questions {
		whole, err := h.withoutErased(ctx, q, false)
		if err != nil {
			return out, err
		}
		a, err := h.Archive.Ask(ctx, whole)
		if err != nil {
			return out, tooMuch(err)
		}
		if err := h.nameRows(ctx, q, &a, out.Lines); err != nil {
			return out, err
		}
		out.Answers = append(out.Answers, a)
	}
	return out, nil
}

// Flows gives flows themselves, the newest first: as AskFlows, and always looked
// upon as about households in the evidence log.
func (h *House) Flows(ctx context.Context, who candor.Principal, purpose FlowPurpose, q archive.Question) (FlowRecords, error) {
	out := FlowRecords{Lines: map[candor.ID]FlowLine{}}
	if err := h.looksAt(ctx, look{who: who, purpose: purpose, raw: true}, []archive.Question{q}); err != nil {
		return out, err
	}
	if h.Archive == nil {
		return FlowRecords{Unmeasured: NotKept}, nil
	}
	whole, err := h.withoutErased(ctx, q, true)
	if err != nil {
		return out, err
	}
	all, err := h.Archive.Flows(ctx, whole)
	if err != nil {
		return out, tooMuch(err)
	}
	return out, h.nameFlows(ctx, all, &out)
}

// nameFlows adds flows, and finds their lines. Those of erased lines are left out.
func (h *House) nameFlows(ctx context.Context, all []archive.Flow, to *FlowRecords) error {
	for _, f := range all {
		source, err := h.flowLine(ctx, f.From, to.Lines)
		if err != nil {
			return err
		}
		destination, err := h.flowLine(ctx, f.To, to.Lines)
		if err != nil {
			return err
		}
		if source.Erased || destination.Erased {
			to.Left++
			continue
		}
		to.Flows = append(to.Flows, f)
	}
	return nil
}

// HeldFlows tells what the flow archive holds those who may read flows.
func (h *House) HeldFlows(ctx context.Context, who candor.Principal) (FlowsHeld, error) {
	if err := may(who, access.ReadFlows); err != nil {
		return FlowsHeld{}, err
	}
	if h.Archive == nil {
		return FlowsHeld{Unmeasured: NotKept}, nil
	}
	held, err := h.Archive.Held(ctx)
	return FlowsHeld{Held: &held}, err
}

// FlowLines finds lines for questions: by the provider's reference, else by ID.
func (h *House) FlowLines(ctx context.Context, who candor.Principal) archive.Lines {
	return func(reference string) (candor.ID, bool, error) {
		if err := may(who, access.ReadFlows); err != nil {
			return "", false, err
		}
		a, err := h.Store.AssetByReference(ctx, candor.Line, reference)
		if errors.Is(err, candor.ErrNotFound) {
			if id, bad := candor.ParseID(reference); bad == nil {
				a, err = h.Store.Asset(ctx, who.Scope(), id)
			}
		}
		if errors.Is(err, candor.ErrNotFound) || err == nil && a.Kind != candor.Line {
			return "", false, nil
		}
		return a.ID, err == nil, err
	}
}

// FlowLine is what a line is called; the zero FlowLine of none.
func (h *House) FlowLine(ctx context.Context, who candor.Principal, id candor.ID) (FlowLine, error) {
	if err := may(who, access.ReadFlows); err != nil {
		return FlowLine{}, err
	}
	return h.flowLine(ctx, id, map[candor.ID]FlowLine{})
}

// flowLine is a line, by what is known of it, or else by the store.
func (h *House) flowLine(ctx context.Context, id candor.ID, known map[candor.ID]FlowLine) (FlowLine, error) {
	l, ok := known[id]
	if ok || id == "" {
		return l, nil
	}
	a, err := h.Store.Asset(ctx, candor.Everything, id)
	switch {
	case errors.Is(err, candor.ErrNotFound):
		l = FlowLine{Name: string(id)} // it was removed
	case err != nil:
		return l, err
	default:
		p, err := h.Store.Party(ctx, candor.Everything, a.Owner)
		if err != nil {
			return l, err
		}
		l = FlowLine{Name: a.Name, Reference: a.Reference, Retired: a.Retired, Erased: p.Erased, owner: a.Owner}
	}
	known[id] = l
	return l, nil
}

// nameRows finds the lines of an answer, and takes those that were erased into
// the rest.
func (h *House) nameRows(ctx context.Context, q archive.Question, a *archive.Answer, known map[candor.ID]FlowLine) error {
	at := slices.Index(q.By, archive.FieldLine)
	if at < 0 {
		return nil
	}
	rows := a.Rows[:0]
	for _, r := range a.Rows {
		l, err := h.flowLine(ctx, r.Keys[at].Line, known)
		if err != nil {
			return err
		}
		if l.Erased {
			a.Rest.Bytes, a.Rest.Packets, a.Rest.Flows = a.Rest.Bytes+r.Sum.Bytes, a.Rest.Packets+r.Sum.Packets, a.Rest.Flows+r.Sum.Flows
			continue
		}
		rows = append(rows, r)
	}
	a.Rows = rows
	return nil
}

// tooMuch says how to ask for less.
func tooMuch(err error) error {
	if !errors.Is(err, archive.ErrTooMuch) {
		return err
	}
	return candor.WithHint(fmt.Errorf("%w: %w", err, candor.ErrInvalid), "Ask for a shorter time, name a line, a port or a protocol, or tell fewer things apart.")
}
