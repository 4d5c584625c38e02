package feed

import (
	"strings"

	"candor/internal/intel/cpe"
	"candor/internal/regex"
)

// redHat begins the ecosystems of Red Hat Enterprise Linux: of a major release, or of
// a minor one where updates of it go on beside the next.
const redHat = "Red Hat:"

// ecosystemOf names an ecosystem of OSV as hosts are known here: products of Red Hat
// and SUSE that share their packages are one, "Red Hat:9" and "SUSE:15.5". What is the
// same here stays as it is.
func ecosystemOf(name string) string {
	family, rest, ok := strings.Cut(name, ":")
	switch {
	case !ok:
	case family == "Red Hat":
		parts := strings.Split(rest, ":")
		if release := redHatRelease(parts[0], (append(parts, ""))[1]); release != "" {
			return release
		}
	case family == "SUSE":
		if release := suseRelease(rest); release != "" {
			return release
		}
	case family == "openSUSE":
		return "openSUSE:" + strings.TrimSuffix(rest, " NonFree")
	}
	return name
}

// redHatRelease is the release that a product of Red Hat is of, by its names in CPE;
// empty of what is none of the operating system.
func redHatRelease(product, version string) string {
	major, _, minor := strings.Cut(version, ".")
	if major == "" || strings.Trim(version, "0123456789.") != "" {
		return ""
	}
	switch product {
	case "enterprise_linux", "rhel_els": // from 10 on with the minor release that it was built for
		return redHat + major
	case "rhel_eus", "rhel_aus", "rhel_tus", "rhel_e4s", "rhel_eus_long_life", "enterprise_linux_eus":
		if minor {
			return redHat + version
		}
	}
	return ""
}

var (
	suseProduct = regex.Of(`^(?:Linux Enterprise|Package Hub)(?: .*)? ([0-9]+)(?:\.([0-9]+)| SP([0-9]+))?(?:-(?:LTSS|ESPOS|BCL|CHOST).*)?$`)
	suseMicro   = regex.Of(`^Linux (?:Enterprise )?Micro ([0-9]+\.[0-9]+)$`)
)

// suseRelease is the release that a product of SUSE is of, by its name without the
// maker's: "Linux Enterprise Module for Basesystem 15 SP5" is of 15.5. It is empty of
// what is none of the operating system.
func suseRelease(product string) string {
	if m := suseMicro.FindStringSubmatch(product); m != nil {
		return "SUSE:Micro " + m[1]
	}
	m := suseProduct.FindStringSubmatch(product)
	if m == nil {
		return ""
	}
	if minor := m[2] + m[3]; minor != "" {
		return "SUSE:" + m[1] + "." + minor
	}
	return "SUSE:" + m[1]
}

// platformOf is the ecosystem of a product that packages are parts of; empty if it is
// none whose packages are known.
func platformOf(name, called string) string {
	if rest, ok := strings.CutPrefix(name, "SUSE "); ok {
		return suseRelease(rest)
	}
	if rest, ok := strings.CutPrefix(name, "openSUSE "); ok {
		return "openSUSE:" + rest
	}
	n, err := cpe.Parse(called)
	if err != nil || n.Version.Kind != cpe.Text || n.Version.Wild() {
		return ""
	}
	major, _, _ := strings.Cut(n.Version.Text, ".")
	switch n.Vendor.Text + ":" + n.Product.Text {
	case "almalinux:almalinux":
		return "AlmaLinux:" + major
	case "rocky:rocky", "resf:rocky_linux", "rocky:rocky_linux":
		return "Rocky Linux:" + major
	case "fedoraproject:fedora":
		return "Fedora:" + n.Version.Text
	}
	if n.Vendor.Text == "redhat" {
		return redHatRelease(n.Product.Text, n.Version.Text)
	}
	return ""
}

// stream is the ecosystem of the packages of a module: others of the same names lie
// beside them.
func stream(ecosystem, module string) string {
	if ecosystem == "" || module == "" {
		return ecosystem
	}
	return ecosystem + "/" + module
}

// moduleOf is a module with its stream, "nodejs:18" of "nodejs:18:8090020231213104839:a75119d5".
func moduleOf(text string) string {
	parts := strings.Split(text, ":")
	if len(parts) < 2 || parts[0] == "" || parts[1] == "" {
		return ""
	}
	return parts[0] + ":" + parts[1]
}

const longTerm = ":LTS"

// wanted tells whether a feed is read for an ecosystem: of all, or of the releases
// that it is set up with, by their names with or without the distribution's, and without
// what says that it is supported for long ("Ubuntu:22.04:LTS").
func (f Feed) wanted(ecosystem string) bool {
	if len(f.Releases) == 0 || ecosystem == "" {
		return true
	}
	whole, _, _ := strings.Cut(ecosystem, "/")
	whole = strings.TrimSuffix(whole, longTerm)
	_, release, _ := strings.Cut(whole, ":")
	for _, r := range f.Releases {
		if r = strings.TrimSuffix(r, longTerm); r == whole || r == release {
			return true
		}
	}
	return false
}
