package house

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/evidence"
	"candor/internal/store"
)

// keepPaper puts a scan into the vault before what was said is kept with it: a
// scan that is lost meanwhile would be promised. Only the staff sends some.
func (h *House) keepPaper(who candor.Principal, d *Decision) error {
	if len(d.Scan) == 0 {
		return nil
	}
	if !who.Role.Staff() {
		return notAsked("only the staff keeps scans", "Leave it out: what you say here needs no paper.")
	}
	kind, err := consent.PaperType(d.Scan)
	if err != nil {
		return err
	}
	if h.Vault == nil {
		return fmt.Errorf("keep a scan: there is no vault: %w", candor.ErrUnavailable)
	}
	digest, size, err := h.Vault.Put(bytes.NewReader(d.Scan))
	if err != nil {
		return fmt.Errorf("keep a scan: %w", err)
	}
	d.Scan, d.paper = nil, &consent.Paper{SHA256: digest.String(), Type: kind, Size: size}
	return nil
}

// Paper gives the scan of what a party said, for those who may see that. What is
// read is whole only once Read gave io.EOF.
func (h *House) Paper(ctx context.Context, who candor.Principal, id candor.ID) (consent.Paper, io.ReadCloser, error) {
	if err := may(who, access.ReadParties, access.ReadOwn); err != nil {
		return consent.Paper{}, nil, err
	}
	if _, err := h.Store.Consent(ctx, who.Scope(), id); err != nil {
		return consent.Paper{}, nil, err
	}
	p, err := h.Store.Paper(ctx, id)
	if err != nil {
		return p, nil, err
	}
	digest, err := evidence.ParseDigest(p.SHA256)
	if err != nil || h.Vault == nil {
		return p, nil, errors.Join(fmt.Errorf("scan %s: %w", p.SHA256, candor.ErrUnavailable), err)
	}
	r, err := h.Vault.Get(digest)
	return p, r, err
}

// ForgetJob asks for House.Forget: contents of scans, files and reports whose rows were erased go
// after that is kept, and in any case.
type ForgetJob struct {
	Digests []string `json:"digests"`
	// Refused says that nothing was kept of it: what was put into the vault in
	// the last hour waits, as somebody else may be handing in the same.
	Refused bool `json:"refused,omitempty"`
}

// Kind names the job.
func (ForgetJob) Kind() string { return "house.forget" }

// erasePapers removes the rows of scans of what a party said, and asks for their
// contents to be removed.
func (h *House) erasePapers(ctx context.Context, tx *store.Tx, party candor.ID) (ForgetJob, error) {
	digests, err := tx.ErasePapers(ctx, party)
	j := ForgetJob{Digests: digests}
	if err != nil || len(digests) == 0 {
		return j, err
	}
	return j, tx.Enqueue(ctx, j, candor.JobOptions{})
}

// Forget removes contents of scans and reports that no row names any more.
func (h *House) Forget(ctx context.Context, j ForgetJob) (err error) {
	for _, text := range j.Digests {
		used, one := h.Store.Holds(ctx, text)
		if one == nil && !used && j.Refused && h.fresh(text) {
			one = h.refuseContent(ctx, text)
		} else if one == nil && !used {
			one = h.dropBlob(text)
		}
		err = errors.Join(err, one)
	}
	return err
}

// handing is for how long a content may wait in the vault for what tells of it.
const handing = time.Hour

// refuseContent has a content of which nothing was kept removed later, unless
// somebody else hands in the same until then.
func (h *House) refuseContent(ctx context.Context, sha256 string) error {
	return h.tx(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return tx.Enqueue(context.WithoutCancel(ctx), ForgetJob{Digests: []string{sha256}, Refused: true}, candor.JobOptions{At: h.now().Add(handing)})
	})
}

// fresh tells whether a content was put into the vault, or put again, so late
// that what tells of it may still be on its way.
func (h *House) fresh(sha256 string) bool {
	digest, err := evidence.ParseDigest(sha256)
	if err != nil || h.Vault == nil {
		return false
	}
	blob, err := h.Vault.Stat(digest)
	return err == nil && h.now().Sub(blob.At) < handing
}

func (h *House) dropBlob(text string) error {
	digest, err := evidence.ParseDigest(text)
	if err != nil || h.Vault == nil {
		return err
	}
	if err := h.Vault.Delete(digest); err != nil && !errors.Is(err, candor.ErrNotFound) {
		return fmt.Errorf("erase scan %s: %w", text, err)
	}
	return nil
}

// PaperSuffix is how the name of a scan's file ends.
func PaperSuffix(kind string) string {
	switch kind {
	case "application/pdf":
		return ".pdf"
	case "image/png":
		return ".png"
	case "image/jpeg":
		return ".jpg"
	}
	return ".tif"
}
