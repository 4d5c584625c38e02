package scan

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// TestShelf reads files of all sizes one after the other, and holds them against what
// was written when all are read: none may lie in another.
func TestShelf(t *testing.T) {
	dir := t.TempDir()
	sizes := []int{0, 1, 5, ownRoom - 1, ownRoom, ownRoom + 1, shelfSize, shelfSize + 7}
	for range 8 {
		sizes = append(sizes, 200<<10) // five of them fill a shelf
	}
	var s shelf
	var read [][]byte
	for i, n := range sizes {
		name := filepath.Join(dir, strconv.Itoa(i))
		if err := os.WriteFile(name, bytes.Repeat([]byte{byte(i + 1)}, n), 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := s.read(name)
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, b)
	}
	for i, b := range read {
		if want := bytes.Repeat([]byte{byte(i + 1)}, sizes[i]); !bytes.Equal(b, want) {
			t.Errorf("file %d of %d bytes is read as %d others", i, sizes[i], len(b))
		}
		_ = append(b, 99) // would be in the next one, if there were room
	}
	for i, b := range read {
		if bytes.IndexByte(b, 99) >= 0 {
			t.Errorf("what is appended to another file is in file %d", i)
		}
	}
	if _, err := s.read(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := s.read(dir); err == nil {
		t.Error("a directory is read")
	}
}
