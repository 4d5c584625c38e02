package house

import (
	"context"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/gate"
	"candor/internal/consent/terms"
)

// agreed tells the gate whether a site's owner accepted the terms that are in
// force.
type agreed struct{ h *House }

// Terms passes if the owner stands by a version in force of every document of
// hosting terms and of acceptable use that has one, and no later version is in
// force for which those who accepted the one before are asked again.
func (a agreed) Terms(ctx context.Context, site candor.Asset) (gate.Reading, error) {
	all, err := a.h.Store.AllTerms(ctx)
	if err != nil {
		return gate.Reading{}, err
	}
	history, versions, err := a.h.Store.History(ctx, site.Owner)
	if err != nil {
		return gate.Reading{}, err
	}
	now := a.h.Clock().UTC()
	asked := inForce(all, now)
	if len(asked) == 0 {
		return gate.Reading{Outcome: candor.GateMissing, Why: gate.NotMeasured}, nil
	}
	r := gate.Reading{Outcome: candor.GatePassed, At: now}
	for document, offered := range asked {
		by := standsBy(history, versions, document, now)
		switch {
		case by == nil:
			return gate.Reading{Outcome: candor.GateFailed, Why: gate.NotAccepted, At: now}, nil
		case !covers(offered, by):
			r = gate.Reading{Outcome: candor.GateFailed, Why: gate.OldTerms, At: now}
		}
	}
	return r, nil
}

// inForce gives the terms that hosting customers are asked to accept, by
// document, and the latest first.
func inForce(all []consent.Terms, now time.Time) map[string][]consent.Terms {
	asked := map[string][]consent.Terms{}
	for _, v := range all {
		hosting := v.Kind == string(terms.Hosting) || v.Kind == string(terms.Use)
		if hosting && v.State == consent.Published && !v.Effective.After(now) && (v.Ended.IsZero() || now.Before(v.Ended)) {
			asked[v.Document] = append(asked[v.Document], v)
		}
	}
	return asked
}

// standsBy is the version of a document that a party agreed to last and did not
// withdraw from as a whole; nil if there is none.
func standsBy(history []consent.Event, versions map[candor.ID]*consent.Version, document string, now time.Time) (by *consent.Version) {
	for _, e := range history {
		v := versions[e.Version]
		if v == nil || v.Document != document || e.At.After(now) {
			continue
		}
		switch e.Act {
		case consent.Agreed:
			by = v
		case consent.Withdrawn:
			if v.Whole(e.Clauses) {
				by = nil
			}
		}
	}
	return by
}

// covers tells whether a version will do for those that are in force, the latest
// first.
func covers(offered []consent.Terms, by *consent.Version) bool {
	for _, v := range offered {
		if v.ID == by.ID || v.Label == by.Label && v.Digest == by.Digest && v.Digest != "" {
			return true
		}
		if v.Material {
			return false
		}
	}
	return false
}
