package batch

import (
	"sync"

	"candor/internal/flow/archive"
)

// Queue is where rows wait to be written. It is safe for concurrent use.
type Queue struct {
	room  int
	ready chan struct{}

	mu      sync.Mutex
	rows    []Row
	dropped uint64
	taken   int // rows that were taken and are not yet done
}

// NewQueue makes a Queue with room for so many rows, those that are being written
// included.
func NewQueue(room int) *Queue { return &Queue{room: room, ready: make(chan struct{}, 1)} }

// Keep takes flows; those for which there is no room are counted.
func (q *Queue) Keep(flows []archive.Flow) {
	q.mu.Lock()
	for i := range flows {
		if len(q.rows)+q.taken+2 > q.room {
			q.dropped += uint64(len(flows) - i)
			break
		}
		q.rows = Append(q.rows, &flows[i])
	}
	full := len(q.rows) >= q.room/4
	q.mu.Unlock()
	if full {
		select {
		case q.ready <- struct{}{}:
		default:
		}
	}
}

// Ready tells when so much waits that it should be taken.
func (q *Queue) Ready() <-chan struct{} { return q.ready }

// Take gives all that waits, in the room of rows that were taken before. Until
// Done it counts as waiting.
func (q *Queue) Take(room []Row) []Row {
	q.mu.Lock()
	defer q.mu.Unlock()
	rows := q.rows
	q.rows, q.taken = room[:0], q.taken+len(rows)
	return rows
}

// Done says that rows were written, and how many of them were lost.
func (q *Queue) Done(rows, lost int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken -= rows
	q.dropped += uint64(lost)
}

// Count tells how many rows wait, and how many flows there was no room for.
func (q *Queue) Count() (waiting int, dropped uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.rows) + q.taken, q.dropped
}
