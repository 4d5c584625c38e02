package smtp

import (
	"context"
	"sync"
	"time"
)

// pool keeps sessions for the next mail.
type pool struct {
	dial  func(context.Context) (*session, error)
	idle  time.Duration
	slots chan struct{} // one for each connection in use

	mu     sync.Mutex
	kept   []*session // the last used is the last
	timer  *time.Timer
	closed bool
}

func newPool(most int, idle time.Duration, dial func(context.Context) (*session, error)) *pool {
	return &pool{dial: dial, idle: idle, slots: make(chan struct{}, most)}
}

// take gives a kept session or a new one. Give it back afterwards.
func (p *pool) take(ctx context.Context) (*session, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, unavailable("wait for a connection", ctx.Err())
	}
	if c := p.last(); c != nil {
		return c, nil
	}
	c, err := p.dial(ctx)
	if err != nil {
		<-p.slots
	}
	return c, err
}

func (p *pool) last() *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.kept)
	if n == 0 {
		return nil
	}
	c := p.kept[n-1]
	p.kept = p.kept[:n-1]
	return c
}

// give takes a session back, and ends it if it cannot be kept.
func (p *pool) give(c *session, keep bool) {
	defer func() { <-p.slots }()
	if !keep {
		c.conn.Close()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		go c.quit()
		return
	}
	c.since = time.Now()
	p.kept = append(p.kept, c)
	if p.timer == nil {
		p.timer = time.AfterFunc(p.idle, p.sweep)
	}
}

// sweep ends sessions that nobody used for a while.
func (p *pool) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	stale := 0
	for stale < len(p.kept) && time.Since(p.kept[stale].since) >= p.idle {
		go p.kept[stale].quit()
		stale++
	}
	p.kept = append([]*session(nil), p.kept[stale:]...)
	p.timer = nil
	if len(p.kept) > 0 && !p.closed {
		p.timer = time.AfterFunc(p.idle-time.Since(p.kept[0].since), p.sweep)
	}
}

func (p *pool) close() {
	p.mu.Lock()
	kept := p.kept
	p.kept, p.closed = nil, true
	if p.timer != nil {
		p.timer.Stop()
	}
	p.mu.Unlock()
	for _, c := range kept {
		c.quit()
	}
}
