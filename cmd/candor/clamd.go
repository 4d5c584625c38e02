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
	"candor/internal/scan/icap"
)

// scanner is a server that others have contents scanned by.
type scanner interface {
	Serve(net.Listener) error
	Close() error
}

// answerScanning answers clients of clamd and of ICAP at the sockets that the
// configuration names. The function that it gives ends that.
func (r *running) answerScanning(c *config.Config, failed chan<- error) (stop func() error, err error) {
	var all []scanner
	stop = func() error {
		var err error
		for _, s := range all {
			err = errors.Join(err, s.Close())
		}
		return err
	}
	for _, x := range []struct {
		key     string
		sockets []string
		make    func() scanner
	}{{"listen.clamd", c.Listen.Clamd, r.clamd}, {"listen.icap", c.Listen.ICAP, r.icap}} {
		if len(x.sockets) == 0 {
			continue
		}
		s := x.make()
		all = append(all, s)
		for _, address := range x.sockets {
			l, err := listenAt(address)
			if err != nil {
				return nil, errors.Join(candor.WithHint(fmt.Errorf("%s: listen at %s: %w", x.key, address, err), "Choose another address."), stop())
			}
			go func() {
				if err := s.Serve(l); err != nil {
					failed <- err
				}
			}()
		}
	}
	return stop, nil
}

func (r *running) clamd() scanner {
	return clamd.New(clamd.Options{Definitions: r.clamdDefinitions, Version: programVersion(), MaxSize: r.setup.maxSize, Exclude: r.setup.exclude, Inside: r.setup.into,
		Threads: r.setup.threads, Log: r.setup.log, Clock: r.setup.clock,
		Reload: func(ctx context.Context) error { return checkDefinitions(ctx, r.House) },
		Found: func(command string, all []candor.Finding) {
			for _, f := range all {
				r.setup.log.Warn("found for a client of clamd", "command", command, "path", f.Where(), "rule", f.Rule, "sha256", f.SHA256, "bytes", f.Bytes)
			}
			if err := r.file(context.Background(), all); err != nil {
				r.setup.log.Error("what was found for a client of clamd is not filed; a scan will find it", "error", err)
			}
		}})
}

func (r *running) icap() scanner {
	return icap.New(icap.Options{Definitions: r.clamdDefinitions, Version: programVersion(), Threads: r.setup.threads, Log: r.setup.log, Clock: r.setup.clock, Inside: r.setup.into,
		Found: func(from icap.Source, all []candor.Finding) {
			site, err := r.filePassed(context.Background(), from, all)
			if err != nil {
				r.setup.log.Error("what was found for a client of ICAP is not filed", "error", err)
			}
			for _, f := range all {
				r.setup.log.Warn("found for a client of ICAP", "method", from.Method, "url", from.URL, "client", from.Client, "path", f.Where(), "rule", f.Rule,
					"sha256", f.SHA256, "bytes", f.Bytes, "site", site)
			}
		}})
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
