package taxii

import (
	"context"
	"slices"
	"time"
)

// Entry is an object as a collection holds it.
type Entry struct {
	Object
	// Added is when the collection got it, in whole microseconds of UTC. No two
	// entries of a collection have the same.
	Added time.Time
}

// Page is some entries, in the order of Added. Next is where the rest begins;
// empty if that is all.
type Page struct {
	Entries []Entry
	Next    string
}

// Store holds collections. All methods are safe for concurrent use. Roots and
// collections that are not there, or of which the principal may know nothing, are
// candor.ErrNotFound. taxiitest has the tests that each must pass.
type Store interface {
	// Collections gives the collections of a root that a principal may know of, with
	// what it may do there, sorted by title.
	Collections(ctx context.Context, principal, root string) ([]Collection, error)
	// Objects gives what a filter lets through, at most f.Limit entries, from after
	// on: a Next of a Page, or empty. What was added meanwhile comes last, so nothing
	// is left out between pages. A Next that the store never gave is
	// candor.ErrInvalid.
	Objects(ctx context.Context, root, collection string, f Filter, after string) (Page, error)
	// Add keeps objects: when it returns, they are kept as durably as the store
	// keeps anything. An object whose version is there already is kept once, with the
	// time at which it came first. It gives the status with failures as they are
	// handed over, which is kept for the principal.
	Add(ctx context.Context, principal, root, collection string, objects []Object, failures []Detail) (Status, error)
	// Delete removes what a filter of one ID lets through; candor.ErrNotFound if
	// nothing is let through.
	Delete(ctx context.Context, root, collection string, f Filter) error
	// Status gives a status to the principal that added, and to nobody else.
	Status(ctx context.Context, principal, root, id string) (Status, error)
}

// Filter says which objects are asked for (TAXII 2.1, 3.4). A list that is empty
// lets everything through, but for Versions and SpecVersions, where it stands for
// the last.
type Filter struct {
	AddedAfter   time.Time
	IDs          []string
	Types        []string
	Versions     []string // "first", "last", "all", or as version writes them
	SpecVersions []string
	Limit        int // at least 1
}

// Select gives the entries of a collection, which are in the order of Added, that
// the filter lets through, without regard to Limit. The latest specification of
// each object is chosen first, then its versions, then by AddedAfter: what a
// version is does not depend on when one asks.
func (f Filter) Select(all []Entry) []Entry {
	var some []Entry
	latest, first, last := map[string]string{}, map[string]time.Time{}, map[string]time.Time{}
	for _, e := range all {
		if (len(f.IDs) == 0 || slices.Contains(f.IDs, e.ID)) && (len(f.Types) == 0 || slices.Contains(f.Types, e.Type)) {
			some = append(some, e)
			latest[e.ID] = max(latest[e.ID], e.SpecVersion)
		}
	}
	some = slices.DeleteFunc(some, func(e Entry) bool {
		if len(f.SpecVersions) == 0 {
			return e.SpecVersion != latest[e.ID]
		}
		return !slices.Contains(f.SpecVersions, e.SpecVersion)
	})
	for _, e := range some {
		v := e.when()
		if old, ok := first[e.ID]; !ok || v.Before(old) {
			first[e.ID] = v
		}
		if old, ok := last[e.ID]; !ok || v.After(old) {
			last[e.ID] = v
		}
	}
	return slices.DeleteFunc(some, func(e Entry) bool {
		v := e.when()
		return !f.AddedAfter.IsZero() && !e.Added.After(f.AddedAfter) || !f.version(v, first[e.ID], last[e.ID])
	})
}

// when is the version of an entry; when it was added, for what has none.
func (e Entry) when() time.Time {
	if e.Version.IsZero() {
		return e.Added
	}
	return e.Version
}

func (f Filter) version(v, first, last time.Time) bool {
	if len(f.Versions) == 0 {
		return v.Equal(last)
	}
	for _, word := range f.Versions {
		switch word {
		case "all":
			return true
		case "first":
			if v.Equal(first) {
				return true
			}
		case "last":
			if v.Equal(last) {
				return true
			}
		default:
			if t, err := parseTime(word); err == nil && v.Equal(t) {
				return true
			}
		}
	}
	return false
}
