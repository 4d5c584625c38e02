package icap_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"candor/internal/scan/icap"
)

// TestRefuse sends what is no proper message. Each is answered with why, and
// nothing that follows it in the connection is taken for a message.
func TestRefuse(t *testing.T) {
	w := serve(t, func(o *icap.Options) { o.Idle = 5 * time.Second })
	resp := func(encapsulated, rest string) string {
		return "RESPMOD icap://h/scan ICAP/1.0\r\nHost: h\r\nAllow: 204\r\nEncapsulated: " + encapsulated + "\r\n\r\n" + rest
	}
	ok := fmt.Sprintf("res-hdr=0, res-body=%d", len(okHead))
	many := strings.Repeat("X: 1\r\n", 300)
	for _, tt := range []struct {
		name, ask string
		status    int
		why       string
	}{
		{"another protocol", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 505, "ICAP/1.0"},
		{"another version", "OPTIONS icap://h/scan ICAP/2.0\r\n\r\n", 505, "ICAP/1.0"},
		{"no words", "\x16\x03\x01\x00\r\n\r\n", 400, "start line"},
		{"two words", "OPTIONS icap://h/scan\r\n\r\n", 400, "request line"},
		{"two blanks", "OPTIONS  icap://h/scan ICAP/1.0\r\n\r\n", 400, "request line"},
		{"another method", "LOGMOD icap://h/scan ICAP/1.0\r\n\r\n", 501, "methods are"},
		{"lower case", "options icap://h/scan ICAP/1.0\r\n\r\n", 501, "methods are"},
		{"another scheme", "OPTIONS http://h/scan ICAP/1.0\r\n\r\n", 400, "address"},
		{"no address", "OPTIONS icap:scan ICAP/1.0\r\n\r\n", 400, "address"},
		{"another service", "OPTIONS icap://h/Scan ICAP/1.0\r\n\r\n", 404, "services are"},
		{"no service", "OPTIONS icap://h ICAP/1.0\r\n\r\n", 404, "services are"},
		{"another service's method", strings.Replace(resp(ok, okHead+"0\r\n\r\n"), "/scan", "/reqmod", 1), 405, "another method"},
		{"another service's method, too", strings.Replace(reqmod("", postHead, "0\r\n\r\n"), "/scan", "/respmod", 1), 405, "another method"},

		{"LF alone", "OPTIONS /scan ICAP/1.0\nHost: h\n\n", 400, "CRLF"},
		{"LF alone in a field", "OPTIONS /scan ICAP/1.0\r\nHost: h\nAllow: 204\r\n\r\n", 400, "CRLF"},
		{"CR alone", "OPTIONS /scan ICAP/1.0\r\nHost: h\rAllow: 204\r\n\r\n", 400, "CRLF"},
		{"NUL", "OPTIONS /scan ICAP/1.0\r\nHost: h\x00\r\n\r\n", 400, "control character"},
		{"folded", "OPTIONS /scan ICAP/1.0\r\nHost: h\r\n Allow: 204\r\n\r\n", 400, "folded"},
		{"folded by tabulator", "OPTIONS /scan ICAP/1.0\r\nHost: h\r\n\tAllow: 204\r\n\r\n", 400, "folded"},
		{"blank before the colon", "OPTIONS /scan ICAP/1.0\r\nHost : h\r\n\r\n", 400, "name"},
		{"no colon", "OPTIONS /scan ICAP/1.0\r\nHost\r\n\r\n", 400, "name"},
		{"no name", "OPTIONS /scan ICAP/1.0\r\n: h\r\n\r\n", 400, "name"},
		{"long line", "OPTIONS /scan ICAP/1.0\r\nX: " + strings.Repeat("x", 20_000) + "\r\n\r\n", 413, "line is too long"},
		{"long line without end", strings.Repeat("x", 20_000), 413, "line is too long"},
		{"long head", "OPTIONS /scan ICAP/1.0\r\n" + strings.Repeat("X: "+strings.Repeat("x", 5000)+"\r\n", 20) + "\r\n", 413, "head is too long"},
		{"many fields", "OPTIONS /scan ICAP/1.0\r\n" + many + "\r\n", 413, "too many fields"},
		{"broken off", "OPTIONS /scan ICAP/1.0\r\nHost: h\r\n", 400, "broke off"},
		{"empty lines", strings.Repeat("\r\n", 9), 400, "empty line"},

		{"Transfer-Encoding", strings.Replace(resp(ok, okHead+"0\r\n\r\n"), "Host: h", "Transfer-Encoding: chunked", 1), 400, "Transfer-Encoding"},
		{"Content-Length", strings.Replace(resp(ok, okHead+"0\r\n\r\n"), "Host: h", "Content-Length: 5", 1), 400, "Content-Length"},
		{"two hosts", strings.Replace(resp(ok, okHead+"0\r\n\r\n"), "Host: h", "Host: h\r\nHost: i", 1), 400, "Host"},
		{"two previews", strings.Replace(resp(ok, okHead+"0\r\n\r\n"), "Host: h", "Preview: 0\r\nPreview: 1", 1), 400, "Preview"},
		{"negative preview", strings.Replace(resp(ok, okHead+"0\r\n\r\n"), "Host: h", "Preview: -1", 1), 400, "Preview"},
		{"large preview", strings.Replace(resp(ok, okHead+"0\r\n\r\n"), "Host: h", "Preview: 10000000", 1), 413, "Preview"},
		{"longer than its preview", strings.Replace(resp(ok, okHead+"3\r\nabc\r\n0\r\n\r\n"), "Host: h", "Preview: 2", 1), 400, "preview"},

		{"no Encapsulated", "RESPMOD /scan ICAP/1.0\r\nHost: h\r\n\r\n", 400, "missing"},
		{"two of Encapsulated", strings.Replace(resp(ok, okHead+"0\r\n\r\n"), "Host: h", "Encapsulated: null-body=0", 1), 400, "more than once"},
		{"empty Encapsulated", resp("", ""), 400, "list of sections"},
		{"no body told", resp("res-hdr=0", okHead), 400, "end in a body"},
		{"unknown section", resp("foo-hdr=0, res-body=5", "xxxxx0\r\n\r\n"), 400, "does not belong"},
		{"section of another method", resp("req-hdr=0, req-body=5", ""), 400, "does not belong"},
		{"wrong order", resp("res-hdr=0, req-hdr=5, res-body=9", ""), 400, "does not belong"},
		{"section twice", resp("res-hdr=0, res-hdr=5, res-body=9", ""), 400, "does not belong"},
		{"two bodies", resp("res-hdr=0, res-body=5, null-body=9", ""), 400, "does not belong"},
		{"body before a head", resp("res-body=0, res-hdr=5", ""), 400, "does not belong"},
		{"not from 0", resp("res-hdr=1, res-body=5", ""), 400, "do not rise"},
		{"falling", resp("req-hdr=0, res-hdr=50, res-body=40", ""), 400, "do not rise"},
		{"equal", resp("res-hdr=0, res-body=0", "0\r\n\r\n"), 400, "do not rise"},
		{"negative", resp("res-hdr=0, res-body=-5", ""), 400, "list of sections"},
		{"with a sign", resp("res-hdr=0, res-body=+5", ""), 400, "list of sections"},
		{"blank in a section", resp("res-hdr =0, res-body=5", ""), 400, "does not belong"},
		{"beyond numbers", resp("res-hdr=0, res-body=99999999999999999999", ""), 400, "list of sections"},
		{"long encapsulated head", resp("res-hdr=0, res-body=100000", ""), 413, "too long"},
		{"offset too small", resp(fmt.Sprintf("res-hdr=0, res-body=%d", len(okHead)-2), okHead+"0\r\n\r\n"), 400, "end in an empty line"},
		{"offset too large", resp(fmt.Sprintf("res-hdr=0, res-body=%d", len(okHead)+5), okHead+"0\r\n\r\n0\r\n\r\n"), 400, "empty line amid"},
		{"two heads in one", resp(fmt.Sprintf("res-hdr=0, res-body=%d", 2*len(okHead)), okHead+okHead+"0\r\n\r\n"), 400, "empty line amid"},
		{"LF alone in HTTP", resp("res-hdr=0, res-body=27", "HTTP/1.1 200 OK\r\nA: b\nC:\r\n\r\n0\r\n\r\n"), 400, "end in an empty line"},
		{"folded in HTTP", resp("res-hdr=0, res-body=29", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n0\r\n\r\n"), 400, "folded"},
		{"many fields in HTTP", resp(fmt.Sprintf("res-hdr=0, res-body=%d", len(many)+19), "HTTP/1.1 200 OK\r\n"+many+"\r\n0\r\n\r\n"), 413, "too many fields"},
		{"no status", resp("res-hdr=0, res-body=15", "HTTP/1.1 OK\r\n\r\n0\r\n\r\n"), 400, "status line"},
		{"no request line", "REQMOD /scan ICAP/1.0\r\nEncapsulated: req-hdr=0, null-body=9\r\n\r\nGET /\r\n\r\n", 400, "request line"},

		{"chunk without size", resp(ok, okHead+"\r\n"), 400, "proper size"},
		{"chunk of other digits", resp(ok, okHead+"0x1\r\na\r\n0\r\n\r\n"), 400, "proper size"},
		{"chunk with a sign", resp(ok, okHead+"+1\r\na\r\n0\r\n\r\n"), 400, "proper size"},
		{"blank before a size", resp(ok, okHead+" 1\r\na\r\n0\r\n\r\n"), 400, "proper size"},
		{"many digits", resp(ok, okHead+"000000001\r\na\r\n0\r\n\r\n"), 400, "proper size"},
		{"large chunk", resp(ok, okHead+"ffffffff\r\n"), 413, "chunk is too large"},
		{"longer chunk", resp(ok, okHead+"1\r\nab\r\n0\r\n\r\n"), 400, "longer than it says"},
		{"LF alone after a size", resp(ok, okHead+"1\na\r\n0\r\n\r\n"), 400, "CRLF"},
		{"LF alone after a chunk", resp(ok, okHead+"1\r\na\n0\r\n\r\n"), 400, "CRLF"},
		{"body broken off", resp(ok, okHead+"5\r\nab"), 400, "broke off"},
		{"body without end", resp(ok, okHead+"2\r\nab\r\n"), 400, "broke off"},
		{"trailers broken off", resp(ok, okHead+"0\r\nA: b\r\n"), 400, "broke off"},
		{"folded trailers", resp(ok, okHead+"0\r\nA: b\r\n c\r\n\r\n"), 400, "folded"},
		{"trailers too long", resp(ok, okHead+"0\r\n"+many+"\r\n"), 413, "too many fields"},
		{"long extension", resp(ok, okHead+"1;"+strings.Repeat("x", 10_000)+"\r\na\r\n0\r\n\r\n"), 413, "line is too long"},
		{"long extensions", resp(ok, okHead+strings.Repeat("1;"+strings.Repeat("x", 1000)+"\r\na\r\n", 100)+"0\r\n\r\n"), 400, "too small"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := w.dial(t)
			next := "OPTIONS icap://h/scan ICAP/1.0\r\n\r\n"
			if strings.Contains(tt.why, "broke off") {
				next = ""
			}
			c.send(tt.ask + next)
			if half, ok := c.Conn.(interface{ CloseWrite() error }); next == "" && ok {
				if err := half.CloseWrite(); err != nil {
					t.Fatal(err)
				}
			}
			a := c.read()
			if a.status != tt.status || !strings.Contains(a.reason, tt.why) {
				t.Errorf("%d %s, want %d and %q", a.status, a.reason, tt.status, tt.why)
			}
			if a.head.Get("Connection") != "close" || a.head.Get("ISTag") == "" {
				t.Errorf("fields: %v", a.head)
			}
			c.Close()
		})
	}
	c := w.dial(t)
	c.send("\r\nOPTIONS /scan ICAP/1.0\r\n\r\n")
	if a := c.read(); a.status != 200 {
		t.Errorf("one who sends an empty line first: %d %s", a.status, a.reason)
	}
}

// TestNoRoom has a body that cannot be held be an error of the server's.
func TestNoRoom(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	w := serve(t, func(o *icap.Options) { o.FailOpen = true })
	c := w.dial(t)
	go func() { _, _ = io.WriteString(c, respmod("", okHead, chunked(strings.Repeat("x", 3<<20), 1<<16))) }()
	if a := c.read(); a.status != 500 || strings.Contains(a.reason, os.TempDir()) {
		t.Errorf("%d %s", a.status, a.reason)
	}
}
