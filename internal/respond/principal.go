package respond

import (
	"slices"
	"strings"

	"candor"
)

// program tells whether the principal is the program itself, or a policy.
func program(who candor.Principal) bool { return who.User == "" && who.Role == "" && who.Token == "" }

// actor is how the principal is written down. A policy is the program under
// the name "policy:…".
func actor(who candor.Principal) string {
	if program(who) && strings.HasPrefix(who.Name, "policy:") {
		return who.Name
	}
	return who.Actor()
}

// scope is what the principal may see; the program sees everything.
func scope(who candor.Principal) candor.Scope {
	if program(who) {
		return candor.Everything
	}
	return who.Scope()
}

// mayDecide is candor.ErrDenied unless the principal may say what becomes of
// responses.
func mayDecide(who candor.Principal) error {
	if program(who) {
		return nil
	}
	if who.Role != candor.RoleAdmin && who.Role != candor.RoleAnalyst || !mayWrite(who) {
		return denied("decide about a response", "Ask an analyst or an administrator.")
	}
	return nil
}

// mayPropose is candor.ErrDenied unless the principal may ask for a response
// to that party. Parties may ask for one to themselves.
func mayPropose(who candor.Principal, party candor.ID) error {
	own := (who.Role == candor.RoleCustomer || who.Role == candor.RoleSubscriber) && who.Party != "" && who.Party == party
	if own && mayWrite(who) {
		return nil
	}
	return mayDecide(who)
}

// mayWrite tells whether the token, if there is one, is for changing things.
func mayWrite(who candor.Principal) bool {
	return who.Token == "" || slices.Contains(who.Scopes, "write") || slices.Contains(who.Scopes, "admin")
}
