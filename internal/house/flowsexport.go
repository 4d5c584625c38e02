package house

import (
	"context"
	"fmt"

	"candor"
	"candor/internal/flow/archive"
)

// MostExported is how many flows an export has at most.
const MostExported = 1_000_000

// FlowExport gives flows from the archive as long as there are some, the newest
// first. It holds a part of them at a time.
type FlowExport struct {
	Unmeasured Unmeasured // why there are none; then Next gives none
	house      *House
	walk       *archive.Walk
	part       FlowRecords
	begun      bool // part is what Next gives
}

// ExportFlows begins to give the flows of a question, so many at most, up to
// MostExported; 0 is that. It is looked upon as Flows is, once for all of them. What
// the first part costs shows here.
func (h *House) ExportFlows(ctx context.Context, who candor.Principal, purpose FlowPurpose, q archive.Question, most int) (*FlowExport, error) {
	if most < 0 || most > MostExported {
		return nil, candor.WithHint(fmt.Errorf("export %d flows: %w", most, candor.ErrInvalid), "Ask for at most 1,000,000 flows at a time.")
	}
	if most == 0 {
		most = MostExported
	}
	if err := h.looksAt(ctx, look{who: who, purpose: purpose, raw: true, export: most}, []archive.Question{q}); err != nil {
		return nil, err
	}
	if h.Archive == nil {
		return &FlowExport{Unmeasured: NotKept}, nil
	}
	whole, err := h.withoutErased(ctx, q, true)
	if err != nil {
		return nil, err
	}
	e := &FlowExport{house: h, part: FlowRecords{Lines: map[candor.ID]FlowLine{}}}
	if e.walk, err = archive.NewWalk(h.Archive, whole, most); err != nil {
		return nil, err
	}
	_, err = e.Next(ctx)
	e.begun = true
	return e, err
}

// mostNames bounds the lines whose names are remembered from part to part.
const mostNames = 50_000

// Next gives the next part, whose flows are good until it is called again; one
// without flows when there are no more.
func (e *FlowExport) Next(ctx context.Context) (FlowRecords, error) {
	if e.begun || e.walk == nil {
		e.begun = false
		return e.part, nil
	}
	if len(e.part.Lines) > mostNames {
		clear(e.part.Lines)
	}
	for e.part.Flows = e.part.Flows[:0]; len(e.part.Flows) == 0; {
		all, err := e.walk.Next(ctx)
		if err != nil {
			return FlowRecords{}, tooMuch(err)
		}
		if len(all) == 0 {
			break
		}
		if err := e.house.nameFlows(ctx, all, &e.part); err != nil {
			return FlowRecords{}, err
		}
	}
	return e.part, nil
}

// More tells whether there are older flows that are left out since there are too
// many. It is known when Next gives none.
func (e *FlowExport) More() bool { return e.walk != nil && e.walk.More() }
