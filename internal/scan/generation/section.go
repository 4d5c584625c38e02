package generation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"candor"
	"candor/engine"
)

// A generation holds no more than this, lest a source fills the disk.
const (
	mostBytes = 8 << 30
	mostFiles = 200_000
)

// budget is what may still be written.
type budget struct{ bytes, files int64 }

var errMuch = fmt.Errorf("more than definitions should be: %w", candor.ErrInvalid)

// section is the part of a new generation that one source fills.
type section struct {
	source   string
	dir      string
	budget   *budget
	entries  []entry
	problems []engine.Problem
}

// reset empties a section for another attempt.
func (s *section) reset() error {
	s.entries, s.problems = nil, nil
	if err := os.RemoveAll(s.dir); err != nil {
		return unavailable("definitions", err)
	}
	return nil
}

// validName tells whether a name is one inside a folder that people and
// sha256sum read the same way.
func validName(name string) bool {
	odd := func(c rune) bool { return c < ' ' || c == 0x7f || c == '\\' || c == 0xfffd }
	return fs.ValidPath(name) && name != "." && len(name) <= 512 && len(path.Base(name)) <= 200 && strings.IndexFunc(name, odd) < 0
}

// add writes a file of the source.
func (s *section) add(name string, r io.Reader) error {
	if !validName(name) {
		s.leaveOut(name, "its name is not one that can be kept")
		return nil
	}
	digest, err := write(filepath.Join(s.dir, filepath.FromSlash(name)), r, s.budget)
	if err != nil {
		return err
	}
	s.entries = append(s.entries, entry{s.source + "/" + name, digest})
	return nil
}

// leaveOut tells of a file that cannot be used.
func (s *section) leaveOut(name, why string) {
	s.problems = append(s.problems, engine.Problem{File: s.source + "/" + strings.ToValidUTF8(name, "?"), Reason: why})
}

// write writes a new file within the budget, and gives its digest.
func write(name string, r io.Reader, b *budget) (digest string, err error) {
	if b.files--; b.files < 0 {
		return "", errMuch
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return "", unavailable("definitions", err)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", unavailable("definitions", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), io.LimitReader(r, b.bytes+1))
	if b.bytes -= n; b.bytes < 0 && err == nil {
		err = errMuch
	}
	return hex.EncodeToString(h.Sum(nil)), err
}

// reuse takes the files of the source from another generation, of which they
// are the verified entries. They never change, so that one copy serves both.
func (s *section) reuse(ctx context.Context, files string, entries []entry) error {
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		name, ok := strings.CutPrefix(e.name, s.source+"/")
		if !ok {
			continue
		}
		to := filepath.Join(s.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return unavailable("definitions", err)
		}
		if err := os.Link(filepath.Join(files, filepath.FromSlash(e.name)), to); err != nil {
			return unavailable("definitions", err)
		}
		s.entries = append(s.entries, e)
	}
	return nil
}
