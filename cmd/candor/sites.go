package main

import (
	"context"

	"candor/internal/scan/watch"
)

// watch looks at what changes in sites, until ctx ends.
func (r *running) watch(ctx context.Context) {
	err := r.Sites.Watch(ctx, watch.Options{Clock: r.setup.clock, Log: r.setup.log})
	if ctx.Err() == nil {
		r.setup.log.Error("sites are not watched any more; they are scanned on schedule", "error", err)
	}
}
