package icap_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor/internal/scan"
	"candor/internal/scan/icap"
)

func TestOptions(t *testing.T) {
	generation := "one"
	w := serve(t, func(o *icap.Options) {
		o.Connections = 17
		o.Definitions = func() (icap.Definitions, error) {
			if generation == "" {
				return icap.Definitions{}, errors.New("none are loaded")
			}
			return icap.Definitions{Generation: generation}, nil
		}
	})
	ask := func(path string) answer {
		c := w.dial(t)
		c.send("OPTIONS icap://localhost:1344" + path + " ICAP/1.0\r\nHost: localhost\r\nEncapsulated: null-body=0\r\n\r\n")
		return c.read()
	}
	a := ask("/scan?allow=1")
	want := map[string]string{"Methods": "REQMOD, RESPMOD", "Allow": "204", "Preview": "4096", "Transfer-Preview": "*", "Max-Connections": "17",
		"Options-Ttl": "600", "Service": "Candor test", "Encapsulated": "null-body=0", "Date": "Sun, 01 Mar 2026 12:00:00 GMT"}
	for name, value := range want {
		if got := a.head.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	for path, methods := range map[string]string{"/reqmod": "REQMOD", "/respmod/": "RESPMOD", "/avscan": "REQMOD, RESPMOD", "/srv_clamav": "REQMOD, RESPMOD"} {
		if a := ask(path); a.status != 200 || a.head.Get("Methods") != methods {
			t.Errorf("%s: %d %q", path, a.status, a.head.Get("Methods"))
		}
	}
	first := a.head.Get("ISTag")
	if len(first) < 10 || len(first) > 32 || first[0] != '"' {
		t.Errorf("ISTag: %q", first)
	}
	if again := ask("/scan").head.Get("ISTag"); again != first {
		t.Errorf("ISTag changes by itself: %q, %q", first, again)
	}
	generation = "two"
	if second := ask("/scan").head.Get("ISTag"); second == first {
		t.Error("ISTag does not change with the generation")
	}
	generation = ""
	if a := ask("/scan"); a.status != 503 {
		t.Errorf("without definitions: %d %s", a.status, a.reason)
	}
}

// TestModify goes through the ways in which a body comes and an answer goes.
func TestModify(t *testing.T) {
	w := serve(t, nil)
	const good = "nothing but good"
	big := strings.Repeat("good ", 1<<20) // beyond what is held in memory
	for _, tt := range []struct {
		name, ask string
		status    int
		http      string
		body      string
	}{
		{"clean, no 204", respmod("", okHead, chunked(good, 5)), 200, okHead, good},
		{"clean, 204", respmod("Allow: 204\r\n", okHead, chunked(good, 100)), 204, "", ""},
		{"clean, 204 among others", respmod("Allow: 206, 204\r\n", okHead, chunked(good, 100)), 204, "", ""},
		{"clean, other than 204", respmod("Allow: 206, 2041\r\n", okHead, chunked(good, 100)), 200, okHead, good},
		{"clean, all in the preview", respmod("Preview: 100\r\n", okHead, "10\r\n"+good+"\r\n0; ieof\r\n\r\n"), 204, "", ""},
		{"empty", respmod("", okHead, "0\r\n\r\n"), 200, okHead, ""},
		{"empty, in the preview", respmod("Preview: 0\r\n", okHead, "0; ieof\r\n\r\n"), 204, "", ""},
		{"extensions and trailers", respmod("", okHead, "8;a=b;c=\"d\"\r\nnothing \r\n8 ; e\r\nbut good\r\n000\r\nX-Trailer: 1\r\n\r\n"), 200, okHead, good},
		{"large", respmod("", okHead, chunked(big, 70_000)), 200, okHead, big},
		{"large, in small chunks", respmod("", okHead, chunked(big[:2<<20], 10)), 200, okHead, big[:2<<20]},
		{"upload, no 204", reqmod("", postHead, chunked(good, 5)), 200, postHead, good},
		{"upload, 204", reqmod("Allow: 204\r\n", postHead, chunked(good, 5)), 204, "", ""},
		{"no body, no 204", fmt.Sprintf("REQMOD /scan ICAP/1.0\r\nEncapsulated: req-hdr=0, null-body=%d\r\n\r\n%s", len(getHead), getHead), 200, getHead, ""},
		{"no body, 204", fmt.Sprintf("REQMOD /scan ICAP/1.0\r\nAllow: 204\r\nEncapsulated: req-hdr=0, null-body=%d\r\n\r\n%s", len(getHead), getHead), 204, "", ""},
		{"no body, preview", fmt.Sprintf("RESPMOD /scan ICAP/1.0\r\nPreview: 0\r\nEncapsulated: res-hdr=0, null-body=%d\r\n\r\n%s", len(okHead), okHead), 204, "", ""},
		{"a body alone", "RESPMOD /scan ICAP/1.0\r\nEncapsulated: res-body=0\r\n\r\n" + chunked(good, 3), 200, "", good},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := w.dial(t)
			go func() { _, _ = io.WriteString(c, tt.ask+tt.ask) }() // two, to see that the first ends where it should
			for range 2 {
				a := c.read()
				if a.status != tt.status || a.http != tt.http || a.body != tt.body {
					t.Fatalf("%d %s, %q, %d bytes %.80q", a.status, a.reason, a.http, len(a.body), a.body)
				}
				if a.head.Get("ISTag") == "" || a.head.Get("X-Infection-Found") != "" || a.head.Get("X-Candor-Not-Scanned") != "" {
					t.Errorf("fields: %v", a.head)
				}
			}
		})
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	if len(w.found) > 0 {
		t.Errorf("found: %v", w.found)
	}
}

// TestPreview has the client wait for 100 Continue.
func TestPreview(t *testing.T) {
	w := serve(t, nil)
	for _, tt := range []struct {
		fields, first, second string
		status                int
		body                  string // of 200
	}{
		{"Preview: 4\r\n", "3\r\nnot\r\n0\r\n\r\n", chunked("hing", 2), 200, "nothing"},
		{"Preview: 4\r\nAllow: 204\r\n", "3\r\nnot\r\n0\r\n\r\n", chunked("hing", 2), 204, ""},
		{"Preview: 0\r\n", "0\r\n\r\n", chunked("nothing", 2), 200, "nothing"},
		{"Preview: 4\r\n", "3\r\nnot\r\n0\r\n\r\n", "0\r\n\r\n", 200, "not"},
		{"Preview: 4\r\nAllow: 204\r\n", chunked(evil[:4], 3), chunked(evil[4:], 1), 403, ""},
	} {
		c := w.dial(t)
		for range 2 {
			c.send(respmod(tt.fields, okHead, tt.first))
			if a := c.read(); a.status != 100 {
				t.Fatalf("%q: %d %s", tt.fields, a.status, a.reason)
			}
			c.send(tt.second)
			a := c.read()
			if strings.HasPrefix(a.http, "HTTP/1.1 403 ") {
				a.status, a.body = 403, ""
			}
			if a.status != tt.status || a.body != tt.body {
				t.Errorf("%q %q: %d %s %q", tt.fields, tt.first, a.status, a.reason, a.body)
			}
		}
	}
}

// TestInfected looks at what is answered in place of a bad body.
func TestInfected(t *testing.T) {
	w := serve(t, nil)
	for _, tt := range []struct{ name, ask, title string }{
		{"response", respmod("Allow: 204\r\nX-Client-IP: 192.0.2.7\r\n", okHead, chunked(evil, 7)), "This page or file was blocked"},
		{"in the preview", respmod("Preview: 1024\r\nX-Client-IP: 192.0.2.7\r\n", okHead, fmt.Sprintf("%x\r\n%s\r\n0; ieof\r\n\r\n", len(evil), evil)), "This page or file was blocked"},
		{"upload", reqmod("X-Client-IP: 192.0.2.7\r\n", strings.Replace(getHead, "GET", "PUT", 1), chunked(evil, 7)), "This upload was blocked"},
		{"at the end of much", respmod("X-Client-IP: 192.0.2.7\r\n", okHead, chunked(strings.Repeat("x", 3<<20)+evil, 50_000)), "This page or file was blocked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := w.dial(t)
			c.send(tt.ask)
			a := c.read()
			if a.status != 200 || !strings.HasPrefix(a.http, "HTTP/1.1 403 Forbidden\r\n") || !strings.HasPrefix(a.head.Get("Encapsulated"), "res-hdr=0, res-body=") {
				t.Fatalf("%d %s %q", a.status, a.reason, a.http)
			}
			for name, want := range map[string]string{"X-Infection-Found": "Type=0; Resolution=2; Threat=evil;", "X-Virus-Id": "evil",
				"X-Violations-Found": "1 http://www.example.org/dir/page.html evil 0 2"} {
				if got := a.head.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			for _, want := range []string{tt.title, "<dd>evil – holds &lt;evil&gt; content</dd>", "<dd>http://www.example.org/dir/page.html</dd>", "2026-03-01 12:00:00 UTC", "What to do"} {
				if !strings.Contains(a.body, want) {
					t.Errorf("%q is not on the page:\n%s", want, a.body)
				}
			}
			if !strings.Contains(a.http, fmt.Sprintf("\r\nContent-Length: %d\r\n", len(a.body))) {
				t.Errorf("%q for a page of %d bytes", a.http, len(a.body))
			}
			c.send(respmod("Allow: 204\r\n", okHead, chunked("good", 7)))
			if a := c.read(); a.status != 204 {
				t.Errorf("afterwards: %d %s", a.status, a.reason)
			}
			w.lock.Lock()
			defer w.lock.Unlock()
			want := icap.Source{Method: strings.Fields(tt.ask)[0], URL: "http://www.example.org/dir/page.html", Client: "192.0.2.7"}
			if diff := cmp.Diff(want, w.from[len(w.from)-1]); diff != "" {
				t.Error(diff)
			}
			if f := w.found[len(w.found)-1]; f.Rule != "evil" || f.Path != want.URL {
				t.Errorf("found: %+v", f)
			}
		})
	}
}

// TestPipeline sends many messages before it reads, and gets the answers in
// their order.
func TestPipeline(t *testing.T) {
	w := serve(t, nil)
	c := w.dial(t)
	var ask strings.Builder
	const n = 200
	for i := range n {
		body := fmt.Sprintf("good %d", i)
		if i%3 == 0 {
			body = evil
		}
		ask.WriteString(respmod("", okHead, chunked(body, 9)))
	}
	ask.WriteString("OPTIONS /scan ICAP/1.0\r\nConnection: close\r\n\r\n")
	go func() { _, _ = io.WriteString(c, ask.String()) }()
	for i := range n {
		a := c.read()
		if want := fmt.Sprintf("good %d", i); i%3 == 0 != (a.head.Get("X-Virus-ID") == "evil") || i%3 != 0 && a.body != want {
			t.Fatalf("%d: %d %s %q", i, a.status, a.reason, a.body)
		}
	}
	if a := c.read(); a.status != 200 || a.head.Get("Connection") != "close" {
		t.Errorf("OPTIONS: %d %s %v", a.status, a.reason, a.head)
	}
	if !c.ended() {
		t.Error("the connection is kept")
	}
}

// TestTooLarge has bodies that are longer than is looked at.
func TestTooLarge(t *testing.T) {
	random := make([]byte, 5<<20)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	long := string(random)
	const most = 1<<20 + 1<<19
	declared := strings.Replace(okHead, "\r\n\r\n", fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n", len(long)), 1)
	open := serve(t, func(o *icap.Options) { o.MaxStream, o.FailOpen = most, true })
	closed := serve(t, func(o *icap.Options) { o.MaxStream = most })
	for _, tt := range []struct {
		name   string
		w      *world
		ask    string
		status int
		body   string
		unseen bool
		kept   bool
	}{
		{"open", open, respmod("", okHead, chunked(long, 10_000)), 200, long, true, true},
		{"open, 204", open, respmod("Allow: 204\r\n", declared, chunked(long, 10_000)), 204, "", true, true},
		{"open, found in the first part", open, respmod("", okHead, chunked(evil+long, 10_000)), 403, "", false, false},
		{"open, as long as may be", open, respmod("", okHead, chunked(long[:most], 10_000)), 200, long[:most], false, true},
		{"open, one longer", open, respmod("", okHead, chunked(long[:most+1], 10_000)), 200, long[:most+1], true, true},
		{"closed", closed, respmod("Allow: 204\r\n", okHead, chunked(long, 10_000)), 403, "", true, false},
		{"closed, as long as may be", closed, respmod("Allow: 204\r\n", okHead, chunked(long[:most], 10_000)), 204, "", false, true},
		{"closed, declared", closed, respmod("Allow: 204\r\n", declared, ""), 403, "", true, false},
		{"closed, declared with a preview", closed, respmod("Preview: 2\r\n", declared, "2\r\nab\r\n0\r\n\r\n"), 403, "", true, true},
		{"closed, upload", closed, reqmod("", postHead, chunked(long, 1<<20)), 403, "", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.w.dial(t)
			go func() { _, _ = io.WriteString(c, tt.ask) }() // the server may not read all of it
			a := c.read()
			if strings.HasPrefix(a.http, "HTTP/1.1 403 ") {
				a.status, a.body = 403, ""
			}
			if a.status != tt.status || a.body != tt.body {
				t.Errorf("%d %s, %d bytes", a.status, a.reason, len(a.body))
			}
			if got := a.head.Get("X-Candor-Not-Scanned"); (got == fmt.Sprintf("larger than %d bytes", most)) != tt.unseen {
				t.Errorf("X-Candor-Not-Scanned: %q", got)
			}
			if got := a.head.Get("Connection") != "close"; got != tt.kept {
				t.Errorf("the connection is kept: %v", got)
			}
		})
	}
}

// failing is a matcher that fails as the content says.
type failing struct{ scan.Matcher }

// TestFailures never has anything pass as if it had been looked at.
func TestFailures(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*icap.Options)
		unseen string
	}{
		{"panic", func(o *icap.Options) {
			o.Definitions = func() (icap.Definitions, error) {
				return icap.Definitions{NewMatcher: func() scan.Matcher { return failing{} }}, nil
			}
		}, "the scan failed"},
		{"no definitions", func(o *icap.Options) {
			o.Definitions = func() (icap.Definitions, error) { return icap.Definitions{}, errors.New("none") }
		}, "there are no definitions"},
	} {
		for _, open := range []bool{true, false} {
			w := serve(t, func(o *icap.Options) { tt.change(o); o.FailOpen = open })
			c := w.dial(t)
			for _, fields := range []string{"", "Allow: 204\r\n"} {
				c.send(respmod(fields, okHead, chunked("good", 3)))
				a := c.read()
				if got := a.head.Get("X-Candor-Not-Scanned"); got != tt.unseen {
					t.Errorf("%s, %v, %q: X-Candor-Not-Scanned: %q", tt.name, open, fields, got)
				}
				if open && a.status != 204 && a.body != "good" || !open && (!strings.HasPrefix(a.http, "HTTP/1.1 403") || !strings.Contains(a.body, tt.unseen)) {
					t.Errorf("%s, %v, %q: %d %s %q %q", tt.name, open, fields, a.status, a.reason, a.http, a.body)
				}
			}
		}
	}
}

// TestConnections sends away whoever is one too many, and those who say
// nothing.
func TestConnections(t *testing.T) {
	w := serve(t, func(o *icap.Options) { o.Connections, o.Threads, o.Idle = 3, 1, time.Second })
	var slow []*client
	for _, text := range []string{"", "RESPMOD /scan ICAP/1.0\r\n", respmod("", okHead, "10\r\nab")} {
		c := w.dial(t)
		c.send(text)
		slow = append(slow, c)
	}
	c := w.dial(t)
	if a := c.read(); a.status != 503 || !c.ended() {
		t.Errorf("one too many: %d %s", a.status, a.reason)
	}
	if !slow[0].ended() {
		t.Error("who says nothing is kept or hears something")
	}
	for _, c := range slow[1:] {
		if a := c.read(); a.status != 408 || !c.ended() {
			t.Errorf("slow: %d %s", a.status, a.reason)
		}
	}
	// They hear that it ends before their places are free.
	for left := 1000; ; left-- {
		c = w.dial(t)
		c.send(respmod("", okHead, chunked(evil, 4)))
		a := c.read()
		if a.status == 503 && left > 0 {
			continue
		}
		if a.head.Get("X-Virus-ID") != "evil" {
			t.Errorf("afterwards: %d %s", a.status, a.reason)
		}
		return
	}
}

// TestDrip sends a head byte by byte: each comes soon enough, all too late.
func TestDrip(t *testing.T) {
	w := serve(t, func(o *icap.Options) { o.Idle = 500 * time.Millisecond })
	c := w.dial(t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for text := "OPTIONS /scan ICAP/1.0\r\nX: " + strings.Repeat("x", 1000); text != ""; text = text[1:] {
			if _, err := io.WriteString(c, text[:1]); err != nil {
				return
			}
			<-tick.C
		}
	}()
	if a := c.read(); a.status != 408 {
		t.Errorf("%d %s", a.status, a.reason)
	}
	c.Close()
	<-ended
}

// TestClose ends connections wherever they are.
func TestClose(t *testing.T) {
	w := serve(t, func(o *icap.Options) { o.Idle = time.Hour })
	var all []*client
	for _, text := range []string{"", "OPTIONS", respmod("", okHead, "10\r\nab"), respmod("Preview: 1\r\n", okHead, "1\r\na\r\n0\r\n\r\n")} {
		c := w.dial(t)
		c.send("OPTIONS /scan ICAP/1.0\r\n\r\n" + text)
		if a := c.read(); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.reason)
		}
		all = append(all, c)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	for _, c := range all {
		if _, err := io.Copy(io.Discard, c); err != nil && !errors.As(err, new(*net.OpError)) {
			t.Error(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Serve(l); err != nil {
		t.Errorf("serve after close: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener of a closed server: %v", err)
	}
}
