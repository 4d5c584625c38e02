package gate

import "slices"

// The checks that have a sensor, or are meant to have one first.
const (
	Notice  = "notice"  // the notice is published, and the site serves the pinned version
	Terms   = "terms"   // the site's owner accepted the terms that are in force
	Content = "content" // the last scan was whole and recent, and found nothing grave
)

// Check is something that a site must meet before it goes live.
type Check struct {
	ID string `json:"check"`
	// Requirements are those of ITU-T X.1207 that it stands for, by their
	// numbers in the catalogue of requirements.
	Requirements []string `json:"requirements"`
	// Clause is where they stand in the Recommendation.
	Clause string `json:"clause"`
	// Sensor tells whether the program measures it.
	Sensor bool `json:"sensor"`
}

// Checks are all checks, in the order of clause 11.2: the terms, then a) to g).
// What has no sensor is listed all the same, so that it counts as missing.
func Checks() []Check {
	return []Check{
		{Notice, []string{"2.1a", "2.2a-i"}, "11.2 a), a) i)", true},
		{Terms, []string{"2.1b", "2.1d"}, "11.2, b)", true},
		{"cookies", []string{"2.2a-ii"}, "11.2 a) ii)", false},
		{"validation", []string{"2.2a-iii"}, "11.2 a) iii)", false},
		{"scripts", []string{"2.2a-iv"}, "11.2 a) iv)", false},
		{"review", []string{"2.2a-v"}, "11.2 a) v)", false},
		{"baseline", []string{"2.2b"}, "11.2 b)", false},
		{"updates", []string{"2.2c"}, "11.2 c)", false},
		{"audit", []string{"2.2d"}, "11.2 d)", false},
		{"antivirus", []string{"2.2e"}, "11.2 e)", false},
		{Content, []string{"2.2f"}, "11.2 f)", true},
		{"penetration", []string{"2.2g"}, "11.2 g)", false},
	}
}

// Known tells whether there is a check of that name.
func Known(id string) bool {
	return slices.ContainsFunc(Checks(), func(c Check) bool { return c.ID == id })
}
