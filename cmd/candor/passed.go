package main

import (
	"context"
	"net/url"
	"strings"
	"sync/atomic"

	"golang.org/x/net/idna"

	"candor"
	"candor/internal/desk"
	"candor/internal/scan/icap"
)

// passed counts what was found in what passed by proxies.
type passed struct{ filed, elsewhere, failed atomic.Int64 }

// filePassed files what was found on its way to or from a site of ours, with
// the address as its place, and gives the site. What concerns no site is
// counted, and told by whoever asked.
func (r *running) filePassed(ctx context.Context, from icap.Source, findings []candor.Finding) (candor.ID, error) {
	count, n := &r.passed.failed, int64(len(findings))
	defer func() { count.Add(n) }()
	a, found, err := r.hosts(ctx, from.URL)
	if err != nil {
		return "", err
	}
	if !found {
		count = &r.passed.elsewhere
		return "", nil
	}
	d, err := r.clamdDefinitions()
	if err != nil {
		return "", err
	}
	if _, err := r.Desk.File(ctx, desk.Filing{Asset: a.ID, Sensor: desk.Passing, Generation: d.Generation, Findings: findings}); err != nil {
		return "", err
	}
	count = &r.passed.filed
	return a.ID, nil
}

// hosts gives the site that an address is of: the first, if several name its
// host.
func (r *running) hosts(ctx context.Context, address string) (candor.Asset, bool, error) {
	host := hostOf(address)
	names := []string{host}
	// Sites may be named as people write them: 例子.example.
	if written, err := idna.ToUnicode(host); err == nil && written != host {
		names = append(names, written)
	}
	for _, name := range names {
		all, err := r.Store.HostedSites(ctx, name)
		if err != nil || len(all) > 0 {
			return first(all), err == nil, err
		}
	}
	return candor.Asset{}, false, nil
}

// hostOf is the host of an address, in lower case; empty if it has none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}

func first(all []candor.Asset) (a candor.Asset) {
	if len(all) > 0 {
		a = all[0]
	}
	return a
}
