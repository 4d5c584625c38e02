package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor/internal/config"
	"candor/internal/flow"
)

// oneLine knows one line, by its hardware address.
type oneLine struct{}

func (oneLine) Line(kind, key string) (flow.Line, bool) {
	return 7, kind == "hardware" && key == "02:00:00:00:00:0a"
}

// TestLeases opens a source of each kind, has one lease found, and asks who it
// was, with the table open and closed.
func TestLeases(t *testing.T) {
	data := t.TempDir()
	file := filepath.Join(data, "kea-leases4.csv")
	row := "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n" +
		"100.64.0.0,02:00:00:00:00:0a,,3600,1700003600,1,0,0,,0,\n"
	secret, patterns := filepath.Join(data, "secret"), filepath.Join(data, "patterns")
	for name, text := range map[string]string{file: row, secret: "s\n", patterns: "name: x\nend: (?P<outer>a) (?P<low>b)\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Parse("test.yml", []byte(strings.NewReplacer("FILE", file, "SECRET", secret, "PATTERNS", patterns).Replace(`
leases:
  keep: 366d
  sources:
    - {name: accounting, kind: radius, listen: "127.0.0.1:0", clients: [{network: 192.0.2.1, secret_file: SECRET}]}
    - {name: kea4, kind: kea, path: FILE, keys: [hardware]}
    - {name: isc, kind: dhcpd, path: FILE.none}
    - {name: api, kind: kea-api, path: FILE.sock}
    - {name: nat, kind: syslog, listen: "127.0.0.1:0", listen_tcp: "127.0.0.1:0", senders: [192.0.2.0/24], time_zone: Europe/Paris, patterns: PATTERNS}
    - {name: cgn, kind: formula, inner: 100.64.0.0/24, outer: 203.0.113.0/30, first_port: 1024, last_port: 65535, block: 1000}
`)))
	if err != nil {
		t.Fatal(err)
	}
	if c.Leases.Sources[0].Clients[0].Secret.Reveal() != "s" {
		t.Error("the file of the secret was not read")
	}
	l, err := openLeases(c.Leases, filepath.Join(data, leaseFolder), oneLine{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.run(ctx) }()
	at := flow.Time(time.Unix(1_700_000_100, 0))
	for deadline := time.Now().Add(30 * time.Second); l.table.Holder(flow.V4(0x64400000), 80, at) != 7; {
		if time.Now().After(deadline) {
			t.Fatalf("the lease was not found: %+v", l.table.Stats())
		}
	}
	if got := l.table.Holder(flow.V4(0xcb007100), 1024, at); got != 7 {
		t.Errorf("by formula: line %d", got)
	}
	if _, err := openLeases(c.Leases, filepath.Join(data, leaseFolder), oneLine{}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("the table was opened twice")
	}
	ask := func(want string, args ...string) {
		t.Helper()
		var out, complaint bytes.Buffer
		status := run(append([]string{"flow", "who", "--data", data, "--at", "2023-11-14T22:15:00Z"}, args...), nil, &out, &complaint)
		if text := out.String() + complaint.String(); !strings.Contains(text, want) {
			t.Errorf("%v: status %d\n%s", args, status, text)
		}
	}
	ask(`100.64.0.0/32 all ports: "hardware:02:00:00:00:00:0a" from 2023-11-14T22:13:20Z to 2023-11-14T23:13:20Z (expired)`, "100.64.0.0")
	cancel()
	if err := errors.Join(<-done, l.table.Close()); err != nil {
		t.Error(err)
	}
	ask(`"reason":"unknown"`, "100.64.0.0", "80", "--format", "json")
	ask("no lease is known", "100.64.0.1")
	ask("is no address", "nonsense")
	ask("is no port", "192.0.2.1", "70000")
}
