package respond

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
)

// findBasis gives the basis that choice asks for, if it gives the right to
// the method at that time; otherwise candor.ErrDenied with a hint.
func findBasis(choice candor.Basis, method string, agreements []candor.Agreement, at time.Time) (candor.Basis, error) {
	switch choice.Kind {
	case "", candor.ByAgreement:
		return findAgreement(choice.Agreement, method, agreements, at)
	case candor.ByConsent:
		if strings.TrimSpace(choice.Terms) == "" || choice.Accepted.IsZero() || choice.Accepted.After(at) {
			return candor.Basis{}, denied("a consent that does not say to what and when it was given is none",
				"Say how the party consented, and when.")
		}
		choice.Agreement = ""
		return choice, nil
	case candor.ByLaw:
		if strings.TrimSpace(choice.Terms) == "" {
			return candor.Basis{}, denied("no law is named", "Name the law, and the clause, that this response is a duty under.")
		}
		choice.Agreement = ""
		return choice, nil
	}
	return candor.Basis{}, denied(fmt.Sprintf("%.40q is no kind of basis", choice.Kind),
		"Choose an agreement, a consent or a law.")
}

// findAgreement gives the agreement chosen, or the latest that will do.
func findAgreement(chosen candor.ID, method string, all []candor.Agreement, at time.Time) (candor.Basis, error) {
	var best candor.Agreement
	for _, a := range all {
		suits := chosen == "" || a.ID == chosen
		if suits && a.InForce(at) && slices.Contains(a.Allows, method) && (best.ID == "" || a.Accepted.After(best.Accepted)) {
			best = a
		}
	}
	switch {
	case best.ID != "":
		return candor.Basis{Kind: candor.ByAgreement, Agreement: best.ID, Terms: best.Terms,
			Version: best.Version, Accepted: best.Accepted}, nil
	case chosen != "":
		return candor.Basis{}, denied("the agreement is not in force, not the party's, or does not allow "+method,
			"Choose another agreement, a consent or a law.")
	}
	return candor.Basis{}, denied("the party has no agreement in force that allows "+method,
		"Record the party's acceptance of terms that allow it, its consent, or the law that demands it.")
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
