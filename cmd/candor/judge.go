package main

import (
	"context"

	"candor"
	"candor/engine"
	"candor/internal/scan"
)

// judge looks at a content with the definitions in use, as a scan does.
func (r *running) judge(_ context.Context, place string, content []byte, uid uint32) ([]candor.Finding, error) {
	h, err := r.Definitions.Current()
	if err != nil {
		return nil, err
	}
	defer h.Release()
	rules := h.Compiled().Rules
	looker := scan.NewLooker(func() scan.Matcher { return rules.NewScanner(engine.ScanOptions{}) }, nil, r.setup.into)
	return looker.Look(place, content, uid)
}
