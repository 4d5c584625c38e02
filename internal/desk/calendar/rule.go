package calendar

import (
	"fmt"
	"time"

	"candor"
)

// Event is what a clock starts with.
type Event string

const (
	CaseOpened       Event = "case-opened"
	CustomerNotified Event = "customer-notified" // the notice was sent
	BecameAware      Event = "aware"             // somebody knew that the incident is significant
	IncidentHandled  Event = "handled"           // the incident is over
)

// Submission is the event that the deadline of another rule was met: the
// report that it asks for was submitted.
func Submission(rule string) Event { return Event("met:" + rule) }

// Rule says when something is due.
type Rule struct {
	Name   string `json:"name"`
	Start  Event  `json:"start"`
	Period Period `json:"period"`
	// Business counts working time of a Calendar instead of time that passes.
	// The Period is then of hours and minutes alone: 8 h are a working day.
	Business bool `json:"business,omitempty"`
	// Warn is how long before it is due a warning is due: working time for a
	// Business rule.
	Warn time.Duration `json:"warn,omitempty"`
	// Pausable says that the clock may stand while somebody else's turn it is.
	// The law knows no such thing.
	Pausable bool   `json:"pausable,omitempty"`
	Source   string `json:"source,omitempty"` // the law that says so; empty for a promise of the desk
}

// Check tells what is wrong with r: an error of the kind candor.ErrInvalid.
func (r Rule) Check() error {
	invalid := func(hint, format string, values ...any) error {
		return candor.WithHint(fmt.Errorf("rule %q: %s: %w", r.Name, fmt.Sprintf(format, values...), candor.ErrInvalid), hint)
	}
	switch {
	case r.Name == "" || r.Start == "":
		return invalid("Say what it is called and which event starts it.", "name or start is missing")
	case !r.Period.valid():
		return invalid("Write it like 4h, 3d or 1mo.", "period %s does not last, or too long", r.Period)
	case r.Business && (r.Period.Months != 0 || r.Period.Days != 0):
		return invalid("Count working hours: 8h for a day of eight.", "working time has no months and days")
	case r.Warn < 0 || r.Warn > maxTime:
		return invalid("Write a time from 0 on.", "it warns %s before", r.Warn)
	}
	return nil
}

// The rules that this package knows. The periods of the law are upper bounds:
// each says "without undue delay and in any event" before it.
const (
	Acknowledgement   = "acknowledgement"
	TermsAnswer       = candor.TermsAnswer
	NIS2EarlyWarning  = "nis2-early-warning"
	NIS2Notification  = "nis2-notification"
	NIS2Trust         = "nis2-notification-trust"
	NIS2Final         = "nis2-final"
	NIS2Ongoing       = "nis2-final-ongoing"
	GDPRNotification  = "gdpr-notification"
	customerPrefix    = "customer-"
	nis2              = "Directive (EU) 2022/2555 (NIS2), Article 23(4)"
	daysOfWarning     = 24 * time.Hour
	hoursOfAuthority  = 6 * time.Hour
	daysOfFinalReport = 5 * 24 * time.Hour
)

// Customer gives the name of the rule for a customer's deadline.
func Customer(s candor.Severity) string { return customerPrefix + s.String() }

// Rules gives the rules that hold unless an operator says otherwise. The
// slice is the caller's own.
//
// One month is kept at the same time of day as the submission. Regulation
// (EEC, Euratom) No 1182/71, Article 3(2)(c), would leave the rest of that
// day, and Article 3(4) the next working day after a holiday; a desk that is
// earlier is never too late.
func Rules() []Rule {
	return []Rule{
		{Name: Acknowledgement, Start: CaseOpened, Period: Hours(4), Business: true, Warn: time.Hour},
		{Name: TermsAnswer, Start: CaseOpened, Period: Period{Days: 14}, Warn: 2 * daysOfWarning},
		{Name: Customer(candor.Critical), Start: CustomerNotified, Period: Hours(24), Warn: 6 * time.Hour, Pausable: true},
		{Name: Customer(candor.High), Start: CustomerNotified, Period: Period{Days: 3}, Warn: daysOfWarning, Pausable: true},
		{Name: Customer(candor.Medium), Start: CustomerNotified, Period: Period{Days: 7}, Warn: daysOfWarning, Pausable: true},
		{Name: Customer(candor.Low), Start: CustomerNotified, Period: Period{Days: 14}, Warn: 2 * daysOfWarning, Pausable: true},
		{Name: Customer(candor.Info), Start: CustomerNotified, Period: Period{Days: 30}, Warn: 2 * daysOfWarning, Pausable: true},
		{Name: NIS2EarlyWarning, Start: BecameAware, Period: Hours(24), Warn: hoursOfAuthority, Source: nis2 + "(a)"},
		{Name: NIS2Notification, Start: BecameAware, Period: Hours(72), Warn: 2 * hoursOfAuthority, Source: nis2 + "(b)"},
		// Trust service providers have a day for it, where their trust services are concerned.
		{Name: NIS2Trust, Start: BecameAware, Period: Hours(24), Warn: hoursOfAuthority, Source: nis2 + ", second subparagraph"},
		{Name: NIS2Final, Start: Submission(NIS2Notification), Period: Period{Months: 1}, Warn: daysOfFinalReport, Source: nis2 + "(d)"},
		// For an incident that went on when the final report was due: a report
		// on progress then, and the final one a month after it was handled.
		{Name: NIS2Ongoing, Start: IncidentHandled, Period: Period{Months: 1}, Warn: daysOfFinalReport, Source: nis2 + "(e)"},
		{Name: GDPRNotification, Start: BecameAware, Period: Hours(72), Warn: 2 * hoursOfAuthority,
			Source: "Regulation (EU) 2016/679 (GDPR), Article 33(1)"},
	}
}

// Due gives the moment, in UTC, at which r is due that started at start.
func Due(r Rule, start time.Time, cal *Calendar) time.Time {
	if r.Business {
		return cal.Add(start, r.Period.Time)
	}
	return r.Period.After(start, cal.Zone())
}
