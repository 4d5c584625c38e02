package drill

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"candor/internal/consent/jws"
)

// Report is what came of a drill. Durations are in milliseconds.
type Report struct {
	Version  int       `json:"version"` // of this form: 1
	Program  string    `json:"program"`
	Begun    time.Time `json:"begun"`
	Ended    time.Time `json:"ended"`
	Method   Method    `json:"method"`
	Seed     int64     `json:"seed"`
	Rounds   []Round   `json:"rounds"`
	Checks   []Check   `json:"checks"`
	Faults   []Fault   `json:"faults"`
	Response Figure    `json:"response"` // first abnormal record to first dropped probe
	Goal     Figure    `json:"goal"`
	Missed   []string  `json:"missed"`           // what is not as it should be, in words
	Before   *Former   `json:"before,omitempty"` // the last one by the same method
}

// Round is one line that did harm, was isolated, and is free again.
type Round struct {
	Abuse Abuse  `json:"abuse"`
	Line  string `json:"line"`
	// Stages are when something was so, since the first abnormal record was sent;
	// StageFree since the holder asked for it. Those that did not come are missing.
	Stages map[StageName]int64 `json:"stages"`
	Error  string              `json:"error,omitempty"`
}

// StageName says what was so.
type StageName string

// The stages of a round.
const (
	StageFound    StageName = "found"    // the finding is filed
	StageCase     StageName = "case"     // its case is open
	StageProposed StageName = "proposed" // with the basis
	StageApproved StageName = "approved" // by the policy
	StageDropped  StageName = "dropped"  // the first probe is dropped
	StageApplied  StageName = "applied"  // the program says so
	StageVerified StageName = "verified" // and looked itself
	StagePortal   StageName = "portal"   // the portal answered the line
	StageFree     StageName = "free"     // the first probe gets through again
)

// Check is something that has to be so besides.
type Check struct {
	Name CheckName `json:"name"`
	OK   bool      `json:"ok"`
	Text string    `json:"text,omitempty"` // what was seen
}

// CheckName names a Check.
type CheckName string

// The checks.
const (
	CheckBasis     CheckName = "basis"     // without a basis nobody is isolated
	CheckLifelines CheckName = "lifelines" // can be reached while a line is isolated
	CheckPortal    CheckName = "portal"    // answers whoever is isolated
	CheckRelease   CheckName = "release"   // who is clean gets out
	CheckResponse  CheckName = "response"  // the line is isolated, within the goal
)

// Fault is a fault that was planted.
type Fault struct {
	Kind    FaultKind `json:"kind"`
	Noticed bool      `json:"noticed"`
	By      string    `json:"by,omitempty"` // what told of it
	Took    int64     `json:"took"`         // until it was noticed
	Error   string    `json:"error,omitempty"`
}

// Figure is a median, and what 99 of 100 do not exceed.
type Figure struct {
	P50 int64 `json:"p50"`
	P99 int64 `json:"p99"`
}

// Former is the drill before, and how it went.
type Former struct {
	Begun    time.Time `json:"begun"`
	Response Figure    `json:"response"`
	Missed   int       `json:"missed"`
}

// OK tells whether all was as it should be.
func (r Report) OK() bool { return len(r.Missed) == 0 }

// Quantiles gives a stage's figure, and in how many rounds it came.
func (r Report) Quantiles(n StageName) (Figure, int) {
	all := r.Times(n)
	return figure(all), len(all)
}

// Times gives when a stage came in the rounds that got that far, the shortest
// first.
func (r Report) Times(n StageName) (all []int64) {
	for _, x := range r.Rounds {
		if at, ok := x.Stages[n]; ok {
			all = append(all, at)
		}
	}
	slices.Sort(all)
	return all
}

// figure gives the quantiles of values that are in order.
func figure(sorted []int64) Figure {
	return Figure{P50: quantile(sorted, 0.5), P99: quantile(sorted, 0.99)}
}

// Bounds of a report, in bytes, so that it can be signed.
const (
	mostWords  = 300      // of a text
	mostReport = 47 << 10 // of its canonical form; the former drill is added to it
)

func bounded(text string) string {
	return cut(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) { // six bytes each
			return ' '
		}
		return c
	}, text), mostWords)
}

// cut gives a text's first bytes.
func cut(text string, most int) string {
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// fit cuts texts until the report can be signed, and says what is not as it
// should be.
func (r *Report) fit() {
	for most := mostWords; ; most /= 2 {
		for i := range r.Rounds {
			r.Rounds[i].Error = cut(r.Rounds[i].Error, most)
		}
		for i := range r.Checks {
			r.Checks[i].Text = cut(r.Checks[i].Text, most)
		}
		for i := range r.Faults {
			r.Faults[i].Error, r.Faults[i].By = cut(r.Faults[i].Error, most), cut(r.Faults[i].By, most)
		}
		r.Missed = r.missed()
		if text, err := jws.Canonical(r); err != nil || len(text) <= mostReport || most < 8 {
			return
		}
	}
}

// quantile is the smallest value that so large a share does not exceed; 0 of
// none.
func quantile(sorted []int64, share float64) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(share*float64(len(sorted))))-1)]
}
