package house

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/intel"
	"candor/internal/intel/version"
)

// Exposure is a vulnerability that sites have, or may have.
type Exposure struct {
	ID         string    `json:"id"` // CVE
	Vendor     string    `json:"vendor,omitempty"`
	Product    string    `json:"product,omitempty"`
	Title      string    `json:"title,omitempty"`
	Exploited  bool      `json:"exploited"`
	Ransomware bool      `json:"ransomware"`
	Due        time.Time `json:"due,omitzero"`   // until when KEV wants it gone
	EPSS       float64   `json:"epss,omitempty"` // how likely it is to be exploited within 30 days
	Feeds      []string  `json:"feeds"`
	// Affected says that all of the sites run a version that is told to have it.
	// Otherwise nobody knows of some: they may be exposed.
	Affected  bool          `json:"affected"`
	Number    int           `json:"number"`    // sites
	Customers int           `json:"customers"` // who own them
	Filed     int           `json:"filed"`     // customers with an open case about it
	Sites     []ExposedSite `json:"sites"`     // some of them, by name
}

// ExposureFilter narrows a list of exposures. The zero value leaves all.
type ExposureFilter struct {
	Exploited  bool      // known to be
	Ransomware bool      // by that
	Due        time.Time // KEV wants it gone before
	Product    string    // words in its name, product, vendor or title
}

// lets tells whether an exposure is asked for.
func (f ExposureFilter) lets(e Exposure) bool {
	text := strings.ToLower(e.ID + " " + e.Vendor + " " + e.Product + " " + e.Title)
	for _, word := range strings.Fields(strings.ToLower(f.Product)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return (!f.Exploited || e.Exploited) && (!f.Ransomware || e.Ransomware) && (f.Due.IsZero() || !e.Due.IsZero() && e.Due.Before(f.Due))
}

// ExposedSite is a site that has a vulnerability, or may have it.
type ExposedSite struct {
	Asset    candor.ID `json:"asset"`
	Name     string    `json:"name"`
	Party    candor.ID `json:"party"`
	Software string    `json:"software"` // as the site says
	Affected bool      `json:"affected"` // its version is told to have it
	// Owner, By (the feed that says that it is affected) and Doubt (why that is not
	// known) are told of one vulnerability only, and so is how far the owner is warned.
	Owner   string  `json:"owner_name,omitempty"`
	By      string  `json:"by,omitempty"`
	Doubt   Doubt   `json:"doubt,omitempty"`
	Warning Warning `json:"warning,omitzero"`
}

// Bounds of exposures.
const (
	mostSoftware  = 2000
	mostExploited = 20_000
	mostProduct   = 20_000
	mostExposures = 200
	mostExposed   = 20 // sites that are named
)

// Exposures lists vulnerabilities that are known to be exploited, of software that
// sites say they run, and those that a site's version is told to have. Where the
// version is not known, or cannot be compared, a site may be exposed: it is never
// said that it is, nor that it is not. Those that are exploited come first. There
// are at most 200.
func (h *House) Exposures(ctx context.Context, who candor.Principal, f ExposureFilter) ([]Exposure, error) {
	if err := may(who, access.ReadParties); err != nil {
		return nil, err
	}
	names, err := h.Store.SoftwareInUse(ctx, who.Scope(), mostSoftware)
	if err != nil || len(names) == 0 {
		return []Exposure{}, err
	}
	in := make([]installed, len(names))
	var packages []string
	for i, n := range names {
		in[i] = parseSoftware(n)
		if in[i].version != "" {
			packages = append(packages, in[i].packages()...)
		}
	}
	said, err := h.saidOf(ctx, packages)
	if err != nil {
		return nil, err
	}
	all := []Exposure{}
	for _, records := range said {
		e, software := expose(records, in)
		if len(software) == 0 || !f.lets(e) {
			continue
		}
		sites, number, customers, err := h.Store.SitesWith(ctx, who.Scope(), software, mostExposed)
		if err != nil {
			return nil, err
		}
		e.Number, e.Customers = number, customers
		for _, a := range sites {
			e.Sites = append(e.Sites, ExposedSite{Asset: a.ID, Name: a.Name, Party: a.Owner, Software: a.Software, Affected: judge(records, parseSoftware(a.Software)).verdict == affected})
		}
		all = append(all, e)
		if len(all) == mostExposures {
			break
		}
	}
	return all, h.countFiled(ctx, who, all)
}

// countFiled adds how many customers have a case about each.
func (h *House) countFiled(ctx context.Context, who candor.Principal, all []Exposure) error {
	rules := make([]string, len(all))
	for i, e := range all {
		rules[i] = exposureRule(e.ID)
	}
	filed, err := h.Store.PartiesFiled(ctx, who.Scope(), rules)
	for i, rule := range rules {
		all[i].Filed = filed[rule]
	}
	return err
}

// saidOf gives all records of vulnerabilities that are exploited, and of those of
// some packages, by identifier; those that are exploited come first, then the
// latest.
func (h *House) saidOf(ctx context.Context, packages []string) ([][]intel.Vulnerability, error) {
	exploited, err := h.Store.Exploited(ctx, mostExploited)
	if err != nil {
		return nil, err
	}
	slices.Sort(packages)
	ours, err := h.Store.VulnerabilitiesOf(ctx, slices.Compact(packages), mostProduct)
	if err != nil {
		return nil, err
	}
	var ids []string
	at := map[string]int{}
	for _, v := range append(exploited, ours...) {
		if _, ok := at[v.ID]; !ok {
			at[v.ID] = len(ids)
			ids = append(ids, v.ID)
		}
	}
	records, err := h.Store.VulnerabilitiesNamed(ctx, ids)
	said := make([][]intel.Vulnerability, len(ids))
	for _, v := range records {
		if i, ok := at[v.ID]; ok {
			said[i] = append(said[i], v)
		}
	}
	return said, err
}

// expose gives what is said of one vulnerability together, and the software that
// has it or may.
func expose(records []intel.Vulnerability, in []installed) (Exposure, []string) {
	e := gathered(records)
	var software []string
	e.Affected = true
	for _, s := range in {
		switch judge(records, s).verdict {
		case affected:
			software = append(software, s.text)
		case possible:
			if e.Exploited {
				software = append(software, s.text)
				e.Affected = false
			}
		}
	}
	return e, software
}

// gathered gives what sources say of one vulnerability together.
func gathered(records []intel.Vulnerability) (e Exposure) {
	for _, v := range records {
		e.ID, e.Exploited, e.Ransomware = v.ID, e.Exploited || v.Exploited, e.Ransomware || v.Ransomware
		e.Vendor, e.Product, e.Title = cmp.Or(e.Vendor, v.Vendor), cmp.Or(e.Product, v.Product), cmp.Or(e.Title, v.Title)
		e.EPSS = max(e.EPSS, v.EPSS)
		if e.Due.IsZero() {
			e.Due = v.Due
		}
		if !slices.Contains(e.Feeds, v.Source) {
			e.Feeds = append(e.Feeds, v.Source)
		}
	}
	return e
}

// verdict is whether software has a vulnerability.
type verdict int

const (
	other    verdict = iota // it is of something else, or this version has it not
	possible                // nobody knows
	affected
)

// Doubt is why it is not known whether a site has a vulnerability.
type Doubt string

// The doubts.
const (
	NoVersion  Doubt = "no-version"  // the site does not say its version
	NotTold    Doubt = "not-told"    // no source tells which versions have it
	NotOrdered Doubt = "not-ordered" // its version and theirs cannot be compared
)

// judgement is a verdict, and who says so or why nobody does.
type judgement struct {
	verdict
	by    string // the source that says that it is affected
	doubt Doubt
}

// judge holds software against what is said of one vulnerability. It has it if one
// source says so of its version, and has it not if all those that tell versions say
// so; all else is not known.
func judge(records []intel.Vulnerability, s installed) judgement {
	about, tell, clear := 0, 0, 0
	for _, r := range records {
		if !s.is(r) {
			continue
		}
		about++
		if len(r.Ranges)+len(r.Versions)+len(r.Fixed) == 0 {
			continue
		}
		tell++
		if r.Scheme == version.Debian && !strings.Contains(s.version, "-") {
			continue // a release may have been mended in its package
		}
		switch has, sure := r.Affects(s.version); {
		case has && sure:
			return judgement{affected, r.Source, ""}
		case sure:
			clear++
		}
	}
	switch {
	case about == 0 || tell > 0 && clear == tell:
		return judgement{}
	case s.version == "":
		return judgement{possible, "", NoVersion}
	case tell == 0:
		return judgement{possible, "", NotTold}
	}
	return judgement{possible, "", NotOrdered}
}

// installed is the software of a site: "wordpress", or "wordpress 6.4.2".
type installed struct {
	text    string // as the site says
	name    string // words in lower case, with one space between them
	version string // empty if it is not told
}

var (
	versioned = regexp.MustCompile(`^v?(\d[0-9A-Za-z.+~:-]*)$`)
	noWord    = regexp.MustCompile(`[^\p{L}\p{N}.+#]+`)
)

func parseSoftware(text string) installed {
	s := installed{text: text}
	words := strings.Fields(strings.ToLower(text))
	if n := len(words); n > 1 {
		if m := versioned.FindStringSubmatch(words[n-1]); m != nil {
			s.version, words = m[1], words[:n-1]
		}
	}
	s.name = plainWords(strings.Join(words, " "))
	return s
}

func plainWords(text string) string {
	return strings.Join(strings.Fields(noWord.ReplaceAllString(strings.ToLower(text), " ")), " ")
}

// packages are the names by which the package of a program is known in ecosystems.
func (s installed) packages() []string {
	return []string{s.name, s.name + "/core", s.name + "/" + s.name, s.name + "/" + s.name + "-cms"}
}

// parts are words of products that are parts which not every site has.
var parts = regexp.MustCompile(`\b(plugins?|plug ins?|themes?|modules?|extensions?|addons?|add ons?)\b`)

// is tells whether a vulnerability is of this software. Parts that not every site
// has are not.
func (s installed) is(v intel.Vulnerability) bool {
	if s.name == "" {
		return false
	}
	if v.Ecosystem != "" {
		return slices.Contains(s.packages(), strings.ToLower(v.Product))
	}
	product, vendor := plainWords(v.Product), plainWords(v.Vendor)
	if product == s.name || vendor+" "+product == s.name {
		return true
	}
	if parts.MatchString(product) {
		return false
	}
	if product == "" || product == "core" || product == "cms" {
		return vendor == s.name
	}
	return strings.Contains(" "+product+" ", " "+s.name+" ")
}
