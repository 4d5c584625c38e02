package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/store"
)

// agentProgram is a running candor agent.
type agentProgram struct {
	cmd    *exec.Cmd
	lock   sync.Mutex
	output bytes.Buffer
	ended  chan struct{}
}

func startAgent(t *testing.T, args ...string) *agentProgram {
	t.Helper()
	p := &agentProgram{cmd: exec.Command(binary, append([]string{"agent", "--alone", "2s", "--cpu", "0"}, args...)...), ended: make(chan struct{})}
	p.cmd.Env = environment()
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	w := writerFunc(func(b []byte) (int, error) {
		p.lock.Lock()
		defer p.lock.Unlock()
		return p.output.Write(b)
	})
	p.cmd.Stdout, p.cmd.Stderr = w, w
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Log("the agent said:", p.said())
		}
	})
	return p
}

func (p *agentProgram) said() string {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.output.String()
}

func (p *agentProgram) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.ended
}

// freeAddress is one that nobody listens at, as yet.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// onServer puts all sites of a database onto a server.
func onServer(t *testing.T, s *store.Store) candor.ID {
	t.Helper()
	page, err := s.Assets(t.Context(), candor.Everything, candor.AssetFilter{Kind: candor.Site}, candor.Cut{Limit: 500})
	if err != nil || len(page.Items) == 0 {
		t.Fatal(page, err)
	}
	now := time.Now().UTC()
	server := candor.Asset{ID: candor.NewID(now), Kind: candor.Server, Owner: page.Items[0].Owner, Name: "web1", Reference: "web1", Created: now, Updated: now}
	err = s.Tx(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddAsset(t.Context(), server, time.Time{}); err != nil {
			return err
		}
		for _, a := range page.Items {
			a.Server, a.Every = server.ID, candor.Period(time.Minute)
			if err := tx.ChangeAsset(t.Context(), a, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return server.ID
}

// enrol makes a token.
func enrol(t *testing.T, data string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), binary, "enrol", "--data", data, "web1")
	c.Env = environment()
	var says bytes.Buffer
	c.Stderr = &says
	out, err := c.Output()
	if err != nil {
		t.Fatalf("enrol: %v: %s", err, says.Bytes())
	}
	return strings.TrimSpace(string(out))
}

func agentStatus(t *testing.T, s *store.Store, server candor.ID) (a candor.Agent, status wire.Status) {
	t.Helper()
	a, err := s.AgentOf(t.Context(), server)
	if err == nil && len(a.Status) > 0 {
		err = json.Unmarshal(a.Status, &status)
	}
	if err != nil {
		return candor.Agent{}, wire.Status{}
	}
	return a, status
}

// TestAgent has the agent of a server scan its sites, move away what is found
// there, and put it back: the program reads none of the files itself.
func TestAgent(t *testing.T) {
	dir := t.TempDir()
	data, address := filepath.Join(dir, "data"), freeAddress(t)
	files := makeEstate(t, data, filepath.Join(dir, "sites"), 2, 3)
	s := openStore(t, data)
	server := onServer(t, s)
	p := start(t, "--data", data, "--agents", address)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(standing(s), p.errors())
		}
	})
	admin := signIn(t, p)
	a := startAgent(t, "--server", address, "--data", filepath.Join(dir, "agent"), "--token", enrol(t, data))
	eventually(t, "all files are in quarantine", 2*time.Minute, func() bool {
		count, err := s.Findings(t.Context(), candor.Everything, candor.FindingFilter{States: []candor.FindingState{candor.FindingQuarantined}}, candor.Cut{Limit: 1})
		return err == nil && count.Count >= len(files) && verified(t, s) == 2
	})
	checkFiles(t, data, files)

	page, err := s.Responses(t.Context(), candor.Everything, candor.ResponseFilter{Method: "quarantine"}, candor.Cut{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Items {
		body := strings.NewReader(`{"reason":"it was a mistake"}`)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+"/api/v1/responses/"+string(r.ID)+"/undo", body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Origin", p.URL)
		answer, err := admin.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode/100 != 2 {
			t.Fatalf("undo: %d %s", answer.StatusCode, text)
		}
	}
	eventually(t, "all files are back", time.Minute, func() bool {
		for path, want := range files {
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, want) {
				return false
			}
		}
		return true
	})
	agent, status := agentStatus(t, s, server)
	if agent.Generation == "" || status.Sites != 2 || status.Memory == 0 {
		t.Errorf("the agent says of itself %s", agent.Status)
	}
	a.kill()
	if status := p.stop(t); status != 0 {
		t.Errorf("the program ended with %d: %s", status, p.errors())
	}
}

// verified counts the quarantines that were seen to hold.
func verified(t *testing.T, s *store.Store) (n int) {
	t.Helper()
	page, err := s.Responses(t.Context(), candor.Everything, candor.ResponseFilter{Method: "quarantine"}, candor.Cut{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Items {
		if r.State == candor.ResponseVerified {
			n++
		}
	}
	return n
}

// TestAgentAlone takes the desk away: the agent goes on by its schedule, is
// killed with findings that nobody has taken, and delivers them when both are
// back.
func TestAgentAlone(t *testing.T) {
	dir := t.TempDir()
	data, address, home := filepath.Join(dir, "data"), freeAddress(t), filepath.Join(dir, "agent")
	files := makeEstate(t, data, filepath.Join(dir, "sites"), 1, 1)
	s := openStore(t, data)
	server := onServer(t, s)
	site := everySecond(t, s)
	p := start(t, "--data", data, "--agents", address)
	a := startAgent(t, "--server", address, "--data", home, "--token", enrol(t, data))
	eventually(t, "the file is in quarantine", time.Minute, func() bool { return verified(t, s) == 1 })
	eventually(t, "nothing waits to be taken", time.Minute, func() bool {
		agent, status := agentStatus(t, s, server)
		return agent.Received > 0 && status.Backlog == 0
	})
	p.kill()

	var late, digest string
	for path, content := range files {
		late = filepath.Join(filepath.Dir(path), "late.php")
		content = append(content, "// later\n"...)
		digest = fmt.Sprintf("%x", sha256.Sum256(content))
		if err := os.WriteFile(late, content, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	before := len(a.said())
	eventually(t, "the agent finds the new file by itself", time.Minute, func() bool {
		said := a.said()[before:]
		return strings.Contains(said, "a site was scanned") && strings.Contains(said, "findings=2")
	})
	a.kill()
	if err := os.Remove(late); err != nil { // so that only what was kept can tell of it
		t.Fatal(err)
	}
	p = start(t, "--data", data, "--agents", address)
	startAgent(t, "--server", address, "--data", home)
	eventually(t, "the finding that waited is filed", time.Minute, func() bool {
		page, err := s.Findings(t.Context(), candor.Everything, candor.FindingFilter{Asset: site, Content: digest}, candor.Cut{Limit: 10})
		return err == nil && page.Count > 0
	})
	if status := p.stop(t); status != 0 {
		t.Errorf("the program ended with %d: %s", status, p.errors())
	}
}

// TestAgentKilled kills the agent at random moments while it scans, keeps
// findings and moves files. In the end each file is in the vault, none half
// moved, and each finding filed.
func TestAgentKilled(t *testing.T) {
	kills := 6
	if n, err := strconv.Atoi(os.Getenv("CANDOR_KILLS")); err == nil {
		kills = n
	}
	dir := t.TempDir()
	data, address, home := filepath.Join(dir, "data"), freeAddress(t), filepath.Join(dir, "agent")
	files := makeEstate(t, data, filepath.Join(dir, "sites"), 4, 30)
	s := openStore(t, data)
	onServer(t, s)
	p := start(t, "--data", data, "--agents", address)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(standing(s), p.errors())
		}
	})
	args := []string{"--server", address, "--data", home, "--token", enrol(t, data)}
	for range kills {
		a := startAgent(t, args...)
		time.Sleep(time.Duration(rand.IntN(1500)) * time.Millisecond) // the moment is what is tried
		a.kill()
	}
	startAgent(t, args...)
	eventually(t, "all files are in quarantine", 4*time.Minute, func() bool {
		page, err := s.Findings(t.Context(), candor.Everything, candor.FindingFilter{States: []candor.FindingState{candor.FindingOpen}}, candor.Cut{Limit: 1})
		return err == nil && page.Count == 0 && verified(t, s) >= 4 && gone(files)
	})
	checkFiles(t, data, files)
}

// gone tells whether no file is where it was.
func gone(files infected) bool {
	for path, was := range files {
		if now, err := os.ReadFile(path); err == nil && bytes.Equal(now, was) {
			return false
		}
	}
	return true
}

// everySecond has the one site scanned as often as it goes, and gives it.
func everySecond(t *testing.T, s *store.Store) candor.ID {
	t.Helper()
	page, err := s.Assets(t.Context(), candor.Everything, candor.AssetFilter{Kind: candor.Site}, candor.Cut{Limit: 1})
	if err != nil || len(page.Items) != 1 {
		t.Fatal(page, err)
	}
	a := page.Items[0]
	a.Every = candor.Period(2 * time.Second)
	if err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.ChangeAsset(t.Context(), a, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	return a.ID
}
