package taxiitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"candor/internal/intel/taxii"
	"candor/internal/intel/tlp"
)

// Names of the objects of a collection with something of everything.
const (
	relation  = "relationship--00000000-0000-4000-8000-000000000001"
	quiet     = "indicator--00000000-0000-4000-8000-000000000002"
	marking   = "marking-definition--00000000-0000-4000-8000-000000000003"
	malware   = "malware--00000000-0000-4000-8000-000000000004"
	indicator = "indicator--00000000-0000-4000-8000-000000000005"
)

var short = map[string]string{relation: "r", quiet: "q", marking: "d", malware: "m", indicator: "i"}

// made makes an object; without a modified time it has one that never changes.
func made(id, spec, created, modified string) taxii.Object {
	kind, _, _ := strings.Cut(id, "--")
	m := map[string]any{"type": kind, "id": id, "created": created, "object_marking_refs": []string{tlp.Clear.STIX().ID}}
	if spec != "2.0" {
		m["spec_version"] = spec
	}
	if modified != "" {
		m["modified"] = modified
	}
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err) // the test is wrong
	}
	o, err := taxii.ParseObject(raw)
	if err != nil {
		panic(err)
	}
	return o
}

// collection fills a collection: three versions of an indicator, malware in two
// specifications, and what has one version.
func (s *site) collection() {
	for _, o := range []taxii.Object{
		made(relation, "2.1", "2014-05-08T09:00:00.000Z", "2014-05-08T09:00:00.000Z"), made(quiet, "2.1", "2014-05-08T09:00:00.000Z", "2014-05-08T09:00:00.000Z"),
		made(indicator, "2.1", "2016-11-03T12:30:59.000Z", "2016-11-03T12:30:59.000Z"), made(indicator, "2.1", "2016-11-03T12:30:59.000Z", "2016-12-25T12:30:59.444Z"),
		made(marking, "2.1", "2017-01-20T00:00:00.000Z", ""), made(malware, "2.1", "2017-01-27T13:49:53.997Z", "2017-01-27T13:49:53.997Z"),
		made(malware, "2.0", "2017-01-27T13:49:53.997Z", "2018-02-23T18:30:00.000Z"), made(indicator, "2.1", "2016-11-03T12:30:59.000Z", "2017-01-27T13:49:53.935Z"),
	} {
		s.put(o)
	}
}

// told writes what an answer gives, in order: the short name of each object and the
// year and month of its version.
func (s *site) told(r reply, key string) string {
	s.Helper()
	var all []string
	for _, x := range r.list(key) {
		switch v := x.(type) {
		case string:
			all = append(all, v[:7])
		case map[string]any:
			at, _ := v["version"].(string) // of a manifest
			for _, name := range []string{"modified", "created"} {
				if text, ok := v[name].(string); ok && at == "" {
					at = text
				}
			}
			all = append(all, short[v["id"].(string)]+at[:7])
		}
	}
	if len(all) > 0 && (r.Header.Get("X-TAXII-Date-Added-First") == "" || r.Header.Get("X-TAXII-Date-Added-Last") < r.Header.Get("X-TAXII-Date-Added-First")) {
		s.Errorf("%s: added from %q to %q", r.Request.URL, r.Header.Get("X-TAXII-Date-Added-First"), r.Header.Get("X-TAXII-Date-Added-Last"))
	}
	return strings.Join(all, " ")
}

// filtered asks the same of objects, their manifest, one object, and its versions.
func filtered(s *site) {
	s.collection()
	const latest = "r2014-05 q2014-05 d2017-01 m2017-01 i2017-01"
	for query, want := range map[string]string{
		"": latest, "match[spec_version]=2.1": latest, "match[spec_version]=2.0": "m2018-02", "match[spec_version]=2.0,2.1": "r2014-05 q2014-05 d2017-01 m2018-02 i2017-01",
		"match[version]=last": latest, "match[version]=first": "r2014-05 q2014-05 i2016-11 d2017-01 m2017-01", "match[version]=all": "r2014-05 q2014-05 i2016-11 i2016-12 d2017-01 m2017-01 i2017-01",
		"match[version]=2016-12-25T12:30:59.444Z": "i2016-12", "match[version]=first,last": "r2014-05 q2014-05 i2016-11 d2017-01 m2017-01 i2017-01", "match[version]=2016-12-25T12:30:59.444Z,last": "r2014-05 q2014-05 i2016-12 d2017-01 m2017-01 i2017-01",
		"match[type]=indicator": "q2014-05 i2017-01", "match[type]=indicator,malware": "q2014-05 m2017-01 i2017-01", "match[type]=indicator&match[version]=2017-01-27T13:49:53.935Z": "i2017-01",
		"match[type]=malware&match[spec_version]=2.0": "m2018-02", "match[id]=" + malware: "m2017-01", "match[id]=" + malware + "," + relation: "r2014-05 m2017-01", "match[id]=" + malware + "&match[type]=indicator": "",
		"match[version]=all&match[spec_version]=2.0,2.1": "r2014-05 q2014-05 i2016-11 i2016-12 d2017-01 m2017-01 m2018-02 i2017-01",
	} {
		for _, what := range []string{"objects/", "manifest/"} {
			r := s.get(in(shared)+what+"?"+query, http.StatusOK)
			if got := s.told(r, "objects"); got != want || want != "" && r.body["more"] != false || want == "" && len(r.body) != 0 {
				s.Errorf("%s?%s: %q, not %q; more is %v", what, query, got, want, r.body["more"])
			}
		}
	}
	for path, want := range map[string]string{
		malware + "/": "m2017-01", malware + "/?match[spec_version]=2.0": "m2018-02", malware + "/?match[spec_version]=2.0,2.1": "m2018-02", malware + "/?match[spec_version]=2.1": "m2017-01",
		indicator + "/": "i2017-01", indicator + "/?match[version]=first": "i2016-11", indicator + "/?match[version]=last": "i2017-01", indicator + "/?match[version]=2016-12-25T12:30:59.444Z": "i2016-12", indicator + "/?match[version]=all": "i2016-11 i2016-12 i2017-01",
		indicator + "?match[version]=all": "i2016-11 i2016-12 i2017-01", // without the slash
	} {
		if got := s.told(s.get(in(shared)+"objects/"+path, http.StatusOK), "objects"); got != want {
			s.Errorf("objects/%s: %q, not %q", path, got, want)
		}
	}
	for path, want := range map[string]string{
		relation: "2014-05", indicator: "2016-11 2016-12 2017-01", malware: "2017-01",
		malware + "/versions/?match[spec_version]=2.0": "2018-02", malware + "/versions/?match[spec_version]=2.1": "2017-01", malware + "/versions/?match[spec_version]=2.0,2.1": "2017-01 2018-02",
	} {
		if !strings.Contains(path, "/versions/") {
			path += "/versions" // without the slash
		}
		if got := s.told(s.get(in(shared)+"objects/"+path, http.StatusOK), "versions"); got != want {
			s.Errorf("objects/%s: %q, not %q", path, got, want)
		}
	}
}

// since asks for what was added after a time, at all four.
func since(s *site) {
	s.collection()
	all := s.get(in(shared)+"manifest/?match[version]=all&match[spec_version]=2.0,2.1", http.StatusOK).list("objects")
	added := func(n int) string { return url.QueryEscape(all[n].(map[string]any)["date_added"].(string)) }
	if !slices.IsSortedFunc(all, func(a, b any) int {
		return strings.Compare(a.(map[string]any)["date_added"].(string), b.(map[string]any)["date_added"].(string))
	}) || len(all) != 8 {
		s.Fatal("the manifest is not in the order in which it was filled:", all)
	}
	for _, x := range []struct {
		path, key, want string
	}{
		{"objects/?added_after=" + added(4), "objects", "m2017-01 i2017-01"}, {"manifest/?added_after=" + added(4), "objects", "m2017-01 i2017-01"}, {"objects/?added_after=" + added(7), "objects", ""}, {"manifest/?added_after=" + added(7), "objects", ""},
		{"objects/" + malware + "/?added_after=" + added(4), "objects", "m2017-01"}, {"objects/" + malware + "/?added_after=" + added(5), "objects", ""},
		{"objects/" + indicator + "/versions/?added_after=" + added(2), "versions", "2016-12 2017-01"}, {"objects/" + indicator + "/versions/?added_after=" + added(7), "versions", ""}, {"objects/" + relation + "/versions/?added_after=" + added(0), "versions", ""},
	} {
		r := s.get(in(shared)+x.path, http.StatusOK)
		if got := s.told(r, x.key); got != x.want || x.want == "" && len(r.body) != 0 {
			s.Errorf("%s: %q, not %q: %v", x.path, got, x.want, r.body)
		}
	}
}

// paged follows pages, and looks at the headers of each.
func paged(s *site) {
	s.collection()
	for path, want := range map[string][]string{
		"objects/?limit=3": {"r2014-05 q2014-05 d2017-01", "m2017-01 i2017-01"}, "manifest/?limit=2": {"r2014-05 q2014-05", "d2017-01 m2017-01", "i2017-01"},
		"objects/" + indicator + "/?limit=1": {"i2017-01"}, "objects/" + indicator + "/?match[version]=all&limit=2": {"i2016-11 i2016-12", "i2017-01"}, "objects/" + indicator + "/versions/?limit=1": {"2016-11", "2016-12", "2017-01"},
		"objects/?limit=5": {"r2014-05 q2014-05 d2017-01 m2017-01 i2017-01"},
	} {
		key, last, next := "objects", "", ""
		if strings.Contains(path, "/versions/") {
			key = "versions"
		}
		for n := 0; ; n++ {
			r := s.get(in(shared)+path+next, http.StatusOK)
			if got := s.told(r, key); n >= len(want) || got != want[n] {
				s.Fatalf("%s, page %d: %q, not of %q", path, n, got, want)
			}
			first := r.Header.Get("X-TAXII-Date-Added-First")
			if first <= last {
				s.Errorf("%s: page %d begins at %s, behind %s", path, n, first, last)
			}
			last = r.Header.Get("X-TAXII-Date-Added-Last")
			if list := r.list("objects"); strings.HasPrefix(path, "manifest/") && len(list) > 0 {
				if from, until := list[0].(map[string]any)["date_added"], list[len(list)-1].(map[string]any)["date_added"]; from != first || until != last {
					s.Errorf("%s: added from %v to %v, by the header from %s to %s", path, from, until, first, last)
				}
			}
			if r.body["more"] != (n < len(want)-1) || (r.next() == "") == (n < len(want)-1) {
				s.Errorf("%s, page %d: more is %v, next is %q", path, n, r.body["more"], r.next())
			}
			if r.next() == "" {
				break
			}
			next = "&next=" + url.QueryEscape(r.next())
		}
	}
}

// sent puts objects in and looks at all that is told of them, up to their removal.
func sent(s *site) {
	o := made(quiet, "2.1", "2014-05-08T09:00:00.000Z", "2014-05-08T09:00:00.000Z")
	r := s.put(o)
	if r.body["success_count"] != 1.0 || r.body["status"] != "complete" {
		s.Error(r.body)
	}
	id, _ := r.body["id"].(string)
	for _, path := range []string{"/trusted/status/" + id + "/", "/trusted/status/" + id} {
		got := s.get(path, http.StatusOK)
		if got.body["success_count"] != 1.0 || got.body["failure_count"] != 0.0 || got.body["pending_count"] != 0.0 || len(got.list("successes")) != 1 {
			s.Error(path, got.body)
		}
	}
	for _, path := range []string{"objects/", "objects/?match[id]=" + quiet, "objects/" + quiet + "/", "manifest/?match[id]=" + quiet} {
		if got := s.told(s.get(in(shared)+path, http.StatusOK), "objects"); got != "q2014-05" {
			s.Errorf("%s: %q", path, got)
		}
	}
	// The same again, with and without its modified time, is a success, and there once.
	again := s.put(o, made(quiet, "2.1", "2014-05-08T09:00:00.000Z", ""))
	if again.body["success_count"] != 2.0 || again.body["failures"] != nil {
		s.Error(again.body)
	}
	if got := s.told(s.get(in(shared)+"objects/?match[version]=all", http.StatusOK), "objects"); got != "q2014-05" {
		s.Errorf("added again: %q", got)
	}
	s.call(http.MethodDelete, in(shared)+"objects/"+quiet, "", http.StatusOK)
	for _, path := range []string{"objects/" + quiet, "objects/" + quiet + "/versions", "manifest/" + quiet} {
		s.get(in(shared)+path, http.StatusNotFound)
	}
	// An object without a version is there from when it came.
	sco := made("artifact--6f437177-6e48-5cf8-9d9e-872a2bddd641", "2.1", "", "")
	s.call(http.MethodPost, in(shared)+"objects/", fmt.Sprintf(`{"objects":[{"type":"artifact","spec_version":"2.1","id":%q,"object_marking_refs":[%q]}]}`, sco.ID, tlp.Clear.STIX().ID), http.StatusAccepted)
	path := in(shared) + "objects/" + sco.ID + "/?added_after="
	if got := s.get(path+"2017-01-27T13:49:53.935Z", http.StatusOK); len(got.list("objects")) != 1 {
		s.Error(got.body)
	}
	if got := s.get(path+"2100-01-27T13:49:53.935Z", http.StatusOK); len(got.body) != 0 {
		s.Error(got.body)
	}
}

// removed takes versions and specifications away one by one.
func removed(s *site) {
	s.collection()
	path := in(shared) + "objects/" + indicator
	for _, x := range [][2]string{{"2016-12-25T12:30:59.444Z", "2016-11 2017-01"}, {"first", "2017-01"}} {
		s.call(http.MethodDelete, path+"?match[version]="+x[0], "", http.StatusOK)
		if got := s.told(s.get(path+"/versions", http.StatusOK), "versions"); got != x[1] {
			s.Errorf("without %s: %q", x[0], got)
		}
	}
	s.call(http.MethodDelete, path+"?match[version]=all", "", http.StatusOK)
	s.get(path+"/versions", http.StatusNotFound)
	path = in(shared) + "objects/" + malware
	s.call(http.MethodDelete, path+"?match[spec_version]=2.0", "", http.StatusOK)
	if got := s.told(s.get(path+"/versions?match[spec_version]=2.0,2.1", http.StatusOK), "versions"); got != "2017-01" {
		s.Errorf("without its older specification: %q", got)
	}
	s.call(http.MethodDelete, path+"?match[spec_version]=2.1", "", http.StatusOK)
	s.get(path+"/versions", http.StatusNotFound)
}
