package e2e

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"candor"
	"candor/internal/store"
)

// holdings says what a database holds, for comparison.
func holdings(t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	all, out := candor.Cut{Limit: 1}, map[string]int{}
	cases, err1 := s.Cases(t.Context(), candor.Everything, candor.CaseFilter{}, all)
	findings, err2 := s.Findings(t.Context(), candor.Everything, candor.FindingFilter{}, all)
	parties, err3 := s.Parties(t.Context(), candor.Everything, candor.PartyFilter{}, all)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			t.Fatal(err)
		}
	}
	out["cases"], out["findings"], out["parties"] = cases.Count, findings.Count, parties.Count
	return out
}

// command runs the program to its end.
func command(t *testing.T, want int, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), binary, args...)
	c.Env = environment()
	out, err := c.CombinedOutput()
	if got := c.ProcessState.ExitCode(); got != want {
		t.Errorf("candor %s: %d, want %d, %v\n%s", strings.Join(args, " "), got, want, err, out)
	}
	return string(out)
}

// sampled waits until the sample provider's sites have been scanned, and all
// of it is in the log.
func sampled(t *testing.T, s *store.Store) {
	t.Helper()
	eventually(t, "the sample provider is scanned", time.Minute, func() bool {
		scans, err := s.Scans(t.Context(), candor.Everything, candor.ScanFilter{States: []candor.ScanState{candor.ScanComplete}}, candor.Cut{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		waiting, err := s.CountPending(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return scans.Count == 5 && waiting == 0
	})
}

// TestBackup backs a desk up while it runs, with its keys, and lets a second
// one go on from there.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	data, restored, file, identity := filepath.Join(dir, "data"), filepath.Join(dir, "restored"), filepath.Join(dir, "b.age"), filepath.Join(dir, "identity.txt")
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(identity, []byte(key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "--sample", "--data", data)
	s := openStore(t, data)
	sampled(t, s)
	checkpoint := filepath.Join(dir, "checkpoint")
	duplicate(t, filepath.Join(data, "evidence", "tlog", "checkpoint"), checkpoint)
	want := holdings(t, s)
	command(t, 0, "backup", "--data", data, "--to", key.Recipient().String(), "--keys", file)
	command(t, 2, "backup", "--data", data, file) // it is there
	if status := p.stop(t); status != 0 {
		t.Errorf("the program ended with %d: %s", status, p.errors())
	}

	command(t, 2, "restore", "--check", file) // without the identity
	if out := command(t, 0, "restore", "--check", "--identity", identity, file); !strings.Contains(out, "log.key") {
		t.Errorf("check says %s", out)
	}
	command(t, 0, "restore", "--data", restored, "--identity", identity, file)
	command(t, 2, "restore", "--data", restored, "--identity", identity, file) // it is not empty
	if got := holdings(t, openStore(t, restored)); got["cases"] != want["cases"] || got["findings"] != want["findings"] || got["parties"] != want["parties"] || want["cases"] == 0 {
		t.Errorf("restored %v of %v", got, want)
	}
	again := start(t, "--data", restored)
	if status := again.stop(t); status != 0 {
		t.Errorf("the restored desk ended with %d: %s", status, again.errors())
	}
	command(t, 0, "verify", filepath.Join(restored, "evidence"), "--key", filepath.Join(data, "evidence", "log.pub"), "--earlier", checkpoint)
}

// TestTampered changes a log in each way that there is, and holds it against a
// checkpoint that somebody kept.
func TestTampered(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	p := start(t, "--sample", "--data", data)
	sampled(t, openStore(t, data))
	if status := p.stop(t); status != 0 {
		t.Errorf("the program ended with %d: %s", status, p.errors())
	}
	early := filepath.Join(dir, "early")
	duplicate(t, data, early)
	p = start(t, "--data", data) // a person signs in, so that the log grows
	signIn(t, p)
	s := openStore(t, data)
	eventually(t, "all is in the log", time.Minute, func() bool { n, err := s.CountPending(t.Context()); return err == nil && n == 0 })
	if status := p.stop(t); status != 0 {
		t.Errorf("the program ended with %d: %s", status, p.errors())
	}
	checkpoint := filepath.Join(dir, "checkpoint")
	duplicate(t, filepath.Join(data, "evidence", "tlog", "checkpoint"), checkpoint)
	key := filepath.Join(data, "evidence", "log.pub")
	verify := func(want int, folder string) string {
		t.Helper()
		return command(t, want, "verify", filepath.Join(folder, "evidence"), "--key", key, "--earlier", checkpoint)
	}
	verify(0, data)

	entries := func(folder string) string {
		t.Helper()
		all, err := filepath.Glob(filepath.Join(folder, "evidence", "tlog", "tile", "entries", "*"))
		if err != nil || len(all) == 0 {
			t.Fatalf("entries of the log: %v, %v", all, err)
		}
		name := all[0]
		for info, err := os.Stat(name); err == nil && info.IsDir(); info, err = os.Stat(name) {
			inner, err := filepath.Glob(filepath.Join(name, "*"))
			if err != nil || len(inner) == 0 {
				t.Fatalf("entries of the log: %v, %v", inner, err)
			}
			name = slices.MaxFunc(inner, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) }) // of partial tiles the one with the most entries
		}
		return name
	}
	for name, damage := range map[string]func(folder string) error{
		"edited": func(folder string) error {
			text, err := os.ReadFile(entries(folder))
			if err == nil {
				text[len(text)/2] ^= 1
				err = os.WriteFile(entries(folder), text, 0o600)
			}
			return err
		},
		"deleted": func(folder string) error { return os.Remove(entries(folder)) },
	} {
		folder := filepath.Join(dir, name)
		duplicate(t, data, folder)
		if err := damage(folder); err != nil {
			t.Fatal(err)
		}
		t.Log(name, verify(1, folder))
	}
	t.Log("truncated", verify(1, early))
	forked := start(t, "--data", early)
	stranger := signIn(t, forked)
	for range 5 { // at least as long as the other
		stranger.post(t, "/sign-in", nil)
	}
	other := openStore(t, early)
	eventually(t, "all is in the log", time.Minute, func() bool { n, err := other.CountPending(t.Context()); return err == nil && n == 0 })
	if status := forked.stop(t); status != 0 {
		t.Errorf("the program ended with %d: %s", status, forked.errors())
	}
	t.Log("forked", verify(1, early))
}

// duplicate copies a file or a folder.
func duplicate(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
