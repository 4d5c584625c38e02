package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"sync"

	"github.com/riverqueue/river/riverdriver"
)

// topic is by which River's clients hear that jobs were asked for.
const topic = "river_insert"

// wake tells the workers of this process at once which queues have jobs.
// Workers of other processes look for themselves now and then.
type wake struct {
	lock sync.Mutex
	ears map[*ear]bool
}

// call tells of queues that have jobs: once these are durable.
func (w *wake) call(queues map[string]bool) {
	if len(queues) == 0 {
		return
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	for e := range w.ears {
		e.hear(queues)
	}
}

// hearing is a driver of River's whose workers are told of jobs. The drivers for
// database/sql know only how to look for them.
type hearing struct {
	riverdriver.Driver[*sql.Tx]
	wake *wake
}

// SupportsListener implements riverdriver.Driver.
func (hearing) SupportsListener() bool { return true }

// GetListener implements riverdriver.Driver.
func (h hearing) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return &ear{wake: h.wake, some: make(chan struct{}, 1), queues: map[string]bool{}}
}

// ear is a riverdriver.Listener. Whatever it hears of one queue before somebody
// asks is told once.
type ear struct {
	wake   *wake
	some   chan struct{}
	lock   sync.Mutex
	queues map[string]bool
}

func (e *ear) hear(queues map[string]bool) {
	e.lock.Lock()
	defer e.lock.Unlock()
	for q := range queues {
		e.queues[q] = true
	}
	select {
	case e.some <- struct{}{}:
	default:
	}
}

// next takes one queue, and tells whether there was one.
func (e *ear) next() (string, bool) {
	e.lock.Lock()
	defer e.lock.Unlock()
	for q := range e.queues {
		delete(e.queues, q)
		return q, true
	}
	return "", false
}

// WaitForNotification implements riverdriver.Listener.
func (e *ear) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	for {
		if q, ok := e.next(); ok {
			payload, err := json.Marshal(map[string]string{"queue": q})
			return &riverdriver.Notification{Topic: topic, Payload: string(payload)}, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-e.some:
		}
	}
}

// Connect implements riverdriver.Listener.
func (e *ear) Connect(context.Context) error {
	e.wake.lock.Lock()
	defer e.wake.lock.Unlock()
	e.wake.ears[e] = true
	return nil
}

// Close implements riverdriver.Listener.
func (e *ear) Close(context.Context) error {
	e.wake.lock.Lock()
	defer e.wake.lock.Unlock()
	delete(e.wake.ears, e)
	return nil
}

// Listen implements riverdriver.Listener: there is nothing to say on other
// topics.
func (*ear) Listen(context.Context, string) error { return nil }

// Unlisten implements riverdriver.Listener.
func (*ear) Unlisten(context.Context, string) error { return nil }

// Ping implements riverdriver.Listener.
func (*ear) Ping(context.Context) error { return nil }

// Schema implements riverdriver.Listener.
func (*ear) Schema() string { return "" }

// SetAfterConnectExec implements riverdriver.Listener.
func (*ear) SetAfterConnectExec(string) {}
