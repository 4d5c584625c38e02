// Package front is what servers share that others send contents to: the door
// that connections come in by, the right to look at a content, and contents
// that are held while they come.
package front

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// again is how long a listener waits that cannot take a connection now, since
// the process is out of descriptors.
const again = 50 * time.Millisecond

// Door lets connections in, up to a number at a time. It is safe for concurrent
// use.
type Door struct {
	most    int
	context context.Context
	cancel  context.CancelFunc
	group   sync.WaitGroup

	lock      sync.Mutex
	listeners map[net.Listener]bool
	inside    map[net.Conn]bool
}

// NewDoor makes a Door that lets in as many connections at a time.
func NewDoor(most int) *Door {
	d := &Door{most: most, listeners: map[net.Listener]bool{}, inside: map[net.Conn]bool{}}
	d.context, d.cancel = context.WithCancel(context.Background())
	return d
}

// Context ends when the Door is closed.
func (d *Door) Context() context.Context { return d.context }

// Go does something that Close waits for. It is called by those who serve a
// connection.
func (d *Door) Go(do func()) { d.group.Go(do) }

// Serve has each connection served in a goroutine, and closes it then, until
// the listener is closed, which Close does; then it gives nil. Those who are
// too many are refused, which must not take long, and closed.
func (d *Door) Serve(l net.Listener, serve, refuse func(net.Conn)) error {
	if !d.opens(l) {
		return l.Close()
	}
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			d.let(conn, serve, refuse)
		case isTemporary(err) && d.wait():
		default:
			return d.unlessClosed(err)
		}
	}
}

// unlessClosed is the error of a listener that nobody has closed.
func (d *Door) unlessClosed(err error) error {
	if d.context.Err() == nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// opens notes a listener; not after Close.
func (d *Door) opens(l net.Listener) bool {
	d.lock.Lock()
	defer d.lock.Unlock()
	if d.context.Err() != nil {
		return false
	}
	d.listeners[l] = true
	return true
}

func isTemporary(err error) bool {
	var temporary interface{ Temporary() bool }
	return errors.As(err, &temporary) && temporary.Temporary()
}

// wait tells whether it is worth trying again.
func (d *Door) wait() bool {
	select {
	case <-time.After(again):
		return true
	case <-d.context.Done():
		return false
	}
}

func (d *Door) let(conn net.Conn, serve, refuse func(net.Conn)) {
	d.lock.Lock()
	full, ended := len(d.inside) >= d.most, d.context.Err() != nil
	if !full && !ended {
		d.inside[conn] = true
		d.group.Add(1)
	}
	d.lock.Unlock()
	if full || ended {
		refuse(conn)
		conn.Close()
		return
	}
	go func() {
		defer d.group.Done()
		serve(conn)
		conn.Close()
		d.lock.Lock()
		delete(d.inside, conn)
		d.lock.Unlock()
	}()
}

// Close closes all listeners and connections, and waits for those who serve.
func (d *Door) Close() error {
	d.cancel()
	d.lock.Lock()
	var err error
	for l := range d.listeners {
		err = errors.Join(err, l.Close())
	}
	clear(d.listeners)
	for conn := range d.inside {
		conn.Close()
	}
	d.lock.Unlock()
	d.group.Wait()
	return err
}

// Linger lets the other end read the last answer, for as long as it still
// sends, up to a time: closing at once what has not been read from would have
// the answer thrown away.
func Linger(conn net.Conn, most time.Duration) {
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || conn.SetReadDeadline(time.Now().Add(most)) != nil {
		return
	}
	_, _ = io.Copy(io.Discard, conn) // nothing of it counts
}
