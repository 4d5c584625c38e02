// Package forward writes the mails that pass reports on to whoever holds what they
// complain about: a short text, and each complaint as a report of its own in XARF 4.
//
// Of a reporter who did not agree to be named nothing is passed on that tells who
// it is: no name, address or reference, no words that a person wrote, and of
// evidence only lines about what is complained about, in which other addresses,
// hosts, mail addresses, identifiers of messages and names of users are left out.
package forward

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format/xarf"
	"candor/internal/phrase"
)

// Most of a mail.
const (
	// MostComplaints is how many complaints a mail is about.
	MostComplaints = 500
	// mostFiles is how many of them are a file each; more are one list.
	mostFiles = 50
	// mostShown is how many of them the text shows.
	mostShown = 10
)

// Reporter is who reported.
type Reporter struct {
	Mail string
	Name string
	// Words tell who it is, besides: names, and what else a report says of itself.
	Words []string
}

// Order is a mail that is to be written.
type Order struct {
	ID         candor.ID // of the forward: what holders refer to
	Report     candor.Report
	Complaints []candor.Complaint // at most MostComplaints
	Holder     candor.Holder
	Named      bool
	Reporter   Reporter
}

// Writer writes mails. It is safe for concurrent use.
type Writer struct {
	Phrases *phrase.Catalogue
	Desk    xarf.Party // who passes them on
	xarf    *xarf.Reader
}

// New makes a Writer.
func New(phrases *phrase.Catalogue, desk xarf.Party) *Writer {
	return &Writer{Phrases: phrases, Desk: desk, xarf: xarf.New()}
}

// Write writes a mail. The error is candor.ErrInvalid if there is nothing that
// could be passed on.
func (w *Writer) Write(o Order) (candor.Letter, error) {
	hide := newHiding(o)
	reports := make([]json.RawMessage, 0, len(o.Complaints))
	var shown []candor.Complaint
	for _, c := range o.Complaints {
		c = hide.complaint(c)
		text, err := w.xarf.Write(w.incident(o, c))
		if err != nil {
			return candor.Letter{}, fmt.Errorf("pass on complaint %s: %w: %w", c.ID, candor.ErrInvalid, err)
		}
		reports, shown = append(reports, text), append(shown, c)
	}
	if len(reports) == 0 {
		return candor.Letter{}, fmt.Errorf("pass on report %s: nothing is left of it: %w", o.Report.ID, candor.ErrInvalid)
	}
	p := w.Phrases.For(append(o.Holder.Languages[:len(o.Holder.Languages):len(o.Holder.Languages)], "en")...)
	l := candor.Letter{Language: p.Lang(), Text: w.text(p, o, shown), Subject: p.T("forward.mail.subject", phrase.Args{"what": intake.Defanged(shown[0].Value), "reference": Reference(o.ID)})}
	if len(reports) > mostFiles {
		list, err := json.Marshal(reports)
		l.Files = []string{string(list)}
		return l, err
	}
	for _, r := range reports {
		l.Files = append(l.Files, string(r))
	}
	return l, nil
}

// Reference is what a holder may call a forward.
func Reference(id candor.ID) string {
	return "F-" + strings.ToUpper(strings.ReplaceAll(string(id), "-", "")[20:])
}

func (w *Writer) incident(o Order, c candor.Complaint) xarf.Incident {
	i := xarf.Incident{ID: string(c.ID), Reporter: w.Desk, Sender: w.Desk, About: intake.Resource{Kind: intake.Kind(c.Kind), Value: c.Value, Port: c.Port}, Class: c.Class, Received: o.Report.Received,
		First: c.First, Last: c.Last, Count: c.Count, Confidence: c.Confidence, TLP: o.Report.TLP, Note: c.Note, Evidence: c.Evidence}
	if c.First.IsZero() && c.Told != "" && o.Named {
		i.Note = strings.TrimSpace("Time as reported, without a zone: " + c.Told + "\n" + i.Note)
	}
	if at := strings.LastIndexByte(o.Reporter.Mail, '@'); o.Named && at > 0 {
		i.Reporter = xarf.Party{Org: cut(cmp.Or(strings.TrimSpace(o.Reporter.Name), o.Reporter.Mail), 200), Contact: o.Reporter.Mail, Domain: o.Reporter.Mail[at+1:]}
	}
	return i
}

func (w *Writer) text(p phrase.Printer, o Order, all []candor.Complaint) string {
	args := phrase.Args{"provider": w.Desk.Org, "reference": Reference(o.ID), "holder": cmp.Or(o.Holder.Handle, o.Holder.Name), "source": host(o.Holder.Source)}
	var list []string
	for _, c := range all[:min(len(all), mostShown)] {
		list = append(list, "- "+line(p, c))
	}
	if more := len(all) - len(list); more > 0 {
		list = append(list, p.T("forward.mail.more", phrase.Args{"n": more}))
	}
	who := p.T("forward.mail.unnamed")
	if o.Named && o.Reporter.Mail != "" {
		who = p.T("forward.mail.named", phrase.Args{"name": strings.TrimSpace(o.Reporter.Name + " <" + o.Reporter.Mail + ">")})
	}
	held := p.T("forward.mail.unverified")
	if o.Holder.Source != "" {
		held = p.T("forward.mail.held", args) + " " + held
	}
	parts := []string{p.T("forward.mail.hello"), p.T("forward.mail.text", args), strings.Join(list, "\n"), held, who, p.T("forward.mail.files"), p.T("forward.mail.answer", args)}
	return strings.Join(parts, "\n\n") + "\n\n-- \n" + w.Desk.Org + "\n"
}

// line tells one complaint in a line.
func line(p phrase.Printer, c candor.Complaint) string {
	text := intake.Defanged(c.Value)
	if c.Port != 0 {
		text += fmt.Sprintf(" (%d)", c.Port)
	}
	text += ", " + p.Word("class.", string(c.Class))
	if !c.First.IsZero() {
		text += ", " + c.First.UTC().Format(time.RFC3339)
	}
	return text
}

func host(url string) string {
	r, err := intake.NewResource(intake.URL, url)
	if err != nil {
		return url
	}
	return r.Host()
}

func cut(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}

// SameOrganisation tells whether two mail addresses are of one domain that was
// registered.
func SameOrganisation(a, b string) bool {
	of := func(mail string) string {
		domain := strings.ToLower(mail[strings.LastIndexByte(mail, '@')+1:])
		if own, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
			return own
		}
		return domain
	}
	return a != "" && b != "" && of(a) == of(b)
}
