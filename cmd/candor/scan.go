package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/known"
	"candor/internal/scan/output"
)

// scanFlags are the options of candor scan.
type scanFlags struct {
	lookFlags
	filesFrom     string
	oneFileSystem bool
	known         string
	audit         int
	good          []string
}

// While files are scanned little garbage is made, so that a small percentage of
// it costs no time; of a small heap that would be too little. Beyond what is
// loaded the heap may grow by some bytes, and for each thread by some more.
const (
	scanPercent   = 40
	scanGarbage   = 24 << 20
	scanHeap      = 56 << 20
	scanPerThread = 16 << 20
	scanLook      = time.Second / 4
	loadPercent   = 400 // for the start: what is loaded stays in use
	learnPercent  = 50  // for a scan that learns: that waits in memory until it is written
)

// collectAt sets the percentage of garbage that is let grow, unless the environment
// does.
func collectAt(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// frugal bounds the garbage of a scan, unless the environment does, until end
// is called.
func frugal(threads int) (end func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	debug.SetGCPercent(garbagePercent(m.HeapAlloc))
	least := int64(m.HeapAlloc) + scanHeap + int64(threads)*scanPerThread
	debug.SetMemoryLimit(least)
	done := make(chan struct{})
	go func() {
		look := time.NewTicker(scanLook)
		defer look.Stop()
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for {
			select {
			case <-done:
				return
			case <-look.C:
			}
			// Where more is in use, collecting all the time would free nothing.
			metrics.Read(live)
			used := live[0].Value.Uint64()
			debug.SetGCPercent(garbagePercent(used))
			debug.SetMemoryLimit(max(least, int64(used+used/8)+scanPerThread))
		}
	}()
	return func() { close(done) }
}

// garbagePercent says how much garbage may gather beside so many bytes in use.
func garbagePercent(used uint64) int {
	return max(scanPercent, int(100*scanGarbage/max(used, scanGarbage/4)))
}

func (p *program) scanCommand() *cobra.Command {
	f := &scanFlags{}
	c := &cobra.Command{
		Use:   "scan PATH…",
		Short: "Scan files and directories",
		Long: `Scan looks through files, and through all files of directories, for content that
the definitions know: YARA rules and ClamAV signatures.

A PATH that is a symbolic link is followed; links inside directories are passed
over, as are devices, FIFOs and sockets. All that is passed over is counted.

Exit status: 0 nothing found; 1 something found, whether or not some files could
not be scanned; 2 nothing found, and something could not be scanned, or the scan
was interrupted, or could not start.`,
		Example: `  candor scan /var/www
  candor scan --definitions /etc/candor/rules --format json /var/www
  find /srv -mtime -1 -type f -print0 | candor scan --files-from -`,
		RunE: func(c *cobra.Command, args []string) error { return p.scan(c, f, args) },
	}
	f.add(c)
	c.Flags().StringVar(&f.filesFrom, "files-from", "", "scan the paths listed in `FILE` (- for standard input), one a line or separated by NUL")
	c.Flags().BoolVarP(&f.oneFileSystem, "one-file-system", "x", false, "stay on the file system of each PATH")
	c.Flags().StringVar(&f.known, "known", "", "remember in `FILE` what was looked at: what did not change since is not read again")
	c.Flags().IntVar(&f.audit, "audit", 1000, "with --known, read one in `N` files all the same, chosen at random; 0 for none")
	c.Flags().StringArrayVar(&f.good, "good", nil, "say of findings that are in `LIST`, of \"candor good\" or sha256sum, that they are probably false alarms; may be repeated")
	return c
}

// targets gives what to scan, and what is to be closed afterwards.
func (f *scanFlags) targets(ctx context.Context, in io.Reader, args []string) (_ scan.Targets, file io.Closer, err error) {
	switch f.filesFrom {
	case "":
		return scan.Paths(args...), io.NopCloser(nil), nil
	case "-":
		return scan.Join(scan.Paths(args...), scan.List(ctx, in)), io.NopCloser(nil), nil
	}
	list, err := os.Open(f.filesFrom)
	if err != nil {
		return nil, nil, candor.WithHint(fmt.Errorf("list of files: %w", err), "Name a file that can be read, or - for standard input.")
	}
	return scan.Join(scan.Paths(args...), scan.List(ctx, list)), list, nil
}

func (p *program) scan(c *cobra.Command, f *scanFlags, args []string) error {
	if len(args) == 0 && f.filesFrom == "" {
		return needArgs("PATH")(c, args)
	}
	writer, err := f.writer(p)
	if err != nil {
		return err
	}
	o, externals, err := f.options()
	if err != nil {
		return err
	}
	o.OneFileSystem = f.oneFileSystem
	targets, list, err := f.targets(c.Context(), p.in, args)
	if err != nil {
		return err
	}
	defer list.Close()
	lists, err := openGood(c.Context(), f.good)
	if err != nil {
		return err
	}
	if lists != nil {
		defer lists.Close()
	}
	unmapStart() // compiling takes most memory
	if f.known == "" {
		largePages(largeHeap)
	} else {
		largePages(largeKnown)
	}
	collectAt(loadPercent)
	compiled, err := f.compile(p, externals)
	if err != nil {
		return err
	}
	if !compiled.Cached {
		unmapStart() // and scanning does
	}
	if f.known == "" {
		defer frugal(f.threads)()
	} else {
		collectAt(learnPercent)
	}
	o.NewMatcher = f.matchers(p, compiled)
	forget, err := p.remember(c.Context(), f, &o, compiled.Rules)
	if err != nil {
		return err
	}
	bar := p.startProgress(c.Context(), args, f.filesFrom != "", o)
	sink := markGood(bar.around(writer), lists)
	summary, scanErr := scan.Scan(c.Context(), targets, sink, o)
	bar.stop()
	scanErr = errors.Join(scanErr, forget())
	err = writer.End(output.Summary{
		Summary: summary, Definitions: compiled.Report.Rules, Problems: len(compiled.Report.Problems), Cached: compiled.Cached, Good: sink.found,
	})
	p.status = exitStatus(summary)
	if err = errors.Join(scanErr, err); err != nil {
		return candor.WithHint(fmt.Errorf("the scan ended early: %w", err), "What was reported stands; scan again for the rest.")
	}
	return nil
}

// remember opens what is known of files, asks rules that are new of it, and has
// the scan use it. What it gives ends that.
func (p *program) remember(ctx context.Context, f *scanFlags, o *scan.Options, rules *engine.Rules) (func() error, error) {
	if f.known == "" {
		return func() error { return nil }, nil
	}
	s, err := known.Open(f.known, o.Clock)
	if err != nil {
		return nil, candor.WithHint(err, "Is another scan using it? Name another file, or leave out --known.")
	}
	if _, err := s.Forget(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	session, err := s.Begin(rules, scan.Opening(o.Inside))
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if _, err := session.Revisit(ctx, func(known.Late) error { return nil }); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	o.Known, o.Audit = session, f.audit
	return func() error { return errors.Join(session.Close(), s.Close()) }, nil
}

// exitStatus follows clamscan, where what was found outweighs what could not
// be read.
func exitStatus(s scan.Summary) int {
	switch {
	case s.Findings > 0:
		return exitFound
	case s.Errors > 0 || s.Unread > 0 || s.Interrupted:
		return exitError
	}
	return exitClean
}
