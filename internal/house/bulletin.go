package house

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/directory"
	"candor/internal/intel/bulletin"
	"candor/internal/store"
)

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
func (h *House) Bulletins(ctx context.Context, who candor.Principal, cut candor.Cut) (views candor.Page[BulletinView], err error) {
	if err := may(who, access.ReadParties); err != nil {
		return views, err
	}
	page, err := h.Store.Bulletins(ctx, cut)
	if err != nil {
		return views, err
	}
	ids := make([]candor.ID, len(page.Items))
	for i, b := range page.Items {
		ids[i] = b.ID
	}
	counts, err := h.Store.BulletinCounts(ctx, ids...)
	views = candor.Page[BulletinView]{Items: make([]BulletinView, len(page.Items)), Next: page.Next, Previous: page.Previous, Count: page.Count, More: page.More}
	for i, b := range page.Items {
		views.Items[i] = BulletinView{Bulletin: b, Count: counts[b.ID][b.Number], Counts: map[int]bulletin.Count{}, Versions: []bulletin.Version{}, Copies: []bulletin.Copy{}}
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

// BulletinChoice is one who can be named as a recipient: a party, or an entry of the
// directory.
type BulletinChoice struct {
	Party, Entry candor.ID
	Name         string
}

// mostChoices is how many of a kind are offered who are not named yet.
const mostChoices = 50

// BulletinChoices gives those who can be named as recipients: first those that a draft
// names, whatever became of them, then others whose names hold a text, by kind; more
// tells that there are more of these.
func (h *House) BulletinChoices(ctx context.Context, who candor.Principal, d bulletin.Draft, text string) (all []BulletinChoice, more bool, err error) {
	if err := may(who, access.ReadParties); err != nil {
		return nil, false, err
	}
	named, err := h.Store.PartiesOf(ctx, d.Parties)
	if err != nil {
		return nil, false, err
	}
	for _, id := range d.Parties {
		if p, is := named[id]; is {
			all = append(all, BulletinChoice{Party: id, Name: p.Name})
		}
	}
	entries, err := h.Store.Entries(ctx)
	if err != nil {
		return nil, false, err
	}
	for _, e := range entries {
		if slices.Contains(d.Entries, e.ID) {
			all = append(all, BulletinChoice{Entry: e.ID, Name: e.Name})
		}
	}
	for _, kind := range []candor.PartyKind{candor.Partner, candor.Authority, candor.Vendor} {
		some, left, err := h.partyChoices(ctx, who, candor.PartyFilter{Kind: kind, Text: text}, d.Parties)
		if err != nil {
			return nil, false, err
		}
		all, more = append(all, some...), more || left
	}
	n := 0
	for _, e := range entries {
		if slices.Contains(d.Entries, e.ID) || !e.Retired.IsZero() || e.Address(directory.Mail) == "" || !strings.Contains(strings.ToLower(e.Name), strings.ToLower(text)) {
			continue
		}
		if n++; n > mostChoices {
			return all, true, nil
		}
		all = append(all, BulletinChoice{Entry: e.ID, Name: e.Name})
	}
	return all, more, nil
}

// partyChoices gives the first parties of a filter that are not named yet; more tells
// that there are others.
func (h *House) partyChoices(ctx context.Context, who candor.Principal, f candor.PartyFilter, named []candor.ID) (some []BulletinChoice, more bool, err error) {
	cut := candor.Cut{Sort: "name", Limit: 200}
	for {
		page, err := h.Store.Parties(ctx, who.Scope(), f, cut)
		if err != nil {
			return nil, false, err
		}
		for _, p := range page.Items {
			switch {
			case p.Erased || slices.Contains(named, p.ID):
			case len(some) == mostChoices:
				return some, true, nil
			default:
				some = append(some, BulletinChoice{Party: p.ID, Name: p.Name})
			}
		}
		if cut.Cursor = page.Next; page.Next == "" {
			return some, false, nil
		}
	}
}

// recordBulletin keeps what was decided about a bulletin. Who gets it is named by
// identifiers only.
func (h *House) recordBulletin(ctx context.Context, tx *store.Tx, who candor.Principal, b bulletin.Bulletin, body map[string]any) error {
	body["sha256"], body["tlp"], body["edition"] = b.Draft.Digest(), b.Draft.Mark, b.Edition
	return h.recordJSON(ctx, tx, "", candor.RecordDecision, b.ID, who, body)
}
