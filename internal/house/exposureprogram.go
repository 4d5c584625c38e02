package house

import (
	"slices"
	"strings"

	"candor/internal/intel"
	"candor/internal/intel/version"
	"candor/internal/inventory"
)

// observed is a program that was observed, as what may have vulnerabilities. It is
// held against what is said of the same thing only: a name that is alike is none.
type observed struct{ inventory.Program }

// judgeFound holds a program against what is said of one vulnerability. Where a
// distribution tells of its package, nobody else is asked.
func judgeFound(records []intel.Vulnerability, p inventory.Program) judgement {
	o := observed{p}
	if p.Kind != inventory.Package {
		return judge(records, o)
	}
	var own []intel.Vulnerability
	for _, v := range records {
		if v.Ecosystem != "" && o.is(v) && len(v.Ranges)+len(v.Versions)+len(v.Fixed) > 0 {
			own = append(own, v)
		}
	}
	if len(own) > 0 {
		records = o.nearest(own)
	}
	return judge(records, o)
}

// nearest leaves out what distributions say of more than the program is of: where they
// tell of its module, or of its minor release, all else that they tell is of packages
// beside it.
func (o observed) nearest(own []intel.Vulnerability) []intel.Vulnerability {
	of := func(within func(ecosystem string) bool) {
		some := slices.DeleteFunc(slices.Clone(own), func(v intel.Vulnerability) bool { return !within(v.Ecosystem) })
		if len(some) > 0 {
			own = some
		}
	}
	if o.Of != "" {
		of(func(e string) bool { return strings.HasSuffix(e, "/"+o.Of) })
	}
	if family, minor := minorOf(o.Ecosystem); minor != "" {
		of(func(e string) bool { return e == family+":"+minor || strings.HasPrefix(e, family+":"+minor+"/") })
	}
	return own
}

// minorOf is the minor release of a system whose packages of minor releases are updated
// beside each other: "Red Hat:9:9.2".
func minorOf(ecosystem string) (family, minor string) {
	family, rest, _ := strings.Cut(ecosystem, ":")
	if family != "Red Hat" {
		return "", ""
	}
	_, minor, _ = strings.Cut(rest, ":")
	return family, minor
}

// clears tells whether a package is known not to have what a source says that its
// version has not. Packages of CentOS Stream come before those of Red Hat: they may be
// later than what mends a release, and be built without that.
func (o observed) clears(v intel.Vulnerability) bool {
	if family(o.Ecosystem) != "CentOS Stream" || len(v.Fixed) == 0 {
		return true
	}
	return slices.ContainsFunc(v.Fixed, func(mended string) bool {
		order, ok := version.Compare(version.RPM, o.Version, mended)
		return ok && order >= 0 && !strings.Contains(mended, "_") // it was built for the major release
	})
}

func (o observed) at() string { return o.Version }

// is tells whether a vulnerability is of this program, or may be.
func (o observed) is(v intel.Vulnerability) bool {
	if v.CPE != "" {
		return o.kinship(v.CPE) != unlike
	}
	switch o.Kind {
	case inventory.Package:
		return o.isPackage(v)
	case inventory.Library:
		return family(v.Ecosystem) == o.Ecosystem && strings.EqualFold(v.Product, o.Name)
	case inventory.Application:
		return o.isApplication(v)
	case inventory.Plugin, inventory.Theme:
		return o.isPart(v)
	}
	return false
}

// orders tells whether the versions of a source can be held against the program's:
// distributions mend packages without taking the maker's next version.
func (o observed) orders(v intel.Vulnerability) bool {
	if v.CPE != "" && o.kinship(v.CPE) != same {
		return false
	}
	switch o.Kind {
	case inventory.Package:
		return (v.Scheme == version.Debian || v.Scheme == version.RPM && !o.modular(v)) && v.Ecosystem != ""
	case inventory.Plugin, inventory.Theme:
		return v.Scheme != version.Debian && v.Scheme != version.RPM && !strings.Contains(o.Version, ".x-") // "8.x-1.2" of Drupal is 1.2.0 elsewhere
	}
	return v.Scheme != version.Debian && v.Scheme != version.RPM
}

// modular tells whether the program or what is said of it is of a stream of modules,
// beside which there are others: php 7.4 is none that waits for a version of php 8.1.
// Where both tell the stream, it is the same.
func (o observed) modular(v intel.Vulnerability) bool {
	if _, stream, _ := strings.Cut(v.Ecosystem, "/"); stream != "" {
		return false
	}
	const mark = ".module" // ".module_el8.9.0+3713+e65ba7cf", ".module+el8.9.0+1510"
	return strings.Contains(o.Version, mark) || slices.ContainsFunc(v.Fixed, func(f string) bool { return strings.Contains(f, mark) }) ||
		slices.ContainsFunc(v.Ranges, func(r version.Range) bool { return strings.Contains(r.Until+" "+r.Last, mark) })
}

// plain are words that makers add to the names of their applications.
var plain = []string{"core", "cms", "server", "webmail", "open", "source", "commerce", "community", "enterprise", "edition", "and", "or", "adobe", "foundation", "project", "software", "2"}

// isApplication tells whether a vulnerability is of a web application: by its package,
// or where the source names it, as such or as its maker. "Events for WordPress" is
// another program.
func (o observed) isApplication(v intel.Vulnerability) bool {
	if v.Ecosystem != "" {
		return installed{name: o.Name}.is(v)
	}
	product := strings.Fields(plainWords(v.Product))
	others := slices.DeleteFunc(slices.Clone(product), func(w string) bool { return w == o.Name })
	if slices.ContainsFunc(others, func(w string) bool { return !slices.Contains(plain, w) }) {
		return false
	}
	return len(others) < len(product) || slices.Contains(strings.Fields(plainWords(v.Vendor)), o.Name)
}

// isPackage tells whether a vulnerability is of the source package in this release;
// or of what has the same name outside of distributions, whose versions say nothing
// of the package's.
func (o observed) isPackage(v intel.Vulnerability) bool {
	if v.Ecosystem != "" {
		return (strings.EqualFold(v.Product, o.Name) || o.Title != "" && strings.EqualFold(v.Product, o.Title)) && o.ofRelease(v.Ecosystem)
	}
	product, vendor := plainWords(v.Product), plainWords(v.Vendor)
	return product == o.Name || vendor != "" && vendor+" "+product == o.Name
}

// releases are the names by which sources call the release of a distribution:
// "Debian:12:bookworm" is "Debian:12" with OSV and "Debian:bookworm" with the
// tracker.
func releases(ecosystem string) []string {
	parts := strings.SplitN(rebuilt(ecosystem), ":", 3)
	if len(parts) < 2 {
		return nil
	}
	var all []string
	for _, p := range parts[1:] {
		if p != "" {
			all = append(all, parts[0]+":"+p)
		}
	}
	if parts[0] == "Ubuntu" && parts[1] != "" {
		all = append(all, "Ubuntu:"+parts[1]+":LTS")
	}
	return all
}

// rebuilt is the distribution that tells of the packages of another, which has the
// same: CentOS, and CentOS Stream, of which Red Hat Enterprise Linux is made.
func rebuilt(ecosystem string) string {
	for _, of := range []string{"CentOS Stream:", "CentOS:"} {
		if rest, ok := strings.CutPrefix(ecosystem, of); ok {
			return "Red Hat:" + rest
		}
	}
	return ecosystem
}

// ofRelease tells whether an ecosystem is one of the program's: of its release, and of
// its module where it names one.
func (o observed) ofRelease(ecosystem string) bool {
	if whole, stream, ok := strings.Cut(ecosystem, "/"); ok {
		return stream == o.Of && ofRelease(rebuilt(o.Ecosystem), whole)
	}
	return ofRelease(rebuilt(o.Ecosystem), ecosystem)
}

// ofRelease tells whether an ecosystem is one of the releases; it is asked of very many.
func ofRelease(release, ecosystem string) bool {
	family, names, _ := strings.Cut(release, ":")
	rest, ok := strings.CutPrefix(ecosystem, family)
	if !ok || names == "" {
		return false
	}
	number, name, _ := strings.Cut(names, ":")
	if rest, ok = strings.CutPrefix(rest, ":"); !ok || rest == "" {
		return false
	}
	return rest == number || rest == name || family == "Ubuntu" && number != "" && rest == number+":LTS"
}

func family(ecosystem string) string {
	name, _, _ := strings.Cut(ecosystem, ":")
	return name
}

// isPart tells whether a vulnerability is of a plug-in or theme: by its own name in
// an ecosystem, or by its whole name where the source says that it is a part of the
// application.
func (o observed) isPart(v intel.Vulnerability) bool {
	product := strings.ToLower(v.Product)
	if v.Ecosystem != "" {
		return slices.Contains(o.partNames(family(v.Ecosystem)), product)
	}
	text := plainWords(v.Vendor + " " + v.Product)
	if !strings.Contains(" "+text+" ", " "+o.Of+" ") {
		return false
	}
	if k := partKind(text); k != "" && k != o.Kind && partKind(plainWords(o.Name+" "+o.Title)) == "" {
		return false // a theme and a plug-in may have one name
	}
	name := o.bare(v.Product)
	return name != "" && (name == o.bare(o.Name) || name == o.bare(o.Title))
}

// partKind tells whether words say that something is a plug-in or a theme; empty if
// they do not, or say both.
func partKind(words string) inventory.Kind {
	theme, plugin := strings.Contains(words, "theme"), strings.Contains(words, "plug")
	switch {
	case theme && !plugin:
		return inventory.Theme
	case plugin && !theme:
		return inventory.Plugin
	}
	return ""
}

// partNames are the names of a part in an ecosystem.
func (o observed) partNames(ecosystem string) []string {
	name := strings.ToLower(o.Name)
	switch {
	case ecosystem == "WordPress" && o.Of == "wordpress":
		return []string{name, string(o.Kind) + "/" + name}
	case ecosystem == inventory.Packagist && o.Of == "wordpress":
		return []string{"wpackagist-" + string(o.Kind) + "/" + name}
	case ecosystem == inventory.Packagist && o.Of == "drupal":
		return []string{"drupal/" + name}
	}
	return nil
}

// bare is a name without the words that say what it is a part of.
func (o observed) bare(name string) string {
	words := strings.Fields(plainWords(name))
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == o.Of || w == "for" || parts.MatchString(w) }), " ")
}

// products are the names in lower case under which sources may tell of a program.
func (o observed) products() []string {
	name := strings.ToLower(o.Name)
	switch o.Kind {
	case inventory.Application:
		return append(installed{name: o.Name}.packages(), productsByCPE(o.Name)...)
	case inventory.Plugin, inventory.Theme:
		return slices.Concat([]string{name}, apart(name), o.partNames("WordPress"), o.partNames(inventory.Packagist))
	case inventory.Package:
		return slices.Concat([]string{name}, apart(name), productsByCPE(name), title(o.Title))
	}
	last := name[strings.LastIndexByte(name, '/')+1:]
	return slices.Concat([]string{name, last}, apart(name), apart(last))
}

// title gives a title in lower case, if there is one.
func title(name string) []string {
	if name == "" {
		return nil
	}
	return []string{strings.ToLower(name)}
}

// ecosystems are those in which sources may tell of a program, besides none.
func (o observed) ecosystems() []string {
	switch o.Kind {
	case inventory.Package:
		all := releases(o.Ecosystem)
		if o.Of != "" {
			for _, r := range slices.Clone(all) {
				all = append(all, r+"/"+o.Of)
			}
		}
		return all
	case inventory.Library:
		return []string{o.Ecosystem}
	}
	return []string{inventory.Packagist, "Packagist:https://packages.drupal.org/8", "Packagist:https://packages.drupal.org/7", "WordPress", "WordPress:plugin", "WordPress:theme"}
}
