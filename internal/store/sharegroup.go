package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"candor"
	"candor/internal/intel/group"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Groups gives all sharing groups by name. There are at most group.MostGroups.
func (r reader) Groups(ctx context.Context) ([]group.Group, error) {
	rows, err := choose[query.ShareGroup](ctx, r.db, "share_groups", "1 = 1 ORDER BY name")
	if err != nil {
		return nil, err
	}
	all := make([]group.Group, len(rows))
	for i, row := range rows {
		if all[i], err = shareGroup(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Group gives one.
func (r reader) Group(ctx context.Context, id candor.ID) (group.Group, error) {
	row, err := one[query.ShareGroup](ctx, r.db, "share_groups", "id = ?", id)
	if err != nil {
		return group.Group{}, err
	}
	return shareGroup(row)
}

// AddGroup adds a group. A name that there is, in any case, is candor.ErrExists.
func (t *Tx) AddGroup(ctx context.Context, g group.Group) error {
	row, err := shareGroupRow(g)
	if err != nil {
		return err
	}
	return add(ctx, t.reader, "share_groups", "", row)
}

// ChangeGroup replaces a group whose edition is still the given one.
func (t *Tx) ChangeGroup(ctx context.Context, g group.Group, edition int64) error {
	row, err := shareGroupRow(g)
	if err != nil {
		return err
	}
	ok, err := change(ctx, t.db, "share_groups", row, "edition = ?", edition)
	if err == nil && !ok {
		err = changed("group", g.ID)
	}
	return err
}

func shareGroup(r query.ShareGroup) (g group.Group, err error) {
	if err := json.Unmarshal(r.Document, &g); err != nil {
		return g, fmt.Errorf("group %s: %w", r.ID, err)
	}
	return g, nil
}

func shareGroupRow(g group.Group) (query.ShareGroup, error) {
	text, err := json.Marshal(g)
	return query.ShareGroup{ID: g.ID, Name: strings.ToLower(g.Name), Document: column.Raw(text), Edition: g.Edition, Updated: column.Time(g.Updated)}, err
}

// AddShipment keeps what went to a group.
func (t *Tx) AddShipment(ctx context.Context, s group.Shipment) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return add(ctx, t.reader, "shipments", "", query.Shipment{ID: s.ID, GroupID: s.Group, CaseID: s.Case, Document: column.Raw(text)})
}

// Shipments gives what went to a group, or what went of a case, the latest first;
// an empty ID does not matter.
func (r reader) Shipments(ctx context.Context, of, kase candor.ID, most int) ([]group.Shipment, error) {
	condition, args := "group_id = ?", []any{of}
	if of == "" {
		condition, args = "case_id = ?", []any{kase}
	}
	rows, err := choose[query.Shipment](ctx, r.db, "shipments", condition+" ORDER BY id DESC LIMIT ?", append(args, most)...)
	all := make([]group.Shipment, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal(row.Document, &all[i]); err != nil {
			return nil, fmt.Errorf("shipment %s: %w", row.ID, err)
		}
	}
	return all, err
}

// MessageStates tells how far mails are.
func (r reader) MessageStates(ctx context.Context, ids []candor.ID) (map[candor.ID]candor.MessageState, error) {
	all := map[candor.ID]candor.MessageState{}
	for len(ids) > 0 {
		n := min(len(ids), 500)
		marks, args := in(ids[:n])
		err := r.scan(ctx, "look for mails", "SELECT id, state FROM messages WHERE id IN "+marks, args, func(row *sql.Rows) error {
			var id candor.ID
			var state candor.MessageState
			err := row.Scan(&id, &state)
			all[id] = state
			return err
		})
		if err != nil {
			return nil, err
		}
		ids = ids[n:]
	}
	return all, nil
}

// KeepFile keeps what a mail brings until it was sent.
func (t *Tx) KeepFile(ctx context.Context, message candor.ID, a candor.Attachment) error {
	return add(ctx, t.reader, "shipment_files", "", query.ShipmentFile{Message: message, Name: a.Name, Media: a.Type, Content: string(a.Data)})
}

// FileOf gives what a mail brings; candor.ErrNotFound if it brings nothing.
func (r reader) FileOf(ctx context.Context, message candor.ID) (candor.Attachment, error) {
	row, err := one[query.ShipmentFile](ctx, r.db, "shipment_files", "message = ?", message)
	return candor.Attachment{Name: row.Name, Type: row.Media, Data: []byte(row.Content)}, err
}

// DropFile forgets what a mail brought.
func (t *Tx) DropFile(ctx context.Context, message candor.ID) error {
	_, err := t.db.ExecContext(ctx, "DELETE FROM shipment_files WHERE message = ?", message)
	return kind(err, "forget the file of a mail")
}
