package clamd

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"candor"
	"candor/internal/scan"
)

// path looks at a file or at all files below a folder.
func (c *session) path(r request) {
	s := c.server
	switch {
	case !c.local:
		c.answer(r, r.argument+": paths are looked at for those only who come by a socket of this machine; send the content (INSTREAM). ERROR")
		return
	case !filepath.IsAbs(r.argument):
		c.answer(r, r.argument+": File path check failure: not an absolute path. ERROR")
		return
	}
	d, err := s.o.Definitions()
	if err != nil {
		c.answer(r, problem(r.argument, err))
		return
	}
	ctx, cancel := context.WithCancel(s.door.Context())
	defer cancel()
	w := &walk{session: c, request: r, cancel: cancel}
	threads := 1
	if r.name == "MULTISCAN" {
		threads = s.o.Threads
	}
	_, err = scan.Scan(ctx, scan.Paths(r.argument), w, scan.Options{NewMatcher: d.NewMatcher, Exclude: s.o.Exclude, MaxSize: s.o.MaxSize, Threads: threads, Clock: s.o.Clock, Inside: s.o.Inside})
	switch {
	case err != nil:
		c.answer(r, problem(r.argument, err))
	case s.door.Context().Err() != nil:
		c.answer(r, r.argument+": the scanner is being ended. ERROR")
	case !w.said:
		c.answer(r, r.argument+": OK")
	}
}

// walk answers what a scan finds.
type walk struct {
	*session
	request request
	cancel  context.CancelFunc
	lock    sync.Mutex
	last    string // what was found in last
	said    bool
	ended   bool
}

// Finding answers the first finding of a file, or all of them.
func (w *walk) Finding(f candor.Finding) error {
	if f.IsUnread() {
		return nil // clients of clamd have no word for it
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	all := w.request.name == "ALLMATCHSCAN"
	if w.ended || f.Path == w.last && !all {
		return nil
	}
	w.last, w.said = f.Path, true
	w.server.o.Found(w.request.name, []candor.Finding{f})
	w.answer(w.request, line(f.Path)+": "+nameOf(f)+" FOUND")
	if w.request.name == "SCAN" { // it ends with the first
		w.ended = true
		w.cancel()
	}
	return nil
}

// Failure answers what could not be looked at.
func (w *walk) Failure(f scan.Failure) error {
	w.lock.Lock()
	defer w.lock.Unlock()
	if !w.ended {
		w.said = true
		w.answer(w.request, problem(line(f.Path), f.Err))
	}
	return nil
}

// line is a path that ends no answer, whatever it is called.
func line(path string) string { return strings.NewReplacer("\n", "?", "\x00", "?").Replace(path) }

// version begins as clamd's does, which clients look for.
func (s *Server) version() string {
	text := "ClamAV 1.4 (Candor " + s.o.Version + ")"
	d, err := s.o.Definitions()
	if err != nil || d.Generation == "" {
		return text
	}
	generation := d.Generation
	if len(generation) > 12 {
		generation = generation[:12]
	}
	return text + "/" + generation + "/" + d.Made.UTC().Format("Mon Jan _2 15:04:05 2006")
}

// stats are in the form of clamd's, which clamdtop and monitors read.
func (s *Server) stats() string {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	live, waiting := s.lookers.Busy(), s.lookers.Waiting()
	mb := func(n uint64) string { return fmt.Sprintf("%.3fM", float64(n)/(1<<20)) }
	return fmt.Sprintf("POOLS: 1\n\nSTATE: VALID PRIMARY\nTHREADS: live %d  idle %d max %d idle-timeout %d\nQUEUE: %d items\n\tSTATS %.6f\n\nMEMSTATS: heap %s mmap 0.000M used %s free %s releasable %s pools 1 pools_used %s pools_total %s\nEND",
		live, int64(s.o.Threads)-live, s.o.Threads, int(s.o.Idle/time.Second), waiting, s.o.Clock().Sub(s.begun).Seconds(),
		mb(m.HeapSys), mb(m.HeapInuse), mb(m.HeapIdle), mb(m.HeapReleased), mb(m.HeapAlloc), mb(m.Sys))
}
