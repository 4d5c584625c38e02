package scan

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestEvictionKeepsContent(t *testing.T) {
	name := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(name, []byte("begin"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, evictFrom); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := unix.Mmap(int(f.Fd()), 0, evictFrom, unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Munmap(data); err != nil {
			t.Error(err)
		}
	}()
	e := evict(data)
	for range 20 { // goes over the mapping while its pages are given back
		sum := 0
		for i := 0; i < len(data); i += 4096 {
			sum += int(data[i])
		}
		if sum != 'b' {
			t.Fatalf("the sum over the pages is %d, want %d", sum, 'b')
		}
	}
	e.end()
	if got := string(data[:5]); got != "begin" {
		t.Errorf("the content is %q", got)
	}
}
