package icap_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"candor/internal/scan/icap"
)

// encoders are other code than the decoders, where there is some.
var encoders = map[string]func(io.Writer) (io.WriteCloser, error){
	"gzip":     func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
	"deflate":  func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil },
	"bare":     func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 9) },
	"br":       func(w io.Writer) (io.WriteCloser, error) { return brotli.NewWriter(w), nil },
	"zstd":     func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) },
	"identity": nil,
}

func encode(t *testing.T, content, coding string) string {
	t.Helper()
	if encoders[coding] == nil {
		return content
	}
	var b bytes.Buffer
	w, err := encoders[coding](&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestEncodings looks at what browsers will see.
func TestEncodings(t *testing.T) {
	open := serve(t, func(o *icap.Options) { o.MaxStream, o.FailOpen = 4<<20, true })
	closed := serve(t, func(o *icap.Options) { o.MaxStream = 4 << 20 })
	long := strings.Repeat("good and long ", 1<<16) + "\n"
	zip := func(content string) string { return encode(t, content, "gzip") }
	const bad, unknown, large = "it does not decode as its Content-Encoding says", "its Content-Encoding is not known here", "decoded it is larger than can be looked at"
	for _, tt := range []struct {
		name, encoding, body string
		threat, unseen       string
	}{
		{"gzip", "gzip", zip(long + evil), "evil", ""},
		{"gzip, clean", "gzip", zip(long), "", ""},
		{"x-gzip", "X-GZip", zip(evil), "evil", ""},
		{"gzip of two members", "gzip", zip(long) + zip(evil), "evil", ""},
		{"gzip with zeros behind", "gzip", zip(long) + "\x00\x00\x00\x00", "", ""},
		{"gzip with more behind", "gzip", zip(long) + "\x1f\x8bno header", "", ""},
		{"gzip, cut", "gzip", zip(long)[:100], "", bad},
		{"gzip, cut behind what is bad", "gzip", zip(evil)[:len(zip(evil))-4], "evil", ""},
		{"gzip that is none", "gzip", "good", "", bad},
		{"gzip that is none, bad", "gzip", evil, "evil", ""},
		{"deflate", "deflate", encode(t, evil, "deflate"), "evil", ""},
		{"deflate, clean", "deflate", encode(t, long, "deflate"), "", ""},
		{"deflate without wrapping", "deflate", encode(t, evil, "bare"), "evil", ""},
		{"deflate that is none", "deflate", "\xff\xff\xff\xff", "", bad},
		{"br", "br", encode(t, long+evil, "br"), "evil", ""},
		{"br, clean", "br", encode(t, long, "br"), "", ""},
		{"br, cut", "br", encode(t, long, "br")[:20], "", bad},
		{"zstd", "zstd", encode(t, long+evil, "zstd"), "evil", ""},
		{"zstd, clean", "zstd", encode(t, long, "zstd"), "", ""},
		{"zstd, cut", "zstd", encode(t, long, "zstd")[:40], "", bad},
		{"identity", "identity", evil, "evil", ""},
		{"one within another", "gzip, br", encode(t, zip(long+evil), "br"), "evil", ""},
		{"one within another, cut", "gzip, br", encode(t, zip(long)[:100], "br"), "", bad},
		{"unknown", "compress", "good", "", unknown},
		{"unknown within gzip", "compress, gzip", zip("good"), "", unknown},
		{"too many", "gzip, gzip, gzip, gzip", zip(zip(zip(zip("good")))), "", "too many encodings"},
		{"a bomb", "gzip", zip(strings.Repeat("\x00", 5<<20)), "", large},
		{"a bomb, bad at its begin", "gzip", zip(evil + strings.Repeat("\x00", 5<<20)), "evil", ""},
		{"as large as may be", "gzip", zip(strings.Repeat("\x00", 4<<20)), "", ""},
		{"nothing", "gzip", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			head := strings.Replace(okHead, "\r\n\r\n", "\r\nContent-Encoding: "+tt.encoding+"\r\n\r\n", 1)
			ask := respmod("", head, chunked(tt.body, 5000))
			o, c := open.dial(t), closed.dial(t)
			o.send(ask)
			c.send(ask)
			a := o.read()
			if a.head.Get("X-Virus-ID") != tt.threat || a.head.Get("X-Candor-Not-Scanned") != tt.unseen || tt.threat == "" && a.body != tt.body {
				t.Errorf("open: %d %s %v", a.status, a.reason, a.head)
			}
			a = c.read()
			if blocked := strings.HasPrefix(a.http, "HTTP/1.1 403 "); blocked != (tt.threat != "" || tt.unseen != "") || !blocked && a.body != tt.body {
				t.Errorf("closed: %d %s %v", a.status, a.reason, a.head)
			}
		})
	}
}

// form writes files as browsers do.
func form(t *testing.T, files ...[2]string) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.WriteField("text", "PART-EVIL in a field that is no file"); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		part, err := w.CreateFormFile("file", f[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.String()
}

// TestForm looks at each file of an upload by itself and by its name.
func TestForm(t *testing.T) {
	w := serve(t, nil)
	good := [2]string{"good.txt", "good"}
	const filled = "this is long enough, so that no rule that is about names alone would know it, whatever its name should be"
	for _, tt := range []struct {
		name   string
		files  [][2]string
		change func(contentType, body string) (string, string)
		threat string
		path   string
	}{
		{"clean", [][2]string{good, good}, nil, "", ""},
		{"begins badly", [][2]string{good, {"x.txt", "PART-EVIL"}}, nil, "begins", "x.txt"},
		{"holds", [][2]string{{"y.txt", evil}, good}, nil, "evil", "y.txt"},
		{"called", [][2]string{{"evil.php", "good"}}, nil, "named", "evil.php"},
		{"called, but long", [][2]string{{"evil.php", filled}}, nil, "", ""},
		{"called, in a folder", [][2]string{{`C:\a/b\evil.php`, "good"}}, nil, "named", "evil.php"},
		{"a name with quotes", [][2]string{{"a\"b;,\n\u00e4.txt", evil}}, nil, "evil", "a\"b;,%0A\u00e4.txt"},
		{"lines that end in LF", [][2]string{{"x.txt", "PART-EVIL"}}, func(kind, body string) (string, string) {
			return kind, strings.ReplaceAll(body, "\r\n", "\n")
		}, "begins", "x.txt"},
		{"cut", [][2]string{{"x.txt", "PART-EVIL"}}, func(kind, body string) (string, string) {
			return kind, body[:strings.LastIndex(body, "\r\n--")]
		}, "begins", "x.txt"},
		{"something before", [][2]string{{"x.txt", "PART-EVIL"}}, func(kind, body string) (string, string) {
			return kind, "preamble\r\n" + body
		}, "begins", "x.txt"},
		{"a disposition out of order", [][2]string{{"x.txt", "PART-EVIL"}}, func(kind, body string) (string, string) {
			return kind, strings.Replace(body, `filename="x.txt"`, `filename="x.txt";;filename=`, 1)
		}, "begins", "file"},
		{"no boundary", [][2]string{{"x.txt", evil}}, func(_, body string) (string, string) { return "multipart/form-data", body }, "evil", ""},
		{"another type", [][2]string{{"x.txt", "PART-EVIL"}}, func(_, body string) (string, string) { return "text/plain", body }, "", ""},
		{"in a field", [][2]string{good}, func(kind, body string) (string, string) {
			return kind, strings.Replace(body, "PART-EVIL", evil, 1)
		}, "evil", ""},
		{"more parts than are told apart", slicesOf(good, 1500, [2]string{"x.txt", evil}), nil, "evil", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kind, body := form(t, tt.files...)
			if tt.change != nil {
				kind, body = tt.change(kind, body)
			}
			for _, coding := range []string{"identity", "gzip"} {
				c := w.dial(t)
				head := strings.Replace(postHead, "text/plain", kind+"\r\nContent-Encoding: "+coding, 1)
				c.send(reqmod("", head, chunked(encode(t, body, coding), 1000)))
				a := c.read()
				if a.head.Get("X-Virus-ID") != tt.threat || tt.threat == "" && a.body != encode(t, body, coding) {
					t.Fatalf("%s: %d %s %v %q", coding, a.status, a.reason, a.head, a.body)
				}
				if tt.path == "" {
					continue
				}
				w.lock.Lock()
				if got, want := w.found[len(w.found)-1].Path, "http://www.example.org/upload!/"+tt.path; got != want {
					t.Errorf("%s: path %q, want %q", coding, got, want)
				}
				w.lock.Unlock()
			}
		})
	}
}

// slicesOf gives many of one, and another at the end.
func slicesOf(one [2]string, n int, last [2]string) (all [][2]string) {
	for range n {
		all = append(all, one)
	}
	return append(all, last)
}
