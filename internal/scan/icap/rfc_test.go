package icap_test

import (
	"strings"
	"testing"
)

// crlf gives lines the ends that they have on the wire.
func crlf(text string) string {
	return strings.ReplaceAll(strings.TrimPrefix(text, "\n"), "\n", "\r\n")
}

// TestRFC sends messages of the shape, and with the offsets, of the examples of
// RFC 3507.
func TestRFC(t *testing.T) {
	const (
		get = `GET / HTTP/1.1
Host: www.origin-server.com
Accept: text/html, text/plain
Accept-Encoding: compress
Cookie: ff39fk3jur@4ii0e02i
If-None-Match: "xyzzy", "r2d2xxxx"

`
		post = `POST /origin-resource/form.pl HTTP/1.1
Host: www.origin-server.com
Accept: text/html, text/plain
Accept-Encoding: compress
Pragma: no-cache

`
		resource = `GET /origin-resource HTTP/1.1
Host: www.origin-server.com
Accept: text/html, text/plain, image/gif
Accept-Encoding: gzip, compress

`
		ok = `HTTP/1.1 200 OK
Date: Mon, 10 Jan 2000 09:52:22 GMT
Server: Apache/1.3.6 (Unix)
ETag: "63840-1ab7-378d415b"
Content-Type: text/html
Content-Length: 51

`
	)
	w := serve(t, nil)
	c := w.dial(t)
	for _, tt := range []struct {
		clause, ask  string
		status       int
		encapsulated string
		http, body   string
	}{
		{"4.8.3, example 1: a request without a body", `
REQMOD icap://icap-server.net/scan?arg=87 ICAP/1.0
Host: icap-server.net
Encapsulated: req-hdr=0, null-body=170

` + get, 200, "req-hdr=0, null-body=170", get, ""},
		{"4.8.3, example 2: a request with a body", `
REQMOD icap://icap-server.net/scan?arg=87 ICAP/1.0
Host: icap-server.net
Encapsulated: req-hdr=0, req-body=147

` + post + `1e
I am posting this information.
0

`, 200, "req-hdr=0, req-body=147", post, "I am posting this information."},
		{"4.9.3: a response", `
RESPMOD icap://icap.example.org/respmod ICAP/1.0
Host: icap.example.org
Encapsulated: req-hdr=0, res-hdr=137, res-body=296

` + resource + ok + `33
This is data that was returned by an origin server.
0

`, 200, "res-hdr=0, res-body=159", ok, "This is data that was returned by an origin server."},
		{"4.10.3: options", `
OPTIONS icap://icap.server.net/scan ICAP/1.0
Host: icap.server.net
User-Agent: BazookaDotCom-ICAP-Client-Library/2.3

`, 200, "null-body=0", "", ""},
		{"4.4.1: a request without its head", `
RESPMOD icap://icap.example.org/respmod ICAP/1.0
Host: icap.example.org
Encapsulated: res-hdr=0, res-body=159

` + ok + `33
This is data that was returned by an origin server.
0

`, 200, "res-hdr=0, res-body=159", ok, "This is data that was returned by an origin server."},
		{"4.5: less than the preview", `
RESPMOD icap://icap.example.org/respmod ICAP/1.0
Host: icap.example.org
Preview: 1024
Encapsulated: req-hdr=0, res-hdr=137, res-body=296

` + resource + ok + `33
This is data that was returned by an origin server.
0; ieof

`, 204, "null-body=0", "", ""},
	} {
		c.send(crlf(tt.ask))
		a := c.read()
		if a.status != tt.status || a.head.Get("Encapsulated") != tt.encapsulated || a.http != crlf(tt.http) || a.body != tt.body {
			t.Errorf("%s: %d %s, %q, %q, %q", tt.clause, a.status, a.reason, a.head.Get("Encapsulated"), a.http, a.body)
		}
	}
	// 4.5: more than the preview; the client waits for 100 Continue.
	c.send(crlf(`
RESPMOD icap://icap.example.org/respmod ICAP/1.0
Host: icap.example.org
Preview: 32
Encapsulated: req-hdr=0, res-hdr=137, res-body=296

` + resource + ok + `10
This is data tha
10
t was returned b
0

`))
	if a := c.read(); a.status != 100 {
		t.Fatalf("after a preview: %d %s", a.status, a.reason)
	}
	c.send(crlf("\n13\ny an origin server.\n0\n\n"))
	if a := c.read(); a.status != 200 || a.body != "This is data that was returned by an origin server." {
		t.Errorf("after 100: %d %s %q", a.status, a.reason, a.body)
	}
}
