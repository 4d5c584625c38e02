package icap

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http/httputil"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor/internal/scan/front"
)

// FuzzRequest reads requests: those that are taken are such that nobody can see
// another end of them.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		"OPTIONS icap://h/scan?x=1 ICAP/1.0\r\nHost: h\r\n\r\n",
		"REQMOD /scan ICAP/1.0\r\nAllow: 204\r\nPreview: 5\r\nEncapsulated: req-hdr=0, null-body=18\r\n\r\nGET / HTTP/1.1\r\n\r\n",
		"RESPMOD /scan ICAP/1.0\r\nEncapsulated: req-hdr=0, res-hdr=18, res-body=37\r\n\r\nGET / HTTP/1.1\r\n\r\nHTTP/1.1 200 OK\r\n\r\n0\r\n\r\n",
		"RESPMOD /scan ICAP/1.0\r\nEncapsulated: res-hdr=0, res-body=31\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n",
		"OPTIONS /scan ICAP/1.0\r\nEncapsulated: opt-body=0\r\n\r\n",
		"\r\nOPTIONS /scan ICAP/1.0\nHost:\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		in := bufio.NewReaderSize(bytes.NewReader(input), 2*mostLine)
		r, err := readRequest(in)
		if err != nil {
			var known *refusal
			if !errors.As(err, &known) && err != io.EOF && err != io.ErrUnexpectedEOF {
				t.Fatalf("%q: an error of no kind: %v", input, err)
			}
			if known != nil && (!isText(known.text) || known.status < 400) {
				t.Fatalf("%q: %v", input, known)
			}
			return
		}
		rest, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		taken := strings.TrimLeft(string(input[:len(input)-len(rest)]), "\r\n")
		var heads string
		for _, h := range []*head{r.head, r.http, r.response} {
			if h == nil {
				continue
			}
			heads += h.text
			if strings.Index(h.text, "\r\n\r\n") != len(h.text)-4 || len(h.text) > mostHead || len(h.fields) > mostFields {
				t.Errorf("a head ends elsewhere: %q", h.text)
			}
			if bare := strings.NewReplacer("\r\n", "").Replace(h.text); strings.ContainsAny(bare, "\r\n\x00") {
				t.Errorf("a head has a line of another end: %q", h.text)
			}
			if strings.Contains(h.text, "\r\n ") || strings.Contains(h.text, "\r\n\t") {
				t.Errorf("a head is folded: %q", h.text)
			}
		}
		if heads != taken {
			t.Errorf("%q was taken, but is not the heads: %q", taken, heads)
		}
		if !isText(r.address()) || len(r.head.all("Encapsulated")) > 1 {
			t.Errorf("%q", taken)
		}
		codings(r.head)
		r.declared()
	})
}

// FuzzChunks reads bodies, whose content is what the standard library reads in
// them, and which are the same in other chunks.
func FuzzChunks(f *testing.F) {
	for _, seed := range []string{
		"0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "5;a=b\r\nhello\r\n3 ; ieof\r\nabc\r\n0; ieof\r\n\r\n", "1\r\na\r\n0\r\nA: b\r\n\r\nrest",
		"ffffffff\r\n", "1\na\n0\n\n", "00000001\r\na\r\n0\r\n\r\n", "2\r\na\r\n0\r\n\r\n",
	} {
		f.Add([]byte(seed), int64(-1))
		f.Add([]byte(seed), int64(4))
	}
	f.Fuzz(func(t *testing.T, input []byte, preview int64) {
		preview = max(-1, min(preview, mostPreview))
		in := bufio.NewReaderSize(bytes.NewReader(input), 2*mostLine)
		c := newChunks(in, preview)
		got, err := io.ReadAll(c)
		if err != nil {
			if !errors.As(err, new(*refusal)) && err != io.ErrUnexpectedEOF {
				t.Fatalf("%q: an error of no kind: %v", input, err)
			}
			if _, again := c.Read(make([]byte, 1)); again != err {
				t.Errorf("%q: an error does not stay: %v", input, again)
			}
			return
		}
		if preview >= 0 && int64(len(got)) > preview || !c.done || preview < 0 && !c.whole {
			t.Errorf("%q: %d bytes of a preview of %d", input, len(got), preview)
		}
		want, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(input)))
		if err != nil && len(input) < 1000 && !bytes.ContainsAny(input, " \t") { // it has bounds of its own for extensions, and takes no blanks
			t.Errorf("%q is taken, but not elsewhere: %v", input, err)
		}
		if err == nil && !bytes.Equal(got, want) {
			t.Errorf("%q: %q, elsewhere %q", input, got, want)
		}
		rest, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if end := string(input[:len(input)-len(rest)]); !strings.HasSuffix(end, "\r\n\r\n") {
			t.Errorf("%q ends in no empty line", end)
		}
	})
}

// FuzzEncapsulated reads lists of sections.
func FuzzEncapsulated(f *testing.F) {
	for _, seed := range []string{"req-hdr=0, res-hdr=137, res-body=296", "null-body=0", "res-body=0", "req-hdr=0,req-body=5", "req-hdr=0, null-body=999999", "opt-body=0, null-body=1"} {
		for _, method := range []string{"REQMOD", "RESPMOD", "OPTIONS"} {
			f.Add(seed, method)
		}
	}
	f.Fuzz(func(t *testing.T, value, method string) {
		sections, err := parseEncapsulated(value, method)
		if err != nil {
			return
		}
		before := int64(-1)
		for i, s := range sections {
			if s.at <= before || i == 0 && s.at != 0 || strings.HasSuffix(s.name, "-body") != (i == len(sections)-1) {
				t.Errorf("%q: %v", value, sections)
			}
			before = s.at
		}
	})
}

// FuzzFiles takes forms apart: files are pieces of the body, in their order.
func FuzzFiles(f *testing.F) {
	f.Add([]byte("--b\r\nContent-Disposition: form-data; filename=\"a/b.txt\"\r\n\r\ncontent\r\n--b--\r\n"), "b")
	f.Add([]byte("--b\nContent-Disposition: filename\n\ncontent\n--b\n\n--b--"), "b")
	f.Add([]byte("----\n--\n\n"), "--")
	f.Fuzz(func(t *testing.T, content []byte, boundary string) {
		if boundary == "" || strings.Contains(boundary, "\n") {
			return
		}
		rest, n := content, 0
		for part := range files(content, boundary) {
			if part.name == "" || strings.ContainsAny(part.name, "/\\") {
				t.Errorf("a file is called %q", part.name)
			}
			at := bytes.Index(rest, part.content)
			if at < 0 {
				t.Fatalf("%q holds %q, which is not there", content, part.content)
			}
			rest = rest[at+len(part.content):]
			n++
		}
		if n > mostParts+1 {
			t.Errorf("%d files", n)
		}
	})
}

// FuzzDecode decodes whatever is called encoded, within bounds.
func FuzzDecode(f *testing.F) {
	for _, coding := range []string{"gzip", "deflate", "br", "zstd", "compress"} {
		f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x01\x00\x00\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00"), coding)
		f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00\x01\x00\x00"), coding)
		f.Add([]byte("\x78\x9c\x03\x00\x00\x00\x00\x01"), coding)
	}
	const most = 100_000
	f.Fuzz(func(t *testing.T, content []byte, coding string) {
		h := front.NewHold()
		defer h.Free()
		err := decode(h, content, []string{coding, "gzip"}, most)
		if err != nil && !errors.As(err, new(*encodingError)) {
			t.Errorf("%q: an error of no kind: %v", content, err)
		}
		h2 := front.NewHold()
		defer h2.Free()
		err = decode(h2, content, []string{coding}, most)
		if err != nil && !errors.As(err, new(*encodingError)) {
			t.Errorf("%q: an error of no kind: %v", content, err)
		}
		for _, h := range []*front.Hold{h, h2} {
			if content, err := h.Content(); err != nil || len(content) > most+1 {
				t.Errorf("%d bytes, %v", len(content), err)
			}
		}
	})
}

// TestLists reads fields that are lists.
func TestLists(t *testing.T) {
	h, err := parseHead("X / Y\r\nContent-Encoding: gzip, , Identity\r\nA: 1\r\ncontent-encoding:\tBR\t\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"br", "gzip"}, codings(h)); diff != "" {
		t.Error(diff)
	}
	if !h.lists("Content-Encoding", "br") || h.lists("Content-Encoding", "g") || h.first("a") != "1" || h.first("b") != "" {
		t.Errorf("%+v", h)
	}
}
