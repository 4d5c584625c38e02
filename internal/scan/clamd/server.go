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
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"candor"
	"candor/internal/scan"
	"candor/internal/scan/unpack"
)

// Definitions are what verdicts rest on.
type Definitions struct {
	Generation string
	Made       time.Time
	NewMatcher func() scan.Matcher
}

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
	slots   chan *slot
	context context.Context
	cancel  context.CancelFunc
	group   sync.WaitGroup
	live    atomic.Int64 // contents that are being looked at
	waiting atomic.Int64
	begun   time.Time

	lock      sync.Mutex
	listeners map[net.Listener]bool
	sessions  map[*session]bool
}

// slot is the right to look at a content, with what was prepared for it.
type slot struct {
	looker     *scan.Looker
	generation string
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
	s := &Server{o: o, slots: make(chan *slot, o.Threads), begun: o.Clock(), listeners: map[net.Listener]bool{}, sessions: map[*session]bool{}}
	s.context, s.cancel = context.WithCancel(context.Background())
	for range o.Threads {
		s.slots <- &slot{}
	}
	return s
}

// Serve answers connections until the listener is closed, which Close does;
// then it gives nil. Files below paths are scanned only for those who come by a
// socket of this machine's file system.
func (s *Server) Serve(l net.Listener) error {
	s.lock.Lock()
	if s.context.Err() != nil {
		s.lock.Unlock()
		return l.Close()
	}
	s.listeners[l] = true
	s.lock.Unlock()
	for {
		conn, err := l.Accept()
		if err != nil {
			var temporary interface{ Temporary() bool }
			if errors.As(err, &temporary) && temporary.Temporary() { // out of descriptors
				time.Sleep(50 * time.Millisecond)
				continue
			}
			return s.unlessClosed(err)
		}
		s.accept(conn)
	}
}

// unlessClosed is the error of a listener that nobody has closed.
func (s *Server) unlessClosed(err error) error {
	select {
	case <-s.context.Done():
		return nil
	default:
	}
	if !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (s *Server) accept(conn net.Conn) {
	c := newSession(s, conn)
	s.lock.Lock()
	full := len(s.sessions) >= s.o.Connections
	if !full && s.context.Err() == nil {
		s.sessions[c] = true
		s.group.Add(1)
	}
	s.lock.Unlock()
	if full {
		_, _ = io.WriteString(conn, "COMMAND REFUSED: TOO MANY CONNECTIONS. ERROR\n")
	}
	if full || s.context.Err() != nil {
		conn.Close()
		return
	}
	go func() {
		defer s.group.Done()
		c.serve()
		s.lock.Lock()
		delete(s.sessions, c)
		s.lock.Unlock()
	}()
}

// Close ends all connections, and waits for what is being looked at.
func (s *Server) Close() error {
	s.cancel()
	s.lock.Lock()
	var err error
	for l := range s.listeners {
		err = errors.Join(err, l.Close())
	}
	for c := range s.sessions {
		c.conn.Close()
	}
	s.lock.Unlock()
	s.group.Wait()
	return err
}

// acquire waits for the right to look at a content.
func (s *Server) acquire() (*slot, error) {
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	select {
	case one := <-s.slots:
		d, err := s.o.Definitions()
		if err != nil {
			s.slots <- one
			return nil, err
		}
		if one.looker == nil || one.generation != d.Generation {
			one.looker, one.generation = scan.NewLooker(d.NewMatcher, nil, s.o.Inside), d.Generation
		}
		s.live.Add(1)
		return one, nil
	case <-s.context.Done():
		return nil, context.Cause(s.context)
	}
}

func (s *Server) release(one *slot) {
	s.live.Add(-1)
	s.slots <- one
}
