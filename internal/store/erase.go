package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"candor"
	"candor/internal/store/query"
)

// Erased stands for a name or an address that was erased.
const Erased = "(erased)"

// leastWord is the shortest name, in bytes, that is looked for within texts:
// shorter ones are parts of other words.
const leastWord = 4

// EraseTraces takes the names and addresses of a party's people out of what
// else is kept: notes on what was agreed to, which devices are its, its
// notices and webhooks, answers of the API, what others wrote in its cases, and errors of
// jobs. Call it before EraseUsers, while it is known who they are.
func (t *Tx) EraseTraces(ctx context.Context, party candor.ID, words []string) error {
	const users = "(SELECT id FROM users WHERE party = ? AND party <> '')"
	for _, s := range []string{
		"DELETE FROM receipts WHERE party = ?",
		"DELETE FROM principals WHERE party = ?",
		"UPDATE events SET text = '' WHERE text <> '' AND case_id IN (SELECT id FROM cases WHERE asset = '' AND party = ?)", // what was asked about terms, and answered
		"UPDATE responses SET result = '' WHERE method = 'isolate' AND state = 'undone' AND party = ?",                      // what the line held
		"UPDATE consents SET note = '' WHERE party = ?",
		"UPDATE software_devices SET party = '' WHERE party = ?",
		"DELETE FROM software_codes WHERE party = ?",
		"DELETE FROM hash_places WHERE asset IN (SELECT id FROM assets WHERE owner = ?)",
		"DELETE FROM hits WHERE asset IN (SELECT id FROM assets WHERE owner = ?)",
		"DELETE FROM inventory_items WHERE asset IN (SELECT id FROM assets WHERE owner = ?)",
		"DELETE FROM inventories WHERE asset IN (SELECT id FROM assets WHERE owner = ?)",
		"DELETE FROM deliveries WHERE webhook IN (SELECT id FROM webhooks WHERE owner = ? AND owner <> '')",
		"DELETE FROM webhooks WHERE owner = ? AND owner <> ''",
		"DELETE FROM answers WHERE owner IN " + users,
		"DELETE FROM views WHERE owner IN " + users,
	} {
		if _, err := t.db.ExecContext(ctx, s, party); err != nil {
			return kind(err, "erase a party's traces")
		}
	}
	if err := t.eraseNotices(ctx, party); err != nil {
		return err
	}
	// Answers to others tell of the party under its identifier. They are done
	// once all the same.
	if _, err := t.db.ExecContext(ctx, `UPDATE answers SET body = '{"header":{},"body":""}' WHERE status > 0 AND body LIKE ?`, "%"+string(party)+"%"); err != nil {
		return kind(err, "erase answers")
	}
	for _, word := range words {
		if err := t.eraseWord(ctx, party, word); err != nil {
			return err
		}
	}
	if t.dialect.guided {
		// Its index keeps words of what was removed until its parts are merged.
		if _, err := t.db.ExecContext(ctx, "INSERT INTO search_party (search_party) VALUES ('optimize')"); err != nil {
			return kind(err, "tidy the search")
		}
	}
	return nil
}

// eraseWord takes a word out of texts about a party.
func (t *Tx) eraseWord(ctx context.Context, party candor.ID, word string) error {
	if word = strings.TrimSpace(word); len(word) < leastWord {
		return nil
	}
	escaped := jsonText(word)
	const cases = "(SELECT id FROM cases WHERE party = ?)"
	for _, one := range []struct{ table, column, where, word string }{
		{"events", "text", "case_id IN " + cases, word},
		{"events", "details", "case_id IN " + cases, escaped},
		{"tasks", "text", "case_id IN " + cases, word},
		{"scans", "error", "party = ?", word},
		{"responses", "result", "method = 'notify' AND party = ?", escaped},
		{"agent_tasks", "body", "asset IN (SELECT server FROM assets WHERE owner = ? AND server <> '')", escaped},
		{"gate_waivers", "reason", "asset IN (SELECT id FROM assets WHERE owner = ?)", word},
		{"answers", "body", "? <> ''", jsonText(escaped)},
	} {
		s := fmt.Sprintf("UPDATE %[1]s SET %[2]s = REPLACE(%[2]s, ?, ?) WHERE %[3]s AND %[2]s LIKE ?", one.table, one.column, one.where)
		if _, err := t.db.ExecContext(ctx, s, one.word, Erased, party, "%"+likeText(one.word)+"%"); err != nil {
			return kind(err, "erase a name in %s", one.table)
		}
	}
	_, err := t.db.ExecContext(ctx, t.dialect.forget, escaped)
	return kind(err, "erase a name in jobs")
}

// jsonText is a text as it stands within a string of JSON.
func jsonText(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		return s
	}
	return string(text[1 : len(text)-1])
}

// likeText takes the meaning from signs that LIKE gives one, but for the
// backslash, which stands for any sign here: the databases differ in it.
func likeText(s string) string { return strings.ReplaceAll(s, `\`, "_") }

// SetPlan replaces what is planned in a response, in whatever state it is.
func (t *Tx) SetPlan(ctx context.Context, id candor.ID, plan json.RawMessage) error {
	_, err := t.db.ExecContext(ctx, "UPDATE responses SET plan = ? WHERE id = ?", string(plan), id)
	return kind(err, "change a plan")
}

// ResponsesOf gives all responses to a party.
func (r reader) ResponsesOf(ctx context.Context, party candor.ID) ([]candor.Response, error) {
	rows, err := choose[query.Response](ctx, r.db, "responses", "party = ? ORDER BY id", party)
	return each(rows, response), err
}
