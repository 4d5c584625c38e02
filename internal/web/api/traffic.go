package api

import (
	"context"
	"net/http"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
)

type networkTrafficAnswer struct{ Body house.NetworkTraffic }

type lineTrafficAnswer struct{ Body house.LineTraffic }

func (s *server) addTraffic() {
	const tag = "Traffic"
	needs := []access.Permission{access.ReadCases}
	add(s, operation{id: "get-traffic", method: http.MethodGet, path: "/api/v1/traffic", tag: tag, needs: needs, summary: "Tell of the traffic of all lines",
		about: "Counts are of this process, since it began. Where it hears no exporters, only why nothing was measured."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*networkTrafficAnswer, error) {
			v, err := s.House.NetworkTraffic(ctx, who)
			return &networkTrafficAnswer{v}, err
		})
	add(s, operation{id: "get-asset-traffic", method: http.MethodGet, path: "/api/v1/assets/{id}/traffic", tag: tag, needs: needs, summary: "Tell of the traffic of a line",
		about: "What it does now, and what is usual on it in each hour of the week. Of what cannot be told, only why."},
		func(ctx context.Context, who candor.Principal, in *one) (*lineTrafficAnswer, error) {
			v, err := s.House.LineTraffic(ctx, who, in.ID)
			return &lineTrafficAnswer{v}, err
		})
}
