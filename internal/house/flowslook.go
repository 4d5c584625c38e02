package house

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/flow/archive"
	"candor/internal/store"
)

// withoutErased is the question without the flows of lines whose party was erased,
// unless its answer says nothing of anybody: what the network carried is whole.
func (h *House) withoutErased(ctx context.Context, q archive.Question, raw bool) (archive.Question, error) {
	if !raw && !q.Personal() {
		return q, nil
	}
	erased, err := h.Store.ErasedLines(ctx)
	if err != nil || len(erased) == 0 {
		return q, err
	}
	not := archive.Condition{Field: archive.FieldLine, Not: true}
	for _, id := range erased {
		not.Values = append(not.Values, archive.Value{Line: id})
	}
	q.Where = append(slices.Clone(q.Where), not)
	return q, nil
}

// looksAt asks whether somebody may ask these questions, and records that they do.
func (h *House) looksAt(ctx context.Context, looked look, questions []archive.Question) error {
	if err := may(looked.who, access.ReadFlows); err != nil {
		return err
	}
	for i := range questions {
		q, err := questions[i].Checked()
		if err != nil {
			return err
		}
		questions[i] = q
		if looked.purpose.String() == "" {
			of, err := h.ofHousehold(ctx, q)
			if err != nil {
				return err
			}
			if of {
				return ErrNoPurpose
			}
		}
		if looked.raw || q.Personal() {
			looked.add(q)
		}
	}
	if h.Archive == nil {
		return nil
	}
	return h.recordLook(ctx, looked)
}

// ofHousehold tells whether a question is about a household: also by an address of
// the other end, if a line had it in that time.
func (h *House) ofHousehold(ctx context.Context, q archive.Question) (bool, error) {
	if q.OfHousehold() {
		return true, nil
	}
	of, ok := q.Others()
	if !ok || h.Archive == nil {
		return false, nil
	}
	a, err := h.Archive.Ask(ctx, of)
	return a.Total.Flows > 0, tooMuch(err)
}

// look is what somebody asks of households.
type look struct {
	who     candor.Principal
	purpose FlowPurpose
	raw     bool
	export  int                              // flows at most that are given as a file; 0 if none is
	lines   []candor.ID                      // that are named
	asked   map[candor.ID][]archive.Question // by the line that is named; empty: of none
}

func (l *look) add(q archive.Question) {
	if l.asked == nil {
		l.asked = map[candor.ID][]archive.Question{}
	}
	named := q.Named()
	if len(named) == 0 {
		l.asked[""] = append(l.asked[""], q)
	}
	for _, id := range named {
		if !slices.Contains(l.lines, id) {
			l.lines = append(l.lines, id)
		}
		l.asked[id] = append(l.asked[id], q.About(id))
	}
}

// record is about a line, with what was asked of it and of no other; or, without
// a line, about who asked.
func (l *look) record(h *House, line candor.ID) (candor.Record, error) {
	var words []string
	for _, q := range l.asked[line] {
		words = append(words, q.Values(func(id candor.ID) string { return string(id) }).Encode())
	}
	about := map[string]any{"event": "flows.read", "raw": l.raw, "questions": len(words), "lines": len(l.lines)}
	if l.export > 0 {
		about["export"] = l.export
	}
	body, err := json.Marshal(about)
	if err != nil {
		return candor.Record{}, err
	}
	personal := map[string]string{"questions": strings.Join(words, "\n")}
	if l.purpose.Reason != "" {
		personal["purpose"] = l.purpose.Reason
	}
	now, subject := h.Clock().UTC(), line
	if line == "" {
		subject = l.who.User
	}
	return candor.Record{ID: candor.NewID(now), Kind: candor.RecordRead, At: now, Subject: subject, Case: l.purpose.Case.ID, Actor: l.who.Actor(), Body: body, Personal: personal}, nil
}

// recordLook keeps that somebody looked at what households do: a record for each
// line that was named, and one for questions that name none.
func (h *House) recordLook(ctx context.Context, l look) error {
	if len(l.asked) == 0 {
		return nil
	}
	known := map[candor.ID]FlowLine{}
	return h.tx(ctx, func(tx *store.Tx) error {
		if len(l.asked[""]) > 0 {
			r, err := l.record(h, "")
			if err != nil {
				return err
			}
			if err := tx.AddRecords(ctx, "", r); err != nil {
				return err
			}
		}
		for _, id := range l.lines {
			of, err := h.flowLine(ctx, id, known)
			if err != nil {
				return err
			}
			if of.Erased {
				return candor.WithHint(fmt.Errorf("ask of the flows of line %s, whose party was erased: %w", id, candor.ErrInvalid), "Leave the line out. Its flows go when they are as old as flows may get.")
			}
			r, err := l.record(h, id)
			if err != nil {
				return err
			}
			if err := tx.AddRecords(ctx, of.owner, r); err != nil {
				return err
			}
		}
		return nil
	})
}
