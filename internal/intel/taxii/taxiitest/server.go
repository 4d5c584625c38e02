package taxiitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"candor"
	"candor/internal/intel/taxii"
	"candor/internal/intel/tlp"
)

// site is a server with a store below it, and what one says to it.
type site struct {
	*testing.T
	server *httptest.Server
	store  taxii.Store
}

func start(t *testing.T, make New) *site {
	s := &site{T: t, store: make(t, grants, clock())}
	h := &taxii.Server{Title: "Desk", Roots: []taxii.Root{{Name: root, Title: "Trusted", MaxContentLength: 100_000}, {Name: "other", Title: "Other"}}, Store: s.store, Page: 50,
		Identify: func(r *http.Request) (string, error) {
			if who, password, ok := r.BasicAuth(); ok && password == "secret" {
				return who, nil
			}
			return "", candor.ErrDenied
		}}
	s.server = httptest.NewServer(h)
	h.Base = s.server.URL
	t.Cleanup(s.server.Close)
	return s
}

// reply is an answer, and its body.
type reply struct {
	*http.Response
	body map[string]any
}

func (r reply) list(key string) []any {
	l, _ := r.body[key].([]any)
	return l
}

func (r reply) next() string { n, _ := r.body["next"].(string); return n }

// call asks something as alice. Headers are "Name: value"; one with an empty value
// is left away.
func (s *site) call(method, path, body string, status int, headers ...string) reply {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), method, s.server.URL+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	req.SetBasicAuth("alice", "secret")
	req.Header.Set("Accept", taxii.MediaType)
	req.Header.Set("Content-Type", taxii.MediaType)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Del(name)
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	resp, err := s.server.Client().Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	r := reply{Response: resp}
	if method != http.MethodHead {
		if err := json.NewDecoder(resp.Body).Decode(&r.body); err != nil {
			s.Fatal(path, err)
		}
	}
	if resp.StatusCode != status || resp.Header.Get("Content-Type") != taxii.MediaType {
		s.Fatalf("%s %s: %s, %s, %v", method, path, resp.Status, resp.Header.Get("Content-Type"), r.body)
	}
	if status >= 400 && (r.body["http_status"] != fmt.Sprint(status) || r.body["title"] == "") {
		s.Errorf("%s %s: no error of TAXII: %v", method, path, r.body)
	}
	return r
}

func (s *site) get(path string, status int, headers ...string) reply {
	s.Helper()
	return s.call(http.MethodGet, path, "", status, headers...)
}

func (s *site) put(objects ...taxii.Object) reply {
	s.Helper()
	var raws []string
	for _, o := range objects {
		raws = append(raws, string(o.Raw))
	}
	return s.call(http.MethodPost, in(shared)+"objects/", `{"objects":[`+strings.Join(raws, ",")+`]}`, http.StatusAccepted)
}

func in(collection string) string { return "/" + root + "/collections/" + collection + "/" }

// Server tests the server with a store below it: what the tests of the reference
// server ask of one, and the traffic light.
func Server(t *testing.T, make New) {
	for name, test := range map[string]func(*site){
		"discovery": discovery, "statuses": statuses, "rights": rights, "negotiation": negotiation, "objects": objectsOf, "paging": paging,
		"versions": versionsOf, "removal": removal, "malformed": malformed, "marks": marks, "manifest": manifestOf,
		"filtered": filtered, "since": since, "paged": paged, "sent": sent, "removed": removed,
	} {
		t.Run(name, func(t *testing.T) { test(start(t, make)) })
	}
}

func discovery(s *site) {
	d := s.get("/taxii2/", http.StatusOK)
	if d.body["title"] != "Desk" || d.body["default"] != s.server.URL+"/trusted/" || len(d.list("api_roots")) != 1 {
		s.Error(d.body)
	}
	r := s.get("/trusted/", http.StatusOK)
	if r.body["max_content_length"] != 100_000.0 || r.list("versions")[0] != taxii.MediaType {
		s.Error(r.body)
	}
	for _, path := range []string{"/other/", "/none/", "/", "/trusted/x/", "/trusted/collections/a/b/c/d/e/", "/other/collections/"} {
		s.get(path, http.StatusNotFound)
	}
	c := s.get("/trusted/collections/", http.StatusOK)
	if len(c.list("collections")) != 4 {
		s.Error(c.body)
	}
	one := s.get(in("shared"), http.StatusOK)
	if one.body["id"] != shared || one.body["can_read"] != true || one.body["can_write"] != true {
		s.Error(one.body)
	}
	s.get(strings.TrimSuffix(in(shared), "/"), http.StatusOK)
	s.get(in("none"), http.StatusNotFound)
	s.call(http.MethodHead, in(shared), "", http.StatusOK)
}

func statuses(s *site) {
	added := s.put(object(1, "2.1", "2020-01-01T00:00:00.000Z"))
	id, _ := added.body["id"].(string)
	got := s.get("/trusted/status/"+id+"/", http.StatusOK)
	if got.body["success_count"] != 1.0 || got.body["status"] != "complete" || got.body["failures"] != nil {
		s.Error(got.body)
	}
	s.get("/trusted/status/none/", http.StatusNotFound)
	req, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.server.URL+"/trusted/status/"+id+"/", nil)
	if err != nil {
		s.Fatal(err)
	}
	req.SetBasicAuth("bob", "secret")
	resp, err := s.server.Client().Do(req)
	if err != nil {
		s.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		s.Errorf("bob sees what alice did: %s", resp.Status)
	}
}

func rights(s *site) {
	body := `{"objects":[` + string(object(1, "2.1", "2020-01-01T00:00:00.000Z").Raw) + `]}`
	for _, path := range []string{"/taxii2/", "/trusted/", "/trusted/collections/", in(shared), in(shared) + "objects/", in(shared) + "manifest/", "/trusted/status/x/"} {
		if r := s.get(path, http.StatusUnauthorized, "Authorization: "); r.Header.Get("WWW-Authenticate") == "" {
			s.Error(path, "asks for no password")
		}
		s.get(path, http.StatusUnauthorized, "Authorization: Basic YTpi")
	}
	s.call(http.MethodPost, in(shared)+"objects/", body, http.StatusUnauthorized, "Authorization: ")
	for _, part := range []string{"objects/", "manifest/", "objects/x/", "objects/x/versions/"} {
		s.get(in(writeOnly)+part, http.StatusForbidden)
		s.get(in("none")+part, http.StatusNotFound)
	}
	s.call(http.MethodPost, in(readOnly)+"objects/", body, http.StatusForbidden)
	s.call(http.MethodPost, in("none")+"objects/", body, http.StatusNotFound)
	s.call(http.MethodPost, in(writeOnly)+"objects/", body, http.StatusAccepted)
	s.call(http.MethodDelete, in(writeOnly)+"objects/x/", "", http.StatusForbidden)
	s.call(http.MethodDelete, in(readOnly)+"objects/x/", "", http.StatusForbidden)
	s.call(http.MethodDelete, in(listed)+"objects/x/", "", http.StatusNotFound)
	if r := s.call(http.MethodPut, in(shared)+"objects/", body, http.StatusMethodNotAllowed); !strings.Contains(r.Header.Get("Allow"), "POST") {
		s.Error(r.Header)
	}
	s.call(http.MethodPost, in(shared)+"manifest/", body, http.StatusMethodNotAllowed)
}

func negotiation(s *site) {
	for _, accept := range []string{"", "*/*", "application/*", "application/taxii+json", "text/html, application/taxii+json; version=2.1", "application/taxii+json;version=2.1;q=0.5"} {
		s.get("/taxii2/", http.StatusOK, "Accept: "+accept)
	}
	for _, accept := range []string{"application/json", "application/taxii+json;version=2.0", "application/vnd.oasis.taxii+json", "application/taxii+json;q=0", ";"} {
		s.get("/taxii2/", http.StatusNotAcceptable, "Accept: "+accept)
	}
	body := `{"objects":[` + string(object(1, "2.1", "2020-01-01T00:00:00.000Z").Raw) + `]}`
	for _, given := range []string{"", "application/json", "application/taxii+json;version=2.0"} {
		s.call(http.MethodPost, in(shared)+"objects/", body, http.StatusUnsupportedMediaType, "Content-Type: "+given)
	}
	s.call(http.MethodPost, in(shared)+"objects/", body, http.StatusAccepted, "Content-Type: application/taxii+json")
}

func objectsOf(s *site) {
	if r := s.get(in(shared)+"objects/", http.StatusOK); len(r.body) != 0 {
		s.Error("nothing is", r.body)
	}
	s.put(object(1, "2.1", "2016-01-01T00:00:00.000Z"), object(1, "2.1", "2018-01-01T00:00:00.000Z"), object(2, "2.1", "2017-01-01T00:00:00.000Z"))
	r := s.get(in(shared)+"objects/", http.StatusOK)
	if len(r.list("objects")) != 2 || r.body["more"] != false {
		s.Error(r.body)
	}
	first := r.Header.Get("X-TAXII-Date-Added-First")
	last := r.Header.Get("X-TAXII-Date-Added-Last")
	if len(first) != len("2014-05-08T09:00:00.000000Z") || first >= last {
		s.Error(first, last)
	}
	id := object(1, "2.1", "2016-01-01T00:00:00.000Z").ID
	if r := s.get(in(shared)+"objects/?match[id]="+id+",indicator--none", http.StatusOK); len(r.list("objects")) != 1 {
		s.Error(r.body)
	}
	if r := s.get(in(shared)+"objects/"+id+"/?match[version]=all", http.StatusOK); len(r.list("objects")) != 2 {
		s.Error(r.body)
	}
	if r := s.get(in(shared)+"objects/?added_after="+last, http.StatusOK); len(r.body) != 0 {
		s.Error(r.body)
	}
	if r := s.get(in(shared)+"objects/?added_after="+first, http.StatusOK); len(r.list("objects")) != 1 {
		s.Error(r.body)
	}
	s.get(in(shared)+"objects/"+id+"/?added_after="+last, http.StatusOK)
	s.get(in(shared)+"objects/indicator--none/", http.StatusNotFound)
}

func paging(s *site) {
	for n := range 7 {
		s.put(object(n, "2.1", "2020-01-01T00:00:00.000Z"))
	}
	for _, what := range []string{"objects/", "manifest/"} {
		got, token := 0, ""
		for pages := 0; ; pages++ {
			path := in(shared) + what + "?limit=3&match[type]=indicator"
			if token != "" {
				path += "&next=" + url.QueryEscape(token)
			}
			r := s.get(path, http.StatusOK)
			got += len(r.list("objects"))
			if token = r.next(); token == "" {
				if pages != 2 || r.body["more"] != false {
					s.Errorf("%d pages, %v", pages, r.body["more"])
				}
				break
			}
			if r.body["more"] != true {
				s.Error("a next, and no more")
			}
			for _, other := range []string{"match[type]=malware", "match[type]=indicator&match[version]=all", "added_after=2020-01-01T00:00:00Z&match[type]=indicator"} {
				s.get(in(shared)+what+"?limit=3&"+other+"&next="+url.QueryEscape(token), http.StatusBadRequest)
			}
		}
		if got != 7 {
			s.Errorf("%d of 7 %s", got, what)
		}
	}
	for _, bad := range []string{"limit=-20", "limit=0", "limit=x", "limit=", "next=x", "next=", "added_after=yesterday", "match[version]=newest"} {
		s.get(in(shared)+"objects/?"+bad, http.StatusBadRequest)
	}
	s.get(in(shared)+"objects/?limit=99999999", http.StatusOK)
}

func versionsOf(s *site) {
	for _, y := range []string{"2016", "2017", "2018"} {
		s.put(object(1, "2.1", y+"-01-01T00:00:00.000Z"))
	}
	s.put(object(1, "2.0", "2019-01-01T00:00:00.000Z"))
	path := in(shared) + "objects/" + object(1, "2.1", "2016-01-01T00:00:00.000Z").ID + "/versions/"
	for query, want := range map[string]int{"": 3, "?match[spec_version]=2.0": 1, "?match[spec_version]=2.0,2.1": 4} {
		if r := s.get(path+query, http.StatusOK); len(r.list("versions")) != want {
			s.Error(query, r.body)
		}
	}
	var got []any
	for token := ""; ; {
		q := "?limit=1"
		if token != "" {
			q += "&next=" + url.QueryEscape(token)
		}
		r := s.get(path+q, http.StatusOK)
		got = append(got, r.list("versions")...)
		if token = r.next(); token == "" {
			break
		}
	}
	if fmt.Sprint(got) != "[2016-01-01T00:00:00.000Z 2017-01-01T00:00:00.000Z 2018-01-01T00:00:00.000Z]" {
		s.Error(got)
	}
	s.get(in(shared)+"objects/indicator--none/versions/", http.StatusNotFound)
	// What has no version has that of the day on which it came.
	sco := `{"type":"artifact","id":"artifact--6f437177-6e48-5cf8-9d9e-872a2bddd641","spec_version":"2.1","object_marking_refs":["` + tlp.Clear.STIX().ID + `"]}`
	for range 2 {
		s.call(http.MethodPost, in(shared)+"objects/", `{"objects":[`+sco+`]}`, http.StatusAccepted)
	}
	for _, v := range []string{"all", "first", "last"} {
		if r := s.get(in(shared)+"objects/artifact--6f437177-6e48-5cf8-9d9e-872a2bddd641/?match[version]="+v, http.StatusOK); len(r.list("objects")) != 1 {
			s.Error(v, r.body)
		}
	}
}

func removal(s *site) {
	for _, y := range []string{"2015", "2016", "2017", "2018"} {
		s.put(object(1, "2.1", y+"-01-01T00:00:00.000Z"))
	}
	s.put(object(1, "2.0", "2019-01-01T00:00:00.000Z"))
	path := in(shared) + "objects/" + object(1, "2.1", "2015-01-01T00:00:00.000Z").ID + "/"
	for _, x := range []struct {
		query string
		left  int
	}{{"?match[version]=2016-01-01T00:00:00.000Z", 4}, {"?match[version]=first", 3}, {"?match[spec_version]=2.0", 2}, {"?match[version]=last", 1}} {
		s.call(http.MethodDelete, path+x.query, "", http.StatusOK)
		if r := s.get(path+"versions/?match[spec_version]=2.0,2.1", http.StatusOK); len(r.list("versions")) != x.left {
			s.Error(x.query, r.body)
		}
	}
	s.call(http.MethodDelete, path, "", http.StatusOK)
	s.get(path, http.StatusNotFound)
	s.get(path+"versions/", http.StatusNotFound)
	s.call(http.MethodDelete, path, "", http.StatusNotFound)
	s.get(in(shared)+"manifest/indicator--none/", http.StatusNotFound)
}

func malformed(s *site) {
	good := string(object(1, "2.1", "2020-01-01T00:00:00.000Z").Raw)
	for _, body := range []string{"", "[]", "{", good, `{"objects":{}}`, `{"objects":[]}`, `{"objects":"x"}`} {
		s.call(http.MethodPost, in(shared)+"objects/", body, http.StatusUnprocessableEntity)
	}
	s.call(http.MethodPost, in(shared)+"objects/", `{"objects":["`+strings.Repeat("x", 200_000)+`"]}`, http.StatusRequestEntityTooLarge)
	r := s.call(http.MethodPost, in(shared)+"objects/", `{"objects":[`+good+`,{"type":"indicator"},17,{"type":"malware","id":"indicator--00000000-0000-4000-8000-000000000001"},
		{"type":"indicator","id":"indicator--00000000-0000-4000-8000-000000000002","modified":"now"}]}`, http.StatusAccepted)
	if r.body["success_count"] != 1.0 || r.body["failure_count"] != 4.0 || r.body["total_count"] != 5.0 || len(r.list("failures")) != 4 {
		s.Error(r.body)
	}
}

func manifestOf(s *site) {
	s.put(object(1, "2.1", "2020-01-01T00:00:00.000Z"), object(2, "2.0", "2020-01-01T00:00:00.000Z"))
	r := s.get(in(shared)+"manifest/", http.StatusOK)
	list := r.list("objects")
	if len(list) != 2 {
		s.Fatal(r.body)
	}
	m, _ := list[1].(map[string]any)
	if m["media_type"] != "application/stix+json;version=2.0" || m["version"] != "2020-01-01T00:00:00.000Z" || m["date_added"] != r.Header.Get("X-TAXII-Date-Added-Last") {
		s.Error(m)
	}
}

// marks holds the traffic light: what is marked too strictly for a collection is
// not taken, and not given, however it came there.
func marks(s *site) {
	mark := func(n int, m string) string {
		refs := ""
		if m != "" {
			refs = `,"object_marking_refs":["` + m + `"]`
		}
		return fmt.Sprintf(`{"type":"indicator","id":"indicator--00000000-0000-4000-8000-%012d","spec_version":"2.1","modified":"2020-01-01T00:00:00.000Z"%s}`, n, refs)
	}
	var bodies []string
	all := append(tlp.Marks(), "")
	for n, m := range all {
		ref := ""
		if m != "" {
			ref = m.STIX().ID
		}
		bodies = append(bodies, mark(n, ref))
	}
	r := s.call(http.MethodPost, in(shared)+"objects/", `{"objects":[`+strings.Join(bodies, ",")+`]}`, http.StatusAccepted)
	if r.body["success_count"] != 2.0 || r.body["failure_count"] != 4.0 {
		s.Error(r.body)
	}
	for n, b := range bodies { // past the server's own entrance
		o, err := taxii.ParseObject(json.RawMessage(b))
		if err != nil {
			s.Fatal(err)
		}
		for _, c := range []string{shared, readOnly} {
			if _, err := s.store.Add(s.Context(), "alice", root, c, []taxii.Object{o}, nil); err != nil {
				s.Fatal(err)
			}
		}
		public, community := http.StatusNotFound, http.StatusNotFound
		if all[n].Allows(tlp.Public) && all[n] != "" {
			public = http.StatusOK
		}
		if all[n].Allows(tlp.Community) && all[n] != "" {
			community = http.StatusOK
		}
		for _, part := range []string{"/", "/versions/"} {
			s.get(in(shared)+"objects/"+o.ID+part, community)
			s.get(in(readOnly)+"objects/"+o.ID+part, public)
		}
	}
	for _, what := range []string{"objects/", "manifest/"} {
		if r := s.get(in(readOnly)+what, http.StatusOK); len(r.list("objects")) != 1 {
			s.Error(what, r.body)
		}
		if r := s.get(in(shared)+what, http.StatusOK); len(r.list("objects")) != 2 {
			s.Error(what, r.body)
		}
	}
}
