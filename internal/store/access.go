package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Access keeps what package access must remember.
func (s *Store) Access() access.Store { return accessStore{accessReader{s.reader}, s} }

type accessStore struct {
	accessReader
	store *Store
}

type accessReader struct{ reader }

type accessTx struct {
	accessReader
	tx *Tx
}

func (s accessStore) Change(ctx context.Context, do func(access.Tx) error) error {
	err := s.store.serializable(ctx, func(tx *Tx) error { return do(accessTx{accessReader{tx.reader}, tx}) })
	if errors.Is(err, candor.ErrExists) {
		return fmt.Errorf("%w: %w", candor.ErrChanged, err)
	}
	return err
}

// User gives a user.
func (r reader) User(ctx context.Context, id candor.ID) (candor.User, error) {
	row, err := one[query.User](ctx, r.db, "users", "id = ?", id)
	return user(row), err
}

func (r accessReader) UserByMail(ctx context.Context, mail string) (candor.User, error) {
	row, err := one[query.User](ctx, r.db, "users", "mail = ?", mail)
	return user(row), err
}

func (r accessReader) Admins(ctx context.Context) (int, error) {
	n, err := r.q.Admins(ctx)
	return int(n), kind(err, "count administrators")
}

func (r accessReader) Password(ctx context.Context, user candor.ID) (access.Password, error) {
	row, err := one[query.Password](ctx, r.db, "passwords", "owner = ?", user)
	return access.Password{User: row.Owner, Hash: row.Hash, Changed: time.Time(row.Changed)}, err
}

func (r accessReader) Passkey(ctx context.Context, credential []byte) (access.Passkey, error) {
	row, err := one[query.Passkey](ctx, r.db, "passkeys", "credential = ?", column.Bytes(credential))
	return passkey(row), err
}

func (r accessReader) Passkeys(ctx context.Context, user candor.ID) ([]access.Passkey, error) {
	rows, err := choose[query.Passkey](ctx, r.db, "passkeys", "owner = ? ORDER BY id", user)
	return each(rows, passkey), err
}

func (r accessReader) Identity(ctx context.Context, issuer, subject string) (access.Identity, error) {
	row, err := one[query.Identity](ctx, r.db, "identities", "issuer = ? AND subject_id = ?", issuer, subject)
	return identity(row), err
}

func (r accessReader) Identities(ctx context.Context, user candor.ID) ([]access.Identity, error) {
	rows, err := choose[query.Identity](ctx, r.db, "identities", "owner = ? ORDER BY created, issuer, subject_id", user)
	return each(rows, identity), err
}

func (r accessReader) Token(ctx context.Context, id candor.ID) (access.Token, error) {
	row, err := one[query.Token](ctx, r.db, "tokens", "id = ?", id)
	return token(row), err
}

func (r accessReader) Tokens(ctx context.Context, user candor.ID) ([]access.Token, error) {
	rows, err := choose[query.Token](ctx, r.db, "tokens", "owner = ? AND reporter = '' ORDER BY id DESC", user)
	return each(rows, token), err
}

func (r accessReader) ReporterTokens(ctx context.Context, reporter string) ([]access.Token, error) {
	rows, err := choose[query.Token](ctx, r.db, "tokens", "reporter <> '' AND (? = '' OR reporter = ?) ORDER BY id DESC", reporter, reporter)
	return each(rows, token), err
}

func (r accessReader) Session(ctx context.Context, hash []byte) (access.Session, error) {
	row, err := one[query.Session](ctx, r.db, "sessions", "hash = ?", column.Bytes(hash))
	return session(row), err
}

func (r accessReader) Sessions(ctx context.Context, user candor.ID) ([]access.Session, error) {
	rows, err := choose[query.Session](ctx, r.db, "sessions", "owner = ? ORDER BY id DESC", user)
	return each(rows, session), err
}

func (r accessReader) Secret(ctx context.Context, hash []byte) (access.Secret, error) {
	row, err := one[query.Secret](ctx, r.db, "secrets", "hash = ?", column.Bytes(hash))
	return secret(row), err
}

func (t accessTx) AddUser(ctx context.Context, u candor.User) error {
	return add(ctx, t.reader, "users", "", userRow(u))
}

func (t accessTx) ChangeUser(ctx context.Context, u candor.User) error {
	was, err := t.User(ctx, u.ID)
	if err != nil {
		return err
	}
	u.Created = was.Created
	_, err = change(ctx, t.db, "users", userRow(u), "")
	return err
}

func (t accessTx) SetPassword(ctx context.Context, p access.Password) error {
	return add(ctx, t.reader, "passwords", "ON CONFLICT (owner) DO UPDATE SET hash = excluded.hash, changed = excluded.changed",
		query.Password{Owner: p.User, Hash: p.Hash, Changed: column.Time(p.Changed)})
}

func (t accessTx) AddPasskey(ctx context.Context, p access.Passkey) error {
	return add(ctx, t.reader, "passkeys", "", passkeyRow(p))
}

func (t accessTx) ChangePasskey(ctx context.Context, p access.Passkey) error {
	row, err := one[query.Passkey](ctx, t.db, "passkeys", "id = ?", p.ID)
	if err != nil {
		return err
	}
	row.Name, row.Body, row.Cloned, row.LastUsed = p.Name, column.Raw(p.Record), p.Cloned, column.Time(p.Used)
	_, err = change(ctx, t.db, "passkeys", row, "")
	return err
}

func (t accessTx) DeletePasskey(ctx context.Context, id candor.ID) error {
	n, err := t.q.DeletePasskey(ctx, id)
	if err == nil && n == 0 {
		return notThere("passkey", id)
	}
	return kind(err, "remove a passkey")
}

func (t accessTx) AddIdentity(ctx context.Context, i access.Identity) error {
	return add(ctx, t.reader, "identities", "", query.Identity{Issuer: i.Issuer, SubjectID: i.Subject, Owner: i.User, Created: column.Time(i.Created)})
}

func (t accessTx) DeleteIdentity(ctx context.Context, issuer, subject string) error {
	n, err := t.q.DeleteIdentity(ctx, issuer, subject)
	if err == nil && n == 0 {
		return notThere("identity", candor.ID(subject))
	}
	return kind(err, "remove an identity")
}

func (t accessTx) AddToken(ctx context.Context, k access.Token) error {
	return add(ctx, t.reader, "tokens", "", query.Token{ID: k.ID, Owner: k.User, Reporter: k.Reporter, Name: k.Name, Hash: k.Hash, Scopes: column.Of(k.Scopes),
		Created: column.Time(k.Created), Expires: column.Time(k.Expires), LastUsed: column.Time(k.Used), Revoked: column.Time(k.Revoked)})
}

func (t accessTx) ChangeToken(ctx context.Context, k access.Token) error {
	row, err := one[query.Token](ctx, t.db, "tokens", "id = ?", k.ID)
	if err != nil {
		return err
	}
	row.LastUsed, row.Revoked = column.Time(k.Used), column.Time(k.Revoked)
	_, err = change(ctx, t.db, "tokens", row, "")
	return err
}

func (t accessTx) AddSession(ctx context.Context, s access.Session) error {
	return add(ctx, t.reader, "sessions", "", query.Session{ID: s.ID, Hash: s.Hash, Owner: s.User, Method: string(s.Method), Address: s.Address,
		Agent: s.Agent, Created: column.Time(s.Created), Seen: column.Time(s.Seen), Expires: column.Time(s.Expires)})
}

func (t accessTx) TouchSession(ctx context.Context, id candor.ID, seen time.Time) error {
	n, err := t.q.TouchSession(ctx, id, column.Time(seen))
	if err == nil && n == 0 {
		return notThere("session", id)
	}
	return kind(err, "change a session")
}

func (t accessTx) DeleteSession(ctx context.Context, id candor.ID) error {
	return kind(t.q.DeleteSession(ctx, id), "remove a session")
}

func (t accessTx) DeleteSessions(ctx context.Context, user, keep candor.ID) error {
	return kind(t.q.DeleteSessions(ctx, user, keep), "remove sessions")
}

func (t accessTx) AddSecret(ctx context.Context, s access.Secret) error {
	return add(ctx, t.reader, "secrets", "", query.Secret{Hash: s.Hash, Purpose: string(s.Purpose), Owner: s.User, Data: column.Raw(s.Data),
		Created: column.Time(s.Created), Expires: column.Time(s.Expires)})
}

func (t accessTx) TakeSecret(ctx context.Context, hash []byte) (access.Secret, error) {
	row, err := t.q.TakeSecret(ctx, column.Bytes(hash))
	return secret(row), kind(err, "take a secret")
}

func (t accessTx) DeleteSecrets(ctx context.Context, purpose access.Purpose, user candor.ID) error {
	return kind(t.q.DeleteSecrets(ctx, string(purpose), user), "remove secrets")
}

func (t accessTx) DeleteExpired(ctx context.Context, now, idle time.Time) error {
	if err := t.q.DeleteExpiredSessions(ctx, column.Time(now), column.Time(idle)); err != nil {
		return kind(err, "remove sessions")
	}
	return kind(t.q.DeleteExpiredSecrets(ctx, column.Time(now)), "remove secrets")
}

// EraseUsers takes names, addresses and every way to sign in from the accounts
// of a party's people, and tells how many there are. The accounts stay, because
// records name them.
func (t *Tx) EraseUsers(ctx context.Context, party candor.ID) (int64, error) {
	if party == "" {
		return 0, nil // the staff's
	}
	for _, erase := range []func(context.Context, candor.ID) error{t.q.ErasePasskeys, t.q.EraseIdentities, t.q.ErasePasswords,
		t.q.EraseSessions, t.q.EraseSecrets, t.q.EraseTokens} {
		if err := erase(ctx, party); err != nil {
			return 0, kind(err, "erase accounts")
		}
	}
	n, err := t.q.EraseUsers(ctx, party)
	return n, kind(err, "erase accounts")
}

func (t accessTx) Record(ctx context.Context, r candor.Record) error { return t.tx.AddRecord(ctx, r) }

// Users lists people who can sign in, whose name or address holds a text.
func (r reader) Users(ctx context.Context, text string, cut candor.Cut) (candor.Page[candor.User], error) {
	var w where
	w.holds(text)
	page, err := part[query.User](ctx, r, list{table: "users", own: "id", sorts: []string{"name"}}, w, cut)
	return turn(page, user), err
}

// UsersOf gives the people who sign in for a party.
func (r reader) UsersOf(ctx context.Context, party candor.ID) ([]candor.User, error) {
	rows, err := choose[query.User](ctx, r.db, "users", "party = ? AND party <> '' ORDER BY id", party)
	return each(rows, user), err
}

// serializable runs f as if there were no other transaction.
func (s *Store) serializable(ctx context.Context, f func(*Tx) error) error {
	return s.attempt(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}, f)
}

func user(r query.User) candor.User {
	return candor.User{ID: r.ID, Name: r.Name, Mail: r.Mail, Role: r.Role, Party: r.Party, Language: r.Language, TimeZone: r.TimeZone,
		Disabled: r.Disabled, Created: time.Time(r.Created), SignedIn: time.Time(r.SignedIn)}
}

func userRow(u candor.User) query.User {
	return query.User{ID: u.ID, Name: u.Name, Mail: u.Mail, Role: u.Role, Party: u.Party, Language: u.Language, TimeZone: u.TimeZone,
		Disabled: u.Disabled, Created: column.Time(u.Created), SignedIn: column.Time(u.SignedIn), Folded: fold(u.Name, u.Mail)}
}

func passkey(r query.Passkey) access.Passkey {
	return access.Passkey{ID: r.ID, User: r.Owner, Credential: r.Credential, Name: r.Name, Record: json.RawMessage(r.Body), Cloned: r.Cloned,
		Created: time.Time(r.Created), Used: time.Time(r.LastUsed)}
}

func passkeyRow(p access.Passkey) query.Passkey {
	return query.Passkey{ID: p.ID, Owner: p.User, Credential: p.Credential, Name: p.Name, Body: column.Raw(p.Record), Cloned: p.Cloned,
		Created: column.Time(p.Created), LastUsed: column.Time(p.Used)}
}

func identity(r query.Identity) access.Identity {
	return access.Identity{Issuer: r.Issuer, Subject: r.SubjectID, User: r.Owner, Created: time.Time(r.Created)}
}

func token(r query.Token) access.Token {
	return access.Token{ID: r.ID, User: r.Owner, Reporter: r.Reporter, Name: r.Name, Hash: r.Hash, Scopes: r.Scopes.V, Created: time.Time(r.Created),
		Expires: time.Time(r.Expires), Used: time.Time(r.LastUsed), Revoked: time.Time(r.Revoked)}
}

func session(r query.Session) access.Session {
	return access.Session{ID: r.ID, Hash: r.Hash, User: r.Owner, Method: access.Method(r.Method), Address: r.Address, Agent: r.Agent,
		Created: time.Time(r.Created), Seen: time.Time(r.Seen), Expires: time.Time(r.Expires)}
}

func secret(r query.Secret) access.Secret {
	return access.Secret{Hash: r.Hash, Purpose: access.Purpose(r.Purpose), User: r.Owner, Data: json.RawMessage(r.Data),
		Created: time.Time(r.Created), Expires: time.Time(r.Expires)}
}

// Staff gives the people of the provider who can sign in, by name.
func (r reader) Staff(ctx context.Context) ([]candor.User, error) {
	rows, err := choose[query.User](ctx, r.db, "users", "role IN ('admin', 'analyst') AND NOT disabled ORDER BY name, id LIMIT 500")
	return each(rows, user), err
}
