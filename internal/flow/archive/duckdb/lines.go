//go:build cgo && duckdb

package duckdb

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"candor"
)

// lines numbers lines, since a number takes less room than an ID. The file has a
// row for each: its number and its ID. What is written is never changed.
type lines struct {
	name string

	mu      sync.Mutex
	numbers map[candor.ID]uint32
	ids     []candor.ID // by number; 0 is none
	read    int64       // bytes of the file
}

const (
	lineFile = "lines.csv"
	lineHead = "number,line\n"
)

func newLines(dir string) *lines {
	return &lines{name: filepath.Join(dir, lineFile), numbers: map[candor.ID]uint32{"": 0}, ids: []candor.ID{""}}
}

// refresh reads what was added. A row that is not whole is left for later.
func (l *lines) refresh() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.more()
}

func (l *lines) more() error {
	f, err := os.Open(l.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(l.read, io.SeekStart); err != nil {
		return err
	}
	for rows := bufio.NewReader(f); ; {
		row, err := rows.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		l.read += int64(len(row))
		if row == lineHead {
			continue
		}
		var n uint32
		number, id, _ := strings.Cut(strings.TrimSuffix(row, "\n"), ",")
		if _, err := fmt.Sscan(number, &n); err != nil || int(n) != len(l.ids) {
			return fmt.Errorf("%s: the row %.60q is not the next", l.name, row)
		}
		l.numbers[candor.ID(id)] = n
		l.ids = append(l.ids, candor.ID(id))
	}
}

// mend cuts a row off that was not written whole.
func (l *lines) mend() error {
	if err := l.refresh(); err != nil {
		return err
	}
	err := os.Truncate(l.name, l.read)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// add numbers the lines that have no number, and has that on disk when it returns.
func (l *lines) add(missing []candor.ID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var rows bytes.Buffer
	if l.read == 0 {
		rows.WriteString(lineHead)
	}
	n := len(l.ids)
	for _, id := range missing {
		fmt.Fprintf(&rows, "%d,%s\n", n, id)
		n++
	}
	f, err := os.OpenFile(l.name, os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteAt(rows.Bytes(), l.read); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return l.more()
}

// number is that of a line; false if it has none.
func (l *lines) number(id candor.ID) (uint32, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, ok := l.numbers[id]
	return n, ok
}

// id is the line of a number.
func (l *lines) id(n uint32) candor.ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	if int(n) >= len(l.ids) {
		return ""
	}
	return l.ids[n]
}

// count is how many numbers there are.
func (l *lines) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ids)
}

// after gives the lines behind the first n.
func (l *lines) after(n int) []candor.ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ids[n:len(l.ids):len(l.ids)]
}
