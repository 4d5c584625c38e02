package feed

import (
	"net/url"
	"strings"

	"candor/internal/intel"
	"candor/internal/intel/cpe"
	"candor/internal/intel/version"
)

// helper is what CSAF tells of a product besides its name (CSAF 2.0, 3.1.3.3).
type helper struct {
	CPE  string `json:"cpe"`
	PURL string `json:"purl"`
}

// identify takes how a product is called by Common Platform Enumeration, or as a
// package. Names of several products are passed over, as are those of hardware. Where
// the tree tells no version, that of the name is taken.
func (p *product) identify(h helper) {
	told := p.version != "" || len(p.ranges) > 0
	if n, err := cpe.Parse(h.CPE); err == nil && n.Part.Text != "h" && !n.Vendor.Wild() && !n.Product.Wild() && n.Vendor.Kind == cpe.Text && n.Product.Kind == cpe.Text {
		p.cpe = cpe.Name{Part: n.Part, Vendor: n.Vendor, Product: n.Product, TargetSoftware: n.TargetSoftware}
		if v := versionOf(n); v != "" && !told {
			p.version, p.all, p.unread, p.scheme = v, false, false, version.PHP
		}
	}
	u := parsePURL(h.PURL)
	if u.rpm || u.module != "" {
		p.rpm = u // its release is that of the platform
		if u.ecosystem == "" {
			return
		}
	}
	if u.ecosystem == "" {
		return
	}
	p.ecosystem, p.packaged, p.scheme = u.ecosystem, u.name, scheme(u.ecosystem)
	if u.version != "" && !told {
		p.version, p.all, p.unread = u.version, false, false
	}
}

// versionOf is the version that a name of CPE tells, with its update; empty if it tells
// none, or several.
func versionOf(n cpe.Name) string {
	if n.Version.Kind != cpe.Text || n.Version.Wild() || n.Update.Kind == cpe.Text && n.Update.Wild() {
		return ""
	}
	if n.Update.Kind == cpe.Text {
		return n.Version.Text + "-" + n.Update.Text
	}
	return n.Version.Text
}

// names gives a vulnerability the names of its product. What is called by CPE is found
// by that.
func (p product) names(v *intel.Vulnerability) {
	v.Vendor, v.Product = p.vendor, p.name
	switch {
	case p.ecosystem != "":
		v.Ecosystem, v.Product = p.ecosystem, p.packaged
	case p.cpe != (cpe.Name{}):
		v.CPE = p.cpe.String()
		v.Vendor, v.Product = worded(p.cpe.Vendor), worded(p.cpe.Product)
	}
}

// worded is a value of CPE in words.
func worded(a cpe.Attribute) string { return strings.ReplaceAll(a.Text, "_", " ") }

// mostPURL is how many bytes the address of a package has at most.
const mostPURL = 2000

// purl is what the address of a package tells.
type purl struct {
	ecosystem     string // empty where it tells no release
	name, version string // the version with its epoch
	rpm           bool   // a package of RPM
	by            string // who built that
	source        bool   // it is a source package, or tells which it was built from: that is named
	module        string // that it is of, or is: "nodejs:18"
}

// parsePURL reads the address of a package (package-url, "purl") of an ecosystem that
// is known: "pkg:composer/wordpress/core@6.4.2", "pkg:deb/debian/curl@7.88.1-10?distro=debian-12",
// "pkg:rpm/redhat/curl@7.76.1-29.el9_4.1?arch=src".
func parsePURL(text string) purl {
	rest, ok := strings.CutPrefix(text, "pkg:")
	if !ok || len(text) > mostPURL {
		return purl{}
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	kind, path, _ := strings.Cut(strings.TrimLeft(rest, "/"), "/")
	path, version := cutVersion(strings.Trim(path, "/"))
	path, err := url.PathUnescape(path)
	if err != nil || path == "" {
		return purl{}
	}
	qualifiers, err := url.ParseQuery(strings.ReplaceAll(query, "+", "%2B"))
	if err != nil {
		return purl{}
	}
	switch strings.ToLower(kind) {
	case "npm":
		return purl{ecosystem: "npm", name: path, version: version}
	case "composer":
		return purl{ecosystem: "Packagist", name: strings.ToLower(path), version: version}
	case "deb":
		family, name, ok := strings.Cut(path, "/")
		if release := releaseOf(family, qualifiers.Get("distro")); ok && release != "" {
			return purl{ecosystem: release, name: name, version: version}
		}
	case "rpm":
		return purlRPM(path, version, qualifiers)
	case "rpmmod":
		_, name, _ := strings.Cut(path, "/")
		return purl{module: moduleOf(name + ":" + version)}
	}
	return purl{}
}

// purlRPM is a package of RPM. SUSE tells which source it was built from, whose version
// has the epoch of what was built.
func purlRPM(path, version string, qualifiers url.Values) purl {
	by, name, ok := strings.Cut(path, "/")
	if !ok || name == "" {
		return purl{}
	}
	u := purl{rpm: true, by: by, name: name, version: version, source: qualifiers.Get("arch") == "src" || qualifiers.Get("arch") == "nosrc", module: moduleOf(qualifiers.Get("rpmmod"))}
	if file, ok := strings.CutSuffix(qualifiers.Get("upstream"), ".src.rpm"); ok && file != "" {
		u.source = true
		u.name = file // of what has no version
		if version != "" {
			if u.name, u.version, ok = cutNVR(file); !ok {
				return purl{}
			}
		}
	}
	if epoch := qualifiers.Get("epoch"); epoch != "" && epoch != "0" && u.version != "" {
		u.version = epoch + ":" + u.version
	}
	return u
}

// cutVersion cuts the version from a package's path: a scope begins with a sign too.
func cutVersion(path string) (rest, version string) {
	at := strings.LastIndexByte(path, '@')
	if at <= 0 || strings.Contains(path[at:], "/") {
		return path, ""
	}
	version, err := url.PathUnescape(path[at+1:])
	if err != nil {
		return path[:at], ""
	}
	return path[:at], version
}

// releaseOf is the ecosystem of a distribution's release: "debian-12", "bookworm",
// "ubuntu-22.04"; empty where it is not told.
func releaseOf(family, release string) string {
	names := map[string]string{"debian": "Debian", "ubuntu": "Ubuntu"}
	name, ok := names[family]
	release = strings.TrimPrefix(release, family+"-")
	if !ok || release == "" || strings.ContainsAny(release, ":/ ") {
		return ""
	}
	return name + ":" + release
}
