package clamd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/scan/front"
)

// stream takes a content in chunks, each after its length, and has it looked
// at while further commands are read. Whoever sends slowly keeps nobody else
// from being served.
func (c *session) stream(r request) bool {
	h := front.NewHold()
	if err := h.Fill(&chunks{session: c}, c.server.o.MaxStream); err != nil {
		h.Free()
		if errors.Is(err, front.ErrTooLarge) {
			c.answer(r, "INSTREAM size limit exceeded. ERROR")
		} else if !errors.Is(err, io.ErrUnexpectedEOF) {
			c.server.o.Log.Debug("clamd: a stream broke off", "error", err)
		}
		return false
	}
	c.later(func() { c.look(r, "stream", h) })
	return true
}

// look looks at a content that is held, and gives it back.
func (c *session) look(r request, name string, h *front.Hold) {
	defer h.Free()
	content, err := h.Content()
	if err != nil {
		c.answer(r, problem(name, err))
		return
	}
	c.judge(r, name, content)
}

// chunks reads a stream, of chunks that each come after their length.
type chunks struct {
	session *session
	left    int64 // of the chunk
	total   int64 // that the lengths give, in bytes
	done    bool
}

func (c *chunks) Read(b []byte) (int, error) {
	if c.left == 0 && !c.done {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	if c.done {
		return 0, io.EOF
	}
	n, err := c.session.some(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	return n, err
}

// next goes to the next chunk; the one of length 0 is the end. What would be
// too large is known by its length.
func (c *chunks) next() error {
	var size [4]byte
	if err := c.session.read(size[:]); err != nil {
		return err
	}
	c.left = int64(binary.BigEndian.Uint32(size[:]))
	c.done = c.left == 0
	if c.total += c.left; c.total > c.session.server.o.MaxStream {
		return front.ErrTooLarge
	}
	return nil
}

// read fills b.
func (c *session) read(b []byte) error {
	for len(b) > 0 {
		n, err := c.some(b)
		if b = b[n:]; err != nil && len(b) > 0 {
			return err
		}
	}
	return nil
}

// some reads what there is. Each time something comes, whoever sends has time
// again. That there comes nothing more is io.ErrUnexpectedEOF.
func (c *session) some(b []byte) (int, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(c.server.o.Idle)); err != nil {
		return 0, err
	}
	n, err := c.in.Read(b)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// file looks at a file whose descriptor comes with one byte after the command.
func (c *session) file(r request) bool {
	if c.files == nil {
		c.answer(r, "FILDES: a descriptor comes by a socket of this machine only. ERROR")
		return false
	}
	if err := c.read(make([]byte, 1)); err != nil {
		return false
	}
	f := c.files.take()
	if f == nil {
		c.answer(r, "No file descriptor received. ERROR")
		return false
	}
	c.later(func() {
		defer f.Close()
		name := fmt.Sprintf("fd[%d]", f.Fd())
		h, err := c.server.load(f)
		if err != nil {
			c.answer(r, problem(name, err))
			return
		}
		c.look(r, name, h)
	})
	return true
}

// load holds the content of an open file.
func (s *Server) load(f *os.File) (*front.Hold, error) {
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("Not a regular file")
	case s.o.MaxSize > 0 && info.Size() > s.o.MaxSize:
		return nil, errors.New("File is larger than is looked at")
	}
	return front.HoldFile(f, info.Size())
}

// judge looks at a content and answers what it is.
func (c *session) judge(r request, name string, content []byte) {
	one, err := c.server.lookers.Take(c.server.door.Context())
	if err != nil {
		c.answer(r, problem(name, err))
		return
	}
	defer c.server.lookers.Give(one)
	// What another process truncates while it is mapped must not end the program.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	findings, err := one.Look(name, content, 0)
	findings = slices.DeleteFunc(findings, candor.Finding.IsUnread)
	switch {
	case len(findings) > 0:
		c.server.o.Found(r.name, findings)
		c.answer(r, name+": "+nameOf(findings[0])+" FOUND")
	case err != nil:
		c.answer(r, problem(name, err))
	default:
		c.answer(r, name+": OK")
	}
}

// nameOf is what clamd calls what was found.
func nameOf(f candor.Finding) string {
	if f.Language == "yara" {
		return "YARA." + f.Rule + ".UNOFFICIAL"
	}
	return f.Rule
}

// problem is an answer of what could not be looked at: unknown is never OK.
func problem(name string, err error) string {
	text := err.Error()
	var number syscall.Errno
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, candor.ErrNotFound):
		text = "File path check failure: No such file or directory"
	case errors.Is(err, os.ErrPermission), errors.Is(err, candor.ErrDenied):
		text = "Access denied"
	case errors.As(err, &number):
		text = number.Error()
	}
	return name + ": " + strings.NewReplacer("\n", " ", "\x00", " ").Replace(text) + ". ERROR"
}

// descriptors reads a socket of this machine, and keeps what files come with
// the bytes.
type descriptors struct {
	conn  *net.UnixConn
	files []*os.File
}

// mostFiles is how many descriptors are kept that no command has taken.
const mostFiles = 16

func (d *descriptors) Read(b []byte) (int, error) {
	oob := make([]byte, unix.CmsgSpace(4*4))
	n, oobn, _, _, err := d.conn.ReadMsgUnix(b, oob)
	if oobn > 0 {
		d.keep(oob[:oobn])
	}
	if n == 0 && err == nil || errors.Is(err, io.EOF) {
		err = io.EOF // without wrapping
	}
	return n, err
}

func (d *descriptors) keep(oob []byte) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return
	}
	for _, m := range messages {
		all, err := unix.ParseUnixRights(&m)
		if err != nil {
			continue
		}
		for _, fd := range all {
			unix.CloseOnExec(fd)
			if f := os.NewFile(uintptr(fd), ""); len(d.files) < mostFiles {
				d.files = append(d.files, f)
			} else {
				f.Close()
			}
		}
	}
}

// take gives the descriptor that came first.
func (d *descriptors) take() *os.File {
	if len(d.files) == 0 {
		return nil
	}
	f := d.files[0]
	d.files = d.files[1:]
	return f
}

func (d *descriptors) close() {
	if d == nil {
		return
	}
	for _, f := range d.files {
		f.Close()
	}
}
