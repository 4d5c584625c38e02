package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGarden: the portal of the walled garden answers on its own address, and
// nothing of the console does there.
func TestGarden(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "candor.yml")
	text := fmt.Sprintf("data: {dir: %q}\nprovider: {name: Example Net}\ngarden: {listen: [%q], url: %q}\n", filepath.Join(dir, "data"), address, "http://"+address)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "--config", file)
	r, err := http.Get(p.URL) // is answered after the portal is there
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	for path, want := range map[string]string{"/captive": `"captive":false`, "/sign-in": "This line is open", "/hotspot-detect.html": "Success", "/api/v1/cases": "This line is open"} {
		r, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != http.StatusOK || !strings.Contains(string(body), want) || len(r.Cookies()) > 0 {
			t.Errorf("%s: %d, %.200s", path, r.StatusCode, body)
		}
	}
}
