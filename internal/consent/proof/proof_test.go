package proof_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/consent/notice"
	"candor/internal/consent/proof"
)

// server answers on the loopback under the name of its certificate.
func server(t *testing.T, serve http.HandlerFunc) (*proof.Fetcher, string) {
	t.Helper()
	s := httptest.NewTLSServer(serve)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
	}
	return proof.New(proof.Options{Dial: dial, Roots: roots, Timeout: 5 * time.Second}), "example.com"
}

func sample(t *testing.T) (canonical []byte, digest string) {
	t.Helper()
	data, err := os.ReadFile("../../../docs/notice/shop.json")
	if err != nil {
		t.Fatal(err)
	}
	n, problems := notice.Decode(data)
	if n == nil {
		t.Fatal(problems)
	}
	if canonical, err = n.Canonical(); err == nil {
		digest, err = n.Digest()
	}
	if err != nil {
		t.Fatal(err)
	}
	return canonical, digest
}

func TestFetch(t *testing.T) {
	canonical, digest := sample(t)
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, canonical, "", " "); err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(canonical, []byte("tea"), []byte("pea"), 1)
	say := func(body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }
	}
	to := func(address string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, address, http.StatusFound) }
	}
	code := func(n int) http.HandlerFunc { return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) } }
	for name, tt := range map[string]struct {
		serve  http.HandlerFunc
		status candor.ProofStatus
		detail string
	}{
		"same":      {say(canonical), candor.ProofSame, ""},
		"pretty":    {say(pretty.Bytes()), candor.ProofAltered, "form"},
		"changed":   {say(changed), candor.ProofAltered, ""},
		"other":     {say([]byte("{}")), candor.ProofOther, ""},
		"page":      {say([]byte("\n<!doctype html>")), candor.ProofAbsent, "page"},
		"empty":     {say(nil), candor.ProofAbsent, "page"},
		"large":     {say(bytes.Repeat([]byte(" "), notice.MostBytes+1)), candor.ProofAltered, "large"},
		"missing":   {code(404), candor.ProofAbsent, "http-404"},
		"forbidden": {code(403), candor.ProofAbsent, "http-403"},
		"broken":    {code(503), candor.ProofUnreachable, "http-503"},
		"hosted":    {to("https://desk.example/notice/1/v/2"), candor.ProofSame, "hosted"},
		"elsewhere": {to("https://other.example/" + digest), candor.ProofAbsent, "redirect"},
		"plain":     {to("http://example.com/x"), candor.ProofAbsent, "redirect"},
		"port":      {to("https://example.com:8443/x"), candor.ProofAbsent, "redirect"},
		"round":     {to("/round"), candor.ProofAbsent, "redirect"},
		"on itself": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == notice.WellKnown {
				http.Redirect(w, r, "/n.json", http.StatusFound)
				return
			}
			_, _ = w.Write(canonical)
		}, candor.ProofSame, ""},
		"cut short": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(canonical)))
			_, _ = w.Write(canonical[:10])
		}, candor.ProofUnreachable, "connection"},
	} {
		f, host := server(t, tt.serve)
		got := f.Fetch(t.Context(), proof.Wanted{Host: host, Digest: digest, Hosted: []string{"https://desk.example/notice/1/v/2"},
			Others: func(d string) bool { return strings.HasPrefix(d, "44136fa3") }}) // of {}
		if got.Status != tt.status || got.Detail != tt.detail {
			t.Errorf("%s: %+v", name, got)
		}
		if tt.status == candor.ProofSame && got.Digest != digest || tt.status == candor.ProofUnreachable && got.Digest != "" {
			t.Errorf("%s: digest %s", name, got.Digest)
		}
	}
}

func TestUnreachable(t *testing.T) {
	f, _ := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") })
	if got := f.Fetch(t.Context(), proof.Wanted{Host: "wrong.test"}); got.Status != candor.ProofUnreachable || got.Detail != "certificate" {
		t.Errorf("a certificate of another name: %+v", got)
	}
	for _, host := range []string{"", "a/b", "x@y", "*.example.com", "a?b"} {
		if got := f.Fetch(t.Context(), proof.Wanted{Host: host}); got.Status != candor.ProofUnreachable || got.Detail != "name" {
			t.Errorf("%q: %+v", host, got)
		}
	}
	inside := proof.New(proof.Options{})
	for _, host := range []string{"127.0.0.1:1", "[::1]:1", "169.254.169.254", "10.0.0.1"} {
		if got := inside.Fetch(t.Context(), proof.Wanted{Host: host}); got.Status != candor.ProofUnreachable || got.Detail != "inside" {
			t.Errorf("%s: %+v", host, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := f.Fetch(ctx, proof.Wanted{Host: "example.com"}); got.Status != candor.ProofUnreachable {
		t.Errorf("when it was cancelled: %+v", got)
	}
}
