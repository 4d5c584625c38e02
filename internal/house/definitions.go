package house

import (
	"context"

	"candor"
	"candor/internal/access"
	"candor/internal/store"
)

// Generations gives the latest generations of the definitions, newest first.
func (h *House) Generations(ctx context.Context, who candor.Principal) ([]candor.Generation, error) {
	if err := may(who, access.ReadCases); err != nil {
		return nil, err
	}
	return h.Store.Generations(ctx, 50)
}

// CheckDefinitions asks for a look at the sources of definitions, at once.
func (h *House) CheckDefinitions(ctx context.Context, who candor.Principal) error {
	if err := may(who, access.ManageSettings); err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		return tx.Enqueue(ctx, DefinitionsJob{}, candor.JobOptions{Queue: "urgent", Once: true})
	})
}

// DefinitionsJob asks for a look at the sources of definitions.
type DefinitionsJob struct{}

// Kind names the job.
func (DefinitionsJob) Kind() string { return "definitions.check" }

// UseDefinitions has scans use a generation from now on, and keeps updates
// from replacing it.
func (h *House) UseDefinitions(ctx context.Context, who candor.Principal, id string) error {
	if err := may(who, access.ManageSettings); err != nil {
		return err
	}
	return h.Definitions.Use(ctx, id)
}

// UnpinDefinitions lets updates replace the generation in use again.
func (h *House) UnpinDefinitions(ctx context.Context, who candor.Principal) error {
	if err := may(who, access.ManageSettings); err != nil {
		return err
	}
	return h.Definitions.Unpin(ctx)
}

// mostDoubted is how many rules that match known-good files are told.
const mostDoubted = 100

// DoubtedRules gives the rules that matched contents which are known to be
// good, those first that do it the most now.
func (h *House) DoubtedRules(ctx context.Context, who candor.Principal) ([]candor.DoubtedRule, error) {
	if err := may(who, access.ReadCases); err != nil {
		return nil, err
	}
	return h.Store.DoubtedRules(ctx, mostDoubted)
}
