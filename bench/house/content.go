package house

import (
	"context"
	"math/rand/v2"

	"candor"
)

// none is the filter of lists that have none.
type none struct{}

// contentPages are those of the estate: the page itself, which asks for all that
// the console shows on it, contents by their open findings, and what new rules
// overturned.
func (a *asker) contentPages() []page {
	all := []page{
		{"estate", 4, PageGoal, func(ctx context.Context, _ *rand.Rand) error { return a.estate(ctx) }},
		{"content, at most sites", 2, PageGoal, func(ctx context.Context, _ *rand.Rand) error {
			_, err := a.Content(ctx, a.staff, a.sample.contents[0])
			return err
		}},
		{"content", 2, PageGoal, func(ctx context.Context, r *rand.Rand) error {
			_, err := a.Content(ctx, a.staff, any1(r, a.sample.contents))
			return err
		}},
	}
	contents := lists[none, candor.HotContent]{what: "contents", list: func(ctx context.Context, who candor.Principal, _ none, cut candor.Cut) (candor.Page[candor.HotContent], error) {
		return a.HotContents(ctx, who, cut)
	}}
	sorts := orders("sites", "severity", "first_seen")
	contents.add("all", 2, a.anyStaff, func(*rand.Rand) none { return none{} }, sorts...)
	contents.deep(1, a.anyStaff, sorts...)

	places := lists[string, candor.HeldPlace]{what: "places of a content", list: a.ContentPlaces}
	places.add("all", 1, a.anyStaff, func(r *rand.Rand) string { return any1(r, a.sample.contents) }, orders("id")...)
	places.add("at most sites", 1, a.anyStaff, func(*rand.Rand) string { return a.sample.contents[0] }, orders("id")...)

	late := lists[string, candor.LateFinding]{what: "late findings", list: a.LateFindings}
	sorts = orders("found", "since", "places")
	late.add("all", 1, a.anyStaff, func(*rand.Rand) string { return "" }, sorts...)
	late.add("of a content", 1, a.anyStaff, func(r *rand.Rand) string { return any1(r, a.sample.digests) }, sorts...)
	late.deep(1, a.anyStaff, sorts...)
	for _, more := range [][]page{contents.all, places.all, late.all} {
		all = append(all, more...)
	}
	return all
}

// estate asks for what is on the page of the estate.
func (a *asker) estate(ctx context.Context) error {
	if _, err := a.Estate(ctx, a.staff); err != nil {
		return err
	}
	if _, err := a.HotContents(ctx, a.staff, candor.Cut{}); err != nil {
		return err
	}
	if _, err := a.LateFindings(ctx, a.staff, "", candor.Cut{Limit: 10}); err != nil {
		return err
	}
	_, err := a.Agents(ctx, a.staff, candor.AgentActive, candor.Cut{Limit: 10})
	return err
}
