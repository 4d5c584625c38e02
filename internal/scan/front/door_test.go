package front

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// troubled is a listener that first has errors.
type troubled struct {
	net.Listener
	errors chan error
}

func (l troubled) Accept() (net.Conn, error) {
	select {
	case err := <-l.errors:
		return nil, err
	default:
		return l.Listener.Accept()
	}
}

func listen(t *testing.T, first ...error) (troubled, func() net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	bad := make(chan error, len(first))
	for _, err := range first {
		bad <- err
	}
	return troubled{l, bad}, func() net.Conn {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
}

func read(t *testing.T, conn net.Conn) string {
	t.Helper()
	b, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestDoor lets in two at a time, refuses the third, and closes all at its end.
func TestDoor(t *testing.T) {
	d := NewDoor(2)
	l, dial := listen(t, syscall.EMFILE, syscall.ENFILE)
	in, out, late := make(chan net.Conn), make(chan struct{}), atomic.Bool{}
	ended := make(chan error)
	go func() {
		ended <- d.Serve(l, func(conn net.Conn) {
			in <- conn
			_, _ = io.Copy(io.Discard, conn)
			d.Go(func() { late.Store(true) })
			out <- struct{}{}
		}, func(conn net.Conn) { _, _ = io.WriteString(conn, "full") })
	}()
	first := dial()
	<-in
	dial()
	<-in
	if got := read(t, dial()); got != "full" {
		t.Errorf("a third: %q", got)
	}
	first.Close()
	<-out
	for next := ""; next == ""; { // the place is free soon
		conn := dial()
		select {
		case <-in:
			next = "in"
		case next = <-told(conn):
			if next == "full" {
				next = ""
			}
		}
	}
	closed := make(chan error)
	go func() { closed <- d.Close() }()
	<-out
	select {
	case err := <-closed:
		t.Errorf("closed before the last had been served: %v", err)
	default:
	}
	<-out
	if err := errors.Join(<-closed, <-ended); err != nil || !late.Load() || d.Context().Err() == nil {
		t.Errorf("at the end: %v, %v", err, late.Load())
	}
	another, _ := listen(t)
	if err := d.Serve(another, nil, nil); err != nil {
		t.Errorf("serve when closed: %v", err)
	}
	if _, err := another.Listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is open: %v", err)
	}
}

// told gives what a connection says, all of it.
func told(conn net.Conn) <-chan string {
	said := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(conn) // it may be closed
		said <- string(b)
	}()
	return said
}

// TestDoorFails gives the errors of a listener that are not those of closing.
func TestDoorFails(t *testing.T) {
	d := NewDoor(1)
	broken := errors.New("broken")
	l, _ := listen(t, broken)
	if err := d.Serve(l, nil, nil); !errors.Is(err, broken) {
		t.Errorf("a listener that is broken: %v", err)
	}
	l, _ = listen(t)
	l.Close()
	if err := d.Serve(l, nil, nil); err != nil {
		t.Errorf("a listener that somebody has closed: %v", err)
	}
	if err := d.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
