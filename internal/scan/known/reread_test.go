package known

import (
	"os"
	"path/filepath"
	"testing"
)

// TestShortened has somebody shorten a file that is mapped: it is not that content
// any more, and the program goes on.
func TestShortened(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a")
	content := make([]byte, 2*mapFrom)
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := new(judge).open(name, int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	if !f.is(SumOf(content)) || f.changed() {
		t.Error("it is not what was written")
	}
	if err := os.Truncate(name, 10); err != nil {
		t.Fatal(err)
	}
	if f.is(SumOf(content)) || !f.changed() {
		t.Error("it is what it was before it was shortened")
	}
}
