package house

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"candor"
	"candor/internal/evidence"
	"candor/internal/store"
)

// Samples looks at contents with the definitions in use.
type Samples interface {
	// Generation names the definitions in use.
	Generation() (string, error)
	// Look judges a content, which is known by a name. It gives the generation
	// that it used. What was found before an error is given beside it.
	Look(ctx context.Context, name string, content []byte) (generation string, found []candor.Finding, err error)
}

// MostLooked bounds a content of the vault that definitions are asked about, in
// bytes: whatever was uploaded, and what was quarantined.
const MostLooked = 64 << 20

// ScanUploadJob asks for House.LookAtUpload.
type ScanUploadJob struct {
	Upload candor.ID `json:"upload"`
}

// Kind names the job.
func (ScanUploadJob) Kind() string { return "support.scan" }

// keepFile puts a file into the vault, encrypted, before anything tells of it.
func (h *House) keepFile(a *Attachment) (*candor.Upload, error) {
	if a == nil {
		return nil, nil
	}
	if h.Vault == nil {
		return nil, fmt.Errorf("keep a file: there is no vault: %w", candor.ErrUnavailable)
	}
	digest, size, err := h.Vault.Put(bytes.NewReader(a.Content))
	if err != nil {
		return nil, fmt.Errorf("keep a file: %w", err)
	}
	return &candor.Upload{Name: a.Name, SHA256: digest.String(), Size: size}, nil
}

// refuseFile has the content of a file removed of which nothing was kept.
func (h *House) refuseFile(ctx context.Context, u *candor.Upload) error {
	if u == nil {
		return nil
	}
	return h.refuseContent(ctx, u.SHA256)
}

// Bounds of the files of a ticket or case, and of a party.
const (
	mostFiles      = 20
	mostBytes      = 200 << 20
	mostPartyBytes = 1 << 30
)

// uploadCounter counts files, in a transaction or outside.
type uploadCounter interface {
	UploadsTake(context.Context, store.UploadsOf, candor.ID) (files, bytes int64, err error)
}

// room refuses a file that is one too many.
func (h *House) room(ctx context.Context, in uploadCounter, u candor.Upload) error {
	for _, x := range []struct {
		of           store.UploadsOf
		id           candor.ID
		files, bytes int64
	}{{store.OfTicket, u.Ticket, mostFiles, mostBytes}, {store.OfCase, u.Case, mostFiles, mostBytes}, {store.OfParty, u.Party, math.MaxInt64, mostPartyBytes}} {
		if x.id == "" {
			continue
		}
		files, bytes, err := in.UploadsTake(ctx, x.of, x.id)
		if err != nil {
			return err
		}
		if files >= x.files || bytes+u.Size > x.bytes {
			return candor.WithHint(fmt.Errorf("%d files with %d bytes were handed in: %w", files, bytes, candor.ErrDenied), "Write to us what you want to send.")
		}
	}
	return nil
}

// addUpload keeps what is known of a file of a ticket, and has it looked at.
func (h *House) addUpload(ctx context.Context, tx *store.Tx, t candor.Ticket, u *candor.Upload) error {
	if u == nil {
		return nil
	}
	x := *u
	x.Ticket, x.Case, x.Party = t.ID, t.Case, t.Party
	return h.keepUpload(ctx, tx, x)
}

func (h *House) keepUpload(ctx context.Context, tx *store.Tx, x candor.Upload) error {
	for _, id := range []candor.ID{x.Ticket, x.Case, x.Party} { // one after the other, so that none is missed
		if id == "" {
			continue
		}
		if err := tx.Turn(ctx, "upload", id); err != nil {
			return err
		}
	}
	if err := h.room(ctx, tx, x); err != nil {
		return err
	}
	x.At, x.State = h.now(), candor.UploadWaiting
	x.ID = candor.NewID(x.At)
	if err := tx.AddUploads(ctx, x); err != nil {
		return err
	}
	return tx.Enqueue(ctx, ScanUploadJob{x.ID}, candor.JobOptions{})
}

// LookAtUpload looks at a file with the definitions in use, and tells the person
// if that says something else than before.
func (h *House) LookAtUpload(ctx context.Context, id candor.ID) error {
	u, err := h.Store.Upload(ctx, id)
	if errors.Is(err, candor.ErrNotFound) || err == nil && u.Erased {
		return nil
	}
	if err != nil {
		return err
	}
	if h.Samples == nil {
		return candor.Later(fmt.Errorf("look at upload %s: there are no definitions: %w", id, candor.ErrUnavailable), time.Minute)
	}
	now, err := h.judgeUpload(ctx, u)
	if err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		err := tx.JudgeUpload(ctx, u, now)
		if errors.Is(err, candor.ErrChanged) {
			return nil // it was erased meanwhile, or somebody else looked
		}
		if err != nil || u.Ticket == "" || u.State == now.State && slices.Equal(u.Rules, now.Rules) {
			return err
		}
		return h.tellVerdict(ctx, tx, u, now)
	})
}

// judgeUpload gives the upload with what is found in it now.
func (h *House) judgeUpload(ctx context.Context, u candor.Upload) (candor.Upload, error) {
	content, err := h.content(u.SHA256)
	if errors.Is(err, candor.ErrUnavailable) {
		return u, candor.Later(err, 10*time.Minute)
	}
	was := u
	u.Scanned, u.Rules, u.Class, u.Nature, u.Severity = h.now(), nil, "", "", candor.Info
	if err != nil { // it cannot be read back here
		u.State = candor.UploadFailed
		if u.Generation, err = h.Samples.Generation(); err != nil {
			return was, candor.Later(err, time.Minute)
		}
		return u, nil
	}
	generation, found, err := h.Samples.Look(ctx, u.Name, content)
	if generation == "" {
		return was, candor.Later(errors.Join(fmt.Errorf("look at upload %s: %w", u.ID, candor.ErrUnavailable), err), time.Minute)
	}
	u.Generation, u.State = generation, candor.UploadQuiet
	if err != nil {
		u.State = candor.UploadFailed
	}
	for _, f := range found {
		if !slices.Contains(u.Rules, f.Rule) && len(u.Rules) < 50 {
			u.Rules = append(u.Rules, f.Rule)
		}
		if u.State != candor.UploadFound || f.Severity > u.Severity {
			u.Class, u.Nature, u.Severity = f.Class, f.Nature, f.Severity
		}
		u.State = candor.UploadFound
	}
	slices.Sort(u.Rules)
	return u, nil
}

func (h *House) content(sha256 string) ([]byte, error) {
	digest, err := evidence.ParseDigest(sha256)
	if err != nil {
		return nil, err
	}
	if h.Vault == nil {
		return nil, fmt.Errorf("read a file: there is no vault: %w", candor.ErrUnavailable)
	}
	r, err := h.Vault.Get(digest)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, MostLooked+1))
	if err == nil && len(data) > MostLooked {
		err = candor.WithHint(fmt.Errorf("%s is too large to be looked at: %w", sha256, candor.ErrInvalid), "Scan it by the command line.")
	}
	return data, err
}

// tellVerdict adds a line to the ticket; by mail the person hears of what was
// found, and of what is seen otherwise later.
func (h *House) tellVerdict(ctx context.Context, tx *store.Tx, was, now candor.Upload) error {
	t, err := tx.Ticket(ctx, candor.Everything, now.Ticket)
	if err != nil || t.Erased {
		return err
	}
	told, err := verdictTold(ctx, tx, t)
	if err != nil {
		return err
	}
	e, err := h.addLine(ctx, tx, candor.Entry{Ticket: t.ID, Kind: candor.EntryVerdict, Actor: "system", Public: true},
		map[string]any{"upload": now.ID, "state": now.State, "before": was.State, "rules": now.Rules, "class": now.Class})
	if err != nil {
		return err
	}
	body := map[string]any{"event": "ticket.verdict", "state": now.State, "before": was.State, "rules": now.Rules, "generation": now.Generation}
	if err := h.recordTicket(ctx, tx, t, "system", body, map[string]string{"file": now.SHA256}); err != nil {
		return err
	}
	if !told && now.State != was.State && (now.State == candor.UploadFound || was.State == candor.UploadFound) {
		return h.mailTicket(ctx, tx, t, e.ID, MailVerdict)
	}
	return nil
}

// verdictTold tells whether the address of a public report got a mail of what was
// found: nobody knows whose it is, and it gets no other.
func verdictTold(ctx context.Context, tx *store.Tx, t candor.Ticket) (bool, error) {
	if t.Way != candor.TicketByForm {
		return false, nil
	}
	all, err := tx.TicketEntries(ctx, t.ID)
	return slices.ContainsFunc(all, func(e candor.Entry) bool {
		var d struct{ State, Before candor.UploadState }
		return e.Kind == candor.EntryVerdict && json.Unmarshal(e.Details, &d) == nil && d.State != d.Before && (d.State == candor.UploadFound || d.Before == candor.UploadFound)
	}), err
}

// uploadsLooked is for how long newer definitions are asked about a file.
const uploadsLooked = 180 * 24 * time.Hour

// RescanUploads looks again at files that other definitions were asked about, a
// few at a time, and tells how many. One that cannot be read stops no other: it
// comes last the next time.
func (h *House) RescanUploads(ctx context.Context) (int, error) {
	if h.Samples == nil {
		return 0, nil
	}
	generation, err := h.Samples.Generation()
	if err != nil || generation == "" {
		return 0, nil //nolint:nilerr // there are none yet
	}
	all, err := h.Store.StaleUploads(ctx, generation, h.Clock().Add(-uploadsLooked), 50)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, u := range all {
		one := h.LookAtUpload(ctx, u.ID)
		if one == nil {
			n++
			continue
		}
		if ctx.Err() != nil {
			return n, errors.Join(err, one)
		}
		err = errors.Join(err, one, h.putOff(ctx, u))
	}
	return n, err
}

// putOff has others looked at before a file that could not be.
func (h *House) putOff(ctx context.Context, u candor.Upload) error {
	later := u
	later.Scanned = h.now()
	err := h.tx(ctx, func(tx *store.Tx) error { return tx.JudgeUpload(ctx, u, later) })
	if errors.Is(err, candor.ErrChanged) {
		return nil
	}
	return err
}
