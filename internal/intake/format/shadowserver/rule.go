package shadowserver

import (
	"path"
	"strings"

	"candor"
	"candor/internal/intake"
)

// layout says which columns of a report hold what is complained about.
type layout int

const (
	host    layout = iota // ip and port: a server that is reached there
	source                // src_ip and src_port: it did something to dst_ip
	page                  // url, and ip that serves it
	site                  // as host, and url or http_host that it serves
	referer               // http_referer and its address: it leads visitors to dst_ip
	contact               // ip, url or host that malware reached out to
	victim                // nothing: the report tells those who were attacked
	told                  // those that the schema names
)

// rule says how the reports of a type are read.
type rule struct {
	name   string // of the type; "*" stands for anything
	class  candor.Class
	layout layout
	far    intake.Role // of dst_ip
	// words says that tags of a row may tell a class that is more fitting.
	words bool
	// columns are by IntelMQ's names of fields, of a schema.
	columns map[string]string
	by      map[string]string // functions that make a class of a column, by the part of the class
}

// blames tells whether a schema names a column of what is complained about.
func (r rule) blames() bool {
	return r.columns["source.ip"] != "" || r.columns["source.url"] != "" || r.columns["source.fqdn"] != ""
}

const (
	amplifier  candor.Class = "vulnerable/ddos-amplifier"
	unwanted   candor.Class = "vulnerable/potentially-unwanted-accessible"
	weak       candor.Class = "vulnerable/weak-crypto"
	other      candor.Class = "other/other"
	ddos       candor.Class = "availability/ddos"
	scanner    candor.Class = "information-gathering/scanner"
	bruteForce candor.Class = "intrusion-attempts/brute-force"
	alert      candor.Class = "intrusion-attempts/ids-alert"
	masquerade candor.Class = "fraud/masquerade"
	control    candor.Class = "malicious-code/c2-server"
	system     candor.Class = "intrusions/system-compromise"
	account    candor.Class = "intrusions/unprivileged-account-compromise"
)

// ruleOf is the first rule for a type; nil if none is.
func ruleOf(kind string) *rule {
	for i := range rules {
		if ok, _ := path.Match(rules[i].name, kind); ok { // the patterns are well formed
			return &rules[i]
		}
	}
	return nil
}

// rules are by the pages of https://www.shadowserver.org/what-we-do/network-reporting/,
// classes by the Reference Incident Classification Taxonomy. What is only counted
// (web servers, devices) is other/other: it is no complaint, but is told.
var rules = []rule{
	{name: "blocklist", class: other, layout: host},
	{name: "special", class: candor.VulnerableSystem, layout: host, words: true},
	{name: "device_id", class: candor.Undetermined, layout: host},
	{name: "ransomware_victim", class: candor.InfectedSystem, layout: victim},
	{name: "compromised_account", class: account, layout: site},
	{name: "compromised_*", class: system, layout: site},
	{name: "malware_url", class: candor.MalwareDistribution, layout: page},
	{name: "phish_url", class: candor.Phishing, layout: page},
	{name: "spam_url", class: candor.Spam, layout: page},
	{name: "sandbox_dns", class: other, layout: contact},
	{name: "sandbox_*", class: candor.MalwareDistribution, layout: contact},
	{name: "population_*", class: other, layout: host},

	{name: "event_ddos_participant", class: ddos, layout: source, far: intake.Victim},
	{name: "event_honeypot_ddos_amp", class: ddos, layout: victim}, // src_ip is forged: the attacked
	{name: "event_honeypot_ddos*", class: ddos, layout: source, far: intake.Victim},
	{name: "event_honeypot_brute_force", class: bruteForce, layout: source, far: intake.Reporter},
	{name: "event_honeypot_darknet", class: scanner, layout: source, far: intake.Reporter},
	{name: "event_honeypot_*scan", class: scanner, layout: source, far: intake.Reporter},
	{name: "event_honeypot_*", class: alert, layout: source, far: intake.Reporter, words: true},
	{name: "event_ip_spoofer", class: masquerade, layout: source, far: intake.Reporter},
	{name: "event_*sinkhole_http_referer", class: other, layout: referer, far: intake.Reporter},
	{name: "event_*sinkhole_dns", class: other, layout: source, far: intake.Reporter}, // mostly resolvers
	{name: "event_*sinkhole*", class: candor.InfectedSystem, layout: source, far: intake.Reporter},
	{name: "event_*", class: candor.Undetermined, layout: source, far: intake.Other, words: true},

	{name: "scan_exchange", class: candor.VulnerableSystem, layout: host, words: true},
	{name: "scan_*_vulnerable", class: candor.VulnerableSystem, layout: host},
	{name: "scan_ssl_*", class: weak, layout: host},
	{name: "scan_synfulknock", class: system, layout: host},
	{name: "scan_post_exploitation_framework", class: control, layout: host},
	{name: "scan_isakmp", class: candor.VulnerableSystem, layout: host},
	{name: "scan_netis_router", class: candor.VulnerableSystem, layout: host},
	{name: "scan_http_proxy", class: unwanted, layout: host},
	{name: "scan_http", class: other, layout: host},
	{name: "scan_ssh", class: other, layout: host},
	{name: "scan_ssl", class: other, layout: host},
	{name: "scan_smtp", class: other, layout: host},
	{name: "scan_quic", class: other, layout: host},
	{name: "scan_stun", class: other, layout: host},
	{name: "scan_ard", class: amplifier, layout: host},
	{name: "scan_chargen", class: amplifier, layout: host},
	{name: "scan_coap", class: amplifier, layout: host},
	{name: "scan_db2", class: amplifier, layout: host},
	{name: "scan_ddos_middlebox", class: amplifier, layout: host},
	{name: "scan_dns", class: amplifier, layout: host},
	{name: "scan_dvr_dhcpdiscover", class: amplifier, layout: host},
	{name: "scan_ldap_udp", class: amplifier, layout: host},
	{name: "scan_loop_dos", class: amplifier, layout: host},
	{name: "scan_mdns", class: amplifier, layout: host},
	{name: "scan_memcached", class: amplifier, layout: host},
	{name: "scan_mssql", class: amplifier, layout: host},
	{name: "scan_netbios", class: amplifier, layout: host},
	{name: "scan_ntp*", class: amplifier, layout: host},
	{name: "scan_portmapper", class: amplifier, layout: host},
	{name: "scan_qotd", class: amplifier, layout: host},
	{name: "scan_rdpeudp", class: amplifier, layout: host},
	{name: "scan_sip", class: amplifier, layout: host},
	{name: "scan_slp", class: amplifier, layout: host},
	{name: "scan_snmp", class: amplifier, layout: host},
	{name: "scan_ssdp", class: amplifier, layout: host},
	{name: "scan_tftp", class: amplifier, layout: host},
	{name: "scan_ubiquiti", class: amplifier, layout: host},
	{name: "scan_ws_discovery", class: amplifier, layout: host},
	{name: "scan_xdmcp", class: amplifier, layout: host},
	{name: "scan_*", class: unwanted, layout: host, words: true},
}

// words are parts of tags, and the classes that they tell; the first is taken.
var words = []struct {
	part  string
	class candor.Class
}{
	{"webshell", system}, {"backdoor", system}, {"implant", system}, {"compromised", system}, {"hacked", candor.ApplicationCompromise},
	{"defac", candor.ApplicationCompromise}, {"phish", candor.Phishing}, {"c2", control}, {"command-and-control", control}, {"cve-", candor.VulnerableSystem},
	{"vulnerable", candor.VulnerableSystem}, {"amplif", amplifier}, {"brute", bruteForce}, {"ddos", ddos}, {"spam", candor.Spam}, {"malware-url", candor.MalwareDistribution},
	{"ransomware", candor.InfectedSystem}, {"botnet", candor.InfectedSystem}, {"infect", candor.InfectedSystem}, {"trojan", candor.InfectedSystem},
	{"sinkhole", candor.InfectedSystem}, {"scan", scanner}, {"spoof", masquerade}, {"exploit", candor.Exploit}, {"proxy", unwanted}, {"open-", unwanted}, {"accessible", unwanted},
}

// classOf is the class that tags tell.
func classOf(tags string) (candor.Class, bool) {
	tags = strings.ToLower(tags)
	for _, w := range words {
		if strings.Contains(tags, w.part) {
			return w.class, true
		}
	}
	return "", false
}
