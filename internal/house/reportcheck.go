package house

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

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
	all = slices.DeleteFunc(all, func(f candor.FiledFinding) bool { return f.Sensor != desk.Reported || f.State != candor.FindingOpen })
	urls := slices.DeleteFunc(slices.Clone(all), func(f candor.FiledFinding) bool { return !isURL(f.Path) })
	others := slices.DeleteFunc(all, func(f candor.FiledFinding) bool { return isURL(f.Path) })
	if len(urls) > mostVisited { // another run begins elsewhere, so that all have their turn
		n := int(h.Clock().Unix() / 60 % int64(len(urls)))
		urls = append(urls[n:], urls[:n]...)[:mostVisited]
	}
	if err := h.recheck(ctx, others, by); err != nil {
		return err
	}
	for some := range slices.Chunk(urls, visitedAtOnce) {
		if err := h.recheck(ctx, some, by); err != nil {
			return err
		}
	}
	return nil
}

// Most URLs that are asked for in a run, and of these at a time.
const (
	mostVisited   = 50
	visitedAtOnce = 8
)

func isURL(path string) bool {
	return strings.HasPrefix(path, "http://") || strings.HasPrefix(path, "https://")
}

// recheck looks at findings at once, and notes which are over.
func (h *House) recheck(ctx context.Context, all []candor.FiledFinding, by string) error {
	over, errs := make([]bool, len(all)), make([]error, len(all))
	var looking sync.WaitGroup
	for i, f := range all {
		looking.Go(func() { over[i], errs[i] = h.isOver(ctx, f, by) })
	}
	looking.Wait()
	var gone []candor.ID
	for i, f := range all {
		if over[i] {
			gone = append(gone, f.ID)
		}
	}
	if err := errors.Join(errs...); err != nil || len(gone) == 0 {
		return err
	}
	return h.Desk.Gone(ctx, gone, by)
}

// isOver tells whether what was reported is there no longer. What cannot be told
// is not over.
func (h *House) isOver(ctx context.Context, f candor.FiledFinding, by string) (bool, error) {
	if !isURL(f.Path) {
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
		status = 0 // it cannot be told
	}
	return status == http.StatusNotFound || status == http.StatusGone || status == http.StatusUnavailableForLegalReasons, nil
}
