package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc3576"
)

// AccessServer is where the router answers as a network access server does.
var AccessServer = netip.AddrPortFrom(Exporter, 3799)

// Filters that the access server knows, as values of Filter-Id.
const (
	FilterGarden = "garden" // the session reaches the portal and lifelines
	FilterOpen   = "open"   // everything
)

// nasRules are the access server's own, apart from what is under test.
const nasRules = `add table inet nas
add set inet nas held { type ipv4_addr; }
add chain inet nas forward { type filter hook forward priority 0; }
add rule inet nas forward ip saddr @held ip daddr { %[1]s } accept
add rule inet nas forward ip daddr @held ip saddr { %[1]s } accept
add rule inet nas forward ip saddr @held counter drop
add rule inet nas forward ip daddr @held counter drop
add chain inet nas pre { type nat hook prerouting priority -100; }
add rule inet nas pre ip saddr @held ip daddr != %[2]s tcp dport 80 dnat ip to %[2]s:80`

// nas is a network access server with sessions.
type nas struct {
	lab      *Lab
	sessions map[string]netip.Addr
}

// ServeNAS has the router be an access server for Dynamic Authorization (RFC
// 5176) until ctx ends. It knows sessions by Acct-Session-Id, and refuses all
// others. What a CoA-Request asks for it does to real packets.
func (l *Lab) ServeNAS(ctx context.Context, secret string, sessions map[string]netip.Addr) error {
	passing := fmt.Sprintf("%s, %s, %s", Portal, Urgent, Lifeline)
	for rule := range strings.Lines(fmt.Sprintf(nasRules, passing, Portal)) {
		if err := l.Nft(ctx, Router, strings.Fields(rule)...); err != nil {
			return fmt.Errorf("access server: %w", err)
		}
	}
	var conn net.PacketConn
	err := l.In(Router, func() (err error) { conn, err = net.ListenPacket("udp", AccessServer.String()); return err })
	if err != nil {
		return fmt.Errorf("access server: %w", err)
	}
	n := &nas{lab: l, sessions: sessions}
	server := radius.PacketServer{SecretSource: radius.StaticSecretSource([]byte(secret)), Handler: radius.HandlerFunc(n.serve)}
	context.AfterFunc(ctx, func() { conn.Close() })
	go func() { _ = server.Serve(conn) }() // until it is closed
	return nil
}

func (n *nas) serve(w radius.ResponseWriter, r *radius.Request) {
	at, known := n.sessions[rfc2866.AcctSessionID_GetString(r.Packet)]
	framed := rfc2865.FramedIPAddress_Get(r.Packet)
	filter := rfc2865.FilterID_GetString(r.Packet)
	cause := rfc3576.ErrorCause(0)
	switch {
	case r.Code != radius.CodeCoARequest:
		cause = rfc3576.ErrorCause_Value_UnsupportedService
	case !known || framed != nil && framed.String() != at.String():
		cause = rfc3576.ErrorCause_Value_SessionContextNotFound
	case filter != FilterGarden && filter != FilterOpen:
		cause = rfc3576.ErrorCause_Value_UnsupportedAttribute
	default:
		if err := n.set(at, filter == FilterGarden); err != nil {
			cause = rfc3576.ErrorCause_Value_ResourcesUnavailable
		}
	}
	answer := r.Response(radius.CodeCoAACK)
	if cause != 0 {
		answer = r.Response(radius.CodeCoANAK)
		if err := rfc3576.ErrorCause_Set(answer, cause); err != nil {
			return
		}
	}
	_ = w.Write(answer) // who does not hear it asks again
}

// set keeps a session in the garden, or frees it.
func (n *nas) set(at netip.Addr, held bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	element := []string{"element", "inet", "nas", "held", "{", at.String(), "}"}
	err := n.lab.Nft(ctx, Router, append([]string{"add"}, element...)...) // what is to be freed is there then
	if err == nil && !held {
		err = n.lab.Nft(ctx, Router, append([]string{"delete"}, element...)...)
	}
	return err
}
