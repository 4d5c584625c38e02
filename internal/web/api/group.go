package api

import (
	"context"
	"net/http"

	"candor"
	"candor/internal/house"
	"candor/internal/intel/group"
	"candor/internal/intel/tlp"
)

// groupWritten is what somebody says of a sharing group.
type groupWritten struct {
	Name      string         `json:"name" minLength:"1" maxLength:"200"`
	Note      string         `json:"note,omitempty" maxLength:"4000" doc:"For the staff; members do not see it."`
	Most      tlp.Mark       `json:"most" enum:"clear,green,amber,red" doc:"The strictest mark of what may go to it. Red goes to members that are named only, and amber+strict to nobody."`
	Classes   []candor.Class `json:"classes,omitempty" doc:"That it takes; all if missing."`
	Members   []group.Member `json:"members" nullable:"false" doc:"Partners, authorities and vendors that read its collection, and organisations of the directory that get mails."`
	Sightings bool           `json:"sightings,omitempty" doc:"Tell the group how often what a member added was seen here, and nothing of whose it is."`
	Edition   int64          `json:"edition,omitempty" doc:"That you changed; 409 if it is another by now. Not looked at if missing."`
}

func (w groupWritten) group(id candor.ID) group.Group {
	return group.Group{ID: id, Name: w.Name, Note: w.Note, Most: w.Most, Classes: w.Classes, Members: w.Members, Sightings: w.Sightings, Edition: w.Edition}
}

type newGroup struct{ Body groupWritten }

type changedGroup struct {
	ID   candor.ID `path:"id"`
	Body groupWritten
}

type retiredGroup struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Retired bool `json:"retired" doc:"Whether it is out of use."`
	}
}

type shareQuery struct {
	ID    candor.ID   `path:"id"`
	Group candor.ID   `query:"group" required:"true" doc:"With which group."`
	To    []candor.ID `query:"to" doc:"Members of the directory to whom alone it would go, by mail."`
}

type shareOrder struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Group  candor.ID   `json:"group" doc:"With which group."`
		Values *[]string   `json:"values,omitempty" doc:"Those of the indicators that are shared; all if missing."`
		To     []candor.ID `json:"to,omitempty" doc:"Members of the directory to whom alone it goes, by mail and not into the collection."`
	}
}

type (
	groupAnswer    struct{ Body group.Group }
	groupSeen      struct{ Body house.GroupView }
	offerAnswer    struct{ Body house.ShareOffer }
	shipmentAnswer struct{ Body group.Shipment }
)

// addGroups adds sharing groups, and what goes to them.
func (s *server) addGroups() {
	const tag = "Sharing"
	answer := func(g group.Group, err error) (*groupAnswer, error) { return &groupAnswer{g}, err }
	add(s, operation{id: "list-groups", method: http.MethodGet, path: "/api/v1/groups", tag: tag, needs: readsOnlyParties, summary: "List the sharing groups", about: "By name, without what went to them."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[house.GroupView], error) {
			return wholeOf(s.House.Groups(ctx, who))
		})
	add(s, operation{id: "get-group", method: http.MethodGet, path: "/api/v1/groups/{id}", tag: tag, needs: readsOnlyParties, summary: "Get a sharing group, and the last 100 times that something went to it"},
		func(ctx context.Context, who candor.Principal, in *one) (*groupSeen, error) {
			v, err := s.House.Group(ctx, who, in.ID)
			return &groupSeen{v}, err
		})
	add(s, operation{id: "add-group", method: http.MethodPost, path: "/api/v1/groups", tag: tag, needs: managesThem, status: http.StatusCreated, summary: "Add a sharing group"},
		func(ctx context.Context, who candor.Principal, in *newGroup) (*groupAnswer, error) {
			return answer(s.House.SaveGroup(ctx, who, in.Body.group("")))
		})
	add(s, operation{id: "replace-group", method: http.MethodPut, path: "/api/v1/groups/{id}", tag: tag, needs: managesThem, summary: "Replace what is said of a sharing group", about: "Who is no member any more reads and adds nothing from then on, and what they added is believed no longer."},
		func(ctx context.Context, who candor.Principal, in *changedGroup) (*groupAnswer, error) {
			return answer(s.House.SaveGroup(ctx, who, in.Body.group(in.ID)))
		})
	add(s, operation{id: "retire-group", method: http.MethodPut, path: "/api/v1/groups/{id}/retirement", tag: tag, needs: managesThem, summary: "Take a sharing group out of use, or back into it", about: "Nothing goes to one that is out of use, and nobody reads its collection."},
		func(ctx context.Context, who candor.Principal, in *retiredGroup) (*groupAnswer, error) {
			return answer(s.House.RetireGroup(ctx, who, in.ID, in.Body.Retired))
		})
	add(s, operation{id: "offer-share", method: http.MethodGet, path: "/api/v1/cases/{id}/share", tag: tag, needs: acts, summary: "Get what could be shared of a case with a group", about: "With what of it may not go there, and why. Nothing is sent."},
		func(ctx context.Context, who candor.Principal, in *shareQuery) (*offerAnswer, error) {
			o, err := s.House.OfferShare(ctx, who, house.ShareOrder{Case: in.ID, Group: in.Group, To: in.To})
			return &offerAnswer{o}, err
		})
	add(s, operation{id: "share-case", method: http.MethodPost, path: "/api/v1/cases/{id}/share", tag: tag, needs: acts, status: http.StatusCreated, summary: "Share what others may get of a case with a group",
		about: "Into its collection (TAXII 2.1), and by mail to its members of the directory. All that is chosen goes, or nothing: 403 names what is marked too strictly. The evidence log keeps what went to whom."},
		func(ctx context.Context, who candor.Principal, in *shareOrder) (*shipmentAnswer, error) {
			o := house.ShareOrder{Case: in.ID, Group: in.Body.Group, To: in.Body.To}
			if in.Body.Values != nil {
				o.Values = append([]string{}, *in.Body.Values...)
			}
			sent, err := s.House.Share(ctx, who, o)
			return &shipmentAnswer{sent}, err
		})
}
