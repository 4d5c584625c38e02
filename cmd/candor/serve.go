package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // hosts without a database of time zones have ours

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/config"
	"candor/internal/evidence"
	"candor/internal/house"
	"candor/internal/store"
)

// serveFlags are the flags of commands that use the configuration.
type serveFlags struct {
	file   string
	data   string
	listen string
	db     string
	roles  []string
	clamd  []string
	icap   []string
	agents string
	sample bool
	// profile is a file for a profile of the processor, for those who work on the program.
	profile string
}

func (f *serveFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.file, "config", "", "read the configuration from `FILE` (default: /etc/candor/candor.yml if it is there)")
	c.Flags().StringVar(&f.data, "data", "", "keep everything in `DIR`")
	c.Flags().StringVar(&f.db, "database", "", "keep records in the database at `URL` (postgres://…; default: SQLite in the data folder)")
}

const defaultConfig = "/etc/candor/candor.yml"

// load reads the configuration from file, environment and flags.
func (f *serveFlags) load() (*config.Config, error) {
	o := config.Options{File: f.file, Environ: os.Environ(), Ignore: []string{"CANDOR_DEFINITIONS="}, Flags: map[string]string{}}
	if o.File == "" {
		if _, err := os.Stat(defaultConfig); err == nil {
			o.File = defaultConfig
		}
	}
	for key, value := range map[string]string{"data.dir": f.data, "listen.addr": f.listen, "database.url": f.db, "roles": strings.Join(f.roles, ","), "listen.clamd": strings.Join(f.clamd, ","), "listen.icap": strings.Join(f.icap, ","), "listen.agents": f.agents} {
		if value != "" {
			o.Flags[key] = value
		}
	}
	return config.Load(o)
}

func (p *program) serveCommand() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the desk: console, customers' pages, API, and the work behind them",
		Long: `Run the desk: console, customers' pages, API, and the work behind them.

Without a configuration it keeps everything in the data folder and needs
nothing else. The first start prints a link that makes the first administrator.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := f.load()
			if err != nil {
				return err
			}
			stop, err := profiled(f.profile)
			if err != nil {
				return err
			}
			return errors.Join(p.serve(c.Context(), conf, f.sample), stop())
		},
	}
	f.add(c)
	c.Flags().StringVar(&f.listen, "listen", "", "answer at `ADDR`, host:port (default 127.0.0.1:8080)")
	c.Flags().StringSliceVar(&f.roles, "role", nil, "do only this: web, worker, collector (default: all)")
	c.Flags().StringSliceVar(&f.icap, "icap", nil, "answer clients of ICAP (proxies) at `SOCKET`, a path or host:port; may be given several times")
	c.Flags().StringSliceVar(&f.clamd, "clamd", nil, "answer clients of clamd at `SOCKET`, a path or host:port; may be given several times")
	c.Flags().StringVar(&f.agents, "agents", "", "answer agents on hosting servers at `ADDR`, host:port")
	c.Flags().StringVar(&f.profile, "cpuprofile", "", "write to `FILE` what the processor was busy with")
	_ = c.Flags().MarkHidden("cpuprofile") // it is there
	c.Flags().BoolVar(&f.sample, "sample", false, "fill an empty database with a sample provider, whose site is infected with harmless samples")
	return c
}

// logger makes the program's log on stderr.
func logger(c config.Log, to io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // config.Load has checked it
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(to, o))
	}
	return slog.New(slog.NewTextHandler(to, o))
}

// serve runs until ctx ends, and then lets what was begun end well.
func (p *program) serve(ctx context.Context, c *config.Config, sample bool) error {
	log := logger(c.Log, p.err)
	listener, err := net.Listen("tcp", c.Listen.Addr)
	if err != nil {
		return candor.WithHint(fmt.Errorf("listen at %s: %w", c.Listen.Addr, err), "Choose another address with --listen.")
	}
	defer listener.Close()
	c.Listen.Addr = listener.Addr().String() // port 0 has become one
	slog.SetDefault(log)                     // what libraries say
	evidence.LogTo(logger(config.Log{Level: "error", Format: c.Log.Format}, p.err))
	s, err := makeSetup(c, log)
	if err != nil {
		return err
	}
	if sample && s.noMail && s.drop == "" {
		s.drop = s.data.at("mail")
	}
	r, err := open(ctx, s)
	if err != nil {
		return err
	}
	if sample {
		err = r.fillSample(ctx, s.data.at("sample"))
	}
	switch {
	case err == nil:
		err = r.run(ctx, c, listener, func() error { return p.greet(ctx, r) })
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		err = nil // it was told to end while it began
	}
	return errors.Join(err, r.close())
}

// greet says where the desk is, and how to get in the first time.
func (p *program) greet(ctx context.Context, r *running) error {
	fmt.Fprintf(p.out, "Candor is at %s\n", r.setup.publicURL)
	if !r.setup.does(config.RoleWeb) {
		return nil
	}
	admins, err := r.Store.Access().Admins(ctx)
	if err != nil || admins > 0 {
		return err
	}
	secret, err := r.Access.FirstAdmin(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "Make the first administrator with this link, which works once, within 24 hours:\n  %s/first/%s\n", r.setup.publicURL, secret)
	return nil
}

// patience is how long requests and jobs have to end when the program is told to.
const patience = 20 * time.Second

// run does the work of the roles until ctx ends. It calls ready once when all ports
// are open.
func (r *running) run(ctx context.Context, c *config.Config, listener net.Listener, ready func() error) error {
	var work sync.WaitGroup
	defer work.Wait()
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var workers *store.Workers
	if slices.Contains(c.Roles, "worker") {
		if _, err := r.Store.Requeue(inner); err != nil {
			return err
		}
		var err error
		if workers, err = r.Store.Work(inner, r.handlers(), r.queues()); err != nil {
			return err
		}
		if r.isolation != nil {
			work.Go(func() {
				chore{"look at enforcement points", time.Duration(r.setup.isolation.Every), r.tend}.run(inner, r.setup.log)
			})
		}
		for _, chore := range chores(r.House, r.setup.check, r.revisit, r.forget, r.remark, r.campaigns, r.rescanUploads, r.forgetReports, r.escalate) {
			work.Go(func() { chore.run(inner, r.setup.log) })
		}
		work.Go(func() { r.ledger.Run(inner) })
		if r.setup.watch {
			work.Go(func() { r.watch(inner) })
		}
	}
	if workers == nil && r.readsReports() {
		if r.shared() { // else all running jobs are a worker's
			if _, err := r.Store.Requeue(inner); err != nil {
				return err
			}
		}
		var err error
		if workers, err = r.Store.Work(inner, r.handlers(), store.Queues{house.QueueReports: 4}); err != nil {
			return err
		}
	}
	if !slices.Contains(c.Roles, config.RoleWorker) { // else it is a chore
		work.Go(func() { chore{"read lists of known-good files", 10 * time.Second, r.readGood}.run(inner, r.setup.log) })
	}
	work.Go(func() {
		chore{"follow what is agreed to", 250 * time.Millisecond, r.Consents.Refresh}.run(inner, r.setup.log)
	})
	work.Go(func() {
		chore{"follow the keys of receipts", 10 * time.Second, r.FollowReceipts}.run(inner, r.setup.log)
	})
	if r.shared() {
		work.Go(func() { r.followDefinitions(inner) })
	}
	for _, chore := range append(r.upkeepChores(), (&rest{}).chore()) {
		work.Go(func() { chore.run(inner, r.setup.log) })
	}
	failed := make(chan error, 5+len(c.Garden.Listen)+len(c.Garden.ListenTLS))
	if r.traffic != nil {
		if err := r.traffic.start(inner); err != nil {
			return err
		}
		work.Go(func() {
			if err := r.traffic.run(inner); err != nil {
				failed <- err
			}
		})
	}
	if slices.Contains(c.Roles, config.RoleWorker) {
		ways, err := r.intakeWays()
		if err != nil {
			return err
		}
		work.Go(func() { runIntake(inner, ways, failed) })
	}
	stopScanning, err := r.answerScanning(c, failed)
	if err != nil {
		return err
	}
	stopAgents, err := r.answerAgents(ctx, c, failed)
	if err != nil {
		return errors.Join(err, stopScanning())
	}
	stopGarden, err := r.answerGarden(c.Garden, failed)
	if err != nil {
		return errors.Join(err, stopScanning(), stopAgents(ctx))
	}
	stop, err := r.listen(c, listener, failed)
	if err != nil {
		return errors.Join(err, stopScanning(), stopAgents(ctx), stopGarden(ctx))
	}
	switch err = ready(); {
	case err == nil:
		select {
		case <-ctx.Done():
		case err = <-failed:
		}
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		err = nil // it was told to end while it began
	}
	ending, done := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer done()
	err = errors.Join(err, stop(ending), stopGarden(ending), stopScanning(), stopAgents(ending))
	if workers != nil {
		err = errors.Join(err, workers.Stop(ending))
	}
	return err
}

// listen answers requests. The function that it gives ends that.
func (r *running) listen(c *config.Config, listener net.Listener, failed chan<- error) (func(context.Context) error, error) {
	handler, err := r.handler(c)
	if err != nil {
		return nil, err
	}
	servers := []*http.Server{{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(r.setup.log.Handler(), slog.LevelDebug)}}
	go func() {
		var err error
		if c.Listen.TLSCert != "" {
			err = servers[0].ServeTLS(listener, c.Listen.TLSCert, c.Listen.TLSKey)
		} else {
			err = servers[0].Serve(listener)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	if c.Metrics.Listen != "" {
		metrics, err := net.Listen("tcp", c.Metrics.Listen)
		if err != nil {
			return nil, candor.WithHint(fmt.Errorf("listen for metrics: %w", err), "Choose another metrics.listen.")
		}
		server := &http.Server{Handler: r.metrics(), ReadHeaderTimeout: 10 * time.Second}
		servers = append(servers, server)
		go func() {
			if err := server.Serve(metrics); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		}()
	}
	return func(ctx context.Context) error {
		var err error
		for _, s := range servers {
			if e := s.Shutdown(ctx); e != nil {
				err = errors.Join(err, s.Close())
			}
		}
		return err
	}, nil
}
