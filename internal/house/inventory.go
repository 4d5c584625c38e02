package house

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/inventory"
	"candor/internal/store"
)

// InventoryView is the software of a server or a site as it was observed.
type InventoryView struct {
	// State is how much is known; missing if nobody looked yet.
	State *inventory.State `json:"state,omitempty"`
	// Items are by kind and name; of what is gone, the latest first.
	Items []inventory.Observed `json:"items"`
	More  bool                 `json:"more"` // there are more of them
	// Contradicted is what somebody wrote down and what was observed does not bear
	// out; missing if nothing is so.
	Contradicted *Contradicted `json:"contradicted,omitempty"`
	// Exposures are vulnerabilities that this software has or may have, at most 200:
	// for who may read those of all.
	Exposures []FoundExposure `json:"exposures,omitempty"`
}

// FoundExposure is that software of an asset has a vulnerability, or that nobody knows.
type FoundExposure struct {
	ID        string `json:"id"`
	Program   string `json:"program"`  // with its version
	Affected  bool   `json:"affected"` // otherwise nobody knows
	Exploited bool   `json:"exploited"`
	Mended    bool   `json:"mended"` // there is a version that has it no more
}

// Contradicted is a difference between what a site says that it runs and what was
// observed there.
type Contradicted struct {
	Declared string        `json:"declared"`
	Observed []string      `json:"observed,omitempty"` // applications with their versions
	How      Contradiction `json:"how"`
}

// Contradiction is what is wrong with what was declared.
type Contradiction string

// The contradictions.
const (
	OtherVersion Contradiction = "version"     // it is there in another version
	OtherProgram Contradiction = "application" // it is not there, and something else is
	NotSeen      Contradiction = "missing"     // it is not there, and nothing else that is known
)

// Contradictions lists them.
func Contradictions() []Contradiction { return []Contradiction{OtherVersion, OtherProgram, NotSeen} }

// Bounds of what is shown of software.
const (
	MostItems       = 5000
	mostFound       = 200
	mostApplication = 100
)

// SoftwareOf gives the software of a server or a site as it was observed.
func (h *House) SoftwareOf(ctx context.Context, who candor.Principal, asset candor.ID, f store.ItemFilter) (v InventoryView, err error) {
	if err := may(who, access.ReadParties, access.ReadOwn); err != nil {
		return v, err
	}
	a, err := h.Store.Asset(ctx, who.Scope(), asset)
	if err != nil {
		return v, err
	}
	v.Items = []inventory.Observed{}
	state, err := h.Store.InventoryOf(ctx, a.ID)
	if errors.Is(err, candor.ErrNotFound) {
		return v, nil
	}
	if err != nil {
		return v, err
	}
	v.State = &state
	most := f.Most
	if most < 1 || most > MostItems {
		most = MostItems
	}
	f.Most = most + 1
	items, err := h.Store.Items(ctx, a.ID, f)
	if err != nil {
		return v, err
	}
	v.More = len(items) > most
	v.Items = append(v.Items, items[:min(len(items), most)]...)
	if v.Contradicted, err = h.contradicted(ctx, a, state); err != nil {
		return v, err
	}
	if may(who, access.ReadParties) == nil {
		v.Exposures, err = h.foundExposures(ctx, a.ID)
	}
	return v, err
}

// foundExposures gives what software of an asset has or may have.
func (h *House) foundExposures(ctx context.Context, asset candor.ID) (all []FoundExposure, err error) {
	found, err := h.Store.ExposuresOf(ctx, asset, mostFound)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	programs, err := h.Store.ProgramsThere(ctx, asset)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, p := range programs {
		names[p.ID()] = p.String()
	}
	for _, e := range found {
		all = append(all, FoundExposure{ID: e.ID, Program: names[e.Program], Affected: e.Affected, Exploited: e.Exploited, Mended: e.Mended})
	}
	return all, nil
}

// contradicted holds what a site says that it runs against the applications that were
// observed there. Of what nobody could observe, nothing is said.
func (h *House) contradicted(ctx context.Context, a candor.Asset, s inventory.State) (*Contradicted, error) {
	said := parseSoftware(a.Software)
	if a.Kind != candor.Site || !slices.Contains(inventory.Applications(), said.name) {
		return nil, nil
	}
	found, err := h.Store.Items(ctx, a.ID, store.ItemFilter{Kind: inventory.Application, Most: mostApplication})
	if err != nil {
		return nil, err
	}
	c := Contradicted{Declared: a.Software}
	there := false
	for _, i := range found {
		c.Observed = append(c.Observed, strings.TrimSpace(i.Name+" "+i.Version))
		if i.Name != said.name {
			continue
		}
		there = true
		if said.version == "" || i.Version == "" || i.Version == said.version || strings.HasPrefix(i.Version, said.version+".") {
			return nil, nil
		}
	}
	slices.Sort(c.Observed)
	c.Observed = slices.Compact(c.Observed)
	switch {
	case there:
		c.How = OtherVersion
	case s.Gap != inventory.Complete:
		return nil, nil // it may be where nobody looked
	case len(found) > 0:
		c.How = OtherProgram
	default:
		c.How = NotSeen
	}
	return &c, nil
}

// TakeInventory takes which software is on a server, by the agent there, or at one of
// its sites. Without a list, whole says that the list with this digest is not known
// here: it is to be sent. A site that does not lie on that server is candor.ErrDenied.
func (h *House) TakeInventory(ctx context.Context, server, asset candor.ID, digest string, l *inventory.List) (whole bool, err error) {
	if asset == "" {
		asset = server
	}
	a, err := h.Store.Asset(ctx, candor.Everything, asset)
	if err != nil {
		return false, err
	}
	if a.ID != server && a.Server != server || server == "" {
		return false, fmt.Errorf("%s is no site of that server: %w", a.Name, candor.ErrDenied)
	}
	if l == nil {
		err = h.tx(ctx, func(tx *store.Tx) error {
			known, err := tx.SeeInventory(ctx, a.ID, digest, h.now())
			whole = !known
			return err
		})
		return whole, err
	}
	return false, h.keepInventory(ctx, a, *l)
}

// keepInventory keeps the software of an asset: packages are of servers, all else is
// of sites.
func (h *House) keepInventory(ctx context.Context, a candor.Asset, l inventory.List) error {
	for _, i := range l.Items {
		if (i.Kind == inventory.Package) != (a.Kind == candor.Server) {
			return fmt.Errorf("a %s is no software of a %s: %w", i.Kind, a.Kind, candor.ErrInvalid)
		}
	}
	err := h.tx(ctx, func(tx *store.Tx) error { return tx.KeepInventory(ctx, a.ID, l, h.now()) })
	if err != nil {
		return fmt.Errorf("keep the software of %s: %w", a.Name, err)
	}
	return nil
}

// Bounds of looking at the software of sites.
const (
	LookEvery    = 6 * time.Hour // at one site
	looksAtOnce  = 50
	lookPatience = 2 * time.Minute // for one site
)

// ObserveSites looks at the software of sites whose roots are on this machine, those
// at which nobody looked for six hours: some, each time that it is called.
func (h *House) ObserveSites(ctx context.Context) error {
	var sites []candor.Asset
	err := h.tx(ctx, func(tx *store.Tx) (err error) {
		sites, err = tx.RootedAssets(ctx)
		return err
	})
	if err != nil {
		return err
	}
	ids := make([]candor.ID, len(sites))
	for i, a := range sites {
		ids[i] = a.ID
	}
	seen, err := h.Store.InventoriesSeen(ctx, ids)
	if err != nil {
		return err
	}
	var errs []error
	looks := 0
	for _, a := range sites {
		if a.Kind != candor.Site || h.now().Sub(seen[a.ID]) < LookEvery || h.Sites != nil && h.Sites.CheckRoots(a.Roots) != nil {
			continue
		}
		if looks++; looks > looksAtOnce || ctx.Err() != nil {
			break
		}
		errs = append(errs, h.observeSite(ctx, a))
	}
	return errors.Join(errs...)
}

func (h *House) observeSite(ctx context.Context, a candor.Asset) error {
	inner, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	l, err := inventory.Site(inner, a.Roots, inventory.Options{})
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.Gap = inventory.TooMany // it took too long
	}
	return h.keepInventory(ctx, a, l)
}
