// Package arf reads feedback about mails: the Abuse Reporting Format (RFC 5965,
// 6650, 6692), reports of failed authentication (RFC 6591), of complaint feedback
// loops (RFC 9477), and what some providers of mailboxes send in their place.
//
// Feeds are often not as the format has it; what is missing is taken of where the
// reporter's own servers told it, and else a person has to look.
package arf

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/message"
)

// Name is the format of the reports that a Reader gives.
const Name = "arf"

// Reader reads feedback. It is safe for concurrent use.
type Reader struct{}

// New makes a Reader.
func New() Reader { return Reader{} }

// Read gives one event; none for mails that are told not to be spam.
func (Reader) Read(m *message.Message, each format.Each) (intake.Report, error) {
	f := find(m, 0)
	if f == nil {
		return intake.Report{}, format.ErrOther
	}
	r := intake.Report{Format: Name, Reporter: sender(f.mail), Reference: intake.Cut(f.mail.ID, intake.MostNote)}
	e, err := f.event(&r)
	if err != nil || e == nil {
		return r, err
	}
	return r, each(*e)
}

func sender(m *message.Message) string {
	for _, a := range append(m.From, m.ReplyTo...) {
		if r, err := intake.NewResource(intake.Mail, a.Address); err == nil {
			return r.Value
		}
	}
	return ""
}

// certain is how sure it is that who is named by the reporter's own server is
// complained about.
const certain = 95

// event reads the feedback; it is nil if nothing is complained about.
func (f *feedback) event(r *intake.Report) (*intake.Event, error) {
	kind := strings.ToLower(f.get("Feedback-Type"))
	if kind == "" && f.reported == nil {
		return nil, errors.New("ARF: Feedback-Type is missing, and so is the mail that is reported; ask the reporter to send both, or read it by hand")
	}
	kind, known := strings.TrimSpace(kind), true
	e := intake.Event{Class: candor.Spam}
	switch kind {
	case "abuse", "opt-out", "opt-out-list", "":
	case "fraud":
		e.Class = candor.Phishing
	case "virus":
		e.Class = candor.MalwareDistribution
	case "auth-failure":
		e.Class = "fraud/masquerade"
	case "not-spam":
		r.Confidence = certain
		return nil, nil
	case "other", "miscategorized":
		e.Class = candor.Undetermined
	default:
		e.Class, known = candor.Undetermined, false
	}
	sure, where := f.source(&e)
	f.others(&e, kind)
	switch {
	case len(e.About)+len(e.Others) == 0:
		return nil, errors.New("ARF: neither Source-IP, Reported-URI nor Reported-Domain is told, and the reported mail names no server; ask the reporter for Source-IP, or read it by hand")
	case len(e.About) == 0:
		r.Person = "the feedback does not tell which address the mail came from"
	case kind == "auth-failure":
		sure, r.Person = 60, "mails that fail authentication are often only forwarded"
	case sure < 90:
		r.Person = "there is no Source-IP; the address is of " + where
	case !known || kind == "other" || kind == "miscategorized":
		r.Person = intake.Cut(fmt.Sprintf("the kind of feedback %q is not known", kind), 200)
	}
	r.Confidence = sure
	for i := range e.About {
		e.About[i].Confidence = sure
	}
	e.Count, _ = strconv.ParseInt(f.get("Incidents"), 10, 64)
	e.Count = max(e.Count, 0)
	return &e, nil
}

// source adds where the mail came from, and gives how sure that is, and where it
// was found. What the reporter says counts before what its servers wrote.
func (f *feedback) source(e *intake.Event) (sure int, where string) {
	e.First = when(f.get("Arrival-Date"))
	if e.First == nil {
		e.First = when(f.get("Received-Date"))
	}
	for _, value := range []string{f.get("Source-IP"), f.told} {
		value, _, _ = strings.Cut(strings.TrimSpace(value), " ")
		if a, err := intake.NewResource(intake.Address, strings.TrimPrefix(value, "IPv6:")); err == nil && public(a.Value) {
			a.Role = intake.Source
			if port, err := strconv.ParseUint(f.get("Source-Port"), 10, 16); err == nil {
				a.Port = uint16(port)
			}
			e.About = append(e.About, a)
			return certain, "the report"
		}
	}
	if f.reported == nil {
		return 0, ""
	}
	h, own := handedOver(f.reported, organization(hostOf(sender(f.mail))))
	if h == nil {
		return 0, ""
	}
	e.About = append(e.About, intake.Resource{Kind: intake.Address, Value: h.address, Role: intake.Source})
	if e.First == nil {
		e.First = h.when
	}
	if own {
		return certain - 3, "the reporter's own server"
	}
	return 75, "a server of which it is not known whether it is the reporter's"
}

// others adds what is named besides.
func (f *feedback) others(e *intake.Event, kind string) {
	for _, uri := range f.all("Reported-URI") {
		if kind == "fraud" || kind == "virus" {
			add(&e.About, intake.URL, uri, intake.Host)
			continue
		}
		add(&e.Others, intake.URL, uri, intake.Other)
	}
	for _, d := range f.all("Reported-Domain") {
		add(&e.Others, intake.Domain, d, intake.Other)
	}
	for _, a := range f.all("Original-Mail-From") {
		add(&e.Others, intake.Mail, a, intake.Other)
	}
	for _, a := range f.all("Original-Rcpt-To") {
		add(&e.Others, intake.Mail, a, intake.Recipient)
	}
	for _, a := range f.all("Removal-Recipient") {
		add(&e.Others, intake.Mail, a, intake.Recipient)
	}
	if _, host, ok := strings.Cut(f.get("Reporting-MTA"), ";"); ok {
		add(&e.Others, intake.Domain, host, intake.Reporter)
	}
	var note []string
	if what := f.get("Auth-Failure"); what != "" {
		note = append(note, "failed: "+what)
	}
	if f.reported != nil {
		if id := f.reported.Get("CFBL-Feedback-ID"); id != "" {
			note = append(note, "CFBL-Feedback-ID "+id)
		}
		note = append(note, f.reported.Subject)
		e.Evidence = header(f.reported)
		if len(f.all("Original-Mail-From")) == 0 {
			for _, a := range f.reported.From {
				add(&e.Others, intake.Mail, a.Address, intake.Other)
			}
		}
	}
	e.Note = intake.Cut(strings.Join(note, "; "), intake.MostNote)
}

// mostOthers is how many resources are named besides; some feeds list thousands
// of recipients.
const mostOthers = 100

func add(to *[]intake.Resource, kind intake.Kind, value string, role intake.Role) {
	r, err := intake.NewResource(kind, strings.Trim(value, "<> \t"))
	if err != nil || len(*to) >= mostOthers {
		return
	}
	r.Role, r.Confidence = role, 5
	for _, have := range *to {
		if have.Kind == r.Kind && have.Value == r.Value {
			return
		}
	}
	*to = append(*to, r)
}

// header is that of a mail, as far as evidence may go.
func header(m *message.Message) string {
	var b strings.Builder
	for _, f := range m.Header {
		if b.Len() > intake.MostEvidence {
			break
		}
		b.WriteString(f.Name + ": " + f.Value + "\n")
	}
	return intake.Cut(b.String(), intake.MostEvidence)
}
