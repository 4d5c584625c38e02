// Package icap answers the Internet Content Adaptation Protocol (RFC 3507), so
// that proxies, web application firewalls and gateways have what passes through
// them scanned: responses on their way to a browser (RESPMOD) and uploads on
// their way to a server (REQMOD).
//
// What is clean passes unmodified: by 204 where the client allows it, echoed
// otherwise. What rules know is answered by a page with status 403. What could
// not be looked at as a whole passes, or does not, as Options.FailOpen says.
//
// Bodies are looked at as they came and, if they are encoded (gzip, deflate,
// br, zstd), decoded as well; of a form (multipart/form-data) each file by
// itself, too.
//
// The parser is strict, since a client and a server that disagree on where a
// message ends is how requests are smuggled: lines end in CRLF, nothing is
// folded, and offsets of Encapsulated must be those of the sections. Whatever
// is refused ends the connection.
package icap

import (
	"io"
	"log/slog"
	"net"
	"runtime"
	"time"

	"candor"
	"candor/internal/scan/front"
	"candor/internal/scan/unpack"
)

// Definitions are what verdicts rest on; ISTag changes with their generation.
type Definitions = front.Definitions

// Source is where a content comes from, as the client says.
type Source struct {
	Method string // REQMOD or RESPMOD
	URL    string // that was asked for, without user and query; may be empty
	Client string // X-Client-IP, or the address of the ICAP client
}

// Options are what a Server works with. Definitions is needed.
type Options struct {
	// Definitions gives what is in use. It is asked for each message.
	Definitions func() (Definitions, error)
	// Inside says how far what lies inside of contents is looked at; nil does
	// not look there. What cannot be looked at is no finding for clients.
	Inside  *unpack.Options
	Version string // of the program
	// MaxStream bounds a body, and what a body is decoded to, in bytes; 0 is
	// 100 MB, as clamd's.
	MaxStream int64
	// FailOpen lets pass what could not be looked at as a whole: what is larger
	// than MaxStream, cannot be decoded, or had the scan fail. Such an answer
	// has a header X-Candor-Not-Scanned. Otherwise a page is answered.
	FailOpen bool
	// Threads is how many bodies are looked at at a time; 0: one a processor.
	Threads int
	// Idle is how long a connection may say nothing; 0: 30 seconds. A head has
	// to come within it, and a body by 1 KiB a second after 20 times as long.
	Idle time.Duration
	// Connections is how many there may be; 0: 256.
	Connections int
	// Found is told of what was found. It is called by several goroutines.
	Found func(from Source, findings []candor.Finding)
	Log   *slog.Logger
	Clock candor.Clock
}

// Server answers on any number of listeners. It is safe for concurrent use.
type Server struct {
	o       Options
	door    *front.Door
	lookers *front.Lookers
}

// New makes a Server.
func New(o Options) *Server {
	if o.MaxStream <= 0 {
		o.MaxStream = 100 << 20
	}
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Idle <= 0 {
		o.Idle = 30 * time.Second
	}
	if o.Connections <= 0 {
		o.Connections = 256
	}
	if o.Found == nil {
		o.Found = func(Source, []candor.Finding) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return &Server{o: o, door: front.NewDoor(o.Connections), lookers: front.NewLookers(o.Threads, o.Definitions, o.Inside)}
}

// Serve answers connections until the listener is closed, which Close does;
// then it gives nil.
func (s *Server) Serve(l net.Listener) error {
	return s.door.Serve(l, func(conn net.Conn) { newSession(s, conn).serve() }, s.refuse)
}

// refuse tells whoever is too many so. It fits into the socket's buffer.
func (s *Server) refuse(conn net.Conn) {
	_ = conn.SetWriteDeadline(time.Now().Add(s.o.Idle)) // whoever has gone does not hear it
	_, _ = io.WriteString(conn, "ICAP/1.0 503 Service Unavailable: too many connections\r\nConnection: close\r\nEncapsulated: null-body=0\r\n\r\n")
}

// Close ends all connections, and waits for what is being looked at.
func (s *Server) Close() error { return s.door.Close() }
