package api

import (
	"context"
	"net/http"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/drill"
)

type drillHeld struct {
	Name     string       `json:"name" doc:"Of its report."`
	Believed bool         `json:"believed" doc:"Whether the report is signed with the key of this desk's drills. If not, the rest is empty."`
	Method   drill.Method `json:"method,omitempty" doc:"What lines were isolated by: nftables, coa, flowspec, or nas: an access server of the operator's lab."`
	Program  string       `json:"program,omitempty" doc:"The version that was rehearsed."`
	Begun    time.Time    `json:"begun,omitzero" doc:"When it began."`
	Ended    time.Time    `json:"ended,omitzero" doc:"When it ended."`
	Rounds   int          `json:"rounds" doc:"Lines that did harm."`
	Isolated int          `json:"isolated" doc:"How many of them were isolated."`
	Median   int64        `json:"median_ms" doc:"From the first abnormal record to the first dropped probe, in milliseconds."`
	Most     int64        `json:"most_ms" doc:"What 99 of 100 of these do not exceed, in milliseconds."`
	Faults   int          `json:"faults" doc:"Faults that were planted."`
	Noticed  int          `json:"noticed" doc:"How many of them were noticed."`
	Missed   []string     `json:"missed" nullable:"false" doc:"What was not as it should be."`
}

type drillsHeld struct {
	Drills  []drillHeld `json:"drills" nullable:"false" doc:"The newest first."`
	Due     time.Time   `json:"due,omitzero" doc:"When the next is due; missing if none is scheduled."`
	Overdue bool        `json:"overdue" doc:"Whether that is over."`
}

type drillSigned struct {
	drillHeld
	Signed string `json:"signed" doc:"The whole report, signed (JWS): candor drill verify checks it."`
}

type drillsAnswer struct{ Body drillsHeld }

type drillAnswer struct{ Body drillSigned }

type drillName struct {
	Name string `path:"name" maxLength:"100" doc:"Of its report."`
}

func (s *server) addDrills() {
	const tag = "Drills"
	needs := []access.Permission{access.ReadSettings}
	add(s, operation{id: "list-drills", method: http.MethodGet, path: "/api/v1/drills", tag: tag, needs: needs, summary: "List the drills that were held",
		about: "Responses that were rehearsed in a copy of the desk, with how they went, and when the next is due."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*drillsAnswer, error) {
			v, err := s.House.DrillsHeld(ctx, who)
			out := drillsHeld{Drills: []drillHeld{}, Due: v.Due, Overdue: v.Overdue}
			for _, k := range v.All {
				out.Drills = append(out.Drills, heldDrill(k))
			}
			return &drillsAnswer{out}, err
		})
	add(s, operation{id: "get-drill", method: http.MethodGet, path: "/api/v1/drills/{name}", tag: tag, needs: needs, summary: "Get a drill with its signed report"},
		func(ctx context.Context, who candor.Principal, in *drillName) (*drillAnswer, error) {
			k, err := s.House.Drill(ctx, who, in.Name)
			return &drillAnswer{drillSigned{heldDrill(k), k.Signed}}, err
		})
}

func heldDrill(k drill.Kept) drillHeld {
	x := k.Report
	_, isolated := x.Quantiles(drill.StageDropped)
	out := drillHeld{Name: k.Name, Believed: k.Believed(), Method: x.Method, Program: x.Program, Begun: x.Begun, Ended: x.Ended, Rounds: len(x.Rounds), Isolated: isolated, Median: x.Response.P50, Most: x.Response.P99, Faults: len(x.Faults), Missed: []string{}}
	for _, f := range x.Faults {
		if f.Noticed {
			out.Noticed++
		}
	}
	out.Missed = append(out.Missed, x.Missed...)
	return out
}
