package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/house"
	published "candor/internal/intel/feed"
	"candor/internal/intel/tlp"
	"candor/internal/outward"
)

// intelFeeds gives the feeds that are set up, over a way out; nil dials the open
// Internet only.
func intelFeeds(c config.Intel, spool string, dial outward.Dial) (house.Feeds, error) {
	if dial == nil {
		dial = outward.Dialer(10 * time.Second)
	}
	t := outward.Transport(dial)
	t.MaxResponseHeaderBytes, t.ResponseHeaderTimeout = 64<<10, time.Minute
	secrets := map[string]string{}
	f := house.Feeds{HTTP: &http.Client{Transport: named{t}, CheckRedirect: stayPrivate}, Spool: spool, Threshold: c.Threshold, Authorize: func(f published.Feed, req *http.Request) {
		if s := secrets[f.Name]; s != "" && mayHave(f, req.URL.Host) {
			req.Header.Set("Authorization", s)
		}
	}}
	for _, one := range c.Feeds {
		f.All = append(f.All, published.Feed{Name: one.Name, Kind: published.Kind(one.Kind), URL: one.URL, Licence: one.Licence, Trust: one.Trust, Every: time.Duration(one.Every), TLP: tlp.Mark(one.TLP),
			Class: candor.Class(one.Class), Releases: one.Releases, Keys: upper(one.Keys), Sightings: one.Sightings, Server: one.Server})
		if err := f.All[len(f.All)-1].Check(); err != nil {
			return f, err
		}
		secrets[one.Name] = one.Authorization.Reveal()
	}
	return f, nil
}

// upper gives fingerprints in upper case.
func upper(prints []string) []string {
	out := make([]string, len(prints))
	for i, p := range prints {
		out[i] = strings.ToUpper(p)
	}
	return out
}

// named says who asks.
type named struct{ http.RoundTripper }

func (n named) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", "Candor")
	return n.RoundTripper.RoundTrip(req)
}

// stayPrivate follows no redirect that leads from HTTPS to what anybody on the way can
// read and change.
func stayPrivate(req *http.Request, via []*http.Request) error {
	if len(via) >= 10 || via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return fmt.Errorf("redirected to %s after %d requests: %w", req.URL.Redacted(), len(via), candor.ErrDenied)
	}
	return nil
}

// mayHave tells whether a host gets the credentials of a feed: where a server is told
// what was seen, that one alone.
func mayHave(f published.Feed, host string) bool {
	if f.Server == "" {
		return true
	}
	u, err := url.Parse(f.Server)
	return err == nil && u.Host == host
}
