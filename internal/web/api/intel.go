package api

import (
	"context"
	"net/http"
	"time"

	"candor"
	"candor/internal/house"
)

type hitQuery struct {
	Paging
	Feed string `query:"feed" maxLength:"100" doc:"By its name; of what a member of a sharing group added, group:GROUP:PARTY. Hits of all feeds if missing."`
}

type exposureQuery struct {
	Paging
	Exploited  bool      `query:"exploited" doc:"Only those that are known to be exploited."`
	Ransomware bool      `query:"ransomware" doc:"Only those that are known to be exploited by ransomware."`
	Due        time.Time `query:"due" doc:"Only those that the catalogue of exploited vulnerabilities wants gone before."`
	Product    string    `query:"product" maxLength:"200" doc:"Words in its identifier, vendor, product or title."`
}

type exposureName struct {
	ID string `path:"id" maxLength:"300" example:"CVE-2026-1207" doc:"As the feed names it."`
}

type exposureAnswer struct{ Body house.ExposureView }

type warning struct {
	ID   string `path:"id" maxLength:"300" example:"CVE-2026-1207" doc:"As the feed names it."`
	Body struct {
		All bool `json:"all,omitempty" doc:"Also the owners of sites that may have it, of which no version proves it."`
	}
}

type warnedAnswer struct{ Body house.Warned }

type feedName struct {
	Name string `path:"name" maxLength:"40"`
}

// addIntel adds what others publish of threats, and what of it is here.
func (s *server) addIntel() {
	const tag = "Intelligence"
	add(s, operation{id: "list-feeds", method: http.MethodGet, path: "/api/v1/feeds", tag: tag, needs: readsOnlyParties, summary: "List the feeds that are read", about: "With how each stands, in the order of the configuration."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[house.FeedView], error) {
			return wholeOf(s.House.ListFeeds(ctx, who))
		})
	add(s, operation{id: "list-exposures", method: http.MethodGet, path: "/api/v1/exposures", tag: tag, needs: readsOnlyParties, summary: "List vulnerabilities that sites and servers have or may have",
		about: "Of software that was observed there, or that sites say they run where nothing was. Those that are known to be exploited come first; then those that a version is told to have, those first for which there is something to install; the latest first each. Each with at most 20 of its sites. Where no version is known a site may be exposed: it is not said that it is. A page may have fewer than its limit and go on behind it; there is no previous one."},
		func(ctx context.Context, who candor.Principal, in *exposureQuery) (*listed[house.Exposure], error) {
			cut, err := s.cut(ctx, who, in.Paging, "", "")
			if err != nil {
				return nil, err
			}
			page, err := s.House.Exposures(ctx, who, house.ExposureFilter{Exploited: in.Exploited, Ransomware: in.Ransomware, Due: in.Due, Product: in.Product}, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "get-exposure", method: http.MethodGet, path: "/api/v1/exposures/{id}", tag: tag, needs: readsOnlyParties, summary: "Get a vulnerability with the sites that have it or may",
		about: "What each source says of it, and at most 500 sites: those whose version is told to have it come first. Each with how far its owner is warned."},
		func(ctx context.Context, who candor.Principal, in *exposureName) (*exposureAnswer, error) {
			v, err := s.House.ExposureOf(ctx, who, in.ID)
			return &exposureAnswer{v}, err
		})
	add(s, operation{id: "warn-exposed", method: http.MethodPost, path: "/api/v1/exposures/{id}/warn", tag: tag, needs: acts, summary: "Prepare notices for the customers who are exposed", example: `{"all":false}`,
		about: "A case for each site, and a notice in it that waits for approval. Who was warned before is left alone, so it may be asked for again. The first 100 sites are done before this answers, the rest soon after. 403 where nothing of it may be told to customers by its TLP mark."},
		func(ctx context.Context, who candor.Principal, in *warning) (*warnedAnswer, error) {
			w, err := s.House.WarnExposed(ctx, who, in.ID, in.Body.All)
			return &warnedAnswer{w}, err
		})
	add(s, operation{id: "fetch-feed", method: http.MethodPost, path: "/api/v1/feeds/{name}/fetch", tag: tag, needs: acts, status: http.StatusAccepted, summary: "Have a feed asked now", about: "Though it is not due. One that a node reads already is left alone."},
		done(func(ctx context.Context, who candor.Principal, in *feedName) error {
			return s.House.FetchFeed(ctx, who, in.Name)
		}))
	add(s, operation{id: "list-hits", method: http.MethodGet, path: "/api/v1/hits", tag: tag, needs: readsOnlyParties, summary: "List what feeds name of ours", about: "Host names of sites, static addresses, and contents that were found. The latest first."},
		func(ctx context.Context, who candor.Principal, in *hitQuery) (*listed[house.FeedHit], error) {
			cut, err := s.cut(ctx, who, in.Paging, "", "id")
			if err != nil {
				return nil, err
			}
			page, err := s.House.ListHits(ctx, who, in.Feed, cut)
			return paged(ctx, s, who, page, err)
		})
}
