package fleet

import (
	"context"
	"time"

	"candor/internal/fleet/wire"
	"candor/internal/store"
)

// mostBelieved is how many contents are told at a time.
const mostBelieved = 20_000

// ClaimClean notes contents that this program itself found to be clean.
func (s *Service) ClaimClean(ctx context.Context, under string, digests []string) error {
	return s.claim(ctx, store.House, wire.Claim{Under: under, Digests: digests})
}

func (s *Service) claim(ctx context.Context, who string, c wire.Claim) error {
	return s.Store.Tx(ctx, func(tx Tx) error { return tx.ClaimClean(ctx, c.Under, who, c.Digests, s.Clock()) })
}

// believed gives contents that are believed to be clean.
func (s *Service) believed(ctx context.Context, under string, after store.Believed) (wire.Believed, error) {
	all, err := s.Store.Believed(ctx, under, after, mostBelieved)
	out := wire.Believed{Digests: make([]string, len(all)), Number: after.Number, Digest: after.Digest, More: len(all) == mostBelieved}
	for i, b := range all {
		out.Digests[i], out.Number, out.Digest = b.Digest, b.Number, b.Digest
	}
	return out, err
}

// keptFor is how long the end of a task is kept that nobody has asked for.
const keptFor = 7 * 24 * time.Hour

// Forget removes verdicts that rest on anything but these, and what is over.
func (s *Service) Forget(ctx context.Context, but []string) error {
	return s.Store.Tx(ctx, func(tx Tx) error {
		if err := tx.ForgetAgentTasks(ctx, s.Clock().Add(-keptFor)); err != nil {
			return err
		}
		return tx.ForgetVerdicts(ctx, but)
	})
}
