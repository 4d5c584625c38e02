package evidence

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"

	"filippo.io/age"

	"candor"
)

func openVault(t testing.TB, dir string, o VaultOptions) *Vault {
	t.Helper()
	return must[*Vault](t)(OpenVault(dir, o))
}

func put(t testing.TB, v *Vault, content string) Digest {
	t.Helper()
	d, size, err := v.Put(strings.NewReader(content))
	if err != nil || size != int64(len(content)) || d != sha256.Sum256([]byte(content)) {
		t.Fatalf("put: %s, %d, %v", d, size, err)
	}
	return d
}

func get(v *Vault, d Digest) (string, error) {
	r, err := v.Get(d)
	if err != nil {
		return "", err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	return string(data), err
}

func TestVault(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	v := openVault(t, dir, VaultOptions{})
	contents := map[Digest]string{}
	for _, c := range []string{"", "a", strings.Repeat("malware ", 50_000)} {
		contents[put(t, v, c)] = c
		put(t, v, c) // again
	}
	v = openVault(t, dir, VaultOptions{})
	for d, want := range contents {
		if got, err := get(v, d); err != nil || got != want {
			t.Errorf("%s: %d bytes, %v; want %d", d, len(got), err, len(want))
		}
		if raw := readTest(t, v.file(d)); len(want) > 10 && bytes.Contains(raw, []byte(want)) {
			t.Errorf("%s is there in the clear", d)
		}
		if strings.Contains(v.file(d), d.String()) {
			t.Errorf("the file's name tells the digest")
		}
	}
	if seen := listed(t, v); len(seen) != len(contents) {
		t.Errorf("%d blobs, want %d", len(seen), len(contents))
	}
	gone := sha256.Sum256([]byte("a"))
	if err := v.Delete(gone); err != nil {
		t.Fatal(err)
	}
	_, statErr := v.Stat(gone)
	_, getErr := v.Get(gone)
	for _, err := range []error{statErr, getErr, v.Delete(gone)} {
		if !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("after erasing: %v, want ErrNotFound", err)
		}
	}
	if listed(t, v)[gone] {
		t.Error("an erased blob is listed")
	}
	for _, name := range []string{"identity.txt", namesFile} {
		if info := must[fs.FileInfo](t)(os.Stat(filepath.Join(dir, name))); info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

func listed(t *testing.T, v *Vault) map[Digest]bool {
	t.Helper()
	seen := map[Digest]bool{}
	for b, err := range v.All() {
		if err != nil {
			t.Fatal(err)
		}
		seen[b.Digest] = true
	}
	return seen
}

func TestVaultFindsDamage(t *testing.T) {
	v := openVault(t, t.TempDir(), VaultOptions{})
	a, b := put(t, v, strings.Repeat("a", 200_000)), put(t, v, strings.Repeat("b", 200_000))
	raw := readTest(t, v.file(a))
	for name, damaged := range map[string][]byte{
		"another blob": readTest(t, v.file(b)),
		"cut off":      raw[:len(raw)/2],
		"a bit":        append(append(bytes.Clone(raw[:100_000]), raw[100_000]^1), raw[100_001:]...),
		"empty":        {},
	} {
		writeTest(t, v.file(a), damaged)
		if _, err := get(v, a); !errors.Is(err, candor.ErrChanged) {
			t.Errorf("%s: %v, want ErrChanged", name, err)
		}
	}
	put(t, v, strings.Repeat("a", 200_000))
	if _, err := get(v, a); err != nil {
		t.Errorf("putting it again did not mend it: %v", err)
	}
}

// TestVaultWithoutIdentity keeps the identity elsewhere.
func TestVaultWithoutIdentity(t *testing.T) {
	id := must[*age.X25519Identity](t)(age.GenerateX25519Identity())
	dir := t.TempDir()
	v := openVault(t, dir, VaultOptions{Recipients: []string{id.Recipient().String()}})
	d := put(t, v, "secret")
	if _, err := v.Get(d); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("get: %v, want ErrDenied", err)
	}
	file := filepath.Join(t.TempDir(), "id")
	writeTest(t, file, []byte(id.String()+"\n"))
	v = openVault(t, dir, VaultOptions{Recipients: []string{id.Recipient().String()}, IdentityFile: file})
	if got, err := get(v, d); got != "secret" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := OpenVault(dir, VaultOptions{Recipients: []string{"age1nonsense"}}); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("a bad recipient: %v", err)
	}
}

func TestVaultWithoutKeys(t *testing.T) {
	for _, name := range []string{"identity.txt", namesFile} {
		dir := t.TempDir()
		put(t, openVault(t, dir, VaultOptions{}), "x")
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenVault(dir, VaultOptions{}); !errors.Is(err, candor.ErrNotFound) || candor.Hint(err) == "" {
			t.Errorf("without %s: %v, want ErrNotFound", name, err)
		}
	}
}

func TestVaultFaults(t *testing.T) {
	dir := t.TempDir()
	v := openVault(t, dir, VaultOptions{})
	broken := errors.New("the client hung up")
	if _, _, err := v.Put(io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))); !errors.Is(err, broken) || errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("a reader that fails: %v", err)
	}
	for _, folder := range []string{newDir, blobsDir} {
		name := filepath.Join(dir, folder)
		if err := os.Rename(name, name+".away"); err != nil {
			t.Fatal(err)
		}
		writeTest(t, name, nil)
		if _, _, err := v.Put(strings.NewReader("x")); !errors.Is(err, candor.ErrUnavailable) || candor.Hint(err) == "" {
			t.Errorf("no folder %s: %v, want ErrUnavailable", folder, err)
		}
		if err := errors.Join(os.Remove(name), os.Rename(name+".away", name)); err != nil {
			t.Fatal(err)
		}
	}
	if left := must[[]os.DirEntry](t)(os.ReadDir(filepath.Join(dir, newDir))); len(left) > 0 || len(listed(t, v)) > 0 {
		t.Errorf("%d files and %d blobs were left", len(left), len(listed(t, v)))
	}
	put(t, v, "x")
}

// putOnFullDisk puts under a limit of the size of files, which a full disk
// looks like to the vault, and tells whether that leaves nothing.
func putOnFullDisk(dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	v, err := OpenVault(dir, VaultOptions{})
	if err != nil {
		return err
	}
	limit := syscall.Rlimit{Cur: 100_000, Max: 100_000}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	if _, _, err := v.Put(bytes.NewReader(make([]byte, 1<<20))); !errors.Is(err, candor.ErrUnavailable) {
		return fmt.Errorf("put: %w, want ErrUnavailable", err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, newDir)); err != nil || len(left) > 0 {
		return fmt.Errorf("%d files were left, %w", len(left), err)
	}
	for b, err := range v.All() {
		return fmt.Errorf("blob %s is there, %w", b.Digest, err)
	}
	_, _, err = v.Put(bytes.NewReader(make([]byte, 10_000))) // that has room
	return err
}

func TestVaultOnFullDisk(t *testing.T) {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "EVIDENCE_CHILD=full", "EVIDENCE_DIR="+t.TempDir())
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// TestVaultSweep leaves what a killed program would, and what a living one
// writes.
func TestVaultSweep(t *testing.T) {
	dir := t.TempDir()
	v := openVault(t, dir, VaultOptions{})
	dead := filepath.Join(dir, newDir, "dead.age")
	writeTest(t, dead, []byte("half"))
	content, feed := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, _, err := v.Put(content)
		done <- err
	}()
	must[int](t)(feed.Write([]byte("first half"))) // so it is being written
	openVault(t, dir, VaultOptions{})
	if _, err := os.Stat(dead); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a dead program left is still there: %v", err)
	}
	must[int](t)(feed.Write([]byte(" second half")))
	feed.Close()
	if err := <-done; err != nil {
		t.Errorf("what a living program wrote was lost: %v", err)
	}
}

func TestVaultTogether(t *testing.T) {
	v := openVault(t, t.TempDir(), VaultOptions{})
	var group sync.WaitGroup
	for g := range 16 {
		group.Go(func() {
			for i := range 10 {
				content := fmt.Sprint((g + i) % 12)
				d, _, err := v.Put(strings.NewReader(content))
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := get(v, d); err != nil || got != content {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
	group.Wait()
	if n := len(listed(t, v)); n != 12 {
		t.Errorf("%d blobs, want 12", n)
	}
}

func TestNames(t *testing.T) {
	k := nameKey{1, 2, 3}
	d := Digest{4, 5, 6}
	name := k.seal(d)
	if got, ok := k.open(name); !ok || got != d || k.seal(d) != name {
		t.Errorf("%s came back as %s, %v", d, got, ok)
	}
	other := nameKey{1, 2, 4}
	flipped := []byte(name)
	flipped[50] ^= 1
	for _, bad := range []string{"", "x", name[:20], string(flipped), d.String()} {
		if _, ok := k.open(bad); ok {
			t.Errorf("%q passes for a name", bad)
		}
	}
	if _, ok := other.open(name); ok || other.seal(d) == name {
		t.Error("another key knows the name")
	}
}
