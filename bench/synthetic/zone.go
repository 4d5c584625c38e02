package synthetic

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// style is how a reporter tells a time.
type style int

const (
	utc      style = iota
	offset         // +0200
	lettered       // CEST, as clocks there show
	lazy           // CET, all year
	named          // Europe/Berlin
	words          // Berlin time
	bare           // nothing
	none           // no time at all
	styles
)

func (s style) String() string {
	return [...]string{"UTC", "offset", "letters", "letters, wrong in summer", "name of a zone", "zone in words", "without zone", "no time"}[s]
}

// reporter is somebody whose clock is off, and stays so.
type reporter struct {
	place    *time.Location
	standard string // the letters of the zone without summer time
	words    string // for the zone
	off      time.Duration
	mail     string
}

var places = []struct{ name, standard, words string }{
	{"Europe/Berlin", "CET", "Central European Time"}, {"Europe/Berlin", "MEZ", "deutscher Zeit"}, {"Europe/Paris", "CET", "heure de Paris"}, {"Europe/London", "", "London time"}, {"Europe/Helsinki", "EET", "Helsinki time"},
	{"Europe/Moscow", "MSK", "Moscow time"}, {"Europe/Lisbon", "WET", "hora de Lisboa"}, {"America/New_York", "EST", "New York time"}, {"America/Chicago", "CST", "Chicago time"}, {"America/Denver", "MST", "Mountain time"},
	{"America/Phoenix", "MST", "Arizona time"}, {"America/Los_Angeles", "PST", "Pacific time"}, {"America/Sao_Paulo", "BRT", "hora de Brasília"}, {"America/Santiago", "CLT", "hora de Chile"}, {"America/Havana", "CST", "hora de Cuba"},
	{"Asia/Shanghai", "CST", "北京时间"}, {"Asia/Tokyo", "JST", "日本時間"}, {"Asia/Kolkata", "IST", "Indian time"}, {"Asia/Jerusalem", "IST", "Israel time"}, {"Australia/Sydney", "AEST", "Sydney time"}, {"Australia/Brisbane", "AEST", "Brisbane time"},
	{"Australia/Lord_Howe", "LHST", "Lord Howe time"}, {"Pacific/Auckland", "NZST", "New Zealand time"}, {"Africa/Johannesburg", "SAST", "Johannesburg time"},
}

func newReporters(r *rand.Rand, n int) ([]reporter, error) {
	all := make([]reporter, n)
	for i := range all {
		p := pick(r, places)
		at, err := time.LoadLocation(p.name)
		if err != nil {
			return nil, err
		}
		all[i] = reporter{place: at, standard: p.standard, words: p.words, off: between(r, 5*time.Second-margin, margin-5*time.Second), mail: fmt.Sprintf("soc@reporter%d.example", i)}
	}
	return all, nil
}

// here is a moment as the reporter's clock shows it.
func (w *reporter) here(at time.Time) time.Time {
	return at.Add(w.off).Truncate(time.Second).In(w.place)
}

// tell writes a moment. layout has no zone.
func (w *reporter) tell(at time.Time, s style, layout string) string {
	here := w.here(at)
	switch s {
	case utc:
		return here.UTC().Format(layout) + " UTC"
	case offset:
		return here.Format(layout + " -0700")
	case lettered:
		return here.Format(layout) + " " + w.letters(here)
	case lazy:
		return here.Format(layout) + " " + cmp.Or(w.standard, w.letters(here)) // GMT is what it says
	case named:
		return here.Format(layout) + " " + w.place.String()
	case words:
		return here.Format(layout) + " (" + w.words + ")"
	}
	return here.Format(layout)
}

// letters are those of the zone at a moment.
func (w *reporter) letters(here time.Time) string {
	name, seconds := here.Zone()
	switch {
	case w.standard == "MEZ" && here.IsDST():
		return "MESZ"
	case w.standard == "MEZ":
		return "MEZ"
	case strings.ContainsAny(name, "+-0123456789"): // zones without letters
		return fmt.Sprintf("GMT%+d:%02d", seconds/3600, seconds/60%60)
	}
	return name
}
