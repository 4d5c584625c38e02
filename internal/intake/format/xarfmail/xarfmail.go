// Package xarfmail reads X-ARF, versions 0.1 and 0.2: mails with a report in YAML
// as their second part, and evidence as their third. Those that are encrypted have
// to be opened before; those that are signed are read as they are.
package xarfmail

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/message"
)

// Name is the format of the reports that a Reader gives.
const Name = "x-arf"

// mostMails is how many reports one mail may carry.
const mostMails = 500

// Reader reads X-ARF. It is safe for concurrent use.
type Reader struct{}

// New makes a Reader.
func New() Reader { return Reader{} }

// Read gives an event for each report in the mail: one, or many if it is of the
// kind BULK.
func (Reader) Read(m *message.Message, each format.Each) (intake.Report, error) {
	reports := find(m, 0)
	if len(reports) == 0 {
		if claimed(m) {
			return intake.Report{Format: Name}, errors.New("X-ARF: there is no report in YAML; if the mail is encrypted, open it, else ask the reporter to attach it as report.txt")
		}
		return intake.Report{}, format.ErrOther
	}
	r := intake.Report{Format: Name, Confidence: 95, Reporter: reporter(m, reports[0])}
	if len(reports) == 1 {
		r.Reference = intake.Cut(reports[0].get("Report-ID"), intake.MostNote)
	}
	for i, x := range reports {
		e, err := x.event(&r)
		if err != nil {
			return r, fmt.Errorf("X-ARF: report %d: %w; ask the reporter to correct it, or read the report by hand", i+1, err)
		}
		if err := each(e); err != nil {
			return r, err
		}
	}
	if r.Person != "" {
		r.Confidence = 50
	}
	return r, nil
}

func claimed(m *message.Message) bool {
	switch strings.ToUpper(strings.TrimSpace(m.Get("X-XARF"))) {
	case "PLAIN", "SECURE", "BULK":
		return true
	}
	return strings.EqualFold(strings.TrimSpace(m.Get("X-ARF")), "yes")
}

func reporter(m *message.Message, r report) string {
	a, err := mail.ParseAddress(r.get("Reported-From"))
	if err != nil {
		a = &mail.Address{}
		if len(m.From) > 0 {
			a = m.From[0]
		}
	}
	res, err := intake.NewResource(intake.Mail, a.Address)
	if err != nil {
		return ""
	}
	return res.Value
}

// report is one, and the evidence that came with it.
type report struct {
	fields   []message.Field
	evidence string
}

func (r report) get(name string) string {
	for _, f := range r.fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// find finds the reports of a mail, and of those in it.
func find(m *message.Message, depth int) (all []report) {
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Message != nil && depth < 3 {
			all = append(all, find(p.Message, depth+1)...)
		}
		if !p.IsText() || p.Type == "text/html" || !(claimed(m) || p.Name == "report.txt") {
			continue
		}
		for _, document := range documents(p.Text) {
			r := report{fields: fieldsOf(document)}
			if r.get("Reported-From") != "" && (r.get("Report-Type") != "" || r.get("Category") != "") {
				r.evidence = evidence(m.Parts[i+1:])
				all = append(all, r)
			}
		}
	}
	return all[:min(len(all), mostMails)]
}

// documents are those of a text in YAML.
func documents(text string) []string {
	if !strings.Contains(text, "Reported-From") {
		return nil
	}
	return strings.Split("\n"+text, "\n---")
}

// evidence is the text behind the report.
func evidence(parts []message.Part) string {
	for i := range parts {
		if p := &parts[i]; p.IsText() && p.Name != "report.txt" {
			return intake.Cut(p.Text, intake.MostEvidence)
		} else if p.Message != nil {
			var b strings.Builder
			for _, f := range p.Message.Header {
				if b.Len() < intake.MostEvidence {
					b.WriteString(f.Name + ": " + f.Value + "\n")
				}
			}
			return intake.Cut(b.String(), intake.MostEvidence)
		}
	}
	return ""
}

// fieldsOf reads YAML as reports have it: a field a line, with or without quotes.
// Many are not valid YAML, since their values have colons.
func fieldsOf(text string) (fields []message.Field) {
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		if !ok || name == "" || strings.ContainsAny(name, " \t#") || len(fields) >= 200 {
			continue
		}
		value = strings.TrimSpace(value)
		if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
			value = value[1 : n-1]
		}
		fields = append(fields, message.Field{Name: name, Value: value})
	}
	return fields
}

func (r report) event(to *intake.Report) (intake.Event, error) {
	e := intake.Event{Class: class(r.get("Category"), r.get("Report-Type"))}
	source, err := r.source()
	if err != nil {
		return e, err
	}
	if e.Class == candor.Undetermined {
		to.Person = intake.Cut(fmt.Sprintf("the report's type %q is not known", r.get("Category")+"/"+r.get("Report-Type")), 200)
	}
	e.About = append(e.About, source)
	date := r.get("Date")
	if date == "" {
		return e, errors.New("Date is missing")
	}
	e.First = when(date)
	if e.First == nil {
		return e, fmt.Errorf("Date: %.60q is no time", date)
	}
	if d, err := intake.NewResource(intake.Address, r.get("Destination")); err == nil {
		d.Role, d.Port, d.Confidence = intake.Victim, port(r.get("Destination-Port")), 5
		e.Others = append(e.Others, d)
	}
	e.Count, _ = strconv.ParseInt(r.get("Occurrences"), 10, 64)
	e.Count = max(e.Count, 0)
	note := r.get("Report-Type")
	for _, name := range []string{"Service", "Port"} {
		if v := r.get(name); v != "" {
			note += ", " + strings.ToLower(name) + " " + v
		}
	}
	e.Note, e.Evidence = intake.Cut(note, intake.MostNote), r.evidence
	if label := tlp(r.get("TLP")); slices.Index(labels, label) > slices.Index(labels, to.TLP) {
		to.TLP = label
	}
	return e, nil
}

// source is what is complained about.
func (r report) source() (intake.Resource, error) {
	value := r.get("Source")
	if value == "" {
		return intake.Resource{}, errors.New("Source is missing")
	}
	kinds := []intake.Kind{intake.Address, intake.Network, intake.URL, intake.Mail, intake.Domain}
	switch strings.ToLower(r.get("Source-Type")) {
	case "ip-address", "ipv4", "ipv6", "ip":
		kinds = kinds[:1]
	case "url", "uri":
		kinds = kinds[2:3]
	case "domain", "fqdn", "host":
		kinds = kinds[4:]
	}
	for _, kind := range kinds {
		if s, err := intake.NewResource(kind, value); err == nil {
			s.Role, s.Confidence, s.Port = intake.Source, 95, port(r.get("Source-Port"))
			if kind == intake.URL || kind == intake.Domain {
				s.Role = intake.Host
			}
			return s, nil
		}
	}
	return intake.Resource{}, fmt.Errorf("Source: %.60q is no %s", value, kinds[0])
}

func port(s string) uint16 {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

// class is that of a category and a type; categories are few, types are free.
func class(category, kind string) candor.Class {
	words := strings.FieldsFunc(strings.ToLower(kind+" "+category), func(c rune) bool { return c < 'a' || c > 'z' })
	for _, word := range words {
		switch word {
		case "login", "bruteforce", "brute":
			return "intrusion-attempts/brute-force"
		case "scan", "portscan", "harvesting", "port":
			return "information-gathering/scanner"
		case "ddos", "dos":
			return "availability/ddos"
		case "spam", "spamvertized", "regbot", "badbot":
			return candor.Spam
		case "phishing":
			return candor.Phishing
		case "malware", "virus":
			return candor.MalwareDistribution
		case "botnet", "bot", "infection", "infected", "trojan":
			return candor.InfectedSystem
		case "copyright":
			return "fraud/copyright"
		case "openresolver", "openrelay", "openproxy", "vulnerability":
			return candor.VulnerableSystem
		}
	}
	switch {
	case slices.Contains(words, "fraud"):
		return "fraud/masquerade"
	case slices.Contains(words, "attack"):
		return candor.Exploit
	}
	return candor.Undetermined
}

// labels are those of the Traffic Light Protocol, the strictest last.
var labels = []string{"", "clear", "green", "amber", "amber+strict", "red"}

func tlp(s string) string {
	s = strings.TrimPrefix(strings.ToLower(s), "tlp:")
	if s == "white" {
		s = "clear"
	}
	if slices.Contains(labels, s) {
		return s
	}
	return ""
}

// when reads a time of a mail, or of RFC 3339. It is nil if it is none; a zone that
// is not told is not guessed.
func when(text string) *intake.When {
	if len(text) > 100 {
		return nil
	}
	w := intake.When{Text: text}
	t, err := mail.ParseDate(text)
	if err != nil {
		t, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05"} {
			if _, err := time.Parse(layout, text); err == nil {
				return &w
			}
		}
		return nil
	}
	if message.Zoned(t) {
		w.Time = t.UTC()
	}
	return &w
}
