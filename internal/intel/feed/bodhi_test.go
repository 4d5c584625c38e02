package feed_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"candor/internal/intel/feed"
)

// TestBodhi reads updates of Fedora, page by page: an update mends what its title and its bugs name,
// and of several that mend the same the earliest counts. What notes name it need not mend.
func TestBodhi(t *testing.T) {
	pages := map[string]string{
		"1": `{"page":1,"pages":2,"updates":[
		  {"alias":"FEDORA-2026-b","title":"curl-8.6.0-9.fc40: CVE-2026-0002","notes":"CVE-2026-0003 is not mended by this.","date_stable":"2026-01-02 03:04:05","release":{"id_prefix":"FEDORA","version":"40"},"builds":[{"nvr":"curl-8.6.0-9.fc40","epoch":0},{"nvr":"x","epoch":0}],"bugs":[{"title":"CVE-2026-0001 curl: overflow [fedora-40]"}]},
		  {"alias":"FEDORA-EPEL-2026-a","release":{"id_prefix":"FEDORA-EPEL","version":"9"},"builds":[{"nvr":"a-1-1.el9"}],"bugs":[{"title":"CVE-2026-0001"}]},
		  {"alias":"FEDORA-2026-c","release":{"id_prefix":"FEDORA","version":"39"},"builds":[{"nvr":"a-1-1.fc39"}],"bugs":[{"title":"CVE-2026-0001"}]}]}`,
		"2": `{"page":2,"pages":2,"updates":[{"alias":"FEDORA-2026-a","release":{"id_prefix":"FEDORA","version":"40"},"builds":[{"nvr":"curl-8.6.0-8.fc40","epoch":0},{"nvr":"perl-Thing-1.0-1.fc40","epoch":4}],"bugs":[{"title":"CVE-2026-0001"},{"title":"no name"}]}]}`,
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		q := req.URL.Query()
		if q.Get("releases") != "F40" || q.Get("type") != "security" || q.Get("status") != "stable" {
			t.Errorf("asked for %s", req.URL)
		}
		_, _ = w.Write([]byte(pages[q.Get("page")]))
	}))
	defer s.Close()
	r := &feed.Reader{HTTP: s.Client(), States: &states{}, Now: func() time.Time { return noon }}
	f := of(feed.Bodhi, s.URL+"/updates/?releases=F40")
	f.Releases = []string{"40"}
	var got sink
	turn, err := r.Turn(t.Context(), f, &got)
	var all []string
	for _, v := range got.vulnerabilities {
		if err := told(&all)(v); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"CVE-2026-0001|Fedora:40|curl|rpm|[{ 8.6.0-8.fc40 }][8.6.0-8.fc40 8.6.0-9.fc40]",
		"CVE-2026-0002|Fedora:40|curl|rpm|[{ 8.6.0-9.fc40 }][8.6.0-9.fc40]",
		"CVE-2026-0001|Fedora:40|perl-Thing|rpm|[{ 4:1.0-1.fc40 }][4:1.0-1.fc40]",
	}
	if err != nil || !turn.Whole || !turn.Changed || turn.State.Skipped != 1 || !slices.Equal(all, want) {
		t.Errorf("%+v, %v\n%s", turn, err, strings.Join(all, "\n"))
	}
	pages["2"] = "<html>"
	if turn, err := r.Turn(t.Context(), f, &got); err == nil || turn.State.Cause != feed.Unreadable {
		t.Errorf("%+v, %v", turn, err)
	}
}
