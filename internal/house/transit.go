package house

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"candor"
	"candor/internal/respond/quarantine"
)

// InPlace leaves findings out that are in files on their way to the vault or
// back, which a look that began at some time came across: they are known by the
// place that the file has. A name alone says nothing of that: a response must
// have had the file on its way since then.
func (h *House) InPlace(ctx context.Context, asset candor.ID, began time.Time, findings []candor.Finding) ([]candor.Finding, error) {
	passes := func(f candor.Finding) bool { return quarantine.Transit(filepath.Base(f.Path)) }
	if !slices.ContainsFunc(findings, passes) {
		return findings, nil
	}
	ways, err := h.onTheWay(ctx, asset, began)
	if err != nil {
		return nil, fmt.Errorf("look for files on their way: %w", err)
	}
	return slices.DeleteFunc(slices.Clone(findings), func(f candor.Finding) bool {
		return slices.ContainsFunc(ways, func(r quarantine.Result) bool { return r.Transit(f.Path) })
	}), nil
}

// onTheWay gives what quarantines of an asset have on its way, or had since.
func (h *House) onTheWay(ctx context.Context, asset candor.ID, since time.Time) (all []quarantine.Result, err error) {
	a, err := h.Store.Asset(ctx, candor.Everything, asset)
	if err != nil {
		return nil, err
	}
	for cut := (candor.Cut{Limit: 500}); ; {
		page, err := h.Store.Responses(ctx, candor.Everything, candor.ResponseFilter{Party: a.Owner, Method: "quarantine"}, cut)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Items {
			now := r.State == candor.ResponseApproved || r.State == candor.ResponseUndoing
			if r.Asset != asset || len(r.Result) == 0 || !now && r.Updated.Before(since) {
				continue
			}
			result, err := quarantine.ReadResult(r.Result)
			if err != nil {
				return nil, err
			}
			all = append(all, result)
		}
		if page.Next == "" {
			return all, nil
		}
		cut.Cursor = page.Next
	}
}
