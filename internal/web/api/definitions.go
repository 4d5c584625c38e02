package api

import (
	"context"
	"net/http"
	"time"

	"candor"
	"candor/internal/access"
)

var managesSettings = []access.Permission{access.ManageSettings}

type generationName struct {
	ID string `path:"id" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the generation."`
}

// sourceView is how a source of definitions stands.
type sourceView struct {
	Name      string    `json:"name"`
	Kind      string    `json:"kind"`
	Location  string    `json:"location"`
	Version   string    `json:"version,omitempty"`
	Checked   time.Time `json:"checked,omitzero"`
	Succeeded time.Time `json:"succeeded,omitzero"`
	Changed   time.Time `json:"changed,omitzero"`
	Fresh     time.Time `json:"fresh,omitzero" doc:"When its content was last known to be current."`
	Stale     bool      `json:"stale"`
	Error     string    `json:"error,omitempty"`
}

// definitionsView is how the definitions stand.
type definitionsView struct {
	Generation candor.Generation `json:"generation" doc:"In use."`
	Pinned     bool              `json:"pinned" doc:"Updates do not replace it."`
	Stale      bool              `json:"stale"`
	Checked    time.Time         `json:"checked,omitzero"`
	Sources    []sourceView      `json:"sources" nullable:"false"`
	Damaged    map[string]string `json:"damaged,omitempty" doc:"Generations that cannot be used though they were good once, and why."`
}

type definitionsAnswer struct{ Body definitionsView }

func (s *server) addDefinitions() {
	const tag = "Definitions"
	add(s, operation{id: "list-generations", method: http.MethodGet, path: "/api/v1/definitions", tag: tag, needs: []access.Permission{access.ReadCases},
		summary: "List the latest generations of the definitions", about: "The latest 50, newest first. Every verdict names its generation."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[candor.Generation], error) {
			return wholeOf(s.House.Generations(ctx, who))
		})
	add(s, operation{id: "get-definitions-health", method: http.MethodGet, path: "/api/v1/definitions/health", tag: tag, needs: []access.Permission{access.ReadSettings},
		summary: "Tell how the definitions and their sources stand"},
		func(context.Context, candor.Principal, *struct{}) (*definitionsAnswer, error) {
			return s.definitionsHealth(), nil
		})
	add(s, operation{id: "list-doubted-rules", method: http.MethodGet, path: "/api/v1/definitions/doubted", tag: tag, needs: []access.Permission{access.ReadCases},
		summary: "List rules that match known-good files", about: "They are probably wrong. Those come first that do it the most now; 100 are the most."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[candor.DoubtedRule], error) {
			return wholeOf(s.House.DoubtedRules(ctx, who))
		})
	add(s, operation{id: "check-definitions", method: http.MethodPost, path: "/api/v1/definitions/check", tag: tag, needs: managesSettings, status: http.StatusAccepted,
		summary: "Look at the sources of definitions at once"},
		done(func(ctx context.Context, who candor.Principal, _ *struct{}) error {
			return s.House.CheckDefinitions(ctx, who)
		}))
	add(s, operation{id: "use-generation", method: http.MethodPost, path: "/api/v1/definitions/{id}/use", tag: tag, needs: managesSettings,
		summary: "Use a generation, and keep it", about: "Updates do not replace it until it is unpinned."},
		done(func(ctx context.Context, who candor.Principal, in *generationName) error {
			return s.House.UseDefinitions(ctx, who, in.ID)
		}))
	add(s, operation{id: "unpin-definitions", method: http.MethodPost, path: "/api/v1/definitions/unpin", tag: tag, needs: managesSettings, summary: "Let updates replace the generation in use again"},
		done(func(ctx context.Context, who candor.Principal, _ *struct{}) error {
			return s.House.UnpinDefinitions(ctx, who)
		}))
}

func (s *server) definitionsHealth() *definitionsAnswer {
	h := s.House.Definitions.Health()
	v := definitionsView{Generation: h.Generation, Pinned: h.Pinned, Stale: h.Stale, Checked: h.Checked, Damaged: h.Damaged, Sources: []sourceView{}}
	for _, x := range h.Sources {
		v.Sources = append(v.Sources, sourceView{Name: x.Name, Kind: string(x.Kind), Location: x.Location, Version: x.Version, Checked: x.Checked,
			Succeeded: x.Succeeded, Changed: x.Changed, Fresh: x.Fresh, Stale: x.Stale, Error: x.Error})
	}
	return &definitionsAnswer{v}
}
