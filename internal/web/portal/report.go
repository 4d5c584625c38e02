package portal

import (
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/access/link"
	"candor/internal/guide"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// reporting is the form on which suspicious software is reported.
type reporting struct {
	form
	suspect candor.Suspect
	seen    string // as it was typed
	mail    string
	text    string
	devices []ui.Option
	account *candor.User // nil for those whom nobody knows
}

// deviceOptions are the platforms that people have at hand.
func deviceOptions(p phrase.Printer) []ui.Option {
	all := []ui.Option{{Value: "", Label: p.T("support.platform.none")}}
	for _, name := range guide.Platforms() {
		all = append(all, ui.Option{Value: name, Label: p.T("support.platform." + name)})
	}
	return all
}

// reportPage asks for all in three steps that are seen at once: it needs no
// script, and nothing is lost on the way.
func (s *support) reportPage(r *web.Request, f form) (web.View, error) {
	page := reporting{form: f, suspect: suspect(r), seen: r.Line("seen"), mail: r.Line("mail"), text: r.Text("text"), devices: deviceOptions(r.Printer)}
	letter := r.Letter(r.T("support.report"))
	if access.Allowed(r.Who, access.ActOwn) {
		page.account = &r.User
		letter.Home = ui.Link{Text: r.T("support.tickets"), Href: tickets}
	}
	v := web.View{Document: reportDocument(letter, page)}
	if f.problem != "" {
		v = v.Again()
	}
	return v, nil
}

func suspect(r *web.Request) candor.Suspect {
	return candor.Suspect{What: r.Line("what"), Origin: r.Line("origin"), Device: r.Line("device"), Share: r.Yes("share")}
}

// report takes a report of somebody with an account, or of anybody, who gets the
// link to its page.
func (s *support) report(r *web.Request) (web.View, error) {
	file, problem := attached(r, "file")
	n := house.NewTicket{Kind: candor.TicketSoftware, Language: r.Printer.Lang(), Mail: r.Line("mail"), Text: r.Text("text"), Suspect: suspect(r), File: file}
	seen, err := r.Moment("seen")
	n.Suspect.Seen = seen
	switch {
	case problem != "":
		return s.reportPage(r, form{field: "file", problem: problem})
	case file == nil && n.Suspect.What == "" && n.Suspect.Origin == "":
		return s.reportPage(r, form{field: "file", problem: r.T("support.report.empty")})
	case err != nil || seen.After(r.Now.Add(24*time.Hour)):
		return s.reportPage(r, form{field: "seen", problem: r.T("support.report.seen.bad")})
	case n.Mail != "" && !looksLikeMail(n.Mail):
		return s.reportPage(r, form{field: "mail", problem: r.T("support.report.mail.bad")})
	}
	if access.Allowed(r.Who, access.ActOwn) {
		t, err := s.site.House.OpenTicket(r.Context(), r.Who, n)
		return web.See(tickets+"/"+string(t.ID)).Say(ui.Good, r.T("support.opened.thanks", phrase.Args{"ticket": t.Label()})), err
	}
	if s.site.Links == nil {
		return web.View{}, candor.ErrNotFound
	}
	if err := s.slow.stranger(r, n.Mail); err != nil {
		return web.View{}, err
	}
	t, err := s.site.House.ReportSoftware(r.Context(), n)
	if err != nil {
		return web.View{}, err
	}
	token, err := s.site.Links.Sign(link.Link{Purpose: link.Ticket, Subject: t.ID, Expires: r.Now.Add(ticketLife).Truncate(time.Second)})
	return web.See("/t/"+token).Say(ui.Good, r.T("support.report.thanks", phrase.Args{"ticket": t.Label()})), err
}
