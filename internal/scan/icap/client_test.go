package icap_test

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// need gives the path of a program, which has to be there in CI.
func need(t *testing.T, name, debian string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed: apt-get install %s", name, debian)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// TestClient has Debian's client drive the server, unchanged.
func TestClient(t *testing.T) {
	program := need(t, "c-icap-client", "c-icap")
	w := serve(t, nil)
	host, port, err := net.SplitHostPort(w.address)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	random := make([]byte, 3<<20)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	contents := map[string]string{"small": "nothing but good", "empty": "", "large": string(random), "bad": evil, "bad at the end": string(random) + evil}
	for name, content := range contents {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := func(t *testing.T, args ...string) (out, log string) {
		t.Helper()
		c := exec.CommandContext(t.Context(), program, append([]string{"-i", host, "-p", port, "-v"}, args...)...)
		var stdout, stderr bytes.Buffer
		c.Stdout, c.Stderr = &stdout, &stderr
		if err := c.Run(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, stderr.String())
		}
		return stdout.String(), stderr.String()
	}
	out, log := run(t, "-s", "scan")
	for _, want := range []string{"Allow 204: Yes", "Preview: 4096", "Methods: REQMOD, RESPMOD"} {
		if !strings.Contains(out+log, want) {
			t.Errorf("options: %q is not in\n%s%s", want, out, log)
		}
	}
	for mode, args := range map[string][]string{"respmod": {"-resp", "http://www.example.org/page", "-s", "respmod"}, "reqmod": {"-req", "http://www.example.org/form", "-method", "POST", "-s", "reqmod"}} {
		for how, more := range map[string][]string{"as offered": nil, "small preview": {"-w", "10"}, "no preview": {"-nopreview"}, "no 204": {"-no204"}, "neither": {"-nopreview", "-no204"}} {
			for name, content := range contents {
				t.Run(mode+", "+how+", "+name, func(t *testing.T) {
					to := filepath.Join(t.TempDir(), "out")
					_, log := run(t, append(append(args[:len(args):len(args)], more...), "-f", filepath.Join(dir, name), "-o", to)...)
					got, err := os.ReadFile(to)
					bad := strings.HasPrefix(name, "bad")
					unmodified := strings.Contains(log, "204 No Content") || strings.Contains(log, "No modification needed")
					switch {
					case bad && (!strings.Contains(string(got), "<dd>evil") || !strings.Contains(log, "X-Infection-Found: Type=0; Resolution=2; Threat=evil;") || !strings.Contains(log, "HTTP/1.1 403")):
						t.Errorf("bad content: %v %.80q\n%s", err, got, log)
					case !bad && !unmodified && string(got) != content:
						t.Errorf("good content: %v, %d bytes\n%s", err, len(got), log)
					}
					whole := how == "as offered" || how == "no 204" // of what fits in a preview, 204 is allowed
					if want := !bad && (!strings.Contains(strings.Join(more, " "), "-no204") || whole && len(content) < 4096); unmodified != want {
						t.Errorf("204: %v, want %v\n%s", unmodified, want, log)
					}
				})
			}
		}
	}
}
