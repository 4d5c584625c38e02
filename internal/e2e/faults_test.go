package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"candor"
	"candor/internal/evidence"
	"candor/internal/respond/notify/smtptest"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestFaults takes from the program what it needs, one after the other: the
// mail server, the vault, room on the disk. Each time an infected site is
// scanned meanwhile. The page of health says what is wrong, nothing is lost,
// and when all is there again everything is done without anybody's help.
func TestFaults(t *testing.T) {
	data := filepath.Join(smallDisk(t, 600<<20), "data")
	server := smtptest.Start(t, smtptest.Options{})
	mail := openGate(t, "tcp", "127.0.0.1:0", "tcp", fmt.Sprintf("127.0.0.1:%d", server.Port))
	_, port, err := net.SplitHostPort(mail.address)
	if err != nil {
		t.Fatal(err)
	}
	files := makeEstate(t, data, filepath.Join(t.TempDir(), "sites"), 3, 5)
	p := start(t, "--config", mailConfig(t, port), "--data", data)
	s := openStore(t, data)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(standing(s), p.errors())
		}
	})
	desk := signIn(t, p)
	vault := filepath.Join(data, "vault")
	await := func(what, part, state string) {
		t.Helper()
		eventually(t, what, time.Minute, func() bool { return desk.health(t)[part] == state })
	}

	mail.close()
	await("the mail server is missed", "mail", "ill")
	eventually(t, "all files are in quarantine without mail", 2*time.Minute, func() bool { return moved(t, files) && quarantined(t, s) >= len(files) })
	mail.open(t)
	await("the mail server is back", "mail", "well")
	eventually(t, "everybody is told", 5*time.Minute, func() bool { return settled(t, s, len(files)) })

	// The vault is away before there is anything to put into it: sites are watched.
	if err := errors.Join(os.Rename(vault, vault+".away"), os.WriteFile(vault, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	reinfect(t, files)
	await("the vault is missed", "vault", "ill")
	desk.scanAll(t, s)
	eventually(t, "a quarantine is tried in vain", time.Minute, func() bool { return triedInVain(t, s) })
	stillThere(t, files)
	if err := errors.Join(os.Remove(vault), os.Rename(vault+".away", vault)); err != nil {
		t.Fatal(err)
	}
	await("the vault is back", "vault", "well")
	eventually(t, "what the vault could not take is in quarantine", 5*time.Minute, func() bool { return moved(t, files) && settled(t, s, len(files)) })

	reinfect(t, files)
	filler := filepath.Join(filepath.Dir(data), "filler")
	mark := len(p.errors())
	fill(t, filler)
	await("the disk is full", "disk", "ill")
	desk.scanAll(t, s)
	eventually(t, "the full disk is told of", time.Minute, func() bool { return strings.Contains(p.errors()[mark:], "full") })
	inOnePlace(t, vault, files)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	await("there is room", "disk", "well")
	desk.scanAll(t, s)
	eventually(t, "all files are in quarantine and everybody is told", 5*time.Minute, func() bool { return moved(t, files) && settled(t, s, len(files)) })
	if status := p.stop(t); status != 0 {
		t.Errorf("the program ended with %d: %s", status, p.errors())
	}
	checkFiles(t, data, files)
	checkRecords(t, s, data, nil, nil)
}

// quarantined counts the findings whose files are in the vault.
func quarantined(t *testing.T, s *store.Store) int {
	t.Helper()
	page, err := s.Findings(t.Context(), candor.Everything, candor.FindingFilter{States: []candor.FindingState{candor.FindingQuarantined}}, candor.Cut{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	return page.Count
}

// triedInVain tells whether a quarantine has an error to tell of.
func triedInVain(t *testing.T, s *store.Store) bool {
	t.Helper()
	page, err := s.Responses(t.Context(), candor.Everything, candor.ResponseFilter{Method: "quarantine"}, candor.Cut{Limit: 200, Descending: true})
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(page.Items, func(r candor.Response) bool { return r.Error != "" })
}

// reinfect puts the files back where they were.
func reinfect(t *testing.T, files infected) {
	t.Helper()
	for path, content := range files {
		if err := os.WriteFile(path, content, 0o640); err != nil {
			t.Fatal(err)
		}
	}
}

// moved tells whether none of the files is where it was.
func moved(t *testing.T, files infected) bool {
	t.Helper()
	for path, content := range files {
		if got, err := os.ReadFile(path); err == nil && bytes.Equal(got, content) {
			return false
		}
	}
	return true
}

// stillThere fails if a file was moved.
func stillThere(t *testing.T, files infected) {
	t.Helper()
	for path, want := range files {
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is no longer what it was: %q, %v", path, got, err)
		}
	}
}

// inOnePlace fails if a file is neither where it was nor whole in the vault.
func inOnePlace(t *testing.T, vault string, files infected) {
	t.Helper()
	v, err := evidence.OpenVault(vault, evidence.VaultOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range files {
		if got, err := os.ReadFile(path); err == nil && bytes.Equal(got, want) {
			continue
		}
		if got, err := kept(v, want); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is lost: %v", path, err)
		}
	}
}

// TestDatabaseGone takes the database away for a while, as a restart of its
// server does. What is asked for meanwhile fails with an error; what is under
// way goes on afterwards.
func TestDatabaseGone(t *testing.T) {
	cluster, err := storetest.StartCluster()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	direct, err := cluster.Database()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	address, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	const socket = ".s.PGSQL.5432"
	database := openGate(t, "unix", filepath.Join(dir, socket), "unix", filepath.Join(address.Query().Get("host"), socket))
	address.RawQuery = url.Values{"host": {dir}}.Encode()
	server := smtptest.Start(t, smtptest.Options{})
	data := filepath.Join(dir, "data")
	s := openAt(t, direct)
	files := fillEstate(t, s, filepath.Join(dir, "sites"), 4, 20)
	p := start(t, "--config", mailConfig(t, fmt.Sprint(server.Port)), "--data", data, "--database", address.String())
	desk := signIn(t, p)
	eventually(t, "the first file is in quarantine", time.Minute, func() bool { return quarantined(t, s) > 0 })

	mark := len(p.errors())
	database.close()
	eventually(t, "the program says that it is not ready", 30*time.Second, func() bool { return desk.status(t, "/readyz") == http.StatusServiceUnavailable })
	if got := desk.status(t, "/today"); got != http.StatusServiceUnavailable {
		t.Errorf("a page without a database: %d", got)
	}
	eventually(t, "a chore misses the database", time.Minute, func() bool { return strings.Contains(p.errors()[mark:], "could not ") })
	database.open(t)
	eventually(t, "the program is ready", time.Minute, func() bool { return desk.status(t, "/readyz") == http.StatusOK })
	// A mail that was being sent then is tried again only once that cannot be any more.
	eventually(t, "all files are in quarantine and everybody is told", 10*time.Minute, func() bool { return moved(t, files) && settled(t, s, len(files)) })
	if status := p.stop(t); status != 0 {
		t.Errorf("the program ended with %d: %s", status, p.errors())
	}
	checkFiles(t, data, files)
	checkRecords(t, s, data, nil, nil)
}

// gate passes connections on to a server, until it is closed.
type gate struct {
	network, address string
	toNetwork, to    string
	listener         net.Listener
	lock             sync.Mutex
	all              []net.Conn
}

func openGate(t *testing.T, network, address, toNetwork, to string) *gate {
	t.Helper()
	g := &gate{network: network, address: address, toNetwork: toNetwork, to: to}
	g.open(t)
	t.Cleanup(g.close)
	return g
}

func (g *gate) open(t *testing.T) {
	t.Helper()
	l, err := net.Listen(g.network, g.address)
	if err != nil {
		t.Fatal(err)
	}
	g.listener, g.address = l, l.Addr().String()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			g.pass(c)
		}
	}()
}

func (g *gate) pass(c net.Conn) {
	other, err := net.Dial(g.toNetwork, g.to)
	if err != nil {
		c.Close()
		return
	}
	g.lock.Lock()
	g.all = append(g.all, c, other)
	g.lock.Unlock()
	for _, pair := range [][2]net.Conn{{c, other}, {other, c}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1]) // an end is an end, however it came
			pair[0].Close()
		}()
	}
}

// close breaks what is connected, and lets nobody in.
func (g *gate) close() {
	g.listener.Close()
	g.lock.Lock()
	defer g.lock.Unlock()
	for _, c := range g.all {
		c.Close()
	}
	g.all = nil
}

// smallDisk gives a folder on a disk of its own of so many bytes.
func smallDisk(t *testing.T, size int64) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("candor-test", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("mount a disk that can be filled: %v", err)
		}
		t.Skipf("a disk that can be filled needs the right to mount one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill writes a file until there is no room.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := f.Write(block); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			block = block[:len(block)/2]
		}
	}
}

func mailConfig(t *testing.T, port string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "candor.yml")
	text := fmt.Sprintf("mail: {host: 127.0.0.1, port: %s, tls: none, from: abuse@provider.example}\nprovider: {name: Provider, mail: desk@provider.example}\n", port)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// person is an administrator with a browser, of sorts.
type person struct {
	http.Client
	url string
}

func signIn(t *testing.T, p *program) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	one := &person{Client: http.Client{Jar: jar, Timeout: time.Minute}, url: p.URL}
	if status := one.post(t, strings.TrimPrefix(p.first(t), p.URL), url.Values{"name": {"Ada"}, "mail": {"ada@provider.example"}, "password": {password}}); status != http.StatusOK {
		t.Fatalf("the first administrator: %d", status)
	}
	return one
}

func (o *person) post(t *testing.T, path string, form url.Values) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", o.url)
	a, err := o.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	return a.StatusCode
}

func (o *person) status(t *testing.T, path string) int {
	t.Helper()
	a, err := o.Get(o.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	return a.StatusCode
}

// health gives the state of each part, as the program tells it.
func (o *person) health(t *testing.T) map[string]string {
	t.Helper()
	a, err := o.Get(o.url + "/api/v1/health")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	var body struct {
		Items []struct{ Name, State string }
	}
	if text, err := io.ReadAll(a.Body); err != nil || json.Unmarshal(text, &body) != nil || len(body.Items) == 0 {
		t.Fatalf("health: %d %.200s, %v", a.StatusCode, text, err)
	}
	parts := map[string]string{}
	for _, p := range body.Items {
		parts[p.Name] = p.State
	}
	return parts
}

// scanAll asks for a scan of every site.
func (o *person) scanAll(t *testing.T, s *store.Store) {
	t.Helper()
	page, err := s.Assets(t.Context(), candor.Everything, candor.AssetFilter{}, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range page.Items {
		_ = o.post(t, "/assets/"+string(a.ID)+"/scan", nil) // it may be refused while something is missing
	}
}
