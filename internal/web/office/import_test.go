package office_test

import (
	"bytes"
	"html"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"candor"
	"candor/internal/web/webtest"
)

// upload sends a file as a browser does.
func (w *world) upload(t *testing.T, text, format string) webtest.Answer {
	t.Helper()
	return w.send(t, "/import", "file", text, map[string]string{"format": format})
}

// send sends a form with a file.
func (w *world) send(t *testing.T, path, name, content string, fields map[string]string) webtest.Answer {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile(name, "estate.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	for field, value := range fields {
		if err := m.WriteField(field, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+path, &b)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Origin", w.URL)
	return w.Do(t, w.As(candor.RoleAnalyst), r)
}

var hidden = regexp.MustCompile(`name="data" value="([^"]*)"`)

// carried are the hidden fields that confirm a rehearsal.
func carried(t *testing.T, a webtest.Answer, format string) url.Values {
	t.Helper()
	m := hidden.FindStringSubmatch(a.Text())
	if m == nil {
		t.Fatalf("nothing can be confirmed: %d %.500s", a.Status, a.Text())
	}
	return url.Values{"format": {format}, "data": {html.UnescapeString(m[1])}}
}

func (w *world) parties(t *testing.T) int {
	t.Helper()
	page, err := w.House.Store.Parties(t.Context(), candor.Everything, candor.PartyFilter{}, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	return page.Count
}

func TestImport(t *testing.T) {
	w := newWorld(t)
	analyst, before := w.As(candor.RoleAnalyst), w.parties(t)
	has(t, w.Get(t, analyst, "/import"), http.StatusOK, "time_zone", "First it is rehearsed", "/import/sample.csv")
	for _, format := range []string{"csv", "json"} {
		sample := w.Get(t, analyst, "/import/sample."+format)
		if !strings.Contains(sample.Header.Get("Content-Disposition"), "candor-sample."+format) {
			t.Errorf("the sample is kept as %q", sample.Header.Get("Content-Disposition"))
		}
		a := w.upload(t, sample.Text(), format)
		if format == "json" { // the same as CSV
			has(t, a, http.StatusOK, "Everything is there already")
			continue
		}
		has(t, a, http.StatusOK, "Import this now?", "There is no undo", "4 added, 0 changed, 0 as they were")
		if n := w.parties(t); n != before {
			t.Fatalf("a rehearsal added %d parties", n-before)
		}
		has(t, w.led(t, candor.RoleAnalyst, "/import/confirm", carried(t, a, format)), http.StatusOK, "The import is done", "4 added", "Example Shop Ltd")
		if n := w.parties(t); n != before+2 {
			t.Errorf("%d parties were added", n-before)
		}
	}
}

func TestImportBroken(t *testing.T) {
	w := newWorld(t)
	before := w.parties(t)
	broken := "type,kind,reference,name,language,contacts,owner,roots,every\n" +
		"party,customer,K-1,Good Ltd,en,a@good.example,,,\n" +
		"party,alien,K-2,Strange,en,,,,\n" +
		"party,customer,K-3,Bad mail,en,a b@x,,,\n" +
		"asset,site,S-1,site,,,K-none,/srv/x,\n" +
		"asset,site,S-2,site,,,K-1,/etc,\n" +
		"asset,site,S-3,site,,,K-1,/srv/x,soon\n" +
		"thing,,K-4,\"" + strings.ReplaceAll(evil, `"`, `""`) + "\",,,,,\n" +
		",,,,,,,,\n"
	a := w.upload(t, broken, "csv")
	has(t, a, http.StatusUnprocessableEntity, "7 rows cannot be imported", "Nothing was changed", "line 3", "line 4", "line 5", "line 6", "line 7", "line 8", "line 9")
	inert(t, a, "the form that came back")
	if n := w.parties(t); n != before {
		t.Errorf("%d parties were added", n-before)
	}
	for text, format := range map[string]string{
		"": "csv", "   \n": "json", "type,colour\nparty,red\n": "csv", `{"type":"party","shoe":42}`: "json", `{"type":`: "json",
		"type,name\n\"open": "csv", "\x00\xff\xfe": "csv", "type,name\na,b,c\n": "csv", "x": "xml",
	} {
		if a := w.upload(t, text, format); a.Status != http.StatusUnprocessableEntity || strings.Contains(a.Text(), "Import this now?") {
			t.Errorf("%q as %s: %d", text, format, a.Status)
		}
	}
	// Pasted text counts where there is no file.
	pasted := w.Post(t, w.As(candor.RoleAnalyst), "/import", url.Values{"format": {"csv"}, "text": {"type,kind,reference,name\nparty,vendor,V-1,Antivirus Inc\n"}})
	has(t, pasted, http.StatusOK, "1 added")
	// What comes back damaged is refused.
	f := carried(t, pasted, "csv")
	for _, data := range []string{"", "AAAA", f.Get("data")[:20], "%%%"} {
		if a := w.Post(t, w.As(candor.RoleAnalyst), "/import/confirm", url.Values{"format": {"csv"}, "data": {data}}); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("data %q: %d", data, a.Status)
		}
	}
	// Something may have changed since the rehearsal.
	f.Set("format", "json")
	if a := w.Post(t, w.As(candor.RoleAnalyst), "/import/confirm", f); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("in another format: %d", a.Status)
	}
	if n := w.parties(t); n != before {
		t.Errorf("%d parties were added", n-before)
	}
}
