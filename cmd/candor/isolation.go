package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"

	"candor"
	"candor/internal/config"
	"candor/internal/respond/isolate"
	"candor/internal/respond/isolate/bgp"
	"candor/internal/respond/isolate/nft"
	"candor/internal/respond/isolate/probe"
	"candor/internal/respond/isolate/radius"
	"candor/internal/respond/isolate/roster"
	"candor/internal/store"
)

type isolateStore struct{ *store.Store }

func (s isolateStore) Tx(ctx context.Context, do func(isolate.Tx) error) error {
	return s.Store.Tx(ctx, func(tx *store.Tx) error { return do(tx) })
}

// openIsolation makes the method "isolate"; nil where no points are set up.
func (r *running) openIsolation(ctx context.Context) (*isolate.Method, error) {
	c := r.setup.isolation
	if len(c.Points) == 0 {
		return nil, nil
	}
	made := isolate.Config{Store: isolateStore{r.Store}, Sessions: held{r}, Now: r.setup.clock, Bound: time.Duration(c.Bound),
		Limits: isolate.Limits{PerMinute: c.MostPerMinute, Share: c.MostShare, Never: networksOf(c.Never, c.Lifelines)}}
	if c.Lines != "" {
		made.Sessions = roster.New(c.Lines, time.Duration(c.LinesAge), r.setup.clock)
	}
	for _, text := range c.DNS {
		made.Limits.Never = append(made.Limits.Never, networksOf([]string{text})...)
	}
	if c.Probes.Device != "" {
		made.Prober = &probe.Prober{Device: c.Probes.Device, Namespace: c.Probes.Namespace}
		made.Probes = isolate.Probes{Outside: placesOf(c.Probes.Outside), Ports: placesOf(c.Probes.Ports), Lifelines: placesOf(c.Probes.Lifelines)}
	}
	for _, p := range c.Points {
		e, lifelines, err := r.point(ctx, c, p)
		if err != nil {
			return nil, fmt.Errorf("enforcement point %s: %w", p.Name, err)
		}
		made.Points = append(made.Points, isolate.Point{Name: p.Name, Enforcer: e, Networks: networksOf(p.Networks), NAS: p.NAS, Lifelines: lifelines, Forgets: p.Kind == "bgp", Blind: p.Kind != "nft"})
	}
	return isolate.New(made), nil
}

// point makes an enforcement point. Lifelines tells whether they pass it where
// it disconnects.
func (r *running) point(ctx context.Context, c config.Isolation, p config.Point) (e isolate.Enforcer, lifelines bool, err error) {
	switch p.Kind {
	case "nft":
		e, err := r.nftPoint(ctx, c, p)
		return e, true, err
	case "radius":
		levels := map[isolate.Level][]string{}
		for _, l := range p.Levels {
			levels[isolate.Level(l.Level)] = l.Attributes
		}
		e, err := radius.New(radius.Options{Server: p.Server, Secret: []byte(p.Secret.Reveal()), Levels: levels, Restore: p.Restore, Now: r.setup.clock})
		return e, false, err
	case "bgp":
		e, err := r.bgpPoint(ctx, c, p)
		return e, !p.Blackhole, err
	}
	return nil, false, candor.WithHint(fmt.Errorf("there is no kind %q of enforcement points: %w", p.Kind, candor.ErrInvalid), "Choose nft, radius or bgp.")
}

func (r *running) bgpPoint(ctx context.Context, c config.Isolation, p config.Point) (isolate.Enforcer, error) {
	router, err := netip.ParseAddr(p.RouterID)
	if err != nil {
		return nil, err
	}
	o := bgp.Options{AS: uint32(p.AS), RouterID: router, Listen: p.Listen, Lifelines: networksOf(c.Lifelines), Allowed: networksOf(c.Allowed),
		Rate: int(c.Rate), Redirect: p.Redirect, Blackhole: p.Blackhole}
	if o.Ports, err = portsOf(c.Ports); err != nil {
		return nil, err
	}
	if p.Community != "" {
		if o.Community, err = bgp.ParseCommunity(p.Community); err != nil {
			return nil, candor.WithHint(fmt.Errorf("the community: %w: %w", err, candor.ErrInvalid), "Write it as 64500:666.")
		}
	}
	for _, text := range p.NextHop {
		hop, err := netip.ParseAddr(text)
		if err != nil {
			return nil, err
		}
		o.NextHop = append(o.NextHop, hop)
	}
	for _, peer := range p.Peers {
		addr, err := netip.ParseAddrPort(peer.Addr)
		if err != nil {
			return nil, err
		}
		o.Peers = append(o.Peers, bgp.Peer{Addr: addr, AS: uint32(peer.AS), Password: peer.Password.Reveal()})
	}
	if !r.setup.does(config.RoleWorker) {
		o.Peers, o.Listen = nil, "" // another process speaks
	}
	e, err := bgp.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	r.closings = append(r.closings, e.Close)
	return e, nil
}

// placesOf reads places that were checked.
func placesOf(texts []string) (all []isolate.Place) {
	for _, text := range texts {
		if protocol, to, err := config.ParsePlace(text); err == nil {
			all = append(all, isolate.Place{Protocol: protocol, Addr: to})
		}
	}
	return all
}

// portsOf reads ports that were checked.
func portsOf(texts []string) (all []uint16, err error) {
	for _, text := range texts {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return nil, err
		}
		all = append(all, uint16(n))
	}
	return all, nil
}

func (r *running) nftPoint(ctx context.Context, c config.Isolation, p config.Point) (e *nft.Enforcer, err error) {
	policy := nft.Policy{Lifelines: networksOf(c.Lifelines), Allowed: networksOf(c.Allowed), Rate: int(c.Rate), Bound: time.Duration(c.Bound)}
	for _, text := range c.DNS {
		policy.DNS = append(policy.DNS, netip.MustParseAddr(text)) // they were checked
	}
	for _, text := range c.Portal {
		policy.Portal = append(policy.Portal, netip.MustParseAddrPort(text))
	}
	if policy.Ports, err = portsOf(c.Ports); err != nil {
		return nil, err
	}
	if p.SSH == "" {
		e, err = nft.Local(policy, p.Namespace)
	} else {
		e, err = sshPoint(policy, p)
	}
	if err != nil {
		return nil, err
	}
	r.closings = append(r.closings, e.Close)
	if !r.setup.does(config.RoleWorker) {
		return e, nil // it plans and lists only
	}
	if err := e.Open(ctx); err != nil { // it is tried again when the points are looked at
		r.setup.log.Warn("an enforcement point cannot be reached", "point", p.Name, "error", err)
	}
	return e, nil
}

func sshPoint(policy nft.Policy, p config.Point) (*nft.Enforcer, error) {
	key, err := ssh.ParsePrivateKey([]byte(p.Key.Reveal() + "\n"))
	if err != nil {
		return nil, candor.WithHint(fmt.Errorf("the key: %w: %w", err, candor.ErrInvalid), "Name a private key without a passphrase.")
	}
	host, _, _, _, err := ssh.ParseAuthorizedKey([]byte(p.HostKey))
	if err != nil {
		return nil, candor.WithHint(fmt.Errorf("the host key: %w: %w", err, candor.ErrInvalid), "Copy it from ssh-keyscan, without the name of the host.")
	}
	return nft.Remote(policy, nft.SSH{Addr: p.SSH, User: p.User, Key: key, HostKey: host, Command: p.Command})
}

// networksOf reads networks that were checked.
func networksOf(lists ...[]string) (all []netip.Prefix) {
	for _, text := range slices.Concat(lists...) {
		if n, err := config.ParseNetwork(text); err == nil {
			all = append(all, n)
		}
	}
	return all
}

// tend looks at the enforcement points, and tells what was put right.
func (r *running) tend(ctx context.Context) error {
	drifts, err := r.isolation.Tend(ctx)
	for _, d := range drifts {
		r.setup.log.Warn("isolation was not as it should be, and was put right", "kind", d.Kind, "point", d.Point, "line", d.Line, "held", d.Held, "why", d.Why)
	}
	r.upkeep.lock.Lock()
	r.upkeep.tended, r.upkeep.failed = r.setup.clock(), err
	r.upkeep.lock.Unlock()
	return errors.Join(err, r.lookLoose(ctx))
}
