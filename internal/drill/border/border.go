// Package border is a router of a lab that takes rules for traffic by BGP
// (Flowspec; RFC 8955), and enforces them by nftables. It is there so that drills
// by Flowspec drop real packets: what it enforces it has from its neighbour alone.
//
// Of actions it knows those of lines that are isolated: none, which lets pass, a
// rate of 0, which drops, and a redirect into the VRF of the walled garden, in which
// only the portal is reached. It limits no rates.
package border

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os/exec"
	"strings"
	"time"

	"github.com/osrg/gobgp/v4/api"
	"github.com/osrg/gobgp/v4/pkg/apiutil"
	"github.com/osrg/gobgp/v4/pkg/packet/bgp"
	"github.com/osrg/gobgp/v4/pkg/server"
)

// Options say who the router is, and whom it hears.
type Options struct {
	AS     uint32 // of both
	Listen netip.AddrPort
	Peer   netip.Addr     // who tells it of rules
	Portal netip.AddrPort // of the walled garden's VRF
	// Orders says whether it is to hear the peer; nil: it is.
	Orders <-chan bool
	// Say is told of what happens, a line at a time, one at a time: Up, Down.
	Say func(what string)
}

// What Say is told of.
const (
	Up   = "the session is up"
	Down = "the session is down"
)

// Run is a router in the network namespace of this process, until ctx ends. An
// error says that it cannot be, or can enforce its rules no more.
func Run(ctx context.Context, o Options) error {
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	speaker := server.NewBgpServer(server.LoggerOption(quiet, new(slog.LevelVar)))
	go speaker.Serve()
	defer speaker.Stop()
	global := &api.Global{Asn: o.AS, RouterId: o.Listen.Addr().String(), ListenPort: int32(o.Listen.Port()), ListenAddresses: []string{o.Listen.Addr().String()}}
	if err := speaker.StartBgp(ctx, &api.StartBgpRequest{Global: global}); err != nil {
		return fmt.Errorf("router: listen at %s: %w", o.Listen, err)
	}
	changed := make(chan struct{}, 1)
	change := func() {
		select {
		case changed <- struct{}{}:
		default: // it is to look anyhow
		}
	}
	up := false
	err := speaker.WatchEvent(ctx, server.WatchEventMessageCallbacks{
		OnBestPath: func([]*apiutil.Path, time.Time) { change() },
		OnPeerUpdate: func(e *apiutil.WatchEventMessage_PeerEvent, _ time.Time) {
			if is := e.Peer.State.SessionState == bgp.BGP_FSM_ESTABLISHED; is != up {
				up = is
				o.Say(map[bool]string{true: Up, false: Down}[up])
			}
			change()
		},
	}, server.WatchBestPath(true), server.WatchPeer())
	if err != nil {
		return fmt.Errorf("router: %w", err)
	}
	if err := speaker.AddPeer(ctx, &api.AddPeerRequest{Peer: neighbour(o)}); err != nil {
		return fmt.Errorf("router: %w", err)
	}
	return o.follow(ctx, speaker, changed)
}

func neighbour(o Options) *api.Peer {
	family := &api.AfiSafi{Config: &api.AfiSafiConfig{Enabled: true, Family: &api.Family{Afi: api.Family_AFI_IP, Safi: api.Family_SAFI_FLOW_SPEC_UNICAST}}}
	return &api.Peer{Conf: &api.PeerConf{NeighborAddress: o.Peer.String(), PeerAsn: o.AS}, AfiSafis: []*api.AfiSafi{family},
		Transport: &api.Transport{PassiveMode: true, LocalAddress: o.Listen.Addr().String()}}
}

// follow enforces what the speaker holds whenever that changes.
func (o Options) follow(ctx context.Context, speaker *server.BgpServer, changed <-chan struct{}) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case hear, ok := <-o.Orders:
			if !ok {
				return nil // whoever gave them is gone
			}
			if err := o.hear(ctx, speaker, hear); err != nil {
				return err
			}
			continue
		case <-changed:
		}
		var rules []rule
		err := speaker.ListPath(apiutil.ListPathRequest{TableType: api.TableType_TABLE_TYPE_GLOBAL, Family: bgp.RF_FS_IPv4_UC}, func(n bgp.NLRI, paths []*apiutil.Path) {
			if r, ok := ruleOf(n, paths); ok {
				rules = append(rules, r)
			}
		})
		if err != nil {
			return fmt.Errorf("router: %w", err)
		}
		c := exec.CommandContext(ctx, "nft", "-f", "-")
		c.Stdin = strings.NewReader(ruleset(rules, o.Portal))
		if out, err := c.CombinedOutput(); err != nil && ctx.Err() == nil {
			return fmt.Errorf("router: nft: %w: %s", err, out)
		}
	}
}

// hear has the router hear its peer, or not.
func (o Options) hear(ctx context.Context, speaker *server.BgpServer, is bool) error {
	if is {
		return speaker.EnablePeer(ctx, &api.EnablePeerRequest{Address: o.Peer.String()})
	}
	return speaker.DisablePeer(ctx, &api.DisablePeerRequest{Address: o.Peer.String()})
}
