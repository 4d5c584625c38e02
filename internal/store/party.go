package store

import (
	"context"
	"strings"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

var partyList = list{table: "parties", own: "updated", sorts: []string{"name", "id"}}

// Party gives a party that the scope sees.
func (r reader) Party(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Party, error) {
	row, err := one[query.Party](ctx, r.db, "parties", "id = ?", id)
	if err == nil && !scope.Sees(row.ID) {
		return candor.Party{}, notThere("party", id)
	}
	return party(row), err
}

// PartyByReference looks for the provider's own number.
func (r reader) PartyByReference(ctx context.Context, kind candor.PartyKind, reference string) (candor.Party, error) {
	row, err := one[query.Party](ctx, r.db, "parties", "kind = ? AND reference = ?", kind, reference)
	return party(row), err
}

// Parties lists parties.
func (r reader) Parties(ctx context.Context, scope candor.Scope, f candor.PartyFilter, cut candor.Cut) (candor.Page[candor.Party], error) {
	var w where
	w.scope(scope, "id")
	equal(&w, "kind", f.Kind)
	if err := r.containing(ctx, &w, owner(scope, ""), "party", f.Text); err != nil {
		return candor.Page[candor.Party]{}, err
	}
	page, err := part[query.Party](ctx, r, partyList, w, cut)
	return turn(page, party), err
}

// AddParty adds a party. It is candor.ErrExists if its kind and reference are taken.
func (t *Tx) AddParty(ctx context.Context, p candor.Party) error {
	if err := add(ctx, t.reader, "parties", "", partyRow(p)); err != nil {
		return err
	}
	if err := t.addMails(ctx, p); err != nil {
		return err
	}
	return t.index(ctx, partyDocument(p))
}

// ChangeParty replaces a party.
func (t *Tx) ChangeParty(ctx context.Context, p candor.Party) error {
	ok, err := change(ctx, t.db, "parties", partyRow(p), "")
	if err == nil && !ok {
		err = notThere("party", p.ID)
	}
	if err != nil {
		return err
	}
	if _, err := t.db.ExecContext(ctx, "DELETE FROM mails WHERE party = ?", p.ID); err != nil {
		return kind(err, "change mail addresses")
	}
	if err := t.addMails(ctx, p); err != nil {
		return err
	}
	return t.index(ctx, partyDocument(p))
}

func partyDocument(p candor.Party) document {
	words := []string{p.Name, p.Reference}
	for _, c := range p.Contacts {
		words = append(words, c.Name, c.Address)
	}
	return document{"party", p.ID, p.ID, p.Name, strings.Join(words, " ")}
}

func party(r query.Party) candor.Party {
	return candor.Party{ID: r.ID, Kind: r.Kind, Name: r.Name, Reference: r.Reference, Language: r.Language, TimeZone: r.TimeZone,
		Contacts: r.Contacts.V, Note: r.Note, Erased: r.Erased, Created: time.Time(r.Created), Updated: time.Time(r.Updated)}
}

func partyRow(p candor.Party) query.Party {
	return query.Party{ID: p.ID, Kind: p.Kind, Name: p.Name, Reference: p.Reference, Language: p.Language, TimeZone: p.TimeZone,
		Contacts: column.Of(p.Contacts), Note: p.Note, Erased: p.Erased, Created: column.Time(p.Created), Updated: column.Time(p.Updated)}
}
