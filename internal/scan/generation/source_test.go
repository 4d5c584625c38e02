package generation

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
)

func zipOf(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := z.Create(files[i])
		if err == nil {
			_, err = io.WriteString(f, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarOf(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	w := tar.NewWriter(g)
	for _, h := range headers {
		content := h.PAXRecords["content"]
		h.PAXRecords, h.Size, h.Mode = nil, int64(len(content)), 0o644
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), g.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func file(name, content string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeReg, PAXRecords: map[string]string{"content": content}}
}

// site is an https server that gives one file.
type site struct {
	*httptest.Server
	body    []byte
	answer  http.HandlerFunc // instead, if not nil
	asked   []string         // method, path, condition
	version int
}

func newSite(t *testing.T) *site {
	s := &site{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked = append(s.asked, r.URL.Path+" "+r.Header.Get("If-None-Match"))
		if s.answer != nil {
			s.answer(w, r)
			return
		}
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, s.version))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.body))
	}))
	s.Config.ErrorLog = log.New(t.Output(), "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *site) source(t *testing.T, name string) Source {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	put(t, ca, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	return Source{Name: "web", Kind: Web, URL: s.URL + "/" + name, CA: ca, Timeout: 20 * time.Second}
}

func TestWeb(t *testing.T) {
	for name, content := range map[string]func(rules string) []byte{
		"rules.yar": func(r string) []byte { return []byte(r) },
		"rules.zip": func(r string) []byte {
			return zipOf(t, "rules-main/", "", "rules-main/a.yar", r, "rules-main/README.md", "x")
		},
		"rules.tar.gz": func(r string) []byte {
			return tarOf(t, file("./rules/a.yar", r), tar.Header{Name: "link.yar", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.body = content(rule("one", "first needle"))
			d := newDesk(t, s.source(t, name))
			u := d.open()
			first := d.accepted(u)
			if out := d.check(u); out.Changed || len(out.Failures) > 0 || s.asked[1] != "/"+name+` "0"` {
				t.Errorf("%+v, asked %q", out, s.asked)
			}
			s.body, s.version = content(rule("two", "second needle")), 1
			second := d.accepted(u)
			if got := current(t, u).finds(t, "second needle"); len(got) != 1 || !strings.HasPrefix(got[0], "web/") {
				t.Errorf("found %q", got)
			}
			copies, err := os.ReadDir(filepath.Join(d.o.Dir, webDir))
			if err != nil || len(copies) != 1 {
				t.Errorf("%v, %v", copies, err)
			}
			if second.ID == first.ID {
				t.Error("nothing changed")
			}
		})
	}
}

// TestWebFails has a source fail in every way: its last good content stays in
// use, and the failure is told.
func TestWebFails(t *testing.T) {
	good := zipOf(t, "a.yar", rule("one", "first needle"))
	long := zipOf(t, "a.yar", rule("two", strings.Repeat("x", 1<<12)))
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		change func(*Source)
		want   string
	}{
		"404":             {answer: http.NotFound, want: "answered 404"},
		"304 for nothing": {answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, change: func(s *Source) { s.URL += "?x=.zip" }, want: "answered 304"},
		"truncated": {answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write(long[:100])
		}, want: "EOF"},
		"truncated archive": {answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(long[:len(long)/2]) }, want: "not a valid zip"},
		"too slow": {answer: func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write(long[:10])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, change: func(s *Source) { s.Timeout = 500 * time.Millisecond }, want: "took too long"},
		"too large": {answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 5000)) }, change: func(s *Source) { s.MaxBytes = 4000 }, want: "larger than 4000 bytes"},
		"plain http": {answer: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+r.Host+"/a.zip", http.StatusFound)
		}, want: "redirected to http"},
		"round and round":   {answer: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/a.zip", http.StatusFound) }, want: "redirected too often"},
		"unknown authority": {change: func(s *Source) { s.CA = "" }, want: "unknown authority"},
		"not the pinned":    {answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(long) }, change: func(s *Source) { s.SHA256 = strings.Repeat("0", 64) }, want: "and not 000000"},
		"leads out":         {answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zipOf(t, "../../a.yar", "x")) }, want: "not a name inside"},
		"empty":             {answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zipOf(t, "a.exe", "x")) }, want: "no definitions in it"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.body = good
			source := s.source(t, "a.zip")
			d := newDesk(t, source)
			u := d.open()
			first := d.accepted(u)
			s.answer = tt.answer
			if tt.change != nil {
				tt.change(&d.o.Sources[0])
			}
			u = d.open()
			out := d.check(u)
			if err := out.Failures["web"]; err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), s.URL) {
				t.Errorf("%v", err)
			}
			if id := current(t, u).Generation().ID; out.Changed || id != first.ID {
				t.Error("the last good content is not in use")
			}
			if h := u.Health().Sources[0]; !strings.Contains(h.Error, tt.want) {
				t.Errorf("%+v", h)
			}
			d.now = d.now.Add(8 * 24 * time.Hour)
			if h := u.Health(); !h.Stale {
				t.Errorf("%+v", h)
			}
			s.answer, s.body, s.version = nil, long, 2
			d.o.Sources[0] = source
			u = d.open()
			d.accepted(u)
			if h := u.Health(); h.Stale || h.Sources[0].Error != "" {
				t.Errorf("%+v", h)
			}
		})
	}
}

func TestPinned(t *testing.T) {
	s := newSite(t)
	s.body = []byte(rule("one", "first needle"))
	sum := func() string {
		name := filepath.Join(t.TempDir(), "x")
		put(t, name, string(s.body))
		digest, err := digestOf(name)
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	written := sum() + "  a.yar\n"
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			_, _ = io.WriteString(w, written)
			return
		}
		_, _ = w.Write(s.body)
	}
	source := s.source(t, "a.yar")
	source.SHA256 = source.URL + ".sha256"
	d := newDesk(t, source)
	u := d.open()
	d.accepted(u)
	d.check(u)
	if n := len(s.asked); n != 3 { // the digest says that there is nothing new
		t.Errorf("asked %q", s.asked)
	}
	s.body = []byte(rule("two", "second needle"))
	written = strings.Repeat("1", 64)
	if out := d.check(u); out.Failures["web"] == nil || out.Changed {
		t.Errorf("%+v", out)
	}
	written = strings.ToUpper(sum())
	d.accepted(u)
	written = "<html>"
	if err := d.check(u).Failures["web"]; !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("%v", err)
	}
}

func TestIncludes(t *testing.T) {
	source := own(t)
	d := newDesk(t, source)
	secret := filepath.Join(t.TempDir(), "secret.yar")
	put(t, secret, rule("secret", "third needle"))
	put(t, source.Path+"/a.yar", "include \"parts/one.inc\"\ninclude /* x */ \"parts/two.inc\"\n"+rule("zero", "no needle"))
	put(t, source.Path+"/parts/one.inc", `include "../two.yara"`)
	put(t, source.Path+"/two.yara", rule("one", "first needle"))
	put(t, source.Path+"/absolute.yar", fmt.Sprintf("include %q", secret))
	put(t, source.Path+"/outside.yar", `include "../secret.yar"`)
	if err := os.Symlink(secret, source.Path+"/link.yar"); err != nil {
		t.Fatal(err)
	}
	u := d.open()
	d.o.Limits.MoreProblems = 1
	out := d.check(u)
	text := fmt.Sprint(out.Problems)
	if !out.Changed || !strings.Contains(text, "own/absolute.yar: it includes") || !strings.Contains(text, "own/outside.yar: it includes") || strings.Contains(text, d.o.Dir) {
		t.Errorf("%v", out.Problems)
	}
	got := current(t, u).finds(t, "first needle third needle")
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, []string{"own/link.yar secret", "own/two.yara one"}) {
		t.Errorf("found %q", got)
	}
}

// TestFreshClam reads a folder while another program replaces its files.
func TestFreshClam(t *testing.T) {
	source := Source{Name: "clamav", Kind: FreshClam, Path: t.TempDir()}
	signature := func(i int) string { return fmt.Sprintf("Test.Sig-%d:0:*:%x\n", i, fmt.Sprintf("needle number %d", i)) }
	put(t, source.Path+"/third.ndb", signature(1))
	put(t, source.Path+"/tmp.1/half.ndb", signature(2))
	d := newDesk(t, source)
	u := d.open()
	d.accepted(u)
	if got := current(t, u).finds(t, "needle number 1, needle number 2"); len(got) != 1 {
		t.Errorf("found %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int)
	go func() {
		n := 0
		for i := 3; ctx.Err() == nil; i++ {
			_ = os.WriteFile(source.Path+"/third.new", []byte(strings.Repeat(signature(i), 2000)), 0o600)
			_ = os.Rename(source.Path+"/third.new", source.Path+"/third.ndb")
			n++
			if i > 40 {
				cancel()
			}
		}
		done <- n
	}()
	for ctx.Err() == nil {
		out := d.check(u)
		if err := out.Failures["clamav"]; err != nil && !errors.Is(err, candor.ErrChanged) {
			t.Error(err)
		}
		if len(out.Problems) > 0 {
			t.Errorf("half a file was read: %v", out.Problems)
		}
	}
	cancel()
	t.Logf("replaced %d times", <-done)
	if out := d.check(u); len(out.Failures) > 0 {
		t.Errorf("%+v", out)
	}
	d.now = time.Now().Add(8 * 24 * time.Hour)
	d.check(u)
	if h := u.Health(); !h.Stale || h.Sources[0].Error != "" {
		t.Errorf("freshclam has done nothing for a week: %+v", h)
	}
}

func TestLatest(t *testing.T) {
	dir := t.TempDir()
	put(t, dir+"/daily.cvd", "ClamAV-VDB:01 Jan 2026 00-00 +0000:27000:1:x")
	put(t, dir+"/daily.cld", "ClamAV-VDB:02 Jan 2026 00-00 +0000:27001:1:x")
	put(t, dir+"/main.cvd", "ClamAV-VDB:02 Jan 2026 00-00 +0000:62:1:x")
	put(t, dir+"/main.cld", "nonsense")
	put(t, dir+"/other.ndb", "x")
	all, err := survey(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range (&section{}).latest(all) {
		names = append(names, f.name)
	}
	if !slices.Equal(names, []string{"daily.cld", "main.cvd", "other.ndb"}) {
		t.Errorf("%q", names)
	}
}
