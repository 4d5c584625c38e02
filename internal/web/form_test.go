package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"candor"
	"candor/internal/web/webtest"
)

// TestFormFiles sends more than a form holds, as anybody can: it is refused,
// and leaves nothing on the disk. The staff's files leave nothing, either.
func TestFormFiles(t *testing.T) {
	w := webtest.New(t, mountPortal)
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", "x")
	if err == nil {
		_, err = part.Write(bytes.Repeat([]byte("x"), 5<<20))
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		client *http.Client
		kind   string
		body   string
		want   int
	}{
		"a stranger's file": {w.Stranger(), form.FormDataContentType(), b.String(), http.StatusRequestEntityTooLarge},
		"a stranger's form": {w.Stranger(), "application/x-www-form-urlencoded", "mail=" + strings.Repeat("x", 5<<20), http.StatusRequestEntityTooLarge},
		"the staff's file":  {w.As(candor.RoleAdmin), form.FormDataContentType(), b.String(), 0},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+"/sign-in", strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", tt.kind)
		r.Header.Set("Origin", w.URL)
		a, err := tt.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if tt.want != 0 && a.StatusCode != tt.want {
			t.Errorf("%s: %d, want %d", name, a.StatusCode, tt.want)
		}
		if left, err := filepath.Glob(filepath.Join(temporary, "*")); err != nil || len(left) > 0 {
			t.Errorf("%s leaves %v, %v", name, left, err)
		}
	}
}
