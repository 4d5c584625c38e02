package house

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/group"
	"candor/internal/intel/stix"
	"candor/internal/intel/taxii"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// ExchangePath is where TAXII is answered, below the public address, and
// ExchangeRoot the name of the API root, whose collections are those of groups.
const (
	ExchangePath = "/taxii2"
	ExchangeRoot = "groups"
)

// Bounds of what members add.
const (
	mostObject  = 64 << 10 // bytes
	mostOfOne   = 100_000  // objects of one member in a collection
	givenLife   = 90 * 24 * time.Hour
	givenMostly = 20_000 // indicators of one request
)

func (h *House) exchangeBase() string { return strings.TrimSuffix(h.PublicURL, "/") + ExchangePath }

// Exchange gives the collections of the groups that a program's party is in: no
// other is there for it. Needs access.Exchange.
func (h *House) Exchange(who candor.Principal) (taxii.Store, error) {
	if err := may(who, access.Exchange); err != nil {
		return nil, err
	}
	x := h.Store.Exchange(h.granted, h.Clock)
	x.Author = string(who.Party)
	x.Kept = func(ctx context.Context, tx *store.Tx, collection string, fresh []taxii.Object) error {
		return h.take(ctx, tx, who, candor.ID(collection), fresh)
	}
	x.Gone = func(ctx context.Context, tx *store.Tx, collection string, f taxii.Filter, whole bool) error {
		if whole {
			feed := group.Group{ID: candor.ID(collection)}.Feed(group.Member{Party: who.Party})
			if err := tx.Supersede(ctx, feed, h.now().Add(time.Hour), set(f.IDs)); err != nil {
				return err
			}
		}
		return h.recordJSON(ctx, tx, "", candor.RecordDecision, candor.ID(collection), who, map[string]any{"exchange": "deleted", "objects": f.IDs, "versions": f.Versions})
	}
	return exchange{x, h}, nil
}

func set(all []string) map[string]bool {
	out := make(map[string]bool, len(all))
	for _, s := range all {
		out[s] = true
	}
	return out
}

// granted gives the collections of the groups that a party is in.
func (h *House) granted(ctx context.Context, principal, root string) ([]taxii.Collection, error) {
	if root != ExchangeRoot {
		return nil, fmt.Errorf("root %.60q: %w", root, candor.ErrNotFound)
	}
	groups, err := h.Store.Groups(ctx)
	var all []taxii.Collection
	for _, g := range groups {
		m, ok := g.Member(candor.ID(principal))
		if !ok || m.Party == "" || !g.Retired.IsZero() {
			continue
		}
		all = append(all, taxii.Collection{ID: string(g.ID), Title: g.Name, CanRead: true, CanWrite: m.Write, MediaTypes: []string{stix.MediaType}, Audience: g.Audience()})
	}
	return all, err
}

// exchange holds what members add against bounds.
type exchange struct {
	*store.Exchange
	house *House
}

// Add takes what can be read, and no more of one member than its share.
func (x exchange) Add(ctx context.Context, principal, root, collection string, objects []taxii.Object, failures []taxii.Detail) (taxii.Status, error) {
	have, err := x.house.Store.SharedBy(ctx, root, collection, principal)
	if err != nil {
		return taxii.Status{}, err
	}
	if have+len(objects) > mostOfOne {
		return taxii.Status{}, candor.WithHint(fmt.Errorf("more than %d objects of one member: %w", mostOfOne, candor.ErrInvalid), "Delete what does not hold any more.")
	}
	var good []taxii.Object
	for _, o := range objects {
		if why := unreadable(o); why != "" {
			failures = append(failures, taxii.Detail{ID: o.ID, Message: why})
			continue
		}
		good = append(good, o)
	}
	return x.Exchange.Add(ctx, principal, root, collection, good, failures)
}

// unreadable says why an object is not taken; empty if it is.
func unreadable(o taxii.Object) string {
	if len(o.Raw) > mostObject {
		return fmt.Sprintf("more than %d KiB", mostObject>>10)
	}
	c, err := stix.Read(bytes.NewReader(envelope([]taxii.Object{o})))
	if err != nil {
		return err.Error()
	}
	if len(c.Problems) > 0 {
		return c.Problems[0]
	}
	return ""
}

func envelope(objects []taxii.Object) []byte {
	raws := make([]json.RawMessage, len(objects))
	for i, o := range objects {
		raws[i] = o.Raw
	}
	text, err := json.Marshal(map[string]any{"type": "bundle", "objects": raws})
	if err != nil {
		return nil // what was read as JSON is JSON
	}
	return text
}

// take keeps the indicators of what a member added, as those of a feed that is
// believed as far as the member: they are held against what is here. What it named
// before in an elder version of an object, or in one that it revokes, is gone.
func (h *House) take(ctx context.Context, tx *store.Tx, who candor.Principal, of candor.ID, fresh []taxii.Object) error {
	g, err := tx.Group(ctx, of)
	if err != nil {
		return err
	}
	m, ok := g.Member(who.Party)
	if !ok || !m.Write || !g.Retired.IsZero() {
		return fmt.Errorf("it is no member that may add any more: %w", candor.ErrDenied)
	}
	c, err := stix.Read(bytes.NewReader(envelope(fresh)))
	if err != nil {
		return err
	}
	now, references := h.now(), set(c.Revoked)
	some := given(c.Indicators, g.Feed(m), m.Trust, now)
	for _, i := range some {
		references[i.Reference] = true
	}
	if err := errors.Join(tx.KeepIndicators(ctx, g.Feed(m), now, some...), tx.Supersede(ctx, g.Feed(m), now, references)); err != nil {
		return err
	}
	return h.recordJSON(ctx, tx, "", candor.RecordDecision, g.ID, who, map[string]any{"exchange": "added", "member": m.Name, "objects": len(fresh), "indicators": len(some)})
}

// given are the indicators that are kept, one of each kind and value.
func given(all []intel.Indicator, source string, trust int, now time.Time) []intel.Indicator {
	var some []intel.Indicator
	seen := map[intake.Resource]bool{}
	for _, i := range all {
		at := intake.Resource{Kind: i.Kind, Value: i.Value}
		if seen[at] || i.Sweeping() || i.TLP.Effective() == tlp.Red || len(i.Value) > mostEntry || len(some) >= givenMostly {
			continue
		}
		seen[at] = true
		if i.Source = source; i.Confidence == 0 || i.Confidence > trust {
			i.Confidence = trust
		}
		if i.TLP = i.TLP.Effective(); i.Until.IsZero() {
			i.Until = now.Add(givenLife)
		}
		i.Reference = intake.Cut(i.Reference, intake.MostNote)
		some = append(some, i)
	}
	return some
}

// publish puts what was released to a group into its collection.
func (h *House) publish(ctx context.Context, tx *store.Tx, g group.Group, r intel.Release) (int, error) {
	if !r.Covers(g.Audience()) {
		return 0, fmt.Errorf("what was released to %q may not go to %q: %w", r.Audience(), g.Audience(), candor.ErrDenied)
	}
	raws, err := stix.Objects(r)
	if err != nil {
		return 0, err
	}
	var objects []taxii.Object
	for _, raw := range raws {
		o, err := taxii.ParseObject(raw)
		if err != nil {
			return 0, err
		}
		objects = append(objects, o)
	}
	st, err := h.Store.Exchange(h.granted, h.Clock).AddIn(ctx, tx, "", ExchangeRoot, string(g.ID), objects, nil)
	if err == nil && st.FailureCount > 0 {
		err = fmt.Errorf("%d objects were not taken: %s: %w", st.FailureCount, st.Failures[0].Message, candor.ErrInvalid)
	}
	return st.SuccessCount, err
}

// isGroupFeed tells whether indicators are of a group's member.
func isGroupFeed(name string) bool { return strings.HasPrefix(name, group.FeedPrefix) }
