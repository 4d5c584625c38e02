package api

import (
	"context"
	"net/http"

	"candor"
	"candor/internal/house"
)

// findingBatch is what a sensor outside saw at one asset.
type findingBatch struct {
	ID   candor.ID `path:"id"`
	Body struct {
		Sensor     string           `json:"sensor" pattern:"^[a-z][a-z0-9-]{1,39}$" doc:"The name of the sensor. The program's own are taken." example:"edge-waf"`
		Generation string           `json:"generation,omitempty" maxLength:"200" doc:"Of the rules that the verdicts rest on."`
		Look       candor.ID        `json:"look,omitempty" doc:"Names one look at the asset, the same in all batches of it."`
		Complete   bool             `json:"complete,omitempty" doc:"This is the last batch of the look, and all of the asset was looked at: what the sensor did not see again is gone."`
		Findings   []house.Observed `json:"findings" maxItems:"1000" nullable:"false"`
	}
}

// filedView is what became of a batch.
type filedView struct {
	New    int         `json:"new" doc:"Findings that were not known, or are there again."`
	Again  int         `json:"again" doc:"Findings that were known."`
	Gone   int         `json:"gone" doc:"Findings that are there no longer; of a complete look."`
	Opened []candor.ID `json:"opened" nullable:"false" doc:"Cases that were opened."`
}

func (s *server) addIntake() {
	add(s, operation{id: "file-findings", method: http.MethodPost, path: "/api/v1/assets/{id}/findings", tag: "Findings", needs: acts, body: 8 << 20,
		summary: "File what a sensor of yours saw at an asset",
		about: "At most 1000 findings at a time. A finding is known again by rule and content (or place, where it has no content), so that sending a batch again changes nothing. " +
			"New findings join the open case of their class at the asset, or open one. When this answers, all of it is durable."},
		func(ctx context.Context, who candor.Principal, in *findingBatch) (*struct{ Body filedView }, error) {
			b := in.Body
			f, err := s.House.TakeFindings(ctx, who, in.ID, house.Look{Sensor: b.Sensor, Generation: b.Generation, ID: b.Look, Complete: b.Complete, Findings: b.Findings})
			v := filedView{New: f.New, Again: f.Again, Gone: f.Gone, Opened: f.Opened}
			if v.Opened == nil {
				v.Opened = []candor.ID{}
			}
			return &struct{ Body filedView }{v}, err
		})
}
