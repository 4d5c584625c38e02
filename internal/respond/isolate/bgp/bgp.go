// Package bgp isolates lines at routers that take routes from us: by rules for
// traffic (Flowspec; RFC 8955, RFC 8956), or by routes to nowhere (RFC 5635,
// RFC 7999).
//
// The speaker is part of the program. When it ends, routers let everybody go;
// when it begins again, isolate.Tend has it say again what the store knows.
package bgp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"

	"github.com/osrg/gobgp/v4/api"
	"github.com/osrg/gobgp/v4/pkg/apiutil"
	"github.com/osrg/gobgp/v4/pkg/packet/bgp"
	"github.com/osrg/gobgp/v4/pkg/server"

	"candor"
	"candor/internal/respond/isolate"
)

// Options say who speaks to whom, and what about.
type Options struct {
	AS       uint32
	RouterID netip.Addr // of IPv4
	Listen   string     // host:port; empty to connect only
	Peers    []Peer

	Lifelines []netip.Prefix // at every level
	Allowed   []netip.Prefix // from the walled garden, which is behind Redirect
	Ports     []uint16       // that BlockPorts blocks; none: it cannot
	Rate      int            // bytes a second that RateLimit leaves, each way; 0: it cannot
	Redirect  string         // route target of the walled garden's VRF: "64500:80"; empty: it has none
	Community uint32         // on all routes, besides; 0 for none
	// Blackhole disconnects by routes to NextHop in place of rules. Then it can do
	// nothing else, and lifelines do not pass.
	Blackhole bool
	NextHop   []netip.Addr // one of each family at most
}

// Peer is a router that takes routes.
type Peer struct {
	Addr     netip.AddrPort
	AS       uint32
	Password string // of TCP-MD5 (RFC 2385); empty for none
	Passive  bool   // it connects to us
}

// Enforcer is an isolate.Enforcer. It is safe for concurrent use.
type Enforcer struct {
	Options
	speaker  *server.BgpServer
	redirect bgp.ExtendedCommunityInterface

	mu   sync.Mutex // of what is said
	said map[netip.Prefix]said
}

// said is what routers were told about a network.
type said struct {
	level isolate.Level
	paths []*apiutil.Path
}

// Open starts a speaker, and begins to look for its peers.
func Open(ctx context.Context, o Options) (*Enforcer, error) {
	e := &Enforcer{Options: o, said: map[netip.Prefix]said{}}
	if o.Redirect != "" {
		var err error
		if e.redirect, err = redirectTo(o.Redirect); err != nil {
			return nil, invalid(fmt.Errorf("the route target %.40q: %w", o.Redirect, err))
		}
	}
	global := &api.Global{Asn: o.AS, RouterId: o.RouterID.String(), ListenPort: -1}
	if o.Listen != "" {
		host, port, err := net.SplitHostPort(o.Listen)
		number, err2 := strconv.ParseUint(port, 10, 16)
		if err := errors.Join(err, err2); err != nil {
			return nil, invalid(err)
		}
		global.ListenPort = int32(number)
		if host != "" {
			global.ListenAddresses = []string{host}
		}
	}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil)) // what matters comes back as errors
	e.speaker = server.NewBgpServer(server.LoggerOption(quiet, new(slog.LevelVar)))
	go e.speaker.Serve()
	if err := e.speaker.StartBgp(ctx, &api.StartBgpRequest{Global: global}); err != nil {
		e.speaker.Stop()
		return nil, fmt.Errorf("BGP: listen at %s: %w", o.Listen, err)
	}
	for _, p := range o.Peers {
		if err := e.speaker.AddPeer(ctx, &api.AddPeerRequest{Peer: e.peer(p)}); err != nil {
			e.speaker.Stop()
			return nil, fmt.Errorf("BGP: peer %s: %w", p.Addr, err)
		}
	}
	return e, nil
}

// Close ends the speaker: routers let everybody go.
func (e *Enforcer) Close() error {
	e.speaker.Stop()
	return nil
}

func (e *Enforcer) peer(p Peer) *api.Peer {
	peer := &api.Peer{
		Conf:      &api.PeerConf{NeighborAddress: p.Addr.Addr().String(), PeerAsn: p.AS, AuthPassword: p.Password},
		Transport: &api.Transport{RemotePort: uint32(p.Addr.Port()), PassiveMode: p.Passive},
		Timers:    &api.Timers{Config: &api.TimersConfig{ConnectRetry: 5, IdleHoldTimeAfterReset: 5}},
	}
	if host, _, err := net.SplitHostPort(e.Listen); err == nil && host != "" {
		peer.Transport.LocalAddress = host
	}
	if p.AS != e.AS {
		peer.EbgpMultihop = &api.EbgpMultihop{Enabled: true, MultihopTtl: 8}
	}
	for _, f := range families(e.Blackhole) {
		peer.AfiSafis = append(peer.AfiSafis, &api.AfiSafi{Config: &api.AfiSafiConfig{Enabled: true,
			Family: &api.Family{Afi: api.Family_Afi(f.Afi()), Safi: api.Family_Safi(f.Safi())}}})
	}
	return peer
}

// families are those that are spoken.
func families(blackhole bool) []bgp.Family {
	if blackhole {
		return []bgp.Family{bgp.RF_IPv4_UC, bgp.RF_IPv6_UC}
	}
	return []bgp.Family{bgp.RF_FS_IPv4_UC, bgp.RF_FS_IPv6_UC}
}

// Levels implements isolate.Enforcer.
func (e *Enforcer) Levels() []isolate.Level {
	if e.Blackhole {
		return []isolate.Level{isolate.Disconnect}
	}
	can := map[isolate.Level]bool{isolate.RateLimit: e.Rate > 0, isolate.BlockPorts: len(e.Ports) > 0, isolate.WalledGarden: e.redirect != nil, isolate.Disconnect: true}
	return slices.DeleteFunc(isolate.Levels(), func(l isolate.Level) bool { return !can[l] })
}

// Set implements isolate.Enforcer. While no router hears it, it is
// candor.ErrUnavailable, and nothing is said.
func (e *Enforcer) Set(ctx context.Context, s isolate.Session, l isolate.Level) error {
	if _, err := e.hearing(ctx); err != nil {
		return err
	}
	fresh := map[netip.Prefix]said{}
	for _, n := range s.Addresses {
		paths, err := e.paths(n, l)
		if err != nil {
			return invalid(err)
		}
		fresh[n] = said{l, paths}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for n, to := range fresh {
		if err := e.say(n, to); err != nil {
			return err
		}
	}
	return nil
}

// say replaces what was said of a network: the new first, so that there is no
// moment without either.
func (e *Enforcer) say(n netip.Prefix, to said) error {
	if len(to.paths) > 0 {
		if _, err := e.speaker.AddPath(apiutil.AddPathRequest{Paths: to.paths}); err != nil {
			return unavailable(fmt.Errorf("announce %s: %w", n, err))
		}
	}
	stays := map[string]bool{}
	for _, p := range to.paths {
		stays[key(p)] = true
	}
	for _, p := range e.said[n].paths {
		if stays[key(p)] {
			continue
		}
		gone := *p
		gone.Withdrawal = true
		if err := e.speaker.DeletePath(apiutil.DeletePathRequest{Paths: []*apiutil.Path{&gone}}); err != nil {
			return unavailable(fmt.Errorf("withdraw %s: %w", n, err))
		}
	}
	if e.said[n] = to; len(to.paths) == 0 {
		delete(e.said, n)
	}
	return nil
}

// Clear implements isolate.Enforcer.
func (e *Enforcer) Clear(_ context.Context, s isolate.Session) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, n := range s.Addresses {
		if err := e.say(n, said{}); err != nil {
			return err
		}
	}
	return nil
}

// List implements isolate.Enforcer: what each router that hears us was sent, as
// the speaker's own tables have it. While none does it is candor.ErrUnavailable.
func (e *Enforcer) List(ctx context.Context) (held []isolate.Held, err error) {
	peers, err := e.hearing(ctx)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	sent := map[string]int{} // to how many peers, by route
	for _, peer := range peers {
		for _, f := range families(e.Blackhole) {
			err := e.speaker.ListPath(apiutil.ListPathRequest{TableType: api.TableType_TABLE_TYPE_ADJ_OUT, Name: peer, Family: f}, func(n bgp.NLRI, _ []*apiutil.Path) {
				sent[f.String()+n.String()]++
			})
			if err != nil {
				return nil, unavailable(err)
			}
		}
	}
	for n, what := range e.said {
		if !slices.ContainsFunc(what.paths, func(p *apiutil.Path) bool { return sent[key(p)] < len(peers) }) {
			held = append(held, isolate.Held{Network: n, Level: what.level})
		}
	}
	return held, nil
}

func key(p *apiutil.Path) string { return p.Family.String() + p.Nlri.String() }

// hearing gives the addresses of the peers whose sessions are up.
func (e *Enforcer) hearing(ctx context.Context) (up []string, err error) {
	err = e.speaker.ListPeer(ctx, &api.ListPeerRequest{}, func(p *api.Peer) {
		if p.GetState().GetSessionState() == api.PeerState_SESSION_STATE_ESTABLISHED {
			up = append(up, p.GetConf().GetNeighborAddress())
		}
	})
	if err == nil && len(up) == 0 {
		err = errors.New("no router hears the routes")
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return up, nil
}

func unavailable(err error) error {
	return candor.WithHint(fmt.Errorf("BGP: %w: %w", err, candor.ErrUnavailable), "See to the sessions with the routers.")
}

func invalid(err error) error {
	return candor.WithHint(fmt.Errorf("BGP: %w: %w", err, candor.ErrInvalid), "Correct the enforcement point’s configuration.")
}

var _ isolate.Enforcer = (*Enforcer)(nil)
