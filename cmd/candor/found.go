package main

import (
	"context"

	"candor"
	"candor/internal/desk"
	"candor/internal/scan"
	"candor/internal/scan/site"
)

// file files what a client had looked at, where it lies in a site: it is known
// there as if a scan had come by. What lies elsewhere, or has no place, is told
// by whoever asked.
func (r *running) file(ctx context.Context, findings []candor.Finding) error {
	sites, err := r.Store.RootedAssets(ctx)
	if err != nil {
		return err
	}
	d, err := r.clamdDefinitions()
	if err != nil {
		return err
	}
	for _, a := range sites {
		var here []candor.Finding
		for _, f := range findings {
			if scan.Within(f.Path, a.Roots) {
				here = append(here, f)
			}
		}
		if len(here) == 0 {
			continue
		}
		if _, err := r.Desk.File(ctx, desk.Filing{Asset: a.ID, Sensor: site.Sensor, Generation: d.Generation, Findings: here}); err != nil {
			return err
		}
	}
	return nil
}
