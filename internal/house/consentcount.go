package house

import (
	"context"
	"time"

	"candor"
	"candor/internal/store"
)

// consentCounts are counts of what parties said, as of a moment. Where counting takes
// long they are kept, for all nodes.
type consentCounts struct {
	At      time.Time                  `json:"at"`
	Took    time.Duration              `json:"took"`
	Said    []store.KindStance         `json:"said"`
	Parties map[candor.PartyKind]int64 `json:"parties"`
	Days    []store.ConsentDay         `json:"days"` // of the last FigureDays
}

const (
	consentCountsSetting = "counts.consents"
	quickCount           = 100 * time.Millisecond // what takes no longer is counted each time
	countShare           = 100                    // counting takes at most the hundredth part of the time
	oldestCount          = 10 * time.Minute       // after which it is counted again, by a job
	tooOldCount          = 24 * time.Hour         // after which whoever asks waits for it
)

// stances adds up what parties of all kinds said.
func (c consentCounts) stances() []store.Stance {
	var plain []store.Stance
	for _, s := range c.Said {
		plain = append(plain, s.Stance)
	}
	return merged(plain)
}

// CountConsentsJob asks to count what parties said.
type CountConsentsJob struct{}

// Kind names the job.
func (CountConsentsJob) Kind() string { return "consents.count" }

// CountConsents counts what parties said, unless it was counted a moment ago.
func (h *House) CountConsents(ctx context.Context, _ CountConsentsJob) error {
	var c consentCounts
	err := h.Store.Setting(ctx, consentCountsSetting, &c)
	if err == nil && !c.fresh(h.Clock()) {
		_, err = h.countConsents(ctx)
	}
	return err
}

// fresh tells whether they need not be counted again.
func (c consentCounts) fresh(now time.Time) bool {
	age := now.Sub(c.At)
	return age >= 0 && age <= min(countShare*c.Took, oldestCount)
}

// consentCounts gives the counts that are kept, or counts. Old ones are counted again
// by a job: whoever asks does not wait for it.
func (h *House) consentCounts(ctx context.Context) (c consentCounts, err error) {
	if err = h.Store.Setting(ctx, consentCountsSetting, &c); err != nil {
		return c, err
	}
	now := h.Clock().UTC()
	age := now.Sub(c.At)
	switch {
	case c.fresh(now):
		return c, nil
	case age < 0 || age > tooOldCount:
		return h.countConsents(ctx)
	}
	return c, h.tx(ctx, func(tx *store.Tx) error { return tx.Enqueue(ctx, CountConsentsJob{}, candor.JobOptions{Once: true}) })
}

// countConsents reads what every party said last, and what was said on the last days.
func (h *House) countConsents(ctx context.Context) (c consentCounts, err error) {
	began := h.Clock().UTC()
	c.At = began
	if c.Said, err = h.Store.StancesByKind(ctx); err != nil {
		return c, err
	}
	if c.Parties, err = h.Store.CountParties(ctx); err != nil {
		return c, err
	}
	if c.Days, err = h.Store.ConsentDays(ctx, began.Truncate(24*time.Hour).AddDate(0, 0, 1-FigureDays), began); err != nil {
		return c, err
	}
	if c.Took = h.Clock().Sub(began); c.Took < quickCount {
		return c, nil
	}
	return c, h.tx(ctx, func(tx *store.Tx) error { return tx.SetSetting(ctx, consentCountsSetting, c, began, "system") })
}
