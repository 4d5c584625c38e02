package house

import (
	"context"
	"fmt"
	"slices"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/consent/terms"
	"candor/internal/store"
)

// Terms lists terms, by document, and the latest version first: all for the
// staff, those that are published for others.
func (h *House) Terms(ctx context.Context, who candor.Principal) ([]consent.Terms, error) {
	if err := may(who, access.ReadPolicy, access.ReadOwn); err != nil {
		return nil, err
	}
	all, err := h.Store.AllTerms(ctx)
	if !who.Role.Staff() {
		all = slices.DeleteFunc(all, func(v consent.Terms) bool { return v.State != consent.Published })
	}
	return all, err
}

// TermsText gives terms with their text.
func (h *House) TermsText(ctx context.Context, who candor.Principal, id candor.ID) (v consent.Terms, text []byte, err error) {
	if err := may(who, access.ReadPolicy, access.ReadOwn); err != nil {
		return v, nil, err
	}
	if v, err = h.Store.Terms(ctx, id); err != nil {
		return v, nil, err
	}
	if v.State != consent.Published && !who.Role.Staff() {
		return v, nil, fmt.Errorf("terms %s: %w", id, candor.ErrNotFound)
	}
	text, err = h.Store.TermsText(ctx, id)
	return v, text, err
}

// TermsDocument gives terms as a document. A version that was published is the
// one that was: its digest is held against its text.
func (h *House) TermsDocument(ctx context.Context, who candor.Principal, id candor.ID) (consent.Terms, *terms.Document, error) {
	v, text, err := h.TermsText(ctx, who, id)
	if err != nil {
		return v, nil, err
	}
	d, problems := terms.Decode(text)
	if d == nil {
		return v, nil, fmt.Errorf("the text of terms %s cannot be read (%d problems): %w", id, len(problems), candor.ErrInvalid)
	}
	if digest, err := d.Digest(); err != nil || digest != v.Digest {
		return v, nil, candor.WithHint(fmt.Errorf("the text of terms %s is not the one whose digest was kept: %w", id, candor.ErrChanged), "Restore the database: what parties agreed to was changed.")
	}
	return v, d, nil
}

// SaveTerms keeps a draft: a new one, or the one with the ID in its place. A text
// with faults is not kept; all that is wrong with it is told.
func (h *House) SaveTerms(ctx context.Context, who candor.Principal, id candor.ID, text []byte) (v consent.Terms, problems []terms.Problem, err error) {
	if err := may(who, access.ManagePolicy); err != nil {
		return v, nil, err
	}
	d, problems := terms.Check(text)
	if d != nil {
		since, err := h.sinceLast(ctx, who, d)
		if err != nil {
			return v, problems, err
		}
		problems = append(problems, since...)
	}
	if d == nil || terms.Faulty(problems) {
		return v, problems, candor.WithHint(fmt.Errorf("the terms have faults: %w", candor.ErrInvalid), "Mend what is listed, and save them again.")
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		now := h.Clock().UTC()
		v = consent.Terms{State: consent.Draft, Created: now}
		if id != "" {
			if v, err = tx.Terms(ctx, id); err != nil {
				return err
			}
		}
		if err := fill(&v, d, now); err != nil {
			return err
		}
		if id == "" {
			v.ID = candor.NewID(now)
			return tx.AddTerms(ctx, v, text)
		}
		return tx.ChangeTerms(ctx, v, text, consent.Draft)
	})
	return v, problems, err
}

// sinceLast says what is wrong with how a document marks what changed since the
// version of it that was published last: an unmarked change that matters would
// not be asked about.
func (h *House) sinceLast(ctx context.Context, who candor.Principal, d *terms.Document) ([]terms.Problem, error) {
	all, err := h.Store.AllTerms(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(v consent.Terms) bool { return v.State == consent.Published && v.Document == d.ID })
	if i < 0 || h.Texts == nil {
		return nil, nil
	}
	_, last, err := h.TermsDocument(ctx, who, all[i].ID)
	if err != nil {
		return nil, err
	}
	c, err := terms.Compare(last, d, h.Texts, d.Languages[0])
	if err != nil {
		return nil, err
	}
	return c.Problems, nil
}

// fill sets what follows from a document.
func fill(v *consent.Terms, d *terms.Document, now time.Time) error {
	version, err := d.Version(v.ID)
	if err != nil {
		return err
	}
	version.Ended = v.Ended
	v.Version, v.Kind, v.Titles, v.Updated = *version, string(d.Kind), d.Title, now
	v.Age = d.Age
	v.Material = d.Material || slices.ContainsFunc(d.Clauses, func(c terms.Clause) bool { return c.Material })
	return nil
}

// PublishTerms makes a draft a version that parties can agree to, and that never
// changes any more.
func (h *House) PublishTerms(ctx context.Context, who candor.Principal, id candor.ID) (v consent.Terms, err error) {
	if err := may(who, access.ManagePolicy); err != nil {
		return v, err
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		if v, err = tx.Terms(ctx, id); err != nil {
			return err
		}
		if err := tx.Turn(ctx, "terms", candor.ID(v.Document)); err != nil {
			return err
		}
		same, err := tx.FindTerms(ctx, v.Document, v.Label, consent.Published)
		if err != nil {
			return err
		}
		if v.State == consent.Draft && len(same) > 0 {
			return candor.WithHint(fmt.Errorf("%s %s is published already: %w", v.Document, v.Label, candor.ErrExists), "Give the draft another version label.")
		}
		v.State, v.Published, v.Updated = consent.Published, h.Clock().UTC(), h.Clock().UTC()
		if err := tx.ChangeTerms(ctx, v, nil, consent.Draft); err != nil {
			return err
		}
		return h.recordTerms(ctx, tx, who, v, "published")
	})
	return v, err
}

// EndTerms says from when on nothing rests on a version any more.
func (h *House) EndTerms(ctx context.Context, who candor.Principal, id candor.ID, at time.Time) (v consent.Terms, err error) {
	if err := may(who, access.ManagePolicy); err != nil {
		return v, err
	}
	if now := h.Clock().UTC(); at.Before(now) {
		at = now
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		if v, err = tx.Terms(ctx, id); err != nil {
			return err
		}
		if !v.Ended.IsZero() && v.Ended.Before(at) {
			return candor.WithHint(fmt.Errorf("%s %s ends before: %w", v.Document, v.Label, candor.ErrChanged), "What has ended cannot begin again; publish another version.")
		}
		v.Ended, v.Updated = at.UTC(), h.Clock().UTC()
		if err := tx.ChangeTerms(ctx, v, nil, consent.Published); err != nil {
			return err
		}
		return h.recordTerms(ctx, tx, who, v, "ended")
	})
	if err == nil {
		err = h.Consents.Refresh(ctx)
	}
	return v, err
}

// DeleteTerms removes a draft.
func (h *House) DeleteTerms(ctx context.Context, who candor.Principal, id candor.ID) error {
	if err := may(who, access.ManagePolicy); err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error { return tx.DeleteTerms(ctx, id) })
}

func (h *House) recordTerms(ctx context.Context, tx *store.Tx, who candor.Principal, v consent.Terms, event string) error {
	return h.recordJSON(ctx, tx, "", candor.RecordPolicy, v.ID, who, map[string]any{"state": event, "terms": v.Document, "version": v.Label, "digest": v.Digest,
		"effective": v.Effective, "ended": v.Ended, "material": v.Material})
}

// TermsCoverage tells which clause of the terms that can be agreed to now
// carries which requirement of X.1207.
func (h *House) TermsCoverage(ctx context.Context, who candor.Principal) (terms.Coverage, error) {
	if err := may(who, access.ReadPolicy); err != nil {
		return terms.Coverage{}, err
	}
	all, err := h.Store.AllTerms(ctx)
	if err != nil {
		return terms.Coverage{}, err
	}
	var docs []*terms.Document
	for _, v := range offered(all, h.Clock(), nil) {
		_, d, err := h.TermsDocument(ctx, who, v.ID)
		if err != nil {
			return terms.Coverage{}, err
		}
		docs = append(docs, d)
	}
	return terms.Cover(docs), nil
}

// offered gives of each document the published version that is in force, or the
// next one if none is; of the kinds given, if they are. They are in the order of
// all, which has the latest version of a document first.
func offered(all []consent.Terms, now time.Time, kinds []string) (out []consent.Terms) {
	for _, v := range all {
		if v.State != consent.Published || !v.Ended.IsZero() && !now.Before(v.Ended) || kinds != nil && !slices.Contains(kinds, v.Kind) {
			continue
		}
		last := len(out) - 1
		switch {
		case last < 0 || out[last].Document != v.Document:
			out = append(out, v)
		case now.Before(out[last].Effective): // the one that is in force comes first
			out[last] = v
		}
	}
	return out
}
