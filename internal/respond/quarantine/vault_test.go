package quarantine_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"candor"
)

// dirVault keeps bytes in a folder, one file each, under their digests.
type dirVault struct {
	dir string
	err error // of every call, if set
}

func (v *dirVault) Put(_ context.Context, r io.Reader) (string, int64, error) {
	if v.err != nil {
		return "", 0, v.err
	}
	f, err := os.CreateTemp(v.dir, "part-*")
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	defer os.Remove(f.Name())
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), r)
	if err != nil {
		return "", 0, fmt.Errorf("put: %w", err)
	}
	if err := f.Sync(); err != nil {
		return "", 0, err
	}
	digest := hex.EncodeToString(h.Sum(nil))
	return digest, n, os.Rename(f.Name(), filepath.Join(v.dir, digest))
}

func (v *dirVault) Get(_ context.Context, digest string) (io.ReadCloser, error) {
	if v.err != nil {
		return nil, v.err
	}
	f, err := os.Open(filepath.Join(v.dir, digest))
	if os.IsNotExist(err) {
		return nil, fmt.Errorf("get %s: %w", digest, candor.ErrNotFound)
	}
	return f, err
}

func (v *dirVault) has(digest string) bool {
	_, err := os.Stat(filepath.Join(v.dir, digest))
	return err == nil
}

// entries gives the names in the vault.
func (v *dirVault) entries() (names []string) {
	list, _ := os.ReadDir(v.dir)
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}
