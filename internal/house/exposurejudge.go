package house

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"candor/internal/intel"
	"candor/internal/inventory"
	"candor/internal/store"
)

// Bounds of what is judged at once, and kept in one transaction.
const (
	programsAtOnce = 200
	mostSaid       = 50_000 // of several programs; what is said of one is taken whole
	mostJudged     = 20_000 // vulnerabilities that programs have
)

// JudgeSoftware holds programs that were observed against what feeds tell: those that
// are new, and all that it concerns when feeds tell something else. It ends when none
// is left, or ctx does.
func (h *House) JudgeSoftware(ctx context.Context) error {
	epoch, err := h.Store.ExposureEpoch(ctx) // before all else is read: what changes meanwhile is judged again
	if err != nil {
		return err
	}
	j := judging{house: h, epoch: epoch}
	for first := true; ctx.Err() == nil; first = false {
		programs, err := h.Store.Unjudged(ctx, epoch, programsAtOnce)
		if err != nil || len(programs) == 0 {
			return err
		}
		if first {
			all, err := h.Store.Exploited(ctx, mostExploited)
			if err != nil {
				return err
			}
			j.exploited = indexExploited(all)
		}
		if err := errors.Join(j.some(ctx, programs), j.keep(ctx)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// judging is what programs are judged by, and what came of it and is not kept yet.
type judging struct {
	house     *House
	epoch     int64
	exploited exploitedIndex
	ids       []string // of programs
	found     []store.Exposed
}

// keep keeps what is judged. What is kept twice is the same.
func (j *judging) keep(ctx context.Context) error {
	slices.SortFunc(j.found, func(a, b store.Exposed) int { // in one order, for whoever writes beside
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Program, b.Program))
	})
	err := j.house.tx(ctx, func(tx *store.Tx) error { return tx.Judge(ctx, j.epoch, j.ids, j.found) })
	j.ids, j.found = nil, nil
	return err
}

// some judges programs.
func (j *judging) some(ctx context.Context, programs []inventory.Program) error {
	slices.SortFunc(programs, func(a, b inventory.Program) int { // versions of one together
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Ecosystem, b.Ecosystem), strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Of, b.Of), strings.Compare(a.Title, b.Title))
	})
	said, more, err := j.house.saidOfPrograms(ctx, programs)
	if err != nil {
		return err
	}
	if more { // of a few of them much is said
		half := len(programs) / 2
		return errors.Join(j.some(ctx, programs[:half]), j.some(ctx, programs[half:]))
	}
	for len(programs) > 0 {
		n := 1
		for n < len(programs) && unversioned(programs[n]) == unversioned(programs[0]) {
			n++
		}
		if err := j.alike(ctx, programs[:n], said); err != nil {
			return err
		}
		programs = programs[n:]
	}
	return nil
}

func unversioned(p inventory.Program) inventory.Program {
	p.Version = ""
	return p
}

// alike judges programs that differ by their versions only: what is said of them is
// the same.
func (j *judging) alike(ctx context.Context, programs []inventory.Program, said saidOf) error {
	o := observed{programs[0]}
	about := map[string][]intel.Vulnerability{}
	names := o.products()
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		for _, v := range said[o.within()][name] {
			about[v.ID] = append(about[v.ID], v)
		}
	}
	for _, v := range j.exploited.near(o) {
		if o.is(v) && !slices.ContainsFunc(about[v.ID], func(x intel.Vulnerability) bool {
			return x.Source == v.Source && x.Product == v.Product && x.Vendor == v.Vendor
		}) {
			about[v.ID] = append(about[v.ID], v)
		}
	}
	if o.Kind == inventory.Application { // of these sources tell under many names
		var err error
		if about, err = j.house.recordsOf(ctx, slices.Sorted(maps.Keys(about))); err != nil {
			return err
		}
	}
	for _, p := range programs {
		id := p.ID()
		j.ids = append(j.ids, id)
		for of, records := range about {
			if e, ok := exposedTo(of, p, records, j.exploited.ids[of]); ok {
				e.Program = id
				j.found = append(j.found, e)
			}
		}
		if len(j.found) > mostJudged {
			if err := j.keep(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// exploitedIndex finds what is exploited by words of its vendor and product: there are
// many programs, and much is exploited.
type exploitedIndex struct {
	ids map[string]bool
	of  map[string][]intel.Vulnerability // by each word
}

func indexExploited(all []intel.Vulnerability) exploitedIndex {
	x := exploitedIndex{ids: map[string]bool{}, of: map[string][]intel.Vulnerability{}}
	for _, v := range all {
		x.ids[v.ID] = true
		words := strings.Fields(plainWords(v.Vendor + " " + v.Product))
		slices.Sort(words)
		for _, w := range slices.Compact(words) {
			x.of[w] = append(x.of[w], v)
		}
	}
	return x
}

// near gives all that may be of a program, and more: what is has the first word of its
// name, or of what it is a part of.
func (x exploitedIndex) near(o observed) (all []intel.Vulnerability) {
	last := ""
	for _, name := range []string{o.Name, o.Of} {
		if words := strings.Fields(plainWords(name)); len(words) > 0 && words[0] != last {
			all, last = append(all, x.of[words[0]]...), words[0]
		}
	}
	return all
}

// recordsOf gives all that is said of some vulnerabilities.
func (h *House) recordsOf(ctx context.Context, ids []string) (map[string][]intel.Vulnerability, error) {
	records, err := h.Store.VulnerabilitiesNamed(ctx, ids)
	of := map[string][]intel.Vulnerability{}
	for _, v := range records {
		of[v.ID] = append(of[v.ID], v)
	}
	return of, err
}

// exposedTo tells whether a program has a vulnerability, or, of one that is exploited,
// that nobody knows. It does not name the program.
func exposedTo(id string, p inventory.Program, records []intel.Vulnerability, exploited bool) (store.Exposed, bool) {
	j := judgeFound(records, p)
	e := store.Exposed{ID: id, Affected: j.verdict == affected, Exploited: exploited}
	for _, v := range records {
		e.Mended = e.Mended || len(v.Fixed) > 0 && (observed{p}).is(v)
	}
	return e, j.verdict == affected || j.verdict == possible && exploited
}

// saidOf is what feeds tell within some ecosystems, by names of products.
type saidOf map[string]map[string][]intel.Vulnerability

// within names the ecosystems in which sources may tell of a program.
func (o observed) within() string { return strings.Join(o.ecosystems(), "\n") }

// saidOfPrograms gives what feeds tell under the names of programs. more says that it
// is too much for several programs at once.
func (h *House) saidOfPrograms(ctx context.Context, programs []inventory.Program) (said saidOf, more bool, err error) {
	within := map[string][]string{} // names, by ecosystems
	for _, p := range programs {
		o := observed{p}
		within[o.within()] = append(within[o.within()], o.products()...)
	}
	most, number := mostSaid, 0
	if len(programs) == 1 {
		most = mostEntries * 100 // whatever feeds tell of one
	}
	said = saidOf{}
	for key, names := range within {
		slices.Sort(names)
		all, err := h.Store.VulnerabilitiesWithin(ctx, slices.Compact(names), strings.Split(key, "\n"), most-number)
		if err != nil {
			return nil, false, err
		}
		if number += len(all); number >= most {
			return nil, true, nil
		}
		said[key] = map[string][]intel.Vulnerability{}
		for _, v := range all {
			name := strings.ToLower(v.Product)
			said[key][name] = append(said[key][name], v)
		}
	}
	return said, false, nil
}

// softwareKept is how long software is remembered that is gone.
const softwareKept = 180 * 24 * time.Hour

// ForgetSoftware forgets software that is gone for long.
func (h *House) ForgetSoftware(ctx context.Context) error {
	return h.tx(ctx, func(tx *store.Tx) error { return tx.ForgetSoftware(ctx, h.now().Add(-softwareKept)) })
}
