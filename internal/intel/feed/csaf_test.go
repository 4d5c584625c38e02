package feed_test

import (
	"errors"
	"slices"
	"testing"

	"candor"
	"candor/internal/intel"
	"candor/internal/intel/feed"
	"candor/internal/intel/tlp"
)

const csaf = `{"document":{"category":"csaf_security_advisory","csaf_version":"2.0","title":"T","distribution":{"tlp":{"label":"WHITE"}},"tracking":{"id":"EX-1","status":"final","initial_release_date":"2026-01-01T00:00:00Z","current_release_date":"2026-01-02T00:00:00Z"}},
 "product_tree":{"branches":[{"category":"vendor","name":"Example","branches":[{"category":"product_name","name":"Router","branches":[
   {"category":"product_version_range","name":"vers:semver/>=1.0.0|<1.4.2","product":{"product_id":"A","name":"Router <1.4.2"}},
   {"category":"product_version","name":"1.4.2","product":{"product_id":"B","name":"Router 1.4.2"}}]},
  {"category":"product_name","name":"Switch","branches":[{"category":"product_version_range","name":"all before the summer","product":{"product_id":"C","name":"Switch"}}]},
  {"category":"product_name","name":"Hub","product":{"product_id":"D","name":"Hub"}}]}],
  "relationships":[{"category":"installed_on","full_product_name":{"product_id":"A:X","name":"Router on X"},"product_reference":"A","relates_to_product_reference":"D"}]},
 "vulnerabilities":[{"cve":"CVE-2026-0009","title":"Overflow","product_status":{"known_affected":["A:X","C","D","none"],"fixed":["B"]},"scores":[{"cvss_v3":{"baseScore":9.8}}],"threats":[{"category":"exploit_status","details":"This is exploited in the wild."}]},
  {"cve":"CVE-2026-10","product_status":{"fixed":["B"],"known_not_affected":["A"]}}]}`

func TestCSAF(t *testing.T) {
	s := serve(t, map[string]string{
		"/meta.json":       `{"distributions":[{"rolie":{"feeds":[{"url":"BASE/white.json","tlp_label":"WHITE"},{"url":"BASE/green.json","tlp_label":"GREEN"}]}},{"directory_url":"BASE/dir/"}]}`,
		"/white.json":      `{"feed":{"entry":[{"id":"EX-1","updated":"2026-01-02T00:00:00Z","content":{"src":"BASE/w/ex-1.json"},"link":[{"rel":"self","href":"BASE/w/ex-1.json"},{"rel":"hash","href":"BASE/w/ex-1.json.sha256"}]}]}}`,
		"/green.json":      `{"feed":{"entry":[{"updated":"2026-01-03T00:00:00Z","content":{"src":"g/ex-1.json"}}]}}`,
		"/dir/changes.csv": "\"2026/ex-2.json\",\"2026-01-01T00:00:00Z\"\n\"2026/gone.json\",\"2026-01-04T00:00:00Z\"\n\"readme.txt\",\"2026-01-01T00:00:00Z\"\n",
		"/w/ex-1.json":     csaf, "/g/ex-1.json": csaf, "/dir/2026/ex-2.json": "{}",
	})
	r, f := reader(s), of(feed.CSAF, s.URL+"/meta.json")
	f.TLP = ""
	var got sink
	turn, err := r.Turn(t.Context(), f, &got)
	if err != nil || !turn.Changed || turn.Whole || len(got.vulnerabilities) != 8 || turn.State.Skipped != 2 || len(turn.State.Seen) != 4 || turn.State.Seen[s.URL+"/dir/2026/gone.json"] != -1 {
		t.Fatalf("%d, %+v, %v", len(got.vulnerabilities), turn, err)
	}
	for i, x := range []struct {
		product, affects string
		mark             tlp.Mark
	}{{"Router", "nyyn", tlp.Clear}, {"Switch", "????", tlp.Clear}, {"Hub", "yyyy", tlp.Clear}, {"Router", "???n", tlp.Clear}, {"Router", "nyyn", tlp.Green}, {"Switch", "????", tlp.Green}, {"Hub", "yyyy", tlp.Green}} {
		v := got.vulnerabilities[i]
		if a := affects(v, "0.9.0", "1.0.0", "1.4.1", "1.4.2"); v.Product != x.product || v.Vendor != "Example" || a != x.affects || v.TLP != x.mark || (v.ID == "CVE-2026-0009") != (v.CVSS == 9.8 && v.Exploited) {
			t.Errorf("%+v: %s", v, a)
		}
	}
	if !slices.Equal(got.vulnerabilities[0].Fixed, []string{"1.4.2"}) {
		t.Error(got.vulnerabilities[0].Fixed)
	}
	before := s.given
	if turn, err = r.Turn(t.Context(), f, &got); err == nil || len(got.vulnerabilities) != 8 || s.given != before+4 {
		t.Errorf("%+v, %v, %d", turn, err, s.given-before) // only what is not there is new, and it is not there
	}
	s.set("/dir/2026/gone.json", csaf)
	if turn, err = r.Turn(t.Context(), f, &got); err != nil || len(got.vulnerabilities) != 12 || len(turn.State.Seen) != 4 {
		t.Errorf("%+v, %v", turn, err)
	}
}

func TestVers(t *testing.T) {
	for in, want := range map[string]string{
		"vers:semver/>=1.0.0|<2.0.0": "nyyn", "<2.0": "yyyn", "<= 1.5.0": "yyyn", ">=1.0 <1.5": "nynn", "1.5.0": "nnyn", "vers:all/*": "yyyy", "*": "yyyy", ">=1.5.0": "nnyy", "<1|>=2": "ynny",
	} {
		ranges, scheme, err := feed.Vers(in)
		if got := affects(intel.Vulnerability{Ranges: ranges, Scheme: scheme}, "0.9.0", "1.0.0", "1.5.0", "2.0.0"); got != want || err != nil {
			t.Errorf("%s: %s, want %s; %v", in, got, want, err)
		}
	}
	for _, bad := range []string{"", "all", "vers:pypi/<1", "before 2", ">1", "!=2", "<"} {
		if _, _, err := feed.Vers(bad); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%q is a range: %v", bad, err)
		}
	}
}
