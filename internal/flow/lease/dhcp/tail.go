package dhcp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// tail reads the lines of a file as it grows, and begins anew when another file
// is in its place or it was cut.
type tail struct {
	path string
	file *os.File
	read int64
	rest []byte // a line without its end
	skip bool   // what is left of a line that is too long
}

// longestLine bounds a line: what is longer is left out.
const longestLine = 1 << 16

// poll gives the whole lines that are new. Anew is called before the first line
// of a file.
func (t *tail) poll(anew func(), line func([]byte)) error {
	for {
		replaced, err := t.replaced()
		if err != nil {
			return err
		}
		if t.file != nil {
			if err := t.lines(line); err != nil {
				return err
			}
		}
		if t.file != nil && !replaced {
			return nil
		}
		t.close()
		file, err := os.Open(t.path)
		if errors.Is(err, os.ErrNotExist) {
			return nil // it comes
		}
		if err != nil {
			return fmt.Errorf("follow leases: %w", err)
		}
		t.file, t.read = file, 0
		anew()
	}
}

// replaced tells whether the name stands for another file now, or the file is
// shorter than what was read of it.
func (t *tail) replaced() (bool, error) {
	if t.file == nil {
		return false, nil
	}
	mine, err := t.file.Stat()
	if err != nil {
		return false, fmt.Errorf("follow leases: %w", err)
	}
	if mine.Size() < t.read {
		return true, nil
	}
	now, err := os.Stat(t.path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil // in the middle of being replaced
	}
	if err != nil {
		return false, fmt.Errorf("follow leases: %w", err)
	}
	return !os.SameFile(mine, now), nil
}

// lines reads on to the end of the file.
func (t *tail) lines(line func([]byte)) error {
	buffer := make([]byte, 64<<10)
	for {
		n, err := t.file.Read(buffer)
		t.read += int64(n)
		t.cut(buffer[:n], line)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("follow leases: %w", err)
		}
	}
}

// cut gives the lines of what was read.
func (t *tail) cut(b []byte, line func([]byte)) {
	for len(b) > 0 {
		part, rest, whole := bytes.Cut(b, []byte{'\n'})
		b = rest
		if t.skip = t.skip || len(t.rest)+len(part) > longestLine; t.skip {
			t.rest = t.rest[:0]
		} else {
			t.rest = append(t.rest, part...)
		}
		if !whole {
			return
		}
		if !t.skip {
			line(bytes.TrimSuffix(t.rest, []byte{'\r'}))
		}
		t.rest, t.skip = t.rest[:0], false
	}
}

func (t *tail) close() {
	if t.file != nil {
		_ = t.file.Close()
	}
	t.file, t.rest, t.skip = nil, nil, false
}

// readAll gives all lines of a file that may not be there.
func readAll(path string, anew func(), line func([]byte)) error {
	t := tail{path: path}
	defer t.close()
	return t.poll(anew, line)
}
