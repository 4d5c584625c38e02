package hosted_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"candor"
	"candor/internal/house"
	"candor/internal/store/storetest"
	"candor/internal/web/hosted"
	"candor/internal/web/webtest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// publish has a customer publish a sample, twice.
func publish(t *testing.T, w *webtest.World) (candor.Notice, []candor.NoticeVersion) {
	t.Helper()
	ctx := t.Context()
	u := w.People[candor.RoleCustomer]
	who := candor.Principal{User: u.ID, Name: u.Name, Role: u.Role, Party: u.Party}
	data, err := os.ReadFile("../../../docs/notice/shop.json")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), `"shop.example",`, `"shop.example", "acme.example",`, 1)
	n, err := w.House.AddNotice(ctx, who, w.Party.ID, house.NoticeDraft{Name: "shop", Document: json.RawMessage(text)})
	if err != nil {
		t.Fatal(err)
	}
	one, err := w.House.PublishNotice(ctx, who, n.ID, n.Edition, true)
	if err != nil {
		t.Fatal(err)
	}
	text = strings.Replace(text, "We sell tea and send it to you.", "We sell good tea and send it to you.", 1)
	n, err = w.House.SaveNotice(ctx, who, n.ID, n.Edition+1, house.NoticeDraft{Name: "shop", Document: json.RawMessage(text)})
	if err != nil {
		t.Fatal(err)
	}
	two, err := w.House.PublishNotice(ctx, who, n.ID, n.Edition, true)
	if err != nil {
		t.Fatal(err)
	}
	return n, []candor.NoticeVersion{one, two}
}

// answered is what came back.
type answered struct {
	Status int
	Header http.Header
	Cookie []*http.Cookie
}

func get(t *testing.T, address string, headers ...string) (answered, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		req.Header.Set(pair[0], pair[1])
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{answer.StatusCode, answer.Header, answer.Cookies()}, string(body)
}

func TestHosted(t *testing.T) {
	w := webtest.New(t, hosted.Mount)
	n, versions := publish(t, w)
	base := w.URL + "/notice/" + string(n.ID)
	for path, want := range map[string]string{"/notice.json": versions[1].Digest, "/v/1/notice.json": versions[0].Digest, "/v/2/notice.json": versions[1].Digest} {
		answer, body := get(t, base+path)
		sum := sha256.Sum256([]byte(body))
		if got := hex.EncodeToString(sum[:]); answer.Status != http.StatusOK || got != want || answer.Header.Get("Content-Type") != "application/json" || answer.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d, digest %s, %v", path, answer.Status, got, answer.Header)
		}
		if again, _ := get(t, base+path, "If-None-Match", answer.Header.Get("ETag")); again.Status != http.StatusNotModified {
			t.Errorf("%s again: %d", path, again.Status)
		}
	}
	for _, tt := range []struct{ path, accept, lang, holds string }{
		{"", "", "en", "We sell good tea"}, {"/v/1", "", "en", "We sell tea"}, {"", "ar", "ar", `dir="rtl"`}, {"", "zh-CN,zh;q=0.9", "zh", "菩提茶店"},
		{"?lang=ar", "zh", "ar", "متجر"}, {"?lang=xx", "fr", "fr", `aria-current="true"`}, {"/full", "ru", "ru", "<table>"}, {"/v/1/full?lang=es", "", "es", "<table>"},
	} {
		answer, body := get(t, base+tt.path, "Accept-Language", tt.accept)
		if answer.Status != http.StatusOK || answer.Header.Get("Content-Language") != tt.lang || !strings.Contains(body, tt.holds) || len(answer.Cookie) > 0 {
			t.Errorf("%s for %q: %d in %q, %v", tt.path, tt.accept, answer.Status, answer.Header.Get("Content-Language"), answer.Cookie)
		}
		if vary := answer.Header.Get("Vary"); !strings.Contains(vary, "Accept-Language") || !strings.Contains(answer.Header.Get("Cache-Control"), "public") {
			t.Errorf("%s: Vary %q, Cache-Control %q", tt.path, vary, answer.Header.Get("Cache-Control"))
		}
		if again, _ := get(t, base+tt.path, "Accept-Language", tt.accept, "If-None-Match", answer.Header.Get("ETag")); again.Status != http.StatusNotModified {
			t.Errorf("%s again: %d", tt.path, again.Status)
		}
	}
	for _, path := range []string{"/v/0", "/v/3", "/v/-1", "/v/x", "/v/1/x", "x", "/v/1/notice.txt"} {
		if answer, _ := get(t, base+path); answer.Status != http.StatusNotFound || strings.Contains(answer.Header.Get("Cache-Control"), "public") {
			t.Errorf("%s: %d, kept %q", path, answer.Status, answer.Header.Get("Cache-Control"))
		}
	}
	if got, _ := get(t, w.URL+"/notice/"+string(w.Party.ID)); got.Status != http.StatusNotFound {
		t.Errorf("a party's identifier: %d", got.Status)
	}
}
