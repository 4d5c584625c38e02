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
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"candor"
)

// inMemory is how much of a content is held in memory; of more, a file is
// mapped.
const inMemory = 1 << 20

// errTooLarge says that a stream was longer than it may be.
var errTooLarge = errors.New("INSTREAM size limit exceeded")

// held is a content in memory: in a buffer that is used again, or mapped.
type held struct {
	bytes  []byte
	buffer *[]byte
	mapped bool
}

// buffers hold what is read, up to inMemory each.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

func (h held) free() {
	if h.mapped {
		_ = unix.Munmap(h.bytes) // it was mapped
	}
	if h.buffer != nil {
		buffers.Put(h.buffer)
	}
}

// stream takes a content in chunks, each after its length, and has it looked
// at while further commands are read. Whoever sends slowly keeps nobody else
// from being served.
func (c *session) stream(r request) bool {
	content, err := c.chunks()
	if err != nil {
		if errors.Is(err, errTooLarge) {
			c.answer(r, "INSTREAM size limit exceeded. ERROR")
		} else if !errors.Is(err, io.EOF) {
			c.server.o.Log.Debug("clamd: a stream broke off", "error", err)
		}
		return false
	}
	c.later(func() {
		defer content.free()
		c.judge(r, "stream", content.bytes)
	})
	return true
}

// chunks reads a stream to its end: into memory, or what is too long for that
// into a file that has no name.
func (c *session) chunks() (held, error) {
	buffer := buffers.Get().(*[]byte)
	h := held{buffer: buffer, bytes: (*buffer)[:0]}
	spool, total, err := c.receive(&h)
	*buffer = h.bytes[:0]
	if spool != nil {
		defer spool.Close()
		if err == nil {
			h.free()
			return mapFile(spool, total)
		}
	}
	if err != nil {
		h.free()
	}
	return h, err
}

// receive reads chunks; the file is nil as long as memory holds them.
func (c *session) receive(h *held) (spool *os.File, total int64, err error) {
	for {
		var size [4]byte
		if err := c.read(size[:]); err != nil {
			return spool, total, err
		}
		n := int64(binary.BigEndian.Uint32(size[:]))
		if n == 0 {
			return spool, total, nil
		}
		if total += n; total > c.server.o.MaxStream {
			return spool, total, errTooLarge
		}
		if spool == nil && total > inMemory {
			if spool, err = nameless(); err != nil {
				return nil, total, err
			}
			if _, err := spool.Write(h.bytes); err != nil {
				return spool, total, err
			}
		}
		if spool != nil {
			err = c.pass(spool, n)
		} else {
			from := len(h.bytes)
			h.bytes = slices.Grow(h.bytes, int(n))[:from+int(n)]
			err = c.read(h.bytes[from:])
		}
		if err != nil {
			return spool, total, err
		}
	}
}

// read fills b; each time something comes, whoever sends has time again.
func (c *session) read(b []byte) error {
	for len(b) > 0 {
		if err := c.conn.SetReadDeadline(time.Now().Add(c.server.o.Idle)); err != nil {
			return err
		}
		n, err := c.in.Read(b)
		if b = b[n:]; err != nil && len(b) > 0 {
			return err
		}
	}
	return nil
}

func (c *session) pass(to io.Writer, n int64) error {
	for block := make([]byte, min(n, 64<<10)); n > 0; {
		part := block[:min(n, int64(len(block)))]
		if err := c.read(part); err != nil {
			return err
		}
		if _, err := to.Write(part); err != nil {
			return err
		}
		n -= int64(len(part))
	}
	return nil
}

func nameless() (*os.File, error) {
	f, err := os.CreateTemp("", "candor-stream-")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

// mapFile maps the first bytes of a file, which may then be closed.
func mapFile(f *os.File, size int64) (held, error) {
	content, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE)
	return held{bytes: content, mapped: err == nil}, err
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
		content, err := c.server.load(f)
		if err != nil {
			c.answer(r, problem(name, err))
			return
		}
		defer content.free()
		c.judge(r, name, content.bytes)
	})
	return true
}

// load gives the content of an open file.
func (s *Server) load(f *os.File) (held, error) {
	info, err := f.Stat()
	switch {
	case err != nil:
		return held{}, err
	case !info.Mode().IsRegular():
		return held{}, errors.New("Not a regular file")
	case s.o.MaxSize > 0 && info.Size() > s.o.MaxSize:
		return held{}, errors.New("File is larger than is looked at")
	case info.Size() > inMemory:
		return mapFile(f, info.Size())
	}
	buffer := buffers.Get().(*[]byte)
	*buffer = slices.Grow((*buffer)[:0], int(info.Size()))
	h := held{buffer: buffer}
	n, err := io.ReadFull(io.NewSectionReader(f, 0, info.Size()), (*buffer)[:info.Size()])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		h.free()
		return held{}, err
	}
	h.bytes = (*buffer)[:n]
	return h, nil
}

// judge looks at a content and answers what it is.
func (c *session) judge(r request, name string, content []byte) {
	one, err := c.server.acquire()
	if err != nil {
		c.answer(r, problem(name, err))
		return
	}
	defer c.server.release(one)
	// What another process truncates while it is mapped must not end the program.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	findings, err := one.looker.Look(name, content, 0)
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
	if n == 0 && err == nil {
		err = io.EOF
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
