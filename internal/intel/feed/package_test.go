package feed_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/feed"
)

// vexRedHat is a document in the form of Red Hat's about one vulnerability: mended in two
// minor releases and for one that is updated longer, in a module, planned never for
// another, and spared for a third.
const vexRedHat = `{"document":{"category":"CATEGORY","csaf_version":"2.0","title":"curl: overflow","distribution":{"tlp":{"label":"WHITE"}},"tracking":{"id":"CVE-2026-0012"}},
 "product_tree":{"branches":[{"category":"vendor","name":"Red Hat","branches":[
   {"category":"product_family","name":"Red Hat Enterprise Linux","branches":[
     {"category":"product_name","name":"Red Hat Enterprise Linux BaseOS (v. 9)","product":{"product_id":"BaseOS-9.3.0.Z.MAIN","name":"Red Hat Enterprise Linux BaseOS (v. 9)","product_identification_helper":{"cpe":"cpe:/o:redhat:enterprise_linux:9::baseos"}}},
     {"category":"product_name","name":"Red Hat Enterprise Linux BaseOS EUS (v.9.0)","product":{"product_id":"BaseOS-9.0.0.Z.EUS","name":"Red Hat Enterprise Linux BaseOS EUS (v.9.0)","product_identification_helper":{"cpe":"cpe:/o:redhat:rhel_eus:9.0::baseos"}}},
     {"category":"product_name","name":"Red Hat Enterprise Linux AppStream (v. 8)","product":{"product_id":"AppStream-8","name":"Red Hat Enterprise Linux AppStream (v. 8)","product_identification_helper":{"cpe":"cpe:/a:redhat:enterprise_linux:8::appstream"}}},
     {"category":"product_name","name":"Red Hat Enterprise Linux 7","product":{"product_id":"red_hat_enterprise_linux_7","name":"Red Hat Enterprise Linux 7","product_identification_helper":{"cpe":"cpe:/o:redhat:enterprise_linux:7"}}},
     {"category":"product_name","name":"Red Hat Enterprise Linux 10","product":{"product_id":"red_hat_enterprise_linux_10","name":"Red Hat Enterprise Linux 10","product_identification_helper":{"cpe":"cpe:/o:redhat:enterprise_linux:10.1"}}},
     {"category":"product_name","name":"Red Hat Satellite","product":{"product_id":"satellite","name":"Red Hat Satellite 6.14 for RHEL 8","product_identification_helper":{"cpe":"cpe:/a:redhat:satellite:6.14::el8"}}}]},
   {"category":"product_version","name":"curl-0:7.76.1-26.el9_3.2.src","product":{"product_id":"curl-26.src","name":"curl","product_identification_helper":{"purl":"pkg:rpm/redhat/curl@7.76.1-26.el9_3.2?arch=src"}}},
   {"category":"product_version","name":"libcurl-0:7.76.1-26.el9_3.2.x86_64","product":{"product_id":"libcurl-26.x86_64","name":"libcurl","product_identification_helper":{"purl":"pkg:rpm/redhat/libcurl@7.76.1-26.el9_3.2?arch=x86_64"}}},
   {"category":"product_version","name":"curl-0:7.76.1-23.el9_2.4.src","product":{"product_id":"curl-23.src","name":"curl","product_identification_helper":{"purl":"pkg:rpm/redhat/curl@7.76.1-23.el9_2.4?arch=src"}}},
   {"category":"product_version","name":"curl-0:7.76.1-14.el9_0.7.src","product":{"product_id":"curl-14.src","name":"curl","product_identification_helper":{"purl":"pkg:rpm/redhat/curl@7.76.1-14.el9_0.7?arch=src"}}},
   {"category":"product_version","name":"nodejs:20:809:a","product":{"product_id":"nodejs:20:809:a","name":"nodejs:20:809:a","product_identification_helper":{"purl":"pkg:rpmmod/redhat/nodejs@20:8090020240807145403:rhel8"}}},
   {"category":"product_version","name":"nodejs-1:20.16.0-1.module+el8.9.0+1+a.src","product":{"product_id":"nodejs.src","name":"nodejs","product_identification_helper":{"purl":"pkg:rpm/redhat/nodejs@20.16.0-1.module%2Bel8.9.0%2B1+a?arch=src&epoch=1"}}},
   {"category":"product_version","name":"nodejs:18/nodejs","product":{"product_id":"nodejs:18/nodejs.src","name":"nodejs","product_identification_helper":{"purl":"pkg:rpm/redhat/nodejs?arch=src&rpmmod=nodejs:18"}}},
   {"category":"product_version","name":"curl.src","product":{"product_id":"curl.src","name":"curl.src","product_identification_helper":{"purl":"pkg:rpm/redhat/curl?arch=src"}}},
   {"category":"product_version","name":"libcurl","product":{"product_id":"libcurl","name":"libcurl","product_identification_helper":{"purl":"pkg:rpm/redhat/libcurl"}}}]}],
  "relationships":[
   {"category":"default_component_of","full_product_name":{"product_id":"AppStream-8:nodejs:20:809:a:nodejs.src","name":"x"},"product_reference":"nodejs.src","relates_to_product_reference":"AppStream-8:nodejs:20:809:a"},
   {"category":"default_component_of","full_product_name":{"product_id":"AppStream-8:nodejs:20:809:a","name":"x"},"product_reference":"nodejs:20:809:a","relates_to_product_reference":"AppStream-8"},
   {"category":"default_component_of","full_product_name":{"product_id":"AppStream-8:nodejs:18/nodejs.src","name":"x"},"product_reference":"nodejs:18/nodejs.src","relates_to_product_reference":"AppStream-8"},
   {"category":"default_component_of","full_product_name":{"product_id":"BaseOS-9:curl-26.src","name":"x"},"product_reference":"curl-26.src","relates_to_product_reference":"BaseOS-9.3.0.Z.MAIN"},
   {"category":"default_component_of","full_product_name":{"product_id":"BaseOS-9:libcurl-26.x86_64","name":"x"},"product_reference":"libcurl-26.x86_64","relates_to_product_reference":"BaseOS-9.3.0.Z.MAIN"},
   {"category":"default_component_of","full_product_name":{"product_id":"BaseOS-9:curl-23.src","name":"x"},"product_reference":"curl-23.src","relates_to_product_reference":"BaseOS-9.3.0.Z.MAIN"},
   {"category":"default_component_of","full_product_name":{"product_id":"EUS:curl-14.src","name":"x"},"product_reference":"curl-14.src","relates_to_product_reference":"BaseOS-9.0.0.Z.EUS"},
   {"category":"default_component_of","full_product_name":{"product_id":"7:curl.src","name":"x"},"product_reference":"curl.src","relates_to_product_reference":"red_hat_enterprise_linux_7"},
   {"category":"default_component_of","full_product_name":{"product_id":"7:libcurl","name":"x"},"product_reference":"libcurl","relates_to_product_reference":"red_hat_enterprise_linux_7"},
   {"category":"default_component_of","full_product_name":{"product_id":"10:curl.src","name":"x"},"product_reference":"curl.src","relates_to_product_reference":"red_hat_enterprise_linux_10"},
   {"category":"default_component_of","full_product_name":{"product_id":"S:curl.src","name":"x"},"product_reference":"curl.src","relates_to_product_reference":"satellite"},
   {"category":"default_component_of","full_product_name":{"product_id":"lost","name":"x"},"product_reference":"curl.src","relates_to_product_reference":"nothing"}]},
 "vulnerabilities":[{"cve":"CVE-2026-0012","product_status":{
   "fixed":["BaseOS-9:curl-26.src","BaseOS-9:libcurl-26.x86_64","BaseOS-9:curl-23.src","EUS:curl-14.src","AppStream-8:nodejs:20:809:a:nodejs.src"],
   "known_affected":["7:curl.src","7:libcurl","S:curl.src","lost","AppStream-8:nodejs:18/nodejs.src"],"known_not_affected":["10:curl.src"]},
  "scores":[{"cvss_v3":{"baseScore":9.8}}],
  "remediations":[{"category":"no_fix_planned","details":"Will not fix","product_ids":["7:curl.src","7:libcurl"]},{"category":"none_available","details":"Affected","product_ids":["AppStream-8:nodejs:18/nodejs.src"]},{"category":"vendor_fix","details":"x","product_ids":["BaseOS-9:curl-26.src"]}]}]}`

// vexSUSE is one in the form of SUSE's, which tells packages by what was built.
const vexSUSE = `{"document":{"category":"csaf_vex","csaf_version":"2.0","title":"SUSE CVE","tracking":{"id":"CVE-2026-0012"}},
 "product_tree":{"branches":[{"category":"vendor","name":"SUSE","branches":[{"category":"product_family","name":"SUSE Linux Enterprise","branches":[
   {"category":"product_name","name":"SUSE Linux Enterprise Module for Basesystem 15 SP5","product":{"product_id":"B","name":"SUSE Linux Enterprise Module for Basesystem 15 SP5","product_identification_helper":{"cpe":"cpe:/o:suse:sle-module-basesystem:15:sp5"}}},
   {"category":"product_name","name":"SUSE Linux Enterprise Server 15 SP5-LTSS","product":{"product_id":"L","name":"SUSE Linux Enterprise Server 15 SP5-LTSS","product_identification_helper":{"cpe":"cpe:/o:suse:sles-ltss:15:sp5"}}},
   {"category":"product_name","name":"openSUSE Leap 15.5","product":{"product_id":"O","name":"openSUSE Leap 15.5","product_identification_helper":{"cpe":"cpe:/o:opensuse:leap:15.5"}}},
   {"category":"product_name","name":"SUSE Manager Server 4.3","product":{"product_id":"M","name":"SUSE Manager Server 4.3","product_identification_helper":{"cpe":"cpe:/o:suse:suse-manager-server:4.3"}}}]},
  {"category":"product_version","name":"libopenssl1_1-1.1.1l-150500.17.34.1","product":{"product_id":"libopenssl1_1-1.1.1l-150500.17.34.1","name":"x","product_identification_helper":{"cpe":"cpe:2.3:a:openssl:openssl:1.1.1l:*:*:*:*:*:*:*","purl":"pkg:rpm/suse/libopenssl1_1@1.1.1l-150500.17.34.1?upstream=openssl-1_1-1.1.1l-150500.17.34.1.src.rpm"}}},
  {"category":"product_version","name":"libstdc","product":{"product_id":"libstdc","name":"x","product_identification_helper":{"purl":"pkg:rpm/suse/libstdc@?upstream=gcc-c++.src.rpm"}}},
  {"category":"product_version","name":"httrack","product":{"product_id":"httrack","name":"x","product_identification_helper":{"purl":"pkg:rpm/suse/httrack@3.48.22-1.3"}}}]}],
  "relationships":[
   {"category":"default_component_of","full_product_name":{"product_id":"B:ssl","name":"x"},"product_reference":"libopenssl1_1-1.1.1l-150500.17.34.1","relates_to_product_reference":"B"},
   {"category":"default_component_of","full_product_name":{"product_id":"M:ssl","name":"x"},"product_reference":"libopenssl1_1-1.1.1l-150500.17.34.1","relates_to_product_reference":"M"},
   {"category":"default_component_of","full_product_name":{"product_id":"L:libstdc","name":"x"},"product_reference":"libstdc","relates_to_product_reference":"L"},
   {"category":"default_component_of","full_product_name":{"product_id":"O:httrack","name":"x"},"product_reference":"httrack","relates_to_product_reference":"O"}]},
 "vulnerabilities":[{"cve":"CVE-2026-0012","product_status":{"recommended":["B:ssl","M:ssl","O:httrack"],"known_affected":["L:libstdc"]}}]}`

func told(all *[]string) func(intel.Vulnerability) error {
	return func(v intel.Vulnerability) error {
		*all = append(*all, strings.TrimRight(fmt.Sprintf("%s|%s|%s|%s|%v%v|%s", v.ID, v.Ecosystem, v.Product, v.Scheme, v.Ranges, v.Fixed, v.Unfixed), "|"))
		return nil
	}
}

// TestPackages reads what distributions tell of packages of RPM.
func TestPackages(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"Red Hat": {strings.ReplaceAll(vexRedHat, "CATEGORY", "csaf_vex"), []string{
			"CVE-2026-0012|Red Hat:9|curl|rpm|[{ 7.76.1-23.el9_2.4 } {7.76.1-26 7.76.1-26.el9_3.2 }][7.76.1-23.el9_2.4 7.76.1-26.el9_3.2]",
			"CVE-2026-0012|Red Hat:9.0|curl|rpm|[{ 7.76.1-14.el9_0.7 }][7.76.1-14.el9_0.7]",
			"CVE-2026-0012|Red Hat:8/nodejs:20|nodejs|rpm|[{ 1:20.16.0-1.module+el8.9.0+1+a }][1:20.16.0-1.module+el8.9.0+1+a]",
			"CVE-2026-0012|Red Hat:7|curl|rpm|[{  }][]|will-not-fix",
			"CVE-2026-0012|Red Hat:8/nodejs:18|nodejs|rpm|[{  }][]|not-yet",
			"CVE-2026-0012|Red Hat:10|curl|rpm|[{ 0~ }][]",
		}},
		"an update of Red Hat": {strings.ReplaceAll(vexRedHat, "CATEGORY", "csaf_security_advisory"), nil},
		"SUSE": {vexSUSE, []string{
			"CVE-2026-0012|SUSE:15.5|openssl-1_1|rpm|[{ 1.1.1l-150500.17.34.1 }][1.1.1l-150500.17.34.1]",
			"CVE-2026-0012|openSUSE:Leap 15.5|httrack|rpm|[{ 3.48.22-1.3 }][3.48.22-1.3]",
			"CVE-2026-0012|SUSE:15.5|gcc-c++|rpm|[{  }][]",
		}},
	} {
		var got []string
		if err := feed.ReadCSAF(strings.NewReader(c.text), told(&got)); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// TestAdvisories reads advisories of distributions in the form of OSV: each is about
// several vulnerabilities, and several may mend one.
func TestAdvisories(t *testing.T) {
	const fixed = `"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"%s"}]}]`
	of := func(id, names, ecosystem, name, purl, v string) string {
		return fmt.Sprintf(`{"id":"%s",%s,"affected":[{"package":{"ecosystem":"%s","name":"%s","purl":"%s"},`+fixed+`},{"package":{"ecosystem":"%s","name":"%s-debuginfo"},`+fixed+`}]}`, id, names, ecosystem, name, purl, v, ecosystem, name, v)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i, text := range []string{
		of("RHSA-2026:2", `"upstream":["CVE-2026-0001","CVE-2026-0002"]`, "Red Hat:enterprise_linux:9::baseos", "libcurl", "pkg:rpm/redhat/libcurl", "0:7.76.1-26.el9_3.2"),
		of("RHSA-2026:1", `"upstream":["CVE-2026-0001"]`, "Red Hat:enterprise_linux:9::baseos", "libcurl", "pkg:rpm/redhat/libcurl", "0:7.76.1-23.el9_2.4"),
		of("RHSA-2026:3", `"upstream":["CVE-2026-0001"]`, "Red Hat:rhel_eus:9.0::baseos", "libcurl", "", "0:7.76.1-14.el9_0.7"),
		of("RHSA-2026:4", `"upstream":["CVE-2026-0001"]`, "Red Hat:openshift:4.16::el9", "libcurl", "", "0:9-1"),
		of("RLSA-2026:1", `"related":["CVE-2026-0001"]`, "Rocky Linux:8", "nodejs", "pkg:rpm/rocky-linux/nodejs?distro=rocky-linux-8&epoch=1&rpmmod=nodejs:18:8090020240312140000:d63f516d", "1:18.19.1-1.module+el8.9.0+1+a"),
		of("SUSE-SU-2026:1", `"upstream":["CVE-2026-0001"],"related":["CVE-2026-0009"]`, "SUSE:Linux Enterprise Server 15 SP5-LTSS", "curl", "", "8.0.1-150400.5.41.1"),
		of("DSA-1-1", `"upstream":["CVE-2026-0001"]`, "Debian:12", "curl", "", "7.88.1-10+deb12u5"),
		of("DSA-2-1", `"upstream":["CVE-2026-0001"],"related":["CVE-2026-0002"]`, "Debian:12", "curl", "", "7.88.1-10+deb12u6"),
		of("USN-1-1", `"related":["CVE-2026-0001"]`, "Ubuntu:22.04:LTS", "curl", "", "7.81.0-1ubuntu1.15"),
		of("GHSA-2", `"related":["CVE-2026-0009"]`, "npm", "left", "", "1.0.0"),
	} {
		w, err := z.Create(fmt.Sprint(i, ".json"))
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	read := func(wanted func(string) bool) (got []string) {
		if err := feed.ReadOSV(bytes.NewReader(b.Bytes()), t.TempDir(), wanted, told(&got), func() { t.Error("one is skipped") }); err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := []string{
		"DSA-1-1|Debian:12|curl|debian|[{0 7.88.1-10+deb12u5 }][7.88.1-10+deb12u5]", "DSA-1-1|Debian:12|curl-debuginfo|debian|[{0 7.88.1-10+deb12u5 }][7.88.1-10+deb12u5]",
		"DSA-2-1|Debian:12|curl|debian|[{0 7.88.1-10+deb12u6 }][7.88.1-10+deb12u6]", "DSA-2-1|Debian:12|curl-debuginfo|debian|[{0 7.88.1-10+deb12u6 }][7.88.1-10+deb12u6]",
		"USN-1-1|Ubuntu:22.04:LTS|curl|debian|[{0 7.81.0-1ubuntu1.15 }][7.81.0-1ubuntu1.15]", "USN-1-1|Ubuntu:22.04:LTS|curl-debuginfo|debian|[{0 7.81.0-1ubuntu1.15 }][7.81.0-1ubuntu1.15]",
		"GHSA-2|npm|left|semver|[{0 1.0.0 }][1.0.0]", "GHSA-2|npm|left-debuginfo|semver|[{0 1.0.0 }][1.0.0]",
		"CVE-2026-0001|Red Hat:9|libcurl|rpm|[{ 0:7.76.1-23.el9_2.4 } {0:7.76.1-26 0:7.76.1-26.el9_3.2 }][0:7.76.1-23.el9_2.4 0:7.76.1-26.el9_3.2]",
		"CVE-2026-0002|Red Hat:9|libcurl|rpm|[{ 0:7.76.1-26.el9_3.2 }][0:7.76.1-26.el9_3.2]",
		"CVE-2026-0001|Red Hat:9.0|libcurl|rpm|[{ 0:7.76.1-14.el9_0.7 }][0:7.76.1-14.el9_0.7]",
		"CVE-2026-0001|Red Hat:openshift:4.16::el9|libcurl|rpm|[{ 0:9-1 }][0:9-1]",
		"CVE-2026-0001|Rocky Linux:8/nodejs:18|nodejs|rpm|[{ 1:18.19.1-1.module+el8.9.0+1+a }][1:18.19.1-1.module+el8.9.0+1+a]",
		"CVE-2026-0001|SUSE:15.5|curl|rpm|[{ 8.0.1-150400.5.41.1 }][8.0.1-150400.5.41.1]",
	}
	if got := read(nil); !slices.Equal(got, want) {
		t.Errorf("\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := read(func(e string) bool { return e == "SUSE:15.5" }); len(got) != 1 {
		t.Errorf("others than wanted: %q", got)
	}
}

// TestAdvisedBounds cuts titles, keeps what advisories say of one vulnerability apart from
// what they say of another, and refuses more than can be held.
func TestAdvisedBounds(t *testing.T) {
	record := func(names, title string, fixed ...string) string {
		var events []string
		for _, v := range fixed {
			events = append(events, `{"introduced":"0"},{"fixed":"`+v+`"}`)
		}
		return fmt.Sprintf(`{"id":"RHSA-2026:1","upstream":[%s],"details":"%s","affected":[{"package":{"ecosystem":"Red Hat:enterprise_linux:9::baseos","name":"curl"},"ranges":[{"type":"ECOSYSTEM","events":[%s]}]}]}`, names, title, strings.Join(events, ","))
	}
	var found []intel.Vulnerability
	read := func(text string) error {
		return feed.ReadOSV(strings.NewReader(text), "", nil, func(v intel.Vulnerability) error { found = append(found, v); return nil }, nil)
	}
	if err := read(record(`"CVE-2026-0001","CVE-2026-0002"`, strings.Repeat("é", 5000), "2-1", "1-1", "2-1", "1-1")); err != nil || len(found) != 2 {
		t.Fatalf("%+v, %v", found, err)
	}
	for _, v := range found {
		if !slices.Equal(v.Fixed, []string{"1-1", "2-1"}) || len(v.Title) != intake.MostNote {
			t.Errorf("%q, %d bytes of title", v.Fixed, len(v.Title))
		}
	}
	var many []string
	for i := range 1001 {
		many = append(many, fmt.Sprint("1-", i))
	}
	if err := read(record(`"CVE-2026-0001"`, "", many[1:]...)); err != nil {
		t.Error(err)
	}
	if err := read(record(`"CVE-2026-0001"`, "", many...)); !errors.Is(err, candor.ErrInvalid) || !strings.Contains(err.Error(), "versions of") {
		t.Errorf("more versions than can be held: %v", err)
	}
	_, some, _ := strings.Cut(strings.TrimSuffix(record("", "", many[:600]...), "]}"), `"affected":[`)
	twice := strings.TrimSuffix(record(`"CVE-2026-0001"`, "", many[600:]...), "]}") + "," + some + "]}"
	if err := read(twice); !errors.Is(err, candor.ErrInvalid) || !strings.Contains(err.Error(), "versions of") {
		t.Errorf("more versions in all than can be held: %v", err)
	}
}

// TestNoRelease fails a feed of OSV that is set up with releases that its file does not
// know, and takes those that are supported for long by either name.
func TestNoRelease(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("a.json")
	if err == nil {
		_, err = w.Write([]byte(`{"id":"USN-1","affected":[{"package":{"ecosystem":"Ubuntu:22.04:LTS","name":"curl"}},{"package":{"ecosystem":"Ubuntu:24.04:LTS","name":"curl"}}]}`))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	s := serve(t, map[string]string{"/": b.String()})
	f := of(feed.OSV, s.URL)
	for _, release := range []string{"22.04", "22.04:LTS", "Ubuntu:22.04", "Ubuntu:22.04:LTS"} {
		f.Releases = []string{release}
		var got sink
		if _, err := reader(s).Turn(t.Context(), f, &got); err != nil || len(got.vulnerabilities) != 1 {
			t.Errorf("%s: %+v, %v", release, got.vulnerabilities, err)
		}
	}
	f.Releases = []string{"jammy"}
	turn, err := reader(s).Turn(t.Context(), f, &sink{})
	if err == nil || turn.State.Cause != feed.Unreadable || !strings.Contains(turn.State.Error, `such as "Ubuntu:24.04:LTS"`) {
		t.Errorf("%+v, %v", turn.State, err)
	}
}

// TestReleases names products of SUSE by the release that they are of, and leaves out
// what a feed is not read for.
func TestReleases(t *testing.T) {
	s := serve(t, map[string]string{"/": ""})
	f := of(feed.OSV, s.URL)
	f.Releases = []string{"15.5", "SUSE:12", "SUSE:Micro 5.3", "SUSE:16.0"}
	for product, want := range map[string]int{
		"Linux Enterprise Server 15 SP5": 1, "Linux Enterprise Module for Python 3 15 SP5": 1, "Package Hub 15 SP5": 1, "Linux Enterprise High Performance Computing 15 SP5-ESPOS": 1, "Linux Enterprise Server 12-LTSS": 1,
		"Linux Enterprise Micro 5.3": 1, "Linux Enterprise Server 16.0": 1, "Linux Enterprise Server 15 SP4": 0, "Manager Server 15.5": 0, "Linux Micro 6.0": 0, "Linux Enterprise Server 15 SP5-TERADATA": 0,
	} {
		s.set("/", fmt.Sprintf(`{"id":"SUSE-SU-1","upstream":["CVE-2026-0001"],"affected":[{"package":{"ecosystem":"SUSE:%s","name":"x"}}]}`, product))
		var got sink
		if _, err := reader(s).Turn(t.Context(), f, &got); err != nil || len(got.vulnerabilities) != want {
			t.Errorf("%s: %+v, %v", product, got.vulnerabilities, err)
		}
	}
}
