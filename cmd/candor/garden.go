package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/web/garden"
)

// answerGarden answers lines in the walled garden, on listeners of its own. The
// function that it gives ends that.
func (r *running) answerGarden(c config.Garden, failed chan<- error) (func(context.Context) error, error) {
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second, IdleTimeout: 20 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(r.setup.log.Handler(), slog.LevelDebug)}
	if !r.setup.does(config.RoleWeb) {
		return server.Shutdown, nil
	}
	server.Handler = r.portal(c)
	for i, address := range slices.Concat(c.Listen, c.ListenTLS) {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return nil, errors.Join(candor.WithHint(fmt.Errorf("garden: listen at %s: %w", address, err), "Choose another address under garden."), server.Close())
		}
		go func() {
			var err error
			if i < len(c.Listen) {
				err = server.Serve(listener)
			} else {
				err = server.ServeTLS(listener, c.TLSCert, c.TLSKey)
			}
			if !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		}()
	}
	return func(ctx context.Context) error {
		err := server.Shutdown(ctx)
		if err != nil {
			err = errors.Join(err, server.Close())
		}
		return err
	}, nil
}

// portal makes the portal of the walled garden.
func (r *running) portal(c config.Garden) http.Handler {
	p := garden.Config{House: r.House, Texts: r.phrases, Clock: r.setup.clock, Log: r.setup.log, URL: c.URL, Name: r.setup.provider.Name, Mail: r.setup.provider.Mail,
		Phone: r.setup.provider.Phone, Watch: time.Duration(c.Watch), Zone: r.setup.zone}
	for _, l := range c.Links {
		p.Links = append(p.Links, garden.Link{Text: l.Text, URL: l.URL})
	}
	return garden.New(p)
}
