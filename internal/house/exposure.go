package house

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/intel"
	"candor/internal/intel/version"
	"candor/internal/inventory"
	"candor/internal/regex"
	"candor/internal/store"
)

// Exposure is a vulnerability that sites and servers have, or may have.
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
	Number    int           `json:"number"`    // sites and servers
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

// ExposedSite is a site or a server that has a vulnerability, or may have it.
type ExposedSite struct {
	Asset    candor.ID `json:"asset"`
	Name     string    `json:"name"`
	Party    candor.ID `json:"party"`
	Software string    `json:"software"` // as the site says, or as it was observed
	Observed bool      `json:"observed"` // somebody looked; otherwise the site says so
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
	mostExposed   = 20 // sites that are named
	idsAtOnce     = 300
)

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

// exposed is one vulnerability with the software here that has it or may.
type exposed struct {
	Exposure
	records []intel.Vulnerability
	all     store.Exposing // that has it, or may
	sure    store.Exposing // that has it
	found   map[string]inventory.Program
}

// expose gives what is said of one vulnerability together, and the software that
// has it or may: what sites say that they run, and programs that were observed.
func expose(records []intel.Vulnerability, in []installed, programs []inventory.Program) exposed {
	x := exposed{Exposure: gathered(records), records: records, found: map[string]inventory.Program{}}
	x.Affected = true
	for _, s := range in {
		switch judge(records, s).verdict {
		case affected:
			x.all.Add(s.name, s.text)
			x.sure.Add(s.name, s.text)
		case possible:
			if x.Exploited {
				x.all.Add(s.name, s.text)
				x.Affected = false
			}
		}
	}
	for _, p := range programs {
		v := judgeFound(records, p).verdict
		if v == other || v == possible && !x.Exploited {
			continue
		}
		id := p.ID()
		x.found[id] = p
		x.all.Programs = append(x.all.Programs, id)
		if v == affected {
			x.sure.Programs = append(x.sure.Programs, id)
		} else {
			x.Affected = false
		}
	}
	return x
}

// exposuresAt says of assets what of theirs has a vulnerability: what is sure before
// what may be, and what was observed before what is said.
func (h *House) exposuresAt(ctx context.Context, x exposed, assets []candor.Asset) ([]ExposedSite, error) {
	ids := make([]candor.ID, len(assets))
	for i, a := range assets {
		ids[i] = a.ID
	}
	at, err := h.Store.ProgramsAt(ctx, ids, x.all.Programs)
	if err != nil {
		return nil, err
	}
	sites := make([]ExposedSite, len(assets))
	for i, a := range assets {
		sites[i] = ExposedSite{Asset: a.ID, Name: a.Name, Party: a.Owner, Software: a.Software}
		var best judgement
		if len(at[a.ID]) == 0 {
			best = judge(x.records, parseSoftware(a.Software))
		}
		for _, id := range at[a.ID] {
			if j := judgeFound(x.records, x.found[id]); j.verdict > best.verdict {
				best = j
				sites[i].Software, sites[i].Observed = x.found[id].String(), true
			}
		}
		sites[i].Affected, sites[i].By, sites[i].Doubt = best.verdict == affected, best.by, best.doubt
	}
	return sites, nil
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
	NoVersion  Doubt = "no-version"  // its version is not known
	NotTold    Doubt = "not-told"    // no source tells which versions have it
	NotOrdered Doubt = "not-ordered" // its version and theirs cannot be compared
)

// judgement is a verdict, and who says so or why nobody does.
type judgement struct {
	verdict
	by    string // the source that says that it is affected
	doubt Doubt
}

// vulnerable is what may have vulnerabilities.
type vulnerable interface {
	is(intel.Vulnerability) bool // whether one is of it
	// orders tells whether the versions of a source are of its kind.
	orders(intel.Vulnerability) bool
	// clears tells whether a source is right of it that says that its version has it not.
	clears(intel.Vulnerability) bool
	at() string // its version; empty if that is not known
}

// judge holds software against what is said of one vulnerability. It has it if one
// source says so of its version, and has it not if all those that tell versions say
// so; all else is not known.
func judge(records []intel.Vulnerability, s vulnerable) judgement {
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
		if !s.orders(r) {
			continue
		}
		switch has, sure := r.Affects(s.at()); {
		case has && sure:
			return judgement{affected, r.Source, ""}
		case sure && s.clears(r):
			clear++
		}
	}
	switch {
	case about == 0 || tell > 0 && clear == tell:
		return judgement{}
	case s.at() == "":
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
	versioned = regex.Of(`^v?(\d[0-9A-Za-z.+~:-]*)$`)
	noWord    = regex.Of(`[^\p{L}\p{N}.+#]+`)
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

func (s installed) at() string { return s.version }

func (s installed) clears(intel.Vulnerability) bool { return true }

// orders leaves out versions of packages: a release may have been mended in its
// package.
func (s installed) orders(v intel.Vulnerability) bool {
	if v.CPE != "" && s.kinship(v.CPE) != same {
		return false
	}
	return v.Scheme != version.Debian || strings.Contains(s.version, "-")
}

// packages are the names by which the package of a program is known in ecosystems.
func (s installed) packages() []string {
	return []string{s.name, s.name + "/core", s.name + "/" + s.name, s.name + "/" + s.name + "-cms"}
}

// parts are words of products that are parts which not every site has.
var parts = regex.Of(`\b(plugins?|plug ins?|themes?|modules?|extensions?|addons?|add ons?)\b`)

// is tells whether a vulnerability is of this software, or may be. Parts that not every site
// has are not.
func (s installed) is(v intel.Vulnerability) bool {
	if s.name == "" {
		return false
	}
	if v.CPE != "" {
		return s.kinship(v.CPE) != unlike
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
