package config

import (
	"fmt"
	"net/netip"
	"net/url"
)

// Traffic says who tells of traffic, and how it is judged.
type Traffic struct {
	Listen      []string   `koanf:"listen"` // addresses of UDP for exporters; nothing is heard without
	Exporters   []Exporter `koanf:"exporters"`
	Strangers   bool       `koanf:"strangers"` // exporters that are not listed are heard too
	Networks    []string   `koanf:"networks"`  // that are the provider's, of lines and servers: their parts have a usual of their own
	Asset       string     `koanf:"asset"`     // reference of the server that peaks of the network are filed at
	Peaks       float64    `koanf:"peaks"`     // false ones in a year, of the whole network
	Own         []string   `koanf:"own"`       // networks of the provider's own servers that lines ask of
	Shared      []string   `koanf:"shared"`    // networks that translators share among lines
	Feeds       []string   `koanf:"feeds"`     // files of addresses that are known to be bad
	Off         []string   `koanf:"off"`       // kinds of findings that are not told
	FalseAlarms float64    `koanf:"false_alarms"`
	Suspects    int        `koanf:"suspects"` // lines that are looked at closely at once
	Archive     Archive    `koanf:"archive"`
}

// Archive says where flows are kept, and for how long.
type Archive struct {
	Kind     string   `koanf:"kind"` // duckdb, clickhouse, none; empty: duckdb, if the program has it
	URL      Secret   `koanf:"url"`
	URLFile  string   `koanf:"url_file"`
	Raw      Duration `koanf:"raw"` // for how long flows are kept as they came; 0: for ever
	Minute   Duration `koanf:"minute"`
	Hour     Duration `koanf:"hour"`
	MaxBytes Size     `koanf:"max_bytes"` // 0: no limit
}

// Kinds of archives.
const (
	ArchiveNone       = "none"
	ArchiveDuckDB     = "duckdb"
	ArchiveClickHouse = "clickhouse"
)

func (k *checker) archive(a Archive) {
	if a.Kind != "" {
		k.oneOf("traffic.archive.kind", []string{ArchiveDuckDB, ArchiveClickHouse, ArchiveNone}, a.Kind)
	}
	if u, err := url.Parse(string(a.URL)); a.Kind == ArchiveClickHouse && (err != nil || u.Scheme != "clickhouse" || u.Host == "") {
		k.problem("traffic.archive.url", "it is no address of a ClickHouse", "Write it as clickhouse://user:password@host:9000/database.")
	}
	longer := func(d Duration) Duration {
		if d == 0 {
			return 1<<63 - 1
		}
		return d
	}
	for key, d := range map[string]Duration{"raw": a.Raw, "minute": a.Minute, "hour": a.Hour} {
		if d != 0 && d < hour {
			k.problem("traffic.archive."+key, "it is shorter than an hour", "Write it as 12h or 7d, or 0 for ever.")
		}
	}
	if longer(a.Raw) > longer(a.Minute) {
		k.problem("traffic.archive.minute", "flows themselves are kept longer than their sums", "Keep sums of minutes at least as long as traffic.archive.raw.")
	}
	if longer(a.Minute) > longer(a.Hour) {
		k.problem("traffic.archive.hour", "sums of minutes are kept longer than those of hours", "Keep sums of hours at least as long as traffic.archive.minute.")
	}
}

// Exporter is a router or a probe that tells of traffic.
type Exporter struct {
	Address  string `koanf:"address"`
	Name     string `koanf:"name"`
	Kind     string `koanf:"kind"`
	Sampling int    `koanf:"sampling"` // against what it says; 0 has it say
	Asset    string `koanf:"asset"`    // reference of the server that its peaks are filed at; traffic.asset if empty
}

func (k *checker) traffic(t Traffic) {
	for i, a := range t.Listen {
		k.address(fmt.Sprintf("traffic.listen[%d]", i+1), a)
	}
	seen := map[string]bool{}
	for i, e := range t.Exporters {
		key := fmt.Sprintf("traffic.exporters[%d]", i+1)
		if _, err := netip.ParseAddr(e.Address); err != nil {
			k.problem(key+".address", fmt.Sprintf("%.60q is no address", e.Address), "Write the address that its datagrams come from, such as 192.0.2.1.")
		}
		if seen[e.Address] {
			k.problem(key+".address", "it is there twice", "Remove one of them.")
		}
		seen[e.Address] = true
		if e.Sampling < 0 || e.Sampling > 1<<24 {
			k.problem(key+".sampling", "it is no number of packets", "Write 1000 for one in a thousand, or leave it out.")
		}
	}
	for name, all := range map[string][]string{"traffic.networks": t.Networks, "traffic.own": t.Own, "traffic.shared": t.Shared} {
		for i, text := range all {
			if _, err := network(text); err != nil {
				k.problem(fmt.Sprintf("%s[%d]", name, i+1), fmt.Sprintf("%.60q is neither an address nor a network", text), "Write it as 10.0.0.1 or 10.0.0.0/8.")
			}
		}
	}
	for i, f := range t.Feeds {
		k.exists(fmt.Sprintf("traffic.feeds[%d]", i+1), f)
	}
	if len(t.Off) > 0 {
		k.oneOf("traffic.off", TrafficKinds, t.Off...)
	}
	k.archive(t.Archive)
	if t.FalseAlarms <= 0 || t.FalseAlarms > 1 {
		k.problem("traffic.false_alarms", "it is no number of false alarms that a line may give in a year", "Write 0.00001 for one in a hundred thousand years.")
	}
	if t.Peaks <= 0 || t.Peaks > 10_000 {
		k.problem("traffic.peaks", "it is no number of false peaks that the network may give in a year", "Write 12 for one a month.")
	}
	if t.Suspects < 64 || t.Suspects > 10_000_000 {
		k.problem("traffic.suspects", "it is too few or too many", "Write 65536; each takes 5 KB.")
	}
}

// network reads an address or a network.
func network(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}

// Networks reads what was checked already.
func Networks(all []string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(all))
	for _, text := range all {
		if p, err := network(text); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// TrafficKinds are the kinds of findings of traffic.
var TrafficKinds = []string{
	"full-rate", "syn-flood", "spoofing", "flood", "reflector", "horizontal-scan", "vertical-scan", "spread", "spam-run",
	"brute-force", "beacon", "dns-tunnel", "resolver", "listed", "service", "odd-port", "peak", "silence",
}
