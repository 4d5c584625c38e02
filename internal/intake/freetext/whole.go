package freetext

import (
	"math"
	"net/mail"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"candor"
	"candor/internal/intake"
	"candor/internal/regex"
)

// places notes in which sections of a report a value stands.
func (d *document) places(v *value, s seen, n tally, spam bool) {
	if s.zones[subject] > 0 {
		v.note("subject")
		if s.zones[subject]+s.zones[outer] == s.total {
			v.note("only-subject")
		}
	}
	if s.zones[outer] > 0 {
		v.note("outer")
	}
	if s.zones[pasted] > 0 && s.zones[pasted] == s.free {
		if n.kinds[group(v.kind)] > 0 {
			v.note("only-pasted")
		} else {
			v.note("all-pasted")
		}
	}
	if s.zones[registry] > 0 && s.zones[registry] == s.free {
		v.note("only-registry")
	}
	if s.zones[route] > 0 && s.zones[route] == s.free {
		v.note("only-route")
	}
	if s.zones[signature] > 0 && s.zones[signature]+s.zones[outer] == s.total {
		v.note("only-signature")
	}
	if s.zones[nested] > 0 && s.zones[nested]+s.zones[pasted]+s.zones[outer] == s.total {
		v.note("only-nested")
		if spam {
			v.note("nested-spam")
		}
	}
	if s.free == 0 {
		v.note("only-in-url")
	}
	if s.quoted > 0 && s.fresh == 0 && n.fresh[group(v.kind)] {
		v.note("only-quoted")
	}
	if s.logs > 0 && n.logs >= 2 {
		v.degree("log-share", float64(s.logs)/float64(n.logs))
		if s.logs == s.logFirst {
			v.note("log-first")
		}
		if s.logs == s.logSecond {
			v.note("log-second")
		}
	}
	if s.below > 0 && s.below == s.plain {
		v.note("below-header")
		if spam {
			v.note("below-header-spam")
		}
	}
	for _, m := range v.mentions {
		if m.listed > 0 {
			v.note("listed")
		}
	}
	v.degree("count", math.Log2(float64(max(s.free, 1))))
}

// among notes what is so of a value among the others, and of the report.
func (d *document) among(v *value, s seen, n tally, t topic) {
	g := group(v.kind)
	if n.kinds[g] == 1 && s.plain > 0 {
		v.note("only")
	}
	if n.first[g] == v {
		v.note("first")
	}
	if n.subject[g] && s.zones[subject] == 0 {
		if slices.ContainsFunc(v.mentions, func(m *mention) bool { return m.listed > 0 && n.mates[m.listed] }) {
			v.note("subject-mate")
		} else {
			v.note("not-subject")
		}
	}
	if n.most[g] > 2 {
		often := float64(s.free) / float64(n.most[g])
		if slices.ContainsFunc(v.mentions, func(m *mention) bool { return m.listed > 0 && !d.lines[m.line].log }) {
			often = 1 // a list names each once, whatever is said of one of them besides
		}
		if s.logs > 0 && s.logs == s.logFirst && often < 1 && slices.ContainsFunc(v.mentions, func(m *mention) bool { return m.listed > 0 && d.lines[m.line].log }) {
			v.note("log-peer") // of several incidents each is named as often as it happened
		}
		v.degree("frequency", often)
	}
	if v.kind == intake.Address && own(v.value) {
		v.note("private")
	}
	v.degree("others", math.Log2(float64(max(n.kinds[g], 1))))
	v.degree("content", 2*n.content-1)
	v.degree("settled", t.settled)
	if n.pasted {
		v.note("with-header")
	}
	if strings.HasPrefix(string(t.class), "abusive-content/spam") {
		v.note("spam")
	}
	if t.class == "fraud/copyright" {
		v.note("copyright")
	}
	if t.shared {
		v.note("shared")
	}
	if attack(t.class) {
		v.note("attack")
	}
	if t.again {
		v.note("again")
	}
	if n.bare[g] >= 2 && 5*n.bare[g] >= 4*n.kinds[g] && v.strength["bare"] > 0 {
		v.note("all-bare")
	}
	if strings.HasPrefix(string(t.class), "availability") || strings.HasPrefix(string(t.class), "vulnerable") {
		v.note("ddos")
	}
	if n.kinds["address"] == 0 {
		v.note("no-address")
	}
	if t.class == candor.Undetermined {
		v.note("no-topic")
	}
	if n.pages > 0 {
		v.note("with-url")
	}
	name := ""
	switch v.kind {
	case intake.Address:
		if lowNumbers(v.value) && !own(v.value) {
			v.note("small")
		}
	case intake.Network:
		v.note("network")
	case intake.Domain:
		name = v.value
	case intake.Mail:
		_, name, _ = strings.Cut(v.value, "@")
		if local, _, _ := strings.Cut(v.value, "@"); slices.Contains([]string{"abuse", "noc", "cert", "security", "postmaster", "hostmaster", "support", "info", "csirt", "soc", "noreply", "no-reply", "legal", "dmca", "antipiracy", "phishing"}, local) {
			v.note("desk-name")
		}
	case intake.URL:
		name = v.host
		if n.named[v.host] {
			v.note("host-named")
		}
		if n.heads[strings.TrimPrefix(v.host, "www.")] {
			v.note("host-in-subject")
		}
		path := v.path()
		if path == "" {
			v.note("no-path")
		}
		if someAddress.MatchString(path) || strings.Contains(path, "abuse@") || strings.Contains(path, "abuse%40") {
			v.note("address-in-path")
		}
		if papers.MatchString(path) && t.class != "malicious-code/malware-distribution" {
			v.note("paper")
		}
		if smallPrint.MatchString(path) {
			v.note("small-print")
		}
		if d.ofCase(path) {
			v.note("of-case")
		}
		if d.service(v) && n.folders[v.folder()] < mostOthers {
			v.note("service")
			if d.ofProvider(v.host) {
				v.note("own-service")
			}
		}
		switch {
		case d.hosted(v):
			v.note("hosted")
		case n.hosted && !d.ofProvider(v.host):
			v.note("elsewhere")
		}
		if k := n.sites[site(v.host)]; k > 1 {
			v.degree("site-share", float64(k)/float64(n.pages))
		}
		if long.MatchString(path) {
			v.note("token")
		}
		if d.namesOther(v, path, n) {
			v.note("names-other")
		}
	}
	if name == "" {
		return
	}
	if v.kind != intake.Mail && n.other(site(name)) && !slices.ContainsFunc(v.mentions, func(m *mention) bool { return n.headLists[m.listed] }) {
		v.note("other-than-subject")
	}
	if d.ofReporter(name) {
		v.note("reporter-site")
	} else if slices.ContainsFunc(d.from, func(f string) bool { return brand(f) == brand(name) }) {
		v.note("reporter-name")
	}
	if d.client(name) {
		v.note("client-site")
	}
	told := d.ofProvider(name)
	if told {
		v.note("provider-site")
	}
	if v.kind != intake.Mail && n.mails[site(name)] {
		v.note("mail-site")
	}
	switch {
	case told:
	case v.kind == intake.URL && strings.Count(strings.Trim(v.path(), "/"), "/") > 0 && slices.Contains(forOthers, site(name)):
		v.note("of-others")
	case known(site(name)):
		v.note("well-known")
	}
	if d.owners(name) {
		v.note("registry-site")
	}
}

// other tells whether the subject names sites, and not this one.
func (n tally) other(of string) bool { return len(n.headSites) > 0 && !n.headSites[of] }

// shortestName is how many letters a name has that is looked for in another.
const shortestName = 5

// client tells whether a site has the name of who reports, or of for whom: it stands
// in their mail address ("acme@takedown.example"), or in the name before it.
func (d *document) client(name string) bool {
	b := strings.ReplaceAll(brand(name), "-", "")
	return len(b) >= shortestName && b != name && slices.Contains(d.called, b)
}

// callers notes how who reports is called: words of the address before its
// domain, and the name before the address, its words together.
func (d *document) callers(all []*mail.Address) {
	for _, a := range all {
		local, _, _ := strings.Cut(strings.ToLower(a.Address), "@")
		d.called = append(d.called, strings.FieldsFunc(local, func(r rune) bool { return r < 'a' || r > 'z' })...)
		words := strings.FieldsFunc(strings.ToLower(a.Name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for i := range words {
			for j := i + 1; j <= min(len(words), i+4); j++ {
				d.called = append(d.called, strings.Join(words[i:j], ""))
			}
		}
	}
}

// mostOthers is how many pages of a folder make words in the name of another be its
// name, and no sign that it tells more.
const mostOthers = 3

// service tells whether an URL is of a page on which somebody tells more.
func (d *document) service(v *value) bool {
	return services.MatchString(v.path()) || d.ofProvider(v.host) && helping.MatchString(v.host)
}

// hosted tells whether an URL is of what others put on the site of who is told.
func (d *document) hosted(v *value) bool {
	return d.ofProvider(v.host) && !d.service(v) && (v.path() != "" || strings.TrimPrefix(v.host, "www.") != site(v.host))
}

// brand is a site without its top-level domain: who reports may have several.
func brand(name string) string {
	b, _, _ := strings.Cut(site(name), ".")
	if len(b) < 3 {
		return name
	}
	return b
}

// namesOther tells whether the path of an URL holds the host of another: it is
// then rather a page about that one.
func (d *document) namesOther(v *value, path string, n tally) bool {
	for part := range strings.FieldsFuncSeq(path, func(r rune) bool { return strings.ContainsRune("/?&=#", r) }) {
		if part = strings.TrimPrefix(part, "www."); strings.Contains(part, ".") && part != strings.TrimPrefix(v.host, "www.") && (n.hosts[part] || n.hosts["www."+part]) {
			return true
		}
	}
	return false
}

var long = regex.Of(`[0-9a-f]{20,}`)

// services are parts of paths of pages on which those who report tell more.
var services = regex.Of(`(?i)(?:^|[/?&=_.-])(?:reports?|incidents?|statements?|retries|faqs?|contacts?|articles?|licen[cs](?:es?|ing(?:-terms)?)|policy|policies|aup|tos|acceptable-?use|terms|legal|dmca|whois|lookup|rblcheck|checker?|removals?|delist|unsubscribe|settings|listings?|query|docs?|docu|wiki|kb|help|manuals?|user-?guides?|blogs?|news|feedback|browse|search|ticket|case|rid|view-article|specification|schema|standards|advisor(?:y|ies)|alerts?|guides?|howto|pgp|asc|tools?|webreply|w3m|abuse|privacy|security|safety|customer-?service|klantenservice|kundenservice|veilig-internet|hilfe|hulp|aide|ayuda|ajuda|aiuto|assistenza|soporte|suporte|pomoc|hjelp|postmaster|guidelines?|feedback-?loop|fbl|delisting|opt-?out|hj(?:ae|%C3%A4)lp|yardim|impressum|datenschutz|agb|cgv|loas?|poas?|letter[-_]?of[-_]?[a-z]+|authori[sz]ations?|power[-_]?of[-_]?attorney|vollmacht|trademarks?)(?:[/?&=_.-]|$)`)

// helping are hosts of providers on which they tell what they do.
var helping = regex.Of(`^(?:help|support|docs?|faq|kb|abuse|status|legal|policies|community|wiki)\.`)

// lowNumbers tells whether an address has the numbers that versions have.
func lowNumbers(text string) bool {
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is4() {
		return false
	}
	b := a.As4()
	return b[0] < 30 && b[1] < 40 && b[2] < 40
}

// owners tells whether a name is of somebody who is named in what registries
// say.
func (d *document) owners(name string) bool {
	for _, m := range d.mentions {
		if d.lines[m.line].zone == registry && m.kind == intake.Domain && site(m.value) == site(name) {
			return true
		}
	}
	return false
}

// references are sites that reports point to for reading on: registries,
// blocklists, standards, looking things up.
var references = []string{
	"abuse.net", "abuseipdb.com", "abusehq.net", "abusix.com", "abuse-contacts.abusix.org", "imdb.com", "otx.alienvault.com", "any.run", "hybrid-analysis.com", "tria.ge", "archive.org", "archive.ph", "archive.today", "phishtank.org", "phishing.database.org", "choosealicense.com", "copyright.gov", "loc.gov", "legislation.gov.uk", "europa.eu", "legifrance.gouv.fr", "gesetze-im-internet.de", "dejure.org", "boe.es", "planalto.gov.br", "overheid.nl", "justice.gov", "ftc.gov", "inhope.org", "iwf.org.uk", "stopncii.org", "kinopoisk.ru", "themoviedb.org", "wipo.int", "euipo.europa.eu", "prnt.sc", "prntscr.com", "imgur.com", "gyazo.com", "postimg.cc", "ibb.co", "pastebin.com", "signal-arnaques.com", "scamadviser.com", "trustpilot.com", "phish.report", "checkphish.ai", "sucuri.net", "securitytrails.com", "viewdns.info", "ipinfo.io", "greynoise.io", "joesandbox.com", "filescan.io", "lumendatabase.org", "stopforumspam.com", "projecthoneypot.org", "abuse.ch", "blocklist.de", "spamhaus.org", "spamcop.net", "sorbs.net", "uceprotect.net", "barracudacentral.org", "dnsbl.info", "mxtoolbox.com", "multirbl.valli.org",
	"ripe.net", "arin.net", "apnic.net", "lacnic.net", "afrinic.net", "iana.org", "icann.org", "internic.net", "whois.com", "domaintools.com", "robtex.com", "bgp.he.net", "he.net", "shodan.io", "censys.io",
	"virustotal.com", "urlscan.io", "urlhaus.abuse.ch", "phishtank.com", "openphish.com", "netcraft.com", "google.com", "microsoft.com", "mozilla.org", "apple.com", "w3.org", "ietf.org", "rfc-editor.org", "wikipedia.org", "cve.org", "mitre.org", "nist.gov",
	"us-cert.gov", "cisa.gov", "cert.org", "first.org", "shadowserver.org", "team-cymru.com", "team-cymru.org", "openresolverproject.org", "openntpproject.org", "x-arf.org", "xarf.org", "fail2ban.org", "github.com", "cloudflare.com", "openssh.com", "wordpress.org", "owasp.org",
	"youtube.com", "facebook.com", "twitter.com", "x.com", "linkedin.com", "instagram.com", "timeanddate.com", "facebookmail.com", "gmail.com", "outlook.com", "hotmail.com", "yahoo.com",
}

// forOthers are those of the references that show what anybody puts there, by whom
// that is.
var forOthers = []string{"github.com", "google.com", "facebook.com", "instagram.com"}

func known(name string) bool { return slices.Contains(references, name) }
