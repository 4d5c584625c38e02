package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/directory"
	"candor/internal/intel"
	"candor/internal/intel/bulletin"
	"candor/internal/store"
)

// BulletinMailJob asks to write to who got a copy of a bulletin.
type BulletinMailJob struct {
	Copy    candor.ID   `json:"copy"`
	Why     BulletinWhy `json:"why"`
	Message candor.ID   `json:"message"` // there is one mail for each
}

// Kind names the job.
func (BulletinMailJob) Kind() string { return "mail.bulletin" }

// BulletinWhy says why a recipient is written to.
type BulletinWhy string

// The reasons.
const (
	BulletinNew    BulletinWhy = "new"
	BulletinRemind BulletinWhy = "remind"
	BulletinGone   BulletinWhy = "withdrawn"
)

// BulletinLetter is what is written to a recipient.
type BulletinLetter struct {
	Bulletin bulletin.Bulletin
	Version  bulletin.Version
	Copy     bulletin.Copy
	Text     intel.Text
	Entry    directory.Entry // if the recipient is one
}

// BulletinLetter gives it for the program itself; candor.ErrNotFound where there is no
// need of it any more: the bulletin was replaced, withdrawn or read meanwhile, or there
// is nobody left to write to.
func (h *House) BulletinLetter(ctx context.Context, j BulletinMailJob) (l BulletinLetter, err error) {
	if l.Copy, err = h.Store.BulletinCopy(ctx, j.Copy); err != nil {
		return l, err
	}
	if l.Bulletin, err = h.Store.Bulletin(ctx, l.Copy.Bulletin); err != nil {
		return l, err
	}
	if l.Version, err = h.Store.BulletinVersion(ctx, l.Copy.Bulletin, l.Copy.Number); err != nil {
		return l, err
	}
	over := l.Bulletin.State != bulletin.Published || l.Bulletin.Number != l.Copy.Number
	if j.Why == BulletinGone {
		over = l.Bulletin.State != bulletin.Withdrawn || l.Bulletin.Number != l.Copy.Number
	}
	if over || j.Why == BulletinRemind && !l.Copy.Read.IsZero() {
		return l, fmt.Errorf("a mail about bulletin %s: %w", l.Bulletin.ID, candor.ErrNotFound)
	}
	l.Text = l.Version.Draft.In(l.Copy.Language)
	l.Entry, err = h.stillTheirs(ctx, l.Copy)
	if errors.Is(err, candor.ErrDenied) && j.Why == BulletinGone { // who believes it is told, wherever they are written to by now
		if l.Copy.Address, err = h.writtenTo(ctx, l.Copy); err == nil && l.Copy.Address == "" {
			err = candor.ErrNotFound
		}
	}
	if errors.Is(err, candor.ErrDenied) {
		err = fmt.Errorf("%w: %w", candor.ErrNotFound, err)
	}
	return l, err
}

// writtenTo is where the recipient of a copy gets mails now; empty if nowhere.
func (h *House) writtenTo(ctx context.Context, c bulletin.Copy) (string, error) {
	if c.Entry != "" {
		e, err := h.Store.Entry(ctx, c.Entry)
		if err != nil || !e.Retired.IsZero() {
			return "", err
		}
		return e.Address(directory.Mail), nil
	}
	p, err := h.Store.Party(ctx, candor.Everything, c.Party)
	to, _ := informed(p)
	if p.Erased {
		return "", err
	}
	return to.Address, err
}

// stillTheirs tells whether the address of a copy is still that of its recipient;
// candor.ErrDenied if not.
func (h *House) stillTheirs(ctx context.Context, c bulletin.Copy) (e directory.Entry, err error) {
	gone := fmt.Errorf("the recipient has another address by now: %w", candor.ErrDenied)
	if c.Address == "" {
		return e, gone
	}
	if c.Entry == "" {
		p, err := h.Store.Party(ctx, candor.Everything, c.Party)
		if err == nil && (p.Erased || !slices.ContainsFunc(p.Contacts, func(to candor.Contact) bool {
			return to.Channel == candor.Mail && strings.EqualFold(to.Address, c.Address)
		})) {
			err = gone
		}
		return e, err
	}
	if e, err = h.Store.Entry(ctx, c.Entry); err != nil {
		return e, err
	}
	if !e.Retired.IsZero() || !strings.EqualFold(e.Address(directory.Mail), c.Address) {
		return e, gone
	}
	return e, nil
}

// remindersAtOnce is how many are asked for in one transaction.
const remindersAtOnce = 200

// RemindBulletins asks for the reminders that are due. Who read it, and who was
// reminded often enough, is left alone.
func (h *House) RemindBulletins(ctx context.Context) error {
	for {
		n := 0
		err := h.tx(ctx, func(tx *store.Tx) error {
			if err := tx.Turn(ctx, "bulletin.remind", ""); err != nil {
				return err
			}
			due, err := tx.DueBulletinCopies(ctx, h.now(), remindersAtOnce)
			n = len(due)
			for _, c := range due {
				if err := h.remind(ctx, tx, c); err != nil && !errors.Is(err, candor.ErrChanged) { // it was read meanwhile
					return err
				}
			}
			return err
		})
		if err != nil || n < remindersAtOnce {
			return err
		}
	}
}

func (h *House) remind(ctx context.Context, tx *store.Tx, c bulletin.Copy) error {
	b, err := tx.Bulletin(ctx, c.Bulletin)
	if err != nil {
		return err
	}
	v, err := tx.BulletinVersion(ctx, c.Bulletin, c.Number)
	if err != nil {
		return err
	}
	now := h.now()
	if b.State != bulletin.Published || b.Number != c.Number || !c.Read.IsZero() || !now.Before(v.Draft.Until) {
		return tx.RemindBulletinCopy(ctx, c, c.Reminders, time.Time{})
	}
	was := c
	c.Reminders++
	if err := tx.RemindBulletinCopy(ctx, was, c.Reminders, v.Next(c, now)); err != nil {
		return err
	}
	return tx.Enqueue(ctx, BulletinMailJob{c.ID, BulletinRemind, candor.NewID(now)}, candor.JobOptions{})
}

// BulletinSeen is what the holder of a link sees of a bulletin.
type BulletinSeen struct {
	Copy    bulletin.Copy
	Version bulletin.Version
	// Replaced says that there is a newer version; Withdrawn that it holds no more, and
	// Reason why; Over that it held until a day that is past.
	Replaced, Withdrawn, Over bool
	Reason                    string
}

// Waits tells whether it can still be said to have been read.
func (s BulletinSeen) Waits() bool {
	return s.Copy.Read.IsZero() && !s.Replaced && !s.Withdrawn
}

// SeeBulletin gives a copy to whoever holds its link. That is no receipt. It is
// candor.ErrDenied where the address that it was sent to is not the recipient's any
// more.
func (h *House) SeeBulletin(ctx context.Context, id candor.ID) (s BulletinSeen, err error) {
	if s.Copy, err = h.Store.BulletinCopy(ctx, id); err != nil {
		return s, err
	}
	if _, err := h.stillTheirs(ctx, s.Copy); err != nil {
		return s, err
	}
	b, err := h.Store.Bulletin(ctx, s.Copy.Bulletin)
	if err != nil {
		return s, err
	}
	if s.Version, err = h.Store.BulletinVersion(ctx, s.Copy.Bulletin, s.Copy.Number); err != nil {
		return s, err
	}
	s.Replaced = b.Number != s.Copy.Number
	s.Withdrawn, s.Over = b.State == bulletin.Withdrawn, !h.now().Before(s.Version.Draft.Until)
	if s.Withdrawn {
		s.Reason = b.Reason
	}
	return s, nil
}

// ReadBulletin keeps that the holder of a link says to have read a version, with what
// they remark. It is candor.ErrExists if they said so before, and candor.ErrChanged if
// the version was replaced or withdrawn meanwhile. The evidence log keeps it.
func (h *House) ReadBulletin(ctx context.Context, id candor.ID, comment string) error {
	if comment = strings.TrimSpace(comment); len(comment) > bulletin.MostComment {
		return candor.WithHint(fmt.Errorf("the remark is too long: %w", candor.ErrInvalid), fmt.Sprintf("Write at most %d bytes.", bulletin.MostComment))
	}
	s, err := h.SeeBulletin(ctx, id)
	if err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.Turn(ctx, "bulletin", s.Copy.Bulletin); err != nil {
			return err
		}
		c, err := tx.BulletinCopy(ctx, id)
		if err != nil {
			return err
		}
		b, err := tx.Bulletin(ctx, c.Bulletin)
		if err != nil {
			return err
		}
		switch {
		case !c.Read.IsZero():
			return fmt.Errorf("it was said to be read before: %w", candor.ErrExists)
		case b.State != bulletin.Published || b.Number != c.Number:
			return candor.WithHint(fmt.Errorf("bulletin %s: %w", b.ID, candor.ErrChanged), "It was replaced or withdrawn. Look at it again.")
		}
		c.Read, c.Comment = h.now(), comment
		if err := tx.ReadBulletinCopy(ctx, c.ID, c.Read, comment); err != nil {
			return err
		}
		return h.recordReading(ctx, tx, c, s.Version.SHA256)
	})
}

// recordReading keeps a receipt. What somebody remarked is theirs.
func (h *House) recordReading(ctx context.Context, tx *store.Tx, c bulletin.Copy, sha256 string) error {
	actor := "party:" + string(c.Party)
	if c.Entry != "" {
		actor = "directory:" + string(c.Entry)
	}
	body, err := json.Marshal(map[string]any{"bulletin": "read", "version": c.Number, "sha256": sha256, "copy": c.ID, "party": c.Party, "entry": c.Entry, "remarked": c.Comment != ""})
	if err != nil {
		return err
	}
	var personal map[string]string
	if c.Party != "" && c.Comment != "" {
		personal = map[string]string{"remark": c.Comment}
	}
	return tx.AddRecords(ctx, c.Party, candor.Record{ID: candor.NewID(c.Read), Kind: candor.RecordDecision, At: c.Read, Subject: c.Bulletin, Actor: actor, Body: body, Personal: personal})
}
