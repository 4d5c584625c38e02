package store

import (
	"context"
	"fmt"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Agent gives an agent.
func (r reader) Agent(ctx context.Context, id candor.ID) (candor.Agent, error) {
	row, err := one[query.Agent](ctx, r.db, "agents", "id = ?", id)
	return agent(row), err
}

// AgentOf gives the active agent of a server.
func (r reader) AgentOf(ctx context.Context, server candor.ID) (candor.Agent, error) {
	row, err := one[query.Agent](ctx, r.db, "agents", "asset = ? AND state = 'active'", server)
	return agent(row), err
}

// Agents gives the latest agents, active and revoked ones, newest first.
func (r reader) Agents(ctx context.Context, most int) ([]candor.Agent, error) {
	rows, err := choose[query.Agent](ctx, r.db, "agents", "1 = 1 ORDER BY id DESC LIMIT ?", most)
	return each(rows, agent), err
}

var agentList = list{table: "agents", own: "id"}

// AgentPage lists agents, newest first; only those in a state if it is given.
func (r reader) AgentPage(ctx context.Context, state candor.AgentState, cut candor.Cut) (candor.Page[candor.Agent], error) {
	var w where
	equal(&w, "state", state)
	page, err := part[query.Agent](ctx, r, agentList, w, cut)
	return turn(page, agent), err
}

// AddAgent adds an agent. It is candor.ErrExists if its server has an active one.
func (t *Tx) AddAgent(ctx context.Context, a candor.Agent) error {
	return add(ctx, t.reader, "agents", "", agentRow(a))
}

// ChangeAgent replaces an agent. It is candor.ErrChanged if it is no longer in
// the state from.
func (t *Tx) ChangeAgent(ctx context.Context, a candor.Agent, from candor.AgentState) error {
	ok, err := change(ctx, t.db, "agents", agentRow(a), "state = ?", from)
	if err == nil && !ok {
		err = changed("agent", a.ID)
	}
	return err
}

// SeeAgent notes that an agent was heard of, and what it said of itself.
func (t *Tx) SeeAgent(ctx context.Context, a candor.Agent) error {
	_, err := t.db.ExecContext(ctx, "UPDATE agents SET seen = ?, version = ?, generation = ?, status = ? WHERE id = ? AND state = 'active'",
		column.Time(a.Seen), a.Version, a.Generation, column.Raw(a.Status), a.ID)
	return kind(err, "change an agent")
}

// ReceiveFrom notes that a report of an agent was taken. Unless it is a later
// one than those before, it is candor.ErrChanged.
func (t *Tx) ReceiveFrom(ctx context.Context, agent candor.ID, number int64) error {
	result, err := t.db.ExecContext(ctx, "UPDATE agents SET received = ? WHERE id = ? AND received < ?", number, agent, number)
	if err != nil {
		return kind(err, "change an agent")
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return changed("agent", agent)
	}
	return nil
}

// SitesOn gives the sites that lie on a server, those that are retired left out.
func (r reader) SitesOn(ctx context.Context, server candor.ID) ([]candor.Asset, error) {
	rows, err := choose[query.Asset](ctx, r.db, "assets", "server = ? AND kind = 'site' AND retired = FALSE ORDER BY id", server)
	return each(rows, asset), err
}

// AddAgentToken adds a token.
func (t *Tx) AddAgentToken(ctx context.Context, k candor.AgentToken) error {
	return add(ctx, t.reader, "agent_tokens", "", query.AgentToken{Hash: k.Hash, Asset: k.Asset, By: k.By, Created: column.Time(k.Created), Expires: column.Time(k.Expires), Used: column.Time(k.Used)})
}

// AgentToken gives a token, used or not.
func (r reader) AgentToken(ctx context.Context, hash string) (candor.AgentToken, error) {
	k, err := one[query.AgentToken](ctx, r.db, "agent_tokens", "hash = ?", hash)
	return agentToken(k), err
}

func agentToken(k query.AgentToken) candor.AgentToken {
	return candor.AgentToken{Hash: k.Hash, Asset: k.Asset, By: k.By, Created: time.Time(k.Created), Expires: time.Time(k.Expires), Used: time.Time(k.Used)}
}

// AgentTokens gives the latest tokens that were not forgotten, newest first.
func (r reader) AgentTokens(ctx context.Context, most int) ([]candor.AgentToken, error) {
	rows, err := choose[query.AgentToken](ctx, r.db, "agent_tokens", "1 = 1 ORDER BY created DESC, hash LIMIT ?", most)
	return each(rows, agentToken), err
}

// DeleteAgentToken removes a token that was not used. One that was, or that is
// not there, is candor.ErrNotFound.
func (t *Tx) DeleteAgentToken(ctx context.Context, hash string) error {
	result, err := t.db.ExecContext(ctx, "DELETE FROM agent_tokens WHERE hash = ? AND used = 0", hash)
	if err != nil {
		return kind(err, "remove a token")
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("the token is not known, or was used: %w", candor.ErrNotFound)
	}
	return nil
}

// UseAgentToken takes a token that was not used and has not expired. Any other
// is candor.ErrDenied.
func (t *Tx) UseAgentToken(ctx context.Context, hash string, now time.Time) (candor.AgentToken, error) {
	result, err := t.db.ExecContext(ctx, "UPDATE agent_tokens SET used = ? WHERE hash = ? AND used = 0 AND expires > ?", column.Time(now), hash, column.Time(now))
	if err != nil {
		return candor.AgentToken{}, kind(err, "use a token")
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return candor.AgentToken{}, fmt.Errorf("the token is not known, was used or has expired: %w", candor.ErrDenied)
	}
	return t.AgentToken(ctx, hash)
}

// AgentTask gives the task that asks for something.
func (r reader) AgentTask(ctx context.Context, same string) (candor.AgentTask, error) {
	row, err := one[query.AgentTask](ctx, r.db, "agent_tasks", "same = ?", same)
	return agentTask(row), err
}

// AgentTaskByID gives a task.
func (r reader) AgentTaskByID(ctx context.Context, id candor.ID) (candor.AgentTask, error) {
	row, err := one[query.AgentTask](ctx, r.db, "agent_tasks", "id = ?", id)
	return agentTask(row), err
}

// AgentTasks gives the tasks of a server that are to be done, the oldest first.
func (r reader) AgentTasks(ctx context.Context, server candor.ID, most int) ([]candor.AgentTask, error) {
	rows, err := choose[query.AgentTask](ctx, r.db, "agent_tasks", "asset = ? AND state = 'waiting' ORDER BY id LIMIT ?", server, most)
	return each(rows, agentTask), err
}

// AddAgentTask adds a task. It is candor.ErrExists if one asks for the same.
func (t *Tx) AddAgentTask(ctx context.Context, k candor.AgentTask) error {
	return add(ctx, t.reader, "agent_tasks", "", agentTaskRow(k))
}

// ChangeAgentTask replaces a task that is to be done. One that is done is
// candor.ErrChanged.
func (t *Tx) ChangeAgentTask(ctx context.Context, k candor.AgentTask) error {
	ok, err := change(ctx, t.db, "agent_tasks", agentTaskRow(k), "state = 'waiting'")
	if err == nil && !ok {
		err = changed("task", k.ID)
	}
	return err
}

// DeleteAgentTask removes a task.
func (t *Tx) DeleteAgentTask(ctx context.Context, id candor.ID) error {
	_, err := t.db.ExecContext(ctx, "DELETE FROM agent_tasks WHERE id = ?", id)
	return kind(err, "remove a task")
}

// ForgetAgentTasks removes tasks that were done, and tokens that expired, before
// a time.
func (t *Tx) ForgetAgentTasks(ctx context.Context, before time.Time) error {
	if _, err := t.db.ExecContext(ctx, "DELETE FROM agent_tasks WHERE state = 'done' AND updated < ?", column.Time(before)); err != nil {
		return kind(err, "forget tasks")
	}
	_, err := t.db.ExecContext(ctx, "DELETE FROM agent_tokens WHERE expires < ?", column.Time(before))
	return kind(err, "forget tokens")
}

// Issuer gives what is kept under a name.
func (r reader) Issuer(ctx context.Context, name string) (candor.Issuer, error) {
	row, err := one[query.Issuer](ctx, r.db, "issuers", "name = ?", name)
	return candor.Issuer{Certificate: row.Certificate, Key: row.Key, Created: time.Time(row.Created)}, err
}

// AddIssuer keeps an issuer, unless there is one of that name.
func (t *Tx) AddIssuer(ctx context.Context, name string, a candor.Issuer) error {
	return add(ctx, t.reader, "issuers", "ON CONFLICT (name) DO NOTHING", query.Issuer{Name: name, Certificate: a.Certificate, Key: a.Key, Created: column.Time(a.Created)})
}

// SealIssuer replaces the key of an issuer by the same key in another form.
func (t *Tx) SealIssuer(ctx context.Context, name string, key []byte) error {
	_, err := t.db.ExecContext(ctx, "UPDATE issuers SET key = ? WHERE name = ?", column.Bytes(key), name)
	return kind(err, "seal an issuer's key")
}

// House is who claims in the name of this program.
const House = "house"

// ClaimClean notes that somebody, a server or the House, found contents to be
// clean. What the House or a second server says is believed from then on.
func (t *Tx) ClaimClean(ctx context.Context, under, who string, digests []string, now time.Time) error {
	at := now.UnixMicro()
	rows := make([]query.Verdict, len(digests))
	for i, d := range digests {
		rows[i] = query.Verdict{Under: under, Digest: d, One: who}
		if who == House {
			rows[i].Number = at
		}
	}
	second := "verdicts.number = 0 AND (verdicts.one <> excluded.one OR excluded.one = 'house')"
	return add(ctx, t.reader, "verdicts", fmt.Sprintf(`ON CONFLICT (under, digest) DO UPDATE SET
		number = CASE WHEN %s THEN %d ELSE verdicts.number END, two = CASE WHEN %s THEN excluded.one ELSE verdicts.two END`, second, at, second), rows...)
}

// Believed is a content that is known to be clean.
type Believed struct {
	Number int64 // goes up, but for some that are late by a moment
	Digest string
}

// Believed gives contents that are believed to be clean, after a number and a
// digest, in that order.
func (r reader) Believed(ctx context.Context, under string, after Believed, most int) ([]Believed, error) {
	rows, err := choose[query.Verdict](ctx, r.db, "verdicts", "under = ? AND number > 0 AND (number, digest) > (?, ?) ORDER BY number, digest LIMIT ?", under, after.Number, after.Digest, most)
	return each(rows, func(v query.Verdict) Believed { return Believed{v.Number, v.Digest} }), err
}

// ForgetVerdicts removes what was said under anything but these.
func (t *Tx) ForgetVerdicts(ctx context.Context, but []string) error {
	marks, args := in(but)
	_, err := t.db.ExecContext(ctx, "DELETE FROM verdicts WHERE under NOT IN ("+marks+")", args...)
	return kind(err, "forget verdicts")
}

func agent(r query.Agent) candor.Agent {
	return candor.Agent{ID: r.ID, Asset: r.Asset, Name: r.Name, Key: r.Key, State: r.State, Enrolled: time.Time(r.Enrolled), Expires: time.Time(r.Expires),
		Seen: time.Time(r.Seen), Version: r.Version, Generation: r.Generation, Received: r.Received, Status: []byte(r.Status)}
}

func agentRow(a candor.Agent) query.Agent {
	return query.Agent{ID: a.ID, Asset: a.Asset, Name: a.Name, Key: a.Key, State: a.State, Enrolled: column.Time(a.Enrolled), Expires: column.Time(a.Expires),
		Seen: column.Time(a.Seen), Version: a.Version, Generation: a.Generation, Received: a.Received, Status: column.Raw(a.Status)}
}

func agentTask(r query.AgentTask) candor.AgentTask {
	return candor.AgentTask{ID: r.ID, Asset: r.Asset, Same: r.Same, Kind: r.Kind, Body: []byte(r.Body), State: r.State, Result: []byte(r.Result),
		Created: time.Time(r.Created), Updated: time.Time(r.Updated)}
}

func agentTaskRow(k candor.AgentTask) query.AgentTask {
	return query.AgentTask{ID: k.ID, Asset: k.Asset, Same: k.Same, Kind: k.Kind, Body: column.Raw(k.Body), State: k.State, Result: column.Raw(k.Result),
		Created: column.Time(k.Created), Updated: column.Time(k.Updated)}
}
