package evidence

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"candor"
)

// children are what this test binary does when a test runs it again, by the
// word in the environment variable EVIDENCE_CHILD.
var children = map[string]func(dir string) error{
	"append": appendForever,
	"full":   putOnFullDisk,
}

func TestMain(m *testing.M) {
	if child := children[os.Getenv("EVIDENCE_CHILD")]; child != nil {
		if err := child(os.Getenv("EVIDENCE_DIR")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

const testOrigin = "log.example.org/evidence"

// sample is an entry like those of the scanner.
func sample(n int) Entry {
	id := candor.ID(fmt.Sprintf("0192f0a1-0000-7000-8000-%012x", n))
	return Entry{
		ID: id, Kind: candor.RecordFinding, Actor: "scan", Subject: id, Case: id,
		Time:     time.Date(2026, 11, 25, 12, 0, 0, n, time.UTC),
		Blobs:    []Digest{{1, byte(n)}},
		Personal: map[string]Digest{"path": {2, byte(n)}},
		Body:     json.RawMessage(`{"bytes":1234,"class":"intrusions/application-compromise","rule":"PHP.Webshell","severity":"high"}`),
	}
}

func samples(from, count int) []Entry {
	out := make([]Entry, count)
	for i := range out {
		out[i] = sample(from + i)
	}
	return out
}

func fastOptions() Options {
	return Options{Origin: testOrigin, CheckpointInterval: 100 * time.Millisecond}
}

// openLog opens a log that is closed with the test.
func openLog(t testing.TB, dir string, o Options) *Log {
	t.Helper()
	l, err := Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeLog(t, l) })
	return l
}

func closeLog(t testing.TB, l *Log) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := l.Close(ctx); err != nil {
		t.Error(err)
	}
}

// newLog makes a closed log of count entries, and gives its folder.
func newLog(t testing.TB, count int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "log")
	l := openLog(t, dir, fastOptions())
	appendAll(t, l, samples(0, count))
	closeLog(t, l)
	return dir
}

func appendAll(t testing.TB, l *Log, entries []Entry) []uint64 {
	t.Helper()
	indexes, err := l.Append(t.Context(), entries...)
	if err != nil {
		t.Fatal(err)
	}
	return indexes
}

// must gives v, or ends the test.
func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func readTest(t testing.TB, name string) []byte {
	t.Helper()
	return must[[]byte](t)(os.ReadFile(name))
}

func writeTest(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
