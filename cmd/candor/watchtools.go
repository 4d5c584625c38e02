package main

import (
	"runtime/debug"
	"sync"

	"candor"
	"candor/internal/scan"
	"candor/internal/scan/watch"
)

// watchTools are definitions, and what was made ready with them.
type watchTools struct {
	compiled   *scan.Compiled
	newMatcher func() scan.Matcher
	crew       scan.Crew

	lock sync.Mutex
	free []*scan.Opened
}

// take gives what judges a file that is opened.
func (t *watchTools) take(o scan.Options) *scan.Opened {
	t.lock.Lock()
	defer t.lock.Unlock()
	n := len(t.free)
	if n == 0 {
		o.NewMatcher = t.newMatcher
		return scan.NewOpened(o)
	}
	one := t.free[n-1]
	t.free = t.free[:n-1]
	return one
}

func (t *watchTools) give(one *scan.Opened) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.free = append(t.free, one)
}

// load reads and compiles the definitions.
func (w *watching) load(externals map[string]any) (*watchTools, error) {
	compiled, err := w.f.compile(w.p, externals)
	if err != nil {
		return nil, err
	}
	debug.FreeOSMemory() // what compiling left behind
	return &watchTools{compiled: compiled, newMatcher: w.f.matchers(w.p, compiled)}, nil
}

func (w *watching) current() *watchTools {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.tools
}

// reload reads the definitions again. If they cannot be used those before are.
func (w *watching) reload(guard *watch.Guard, externals map[string]any) {
	t, err := w.load(externals)
	if err != nil {
		w.log.Error("the definitions stay as they were", "error", err, "hint", candor.Hint(err))
		return
	}
	w.lock.Lock()
	w.tools = t
	w.lock.Unlock()
	if guard != nil {
		guard.Forget()
	}
	w.p.say("%d definitions are in force", t.compiled.Report.Rules)
}
