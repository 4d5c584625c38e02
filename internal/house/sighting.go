package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/feed"
	"candor/internal/intel/group"
	"candor/internal/intel/misp"
	"candor/internal/intel/taxii"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// SightingJob asks to tell a source that what it named was seen here.
type SightingJob struct {
	Feed  string      `json:"feed"`
	Of    intake.Kind `json:"of"`
	Value string      `json:"value"` // as the source named it
}

// sightingPatience is how long a source has to take a sighting.
const sightingPatience = 5 * time.Minute

// Kind names the job.
func (SightingJob) Kind() string { return "intel.sighting" }

// sighted asks to tell the source of a hit that was filed, where the operator lets
// that go.
func (h *House) sighted(ctx context.Context, tx *store.Tx, hit intel.Hit) error {
	told := false
	if isGroupFeed(hit.Feed) {
		g, err := groupOfFeed(ctx, tx, hit.Feed)
		if err != nil && !errors.Is(err, candor.ErrNotFound) {
			return err
		}
		told = err == nil && g.Sightings && g.Retired.IsZero()
	} else if f, err := h.feedNamed(hit.Feed); err == nil {
		told = f.Sightings && (f.Kind == feed.TAXII || f.Kind == feed.MISP)
	}
	if !told {
		return nil
	}
	return tx.Enqueue(ctx, SightingJob{hit.Feed, hit.Kind, hit.Value}, candor.JobOptions{Once: true})
}

// groupOfFeed gives the group that the feed of one of its members is of.
func groupOfFeed(ctx context.Context, of interface {
	Group(context.Context, candor.ID) (group.Group, error)
}, name string) (group.Group, error) {
	id, _, _ := strings.Cut(strings.TrimPrefix(name, group.FeedPrefix), ":")
	return of.Group(ctx, candor.ID(id))
}

// TellSighting tells a source how often what it named was seen here, from when until
// when, to the hour, and nothing of whose it is. It bears the mark under which the
// source gave it. What the source forgot meanwhile is passed over.
func (h *House) TellSighting(ctx context.Context, j SightingJob) error {
	i, err := h.Store.Indicator(ctx, j.Feed, j.Of, j.Value)
	if errors.Is(err, candor.ErrNotFound) || err == nil && h.Producer.Name == "" {
		return nil
	}
	if err != nil {
		return err
	}
	hits, err := h.Store.HitsOfFeed(ctx, j.Feed, j.Value)
	if err != nil {
		return err
	}
	b, ok := h.sightingOf(i, hits)
	if !ok {
		return nil
	}
	if isGroupFeed(j.Feed) {
		g, err := groupOfFeed(ctx, h.Store, j.Feed)
		if err != nil || !g.Sightings {
			return err
		}
		return h.tellGroup(ctx, g, b, j)
	}
	f, err := h.feedNamed(j.Feed)
	if err != nil || !f.Sightings { // it was taken out of the configuration meanwhile
		return nil //nolint:nilerr // there is nobody to tell
	}
	return h.tellFeed(ctx, f, b, j)
}

// sightingOf makes a bundle of what was filed of an indicator; ok is false if nothing
// was. The indicator is the source's own, so that it may go back under its mark.
func (h *House) sightingOf(i intel.Indicator, hits []intel.Hit) (b intel.Bundle, ok bool) {
	s := intel.Sighting{Indicator: intel.Indicator{Kind: i.Kind, Value: i.Value, TLP: i.TLP.Effective()}, Reference: i.Reference, TLP: i.TLP.Effective()}
	for _, hit := range hits {
		if !hit.Filed {
			continue
		}
		if s.Count++; s.First.IsZero() || hit.First.Before(s.First) {
			s.First = hit.First
		}
		s.Last = later(s.Last, hit.Last)
	}
	s.First, s.Last = s.First.UTC().Truncate(time.Hour), s.Last.UTC().Truncate(time.Hour)
	return intel.Bundle{ID: intel.Name(intel.Own, "sighting", i.Source, string(i.Kind), i.Value), Title: "Sighting", Producer: h.Producer, Created: s.First, Modified: h.now(), TLP: s.TLP, Sightings: []intel.Sighting{s}}, s.Count > 0
}

// tellGroup puts a sighting into the collection of a group.
func (h *House) tellGroup(ctx context.Context, g group.Group, b intel.Bundle, j SightingJob) error {
	g.Classes = nil // it is of what the group itself gave
	r, err := g.Release(b, group.Way{})
	if errors.Is(err, candor.ErrDenied) {
		return h.recordSighting(ctx, j, b, err.Error())
	}
	if err != nil {
		return err
	}
	if err := h.tx(ctx, func(tx *store.Tx) error { _, err := h.publish(ctx, tx, g, r); return err }); err != nil {
		return err
	}
	return h.recordSighting(ctx, j, b, "")
}

// tellFeed writes a sighting into the collection that a feed is.
func (h *House) tellFeed(ctx context.Context, f feed.Feed, b intel.Bundle, j SightingJob) error {
	r, err := b.Release(tlp.Recipients)
	if err != nil {
		return h.recordSighting(ctx, j, b, err.Error())
	}
	if f.Kind == feed.MISP {
		return h.tellMISP(ctx, f, b, r, j)
	}
	root, id, ok := strings.Cut(strings.TrimSuffix(f.URL, "/"), "/collections/")
	u, err := url.Parse(f.URL)
	if err != nil || !ok {
		return h.recordSighting(ctx, j, b, "the feed is no collection")
	}
	client := taxii.Client{HTTP: h.Feeds.HTTP, Origin: u.Scheme + "://" + u.Host, Wait: wait}
	if h.Feeds.Authorize != nil {
		client.Authorize = func(req *http.Request) { h.Feeds.Authorize(f, req) }
	}
	inner, cancel := context.WithTimeout(ctx, sightingPatience)
	defer cancel()
	st, err := client.Send(inner, root+"/", id, r)
	switch {
	case errors.Is(err, candor.ErrDenied) || errors.Is(err, candor.ErrNotFound) || errors.Is(err, candor.ErrInvalid):
		return h.recordSighting(ctx, j, b, err.Error())
	case err != nil:
		return err
	case st.FailureCount > 0 && len(st.Failures) > 0:
		return h.recordSighting(ctx, j, b, fmt.Sprintf("%d objects were not taken: %.200s", st.FailureCount, st.Failures[0].Message))
	}
	return h.recordSighting(ctx, j, b, "")
}

// tellMISP tells the server of a feed of MISP. What it does not take is kept; what it
// cannot take now is told again by the job, which is tried a bounded number of times.
func (h *House) tellMISP(ctx context.Context, f feed.Feed, b intel.Bundle, r intel.Release, j SightingJob) error {
	s := misp.Server{HTTP: h.Feeds.HTTP, Address: f.Server}
	if h.Feeds.Authorize != nil {
		s.Authorize = func(req *http.Request) { h.Feeds.Authorize(f, req) }
	}
	n, err := s.Tell(ctx, r)
	switch {
	case errors.Is(err, candor.ErrUnavailable):
		return errors.Join(err, h.noteSighting(ctx, j.Feed, err.Error()))
	case err != nil:
		return h.recordSighting(ctx, j, b, err.Error())
	case n == 0:
		return h.recordSighting(ctx, j, b, "the feed gives its attributes no UUID")
	}
	return h.recordSighting(ctx, j, b, "")
}

// noteSighting notes at a feed that it was told, or why it could not be.
func (h *House) noteSighting(ctx context.Context, name, why string) error {
	if isGroupFeed(name) {
		return nil
	}
	return h.tx(ctx, func(tx *store.Tx) error { return tx.NoteTold(ctx, name, h.now(), why) })
}

// wait waits between looks at a status.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// recordSighting keeps what was told to whom, or why it was not.
func (h *House) recordSighting(ctx context.Context, j SightingJob, b intel.Bundle, refused string) error {
	s := b.Sightings[0]
	body := map[string]any{"sighting": j.Feed, "of": j.Of, "reference": s.Reference, "count": s.Count, "first": s.First, "last": s.Last, "tlp": b.TLP}
	if refused != "" {
		body["refused"] = refused
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	now := h.now()
	return h.tx(ctx, func(tx *store.Tx) error {
		if !isGroupFeed(j.Feed) {
			if err := tx.NoteTold(ctx, j.Feed, now, refused); err != nil {
				return err
			}
		}
		return tx.AddRecords(ctx, "", candor.Record{ID: candor.NewID(now), Kind: candor.RecordDecision, At: now, Subject: b.ID, Actor: "system", Body: text})
	})
}
