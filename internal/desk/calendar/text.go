package calendar

import (
	"slices"
	"strings"
	"time"

	"candor/internal/desk/calendar/document"
)

// maxHolidays bounds the holidays of one text: ten years of a busy country.
const maxHolidays = 1000

// Parse reads the text that an operator keeps, YAML or JSON:
//
//	zone: Europe/Berlin
//	hours:
//	  monday-thursday: [09:00-12:30, 13:30-18:00]
//	  friday: 09:00-15:00
//	  saturday, sunday: closed
//	holidays:
//	  01-01: New Year's Day
//	  2026-04-03: Good Friday
//
// "hours: always" is a desk that never closes. Errors are of the kind
// candor.ErrInvalid, name file and line, and carry a hint.
func Parse(name string, text []byte) (Config, error) {
	root, err := document.Parse(name, text)
	if err != nil {
		return Config{}, err
	}
	return Read(root)
}

// Read is Parse for a part of a larger text.
func Read(n document.Node) (c Config, err error) {
	fields, err := n.Fields("zone", "hours", "holidays")
	if err != nil {
		return c, err
	}
	if c.Zone, err = readZone(n, fields["zone"]); err != nil {
		return c, err
	}
	if !fields["hours"].Found() {
		return c, n.Error("Add hours, for example \"monday-friday: 09:00-17:00\", or \"hours: always\".", "hours are missing")
	}
	if c.Hours, err = readHours(fields["hours"]); err != nil {
		return c, err
	}
	if c.Holidays, err = readHolidays(fields["holidays"]); err != nil {
		return c, err
	}
	if _, err = New(c); err != nil {
		return c, fields["hours"].Error("Give hours on at least one day.", "%v", err)
	}
	return c, nil
}

// readZone demands a name: a zone that is guessed moves every deadline.
func readZone(parent, n document.Node) (*time.Location, error) {
	const hint = "Write a name of the time zone database, for example Europe/Berlin, Asia/Shanghai or UTC."
	name, err := n.Text()
	switch {
	case err != nil:
		return nil, err
	case name == "":
		return nil, parent.Error(hint, "zone is missing")
	case name == "Local":
		return nil, n.Error(hint, "zone %q depends on the machine", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, n.Error(hint, "zone %q is not known", name)
	}
	return zone, nil
}

func readHours(n document.Node) (week [7][]Span, err error) {
	if word, err := n.Text(); err == nil && strings.EqualFold(word, "always") {
		for day := range week {
			week[day] = []Span{{0, DayEnd}}
		}
		return week, nil
	}
	pairs, err := n.Pairs()
	if err != nil {
		return week, err
	}
	var line [7]int
	for _, p := range pairs {
		days, err := readDays(p)
		if err != nil {
			return week, err
		}
		spans, err := readSpans(p.Value)
		if err != nil {
			return week, err
		}
		for _, day := range days {
			if line[day] != 0 {
				return week, p.Key.Error("Give each day once.", "%s has hours in line %d already", day, line[day])
			}
			line[day], week[day] = p.Key.Line(), spans
		}
	}
	return week, nil
}

// readDays reads "monday", "monday-friday", "saturday, sunday". A range may
// go over the end of the week.
func readDays(p document.Pair) (days []time.Weekday, err error) {
	for part := range strings.SplitSeq(p.Name, ",") {
		from, to, ranged := strings.Cut(part, "-")
		a, okA := parseDay(from)
		b, okB := a, true
		if ranged {
			b, okB = parseDay(to)
		}
		if !okA || !okB {
			return nil, p.Key.Error("Write days like monday, mon-fri or \"saturday, sunday\".", "%q is no day", strings.TrimSpace(part))
		}
		for day := a; ; day = (day + 1) % 7 {
			days = append(days, day)
			if day == b {
				break
			}
		}
		if len(days) > 7 {
			return nil, p.Key.Error("Give each day once.", "%q has more than seven days", p.Name)
		}
	}
	return days, nil
}

func parseDay(word string) (time.Weekday, bool) {
	word = strings.ToLower(strings.TrimSpace(word))
	for day := time.Sunday; day <= time.Saturday; day++ {
		if name := strings.ToLower(day.String()); word == name || word == name[:3] {
			return day, true
		}
	}
	return 0, false
}

func readSpans(n document.Node) (spans []Span, err error) {
	texts, err := n.Texts()
	if err != nil {
		return nil, err
	}
	if slices.Equal(texts, []string{"closed"}) {
		return nil, nil
	}
	if len(texts) == 0 || len(texts) > maxSpans {
		return nil, n.Error(spanHint+" A day without hours is \"closed\".", "1 to %d spans of hours are expected, not %d", maxSpans, len(texts))
	}
	for _, text := range texts {
		for part := range strings.SplitSeq(text, ",") {
			s, err := ParseSpan(part)
			if err != nil {
				return nil, n.Error(spanHint, "%q is no span of a day", strings.TrimSpace(part))
			}
			spans = append(spans, s)
		}
	}
	return spans, nil
}

func readHolidays(n document.Node) ([]Holiday, error) {
	pairs, err := n.Pairs()
	if err != nil {
		return nil, err
	}
	if len(pairs) > maxHolidays {
		return nil, n.Error("Remove past ones.", "more than %d holidays", maxHolidays)
	}
	var holidays []Holiday
	for _, p := range pairs {
		date, err := ParseDate(p.Name)
		if err != nil {
			return nil, p.Key.Error("Write year-month-day like 2026-04-03, or month-day like 12-25 for every year.", "%q is no date", p.Name)
		}
		name, err := p.Value.Text()
		if err != nil {
			return nil, err
		}
		holidays = append(holidays, Holiday{date, name})
	}
	return holidays, nil
}
