package ui

import (
	"context"

	"candor/internal/phrase"
)

// cursorLink is the address of this page from a cursor on. Variant takes
// cursors out before it sets its own.
func cursorLink(ctx context.Context, name, cursor string) string { return Variant(ctx, name, cursor) }

func cursorWords(ctx context.Context, c Cursor) string {
	p := phrase.From(ctx)
	total := p.Number(int64(c.Total))
	if c.AtLeast {
		total = p.T("ui.count.atleast", phrase.Args{"n": c.Total})
	}
	switch {
	case c.From == 0 && c.Total > 0 && !c.AtLeast:
		return p.N("ui.count", c.Total)
	case c.From == 0 && c.Total > 0:
		return total
	case c.From == 0:
		return ""
	case c.Total == 0:
		return p.T("ui.count.shown", phrase.Args{"from": c.From, "to": c.To})
	}
	return p.T("ui.count.range", phrase.Args{"from": c.From, "to": c.To, "total": total})
}
