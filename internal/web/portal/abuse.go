package portal

import (
	"fmt"
	"net/http"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/access/link"
	"candor/internal/house"
	"candor/internal/intake"
	forms "candor/internal/intake/format/form"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// abusePath is where anybody reports abuse.
const abusePath = "/abuse"

// abuse are the pages on which anybody reports what comes from the provider's
// network, and follows what becomes of it.
type abuse struct {
	*portal
	most int64 // bytes of a report
}

func (p *portal) mountAbuse() {
	a := &abuse{p, p.MostReport}
	if a.most == 0 {
		a.most = house.MostReport
	}
	anyone := web.Needs{web.Anyone}
	p.site.Page("GET "+abusePath, anyone, func(r *web.Request) (web.View, error) { return a.page(r, form{}) })
	p.site.Receive("POST "+abusePath, anyone, a.most, a.report)
	p.site.Action("POST /r/{token}/consent", anyone, p.consents)
	p.site.Handle("GET /.well-known/security.txt", anyone, http.HandlerFunc(p.securityText))
}

// abuseForm is the form as it is drawn: with what was typed, if it came back.
type abuseForm struct {
	form
	kinds, zones []ui.Option
	values       map[string]string
	pass, named  bool
	size         string // of a file, at most
	account      *candor.User
}

// mostFile is how many bytes a file of a report has at most: base64 makes four bytes
// of three, and lines.
func (a *abuse) mostFile() int64 { return (a.most - 1<<20) / 4 * 3 * 57 / 58 }

// abuseKinds are what people call incidents, and their classes, in the order in which
// they are asked.
var abuseKinds = []struct {
	name  string
	class candor.Class
}{
	{"spam", candor.Spam}, {"phishing", candor.Phishing}, {"fraud", "fraud/masquerade"}, {"malware", candor.MalwareDistribution}, {"infected", candor.InfectedSystem},
	{"login", "intrusion-attempts/brute-force"}, {"scan", "information-gathering/scanner"}, {"flood", "availability/ddos"}, {"hacked", candor.ApplicationCompromise},
	{"open", candor.VulnerableSystem}, {"harm", "abusive-content/harmful-speech"}, {"copyright", "fraud/copyright"}, {"other", candor.Undetermined},
}

func abuseClass(name string) candor.Class {
	for _, k := range abuseKinds {
		if k.name == name {
			return k.class
		}
	}
	return ""
}

func (a *abuse) page(r *web.Request, f form) (web.View, error) {
	page := abuseForm{form: f, values: map[string]string{}, pass: r.Yes("pass"), named: r.Yes("named"), size: r.Printer.Bytes(a.mostFile()), zones: zoneOptions(r.Printer),
		kinds: []ui.Option{{Value: "", Label: r.T("abuse.kind.choose")}}}
	for _, k := range abuseKinds {
		page.kinds = append(page.kinds, ui.Option{Value: k.name, Label: r.Printer.Word("abuse.kind.", k.name)})
	}
	for _, name := range []string{"kind", "port", "when", "zone", "mail"} {
		page.values[name] = r.Line(name)
	}
	page.values["about"], page.values["text"] = r.LongText("about", mostAbout), r.LongText("text", mostWords)
	letter := r.Letter(r.T("abuse.title"))
	if access.Allowed(r.Who, access.ActOwn) {
		page.account = &r.User
		letter.Home = ui.Link{Text: r.T("portal.my.title"), Href: "/my"}
	}
	v := web.View{Document: abuseDocument(letter, page)}
	if f.problem != "" {
		v = v.Again()
	}
	return v, nil
}

// How many bytes a reporter may write, and of what it is about; more goes into a file.
const (
	mostWords = 100 << 10
	mostAbout = 20_000
)

// zoneOptions are the offsets that clocks have, and that they are not known.
func zoneOptions(p phrase.Printer) []ui.Option {
	all := []ui.Option{{Value: "", Label: p.T("abuse.zone.unknown")}}
	for _, minutes := range offsets {
		text := offset(minutes)
		all = append(all, ui.Option{Value: text, Label: "UTC" + text})
	}
	return all
}

// offsets are those of time zones that there are, in minutes.
var offsets = []int{-720, -660, -600, -570, -540, -480, -420, -360, -300, -240, -210, -180, -150, -120, -60, 0, 60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 525, 540, 570, 600, 630, 660, 720, 765, 780, 840}

func offset(minutes int) string {
	sign, m := "+", minutes
	if m < 0 {
		sign, m = "-", -m
	}
	return fmt.Sprintf("%s%02d:%02d", sign, m/60, m%60)
}

// report takes a report of anybody.
func (a *abuse) report(r *web.Request) (web.View, error) {
	f, bad := a.filled(r)
	if bad.problem != "" {
		return a.page(r, bad)
	}
	if !access.Allowed(r.Who, access.ActOwn) {
		if err := a.slow.stranger(r, f.From.Address); err != nil {
			return web.View{}, err
		}
	}
	if a.site.Links == nil {
		return web.View{}, candor.ErrNotFound
	}
	id, err := a.site.House.TakeForm(r.Context(), r.Who, f, a.most)
	if err != nil {
		return web.View{}, err
	}
	token, err := a.site.Links.Sign(link.Link{Purpose: link.Report, Subject: id, Expires: r.Now.Add(ticketLife).Truncate(time.Second)})
	return web.See("/r/"+token).Say(ui.Good, r.T("abuse.thanks")), err
}

// filled reads the form; what is wrong with it is for the reporter.
func (a *abuse) filled(r *web.Request) (f forms.Form, bad form) {
	f = forms.Form{Class: abuseClass(r.Line("kind")), Pass: r.Yes("pass"), Text: r.LongText("text", mostWords), From: mail.Address{Address: r.Line("mail")}, Language: r.Printer.Lang()}
	f.Named = f.Pass && r.Yes("named")
	if access.Allowed(r.Who, access.ActOwn) {
		f.From = mail.Address{Name: r.User.Name, Address: r.User.Mail}
	}
	if r.Line("website") != "" {
		return f, form{"website", r.T("abuse.trap.bad")}
	}
	if f.Class == "" {
		return f, form{"kind", r.T("abuse.kind.empty")}
	}
	if f.About, bad.problem = about(r); bad.problem != "" {
		return f, form{"about", bad.problem}
	}
	if port, err := strconv.ParseUint(r.Line("port"), 10, 16); r.Line("port") != "" && (err != nil || port == 0) {
		return f, form{"port", r.T("abuse.port.bad")}
	} else if err == nil {
		for i := range f.About {
			f.About[i].Port = uint16(port)
		}
	}
	if len(f.Text) > mostWords {
		return f, form{"text", r.T("abuse.long")}
	}
	if !moment(r, &f) {
		return f, form{"when", r.T("abuse.when.bad")}
	}
	switch {
	case f.From.Address != "" && !looksLikeMail(f.From.Address):
		return f, form{"mail", r.T("abuse.mail.bad")}
	case f.Named && f.From.Address == "":
		return f, form{"mail", r.T("abuse.mail.named")}
	}
	name, data, err := r.Upload("file", a.mostFile())
	if err != nil || data != nil && len(data) == 0 {
		return f, form{"file", r.T("abuse.file.bad", phrase.Args{"size": r.Printer.Bytes(a.mostFile())})}
	}
	if data != nil {
		f.File = &forms.File{Name: name, Content: data}
	}
	f.Subject = r.Printer.Word("abuse.kind.", r.Line("kind")) + ": " + intake.Defanged(f.About[0].Value) // it stands in a mail
	return f, form{}
}

// about reads what a report is about, a line each.
func about(r *web.Request) (all []forms.Resource, problem string) {
	text, n := r.LongText("about", mostAbout), 0
	if len(text) > mostAbout {
		return nil, r.T("abuse.long")
	}
	for line := range strings.Lines(text) {
		if n++; strings.TrimSpace(line) == "" {
			continue
		}
		x, err := forms.Parse(line)
		if err != nil {
			short := []rune(strings.TrimSpace(line))
			return nil, r.T("abuse.about.bad", phrase.Args{"n": n, "line": string(short[:min(len(short), 60)])})
		}
		all = append(all, x)
	}
	switch {
	case len(all) == 0:
		return nil, r.T("abuse.about.empty")
	case len(all) > forms.MostAbout:
		return nil, r.T("abuse.about.many", phrase.Args{"n": forms.MostAbout})
	}
	return all, ""
}

// moment reads when it was. Without a zone it is told as it was written: that is
// not guessed.
func moment(r *web.Request, f *forms.Form) bool {
	when, zone := r.Line("when"), r.Line("zone")
	if when == "" {
		return true
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05"} {
		if zone == "" {
			if t, err := time.Parse(layout, when); err == nil && t.Before(r.Now.Add(15*time.Hour)) {
				f.Told = t.Format(time.DateTime)
				return true
			}
		} else if t, err := time.Parse(layout+"-07:00", when+zone); err == nil && t.Before(r.Now.Add(5*time.Minute)) {
			f.First = t.UTC()
			return true
		}
	}
	return false
}

// consents has a reporter say whether a report may be passed on.
func (p *portal) consents(r *web.Request) (web.View, error) {
	l, dead, err := p.reportLink(r)
	if err != nil || dead.Document != nil {
		return dead, err
	}
	o, err := p.site.House.ReportOutcome(r.Context(), l.Subject)
	if err != nil {
		return web.View{}, err
	}
	if !o.Ask.Waiting {
		return web.See("/r/" + r.PathValue("token")), nil
	}
	if err := p.slow.holder(r, l.Subject); err != nil { // all that is said is kept
		return web.View{}, err
	}
	err = p.site.House.ReporterSays(r.Context(), l.Subject, r.Line("pass") == "yes", r.Yes("named"), l.Contact != link.Contact{})
	return web.See("/r/"+r.PathValue("token")).Say(ui.Good, r.T("reporter.said.thanks")), err
}

// securityText says where to report what is wrong here (RFC 9116). Its web addresses
// have to be of https.
func (p *portal) securityText(w http.ResponseWriter, r *http.Request) {
	var b strings.Builder
	if strings.HasPrefix(p.site.PublicURL, "https://") {
		fmt.Fprintf(&b, "Contact: %s%s\n", p.site.PublicURL, abusePath)
	}
	if p.site.Provider.Mail != "" {
		fmt.Fprintf(&b, "Contact: mailto:%s\n", p.site.Provider.Mail)
	}
	if b.Len() == 0 {
		http.NotFound(w, r)
		return
	}
	fmt.Fprintf(&b, "Expires: %s\nPreferred-Languages: %s\n", p.site.Clock().UTC().AddDate(0, 6, 0).Truncate(24*time.Hour).Format(time.RFC3339), strings.Join(p.site.Phrases.Languages(), ", "))
	if strings.HasPrefix(p.site.PublicURL, "https://") {
		fmt.Fprintf(&b, "Canonical: %s/.well-known/security.txt\n", p.site.PublicURL)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(b.String())) // who asked is gone
}
