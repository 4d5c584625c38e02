package store

import (
	"cmp"
	"context"
	"strings"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

var reportList = list{table: "reports", own: "received", then: []string{"state", "reporter"}, weak: []string{"state", "format", "way"}}

var complaintList = list{table: "complaints", own: "id", sorts: []string{"updated", "number"}, then: []string{"report", "value"}, weak: []string{"state", "class"}}

// NewReport is a report that was just taken in.
type NewReport struct {
	candor.Report
	// Arrival is unlike that of any other message; empty if nothing tells.
	Arrival string
}

// Report gives a report.
func (r reader) Report(ctx context.Context, id candor.ID) (candor.Report, error) {
	row, err := one[query.Report](ctx, r.db, "reports", "id = ?", id)
	return report(row), err
}

// ReportLike gives the report that has a likeness: a message that comes again is
// one that has the same.
func (r reader) ReportLike(ctx context.Context, likeness string) (candor.Report, error) {
	row, err := one[query.Report](ctx, r.db, "reports", "likeness = ?", likeness)
	return report(row), err
}

// ReportOfContent gives the first report of a message, other than one. With a source
// it is one that the programs of a reporter handed in from there, without it one that
// no reporter's program did.
func (r reader) ReportOfContent(ctx context.Context, sha256 string, but candor.ID, source string) (candor.Report, error) {
	where, args := "sha256 = ? AND id <> ? AND id < ?", []any{sha256, but, but}
	if source != "" {
		where, args = where+" AND way = 'api' AND source = ?", append(args, source)
	} else {
		where += " AND NOT (way = 'api' AND source LIKE 'reporter:%')"
	}
	row, err := one[query.Report](ctx, r.db, "reports", where+" ORDER BY id", args...)
	return report(row), err
}

// UnreadReports gives reports that came before a moment and were not read, the
// oldest first.
func (r reader) UnreadReports(ctx context.Context, before time.Time, most int) ([]candor.Report, error) {
	rows, err := choose[query.Report](ctx, r.db, "reports", "state = ? AND received < ? ORDER BY received, id LIMIT ?", candor.ReportNew, column.Time(before), most)
	return each(rows, report), err
}

// Reports lists reports, the one that came last first.
func (r reader) Reports(ctx context.Context, f candor.ReportFilter, cut candor.Cut) (candor.Page[candor.Report], error) {
	var w where
	anyOf(&w, "state", f.States)
	equal(&w, "reporter", f.Reporter)
	equal(&w, "format", f.Format)
	equal(&w, "way", f.Way)
	equal(&w, "source", f.Source)
	if !f.ReceivedAfter.IsZero() {
		w.compare("received", ">=", column.Time(f.ReceivedAfter))
	}
	page, err := part[query.Report](ctx, r, reportList, w, cut)
	return turn(page, report), err
}

// ReportCounts counts reports by state.
func (r reader) ReportCounts(ctx context.Context) (map[candor.ReportState]int64, error) {
	rows, err := r.db.QueryContext(ctx, "SELECT state, COUNT(*) FROM reports GROUP BY state")
	if err != nil {
		return nil, kind(err, "count reports")
	}
	defer rows.Close()
	all := map[candor.ReportState]int64{}
	for rows.Next() {
		var state candor.ReportState
		var n int64
		if err := rows.Scan(&state, &n); err != nil {
			return nil, kind(err, "count reports")
		}
		all[state] = n
	}
	return all, kind(rows.Err(), "count reports")
}

// HasReport tells whether a content is that of any report.
func (r reader) HasReport(ctx context.Context, sha256 string) (bool, error) {
	rows, err := choose[query.Report](ctx, r.db, "reports", "sha256 = ? LIMIT 1", sha256)
	return len(rows) > 0, err
}

// Complaint gives a complaint.
func (r reader) Complaint(ctx context.Context, id candor.ID) (candor.Complaint, error) {
	row, err := one[query.Complaint](ctx, r.db, "complaints", "id = ?", id)
	return complaint(row), err
}

// Complaints lists complaints.
func (r reader) Complaints(ctx context.Context, f candor.ComplaintFilter, cut candor.Cut) (candor.Page[candor.Complaint], error) {
	var w where
	anyOf(&w, "state", f.States)
	equal(&w, "report", f.Report)
	equal(&w, "case_id", f.Case)
	equal(&w, "asset", f.Asset)
	equal(&w, "party", f.Party)
	equal(&w, "value", f.Value)
	equal(&w, "class", f.Class)
	page, err := part[query.Complaint](ctx, r, complaintList, w, cut)
	return turn(page, complaint), err
}

// NumberedComplaints gives the complaints of a report from one number to another,
// both within, by number.
func (r reader) NumberedComplaints(ctx context.Context, of candor.ID, from, to int64) (map[int64]candor.Complaint, error) {
	rows, err := choose[query.Complaint](ctx, r.db, "complaints", "report = ? AND number >= ? AND number <= ?", of, from, to)
	all := make(map[int64]candor.Complaint, len(rows))
	for _, row := range rows {
		all[row.Number] = complaint(row)
	}
	return all, err
}

// UnfiledComplaints gives complaints of a report that a person has decided to file,
// and that are no findings yet.
func (r reader) UnfiledComplaints(ctx context.Context, of candor.ID) ([]candor.Complaint, error) {
	rows, err := choose[query.Complaint](ctx, r.db, "complaints", "report = ? AND state = ? AND finding = '' ORDER BY number LIMIT 500", of, candor.ComplaintFiled)
	return each(rows, complaint), err
}

// SaysMore tells whether a report complains about anything that another one does
// not.
func (r reader) SaysMore(ctx context.Context, one, than candor.ID) (bool, error) {
	var n int64
	err := r.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM complaints WHERE report = ? AND NOT EXISTS
		(SELECT 1 FROM complaints AS others WHERE others.report = ? AND others.class = complaints.class AND others.value = complaints.value)`, one, than).Scan(&n)
	return n > 0, kind(err, "compare reports")
}

// Reporters counts those who complained about a class at an asset since a moment.
// Senders for whom nobody vouches, where that was looked at, and those who filled in
// the form count as one, however many names they bear: anybody writes any name.
func (r reader) Reporters(ctx context.Context, asset candor.ID, class candor.Class, since time.Time) (n int64, err error) {
	err = r.db.QueryRowContext(ctx, `SELECT COUNT(DISTINCT CASE WHEN vouches.method = '' OR reports.way = 'form' THEN '' WHEN vouches.sender <> '' THEN vouches.sender ELSE reports.reporter END)
		FROM complaints JOIN reports ON reports.id = complaints.report LEFT JOIN vouches ON vouches.report = reports.id
		WHERE complaints.asset = ? AND complaints.class = ? AND complaints.updated >= ? AND complaints.state IN ('filed', 'waiting')`, asset, class, column.Time(since)).Scan(&n)
	return n, kind(err, "count reporters")
}

// IsRead tells whether a report that complains of a party is being read, and may
// complain of more.
func (r reader) IsRead(ctx context.Context, party candor.ID) (bool, error) {
	var is bool
	err := r.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM reports WHERE state = 'new' AND EXISTS (SELECT 1 FROM complaints WHERE report = reports.id AND party = ? AND party <> ''))", party).Scan(&is)
	return is, kind(err, "look for reports that are being read")
}

// AddReports adds reports that were just taken in. One that has the arrival of
// another is left out: it is that one.
func (t *Tx) AddReports(ctx context.Context, all ...NewReport) error {
	rows := make([]query.Report, len(all))
	for i, n := range all {
		n.Version = 1
		rows[i] = reportRow(n.Report)
		rows[i].Arrival = cmp.Or(n.Arrival, string(n.ID))
		rows[i].Likeness = string(n.ID)
	}
	return add(ctx, t.reader, "reports", "ON CONFLICT (arrival) DO NOTHING", rows...)
}

// ChangeReport replaces a report and counts its version up. An empty likeness
// leaves that as it is. It is candor.ErrChanged if somebody else changed it since
// it was read, and candor.ErrExists if another one has its likeness.
func (t *Tx) ChangeReport(ctx context.Context, r *candor.Report, likeness string) error {
	old, err := one[query.Report](ctx, t.db, "reports", "id = ?", r.ID)
	if err != nil {
		return err
	}
	was := r.Version
	r.Version++
	row := reportRow(*r)
	row.Arrival, row.Likeness = old.Arrival, cmp.Or(likeness, old.Likeness)
	ok, err := change(ctx, t.db, "reports", row, "version = ?", was)
	if err == nil && !ok {
		err = changed("report", r.ID)
	}
	return err
}

// AddComplaints adds what a report complains about. What has the number of
// another one of the report is left out: it is that one.
func (t *Tx) AddComplaints(ctx context.Context, all ...candor.Complaint) error {
	rows := make([]query.Complaint, len(all))
	for i, c := range all {
		rows[i] = complaintRow(c)
	}
	return add(ctx, t.reader, "complaints", "ON CONFLICT (report, number) DO NOTHING", rows...)
}

// AddComplaint adds a complaint. It is candor.ErrExists if the report has one of
// its number.
func (t *Tx) AddComplaint(ctx context.Context, c candor.Complaint) error {
	return add(ctx, t.reader, "complaints", "", complaintRow(c))
}

// ChangeComplaint replaces a complaint, which must be in a state.
func (t *Tx) ChangeComplaint(ctx context.Context, c candor.Complaint, from candor.ComplaintState) error {
	ok, err := change(ctx, t.db, "complaints", complaintRow(c), "state = ?", from)
	if err == nil && !ok {
		err = changed("complaint", c.ID)
	}
	return err
}

// EraseComplaints takes out what complaints about a party say of it, or may say,
// and gives the reports that are about nobody else here, or that it sent by one of
// the addresses.
func (t *Tx) EraseComplaints(ctx context.Context, party candor.ID, addresses []string) ([]candor.Report, error) {
	own, args := "(party = ? OR candidates LIKE ?)", []any{party, `%"` + string(party) + `"%`}
	alone, err := choose[query.Report](ctx, t.db, "reports", "id IN (SELECT report FROM complaints WHERE "+own+`) AND NOT EXISTS
		(SELECT 1 FROM complaints WHERE complaints.report = reports.id AND party <> '' AND party <> ?)`, append(args[:2:2], party)...)
	if err != nil {
		return nil, err
	}
	for _, a := range addresses {
		sent, err := choose[query.Report](ctx, t.db, "reports", "reporter = ?", strings.ToLower(a))
		if err != nil {
			return nil, err
		}
		alone = append(alone, sent...)
		if _, err := t.db.ExecContext(ctx, "UPDATE forward_consents SET reporter = ?, ground = '', withdrawn = CASE WHEN withdrawn = 0 THEN given ELSE withdrawn END WHERE reporter = ?", Erased, strings.ToLower(a)); err != nil {
			return nil, kind(err, "erase consents")
		}
	}
	_, err = t.db.ExecContext(ctx, "UPDATE complaints SET value = ?, port = 0, note = '', proof = '', why = '', told = '', candidates = '' WHERE "+own, append([]any{Erased}, args...)...)
	return each(alone, report), kind(err, "erase complaints")
}

// EraseReports takes out what is personal of reports, whose messages are to be
// forgotten, and of the mails to those who sent them. What waits for somebody is
// over with it.
func (t *Tx) EraseReports(ctx context.Context, ids ...candor.ID) error {
	if len(ids) == 0 {
		return nil
	}
	reports, args := t.dialect.list("id", ids)
	complaints, _ := t.dialect.list("report", ids)
	for _, statement := range append(eraseForwards(complaints),
		"UPDATE reports SET sha256 = '', size = 0, name = '', subject = '', why = '', reporter = '', source = CASE WHEN source LIKE 'reporter:%' THEN 'reporter:' ELSE source END, reference = '', state = CASE WHEN state IN ('new', 'person') THEN 'dismissed' ELSE state END, version = version + 1 WHERE "+reports,
		"UPDATE complaints SET note = '', proof = '' WHERE "+complaints,
		"DELETE FROM vouches WHERE "+complaints,
		"UPDATE messages SET recipient = '', subject = '', text = '', html = '', error = '' WHERE "+reports,
	) {
		if _, err := t.db.ExecContext(ctx, statement, args...); err != nil {
			return kind(err, "erase reports")
		}
	}
	return nil
}

// OldReports gives reports whose messages are kept though they came before a
// moment, the oldest first. Those that wait for somebody are left out.
func (r reader) OldReports(ctx context.Context, before time.Time, most int) ([]candor.Report, error) {
	rows, err := choose[query.Report](ctx, r.db, "reports", "received < ? AND sha256 <> '' AND state NOT IN ('new', 'person') ORDER BY received, id LIMIT ?", column.Time(before), most)
	return each(rows, report), err
}

func report(r query.Report) candor.Report {
	return candor.Report{ID: r.ID, Way: r.Way, Source: r.Source, Received: time.Time(r.Received), SHA256: r.SHA256, Size: r.Size, Name: r.Name, Type: r.Type,
		State: r.State, Why: r.Why, Format: r.Format, Reporter: r.Reporter, Reference: r.Reference, Subject: r.Subject, Language: r.Language, TLP: r.Tlp,
		Confidence: r.Confidence, Complaints: r.Complaints, Same: r.Same, Case: r.CaseID, Answerable: r.Answerable, Updated: time.Time(r.Updated), By: r.By, Version: r.Version}
}

func reportRow(r candor.Report) query.Report {
	return query.Report{ID: r.ID, Way: r.Way, Source: r.Source, Received: column.Time(r.Received), SHA256: r.SHA256, Size: r.Size, Name: r.Name, Type: r.Type,
		State: r.State, Why: r.Why, Format: r.Format, Reporter: r.Reporter, Reference: r.Reference, Subject: r.Subject, Language: r.Language, Tlp: r.TLP,
		Confidence: r.Confidence, Complaints: r.Complaints, Same: r.Same, CaseID: r.Case, Answerable: r.Answerable, Updated: column.Time(r.Updated), By: r.By, Version: r.Version}
}

func complaint(r query.Complaint) candor.Complaint {
	return candor.Complaint{ID: r.ID, Report: r.Report, Number: r.Number, Class: r.Class, Kind: r.Kind, Value: r.Value, Port: uint16(r.Port), Role: r.Role,
		Confidence: r.Confidence, First: time.Time(r.FirstSeen), Last: time.Time(r.LastSeen), Told: r.Told, Count: r.Times, Note: r.Note, Evidence: r.Proof,
		State: r.State, Why: r.Why, Asset: r.Asset, Party: r.Party, Case: r.CaseID, Finding: r.Finding, Candidates: r.Candidates.V, Updated: time.Time(r.Updated)}
}

func complaintRow(c candor.Complaint) query.Complaint {
	return query.Complaint{ID: c.ID, Report: c.Report, Number: c.Number, Class: c.Class, Kind: c.Kind, Value: c.Value, Port: int64(c.Port), Role: c.Role,
		Confidence: c.Confidence, FirstSeen: column.Time(c.First), LastSeen: column.Time(c.Last), Told: c.Told, Times: c.Count, Note: c.Note, Proof: c.Evidence,
		State: c.State, Why: c.Why, Asset: c.Asset, Party: c.Party, CaseID: c.Case, Finding: c.Finding, Candidates: column.Candidates{V: c.Candidates}, Updated: column.Time(c.Updated)}
}
