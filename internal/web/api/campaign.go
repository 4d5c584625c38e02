package api

import (
	"context"
	"net/http"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/campaign"
	"candor/internal/house"
	"candor/internal/store"
)

type campaignMade struct {
	Body struct {
		Terms     candor.ID         `json:"terms" doc:"The new version: published, and with a material change."`
		Silence   campaign.Silence  `json:"silence" enum:"keep,end" doc:"What holds for those who say nothing. keep: the version before goes on to hold. end: the versions before end at the deadline, for all. Neither is consent."`
		Policy    map[string]string `json:"policy" doc:"What silence means in your own words, by language (BCP 47). It stands in the mails."`
		Reminders []int             `json:"reminders,omitempty" maxItems:"10" doc:"Days after the start on which those who have not answered are reminded, rising."`
		Starts    time.Time         `json:"starts,omitempty" doc:"When the first are asked; once it is started if missing."`
		Deadline  time.Time         `json:"deadline" doc:"Until when answers are waited for: at least 7 days after the start, and not before the terms are effective."`
	}
}

type campaignStopped struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"Why, for people."`
	}
}

type askedQuery struct {
	Paging
	ID          candor.ID       `path:"id"`
	State       campaign.Answer `query:"state" enum:"waiting,agreed,refused,withdrawn,silent"`
	Unreachable string          `query:"unreachable" enum:"true,false" doc:"Whether there was no address for mail."`
}

type (
	campaignAnswer struct{ Body campaign.Campaign }
	campaignView   struct{ Body house.CampaignView }
)

func (s *server) addCampaigns(tag string) {
	reads := []access.Permission{access.ReadPolicy}
	add(s, operation{id: "list-campaigns", method: http.MethodGet, path: "/api/v1/campaigns", tag: tag, needs: reads, summary: "List campaigns that ask parties again", about: "The latest first, at most 500."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[campaign.Campaign], error) {
			return wholeOf(s.House.Campaigns(ctx, who))
		})
	add(s, operation{id: "get-campaign", method: http.MethodGet, path: "/api/v1/campaigns/{id}", tag: tag, needs: reads, summary: "Get a campaign and how far it has come"},
		func(ctx context.Context, who candor.Principal, in *one) (*campaignView, error) {
			v, err := s.House.Campaign(ctx, who, in.ID)
			return &campaignView{v}, err
		})
	add(s, operation{id: "add-campaign", method: http.MethodPost, path: "/api/v1/campaigns", tag: tag, needs: managesTerms, status: http.StatusCreated, summary: "Draft a campaign", about: "It asks nobody before it is started."},
		func(ctx context.Context, who candor.Principal, in *campaignMade) (*campaignAnswer, error) {
			b := in.Body
			c, err := s.House.AddCampaign(ctx, who, campaign.Campaign{Terms: b.Terms, Silence: b.Silence, Policy: b.Policy, Reminders: b.Reminders, Starts: b.Starts, Deadline: b.Deadline})
			return &campaignAnswer{c}, err
		})
	add(s, operation{id: "start-campaign", method: http.MethodPost, path: "/api/v1/campaigns/{id}/start", tag: tag, needs: managesTerms, summary: "Start a campaign",
		about: "Parties that are bound by a version before, and those of the kind that never answered, are written to from its start on. If silence means end, the end of the versions before is set at once, for the deadline."},
		func(ctx context.Context, who candor.Principal, in *one) (*campaignAnswer, error) {
			c, err := s.House.StartCampaign(ctx, who, in.ID)
			return &campaignAnswer{c}, err
		})
	add(s, operation{id: "stop-campaign", method: http.MethodPost, path: "/api/v1/campaigns/{id}/stop", tag: tag, needs: managesTerms, summary: "Stop a campaign before its deadline",
		about: "Nobody is asked any more, and ends of versions that it set are taken back. What was answered stays."},
		func(ctx context.Context, who candor.Principal, in *campaignStopped) (*campaignAnswer, error) {
			c, err := s.House.StopCampaign(ctx, who, in.ID, in.Body.Reason)
			return &campaignAnswer{c}, err
		})
	add(s, operation{id: "list-asked", method: http.MethodGet, path: "/api/v1/campaigns/{id}/asked", tag: tag, needs: []access.Permission{access.ReadParties}, summary: "List whom a campaign asks", about: "By party; the list goes forwards only."},
		func(ctx context.Context, who candor.Principal, in *askedQuery) (*listed[campaign.Asked], error) {
			cut, err := s.cut(ctx, who, in.Paging, "", "party")
			if err != nil {
				return nil, err
			}
			f := store.AskedFilter{State: in.State}
			if in.Unreachable != "" {
				is := in.Unreachable == "true"
				f.Unreachable = &is
			}
			page, err := s.House.Asked(ctx, who, in.ID, f, cut)
			return paged(ctx, s, who, page, err)
		})
}
