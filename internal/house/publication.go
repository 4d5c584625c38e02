package house

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/consent/notice"
	"candor/internal/store"
)

// FaultyNotice is the error for a draft that cannot be published.
type FaultyNotice struct{ Problems []notice.Problem }

// Error says how much is wrong.
func (f *FaultyNotice) Error() string {
	n := 0
	for _, p := range f.Problems {
		if p.Severity == notice.Fault {
			n++
		}
	}
	return fmt.Sprintf("the notice has %d errors", n)
}

// Unwrap gives candor.ErrInvalid.
func (*FaultyNotice) Unwrap() error { return candor.ErrInvalid }

// PublishNotice makes the draft the next version, for good. A draft with errors
// is a *FaultyNotice; one of another edition than the one that was looked at is
// candor.ErrChanged. With pin its sites must serve it from now on.
func (h *House) PublishNotice(ctx context.Context, who candor.Principal, id candor.ID, edition int64, pin bool) (v candor.NoticeVersion, err error) {
	if err := writesNotices(who); err != nil {
		return v, err
	}
	n, err := h.Store.Notice(ctx, who.Scope(), id)
	if err != nil {
		return v, err
	}
	if n.Edition != edition {
		return v, fmt.Errorf("the draft of notice %s: %w", n.Name, candor.ErrChanged)
	}
	pins, err := h.Store.NoticeSites(ctx, id)
	if err != nil {
		return v, err
	}
	ids := make([]candor.ID, len(pins))
	for i, s := range pins {
		ids[i] = s.Asset
	}
	assets, err := h.sitesOf(ctx, h.Store, who, n.Party, ids)
	if err != nil {
		return v, err
	}
	d, problems, err := h.checked(ctx, n, assets)
	if err != nil {
		return v, err
	}
	if d == nil || notice.Faulty(problems) {
		return v, &FaultyNotice{problems}
	}
	if err := h.differs(ctx, n, d); err != nil {
		return v, err
	}
	if v, err = h.version(n, who, d); err != nil {
		return v, err
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		changed := n
		changed.Latest = v.Number
		if err := tx.ChangeNotice(ctx, &changed); err != nil {
			return err
		}
		if err := tx.AddNoticeVersion(ctx, v); err != nil {
			return err
		}
		body := map[string]any{"notice": n.ID, "number": v.Number, "sha256": v.Digest, "languages": v.Languages, "sites": ids}
		if err := h.recordJSON(ctx, tx, n.Party, candor.RecordNotice, n.ID, who, body); err != nil {
			return err
		}
		for _, s := range pins {
			if !pin {
				break
			}
			if err := h.pin(ctx, tx, who, changed, s.Asset, v.Number); err != nil {
				return err
			}
		}
		return nil
	})
	return public(who, v), err
}

// version makes the next version of a notice.
func (h *House) version(n candor.Notice, who candor.Principal, d *notice.Notice) (v candor.NoticeVersion, err error) {
	body, err := d.Canonical()
	if err != nil {
		return v, err
	}
	digest, err := d.Digest()
	now := h.Clock().UTC()
	return candor.NoticeVersion{ID: candor.NewID(now), Notice: n.ID, Number: n.Latest + 1, Body: string(body), Digest: digest, Languages: h.spoken(d), Published: now, By: who.Actor()}, err
}

// spoken are the languages of the six in which a notice has its summary.
func (h *House) spoken(d *notice.Notice) []string {
	all := []string{}
	for _, lang := range h.Texts.Languages() {
		for tag := range d.Summary {
			if base, _, _ := strings.Cut(tag, "-"); base == lang && !slices.Contains(all, lang) {
				all = append(all, lang)
			}
		}
	}
	return all
}

// differs refuses a version that says nothing else than the one before.
func (h *House) differs(ctx context.Context, n candor.Notice, d *notice.Notice) error {
	if n.Latest == 0 {
		return nil
	}
	last, err := h.Store.NoticeVersion(ctx, n.ID, n.Latest)
	if err != nil {
		return err
	}
	was, _ := notice.Decode([]byte(last.Body))
	if was == nil {
		return nil
	}
	same := *d
	same.Version, same.Replaces = was.Version, was.Replaces
	if digest, err := same.Digest(); err != nil || digest != last.Digest {
		return err
	}
	return candor.WithHint(fmt.Errorf("version %d says the same: %w", n.Latest, candor.ErrInvalid), "Change something first.")
}

// PinNotice has a site serve a version of its notice from now on: one that was
// published, of the notice that the site was given.
func (h *House) PinNotice(ctx context.Context, who candor.Principal, id, asset candor.ID, number int64) error {
	if err := writesNotices(who); err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		n, err := tx.Notice(ctx, who.Scope(), id)
		if err != nil {
			return err
		}
		return h.pin(ctx, tx, who, n, asset, number)
	})
}

func (h *House) pin(ctx context.Context, tx *store.Tx, who candor.Principal, n candor.Notice, asset candor.ID, number int64) error {
	s, err := tx.NoticeSite(ctx, asset)
	if err != nil {
		return err
	}
	if s.Notice != n.ID {
		return fmt.Errorf("site %s with notice %s: %w", asset, n.ID, candor.ErrNotFound)
	}
	if _, err := tx.NoticeVersion(ctx, n.ID, number); err != nil {
		return err
	}
	if s.Number == number {
		return nil
	}
	now := h.Clock().UTC()
	s.Number, s.Pinned, s.By, s.Due = number, now, who.Actor(), now.Add(grace)
	if err := tx.SetNoticeSite(ctx, s); err != nil {
		return err
	}
	return h.recordPin(ctx, tx, who, n, s)
}

// grace is how long a site has to serve what was pinned, before it is a finding
// that it does not.
const grace = 24 * time.Hour

func (h *House) recordPin(ctx context.Context, tx *store.Tx, who candor.Principal, n candor.Notice, s candor.NoticeSite) error {
	return h.recordJSON(ctx, tx, n.Party, candor.RecordNotice, n.ID, who, map[string]any{"notice": n.ID, "pinned": s.Number, "asset": s.Asset})
}
