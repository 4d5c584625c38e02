package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"candor/internal/intel"
	"candor/internal/intel/cpe"
	"candor/internal/intel/tlp"
	"candor/internal/intel/version"
	"candor/internal/regex"
)

// advisory is a document of CSAF 2.0, with what is of use.
type advisory struct {
	Document struct {
		Category     string `json:"category"`
		Title        string `json:"title"`
		Distribution struct {
			TLP struct {
				Label string `json:"label"`
			} `json:"tlp"`
		} `json:"distribution"`
		Tracking struct {
			ID      string `json:"id"`
			Status  string `json:"status"`
			Initial string `json:"initial_release_date"`
			Current string `json:"current_release_date"`
		} `json:"tracking"`
		Version string `json:"csaf_version"`
	} `json:"document"`
	Tree struct {
		Branches      []branch   `json:"branches"`
		Names         []fullName `json:"full_product_names"`
		Relationships []struct {
			Name      fullName `json:"full_product_name"`
			Component string   `json:"product_reference"`
			Platform  string   `json:"relates_to_product_reference"`
		} `json:"relationships"`
	} `json:"product_tree"`
	Vulnerabilities []struct {
		CVE string `json:"cve"`
		IDs []struct {
			Text string `json:"text"`
		} `json:"ids"`
		Title  string              `json:"title"`
		Status map[string][]string `json:"product_status"`
		Scores []struct {
			V3 struct {
				Base float64 `json:"baseScore"`
			} `json:"cvss_v3"`
		} `json:"scores"`
		Threats []struct {
			Category string `json:"category"`
			Details  string `json:"details"`
		} `json:"threats"`
		Remediations []struct {
			Category string   `json:"category"`
			Products []string `json:"product_ids"`
		} `json:"remediations"`
	} `json:"vulnerabilities"`
}

type branch struct {
	Category string    `json:"category"`
	Name     string    `json:"name"`
	Product  *fullName `json:"product"`
	Branches []branch  `json:"branches"`
}

type fullName struct {
	Name   string `json:"name"`
	ID     string `json:"product_id"`
	Helper helper `json:"product_identification_helper"`
}

// product is what the product tree says of a product_id.
type product struct {
	vendor, name string
	version      string
	ranges       []version.Range
	scheme       version.Scheme
	all          bool // no version is told: it is all of them
	unread       bool // versions are told, in words that cannot be read
	cpe          cpe.Name
	// Of a package: where it is, and as what.
	ecosystem, packaged string
	rpm                 purl   // of a package of RPM: its release is that of what it is a part of
	platform            string // the ecosystem of packages that are a part of it
}

// ReadCSAF reads one advisory (CSAF 2.0), and hands over a vulnerability for each
// CVE and product that has it or had it. Many producers only list what is fixed:
// then no affected versions are told.
func ReadCSAF(r io.Reader, each func(intel.Vulnerability) error) error {
	raw, err := io.ReadAll(io.LimitReader(r, mostDocument+1))
	if err != nil {
		return told("CSAF", err)
	}
	if len(raw) > mostDocument {
		return told("CSAF", errors.New("too long an advisory"))
	}
	var a advisory
	if err := json.Unmarshal(raw, &a); err != nil {
		return told("CSAF", err)
	}
	if a.Document.Version != "2.0" || a.Document.Tracking.ID == "" {
		return told("CSAF", errors.New("no document of version 2.0"))
	}
	return told("CSAF", a.each(each))
}

func (a *advisory) each(each func(intel.Vulnerability) error) error {
	products := map[string]product{}
	for _, b := range a.Tree.Branches {
		if err := b.walk(product{all: true}, products, 0); err != nil {
			return err
		}
	}
	for _, n := range a.Tree.Names {
		p := product{name: n.Name, all: true, unread: true} // the name may tell a version
		p.identify(n.Helper)
		products[n.ID] = p
	}
	a.relate(products)
	mark := tlp.Mark("")
	if l := a.Document.Distribution.TLP.Label; l != "" {
		mark, _ = tlp.Parse(l) // what is no mark is red
	}
	for n := range a.Vulnerabilities {
		found := append(a.vulnerability(n, products), a.packages(n, products)...)
		for _, v := range found {
			v.TLP = mark
			if err := each(v); err != nil {
				return &given{err}
			}
		}
	}
	return nil
}

// vulnerability gives one vulnerability for each product, in the order in which the
// advisory names them; but packages of RPM.
func (a *advisory) vulnerability(n int, products map[string]product) []intel.Vulnerability {
	in, base := a.Vulnerabilities[n], a.base(n)
	m := merge{base: base, at: map[[3]string]int{}}
	for _, status := range []string{"known_affected", "first_affected", "last_affected", "fixed", "first_fixed"} {
		for _, id := range in.Status[status] {
			if p, ok := products[id]; ok && p.rpm == (purl{}) {
				m.add(status, p)
			}
		}
	}
	return m.out
}

// base is what is the same of a vulnerability for all products.
func (a *advisory) base(n int) intel.Vulnerability {
	in := a.Vulnerabilities[n]
	base := intel.Vulnerability{ID: in.CVE, Title: in.Title, Reference: a.Document.Tracking.ID, Published: instant(a.Document.Tracking.Initial), Modified: instant(a.Document.Tracking.Current)}
	if base.Title == "" {
		base.Title = a.Document.Title
	}
	for _, id := range in.IDs {
		if base.ID == "" {
			base.ID = id.Text
		} else {
			base.Aliases = append(base.Aliases, id.Text)
		}
	}
	if base.ID == "" {
		base.ID = a.Document.Tracking.ID
	}
	for _, s := range in.Scores {
		if s.V3.Base >= 0 && s.V3.Base <= 10 {
			base.CVSS = max(base.CVSS, s.V3.Base)
		}
	}
	for _, t := range in.Threats {
		base.Exploited = base.Exploited || t.Category == "exploit_status" && exploited.MatchString(t.Details)
	}
	return base
}

// exploited are words of producers for what is being exploited.
var exploited = regex.Of(`(?i)^\s*(exploited:yes|.*\b(actively exploited|exploited in the wild|known exploited)\b)`)

// merge gathers what is said of one product's versions.
type merge struct {
	base intel.Vulnerability
	out  []intel.Vulnerability
	at   map[[3]string]int
}

func (m *merge) add(status string, p product) {
	v := m.base
	p.names(&v)
	v.Scheme = p.scheme
	key := [3]string{v.Vendor, v.Product, v.Ecosystem}
	n, ok := m.at[key]
	if !ok {
		n = len(m.out)
		m.at[key] = n
		m.out = append(m.out, v)
	}
	m.tell(&m.out[n], status, p)
}

// tell adds what is said of a product's version.
func (m *merge) tell(v *intel.Vulnerability, status string, p product) {
	if v.Scheme == version.None {
		v.Scheme = p.scheme
	}
	if status == "fixed" || status == "first_fixed" {
		if p.version != "" {
			v.Fixed = append(v.Fixed, p.version)
		}
		return
	}
	switch {
	case p.version != "":
		v.Versions = append(v.Versions, p.version)
	case len(p.ranges) > 0:
		v.Ranges = append(v.Ranges, p.ranges...)
	case p.all && !p.unread:
		v.Ranges = append(v.Ranges, version.Range{})
	}
}

// walk notes the products of a branch.
func (b branch) walk(in product, out map[string]product, depth int) error {
	if depth > 30 { // CSAF allows no more
		return errors.New("branches too deep")
	}
	switch b.Category {
	case "vendor":
		in.vendor = b.Name
	case "product_name":
		in.name = b.Name
	case "product_version":
		in.version, in.all = b.Name, false
	case "product_version_range":
		in.all = false
		in.ranges, in.scheme, in.unread = nil, version.None, false
		ranges, scheme, err := Vers(b.Name)
		if in.ranges, in.scheme = ranges, scheme; err != nil {
			in.unread = true
		}
	}
	if b.Product != nil {
		p := in
		if p.name == "" {
			p.name = b.Product.Name
		}
		p.identify(b.Product.Helper)
		p.platform = platformOf(b.Product.Name, b.Product.Helper.CPE)
		out[b.Product.ID] = p
	}
	for _, inner := range b.Branches {
		if err := inner.walk(in, out, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// Vers reads a range of versions: "vers:semver/>=1.0|<2.0", "<4.2", ">=1.0 <2.0",
// "vers:all/*". Without a scheme, versions are compared as PHP does, which agrees
// with what most producers mean by dotted numbers. candor.ErrInvalid is of words.
func Vers(text string) ([]version.Range, version.Scheme, error) {
	s := version.PHP
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "vers:"); ok {
		name, constraints, _ := strings.Cut(rest, "/")
		switch name {
		case "semver", "npm", "golang", "cargo":
			s = version.Semver
		case "deb":
			s = version.Debian
		case "rpm":
			s = version.RPM
		case "generic", "composer", "all", "intdot":
		default:
			return nil, version.None, invalid(fmt.Errorf("versions of %.40q", name))
		}
		text = constraints
	}
	if text == "*" {
		return []version.Range{{}}, s, nil
	}
	var out []version.Range
	open := false
	for _, w := range strings.FieldsFunc(spaced.ReplaceAllString(text, "$1"), func(r rune) bool { return r == '|' || r == ' ' || r == ',' || r == '&' }) {
		m := constraint.FindStringSubmatch(w)
		if m == nil {
			return nil, version.None, invalid(fmt.Errorf("%.80q is no range", text))
		}
		switch v := m[2]; m[1] {
		case "", "=", "==":
			out = append(out, version.Range{From: v, Last: v})
			open = false
		case ">=":
			out = append(out, version.Range{From: v})
			open = true
		case "<", "<=":
			if !open {
				out = append(out, version.Range{})
			}
			open = false
			if m[1] == "<" {
				out[len(out)-1].Until = v
			} else {
				out[len(out)-1].Last = v
			}
		default: // > and != cannot be said by our ranges
			return nil, version.None, invalid(fmt.Errorf("%.80q is no range", text))
		}
	}
	if len(out) == 0 {
		return nil, version.None, invalid(fmt.Errorf("%.80q is no range", text))
	}
	return out, s, nil
}

var (
	spaced     = regex.Of(`([<>=!]+)\s+`)
	constraint = regex.Of(`^(<=|>=|==|!=|<|>|=|)([0-9][0-9A-Za-z.+~:_-]*)$`)
)
