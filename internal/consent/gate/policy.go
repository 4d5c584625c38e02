package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
)

// Policy is what the provider decided about the gate.
type Policy struct {
	// Grace is how long a site that is live goes on without a check. Without it
	// the site is suspended at once.
	Grace candor.Period `json:"grace"`
	// Stale is for how long a check stays passed without being measured again.
	Stale candor.Period `json:"stale"`
	// LongestWaiver is for how long a check can be waived.
	LongestWaiver candor.Period `json:"longest_waiver"`
	// NotRequired are the checks that are not asked for.
	NotRequired []Exemption `json:"not_required"`
}

// Exemption is a check that is not asked for, and who decided it.
type Exemption struct {
	Check  string    `json:"check"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

const day = 24 * time.Hour

// The bounds of a policy.
const (
	mostGrace  = 90 * day
	leastStale = time.Hour
	mostStale  = 366 * day
	mostWaiver = 366 * day
	mostReason = 1000 // bytes
)

// DefaultPolicy holds until somebody decides otherwise: everything is asked for.
func DefaultPolicy() Policy {
	return Policy{Grace: candor.Period(7 * day), Stale: candor.Period(8 * day), LongestWaiver: candor.Period(90 * day), NotRequired: []Exemption{}}
}

// Check says what is wrong with a policy.
func (p Policy) Check() error {
	bad := func(what, hint string) error {
		return candor.WithHint(fmt.Errorf("policy of the gate: %s: %w", what, candor.ErrInvalid), hint)
	}
	within := func(d candor.Period, least, most time.Duration) bool {
		return time.Duration(d) >= least && time.Duration(d) <= most
	}
	switch {
	case !within(p.Grace, 0, mostGrace):
		return bad("the grace is too long", "Choose at most 90 days; 0 suspends at once.")
	case !within(p.Stale, leastStale, mostStale):
		return bad("the time for which a check stays passed makes no sense", "Choose an hour to 366 days.")
	case !within(p.LongestWaiver, 0, mostWaiver):
		return bad("waivers could be too long", "Choose at most 366 days; 0 allows none.")
	}
	for i, x := range p.NotRequired {
		switch {
		case !Known(x.Check):
			return bad(fmt.Sprintf("there is no check %.40q", x.Check), "Choose from the list of checks.")
		case slices.ContainsFunc(p.NotRequired[:i], func(y Exemption) bool { return y.Check == x.Check }):
			return bad(fmt.Sprintf("the check %s is left out twice", x.Check), "Name it once.")
		case strings.TrimSpace(x.Reason) == "" || len(x.Reason) > mostReason:
			return bad(fmt.Sprintf("the reason for leaving out %s is missing or too long", x.Check), "Say why, in at most 1000 bytes.")
		case x.By == "" || x.At.IsZero():
			return bad(fmt.Sprintf("nobody left out %s", x.Check), "Say who did, and when.")
		}
	}
	return nil
}

// Signed notes who left out the checks that were asked for, or that were left
// out for another reason, under the policy before. What was left out before for
// that reason stays as it was noted.
func (p Policy) Signed(was Policy, by string, at time.Time) Policy {
	signed := []Exemption{}
	for _, x := range p.NotRequired {
		x.Reason = strings.TrimSpace(x.Reason)
		i := slices.IndexFunc(was.NotRequired, func(y Exemption) bool { return y.Check == x.Check && y.Reason == x.Reason })
		if i >= 0 {
			x = was.NotRequired[i]
		} else {
			x.By, x.At = by, at
		}
		signed = append(signed, x)
	}
	p.NotRequired = signed
	return p
}

// requires tells whether a check is asked for.
func (p Policy) requires(check string) bool {
	return !slices.ContainsFunc(p.NotRequired, func(x Exemption) bool { return x.Check == check })
}

// CheckWaiver says what is wrong with a waiver that is made now.
func (p Policy) CheckWaiver(w candor.GateWaiver, now time.Time) error {
	bad := func(what, hint string) error {
		return candor.WithHint(fmt.Errorf("waiver: %s: %w", what, candor.ErrInvalid), hint)
	}
	longest := time.Duration(p.LongestWaiver)
	switch {
	case !Known(w.Check):
		return bad(fmt.Sprintf("there is no check %.40q", w.Check), "Choose from the list of checks.")
	case strings.TrimSpace(w.Reason) == "" || len(w.Reason) > mostReason:
		return bad("the reason is missing or too long", "Say why, in at most 1000 bytes.")
	case longest <= 0:
		return bad("the policy allows none", "Have the check met, or the policy changed.")
	case !w.Until.After(now):
		return bad("it would be over already", "Choose a date that has not come.")
	case w.Until.After(now.Add(longest)):
		return bad(fmt.Sprintf("it would hold for longer than the policy allows, which is %d days", int(longest/day)), "Choose an earlier date.")
	}
	return nil
}
