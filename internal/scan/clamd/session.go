package clamd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"candor/internal/scan/front"
)

const (
	mostCommand = 8 << 10 // of a command with its path, in bytes
	mostAsked   = 16      // of commands in a session that are not answered yet
	mostLinger  = 2 * time.Second
)

// session is one connection.
type session struct {
	server *Server
	conn   net.Conn
	local  bool
	in     *bufio.Reader
	files  *descriptors // nil where none can come

	lock  sync.Mutex // of answers
	tasks sync.WaitGroup
	asked chan struct{} // holds one for each command that is not answered
}

func newSession(s *Server, conn net.Conn) *session {
	c := &session{server: s, conn: conn, asked: make(chan struct{}, mostAsked)}
	if unix, ok := conn.(*net.UnixConn); ok {
		c.local, c.files = true, &descriptors{conn: unix}
		c.in = bufio.NewReaderSize(c.files, mostCommand)
	} else {
		c.in = bufio.NewReaderSize(conn, mostCommand)
	}
	return c
}

// request is a command that was read.
type request struct {
	name, argument string
	end            byte   // ends the answers, too
	id             string // in front of answers in a session
}

func (c *session) serve() {
	defer c.files.close()
	defer c.tasks.Wait()
	inSession, n := false, 0
	for {
		r, err := c.command()
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				c.answer(request{end: '\n'}, "COMMAND READ TIMED OUT")
			}
			return
		}
		n++
		switch {
		case r.name == "IDSESSION" && !inSession:
			inSession, n = true, 0
			continue
		case r.name == "END" && inSession:
			return
		case inSession:
			r.id = fmt.Sprintf("%d: ", n)
		}
		if !c.do(r) {
			c.tasks.Wait()
			c.linger()
			return
		}
		if !inSession {
			return
		}
	}
}

// command reads a command. Old clients write none of the prefixes.
func (c *session) command() (request, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(c.server.o.Idle)); err != nil {
		return request{}, err
	}
	r := request{end: '\n'}
	first, err := c.in.ReadByte()
	if err != nil {
		return r, err
	}
	switch first {
	case 'n':
	case 'z':
		r.end = 0
	default:
		if err := c.in.UnreadByte(); err != nil {
			return r, err
		}
		err := c.bare(&r)
		return r, err
	}
	line, err := c.in.ReadSlice(r.end)
	if errors.Is(err, bufio.ErrBufferFull) {
		c.tooLong(r)
	}
	if err != nil {
		return r, err
	}
	r.parse(line[:len(line)-1])
	return r, nil
}

// bare reads a command without a prefix. Of those that take no argument clamd
// misses no end, and neither does NodeClam write one; of the others half a path
// would be another path.
func (c *session) bare(r *request) error {
	for {
		n := c.in.Buffered()
		text, err := c.in.Peek(n)
		if err != nil {
			return err
		}
		line, _, ended := bytes.Cut(text, []byte("\n"))
		if !ended && !slices.Contains(endless, string(text)) {
			switch _, err = c.in.Peek(n + 1); {
			case errors.Is(err, bufio.ErrBufferFull):
				c.tooLong(*r)
				return err
			case err == nil:
				continue
			case err != io.EOF: // whoever asks ends it so
				return err
			}
		}
		r.parse(line)
		if ended {
			n = len(line) + 1
		}
		_, err = c.in.Discard(n)
		return err
	}
}

// endless are commands that need no end where they come without a prefix.
var endless = []string{"PING", "VERSION", "RELOAD", "STATS"}

func (c *session) tooLong(r request) {
	c.answer(r, "COMMAND TOO LONG. ERROR")
	c.linger()
}

func (r *request) parse(line []byte) {
	r.name, r.argument, _ = strings.Cut(string(bytes.TrimSuffix(line, []byte("\r"))), " ")
}

// linger lets whoever still sends read the answer.
func (c *session) linger() { front.Linger(c.conn, min(c.server.o.Idle, mostLinger)) }

// answer writes one line. It is written whole, whoever else answers.
func (c *session) answer(r request, text string) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(c.server.o.Idle)); err != nil {
		return
	}
	// Whoever has gone does not hear it; the next read ends the session.
	_, _ = io.WriteString(c.conn, r.id+text+string(rune(r.end)))
}

// do does a command, and tells whether others may follow it.
func (c *session) do(r request) bool {
	switch r.name {
	case "PING":
		c.answer(r, "PONG")
	case "VERSION":
		c.answer(r, c.server.version())
	case "VERSIONCOMMANDS":
		c.answer(r, c.server.version()+"| COMMANDS: "+strings.Join(commands, " "))
	case "RELOAD":
		c.reload(r)
	case "STATS":
		c.answer(r, c.server.stats())
	case "SCAN", "CONTSCAN", "MULTISCAN", "ALLMATCHSCAN":
		c.later(func() { c.path(r) })
	case "INSTREAM":
		return c.stream(r)
	case "FILDES":
		return c.file(r)
	default:
		c.answer(r, "UNKNOWN COMMAND")
		return false
	}
	return true
}

var commands = []string{"SCAN", "RELOAD", "PING", "CONTSCAN", "VERSIONCOMMANDS", "VERSION", "STATS", "END", "MULTISCAN", "FILDES", "IDSESSION", "INSTREAM", "ALLMATCHSCAN"}

// later does something while further commands are read.
func (c *session) later(do func()) {
	c.asked <- struct{}{}
	c.tasks.Go(func() {
		defer func() { <-c.asked }()
		do()
	})
}

func (c *session) reload(r request) {
	if reload := c.server.o.Reload; reload != nil {
		c.server.door.Go(func() {
			if err := reload(c.server.door.Context()); err != nil {
				c.server.o.Log.Warn("clamd: definitions were not reloaded", "error", err)
			}
		})
	}
	c.answer(r, "RELOADING")
}
