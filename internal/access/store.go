package access

import (
	"context"
	"encoding/json"
	"time"

	"candor"
)

// Store keeps what this package must remember. It is safe for concurrent use.
//
// What is not there is candor.ErrNotFound. A key that is taken (a user's mail,
// a passkey's credential, an identity's issuer and subject) is
// candor.ErrChanged. A list that is empty is no error.
type Store interface {
	Reader
	// Change calls do with a transaction, serializable with every other one:
	// all of what do does happens, or, if do gives an error, none of it, and
	// the error comes back. do may be called again after a conflict.
	Change(ctx context.Context, do func(tx Tx) error) error
}

// Reader is what can be asked.
type Reader interface {
	User(ctx context.Context, id candor.ID) (candor.User, error)
	// UserByMail looks for a mail in lower case.
	UserByMail(ctx context.Context, mail string) (candor.User, error)
	// Admins counts the administrators who are not disabled.
	Admins(ctx context.Context) (int, error)

	Password(ctx context.Context, user candor.ID) (Password, error)

	// Passkey looks for the identifier that its authenticator gave.
	Passkey(ctx context.Context, credential []byte) (Passkey, error)
	// Passkeys are those of one user, oldest first.
	Passkeys(ctx context.Context, user candor.ID) ([]Passkey, error)

	Identity(ctx context.Context, issuer, subject string) (Identity, error)
	// Identities are those of one user, oldest first.
	Identities(ctx context.Context, user candor.ID) ([]Identity, error)

	Token(ctx context.Context, id candor.ID) (Token, error)
	// Tokens are those of one user, newest first, revoked ones too; none that was
	// made for a reporter.
	Tokens(ctx context.Context, user candor.ID) ([]Token, error)
	// ReporterTokens are those of reporters, newest first, revoked ones too; of one
	// reporter unless that is empty.
	ReporterTokens(ctx context.Context, reporter string) ([]Token, error)

	// Session looks for the SHA-256 of the cookie's secret. It may give
	// sessions that have expired.
	Session(ctx context.Context, hash []byte) (Session, error)
	// Sessions are those of one user, newest first.
	Sessions(ctx context.Context, user candor.ID) ([]Session, error)

	// Secret looks for the SHA-256 of a one-time secret. It may give one that
	// has expired.
	Secret(ctx context.Context, hash []byte) (Secret, error)
}

// Tx is what can be done in a transaction. It is used by one goroutine only.
// After a call that failed others may follow, and may fail too; the transaction
// then comes to nothing.
type Tx interface {
	Reader

	AddUser(ctx context.Context, u candor.User) error
	// ChangeUser replaces all of a user but ID and Created.
	ChangeUser(ctx context.Context, u candor.User) error

	// SetPassword adds or replaces.
	SetPassword(ctx context.Context, p Password) error

	AddPasskey(ctx context.Context, p Passkey) error
	// ChangePasskey replaces Name, Record, Cloned and Used of the passkey with p.ID.
	ChangePasskey(ctx context.Context, p Passkey) error
	DeletePasskey(ctx context.Context, id candor.ID) error

	AddIdentity(ctx context.Context, i Identity) error
	DeleteIdentity(ctx context.Context, issuer, subject string) error

	AddToken(ctx context.Context, t Token) error
	// ChangeToken replaces Used and Revoked of the token with t.ID.
	ChangeToken(ctx context.Context, t Token) error

	AddSession(ctx context.Context, s Session) error
	// TouchSession sets Seen. It never brings back a session that is gone,
	// for which it gives candor.ErrNotFound.
	TouchSession(ctx context.Context, id candor.ID, seen time.Time) error
	DeleteSession(ctx context.Context, id candor.ID) error
	// DeleteSessions removes those of the user except one; keep may be empty.
	DeleteSessions(ctx context.Context, user, keep candor.ID) error

	AddSecret(ctx context.Context, s Secret) error
	// TakeSecret removes a secret and gives it. Of several transactions that
	// take the same one, one gets it and the others candor.ErrNotFound.
	TakeSecret(ctx context.Context, hash []byte) (Secret, error)
	// DeleteSecrets removes those of one purpose and one user, who may be empty.
	DeleteSecrets(ctx context.Context, purpose Purpose, user candor.ID) error

	// DeleteExpired removes sessions and secrets whose Expires is not after now,
	// and sessions whose Seen is not after idle.
	DeleteExpired(ctx context.Context, now, idle time.Time) error

	// Record adds to the evidence log.
	Record(ctx context.Context, r candor.Record) error
}

// Password is the proof that a user knows one. A user without one signs in by
// other means.
type Password struct {
	User    candor.ID
	Hash    string // PHC string format; see package password
	Changed time.Time
}

// Passkey is one WebAuthn credential of a user, who may have several.
type Passkey struct {
	ID         candor.ID
	User       candor.ID
	Credential []byte // the authenticator's identifier, up to 1023 bytes; unique
	Name       string // given by the user, to tell keys apart
	Record     json.RawMessage
	Cloned     bool // its counter went backwards once: somebody may hold a copy
	Created    time.Time
	Used       time.Time // zero if never
}

// Identity ties an account at an identity provider to a user. Issuer and
// subject together are unique (OpenID Connect Core 1.0, 5.7).
type Identity struct {
	Issuer  string
	Subject string
	User    candor.ID
	Created time.Time
}

// Token lets a program act for a user, never beyond what the user may, or hand in
// reports for a reporter.
type Token struct {
	ID   candor.ID
	User candor.ID
	// Reporter is the mail address of the reporter for whom User made it, in lower
	// case; empty of a token that acts for User.
	Reporter string
	Name     string
	Hash     []byte   // SHA-256 of the whole token
	Scopes   []string // see [Scopes]; never empty
	Created  time.Time
	Expires  time.Time // zero for never
	Used     time.Time // to the minute; zero if never
	Revoked  time.Time // zero if it is not
}

// Session is one browser in which a user is signed in.
type Session struct {
	ID      candor.ID
	Hash    []byte // SHA-256 of the cookie's secret; unique
	User    candor.ID
	Method  Method
	Address string // where it began; personal
	Agent   string // the browser's name for itself, up to 200 bytes; personal
	Created time.Time
	Seen    time.Time // to the minute
	Expires time.Time // at the latest; being idle ends it earlier
}

// Method says how somebody signed in.
type Method string

const (
	ByPassword Method = "password"
	ByPasskey  Method = "passkey"
	ByOIDC     Method = "oidc"
	ByLink     Method = "link" // an invitation or a reset
)

// Secret is something that works once: a link that lets somebody in, or the
// server's half of a ceremony that a browser has begun.
type Secret struct {
	Hash    []byte // SHA-256 of the secret; unique
	Purpose Purpose
	User    candor.ID       // empty if not known yet
	Data    json.RawMessage // up to 16 KiB; nil for none
	Created time.Time
	Expires time.Time
}

// Purpose says what a one-time secret is good for. It is good for nothing else.
type Purpose string

const (
	FirstAdmin    Purpose = "first-admin"     // makes the first administrator
	Invitation    Purpose = "invitation"      // lets a new user choose a password
	Reset         Purpose = "reset"           // lets a user choose another password
	passkeyAdd    Purpose = "passkey-add"     // a registration ceremony
	passkeySignIn Purpose = "passkey-sign-in" // an authentication ceremony
	oidcSignIn    Purpose = "oidc-sign-in"    // a visit to an identity provider
)
