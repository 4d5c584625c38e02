package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/directory"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Entries gives all of the directory by name, each with the last of its probes.
// There are at most directory.MostEntries.
func (r reader) Entries(ctx context.Context) ([]directory.Entry, error) {
	rows, err := choose[query.DirectoryEntry](ctx, r.db, "directory_entries", "1 = 1 ORDER BY name")
	if err != nil {
		return nil, err
	}
	probes, err := choose[query.DirectoryProbe](ctx, r.db, "directory_probes", lastProbes)
	if err != nil {
		return nil, err
	}
	all := make([]directory.Entry, len(rows))
	at, prints := map[candor.ID]int{}, make([]string, len(rows))
	for i, row := range rows {
		if all[i], prints[i], err = entry(row); err != nil {
			return nil, err
		}
		at[row.ID] = i
	}
	for _, p := range probes {
		if i, ok := at[p.Entry]; ok {
			all[i].Probes = append(all[i].Probes, probe(p))
		}
	}
	for i, e := range all {
		all[i].Probes = current(e, prints[i])
	}
	return all, nil
}

const lastProbes = `id IN (SELECT MAX(id) FROM directory_probes GROUP BY entry, address, what) ORDER BY entry, address, what`

// current leaves out probes of what an entry no longer has.
func current(e directory.Entry, fingerprint string) (some []directory.Probe) {
	has := map[string]bool{fingerprint: true}
	for _, c := range e.Channels {
		has[c.Address] = true
	}
	for _, p := range e.Probes {
		if has[p.Address] {
			some = append(some, p)
		}
	}
	return some
}

// Entry gives one entry with the last of its probes.
func (r reader) Entry(ctx context.Context, id candor.ID) (directory.Entry, error) {
	row, err := one[query.DirectoryEntry](ctx, r.db, "directory_entries", "id = ?", id)
	if err != nil {
		return directory.Entry{}, err
	}
	e, fingerprint, err := entry(row)
	if err != nil {
		return e, err
	}
	probes, err := choose[query.DirectoryProbe](ctx, r.db, "directory_probes", "entry = ? AND "+lastProbes, id)
	e.Probes = each(probes, probe)
	e.Probes = current(e, fingerprint)
	return e, err
}

// ProbesOf gives what was seen of an entry, the latest first, most at most.
func (r reader) ProbesOf(ctx context.Context, id candor.ID, most int) ([]directory.Probe, error) {
	rows, err := choose[query.DirectoryProbe](ctx, r.db, "directory_probes", "entry = ? ORDER BY id DESC LIMIT ?", id, most)
	return each(rows, probe), err
}

// AddEntry adds an entry. A name that there is, in any case, is candor.ErrExists.
func (t *Tx) AddEntry(ctx context.Context, e directory.Entry) error {
	row, err := entryRow(e)
	if err != nil {
		return err
	}
	return add(ctx, t.reader, "directory_entries", "", row)
}

// ChangeEntry replaces an entry whose edition is still the given one.
func (t *Tx) ChangeEntry(ctx context.Context, e directory.Entry, edition int64) error {
	row, err := entryRow(e)
	if err != nil {
		return err
	}
	ok, err := change(ctx, t.db, "directory_entries", row, "edition = ?", edition)
	if err == nil && !ok {
		err = changed("entry", e.ID)
	}
	return err
}

// AddProbe keeps what was seen of a channel, where it differs from what was
// seen last. What is the same only lasts longer. The latest directory.MostProbes of
// each sort are kept of a channel.
func (t *Tx) AddProbe(ctx context.Context, id candor.ID, p directory.Probe) error {
	last, err := one[query.DirectoryProbe](ctx, t.db, "directory_probes", "entry = ? AND address = ? AND what = ? ORDER BY id DESC", id, p.Address, p.What)
	if err != nil && !errors.Is(err, candor.ErrNotFound) {
		return err
	}
	if err == nil {
		var same bool
		if p, same = p.After(probe(last)); same {
			_, err = t.db.ExecContext(ctx, "UPDATE directory_probes SET last_seen = ? WHERE id = ?", column.Time(p.Last), last.ID)
			return kind(err, "change directory_probes")
		}
	}
	err = add(ctx, t.reader, "directory_probes", "", query.DirectoryProbe{ID: candor.NewID(p.Last), Entry: id, Address: p.Address, What: p.What, Ok: p.OK,
		Unknown: p.Unknown, Detail: p.Detail, FirstSeen: column.Time(p.First), LastSeen: column.Time(p.Last)})
	if err != nil {
		return err
	}
	const of = "entry = ? AND address = ? AND what = ?"
	_, err = t.db.ExecContext(ctx, "DELETE FROM directory_probes WHERE "+of+" AND id NOT IN (SELECT id FROM directory_probes WHERE "+of+" ORDER BY id DESC LIMIT ?)",
		id, p.Address, p.What, id, p.Address, p.What, directory.MostProbes)
	return kind(err, "remove directory_probes")
}

// BouncedTo gives when the last mail to an address came back, and why; zero if
// the last one did not.
func (r reader) BouncedTo(ctx context.Context, address string) (time.Time, string, error) {
	rows, err := choose[query.Message](ctx, r.db, "messages", "recipient = ? AND state IN ('sent', 'bounced') ORDER BY id DESC LIMIT 1", address)
	if err != nil || len(rows) == 0 || rows[0].State != candor.MessageBounced {
		return time.Time{}, "", err
	}
	return time.Time(rows[0].Bounced), rows[0].Error, nil
}

// AddVendorAnswer adds what a vendor answered.
func (t *Tx) AddVendorAnswer(ctx context.Context, a directory.Answer) error {
	return add(ctx, t.reader, "directory_answers", "", query.DirectoryAnswer{ID: a.ID, Response: a.Response, Verdict: a.Verdict, Detection: a.Detection, Note: a.Note, At: column.Time(a.At), By: a.By})
}

// VendorAnswers gives what was answered to a response, the latest first.
func (r reader) VendorAnswers(ctx context.Context, response candor.ID) ([]directory.Answer, error) {
	rows, err := choose[query.DirectoryAnswer](ctx, r.db, "directory_answers", "response = ? ORDER BY id DESC LIMIT 100", response)
	return each(rows, func(a query.DirectoryAnswer) directory.Answer {
		return directory.Answer{ID: a.ID, Response: a.Response, Verdict: a.Verdict, Detection: a.Detection, Note: a.Note, At: time.Time(a.At), By: a.By}
	}), err
}

// AddLook keeps whether definitions found a sample.
func (t *Tx) AddLook(ctx context.Context, l directory.Look) error {
	return add(ctx, t.reader, "directory_checks", "", query.DirectoryCheck{ID: l.ID, Response: l.Response, SHA256: l.SHA256, Generation: l.Generation, Rules: column.Of(l.Rules), At: column.Time(l.At), By: l.By})
}

// Looks gives whether definitions found what a response sent, the latest first.
func (r reader) Looks(ctx context.Context, response candor.ID) ([]directory.Look, error) {
	rows, err := choose[query.DirectoryCheck](ctx, r.db, "directory_checks", "response = ? ORDER BY id DESC LIMIT 100", response)
	return each(rows, func(l query.DirectoryCheck) directory.Look {
		return directory.Look{ID: l.ID, Response: l.Response, SHA256: l.SHA256, Generation: l.Generation, Rules: l.Rules.V, At: time.Time(l.At), By: l.By}
	}), err
}

// storedEntry is an entry as it is stored: with the fingerprint of its key, for which
// lists need not read the key.
type storedEntry struct {
	directory.Entry
	Fingerprint string `json:"fingerprint,omitempty"`
}

func entry(r query.DirectoryEntry) (directory.Entry, string, error) {
	var d storedEntry
	if err := json.Unmarshal(r.Document, &d); err != nil {
		return d.Entry, "", fmt.Errorf("entry %s of the directory: %w", r.ID, err)
	}
	if d.Fingerprint == "" {
		d.Fingerprint = d.Entry.Fingerprint() // it was stored without
	}
	return d.Entry, d.Fingerprint, nil
}

func entryRow(e directory.Entry) (query.DirectoryEntry, error) {
	e.Probes = nil
	text, err := json.Marshal(storedEntry{e, e.Fingerprint()})
	return query.DirectoryEntry{ID: e.ID, Name: strings.ToLower(e.Name), Document: column.Raw(text), Edition: e.Edition, Updated: column.Time(e.Updated)}, err
}

func probe(r query.DirectoryProbe) directory.Probe {
	return directory.Probe{Address: r.Address, What: r.What, OK: r.Ok, Unknown: r.Unknown, Detail: r.Detail, First: time.Time(r.FirstSeen), Last: time.Time(r.LastSeen)}
}
