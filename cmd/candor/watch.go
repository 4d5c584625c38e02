package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/config"
	"candor/internal/scan"
	"candor/internal/scan/output"
	"candor/internal/scan/watch"
)

// watchFlags are the options of candor watch.
type watchFlags struct {
	lookFlags
	first    bool
	block    string
	executed bool
	deadline time.Duration
	exempt   []string
}

func (p *program) watchCommand() *cobra.Command {
	f := &watchFlags{}
	c := &cobra.Command{
		Use:   "watch DIR…",
		Short: "Scan files as they change, and have opens wait for a verdict",
		Long: `Watch scans each file below the DIRs some milliseconds after it was written, or
renamed into place, and tells what it finds as "candor scan" does. What is there
when it begins is looked at with --first. It goes on until Ctrl-C, and then
prints a summary. SIGHUP has it read the definitions again.

With --block other programs' opens of files wait for a verdict, and are denied
where the file is found to be bad. Where there is none in time, or none that
covers all of the file, "open" lets them pass and "closed" denies them. When the
program ends, whatever the reason, the kernel lets all pass. It needs root.

Exit status: 0 nothing found; 1 something found; 2 nothing found, and something
could not be scanned, or it could not watch or block.`,
		Example: `  candor watch /var/www
  candor watch --block open --exempt root /var/www
  candor watch --block closed --executed --deadline 500ms /srv/upload`,
		Args: needArgs("DIR"),
		RunE: func(c *cobra.Command, args []string) error { return p.watch(c.Context(), f, args) },
	}
	f.add(c)
	c.Flags().BoolVar(&f.first, "first", false, "scan what is there before anything changes, too")
	c.Flags().StringVar(&f.block, "block", "", "have opens wait for a verdict; without one they are let pass (`open`) or denied (closed)")
	c.Flags().BoolVar(&f.executed, "executed", false, "with --block: only programs that are to be executed wait")
	c.Flags().DurationVar(&f.deadline, "deadline", 2*time.Second, "with --block: an open waits at most `TIME`")
	c.Flags().StringSliceVar(&f.exempt, "exempt", nil, "with --block: nothing is denied to processes of `USER`; may be repeated")
	return c
}

// check says what is wrong with options.
func (f *watchFlags) check() error {
	switch {
	case f.block != "" && f.block != "open" && f.block != "closed":
		return candor.WithHint(fmt.Errorf("--block %.40q: %w", f.block, candor.ErrInvalid), "Say what becomes of opens without a verdict: open or closed.")
	case f.block == "" && (f.executed || len(f.exempt) > 0):
		return candor.WithHint(fmt.Errorf("--executed and --exempt are of --block: %w", candor.ErrInvalid), "Add --block open or --block closed.")
	case f.deadline <= 0:
		return candor.WithHint(fmt.Errorf("--deadline %v: %w", f.deadline, candor.ErrInvalid), "Write it as 2s or 500ms.")
	}
	return nil
}

// watching is a candor watch that goes on.
type watching struct {
	p       *program
	f       *watchFlags
	roots   []string
	options scan.Options // but for the definitions
	log     *slog.Logger
	sink    *watchSink
	begun   sync.Once

	lock  sync.Mutex
	tools *watchTools

	summary scan.Summary // of all looks; of the one that tells
}

func (p *program) watch(ctx context.Context, f *watchFlags, args []string) error {
	if err := f.check(); err != nil {
		return err
	}
	writer, err := f.writer(p)
	if err != nil {
		return err
	}
	w := &watching{p: p, f: f, log: logger(config.Log{Level: "warn"}, p.err), sink: newWatchSink(writer)}
	var externals map[string]any
	if w.options, externals, err = f.options(); err != nil {
		return err
	}
	if w.roots, err = foldersOf(args); err != nil {
		return err
	}
	if w.tools, err = w.load(externals); err != nil {
		return err
	}
	guard, err := w.guard()
	if err != nil {
		return err
	}
	watcher, err := watch.New(watch.Options{Roots: w.roots, Clock: time.Now, Log: w.log})
	if err != nil {
		return err
	}
	began := time.Now()
	err = w.run(ctx, watcher, guard, externals)
	return errors.Join(err, w.end(began, watcher, guard))
}

// foldersOf gives folders as they are named without links.
func foldersOf(args []string) ([]string, error) {
	var all []string
	for _, arg := range args {
		real, err := filepath.EvalSymlinks(arg)
		if err == nil {
			real, err = filepath.Abs(real)
		}
		if err != nil {
			return nil, candor.WithHint(fmt.Errorf("watch %s: %w", arg, err), "Name folders that exist.")
		}
		if info, err := os.Stat(real); err != nil || !info.IsDir() {
			return nil, candor.WithHint(fmt.Errorf("watch %s: it is no folder: %w", arg, candor.ErrInvalid), "Name the folder that the file lies in.")
		}
		all = append(all, real)
	}
	return all, nil
}

// run watches until ctx ends, or it cannot.
func (w *watching) run(ctx context.Context, watcher *watch.Watcher, guard *watch.Guard, externals map[string]any) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	hang := make(chan os.Signal, 1)
	signal.Notify(hang, syscall.SIGHUP)
	defer signal.Stop(hang)
	var all sync.WaitGroup
	if guard != nil {
		all.Go(func() { w.fail(ctx, cancel, hint(guard.Run(ctx))) })
	}
	all.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hang:
				w.reload(guard, externals)
			}
		}
	})
	w.fail(ctx, cancel, watcher.Run(ctx, func(changes []watch.Change) {
		w.begun.Do(func() { w.announce(watcher) })
		w.fail(ctx, cancel, w.told(ctx, changes))
	}))
	all.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// fail ends all for an error.
func (w *watching) fail(ctx context.Context, cancel context.CancelCauseFunc, err error) {
	if err != nil && ctx.Err() == nil {
		cancel(err)
	}
}

// announce says what is watched from now on, and how well.
func (w *watching) announce(watcher *watch.Watcher) {
	for _, at := range watcher.Status().Places {
		line := fmt.Sprintf("watching %s (%s)", output.Printable(at.Path), at.Way)
		if at.Note != "" {
			line += ": " + output.Printable(at.Note)
		}
		w.p.say("%s", line)
	}
}

// told looks at what changed.
func (w *watching) told(ctx context.Context, changes []watch.Change) error {
	targets := scan.Changed(changes, w.roots)
	for _, c := range changes {
		if c.Tree == watch.Started && w.f.first {
			targets = append(targets, scan.Target{Path: c.Path, Root: c.Path})
		}
	}
	if len(targets) == 0 {
		return nil
	}
	t := w.current()
	o := w.options
	o.NewMatcher, o.Crew = t.newMatcher, &t.crew
	var err error
	w.summary, err = scan.Scan(ctx, scan.Some(targets...), w.sink, o) // Progress counts on
	return err
}

// end prints the summary.
func (w *watching) end(began time.Time, watcher *watch.Watcher, guard *watch.Guard) error {
	t, s := w.current(), w.summary
	s.Started, s.Seconds = began, time.Since(began).Seconds()
	s.Errors -= w.sink.vanished
	s.Findings, s.Flagged, s.Unread = w.sink.counts.findings, w.sink.counts.flagged, w.sink.counts.unread
	s.Interrupted = s.Interrupted || watcher.Status().Waiting > 0
	err := w.sink.writer.End(output.Summary{Summary: s, Definitions: t.compiled.Report.Rules, Problems: len(t.compiled.Report.Problems), Cached: t.compiled.Cached})
	if guard != nil {
		g := guard.Status()
		w.p.say("opens: %d verdicts were sought, %d were answered by one that was known; %d denied, %d let pass for who asked, %d without a verdict",
			g.Asked, g.Known, g.Denied, g.Exempt, g.Late+g.Failed)
	}
	w.p.status = exitStatus(s)
	return err
}
