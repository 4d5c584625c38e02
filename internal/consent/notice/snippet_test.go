package notice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// program gives the path of a program that serves pages; in CI it has to be
// there.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, p := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(p); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed; its snippet was not tried", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// tricky is a notice with all that programs give a meaning to.
func tricky(t *testing.T) *Notice {
	t.Helper()
	n := *sample(t, "shop")
	n.Summary = Text{"en": `It's "quoted" \ ?> <?php $x ${HOME} %{ENV} {{file}} # ; }`}
	n.Title = Text{"en": "Shop"}
	return &n
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start runs a server until the test ends.
func start(t *testing.T, path string, args ...string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var said bytes.Buffer
	c := exec.CommandContext(ctx, path, args...)
	c.Stdout, c.Stderr = &said, &said
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 5 * time.Second
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := c.Wait(); t.Failed() {
			t.Logf("%s: %v\n%s", path, err, said.String())
		}
	})
}

// ask gets an address as soon as the server answers.
func ask(t *testing.T, client *http.Client, address string) (status int, header http.Header, body []byte) {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	for {
		resp, err := client.Get(address)
		if err == nil {
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return resp.StatusCode, resp.Header, body
		}
		var refused *net.OpError
		if !errors.As(err, &refused) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// serves checks that a server answers with the machine copy, and only there.
func serves(t *testing.T, n *Notice, client *http.Client, site string) {
	t.Helper()
	want, err := n.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	status, header, body := ask(t, client, site+WellKnown)
	if status != http.StatusOK || !bytes.Equal(body, want) {
		t.Errorf("%d, %d bytes of %d: %.300s", status, len(body), len(want), body)
	}
	for name, value := range map[string]string{"Content-Type": MediaType, "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*", "Cache-Control": "max-age=3600"} {
		if got := header.Values(name); len(got) != 1 || got[0] != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	if status, _, _ := ask(t, client, site+"/.well-known/other.json"); status != http.StatusNotFound {
		t.Errorf("another address answers with %d", status)
	}
	read, problems := Decode(body)
	if read == nil {
		t.Fatal(problems)
	}
	a, _ := read.Digest()
	b, _ := n.Digest()
	if a != b {
		t.Errorf("digest %s, want %s", a, b)
	}
}

// kept writes the machine copy into a folder whose name has a space.
func kept(t *testing.T, n *Notice) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} { // servers run as somebody else
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	data, err := n.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "a copy"), 0o755); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "a copy", "notice.json")
	write(t, file, string(data))
	return dir, file
}

func write(t *testing.T, path, data string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func snippet(t *testing.T, n *Notice, server, file string) string {
	t.Helper()
	s, err := n.Snippet(server, file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNginx(t *testing.T) {
	path := program(t, "nginx")
	n := tricky(t)
	dir, file := kept(t, n)
	socket := filepath.Join(dir, "s")
	conf := filepath.Join(dir, "nginx.conf")
	write(t, conf, fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log stderr;
events { }
http { access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/c;
types { text/plain json; }
server { listen unix:%[2]s; root %[1]s/none;
%[3]s } }
`, dir, socket, snippet(t, n, "nginx", file)))
	if out, err := exec.Command(path, "-t", "-c", conf).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	start(t, path, "-c", conf)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	serves(t, n, client, "http://site.example")
}

func TestApache(t *testing.T) {
	path := program(t, "apache2")
	n := tricky(t)
	dir, file := kept(t, n)
	address := freePort(t)
	var modules strings.Builder
	for _, m := range []string{"mpm_event", "authz_core", "alias", "headers", "mime"} {
		fmt.Fprintf(&modules, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", m, m)
	}
	conf := filepath.Join(dir, "apache.conf")
	write(t, conf, fmt.Sprintf(`ServerRoot "%[1]s"
%[2]s
Listen %[3]s
ServerName site.example
PidFile "%[1]s/pid"
ErrorLog "%[1]s/log"
TypesConfig /dev/null
DocumentRoot "%[1]s"
User nobody
Group nogroup
<Directory />
Require all denied
</Directory>
<Directory "%[1]s/none">
Require all granted
</Directory>
<VirtualHost *>
DocumentRoot "%[1]s/none"
%[4]s</VirtualHost>
`, dir, modules.String(), address, snippet(t, n, "apache", file)))
	if err := os.Mkdir(filepath.Join(dir, "none"), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(path, "-t", "-f", conf).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	start(t, path, "-X", "-f", conf)
	serves(t, n, http.DefaultClient, "http://"+address)
}

// TestWordPress runs the plug-in as WordPress does: loaded first, called when
// all of its kind are.
func TestWordPress(t *testing.T) {
	path := program(t, "php")
	n := tricky(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "plugin.php"), snippet(t, n, "wordpress", ""))
	write(t, filepath.Join(dir, "router.php"), `<?php
define('ABSPATH', __DIR__);
$actions = [];
function add_action($name, $call) { global $actions; $actions[$name][] = $call; }
require __DIR__ . '/plugin.php';
foreach ($actions['muplugins_loaded'] ?? [] as $call) { $call(); }
http_response_code(404);
echo 'page';
`)
	address := freePort(t)
	start(t, path, "-n", "-S", address, filepath.Join(dir, "router.php"))
	serves(t, n, http.DefaultClient, "http://"+address)
	if out, err := exec.Command(path, "-n", filepath.Join(dir, "plugin.php")).CombinedOutput(); err != nil || len(out) != 0 {
		t.Errorf("asked for by itself, the plug-in says %q, %v", out, err)
	}
}

func TestSnippetRefuses(t *testing.T) {
	n := sample(t, "shop")
	for _, file := range []string{"", "relative.json", "/a\"b", "/a$b", "/a\nb", "/a;b", "/a%{b}", "/a\\b", "/ü", "/a "} {
		if _, err := n.Snippet("nginx", file); err == nil {
			t.Errorf("path %q was taken", file)
		}
	}
	if _, err := n.Snippet("iis", "/a"); err == nil {
		t.Error("a snippet for iis")
	}
	if !safePath(n.KeptAt()) {
		t.Error(n.KeptAt())
	}
}
