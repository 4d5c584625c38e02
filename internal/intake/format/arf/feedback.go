package arf

import (
	"strings"

	"candor/internal/intake/message"
	"candor/internal/regex"
)

// feedback is what a mail says about another.
type feedback struct {
	mail     *message.Message // that says it
	fields   []message.Field
	told     string           // the address that its text or subject names
	reported *message.Message // nil if it is not there
}

func (f *feedback) all(name string) (values []string) {
	for _, field := range f.fields {
		if strings.EqualFold(field.Name, name) && field.Value != "" {
			values = append(values, field.Value)
		}
	}
	return values
}

func (f *feedback) get(name string) string {
	if all := f.all(name); len(all) > 0 {
		return all[0]
	}
	return ""
}

// find finds feedback in a mail, or in one that was forwarded as a whole. It is
// nil if there is none.
func find(m *message.Message, depth int) *feedback {
	f := &feedback{mail: m}
	var inner []*message.Message
	for i := range m.Parts {
		p := &m.Parts[i]
		switch {
		case p.Message != nil:
			inner = append(inner, p.Message)
			if f.reported == nil {
				f.reported = p.Message
			}
		case p.Type == "text/rfc822-header" && f.reported == nil:
			f.reported, _ = message.Read(strings.NewReader(p.Text), message.DefaultLimits())
		case p.Type == "message/feedback-report":
			f.fields = append(f.fields, fieldsOf(p.Text)...)
		case p.Type == "text/plain" && f.told == "":
			if found := received.FindStringSubmatch(p.Text[:min(len(p.Text), 4096)]); found != nil {
				f.told = found[1]
			}
		}
	}
	if len(f.fields) > 0 || f.claimed() || f.textual() || f.provider() {
		return f
	}
	for _, n := range inner {
		if depth < 3 {
			if found := find(n, depth+1); found != nil {
				return found
			}
		}
	}
	return nil
}

// received is how reports say in words where the mail came from (RFC 5965,
// appendix B).
var received = regex.Of(`(?i)message (?:that was )?received from (?:the )?(?:IP )?(?:address )?\[?([0-9a-f:.]{3,45})\]?[\s.,]`)

// claimed tells whether the mail says that it is of the format. Then what is
// missing is a mistake of the reporter.
func (f *feedback) claimed() bool {
	return strings.Contains(strings.ToLower(f.mail.Get("Content-Type")), "feedback-report")
}

// textual finds fields in a text, or in the mail's own header.
func (f *feedback) textual() bool {
	if f.mail.Get("Feedback-Type") != "" && f.mail.Get("Source-IP") != "" {
		f.fields = f.mail.Header
		return true
	}
	for i := range f.mail.Parts {
		p := &f.mail.Parts[i]
		if p.Type != "text/plain" || !strings.Contains(strings.ToLower(p.Text), "feedback-type:") {
			continue
		}
		fields := fieldsOf(block(p.Text))
		is := feedback{fields: fields}
		if is.get("Feedback-Type") != "" && (is.get("Source-IP") != "" || is.get("Original-Mail-From") != "") {
			f.fields = fields
			return true
		}
	}
	return false
}

// block is the lines without an empty one around the one that begins with
// Feedback-Type.
func block(text string) string {
	at := strings.Index(strings.ToLower(text), "feedback-type:")
	start := strings.LastIndex(text[:at], "\n\n") + 1
	end := strings.Index(text[at:], "\n\n")
	if end < 0 {
		return text[start:]
	}
	return text[start : at+end]
}

var complaint = regex.Of(`(?i)^\s*complaint about message from (\S+)`)

// provider knows what some providers send without the format: Microsoft's mailbox
// feedback has the reported mail, and the address in the subject; SpamCop has the
// address in a field.
func (f *feedback) provider() bool {
	if found := complaint.FindStringSubmatch(f.mail.Subject); found != nil && f.reported != nil {
		f.told = found[1]
		f.fields = []message.Field{{Name: "Feedback-Type", Value: "abuse"}}
		return true
	}
	if source := f.mail.Get("X-SpamCop-sourceip"); source != "" {
		f.fields = []message.Field{{Name: "Feedback-Type", Value: "abuse"}, {Name: "Source-IP", Value: source}}
		return true
	}
	return false
}

// mostFields bounds the fields of a report.
const mostFields = 2000

// fieldsOf reads lines of fields, folded or not. Lines that are none are left
// out.
func fieldsOf(text string) (fields []message.Field) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		if (line[0] == ' ' || line[0] == '\t') && len(fields) > 0 {
			last := &fields[len(fields)-1]
			if len(last.Value) < 4096 {
				last.Value = strings.TrimSpace(last.Value + " " + strings.TrimSpace(line))
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		if !ok || name == "" || len(name) > 60 || strings.ContainsAny(name, " \t") || len(fields) >= mostFields {
			continue
		}
		fields = append(fields, message.Field{Name: name, Value: strings.TrimSpace(value)})
	}
	return fields
}
