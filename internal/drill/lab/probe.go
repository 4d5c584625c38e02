package lab

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"
)

// Probes are packets that a subscriber sends to the server, one after the other,
// of which it is known when each was sent and whether it arrived.
type Probes struct {
	from, at net.Conn
	end      context.CancelFunc
	work     sync.WaitGroup

	lock    sync.Mutex
	sent    []time.Time
	arrived []bool
	last    int // that arrived; -1 before the first
}

const (
	apart  = 2 * time.Millisecond
	silent = 100 * time.Millisecond // without an arrival: what was sent is lost
)

// Probe begins to send, until Close.
func (l *Lab) Probe(ctx context.Context, from netip.Addr) (*Probes, error) {
	p := &Probes{last: -1}
	err := l.In(Server, func() (err error) {
		p.at, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(l.At.Server, 0)))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("probe: %w", err)
	}
	err = l.In(Subscribers, func() (err error) {
		d := net.Dialer{LocalAddr: net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0))}
		p.from, err = d.DialContext(ctx, "udp", p.at.LocalAddr().String())
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("probe: %w", err), p.at.Close())
	}
	ctx, p.end = context.WithCancel(ctx)
	p.work.Go(func() { p.send(ctx) })
	p.work.Go(p.receive)
	return p, nil
}

// Close ends it.
func (p *Probes) Close() error {
	p.end()
	err := errors.Join(p.from.Close(), p.at.Close())
	p.work.Wait()
	return err
}

func (p *Probes) send(ctx context.Context) {
	tick := time.NewTicker(apart)
	defer tick.Stop()
	for n := uint64(0); ; n++ {
		p.lock.Lock()
		p.sent, p.arrived = append(p.sent, time.Now()), append(p.arrived, false)
		p.lock.Unlock()
		// An error says that an earlier one was refused: it did not arrive.
		_, _ = p.from.Write(binary.BigEndian.AppendUint64(nil, n))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (p *Probes) receive() {
	b := make([]byte, 64)
	for {
		n, err := p.at.Read(b)
		if errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrClosed) {
			return
		}
		if err != nil || n != 8 {
			continue
		}
		p.lock.Lock()
		if i := binary.BigEndian.Uint64(b); i < uint64(len(p.arrived)) {
			p.arrived[i], p.last = true, max(p.last, int(i)) //nolint:gosec // an index
		}
		p.lock.Unlock()
	}
}

// Dropped tells when the first probe was sent, after a time, behind which none
// arrived any more; not before that is sure.
func (p *Probes) Dropped(after time.Time) (time.Time, bool) {
	p.lock.Lock()
	defer p.lock.Unlock()
	first := p.last + 1
	for first < len(p.sent) && p.sent[first].Before(after) {
		first++
	}
	if first >= len(p.sent) || time.Since(p.sent[first]) < silent {
		return time.Time{}, false
	}
	return p.sent[first], true
}

// Through tells when the first probe was sent, after a time, that arrived.
func (p *Probes) Through(after time.Time) (time.Time, bool) {
	p.lock.Lock()
	defer p.lock.Unlock()
	for i := sort(p.sent, after); i < len(p.sent); i++ {
		if p.arrived[i] {
			return p.sent[i], true
		}
	}
	return time.Time{}, false
}

// sort gives the index of the first time that is not before another.
func sort(all []time.Time, at time.Time) int {
	n, _ := slices.BinarySearchFunc(all, at, time.Time.Compare)
	return n
}

// Dial opens a connection in the name of a subscriber.
func (l *Lab) Dial(ctx context.Context, from netip.Addr, network, address string) (c net.Conn, err error) {
	err = l.In(Subscribers, func() error {
		d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))}
		c, err = d.DialContext(ctx, network, address)
		return err
	})
	return c, err
}

// Browser is a client of HTTP at a subscriber's.
func (l *Lab) Browser(from netip.Addr) *http.Client {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return l.Dial(ctx, from, network, address)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}, Timeout: 5 * time.Second}
}

// Answer has the server answer at an address until ctx ends: it takes
// connections and closes them.
func (l *Lab) Answer(ctx context.Context, at netip.AddrPort) error {
	var listener net.Listener
	err := l.In(Server, func() (err error) {
		listener, err = net.Listen("tcp", at.String())
		return err
	})
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	return nil
}
