package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"candor"
)

// onceField is the hidden field of forms that count once.
const onceField = "once"

func newKey() string { return rand.Text() }

const (
	onceFor  = time.Hour
	mostOnce = 10_000 // forms remembered
)

// once remembers which forms were acted upon, so that a double click, a reload
// or a lost answer does not repeat the step. It is of this process only: steps
// that must not happen twice on several nodes carry a version besides.
type once struct {
	clock candor.Clock
	lock  sync.Mutex
	taken map[string]*taken
	order []*taken // oldest first
}

// taken is a form that somebody sent.
type taken struct {
	key  string
	at   time.Time
	done chan struct{} // closed when it is known what became of it
	view View
}

func newOnce(c candor.Clock) *once { return &once{clock: c, taken: map[string]*taken{}} }

// begin takes a form. The first to come gets a function to say what became of
// it, and whether it counts; others wait for that, and get the first one's
// view and no function. If the first does not count, the next is first.
func (o *once) begin(ctx context.Context, key string) (View, func(View, bool), error) {
	if len(key) > mostLine {
		return View{}, nil, fmt.Errorf("the key of a form: %w", candor.ErrInvalid)
	}
	for {
		o.lock.Lock()
		o.forget()
		t := o.taken[key]
		if t == nil {
			t = &taken{key: key, at: o.clock(), done: make(chan struct{})}
			o.taken[key] = t
			o.order = append(o.order, t)
			o.lock.Unlock()
			return View{}, func(v View, counts bool) { o.end(t, v, counts) }, nil
		}
		o.lock.Unlock()
		select {
		case <-ctx.Done():
			return View{}, nil, ctx.Err()
		case <-t.done:
		}
		o.lock.Lock()
		stays := o.taken[key] == t
		o.lock.Unlock()
		if stays {
			return t.view, nil, nil
		}
	}
}

// end keeps where the form led, and nothing of what it showed.
func (o *once) end(t *taken, v View, counts bool) {
	o.lock.Lock()
	defer o.lock.Unlock()
	t.view = View{To: v.To, Messages: v.Messages}
	if !counts && o.taken[t.key] == t {
		delete(o.taken, t.key)
	}
	close(t.done)
}

// forget makes room.
func (o *once) forget() {
	now := o.clock()
	for len(o.order) > 0 && (len(o.order) >= mostOnce || now.Sub(o.order[0].at) > onceFor) {
		if first := o.order[0]; o.taken[first.key] == first {
			delete(o.taken, first.key)
		}
		o.order = o.order[1:]
	}
}
