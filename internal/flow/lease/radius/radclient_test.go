package radius

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/lease"
)

// radclient finds FreeRADIUS's client (Debian: freeradius-utils).
func radclient(t *testing.T) string {
	t.Helper()
	name, err := exec.LookPath("radclient")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("radclient is not installed (Debian: freeradius-utils)")
		}
		t.Skip("radclient is not installed (Debian: freeradius-utils)")
	}
	return name
}

type lines map[string]flow.Line

func (l lines) Line(kind, key string) (flow.Line, bool) {
	line, ok := l[kind+":"+key]
	return line, ok
}

const secret = "a secret of the test"

// start has a listener and a table run.
func start(t *testing.T, o Options, l lease.Lines) (*Listener, *lease.Table) {
	t.Helper()
	table, err := lease.Open(lease.Options{Dir: t.TempDir(), Lines: l})
	if err != nil {
		t.Fatal(err)
	}
	o.Addr = "127.0.0.1:0"
	if o.Sink == nil {
		o.Sink = table
	}
	if o.Clients == nil {
		o.Clients = []Client{{Prefix: netip.MustParsePrefix("127.0.0.0/8"), Secret: []byte(secret)}}
	}
	listener, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- listener.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, table.Close()); err != nil {
			t.Error(err)
		}
	})
	return listener, table
}

// send has radclient send requests, separated by empty lines, and tells whether
// all were answered.
func send(t *testing.T, l *Listener, with, requests string) (string, bool) {
	t.Helper()
	return sendKind(t, l, "acct", with, requests)
}

func sendKind(t *testing.T, l *Listener, kind, with, requests string) (string, bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), radclient(t), "-x", "-r", "1", "-t", "3", l.Addr().String(), kind, with)
	cmd.Stdin = strings.NewReader(requests)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// TestRadclient follows a day of a line with FreeRADIUS's client as the access
// server.
func TestRadclient(t *testing.T) {
	l, table := start(t, Options{Keys: []string{lease.KeyUser, lease.KeyCircuit}}, lines{"user:alice": 7, "user:bob": 8, "circuit:olt1/3/7": 7})
	noon := time.Now().Add(-time.Hour).Truncate(time.Second)
	request := func(status string, after time.Duration, more string) string {
		return fmt.Sprintf("Acct-Status-Type = %s\nNAS-Identifier = \"bras1\"\nNAS-IP-Address = 192.0.2.254\nEvent-Timestamp = %d\n%s\n", status, noon.Add(after).Unix(), more)
	}
	alice := "Acct-Session-Id = \"0001\"\nUser-Name = \"alice\"\nFramed-IP-Address = 10.0.0.7\nFramed-IPv6-Prefix = 2001:db8:7::/64\nDelegated-IPv6-Prefix = 2001:db8:700::/56\nFramed-IPv6-Address = 2001:db8:9::7\nADSL-Agent-Circuit-Id = \"olt1/3/7\"\nFramed-Route = \"198.51.100.8/29 0.0.0.0 1\"\n"
	bob := "Acct-Session-Id = \"0002\"\nUser-Name = \"bob\"\nFramed-IP-Address = 10.0.0.8\n"
	for _, r := range []string{
		request("Start", 0, alice),
		request("Start", time.Minute, bob),
		request("Interim-Update", 10*time.Minute, alice+"Acct-Session-Time = 600\n"),
		request("Stop", 20*time.Minute, alice+"Acct-Session-Time = 1200\n"),
	} {
		if out, ok := send(t, l, secret, r); !ok || !strings.Contains(out, "Received Accounting-Response") {
			t.Fatalf("no answer:\n%s", out)
		}
	}
	for _, tt := range []struct {
		ip   string
		at   time.Duration
		want flow.Line
	}{
		{"10.0.0.7", -time.Minute, 0},
		{"10.0.0.7", time.Minute, 7},
		{"10.0.0.7", 21 * time.Minute, 0},
		{"2001:db8:7::1:2", time.Minute, 7},
		{"2001:db8:7ff::1", time.Minute, 0},
		{"2001:db8:700:ff::1", time.Minute, 7},
		{"2001:db8:9::7", time.Minute, 7},
		{"2001:db8:9::8", time.Minute, 0},
		{"198.51.100.15", time.Minute, 7},
		{"10.0.0.8", 50 * time.Minute, 8},
	} {
		if got := table.Holder(flow.FromIP(netip.MustParseAddr(tt.ip)), 443, flow.Time(noon.Add(tt.at))); got != tt.want {
			t.Errorf("%s at %s: line %d, not %d", tt.ip, tt.at, got, tt.want)
		}
	}
	sessions := table.Session(8)
	if len(sessions) != 1 || sessions[0].ID != "0002" || sessions[0].Group != "bras1" || sessions[0].Server != netip.MustParseAddr("192.0.2.254") {
		t.Errorf("sessions of bob: %+v", sessions)
	}
	if on := table.Session(7); len(on) != 0 {
		t.Errorf("alice has gone, but for %+v", on)
	}

	// The access server restarts: bob's session ends.
	if out, ok := send(t, l, secret, request("Accounting-On", 55*time.Minute, "")); !ok {
		t.Fatalf("no answer:\n%s", out)
	}
	if got := table.Holder(flow.V4(0x0a000008), 443, flow.Time(noon.Add(56*time.Minute))); got != 0 {
		t.Errorf("after the restart: line %d", got)
	}
}

func TestRadclientForged(t *testing.T) {
	l, table := start(t, Options{}, lines{"user:alice": 7})
	if out, ok := send(t, l, "another secret", "Acct-Status-Type = Start\nAcct-Session-Id = \"1\"\nUser-Name = \"alice\"\nFramed-IP-Address = 10.0.0.7\n"); ok {
		t.Errorf("a request with another secret was answered:\n%s", out)
	}
	if s := l.Stats(); s.Forged == 0 || s.Answered != 0 {
		t.Errorf("%+v", s)
	}
	if s := table.Stats(); s.Sessions != 0 {
		t.Errorf("%+v", s)
	}
}

// TestRadclientSigned has FreeRADIUS's client sign a request, and check our
// signature.
func TestRadclientSigned(t *testing.T) {
	l, _ := start(t, Options{}, lines{})
	out, ok := send(t, l, secret, "Acct-Status-Type = Start\nAcct-Session-Id = \"1\"\nUser-Name = \"carol\"\nFramed-IP-Address = 10.0.0.9\nMessage-Authenticator = 0x00\n")
	if !ok || !strings.Contains(out, "Received Accounting-Response") {
		t.Errorf("no answer: %+v\n%s", l.Stats(), out)
	}
	out, ok = sendKind(t, l, "status", secret, "Message-Authenticator = 0x00\n")
	if !ok || !strings.Contains(out, "Received Accounting-Response") {
		t.Errorf("Status-Server has no answer: %+v\n%s", l.Stats(), out)
	}
}
