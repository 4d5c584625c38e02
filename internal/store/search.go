package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"candor"
	"candor/internal/store/query"
)

// documentKinds are the kinds of records that can be found, in the order in
// which the search gives them. Each has an index of its own, so that the many
// findings do not stand in the way of the few parties.
var documentKinds = [...]string{"case", "party", "asset", "finding"}

// within is how many of the records that hold a text a list looks at: the
// latest. Without a bound a common word would make every list slow.
const within = 500

const searchTable = `
CREATE TABLE search (
    kind  TEXT NOT NULL,
    id    TEXT NOT NULL,
    party TEXT NOT NULL,
    title TEXT NOT NULL,
    words TEXT NOT NULL%s,
    PRIMARY KEY (kind, id)
)%s;
CREATE INDEX search_owner ON search (party, kind, id);`

func searchSQLite() string {
	var b strings.Builder
	fmt.Fprintf(&b, searchTable, "", "")
	for _, kind := range documentKinds {
		// No text and no positions are kept in the index: words are asked for, not
		// phrases. Letters that the tokenizer does not know must not split a word,
		// which would make a phrase of it.
		b.WriteString(strings.ReplaceAll(`
CREATE VIRTUAL TABLE search_KIND USING fts5 (words, content = '', columnsize = 0, detail = 'none',
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co Cn'");
CREATE VIRTUAL TABLE search_KIND_words USING fts5vocab (search_KIND, instance);
CREATE TRIGGER search_KIND_insert AFTER INSERT ON search WHEN new.kind = 'KIND' BEGIN
    INSERT INTO search_KIND (rowid, words) VALUES (new.rowid, new.words);
END;
CREATE TRIGGER search_KIND_delete AFTER DELETE ON search WHEN old.kind = 'KIND' BEGIN
    INSERT INTO search_KIND (search_KIND, rowid, words) VALUES ('delete', old.rowid, old.words);
END;
CREATE TRIGGER search_KIND_update AFTER UPDATE OF words ON search WHEN new.kind = 'KIND' AND new.words <> old.words BEGIN
    INSERT INTO search_KIND (search_KIND, rowid, words) VALUES ('delete', old.rowid, old.words);
    INSERT INTO search_KIND (rowid, words) VALUES (new.rowid, new.words);
END;`, "KIND", kind))
	}
	return b.String()
}

// searchPostgres has a part for each kind, because the planner has to know
// how often a word occurs among records of that kind.
func searchPostgres() string {
	var b strings.Builder
	fmt.Fprintf(&b, searchTable, ",\n    found TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED", " PARTITION BY LIST (kind)")
	for _, kind := range documentKinds {
		fmt.Fprintf(&b, "\nCREATE TABLE search_%[1]s PARTITION OF search FOR VALUES IN ('%[1]s');", kind)
	}
	b.WriteString("\nCREATE INDEX search_found ON search USING GIN (found);")
	// Room in each page, so that a row that is seen again stays where indexes have it.
	b.WriteString("\nALTER TABLE findings SET (fillfactor = 85);\nALTER TABLE cases SET (fillfactor = 85);")
	// Columns that others are made of cannot be settled later.
	return strings.ReplaceAll(b.String(), "TEXT ", `TEXT COLLATE "C" `)
}

// document is what the search knows of a record.
type document struct {
	Kind  string    `db:"kind"`
	ID    candor.ID `db:"id"`
	Party candor.ID `db:"party"`
	Title string    `db:"title"`
	Words string    `db:"words"`
}

// index makes records findable, or finds them anew.
func (t *Tx) index(ctx context.Context, documents ...document) error {
	return t.addDocuments(ctx, `ON CONFLICT (kind, id) DO UPDATE SET party = excluded.party, title = excluded.title, words = excluded.words
WHERE search.party <> excluded.party OR search.title <> excluded.title OR search.words <> excluded.words`, documents)
}

// indexNew makes records findable that were not there before, without looking
// for what they would replace.
func (t *Tx) indexNew(ctx context.Context, documents ...document) error {
	return t.addDocuments(ctx, "", documents)
}

func (t *Tx) addDocuments(ctx context.Context, following string, documents []document) error {
	for i, d := range documents {
		documents[i].Words = strings.Join(terms(d.Words), " ")
	}
	return add(ctx, t.reader, "search", following, documents...)
}

// terms splits a text into the words by which it is found. Where a script
// writes no spaces, each of its characters is a word.
func terms(text string) []string {
	const most, longest = 64, 64
	var all []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 && len(all) < most {
			all = append(all, word.String())
		}
		word.Reset()
	}
	for _, c := range text {
		switch {
		case unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
			end()
			word.WriteRune(c)
			end()
		case unicode.IsLetter(c) || unicode.IsDigit(c):
			if word.Len() < longest {
				word.WriteRune(unicode.ToLower(c))
			}
		default:
			end()
		}
	}
	end()
	return all
}

// more tells how a word is asked for: short ones begin too many to be asked
// for by their beginning.
func more(word string) string {
	if utf8.RuneCountInString(word) < 3 {
		return ""
	}
	return "*"
}

// match writes what the database's search asks for: every word, or a longer
// one that begins so. It is empty if nothing of the kind can hold them all.
func (r reader) match(ctx context.Context, kind, text string) (string, error) {
	words := terms(text)
	for i, w := range words {
		switch {
		case more(w) == "" || !r.dialect.expand:
			words[i] = r.dialect.term(w, more(w))
		default:
			var err error
			if words[i], err = longer(ctx, r.db, kind, w); err != nil || words[i] == "" {
				return "", err
			}
		}
	}
	return strings.Join(words, r.dialect.join), nil
}

// longer writes what SQLite is asked for the words of an index that begin so.
// It would gather all records that hold any of them before it gave the first,
// which takes long where one of the words is common; alternatives are gone
// through as far as they are needed.
func longer(ctx context.Context, db query.DBTX, of, word string) (string, error) {
	const most = 16
	rows, err := db.QueryContext(ctx, fmt.Sprintf(`
WITH RECURSIVE longer (word) AS (
    SELECT (SELECT term FROM search_%[1]s_words WHERE term >= $1 LIMIT 1)
    UNION ALL
    SELECT (SELECT term FROM search_%[1]s_words WHERE term >= longer.word || char(1) LIMIT 1) FROM longer WHERE longer.word < $2
)
SELECT word FROM longer WHERE word < $2 LIMIT %[2]d`, of, most), word, word+"\U0010FFFF")
	if err != nil {
		return "", kind(err, "look for words")
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var w string
		if err := rows.Scan(&w); err != nil {
			return "", kind(err, "look for words")
		}
		all = append(all, `"`+w+`"`)
	}
	switch {
	case len(all) == 0:
		return "", kind(rows.Err(), "look for words")
	case len(all) == most:
		return `"` + word + `"*`, kind(rows.Err(), "look for words")
	}
	return "(" + strings.Join(all, " OR ") + ")", kind(rows.Err(), "look for words")
}

// holding writes the conditions that a record holds all of the words.
func holding(words []string) (conditions string, args []any) {
	for _, word := range words {
		if more(word) == "" {
			conditions += " AND ' ' || words || ' ' LIKE ?"
			args = append(args, "% "+word+" %")
			continue
		}
		conditions += " AND ' ' || words LIKE ?"
		args = append(args, "% "+word+"%")
	}
	return conditions, args
}

// ofParty writes the query of a party's records that hold the words, the
// latest first. One party has few enough to look at each.
func ofParty(party candor.ID, kind, text string, most int) (string, []any) {
	conditions, args := holding(terms(text))
	return fmt.Sprintf("SELECT id FROM search WHERE party = ? AND kind = ?%s ORDER BY id DESC LIMIT %d", conditions, most), append([]any{party, kind}, args...)
}

// beginsDigest tells whether a word may be a content's SHA-256, or its first
// six digits or more.
func beginsDigest(word string) bool {
	return len(word) >= 6 && len(word) <= 64 && strings.Trim(word, "0123456789abcdef") == ""
}

// ofContent writes the query of findings whose content's digest begins so, and
// which hold the other words. Digests are not among the words, because each
// would be one that nothing else has: half of the index, and of what filing
// writes. Of content that is everywhere it looks at the latest.
func ofContent(party candor.ID, digest string, others []string, most int) (string, []any) {
	args := []any{digest, digest + "g"}
	owned := ""
	if party != "" {
		owned, args = " AND party = ?", append(args, party)
	}
	same := fmt.Sprintf("WITH same AS MATERIALIZED (SELECT id FROM findings WHERE sha256 >= ? AND sha256 < ?%s ORDER BY sha256 DESC LIMIT %d) ", owned, within)
	end := fmt.Sprintf(" ORDER BY id DESC LIMIT %d", most)
	if len(others) == 0 {
		return same + "SELECT id FROM same" + end, args
	}
	conditions, more := holding(others)
	return same + "SELECT id FROM search WHERE kind = 'finding' AND id IN (SELECT id FROM same)" + conditions + end, append(args, more...)
}

// common is how many hits the first look gives for words for which a longer
// look along the latest records is worth while: one in a hundred.
const common = 50

// hits gives the latest records of a kind that hold a text's words, the latest
// first; of one party, unless that is empty. What a finding holds is also the
// digest of its content.
func (r reader) hits(ctx context.Context, of asker, kind, text string, most int) ([]string, error) {
	if of.own {
		ids, err := r.anyHits(ctx, of.party, kind, text, within)
		if err == nil {
			ids, err = r.shown(ctx, of.party, kind, text, ids)
		}
		return ids[:min(len(ids), most)], err
	}
	return r.anyHits(ctx, of.party, kind, text, most)
}

// anyHits gives those that hold the words somewhere.
func (r reader) anyHits(ctx context.Context, party candor.ID, kind, text string, most int) ([]string, error) {
	ids, err := r.wordHits(ctx, party, kind, text, most)
	if err != nil || kind != "finding" {
		return ids, err
	}
	words := terms(text)
	for i, word := range words {
		if !beginsDigest(word) {
			continue
		}
		query, args := ofContent(party, word, slices.Delete(slices.Clone(words), i, i+1), most)
		of, err := r.ids(ctx, query, args...)
		if err != nil {
			return nil, err
		}
		ids = append(ids, of...)
	}
	slices.SortFunc(ids, func(a, b string) int { return strings.Compare(b, a) })
	ids = slices.Compact(ids)
	return ids[:min(len(ids), most)], nil
}

// wordHits gives those that hold the words as words.
func (r reader) wordHits(ctx context.Context, party candor.ID, kind, text string, most int) ([]string, error) {
	if party != "" {
		query, args := ofParty(party, kind, text, most)
		return r.ids(ctx, query, args...)
	}
	asked, err := r.match(ctx, kind, text)
	if err != nil || asked == "" {
		return nil, err
	}
	var ids []string
	for i, look := range r.dialect.looks {
		if i == 1 && len(ids) < common {
			continue
		}
		if ids, err = r.ids(ctx, fmt.Sprintf(look, kind, most), asked); err != nil || len(ids) == most {
			break
		}
	}
	return ids, err
}

func (r reader) ids(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, kind(err, "search")
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, kind(err, "search")
		}
		all = append(all, id)
	}
	return all, kind(rows.Err(), "search")
}

// among is the argument of a dialect's condition of that name.
func (r reader) among(ids []string) (any, error) {
	if r.dialect.arrays {
		return ids, nil
	}
	text, err := json.Marshal(ids)
	return string(text), err
}

// asker is for whom something is looked for.
type asker struct {
	party candor.ID // the only one whose records can be given; empty if everybody's can
	own   bool      // it is the party itself that asks
}

// owner is whose records can be in a list: those of the party that is asked
// for, or of whoever asks.
func owner(s candor.Scope, asked candor.ID) asker {
	if s.All {
		return asker{party: asked}
	}
	return asker{s.Party, true}
}

// containing asks for records whose words hold all of the text's: of the
// latest such of a kind, and of a party unless that is empty.
func (r reader) containing(ctx context.Context, w *where, of asker, kind, text string) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if len(terms(text)) == 0 { // only signs: nothing holds them
		w.and("1 = 0")
		return nil
	}
	ids, err := r.hits(ctx, of, kind, text, within)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		w.and("1 = 0")
		return nil
	}
	list, err := r.among(ids)
	w.and(r.dialect.among, list)
	w.cut = len(ids) == within
	return err
}

// Search looks for records that hold all of the words, or longer ones that
// begin so: cases first, then parties, assets and findings, of each kind the
// latest. A finding is also found by its content's SHA-256, or by six or more
// of the first digits; of content that more than 500 findings have, among the
// latest.
func (r reader) Search(ctx context.Context, scope candor.Scope, text string, most int) ([]candor.Hit, error) {
	if len(terms(text)) == 0 || !scope.All && scope.Party == "" {
		return nil, nil
	}
	var hits []candor.Hit
	for _, kind := range documentKinds {
		found, err := r.searchKind(ctx, owner(scope, ""), kind, text, most-len(hits))
		if err != nil {
			return nil, err
		}
		if hits = append(hits, found...); len(hits) == most {
			break
		}
	}
	return hits, nil
}

// searchKind looks for records of one kind.
func (r reader) searchKind(ctx context.Context, of asker, kind, text string, most int) ([]candor.Hit, error) {
	ids, err := r.hits(ctx, of, kind, text, most)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	list, err := r.among(ids)
	if err != nil {
		return nil, err
	}
	rows, err := choose[document](ctx, r.db, "search", "kind = '"+kind+"' AND "+r.dialect.among, list)
	slices.SortFunc(rows, func(a, b document) int { return strings.Compare(string(b.ID), string(a.ID)) })
	return each(rows, func(d document) candor.Hit { return candor.Hit{Kind: d.Kind, ID: d.ID, Title: d.Title} }), err
}
