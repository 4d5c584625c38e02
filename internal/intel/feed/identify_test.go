package feed_test

import (
	"fmt"
	"strings"
	"testing"

	"candor/internal/intel"
	"candor/internal/intel/feed"
)

// identified is an advisory about products that are told in several ways.
const identified = `{"document":{"csaf_version":"2.0","title":"T","tracking":{"id":"EX-2"}},
 "product_tree":{"branches":[{"category":"vendor","name":"Word Press Ltd","branches":[{"category":"product_name","name":"The Platform","branches":[
   {"category":"product_version_range","name":"<6.4.3","product":{"product_id":"A","name":"A","product_identification_helper":{"cpe":"cpe:2.3:a:wordpress:wordpress:*:*:*:*:*:*:*:*"}}},
   {"category":"product_version","name":"6.4.3","product":{"product_id":"B","name":"B","product_identification_helper":{"cpe":"cpe:/a:wordpress:wordpress:6.4.3"}}}]},
  {"category":"product_name","name":"Files","branches":[{"category":"product_version_range","name":"<2","product":{"product_id":"P","name":"P","product_identification_helper":{"cpe":"cpe:2.3:a:mndpsingh287:wp_file_manager:*:*:*:*:*:wordpress:*:*"}}}]},
  {"category":"product_name","name":"Box","product":{"product_id":"H","name":"Box","product_identification_helper":{"cpe":"cpe:2.3:h:example:box:-:*:*:*:*:*:*:*"}}},
  {"category":"product_name","name":"Many","product":{"product_id":"M","name":"Many","product_identification_helper":{"cpe":"cpe:2.3:a:example:many*:*:*:*:*:*:*:*:*"}}}]}],
  "full_product_names":[{"product_id":"F","name":"Commerce 2.4.6-p3","product_identification_helper":{"cpe":"cpe:2.3:a:adobe:commerce:2.4.6:p3:*:*:*:*:*:*"}},
   {"product_id":"W","name":"Commerce some","product_identification_helper":{"cpe":"cpe:2.3:a:adobe:commerce_b2b:2.*:*:*:*:*:*:*:*"}},
   {"product_id":"N","name":"n","product_identification_helper":{"purl":"pkg:npm/%40scope/left-pad@1.3.0"}},
   {"product_id":"C","name":"c","product_identification_helper":{"purl":"pkg:composer/Drupal/core@10.1.2?x=y#z"}},
   {"product_id":"D","name":"d","product_identification_helper":{"purl":"pkg:deb/debian/curl@7.88.1-10%2Bdeb12u4?arch=source&distro=debian-12"}},
   {"product_id":"U","name":"u","product_identification_helper":{"purl":"pkg:deb/debian/curl@7.88.1-10"}}]},
 "vulnerabilities":[{"cve":"CVE-2026-0011","product_status":{"known_affected":["A","P","H","M","F","W","N","C","D","U"],"fixed":["B"]}}]}`

// TestIdentified reads how products are called by CPE and as packages.
func TestIdentified(t *testing.T) {
	var got []string
	err := feed.ReadCSAF(strings.NewReader(identified), func(v intel.Vulnerability) error {
		got = append(got, fmt.Sprintf("%s|%s|%s|%s|%s|%v%v%v", v.Vendor, v.Product, v.Ecosystem, v.CPE, v.Scheme, v.Versions, v.Ranges, v.Fixed))
		return nil
	})
	want := []string{
		"wordpress|wordpress||cpe:2.3:a:wordpress:wordpress:*:*:*:*:*:*:*:*|php|[][{ 6.4.3 }][6.4.3]",
		"mndpsingh287|wp file manager||cpe:2.3:a:mndpsingh287:wp_file_manager:*:*:*:*:*:wordpress:*:*|php|[][{ 2 }][]",
		"Word Press Ltd|Box||||[][{  }][]",
		"Word Press Ltd|Many||||[][{  }][]",
		"adobe|commerce||cpe:2.3:a:adobe:commerce:*:*:*:*:*:*:*:*|php|[2.4.6-p3][][]",
		`adobe|commerce b2b||cpe:2.3:a:adobe:commerce_b2b:*:*:*:*:*:*:*:*||[][][]`,
		"|@scope/left-pad|npm||semver|[1.3.0][][]",
		"|drupal/core|Packagist||php|[10.1.2][][]",
		"|curl|Debian:12||debian|[7.88.1-10+deb12u4][][]",
		"|u||||[][][]",
	}
	if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%v\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
