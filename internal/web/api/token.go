package api

import (
	"context"
	"net/http"
	"time"

	"candor"
	"candor/internal/access"
)

// Token is a token without its text. It is exported for huma, which sees nothing else.
type Token struct {
	ID      candor.ID `json:"id"`
	Name    string    `json:"name"`
	Scopes  []scope   `json:"scopes" nullable:"false"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
	Used    time.Time `json:"used,omitzero" doc:"To the minute."`
	Revoked time.Time `json:"revoked,omitzero"`
}

type newToken struct {
	Body struct {
		Name    string    `json:"name" minLength:"1" maxLength:"200" doc:"The program that will use it."`
		Scopes  []scope   `json:"scopes" minItems:"1" maxItems:"3"`
		Expires time.Time `json:"expires,omitzero" doc:"Never if missing."`
	}
}

// madeToken is a token, and what can be seen only now.
type madeToken struct {
	Token
	Text string `json:"text" doc:"The token itself. Shown now and never again."`
}

func (s *server) addTokens() {
	const tag = "Tokens"
	add(s, operation{id: "list-tokens", method: http.MethodGet, path: "/api/v1/tokens", tag: tag, needs: []access.Permission{SignedIn}, summary: "List your tokens", about: "Newest first, revoked ones too."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[Token], error) {
			all, err := s.Access.Tokens(ctx, who, who.User)
			out := make([]Token, len(all))
			for i, t := range all {
				out[i] = viewOf(t)
			}
			return wholeOf(out, err)
		})
	add(s, operation{id: "make-token", method: http.MethodPost, path: "/api/v1/tokens", tag: tag, needs: []access.Permission{access.HoldTokens}, status: http.StatusCreated, secrets: []string{"text"},
		summary: "Make a token for a program of yours", about: "A token may what you may, bounded by its scopes. A repetition with the same key does not show its text again."},
		func(ctx context.Context, who candor.Principal, in *newToken) (*struct{ Body madeToken }, error) {
			scopes := make([]string, len(in.Body.Scopes))
			for i, w := range in.Body.Scopes {
				scopes[i] = string(w)
			}
			if err := s.Access.Recent(ctx); err != nil { // a browser that was left open makes none
				return nil, err
			}
			text, t, err := s.Access.MakeToken(ctx, who, in.Body.Name, scopes, in.Body.Expires)
			return &struct{ Body madeToken }{madeToken{viewOf(t), text}}, err
		})
	add(s, operation{id: "revoke-token", method: http.MethodDelete, path: "/api/v1/tokens/{id}", tag: tag, needs: []access.Permission{SignedIn}, summary: "Make a token worthless at once",
		about: "Yours; anybody's for administrators. A token can revoke itself."},
		done(func(ctx context.Context, who candor.Principal, in *one) error {
			return s.Access.RevokeToken(ctx, who, in.ID)
		}))
}

func viewOf(t access.Token) Token {
	v := Token{ID: t.ID, Name: t.Name, Scopes: make([]scope, len(t.Scopes)), Created: t.Created, Expires: t.Expires, Used: t.Used, Revoked: t.Revoked}
	for i, w := range t.Scopes {
		v.Scopes[i] = scope(w)
	}
	return v
}
