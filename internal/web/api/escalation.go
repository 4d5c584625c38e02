package api

import (
	"context"
	"net/http"

	"candor"
	"candor/internal/house"
)

type vouchAnswer struct{ Body candor.Vouch }

type taughtAnswer struct{ Body candor.Taught }

type ladderAnswer struct{ Body house.Ladder }

type offenderQuery struct {
	Days  int          `query:"days" minimum:"1" maximum:"400" default:"90" doc:"Cases opened in so many days back from now."`
	Class candor.Class `query:"class" doc:"Of all classes if missing."`
	Party candor.ID    `query:"party" doc:"Of all parties if missing."`
	By    string       `query:"by" enum:"party,asset" default:"party"`
	Least int64        `query:"least" minimum:"1" default:"2" doc:"Those with so many cases, or more."`
}

// addEscalation adds ladders of cases, and those who offend again.
func (s *server) addEscalation() {
	add(s, operation{id: "get-case-ladder", method: http.MethodGet, path: "/api/v1/cases/{id}/ladder", tag: "Cases", needs: readsAll, summary: "Get the ladder of a case, and where the case stands on it",
		about: "What follows when a case is not mended, by the playbook of its class. Each rung only proposes; what is done rests on what the party agreed to."},
		func(ctx context.Context, who candor.Principal, in *one) (*ladderAnswer, error) {
			l, err := s.House.CaseLadder(ctx, who, in.ID)
			return &ladderAnswer{l}, err
		})
	add(s, operation{id: "list-offenders", method: http.MethodGet, path: "/api/v1/offenders", tag: "Cases", needs: readsAll, summary: "List those who offend again",
		about: "Parties or assets by their cases, most first, at most 200. False alarms do not count."},
		func(ctx context.Context, who candor.Principal, in *offenderQuery) (*whole[house.Offender], error) {
			return wholeOf(s.House.Offenders(ctx, who, house.Offending{Days: in.Days, Class: in.Class, Party: in.Party, ByAsset: in.By == "asset", Least: in.Least}))
		})
	add(s, operation{id: "get-report-sender", method: http.MethodGet, path: "/api/v1/reports/{id}/sender", tag: reportTag, needs: readsAll, summary: "Get who vouches for the sender of a report",
		about: "404 if it was not looked at: of files, and where senders are not checked."},
		func(ctx context.Context, who candor.Principal, in *one) (*vouchAnswer, error) {
			v, err := s.House.ReportVouch(ctx, who, in.ID)
			return &vouchAnswer{v}, err
		})
	add(s, operation{id: "get-profile", method: http.MethodGet, path: "/api/v1/reports/{id}/profile", tag: reportTag, needs: readsAll, summary: "Get what people taught about the mails of a report's sender",
		about: "With the marks that tell the most. 404 if nobody taught anything. The sender is named by a report, so that no mail address stands in an address of the API."},
		func(ctx context.Context, who candor.Principal, in *one) (*taughtAnswer, error) {
			v, err := s.House.ReportVouch(ctx, who, in.ID)
			if err != nil {
				return nil, err
			}
			t, err := s.House.Taught(ctx, who, v.Sender)
			return &taughtAnswer{t}, err
		})
	add(s, operation{id: "forget-profile", method: http.MethodDelete, path: "/api/v1/reports/{id}/profile", tag: reportTag, needs: acts, summary: "Forget what people taught about the mails of a report's sender"},
		done(func(ctx context.Context, who candor.Principal, in *one) error {
			v, err := s.House.ReportVouch(ctx, who, in.ID)
			if err != nil {
				return err
			}
			return s.House.ForgetTaught(ctx, who, v.Sender)
		}))
}
