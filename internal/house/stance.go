package house

import (
	"context"
	"slices"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/store"
)

// TermsStance is how parties stand to a version of terms: how many said what
// last of its document, and said it of this version.
type TermsStance struct {
	Terms     consent.Terms `json:"terms"`
	Offered   bool          `json:"offered"` // it is the version of its document that is answered now
	Agreed    int64         `json:"agreed"`
	Refused   int64         `json:"refused"`
	Withdrawn int64         `json:"withdrawn"`
	// Waiting are parties bound by another version of the document, while this
	// one is offered and differs in what matters: they are to be asked again.
	Waiting int64 `json:"waiting"`
}

// TermsStances tells how parties stand to all terms whose text is kept here, by
// document, and the latest version first, as it was counted at a moment.
func (h *House) TermsStances(ctx context.Context, who candor.Principal) (out []TermsStance, at time.Time, err error) {
	if err := may(who, access.ReadPolicy); err != nil {
		return nil, at, err
	}
	all, err := h.Store.AllTerms(ctx)
	if err != nil {
		return nil, at, err
	}
	c, err := h.consentCounts(ctx)
	return stances(all, c.stances(), h.Clock()), c.At, err
}

// stances puts what parties said to the terms that they said it of.
func stances(all []consent.Terms, said []store.Stance, now time.Time) (out []TermsStance) {
	current := offered(all, now, nil)
	for _, v := range all {
		s := TermsStance{Terms: v, Offered: slices.ContainsFunc(current, func(o consent.Terms) bool { return o.ID == v.ID })}
		for _, x := range said {
			switch {
			case x.Terms == v.ID && x.Act == consent.Agreed:
				s.Agreed = x.Parties
			case x.Terms == v.ID && x.Act == consent.Refused:
				s.Refused = x.Parties
			case x.Terms == v.ID && x.Act == consent.Withdrawn:
				s.Withdrawn = x.Parties
			case x.Document == v.Document && x.Act == consent.Agreed && s.Offered && v.Material && binds(all, x.Terms, now):
				s.Waiting += x.Parties
			}
		}
		out = append(out, s)
	}
	return out
}

// binds tells whether a version binds those who agreed to it: it has not ended.
// One whose text is not kept here is taken to.
func binds(all []consent.Terms, id candor.ID, now time.Time) bool {
	i := slices.IndexFunc(all, func(v consent.Terms) bool { return v.ID == id })
	return i < 0 || all[i].Ended.IsZero() || now.Before(all[i].Ended)
}

// ConsentFigures are what people ask of consents.
type ConsentFigures struct {
	// At is when versions, stances and days were counted.
	At       time.Time          `json:"at"`
	Versions []BoundShare       `json:"versions"`
	Stances  []TermsStance      `json:"stances"`
	Days     []store.ConsentDay `json:"days"` // of the last FigureDays days, today as the last, of UTC
	Open     int64              `json:"open"` // questions and complaints
	Late     int64              `json:"late"`
	Answered int                `json:"answered"` // of the last FigureDays days
	Median   time.Duration      `json:"median"`   // how long those took; zero if there are none
}

// BoundShare is how many of those who are asked to agree to a document are
// bound by a version of it.
type BoundShare struct {
	Terms consent.Terms `json:"terms"`
	Bound int64         `json:"bound"`
	// Asked are the parties of the kinds that are asked: zero if nobody is.
	Asked int64 `json:"asked"`
}

// FigureDays is how many days figures of consents look back.
const FigureDays = 90

// ConsentFigures gives figures of consents, which may have been counted up to ten
// minutes ago where counting takes long, and of questions.
func (h *House) ConsentFigures(ctx context.Context, who candor.Principal) (f ConsentFigures, err error) {
	if err := may(who, access.ReadPolicy); err != nil {
		return f, err
	}
	now := h.Clock().UTC()
	since := now.Truncate(24*time.Hour).AddDate(0, 0, 1-FigureDays)
	all, err := h.Store.AllTerms(ctx)
	if err != nil {
		return f, err
	}
	c, err := h.consentCounts(ctx)
	if err != nil {
		return f, err
	}
	f.At, f.Days = c.At, c.Days
	f.Versions, f.Stances = shares(all, c.Said, c.Parties, now), stances(all, c.stances(), now)
	if f.Open, f.Late, err = h.Store.CountQuestions(ctx, now); err != nil {
		return f, err
	}
	took, err := h.Store.Answers(ctx, since)
	f.Answered, f.Median = len(took), median(took)
	return f, err
}

// merged adds up what parties of several kinds said.
func merged(said []store.Stance) (out []store.Stance) {
	for _, s := range said {
		i := slices.IndexFunc(out, func(o store.Stance) bool { return o.Terms == s.Terms && o.Act == s.Act })
		if i < 0 {
			out = append(out, s)
			continue
		}
		out[i].Parties += s.Parties
	}
	return out
}

// shares gives each published version that binds somebody, or is offered.
func shares(all []consent.Terms, said []store.KindStance, parties map[candor.PartyKind]int64, now time.Time) (out []BoundShare) {
	current := offered(all, now, nil)
	for _, v := range all {
		if v.State != consent.Published || !binds(all, v.ID, now) {
			continue
		}
		s := BoundShare{Terms: v}
		for _, kind := range candor.PartyKinds() {
			if !slices.Contains(kindsFor(kind), v.Kind) {
				continue
			}
			s.Asked += parties[kind]
			for _, x := range said {
				if x.Terms == v.ID && x.Kind == kind && x.Act == consent.Agreed {
					s.Bound += x.Parties
				}
			}
		}
		if s.Bound > 0 || slices.ContainsFunc(current, func(o consent.Terms) bool { return o.ID == v.ID }) {
			out = append(out, s)
		}
	}
	return out
}

// median gives the middle one, or the mean of the two in the middle.
func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// Held gives the clauses of everything that binds a party or is to bind it, by
// the event in which it agreed.
func (h *House) Held(ctx context.Context, who candor.Principal, party candor.ID) (map[candor.ID][]ClauseHeld, error) {
	if err := may(who, access.ReadParties); err != nil {
		return nil, err
	}
	a, err := h.Store.Account(ctx, party)
	if err != nil {
		return nil, err
	}
	all, now := map[candor.ID][]ClauseHeld{}, h.Clock()
	for _, s := range a.Standings {
		if !s.Until.IsZero() && !now.Before(s.Until) {
			continue
		}
		for _, c := range s.Version.Clauses {
			all[s.Event.ID] = append(all[s.Event.ID], ClauseHeld{c, s.Clause(c.ID, later(now, s.Since))})
		}
	}
	return all, nil
}
