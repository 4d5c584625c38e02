package api

import (
	"context"
	"net/http"

	"candor"
	"candor/internal/house"
)

type hitQuery struct {
	Feed string `query:"feed" maxLength:"40" doc:"By its name; hits of all feeds if missing."`
}

// addIntel adds what others publish of threats, and what of it is here.
func (s *server) addIntel() {
	const tag = "Intelligence"
	add(s, operation{id: "list-feeds", method: http.MethodGet, path: "/api/v1/feeds", tag: tag, needs: readsOnlyParties, summary: "List the feeds that are read", about: "With how each stands, in the order of the configuration."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[house.FeedView], error) {
			return wholeOf(s.House.ListFeeds(ctx, who))
		})
	add(s, operation{id: "list-exposures", method: http.MethodGet, path: "/api/v1/exposures", tag: tag, needs: readsOnlyParties, summary: "List vulnerabilities that sites have or may have",
		about: "Those that are known to be exploited, of software that sites say they run, come first; then those that a site's version is told to have. At most 200, each with at most 20 of its sites. Where no version is known a site may be exposed: it is not said that it is."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[house.Exposure], error) {
			return wholeOf(s.House.Exposures(ctx, who))
		})
	add(s, operation{id: "list-hits", method: http.MethodGet, path: "/api/v1/hits", tag: tag, needs: readsOnlyParties, summary: "List what feeds name of ours", about: "Host names of sites, static addresses, and contents that were found. The latest first, at most 1,000."},
		func(ctx context.Context, who candor.Principal, in *hitQuery) (*whole[house.FeedHit], error) {
			return wholeOf(s.House.ListHits(ctx, who, in.Feed))
		})
}
