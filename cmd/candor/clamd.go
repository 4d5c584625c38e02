package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"candor"
	"candor/engine"
	"candor/internal/config"
	"candor/internal/scan"
	"candor/internal/scan/clamd"
)

// answerClamd answers clients of clamd at the sockets of listen.clamd. The
// function that it gives ends that.
func (r *running) answerClamd(c *config.Config, failed chan<- error) (func() error, error) {
	if len(c.Listen.Clamd) == 0 {
		return func() error { return nil }, nil
	}
	s := clamd.New(clamd.Options{Definitions: r.clamdDefinitions, Version: programVersion(), MaxSize: r.setup.maxSize, Exclude: r.setup.exclude,
		Threads: r.setup.threads, Log: r.setup.log, Clock: r.setup.clock,
		Reload: func(ctx context.Context) error { return checkDefinitions(ctx, r.House) },
		Found: func(command string, all []candor.Finding) {
			for _, f := range all {
				r.setup.log.Warn("found for a client of clamd", "command", command, "path", f.Path, "rule", f.Rule, "sha256", f.SHA256, "bytes", f.Bytes)
			}
		}})
	for _, address := range c.Listen.Clamd {
		l, err := listenAt(address)
		if err != nil {
			return nil, errors.Join(candor.WithHint(fmt.Errorf("listen for clients of clamd at %s: %w", address, err), "Choose another listen.clamd."), s.Close())
		}
		go func() {
			if err := s.Serve(l); err != nil {
				failed <- err
			}
		}()
	}
	return s.Close, nil
}

// clamdDefinitions gives what is in use now.
func (r *running) clamdDefinitions() (clamd.Definitions, error) {
	h, err := r.Definitions.Current()
	if err != nil {
		return clamd.Definitions{}, err
	}
	defer h.Release() // what was compiled stays as long as a matcher needs it
	g, compiled := h.Generation(), h.Compiled()
	return clamd.Definitions{Generation: g.ID, Made: g.Made, NewMatcher: func() scan.Matcher { return compiled.Rules.NewScanner(engine.ScanOptions{}) }}, nil
}

// listenAt listens at a path, as everybody on this machine may use it, or at
// host:port. A socket that a dead process left is removed.
func listenAt(address string) (net.Listener, error) {
	if !filepath.IsAbs(address) {
		return net.Listen("tcp", address)
	}
	if info, err := os.Lstat(address); err == nil && info.Mode()&os.ModeSocket != 0 {
		conn, err := net.DialTimeout("unix", address, time.Second)
		if err == nil {
			conn.Close()
			return nil, candor.WithHint(errors.New("another program answers there"), "Stop it, or choose another path.")
		}
		if err := os.Remove(address); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("unix", address)
	if err != nil {
		return nil, err
	}
	return l, os.Chmod(address, 0o666)
}
