package generation

import (
	"bytes"
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
	"slices"
	"strings"
	"time"

	"candor"
)

// seen is a file of a folder as it was seen.
type seen struct {
	name string // inside the folder
	path string
	info fs.FileInfo
}

func (s seen) same(info fs.FileInfo) bool {
	return os.SameFile(s.info, info) && s.info.Size() == info.Size() && s.info.ModTime().Equal(info.ModTime())
}

// survey lists the files of a folder, or the one file. Links to files count
// as files; those to folders are not followed, as in a scan of definitions.
func survey(root string, deep bool) ([]seen, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, unavailable("definitions", err)
	}
	if !info.IsDir() {
		return []seen{{filepath.Base(root), root, info}}, nil
	}
	root, err = filepath.EvalSymlinks(root)
	if err != nil {
		return nil, unavailable("definitions", err)
	}
	var all []seen
	err = filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if name != root && !deep {
				return fs.SkipDir
			}
			return nil
		}
		info, ok := regular(name)
		if !ok {
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if all = append(all, seen{filepath.ToSlash(rel), name, info}); len(all) > mostFiles {
			return errMuch
		}
		return err
	})
	if err != nil {
		return nil, unavailable("definitions", err)
	}
	return all, nil
}

// regular tells whether there is a file: not one that has gone meanwhile, a
// link to nowhere or a socket.
func regular(name string) (fs.FileInfo, bool) {
	info, err := os.Stat(name)
	return info, err == nil && info.Mode().IsRegular()
}

// mark tells one state of a folder from another without reading its files.
func mark(all []seen) string {
	h := sha256.New()
	for _, s := range all {
		fmt.Fprintf(h, "%q %d %d\n", s.name, s.info.Size(), s.info.ModTime().UnixNano())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// newest is when a file of them last changed.
func newest(all []seen) (at time.Time) {
	for _, s := range all {
		if t := s.info.ModTime(); t.After(at) {
			at = t
		}
	}
	return at.UTC()
}

// errMoving says that a folder changed while it was copied.
var errMoving = fmt.Errorf("files were replaced while they were read: %w", candor.ErrChanged)

// copyFolder fills the section from a folder that others may be changing: it
// tries again until nothing changed from the first look to the last.
func (s *section) copyFolder(ctx context.Context, root string, kind Kind) (marked string, err error) {
	const attempts = 6
	for i := range attempts {
		if i > 0 {
			if err := pause(ctx, time.Duration(i)*200*time.Millisecond); err != nil {
				return "", err
			}
		}
		if err := s.reset(); err != nil {
			return "", err
		}
		all, err := survey(root, kind != FreshClam)
		if err != nil {
			return "", err
		}
		marked = mark(all)
		if kind == FreshClam {
			all = s.latest(all)
		}
		if err = s.copyFiles(ctx, all); err == nil {
			if again, e := survey(root, kind != FreshClam); e == nil && mark(again) == marked {
				return marked, nil
			}
			err = errMoving
		}
		if !errors.Is(err, candor.ErrChanged) {
			return "", err
		}
	}
	return "", errMoving
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// latest leaves out the older of a .cvd and a .cld of one database, which
// stand side by side while freshclam replaces one by the other.
func (s *section) latest(all []seen) []seen {
	best := map[string]seen{}
	for _, f := range all {
		ext := path.Ext(f.name)
		if ext != ".cvd" && ext != ".cld" {
			continue
		}
		stem := strings.TrimSuffix(f.name, ext)
		if other, ok := best[stem]; !ok || databaseVersion(f.path) >= databaseVersion(other.path) {
			best[stem] = f
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(f seen) bool {
		b, ok := best[strings.TrimSuffix(f.name, path.Ext(f.name))]
		return ok && b.name != f.name && (path.Ext(f.name) == ".cvd" || path.Ext(f.name) == ".cld")
	})
}

// copyFiles copies the definitions among the files, and what they include.
func (s *section) copyFiles(ctx context.Context, all []seen) error {
	byName := make(map[string]seen, len(all))
	var queue []string
	for _, f := range all {
		byName[f.name] = f
		if isDefinitions(f.name) {
			queue = append(queue, f.name)
		}
	}
	done := map[string]bool{}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		f, ok := byName[name]
		if done[name] || !ok {
			continue // what is missing the compiler reports
		}
		done[name] = true
		if err := ctx.Err(); err != nil {
			return err
		}
		more, err := s.copyFile(f)
		if err != nil {
			return err
		}
		queue = append(queue, more...)
	}
	return nil
}

// mostText bounds a file of rules, which is read into memory.
const mostText = 64 << 20

// copyFile copies a file and gives the names of those that it includes.
func (s *section) copyFile(f seen) (more []string, err error) {
	r, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errMoving
	}
	if err != nil {
		return nil, unavailable("definitions", err)
	}
	defer r.Close()
	if isDefinitions(f.name) && !isYARA(f.name) {
		err = s.add(f.name, r)
	} else {
		more, err = s.copyText(f, r)
	}
	if err != nil {
		return nil, err
	}
	if info, err := r.Stat(); err != nil || !f.same(info) {
		return nil, errMoving
	}
	return more, nil
}

func (s *section) copyText(f seen, r io.Reader) (more []string, err error) {
	if f.info.Size() > mostText {
		s.leaveOut(f.name, "it is larger than a file of rules should be")
		return nil, nil
	}
	text, err := io.ReadAll(io.LimitReader(r, mostText))
	if err != nil {
		return nil, unavailable("definitions", err)
	}
	for _, p := range included(text) {
		name := path.Join(path.Dir(f.name), p)
		if path.IsAbs(p) || strings.Contains(p, `\`) || !fs.ValidPath(name) {
			s.leaveOut(f.name, fmt.Sprintf("it includes %q, which is outside of its source", p))
			return nil, nil
		}
		more = append(more, name)
	}
	return more, s.add(f.name, bytes.NewReader(text))
}
