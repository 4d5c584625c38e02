package outward_test

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"candor"
	"candor/internal/outward"
)

func TestOpen(t *testing.T) {
	for address, want := range map[string]bool{
		"93.184.215.14": true, "2606:4700::1": true, "127.0.0.1": false, "10.0.0.8": false, "192.168.1.1": false, "172.16.0.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "0.0.0.0": false, "::1": false, "fe80::1": false, "fc00::1": false, "::ffff:10.0.0.1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false, "224.0.0.1": false, "255.255.255.255": false,
	} {
		if got := outward.Open(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is open: %v", address, got)
		}
	}
}

func TestDialer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost"} {
		if c, err := outward.Dialer(time.Second)(t.Context(), "tcp", net.JoinHostPort(host, port)); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("%s: %v, %v", host, c, err)
		}
	}
}
