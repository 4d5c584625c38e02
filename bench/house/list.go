package house

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"candor"
)

// lists gathers pages that are lists of one kind.
type lists[F, T any] struct {
	all  []page
	what string
	list func(context.Context, candor.Principal, F, candor.Cut) (candor.Page[T], error)
}

type anybody func(*rand.Rand) candor.Principal

// add adds a list, in one of some orders; the list's own if there are none.
func (l *lists[F, T]) add(name string, weight float64, who anybody, f func(*rand.Rand) F, cuts ...candor.Cut) {
	cuts = append(cuts, candor.Cut{})
	last := max(1, len(cuts)-1)
	l.all = append(l.all, page{l.what + ": " + name, weight, PageGoal, func(ctx context.Context, r *rand.Rand) error {
		_, err := l.list(ctx, who(r), f(r), cuts[r.IntN(last)])
		return err
	}})
}

// deep adds a list some way in: the rows behind the first 5,000.
func (l *lists[F, T]) deep(weight float64, who anybody, cuts ...candor.Cut) {
	var once sync.Once
	walk := func(ctx context.Context, r *rand.Rand) (err error) {
		for i, cut := range cuts {
			cut.Limit = 500
			for range 10 {
				var f F
				p, e := l.list(ctx, who(r), f, cut)
				cut.Cursor, err = p.Next, errors.Join(err, e)
			}
			cuts[i].Cursor = cut.Cursor
		}
		return err
	}
	l.all = append(l.all, page{l.what + ": far down", weight, PageGoal, func(ctx context.Context, r *rand.Rand) (err error) {
		once.Do(func() { err = walk(ctx, r) })
		if err != nil {
			return err
		}
		var f F
		_, err = l.list(ctx, who(r), f, any1(r, cuts))
		return err
	}})
}

// orders are both directions of columns.
func orders(columns ...string) []candor.Cut {
	var cuts []candor.Cut
	for _, c := range columns {
		cuts = append(cuts, candor.Cut{Sort: c, Descending: true}, candor.Cut{Sort: c})
	}
	return cuts
}

func (a *asker) anyStaff(*rand.Rand) candor.Principal { return a.staff }

func (a *asker) casePages() []page {
	l := lists[candor.CaseFilter, candor.Case]{what: "cases", list: a.Cases}
	yes, no := true, false
	plain := func(f candor.CaseFilter) func(*rand.Rand) candor.CaseFilter {
		return func(*rand.Rand) candor.CaseFilter { return f }
	}
	sorts := orders("updated", "severity", "opened", "due", "id")
	l.add("open", 5, a.anyStaff, plain(candor.CaseFilter{Open: &yes}), sorts...)
	l.add("all", 2, a.anyStaff, plain(candor.CaseFilter{}), sorts...)
	l.add("closed", 1, a.anyStaff, plain(candor.CaseFilter{Open: &no}), sorts...)
	l.add("by state", 3, a.anyStaff, func(r *rand.Rand) candor.CaseFilter {
		return candor.CaseFilter{States: []candor.CaseState{any1(r, candor.CaseStates())}}
	}, sorts...)
	l.add("by two states", 1, a.anyStaff, func(r *rand.Rand) candor.CaseFilter {
		return candor.CaseFilter{States: []candor.CaseState{any1(r, candor.CaseStates()), candor.CaseClosed}}
	}, sorts...)
	l.add("by class", 2, a.anyStaff, func(r *rand.Rand) candor.CaseFilter {
		return candor.CaseFilter{Class: any1(r, classes).value}
	}, sorts...)
	l.add("open, by class and severity", 2, a.anyStaff, func(r *rand.Rand) candor.CaseFilter {
		return candor.CaseFilter{Class: any1(r, classes).value, MinSeverity: candor.Severity(1 + r.IntN(4)), Open: &yes}
	}, sorts...)
	l.add("closed, by class and severity", 1, a.anyStaff, func(r *rand.Rand) candor.CaseFilter {
		return candor.CaseFilter{Class: any1(r, classes).value, MinSeverity: candor.Severity(1 + r.IntN(4)), Open: &no}
	}, sorts...)
	l.add("false alarms by class", 1, a.anyStaff, func(r *rand.Rand) candor.CaseFilter {
		return candor.CaseFilter{Class: any1(r, classes).value, States: []candor.CaseState{candor.CaseFalseAlarm}}
	}, sorts...)
	l.add("by severity", 1, a.anyStaff, func(r *rand.Rand) candor.CaseFilter {
		return candor.CaseFilter{MinSeverity: candor.Severity(1 + r.IntN(4))}
	}, sorts...)
	l.add("mine", 2, a.anyStaff, func(r *rand.Rand) candor.CaseFilter {
		return candor.CaseFilter{Assignee: any1(r, a.sample.users), Open: &yes}
	}, sorts...)
	l.add("ever of somebody", 1, a.anyStaff, func(r *rand.Rand) candor.CaseFilter {
		return candor.CaseFilter{Assignee: any1(r, a.sample.users)}
	}, sorts...)
	l.add("due soon", 1, a.anyStaff, plain(candor.CaseFilter{DueBefore: time.Now().Add(24 * time.Hour), Open: &yes}), sorts...)
	l.add("opened this month", 1, a.anyStaff, plain(candor.CaseFilter{OpenedAfter: time.Now().AddDate(0, 0, -30)}), sorts...)
	l.add("of a party", 2, a.anyStaff, func(r *rand.Rand) candor.CaseFilter {
		return candor.CaseFilter{Party: any1(r, a.sample.parties)}
	}, sorts...)
	l.add("of a site", 2, a.anyStaff, func(r *rand.Rand) candor.CaseFilter { return candor.CaseFilter{Asset: any1(r, a.sample.sites)} }, sorts...)
	l.add("with words", 2, a.anyStaff, func(r *rand.Rand) candor.CaseFilter {
		return candor.CaseFilter{Text: any1(r, []string{"shell", "bakery", "quartz hotel", "amb", "nowhere"})}
	}, sorts...)
	theirs := orders("updated", "severity", "opened", "id") // when a case is due is not for customers
	l.add("as customer", 2, a.as, plain(candor.CaseFilter{}), theirs...)
	l.add("as customer, open", 2, a.as, plain(candor.CaseFilter{Open: &yes}), theirs...)
	l.add("as customer, with words", 1, a.as, plain(candor.CaseFilter{Text: "shell"}), theirs...)
	l.deep(1, a.anyStaff, sorts...)
	return l.all
}

func (a *asker) findingPages() []page {
	l := lists[candor.FindingFilter, candor.FiledFinding]{what: "findings", list: a.Findings}
	plain := func(f candor.FindingFilter) func(*rand.Rand) candor.FindingFilter {
		return func(*rand.Rand) candor.FindingFilter { return f }
	}
	sorts := orders("first_seen", "severity", "rule", "id")
	l.add("all", 2, a.anyStaff, plain(candor.FindingFilter{}), sorts...)
	l.add("by state", 3, a.anyStaff, func(r *rand.Rand) candor.FindingFilter {
		return candor.FindingFilter{States: []candor.FindingState{any1(r, candor.FindingStates())}}
	}, sorts...)
	l.add("by class", 2, a.anyStaff, func(r *rand.Rand) candor.FindingFilter {
		return candor.FindingFilter{Class: any1(r, classes).value}
	}, sorts...)
	l.add("by class and state", 2, a.anyStaff, func(r *rand.Rand) candor.FindingFilter {
		return candor.FindingFilter{Class: any1(r, classes).value, States: []candor.FindingState{any1(r, candor.FindingStates())}}
	}, sorts...)
	l.add("by severity", 1, a.anyStaff, func(r *rand.Rand) candor.FindingFilter {
		return candor.FindingFilter{MinSeverity: candor.Severity(1 + r.IntN(4))}
	}, sorts...)
	l.add("by severity, state, class", 2, a.anyStaff, func(r *rand.Rand) candor.FindingFilter {
		return candor.FindingFilter{MinSeverity: candor.Severity(1 + r.IntN(4)), States: []candor.FindingState{any1(r, candor.FindingStates())}, Class: any1(r, classes).value}
	}, sorts...)
	l.add("by rule", 2, a.anyStaff, func(r *rand.Rand) candor.FindingFilter { return candor.FindingFilter{Rule: ruleName(r)} }, sorts...)
	l.add("by beginning of a rule", 1, a.anyStaff, func(r *rand.Rand) candor.FindingFilter {
		return candor.FindingFilter{Rule: ruleName(r)[:4+r.IntN(5)]}
	}, sorts...)
	l.add("by content", 1, a.anyStaff, func(r *rand.Rand) candor.FindingFilter {
		return candor.FindingFilter{Content: any1(r, a.sample.digests)}
	}, sorts...)
	l.add("by beginning of content", 1, a.anyStaff, func(r *rand.Rand) candor.FindingFilter {
		return candor.FindingFilter{Content: any1(r, a.sample.digests)[:1+r.IntN(6)]}
	}, sorts...)
	l.add("of a month", 1, a.anyStaff, func(r *rand.Rand) candor.FindingFilter {
		at := time.Now().AddDate(0, -1-r.IntN(20), 0)
		return candor.FindingFilter{FirstAfter: at, FirstBefore: at.AddDate(0, 1, 0)}
	}, sorts...)
	l.add("of a party", 1, a.anyStaff, func(r *rand.Rand) candor.FindingFilter {
		return candor.FindingFilter{Party: any1(r, a.sample.parties)}
	}, sorts...)
	l.add("of a site, open", 2, a.anyStaff, func(r *rand.Rand) candor.FindingFilter {
		return candor.FindingFilter{Asset: any1(r, a.sample.sites), States: []candor.FindingState{candor.FindingOpen}}
	}, sorts...)
	l.add("with words", 1, a.anyStaff, func(r *rand.Rand) candor.FindingFilter {
		return candor.FindingFilter{Text: any1(r, []string{"plugins", "wso quartz", "phpun", "up", "nowhere"})}
	}, sorts...)
	l.add("as customer", 2, a.as, plain(candor.FindingFilter{}), sorts...)
	l.add("as customer, open", 1, a.as, plain(candor.FindingFilter{States: []candor.FindingState{candor.FindingOpen}}), sorts...)
	l.deep(1, a.anyStaff, sorts...)
	return l.all
}
