package api

import (
	"context"
	"net/http"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
)

// Who may read parties and assets, and who may change them.
var (
	readsParties = []access.Permission{access.ReadParties, access.ReadOwn}
	managesThem  = []access.Permission{access.ManageParties}
)

type partyQuery struct {
	Paging
	Sort string           `query:"sort" enum:"updated,name,id"`
	Kind candor.PartyKind `query:"kind"`
	Text string           `query:"text" maxLength:"200" doc:"Words that are found in it."`
}

// partyFields are what can be said of a party.
type partyFields struct {
	Kind      candor.PartyKind `json:"kind" doc:"It stays what it was first."`
	Name      string           `json:"name" minLength:"1" maxLength:"200"`
	Reference string           `json:"reference,omitempty" maxLength:"200" doc:"Your own number for it; unique among its kind."`
	Language  string           `json:"language,omitempty" maxLength:"64" doc:"BCP 47" example:"zh-Hans"`
	TimeZone  string           `json:"time_zone,omitempty" maxLength:"64" doc:"IANA" example:"Asia/Shanghai"`
	Contacts  []candor.Contact `json:"contacts,omitempty" maxItems:"50"`
	Note      string           `json:"note,omitempty" maxLength:"20000" doc:"For the staff only."`
}

func (f partyFields) party(id candor.ID) candor.Party {
	return candor.Party{ID: id, Kind: f.Kind, Name: f.Name, Reference: f.Reference, Language: f.Language, TimeZone: f.TimeZone, Contacts: f.Contacts, Note: f.Note}
}

type newParty struct{ Body partyFields }

type partyChange struct {
	ID   candor.ID `path:"id"`
	Body partyFields
}

type partyAnswer struct{ Body candor.Party }

type partyWhole struct{ Body house.PartyView }

type newAgreement struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Terms    string    `json:"terms" minLength:"1" maxLength:"500" doc:"The name of the document."`
		Version  string    `json:"version" minLength:"1" maxLength:"100"`
		Digest   string    `json:"digest,omitempty" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the document."`
		Allows   []string  `json:"allows" maxItems:"50" doc:"Methods of response that its clauses allow."`
		Accepted time.Time `json:"accepted"`
		How      string    `json:"how,omitempty" maxLength:"100" doc:"portal, paper, …"`
	}
}

type agreementName struct {
	ID        candor.ID `path:"id"`
	Agreement candor.ID `path:"agreement"`
}

type agreementAnswer struct{ Body candor.Agreement }

func (s *server) addParties() {
	const tag = "Parties"
	add(s, operation{id: "list-parties", method: http.MethodGet, path: "/api/v1/parties", tag: tag, needs: readsParties, summary: "List parties"},
		func(ctx context.Context, who candor.Principal, in *partyQuery) (*listed[candor.Party], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "updated")
			if err != nil {
				return nil, err
			}
			page, err := s.House.Parties(ctx, who, candor.PartyFilter{Kind: in.Kind, Text: in.Text}, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "get-party", method: http.MethodGet, path: "/api/v1/parties/{id}", tag: tag, needs: readsParties, summary: "Get a party with what belongs to it"},
		func(ctx context.Context, who candor.Principal, in *one) (*partyWhole, error) {
			v, err := s.House.Party(ctx, who, in.ID)
			return &partyWhole{v}, err
		})
	add(s, operation{id: "create-party", method: http.MethodPost, path: "/api/v1/parties", tag: tag, needs: managesThem, status: http.StatusCreated, summary: "Add a party"},
		func(ctx context.Context, who candor.Principal, in *newParty) (*partyAnswer, error) {
			p, err := s.House.SaveParty(ctx, who, in.Body.party(""))
			return &partyAnswer{p}, err
		})
	add(s, operation{id: "replace-party", method: http.MethodPut, path: "/api/v1/parties/{id}", tag: tag, needs: managesThem, summary: "Replace what is said of a party"},
		func(ctx context.Context, who candor.Principal, in *partyChange) (*partyAnswer, error) {
			p, err := s.House.SaveParty(ctx, who, in.Body.party(in.ID))
			return &partyAnswer{p}, err
		})
	add(s, operation{id: "erase-party", method: http.MethodDelete, path: "/api/v1/parties/{id}/personal-data", tag: tag, needs: []access.Permission{access.ManagePeople},
		summary: "Erase what is personal of a party", about: "Names, contacts, words and accounts go for good. Cases stay, and the evidence log still verifies: it holds salted digests only."},
		done(func(ctx context.Context, who candor.Principal, in *one) error {
			return s.House.ErasePerson(ctx, who, in.ID)
		}))
	s.addAgreements()
	s.addImport()
}

func (s *server) addAgreements() {
	const tag = "Parties"
	add(s, operation{id: "add-agreement", method: http.MethodPost, path: "/api/v1/parties/{id}/agreements", tag: tag, needs: managesThem, status: http.StatusCreated,
		summary: "Record that a party accepted terms", about: "Responses rest on agreements."},
		func(ctx context.Context, who candor.Principal, in *newAgreement) (*agreementAnswer, error) {
			b := in.Body
			a, err := s.House.AddAgreement(ctx, who, candor.Agreement{Party: in.ID, Terms: b.Terms, Version: b.Version, Digest: b.Digest, Allows: b.Allows, Accepted: b.Accepted.UTC(), How: b.How})
			return &agreementAnswer{a}, err
		})
	add(s, operation{id: "withdraw-agreement", method: http.MethodPost, path: "/api/v1/parties/{id}/agreements/{agreement}/withdraw", tag: tag, needs: managesThem, summary: "Note that terms hold no longer"},
		done(func(ctx context.Context, who candor.Principal, in *agreementName) error {
			return s.House.WithdrawAgreement(ctx, who, in.ID, in.Agreement)
		}))
}
