package icap_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"candor"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/icap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const evil = "this is EVIL-CONTENT indeed"

// source finds evil, and files that begin with it or are called like it.
const source = `
rule evil { meta: description = "holds <evil> content" strings: $a = "EVIL-CONTENT" condition: $a }
rule begins { strings: $a = "PART-EVIL" condition: $a at 0 }
rule named { condition: filename == "evil.php" and filesize < 100 }`

func rules(t testing.TB) *engine.Rules {
	t.Helper()
	compiled, report := engine.Compile([]engine.Source{{Name: "r.yar", Data: []byte(source)}}, engine.Options{Externals: scan.BuiltinExternals()})
	if len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	return compiled
}

// world is a server with what it told.
type world struct {
	*icap.Server
	address string
	lock    sync.Mutex
	from    []icap.Source
	found   []candor.Finding

	received atomic.Int64  // bytes, by all connections
	more     chan struct{} // holds one after some came
}

// counted tells how much comes by the connections of a listener.
type counted struct {
	net.Listener
	world *world
}

func (c counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		return countedConn{tcp, c.world}, nil
	}
	return conn, err
}

type countedConn struct {
	*net.TCPConn
	world *world
}

func (c countedConn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	c.world.received.Add(int64(n))
	select {
	case c.world.more <- struct{}{}:
	default:
	}
	return n, err
}

func serve(t testing.TB, change func(*icap.Options)) *world {
	t.Helper()
	compiled, w := rules(t), &world{more: make(chan struct{}, 1)}
	o := icap.Options{Version: "test", MaxStream: 8 << 20, Idle: 10 * time.Second,
		Clock: func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) },
		Definitions: func() (icap.Definitions, error) {
			return icap.Definitions{Generation: "0123456789abcdef", NewMatcher: func() scan.Matcher { return compiled.NewScanner(engine.ScanOptions{}) }}, nil
		},
		Found: func(from icap.Source, all []candor.Finding) {
			w.lock.Lock()
			defer w.lock.Unlock()
			w.from, w.found = append(w.from, from), append(w.found, all...)
		}}
	if change != nil {
		change(&o)
	}
	w.Server = icap.New(o)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.address = l.Addr().String()
	go func() {
		if err := w.Serve(counted{l, w}); err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// client is one connection to a server.
type client struct {
	net.Conn
	t  testing.TB
	in *bufio.Reader
}

func (w *world) dial(t testing.TB) *client {
	t.Helper()
	conn, err := net.Dial("tcp", w.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &client{conn, t, bufio.NewReader(conn)}
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// answer is what a server sent.
type answer struct {
	status  int
	reason  string
	head    textproto.MIMEHeader
	http    string // the encapsulated head
	body    string
	hasBody bool
}

// read reads one answer, by other code than the server's.
func (c *client) read() answer {
	c.t.Helper()
	text := textproto.NewReader(c.in)
	line, err := text.ReadLine()
	if err != nil {
		c.t.Fatal(err)
	}
	var a answer
	if n, err := fmt.Sscanf(line, "ICAP/1.0 %d %s", &a.status, &a.reason); n != 2 {
		c.t.Fatalf("%q: %v", line, err)
	}
	_, a.reason, _ = strings.Cut(line[len("ICAP/1.0 "):], " ")
	if a.head, err = text.ReadMIMEHeader(); err != nil {
		c.t.Fatal(err)
	}
	for one := range strings.SplitSeq(a.head.Get("Encapsulated"), ", ") {
		name, digits, _ := strings.Cut(one, "=")
		at, err := strconv.Atoi(digits)
		if err != nil && a.status != 100 {
			c.t.Fatalf("Encapsulated: %q", a.head.Get("Encapsulated"))
		}
		if strings.HasSuffix(name, "body") {
			head := make([]byte, at)
			if _, err := io.ReadFull(c.in, head); err != nil {
				c.t.Fatal(err)
			}
			a.http, a.hasBody = string(head), name != "null-body"
		}
	}
	if a.hasBody {
		body, err := io.ReadAll(httputil.NewChunkedReader(c.in))
		if err != nil {
			c.t.Fatal(err)
		}
		if line, err := text.ReadLine(); err != nil || line != "" {
			c.t.Fatalf("after a body: %q, %v", line, err)
		}
		a.body = string(body)
	}
	return a
}

// ended tells whether the server has closed the connection.
func (c *client) ended() bool {
	_, err := c.in.ReadByte()
	return err == io.EOF
}

// chunked writes a body in chunks of some size.
func chunked(body string, size int) string {
	var b strings.Builder
	for len(body) > 0 {
		n := min(size, len(body))
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	b.WriteString("0\r\n\r\n")
	return b.String()
}

const (
	getHead  = "GET http://www.example.org/dir/page.html?secret=1 HTTP/1.1\r\nHost: www.example.org\r\n\r\n"
	postHead = "POST /upload HTTP/1.1\r\nHost: www.example.org\r\nContent-Type: text/plain\r\n\r\n"
	okHead   = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
)

// respmod is a message of RESPMOD, with further fields in ICAP's head.
func respmod(fields, resHead, body string) string {
	return fmt.Sprintf("RESPMOD icap://localhost/scan ICAP/1.0\r\nHost: localhost\r\n%sEncapsulated: req-hdr=0, res-hdr=%d, res-body=%d\r\n\r\n%s%s%s",
		fields, len(getHead), len(getHead)+len(resHead), getHead, resHead, body)
}

func reqmod(fields, reqHead, body string) string {
	return fmt.Sprintf("REQMOD icap://localhost/scan ICAP/1.0\r\nHost: localhost\r\n%sEncapsulated: req-hdr=0, req-body=%d\r\n\r\n%s%s", fields, len(reqHead), reqHead, body)
}
