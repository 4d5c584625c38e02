package house

import (
	"context"
	"slices"
	"strings"
	"time"

	"candor/internal/intel"
	"candor/internal/inventory"
	"candor/internal/store"
)

// programsAtOnce are judged in one transaction.
const programsAtOnce = 200

// JudgeSoftware holds programs that were observed against what feeds tell: those that
// are new, and all of them when feeds tell something else. It ends when none is left,
// or ctx does.
func (h *House) JudgeSoftware(ctx context.Context) error {
	epoch, err := h.Store.ExposureEpoch(ctx) // before all else is read: what changes meanwhile is judged again
	if err != nil {
		return err
	}
	var exploited exploitedIndex
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
			exploited = indexExploited(all)
		}
		if err := h.judgeSome(ctx, epoch, programs, exploited); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (h *House) judgeSome(ctx context.Context, epoch int64, programs []inventory.Program, exploited exploitedIndex) error {
	said, err := h.saidOfPrograms(ctx, programs)
	if err != nil {
		return err
	}
	ids := make([]string, len(programs))
	abouts := make([]map[string][]intel.Vulnerability, len(programs))
	named := map[string]bool{} // of applications, of which sources tell under many names
	for i, p := range programs {
		ids[i] = p.ID()
		o := observed{p}
		about := map[string][]intel.Vulnerability{}
		abouts[i] = about
		for _, name := range o.products() {
			for _, v := range said[name] {
				about[v.ID] = append(about[v.ID], v)
			}
		}
		for _, v := range exploited.near(o) {
			if o.is(v) && !slices.ContainsFunc(about[v.ID], func(x intel.Vulnerability) bool {
				return x.Source == v.Source && x.Product == v.Product && x.Vendor == v.Vendor
			}) {
				about[v.ID] = append(about[v.ID], v)
			}
		}
		for id := range about {
			named[id] = named[id] || p.Kind == inventory.Application
		}
	}
	whole, err := h.recordsOf(ctx, named)
	if err != nil {
		return err
	}
	var all []store.Exposed
	for i, p := range programs {
		for id, records := range abouts[i] {
			if named[id] {
				records = whole[id]
			}
			if e, ok := exposedTo(id, p, records, exploited.ids[id]); ok {
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, func(a, b store.Exposed) int { return strings.Compare(a.ID+a.Program, b.ID+b.Program) }) // in one order, for whoever writes beside
	return h.tx(ctx, func(tx *store.Tx) error { return tx.Judge(ctx, epoch, ids, all) })
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

// recordsOf gives all that is said of the vulnerabilities that are marked.
func (h *House) recordsOf(ctx context.Context, marked map[string]bool) (map[string][]intel.Vulnerability, error) {
	var ids []string
	for id, yes := range marked {
		if yes {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	records, err := h.Store.VulnerabilitiesNamed(ctx, ids)
	of := map[string][]intel.Vulnerability{}
	for _, v := range records {
		of[v.ID] = append(of[v.ID], v)
	}
	return of, err
}

// exposedTo tells whether a program has a vulnerability, or, of one that is exploited,
// that nobody knows.
func exposedTo(id string, p inventory.Program, records []intel.Vulnerability, exploited bool) (store.Exposed, bool) {
	j := judgeFound(records, p)
	e := store.Exposed{ID: id, Program: p.ID(), Affected: j.verdict == affected, Exploited: exploited}
	for _, v := range records {
		e.Mended = e.Mended || len(v.Fixed) > 0 && (observed{p}).is(v)
	}
	return e, j.verdict == affected || j.verdict == possible && exploited
}

// saidOfPrograms gives what feeds tell under the names of programs, by name.
func (h *House) saidOfPrograms(ctx context.Context, programs []inventory.Program) (map[string][]intel.Vulnerability, error) {
	within := map[string][]string{} // names, by ecosystems
	for _, p := range programs {
		o := observed{p}
		key := strings.Join(o.ecosystems(), "\n")
		within[key] = append(within[key], o.products()...)
	}
	said := map[string][]intel.Vulnerability{}
	for key, names := range within {
		slices.Sort(names)
		all, err := h.Store.VulnerabilitiesWithin(ctx, slices.Compact(names), strings.Split(key, "\n"))
		if err != nil {
			return nil, err
		}
		for _, v := range all {
			name := strings.ToLower(v.Product)
			said[name] = append(said[name], v)
		}
	}
	return said, nil
}

// softwareKept is how long software is remembered that is gone.
const softwareKept = 180 * 24 * time.Hour

// ForgetSoftware forgets software that is gone for long.
func (h *House) ForgetSoftware(ctx context.Context) error {
	return h.tx(ctx, func(tx *store.Tx) error { return tx.ForgetSoftware(ctx, h.now().Add(-softwareKept)) })
}
