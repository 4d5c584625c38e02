package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// answers is a desk that says of hosts what it was told.
func answers(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.URL.Query().Get("host")
		if r.URL.Path != "/api/v1/gate/allowed" || r.Header.Get("Authorization") != "Bearer candor_x" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"detail":"not signed in","hint":"Use a token."}`)
			return
		}
		switch host {
		case "live.example":
			fmt.Fprint(w, `{"host":"live.example","allowed":true,"site":"s","state":"live","unmet":[]}`)
		case "grace.example":
			fmt.Fprint(w, `{"host":"grace.example","allowed":true,"site":"s","state":"grace","until":"2026-12-01T00:00:00Z","unmet":[{"check":"terms","outcome":"failed","why":"old-terms","since":"2026-11-01T00:00:00Z","clause":"11.2, b)","requirements":[],"detail":"Old.","hint":"Accept them."}]}`)
		case "draft.example":
			fmt.Fprint(w, `{"host":"draft.example","allowed":false,"site":"s","state":"draft","unmet":[]}`)
		case "broken.example":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "moved.example":
			http.Redirect(w, r, "/api/v1/gate/allowed?host=live.example", http.StatusFound)
		case "other.example":
			fmt.Fprint(w, `{"host":"live.example","allowed":true}`)
		case "captive.example":
			fmt.Fprint(w, `<html>allowed: true</html>`)
		default:
			fmt.Fprintf(w, `{"host":%q,"allowed":false,"unmet":[]}`, host)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestGateCheck(t *testing.T) {
	s := answers(t)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("candor_x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CANDOR_URL", "")
	t.Setenv("CANDOR_TOKEN", "")
	for _, x := range []struct {
		args   string
		status int
		want   string // in what it says
	}{
		{"live.example", exitClean, "live.example may be reached (live)"},
		{"LIVE.example.", exitError, "the answer is about"}, // this desk does not know how to fold names
		{"grace.example", exitClean, "until 2026-12-01T00:00:00Z (grace)\n  terms (X.1207, 11.2, b)), failed: Old.\n      Accept them."},
		{"draft.example", exitFound, "draft.example may not be reached (draft)"},
		{"nobody.example", exitFound, "(no site of that name)"},
		{"draft.example --quiet", exitFound, ""},
		{"live.example --json", exitClean, `"allowed":true`},
		{"broken.example", exitError, "503"},
		{"moved.example", exitError, "302"},
		{"other.example", exitError, "the answer is about"},
		{"captive.example", exitError, "not a desk's"},
		{"live.example --server http://desk.example", exitError, "https://"},
		{"live.example --token-file /nowhere", exitError, "scope read"},
		{"live.example --server https://127.0.0.1:1", exitError, "Leave it as it is"},
		{"live.example draft.example", exitError, "one at a time"},
		{"", exitError, "no host name given"},
	} {
		args := strings.Fields("gate check --server " + s.URL + " --token-file " + file + " " + x.args)
		var out, problems bytes.Buffer
		status := run(args, nil, &out, &problems)
		if said := out.String() + problems.String(); status != x.status || !strings.Contains(said, x.want) || x.want == "" && said != "" {
			t.Errorf("%q: status %d, want %d; it says %q, want %q", x.args, status, x.status, said, x.want)
		}
	}
	t.Setenv("CANDOR_URL", s.URL)
	var problems bytes.Buffer
	if status := run([]string{"gate", "check", "live.example"}, nil, &problems, &problems); status != exitError || !strings.Contains(problems.String(), "there is no token") {
		t.Errorf("without a token: %d, %s", status, &problems)
	}
	t.Setenv("CANDOR_TOKEN", "candor_x")
	if status := run([]string{"gate", "check", "live.example"}, nil, &problems, &problems); status != exitClean {
		t.Errorf("from the environment: %d, %s", status, &problems)
	}
}
