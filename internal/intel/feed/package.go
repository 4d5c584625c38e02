package feed

import (
	"slices"
	"strings"

	"candor/internal/intel"
	"candor/internal/intel/version"
)

// mostNested is how often what is related may be related again: a package to its
// module, and that to the release.
const mostNested = 4

// relate notes what is a part of something else: a package is of the release, and of
// the module, that it is a part of.
func (a *advisory) relate(products map[string]product) {
	left := a.Tree.Relationships
	for range mostNested {
		var later = left[:0:0]
		for _, rel := range left {
			p, ok := products[rel.Component]
			if !ok {
				later = append(later, rel)
				continue
			}
			on, known := products[rel.Platform]
			if !known && (p.rpm.rpm || p.rpm.module != "") {
				later = append(later, rel)
				continue
			}
			p.identify(helper{PURL: rel.Name.Helper.PURL}) // its CPE is of the platform
			p.within(on)
			products[rel.Name.ID] = p
		}
		if left = later; len(left) == 0 {
			return
		}
	}
}

// within says that a product is a part of another.
func (p *product) within(on product) {
	if p.rpm == (purl{}) {
		return
	}
	if p.rpm.module == "" {
		p.rpm.module = on.rpm.module
	}
	p.platform = on.platform
	if !p.rpm.rpm {
		return // a module, with packages of its own
	}
	p.ecosystem, p.packaged, p.scheme, p.version = stream(on.platform, p.rpm.module), p.rpm.name, version.RPM, p.rpm.version
}

// tellsAll are those who tell in one document of each vulnerability what of theirs has
// it, and in others what an update mends.
var tellsAll = []string{"redhat", "suse", "opensuse"}

// packages gives one vulnerability for each package of RPM and release. Where a
// release is told of by source packages, what was built from them is passed over.
func (a *advisory) packages(n int, products map[string]product) []intel.Vulnerability {
	in := a.Vulnerabilities[n]
	if len(in.Status) == 0 {
		return nil
	}
	bySource := map[string]bool{}
	for _, ids := range in.Status {
		for _, id := range ids {
			if p := products[id]; p.rpm.source {
				bySource[p.ecosystem] = true
			}
		}
	}
	unfixed := map[string]intel.Unfixed{}
	for _, r := range in.Remediations {
		for _, id := range r.Products {
			switch r.Category {
			case "no_fix_planned":
				unfixed[id] = intel.WillNotFix
			case "none_available":
				unfixed[id] = intel.NotYet
			}
		}
	}
	g := gathered{base: a.base(n), at: map[[2]string]*intel.Vulnerability{}}
	for _, status := range []string{"fixed", "first_fixed", "recommended", "known_affected", "known_not_affected"} {
		for _, id := range in.Status[status] {
			p := products[id]
			switch {
			case !p.rpm.rpm, p.ecosystem == "", bySource[p.ecosystem] && !p.rpm.source:
				continue
			case slices.Contains(tellsAll, p.rpm.by) && a.Document.Category != "csaf_vex":
				continue
			}
			g.add(status, p, unfixed[id])
		}
	}
	return g.all()
}

// gathered gathers what is said of packages of RPM.
type gathered struct {
	base  intel.Vulnerability
	order []*intel.Vulnerability
	at    map[[2]string]*intel.Vulnerability
}

// of gives what is gathered of a package.
func (g *gathered) of(ecosystem, name string) *intel.Vulnerability {
	key := [2]string{ecosystem, name}
	v := g.at[key]
	if v == nil {
		one := g.base
		one.Ecosystem, one.Product, one.Scheme = ecosystem, name, version.RPM
		v = &one
		g.at[key] = v
		g.order = append(g.order, v)
	}
	return v
}

// add takes what is said of a package. What mends it comes first: a release whose
// package is mended has it not as a whole, nor is it spared.
func (g *gathered) add(status string, p product, u intel.Unfixed) {
	v := g.of(p.ecosystem, p.packaged)
	switch status {
	case "known_affected":
		if len(v.Fixed) == 0 {
			v.Ranges, v.Unfixed = []version.Range{{}}, u
		}
	case "known_not_affected":
		if len(v.Fixed)+len(v.Ranges) == 0 {
			v.Ranges = []version.Range{version.NoRPM}
		}
	default:
		if p.version != "" {
			v.Fixed = append(v.Fixed, p.version)
		}
	}
}

// all gives what was gathered, with the versions that are not mended.
func (g *gathered) all() (all []intel.Vulnerability) {
	for _, v := range g.order {
		mend(v)
		if len(v.Ranges)+len(v.Versions)+len(v.Fixed) > 0 {
			all = append(all, *v)
		}
	}
	return all
}

// mend says which versions are not mended, by those that are.
func mend(v *intel.Vulnerability) {
	if len(v.Fixed) == 0 {
		return
	}
	slices.Sort(v.Fixed)
	v.Fixed = slices.Compact(v.Fixed)
	v.Ranges = version.Below(v.Fixed)
}

// debugging tells whether a package holds what debuggers need of others: nothing of it runs.
func debugging(name string) bool {
	return strings.HasSuffix(name, "-debuginfo") || strings.HasSuffix(name, "-debugsource")
}
