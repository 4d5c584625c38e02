package generation

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"candor"
)

func unpackAll(data []byte, format string, b budget) (names []string, total int64, err error) {
	err = unpack(bytes.NewReader(data), int64(len(data)), format, b, func(name string, r io.Reader) error {
		names = append(names, name)
		n, err := io.Copy(io.Discard, r)
		total += n
		return err
	})
	return names, total, err
}

func TestArchive(t *testing.T) {
	small := budget{bytes: 1 << 20, files: 10}
	zeros := strings.Repeat("\x00", 2<<20)
	var many []tar.Header
	var manyZip []string
	for range 11 {
		many, manyZip = append(many, file("a", "")), append(manyZip, "a", "")
	}
	whole := tarOf(t, file("a.yar", "content"), file("b.yar", strings.Repeat("x", 1<<12)))
	for name, tt := range map[string]struct {
		data   []byte
		format string
		bad    bool
	}{
		"zip":             {zipOf(t, "a/b.yar", "x"), ".zip", false},
		"tar":             {whole, ".tar.gz", false},
		"tar with links":  {tarOf(t, tar.Header{Name: "/etc/x", Typeflag: tar.TypeSymlink, Linkname: "/"}, tar.Header{Name: "h", Typeflag: tar.TypeLink, Linkname: "../x"}, file("a.yar", "x")), ".tgz", false},
		"zip leads up":    {zipOf(t, "a/../../b.yar", "x"), ".zip", true},
		"zip absolute":    {zipOf(t, "/etc/cron.d/x", "x"), ".zip", true},
		"zip backslash":   {zipOf(t, `..\b.yar`, "x"), ".zip", true},
		"zip odd name":    {zipOf(t, "a\nb.yar", "x"), ".zip", true},
		"tar leads up":    {tarOf(t, file("../b.yar", "x")), ".tar.gz", true},
		"tar absolute":    {tarOf(t, file("/b.yar", "x")), ".tar.gz", true},
		"tar within":      {tarOf(t, file("a/../../b.yar", "x")), ".tar.gz", true},
		"zip bomb":        {zipOf(t, "a.yar", zeros), ".zip", true},
		"tar bomb":        {tarOf(t, file("a.yar", zeros)), ".tar.gz", true},
		"tar hidden bomb": {tarOf(t, tar.Header{Name: "a", Typeflag: tar.TypeGNUSparse, PAXRecords: map[string]string{"content": ""}}, file("b", zeros)), ".tar.gz", true},
		"zip many":        {zipOf(t, manyZip...), ".zip", true},
		"tar many":        {tarOf(t, many...), ".tar.gz", true},
		"zip truncated":   {zipOf(t, "a.yar", "x")[:40], ".zip", true},
		"tar truncated":   {whole[:len(whole)-20], ".tar.gz", true},
		"tar no checksum": {whole[:len(whole)-8], ".tar.gz", true},
		"nothing":         {nil, ".zip", true},
		"no tar":          {[]byte("x"), ".tar.gz", true},
	} {
		t.Run(name, func(t *testing.T) {
			names, total, err := unpackAll(tt.data, tt.format, small)
			if tt.bad != errors.Is(err, candor.ErrInvalid) || !tt.bad && err != nil {
				t.Errorf("%q, %d bytes: %v", names, total, err)
			}
			if total > small.bytes+32<<10 {
				t.Errorf("%d bytes came out", total)
			}
		})
	}
}

func FuzzArchive(f *testing.F) {
	f.Add(zipOf(f, "a/b.yar", "x", "../c", "y"), true)
	f.Add(tarOf(f, file("a.yar", "content"), file("../b", "x")), false)
	f.Fuzz(func(t *testing.T, data []byte, zipped bool) {
		format := ".tar.gz"
		if zipped {
			format = ".zip"
		}
		b := budget{bytes: 1 << 20, files: 100}
		names, total, _ := unpackAll(data, format, b)
		if int64(len(names)) > b.files || total > b.bytes {
			t.Fatalf("%d files, %d bytes", len(names), total)
		}
		for _, n := range names {
			if !validName(n) {
				t.Fatalf("%q", n)
			}
		}
	})
}

func FuzzIncluded(f *testing.F) {
	f.Add([]byte("include /* x */ // y\n \"a.yar\" include\"b\""))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, p := range included(text) {
			if !bytes.Contains(text, []byte(`"`+p+`"`)) {
				t.Fatalf("%q is not in it", p)
			}
		}
	})
}
