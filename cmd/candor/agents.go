package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/config"
	"candor/internal/fleet"
	"candor/internal/fleet/wire"
	"candor/internal/house"
	"candor/internal/respond/quarantine"
	"candor/internal/scan/generation"
	"candor/internal/store"
)

type fleetStore struct{ *store.Store }

func (d fleetStore) Tx(ctx context.Context, f func(fleet.Tx) error) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

// fleetDefinitions gives agents the definitions in use.
type fleetDefinitions struct{ u *generation.Updater }

func (d fleetDefinitions) Current() string {
	h, err := d.u.Current()
	if err != nil {
		return ""
	}
	defer h.Release()
	return h.Generation().ID
}

func (d fleetDefinitions) Archive(id string, to io.Writer) error { return d.u.Archive(id, to) }

func (r *running) openFleet(ctx context.Context) error {
	v := vault{r.Vault}
	r.Fleet = fleet.New(fleet.Config{Store: fleetStore{r.Store}, Sites: r.Sites, Software: r.House, Definitions: fleetDefinitions{r.Definitions}, Vault: v, Keys: r.Vault,
		Local:    quarantine.New(map[string]quarantine.Vault{"": v}),
		Settings: wire.Settings{Exclude: r.setup.excluded, MaxSize: r.setup.maxSize, Watch: r.setup.watch}, Every: r.setup.every, Clock: r.setup.clock, Log: r.setup.log})
	r.Sites.Remote = r.Fleet
	if r.setup.agents == "" {
		return nil
	}
	_, err := r.Fleet.TLS(ctx) // the issuer is there as soon as the program says that it runs
	return err
}

// answerAgents answers agents at the address that the configuration names. The
// function that it gives ends that.
func (r *running) answerAgents(ctx context.Context, c *config.Config, failed chan<- error) (stop func(context.Context) error, err error) {
	if c.Listen.Agents == "" {
		return func(context.Context) error { return nil }, nil
	}
	tls, err := r.Fleet.TLS(ctx)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", c.Listen.Agents)
	if err != nil {
		return nil, candor.WithHint(fmt.Errorf("listen for agents at %s: %w", c.Listen.Agents, err), "Choose another address with --agents.")
	}
	r.setup.log.Info("agents are answered", "address", listener.Addr())
	// Agents wait for what there is to do: their questions end when the program is told to.
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	server := &http.Server{Handler: r.Fleet.Handler(), TLSConfig: tls, ReadHeaderTimeout: 20 * time.Second, IdleTimeout: 5 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return base }, ErrorLog: slog.NewLogLogger(r.setup.log.Handler(), slog.LevelDebug)}
	go func() {
		if err := server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return func(ctx context.Context) error {
		cancel()
		if err := server.Shutdown(ctx); err != nil {
			return server.Close()
		}
		return nil
	}, nil
}

// heard says whether an agent is heard of: heard, silent or revoked.
func (r *running) heard(a candor.Agent) string {
	switch {
	case a.State != candor.AgentActive:
		return "revoked"
	case !a.Heard(r.setup.clock()):
		return "silent"
	}
	return "heard"
}

// lookAgents tells which agents are silent.
func (r *running) lookAgents(ctx context.Context) (map[string]string, error) {
	all, err := r.Fleet.Agents(ctx)
	if err != nil {
		return nil, err
	}
	active, silent, first := 0, 0, ""
	for _, a := range all {
		switch r.heard(a) {
		case "heard":
			active++
		case "silent":
			active, silent, first = active+1, silent+1, a.Name
		}
	}
	about := looked{"active": strconv.Itoa(active), "silent": strconv.Itoa(silent)}
	if silent > 0 {
		return about, candor.WithHint(fmt.Errorf("%d agents are silent, one of them on %s: %w", silent, first, house.ErrStale), "Look whether candor agent runs there; what it finds meanwhile comes later.")
	}
	return about, nil
}

func (p *program) enrolCommand() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "enrol SERVER",
		Short: "Make a token with which a hosting server's agent enrols",
		Long: `Make a token with which a machine enrols, once and within 24 hours, as the agent
of SERVER: the reference, the name or the identifier of an asset of the kind
server. An agent that the server has until then is refused once it is used.`,
		Args: needArgs("server"),
		RunE: func(c *cobra.Command, args []string) error {
			conf, err := f.load()
			if err != nil {
				return err
			}
			return p.enrol(c.Context(), conf, args[0])
		},
	}
	f.add(c)
	return c
}

func (p *program) enrol(ctx context.Context, c *config.Config, server string) error {
	s, err := store.Open(ctx, store.Options{URL: folder(c.Data.Dir).database(c.Database.URL.Reveal()), Existing: true, Conceal: conceal, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer s.Close()
	a, err := findServer(ctx, s, server)
	if err != nil {
		return err
	}
	// Without keys it makes no issuer: candor serve does, with the vault that all nodes have.
	service := fleet.New(fleet.Config{Store: fleetStore{s}, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	token, expires, err := service.Token(ctx, a.ID, "command line")
	if err != nil {
		return err
	}
	fmt.Fprintf(p.err, "It works once, until %s. On %s run:\n  candor agent --server HOST:PORT --token TOKEN\n", expires.Local().Format(time.DateTime), a.Name)
	_, err = fmt.Fprintln(p.out, token)
	return err
}

// findServer looks for a server by reference, identifier or name.
func findServer(ctx context.Context, s *store.Store, word string) (candor.Asset, error) {
	a, err := s.AssetByReference(ctx, candor.Server, word)
	if errors.Is(err, candor.ErrNotFound) {
		a, err = s.Asset(ctx, candor.Everything, candor.ID(word))
	}
	if !errors.Is(err, candor.ErrNotFound) {
		return a, err
	}
	cut := candor.Cut{Limit: 500}
	for {
		page, err := s.Assets(ctx, candor.Everything, candor.AssetFilter{Kind: candor.Server}, cut)
		if err != nil {
			return a, err
		}
		for _, a := range page.Items {
			if a.Name == word && !a.Retired {
				return a, nil
			}
		}
		if page.Next == "" {
			return a, candor.WithHint(fmt.Errorf("there is no server %.80q: %w", word, candor.ErrNotFound), "Add an asset of the kind server first: in the console, by the API, or by import.")
		}
		cut.Cursor = page.Next
	}
}
