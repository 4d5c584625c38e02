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

// vendorPatience bounds the parts of a request to an API of the directory at which
// nothing of the sample moves.
const vendorPatience = 30 * time.Second

// vendors is the way to APIs of those who take samples: to the open Internet alone,
// unless the configuration lets checks reach the network inside.
func vendors(inside bool) *http.Client {
	dial := outward.Dialer(vendorPatience)
	if inside {
		dial = (&net.Dialer{Timeout: vendorPatience}).DialContext
	}
	t := outward.Transport(dial)
	t.MaxResponseHeaderBytes, t.DisableCompression = 64<<10, true
	return &http.Client{Transport: t}
}
