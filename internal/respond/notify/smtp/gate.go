package smtp

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// gates bound what one domain of receivers gets, so that a large provider of
// mailboxes does not take a wave of notices for an attack.
type gates struct {
	atOnce, perMinute int

	mu       sync.Mutex
	byDomain map[string]*gate
}

type gate struct {
	places  chan struct{}
	rate    *rate.Limiter
	waiting int // and inside; a gate without any can go
}

// manyGates is how many domains are remembered before those that need it no
// longer are forgotten.
const manyGates = 1000

func newGates(atOnce, perMinute int) *gates {
	return &gates{atOnce: atOnce, perMinute: perMinute, byDomain: map[string]*gate{}}
}

// enter waits until one more mail may go to the domain. Call leave afterwards.
func (g *gates) enter(ctx context.Context, domain string) (leave func(), err error) {
	one := g.to(domain)
	done := func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		one.waiting--
	}
	select {
	case one.places <- struct{}{}:
	case <-ctx.Done():
		done()
		return nil, ctx.Err()
	}
	leave = func() { <-one.places; done() }
	if err := one.rate.Wait(ctx); err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

func (g *gates) to(domain string) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.byDomain) >= manyGates {
		g.forget()
	}
	one := g.byDomain[domain]
	if one == nil {
		every := time.Minute / time.Duration(g.perMinute)
		one = &gate{places: make(chan struct{}, g.atOnce), rate: rate.NewLimiter(rate.Every(every), g.perMinute)}
		g.byDomain[domain] = one
	}
	one.waiting++
	return one
}

// forget drops gates that hold nobody back.
func (g *gates) forget() {
	for domain, one := range g.byDomain {
		if one.waiting == 0 && one.rate.Tokens() >= float64(g.perMinute) {
			delete(g.byDomain, domain)
		}
	}
}
