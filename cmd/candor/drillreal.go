package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/flow/lease"
	"candor/internal/respond/isolate/roster"
	"candor/internal/store"
)

// notReal is candor.ErrDenied if a desk knows the access server, or a line of
// the lab as a subscriber's: by its configuration, its database, its leases or
// its file of lines. What cannot be looked at is an error too.
func (n *labNAS) notReal(ctx context.Context, conf *config.Config) error {
	if why := n.enforced(conf); why != "" {
		return subscribers(why)
	}
	for _, look := range []func(context.Context, *config.Config) (string, error){n.owned, n.leased, n.listed} {
		why, err := look(ctx, conf)
		if err != nil {
			return candor.WithHint(fmt.Errorf("look whether the lab is really one: %w", err), "A drill at an access server is held only where it is sure that no subscriber is touched.")
		}
		if why != "" {
			return subscribers(why)
		}
	}
	return nil
}

// subscribers is the error of what touches subscribers.
func subscribers(why string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", why, candor.ErrDenied), "Use an access server and lines that no subscriber has.")
}

// is tells whether a text names the access server.
func (n *labNAS) is(name string) bool {
	server := netip.MustParseAddrPort(n.NAS.Server).Addr() // it was checked
	a, err := netip.ParseAddr(name)
	if at, bad := netip.ParseAddrPort(name); bad == nil {
		a, err = at.Addr(), nil
	}
	return strings.EqualFold(name, n.NAS.Name) || err == nil && (a == server || a.String() == n.NAS.Address)
}

// enforced tells whether the desk isolates at the access server, or hears its
// accounting.
func (n *labNAS) enforced(conf *config.Config) string {
	for _, p := range conf.Isolation.Points {
		if n.is(p.Server) || slices.ContainsFunc(p.NAS, n.is) {
			return fmt.Sprintf("the desk isolates subscribers at this access server (%s)", p.Name)
		}
	}
	for _, s := range conf.Leases.Sources {
		for _, c := range s.Clients {
			for _, p := range ours([]string{c.Network}) {
				if p.IsSingleIP() && n.is(p.Addr().String()) {
					return fmt.Sprintf("the desk hears this access server’s accounting (%s)", s.Name)
				}
			}
		}
	}
	return ""
}

// owned tells whether a line of the lab is a subscriber's by its asset.
func (n *labNAS) owned(ctx context.Context, conf *config.Config) (why string, err error) {
	url := conf.Database.URL.Reveal()
	if !strings.Contains(url, "://") {
		if url == "" {
			url = filepath.Join(conf.Data.Dir, "candor.db")
		}
		if _, err := os.Stat(url); errors.Is(err, fs.ErrNotExist) {
			return "", nil // there is no desk yet
		}
	}
	s, err := store.Open(ctx, store.Options{URL: url, Log: slog.New(slog.DiscardHandler), Existing: true})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	now := time.Now()
	for _, l := range n.Lines {
		have, err := s.AssetsByAddress(ctx, l.addr, now, now)
		if err != nil || len(have) > 0 {
			return fmt.Sprintf("%s is a subscriber’s", l.addr), err
		}
	}
	return "", nil
}

// leased tells whether a line of the lab had a lease that the desk heard of, or
// the access server a session.
func (n *labNAS) leased(_ context.Context, conf *config.Config) (string, error) {
	dir := filepath.Join(conf.Data.Dir, leaseFolder)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	table, err := lease.Read(lease.Options{Dir: dir, Lines: noLines{}})
	if err != nil {
		return "", err
	}
	for _, l := range n.Lines {
		if have := table.Explain(l.addr, 0, time.Now()); len(have.Leases) > 0 {
			return fmt.Sprintf("the desk was told that %s is a subscriber’s (%s)", l.addr, have.Leases[0].Source), nil
		}
	}
	return "", nil
}

// listed tells whether a line of the lab, or the access server, is in the file of
// lines.
func (n *labNAS) listed(ctx context.Context, conf *config.Config) (string, error) {
	if conf.Isolation.Lines == "" {
		return "", nil
	}
	r := roster.New(conf.Isolation.Lines, 0, time.Now)
	for _, l := range n.Lines {
		who, err := r.Holders(ctx, netip.PrefixFrom(l.addr, l.addr.BitLen()))
		if err != nil || len(who) > 0 {
			return fmt.Sprintf("%s is a subscriber’s by %s", l.addr, conf.Isolation.Lines), err
		}
	}
	return "", nil
}
