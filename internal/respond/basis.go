package respond

import (
	"context"
	"fmt"
	"strings"
	"time"

	"candor"
)

// findBasis gives the basis that choice asks for, if it gives the right to
// the method towards a party at that time; otherwise candor.ErrDenied with a
// hint.
func findBasis(ctx context.Context, tx Tx, party candor.ID, choice candor.Basis, method string, at time.Time) (candor.Basis, error) {
	switch {
	case choice.Kind == "", choice.Kind == candor.ByAgreement, choice.Kind == candor.ByConsent && choice.Agreement != "":
		return tx.Basis(ctx, party, choice.Agreement, method, at)
	case choice.Kind == candor.ByConsent:
		if strings.TrimSpace(choice.Terms) == "" || choice.Accepted.IsZero() || choice.Accepted.After(at) {
			return candor.Basis{}, denied("a consent that does not say to what and when it was given is none",
				"Say how the party consented, and when.")
		}
		return choice, nil
	case choice.Kind == candor.ByLaw:
		if strings.TrimSpace(choice.Terms) == "" {
			return candor.Basis{}, denied("no law is named", "Name the law, and the clause, that this response is a duty under.")
		}
		choice.Agreement = ""
		return choice, nil
	}
	return candor.Basis{}, denied(fmt.Sprintf("%.40q is no kind of basis", choice.Kind),
		"Choose an agreement, a consent or a law.")
}

// permitted tells why a method must not be used on a target, whatever the
// basis.
func permitted(m Method, t Target) error {
	switch {
	case !m.TouchesAsset():
		return nil
	case t.Asset.ID == "":
		return denied(m.Name()+" needs an asset", "Name the asset.")
	case t.Asset.ObserveOnly:
		return denied("the asset is only observed", "Lift the rule “observe only” of the asset first, if its owner agrees.")
	case t.Asset.Owner != t.Party.ID:
		return denied("the asset belongs to another party", "Ask for the response with the asset's owner as its party.")
	}
	return nil
}

func denied(what, hint string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrDenied), hint)
}

func invalid(what, hint string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrInvalid), hint)
}
