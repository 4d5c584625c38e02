package scan_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/known"
	"candor/internal/scan/unpack"
)

// later is the clock of scans in these tests: what was just written is not so
// young that it is read again for that alone.
func later() time.Time { return time.Now().Add(time.Minute) }

// pool has rules of every kind: of strings, of the file's name, that refer to
// others, of normal forms, of digests, of sizes alone, of what has no grams.
var rulePool = []engine.Source{
	{Name: "a.yar", Data: []byte(`rule needle { strings: $a = "needle in the hay" condition: $a }`)},
	{Name: "b.yar", Data: []byte(`rule name { strings: $a = "straw of gold" condition: $a and extension == ".php" }`)},
	{Name: "c.yar", Data: []byte(`rule place { strings: $a = "needle in the hay" condition: $a and filepath contains "deep" }`)},
	{Name: "d.yar", Data: []byte(`private rule base { strings: $a = "haystack" nocase condition: $a } rule both { strings: $a = "straw of gold" condition: base and $a }`)},
	{Name: "e.yar", Data: []byte(`rule size { condition: filesize > 900 and filesize < 1000 }`)},
	{Name: "f.ndb", Data: []byte("Html.Evil:3:*:6f6e636c69636b3d6576696c2829\nAny.Evil:0:*:6861797374{1-2}636b\n")},
	{Name: "g.hdb", Data: []byte("5d41402abc4b2a76b9719d911017c592:5:Hello\n")},
	{Name: "h.yar", Data: []byte(`global rule few { condition: filesize < 100000 } rule governed { strings: $a = "evil()" condition: $a }`)},
	{Name: "i.fp", Data: []byte("7d793037a0760186574b0282f2f435e7:5:fine\n")},
	{Name: "j.yar", Data: []byte(`import "time" rule hour { strings: $a = "never mind" condition: $a and time.now() > 0 }`)},
	{Name: "k.yar", Data: []byte(`rule gramless { strings: $a = /[a-m][0-9][n-z][0-9]/ condition: $a }`)},
	{Name: "l.yar", Data: []byte(`rule gaps { strings: $a = /evil[\s\/]{0,9}\(\s?\)[^;]{2,40}(hay|straw)/ nocase wide ascii condition: $a }`)},
}

// estate is a tree that is edited, and what is known of it.
type estate struct {
	t       *testing.T
	r       *rand.Rand
	root    string
	store   *known.Store
	file    string
	sources []engine.Source
	rules   *engine.Rules
	inside  *unpack.Options
	threads int // 0 for one a processor
}

func newEstate(t *testing.T, seed uint64) *estate {
	e := &estate{t: t, r: rand.New(rand.NewPCG(seed, 1)), root: t.TempDir(), file: filepath.Join(t.TempDir(), "known.db")}
	e.open()
	t.Cleanup(func() {
		if err := e.store.Close(); err != nil {
			t.Error(err)
		}
	})
	e.define()
	return e
}

func (e *estate) open() {
	e.t.Helper()
	var err error
	if e.store, err = known.Open(e.file, time.Now); err != nil {
		e.t.Fatal(err)
	}
}

// define takes other definitions: some of the pool.
func (e *estate) define() {
	e.sources = nil
	for _, s := range rulePool {
		if e.r.IntN(3) > 0 {
			s.Namespace = s.Name
			e.sources = append(e.sources, s)
		}
	}
	e.rules = e.compile()
	switch e.r.IntN(60) {
	case 0:
		e.inside = nil
	case 1:
		e.inside = &unpack.Options{Limits: unpack.Limits{Depth: 1}}
	case 2, 3:
		e.inside = &unpack.Options{}
	}
}

func (e *estate) compile() *engine.Rules {
	rules, report := engine.Compile(e.sources, engine.Options{Externals: scan.BuiltinExternals()})
	if len(report.Problems) > 0 {
		e.t.Fatal(report.Problems)
	}
	return rules
}

// content is some text, often within something else, which may be damaged.
func (e *estate) content() string {
	c := e.text()
	for range e.r.IntN(3) {
		switch e.r.IntN(6) {
		case 0:
			c = zipped(e.t, "a/page.php", c)
		case 1:
			c = zipped(e.t, "one.js", c, "two", e.text(), "three.zip", zipped(e.t, "four", e.text()))
		case 2:
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			if _, err := w.Write([]byte(c)); err != nil || w.Close() != nil {
				e.t.Fatal(err)
			}
			c = b.String()
		case 3:
			c = "<?php $x = '" + base64.StdEncoding.EncodeToString([]byte(c+strings.Repeat(" and so on", 10))) + "'; ?>"
		case 4:
			c = c[:len(c)*3/4]
		}
	}
	return c
}

func zipped(t *testing.T, members ...string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i])
		if err == nil {
			_, err = w.Write([]byte(members[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func (e *estate) text() string {
	parts := []string{"needle in the hay ", "straw of gold ", "HAYSTACK haystack ", "<html><a onclick=evil()>", "evil() ", "never mind ", "hay ", "more hay, and more ", "k3q7 ", "EVIL \n/( ) and "}
	switch e.r.IntN(8) {
	case 0:
		return "hello"
	case 1:
		return strings.Repeat("x", 800+e.r.IntN(300))
	}
	var b strings.Builder
	for range e.r.IntN(6) {
		b.WriteString(parts[e.r.IntN(len(parts))])
	}
	return b.String()
}

func (e *estate) path() string {
	dirs := []string{"", "a", "b", "a/deep", "b/deep/er"}
	return filepath.Join(e.root, dirs[e.r.IntN(len(dirs))], fmt.Sprintf("f%d%s", e.r.IntN(6), []string{".php", ".js", ""}[e.r.IntN(3)]))
}

// edit changes something.
func (e *estate) edit() {
	path, other := e.path(), e.path()
	_ = os.MkdirAll(filepath.Dir(path), 0o755)
	_ = os.MkdirAll(filepath.Dir(other), 0o755)
	switch e.r.IntN(9) { // what cannot be done is not done
	case 0:
		_ = os.Remove(path)
	case 1:
		_ = os.Rename(path, other)
	case 2:
		_ = os.Link(path, other)
	case 3:
		_ = os.Rename(filepath.Dir(path), filepath.Join(e.root, "c"+strconv.Itoa(e.r.IntN(3))))
	case 4: // the time is put back
		info, err := os.Stat(path)
		if err == nil && os.WriteFile(path, []byte(e.content()), 0o644) == nil {
			_ = os.Chtimes(path, info.ModTime(), info.ModTime())
		}
	case 5:
		_ = os.RemoveAll(filepath.Dir(path))
		_ = os.MkdirAll(e.root, 0o755)
	default:
		_ = os.WriteFile(path, []byte(e.content()), 0o644)
	}
	e.tick()
}

// tick waits until the file system's clock has moved on, so that two edits have
// two times.
func (e *estate) tick() {
	probe := filepath.Join(filepath.Dir(e.file), "probe")
	at := func() syscall.Timespec {
		if err := os.WriteFile(probe, nil, 0o644); err != nil {
			e.t.Fatal(err)
		}
		info, err := os.Stat(probe)
		if err != nil {
			e.t.Fatal(err)
		}
		return info.Sys().(*syscall.Stat_t).Ctim
	}
	for before := at(); at() == before; {
	}
}

// scan scans the tree, with what is known or without.
func (e *estate) scan(session *known.Session) ([]candor.Finding, scan.Summary) {
	e.t.Helper()
	var got collected
	s, err := scan.Scan(e.t.Context(), func(yield func(scan.Target, error) bool) { yield(scan.Target{Path: e.root}, nil) }, &got,
		scan.Options{NewMatcher: func() scan.Matcher { return e.rules.NewScanner(engine.ScanOptions{}) }, Known: session, Clock: later, Inside: e.inside, Threads: e.threads})
	if err != nil || s.Errors > 0 {
		e.t.Fatal(err, s, got.failures)
	}
	slices.SortFunc(got.findings, func(a, b candor.Finding) int {
		return strings.Compare(a.Where()+"\x00"+a.Rule, b.Where()+"\x00"+b.Rule)
	})
	return got.findings, s
}

type collected struct {
	findings []candor.Finding
	failures []scan.Failure
}

func (c *collected) Finding(f candor.Finding) error { c.findings = append(c.findings, f); return nil }
func (c *collected) Failure(f scan.Failure) error   { c.failures = append(c.failures, f); return nil }

func (e *estate) begin() *known.Session {
	e.t.Helper()
	session, err := e.store.Begin(e.rules, scan.Opening(e.inside))
	if err != nil {
		e.t.Fatal(err)
	}
	return session
}

// TestKnownEqualsFresh edits an estate, changes definitions, has the program
// end at bad moments, and holds every scan against one that knows nothing.
func TestKnownEqualsFresh(t *testing.T) {
	steps := 600
	if n, err := strconv.Atoi(os.Getenv("CANDOR_STEPS")); err == nil {
		steps = n
	}
	e := newEstate(t, 7)
	var files, knew, copies, late, candidates, contents, inside, unread int64
	for step := range steps {
		for range e.r.IntN(4) {
			e.edit()
		}
		switch e.r.IntN(6) {
		case 0:
			e.define()
		case 1: // another scan is under way when the definitions change
			session := e.begin()
			e.scan(session)
			e.define()
			if _, err := e.begin().Revisit(t.Context(), func(known.Late) error { return nil }); err != nil {
				t.Fatal(err)
			}
			if err := session.Close(); err != nil {
				t.Fatal(err)
			}
		case 2: // the program ends before it wrote what it learned
			e.scan(e.begin())
			if err := e.store.Close(); err != nil {
				t.Fatal(err)
			}
			e.open()
		}
		session := e.begin()
		if e.r.IntN(3) > 0 {
			done, err := session.Revisit(t.Context(), func(known.Late) error { late++; return nil })
			if err != nil {
				t.Fatal(err)
			}
			candidates, contents = candidates+int64(done.Candidates), contents+int64(done.Contents)
		}
		got, s := e.scan(session)
		want, _ := e.scan(nil)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("step %d: what is known is not what is there: %s", step, diff)
		}
		if err := session.Close(); err != nil {
			t.Fatal(err)
		}
		for _, f := range got {
			if f.Inside != "" {
				inside++
			}
			if f.IsUnread() {
				unread++
			}
		}
		files, knew, copies = files+s.Files, knew+s.Known, copies+s.Copies
	}
	t.Logf("%d files, %d as they were, %d copies; %d contents asked, %d candidates, %d late findings; %d findings lay inside, %d could not be read", files, knew, copies, contents, candidates, late, inside, unread)
	if inside == 0 || unread == 0 || knew == 0 || copies == 0 || late == 0 || candidates >= contents {
		t.Error("it hardly ever mattered")
	}
}

// TestRevisit tells of a content that new rules find, without reading others.
func TestRevisit(t *testing.T) {
	e := newEstate(t, 1)
	e.sources = []engine.Source{{Name: "old.yar", Data: []byte(`rule old { strings: $a = "nothing like it" condition: $a }`)}}
	e.rules = e.compile()
	hay := strings.Repeat("only hay, as far as one can see; ", 50)
	for i := range 50 {
		write(t, filepath.Join(e.root, fmt.Sprintf("%d.php", i)), hay+strconv.Itoa(i))
	}
	for _, name := range []string{"x/shell.php", "y/copy.php"} {
		write(t, filepath.Join(e.root, name), hay+"assert($_REQUEST['k'])")
	}
	session := e.begin()
	if _, s := e.scan(session); s.Files != 52 || s.Copies > 1 {
		t.Errorf("%+v", s)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	e.sources = append(e.sources, engine.Source{Name: "new.yar", Data: []byte(`rule new { strings: $a = "assert($_REQUEST[" condition: $a }`)})
	e.rules = e.compile()
	session = e.begin()
	var all []known.Late
	done, err := session.Revisit(t.Context(), func(l known.Late) error { all = append(all, l); return nil })
	if err != nil || len(all) != 1 || len(all[0].Paths) != 2 || all[0].Rules[0].Name != "new" || !all[0].Clean || time.Since(all[0].Since) > time.Hour {
		t.Fatalf("%+v, %v", all, err)
	}
	if done.Rules != 1 || done.Contents != 51 || done.Read != done.Candidates || done.Read > 3 {
		t.Errorf("%+v", done)
	}
	found, s := e.scan(session)
	if len(found) != 2 || s.Known != 50 {
		t.Errorf("%d found, %+v", len(found), s)
	}
	if again, err := session.Revisit(t.Context(), func(known.Late) error { t.Error("told again"); return nil }); err != nil || again.Read > 0 {
		t.Errorf("%+v, %v", again, err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	e.sources = e.sources[1:]
	e.sources[0].Data = []byte(strings.Replace(string(e.sources[0].Data), "condition: $a", "condition: $a and filesize > 1", 1))
	e.rules = e.compile()
	if _, err := e.begin().Revisit(stopped, func(known.Late) error { return nil }); err == nil {
		t.Error("a revisit that was stopped says that it was done")
	}
}

// TestForgedTime finds by its audit a file that was changed under its times.
func TestForgedTime(t *testing.T) {
	e := newEstate(t, 2)
	e.sources = rulePool[:1]
	e.rules = e.compile()
	name := filepath.Join(e.root, "a.php")
	write(t, name, "only hay, in which there is")
	session := e.begin()
	e.scan(session)
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	// What root could do to the disk is done to what is known.
	write(t, name, "now a needle in the hay...."[:27])
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	var dir, file syscall.Stat_t
	if err := syscall.Stat(e.root, &dir); err != nil {
		t.Fatal(err)
	}
	file = *info.Sys().(*syscall.Stat_t)
	session = e.begin()
	d := session.Directory(dir.Dev, dir.Ino)
	d.Entries[0].Modified, d.Entries[0].Changed = file.Mtim.Nano(), file.Ctim.Nano()
	if err := session.Keep(dir.Dev, dir.Ino, d.Path, []known.Seen{{Entry: d.Entries[0]}}); err != nil {
		t.Fatal(err)
	}
	if err := session.Flush(); err != nil {
		t.Fatal(err)
	}
	if found, s := e.scan(session); len(found) != 0 || s.Known != 1 {
		t.Fatalf("the change shows by itself: %+v", s)
	}
	var got collected
	s, err := scan.Scan(t.Context(), func(yield func(scan.Target, error) bool) { yield(scan.Target{Path: e.root}, nil) }, &got,
		scan.Options{NewMatcher: func() scan.Matcher { return e.rules.NewScanner(engine.ScanOptions{}) }, Known: session, Audit: 1, Clock: later})
	if err != nil || s.Forged != 1 || len(got.findings) != 1 {
		t.Errorf("the audit saw %+v, %v", s, err)
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
