package directory

import (
	"slices"
	"strings"
	"time"

	"candor"
)

// Verdict is what a vendor answered about a sample.
type Verdict string

// The verdicts.
const (
	Acknowledged Verdict = "acknowledged" // it arrived, and is looked at
	Malicious    Verdict = "malicious"
	Clean        Verdict = "clean"
	NeedsMore    Verdict = "needs-more" // they ask for something
)

// HandedIn is what stands beside verdicts of those whose form a person filled in:
// when that was, by whom, and under which reference. It is none that they give.
const HandedIn Verdict = "handed-in"

// Verdicts are all of them.
func Verdicts() []Verdict { return []Verdict{Acknowledged, Malicious, Clean, NeedsMore} }

// Answer is what came back for samples that were sent.
type Answer struct {
	ID        candor.ID `json:"id"`
	Response  candor.ID `json:"response"`
	Verdict   Verdict   `json:"verdict"`
	Detection string    `json:"detection,omitempty"` // what they call it
	Note      string    `json:"note,omitempty"`
	At        time.Time `json:"at"`
	By        string    `json:"by"` // who wrote it down
}

// Tells says whether anything came back but that it arrived.
func (a Answer) Tells() bool { return a.Verdict != Acknowledged && a.Verdict != HandedIn }

// Check tells whether an answer can be kept. The error is candor.ErrInvalid.
func (a Answer) Check() error {
	switch {
	case !slices.Contains(Verdicts(), a.Verdict):
		return bad("it does not say what the answer is", "Choose acknowledged, malicious, clean or needs-more.")
	case !line(a.Detection, mostName):
		return bad("the name of the detection is not on one line", "Give it as they wrote it, of at most 200 bytes.")
	case strings.TrimSpace(a.Detection) != "" && a.Verdict != Malicious:
		return bad("there is a name of a detection, and the answer is not that it is malicious", "Leave the name out, or change the answer.")
	case len(a.Note) > mostText:
		return bad("the note is too long", "Write at most 4,000 bytes.")
	}
	return nil
}

// Look is whether the definitions in use found a sample that was sent.
type Look struct {
	ID         candor.ID `json:"id"`
	Response   candor.ID `json:"response"`
	SHA256     string    `json:"sha256"`
	Generation string    `json:"generation"` // of definitions
	Rules      []string  `json:"rules"`      // that found it; none if it was not
	At         time.Time `json:"at"`
	By         string    `json:"by"`
}

// Found tells whether any rule found it.
func (l Look) Found() bool { return len(l.Rules) > 0 }
