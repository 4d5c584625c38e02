package house

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"candor"
	"candor/internal/access"
	"candor/internal/intake"
	"candor/internal/intake/format/form"
)

// formBoundary is in no part of a form's mail: those are base64.
const formBoundary = "=_candor-form"

// TakeForm keeps a report that somebody filled in the form for, and gives its
// identifier: when it returns, the report is durable, and it is read soon after. Of
// whoever is signed in it is known that the address is the own. most is how many
// bytes the message may have.
func (h *House) TakeForm(ctx context.Context, who candor.Principal, f form.Form, most int64) (candor.ID, error) {
	if !slices.Contains(candor.Classes(), f.Class) || len(f.About) == 0 || len(f.About) > form.MostAbout {
		return "", candor.WithHint(fmt.Errorf("a report of no class, or about nothing: %w", candor.ErrInvalid), "Say what happened, and what it is about.")
	}
	a := intake.Arrival{Way: intake.Form, Source: "form", Received: h.Clock().UTC()}
	if f.Account = access.Allowed(who, access.ActOwn); f.Account {
		a.Source = who.Actor()
	}
	body, err := form.Write(f, formBoundary, a.Received)
	if err != nil {
		return "", fmt.Errorf("write a report of the form: %w", err)
	}
	a.Body, a.From = bytes.NewReader(body), f.From.Address
	return h.NewReportKeeper(most).keep(ctx, a)
}
