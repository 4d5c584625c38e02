package house

import (
	"context"
	"fmt"
	"slices"

	"candor"
	"candor/internal/access"
	"candor/internal/intel/bulletin"
	"candor/internal/store"
)

// mostBulletins is how many bulletins are listed.
const mostBulletins = 500

// BulletinView is a bulletin with its versions, the latest first, and who got one of
// them.
type BulletinView struct {
	Bulletin bulletin.Bulletin  `json:"bulletin"`
	Count    bulletin.Count     `json:"count"` // of the version that was published last
	Versions []bulletin.Version `json:"versions"`
	// Counts are by the number of the version; Copies are of the version Shown.
	Counts map[int]bulletin.Count `json:"counts"`
	Shown  int                    `json:"shown"`
	Copies []bulletin.Copy        `json:"copies"`
}

// Bulletins lists bulletins, those that changed last first, without versions and
// copies.
func (h *House) Bulletins(ctx context.Context, who candor.Principal) ([]BulletinView, error) {
	if err := may(who, access.ReadParties); err != nil {
		return nil, err
	}
	all, err := h.Store.Bulletins(ctx, mostBulletins)
	if err != nil {
		return nil, err
	}
	ids := make([]candor.ID, len(all))
	for i, b := range all {
		ids[i] = b.ID
	}
	counts, err := h.Store.BulletinCounts(ctx, ids...)
	views := make([]BulletinView, len(all))
	for i, b := range all {
		views[i] = BulletinView{Bulletin: b, Count: counts[b.ID][b.Number], Counts: map[int]bulletin.Count{}, Versions: []bulletin.Version{}, Copies: []bulletin.Copy{}}
	}
	return views, err
}

// Bulletin gives one, with who got a version of it; 0 stands for the latest.
func (h *House) Bulletin(ctx context.Context, who candor.Principal, id candor.ID, number int) (v BulletinView, err error) {
	if err := may(who, access.ReadParties); err != nil {
		return v, err
	}
	if v.Bulletin, err = h.Store.Bulletin(ctx, id); err != nil {
		return v, err
	}
	if number < 0 || number > v.Bulletin.Number {
		return v, fmt.Errorf("version %d of bulletin %s: %w", number, id, candor.ErrNotFound)
	}
	if v.Shown = number; number == 0 {
		v.Shown = v.Bulletin.Number
	}
	if v.Versions, err = h.Store.BulletinVersions(ctx, id); err != nil {
		return v, err
	}
	counts, err := h.Store.BulletinCounts(ctx, id)
	if err != nil {
		return v, err
	}
	if v.Counts = counts[id]; v.Counts == nil {
		v.Counts = map[int]bulletin.Count{}
	}
	v.Count = v.Counts[v.Bulletin.Number]
	v.Copies, err = h.Store.BulletinCopies(ctx, id, v.Shown)
	return v, err
}

// SaveBulletin adds a bulletin, or changes the draft of the one that it names if its
// edition is still the one that is given; 0 asks for no edition. Nothing goes out
// before PublishBulletin.
func (h *House) SaveBulletin(ctx context.Context, who candor.Principal, id candor.ID, d bulletin.Draft, edition int64) (b bulletin.Bulletin, err error) {
	if err := may(who, access.ActCases); err != nil {
		return b, err
	}
	d.Until = d.Until.UTC()
	if err := d.Check(h.now()); err != nil {
		return b, err
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		if err := h.knowRecipients(ctx, tx, d); err != nil {
			return err
		}
		now := h.now()
		if id == "" {
			b = bulletin.Bulletin{ID: candor.NewID(now), State: bulletin.Drafted, Draft: d, Changed: true, Author: who.Actor(), Edition: 1, Created: now, Updated: now}
			if err := tx.AddBulletin(ctx, b); err != nil {
				return err
			}
			return h.recordBulletin(ctx, tx, who, b, map[string]any{"bulletin": "written"})
		}
		if b, err = tx.Bulletin(ctx, id); err != nil {
			return err
		}
		if edition != 0 && edition != b.Edition {
			return candor.WithHint(fmt.Errorf("bulletin %s: %w", id, candor.ErrChanged), "Somebody else changed it meanwhile. Look at it again.")
		}
		was := b.Edition
		b.Draft, b.Author, b.Edition, b.Updated, b.Changed = d, who.Actor(), was+1, now, true
		if b.Number > 0 && b.State == bulletin.Published {
			last, err := tx.BulletinVersion(ctx, id, b.Number)
			if err != nil {
				return err
			}
			b.Changed = !sameDraft(last.Draft, d)
		}
		if err := tx.ChangeBulletin(ctx, b, was); err != nil {
			return err
		}
		return h.recordBulletin(ctx, tx, who, b, map[string]any{"bulletin": "changed"})
	})
	return b, err
}

func sameDraft(a, b bulletin.Draft) bool {
	return a.Digest() == b.Digest() && a.Remind == b.Remind && slices.Equal(a.Groups, b.Groups) && slices.Equal(a.Parties, b.Parties) && slices.Equal(a.Entries, b.Entries)
}

// knowRecipients looks whether those named are there, and may get bulletins at all.
func (h *House) knowRecipients(ctx context.Context, tx *store.Tx, d bulletin.Draft) error {
	for _, id := range d.Groups {
		if _, err := tx.Group(ctx, id); err != nil {
			return candor.WithHint(err, "Choose a sharing group.")
		}
	}
	for _, id := range d.Entries {
		if _, err := tx.Entry(ctx, id); err != nil {
			return candor.WithHint(err, "Choose an entry of the directory.")
		}
	}
	parties, err := tx.PartiesOf(ctx, d.Parties)
	if err != nil {
		return err
	}
	for _, id := range d.Parties {
		p, is := parties[id]
		if !is {
			return candor.WithHint(fmt.Errorf("party %s: %w", id, candor.ErrNotFound), "Choose a partner, an authority or a vendor.")
		}
		if !slices.Contains([]candor.PartyKind{candor.Partner, candor.Authority, candor.Vendor}, p.Kind) || p.Erased {
			return candor.WithHint(fmt.Errorf("%s is a %s: %w", p.Name, p.Kind, candor.ErrInvalid), "Bulletins go to partners, authorities and vendors.")
		}
	}
	return nil
}

// recordBulletin keeps what was decided about a bulletin. Who gets it is named by
// identifiers only.
func (h *House) recordBulletin(ctx context.Context, tx *store.Tx, who candor.Principal, b bulletin.Bulletin, body map[string]any) error {
	body["sha256"], body["tlp"], body["edition"] = b.Draft.Digest(), b.Draft.Mark, b.Edition
	return h.recordJSON(ctx, tx, "", candor.RecordDecision, b.ID, who, body)
}
