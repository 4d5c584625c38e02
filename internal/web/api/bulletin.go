package api

import (
	"context"
	"net/http"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/intel"
	"candor/internal/intel/bulletin"
	"candor/internal/intel/tlp"
)

// bulletinWritten is what somebody writes as a bulletin.
type bulletinWritten struct {
	Texts   []intel.Text `json:"texts" nullable:"false" minItems:"1" maxItems:"6" doc:"One a language: en, zh, ar, es, fr or ru. Who reads none of them gets English, or else the first."`
	Mark    tlp.Mark     `json:"mark" enum:"clear,green,amber,red" doc:"By the Traffic Light Protocol 2.0."`
	Until   time.Time    `json:"until" doc:"Until when it holds, at most two years."`
	Groups  []candor.ID  `json:"groups,omitempty" doc:"Sharing groups: it goes into their collections, and by mail to their members."`
	Parties []candor.ID  `json:"parties,omitempty" doc:"Partners, authorities and vendors."`
	Entries []candor.ID  `json:"entries,omitempty" doc:"Entries of the directory."`
	Remind  int          `json:"remind,omitempty" minimum:"0" maximum:"30" doc:"After how many days who has not read it is reminded, at most three times; 0: never."`
	Edition int64        `json:"edition,omitempty" doc:"That you changed; 409 if it is another by now. Not looked at if missing."`
}

func (w bulletinWritten) draft() bulletin.Draft {
	return bulletin.Draft{Texts: w.Texts, Mark: w.Mark, Until: w.Until, Groups: w.Groups, Parties: w.Parties, Entries: w.Entries, Remind: w.Remind}
}

type newBulletin struct{ Body bulletinWritten }

type changedBulletin struct {
	ID   candor.ID `path:"id"`
	Body bulletinWritten
}

type bulletinQuery struct {
	ID      candor.ID `path:"id"`
	Version int       `query:"version" minimum:"0" doc:"Of which who got it is told; the latest if missing."`
}

type publishedBulletin struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Edition int64 `json:"edition" doc:"Of the draft that was looked at; 409 if it is another by now."`
	}
}

type withdrawnBulletin struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"Those who got it read this."`
	}
}

type bulletinsQuery struct{ Paging }

type (
	bulletinAnswer        struct{ Body bulletin.Bulletin }
	bulletinSeen          struct{ Body house.BulletinView }
	bulletinOffer         struct{ Body house.BulletinOffer }
	bulletinVersionAnswer struct{ Body bulletin.Version }
)

// addBulletins adds bulletins of best practice.
func (s *server) addBulletins() {
	const tag = "Bulletins"
	approves := []access.Permission{access.ApproveResponses}
	answer := func(b bulletin.Bulletin, err error) (*bulletinAnswer, error) { return &bulletinAnswer{b}, err }
	add(s, operation{id: "list-bulletins", method: http.MethodGet, path: "/api/v1/bulletins", tag: tag, needs: readsOnlyParties, summary: "List the bulletins of best practice", about: "Those that changed last first, with how many read the latest version."},
		func(ctx context.Context, who candor.Principal, in *bulletinsQuery) (*listed[house.BulletinView], error) {
			cut, err := s.cut(ctx, who, in.Paging, "", "updated")
			if err != nil {
				return nil, err
			}
			page, err := s.House.Bulletins(ctx, who, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "get-bulletin", method: http.MethodGet, path: "/api/v1/bulletins/{id}", tag: tag, needs: readsOnlyParties, summary: "Get a bulletin, its versions, and who read one of them"},
		func(ctx context.Context, who candor.Principal, in *bulletinQuery) (*bulletinSeen, error) {
			v, err := s.House.Bulletin(ctx, who, in.ID, in.Version)
			return &bulletinSeen{v}, err
		})
	add(s, operation{id: "add-bulletin", method: http.MethodPost, path: "/api/v1/bulletins", tag: tag, needs: acts, status: http.StatusCreated, summary: "Write a bulletin", about: "It is a draft: nothing goes out before it is published."},
		func(ctx context.Context, who candor.Principal, in *newBulletin) (*bulletinAnswer, error) {
			return answer(s.House.SaveBulletin(ctx, who, "", in.Body.draft(), 0))
		})
	add(s, operation{id: "replace-bulletin", method: http.MethodPut, path: "/api/v1/bulletins/{id}", tag: tag, needs: acts, summary: "Replace the draft of a bulletin", about: "What was published stays as it is until the draft is published as the next version."},
		func(ctx context.Context, who candor.Principal, in *changedBulletin) (*bulletinAnswer, error) {
			return answer(s.House.SaveBulletin(ctx, who, in.ID, in.Body.draft(), in.Body.Edition))
		})
	add(s, operation{id: "offer-bulletin", method: http.MethodGet, path: "/api/v1/bulletins/{id}/recipients", tag: tag, needs: acts, summary: "Get where the draft of a bulletin would go", about: "With who may not get it, and why. Nothing is sent."},
		func(ctx context.Context, who candor.Principal, in *one) (*bulletinOffer, error) {
			o, err := s.House.OfferBulletin(ctx, who, in.ID)
			return &bulletinOffer{o}, err
		})
	add(s, operation{id: "publish-bulletin", method: http.MethodPost, path: "/api/v1/bulletins/{id}/versions", tag: tag, needs: approves, status: http.StatusCreated, summary: "Approve and publish the draft of a bulletin as its next version",
		about: "Into the collections of groups (STIX 2.1 by TAXII 2.1), and by mail with a link for each recipient, who confirms there to have read it. It goes to all or to nobody: 403 says who may not get it."},
		func(ctx context.Context, who candor.Principal, in *publishedBulletin) (*bulletinVersionAnswer, error) {
			v, err := s.House.PublishBulletin(ctx, who, in.ID, in.Body.Edition)
			return &bulletinVersionAnswer{v}, err
		})
	add(s, operation{id: "withdraw-bulletin", method: http.MethodPost, path: "/api/v1/bulletins/{id}/withdrawal", tag: tag, needs: approves, summary: "Withdraw a bulletin", about: "All who got the latest version are told, and the collections say that it is revoked."},
		func(ctx context.Context, who candor.Principal, in *withdrawnBulletin) (*bulletinAnswer, error) {
			return answer(s.House.WithdrawBulletin(ctx, who, in.ID, in.Body.Reason))
		})
}
