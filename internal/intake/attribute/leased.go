package attribute

import (
	"candor"
	"candor/internal/flow"
	"candor/internal/flow/lease"
)

// Table is a lease.Table as Leases.
type Table struct {
	*lease.Table
	// Lines gives the assets that lines stand for; false of those that are none
	// any more. It is safe for concurrent use.
	Lines func(flow.Line) (candor.ID, bool)
}

// Asset is the asset of a tenure's line.
func (t Table) Asset(of lease.Tenure) (candor.ID, bool) {
	if of.Line == 0 {
		return "", false
	}
	return t.Lines(of.Line)
}
