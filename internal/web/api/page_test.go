package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

type page struct {
	Items          []object
	Next, Previous string
	Count          int
	More           bool
}

func names(items []object) (all []string) {
	for _, item := range items {
		all = append(all, item["name"].(string))
	}
	return all
}

func TestPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.staff()
		admin := w.people["admin"]
		var want []string
		for i := range 23 {
			name := fmt.Sprintf("party %02d", i)
			must2(w.house.SaveParty(t.Context(), admin.who, candor.Party{Kind: candor.Customer, Name: name}))(t)
			want = append(want, name)
		}
		for _, order := range []string{"asc", "desc"} {
			if order == "desc" {
				slices.Reverse(want)
			}
			var got []string
			var last page
			path := "/api/v1/parties?kind=customer&sort=name&limit=5&order=" + order
			for n := 0; path != "" && n < 10; n++ {
				rec := w.ask(admin, http.MethodGet, path, nil)
				p := read[page](t, rec, http.StatusOK)
				if p.Count != 23 || p.More || (p.Previous == "") != (n == 0) {
					t.Fatalf("page %d: %+v", n, p)
				}
				got, last = append(got, names(p.Items)...), p
				path = link(rec.Header()["Link"], "next")
				if (path == "") != (p.Next == "") {
					t.Errorf("page %d: Link is %v, next is %q", n, rec.Header()["Link"], p.Next)
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			back := read[page](t, w.ask(admin, http.MethodGet, "/api/v1/parties?kind=customer&sort=name&limit=5&order="+order+"&cursor="+url.QueryEscape(last.Previous), nil), http.StatusOK)
			if d := cmp.Diff(want[15:20], names(back.Items)); d != "" {
				t.Error(d)
			}
		}
	})
}

// link finds the path of a relation (RFC 8288).
func link(headers []string, relation string) string {
	for _, h := range headers {
		target, rest, _ := strings.Cut(h, ">; ")
		if rest == fmt.Sprintf("rel=%q", relation) {
			return strings.TrimPrefix(strings.TrimPrefix(target, "<"), address)
		}
	}
	return ""
}

// TestCursors has cursors used for other lists, and by others.
func TestCursors(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := full(t, s)
		first := read[page](t, w.ask(w.people["customer"], http.MethodGet, "/api/v1/cases?limit=1", nil), http.StatusOK)
		for _, name := range []string{"customer", "customer/read"} {
			read[page](t, w.ask(w.people[name], http.MethodGet, "/api/v1/cases?limit=2&cursor="+first.Next, nil), http.StatusOK)
		}
		_, bare, _ := strings.Cut(first.Next, ".")
		for _, try := range []struct{ who, path string }{
			{"stranger", "/api/v1/cases?cursor=" + first.Next}, {"admin", "/api/v1/cases?cursor=" + first.Next}, {"subscriber", "/api/v1/cases?cursor=" + first.Next},
			{"customer", "/api/v1/findings?cursor=" + first.Next}, {"customer", "/api/v1/cases?sort=due&cursor=" + first.Next},
			{"customer", "/api/v1/cases?open=true&cursor=" + first.Next}, {"customer", "/api/v1/cases?cursor=" + bare}, {"customer", "/api/v1/cases?cursor=." + bare},
			{"customer", "/api/v1/cases?cursor=x"},
		} {
			p := read[object](t, w.ask(w.people[try.who], http.MethodGet, try.path, nil), http.StatusUnprocessableEntity)
			if !strings.Contains(fmt.Sprint(p["detail"]), "cursor") {
				t.Errorf("%s as %s: %v", try.path, try.who, p)
			}
		}
	})
}

// TestHostileWords has no word that somebody looks for break a database.
func TestHostileWords(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := full(t, s)
		for _, word := range []string{`'`, `"`, `\`, `%_`, `a*`, `NEAR(a b)`, `a & | ! (b <-> c):*`, "中文", "\U0001F600", strings.Repeat("é", 200), "\ufeff", "a\tb\nc"} {
			for _, path := range []string{"cases?text=", "findings?text=", "findings?rule=", "parties?text=", "assets?text=", "people?text=", "search?q=", "views?page=", "responses?method="} {
				rec := w.ask(w.people["admin"], http.MethodGet, "/api/v1/"+path+url.QueryEscape(word), nil)
				if rec.Code != http.StatusOK && rec.Code != http.StatusUnprocessableEntity {
					t.Errorf("%s%q: %d %s", path, word, rec.Code, rec.Body)
				}
			}
		}
	})
}
