package gate

import (
	"slices"

	"candor"
)

// Why says in a word why a check did not pass.
type Why string

// What can be in the way.
const (
	NoSensor    Why = "no-sensor"    // the program cannot measure it yet
	NotMeasured Why = "not-measured" // it could, and has not
	Broken      Why = "error"        // asking failed
	TooOld      Why = "too-old"      // it passed, too long ago
	FromFuture  Why = "from-future"  // measured later than now: a clock is wrong

	NoPlace   Why = "no-place"   // nobody knows where the site's files are
	NeverSeen Why = "never-seen" // no scan has ended
	Partial   Why = "partial"    // the last scan did not see everything
	Grave     Why = "grave"      // findings of high or critical severity are open

	NoNotice     Why = "no-notice"     // none is published
	NotServed    Why = "not-served"    // the site does not serve it
	OtherVersion Why = "other-version" // the site serves another version than the pinned one

	NotAccepted Why = "not-accepted" // the owner accepted none
	OldTerms    Why = "old-terms"    // the owner accepted a version that is not in force
)

// Whys are all of them.
func Whys() []Why {
	return []Why{NoSensor, NotMeasured, Broken, TooOld, FromFuture, NoPlace, NeverSeen, Partial, Grave, NoNotice, NotServed, OtherVersion, NotAccepted, OldTerms}
}

// Words say in English what is in the way and what to do next, for programs;
// pages have them in their own languages.
func (w Why) Words() (what, next string) {
	switch w {
	case NoSensor:
		return "The desk cannot measure this yet.", "Have a person check it: staff can waive it until a date, or the policy can leave it out."
	case Broken:
		return "It could not be measured: asking failed.", "It is tried again by itself; if it stays so, ask your provider."
	case TooOld:
		return "It was met when it was last measured, which is too long ago.", "Have it measured again."
	case FromFuture:
		return "It was measured at a time that has not come.", "Ask your provider to set its clocks right."
	case NoPlace:
		return "Nobody told the desk where the files of the site are.", "Ask your provider to enter the folders of the site."
	case NeverSeen:
		return "No scan of the site has ended yet.", "Ask for a scan, or wait for the next."
	case Partial:
		return "The last scan did not see all of the site.", "Mend what could not be read, and ask for another scan."
	case Grave:
		return "Findings of high or critical severity are open.", "Deal with the open cases of the site, and have it scanned again."
	case NoNotice:
		return "No notice is published for the site.", "Write the notice and publish it."
	case NotServed:
		return "The site does not serve the notice.", "Put the notice, or a link to it, on the site."
	case OtherVersion:
		return "The site serves another version of the notice than the one that was published for it.", "Put the published version on the site."
	case NotAccepted:
		return "The owner of the site has not accepted the terms.", "Read the terms and accept them."
	case OldTerms:
		return "The owner of the site accepted terms that are no longer in force.", "Read the terms that are in force and accept them."
	}
	return "It has not been measured.", "Wait until it is measured, or ask your provider."
}

// ShownCheck is how a check came out, with what to do about it in English.
type ShownCheck struct {
	candor.GateCheck
	Clause string `json:"clause"` // of ITU-T X.1207
	// Requirements are those of X.1207 that it stands for.
	Requirements []string `json:"requirements"`
	Detail       string   `json:"detail,omitempty"` // what is in the way
	Hint         string   `json:"hint,omitempty"`   // what to do next
}

// Show words checks.
func Show(checks []candor.GateCheck) []ShownCheck {
	all := make([]ShownCheck, len(checks))
	for i, c := range checks {
		all[i] = ShownCheck{GateCheck: c, Requirements: []string{}}
		if n := slices.IndexFunc(Checks(), func(x Check) bool { return x.ID == c.Check }); n >= 0 {
			all[i].Clause, all[i].Requirements = Checks()[n].Clause, Checks()[n].Requirements
		}
		if c.Outcome != candor.GatePassed {
			all[i].Detail, all[i].Hint = Why(c.Why).Words()
		}
	}
	return all
}
