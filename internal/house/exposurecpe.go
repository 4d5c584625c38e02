package house

import (
	"slices"
	"strings"

	"candor/internal/intel/cpe"
	"candor/internal/inventory"
)

// kinship is how a product that a source names by Common Platform Enumeration is like
// a program.
type kinship int

const (
	unlike kinship = iota
	alike          // it may be the program: nobody is told by itself
	same           // vendor and product are those of the program
)

// byCPE are vendors and products of programs in the dictionary of CPE (NIST), by the
// names under which they are observed.
var byCPE = map[string][]string{
	"wordpress":  {"wordpress:wordpress"},
	"joomla":     {"joomla:joomla!", "joomla:joomla"},
	"drupal":     {"drupal:drupal", "drupal:drupal_core"},
	"mediawiki":  {"mediawiki:mediawiki", "wikimedia:mediawiki"},
	"phpmyadmin": {"phpmyadmin:phpmyadmin"},
	"roundcube":  {"roundcube:webmail", "roundcube:roundcube_webmail"},
	"nextcloud":  {"nextcloud:nextcloud", "nextcloud:nextcloud_server"},
	"opencart":   {"opencart:opencart"},
	"prestashop": {"prestashop:prestashop"},
	"magento":    {"magento:magento", "adobe:magento", "adobe:commerce", "adobe:magento_open_source"},
	"linux":      {"linux:linux_kernel"},
}

// productsByCPE are the names of products under which vulnerabilities of a program may
// be kept that are named by CPE.
func productsByCPE(name string) (all []string) {
	for _, pair := range byCPE[name] {
		_, product, _ := strings.Cut(pair, ":")
		if product = strings.ReplaceAll(product, "_", " "); product != name {
			all = append(all, product)
		}
	}
	return all
}

// apart is a name with spaces for what joins its words, where anything does.
func apart(name string) []string {
	if !strings.ContainsAny(name, "-_") {
		return nil
	}
	return []string{strings.Map(func(r rune) rune {
		if r == '-' || r == '_' {
			return ' '
		}
		return r
	}, name)}
}

// joined is a name as CPE has it.
func joined(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return '_'
		}
		return r
	}, strings.ToLower(name))
}

// kinshipOf holds a name of CPE against that of an application or a package.
func kinshipOf(n cpe.Name, name string) kinship {
	vendor, product := joined(n.Vendor.Text), joined(n.Product.Text)
	known := byCPE[name]
	switch {
	case n.TargetSoftware.Kind == cpe.Text && slices.Contains(inventory.Applications(), n.TargetSoftware.Text): // a part of one
		return unlike
	case slices.Contains(known, vendor+":"+product):
		return same
	case product == joined(name), slices.ContainsFunc(known, func(pair string) bool { return strings.HasSuffix(pair, ":"+product) }):
		if known == nil && vendor == product {
			return same
		}
		return alike
	case known == nil && vendor+"_"+product == joined(name):
		return same
	}
	return unlike
}

// kinship tells how a product is like what a site says that it runs.
func (s installed) kinship(name string) kinship {
	n, err := cpe.Parse(name)
	if err != nil {
		return unlike
	}
	return kinshipOf(n, s.name)
}

// kinship tells how a product is like a program that was observed. Of plug-ins,
// libraries and packages it is not known whose they are: they are alike at most.
func (o observed) kinship(name string) kinship {
	n, err := cpe.Parse(name)
	if err != nil {
		return unlike
	}
	product, target := joined(n.Product.Text), n.TargetSoftware
	switch o.Kind {
	case inventory.Application:
		return kinshipOf(n, o.Name)
	case inventory.Plugin, inventory.Theme:
		if target.Kind == cpe.Text && target.Text == o.Of && (product == joined(o.Name) || o.Title != "" && product == joined(o.bare(o.Title))) {
			return alike
		}
	case inventory.Library:
		vendor, last, scoped := strings.Cut(strings.TrimPrefix(o.Name, "@"), "/")
		switch {
		case o.Ecosystem == inventory.NPM && target.Kind == cpe.Text && (target.Text == "node.js" || target.Text == "nodejs"):
			if product == joined(o.Name) || scoped && product == joined(last) {
				return alike
			}
		case o.Ecosystem == inventory.Packagist && scoped && joined(n.Vendor.Text) == joined(vendor) && product == joined(last):
			return alike
		}
	case inventory.Package:
		return min(alike, kinshipOf(n, o.Name))
	}
	return unlike
}
