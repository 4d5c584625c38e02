package house

import (
	"context"
	"errors"
	"time"

	"candor"
	"candor/internal/access"
)

// Check looks at the health of one part.
type Check struct {
	Name string // a key of the catalogue: database, jobs, definitions, mail, vault, evidence, disk
	// Ready parts must be well for the program to take requests.
	Ready bool
	// Look gives facts by name, and what is wrong. An error of the kind
	// ErrStale is a warning.
	Look func(context.Context) (facts map[string]string, err error)
}

// ErrStale says that a part works with what it has, which is old.
var ErrStale = errors.New("not up to date")

// Condition is how a part is.
type Condition struct {
	Name  string            `json:"name"`
	State string            `json:"state"` // well, stale, ill
	Facts map[string]string `json:"facts,omitempty"`
	Error string            `json:"error,omitempty"`
	Hint  string            `json:"hint,omitempty"`
	Took  time.Duration     `json:"took"`
}

// Health looks at all parts, for whoever may see settings.
func (h *House) Health(ctx context.Context, who candor.Principal) ([]Condition, error) {
	if err := may(who, access.ReadSettings); err != nil {
		return nil, err
	}
	return h.look(ctx, func(Check) bool { return true }), nil
}

// Ready tells whether requests can be served.
func (h *House) Ready(ctx context.Context) error {
	for _, c := range h.look(ctx, func(c Check) bool { return c.Ready }) {
		if c.State == "ill" {
			return errors.New(c.Name + ": " + c.Error)
		}
	}
	return nil
}

func (h *House) look(ctx context.Context, which func(Check) bool) []Condition {
	var all []Condition
	for _, check := range h.Checks {
		if !which(check) {
			continue
		}
		bounded, cancel := context.WithTimeout(ctx, 5*time.Second)
		began := time.Now()
		facts, err := check.Look(bounded)
		cancel()
		c := Condition{Name: check.Name, State: "well", Facts: facts, Took: time.Since(began)}
		if err != nil {
			c.State, c.Error, c.Hint = "ill", err.Error(), candor.Hint(err)
			if errors.Is(err, ErrStale) {
				c.State = "stale"
			}
		}
		all = append(all, c)
	}
	return all
}
