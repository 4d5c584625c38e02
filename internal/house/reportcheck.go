package house

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"candor"
	"candor/internal/desk"
)

// Visitor asks for an address as a visitor would.
type Visitor interface {
	// Visit gives the HTTP status that a URL is answered with, redirects not
	// followed. ErrNoHost says that its name leads nowhere; other errors say that
	// it cannot be told.
	Visit(ctx context.Context, url string) (status int, err error)
}

// ErrNoHost says that there is no host of that name.
var ErrNoHost = errors.New("no host has that name")

// RecheckReports looks again at what others reported in a case, when somebody says
// that it is mended, or a person asks. A URL that is answered as gone is gone.
// What cannot be looked at (what a line did) is gone when its holder says so: if
// it happens again it is reported again.
func (h *House) RecheckReports(ctx context.Context, id candor.ID, by string) error {
	all, err := h.Store.FindingsOfCase(ctx, id)
	if err != nil {
		return err
	}
	var gone []candor.ID
	for _, f := range all {
		if f.Sensor != desk.Reported || f.State != candor.FindingOpen {
			continue
		}
		over, err := h.isOver(ctx, f, by)
		if err != nil {
			return err
		}
		if over {
			gone = append(gone, f.ID)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return h.Desk.Gone(ctx, gone, by)
}

// isOver tells whether what was reported is there no longer. What cannot be told
// is not over.
func (h *House) isOver(ctx context.Context, f candor.FiledFinding, by string) (bool, error) {
	if !strings.HasPrefix(f.Path, "http://") && !strings.HasPrefix(f.Path, "https://") {
		return !strings.HasPrefix(by, "user:"), nil // whoever holds it says so; the staff dismisses, or closes the case
	}
	if h.Reports.Visitor == nil {
		return false, nil
	}
	status, err := h.Reports.Visitor.Visit(ctx, f.Path)
	switch {
	case ctx.Err() != nil:
		return false, fmt.Errorf("look at %.200q again: %w", f.Path, ctx.Err())
	case errors.Is(err, ErrNoHost):
		return true, nil
	case err != nil:
		return false, nil
	}
	return status == http.StatusNotFound || status == http.StatusGone || status == http.StatusUnavailableForLegalReasons, nil
}
