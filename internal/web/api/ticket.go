package api

import (
	"context"
	"net/http"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
)

type ticketQuery struct {
	Paging
	Sort       string               `query:"sort" enum:"updated,opened,due,number"`
	State      []candor.TicketState `query:"state" enum:"new,open,waiting,solved,closed" doc:"One of these states."`
	Kind       candor.TicketKind    `query:"kind" enum:"question,software"`
	Party      candor.ID            `query:"party"`
	Case       candor.ID            `query:"case"`
	Assignee   candor.ID            `query:"assignee"`
	Unassigned bool                 `query:"unassigned" doc:"Nobody works on it."`
	Overdue    bool                 `query:"overdue" doc:"Its answer is overdue."`
}

type ticketAnswer struct{ Body candor.Ticket }

type ticketShown struct{ Body house.TicketView }

type ticketFigures struct{ Body candor.TicketFigures }

type ticketOpened struct {
	Body struct {
		Kind     candor.TicketKind `json:"kind" enum:"question,software"`
		Subject  string            `json:"subject,omitempty" maxLength:"500" doc:"What it is about; of a report of software its name, if it is left out."`
		Text     string            `json:"text,omitempty" maxLength:"20000" doc:"What the person says; a question has to have one."`
		Language string            `json:"language,omitempty" maxLength:"35" doc:"BCP 47; that answers are written in."`
		Suspect  candor.Suspect    `json:"suspect,omitzero" doc:"Of a report of software."`
		Way      candor.TicketWay  `json:"way,omitempty" enum:"phone,mail" doc:"How the staff heard of it; only of the staff."`
		Party    candor.ID         `json:"party,omitempty" doc:"Whom it is of; only of the staff, and left out if that is not known."`
		Name     string            `json:"name,omitempty" maxLength:"200" doc:"Of the person; only of the staff."`
		Mail     string            `json:"mail,omitempty" maxLength:"320" doc:"That answers go to; only of the staff."`
		FileName string            `json:"file_name,omitempty" maxLength:"200" doc:"Of the file."`
		File     []byte            `json:"file,omitempty" doc:"A file, as base64, of at most 25 MB. It is kept encrypted, looked at, and served to nobody."`
	}
}

type ticketSaid struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"20000"`
	}
}

type ticketAnswered struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Text  string             `json:"text" minLength:"1" maxLength:"20000"`
		State candor.TicketState `json:"state" enum:"open,waiting,solved" doc:"That it has then."`
	}
}

type ticketMoved struct {
	ID   candor.ID `path:"id"`
	Body struct {
		State   candor.TicketState `json:"state" enum:"open,waiting,solved,closed" doc:"That it has then."`
		Version int64              `json:"version,omitempty" doc:"That was seen; if somebody changed it since, nothing is done."`
	}
}

func (s *server) addTickets() {
	const tag = "Tickets"
	add(s, operation{id: "list-tickets", method: http.MethodGet, path: "/api/v1/tickets", tag: tag, needs: reads, summary: "List tickets", about: "Of one's own party, or all."},
		func(ctx context.Context, who candor.Principal, in *ticketQuery) (*listed[candor.Ticket], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "updated")
			if err != nil {
				return nil, err
			}
			f := candor.TicketFilter{States: in.State, Kind: in.Kind, Party: in.Party, Case: in.Case, Assignee: in.Assignee, Unassigned: in.Unassigned}
			if in.Overdue {
				f.DueBefore = s.Clock()
			}
			page, err := s.House.Tickets(ctx, who, f, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "get-ticket", method: http.MethodGet, path: "/api/v1/tickets/{id}", tag: tag, needs: reads, summary: "Get a ticket with what was said in it"},
		func(ctx context.Context, who candor.Principal, in *one) (*ticketShown, error) {
			v, err := s.House.Ticket(ctx, who, in.ID)
			if v.Entries == nil {
				v.Entries = []candor.Entry{}
			}
			if v.Uploads == nil {
				v.Uploads = []candor.Upload{}
			}
			return &ticketShown{v}, err
		})
	add(s, operation{id: "open-ticket", method: http.MethodPost, path: "/api/v1/tickets", tag: tag, needs: []access.Permission{access.ActCases, access.ActOwn}, status: http.StatusCreated, body: 36 << 20, summary: "Open a ticket",
		about: "Of one's own party; the staff writes down what it heard by phone or mail."}, s.openTicket)
	add(s, operation{id: "say-in-ticket", method: http.MethodPost, path: "/api/v1/tickets/{id}/messages", tag: tag, needs: own, summary: "Write more into a ticket of yours"},
		func(ctx context.Context, who candor.Principal, in *ticketSaid) (*ticketAnswer, error) {
			t, err := s.House.SayTicket(ctx, who, in.ID, in.Body.Text, nil)
			return &ticketAnswer{t}, err
		})
	add(s, operation{id: "answer-ticket", method: http.MethodPost, path: "/api/v1/tickets/{id}/answers", tag: tag, needs: acts, summary: "Answer a ticket", about: "The person gets it by mail and sees it on the ticket's page."},
		func(ctx context.Context, who candor.Principal, in *ticketAnswered) (*ticketAnswer, error) {
			t, err := s.House.AnswerTicket(ctx, who, in.ID, in.Body.Text, in.Body.State)
			return &ticketAnswer{t}, err
		})
	add(s, operation{id: "note-in-ticket", method: http.MethodPost, path: "/api/v1/tickets/{id}/notes", tag: tag, needs: acts, summary: "Note something in a ticket, for the staff alone"},
		func(ctx context.Context, who candor.Principal, in *ticketSaid) (*ticketAnswer, error) {
			t, err := s.House.NoteTicket(ctx, who, in.ID, in.Body.Text)
			return &ticketAnswer{t}, err
		})
	add(s, operation{id: "move-ticket", method: http.MethodPost, path: "/api/v1/tickets/{id}/state", tag: tag, needs: acts, summary: "Give a ticket another state"},
		func(ctx context.Context, who candor.Principal, in *ticketMoved) (*ticketAnswer, error) {
			t, err := s.House.MoveTicket(ctx, who, in.ID, in.Body.Version, in.Body.State)
			return &ticketAnswer{t}, err
		})
	add(s, operation{id: "get-ticket-figures", method: http.MethodGet, path: "/api/v1/ticket-figures", tag: tag, needs: []access.Permission{access.ReadCases}, summary: "Get what the support desk is measured by", about: "What is open now, and what was answered and rated of that which was opened in the last 90 days."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*ticketFigures, error) {
			f, err := s.House.TicketFigures(ctx, who)
			return &ticketFigures{f}, err
		})
}

func (s *server) openTicket(ctx context.Context, who candor.Principal, in *ticketOpened) (*ticketAnswer, error) {
	b := in.Body
	n := house.NewTicket{Kind: b.Kind, Way: b.Way, Party: b.Party, Name: b.Name, Mail: b.Mail, Language: b.Language, Subject: b.Subject, Text: b.Text, Suspect: b.Suspect}
	if len(b.File) > 0 {
		n.File = &house.Attachment{Name: b.FileName, Content: b.File}
	}
	t, err := s.House.OpenTicket(ctx, who, n)
	if err == nil && !who.Role.Staff() {
		t.Assignee = ""
	}
	return &ticketAnswer{t}, err
}
