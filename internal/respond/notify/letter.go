package notify

import (
	"fmt"
	"strings"

	"candor"
	"candor/internal/phrase"
)

// rendered is a letter in one language, with marks in place of the link.
type rendered struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

// The link is made when the mail is sent, for each contact; until then these
// stand for it and for the time at which it ends to work.
const (
	linkMark  = "https://link.invalid/"
	untilMark = "⟦until⟧"
	alone     = -1 // the number of the only link of a letter
)

// marks are those of one link of a letter.
func marks(n int) (link, until string) {
	if n == alone {
		return linkMark, untilMark
	}
	return fmt.Sprintf("%s%04d/", linkMark, n), fmt.Sprintf("⟦until %04d⟧", n)
}

// content is what a letter says, before it takes the form of text or HTML.
type content struct {
	Lang, Dir string
	Subject   string
	Heading   string
	Hello     string
	Colon     string // between a label and its value
	Opening   []string
	Sections  []section
	Closing   string
}

// section is one of the questions that a letter answers. What is empty is
// left out; the rest comes in this order.
type section struct {
	Title  string
	Before []string
	Places []string
	More   string // how many places are not named
	Items  []item // of a letter that tells of several cases
	Steps  []string
	After  []string
	Link   *link
	Reach  []label
}

// item is one of several cases that a letter tells of.
type item struct {
	Title  string
	Lines  []string
	Places []string
	More   string
	Link   *link
}

type link struct{ Text, URL, Until string }

type label struct{ Name, Value string }

func (m *Method) render(l Letter, k known, lang string) (rendered, error) {
	p := m.Phrases.For(lang)
	c := content{Lang: p.Lang(), Dir: p.Dir(), Hello: p.T("notify.hello"), Colon: p.T("notify.colon"),
		Closing: p.T("notify.why", phrase.Args{"site": k.Site})}
	names := phrase.Args{"site": k.Site, "case": k.Label, "provider": m.Provider.Name}
	c.Subject = clean(p.T("notify.subject."+string(l), names), 200)
	c.Heading = p.T("notify.heading."+string(l), names)
	c.Opening = []string{p.T("notify.opening."+string(l), names)}
	if l == Notice {
		c.Sections = []section{saw(p, k), m.means(p, k), m.todo(p, k), next(p, k)}
	}
	c.Sections = append(c.Sections, m.reach(p, k))
	html, err := c.html()
	return rendered{Subject: c.Subject, Text: c.text(), HTML: html}, err
}

func saw(p phrase.Printer, k known) section {
	s := section{Title: p.T("customer.saw")}
	s.Before = []string{p.T("notify.saw."+wording(k.Class, k.Nature), phrase.Args{"site": k.Site})}
	if !k.First.IsZero() {
		s.Before = append(s.Before, p.T("notify.first", phrase.Args{"time": p.Time(k.First, k.zone)}))
	}
	if len(k.Places) > 0 {
		s.Before = append(s.Before, p.N("notify.places", max(k.Total, len(k.Places))))
		s.Places = k.Places
		if more := k.Total - len(k.Places); more > 0 {
			s.More = p.N("notify.places.more", more)
		}
	}
	if !k.Sure {
		s.After = []string{p.T("notify.unsure")}
	}
	return s
}

func (m *Method) means(p phrase.Printer, k known) section {
	means, _ := m.Advice.For(k.Class, k.Nature, k.Software, p.Lang())
	if len(means) == 0 {
		means = []string{p.T("notify.means", phrase.Args{"site": k.Site})}
	}
	return section{Title: p.T("customer.means"), Before: means}
}

func (m *Method) todo(p phrase.Printer, k known) section {
	s := section{Title: p.T("customer.do")}
	if _, s.Steps = m.Advice.For(k.Class, k.Nature, k.Software, p.Lang()); len(s.Steps) == 0 {
		s.Before = []string{p.T("notify.do", phrase.Args{"site": k.Site})}
	}
	if m.Link != nil {
		s.After = []string{p.T("notify.page")}
		s.Link = linkTo(p, alone)
	}
	return s
}

func linkTo(p phrase.Printer, n int) *link {
	url, until := marks(n)
	return &link{Text: p.T("notify.page.open"), URL: url, Until: p.T("notify.link.until", phrase.Args{"time": until})}
}

func next(p phrase.Printer, k known) section {
	s := section{Title: p.T("customer.next"), Before: []string{by(p, k), p.T("notify.next.look")}}
	if !k.Deadline.IsZero() {
		s.Before = append(s.Before, p.T("notify.next.after"))
	}
	return s
}

// by says by when something should be dealt with.
func by(p phrase.Printer, k known) string {
	if k.Deadline.IsZero() {
		return p.T("notify.next.undated")
	}
	return p.T("notify.next.deadline", phrase.Args{"time": p.Time(k.Deadline, k.zone)})
}

func (m *Method) reach(p phrase.Printer, k known) section {
	s := section{Title: p.T("customer.reach"), Before: []string{m.Provider.Name}}
	for _, l := range []label{
		{p.T("notify.reach.mail"), m.Provider.Mail},
		{p.T("notify.reach.phone"), m.Provider.Phone},
		{p.T("notify.reach.case"), k.Label},
	} {
		if l.Value != "" {
			s.Reach = append(s.Reach, l)
		}
	}
	return s
}

// wording chooses the sentence that says in plain words what was seen. The
// taxonomy speaks to analysts.
func wording(class candor.Class, nature candor.Nature) string {
	kind, _, _ := strings.Cut(string(class), "/")
	switch nature {
	case candor.Spyware, candor.Deceptive, candor.PUS:
		if kind == "malicious-code" || kind == "other" {
			return string(nature)
		}
	}
	switch class {
	case candor.MalwareDistribution:
		return "distribution"
	case "malicious-code/c2-server":
		return "control"
	case candor.Phishing, "fraud/masquerade":
		return "phishing"
	case candor.Spam:
		return "spam"
	case "fraud/copyright":
		return "copyright"
	}
	switch kind {
	case "malicious-code":
		return "malware"
	case "intrusions":
		return "intrusion"
	case "intrusion-attempts", "information-gathering":
		return "attempts"
	case "fraud":
		return "misuse"
	case "abusive-content":
		return "content"
	case "availability":
		return "overload"
	case "information-content-security":
		return "data"
	case "vulnerable", "test":
		return kind
	}
	if nature == candor.Malware {
		return "malware"
	}
	return "other"
}
