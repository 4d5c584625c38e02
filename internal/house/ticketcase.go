package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/desk"
	"candor/internal/store"
)

// SensorSupport is the sensor of what people report at the support desk: no look
// at a site proves that it is gone.
const SensorSupport = "support"

// HandOver says to which case a ticket goes: one that is there, or the one of a
// class at an asset, which is opened if there is none.
type HandOver struct {
	Case     candor.ID
	Asset    candor.ID
	Class    candor.Class    // of what no definition names
	Severity candor.Severity // likewise
}

// HandTicket hands a ticket over to a case of its party, with its files. The
// ticket stays, so that the person hears of it.
func (h *House) HandTicket(ctx context.Context, who candor.Principal, id candor.ID, to HandOver) (candor.Ticket, error) {
	if err := may(who, access.ActCases); err != nil {
		return candor.Ticket{}, err
	}
	t, err := h.Store.Ticket(ctx, who.Scope(), id)
	if err != nil {
		return t, err
	}
	if t.Party == "" || t.Case != "" || t.Erased || t.Same != "" {
		return t, notAsked("the ticket belongs to nobody, or went to a case before", "Say whose it is first.")
	}
	if to.Case == "" {
		if to.Case, err = h.fileTicket(ctx, who, t, to); err != nil {
			return t, err
		}
	}
	return h.changeTicket(ctx, who.Scope(), id, func(tx *store.Tx, t *candor.Ticket) error {
		c, err := tx.Case(ctx, who.Scope(), to.Case)
		if err == nil {
			err = desk.Incident(c)
		}
		if err != nil {
			return err
		}
		if c.Party != t.Party || t.Case != "" {
			return candor.WithHint(fmt.Errorf("the case is another party's, or the ticket went to one: %w", candor.ErrDenied), "Choose a case of the ticket's party.")
		}
		t.Case = c.ID
		files, err := tx.UploadsOfTicket(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.PlaceUploads(ctx, id, c.ID, t.Party); err != nil {
			return err
		}
		if _, err := h.addLine(ctx, tx, candor.Entry{Ticket: t.ID, Kind: candor.EntryCase, Actor: who.Actor(), Public: true}, map[string]any{"case": c.ID, "number": c.Number}); err != nil {
			return err
		}
		details, err := json.Marshal(map[string]any{"ticket": t.ID, "number": t.Number, "files": len(files)})
		if err != nil {
			return err
		}
		now := h.now()
		event := candor.Event{ID: candor.NewID(now), Case: c.ID, At: now, Kind: candor.EventComment, Actor: who.Actor(), Text: t.Label(), Details: details}
		if err := tx.AddEvent(ctx, event); err != nil {
			return err
		}
		return h.recordTicket(ctx, tx, *t, who.Actor(), map[string]any{"event": "ticket.handed", "case": c.Number}, nil)
	})
}

// fileTicket files what a ticket is about as findings at an asset of its party,
// and gives the case that they are of. Done again it finds what it filed. What
// people wrote stays with the ticket, where it is erased.
func (h *House) fileTicket(ctx context.Context, who candor.Principal, t candor.Ticket, to HandOver) (candor.ID, error) {
	a, err := h.Store.Asset(ctx, who.Scope(), to.Asset)
	if err != nil {
		return "", err
	}
	if a.Owner != t.Party || a.Retired {
		return "", candor.WithHint(fmt.Errorf("the asset is another party's, or retired: %w", candor.ErrDenied), "Choose an asset of the ticket's party.")
	}
	if c, ok := candor.ParseClass(string(to.Class)); !ok || c != to.Class || to.Severity > candor.Critical {
		return "", notAsked("there is no such class or severity", "Choose them from the list.")
	}
	files, err := h.Store.UploadsOfTicket(ctx, t.ID)
	if err != nil {
		return "", err
	}
	var found []candor.Finding
	for _, u := range files {
		if u.Erased {
			continue
		}
		f := candor.Finding{Path: "sample://" + t.Label() + "/" + u.SHA256[:16], Rule: "support/reported", Class: to.Class, Severity: to.Severity, SHA256: u.SHA256, Bytes: u.Size, Language: SensorSupport}
		if u.State == candor.UploadFound && len(u.Rules) > 0 {
			f.Rule, f.Nature, f.Severity = u.Rules[0], u.Nature, max(u.Severity, to.Severity)
		}
		found = append(found, f)
	}
	if len(found) == 0 {
		found = append(found, candor.Finding{Path: "ticket://" + t.Label(), Rule: "support/reported", Class: to.Class, Severity: to.Severity, Language: SensorSupport})
	}
	if _, err := h.Desk.File(ctx, desk.Filing{Asset: a.ID, Scan: candor.NewID(h.Clock()), Sensor: SensorSupport, Generation: "support", Findings: found, Seen: t.Suspect.Seen}); err != nil {
		return "", err
	}
	return h.caseOf(ctx, a.ID, found[0])
}

// caseOf gives the case of a finding that was just filed.
func (h *House) caseOf(ctx context.Context, asset candor.ID, f candor.Finding) (id candor.ID, err error) {
	err = h.tx(ctx, func(tx *store.Tx) error {
		key := f.SHA256
		if key == "" {
			key = candor.TextPath(f.Path)
		}
		same := candor.Same{Rule: f.Rule, SHA256: key}
		all, err := tx.FindingsLike(ctx, asset, []candor.Same{same})
		if err != nil {
			return err
		}
		known, ok := all[same]
		if !ok {
			return fmt.Errorf("the case of what was filed: %w", candor.ErrNotFound)
		}
		id = known.Case
		return nil
	})
	return id, err
}

// Proof is what a party gives to show that it mended something.
type Proof struct {
	Guide string   // whose steps it followed; may be empty
	Steps []string // that it says to have done, in words
	Of    int      // how many the guide has
	Text  string
	File  *Attachment // a log, a picture
}

// ProveFixed notes in a case that the party says that it is mended, with what it
// gives to show that, and has the places looked at again. What was given is on
// the timeline, and in the evidence log as salted digests.
func (h *House) ProveFixed(ctx context.Context, who candor.Principal, id candor.ID, p Proof) error {
	if err := may(who, access.ActOwn); err != nil {
		return err
	}
	if len(p.Guide) > 100 || len(p.Steps) > 100 || p.Of < 0 || p.Of > 100 {
		return notAsked("there is no such guide", "Choose steps of the guide that is shown.")
	}
	if err := p.File.check(); err != nil {
		return err
	}
	c, err := h.Store.Case(ctx, who.Scope(), id)
	if err != nil {
		return err
	}
	if p.File != nil {
		if err := h.room(ctx, h.Store, candor.Upload{Case: c.ID, Party: c.Party, Size: int64(len(p.File.Content))}); err != nil {
			return err
		}
	}
	upload, err := h.keepFile(p.File)
	if err != nil {
		return err
	}
	said := desk.Said{Text: p.words(), Details: map[string]any{"guide": p.Guide, "steps": len(p.Steps), "of": p.Of, "file": upload != nil}}
	if upload != nil {
		said.File = upload.SHA256
		said.Keep = func(dtx desk.Tx) error {
			tx, ok := dtx.(*store.Tx)
			if !ok {
				return fmt.Errorf("keep a file of a case in a %T: %w", dtx, candor.ErrInvalid)
			}
			x := *upload
			x.Case, x.Party = c.ID, c.Party
			return h.keepUpload(ctx, tx, x)
		}
	}
	if err := h.Desk.FixedSo(ctx, who, id, said); err != nil {
		return errors.Join(err, h.refuseFile(ctx, upload))
	}
	return nil
}

// words are what the person says, as lines.
func (p Proof) words() string {
	var lines []string
	for _, s := range p.Steps {
		lines = append(lines, "✓ "+clip(s, 500))
	}
	if text := strings.TrimSpace(p.Text); text != "" {
		lines = append(lines, text)
	}
	return strings.Join(lines, "\n")
}

// CaseUploads gives the files that were handed in for a case.
func (h *House) CaseUploads(ctx context.Context, who candor.Principal, id candor.ID) ([]candor.Upload, error) {
	if err := reads(who); err != nil {
		return nil, err
	}
	if _, err := h.Store.Case(ctx, who.Scope(), id); err != nil {
		return nil, err
	}
	return h.Store.UploadsOfCase(ctx, id)
}
