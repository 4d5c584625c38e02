package evidence

import "sync"

// folders makes names in folders durable. Those that ask while others are served are
// served together, one folder after the other: a file system writes its journal for
// the first, which holds the names of all, so that the others cost next to nothing.
// The zero folders are ready to use.
type folders struct {
	mu      sync.Mutex
	waiting map[string][]chan<- error // by folder; nil while nobody serves
}

// sync returns once the names that a folder had when it was called are durable.
func (f *folders) sync(dir string) error {
	done := make(chan error, 1)
	f.mu.Lock()
	serves := f.waiting == nil
	if serves {
		f.waiting = map[string][]chan<- error{}
	}
	f.waiting[dir] = append(f.waiting[dir], done)
	f.mu.Unlock()
	if serves {
		go f.serve()
	}
	return <-done
}

// serve syncs what waits, until nothing does.
func (f *folders) serve() {
	for {
		f.mu.Lock()
		waiting := f.waiting
		f.waiting = map[string][]chan<- error{}
		if len(waiting) == 0 {
			f.waiting = nil
		}
		f.mu.Unlock()
		if len(waiting) == 0 {
			return
		}
		for dir, all := range waiting {
			err := syncDir(dir)
			for _, done := range all {
				done <- err
			}
		}
	}
}
