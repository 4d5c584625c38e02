package garden

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
)

//go:embed page.html.tmpl
var source string

//go:embed page.css
var style string

var (
	sheet  = template.Must(template.New("page").Parse(source))
	policy = "default-src 'none'; style-src 'sha256-" + styleSum() + "'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

func styleSum() string {
	sum := sha256.Sum256([]byte(style))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// shown is what the template draws. All texts are in the page's language.
type shown struct {
	P         phrase.Printer
	Style     template.CSS
	Provider  string
	Languages []language
	Note      string // what became of the last act
	Good      bool   // the note is a good one

	Held     bool // else the line is open
	Level    string
	Saw      []saw
	Means    []string
	Devices  []device
	Links    []Link
	Not      string // why the line is not to be freed by its holder; empty if it may be
	How      string
	Left     string
	Ends     string
	Case     string
	Call     string
	CallLink template.URL
	Write    string
	MailLink template.URL
	Said     []said
}

type language struct {
	Name, Lang, Dir, Href string
	Current               bool
}

type saw struct {
	Text, Time, Summary string
	Lines               []string
}

type device struct {
	Name  string
	Steps []string
}

type said struct{ Who, When, Text string }

// page shows what the holder of the line needs, or that it is open.
func (p *Portal) page(w http.ResponseWriter, r *http.Request, ip netip.Addr) {
	lang := r.URL.Query().Get("lang")
	if !slices.Contains(p.Texts.Languages(), lang) {
		lang = ""
	}
	t := p.Texts.For(lang, r.Header.Get("Accept-Language"))
	s := shown{P: t, Style: template.CSS(style), Provider: p.Name, Languages: p.languages(t)}
	switch word := r.URL.Query().Get("said"); word {
	case "asked", "empty", "failed":
		s.Note, s.Good = t.Word("garden.", word), word == "asked"
	}
	p.contact(&s)
	v, err := p.House.GardenView(r.Context(), ip)
	switch {
	case err == nil:
		p.describe(&s, v)
	case !errors.Is(err, candor.ErrNotFound):
		p.trouble(w, r, err)
		return
	}
	var b bytes.Buffer
	if err := sheet.Execute(&b, s); err != nil {
		p.trouble(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", html)
	h.Set("Content-Language", t.Lang())
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "same-origin")
	h.Add("Vary", "Accept-Language")
	_, _ = w.Write(b.Bytes()) // whoever asked has gone
}

func (p *Portal) languages(t phrase.Printer) (all []language) {
	for _, lang := range p.Texts.Languages() {
		own := p.Texts.For(lang)
		all = append(all, language{Name: own.T("ui.language.name"), Lang: lang, Dir: own.Dir(), Href: "/?" + url.Values{"lang": {lang}}.Encode(), Current: lang == t.Lang()})
	}
	return all
}

// contact says how to reach the help desk.
func (p *Portal) contact(s *shown) {
	if p.Phone != "" {
		s.Call = s.P.T("garden.help.phone", phrase.Args{"phone": leftToRight + p.Phone})
		s.CallLink = template.URL("tel:" + dialled(p.Phone))
	}
	if p.Mail != "" {
		s.Write = s.P.T("garden.help.mail", phrase.Args{"mail": p.Mail})
		s.MailLink = template.URL("mailto:" + url.PathEscape(p.Mail))
	}
}

// leftToRight keeps a number that begins with a sign in its order.
const leftToRight = "\u200e"

// dialled leaves of a telephone number what is dialled.
func dialled(number string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
}

func (p *Portal) describe(s *shown, v house.GardenView) {
	t := s.P
	s.Held, s.Level = true, t.Word("garden.level.", string(v.Level))
	means := map[string]bool{}
	for _, c := range v.Cases {
		s.Saw = append(s.Saw, p.saw(t, c)...)
		for _, kind := range meanings(c) {
			if !means[kind] {
				means[kind] = true
				s.Means = append(s.Means, t.Word("garden.means.", kind))
			}
		}
		for _, e := range c.Said[max(len(c.Said)-5, 0):] {
			who := t.T("garden.said.you")
			if e.Actor == house.Provider {
				who = p.Name
			}
			s.Said = append(s.Said, said{Who: who, When: t.Time(e.At, p.Zone), Text: e.Text})
		}
	}
	for _, d := range devices {
		x := device{Name: t.Word("garden.device.", d.name)}
		for _, step := range d.steps {
			x.Steps = append(x.Steps, t.Word("garden.step.", step))
		}
		s.Devices = append(s.Devices, x)
	}
	s.Links = p.Links
	if v.Not != "" {
		s.Not = t.Word("garden.not.", v.Not)
	}
	s.How = t.T("garden.clean.how", phrase.Args{"span": t.N("garden.days", max(int(p.Watch.Hours()/24), 1))})
	s.Left = t.N("garden.clean.left", v.Left)
	if !v.Ends.IsZero() {
		s.Ends = t.T("garden.ends", phrase.Args{"time": t.Time(v.Ends, p.Zone)})
	}
	s.Case = t.T("garden.help.case", phrase.Args{"case": v.Cases[0].Case.Label()})
}

// devices are the kinds of devices, and what to do about each.
var devices = []struct {
	name  string
	steps []string
}{
	{"computer", []string{"computer.1", "computer.2", "computer.3"}},
	{"phone", []string{"phone.1", "phone.2", "phone.3"}},
	{"router", []string{"router.1", "router.2", "router.3"}},
	{"camera", []string{"camera.1", "camera.2"}},
	{"server", []string{"server.1", "server.2", "server.3"}},
}

// How much of the evidence is shown.
const (
	mostFindings = 5
	mostLines    = 6
)

// saw words what was found in a case: each kind once, with some of its evidence.
func (p *Portal) saw(t phrase.Printer, c house.GardenCase) (all []saw) {
	if len(c.Findings) == 0 {
		return []saw{{Text: t.Word("garden.saw.", kind(c.Case.Class))}}
	}
	for _, f := range c.Findings[:min(len(c.Findings), mostFindings)] {
		x := saw{Text: t.Word("garden.saw.", kind(f.Class)), Time: t.T("garden.saw.time", phrase.Args{"first": t.Time(f.First, p.Zone), "last": t.Time(f.Last, p.Zone)})}
		if f.Description != "" {
			x.Lines = append(x.Lines, f.Description)
		}
		for _, o := range f.Strings[:min(len(f.Strings), mostLines)] {
			x.Lines = append(x.Lines, strings.ToValidUTF8(string(o.Data), "\ufffd"))
		}
		x.Summary = t.N("garden.evidence", len(x.Lines))
		all = append(all, x)
	}
	return all
}

// kind puts incident classes together that are told in the same words.
func kind(c candor.Class) string {
	switch c {
	case "availability/ddos", "availability/dos":
		return "attack"
	case "information-gathering/scanner":
		return "scan"
	case candor.Spam:
		return "spam"
	case "intrusion-attempts/brute-force", candor.Exploit:
		return "guess"
	case "malicious-code/c2-server":
		return "orders"
	case candor.InfectedSystem, candor.MalwareDistribution:
		return "program"
	}
	if strings.HasPrefix(string(c), "vulnerable/") {
		return "open"
	}
	return "other"
}

// meanings are what the findings of a case mean for the holder of the line.
func meanings(c house.GardenCase) (all []string) {
	classes := []candor.Class{c.Case.Class}
	for _, f := range c.Findings {
		classes = append(classes, f.Class)
	}
	for _, class := range classes {
		m := "program"
		if k := kind(class); k == "open" || k == "other" {
			m = k
		}
		if !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}
