package fleet

import (
	"context"
	"errors"
	"time"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/scan/site"
)

// take takes a report. When it has answered, what the report says is durable.
// One that can never be taken is told, passed over and counted as taken, so
// that it does not keep back those that follow.
func (s *Service) take(ctx context.Context, a candor.Agent, in wire.Report) (wire.Received, error) {
	if in.Number <= a.Received {
		return wire.Received{Received: a.Received}, nil
	}
	r := site.Report{Scan: in.Scan, Asset: in.Asset, Cause: in.Cause, Began: sensible(in.Began, s.Clock()), Generation: in.Generation,
		Files: in.Files, Bytes: in.Bytes, Findings: in.Findings, Errors: in.Errors, Found: in.Found}
	for i := range r.Found {
		r.Found[i].Path = candor.RawPath(r.Found[i].Path)
	}
	if in.End != nil {
		r.Over, r.Complete, r.Error = true, in.End.Complete, in.End.Error
	}
	err := s.Sites.Take(ctx, a.Asset, r)
	refused := errors.Is(err, candor.ErrDenied) || errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrNotFound)
	if err != nil && !refused {
		return wire.Received{}, err
	}
	if refused {
		s.Log.Error("a report of an agent was refused", "agent", a.ID, "server", a.Asset, "site", in.Asset, "findings", len(in.Found), "error", err)
	}
	over := in.End != nil || refused
	err = s.Store.Tx(ctx, func(tx Tx) error {
		if over {
			if k, err := tx.AgentTask(ctx, scanTask(in.Scan)); err == nil && k.Asset == a.Asset {
				if err := tx.DeleteAgentTask(ctx, k.ID); err != nil {
					return err
				}
			}
		}
		return tx.ReceiveFrom(ctx, a.ID, in.Number)
	})
	if errors.Is(err, candor.ErrChanged) { // it came twice at once
		err = nil
	}
	return wire.Received{Received: in.Number}, err
}

// sensible gives a time of an agent's clock, or ours where that is ahead: what
// was quarantined since must not seem to be seen again.
func sensible(at, now time.Time) time.Time {
	if at.IsZero() || at.After(now) {
		return now.UTC()
	}
	return at.UTC()
}

func progress(p wire.Running) site.Report {
	return site.Report{Scan: p.Scan, Asset: p.Asset, Files: p.Files, Bytes: p.Bytes, Findings: p.Findings, Errors: p.Errors}
}

// inventory takes which software is on the server of an agent, or at a site there.
func (s *Service) inventory(ctx context.Context, a candor.Agent, in wire.InventoryReport) (out wire.InventoryAnswer, err error) {
	if s.Software == nil {
		return out, nil
	}
	out.Whole, err = s.Software.TakeInventory(ctx, a.Asset, in.Asset, in.Digest, in.List)
	if errors.Is(err, candor.ErrDenied) || errors.Is(err, candor.ErrInvalid) {
		s.Log.Error("what an agent says of software was refused", "agent", a.ID, "server", a.Asset, "site", in.Asset, "error", err)
	}
	return out, err
}
