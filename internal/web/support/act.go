package support

import (
	"errors"
	"fmt"
	"strings"

	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// newForm is a note of a call, or of a mail.
type newForm struct {
	problem, party, name, mail, subject, text, way string
	ways                                           []ui.Option
}

func (p *pages) newPage(r *web.Request, problem string) (web.View, error) {
	f := newForm{problem: problem, party: r.Line("party"), name: r.Line("name"), mail: r.Line("mail"), subject: r.Line("subject"), text: r.Text("text"), way: r.Line("way"),
		ways: web.Options(r, "tickets.way.", []candor.TicketWay{candor.TicketByPhone, candor.TicketByMail})}
	if f.way == "" {
		f.way = string(candor.TicketByPhone)
	}
	v := web.View{Body: newBody(f), Page: ui.Page{Title: r.T("tickets.new"), Active: "tickets", Crumbs: []ui.Link{{Text: r.T("tickets.title"), Href: "/tickets"}}}}
	if problem != "" {
		v = v.Again()
	}
	return v, nil
}

func (p *pages) open(r *web.Request) (web.View, error) {
	party, err := p.findParty(r, r.Line("party"))
	if problem := plain(r, err); problem != "" || err != nil {
		if problem != "" {
			return p.newPage(r, problem)
		}
		return web.View{}, err
	}
	n := house.NewTicket{Kind: candor.TicketQuestion, Way: candor.TicketWay(r.Line("way")), Party: party, Name: r.Line("name"), Mail: r.Line("mail"), Subject: r.Line("subject"), Text: r.Text("text")}
	t, err := p.house.OpenTicket(r.Context(), r.Who, n)
	if problem := plain(r, err); problem != "" {
		return p.newPage(r, problem)
	}
	return web.See(path(t.ID)).Say(ui.Good, r.T("tickets.opened.said", phrase.Args{"ticket": t.Label()})), err
}

// findParty finds the party that somebody means: by its identifier, its
// reference, or a name that one alone has; none for an empty text.
func (p *pages) findParty(r *web.Request, text string) (candor.ID, error) {
	if text == "" {
		return "", nil
	}
	if id, err := candor.ParseID(text); err == nil {
		return id, nil
	}
	found, err := p.house.Parties(r.Context(), r.Who, candor.PartyFilter{Text: text}, candor.Cut{Limit: 50})
	if err != nil {
		return "", err
	}
	var exact []candor.ID
	for _, x := range found.Items {
		if strings.EqualFold(x.Reference, text) || strings.EqualFold(x.Name, text) {
			exact = append(exact, x.ID)
		}
	}
	switch {
	case len(exact) == 1:
		return exact[0], nil
	case len(exact) == 0 && len(found.Items) == 1:
		return found.Items[0].ID, nil
	}
	return "", candor.WithHint(fmt.Errorf("%d parties are called %.60q: %w", max(len(exact), len(found.Items)), text, candor.ErrInvalid), r.T("tickets.party.find"))
}

// plain is an error that whoever typed can do something about, in words; empty
// for any other.
func plain(r *web.Request, err error) string {
	if err == nil || !errors.Is(err, candor.ErrInvalid) && !errors.Is(err, candor.ErrDenied) && !errors.Is(err, candor.ErrExists) || candor.Hint(err) == "" {
		return ""
	}
	hint, known := r.Printer.Hint(candor.Hint(err))
	if known && r.Printer.Lang() != "en" {
		return hint
	}
	text := err.Error()
	for _, kind := range []error{candor.ErrInvalid, candor.ErrDenied, candor.ErrExists} {
		text = strings.TrimSuffix(text, ": "+kind.Error())
	}
	return text + ". " + hint
}

// step does something to a ticket and leads back to it; what can be mended comes
// back with the field that it is about.
func (p *pages) step(r *web.Request, field, said string, do func(candor.ID) error) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	err = do(id)
	if problem := plain(r, err); problem != "" {
		return p.ticketPage(r, field, problem)
	}
	return web.See(path(id)).Say(ui.Good, said), err
}

func (p *pages) answer(r *web.Request) (web.View, error) {
	return p.step(r, "text", r.T("tickets.said.answer"), func(id candor.ID) error {
		to := candor.TicketState(r.Line("to"))
		if to == "" {
			to = candor.TicketWaiting
		}
		_, err := p.house.AnswerTicket(r.Context(), r.Who, id, r.Text("text"), to)
		return err
	})
}

func (p *pages) note(r *web.Request) (web.View, error) {
	return p.step(r, "note", r.T("tickets.said.note"), func(id candor.ID) error {
		_, err := p.house.NoteTicket(r.Context(), r.Who, id, r.Text("note"))
		return err
	})
}

func (p *pages) move(r *web.Request) (web.View, error) {
	return p.step(r, "to", r.T("tickets.said.change"), func(id candor.ID) error {
		version, err := r.Int("version")
		if err == nil {
			_, err = p.house.MoveTicket(r.Context(), r.Who, id, version, candor.TicketState(r.Line("to")))
		}
		return err
	})
}

func (p *pages) assign(r *web.Request) (web.View, error) {
	return p.step(r, "assignee", r.T("tickets.said.change"), func(id candor.ID) error {
		user, err := r.FormID("assignee")
		if err == nil {
			_, err = p.house.AssignTicket(r.Context(), r.Who, id, user)
		}
		return err
	})
}

func (p *pages) give(r *web.Request) (web.View, error) {
	return p.step(r, "party", r.T("tickets.said.change"), func(id candor.ID) error {
		party, err := p.findParty(r, r.Line("party"))
		if err == nil && party == "" {
			err = candor.WithHint(candor.ErrInvalid, r.T("tickets.give.empty"))
		}
		if err == nil {
			_, err = p.house.GiveTicket(r.Context(), r.Who, id, party)
		}
		return err
	})
}

func (p *pages) merge(r *web.Request) (web.View, error) {
	return p.step(r, "into", r.T("tickets.said.merged"), func(id candor.ID) error {
		into, err := r.FormID("into")
		if err == nil && into == "" {
			err = candor.WithHint(candor.ErrInvalid, r.T("tickets.merge.empty"))
		}
		if err == nil {
			_, err = p.house.MergeTicket(r.Context(), r.Who, id, into)
		}
		return err
	})
}

func (p *pages) hand(r *web.Request) (web.View, error) {
	return p.step(r, "case", r.T("tickets.said.handed"), func(id candor.ID) error {
		to := house.HandOver{Class: candor.Class(r.Line("class")), Severity: candor.Medium}
		var err1, err2 error
		to.Case, err1 = r.FormID("case")
		to.Asset, err2 = r.FormID("asset")
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if to.Case == "" && to.Asset == "" {
			return candor.WithHint(candor.ErrInvalid, r.T("tickets.hand.empty"))
		}
		_, err := p.house.HandTicket(r.Context(), r.Who, id, to)
		return err
	})
}

func (p *pages) askErase(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, err := p.house.Ticket(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	title := r.T("tickets.erase.ask", phrase.Args{"ticket": v.Ticket.Label()})
	return web.Confirm(ui.Page{Title: title, Active: "tickets", Crumbs: []ui.Link{{Text: v.Ticket.Label(), Href: path(id)}}},
		ui.Confirmation{ID: "erase", Title: title, What: []string{r.T("tickets.erase.what")}, URL: path(id) + "/erase", Fields: r.Fields(), Submit: r.T("tickets.erase"), Destructive: true, Back: path(id)}), nil
}

func (p *pages) erase(r *web.Request) (web.View, error) {
	return p.step(r, "", r.T("tickets.erase.said"), func(id candor.ID) error { return p.house.EraseTicket(r.Context(), r.Who, id) })
}
