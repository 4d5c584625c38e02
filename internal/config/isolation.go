package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// networks checks addresses and networks.
func (k *checker) networks(key string, all []string) {
	for i, text := range all {
		if _, err := ParseNetwork(text); err != nil {
			k.problem(fmt.Sprintf("%s[%d]", key, i+1), fmt.Sprintf("%.60q is neither an address nor a network", text), "Write it as 192.0.2.1 or 192.0.2.0/24.")
		}
	}
}

// ParseNetwork reads a network, or an address as the network of it alone.
func ParseNetwork(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	n, err := netip.ParsePrefix(text)
	return n.Masked(), err
}

// ParsePlace reads where a probe goes: "udp 192.0.2.1:9".
func ParsePlace(text string) (protocol string, to netip.AddrPort, err error) {
	protocol, address, _ := strings.Cut(text, " ")
	if to, err = netip.ParseAddrPort(address); err == nil && protocol != "udp" && protocol != "tcp" {
		err = fmt.Errorf("%q is no protocol", protocol)
	}
	return protocol, to, err
}

func (k *checker) isolation(c Isolation) {
	if c.MostPerMinute < 0 || c.MostPerMinute > 100_000 {
		k.problem("isolation.most_per_minute", fmt.Sprintf("%d is not between 0 and 100000", c.MostPerMinute), "Write how many lines may be isolated within a minute.")
	}
	if !(c.MostShare >= 0 && c.MostShare <= 1) {
		k.problem("isolation.most_share", "a share is between 0 and 1", "Write 0.01 for 1 %.")
	}
	k.between("isolation.bound", c.Bound, time.Minute, 30*24*time.Hour)
	k.between("isolation.every", c.Every, time.Second, time.Hour)
	if c.Every > c.Bound/4 {
		k.problem("isolation.every", "what is isolated could end between two looks", "Make it at most a quarter of bound.")
	}
	for key, all := range map[string][]string{"never": c.Never, "lifelines": c.Lifelines, "allowed": c.Allowed} {
		k.networks("isolation."+key, all)
	}
	for i, text := range c.DNS {
		if _, err := netip.ParseAddr(text); err != nil {
			k.problem(fmt.Sprintf("isolation.dns[%d]", i+1), fmt.Sprintf("%.60q is no address", text), "Write it as 192.0.2.53.")
		}
	}
	families := map[bool]bool{}
	for i, text := range c.Portal {
		a, err := netip.ParseAddrPort(text)
		if err != nil || families[a.Addr().Is4()] {
			k.problem(fmt.Sprintf("isolation.portal[%d]", i+1), fmt.Sprintf("%.60q is no address with a port, or not the only one of its family", text), "Write it as 192.0.2.80:80, one for IPv4 and one for IPv6.")
		}
		families[a.Addr().Is4()] = true
	}
	for i, text := range c.Ports {
		if n, err := strconv.ParseUint(text, 10, 16); err != nil || n == 0 {
			k.problem(fmt.Sprintf("isolation.ports[%d]", i+1), fmt.Sprintf("%.20q is no port", text), "Write a number from 1 to 65535.")
		}
	}
	for key, all := range map[string][]string{"outside": c.Probes.Outside, "ports": c.Probes.Ports, "lifelines": c.Probes.Lifelines} {
		for i, text := range all {
			if _, _, err := ParsePlace(text); err != nil {
				k.problem(fmt.Sprintf("isolation.probes.%s[%d]", key, i+1), fmt.Sprintf("%.60q is no place for a probe", text), "Write it as udp 192.0.2.1:9.")
			}
		}
	}
	if p := c.Probes; p.Device != "" && (len(p.Outside) == 0 || len(p.Lifelines) == 0) {
		k.problem("isolation.probes.device", "nothing can be told by probes without both places that must not be reached and lifelines", "Name some under outside and lifelines.")
	}
	if len(c.Points) > 0 && c.Lines == "" && len(k.c.Traffic.Listen) == 0 && len(k.c.Leases.Sources) == 0 {
		k.problem("isolation.lines", "it is empty, though there are points", "Name the file that says which line holds which addresses, or have leases heard.")
	}
	names := map[string]bool{}
	for i, p := range c.Points {
		key := fmt.Sprintf("isolation.points[%d]", i+1)
		if !sourceName.MatchString(p.Name) || names[p.Name] {
			k.problem(key+".name", fmt.Sprintf("%.40q is no name of its own", p.Name), "Use lower-case letters, digits and hyphens, once each.")
		}
		names[p.Name] = true
		k.networks(key+".networks", p.Networks)
		k.oneOf(key+".kind", []string{"nft", "radius", "bgp"}, p.Kind)
		k.point(key, p)
	}
}

func (k *checker) garden(g Garden) {
	for name, all := range map[string][]string{"listen": g.Listen, "listen_tls": g.ListenTLS} {
		for i, a := range all {
			k.address(fmt.Sprintf("garden.%s[%d]", name, i+1), a)
		}
	}
	if (g.TLSCert == "") != (g.TLSKey == "") || len(g.ListenTLS) > 0 && g.TLSCert == "" {
		k.problem("garden.tls_cert", "a certificate, its key, or both are missing", "Set both tls_cert and tls_key.")
	}
	k.exists("garden.tls_cert", g.TLSCert)
	k.exists("garden.tls_key", g.TLSKey)
	if g.URL != "" {
		if u := k.link("garden.url", g.URL, "https", "http"); u != nil && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil) {
			k.problem("garden.url", "it is more than a scheme, a host and a port", "Give the portal a host name of its own.")
		}
	}
	if g.Releases < 0 || g.Releases > 100 {
		k.problem("garden.releases", fmt.Sprintf("%d is not between 0 and 100", g.Releases), "Write how often the holder of a line may free it; 0 for never.")
	}
	k.between("garden.within", g.Within, time.Hour, 366*24*time.Hour)
	k.between("garden.watch", g.Watch, time.Hour, 366*24*time.Hour)
	for i, l := range g.Links {
		if k.link(fmt.Sprintf("garden.links[%d].url", i+1), l.URL, "https", "http"); l.Text == "" {
			k.problem(fmt.Sprintf("garden.links[%d].text", i+1), "it is empty", "Say what the link leads to.")
		}
	}
}

func (k *checker) drill(d Drill) {
	if d.Every != 0 {
		k.between("drill.every", d.Every, 24*time.Hour, 5*366*24*time.Hour)
	}
	if d.Itself && d.Every == 0 {
		k.problem("drill.itself", "it is not said how often", "Set drill.every, such as 30d.")
	}
	if d.Rounds < 1 || d.Rounds > 200 {
		k.problem("drill.rounds", fmt.Sprintf("%d is not between 1 and 200", d.Rounds), "Write how many lines a drill isolates, one after the other.")
	}
}

func (k *checker) point(key string, p Point) {
	switch p.Kind {
	case "nft":
		if p.SSH != "" {
			k.address(key+".ssh", p.SSH)
			if p.User == "" || p.Key == "" || p.HostKey == "" {
				k.problem(key+".ssh", "a user, a key or the machine's host key is missing", "Set user, key_file and host_key.")
			}
		}
	case "radius":
		if p.Server != "" {
			k.address(key+".server", p.Server)
		}
		if p.Secret == "" {
			k.problem(key+".secret", "it is empty", "Set secret_file to a file that holds the secret that the server shares with this program.")
		}
		if len(p.Levels) == 0 {
			k.problem(key+".levels", "there is none", "Say for each level by which attributes it is reached.")
		}
		for i, l := range p.Levels {
			k.oneOf(fmt.Sprintf("%s.levels[%d].level", key, i+1), []string{"rate-limit", "block-ports", "walled-garden", "disconnect"}, l.Level)
			if len(l.Attributes) == 0 || slices.Contains(l.Attributes, "") {
				k.problem(fmt.Sprintf("%s.levels[%d].attributes", key, i+1), "there is none", "Write such as [Filter-Id=garden], or [Disconnect].")
			}
		}
	case "bgp":
		if p.AS <= 0 || p.AS > 1<<32-1 {
			k.problem(key+".as", fmt.Sprintf("%d is no number of an autonomous system", p.AS), "Write your own.")
		}
		if a, err := netip.ParseAddr(p.RouterID); err != nil || !a.Is4() {
			k.problem(key+".router_id", fmt.Sprintf("%.60q is no address of IPv4", p.RouterID), "Write it as 192.0.2.1.")
		}
		if len(p.Peers) == 0 {
			k.problem(key+".peers", "nobody would hear of the routes", "Name at least one router.")
		}
		for i, peer := range p.Peers {
			k.address(fmt.Sprintf("%s.peers[%d].addr", key, i+1), peer.Addr)
		}
	}
}
