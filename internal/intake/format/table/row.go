package table

import (
	"strconv"
	"strings"

	"candor"
	"candor/internal/intake"
	"candor/internal/regex"
)

// event reads a row.
func (l *layout) event(fields []string, text string) intake.Event {
	get := func(m meaning) string {
		for i, c := range l.columns {
			if c.meaning == m && i < len(fields) && fields[i] != "" {
				return fields[i]
			}
		}
		return ""
	}
	e := intake.Event{Class: l.classOf(get(category), get(description)), Note: l.note(get(category), get(description)), Evidence: l.evidence(fields, text)}
	e.First, e.Last = l.times(fields, get)
	if n, err := strconv.ParseInt(get(count), 10, 64); err == nil && n > 0 {
		e.Count = n
	}
	serves := l.serves(e.Class)
	innocent := good.MatchString(get(description) + " " + get(category))
	for i, c := range l.columns {
		if i >= len(fields) || fields[i] == "" {
			continue
		}
		r, ok := c.resource(fields[i])
		if !ok {
			continue
		}
		r.Role, r.Confidence = l.role(i, r, serves, e.Class), 100
		if innocent && r.Role.Blamed() {
			r.Role = intake.Other
		}
		r.Port = ownPort(r, c, get)
		if r.Role.Blamed() {
			e.About = append(e.About, r)
		} else {
			e.Others = append(e.Others, r)
		}
	}
	return e
}

// good is said of what is named and not complained about.
var good = regex.Of(`(?i)\b(?:legitimate|legit|benign|do not block|allow-?list(?:ed)?|white-?list(?:ed)?|false positive|not malicious|our own)\b`)

// resource reads the value of a column that holds one.
func (c column) resource(text string) (intake.Resource, bool) {
	switch c.meaning {
	case source, address, target, whom, sensor:
		return resourceOf(text, intake.Address, intake.Network)
	case host, thing:
		r, kind := valueOf(text)
		if kind == "" || kind == "time" {
			return resourceOf(text, intake.URL, intake.Domain)
		}
		return r, true
	case page, otherPage:
		return resourceOf(text, intake.URL, intake.Domain)
	case domain, reverse:
		return resourceOf(text, intake.Domain, intake.URL)
	case sender, mail:
		return resourceOf(text, intake.Mail)
	case hash:
		return resourceOf(text, intake.Hash)
	default:
		return intake.Resource{}, false
	}
}

// serves tells whether something of this class is served, and not done to others.
func (l *layout) serves(c candor.Class) bool {
	if l.same && c == candor.Undetermined {
		return true
	}
	top, _, _ := strings.Cut(string(c), "/")
	switch top {
	case "fraud", "vulnerable", "intrusions", "information-content-security":
		return c != "fraud/unauthorised-use-of-resources" && c != "fraud/masquerade"
	case "malicious-code":
		return c != candor.InfectedSystem
	}
	return top == "abusive-content" && len(l.of(page)) > 0
}

// role is what the resource of a column has to do with it.
func (l *layout) role(i int, r intake.Resource, serves bool, class candor.Class) intake.Role {
	blamed := false
	for _, a := range l.about {
		blamed = blamed || a == i
	}
	web := r.Kind == intake.URL || r.Kind == intake.Domain
	switch m := l.columns[i].meaning; {
	case blamed && len(l.about) > 1 && class == candor.Undetermined && !l.same:
		return intake.Other
	case blamed && len(l.about) > 1 && web && !serves:
		return intake.Victim // the page that it was done to
	case blamed && (web || serves):
		return intake.Host
	case blamed:
		return intake.Source
	case m == hash && serves && class != candor.Undetermined:
		return intake.Host // the file that lies there
	case m == target || m == whom:
		return intake.Victim
	case m == sensor:
		return intake.Reporter
	default:
		return intake.Other
	}
}

// ownPort is the resource's: a port without a name is that of a service where
// something is served there, and else the one that was attacked.
func ownPort(r intake.Resource, c column, get func(meaning) string) uint16 {
	if r.Kind != intake.Address || !r.Role.Blamed() {
		return 0
	}
	text := get(sourcePort)
	if text == "" && r.Role == intake.Host && c.meaning != source {
		text = get(port)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

// times are those of a row.
func (l *layout) times(fields []string, get func(meaning) string) (began, ended *intake.When) {
	zone := get(zone)
	at := func(m meaning) *intake.When {
		for i, c := range l.columns {
			if c.meaning == m && i < len(fields) && fields[i] != "" {
				return told(when(fields[i], zone, c.utc))
			}
		}
		return nil
	}
	began, ended = at(first), at(last)
	if began == nil {
		began = at(moment)
	}
	if began == nil {
		began = l.dayAndClock(fields, zone)
	}
	return began, ended
}

// dayAndClock joins a date and a time that stand in columns of their own. One
// alone may be both.
func (l *layout) dayAndClock(fields []string, zone string) *intake.When {
	text, utc := "", false
	for _, m := range []meaning{day, clock} {
		for _, i := range l.of(m) {
			if i < len(fields) && fields[i] != "" {
				text += " " + fields[i]
				utc = utc || l.columns[i].utc
				break
			}
		}
	}
	if text == "" {
		return nil
	}
	return told(when(text, zone, utc))
}

// told leaves out a time of which nothing can be written: a NUL alone.
func told(w intake.When) *intake.When {
	if w.Text == "" {
		return nil
	}
	return &w
}

// classOf is the class that a row tells, or the table's.
func (l *layout) classOf(texts ...string) candor.Class {
	for _, t := range texts {
		if c, ok := classOf(t); ok {
			return c
		}
	}
	if l.class != "" {
		return l.class
	}
	return candor.Undetermined
}

func (l *layout) note(texts ...string) string {
	var all []string
	for _, t := range texts {
		if t != "" {
			all = append(all, intake.Cut(t, intake.MostNote))
		}
	}
	return intake.Cut(strings.Join(all, ", "), intake.MostNote)
}

// evidence is the row, with the names of its columns where there are any.
func (l *layout) evidence(fields []string, text string) string {
	if l.header == 0 {
		return intake.Cut(text, intake.MostEvidence)
	}
	var b strings.Builder
	for i, f := range fields {
		if f == "" || b.Len() > intake.MostEvidence {
			continue
		}
		if i < len(l.columns) {
			b.WriteString(l.columns[i].name + ": ")
		}
		b.WriteString(f + "\n")
	}
	return intake.Cut(b.String(), intake.MostEvidence)
}
