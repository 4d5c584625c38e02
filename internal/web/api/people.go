package api

import (
	"context"
	"net/http"

	"candor"
	"candor/internal/access"
)

var managesPeople = []access.Permission{access.ManagePeople}

type peopleQuery struct {
	Paging
	Sort string `query:"sort" enum:"id,name"`
	Text string `query:"text" maxLength:"200" doc:"A part of the name or the mail address."`
}

type newUser struct {
	Body struct {
		Name     string      `json:"name" minLength:"1" maxLength:"200"`
		Mail     string      `json:"mail" minLength:"3" maxLength:"254"`
		Role     candor.Role `json:"role"`
		Party    candor.ID   `json:"party,omitempty" doc:"Of customers and subscribers."`
		Language string      `json:"language,omitempty" maxLength:"64" doc:"BCP 47"`
		TimeZone string      `json:"time_zone,omitempty" maxLength:"64" doc:"IANA"`
	}
}

type userChange struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Name     *string     `json:"name,omitempty" minLength:"1" maxLength:"200"`
		Role     candor.Role `json:"role,omitempty"`
		Party    *assignee   `json:"party,omitempty" doc:"Empty for staff."`
		Language *string     `json:"language,omitempty" maxLength:"64"`
		TimeZone *string     `json:"time_zone,omitempty" maxLength:"64"`
		Disabled *bool       `json:"disabled,omitempty" doc:"Whoever is disabled is signed out everywhere, and tokens stop working."`
	}
}

type userAnswer struct{ Body candor.User }

// invitation is a user who can choose a password with a link.
type invitation struct {
	User    *candor.User `json:"user,omitempty"`
	Purpose string       `json:"purpose" enum:"invitation,reset"`
	Secret  string       `json:"secret" doc:"Shown now and never again; it works once, for a week."`
	Link    string       `json:"link,omitempty" doc:"Where the secret is redeemed: hand it to the user, and to nobody else."`
}

type invitationAnswer struct{ Body invitation }

func (s *server) addPeople() {
	const tag = "People"
	add(s, operation{id: "list-people", method: http.MethodGet, path: "/api/v1/people", tag: tag, needs: []access.Permission{access.ReadPeople}, summary: "List those who can sign in"},
		func(ctx context.Context, who candor.Principal, in *peopleQuery) (*listed[candor.User], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "id")
			if err != nil {
				return nil, err
			}
			page, err := s.House.People(ctx, who, in.Text, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "list-staff", method: http.MethodGet, path: "/api/v1/staff", tag: tag, needs: []access.Permission{access.ReadCases}, summary: "List those to whom a case can be assigned"},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[candor.User], error) {
			return wholeOf(s.House.Staff(ctx, who))
		})
	add(s, operation{id: "invite", method: http.MethodPost, path: "/api/v1/people", tag: tag, needs: managesPeople, status: http.StatusCreated, secrets: []string{"secret", "link"},
		summary: "Add somebody who can sign in", about: "Nothing is mailed: the answer has the link with which the user chooses a password."}, s.invite)
	add(s, operation{id: "invite-again", method: http.MethodPost, path: "/api/v1/people/{id}/invitation", tag: tag, needs: managesPeople, secrets: []string{"secret", "link"},
		summary: "Make another link for a user", about: "An invitation as long as there is no password, else a reset. Links before it stop working."},
		func(ctx context.Context, who candor.Principal, in *one) (*invitationAnswer, error) {
			secret, purpose, err := s.Access.InviteAgain(ctx, who, in.ID)
			return s.invitation(nil, purpose, secret), err
		})
	add(s, operation{id: "change-user", method: http.MethodPatch, path: "/api/v1/people/{id}", tag: tag, needs: managesPeople, example: `{"disabled":true}`,
		summary: "Change or disable somebody who can sign in", about: "What is left out stays. The last administrator stays one."}, s.changeUser)
}

func (s *server) invite(ctx context.Context, who candor.Principal, in *newUser) (*invitationAnswer, error) {
	b := in.Body
	if b.Party != "" {
		if _, err := s.House.Store.Party(ctx, who.Scope(), b.Party); err != nil {
			return nil, err
		}
	}
	u, secret, err := s.Access.Invite(ctx, who, candor.User{Name: b.Name, Mail: b.Mail, Role: b.Role, Party: b.Party, Language: b.Language, TimeZone: b.TimeZone})
	return s.invitation(&u, access.Invitation, secret), err
}

func (s *server) invitation(u *candor.User, p access.Purpose, secret string) *invitationAnswer {
	v := invitation{User: u, Purpose: string(p), Secret: secret}
	if s.Welcome != nil && secret != "" {
		v.Link = s.Welcome(p, secret)
	}
	return &invitationAnswer{v}
}

func (s *server) changeUser(ctx context.Context, who candor.Principal, in *userChange) (*userAnswer, error) {
	u, err := s.House.Store.Access().User(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	set(&u.Name, b.Name)
	set(&u.Language, b.Language)
	set(&u.TimeZone, b.TimeZone)
	set(&u.Disabled, b.Disabled)
	if b.Role != "" {
		u.Role = b.Role
	}
	if b.Party != nil {
		u.Party = candor.ID(*b.Party)
	}
	if b.Party != nil && u.Party != "" {
		if _, err := s.House.Store.Party(ctx, who.Scope(), u.Party); err != nil {
			return nil, err
		}
	}
	return &userAnswer{u}, s.Access.ChangeUser(ctx, who, u)
}

// set replaces a value, if there is another.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
