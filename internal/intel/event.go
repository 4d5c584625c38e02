package intel

import (
	"time"

	"candor"
	"candor/internal/intake"
)

// Event gives an indicator as something that was reported: blamed, in a role that
// is, and named only, in another.
func Event(i Indicator, role intake.Role) intake.Event {
	e := intake.Event{Class: i.Class, First: When(i.First), Last: When(i.Last), Note: intake.Cut(i.Note, intake.MostNote)}
	if e.Class == "" {
		e.Class = candor.Undetermined
	}
	r := intake.Resource{Kind: i.Kind, Value: i.Value, Role: role, Confidence: i.Confidence}
	if r.Confidence == 0 {
		r.Confidence = 80
	}
	if role.Blamed() {
		e.About = []intake.Resource{r}
	} else {
		e.Others = []intake.Resource{r}
	}
	return e
}

// When gives a time as reports tell it; nil for the zero time.
func When(t time.Time) *intake.When {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &intake.When{Text: t.Format(time.RFC3339), Time: t}
}
