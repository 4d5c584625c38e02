package logs

import (
	"strconv"
	"strings"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/message"
	"candor/internal/regex"
)

// Mail is a format.MailReader of fail2ban's mails, and of mails that hold nothing
// but lines of logs. It is safe for concurrent use.
type Mail struct{}

var _ format.MailReader = Mail{}

// Read is of format.MailReader. Mails in it are read where it itself is of
// another format.
func (Mail) Read(m *message.Message, each format.Each) (intake.Report, error) {
	return mail(m, each, 0)
}

const mostNested = 5

func mail(m *message.Message, each format.Each, depth int) (intake.Report, error) {
	events := eventsOf(m)
	if len(events) == 0 && depth < mostNested {
		for i := range m.Parts {
			if inner := m.Parts[i].Message; inner != nil {
				if report, err := mail(inner, each, depth+1); !isOther(err) {
					return report, err
				}
			}
		}
	}
	if len(events) == 0 {
		return intake.Report{}, format.ErrOther
	}
	report := intake.Report{Format: Format, Confidence: sure}
	if len(m.From) > 0 {
		if r, err := intake.NewResource(intake.Mail, m.From[0].Address); err == nil {
			report.Reporter = r.Value
		}
	}
	for _, e := range events {
		report.Confidence = min(report.Confidence, e.About[0].Confidence)
		if err := each(e); err != nil {
			return report, err
		}
	}
	return report, nil
}

func isOther(err error) bool { return err == format.ErrOther }

// The texts of fail2ban's actions: mail, mail-whois, mail-whois-lines and their
// likes of sendmail; the buffered ones; complain.
var (
	banned   = regex.Of(`The IP (\S+) has just been banned by Fail2Ban\s(?:on \S+\s)?after\s+(\d+)\s+(?:attempts?|failures?)\s+against\s+"?([\w.-]*\w)`)
	buffered = regex.Of(`(?m)^\s*(.{10,40}?): (\S+) \((\d+) failures?\)`)
	summary  = regex.Of(`hosts have been banned by Fail2Ban`)
	complain = regex.Of(`(?:[Ww]e have detected abuse from the IP address|Lines containing (?:failures of|IP:?)) ?([0-9A-Fa-f.:]*[.:][0-9A-Fa-f]+)`)
	jailOf   = regex.Of(`(?i)\[fail2ban\] ([\w.-]+):`)
	zone     = regex.Of(`(?i)(?:time ?zone|times?(?: are| is)?(?: (?:given|shown))?(?: in)?)\b[^\n+\-0-9A-Z]{0,20}(?:is )?([+-]\d{2}:?\d{2}|UTC|GMT)\b`)
)

func eventsOf(m *message.Message) []intake.Event {
	text := textOf(m)
	shared := zoneOf(text)
	jail := ""
	if f := jailOf.FindStringSubmatch(m.Subject); f != nil {
		jail = f[1]
	}
	if f := banned.FindStringSubmatch(text); f != nil {
		return one(f[1], f[2], f[3], text, shared, m)
	}
	if summary.MatchString(text) {
		return summed(text, jail, shared)
	}
	if f := complain.FindStringSubmatch(text); f != nil {
		return one(f[1], "", jail, text, shared, m)
	}
	if isAll(text) {
		return lines(text, shared)
	}
	return nil
}

// textOf is the mail's own text, quotes of forwards undone.
func textOf(m *message.Message) string {
	plain, markup := "", ""
	for i := range m.Parts {
		switch p := &m.Parts[i]; {
		case p.Text == "" || p.Name != "" && !p.Inline:
		case p.Type == "text/html" && markup == "":
			markup = message.Plain(p.Text)
		case p.Type == "text/plain" && plain == "":
			plain = p.Text
		}
	}
	if strings.TrimSpace(plain) == "" {
		plain = markup
	}
	return quote.ReplaceAllString(plain, "")
}

var quote = regex.Of(`(?m)^(?:> ?)+`)

// one is the event of an address, with the lines that show it.
func one(address, count, jail, text, shared string, m *message.Message) []intake.Event {
	source, err := intake.NewResource(intake.Address, strings.TrimRight(address, ".,:"))
	if err != nil {
		return nil
	}
	g := newGathering()
	for line := range strings.Lines(text) {
		if h, ok := read(strings.TrimSpace(line)); ok && h.source.Value == source.Value {
			g.add(h.in(shared))
		}
	}
	e := intake.Event{Class: candor.Undetermined}
	if s := g.by[source.Value]; s != nil {
		e = s.done()
		source.Port = e.About[0].Port
	} else {
		e.Evidence = intake.Cut(strings.TrimSpace(text), intake.MostEvidence)
	}
	if class := jailClass(jail); class != candor.Undetermined {
		e.Class = class
	}
	source.Role, source.Confidence = intake.Source, sure
	e.About = []intake.Resource{source}
	if n, err := strconv.ParseInt(count, 10, 64); err == nil {
		e.Count = n
		e.Note = "fail2ban, jail " + intake.Cut(jail, 100)
		if date := m.Get("Date"); date != "" { // "has just been banned"
			e.Last = &intake.When{Text: intake.Cut(date, 60), Time: m.Date.UTC()}
		}
	}
	return []intake.Event{e}
}

// summed are the events of a mail that sums up.
func summed(text, jail, shared string) (all []intake.Event) {
	for _, f := range buffered.FindAllStringSubmatch(text, -1) {
		source, err := intake.NewResource(intake.Address, f[2])
		if err != nil {
			continue
		}
		source.Role, source.Confidence = intake.Source, sure
		e := intake.Event{Class: jailClass(jail), About: []intake.Resource{source}, Note: "fail2ban, jail " + intake.Cut(jail, 100), Evidence: intake.Cut(strings.TrimSpace(f[0]), intake.MostEvidence)}
		e.Count, _ = strconv.ParseInt(f[3], 10, 64)
		when, _ := timeOf(f[1])
		if when.Text == "" {
			when.Text = f[1]
		}
		when = hit{when: when}.in(shared).when
		e.Last = &when
		all = append(all, e)
	}
	return all
}

// lines are the events of a text that is a log.
func lines(text, shared string) (all []intake.Event) {
	g := newGathering()
	for line := range strings.Lines(text) {
		if h, ok := read(strings.TrimSpace(line)); ok {
			g.add(h.in(shared))
		}
	}
	_ = g.flush(func(e intake.Event) error {
		all = append(all, e)
		return nil
	})
	return all
}

// zoneOf is the zone that a text tells of its times; empty if it does not.
func zoneOf(text string) string {
	f := zone.FindStringSubmatch(text)
	switch {
	case f == nil:
		return ""
	case strings.EqualFold(f[1], "UTC"), strings.EqualFold(f[1], "GMT"):
		return "+0000"
	default:
		return strings.ReplaceAll(f[1], ":", "")
	}
}

// in gives the time of a line the zone that was told for all, if it has none but
// a year.
func (h hit) in(shared string) hit {
	if shared == "" || !h.when.Time.IsZero() {
		return h
	}
	text := strings.ReplaceAll(fraction.ReplaceAllString(h.when.Text, "$1"), "/", "-")
	h.when.Time = instant(strings.Replace(text, "T", " ", 1)+shared, "2006-01-02 15:04:05-0700")
	return h
}
