package api

import (
	"context"
	"net/http"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
)

type forwardQuery struct {
	Paging
	Report candor.ID             `query:"report"`
	State  []candor.ForwardState `query:"state" doc:"One of these states."`
}

type forwardPassed struct {
	ID   candor.ID `path:"id"`
	Body struct {
		To      string `json:"to,omitempty" maxLength:"320" doc:"Mail address; the holder that was found if missing."`
		Ground  string `json:"ground" minLength:"1" maxLength:"1000" doc:"Why it may be passed on: what the reporter said, or which duty there is."`
		Named   bool   `json:"named,omitempty" doc:"The reporter agreed to be named. Else all that would tell who it is is left out."`
		Version int64  `json:"version" doc:"Of the forward that you have seen. If somebody changed it since, nothing is done: 412."`
	}
}

type forwardRefused struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Why     string `json:"why,omitempty" maxLength:"1000" doc:"For people."`
		Version int64  `json:"version" doc:"Of the forward that you have seen."`
	}
}

type reporterAgreed struct {
	Body struct {
		Reporter string `json:"reporter" maxLength:"320" doc:"Mail address, or @ and a domain." example:"@cert.example"`
		Ground   string `json:"ground" minLength:"1" maxLength:"1000" doc:"Which agreement says so."`
		Named    bool   `json:"named,omitempty" doc:"The reporter agreed to be named."`
	}
}

// addForwards adds what is passed on to others, and the consents of reporters.
func (s *server) addForwards() {
	managesThem := []access.Permission{access.ManageParties}
	add(s, operation{id: "list-forwards", method: http.MethodGet, path: "/api/v1/forwards", tag: reportTag, needs: readsAll, summary: "List what is passed on to whoever holds what reports complain about",
		about: "One for each report and holder, the latest first, with its mail and what came back."},
		func(ctx context.Context, who candor.Principal, in *forwardQuery) (*listed[house.ForwardView], error) {
			cut, err := s.cut(ctx, who, in.Paging, "", "id")
			if err != nil {
				return nil, err
			}
			page, err := s.House.Forwards(ctx, who, candor.ForwardFilter{Report: in.Report, States: in.State}, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "pass-on-forward", method: http.MethodPost, path: "/api/v1/forwards/{id}/pass-on", tag: reportTag, needs: acts, summary: "Pass something on to whoever holds it",
		about: "By your decision, on a ground that is recorded. A mail goes out as soon as its turn comes, and cannot be taken back. If the reporter said no, it is 403."},
		done(func(ctx context.Context, who candor.Principal, in *forwardPassed) error {
			b := in.Body
			return s.House.PassOn(ctx, who, in.ID, house.Passing{To: b.To, Ground: b.Ground, Named: b.Named, Version: b.Version})
		}))
	add(s, operation{id: "refuse-forward", method: http.MethodPost, path: "/api/v1/forwards/{id}/refuse", tag: reportTag, needs: acts, summary: "Say that something is not passed on"},
		done(func(ctx context.Context, who candor.Principal, in *forwardRefused) error {
			return s.House.RefuseForward(ctx, who, in.ID, in.Body.Version, in.Body.Why)
		}))
	add(s, operation{id: "find-holders", method: http.MethodPost, path: "/api/v1/reports/{id}/holders", tag: reportTag, needs: acts, status: http.StatusAccepted, summary: "Look for those who hold what a report complains about",
		about: "Registries (RDAP) and sites (security.txt) are asked soon after, politely; list-forwards has what was found. Nothing is sent by that."},
		done(func(ctx context.Context, who candor.Principal, in *one) error {
			return s.House.FindHolders(ctx, who, in.ID)
		}))
	add(s, operation{id: "list-reporter-consents", method: http.MethodGet, path: "/api/v1/reporter-consents", tag: reportTag, needs: readsAll, summary: "List reporters who agreed, once for all, that theirs are passed on", about: "Those that hold come first."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[candor.ForwardConsent], error) {
			return wholeOf(s.House.ForwardConsents(ctx, who))
		})
	add(s, operation{id: "add-reporter-consent", method: http.MethodPost, path: "/api/v1/reporter-consents", tag: reportTag, needs: managesThem, status: http.StatusCreated, summary: "Keep that a reporter agreed that theirs are passed on",
		about: "It holds for what comes, and for what waits since a week."},
		func(ctx context.Context, who candor.Principal, in *reporterAgreed) (*struct{ Body candor.ForwardConsent }, error) {
			c, err := s.House.AgreeForwards(ctx, who, in.Body.Reporter, in.Body.Ground, in.Body.Named)
			return &struct{ Body candor.ForwardConsent }{c}, err
		})
	add(s, operation{id: "withdraw-reporter-consent", method: http.MethodPost, path: "/api/v1/reporter-consents/{id}/withdraw", tag: reportTag, needs: managesThem, summary: "Withdraw the consent of a reporter", about: "What was sent stays sent."},
		done(func(ctx context.Context, who candor.Principal, in *one) error {
			return s.House.EndForwardConsent(ctx, who, in.ID)
		}))
}
