package table

import (
	"strings"
	"unicode"
)

// meaning is what a column holds.
type meaning int

const (
	unknown     meaning = iota
	source              // address that did it, by its name
	address             // address of something
	target              // address that it was done to
	whom                // address that it was done to, or a name of whom
	sensor              // address of who saw it
	page                // URL that is complained about
	otherPage           // URL of something else
	domain              // domain of something
	reverse             // name of an address
	host                // address or domain
	thing               // address, URL or domain, of which the name does not say that it did anything
	sender              // mail address that it came from
	mail                // mail address of something
	hash                // of a file
	sourcePort          // of the source
	port                // of something
	first               // when it began
	last                // when it was last seen
	moment              // when it was
	day                 // of a moment whose time stands elsewhere
	clock               // of a moment whose day stands elsewhere
	zone                // of times
	count               // how often
	amount              // bytes or packets: the table is of flows
	category            // what it was
	description         // what it was, in words
)

// names are those of columns, lower case with an underscore for what is no letter
// and no digit.
var names = map[meaning]string{
	source: "src src_ip srcip source_ip sourceip source_address source_ip_address source_ipv4 source_ipv6 src_addr src_address saddr ip_src attacker attacker_ip attacking_ip attack_ip attackip attackers_ip " +
		"offender offender_ip offending_ip remote_ip remote_addr remote_address client_ip clientip bot_ip botip infected_ip abuser abuser_ip abusive_ip malicious_ip bad_ip scanner_ip spammer_ip suspect_ip " +
		"bruteforce_ip banned_ip blocked_ip ip_source ip_attacker c_ip quell_ip quelladresse 攻击源 攻击ip 源ip 源地址 源ip地址",
	address: "ip ips ip_address ipaddress ip_addr ipaddr addr address ipv4 ipv6 ip4 ip6 ipv4_address ipv6_address host_ip server_ip ip_adresse ipadresse adresse_ip direccion_ip ip_адрес ip地址 地址 主机ip",
	target: "dst dst_ip dstip dest dest_ip destination destination_ip destination_address destination_ip_address dst_addr daddr ip_dst ip_destination target_ip victim_ip attacked_ip local_ip " +
		"lip s_ip d_ip ziel_ip 目的ip 目标ip 受害ip",
	whom:        "target victim",
	sensor:      "sensor sensor_ip honeypot honeypot_ip reporter_ip detected_by reported_by reporter monitor",
	page:        "url source_url uri link urls phishing_url phish_url malware_url malicious_url abuse_url abusive_url bad_url infringing_url reported_url spam_url full_url 网址 链接",
	otherPage:   "original_url legitimate_url brand_url referer referrer http_referer original_work work_url landing_url evidence_url report_url screenshot reference details_url info_url",
	domain:      "domain domains domain_name domainname fqdn website site malicious_domain phishing_domain abusive_domain bad_domain c2_domain cc_domain 域名",
	reverse:     "source_fqdn source_reverse_dns hostname reverse_dns rdns ptr reverse host_name source_hostname src_hostname",
	host:        "host host_or_ip ip_or_domain",
	thing:       "indicator indicators ioc iocs observable resource value values",
	sender:      "sender from mail_from envelope_from from_address spammer sender_address return_path",
	mail:        "email mail e_mail account user username login recipient rcpt rcpt_to to contact email_address",
	hash:        "hash md5 sha1 sha_1 sha256 sha_256 sha512 sha_512 file_hash filehash md5hash sha256_hash",
	sourcePort:  "src_port srcport source_port sourceport sport spt sp client_port remote_port attacker_port s_port 源端口",
	port:        "port ports dst_port dport dstport destination_port dest_port target_port dpt 端口 目的端口",
	first:       "first_seen firstseen first first_time start start_time starttime begin begin_time first_event first_detected first_detection first_occurrence from_time",
	last:        "last_seen lastseen last last_time end end_time endtime last_event last_detected last_detection last_occurrence stop stop_time to_time",
	moment:      "timestamp time_source datetime date_time time_stamp event_time eventtime detection_time detected detected_at observed observed_at observation_time seen seen_at occurred occurred_at log_time attack_time time_of_event event_date incident_time incident_date epoch unixtime unix_time created_at zeitstempel zeitpunkt fecha_hora horodatage 时间戳 发生时间 攻击时间",
	day:         "date day datum fecha дата 日期",
	clock:       "time uhrzeit hora heure zeit 时间",
	zone:        "timezone time_zone tz zone utc_offset offset zeitzone 时区",
	count:       "count counts hits attempts events total number num occurrences failures connections event_count hit_count num_attempts attempt_count anzahl 次数",
	amount:      "bytes octets packets pkts in_bytes out_bytes bytes_in bytes_out",
	category:    "category categories type class classification classification_type classification_taxonomy abuse_type abusetype threat threat_type attack attack_type attacktype incident_type incident event event_type report_type tag tags malware malware_family family infection service kategorie 类型 攻击类型",
	description: "description reason comment comments note notes details detail message signature rule alert info subject log",
}

var meanings = func() map[string]meaning {
	all := map[string]meaning{}
	for m, words := range names {
		for _, w := range strings.Fields(words) {
			all[w] = m
		}
	}
	return all
}()

// column is a column of a table.
type column struct {
	name string
	meaning
	utc bool // its name says that its times are UTC
}

// columnOf reads a name.
func columnOf(name string) column {
	c := column{name: strings.TrimLeft(strings.TrimSpace(name), "# ")}
	words := strings.FieldsFunc(strings.ToLower(c.name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	kept := words[:0]
	for _, w := range words {
		if w == "utc" || w == "gmt" || w == "zulu" {
			c.utc = true
		} else {
			kept = append(kept, w)
		}
	}
	c.meaning = meanings[strings.Join(kept, "_")]
	return c
}
