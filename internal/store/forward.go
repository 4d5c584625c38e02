package store

import (
	"context"
	"strings"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

var forwardList = list{table: "forwards", own: "id", sorts: []string{"updated"}, then: []string{"report", "state"}, weak: []string{"state"}}

// Forward gives one.
func (r reader) Forward(ctx context.Context, id candor.ID) (candor.Forward, error) {
	row, err := one[query.Forward](ctx, r.db, "forwards", "id = ?", id)
	return forward(row), err
}

// ForwardTo gives that of a report to a holder that was neither sent nor refused.
func (r reader) ForwardTo(ctx context.Context, report candor.ID, holder string) (candor.Forward, error) {
	row, err := one[query.Forward](ctx, r.db, "forwards", "report = ? AND holder = ? AND state IN ('waiting', 'person', 'approved')", report, holder)
	return forward(row), err
}

// Forwards lists them, the latest first.
func (r reader) Forwards(ctx context.Context, f candor.ForwardFilter, cut candor.Cut) (candor.Page[candor.Forward], error) {
	var w where
	equal(&w, "report", f.Report)
	anyOf(&w, "state", f.States)
	page, err := part[query.Forward](ctx, r, forwardList, w, cut)
	return turn(page, forward), err
}

// ForwardsIn gives those of a report in some states, the oldest first.
func (r reader) ForwardsIn(ctx context.Context, report candor.ID, states ...candor.ForwardState) ([]candor.Forward, error) {
	marks, args := in(states)
	rows, err := choose[query.Forward](ctx, r.db, "forwards", "report = ? AND state IN "+marks+" ORDER BY id", append([]any{report}, args...)...)
	return each(rows, forward), err
}

// ForwardedComplaints gives the complaints that a forward is of, by number, at most
// so many.
func (r reader) ForwardedComplaints(ctx context.Context, id candor.ID, most int) ([]candor.Complaint, error) {
	rows, err := choose[query.Complaint](ctx, r.db, "complaints", "id IN (SELECT complaint FROM forwarded WHERE forward = ?) AND state = ? ORDER BY number LIMIT ?", id, candor.ComplaintForeign, most)
	return each(rows, complaint), err
}

// UnheldComplaints gives foreign complaints of a report of which nobody was looked
// for yet, by number, at most so many. Digests have no holder.
func (r reader) UnheldComplaints(ctx context.Context, report candor.ID, most int) ([]candor.Complaint, error) {
	rows, err := choose[query.Complaint](ctx, r.db, "complaints", "report = ? AND state = ? AND kind <> 'hash' AND value <> '' AND NOT EXISTS (SELECT 1 FROM forwarded WHERE forwarded.complaint = complaints.id) ORDER BY number LIMIT ?",
		report, candor.ComplaintForeign, most)
	return each(rows, complaint), err
}

// ForwardsSince counts the mails that were written to an address, and to all of its
// domain, since a moment.
func (r reader) ForwardsSince(ctx context.Context, holder string, since time.Time) (address, domain int, err error) {
	name := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(holder[strings.LastIndexByte(holder, '@')+1:])
	err = r.db.QueryRowContext(ctx, `SELECT COALESCE(SUM(CASE WHEN holder = ? THEN 1 ELSE 0 END), 0), COUNT(*) FROM forwards WHERE sent > 0 AND sent >= ? AND holder LIKE ? ESCAPE '\'`,
		holder, column.Time(since), "%@"+name).Scan(&address, &domain)
	return address, domain, kind(err, "count forwards")
}

// PassedOn counts the holders that a report was passed on to: a server took the
// mail, and it did not come back.
func (r reader) PassedOn(ctx context.Context, report candor.ID) (n int, err error) {
	err = r.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM forwards JOIN messages ON messages.id = forwards.id WHERE forwards.report = ? AND messages.state = 'sent'", report).Scan(&n)
	return n, kind(err, "count forwards")
}

// WaitingForwards gives reports of a reporter, or of a domain, that came since a
// moment and of which something waits to be passed on, at most so many.
func (r reader) WaitingForwards(ctx context.Context, reporter string, since time.Time, most int) (all []candor.ID, err error) {
	like := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(reporter))
	if strings.HasPrefix(reporter, "@") {
		like = "%" + like
	}
	rows, err := r.db.QueryContext(ctx, `SELECT DISTINCT forwards.report FROM forwards JOIN reports ON reports.id = forwards.report
		WHERE forwards.state = 'waiting' AND reports.received >= ? AND LOWER(reports.reporter) LIKE ? ESCAPE '\' LIMIT ?`, column.Time(since), like, most)
	if err != nil {
		return nil, kind(err, "list forwards")
	}
	defer rows.Close()
	for rows.Next() {
		var id candor.ID
		if err := rows.Scan(&id); err != nil {
			return nil, kind(err, "list forwards")
		}
		all = append(all, id)
	}
	return all, kind(rows.Err(), "list forwards")
}

// ForwardConsent gives what a reporter said last of one report: candor.ErrNotFound
// if nothing.
func (r reader) ForwardConsent(ctx context.Context, report candor.ID) (candor.ForwardConsent, error) {
	row, err := one[query.ForwardConsent](ctx, r.db, "forward_consents", "report = ? ORDER BY given DESC, id DESC", report)
	return forwardConsent(row), err
}

// StandingConsent gives the consent of a reporter to all that is of the own: of the
// address, else of its domain.
func (r reader) StandingConsent(ctx context.Context, reporter string) (candor.ForwardConsent, error) {
	reporter = strings.ToLower(reporter)
	row, err := one[query.ForwardConsent](ctx, r.db, "forward_consents", "reporter IN (?, ?) AND reporter <> '' AND withdrawn = 0 ORDER BY CASE WHEN reporter = ? THEN 0 ELSE 1 END, id DESC",
		reporter, reporter[max(strings.LastIndexByte(reporter, '@'), 0):], reporter)
	return forwardConsent(row), err
}

// StandingConsents gives all consents of reporters, those that hold first.
func (r reader) StandingConsents(ctx context.Context, most int) ([]candor.ForwardConsent, error) {
	rows, err := choose[query.ForwardConsent](ctx, r.db, "forward_consents", "reporter <> '' ORDER BY CASE WHEN withdrawn = 0 THEN 0 ELSE 1 END, reporter, id DESC LIMIT ?", most)
	return each(rows, forwardConsent), err
}

// ForwardAnswers gives what came back to a forward, the latest first.
func (r reader) ForwardAnswers(ctx context.Context, id candor.ID) ([]candor.ForwardAnswer, error) {
	rows, err := choose[query.ForwardAnswer](ctx, r.db, "forward_answers", "forward = ? ORDER BY report DESC LIMIT 100", id)
	return each(rows, func(a query.ForwardAnswer) candor.ForwardAnswer {
		return candor.ForwardAnswer{Report: a.Report, Forward: a.Forward, Automatic: a.Automatic, At: time.Time(a.At)}
	}), err
}

// AddForward adds one. It is candor.ErrExists if the report has one to that holder
// that was neither sent nor refused.
func (t *Tx) AddForward(ctx context.Context, f candor.Forward) error {
	f.Version = 1
	return add(ctx, t.reader, "forwards", "", forwardRow(f))
}

// ChangeForward replaces a forward and counts its version up. It is
// candor.ErrChanged if somebody else changed it since it was read.
func (t *Tx) ChangeForward(ctx context.Context, f *candor.Forward) error {
	was := f.Version
	f.Version++
	ok, err := change(ctx, t.db, "forwards", forwardRow(*f), "version = ?", was)
	if err == nil && !ok {
		err = changed("forward", f.ID)
	}
	return err
}

// AddForwarded notes which complaints a forward is of. One that is of another
// already stays there.
func (t *Tx) AddForwarded(ctx context.Context, forward candor.ID, complaints ...candor.ID) error {
	rows := make([]query.Forwarded, len(complaints))
	for i, c := range complaints {
		rows[i] = query.Forwarded{Complaint: c, Forward: forward}
	}
	return add(ctx, t.reader, "forwarded", "ON CONFLICT (complaint) DO NOTHING", rows...)
}

// SplitForward has the complaints of a forward be of another one, but for the first
// foreign ones, by number, that stay.
func (t *Tx) SplitForward(ctx context.Context, from, to candor.ID, stay int) error {
	_, err := t.db.ExecContext(ctx, `UPDATE forwarded SET forward = ? WHERE forward = ? AND complaint NOT IN (
		SELECT id FROM complaints WHERE id IN (SELECT complaint FROM forwarded WHERE forward = ?) AND state = ? ORDER BY number LIMIT ?)`, to, from, from, candor.ComplaintForeign, stay)
	return kind(err, "split a forward")
}

// AddForwardConsent adds what a reporter said.
func (t *Tx) AddForwardConsent(ctx context.Context, c candor.ForwardConsent) error {
	c.Reporter = strings.ToLower(c.Reporter)
	return add(ctx, t.reader, "forward_consents", "ON CONFLICT (id) DO NOTHING", query.ForwardConsent{ID: c.ID, Report: c.Report, Reporter: c.Reporter, How: c.How, Ground: c.Ground, Yes: c.Yes,
		Named: c.Named, Unconfirmed: c.Unconfirmed, Given: column.Time(c.Given), By: c.By, Withdrawn: column.Time(c.Withdrawn)})
}

// WithdrawForwardConsent ends a standing consent. It is candor.ErrNotFound if none
// of that identifier holds.
func (t *Tx) WithdrawForwardConsent(ctx context.Context, id candor.ID, at time.Time) error {
	if _, err := one[query.ForwardConsent](ctx, t.db, "forward_consents", "id = ? AND reporter <> '' AND withdrawn = 0", id); err != nil {
		return err
	}
	_, err := t.db.ExecContext(ctx, "UPDATE forward_consents SET withdrawn = ? WHERE id = ?", column.Time(at), id)
	return kind(err, "withdraw a consent")
}

// AddForwardAnswer notes that a mail answers a forward. It may be noted twice.
func (t *Tx) AddForwardAnswer(ctx context.Context, a candor.ForwardAnswer) error {
	return add(ctx, t.reader, "forward_answers", "ON CONFLICT (report) DO NOTHING", query.ForwardAnswer{Report: a.Report, Forward: a.Forward, Automatic: a.Automatic, At: column.Time(a.At)})
}

// eraseForwards are what takes out what is personal of the forwards of reports, as
// a condition on their column chooses. What was not sent yet never is.
func eraseForwards(reports string) []string {
	return []string{
		"UPDATE messages SET subject = '', text = '' WHERE id IN (SELECT id FROM forwards WHERE " + reports + ")",
		"UPDATE forwards SET contacts = '', letter = '', basis = CASE WHEN basis = '' THEN '' ELSE '{}' END, why = '', state = CASE WHEN state = 'sent' THEN state ELSE 'refused' END, version = version + 1 WHERE " + reports,
	}
}

func forward(r query.Forward) candor.Forward {
	return candor.Forward{ID: r.ID, Report: r.Report, Holder: r.Holder, Contacts: r.Contacts.V, State: r.State, Why: r.Why, Count: r.Complaints, Basis: r.Basis.V, Letter: r.Letter.V,
		Sent: time.Time(r.Sent), Created: time.Time(r.Created), Updated: time.Time(r.Updated), By: r.By, Version: r.Version}
}

func forwardRow(f candor.Forward) query.Forward {
	return query.Forward{ID: f.ID, Report: f.Report, Holder: f.Holder, Contacts: column.Of(f.Contacts), State: f.State, Why: f.Why, Complaints: f.Count, Basis: column.Of(f.Basis), Letter: column.Of(f.Letter),
		Sent: column.Time(f.Sent), Created: column.Time(f.Created), Updated: column.Time(f.Updated), By: f.By, Version: f.Version}
}

func forwardConsent(r query.ForwardConsent) candor.ForwardConsent {
	return candor.ForwardConsent{ID: r.ID, Report: r.Report, Reporter: r.Reporter, How: r.How, Ground: r.Ground, Yes: r.Yes, Named: r.Named, Unconfirmed: r.Unconfirmed,
		Given: time.Time(r.Given), By: r.By, Withdrawn: time.Time(r.Withdrawn)}
}
