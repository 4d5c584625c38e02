package house

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/intel"
	"candor/internal/intel/feed"
	"candor/internal/inventory"
	"candor/internal/store"
)

// keepTurn keeps what a turn gave of a feed that stood as it was.
func (h *House) keepTurn(ctx context.Context, f feed.Feed, was feed.State, t feed.Turn, from *feedSpool, claimed time.Time) error {
	turn := t.State.Checked
	if t.More {
		t.State.Checked = time.Time{} // it is due again at once
	}
	drop := time.Time{} // what was kept before
	switch {
	case t.Changed && t.Whole:
		drop = turn
	case !t.More:
		drop = t.State.Anew
	}
	if !t.More {
		t.State.Anew = time.Time{}
	}
	n := news{from: from}
	if t.Changed {
		var err error
		if n, err = h.newsOf(ctx, f.Name, t.Whole, from); err != nil {
			return h.notKept(ctx, f, was, turn, claimed, err)
		}
		defer n.from.close()
	}
	err := h.tx(ctx, func(tx *store.Tx) error {
		if t.Changed {
			if err := n.from.each(ctx, tx, f.Name, turn); err != nil {
				return err
			}
		}
		dropped := int64(0)
		if !drop.IsZero() && !n.whole {
			var err error
			if dropped, err = tx.DropEntries(ctx, f.Name, drop); err != nil {
				return err
			}
		}
		if err := tx.DropVulnerabilities(ctx, f.Name, n.gone...); err != nil {
			return err
		}
		if err := tx.KeepFeed(ctx, f.Name, t.State, claimed); err != nil {
			return err
		}
		switch {
		case dropped > 0 || n.touched.all:
			return tx.NewEpoch(ctx)
		case n.touched.any():
			return tx.NewEpochFor(ctx, n.touched.concerns)
		}
		return nil // lists of addresses say nothing of vulnerabilities
	})
	if err == nil {
		return nil
	}
	return h.notKept(ctx, f, was, turn, claimed, err)
}

// notKept gives a feed back of which a turn could not be kept.
func (h *House) notKept(ctx context.Context, f feed.Feed, was feed.State, turn, claimed time.Time, err error) error {
	err = fmt.Errorf("keep what feed %s gave: %w", f.Name, err)
	if errors.Is(err, candor.ErrChanged) || ctx.Err() != nil {
		return err // another node has it, or the program ends: it is read again
	}
	return errors.Join(err, h.keepFeed(ctx, f, was.Failed(turn, err, feed.Here), claimed))
}

// news is what of a turn is not as it is kept.
type news struct {
	from    *feedSpool            // what is to be kept
	whole   bool                  // all else that is kept was told again, but for
	gone    []intel.Vulnerability // which are told no more
	touched touched
}

// newsOf holds what a turn gave against what is kept of the feed, before the
// transaction begins, which keeps others from writing. Only who claimed the feed
// changes that.
func (h *House) newsOf(ctx context.Context, name string, whole bool, from *feedSpool) (n news, err error) {
	n.from = from
	if from.vulnerabilities == 0 {
		return n, nil
	}
	var have *store.Kept
	if n.whole = whole && from.vulnerabilities == from.entries; n.whole {
		if have, err = h.Store.KeptOf(ctx, name); err != nil {
			return n, err
		}
		if n.from, err = newFeedSpool(h.Feeds.Spool); err != nil {
			return n, err
		}
	}
	said := told{keys: map[store.VulnerabilityKey]bool{}, documents: map[string]bool{}, ids: map[string]bool{}}
	err = from.read(func(e feedEntry) error {
		if e.Vulnerability == nil {
			return nil
		}
		if !n.whole {
			n.touched.add(*e.Vulnerability, true) // of a part nobody knows what it said before
			said.add(*e.Vulnerability)
			return nil
		}
		other, exploited, err := have.Name(*e.Vulnerability)
		if err != nil || !other {
			return err
		}
		n.touched.add(*e.Vulnerability, exploited)
		return n.from.add(e)
	})
	switch {
	case err == nil && n.whole:
		n.gone, err = h.Store.Unnamed(ctx, name, have)
	case err == nil:
		n.gone, err = h.untold(ctx, name, said)
	}
	for _, v := range n.gone {
		n.touched.add(v, v.Exploited)
	}
	if err == nil {
		err = h.sayOf(ctx, &n.touched)
	}
	if err != nil && n.from != from {
		n.from.close()
	}
	return n, err
}

// told is what documents say of vulnerabilities.
type told struct {
	keys           map[store.VulnerabilityKey]bool
	documents, ids map[string]bool
}

func (t told) add(v intel.Vulnerability) {
	if v.Reference != "" {
		t.keys[store.KeyOf(v)], t.documents[v.Reference], t.ids[v.ID] = true, true, true
	}
}

// untold gives what documents of a feed said of a vulnerability before and do not any
// more: that a product has it.
func (h *House) untold(ctx context.Context, name string, t told) (gone []intel.Vulnerability, err error) {
	for some := range slices.Chunk(slices.Sorted(maps.Keys(t.ids)), idsAtOnce) {
		records, err := h.Store.VulnerabilitiesNamed(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, v := range records {
			if v.Source == name && t.documents[v.Reference] && !t.keys[store.KeyOf(v)] {
				gone = append(gone, v)
			}
		}
	}
	return gone, nil
}

// mostTouched is of how many vulnerabilities that changed it is asked which programs
// they concern. With more all programs are held against all again.
const mostTouched = 5000

// touched is what vulnerabilities that changed are of.
type touched struct {
	all      bool            // too much to tell
	products map[string]bool // in lower case
	words    map[string]bool // of vendors and products that no ecosystem names
	ids      map[string]bool // of what is exploited, or was: of these all programs are concerned
	number   int
}

func (t *touched) add(v intel.Vulnerability, exploited bool) {
	if v.Product == "" && v.Vendor == "" && !exploited || t.all {
		return
	}
	if t.products == nil {
		t.products, t.words, t.ids = map[string]bool{}, map[string]bool{}, map[string]bool{}
	}
	if t.number++; t.number > mostTouched {
		*t = touched{all: true}
		return
	}
	t.products[strings.ToLower(v.Product)] = true
	if v.Ecosystem == "" {
		for _, w := range strings.Fields(plainWords(v.Vendor + " " + v.Product)) {
			t.words[w] = true
		}
	}
	if exploited {
		t.ids[v.ID] = true
	}
}

func (t *touched) any() bool { return t.number > 0 }

// sayOf adds what all others say of vulnerabilities that are exploited, or were:
// whether they are decides of what nobody knows.
func (h *House) sayOf(ctx context.Context, t *touched) error {
	var ids []string
	for id := range t.ids {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for some := range slices.Chunk(ids, idsAtOnce) {
		records, err := h.Store.VulnerabilitiesNamed(ctx, some)
		if err != nil {
			return err
		}
		for _, v := range records {
			t.add(v, false)
		}
	}
	return nil
}

// concerns tells whether a program may have what changed: all that vulnerabilities
// are found by (judgeSome) is asked.
func (t *touched) concerns(p inventory.Program) bool {
	o := observed{p}
	if slices.ContainsFunc(o.products(), func(name string) bool { return t.products[name] }) {
		return true
	}
	for _, name := range []string{o.Name, o.Of} {
		if words := strings.Fields(plainWords(name)); len(words) > 0 && t.words[words[0]] {
			return true
		}
	}
	return false
}
