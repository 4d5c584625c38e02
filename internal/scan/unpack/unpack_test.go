package unpack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"candor/internal/scan/unpack"
)

// marker is what the tests look for; it is long enough for every encoding.
var marker = strings.Repeat("the harmless marker of a test, nothing else. ", 4)

type found struct {
	paths []string
	gaps  []unpack.Gap
	bytes int64
}

func (f *found) has(path string) bool {
	for _, p := range f.paths {
		if p == path {
			return true
		}
	}
	return false
}

func (f *found) ends(suffix string) bool {
	for _, p := range f.paths {
		if strings.HasSuffix(p, suffix) {
			return true
		}
	}
	return false
}

func (f *found) gap(r unpack.Reason) bool {
	for _, g := range f.gaps {
		if g.Reason == r {
			return true
		}
	}
	return false
}

// look gives the paths of the parts that hold the marker.
func look(t testing.TB, o unpack.Options, name string, content []byte) *found {
	t.Helper()
	f := &found{}
	gaps, err := unpack.New(o).Unpack(context.Background(), name, content, func(p unpack.Part) error {
		f.bytes += int64(len(p.Data))
		if bytes.Contains(p.Data, []byte(marker)) {
			f.paths = append(f.paths, p.Path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f.gaps = gaps
	return f
}

// visit calls a function with every part and gives the gaps.
func visit(t testing.TB, content []byte, f func(unpack.Part)) []unpack.Gap {
	t.Helper()
	gaps, err := unpack.New(unpack.Options{}).Unpack(context.Background(), "", content, func(p unpack.Part) error {
		f(p)
		return nil
	})
	check(t, err)
	return gaps
}

func zipped(t testing.TB, method uint16, name string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	check(t, err)
	_, err = w.Write(data)
	check(t, err)
	check(t, z.Close())
	return b.Bytes()
}

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(data)
	check(t, err)
	check(t, z.Close())
	return b.Bytes()
}

func tarred(t testing.TB, name string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := tar.NewWriter(&b)
	check(t, z.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o644}))
	_, err := z.Write(data)
	check(t, err)
	check(t, z.Close())
	return b.Bytes()
}

func zlibbed(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, err := z.Write(data)
	check(t, err)
	check(t, z.Close())
	return b.Bytes()
}

func deflated(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, 9)
	check(t, err)
	_, err = z.Write(data)
	check(t, err)
	check(t, z.Close())
	return b.Bytes()
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tool runs a program in a folder that holds "a.txt" with the marker, and
// gives the file that it makes.
func tool(t *testing.T, out string, stdin string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(args[0]); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "a.txt"), []byte(marker), 0o600))
	c := exec.Command(args[0], args[1:]...)
	c.Dir, c.Stdin = dir, strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %v: %s", args, err, &stderr)
	}
	if out == "" {
		return stdout.Bytes()
	}
	b, err := os.ReadFile(filepath.Join(dir, out))
	check(t, err)
	return b
}

func TestFormatsOfTools(t *testing.T) {
	for _, tt := range []struct {
		name, out, stdin string
		args             []string
		path             string
	}{
		{"a.zip", "a.zip", "", []string{"zip", "-q", "a.zip", "a.txt"}, "a.txt"},
		{"a.txt.xz", "", "", []string{"xz", "-c", "a.txt"}, "a.txt"},
		{"a.txt.lzma", "", "", []string{"xz", "--format=lzma", "-c", "a.txt"}, "a.txt"},
		{"a.txt.bz2", "", "", []string{"bzip2", "-c", "a.txt"}, "a.txt"},
		{"a.txt.zst", "", "", []string{"zstd", "-qc", "a.txt"}, "a.txt"},
		{"a.txt.lz4", "", "", []string{"lz4", "-qc", "a.txt"}, "a.txt"},
		{"a.txt.gz", "", "", []string{"gzip", "-c", "a.txt"}, "a.txt"},
		{"a.txt.br", "", "", []string{"brotli", "-c", "a.txt"}, "a.txt"},
		{"a.ar", "a.ar", "", []string{"ar", "rc", "a.ar", "a.txt"}, "a.txt"},
		{"a.cpio", "", "a.txt\n", []string{"cpio", "--quiet", "-o", "-H", "newc"}, "a.txt"},
		{"a.cpio", "", "a.txt\n", []string{"cpio", "--quiet", "-o", "-H", "odc"}, "a.txt"},
		{"a.cpio", "", "a.txt\n", []string{"cpio", "--quiet", "-o", "-H", "bin"}, "a.txt"},
		{"a.iso", "a.iso", "", []string{"genisoimage", "-quiet", "-J", "-o", "a.iso", "a.txt"}, "A.TXT"},
		{"a.txt.lz", "", "", []string{"lzip", "-c", "a.txt"}, "a.txt"},
		{"a.cab", "a.cab", "", []string{"gcab", "-c", "a.cab", "a.txt"}, "a.txt"},
		{"a.cab", "a.cab", "", []string{"gcab", "-c", "-z", "a.cab", "a.txt"}, "a.txt"},
		{"a.tar", "", "", []string{"tar", "-cf", "-", "--format=v7", "a.txt"}, "a.txt"},
		{"a.tar", "", "", []string{"tar", "-cf", "-", "--format=pax", "a.txt"}, "a.txt"},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			f := look(t, unpack.Options{}, tt.name, tool(t, tt.out, tt.stdin, tt.args...))
			if !f.has(tt.path) || len(f.gaps) > 0 {
				t.Errorf("marker in %q, gaps %v", f.paths, f.gaps)
			}
		})
	}
}

func TestEncryptedZip(t *testing.T) {
	content := tool(t, "a.zip", "", "zip", "-q", "-P", "infected", "a.zip", "a.txt")
	if f := look(t, unpack.Options{}, "a.zip", content); len(f.paths) > 0 || !f.gap(unpack.Encrypted) {
		t.Errorf("without a password: %v, %v", f.paths, f.gaps)
	}
	if f := look(t, unpack.Options{Passwords: []string{"wrong", "infected"}}, "a.zip", content); !f.has("a.txt") || f.gap(unpack.Encrypted) {
		t.Errorf("with it: %v, %v", f.paths, f.gaps)
	}
}

func TestZip64(t *testing.T) {
	content := tool(t, "a.zip", "", "zip", "-q", "-fz", "a.zip", "a.txt")
	if !bytes.Contains(content, []byte("PK\x06\x06")) {
		t.Fatal("no record of zip64")
	}
	if f := look(t, unpack.Options{}, "", content); !f.has("a.txt") || len(f.gaps) > 0 {
		t.Errorf("%q %v", f.paths, f.gaps)
	}
	if f := look(t, unpack.Options{}, "", append([]byte("\x01\x02 before"), content...)); !f.has("a.txt") || len(f.gaps) > 0 {
		t.Errorf("behind something: %q %v", f.paths, f.gaps)
	}
}

func TestMethodsOfZip(t *testing.T) {
	for _, method := range []string{"Copy", "Deflate", "BZip2", "LZMA", "PPMd", "Deflate64", "xz"} {
		content := tool(t, "a.zip", "", "7z", "a", "-tzip", "-mm="+method, "a.zip", "a.txt")
		f := look(t, unpack.Options{}, "", content)
		switch method {
		case "PPMd":
			if !f.gap(unpack.Unsupported) {
				t.Errorf("%s: %q %v", method, f.paths, f.gaps)
			}
		default:
			if !f.has("a.txt") || len(f.gaps) > 0 {
				t.Errorf("%s: %q %v", method, f.paths, f.gaps)
			}
		}
	}
}

func TestAESZip(t *testing.T) {
	for _, method := range []string{"AES128", "AES192", "AES256", "AES256 -mm=LZMA", "AES256 -mm=BZip2", "ZipCrypto -mm=LZMA", "ZipCrypto -mm=Copy"} {
		args := append([]string{"7z", "a", "-tzip"}, strings.Fields("-mem="+method)...)
		content := tool(t, "a.zip", "", append(args, "-pinfected", "a.zip", "a.txt")...)
		if f := look(t, unpack.Options{Passwords: []string{"wrong", "infected"}}, "a.zip", content); !f.has("a.txt") || len(f.gaps) > 0 {
			t.Errorf("%s: %v, %v", method, f.paths, f.gaps)
		}
		if f := look(t, unpack.Options{Passwords: []string{"wrong"}}, "a.zip", content); len(f.paths) > 0 || !f.gap(unpack.Encrypted) {
			t.Errorf("%s, without it: %v, %v", method, f.paths, f.gaps)
		}
	}
}

func TestViewsOfZip(t *testing.T) {
	one, two := zipped(t, zip.Deflate, "one", []byte(marker)), zipped(t, zip.Store, "two", []byte(marker))
	both := append(bytes.Clone(one), two...)
	if f := look(t, unpack.Options{}, "", both); !f.has("one") || !f.has("two") {
		t.Errorf("joined: %v %v", f.paths, f.gaps)
	}
	if f := look(t, unpack.Options{}, "", append([]byte("MZ and a program of some length"), one...)); !f.has("one") {
		t.Errorf("behind a program: %v %v", f.paths, f.gaps)
	}
	cut := one[:bytes.Index(one, []byte("PK\x01\x02"))]
	if f := look(t, unpack.Options{}, "", cut); !f.has("one") {
		t.Errorf("without a central directory: %v %v", f.paths, f.gaps)
	}
	lie := bytes.Clone(one)
	binary.LittleEndian.PutUint16(lie[bytes.Index(lie, []byte("PK\x01\x02"))+10:], 0)
	if f := look(t, unpack.Options{}, "", lie); !f.has("one") {
		t.Errorf("with a method that lies: %v %v", f.paths, f.gaps)
	}
}

func TestNested(t *testing.T) {
	inner := zipped(t, zip.Store, "dir/a.php", []byte(marker))
	f := look(t, unpack.Options{}, "b.tgz", gzipped(t, tarred(t, "x/in.zip", inner)))
	if !f.has("b.tar//x/in.zip//dir/a.php") {
		t.Errorf("%v %v", f.paths, f.gaps)
	}
}

func TestText(t *testing.T) {
	m := []byte(marker)
	b64 := base64.StdEncoding.EncodeToString
	long := []byte(marker + "Packed text must not be too short, so here are more words, none of which repeats much: quick brown foxes jump over lazy dogs; 0123456789.")
	utf16 := []byte{0xff, 0xfe}
	for _, c := range m {
		utf16 = append(utf16, c, 0)
	}
	escaped, percent := "", ""
	for _, c := range m {
		escaped += fmt.Sprintf(`\x%02x`, c)
		percent += fmt.Sprintf("%%%02x", c)
	}
	for name, tt := range map[string]struct{ text, path string }{
		"base64":  {"<?php eval(base64_decode('" + b64(m) + "'));", "base64@26"},
		"deflate": {"<?php eval(gzinflate(base64_decode('" + b64(deflated(t, long)) + "')));", "base64@36//deflate"},
		"zlib":    {"<?php eval(gzuncompress(base64_decode('" + b64(zlibbed(t, long)) + "')));", "base64@39//base64@39.out"},
		"hex":     {"$a = '" + hex.EncodeToString(m) + "';", "hex@6"},
		"escapes": {"$a = \"" + escaped + "\";", "escapes@6"},
		"percent": {"$a = '" + percent + "';", "percent@6"},
		"utf-16":  {string(utf16), "utf-8"},
		"twice":   {"$a = '" + b64([]byte("x = '"+b64(m)+"'")) + "'", "base64@6//base64@5"},
	} {
		if f := look(t, unpack.Options{}, "a.php", []byte(tt.text)); !f.has(tt.path) {
			t.Errorf("%s: %v %v", name, f.paths, f.gaps)
		}
	}
	if f := look(t, unpack.Options{}, "a.php", ordinary(1<<20)); f.bytes > 0 {
		t.Errorf("%d bytes in ordinary text", f.bytes)
	}
}

func TestMail(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString(zipped(t, zip.Deflate, "a.js", []byte(marker)))
	content := "From: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\nhello\n--b\n" +
		"Content-Type: application/zip; name=\"a.zip\"\nContent-Transfer-Encoding: base64\n\n" + b64 + "\n"
	if f := look(t, unpack.Options{}, "", []byte(content)); !f.has("a.zip//a.js") {
		t.Errorf("%v %v", f.paths, f.gaps)
	}
	if f := look(t, unpack.Options{}, "", []byte("From a Mon\n"+content+"\nFrom b Tue\n"+content)); !f.has("message-2//a.zip//a.js") {
		t.Errorf("box: %v %v", f.paths, f.gaps)
	}
	var deep strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	if f := look(t, unpack.Options{}, "", []byte(deep.String())); !f.gap(unpack.Depth) {
		t.Errorf("deep: %v", f.gaps)
	}
}

func TestPDF(t *testing.T) {
	z := zlibbed(t, []byte(marker))
	content := fmt.Sprintf("%%PDF-1.5\n1 0 obj\n<</Length %d /Filter [/AHx /Fl#61teDecode]>>\nstream\n%x>\nendstream\nendobj\n", 2*len(z)+1, z)
	if f := look(t, unpack.Options{}, "", []byte(content)); !f.has("stream-1") {
		t.Errorf("%v %v", f.paths, f.gaps)
	}
}

func TestPhar(t *testing.T) {
	if f := look(t, unpack.Options{}, "x.phar", phar(t)); !f.has("in.php") {
		t.Errorf("%v %v", f.paths, f.gaps)
	}
}

// phar is an archive of PHP with one member.
func phar(t testing.TB) []byte {
	z := deflated(t, []byte(marker))
	le := binary.LittleEndian
	str := func(b []byte, s string) []byte { return append(le.AppendUint32(b, uint32(len(s))), s...) }
	var m []byte
	m = le.AppendUint32(m, 1)
	m = append(m, 0x11, 0)
	m = le.AppendUint32(m, 0)
	m = str(str(m, "x.phar"), "")
	m = str(m, "in.php")
	m = le.AppendUint32(m, uint32(len(marker)))
	m = le.AppendUint32(m, 0)
	m = le.AppendUint32(m, uint32(len(z)))
	m = le.AppendUint32(m, 0)
	m = le.AppendUint32(m, 0x1000|0o644)
	m = str(m, "")
	content := append([]byte("<?php __HALT_COMPILER(); ?>\r\n"), str(nil, string(m))...)
	return append(content, z...)
}

func TestLargeDictionary(t *testing.T) {
	content := tool(t, "", "", "xz", "--lzma2=dict=512MiB", "-c", "a.txt")
	if f := look(t, unpack.Options{}, "a.xz", content); !f.gap(unpack.Window) {
		t.Errorf("%v %v", f.paths, f.gaps)
	}
}

func TestErrorOfVisitEnds(t *testing.T) {
	stop := errors.New("enough")
	calls := 0
	_, err := unpack.New(unpack.Options{}).Unpack(context.Background(), "", tarred(t, "a", zipped(t, zip.Store, "b", []byte(marker))), func(unpack.Part) error {
		calls++
		return stop
	})
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

func FuzzUnpack(f *testing.F) {
	m := []byte(marker)
	for _, seed := range [][]byte{
		zipped(f, zip.Deflate, "a", m), gzipped(f, m), tarred(f, "a", m), zlibbed(f, m), []byte("From: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n"),
		[]byte("%PDF-1.5\n1 0 obj <</Filter/LZWDecode>>\nstream\n\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01\nendstream"),
		append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 2048)...), []byte("!<arch>\n"), []byte("Rar!\x1a\x07\x01\x00"), []byte("070701"),
	} {
		f.Add(seed)
	}
	iso := make([]byte, 18*2048+64)
	copy(iso[16*2048:], "\x01CD001")
	copy(iso[16*2048+156:], "\x22\x00\x11\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00")
	copy(iso[17*2048:], "\x24\x00\x10\x00\x00\x00\x00\x00\x00\x00\x40")
	f.Add(iso)
	f.Add(stored("a", marker, 0))
	f.Add(compoundFile(literals("Attribute VB_Name"), 2))
	limits := unpack.Limits{Bytes: 1 << 20, Part: 1 << 18, Entries: 200, Window: 1 << 20}
	u := unpack.New(unpack.Options{Limits: limits, Passwords: []string{"infected"}})
	f.Fuzz(func(t *testing.T, content []byte) {
		var sum int64
		if _, err := u.Unpack(context.Background(), "a.br", content, func(p unpack.Part) error {
			sum += int64(len(p.Data))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if sum > limits.Bytes {
			t.Fatalf("%d bytes", sum)
		}
	})
}

// ordinary is text like that of PHP, without anything encoded.
func ordinary(size int) []byte {
	line := "\tpublic function get_option_value( $name, $default = false ) { // Returns what is stored.\n\t\treturn isset( $this->values[ $name ] ) ? $this->values[ $name ] : $default;\n\t}\n\n"
	return bytes.Repeat([]byte(line), size/len(line))
}
