package sender

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"candor"
)

// How long answers are kept, and how many.
const (
	kept       = 10 * time.Minute
	mostKept   = 5000
	mostTexts  = 50
	mostLength = 8 << 10 // bytes of the texts of a name
)

// cache keeps texts of the DNS, and that there are none. It is safe for concurrent
// use.
type cache struct {
	now candor.Clock
	mu  sync.Mutex
	all map[string]entry
}

type entry struct {
	texts []string
	err   error
	until time.Time
}

func newCache(now candor.Clock) *cache { return &cache{now: now, all: map[string]entry{}} }

func (c *cache) get(name string) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.all[name]
	return e, ok && c.now().Before(e.until)
}

func (c *cache) put(name string, texts []string, err error) {
	size := 0
	for _, t := range texts {
		size += len(t)
	}
	if size > mostLength || len(texts) > mostTexts {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.all) >= mostKept {
		clear(c.all) // those that are asked for are soon there again
	}
	c.all[name] = entry{texts, err, c.now().Add(kept)}
}

// cached asks the cache before the DNS.
type cached struct {
	Resolver
	cache *cache
}

func (c *Checker) resolver() cached { return cached{c.Resolver, c.cache} }

// LookupTXT gives the texts of a name.
func (c cached) LookupTXT(ctx context.Context, name string) ([]string, error) {
	if e, ok := c.cache.get(name); ok {
		return e.texts, e.err
	}
	texts, err := c.Resolver.LookupTXT(ctx, name)
	var none *net.DNSError
	if err == nil || errors.As(err, &none) && none.IsNotFound {
		c.cache.put(name, texts, err)
	}
	return texts, err
}
