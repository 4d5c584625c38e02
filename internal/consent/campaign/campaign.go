// Package campaign knows who is to be asked again when terms change materially,
// and when (ITU-T X.1207, 11.1.3: consent).
//
// A campaign asks each party for an answer to one version of terms: once at its
// start, and again on some days after, until the party answers or the deadline
// comes. Whoever says nothing has not agreed: what silence means is written down
// by the operator beforehand, and is one of two things that need no answer.
package campaign

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
)

// Silence says what holds for a party that has said nothing by the deadline.
type Silence string

// What silence can mean. Neither is consent to the new version.
const (
	Keep Silence = "keep" // the earlier version goes on to hold
	End  Silence = "end"  // the earlier versions end at the deadline, for all
)

// State is how far a campaign has come.
type State string

// The states.
const (
	Draft   State = "draft"   // may be started
	Running State = "running" // asks from Starts on, until Deadline
	Ended   State = "ended"   // asks nobody any more
)

// Campaign asks parties for an answer to a version of terms.
type Campaign struct {
	ID        candor.ID         `json:"id"`
	Terms     candor.ID         `json:"terms"` // the new version
	Document  string            `json:"document"`
	State     State             `json:"state"`
	Silence   Silence           `json:"silence"`
	Policy    map[string]string `json:"policy"`    // what silence means, in the operator's words, by language
	Reminders []int             `json:"reminders"` // days after Starts, rising
	By        string            `json:"by"`        // who made it
	Created   time.Time         `json:"created"`
	Starts    time.Time         `json:"starts"`
	Deadline  time.Time         `json:"deadline"`
	Planned   time.Time         `json:"planned,omitzero"` // when it was found out whom to ask
	Asked     int64             `json:"asked"`            // how many that were
	Ended     time.Time         `json:"ended,omitzero"`
	Stopped   string            `json:"stopped,omitempty"` // why it was ended before its deadline
	Ends      []string          `json:"ends,omitempty"`    // versions whose end at the deadline it set, by ID
}

// Bounds of a campaign.
const (
	// Least is how long everybody has to answer.
	Least = 7 * 24 * time.Hour
	// Longest is how long a campaign lasts at most.
	Longest = 366 * 24 * time.Hour
	// Apart is how far mails to one party are apart at least.
	Apart         = 12 * time.Hour
	mostReminders = 10
	mostPolicy    = 4000
)

// Check tells what is wrong with a campaign that is to be made, as
// candor.ErrInvalid with a hint.
func (c Campaign) Check() error {
	switch {
	case c.Silence != Keep && c.Silence != End:
		return wrong(fmt.Sprintf("silence cannot mean %.40q", c.Silence), "Choose keep or end: it is never consent.")
	case len(c.Policy) == 0:
		return wrong("it is not written down what silence means", "Write the policy in a sentence or two, as those who are asked will read it.")
	case c.Deadline.Sub(c.Starts) < Least:
		return wrong("there is not enough time to answer", "Set the deadline at least 7 days after the start.")
	case c.Deadline.Sub(c.Starts) > Longest:
		return wrong("it lasts too long", "Set the deadline at most 366 days after the start.")
	case len(c.Reminders) > mostReminders:
		return wrong("there are too many reminders", fmt.Sprintf("Remind at most %d times.", mostReminders))
	}
	for language, text := range c.Policy {
		if language == "" || len(language) > 35 || strings.TrimSpace(text) == "" || len(text) > mostPolicy {
			return wrong("the policy has no text, or too long a one, in a language", fmt.Sprintf("Keep it under %d bytes.", mostPolicy))
		}
	}
	for i, n := range c.Reminders {
		if n < 1 || time.Duration(n)*day >= c.Deadline.Sub(c.Starts) || i > 0 && n <= c.Reminders[i-1] {
			return wrong("the reminders are not between the start and the deadline, one after the other", "Give days after the start, such as 7, 14, 21.")
		}
	}
	return nil
}

const day = 24 * time.Hour

func wrong(what, hint string) error {
	return candor.WithHint(fmt.Errorf("the campaign: %s: %w", what, candor.ErrInvalid), hint)
}

// Answer is how far it has come with one that is asked.
type Answer string

// What there can be.
const (
	Waiting   Answer = "waiting"
	Agreed    Answer = "agreed"
	Refused   Answer = "refused"
	Withdrawn Answer = "withdrawn" // from the document as a whole
	Silent    Answer = "silent"    // nothing was said by the deadline; nothing is assumed
)

// Answers are all of Answer.
func Answers() []Answer { return []Answer{Waiting, Agreed, Refused, Withdrawn, Silent} }

// Asked is one that is asked.
type Asked struct {
	Campaign    candor.ID `json:"campaign"`
	Party       candor.ID `json:"party"`
	State       Answer    `json:"state"`
	Sent        int       `json:"sent"`              // mails so far
	Unreachable bool      `json:"unreachable"`       // there was no address for mail when it was last looked for
	Next        time.Time `json:"next,omitzero"`     // when it is its turn again
	Last        time.Time `json:"last,omitzero"`     // when it was last written to
	Answered    time.Time `json:"answered,omitzero"` // when it was said
}

// Step is what is to be done with one that is asked.
type Step string

// The steps.
const (
	Nothing Step = ""
	Ask     Step = "ask"    // for the first time
	Remind  Step = "remind" // Sent tells how often it was written to before
	Over    Step = "over"   // the deadline came: nothing was said
)

// Due tells what is to be done with one that is asked, at a moment. What was
// missed while the program did not run is not made up for: of several reminders
// that are due one is sent.
func (c Campaign) Due(a Asked, now time.Time) Step {
	switch {
	case c.State != Running || c.Planned.IsZero() || a.State != Waiting:
		return Nothing
	case !now.Before(c.Deadline):
		return Over
	case now.Before(c.Starts) || now.Before(a.Next):
		return Nothing
	case a.Sent == 0:
		return Ask
	}
	return Remind
}

// After gives the moment of the step that follows one that is done now: that of
// the next reminder which is not too soon, or the deadline.
func (c Campaign) After(now time.Time) time.Time {
	i := slices.IndexFunc(c.Reminders, func(n int) bool { return !c.reminder(n).Before(now.Add(Apart)) })
	if i < 0 {
		return c.Deadline
	}
	return c.reminder(c.Reminders[i])
}

func (c Campaign) reminder(n int) time.Time { return c.Starts.Add(time.Duration(n) * day) }

// PolicyIn gives the policy in a language, or in one that there is: English, or
// the first by name.
func (c Campaign) PolicyIn(language string) string {
	if text := c.Policy[language]; text != "" {
		return text
	}
	if text := c.Policy["en"]; text != "" {
		return text
	}
	first := ""
	for l := range c.Policy {
		if first == "" || l < first {
			first = l
		}
	}
	return c.Policy[first]
}

// Figures are how far a campaign has come.
type Figures struct {
	Asked       int64 `json:"asked"`
	Waiting     int64 `json:"waiting"`
	Agreed      int64 `json:"agreed"`
	Refused     int64 `json:"refused"`
	Withdrawn   int64 `json:"withdrawn"`
	Silent      int64 `json:"silent"`
	Unreachable int64 `json:"unreachable"` // of those that wait or were silent: without an address for mail
	Unsent      int64 `json:"unsent"`      // of those that wait or were silent: never written to
	Overdue     int64 `json:"overdue"`     // of those that wait: their turn came more than an hour ago
}
