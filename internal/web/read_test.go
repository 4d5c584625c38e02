package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/web/ui"
)

func asked(query string) *Request {
	return &Request{Request: httptest.NewRequest(http.MethodGet, "/x?"+query, nil), Zone: time.FixedZone("", 8*3600), Who: candor.Principal{User: "me-id"}}
}

func TestCut(t *testing.T) {
	for query, want := range map[string]candor.Cut{
		"":                             {Limit: 50},
		"sort=due":                     {Limit: 50, Sort: "due"},
		"sort=-due&after=abc&limit=20": {Limit: 20, Sort: "due", Descending: true, Cursor: "abc"},
		"after=abc&before=def":         {Limit: 50, Cursor: "def"},
		"sort=password&limit=100000":   {Limit: 200},
		"sort=-&limit=-3":              {Limit: 1},
		"limit=many&after=" + strings.Repeat("a", 3000): {Limit: 50, Cursor: strings.Repeat("a", mostLine)},
	} {
		if diff := cmp.Diff(want, asked(query).Cut("due", "opened")); diff != "" {
			t.Errorf("%.40s: %s", query, diff)
		}
	}
}

func TestFilters(t *testing.T) {
	r := asked("state=new&state=closed&state=new&state=nonsense&open=yes&who=me&id=0190a000-0000-7000-8000-000000000001&bad=12&day=2026-03-02&q=%20two%0awords%20")
	if diff := cmp.Diff([]candor.CaseState{candor.CaseNew, candor.CaseClosed}, FilterMany(r, "state", candor.CaseStates())); diff != "" {
		t.Error(diff)
	}
	if got := FilterOne(r, "state", candor.CaseStates()); got != candor.CaseNew {
		t.Errorf("one state: %q", got)
	}
	if open := r.FilterYes("open"); open == nil || !*open || r.FilterYes("other") != nil {
		t.Error("yes is not yes, or nothing is something")
	}
	if r.FilterID("who") != "me-id" || r.FilterID("id") == "" || r.FilterID("bad") != "" {
		t.Error("ids")
	}
	if got := r.FilterDay("day"); !got.Equal(time.Date(2026, 3, 1, 16, 0, 0, 0, time.UTC)) || !r.FilterDay("bad").IsZero() {
		t.Errorf("the day begins at %v", got)
	}
	if got := r.Query("q"); got != "two words" {
		t.Errorf("words: %q", got)
	}
}

// TestLongText: what is too long is seen to be so, whatever its letters are.
func TestLongText(t *testing.T) {
	r := asked("")
	for _, text := range []string{strings.Repeat("a", mostText+1), "a" + strings.Repeat("文", mostText/3+1), strings.Repeat("é\r\n", mostText)} {
		r.PostForm = url.Values{"v": {text}}
		if n := len(r.Text("v")); n <= mostText || n > mostText+utf8.UTFMax {
			t.Errorf("of %d bytes %d are left", len(text), n)
		}
		if n := len(r.LongText("v", 10)); n <= 10 || n > 10+utf8.UTFMax {
			t.Errorf("with a bound of 10 bytes %d are left", n)
		}
	}
	r.PostForm = url.Values{"v": {strings.Repeat("a", 30_000)}}
	if n := len(r.LongText("v", 40_000)); n != 30_000 {
		t.Errorf("a long text is cut to %d", n)
	}
}

// FuzzForm: whatever a form holds, what is read of it is bounded text.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{"", "2026-03-02T10:00", "0190a000-0000-7000-8000-000000000001", "\x00\xff\r\n", strings.Repeat("é", 20_000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := asked("")
		r.PostForm = url.Values{"v": {value, value}}
		for most, got := range map[int]string{mostLine: r.Line("v"), mostText + utf8.UTFMax: r.Text("v")} {
			if len(got) > most || !utf8.ValidString(got) {
				t.Errorf("%q becomes %q", value, got)
			}
		}
		if strings.ContainsAny(r.Line("v"), "\n\r\x00") {
			t.Errorf("%q is no line", r.Line("v"))
		}
		if ids, err := r.IDs("v"); err == nil {
			for _, id := range ids {
				if _, err := candor.ParseID(string(id)); err != nil {
					t.Error(err)
				}
			}
		}
		if at, err := r.Moment("v"); err == nil && at.Location() != time.UTC {
			t.Errorf("%v is not in UTC", at)
		}
	})
}

func noteSite(now time.Time) *Site {
	return &Site{Config: Config{Clock: func() time.Time { return now }}, keys: [][]byte{[]byte("first"), []byte("second")}}
}

func TestNotes(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	said := []ui.Message{{Tone: ui.Good, Title: "Moved “a” away", Text: "…", Undo: &ui.Action{Text: "Undo", URL: "/undo", Fields: map[string]string{"id": "1"}}}}
	w := httptest.NewRecorder()
	noteSite(now).keep(w, said)
	cookie := w.Result().Cookies()[0]
	read := func(s *Site, value string) []ui.Message {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: cookie.Name, Value: value})
		return s.kept(httptest.NewRecorder(), r)
	}
	if diff := cmp.Diff(said, read(noteSite(now), cookie.Value)); diff != "" {
		t.Error(diff)
	}
	rotated := noteSite(now)
	rotated.keys = [][]byte{[]byte("new"), []byte("first")}
	if len(read(rotated, cookie.Value)) != 1 {
		t.Error("a message is lost when the secret changes")
	}
	stranger := noteSite(now)
	stranger.keys = [][]byte{[]byte("another")}
	for name, got := range map[string][]ui.Message{
		"too late": read(noteSite(now.Add(time.Hour)), cookie.Value), "another's": read(stranger, cookie.Value),
		"cut": read(noteSite(now), cookie.Value[:len(cookie.Value)-2]), "changed": read(noteSite(now), "A"+cookie.Value), "empty": read(noteSite(now), ""),
	} {
		if len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	w = httptest.NewRecorder()
	noteSite(now).keep(w, []ui.Message{{Title: strings.Repeat("long ", 2000), Text: "x"}})
	if got := read(noteSite(now), w.Result().Cookies()[0].Value); len(got) != 1 || len(got[0].Title) > 500 {
		t.Errorf("a message that does not fit: %d", len(got))
	}
}

func TestPacks(t *testing.T) {
	for header, want := range map[string]bool{"": false, "br": false, "gzip": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "gzip; q=0.000": false, "GZIP": true} {
		if packs(header) != want {
			t.Errorf("%q", header)
		}
	}
}

func TestBrowserNames(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36":          "Chrome · Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604": "Safari · iPhone",
		"Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0":                                       "Firefox · Windows",
		"backup/2":                "backup/2",
		strings.Repeat("x", 1000): strings.Repeat("x", 60),
	} {
		if got := browser(agent); got != want {
			t.Errorf("%.40s is %q", agent, got)
		}
	}
}
