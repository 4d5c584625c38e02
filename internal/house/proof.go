package house

import (
	"context"
	"errors"
	"fmt"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/proof"
	"candor/internal/desk"
	"candor/internal/store"
)

// ProofJob asks for House.Prove.
type ProofJob struct {
	Asset candor.ID `json:"asset"`
}

// Kind names the job.
func (ProofJob) Kind() string { return "notice.prove" }

// QueueProofs is that of fetching notices: whoever answers slowly keeps no
// other work waiting.
const QueueProofs = "notices"

// SensorNotice is the sensor that holds what sites serve against what they
// must serve. Its places are addresses.
const SensorNotice = "notice"

// Fetcher asks hosts for their notices.
type Fetcher interface {
	Fetch(ctx context.Context, w proof.Wanted) proof.Seen
}

// often is how often sites are asked.
const often = 24 * time.Hour

// AskForProof has a site's notice fetched at once, instead of within a day.
func (h *House) AskForProof(ctx context.Context, who candor.Principal, asset candor.ID) error {
	if err := may(who, access.ActCases, access.ManageParties, access.ActOwn); err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.Asset(ctx, who.Scope(), asset); err != nil {
			return err
		}
		s, err := tx.NoticeSite(ctx, asset)
		if err != nil {
			return err
		}
		if s.Number == 0 {
			return candor.WithHint(fmt.Errorf("no version of a notice is pinned for the site: %w", candor.ErrInvalid), "Publish the notice, and choose which version the site must serve.")
		}
		return tx.Enqueue(ctx, ProofJob{asset}, candor.JobOptions{Queue: QueueProofs, Once: true})
	})
}

// AskForProofs asks for the notices of sites that are due. It gives how many.
func (h *House) AskForProofs(ctx context.Context) (n int, err error) {
	err = h.tx(ctx, func(tx *store.Tx) error {
		due, err := tx.DueNoticeSites(ctx, h.Clock(), 500)
		n = len(due)
		for _, s := range due {
			s.Due = h.Clock().UTC().Add(often)
			if err := errors.Join(tx.SetNoticeSite(ctx, s), tx.Enqueue(ctx, ProofJob{s.Asset}, candor.JobOptions{Queue: QueueProofs, Once: true})); err != nil {
				return err
			}
		}
		return err
	})
	return n, err
}

// Prove fetches the notice from each host of a site, keeps what they served,
// and files as findings where that is not what is pinned. A host that does not
// answer proves nothing: what was found before stays then.
func (h *House) Prove(ctx context.Context, asset candor.ID) error {
	s, err := h.Store.NoticeSite(ctx, asset)
	if errors.Is(err, candor.ErrNotFound) || err == nil && s.Number == 0 {
		return nil // it was taken away meanwhile
	}
	if err != nil {
		return err
	}
	a, err := h.Store.Asset(ctx, candor.Everything, asset)
	if err != nil || a.Retired {
		return err
	}
	seen, err := h.ask(ctx, a, s)
	if err == nil {
		err = h.tx(ctx, func(tx *store.Tx) error { return h.keepProofs(ctx, tx, a, s, seen) })
	}
	if err != nil {
		return err
	}
	return h.fileProofs(ctx, a, s, seen)
}

// ask fetches from all hosts of a site.
func (h *House) ask(ctx context.Context, a candor.Asset, s candor.NoticeSite) (all []candor.NoticeProof, err error) {
	versions, err := h.Store.NoticeVersions(ctx, s.Notice, 1000)
	if err != nil {
		return nil, err
	}
	digests, wanted := map[string]bool{}, ""
	for _, v := range versions {
		digests[v.Digest] = true
		if v.Number == s.Number {
			wanted = v.Digest
		}
	}
	w := proof.Wanted{Digest: wanted, Others: func(d string) bool { return digests[d] }}
	if h.PublicURL != "" {
		w.Hosted = []string{h.NoticeAddress(s.Notice, fmt.Sprintf("/v/%d/notice.json", s.Number))}
		if len(versions) > 0 && versions[0].Number == s.Number {
			w.Hosted = append(w.Hosted, h.NoticeAddress(s.Notice, "/notice.json"))
		}
	}
	for _, w.Host = range hostsOf(a) {
		got := h.Proofs.Fetch(ctx, w)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		now := h.Clock().UTC()
		all = append(all, candor.NoticeProof{ID: candor.NewID(now), Asset: a.ID, Notice: s.Notice, Host: w.Host, Number: s.Number,
			Status: got.Status, Digest: got.Digest, Detail: got.Detail, First: now, Last: now})
	}
	return all, nil
}

// keepProofs keeps what was seen, and records what differs from before. It is
// candor.ErrChanged if something else was pinned meanwhile.
func (h *House) keepProofs(ctx context.Context, tx *store.Tx, a candor.Asset, s candor.NoticeSite, seen []candor.NoticeProof) error {
	now, err := tx.NoticeSite(ctx, a.ID)
	if err == nil && (now.Notice != s.Notice || now.Number != s.Number) || errors.Is(err, candor.ErrNotFound) {
		return fmt.Errorf("the notice of %s: %w", a.Name, candor.ErrChanged)
	}
	if err != nil {
		return err
	}
	for i := range seen {
		differs, err := tx.AddNoticeProof(ctx, &seen[i])
		if err != nil {
			return err
		}
		if !differs {
			continue
		}
		p := seen[i]
		body := map[string]any{"notice": p.Notice, "number": p.Number, "asset": p.Asset, "host": p.Host, "status": p.Status, "sha256": p.Digest, "detail": p.Detail}
		if err := h.recordJSON(ctx, tx, a.Owner, candor.RecordNotice, p.Notice, candor.Principal{}, body); err != nil {
			return err
		}
	}
	now.Due = h.Clock().UTC().Add(often)
	return tx.SetNoticeSite(ctx, now)
}

// fileProofs files what is not as it was declared. What was mended is gone.
func (h *House) fileProofs(ctx context.Context, a candor.Asset, s candor.NoticeSite, seen []candor.NoticeProof) error {
	look := desk.Filing{Asset: a.ID, Scan: candor.NewID(h.Clock()), Sensor: SensorNotice}
	silent := false
	for _, p := range seen {
		switch {
		case p.Status == candor.ProofUnreachable:
			silent = true
		case p.Status != candor.ProofSame && !h.Clock().Before(s.Pinned.Add(grace)):
			look.Findings = append(look.Findings, mismatch(p))
		}
	}
	if len(look.Findings) > 0 {
		if _, err := h.Desk.File(ctx, look); err != nil {
			return err
		}
	}
	if silent {
		return nil
	}
	_, err := h.Desk.Finish(ctx, a.ID, look.Scan, SensorNotice)
	return err
}

// letGo ends what was found about the notices of sites that have none any more.
func (h *House) letGo(ctx context.Context, sites []candor.ID) error {
	for _, id := range sites {
		if _, err := h.Desk.Finish(ctx, id, candor.NewID(h.Clock()), SensorNotice); err != nil {
			return err
		}
	}
	return nil
}

// misconfiguration is the class of what a site does not serve as it should.
const misconfiguration candor.Class = "availability/misconfiguration"

// mismatch words a proof as a finding. It says what was seen, not why.
func mismatch(p candor.NoticeProof) candor.Finding {
	f := candor.Finding{Path: proof.Address(p.Host), Class: misconfiguration, Language: candor.OwnLanguage, Severity: candor.Medium, Tags: []string{"declared-observed"}}
	switch p.Status {
	case candor.ProofOther:
		f.Rule, f.Severity = "Candor.Notice.OtherVersion", candor.Low
		f.Description = fmt.Sprintf("The site serves another version of its notice than version %d, which it must serve.", p.Number)
	case candor.ProofAltered:
		f.Rule = "Candor.Notice.Altered"
		f.Description = fmt.Sprintf("The site serves something else than version %d of its notice. It was never published.", p.Number)
	default:
		f.Rule = "Candor.Notice.Absent"
		f.Description = fmt.Sprintf("The site does not serve version %d of its notice at the well-known address.", p.Number)
	}
	return f
}
