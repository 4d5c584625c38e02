package config

import (
	"fmt"
	"time"
)

// Leases says who tells which line held an address when.
type Leases struct {
	Clock   Duration      `koanf:"clock"`
	Bridge  Duration      `koanf:"bridge"`
	Keep    Duration      `koanf:"keep"`
	Most    int           `koanf:"most"`
	Sources []LeaseSource `koanf:"sources"`
}

// LeaseSource is who tells of leases. What a kind has no use for is empty.
type LeaseSource struct {
	Name      string        `koanf:"name"`
	Kind      string        `koanf:"kind"`       // radius, kea, kea-api, dhcpd, syslog, formula
	Listen    string        `koanf:"listen"`     // radius, syslog
	ListenTCP string        `koanf:"listen_tcp"` // syslog
	Clients   []LeaseClient `koanf:"clients"`    // radius
	Senders   []string      `koanf:"senders"`    // syslog
	Keys      []string      `koanf:"keys"`       // radius, kea, kea-api, dhcpd
	Silent    Duration      `koanf:"silent"`     // radius, syslog
	Exclusive bool          `koanf:"exclusive"`  // radius
	Path      string        `koanf:"path"`       // kea, dhcpd, kea-api
	URL       string        `koanf:"url"`        // kea-api
	IPv6      bool          `koanf:"ipv6"`       // kea-api
	Every     Duration      `koanf:"every"`      // kea, kea-api, dhcpd
	Patterns  string        `koanf:"patterns"`   // syslog
	TimeZone  string        `koanf:"time_zone"`  // syslog
	Inner     string        `koanf:"inner"`      // formula
	Outer     string        `koanf:"outer"`      // formula
	FirstPort int           `koanf:"first_port"` // formula
	LastPort  int           `koanf:"last_port"`  // formula
	Block     int           `koanf:"block"`      // formula
}

// LeaseClient is an access server that may tell, or a network of them.
type LeaseClient struct {
	Network    string `koanf:"network"`
	Secret     Secret `koanf:"secret"`
	SecretFile string `koanf:"secret_file"`
}

func (k *checker) leases(l Leases) {
	k.between("leases.clock", l.Clock, 0, time.Minute)
	k.between("leases.bridge", l.Bridge, 0, time.Hour)
	k.between("leases.keep", l.Keep, time.Hour, 366*24*time.Hour)
	if l.Most < 1 || l.Most > 100_000_000 {
		k.problem("leases.most", fmt.Sprintf("%d is not between 1 and 100000000", l.Most), "Write how many leases to know; each takes about half a kilobyte of memory.")
	}
	names := map[string]bool{}
	for i, s := range l.Sources {
		key := fmt.Sprintf("leases.sources[%d]", i+1)
		if !sourceName.MatchString(s.Name) || names[s.Name] {
			k.problem(key+".name", fmt.Sprintf("%.40q is no name of its own", s.Name), "Use lower-case letters, digits and hyphens, once each.")
		}
		names[s.Name] = true
		k.oneOf(key+".kind", []string{"radius", "kea", "kea-api", "dhcpd", "syslog", "formula"}, s.Kind)
		k.leaseSource(key, s)
	}
}

func (k *checker) leaseSource(key string, s LeaseSource) {
	words := []string{"duid", "client", "hardware", "circuit", "remote"}
	switch s.Kind {
	case "radius":
		words = []string{"user", "station", "circuit", "remote", "port", "class"}
		k.address(key+".listen", s.Listen)
		k.leaseClients(key, s)
	case "kea", "dhcpd":
		k.absolute(key+".path", s.Path)
	case "kea-api":
		if s.Path == "" {
			k.link(key+".url", s.URL, "http", "https")
		}
	case "syslog":
		k.leaseSyslog(key, s)
	case "formula":
		k.network(key+".inner", s.Inner)
		k.network(key+".outer", s.Outer)
		if s.FirstPort < 1 || s.LastPort > 65535 || s.FirstPort > s.LastPort || s.Block < 1 {
			k.problem(key+".block", "no ports would be given out", "Write first_port, last_port and block, such as 1024, 65535 and 250.")
		}
	}
	k.oneOf(key+".keys", words, s.Keys...)
	if s.Silent != 0 {
		k.between(key+".silent", s.Silent, time.Minute, 30*24*time.Hour)
	}
	if s.Every != 0 {
		k.between(key+".every", s.Every, 100*time.Millisecond, 24*time.Hour)
	}
}

func (k *checker) leaseClients(key string, s LeaseSource) {
	if len(s.Clients) == 0 {
		k.problem(key+".clients", "nobody may tell", "Name the access servers, with the secret of each.")
	}
	for i, c := range s.Clients {
		at := fmt.Sprintf("%s.clients[%d]", key, i+1)
		k.network(at+".network", c.Network)
		if c.Secret == "" {
			k.problem(at+".secret", "it is empty", "Write the secret that the access server has, or secret_file.")
		}
	}
}

func (k *checker) leaseSyslog(key string, s LeaseSource) {
	if s.Listen == "" && s.ListenTCP == "" {
		k.problem(key+".listen", "it listens nowhere", "Write listen for UDP, listen_tcp for TCP, or both.")
	}
	if s.Listen != "" {
		k.address(key+".listen", s.Listen)
	}
	if s.ListenTCP != "" {
		k.address(key+".listen_tcp", s.ListenTCP)
	}
	if len(s.Senders) == 0 {
		k.problem(key+".senders", "nobody may tell", "Name the translators.")
	}
	for i, n := range s.Senders {
		k.network(fmt.Sprintf("%s.senders[%d]", key, i+1), n)
	}
	k.exists(key+".patterns", s.Patterns)
	if s.TimeZone != "" {
		k.zone(key+".time_zone", s.TimeZone)
	}
}

// network tells whether a text is an address or a network.
func (k *checker) network(key, text string) {
	if _, err := ParseNetwork(text); err != nil {
		k.problem(key, fmt.Sprintf("%.60q is neither an address nor a network", text), "Write it as 10.0.0.1 or 10.0.0.0/8.")
	}
}
