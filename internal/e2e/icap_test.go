package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/scan/starter"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestICAP uploads to a hosted site through a proxy, and downloads from it:
// what is found opens a case of that site, without a file to move away. What
// goes elsewhere is counted only.
func TestICAP(t *testing.T) {
	data, folder, root := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "site")
	if err := errors.Join(starter.WriteSamples(folder), os.Mkdir(root, 0o755), os.WriteFile(filepath.Join(root, "index.html"), []byte("fine"), 0o644)); err != nil {
		t.Fatal(err)
	}
	shell, err := os.ReadFile(filepath.Join(folder, "cache", "options.php"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	p := candor.Party{ID: candor.NewID(now), Kind: candor.Customer, Name: "shop", Language: "en", Created: now, Updated: now}
	a := candor.Asset{ID: candor.NewID(now), Kind: candor.Site, Owner: p.ID, Name: "shop", Hosts: []string{"Shop.example", "例子.example"}, Roots: []string{root}, Created: now, Updated: now}
	s := openStore(t, data)
	err = s.Tx(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.AddParty(t.Context(), p), tx.AddAsset(t.Context(), a, now),
			tx.SetSetting(t.Context(), desk.PolicySetting, desk.Policy{Rules: []desk.PolicyRule{{Method: "quarantine"}}}, now, "test"),
			storetest.Agree(t.Context(), tx, p.ID, now, "quarantine"))
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	program := start(t, "--data", data, "--icap", address)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(program.errors())
		}
	})
	eventually(t, "ICAP is answered", time.Minute, func() bool {
		conn, err := net.Dial("tcp", address)
		return err == nil && conn.Close() == nil
	})
	s = openStore(t, data)
	defer s.Close()
	for _, url := range []string{"http://shop.example:8080/upload", "http://xn--fsqu00a.example/upload", "http://elsewhere.example/upload", "http://hop.example/"} {
		head := "POST " + url + " HTTP/1.1\r\nHost: x\r\n\r\n"
		message := fmt.Sprintf("REQMOD icap://%s/reqmod ICAP/1.0\r\nHost: x\r\nConnection: close\r\nEncapsulated: req-hdr=0, req-body=%d\r\n\r\n%s%x\r\n%s\r\n0\r\n\r\n", address, len(head), head, len(shell), shell)
		eventually(t, "what is uploaded to "+url+" is found", time.Minute, func() bool { // once there are definitions
			got := exchange(t, address, message)
			if !strings.Contains(got, "HTTP/1.1 403") {
				t.Fatalf("an upload to %s: %.200q", url, got)
			}
			return strings.Contains(got, "X-Infection-Found")
		})
	}
	page, err := s.Findings(t.Context(), candor.Everything, candor.FindingFilter{Asset: a.ID}, candor.Cut{})
	if err != nil || len(page.Items) == 0 {
		t.Fatal(page.Items, err)
	}
	for _, f := range page.Items {
		places, err := s.Places(t.Context(), f.ID)
		if err != nil || f.Sensor != desk.Passing || f.State != candor.FindingOpen || len(places) != 2 || !strings.HasPrefix(places[0].Path, "http://shop.example:8080/") && !strings.HasPrefix(places[0].Path, "http://xn--") {
			t.Errorf("%+v at %+v, %v", f, places, err)
		}
	}
	all, err := s.Findings(t.Context(), candor.Everything, candor.FindingFilter{}, candor.Cut{})
	if err != nil || len(all.Items) != len(page.Items) {
		t.Errorf("%d findings, %d of the site, %v", len(all.Items), len(page.Items), err)
	}
	// The first scan of the site is complete, and finds nothing there.
	eventually(t, "the site is scanned", time.Minute, func() bool {
		scans, err := s.Scans(t.Context(), candor.Everything, candor.ScanFilter{Asset: a.ID, States: []candor.ScanState{candor.ScanComplete}}, candor.Cut{})
		return err == nil && len(scans.Items) > 0
	})
	if f, err := s.Finding(t.Context(), candor.Everything, page.Items[0].ID); err != nil || f.State != candor.FindingOpen {
		t.Errorf("after a scan of the site: %+v, %v", f, err)
	}
	responses, err := s.Responses(t.Context(), candor.Everything, candor.ResponseFilter{Case: page.Items[0].Case}, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range responses.Items {
		if r.Method == "quarantine" {
			t.Errorf("a quarantine of what is no file: %+v", r)
		}
	}
}

// exchange sends all and reads all.
func exchange(t *testing.T, address, message string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, message); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}
