package main

import (
	"context"
	"encoding/hex"
	"maps"
	"slices"
	"sync"

	"candor/internal/agent"
	"candor/internal/fleet/wire"
	"candor/internal/scan"
	"candor/internal/scan/known"
)

// mostClaims bounds the contents that a scan tells of: 8 MB.
const mostClaims = 1 << 18

// claims are contents that a scan of this program found to be clean, to be told
// to agents. It knows none itself. Nil keeps nothing.
type claims struct {
	r     *running
	under string
	lock  sync.Mutex
	sums  map[known.Sum]bool
}

// claims begins to gather; nil if there are no agents to tell.
func (r *running) claims(generation string) *claims {
	if r.setup.agents == "" {
		return nil
	}
	return &claims{r: r, under: wire.Under(generation, programVersion(), scan.Opening(r.setup.into).Name), sums: map[known.Sum]bool{}}
}

// Clean implements known.Others.
func (*claims) Clean(known.Sum) bool { return false }

// Tell implements known.Others.
func (c *claims) Tell(s known.Sum) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if len(c.sums) < mostClaims {
		c.sums[s] = true
	}
}

// keep keeps what was gathered. What is lost costs agents a little.
func (c *claims) keep() {
	if c == nil {
		return
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	all := make([]string, 0, len(c.sums))
	for s := range maps.Keys(c.sums) {
		all = append(all, hex.EncodeToString(s[:]))
	}
	slices.Sort(all)
	for part := range slices.Chunk(all, wire.MostDigests) {
		if err := c.r.Fleet.ClaimClean(context.Background(), c.under, part); err != nil {
			c.r.setup.log.Warn("agents are not told what is clean", "error", err)
			return
		}
	}
	clear(c.sums)
}

// forgetVerdicts removes what nobody asks for any more: what rests on other
// definitions or programs than this one's and those of agents.
func (r *running) forgetVerdicts(ctx context.Context) error {
	all, err := r.Fleet.Agents(ctx)
	if err != nil {
		return err
	}
	current := fleetDefinitions{r.Definitions}.Current()
	opening := scan.Opening(r.setup.into).Name
	used := map[string]bool{wire.Under(current, programVersion(), opening): true}
	for _, a := range all {
		for _, opening := range []string{opening, agent.Opening()} {
			used[wire.Under(a.Generation, a.Version, opening)] = true
			used[wire.Under(current, a.Version, opening)] = true
		}
	}
	return r.Fleet.Forget(ctx, slices.Sorted(maps.Keys(used)))
}
