package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/respond/notify/smtptest"
	"candor/internal/store/storetest"
)

// TestRoles has one program answer and two work, on one database and one data
// folder: from the finding to the restored file, also when the worker that
// carries evidence dies.
func TestRoles(t *testing.T) {
	cluster, err := storetest.StartCluster()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	database, err := cluster.Database()
	if err != nil {
		t.Fatal(err)
	}
	server := smtptest.Start(t, smtptest.Options{})
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	s := openAt(t, database)
	files := fillEstate(t, s, filepath.Join(dir, "sites"), 2, 3)
	run := func(role string, more ...string) *program {
		return start(t, append([]string{"--config", mailConfig(t, fmt.Sprint(server.Port)), "--data", data, "--database", database, "--role", role}, more...)...)
	}
	one := run("worker")
	two := run("worker")
	if !strings.Contains(two.errors(), "takes over when that one ends") {
		t.Errorf("the second worker says nothing of the first: %s", two.errors())
	}
	web := run("web")
	desk := signIn(t, web)
	eventually(t, "all files are in quarantine", 3*time.Minute, func() bool { return moved(t, files) && settled(t, s, len(files)) })

	all, err := s.Responses(t.Context(), candor.Everything, candor.ResponseFilter{Method: "quarantine"}, candor.Cut{})
	if err != nil || len(all.Items) < 2 {
		t.Fatalf("the responses are %v, %v", all.Items, err)
	}
	undo := func(r candor.Response) {
		t.Helper()
		if status := desk.post(t, "/responses/"+string(r.ID)+"/undo", url.Values{"undo-reason": {"the owner wants it back"}}); status != http.StatusOK {
			t.Fatalf("undo: %d", status)
		}
		eventually(t, "the files are back and the evidence has it", time.Minute, func() bool {
			now, err := s.Response(t.Context(), candor.Everything, r.ID)
			waiting, err2 := s.CountPending(t.Context())
			return err == nil && err2 == nil && now.State == candor.ResponseUndone && waiting == 0
		})
	}
	undo(all.Items[0])
	if state := desk.health(t)["evidence"]; state != "well" {
		t.Errorf("on the web the evidence is %q", state)
	}
	for _, path := range []string{"/evidence", "/definitions", "/today"} {
		if status := desk.status(t, path); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
	one.kill()
	eventually(t, "the second worker takes over", time.Minute, func() bool { return strings.Contains(two.errors(), "from now on") })
	undo(all.Items[1])
	if back := restored(files); back == 0 {
		t.Error("no file is back")
	}
	for _, p := range []*program{web, two} {
		if status := p.stop(t); status != 0 {
			t.Errorf("a program ended with %d: %s", status, p.errors())
		}
	}
	checkRecords(t, s, data, nil, nil)

	// A worker with a folder of its own would have a second log.
	if p, err := launch("--data", filepath.Join(dir, "other"), "--database", database, "--role", "worker"); err == nil {
		p.kill()
		t.Error("a second evidence log was begun")
	} else if !strings.Contains(err.Error(), "share one data folder") {
		t.Errorf("a second data folder: %v", err)
	}
}

// restored tells how many files are as they were.
func restored(files infected) (n int) {
	for path, content := range files {
		if now, err := os.ReadFile(path); err == nil && string(now) == string(content) {
			n++
		}
	}
	return n
}
