package front

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestHold holds what comes in pieces, in memory and in a file.
func TestHold(t *testing.T) {
	pattern := bytes.Repeat([]byte("0123456789abcdefg"), 300_000)
	for _, size := range []int{0, 1, 100, inMemory - 1, inMemory, inMemory + 1, 3 * inMemory, 4_000_000} {
		for _, most := range []int{size - 1, size, size + 1} {
			h := NewHold()
			half := size / 2
			err := errors.Join(h.Fill(bytes.NewReader(pattern[:half]), int64(most)), h.Fill(bytes.NewReader(pattern[half:size]), int64(most)))
			if most < 0 {
				h.Free()
				continue
			}
			if tooLarge := errors.Is(err, ErrTooLarge); tooLarge != (most < size) || !tooLarge && err != nil {
				t.Errorf("%d bytes, %d at most: %v", size, most, err)
			}
			got, err := h.Content()
			if err != nil || !bytes.Equal(got, pattern[:size]) {
				t.Errorf("%d bytes, %d at most: %d are held, %v", size, most, len(got), err)
			}
			if (h.mapped != nil) != (size >= inMemory) {
				t.Errorf("%d bytes are mapped: %v", size, h.mapped != nil)
			}
			h.Free()
		}
	}
}

// TestHoldFile holds files, which are closed then.
func TestHoldFile(t *testing.T) {
	pattern := bytes.Repeat([]byte("0123456789abcdefg"), 300_000)
	for _, size := range []int{0, 1, inMemory, inMemory + 1, 3 * inMemory} {
		for _, cut := range []int{0, size / 2} { // as much as the file lost since it was asked how long it is
			if size >= inMemory && cut > 0 {
				continue // it is mapped
			}
			name := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(name, pattern[:size-cut], 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			h, err := HoldFile(f, int64(size))
			f.Close()
			if err != nil {
				t.Fatal(err)
			}
			got, err := h.Content()
			if err != nil || !bytes.Equal(got, pattern[:size-cut]) || (h.mapped != nil) != (size >= inMemory) {
				t.Errorf("%d bytes, %d fewer: %d are held, mapped: %v, %v", size, cut, len(got), h.mapped != nil, err)
			}
			h.Free()
		}
	}
	if _, err := HoldFile(os.NewFile(^uintptr(0), "none"), 2*inMemory); err == nil {
		t.Error("a file that is none is held")
	}
}
