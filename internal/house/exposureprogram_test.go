package house

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"candor/internal/intel"
	"candor/internal/intel/version"
	"candor/internal/inventory"
)

// TestJudgePackages holds packages of RPM against what their distributions say of minor
// releases, modules and what is not mended.
func TestJudgePackages(t *testing.T) {
	says := func(ecosystem, name string, mended ...string) intel.Vulnerability {
		v := intel.Vulnerability{ID: "CVE-2026-1", Source: ecosystem, Ecosystem: ecosystem, Scheme: version.RPM, Product: name, Fixed: mended, Ranges: version.Below(mended)}
		if mended == nil {
			v.Ranges = []version.Range{{}}
		}
		return v
	}
	spared := intel.Vulnerability{ID: "CVE-2026-1", Ecosystem: "Red Hat:9", Scheme: version.RPM, Product: "curl", Ranges: []version.Range{{Until: "0~"}}}
	maker := intel.Vulnerability{ID: "CVE-2026-1", Vendor: "curl", Product: "curl", CPE: "cpe:2.3:a:haxx:curl:*:*:*:*:*:*:*:*", Scheme: version.PHP, Ranges: []version.Range{{Until: "8.4.0"}}}
	curl := func(ecosystem, v string) inventory.Program {
		return inventory.Item{Kind: inventory.Package, Ecosystem: ecosystem, Name: "libcurl", Source: "curl", Version: v}.Program()
	}
	node := func(of, v string) inventory.Program {
		return inventory.Item{Kind: inventory.Package, Ecosystem: "Red Hat:8:8.9", Name: "nodejs", Of: of, Version: v}.Program()
	}
	main, longer := says("Red Hat:9", "curl", "7.76.1-23.el9_2.4", "7.76.1-26.el9_3.2"), says("Red Hat:9.0", "curl", "7.76.1-14.el9_0.7")
	module := says("Red Hat:8/nodejs:18", "nodejs", "1:18.19.1-1.module+el8.9.0+1+a")
	for name, c := range map[string]struct {
		said []intel.Vulnerability
		of   inventory.Program
		want verdict
	}{
		"before it":                     {[]intel.Vulnerability{main}, curl("Red Hat:9:9.2", "7.76.1-23.el9"), affected},
		"mended":                        {[]intel.Vulnerability{main}, curl("Red Hat:9:9.3", "7.76.1-26.el9_3.2"), other},
		"mended in the release before":  {[]intel.Vulnerability{main}, curl("Red Hat:9:9.2", "7.76.1-23.el9_2.4"), other},
		"the next one began with it":    {[]intel.Vulnerability{main}, curl("Red Hat:9:9.3", "7.76.1-26.el9"), affected},
		"a backport":                    {[]intel.Vulnerability{main, longer}, curl("Red Hat:9:9.0", "7.76.1-14.el9_0.7"), other},
		"before the backport":           {[]intel.Vulnerability{main, longer}, curl("Red Hat:9:9.0", "7.76.1-14.el9_0.6"), affected},
		"a backport for others":         {[]intel.Vulnerability{longer}, curl("Red Hat:9:9.3", "7.76.1-14.el9"), other},
		"another release":               {[]intel.Vulnerability{main}, curl("Red Hat:8:8.9", "7.61.1-1.el8"), other},
		"never mended":                  {[]intel.Vulnerability{says("Red Hat:7", "curl")}, curl("Red Hat:7", "7.29.0-59.el7_9.1"), affected},
		"spared":                        {[]intel.Vulnerability{spared, maker}, curl("Red Hat:9:9.3", "7.76.1-14.el9"), other},
		"by what was built":             {[]intel.Vulnerability{says("Red Hat:9", "libcurl", "7.76.1-26.el9_3.2")}, curl("Red Hat:9:9.3", "7.76.1-14.el9"), affected},
		"CentOS":                        {[]intel.Vulnerability{says("Red Hat:7", "curl", "7.29.0-59.el7_9.2")}, curl("CentOS:7", "7.29.0-59.el7_9.1"), affected},
		"CentOS, mended":                {[]intel.Vulnerability{says("Red Hat:7", "curl", "7.29.0-59.el7_9.2")}, curl("CentOS:7", "7.29.0-59.el7_9.2"), other},
		"Stream, before it":             {[]intel.Vulnerability{main}, curl("CentOS Stream:9", "7.76.1-20.el9"), affected},
		"Stream, later than a backport": {[]intel.Vulnerability{main}, curl("CentOS Stream:9", "7.76.1-27.el9"), possible},
		"Stream, mended":                {[]intel.Vulnerability{says("Red Hat:9", "curl", "7.76.1-29.el9")}, curl("CentOS Stream:9", "7.76.1-29.el9"), other},
		"its stream":                    {[]intel.Vulnerability{module}, node("nodejs:18", "1:18.19.0-1.module+el8.9.0+1+a"), affected},
		"its stream, mended":            {[]intel.Vulnerability{module, says("Red Hat:8", "nodejs")}, node("nodejs:18", "1:18.19.1-1.module+el8.9.0+1+a"), other},
		"another stream":                {[]intel.Vulnerability{module}, node("nodejs:16", "1:16.20.2-1.module+el8.9.0+1+a"), other},
		"of no module":                  {[]intel.Vulnerability{module}, node("", "1:10.0-1.el8"), other},
		"SUSE":                          {[]intel.Vulnerability{says("SUSE:15.5", "curl", "8.0.1-150400.5.41.1")}, curl("SUSE:15.5", "8.0.1-150400.5.36.1"), affected},
		"SUSE, mended":                  {[]intel.Vulnerability{says("SUSE:15.5", "curl", "8.0.1-150400.5.41.1")}, curl("SUSE:15.5", "8.0.1-150400.5.41.1"), other},
		"Fedora":                        {[]intel.Vulnerability{says("Fedora:40", "curl", "8.6.0-8.fc40")}, curl("Fedora:40", "8.6.0-7.fc40"), affected},
		"Leap":                          {[]intel.Vulnerability{says("openSUSE:Leap 15.5", "curl", "8.0.1-150400.5.41.1")}, curl("openSUSE:Leap 15.5", "8.0.1-150400.5.36.1"), affected},
	} {
		o := observed{c.of}
		for _, v := range c.said {
			if v.Ecosystem != "" && o.is(v) && (!slices.Contains(o.ecosystems(), v.Ecosystem) || !slices.Contains(o.products(), v.Product)) {
				t.Errorf("%s: what is said of %s in %s is not asked for", name, v.Product, v.Ecosystem)
			}
		}
		if got := judgeFound(c.said, c.of).verdict; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestJudgeFound holds programs against what is said of other things with names that
// are alike.
func TestJudgeFound(t *testing.T) {
	wordpress := inventory.Program{Kind: inventory.Application, Name: "wordpress", Version: "5.9"}
	below := func(ecosystem string, s version.Scheme, vendor, product, until string) intel.Vulnerability {
		return intel.Vulnerability{ID: "CVE-2026-1", Ecosystem: ecosystem, Scheme: s, Vendor: vendor, Product: product, Ranges: []version.Range{{Until: until}}, Fixed: []string{until}}
	}
	php := func(vendor, product string) intel.Vulnerability {
		return below("", version.PHP, vendor, product, "6.0")
	}
	rpm := func(name, until string) intel.Vulnerability {
		return below("AlmaLinux:8", version.RPM, "", name, until)
	}
	alma := func(name, source, v string) inventory.Program {
		return inventory.Item{Kind: inventory.Package, Ecosystem: "AlmaLinux:8", Name: name, Source: source, Version: v}.Program()
	}
	part := func(kind inventory.Kind, name, title string) inventory.Program {
		return inventory.Program{Kind: kind, Of: "wordpress", Name: name, Title: title, Version: "5.0"}
	}
	for name, c := range map[string]struct {
		said intel.Vulnerability
		of   inventory.Program
		want verdict
	}{
		"itself":              {php("WordPress", "WordPress"), wordpress, affected},
		"core":                {php("WordPress", "Core"), wordpress, affected},
		"foundation":          {php("WordPress Foundation", "wordpress"), wordpress, affected},
		"webmail":             {php("Roundcube", "Webmail"), inventory.Program{Kind: inventory.Application, Name: "roundcube", Version: "1.5"}, affected},
		"magento":             {php("Adobe", "Commerce and Magento Open Source"), inventory.Program{Kind: inventory.Application, Name: "magento", Version: "2.4.6"}, affected},
		"joomla":              {php("Joomla! Project", "Joomla! CMS"), inventory.Program{Kind: inventory.Application, Name: "joomla", Version: "5.0.1"}, affected},
		"for it":              {php("Stellar", "Events Calendar for WordPress"), wordpress, other},
		"in its name":         {php("Iptanus", "WordPress File Upload"), wordpress, other},
		"of its maker":        {php("WordPress", "Gutenberg"), wordpress, other},
		"plug-in":             {php("", "Storefront plugin for WordPress"), part(inventory.Plugin, "storefront", "Storefront"), affected},
		"theme of that name":  {php("", "Storefront theme for WordPress"), part(inventory.Plugin, "storefront", "Storefront"), other},
		"plug-in about them":  {php("WordPress", "Theme My Login"), part(inventory.Plugin, "theme-my-login", "Theme My Login"), affected},
		"what was built":      {rpm("python3-libs", "3.6.8-56.el8"), alma("python3-libs", "python36", "3.6.8-50.el8"), affected},
		"its release":         {rpm("python3-libs", "3.6.8-56.el8"), alma("python3-libs", "python36", "3.6.8-56.el8"), other},
		"another stream":      {rpm("php", "8.1.27-1.module_el8.9.0+1+a"), alma("php", "php", "7.4.33-1.module_el8.8.0+2+b"), possible},
		"a stream beside it":  {rpm("nodejs", "1:20.15.1-1.module_el8.9.0+1+a"), alma("nodejs", "nodejs", "1:16.20.2-1.el8"), possible},
		"an epoch before all": {below("Debian:12", version.Debian, "", "x", "1:0.5-1"), inventory.Program{Kind: inventory.Package, Ecosystem: "Debian:12:bookworm", Name: "x", Version: "9.0-1"}, affected},
		"before the release":  {below("Debian:12", version.Debian, "", "x", "2.0-1"), inventory.Program{Kind: inventory.Package, Ecosystem: "Debian:12:bookworm", Name: "x", Version: "2.0~rc1-1"}, affected},
		"a backport":          {below("Debian:12", version.Debian, "", "x", "2.0-1"), inventory.Program{Kind: inventory.Package, Ecosystem: "Debian:12:bookworm", Name: "x", Version: "2.0-1~bpo12+1"}, affected},
		"another release":     {below("Debian:11", version.Debian, "", "x", "2.0-1"), inventory.Program{Kind: inventory.Package, Ecosystem: "Debian:12:bookworm", Name: "x", Version: "1.0-1"}, other},
	} {
		if got := judgeFound([]intel.Vulnerability{c.said}, c.of).verdict; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestExploitedIndex: what the index gives for a program has all that is of it.
// TestJudgeByCPE holds products that are named by CPE against programs: what is not
// certainly the program's is never affected.
func TestJudgeByCPE(t *testing.T) {
	said := func(name string) intel.Vulnerability {
		return intel.Vulnerability{ID: "CVE-2026-1", CPE: name + strings.Repeat(":*", 12-strings.Count(name, ":")), Vendor: "v", Product: "p", Scheme: version.PHP, Ranges: []version.Range{{Until: "6.0"}}}
	}
	target := func(vendor, product, software string) intel.Vulnerability {
		return said("cpe:2.3:a:" + vendor + ":" + product + ":*:*:*:*:*:" + software)
	}
	app := func(name string) vulnerable {
		return observed{inventory.Program{Kind: inventory.Application, Name: name, Version: "5.0"}}
	}
	of := func(kind inventory.Kind, of, ecosystem, name, title string) vulnerable {
		return observed{inventory.Program{Kind: kind, Of: of, Ecosystem: ecosystem, Name: name, Title: title, Version: "5.0"}}
	}
	for name, c := range map[string]struct {
		said intel.Vulnerability
		of   vulnerable
		want verdict
	}{
		"itself":                 {said("cpe:2.3:a:wordpress:wordpress"), app("wordpress"), affected},
		"with signs":             {said(`cpe:2.3:a:joomla:joomla\!`), app("joomla"), affected},
		"under another name":     {said("cpe:2.3:a:roundcube:webmail"), app("roundcube"), affected},
		"of another maker":       {said("cpe:2.3:a:somebody:wordpress"), app("wordpress"), possible},
		"of the maker":           {said("cpe:2.3:a:wordpress:gutenberg"), app("wordpress"), other},
		"a part of it":           {target("wordpress", "wordpress", "drupal"), app("wordpress"), other},
		"as a site says":         {said("cpe:2.3:a:wordpress:wordpress"), parseSoftware("wordpress 5.0"), affected},
		"a site, another maker":  {said("cpe:2.3:a:x:typo3"), parseSoftware("typo3 5.0"), possible},
		"a site, no known name":  {said("cpe:2.3:a:typo3:typo3"), parseSoftware("typo3 5.0"), affected},
		"a site, both names":     {said("cpe:2.3:a:craftcms:craft_cms"), parseSoftware("craftcms craft cms 5.0"), affected},
		"a site, something else": {said("cpe:2.3:a:typo3:extension"), parseSoftware("typo3 5.0"), other},
		"a plug-in":              {target("x", "wp_file_manager", "wordpress"), of(inventory.Plugin, "wordpress", "", "wp-file-manager", ""), possible},
		"a plug-in by its title": {target("x", "file_manager", "wordpress"), of(inventory.Plugin, "wordpress", "", "wp-file-manager", "File Manager for WordPress"), possible},
		"a plug-in elsewhere":    {target("x", "wp_file_manager", "joomla"), of(inventory.Plugin, "wordpress", "", "wp-file-manager", ""), other},
		"a plug-in of nobody":    {said("cpe:2.3:a:x:wp_file_manager"), of(inventory.Plugin, "wordpress", "", "wp-file-manager", ""), other},
		"a library":              {target("x", "left-pad", "node.js"), of(inventory.Library, "", inventory.NPM, "@s/left-pad", ""), possible},
		"a library elsewhere":    {target("x", "left-pad", "ruby"), of(inventory.Library, "", inventory.NPM, "left-pad", ""), other},
		"a library of its maker": {said("cpe:2.3:a:symfony:http-kernel"), of(inventory.Library, "", inventory.Packagist, "symfony/http-kernel", ""), possible},
		"a package":              {said("cpe:2.3:a:haxx:curl"), of(inventory.Package, "", "Debian:12:bookworm", "curl", ""), possible},
		"the kernel":             {said("cpe:2.3:o:linux:linux_kernel"), of(inventory.Package, "", "Debian:12:bookworm", "linux", ""), possible},
		"another package":        {said("cpe:2.3:a:haxx:libcurl"), of(inventory.Package, "", "Debian:12:bookworm", "curl", ""), other},
		"a package of the word":  {intel.Vulnerability{Ecosystem: "npm", Product: "webmail", Ranges: []version.Range{{}}}, app("roundcube"), other},
		"no name":                {intel.Vulnerability{CPE: "wordpress", Product: "wordpress"}, app("wordpress"), other},
	} {
		if got := judge([]intel.Vulnerability{c.said}, c.of).verdict; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	// What is the program by its name is found by it.
	for name, p := range map[string]inventory.Program{
		"webmail": {Kind: inventory.Application, Name: "roundcube"}, "wp file manager": {Kind: inventory.Plugin, Of: "wordpress", Name: "wp-file-manager"}, "linux kernel": {Kind: inventory.Package, Name: "linux"},
		"left-pad": {Kind: inventory.Library, Ecosystem: inventory.NPM, Name: "@s/left-pad"}, "http-kernel": {Kind: inventory.Library, Ecosystem: inventory.Packagist, Name: "symfony/http-kernel"},
	} {
		if all := (observed{p}).products(); !slices.Contains(all, name) {
			t.Errorf("%s is not found as %q, but as %q", p, name, all)
		}
	}
}

func TestExploitedIndex(t *testing.T) {
	var all []intel.Vulnerability
	for i, names := range [][3]string{{"", "WordPress", "Core"}, {"", "WordPress", "File Manager Plugin"}, {"", "Roundcube", "Webmail"}, {"", "Sudo", "Sudo"}, {"", "Todd Miller", "sudo"}, {"Debian:12", "", "OpenSSL"},
		{"npm", "", "@x/Y-z"}, {"WordPress:plugin", "", "wp-file-manager"}, {"Packagist", "", "drupal/token"}, {"Packagist", "", "wordpress/core"}, {"", "Microsoft", "Windows"}} {
		all = append(all, intel.Vulnerability{ID: fmt.Sprint(i), Ecosystem: names[0], Vendor: names[1], Product: names[2]})
	}
	x := indexExploited(all)
	found := 0
	for _, p := range []inventory.Program{
		{Kind: inventory.Application, Name: "wordpress"}, {Kind: inventory.Application, Name: "roundcube"}, {Kind: inventory.Plugin, Of: "wordpress", Name: "wp-file-manager", Title: "File Manager"},
		{Kind: inventory.Plugin, Of: "drupal", Name: "token"}, {Kind: inventory.Package, Name: "sudo", Ecosystem: "Debian:12"}, {Kind: inventory.Package, Name: "openssl", Ecosystem: "Debian:12"}, {Kind: inventory.Library, Ecosystem: "npm", Name: "@x/y-z"},
	} {
		near := map[string]bool{}
		for _, v := range x.near(observed{p}) {
			near[v.ID] = true
		}
		if near["10"] {
			t.Errorf("%s is held against all there is", p)
		}
		for _, v := range all {
			if (observed{p}).is(v) {
				if found++; !near[v.ID] {
					t.Errorf("%s: the index does not give %s %s", p, v.Vendor, v.Product)
				}
			}
		}
	}
	if found != 10 || len(x.ids) != len(all) {
		t.Errorf("%d are of programs, want 10", found)
	}
}

func BenchmarkNear(b *testing.B) {
	var all []intel.Vulnerability
	for i := range 1400 {
		all = append(all, intel.Vulnerability{ID: fmt.Sprint(i), Vendor: fmt.Sprintf("Vendor %d", i%300), Product: fmt.Sprintf("Product %d Server", i)})
	}
	x, o := indexExploited(all), observed{inventory.Program{Kind: inventory.Package, Name: "openssl", Ecosystem: "Debian:12:bookworm"}}
	for name, f := range map[string]func() []intel.Vulnerability{"all": func() []intel.Vulnerability { return all }, "index": func() []intel.Vulnerability { return x.near(o) }} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, v := range f() {
					if o.is(v) {
						b.Fatal(v)
					}
				}
			}
		})
	}
}
