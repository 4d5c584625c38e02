package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"candor"
)

// exhibit is a log, a vault and what a bundle of them holds.
type exhibit struct {
	log     *Log
	vault   *Vault
	bundle  Bundle
	earlier []byte
}

func newExhibit(t testing.TB) exhibit {
	t.Helper()
	x := exhibit{
		log:   openLog(t, filepath.Join(t.TempDir(), "log"), fastOptions()),
		vault: openVault(t, filepath.Join(t.TempDir(), "vault"), VaultOptions{}),
	}
	appendAll(t, x.log, samples(0, 100))
	if err := x.log.Await(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	x.earlier = must[[]byte](t)(x.log.Checkpoint())
	d := put(t, x.vault, "evidence")
	r := candor.Record{
		ID: "0192f0a1-0000-7000-8000-00000000abcd", Kind: candor.RecordDecision, At: time.Now(), Actor: "ann", Body: []byte(`{}`),
		Blobs: []string{d.String()}, Personal: map[string]string{"email": "customer@example.org"},
	}
	e, concealed, err := FromRecord(rand.Reader, r)
	if err != nil {
		t.Fatal(err)
	}
	index := appendAll(t, x.log, append(samples(100, 200), e))[200]
	if err := x.log.Await(t.Context(), index+1); err != nil {
		t.Fatal(err)
	}
	x.bundle = Bundle{
		Title: "Case 7", Made: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), Entries: []uint64{index, 5, 270}, From: []uint64{100},
		Blobs: []Digest{d}, Vault: x.vault,
		Revealed: []Revealed{{Index: index, Name: "email", Value: "customer@example.org", Salt: concealed["email"].Salt}},
	}
	return x
}

func (x exhibit) write(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := x.log.WriteBundle(t.Context(), &out, x.bundle); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func verifyBytes(t testing.TB, data []byte, o VerifyOptions) Report {
	t.Helper()
	name := filepath.Join(t.TempDir(), "case.zip")
	writeTest(t, name, data)
	return must[Report](t)(Verify(t.Context(), name, o))
}

func TestBundle(t *testing.T) {
	x := newExhibit(t)
	data := x.write(t)
	if !bytes.Equal(data, x.write(t)) {
		t.Error("written twice, it is not the same")
	}
	r := verifyBytes(t, data, VerifyOptions{Key: x.log.Key(), Earlier: [][]byte{x.earlier}})
	if !r.OK() || !r.Complete() || r.What != "bundle" || r.Title != "Case 7" || r.Size != 301 {
		t.Errorf("%+v\n%s", r, r)
	}
	b := must[*BundleFile](t)(ReadBundle(bytes.NewReader(data), int64(len(data))))
	e, _, err := b.Entry(270)
	if err != nil || e.ID != sample(270).ID {
		t.Errorf("entry 270: %s, %v", e.ID, err)
	}
	if r := verifyBytes(t, data, VerifyOptions{}); !r.OK() || r.Complete() {
		t.Errorf("without a key it is complete:\n%s", r)
	}
}

func TestBundleEncrypted(t *testing.T) {
	x := newExhibit(t)
	id := must[*age.X25519Identity](t)(age.GenerateX25519Identity())
	x.bundle.Recipients = []string{id.Recipient().String()}
	data := x.write(t)
	if bytes.Contains(data, []byte("customer@example.org")) {
		t.Error("a personal value is there in the clear")
	}
	r := verifyBytes(t, data, VerifyOptions{Key: x.log.Key()})
	if !r.OK() || r.Complete() {
		t.Errorf("without the identity:\n%s", r)
	}
	file := filepath.Join(t.TempDir(), "id")
	writeTest(t, file, []byte(id.String()))
	r = verifyBytes(t, data, VerifyOptions{Key: x.log.Key(), IdentityFile: file})
	if !r.OK() || !r.Complete() {
		t.Errorf("with the identity:\n%s", r)
	}
}

func TestBundleRefuses(t *testing.T) {
	x := newExhibit(t)
	for name, tt := range map[string]struct {
		edit func(*Bundle)
		want error
	}{
		"an entry that is not there": {func(b *Bundle) { b.Entries = append(b.Entries, 999) }, candor.ErrNotFound},
		"a blob of no entry":         {func(b *Bundle) { b.Blobs = append(b.Blobs, Digest{}) }, candor.ErrInvalid},
		"no vault":                   {func(b *Bundle) { b.Vault = nil }, candor.ErrInvalid},
		"another value":              {func(b *Bundle) { b.Revealed = []Revealed{{Index: 300, Name: "email", Value: "x"}} }, candor.ErrInvalid},
		"a size beyond":              {func(b *Bundle) { b.From = []uint64{302} }, candor.ErrInvalid},
		"a recipient":                {func(b *Bundle) { b.Recipients = []string{"age1x"} }, candor.ErrInvalid},
	} {
		b := x.bundle
		tt.edit(&b)
		if err := x.log.WriteBundle(t.Context(), io.Discard, b); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestBundleFindsTampering(t *testing.T) {
	x := newExhibit(t)
	data := x.write(t)
	index := "entries/00000000000000000270"
	for name, tt := range map[string]struct {
		edit   func(name string, data []byte) []byte // nil: leaves it out
		failed string
	}{
		"edited entry": {replaceIn(index+".json", "high", "info"), "entries"},
		"other index":  {replaceIn(index+".tlog-proof", "index 270", "index 271"), "entries"},
		"entry left out": {func(name string, data []byte) []byte {
			if name == index+".json" {
				return nil
			}
			return data
		}, "form"},
		"checkpoint":              {replaceIn("checkpoint", "\n301\n", "\n302\n"), "signature"},
		"other blob":              {replaceIn("blobs/", "evidence", "evidences"), "blobs"},
		"other value":             {replaceIn("personal.json", "customer@", "customer2@"), "personal"},
		"unknown manifest":        {replaceIn("manifest.json", `"v": 1`, `"v": 2`), "form"},
		"consistency":             {replaceIn("consistency/100", "A", "B"), "earlier"},
		"entry that is not there": {replaceIn("manifest.json", "270,", "270, 271,"), "form"},
		"entry named twice":       {replaceIn("manifest.json", "270,", "270, 270,"), "form"},
	} {
		r := verifyBytes(t, rewrite(t, data, tt.edit), VerifyOptions{Key: x.log.Key(), Earlier: [][]byte{x.earlier}})
		if !r.Failed(tt.failed) {
			t.Errorf("%s: want %s failed:\n%s", name, tt.failed, r)
		}
	}
	for name, bad := range map[string][]byte{"cut off": data[:len(data)-100], "empty": {}, "no zip": []byte("hello")} {
		if r := verifyBytes(t, bad, VerifyOptions{}); !r.Failed("form") || r.OK() {
			t.Errorf("%s:\n%s", name, r)
		}
	}
}

func replaceIn(prefix, before, after string) func(string, []byte) []byte {
	return func(name string, data []byte) []byte {
		if strings.HasPrefix(name, prefix) {
			return bytes.Replace(data, []byte(before), []byte(after), 1)
		}
		return data
	}
}

// rewrite writes a zip file anew with other contents.
func rewrite(t *testing.T, data []byte, edit func(string, []byte) []byte) []byte {
	t.Helper()
	z := must[*zip.Reader](t)(zip.NewReader(bytes.NewReader(data), int64(len(data))))
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	changed := false
	for _, f := range z.File {
		before := must[[]byte](t)(io.ReadAll(must[io.ReadCloser](t)(f.Open())))
		after := edit(f.Name, before)
		changed = changed || !bytes.Equal(before, after)
		if after != nil {
			must[int](t)(must[io.Writer](t)(w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: f.Method})).Write(after))
		}
	}
	if err := w.Close(); err != nil || !changed {
		t.Fatalf("nothing was changed: %v", err)
	}
	return out.Bytes()
}

// TestErasure erases a person's value and a blob: log and bundle still verify.
func TestErasure(t *testing.T) {
	x := newExhibit(t)
	d := x.bundle.Blobs[0]
	dir := filepath.Dir(x.log.files.root)
	for _, e := range samples(0, 300) { // blobs that the samples name
		if _, err := x.vault.Stat(e.Blobs[0]); !errors.Is(err, candor.ErrNotFound) {
			t.Fatal(err)
		}
	}
	erasure := sample(1000)
	erasure.Kind, erasure.Blobs = candor.RecordErasure, nil
	for i := range 256 {
		erasure.Blobs = append(erasure.Blobs, Digest{1, byte(i)})
	}
	appendAll(t, x.log, []Entry{erasure})
	if err := x.log.Await(t.Context(), 302); err != nil {
		t.Fatal(err)
	}
	verified(t, dir, VerifyOptions{Vault: x.vault})
	if err := x.vault.Delete(d); err != nil {
		t.Fatal(err)
	}
	if r := must[Report](t)(Verify(t.Context(), dir, VerifyOptions{Vault: x.vault})); !r.Failed("blobs") {
		t.Errorf("a blob that nobody says was erased passes:\n%s", r)
	}
	erasure.ID, erasure.Blobs = sample(1001).ID, []Digest{d}
	appendAll(t, x.log, []Entry{erasure})
	if err := x.log.Await(t.Context(), 303); err != nil {
		t.Fatal(err)
	}
	verified(t, dir, VerifyOptions{Vault: x.vault})
}

func FuzzReadBundle(f *testing.F) {
	x := newExhibit(f)
	f.Add(x.write(f))
	closeLog(f, x.log)
	name := filepath.Join(f.TempDir(), "case.zip")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyBundle(t.Context(), name, VerifyOptions{}); err != nil {
			t.Errorf("content that is no bundle gives an error instead of a report: %v", err)
		}
	})
}
