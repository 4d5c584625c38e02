package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"candor"
	"candor/internal/evidence"
)

func entries(from, n int) (all []evidence.Entry) {
	for i := range n {
		all = append(all, evidence.Entry{
			ID: candor.NewID(time.Now()), Kind: candor.RecordDecision, Actor: "test", Time: time.Unix(int64(from+i), 0).UTC(),
			Subject: candor.NewID(time.Now()), Body: json.RawMessage(fmt.Sprintf(`{"n":%d}`, from+i)),
		})
	}
	return all
}

func openLog(t *testing.T, dir string) *evidence.Log {
	t.Helper()
	l, err := evidence.Open(t.Context(), dir, evidence.Options{Origin: "test.example/log", CheckpointInterval: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestEvidence backs a log and a vault up while they grow, again and again,
// and goes on with what was restored.
func TestEvidence(t *testing.T) {
	dir := t.TempDir()
	log := openLog(t, dir+"/log")
	vault, err := evidence.OpenVault(dir+"/vault", evidence.VaultOptions{})
	if err != nil {
		t.Fatal(err)
	}
	blob, _, err := vault.Put(strings.NewReader("a sample"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(t.Context(), entries(0, 300)...); err != nil {
		t.Fatal(err)
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	h := kinds["sqlite"](t)
	source := Source{Database: h, Log: dir + "/log", Vault: dir + "/vault", Recipients: []age.Recipient{id.Recipient()}, Keys: keysOf(dir)}

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		for i := 300; ctx.Err() == nil; i += 37 {
			if _, err := log.Append(t.Context(), entries(i, 37)...); err != nil {
				done <- err
				return
			}
			if _, _, err := vault.Put(strings.NewReader(fmt.Sprint("sample ", i))); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	var before uint64
	for i := range 3 {
		archive, report := write(t, source)
		if report.LogSize < 300 || report.LogSize < before || report.Blobs < 1 {
			t.Errorf("%+v", report)
		}
		before = report.LogSize
		to := filepath.Join(dir, fmt.Sprint("restored", i))
		target := Target{Database: kinds["sqlite"](t), Log: to + "/log", Vault: to + "/vault", Keys: keysOf(to), Identities: []age.Identity{id}}
		if _, err := Restore(t.Context(), bytes.NewReader(archive), target); err != nil {
			t.Fatal(err)
		}
		goOn(t, to, report.LogSize, blob, log.Key())
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := log.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func keysOf(dir string) map[string]string {
	return map[string]string{"log.key": dir + "/log/log.key", "vault/identity": dir + "/vault/identity.txt", "vault/names": dir + "/vault/names.key"}
}

// goOn appends to a restored log, verifies it, and reads the blob.
func goOn(t *testing.T, dir string, size uint64, blob evidence.Digest, key string) {
	t.Helper()
	log := openLog(t, dir+"/log")
	indexes, err := log.Append(t.Context(), entries(1_000_000, 300)...)
	if err != nil || indexes[0] != size {
		t.Errorf("goes on at %d of %d: %v", indexes, size, err)
	}
	if err := log.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	report, err := evidence.VerifyLog(t.Context(), dir+"/log", evidence.VerifyOptions{Key: key})
	if err != nil || !report.OK() {
		t.Errorf("%+v, %v", report, err)
	}
	vault, err := evidence.OpenVault(dir+"/vault", evidence.VaultOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := vault.Get(blob)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil || b.String() != "a sample" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

// TestPartial takes the beginning of full tiles where partial ones are gone.
func TestPartial(t *testing.T) {
	dir := t.TempDir()
	log := openLog(t, dir+"/log")
	if _, err := log.Append(t.Context(), entries(0, 10)...); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	state, err := os.ReadFile(filepath.Join(dir, "log", treeState))
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, err := os.ReadFile(dir + "/log/tlog/checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	log = openLog(t, dir+"/log")
	if _, err := log.Append(t.Context(), entries(10, 500)...); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	// As if the state had been read before the log grew and was tidied up.
	for name, content := range map[string][]byte{treeState: state, "tlog/checkpoint": checkpoint} {
		if err := os.WriteFile(filepath.Join(dir, "log", name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tile := range []string{"tile/0", "tile/entries"} {
		if err := os.RemoveAll(dir + "/log/tlog/" + tile + "/000.p"); err != nil {
			t.Fatal(err)
		}
	}
	archive, report := write(t, Source{Database: kinds["sqlite"](t), Log: dir + "/log"})
	if report.LogSize != 10 {
		t.Fatalf("%+v", report)
	}
	if _, err := Restore(t.Context(), bytes.NewReader(archive), Target{Database: kinds["sqlite"](t), Log: dir + "/restored"}); err != nil {
		t.Fatal(err)
	}
	verified, err := evidence.VerifyLog(t.Context(), dir+"/restored", evidence.VerifyOptions{Key: log.Key()})
	if err != nil || !verified.OK() {
		t.Errorf("%+v, %v", verified, err)
	}
}
