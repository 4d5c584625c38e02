package evidence

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
)

func newTestWitness(t testing.TB, dir string, logs ...string) *Witness {
	t.Helper()
	return must[*Witness](t)(NewWitness(dir, WitnessOptions{Name: "witness.example.org", Logs: logs}))
}

// TestCosignedLog runs a log with a witness that lives and one that is dead.
func TestCosignedLog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	key := openLog(t, dir, fastOptions())
	closeLog(t, key)
	witness := newTestWitness(t, t.TempDir(), key.Key())
	server := httptest.NewServer(witness)
	defer server.Close()
	dead := newTestWitness(t, t.TempDir(), key.Key())
	nobody := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	address := nobody.Addr().String()
	nobody.Close()

	o := fastOptions()
	o.Witnesses = []Cosigner{{witness.Key(), server.URL + "/w"}, {dead.Key(), "http://" + address}}
	l := openLog(t, dir, o)
	for i := range 5 {
		appendAll(t, l, samples(i*100, 100))
		if err := l.Await(t.Context(), uint64(i+1)*100); err != nil {
			t.Fatal(err)
		}
	}
	s := must[Status](t)(l.Status(t.Context()))
	if len(s.Witnesses) != 2 || s.Witnesses[0].Error != "" || time.Since(s.Witnesses[0].Cosigned).Abs() > time.Minute {
		t.Errorf("the living witness: %+v", s.Witnesses)
	}
	if s.Witnesses[1].Error == "" || !s.Witnesses[1].Cosigned.IsZero() || s.Witnesses[1].Asked.IsZero() {
		t.Errorf("the dead witness: %+v", s.Witnesses[1])
	}
	closeLog(t, l)
	verified(t, dir, VerifyOptions{Witnesses: []string{witness.Key()}})
	other := must[*Witness](t)(NewWitness(t.TempDir(), WitnessOptions{Name: "other.example.org"}))
	r := must[Report](t)(Verify(t.Context(), dir, VerifyOptions{Witnesses: []string{witness.Key(), other.Key()}}))
	if !r.Failed("witness") || !strings.Contains(r.String(), "other.example.org has not cosigned") {
		t.Errorf("a missing cosignature passes:\n%s", r)
	}
	reopened := openLog(t, dir, o)
	if s := must[Status](t)(reopened.Status(t.Context())); s.Witnesses[0].Cosigned.IsZero() {
		t.Error("the last cosignature is forgotten")
	}
}

// TestWitness walks through C2SP tlog-witness.
func TestWitness(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	l := openLog(t, dir, fastOptions())
	appendAll(t, l, samples(0, 300))
	closeLog(t, l)
	k := must[keys](t)(parseKey(strings.TrimSpace(string(readTest(t, filepath.Join(dir, keyFile))))))
	roots := sweep{files: l.files, size: 300, marks: []uint64{100, 200}}
	if err := roots.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := func(size uint64) string { return signed(t, k, testOrigin, size, roots.roots[size]) }
	evil := func(size uint64) string { return signed(t, k, testOrigin, size, make([]byte, 32)) }
	proof := func(from, to uint64) string { return proofText(t, l, from, to) }
	home := t.TempDir()
	w := newTestWitness(t, home, k.public)

	for i, tt := range []struct {
		body   string
		status int
		answer string
	}{
		{"nonsense", 400, ""},
		{"old x\n\n" + at(100), 400, ""},
		{"old 0\nnonsense\n\n" + at(100), 400, ""},
		{"old 0\n" + strings.Repeat(strings.Repeat("A", 43)+"=\n", 64) + "\n" + at(100), 400, ""},
		{"old 0\n\n" + signed(t, must[keys](t)(parseKey(must[string](t)(newKey("unknown.example.org", zeros{})))), "unknown.example.org", 1, make([]byte, 32)), 404, ""},
		{"old 0\n\n" + strings.Replace(at(100), "\n100\n", "\n101\n", 1), 403, ""},
		{"old 101\n\n" + at(100), 400, ""},
		{"old 50\n" + proof(50, 100) + "\n" + at(100), 409, "0\n"}, // never seen
		{"old 0\n" + proof(50, 100) + "\n" + at(100), 422, ""},     // nothing to prove
		{"old 0\n\n" + at(100), 200, "— witness.example.org "},
		{"old 0\n\n" + at(100), 409, "100\n"},
		{"old 100\n\n" + at(100), 200, "— witness.example.org "}, // the answer was lost
		{"old 100\n\n" + evil(100), 409, ""},                     // fork of the same size
		{"old 100\n" + proof(100, 200) + "\n" + evil(200), 422, ""},
		{"old 100\n\n" + at(200), 422, ""}, // no proof
		{"old 100\n" + proof(100, 300) + "\n" + at(200), 422, ""},
		{"old 100\n" + proof(100, 200) + "\n" + at(200), 200, "— witness.example.org "},
		{"old 0\n\n" + at(100), 409, "200\n"}, // roll-back
		{"old 200\n\n" + at(100), 400, ""},
		{"old 200\n" + proof(200, 300) + "\n" + at(300), 200, "— witness.example.org "},
	} {
		w = newTestWitness(t, home, k.public) // it remembers
		r := httptest.NewRecorder()
		w.ServeHTTP(r, httptest.NewRequest(http.MethodPost, "/add-checkpoint", strings.NewReader(tt.body)))
		if r.Code != tt.status || !strings.HasPrefix(r.Body.String(), tt.answer) {
			t.Errorf("request %d: %d %q, want %d %q", i, r.Code, r.Body, tt.status, tt.answer)
		}
		if r.Code == http.StatusConflict && tt.answer != "" && r.Header().Get("Content-Type") != sizeType {
			t.Errorf("request %d: Content-Type %q", i, r.Header().Get("Content-Type"))
		}
	}
	r := httptest.NewRecorder()
	w.ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/add-checkpoint", nil))
	if r.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", r.Code)
	}
}

// TestWitnessThatCannotKeep gives no cosignature that it would forget.
func TestWitnessThatCannotKeep(t *testing.T) {
	dir := newLog(t, 3)
	r := must[*Reader](t)(OpenReader(dir))
	home := filepath.Join(t.TempDir(), "witness")
	w := newTestWitness(t, home, r.Key())
	if err := os.RemoveAll(home); err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	body := append([]byte("old 0\n\n"), must[[]byte](t)(r.Checkpoint())...)
	w.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/add-checkpoint", bytes.NewReader(body)))
	if answer.Code != http.StatusInternalServerError || strings.Contains(answer.Body.String(), "—") {
		t.Errorf("%d %q", answer.Code, answer.Body)
	}
}

func signed(t testing.TB, k keys, origin string, size uint64, root []byte) string {
	t.Helper()
	text := log.Checkpoint{Origin: origin, Size: size, Hash: root}.Marshal()
	return string(must[[]byte](t)(note.Sign(&note.Note{Text: string(text)}, k.Signer)))
}

func proofText(t testing.TB, l *Log, from, to uint64) string {
	t.Helper()
	var b strings.Builder
	for _, h := range must[[]Digest](t)(l.Consistency(context.Background(), from, to)) {
		fmt.Fprintln(&b, base64.StdEncoding.EncodeToString(h[:]))
	}
	return b.String()
}

func FuzzWitness(f *testing.F) {
	dir := newLog(f, 3)
	r := must[*Reader](f)(OpenReader(dir))
	w := newTestWitness(f, f.TempDir(), r.Key())
	checkpoint := string(must[[]byte](f)(r.Checkpoint()))
	f.Add([]byte("old 0\n\n" + checkpoint))
	f.Add([]byte("old 3\n" + strings.Repeat("A", 43) + "=\n\n" + checkpoint))
	f.Fuzz(func(t *testing.T, body []byte) {
		if line, refused := w.add(body); (line == nil) == (refused == nil) {
			t.Errorf("%q and %v", line, refused)
		}
	})
}
