// Package clamd answers the socket protocol of ClamAV's clamd (its manual,
// clamd(8), COMMANDS), so that clamdscan, mail servers, upload hooks and
// whatever else asks clamd get their verdicts here, unchanged.
//
// Commands come with a prefix and its terminator ("nPING\n", "zPING\0") or bare
// ("PING\n"); answers end as the command did. PING, VERSION, VERSIONCOMMANDS,
// RELOAD, STATS, SCAN, CONTSCAN, MULTISCAN, ALLMATCHSCAN, INSTREAM, FILDES,
// IDSESSION and END are answered. SHUTDOWN is not: who may scan should not be
// able to end the desk.
package clamd

import (
	"context"
	"io"
	"log/slog"
	"net"
	"runtime"
	"time"

	"candor"
	"candor/internal/scan"
	"candor/internal/scan/front"
	"candor/internal/scan/unpack"
)

// Definitions are what verdicts rest on.
type Definitions = front.Definitions

// Options are what a Server works with. Definitions is needed.
type Options struct {
	// Definitions gives what is in use. It is asked for each content.
	Definitions func() (Definitions, error)
	// Reload has newer definitions looked for; nil: RELOAD only says that it does.
	Reload  func(context.Context) error
	Version string // of the program
	// Inside says how far what lies inside of contents is looked at; nil does
	// not look there. What cannot be looked at is no finding for clients.
	Inside *unpack.Options
	// MaxStream bounds a content that is sent, in bytes; 0 is clamd's 100 MB.
	MaxStream int64
	// MaxSize passes over larger files below a path; 0 stands for no limit.
	MaxSize int64
	Exclude scan.Exclude
	// Threads is how many contents are looked at at a time; 0: one a processor.
	Threads int
	// Idle is how long a connection may say nothing; 0: 30 seconds.
	Idle time.Duration
	// Connections is how many there may be; 0: 256.
	Connections int
	// Found is told of what was found, and by which command.
	Found func(command string, findings []candor.Finding)
	Log   *slog.Logger
	Clock candor.Clock
}

// Server answers on any number of listeners. It is safe for concurrent use.
type Server struct {
	o       Options
	door    *front.Door
	lookers *front.Lookers
	begun   time.Time
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
		o.Found = func(string, []candor.Finding) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return &Server{o: o, door: front.NewDoor(o.Connections), lookers: front.NewLookers(o.Threads, o.Definitions, o.Inside), begun: o.Clock()}
}

// Serve answers connections until the listener is closed, which Close does;
// then it gives nil. Files below paths are scanned only for those who come by a
// socket of this machine's file system.
func (s *Server) Serve(l net.Listener) error {
	return s.door.Serve(l, func(conn net.Conn) { newSession(s, conn).serve() }, s.refuse)
}

// refuse tells whoever is too many so. It fits into the socket's buffer.
func (s *Server) refuse(conn net.Conn) {
	_ = conn.SetWriteDeadline(time.Now().Add(s.o.Idle)) // whoever has gone does not hear it
	_, _ = io.WriteString(conn, "COMMAND REFUSED: TOO MANY CONNECTIONS. ERROR\n")
}

// Close ends all connections, and waits for what is being looked at.
func (s *Server) Close() error { return s.door.Close() }
