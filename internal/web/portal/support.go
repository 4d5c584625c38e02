package portal

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/access/link"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// mostReceived bounds a form with a file, in bytes.
const mostReceived = house.MostUpload + 1<<20

// ticketLife is how long the link to a ticket works.
const ticketLife = 180 * 24 * time.Hour

const tickets = "/my/tickets"

// support are the pages of the support desk: of those with an account, of the
// holders of a ticket's link, and of anybody.
type support struct {
	*portal
}

func (p *portal) mountSupport() {
	s := &support{p}
	reads, acts, anyone := web.Needs{access.ReadOwn}, web.Needs{access.ActOwn}, web.Needs{web.Anyone}
	site := p.site
	site.Page("GET "+tickets, reads, s.list)
	site.Page("GET "+tickets+"/new", acts, func(r *web.Request) (web.View, error) { return s.newPage(r, form{}) })
	site.Receive("POST "+tickets+"/new", acts, mostReceived, s.open)
	site.Page("GET "+tickets+"/{id}", reads, s.mine(s.ticket))
	site.Receive("POST "+tickets+"/{id}/say", acts, mostReceived, s.mine(s.say))
	site.Action("POST "+tickets+"/{id}/rate", acts, s.mine(s.rate))
	site.Page("GET /t/{token}", anyone, s.held(s.ticket))
	site.Receive("POST /t/{token}/say", anyone, mostReceived, s.held(s.say))
	site.Action("POST /t/{token}/rate", anyone, s.held(s.rate))
	site.Page("GET /report", anyone, func(r *web.Request) (web.View, error) { return s.reportPage(r, form{}) })
	site.Receive("POST /report", anyone, mostReceived, s.report)
	site.Page("GET /help", anyone, p.helpPage)
	site.Page("GET /help/{slug}", anyone, p.guidePage)
}

// talk is a visit at one ticket.
type talk struct {
	*web.Request
	id    candor.ID
	path  string
	guest *house.Guest // of a link; nil for those with an account
	link  *link.Link
}

// mine lets somebody with an account see a ticket of the own party.
func (s *support) mine(do func(talk) (web.View, error)) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		id, err := r.ID("id")
		if err != nil {
			return web.View{}, err
		}
		return do(talk{Request: r, id: id, path: tickets + "/" + string(id)})
	}
}

// held lets the holder of a link see its ticket, and nothing else.
func (s *support) held(do func(talk) (web.View, error)) func(*web.Request) (web.View, error) {
	return func(r *web.Request) (web.View, error) {
		if s.site.Links == nil {
			return web.View{}, candor.ErrNotFound
		}
		token := r.PathValue("token")
		l, err := s.site.Links.Open(r.Context(), token, link.Ticket)
		v := visit{Request: r, path: "/t/" + token, link: &l}
		switch {
		case errors.Is(err, link.ErrExpired), errors.Is(err, link.ErrRevoked):
			return s.dead(v, http.StatusGone, "revoked"), nil
		case errors.Is(err, candor.ErrNotFound):
			return s.dead(v, http.StatusNotFound, "missing"), nil
		case err != nil:
			return web.View{}, err
		}
		r.Who = candor.Principal{}
		view, err := do(talk{Request: r, id: l.Subject, path: v.path, guest: &house.Guest{Ticket: l.Subject, Party: l.Party}, link: &l})
		if errors.Is(err, candor.ErrNotFound) {
			return s.dead(v, http.StatusNotFound, "missing"), nil
		}
		return view, err
	}
}

// ticketStory is what the page of a ticket tells.
type ticketStory struct {
	house.TicketView
	path    string
	events  []ui.Event
	account *candor.User
	form    form
	text    string // that came back
	rates   bool   // how it was can still be said
	says    bool   // more can be written
	reach   contact
}

func (s *support) ticket(t talk) (web.View, error) { return s.ticketPage(t, form{}) }

func (s *support) ticketPage(t talk, f form) (web.View, error) {
	var v house.TicketView
	var err error
	if t.guest != nil {
		v, err = s.site.House.GuestTicket(t.Context(), *t.guest)
	} else {
		v, err = s.site.House.Ticket(t.Context(), t.Who, t.id)
	}
	if err != nil {
		return web.View{}, err
	}
	t.Speak(v.Ticket.Language, v.Party.Language)
	t.In(v.Party.TimeZone)
	st := ticketStory{TicketView: v, path: t.path, form: f, says: v.Ticket.Same == "", reach: s.reach(""),
		rates: !v.Ticket.State.Open() && v.Ticket.Same == "" && v.Ticket.Rating == 0}
	if f.problem != "" {
		st.text = t.Text("text")
	}
	st.events = s.story(t.Request, v)
	letter := t.Letter(v.Ticket.Subject)
	if t.guest == nil {
		letter.Home = ui.Link{Text: t.T("support.tickets"), Href: tickets}
		st.account = &t.User
	} else {
		letter.Expires = t.Printer.Time(t.link.Expires, t.Zone)
	}
	out := web.View{Document: exact(ticketDocument(letter, st))}
	if f.problem != "" {
		out = out.Again()
	}
	return out, nil
}

// attached is the file of a form. What is wrong with it is for the person.
func attached(r *web.Request, name string) (*house.Attachment, string) {
	label, data, err := r.Upload(name, house.MostUpload)
	switch {
	case err != nil:
		return nil, r.T("support.file.large")
	case data == nil:
		return nil, ""
	case len(data) == 0:
		return nil, r.T("support.file.empty")
	}
	return &house.Attachment{Name: label, Content: data}, ""
}

func (s *support) say(t talk) (web.View, error) {
	file, problem := attached(t.Request, "file")
	text := t.Text("text")
	switch {
	case problem != "":
		return s.ticketPage(t, form{field: "file", problem: problem})
	case text == "" && file == nil:
		return s.ticketPage(t, form{field: "text", problem: t.T("support.say.empty")})
	}
	var err error
	if t.guest != nil {
		if err = s.slow.holder(t.Request, t.id); err == nil {
			err = s.site.House.GuestSay(t.Context(), *t.guest, text, file)
		}
	} else {
		_, err = s.site.House.SayTicket(t.Context(), t.Who, t.id, text, file)
	}
	if err != nil {
		return web.View{}, err
	}
	return web.See(t.path).Say(ui.Good, t.T("support.say.thanks")), nil
}

func (s *support) rate(t talk) (web.View, error) {
	rating, err := t.Int("rating")
	if err != nil || rating < 1 || rating > 5 {
		return s.ticketPage(t, form{field: "rating", problem: t.T("support.rate.empty")})
	}
	if t.guest != nil {
		err = s.site.House.GuestRate(t.Context(), *t.guest, rating, t.Text("praise"))
	} else {
		err = s.site.House.RateTicket(t.Context(), t.Who, t.id, rating, t.Text("praise"))
	}
	if errors.Is(err, candor.ErrExists) {
		err = nil // it was counted, and is counted once
	}
	return web.See(t.path).Say(ui.Good, t.T("support.rate.thanks")), err
}

// ticketList is what the list of tickets shows.
type ticketRows struct {
	rows         []candor.Ticket
	newer, older string
	account      *candor.User
}

func (s *support) list(r *web.Request) (web.View, error) {
	page, err := s.site.House.Tickets(r.Context(), r.Who, candor.TicketFilter{}, r.Cut())
	if err != nil {
		return web.View{}, err
	}
	letter := r.Letter(r.T("support.tickets"))
	letter.Home = ui.Link{Text: r.T("portal.my.title"), Href: "/my"}
	return web.View{Document: ticketsDocument(letter, ticketRows{page.Items, page.Previous, page.Next, &r.User})}, nil
}

// asking is the form of a new ticket.
type askingForm struct {
	form
	subject, text string
	account       *candor.User
}

func (s *support) newPage(r *web.Request, f form) (web.View, error) {
	letter := r.Letter(r.T("support.new"))
	letter.Home = ui.Link{Text: r.T("support.tickets"), Href: tickets}
	v := web.View{Document: newTicketDocument(letter, askingForm{form: f, subject: r.Line("subject"), text: r.Text("text"), account: &r.User})}
	if f.problem != "" {
		v = v.Again()
	}
	return v, nil
}

func (s *support) open(r *web.Request) (web.View, error) {
	file, problem := attached(r, "file")
	n := house.NewTicket{Kind: candor.TicketQuestion, Language: r.Printer.Lang(), Subject: r.Line("subject"), Text: r.Text("text"), File: file}
	switch {
	case n.Subject == "":
		return s.newPage(r, form{field: "subject", problem: r.T("support.subject.empty")})
	case n.Text == "":
		return s.newPage(r, form{field: "text", problem: r.T("support.say.empty")})
	case problem != "":
		return s.newPage(r, form{field: "file", problem: problem})
	}
	t, err := s.site.House.OpenTicket(r.Context(), r.Who, n)
	if err != nil {
		return web.View{}, err
	}
	return web.See(tickets+"/"+string(t.ID)).Say(ui.Good, r.T("support.opened.thanks", phrase.Args{"ticket": t.Label()})), nil
}

// story words the lines of a ticket.
func (s *support) story(r *web.Request, v house.TicketView) (out []ui.Event) {
	names := map[candor.ID]string{}
	for _, u := range v.Uploads {
		names[u.ID] = u.Name
	}
	for _, e := range v.Entries {
		text, icon, tone := entryWords(r, e, names, s.site.Provider.Name)
		if text == "" {
			continue
		}
		shown := ui.Event{At: e.At, Icon: icon, Tone: tone, Text: text}
		if said := strings.TrimSpace(e.Text); said != "" {
			shown.Body = paragraphs(said)
		}
		out = append(out, shown)
	}
	return out
}
