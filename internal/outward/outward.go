// Package outward reaches the open Internet for what others name: addresses of
// webhooks, of customers' sites. Whoever names an address within the provider's
// own network gets nothing of it.
package outward

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"candor"
)

// Dial connects as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Dialer connects to addresses of the open Internet only; to others it is
// candor.ErrDenied. It looks at the address after the name was resolved, so
// that no name can lie.
func Dialer(timeout time.Duration) Dial {
	return (&net.Dialer{Timeout: timeout, Control: control}).DialContext
}

// Transport gives a transport that connects by dial, and by no proxy; nil is
// the way to anywhere, the provider's own network too.
func Transport(dial Dial) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	if dial != nil {
		t.DialContext = dial
	}
	return t
}

func control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if !Open(at.Addr()) {
		return fmt.Errorf("%s is not an address of the open Internet: %w", at.Addr(), candor.ErrDenied)
	}
	return nil
}

// Open tells whether an address is one of the open Internet.
func Open(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() &&
		!shared.Contains(ip) && !translated.Contains(ip) && !sixToFour.Contains(ip)
}

// Addresses in which an IPv4 address may hide (RFC 6052, RFC 3056).
var (
	translated = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour  = netip.MustParsePrefix("2002::/16")
)

// shared is the address space of carriers' NAT (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")
