// Package agent looks after a hosting server: it scans there what lies there,
// when it is told to or when it is due, looks at what changes as it changes, and
// acts on order.
//
// What it finds is in a file of its own before the scan goes on, and is sent
// until a node has said that it is durable there. While no node answers it
// scans by the list of sites that it was told last, and delivers later. It
// updates neither itself nor anything else on the server; it takes definitions
// and orders only from nodes whose certificate comes from the issuer that its
// token named.
package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/inventory"
	"candor/internal/scan"
)

// Config is what an agent works with. Nodes and Dir are needed.
type Config struct {
	Nodes   []string // host:port of nodes; the first that answers is used
	Token   string   // to enrol with; needed the first time
	Dir     string   // where it keeps what is its own
	Roots   []string // folders within which it scans and acts; any if empty
	Name    string   // of the machine
	Version string   // of the program
	Build   string   // tells one build of the program from another
	CPU     float64  // of one processor that scans may take; no bound if 0
	Threads int      // of a scan; 1 if 0
	Watch   bool     // files are looked at as they change, if the desk wants it
	System  string   // the root of the system whose packages are told, "/"; none are if empty
	RPM     RPM      // how databases of RPM are read: inventory.ReadRPM if nil
	Clock   candor.Clock
	Log     *slog.Logger
	// Wait is how long a node may keep a question open until there is something
	// to do (default 55 s), Alone after how long without an answer the agent
	// scans by itself (default 10 min).
	Wait, Alone time.Duration
	// Survey is how often the software of each site is looked at (default 6 h), and
	// that of the server if it did not change meanwhile; never if negative.
	Survey time.Duration
	// Retry is the first wait after a node did not answer (default 1 s); it
	// doubles up to a minute.
	Retry time.Duration
}

// RPM reads a database of RPM; see inventory.Options.
type RPM = func(ctx context.Context, f *os.File, ecosystem string, each func(inventory.Item) error) error

// Agent is a running agent.
type Agent struct {
	Config
	link     *link
	state    *state
	reports  *outbox
	pace     *pace
	shared   *shared
	tools    *toolbox
	started  time.Time
	jobs     chan struct{} // there is a scan to do
	finished chan struct{} // there is something to tell at once
	resited  chan struct{} // there are other sites

	lock    sync.Mutex
	running map[candor.ID]*running // scans
	tasks   map[candor.ID]bool     // orders that are being carried out
	scanned map[candor.ID]bool     // sites whose software is to be looked at soon
	problem string                 // what went wrong last, and still is
	spent   usage                  // at the last status
	looked  int64
	spared  int64
}

// running is a scan that goes on.
type running struct {
	wire.Running
	progress *scan.Progress
}

// New opens what the agent keeps, and enrols it if that was not done.
func New(ctx context.Context, c Config) (*Agent, error) {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Wait == 0 {
		c.Wait = 55 * time.Second
	}
	if c.Alone == 0 {
		c.Alone = 10 * time.Minute
	}
	if c.Survey == 0 {
		c.Survey = 6 * time.Hour
	}
	if c.Retry == 0 {
		c.Retry = time.Second
	}
	if len(c.Nodes) == 0 || c.Dir == "" {
		return nil, candor.WithHint(fmt.Errorf("a node and a folder are needed: %w", candor.ErrInvalid), "Give --server and --data.")
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("the folder of the agent: %w", err)
	}
	a := &Agent{Config: c, started: c.Clock().UTC(), jobs: make(chan struct{}, 1), finished: make(chan struct{}, 1), resited: make(chan struct{}, 1), running: map[candor.ID]*running{}, tasks: map[candor.ID]bool{}, scanned: map[candor.ID]bool{}}
	var err error
	if a.reports, err = openOutbox(a.at("reports.db")); err != nil {
		return nil, err
	}
	if a.state, err = openState(a.at("state.json")); err == nil {
		a.link, err = a.connect(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, a.reports.close())
	}
	a.pace, a.shared = newPace(c.CPU), &shared{dir: c.Dir}
	a.tools = newToolbox(a)
	a.spent = used()
	return a, nil
}

// at is something in the agent's folder.
func (a *Agent) at(name string) string { return filepath.Join(a.Dir, name) }

// Run works until ctx ends. What was begun is begun anew at the next start.
func (a *Agent) Run(ctx context.Context) error {
	var work sync.WaitGroup
	for _, f := range []func(context.Context){a.deliver, a.scans, a.schedule, a.watch, a.survey} {
		work.Go(func() { f(ctx) })
	}
	a.sync(ctx, &work)
	work.Wait()
	return errors.Join(a.tools.close(), a.reports.close())
}

// fail remembers what went wrong, to be told; nil says that it is well.
func (a *Agent) fail(what string, err error) {
	a.lock.Lock()
	defer a.lock.Unlock()
	if err == nil {
		a.problem = ""
		return
	}
	if text := what + ": " + err.Error(); text != a.problem {
		a.problem = text
		a.Log.Warn("could not "+what, "error", err)
	}
}

// pause waits for a while.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// nudge puts something into a channel of one, unless there is something.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
