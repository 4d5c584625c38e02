package icap_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"candor/internal/scan/icap"
)

// outruns tells whether a squid stalls where an origin is faster than the
// scanner: squid's bug 5352, of 2023 (also in Debian 12, by the mending of
// CVE-2024-25111), mended in 6.13. Once 64 KB wait for the scanner it reads no
// more from the origin until a part of the answer has come, which is too early
// for a scanner that wants to see all of it.
func outruns(t *testing.T, program string) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, "-v").Output()
	if err != nil {
		t.Fatal(err)
	}
	var major, minor int
	if _, err := fmt.Sscanf(string(out), "Squid Cache: Version %d.%d", &major, &minor); err != nil {
		t.Fatalf("the version of squid: %v\n%s", err, out)
	}
	return major < 6 || major == 6 && minor < 13
}

// squid runs squid with the server as its scanner, and gives a client that goes
// through it. It never passes by a scanner that does not answer.
func squid(t *testing.T, program, address string) *http.Client {
	t.Helper()
	port := freePort(t)
	// Squid gives up root for a user who has to reach the folder.
	dir, err := os.MkdirTemp("/tmp", "candor-squid-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	conf := fmt.Sprintf(`
http_port 127.0.0.1:%d
http_access allow all
cache deny all
pid_filename %[2]s/pid
cache_log %[2]s/cache.log
access_log none
coredump_dir %[2]s
shutdown_lifetime 0 seconds
visible_hostname localhost
pinger_enable off
icap_enable on
icap_preview_enable on
icap_send_client_ip on
icap_service in reqmod_precache icap://%[3]s/reqmod bypass=off
icap_service out respmod_precache icap://%[3]s/respmod bypass=off
adaptation_access in allow all
adaptation_access out allow all
`, port, dir, address)
	if u, err := user.Current(); err == nil && u.Uid == "0" {
		conf += "cache_effective_user proxy\n"
	}
	file := filepath.Join(dir, "squid.conf")
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "-N", "-f", file)
	var log bytes.Buffer
	c.Stdout, c.Stderr = &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt) // it may have ended
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = c.Process.Kill()
			<-ended
		}
	})
	proxy := &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}
	awaitPort(t, proxy.Host, ended, &log)
	// A connection that squid closes meanwhile would fail an upload.
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), DisableCompression: true, DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 60 * time.Second}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// awaitPort waits until somebody answers there.
func awaitPort(t *testing.T, address string, ended <-chan error, log *bytes.Buffer) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 600 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return
		}
		select {
		case err := <-ended:
			t.Fatalf("squid has ended: %v\n%s", err, log)
		case <-tick.C:
		}
	}
	t.Fatal("squid does not answer")
}

// keepAhead writes a content, and is at most ahead bytes further than what the
// server has received meanwhile.
func (w *world) keepAhead(ctx context.Context, to http.ResponseWriter, content string, ahead int) {
	begun, flush := w.received.Load(), http.NewResponseController(to)
	for sent := 0; sent < len(content); {
		n := min(16<<10, len(content)-sent)
		if _, err := io.WriteString(to, content[sent:sent+n]); err != nil || flush.Flush() != nil {
			return // the proxy has gone
		}
		for sent += n; w.received.Load()-begun < int64(sent-ahead); {
			select {
			case <-w.more:
			case <-ctx.Done():
				return
			}
		}
	}
}

// TestSquid downloads and uploads through squid.
func TestSquid(t *testing.T) {
	scanner := serve(t, func(o *icap.Options) { o.Clock = time.Now }) // squid reckons with Date
	random := make([]byte, 3<<20)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	contents := map[string]string{"small": "nothing but good", "empty": "", "medium": string(random[:40_000]), "large": string(random), "bad": evil, "bad-behind": string(random[:40_000]) + evil, "bad-at-the-end": string(random) + evil}
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin")
	program := need(t, "squid", "squid")
	ahead := len(random) * 2 // bytes that the origin may be ahead of the scanner
	if outruns(t, program) {
		ahead = 32 << 10
	}
	var uploaded string
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{name}", func(w http.ResponseWriter, r *http.Request) {
		content := contents[r.PathValue("name")]
		if r.URL.Query().Has("gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			content = encode(t, content, "gzip")
		}
		if !r.URL.Query().Has("chunked") {
			w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		}
		scanner.keepAhead(r.Context(), w, content, ahead)
	})
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		uploaded = string(body)
		_, _ = io.WriteString(w, "thanks")
	})
	origin := httptest.NewServer(mux)
	t.Cleanup(origin.Close)
	client := squid(t, program, scanner.address)
	ask := func(method, path, content string) (int, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, origin.URL+path, strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	for name, content := range contents {
		for _, query := range []string{"", "?chunked", "?gzip"} {
			status, body := ask(http.MethodGet, "/"+name+query, "")
			want := content
			if query == "?gzip" {
				want = encode(t, content, "gzip")
			}
			if bad := strings.HasPrefix(name, "bad"); bad && (status != 403 || !strings.Contains(body, "This page or file was blocked")) || !bad && (status != 200 || body != want) {
				t.Errorf("download of %s%s: %d, %d bytes %.80q", name, query, status, len(body), body)
			}
		}
		uploaded = "nothing"
		status, body := ask(http.MethodPost, "/", content)
		if bad := strings.HasPrefix(name, "bad"); bad && (status != 403 || uploaded != "nothing" || !strings.Contains(body, "This upload was blocked")) || !bad && (status != 200 || body != "thanks" || uploaded != content) {
			t.Errorf("upload of %s: %d %.80q, %d bytes came", name, status, body, len(uploaded))
		}
	}
	scanner.lock.Lock()
	defer scanner.lock.Unlock()
	for _, from := range scanner.from {
		if from.Client != "127.0.0.1" || !strings.HasPrefix(from.URL, origin.URL+"/") {
			t.Errorf("found at %+v", from)
		}
	}
	if len(scanner.from) != 12 {
		t.Errorf("%d were found", len(scanner.from))
	}
}
