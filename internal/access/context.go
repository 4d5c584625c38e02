package access

import (
	"context"

	"candor"
)

type (
	principalKey struct{}
	sessionKey   struct{}
)

// With says who asks.
func With(ctx context.Context, p candor.Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From gives who asks, the zero Principal if nobody is known.
func From(ctx context.Context) candor.Principal {
	p, _ := ctx.Value(principalKey{}).(candor.Principal)
	return p
}

// SessionFrom gives the session that a request came with; false for tokens and
// for those who are not signed in.
func SessionFrom(ctx context.Context) (Session, bool) {
	s, ok := ctx.Value(sessionKey{}).(Session)
	return s, ok
}

// principal is the user behind a session.
func principal(u candor.User) candor.Principal {
	return candor.Principal{User: u.ID, Name: u.Name, Role: u.Role, Party: u.Party}
}
