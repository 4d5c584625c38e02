package agent

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"candor"
	"candor/engine"
	"candor/internal/fleet/wire"
	"candor/internal/scan"
	"candor/internal/scan/generation"
	"candor/internal/scan/known"
)

// linger is how long tools stay ready that nobody uses: files seldom change
// alone.
const linger = time.Minute

// toolbox has tools ready for scans and for looks at what changes, which share
// them. It is safe for concurrent use.
type toolbox struct {
	agent *Agent
	lock  sync.Mutex
	freed *sync.Cond
	tools *tools
	users int
	rest  *time.Timer // puts them away
}

func newToolbox(a *Agent) *toolbox {
	b := &toolbox{agent: a}
	b.freed = sync.NewCond(&b.lock)
	return b
}

// take gives the tools, and loads them if need be. They are given back with
// give. Those of definitions that were replaced are only given where others use
// them still, and never to a taker who insists: it waits until they are put away.
func (b *toolbox) take(insist bool) (*tools, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	for b.tools != nil && b.users > 0 && insist && !b.fresh() {
		b.freed.Wait()
	}
	if b.tools != nil && b.users == 0 && !b.fresh() {
		if err := b.away(); err != nil {
			return nil, err
		}
	}
	if b.tools == nil {
		t, err := b.agent.load()
		if err != nil {
			return nil, err
		}
		b.tools = t
	}
	if b.rest != nil {
		b.rest.Stop()
		b.rest = nil
	}
	b.users++
	return b.tools, nil
}

// fresh tells whether the tools are of the definitions in use.
func (b *toolbox) fresh() bool {
	have := ""
	b.agent.state.read(func(k kept) { have = k.Have })
	return b.tools.received.ID == have
}

// give takes the tools back.
func (b *toolbox) give() error {
	b.lock.Lock()
	defer b.lock.Unlock()
	b.users--
	if b.users > 0 {
		return nil
	}
	defer b.freed.Broadcast()
	if !b.fresh() {
		return b.away()
	}
	var rest *time.Timer
	rest = time.AfterFunc(linger, func() {
		b.lock.Lock()
		defer b.lock.Unlock()
		if b.rest != rest {
			return // they were taken meanwhile
		}
		if err := b.away(); err != nil {
			b.agent.Log.Warn("what was learned of files is not kept", "error", err)
		}
	})
	b.rest = rest
	return nil
}

// away puts the tools away. The lock is held, and nobody uses them.
func (b *toolbox) away() error {
	err := b.tools.close()
	b.tools, b.rest = nil, nil
	b.agent.shared.close()
	debug.FreeOSMemory() // it may be hours until they are used again
	return err
}

// close puts the tools away for good.
func (b *toolbox) close() error {
	b.lock.Lock()
	defer b.lock.Unlock()
	if b.tools == nil {
		return nil
	}
	return b.away()
}

// tools are what scans work with. They are loaded for them: an agent that waits
// needs no rules in memory.
type tools struct {
	received *generation.Received
	compiled *scan.Compiled
	store    *known.Store
	session  *known.Session
	crew     scan.Crew
}

// load makes definitions ready, and opens what is known of files.
func (a *Agent) load() (*tools, error) {
	id := ""
	a.state.read(func(k kept) { id = k.Have })
	if id == "" {
		return nil, candor.WithHint(fmt.Errorf("there are no definitions yet: %w", candor.ErrUnavailable), "They come from the first node that answers.")
	}
	received, err := generation.OpenReceived(a.at("definitions"), id)
	if err != nil {
		return nil, err
	}
	t := &tools{received: received, compiled: received.Compile(scan.Cache{Dir: a.at("cache"), Program: a.Build})}
	if t.compiled.Report.Rules == 0 {
		return nil, fmt.Errorf("none of the definitions can be used: %w", candor.ErrInvalid)
	}
	if t.store, err = known.Open(a.at("known.db"), a.Clock); err != nil {
		a.Log.Warn("a scan reads everything: what is known of files cannot be used", "error", err)
		return t, nil
	}
	if t.session, err = t.store.Begin(t.compiled.Rules, scan.Opening(&inside)); err != nil {
		return nil, errors.Join(err, t.store.Close())
	}
	a.shared.open(wire.Under(t.received.ID, a.Version, Opening()))
	t.session.Others = a.shared
	return t, nil
}

// flush keeps what was learned.
func (t *tools) flush() error {
	if t.session == nil {
		return nil
	}
	return t.session.Flush()
}

// close keeps what was learned, and lets go of it.
func (t *tools) close() error {
	var err error
	if t.session != nil {
		err = t.session.Close()
	}
	if t.store != nil {
		err = errors.Join(err, t.store.Close())
	}
	return err
}

func (t *tools) matcher() scan.Matcher {
	return t.compiled.Rules.NewScanner(engine.ScanOptions{Strings: true})
}
