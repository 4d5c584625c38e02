package main

import (
	"net"
	"net/http"
	"time"

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
