package icap

import (
	"bufio"
	"net"
	"time"

	"candor/internal/scan/front"
)

// wire is a connection whose other end has to keep going.
type wire struct {
	conn  net.Conn
	out   *bufio.Writer // through which is written; flushed before waiting
	idle  time.Duration // may pass without a byte
	until time.Time     // when reading ends, if it is set
	rate  time.Duration // of further time, for each byte that comes
}

// within says how long reading may take from now on, all in all, and how much
// longer for each byte.
func (w *wire) within(d, rate time.Duration) { w.until, w.rate = time.Now().Add(d), rate }

func (w *wire) Read(b []byte) (int, error) {
	if err := w.out.Flush(); err != nil {
		return 0, err
	}
	deadline := time.Now().Add(w.idle)
	if !w.until.IsZero() && w.until.Before(deadline) {
		deadline = w.until
	}
	if err := w.conn.SetReadDeadline(deadline); err != nil {
		return 0, err
	}
	n, err := w.conn.Read(b)
	if !w.until.IsZero() {
		w.until = w.until.Add(time.Duration(n) * w.rate)
	}
	return n, err
}

func (w *wire) Write(b []byte) (int, error) {
	if err := w.conn.SetWriteDeadline(time.Now().Add(w.idle)); err != nil {
		return 0, err
	}
	return w.conn.Write(b)
}

// linger lets the other end read the last answer.
func (w *wire) linger() { front.Linger(w.conn, min(w.idle, 2*time.Second)) }
