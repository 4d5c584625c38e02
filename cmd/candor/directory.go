package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"candor/engine"
	"candor/internal/directory"
	"candor/internal/outward"
)

// probePatience bounds one look at a channel.
const probePatience = 20 * time.Second

// prober looks after the directory: names by the system's resolver, pages by the
// way to the open Internet.
func prober(s setup, dial outward.Dial) directory.Prober {
	if dial == nil {
		dial = outward.Dialer(probePatience)
	}
	return directory.Prober{Resolver: net.DefaultResolver, Client: &http.Client{Transport: outward.Transport(dial), Timeout: probePatience}, Clock: s.clock, Patience: probePatience}
}

// looker asks the definitions in use about one content.
type looker struct{ r *running }

// Look implements house.Looker.
func (l looker) Look(_ context.Context, content []byte) (generation string, rules []string, err error) {
	h, err := l.r.Definitions.Current()
	if err != nil {
		return "", nil, err
	}
	defer h.Release()
	matches, err := h.Compiled().Rules.NewScanner(engine.ScanOptions{}).Scan(content, engine.File{})
	for _, m := range matches {
		rules = append(rules, m.Rule.Name)
	}
	return h.Generation().ID, rules, err
}
