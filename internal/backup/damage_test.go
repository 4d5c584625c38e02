package backup

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"candor"
	"candor/internal/store/storetest"
)

// TestDamage changes an archive everywhere: nothing of it may be restored.
func TestDamage(t *testing.T) {
	h := kinds["sqlite"](t)
	storetest.Sample(t, h.Store, "damaged")
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	vault := t.TempDir()
	if err := os.MkdirAll(vault+"/blobs/ab", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vault+"/blobs/ab/abcd.age", []byte(strings.Repeat("blob", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string][]age.Recipient{"plain": nil, "encrypted": {id.Recipient()}} {
		t.Run(name, func(t *testing.T) {
			archive, report := write(t, Source{Database: h, Vault: vault, Recipients: to})
			if report.Blobs != 1 {
				t.Fatalf("%+v", report)
			}
			dir := t.TempDir()
			fresh := kinds["sqlite"](t)
			target := Target{Database: fresh, Vault: dir + "/vault", Identities: []age.Identity{id}}
			refused := func(data []byte, how string) {
				t.Helper()
				if _, err := Verify(t.Context(), bytes.NewReader(data), target); err == nil {
					t.Errorf("%s was not noticed", how)
				}
			}
			step := 1
			if to != nil {
				step = 3 // each costs a key exchange
			}
			for i := 0; i < len(archive); i += step {
				changed := slices.Clone(archive)
				changed[i] ^= 1 << (i % 7)
				refused(changed, fmt.Sprintf("byte %d changed", i))
			}
			for i := 0; i < len(archive); i += 7 {
				refused(archive[:i], fmt.Sprintf("%d bytes left", i))
			}
			refused(append(slices.Clone(archive), 0), "a byte more")
			refused(append(slices.Clone(archive), archive...), "twice")
			for _, i := range []int{len(archive) / 2, len(archive) - 1} {
				changed := slices.Clone(archive)
				changed[i] ^= 1
				if _, err := Restore(t.Context(), bytes.NewReader(changed), target); !errors.Is(err, candor.ErrChanged) || candor.Hint(err) == "" {
					t.Errorf("byte %d: %v", i, err)
				}
				left, err := os.ReadDir(dir)
				if err != nil || len(left) > 0 || len(content(t, fresh)["parties"]) > 0 {
					t.Errorf("something was restored: %v, %v", left, err)
				}
			}
			if _, err := Restore(t.Context(), bytes.NewReader(archive), target); err != nil {
				t.Error(err)
			}
			blob, err := os.ReadFile(dir + "/vault/blobs/ab/abcd.age")
			if err != nil || len(blob) != 400 {
				t.Errorf("%q, %v", blob, err)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	report := Report{Head: Head{Format: Format}, Rows: map[string]int64{}}
	w, err := newWriter(&b, nil, &report)
	if err != nil {
		f.Fatal(err)
	}
	err = errors.Join(w.bytes(headName, []byte(`{"format":1}`)), w.bytes("vault/blobs/x.age", []byte("x")), w.close())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes(), false)
	f.Add(b.Bytes()[:60], true)
	f.Fuzz(func(t *testing.T, data []byte, sealed bool) {
		if sealed { // so that what is inside is reached too
			var b bytes.Buffer
			s, err := newSealer(&b)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Write(data); err != nil {
				t.Fatal(err)
			}
			if err := s.seal(); err != nil {
				t.Fatal(err)
			}
			data = b.Bytes()
		}
		report, err := read(bytes.NewReader(data), nil, nothing{})
		if err == nil && report.Entries == 0 {
			t.Fatal("an archive of nothing")
		}
	})
}
