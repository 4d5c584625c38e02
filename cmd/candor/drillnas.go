package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"candor"
	"candor/internal/config"
	"candor/internal/drill/lab"
	"candor/internal/respond/isolate"
	"candor/internal/respond/isolate/radius"
)

// labNAS is what a file says of an access server of the operator's lab, and of
// the lines that are behind it.
type labNAS struct {
	Lab bool `yaml:"lab"` // all of it is a lab: nobody is a subscriber there
	NAS struct {
		Server     string   `yaml:"server"`  // host:port, for CoA
		Name       string   `yaml:"name"`    // NAS-Identifier
		Address    string   `yaml:"address"` // NAS-IP-Address
		Secret     string   `yaml:"secret"`
		SecretFile string   `yaml:"secret_file"`
		Garden     []string `yaml:"garden"`  // attributes of the walled garden
		Restore    []string `yaml:"restore"` // of a session that is free
	} `yaml:"nas"`
	Lines     []labLine `yaml:"lines"`
	Namespace string    `yaml:"namespace"` // of the lines' interface
	Device    string    `yaml:"device"`
	Portal    string    `yaml:"portal"`  // addresses of this machine: what the walled garden leads to,
	Outside   string    `yaml:"outside"` // what it keeps from lines,
	Lifeline  string    `yaml:"lifeline"`
}

// labLine is a session that is up at the access server.
type labLine struct {
	Lab     bool   `yaml:"lab"`
	Address string `yaml:"address"`
	Session string `yaml:"session"` // Acct-Session-Id
	User    string `yaml:"user"`    // User-Name
	addr    netip.Addr
}

// mostLabFile bounds the file, in bytes.
const mostLabFile = 1 << 20

// readLabNAS reads and checks a file. The error is candor.ErrInvalid, or
// candor.ErrDenied for what is not declared to be a lab.
func readLabNAS(file string) (n *labNAS, at lab.Addresses, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, at, candor.WithHint(err, "docs/drill.md shows such a file.")
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostLabFile))
	if err != nil {
		return nil, at, err
	}
	n = &labNAS{}
	in := yaml.NewDecoder(bytes.NewReader(text))
	in.KnownFields(true)
	if err := in.Decode(n); err != nil {
		return nil, at, candor.WithHint(fmt.Errorf("%s: %w: %w", file, err, candor.ErrInvalid), "docs/drill.md shows such a file.")
	}
	if n.NAS.SecretFile != "" {
		name := n.NAS.SecretFile
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(file), name)
		}
		secret, err := os.ReadFile(name)
		if err != nil {
			return nil, at, candor.WithHint(fmt.Errorf("%s: nas.secret_file: %w", file, err), "docs/drill.md shows such a file.")
		}
		n.NAS.Secret = strings.TrimSpace(string(secret))
	}
	if err := n.declared(); err != nil {
		return nil, at, err
	}
	if at, err = n.check(); err != nil {
		err = candor.WithHint(fmt.Errorf("%s: %w: %w", file, err, candor.ErrInvalid), "docs/drill.md shows such a file.")
	}
	return n, at, err
}

// declared is candor.ErrDenied unless the file says of all that it is a lab.
func (n *labNAS) declared() error {
	undeclared := ""
	if !n.Lab {
		undeclared = "the access server"
	}
	for _, l := range n.Lines {
		if !l.Lab {
			undeclared = cmp.Or(undeclared, fmt.Sprintf("the line %.60q", l.Address))
		}
	}
	if undeclared == "" {
		return nil
	}
	return candor.WithHint(fmt.Errorf("%s is not declared to be a lab’s: %w", undeclared, candor.ErrDenied), "A drill isolates real sessions. Write lab: true for the file and for each line, if nobody is a subscriber there.")
}

// check reads the addresses, and looks whether all is there.
func (n *labNAS) check() (at lab.Addresses, err error) {
	var errs []error
	read := func(what, text string) netip.Addr {
		a, err := netip.ParseAddr(text)
		if err != nil || !a.Is4() {
			errs = append(errs, fmt.Errorf("%s: %.60q is no address of IPv4", what, text))
		}
		return a
	}
	missing := func(what string, is bool) {
		if is {
			errs = append(errs, fmt.Errorf("%s is missing", what))
		}
	}
	if _, err := netip.ParseAddrPort(n.NAS.Server); err != nil {
		errs = append(errs, fmt.Errorf("nas.server: %.60q is no address with a port", n.NAS.Server))
	}
	read("nas.address", n.NAS.Address)
	missing("nas.name", n.NAS.Name == "")
	missing("nas.secret or nas.secret_file", n.NAS.Secret == "")
	missing("nas.garden", len(n.NAS.Garden) == 0)
	missing("nas.restore", len(n.NAS.Restore) == 0)
	missing("namespace", n.Namespace == "")
	missing("device", n.Device == "")
	missing("lines", len(n.Lines) == 0)
	if _, err := radius.New(radius.Options{Secret: []byte("x"), Levels: map[isolate.Level][]string{isolate.WalledGarden: n.NAS.Garden}, Restore: n.NAS.Restore}); err != nil {
		errs = append(errs, err)
	}
	seen := map[netip.Addr]bool{}
	for i := range n.Lines {
		l := &n.Lines[i]
		if l.addr = read("lines.address", l.Address); seen[l.addr] {
			errs = append(errs, fmt.Errorf("%s is there twice", l.addr))
		}
		seen[l.addr] = true
		missing("session of "+l.Address, l.Session == "")
	}
	loopback := netip.MustParseAddr("127.0.0.1")
	out, life := read("outside", n.Outside), read("lifeline", n.Lifeline)
	at = lab.Addresses{Exporter: loopback, Desk: loopback, Portal: read("portal", n.Portal), Witness: out, Server: out, Urgent: life, Lifeline: life}
	if at.Portal == out || at.Portal == life || out == life {
		errs = append(errs, errors.New("portal, outside and lifeline are to be three addresses"))
	}
	return at, errors.Join(errs...)
}

// quoted writes texts for the configuration.
func quoted(texts []string) string {
	all := make([]string, len(texts))
	for i, t := range texts {
		all[i] = fmt.Sprintf("%q", t)
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// ours gives the networks of a list that can be read.
func ours(texts []string) (all []netip.Prefix) {
	for _, t := range texts {
		if p, err := config.ParseNetwork(t); err == nil {
			all = append(all, p)
		}
	}
	return all
}
