package attribute

import (
	"context"
	"fmt"
	"strings"
	"time"

	"candor/internal/intake"
)

// mostAsking is how long after a report came servers are waited for that are asked
// for a content. Those that have not answered by then could not be asked.
const mostAsking = time.Hour

// content tells in whose files a content lies.
func (a *Attributor) content(ctx context.Context, hash string, s span) (Answer, error) {
	if a.contents == nil {
		return Answer{Verdict: Unknown, Why: "contents are not known here"}, nil
	}
	held, err := a.contents.Holding(ctx, strings.ToLower(hash), 4*a.options.Most)
	if err != nil {
		return Answer{}, err
	}
	all := candidates(held.Holdings, always(Content), time.Time{}, time.Time{})
	if again := a.askAgain(s); held.Waiting > 0 && !again.IsZero() {
		answer := a.open(Unknown, all, "the estate is being asked where this content lies")
		answer.Again = again
		return answer, nil
	}
	missing := ""
	if n := held.Waiting + held.Unasked; n > 0 {
		missing = fmt.Sprintf(", and %d of the servers could not be asked", n)
	}
	switch {
	case len(all) == 0:
		return Answer{Verdict: Unknown, Why: "no content with this hash is known here" + missing}, nil
	case sole(all) && missing != "":
		return a.open(Unknown, all, "it alone is known to hold the content"+missing), nil
	case sole(all) && len(all) < 4*a.options.Most:
		return Answer{Verdict: Ours, Candidate: all[0], Why: "it alone holds the content"}, nil
	}
	return a.open(Several, all, "more than one holds the content"+missing), nil
}

// askAgain is when to look again for answers of servers: soon at first, then ever
// more seldom; zero once they were waited for long enough.
func (a *Attributor) askAgain(s span) time.Time {
	now, end := a.options.Now(), s.received.Add(min(a.options.Patience, mostAsking))
	if !now.Before(end) {
		return time.Time{}
	}
	at := now.Add(min(max(now.Sub(s.received)/2, 5*time.Second), 5*time.Minute))
	if at.After(end) {
		return end
	}
	return at
}

// mail tells whose a mail address is: of a party that has it, or of the site
// whose name is its domain.
func (a *Attributor) mail(ctx context.Context, r intake.Resource, s span) (Answer, error) {
	parties, err := a.records.PartiesByMail(ctx, r.Value)
	if err != nil {
		return Answer{}, err
	}
	var all []Candidate
	for _, p := range parties {
		assets, err := a.records.AssetsOf(ctx, p.ID, a.options.Most+1)
		if err != nil {
			return Answer{}, err
		}
		if len(assets) == 0 {
			all = append(all, Candidate{Party: p.ID, How: Account, What: r.Value})
		}
		for _, one := range assets {
			all = append(all, Candidate{Asset: one.ID, Kind: one.Kind, Party: p.ID, How: Account, What: r.Value, Since: one.Created})
		}
	}
	switch {
	case len(all) == 1 && all[0].Asset != "":
		return Answer{Verdict: Ours, Candidate: all[0], Why: "its party has the address, and no other asset"}, nil
	case len(all) > 0:
		return a.open(Several, all, "parties that have the address have several assets, or none"), nil
	}
	answer, found, err := a.named(ctx, r.Host(), s)
	if err == nil && !found {
		answer = Answer{Verdict: Foreign, Why: "no party has the address, and no site its domain"}
	}
	return answer, err
}
