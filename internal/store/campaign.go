package store

import (
	"context"
	"fmt"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/campaign"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Campaign gives a campaign.
func (r reader) Campaign(ctx context.Context, id candor.ID) (campaign.Campaign, error) {
	row, err := one[query.Campaign](ctx, r.db, "campaigns", "id = ?", id)
	return campaignFrom(row), err
}

// Campaigns gives campaigns, the latest first: of a document and in a state, if
// they are given.
func (r reader) Campaigns(ctx context.Context, document string, state campaign.State) ([]campaign.Campaign, error) {
	var w where
	equal(&w, "document", document)
	equal(&w, "state", state)
	rows, err := choose[query.Campaign](ctx, r.db, "campaigns", w.String()+" ORDER BY id DESC LIMIT 500", w.args()...)
	return each(rows, campaignFrom), err
}

// AddCampaign adds a campaign.
func (t *Tx) AddCampaign(ctx context.Context, c campaign.Campaign) error {
	return add(ctx, t.reader, "campaigns", "", campaignRow(c))
}

// ChangeCampaign replaces a campaign that is in the state from, and planned or
// not as it was.
func (t *Tx) ChangeCampaign(ctx context.Context, c campaign.Campaign, from campaign.State) error {
	ok, err := change(ctx, t.db, "campaigns", campaignRow(c), "state = ?", from)
	if err == nil && !ok {
		err = changed("campaign", c.ID)
	}
	return err
}

// Earlier gives the versions of a document before one that parties can still be
// bound by at a time.
func (r reader) Earlier(ctx context.Context, v consent.Terms, at time.Time) ([]consent.Terms, error) {
	rows, err := choose[query.Term](ctx, r.db, "terms", earlier+" AND (ended = 0 OR ended >= ?) ORDER BY id", v.Document, v.ID, column.Time(v.Effective), column.Time(at))
	return each(rows, termsFrom), err
}

// earlier chooses the versions of a document before one.
const earlier = "document = ? AND id <> ? AND effective <= ? AND state <> 'draft'"

// Plan finds out whom a campaign is to ask, and gives how many those are: parties
// that are bound by a version before, and those of some kinds that never
// answered. Who left, or said no to a version before, is not asked again; nor is
// who has answered the new version, unless what binds them ends.
func (t *Tx) Plan(ctx context.Context, c campaign.Campaign, v consent.Terms, kinds []candor.PartyKind) (int64, error) {
	statement := `INSERT INTO asked (campaign, party, state, sent, unreachable, next, last, answered)
SELECT CAST(? AS TEXT), p.id, 'waiting', 0, FALSE, CAST(? AS BIGINT), 0, 0
FROM parties p LEFT JOIN standings s ON s.party = p.id AND s.document = ?
WHERE NOT p.erased AND (s.act = 'agreed' AND s.terms IN (SELECT id FROM terms WHERE ` + earlier + `)`
	args := []any{c.ID, column.Time(c.Starts), v.Document, v.Document, v.ID, column.Time(v.Effective)}
	if c.Silence != campaign.End {
		statement += " AND NOT EXISTS (SELECT 1 FROM consents a WHERE a.party = p.id AND a.terms = ?)"
		args = append(args, v.ID)
	}
	if len(kinds) > 0 {
		marks, list := in(kinds)
		statement += " OR s.party IS NULL AND p.kind IN " + marks
		args = append(args, list...)
	}
	result, err := t.db.ExecContext(ctx, statement+")", args...)
	if err != nil {
		return 0, kind(err, "plan whom to ask")
	}
	return result.RowsAffected()
}

// DueAsked gives whose turn it is, those first that were due first, and keeps
// them for this transaction: another one passes over them.
func (t *Tx) DueAsked(ctx context.Context, id candor.ID, now time.Time, most int) ([]campaign.Asked, error) {
	lock := t.dialect.lock
	if lock != "" {
		lock += " SKIP LOCKED"
	}
	rows, err := choose[query.Asked](ctx, t.db, "asked", "campaign = ? AND next > 0 AND next <= ? ORDER BY next, party LIMIT ?"+lock, id, column.Time(now), most)
	return each(rows, askedFrom), err
}

// AddAsked has a campaign ask one more party, unless it asks it already.
func (t *Tx) AddAsked(ctx context.Context, a campaign.Asked) error {
	return add(ctx, t.reader, "asked", "ON CONFLICT (campaign, party) DO NOTHING", askedRow(a))
}

// ChangeAsked replaces one that waits, and tells whether it still did.
func (t *Tx) ChangeAsked(ctx context.Context, a campaign.Asked) (bool, error) {
	return change(ctx, t.db, "asked", askedRow(a), "party = ? AND state = 'waiting'", a.Party)
}

// AnswerAsked notes what one that waits said: it is asked no more.
func (t *Tx) AnswerAsked(ctx context.Context, id, party candor.ID, state campaign.Answer, at time.Time) error {
	_, err := t.db.ExecContext(ctx, "UPDATE asked SET state = ?, next = 0, answered = ? WHERE campaign = ? AND party = ? AND state = 'waiting'", state, column.Time(at), id, party)
	return kind(err, "note an answer")
}

// Silence notes of some that wait, behind a party, that they said nothing. It
// gives the last party that it looked at, which is empty at the end.
func (t *Tx) Silence(ctx context.Context, id, behind candor.ID, most int) (last candor.ID, err error) {
	const waiting = "campaign = ? AND state = 'waiting' AND party > ?"
	row := t.db.QueryRowContext(ctx, "SELECT COALESCE(MAX(party), '') FROM (SELECT party FROM asked WHERE "+waiting+" ORDER BY party LIMIT ?) AS waiting", id, behind, most)
	if err := row.Scan(&last); err != nil || last == "" {
		return "", kind(err, "look for who was silent")
	}
	_, err = t.db.ExecContext(ctx, "UPDATE asked SET state = 'silent', next = 0 WHERE "+waiting+" AND party <= ?", id, behind, last)
	return last, kind(err, "note who was silent")
}

// Said gives what some parties said last since a time of a version, or that they
// left its document.
func (r reader) Said(ctx context.Context, v consent.Terms, parties []candor.ID, since time.Time) (map[candor.ID]consent.Event, error) {
	said := map[candor.ID]consent.Event{}
	if len(parties) == 0 {
		return said, nil
	}
	marks, list := in(parties)
	rows, err := choose[query.Consent](ctx, r.db, "consents", "party IN "+marks+" AND terms = ? AND act <> 'withdrawn' AND recorded >= ? ORDER BY at, recorded, id", append(list, v.ID, column.Time(since))...)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		said[row.Party] = consentEvent(row)
	}
	left, err := choose[query.Standing](ctx, r.db, "standings", "party IN "+marks+" AND document = ? AND act = 'withdrawn' AND at >= ?", append(list, v.Document, column.Time(since))...)
	for _, row := range left {
		if at := time.Time(row.At); !at.Before(said[row.Party].At) {
			said[row.Party] = consent.Event{Party: row.Party, Version: row.Terms, Act: row.Act, At: at}
		}
	}
	return said, err
}

// PartiesOf gives some parties.
func (r reader) PartiesOf(ctx context.Context, ids []candor.ID) (map[candor.ID]candor.Party, error) {
	all := make(map[candor.ID]candor.Party, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	marks, list := in(ids)
	rows, err := choose[query.Party](ctx, r.db, "parties", "id IN "+marks, list...)
	for _, row := range rows {
		all[row.ID] = party(row)
	}
	return all, err
}

// AskedFilter chooses from those that are asked; what is empty does not matter.
type AskedFilter struct {
	State       campaign.Answer
	Unreachable *bool
}

// Asked gives one that a campaign asks.
func (r reader) Asked(ctx context.Context, id, party candor.ID) (campaign.Asked, error) {
	row, err := one[query.Asked](ctx, r.db, "asked", "campaign = ? AND party = ?", id, party)
	return askedFrom(row), err
}

// AskedOf lists whom a campaign asks, by party. The list goes forwards only.
func (r reader) AskedOf(ctx context.Context, id candor.ID, f AskedFilter, cut candor.Cut) (page candor.Page[campaign.Asked], err error) {
	var w where
	equal(&w, "campaign", id)
	equal(&w, "state", f.State)
	if f.Unreachable != nil {
		w.and("unreachable = ?", *f.Unreachable)
	}
	if page.Count, err = r.rows(ctx, "asked WHERE "+w.String(), counted+1, w.args()); err != nil {
		return page, err
	}
	page.Count, page.More = min(page.Count, counted), page.Count > counted
	if cut.Cursor != "" {
		if _, err := candor.ParseID(cut.Cursor); err != nil {
			return page, candor.WithHint(fmt.Errorf("the cursor is not one of ours: %w", candor.ErrInvalid), "Start from the first page of the list.")
		}
		w.and("party > ?", cut.Cursor)
	}
	most := limit(cut)
	rows, err := choose[query.Asked](ctx, r.db, "asked", fmt.Sprintf("%s ORDER BY party LIMIT %d", w, most+1), w.args()...)
	if len(rows) > most {
		rows = rows[:most]
		page.Next = string(rows[most-1].Party)
	}
	page.Items = each(rows, askedFrom)
	return page, err
}

// CampaignFigures counts how far a campaign has come.
func (r reader) CampaignFigures(ctx context.Context, id candor.ID, now time.Time) (f campaign.Figures, err error) {
	rows, err := r.db.QueryContext(ctx, `SELECT state, COUNT(*), CAST(COALESCE(SUM(CASE WHEN unreachable THEN 1 ELSE 0 END), 0) AS BIGINT),
    CAST(COALESCE(SUM(CASE WHEN sent = 0 THEN 1 ELSE 0 END), 0) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN next > 0 AND next < ? THEN 1 ELSE 0 END), 0) AS BIGINT)
FROM asked WHERE campaign = ? GROUP BY state`, column.Time(now.Add(-time.Hour)), id)
	if err != nil {
		return f, kind(err, "count who was asked")
	}
	defer rows.Close()
	for rows.Next() {
		var state campaign.Answer
		var n, unreachable, unsent, overdue int64
		if err := rows.Scan(&state, &n, &unreachable, &unsent, &overdue); err != nil {
			return f, kind(err, "count who was asked")
		}
		f.Asked += n
		switch state {
		case campaign.Waiting:
			f.Waiting, f.Overdue = n, overdue
		case campaign.Agreed:
			f.Agreed = n
		case campaign.Refused:
			f.Refused = n
		case campaign.Withdrawn:
			f.Withdrawn = n
		case campaign.Silent:
			f.Silent = n
		}
		if state == campaign.Waiting || state == campaign.Silent {
			f.Unreachable, f.Unsent = f.Unreachable+unreachable, f.Unsent+unsent
		}
	}
	return f, kind(rows.Err(), "count who was asked")
}

func campaignFrom(r query.Campaign) campaign.Campaign {
	return campaign.Campaign{ID: r.ID, Terms: r.Terms, Document: r.Document, State: r.State, Silence: r.Silence, Policy: r.Policy.V, Reminders: r.Reminders.V, By: r.By,
		Created: time.Time(r.Created), Starts: time.Time(r.Starts), Deadline: time.Time(r.Deadline), Planned: time.Time(r.Planned), Asked: r.Asked,
		Ended: time.Time(r.Ended), Stopped: r.Stopped, Ends: r.Ends.V}
}

func campaignRow(c campaign.Campaign) query.Campaign {
	return query.Campaign{ID: c.ID, Terms: c.Terms, Document: c.Document, State: c.State, Silence: c.Silence, Policy: column.Of(c.Policy), Reminders: column.Of(c.Reminders), By: c.By,
		Created: column.Time(c.Created), Starts: column.Time(c.Starts), Deadline: column.Time(c.Deadline), Planned: column.Time(c.Planned), Asked: c.Asked,
		Ended: column.Time(c.Ended), Stopped: c.Stopped, Ends: column.Of(c.Ends)}
}

func askedFrom(r query.Asked) campaign.Asked {
	return campaign.Asked{Campaign: r.Campaign, Party: r.Party, State: r.State, Sent: int(r.Sent), Unreachable: r.Unreachable,
		Next: time.Time(r.Next), Last: time.Time(r.Last), Answered: time.Time(r.Answered)}
}

func askedRow(a campaign.Asked) query.Asked {
	return query.Asked{Campaign: a.Campaign, Party: a.Party, State: a.State, Sent: int64(a.Sent), Unreachable: a.Unreachable,
		Next: column.Time(a.Next), Last: column.Time(a.Last), Answered: column.Time(a.Answered)}
}
