package watch

import (
	"container/heap"
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"candor"
)

const (
	// patience is how many times its quiet time something waits at most.
	patience = 10
	// batchSize is how many changes are told at once, at most.
	batchSize = 1024
	// unit is how many bytes of a path count as one waiting change.
	unit = 256
	// upward is how many levels a collapse goes up before it goes to the roots.
	upward = 8
)

// pace is how soon something is told.
type pace int

const (
	closed pace = iota // after Options.Quiet
	open               // after Options.Held
)

// waiting is a change that is not told yet.
type waiting struct {
	Change
	root  string // what the tree that it is told as may not go beyond
	pace  pace
	first time.Time
	due   time.Time
	at    int // in the heap
}

// weight is what it counts as.
func (e *waiting) weight() int { return 1 + len(e.Path)/unit }

// queue holds what is to be told, each path once. It is safe for concurrent use.
type queue struct {
	quiet    [2]time.Duration // by pace
	capacity int
	clock    candor.Clock

	mu     sync.Mutex
	paths  map[string]*waiting
	heap   dues
	weight int           // of all
	trees  int           // of them are trees
	wake   chan struct{} // the first due time has changed

	count Counts
}

func newQueue(o Options) *queue {
	return &queue{quiet: [2]time.Duration{o.Quiet, o.Held}, capacity: o.Capacity, clock: o.Clock,
		paths: map[string]*waiting{}, wake: make(chan struct{}, 1)}
}

// change has a file told.
func (q *queue) change(root, path string, p pace) { q.add(root, path, "", p) }

// tree has a directory told that must be walked.
func (q *queue) tree(root, path string, cause Cause) { q.add(root, path, cause, closed) }

func (q *queue) add(root, path string, cause Cause, p pace) {
	for len(path) >= unix.PathMax && len(path) > len(root) {
		// Nobody could open it by this path.
		path, cause, p = parent(path), Unresolved, closed
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if cause == Overflow {
		q.count.Overflows++
	}
	now := q.clock()
	q.put(root, path, cause, p, now, now)
	if q.weight > q.capacity {
		q.collapse(now)
	}
}

// put is add with the lock held, of what waits since first.
func (q *queue) put(root, path string, cause Cause, p pace, first, now time.Time) {
	if q.covered(root, path) {
		return
	}
	e := q.paths[path]
	switch {
	case e == nil:
		e = &waiting{Change: Change{Path: path}, root: root, pace: p, first: first}
		q.paths[path] = e
		q.weight += e.weight()
		heap.Push(&q.heap, e)
	case e.pace == open && p == closed:
		e.pace, e.first = closed, first
	case e.pace == closed && p == open:
		return // the sooner holds: what was written before it is told will be seen
	case first.Before(e.first):
		e.first = first
	}
	if cause != "" {
		if e.Tree == "" {
			q.trees++
		}
		e.Tree = cause
	}
	e.When = now
	q.settle(e)
}

// settle says when an entry is due.
func (q *queue) settle(e *waiting) {
	quiet := q.quiet[e.pace]
	e.due = e.When.Add(quiet)
	if last := e.first.Add(patience * quiet); e.due.After(last) {
		e.due = last
	}
	heap.Fix(&q.heap, e.at)
	if e.at == 0 {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
}

// covered tells whether a tree above a path waits to be told.
func (q *queue) covered(root, path string) bool {
	if q.trees == 0 {
		return false
	}
	for len(path) > len(root) {
		path = parent(path)
		if e := q.paths[path]; e != nil && e.Tree != "" {
			return true
		}
	}
	return false
}

// collapse makes trees of what waits, until half of the capacity is free or
// nothing is left but roots.
func (q *queue) collapse(now time.Time) {
	q.count.Collapses++
	for level := 1; q.weight > q.capacity/2 && level <= upward; level++ {
		all := q.heap
		q.heap, q.paths, q.weight, q.trees = nil, make(map[string]*waiting, len(all)/2), 0, 0
		for _, e := range all {
			up := e.Path
			if level == upward {
				up = e.root
			} else if len(up) > len(e.root) {
				up = parent(up)
			}
			q.put(e.root, up, Collapsed, closed, e.first, now)
		}
	}
}

// run tells what is due, until ctx ends.
func (q *queue) run(ctx context.Context, tell func([]Change)) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		batch, wait := q.take()
		if len(batch) > 0 {
			tell(batch)
			continue
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-q.wake:
		case <-timer.C:
		}
	}
}

// take gives what is due, or how long nothing will be.
func (q *queue) take() ([]Change, time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var batch []Change
	now := q.clock()
	for len(q.heap) > 0 && len(batch) < batchSize {
		first := q.heap[0]
		if wait := first.due.Sub(now); wait > 0 {
			return batch, wait
		}
		heap.Pop(&q.heap)
		delete(q.paths, first.Path)
		q.weight -= first.weight()
		batch = append(batch, first.Change)
		q.count.Told++
		if first.Tree != "" {
			q.trees--
			q.count.Trees++
		}
	}
	return batch, time.Hour
}

// counts gives what was done, and what waits.
func (q *queue) counts() Counts {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.count
	c.Waiting = len(q.paths)
	return c
}

// parent gives the path above an absolute path.
func parent(path string) string {
	return path[:max(strings.LastIndexByte(path, '/'), 1)]
}

// join gives the path of a name in a directory.
func join(dir, name string) string {
	if strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}

// below gives what follows dir in a path that is dir or lies below it: "" or
// what begins with a slash.
func below(dir, path string) (string, bool) {
	if dir == "/" {
		if path == "/" {
			return "", true
		}
		return path, strings.HasPrefix(path, "/")
	}
	rest, found := strings.CutPrefix(path, dir)
	return rest, found && (rest == "" || rest[0] == '/')
}

// dues is a heap by due time.
type dues []*waiting

func (d dues) Len() int           { return len(d) }
func (d dues) Less(i, j int) bool { return d[i].due.Before(d[j].due) }
func (d dues) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].at, d[j].at = i, j
}
func (d *dues) Push(x any) {
	e := x.(*waiting)
	e.at = len(*d)
	*d = append(*d, e)
}
func (d *dues) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}
