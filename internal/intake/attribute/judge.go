package attribute

import (
	"cmp"
	"slices"
	"time"

	"candor"
)

// judge decides among candidates, each for the time for which it held what is
// asked for. A candidate without a party is somebody not known.
func (a *Attributor) judge(all []Candidate, s span) Answer {
	near := slices.DeleteFunc(slices.Clone(all), func(c Candidate) bool {
		return c.Since.After(s.until()) || !c.Until.IsZero() && !c.Until.After(s.from())
	})
	if len(near) == 0 {
		return Answer{Verdict: Unheld, Why: "nobody held it then"}
	}
	known := slices.DeleteFunc(slices.Clone(near), func(c Candidate) bool { return c.Party == "" })
	switch {
	case len(known) == 0:
		return Answer{Verdict: Unknown, Why: "its holder then is known by no asset"}
	case len(known) == len(near) && sole(near):
		if c, ok := throughout(near, s); ok {
			return Answer{Verdict: Ours, Candidate: c, Why: "it alone held it then"}
		}
		if !slices.ContainsFunc(near, func(c Candidate) bool { return !c.Doubtful }) {
			return a.open(Unknown, near, "when its last lease ended is not known")
		}
		return a.undecided(near, s, "it did not hold it for all of that time, or only just")
	}
	return a.undecided(near, s, "more than one may have held it then")
}

// sole tells whether all candidates are one asset of one party.
func sole(all []Candidate) bool {
	return !slices.ContainsFunc(all, func(c Candidate) bool { return c.Asset != all[0].Asset || c.Party != all[0].Party })
}

// throughout gives of candidates that are one asset what it held for all of a
// span; false if it did not.
func throughout(all []Candidate, s span) (Candidate, bool) {
	slices.SortFunc(all, func(x, y Candidate) int { return x.Since.Compare(y.Since) })
	var one Candidate
	for _, c := range all {
		switch {
		case c.Doubtful:
		case one.How == "" || !one.Until.IsZero() && c.Since.After(one.Until):
			if one.How != "" && covers(one, s) {
				return one, true
			}
			one = c
		case !one.Until.IsZero() && (c.Until.IsZero() || c.Until.After(one.Until)):
			one.Until = c.Until
		}
	}
	return one, one.How != "" && covers(one, s)
}

// covers tells whether a candidate held it for all of a span: a lease also for as
// long as clocks may be off. Right before and behind it somebody may have held it of
// whom the records were lost.
func covers(c Candidate, s span) bool {
	from, until := s.first, s.last
	if c.How == Lease || c.How == Translator {
		from, until = s.from(), s.until()
	}
	return !c.Since.After(from) && (c.Until.IsZero() || c.Until.After(until))
}

// undecided is what a person decides; without a time, it is that which is missing.
func (a *Attributor) undecided(all []Candidate, s span, why string) Answer {
	if s.untimed != "" {
		return a.open(Untimed, all, s.untimed+", and "+why)
	}
	return a.open(Several, all, why)
}

// open gives an answer with candidates.
func (a *Attributor) open(v Verdict, all []Candidate, why string) Answer {
	all = slices.DeleteFunc(slices.Clone(all), func(c Candidate) bool { return c.Party == "" })
	slices.SortStableFunc(all, func(x, y Candidate) int {
		return cmp.Or(cmp.Compare(x.Asset, y.Asset), cmp.Compare(x.Party, y.Party), cmp.Compare(x.How, y.How), x.Since.Compare(y.Since))
	})
	answer := Answer{Verdict: v, Why: why}
	if len(all) > 0 && !slices.ContainsFunc(all, func(c Candidate) bool { return c.Party != all[0].Party }) {
		answer.Party = all[0].Party
	}
	answer.More = len(all) > a.options.Most
	answer.Candidates = all[:min(len(all), a.options.Most)]
	return answer
}

// candidates are holdings, as far as they lie in the time of another.
func candidates(all []candor.Holding, how func(candor.Holding) How, since, until time.Time) []Candidate {
	list := make([]Candidate, 0, len(all))
	for _, h := range all {
		c := Candidate{Asset: h.Asset, Kind: h.Kind, Party: h.Party, How: how(h), What: h.What, Since: h.Since, Until: h.Until}
		if c.Since.Before(since) {
			c.Since = since
		}
		if !until.IsZero() && (c.Until.IsZero() || c.Until.After(until)) {
			c.Until = until
		}
		if c.Until.IsZero() || c.Since.Before(c.Until) {
			list = append(list, c)
		}
	}
	return list
}

// always is the way of all holdings.
func always(how How) func(candor.Holding) How { return func(candor.Holding) How { return how } }
