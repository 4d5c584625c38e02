package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"candor"
	"candor/engine"
)

// finder is a Matcher that finds the word "bad" and panics at "panic".
type finder struct {
	before func(data []byte) // runs before a match; may be nil
	seen   func(engine.File)
}

var badRule = &engine.Rule{Name: "Bad", Language: "yara", File: "bad.yar", Line: 1}

func (f *finder) Scan(data []byte, file engine.File) ([]engine.Match, error) {
	if f.before != nil {
		f.before(data)
	}
	if f.seen != nil {
		f.seen(file)
	}
	switch {
	case bytes.Contains(data, []byte("panic")):
		panic("as the content asked")
	case bytes.Contains(data, []byte("error")):
		return nil, errors.New("too much")
	case bytes.Contains(data, []byte("bad")):
		return []engine.Match{{Rule: badRule}}, nil
	}
	return nil, nil
}

// record is a Sink that keeps what it is given.
type record struct {
	findings []candor.Finding
	failures []Failure
	err      error // given back
}

func (r *record) Finding(f candor.Finding) error {
	r.findings = append(r.findings, f)
	return r.err
}

func (r *record) Failure(f Failure) error {
	r.failures = append(r.failures, f)
	return r.err
}

// failed gives the error of the only failure, nil if there is not one.
func (r *record) failed() error {
	if len(r.failures) != 1 {
		return nil
	}
	return r.failures[0].Err
}

func put(t *testing.T, name, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func scanPaths(t *testing.T, f *finder, o Options, paths ...string) (*record, Summary) {
	t.Helper()
	r := &record{}
	o.NewMatcher = func() Matcher { return f }
	s, err := Scan(t.Context(), Paths(paths...), r, o)
	if err != nil {
		t.Fatal(err)
	}
	return r, s
}

func TestScanCounts(t *testing.T) {
	dir := t.TempDir()
	want := 0
	for i := range 300 { // more than a batch, in more than a directory
		content := "fine"
		if i%10 == 0 {
			content = "bad"
			want++
		}
		put(t, filepath.Join(dir, fmt.Sprint("d", i%7), fmt.Sprint("f", i)), content)
	}
	for _, threads := range []int{1, 2, 9} {
		r, s := scanPaths(t, &finder{}, Options{Threads: threads}, dir)
		if s.Files != 300 || len(r.findings) != want || s.Findings != int64(want) || s.Flagged != int64(want) || s.Errors != 0 {
			t.Errorf("%d threads: %+v, %d findings", threads, s, len(r.findings))
		}
		if s.Bytes != int64(270*len("fine")+30*len("bad")) {
			t.Errorf("%d bytes", s.Bytes)
		}
	}
}

func scanOne(t *testing.T, path string) candor.Finding {
	t.Helper()
	r, _ := scanPaths(t, &finder{}, Options{}, path)
	if len(r.findings) != 1 {
		t.Fatalf("%d findings in %s", len(r.findings), path)
	}
	return r.findings[0]
}

func TestMatcherFailures(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "a"), "panic")
	put(t, filepath.Join(dir, "b"), "error")
	put(t, filepath.Join(dir, "c"), "bad")
	r, s := scanPaths(t, &finder{}, Options{Threads: 1}, dir)
	if s.Errors != 2 || s.Files != 1 || s.Findings != 1 {
		t.Errorf("%+v %v", s, r.failures)
	}
}

func TestSinkErrorEndsScan(t *testing.T) {
	dir := t.TempDir()
	for i := range 500 {
		put(t, filepath.Join(dir, fmt.Sprint(i)), "bad")
	}
	full := errors.New("disk full")
	r := &record{err: full}
	s, err := Scan(t.Context(), Paths(dir), r, Options{Threads: 1, NewMatcher: func() Matcher { return &finder{} }})
	if !errors.Is(err, full) || !s.Interrupted || len(r.findings) != 1 {
		t.Errorf("error %v, %+v, %d findings delivered", err, s, len(r.findings))
	}
}

func TestCancelFinishesFileInHand(t *testing.T) {
	dir := t.TempDir()
	for i := range 500 {
		put(t, filepath.Join(dir, fmt.Sprint(i)), "bad")
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &record{}
	f := &finder{before: func([]byte) { cancel() }}
	s, err := Scan(ctx, Paths(dir), r, Options{Threads: 1, NewMatcher: func() Matcher { return f }})
	if err != nil || !s.Interrupted || s.Files != 1 || len(r.findings) != 1 {
		t.Errorf("%v, %+v, %d findings", err, s, len(r.findings))
	}
}

// TestTruncatedWhileMapped truncates a mapped file before it is matched:
// touching it faults, which must be an error of that file alone.
func TestTruncatedWhileMapped(t *testing.T) {
	dir := t.TempDir()
	large := put(t, filepath.Join(dir, "large"), "")
	if err := os.Truncate(large, mapFrom+1<<20); err != nil {
		t.Fatal(err)
	}
	var once atomic.Bool
	f := &finder{before: func(data []byte) {
		if len(data) > mapFrom && once.CompareAndSwap(false, true) {
			if err := os.Truncate(large, 10); err != nil {
				t.Error(err)
			}
		}
	}}
	small := put(t, filepath.Join(t.TempDir(), "small"), "bad")
	r, s := scanPaths(t, f, Options{Threads: 1}, large, small)
	if !errors.Is(r.failed(), candor.ErrChanged) || s.Files != 1 || len(r.findings) != 1 {
		t.Errorf("%+v %v %v", s, r.failures, r.findings)
	}
}

func TestMappedIsMatched(t *testing.T) {
	large := put(t, filepath.Join(t.TempDir(), "large"), "bad"+strings.Repeat(" ", mapFrom))
	if f := scanOne(t, large); f.Bytes != mapFrom+3 {
		t.Errorf("%d bytes", f.Bytes)
	}
	changing := &finder{before: func([]byte) {
		file, err := os.OpenFile(large, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.WriteString("more"); err != nil {
			t.Error(err)
		}
	}}
	r, s := scanPaths(t, changing, Options{}, large)
	if !errors.Is(r.failed(), candor.ErrChanged) || len(r.findings) != 1 || s.Files != 0 {
		t.Errorf("a file that grew: %+v, %v", s, r.failures)
	}
}

func TestExternals(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "b", "Page.PHP"), "<?php")
	t.Chdir(dir)
	var got map[string]any
	f := &finder{seen: func(f engine.File) { got = f.Externals }}
	for _, path := range []string{".", "b", "b/Page.PHP", filepath.Join(dir, "b")} {
		scanPaths(t, f, Options{}, path)
		if got["filename"] != "Page.PHP" || got["filepath"] != filepath.Join(dir, "b") || got["extension"] != ".php" ||
			got["filetype"] != "PHP" || got["owner"] == "" {
			t.Errorf("%s: %v", path, got)
		}
	}
	scanPaths(t, f, Options{Fixed: map[string]bool{"filename": true}}, "b")
	if _, ok := got["filename"]; ok {
		t.Errorf("a variable that somebody gave was overridden: %v", got)
	}
}

func TestCount(t *testing.T) {
	dir := t.TempDir()
	for i := range 100 {
		put(t, filepath.Join(dir, fmt.Sprint(i%3), fmt.Sprint(i)), "")
	}
	var total int64
	if err := Count(t.Context(), Paths(dir), Options{}, func(n int64) { total = n }); err != nil || total != 100 {
		t.Errorf("%d files, %v", total, err)
	}
}

func TestList(t *testing.T) {
	for in, want := range map[string][]string{
		"":              nil,
		"a":             {"a"},
		"a\nb\n":        {"a", "b"},
		"\n\na\n\n":     {"a"},
		"a b\n c":       {"a b", " c"},
		"a\x00b\nc\x00": {"a", "b\nc"},
		"a\x00":         {"a"},
	} {
		var got []string
		for target, err := range List(t.Context(), strings.NewReader(in)) {
			if err != nil || target.Follow {
				t.Fatalf("%q: %v, %v", in, target, err)
			}
			got = append(got, target.Path)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}
